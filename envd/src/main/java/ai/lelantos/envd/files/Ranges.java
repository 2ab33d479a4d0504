package ai.lelantos.envd.files;

import java.util.ArrayList;
import java.util.List;

/// The parts of a file that a `Range` header asks for.
final class Ranges {

    /// Parts of one answer; more is somebody playing.
    private static final int RANGES_MAX = 256;

    private static final String UNIT = "bytes=";

    private Ranges() {}

    /// So many bytes from a place in the file.
    record Range(long start, long length) {

        String contentRange(long size) {
            return "bytes " + start + "-" + (start + length - 1) + "/" + size;
        }
    }

    /// The ranges of a file of that size; empty for the whole file. [IllegalArgumentException] where no byte of the
    /// file is asked for, or the header is none.
    static List<Range> parse(String header, long size) {
        if (!header.startsWith(UNIT)) {
            throw new IllegalArgumentException("invalid range");
        }
        var ranges = new ArrayList<Range>();
        boolean outside = false;
        for (String item : header.substring(UNIT.length()).split(",", -1)) {
            if (item.isBlank()) {
                continue;
            }
            Range range = one(item.strip(), size);
            if (range.length() > 0) {
                ranges.add(range);
            } else {
                outside = true;
            }
        }
        if (ranges.size() > RANGES_MAX) {
            throw new IllegalArgumentException("invalid range: at most " + RANGES_MAX + " in one request");
        }
        if (ranges.isEmpty() && outside && size > 0) {
            throw new IllegalArgumentException("invalid range: failed to overlap");
        }
        long total = ranges.stream().mapToLong(Range::length).sum();
        return total > size ? List.of() : ranges;
    }

    /// A range of length 0 lies outside of the file.
    private static Range one(String item, long size) {
        int dash = item.indexOf('-');
        if (dash < 0) {
            throw new IllegalArgumentException("invalid range");
        }
        String first = item.substring(0, dash).strip();
        String last = item.substring(dash + 1).strip();
        if (first.isEmpty()) {
            long length = Math.min(number(last), size);
            return new Range(size - length, length);
        }
        long start = number(first);
        long end = last.isEmpty() ? size - 1 : number(last);
        if (start > end && !last.isEmpty()) {
            throw new IllegalArgumentException("invalid range");
        }
        return start >= size ? new Range(size, 0) : new Range(start, Math.min(end, size - 1) - start + 1);
    }

    private static long number(String digits) {
        if (digits.isEmpty() || digits.length() > 18 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            throw new IllegalArgumentException("invalid range");
        }
        return Long.parseLong(digits);
    }
}
