package ai.lelantos.envd.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/// The parts of a `multipart/*` body, one after another, each a stream of its own. [MalformedBody] where it is none.
final class Multipart {

    /// Parts of one body; a request for more files is made in pieces.
    private static final int PARTS_MAX = 10_000;

    /// The headers of one part, and what may stand before the first.
    private static final int HEAD_BYTES_MAX = 16 << 10;

    private static final int BOUNDARY_BYTES_MAX = 70;
    private static final int BUFFER_BYTES = 64 << 10;

    /// What follows a boundary and decides what it was: `--`, or white space up to the end of the line.
    private static final int AFTER_BOUNDARY_BYTES = 2;

    private final ByteSource body;
    private final byte[] delimiter;
    private final int[] skip = new int[256];
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int start;
    private int end;
    private boolean ended;
    private boolean inPart;
    private int parts;

    Multipart(ByteSource body, String boundary) throws MalformedBody {
        if (boundary.isEmpty() || boundary.length() > BOUNDARY_BYTES_MAX) {
            throw new MalformedBody("a boundary has 1 to " + BOUNDARY_BYTES_MAX + " characters");
        }
        this.body = body;
        this.delimiter = ("\r\n--" + boundary).getBytes(StandardCharsets.UTF_8);
        Arrays.fill(skip, delimiter.length);
        for (int i = 0; i < delimiter.length - 1; i++) {
            skip[delimiter[i] & 0xff] = delimiter.length - 1 - i;
        }
        // The first boundary may stand at the very beginning: as if a line had ended before it.
        buffer[0] = '\r';
        buffer[1] = '\n';
        end = 2;
        inPart = true;
    }

    /// The headers of the next part, by lower-case name; null after the last. What is left of the part before is
    /// skipped.
    @org.jspecify.annotations.Nullable
    Map<String, String> next() throws IOException {
        var rest = ByteBuffer.allocate(BUFFER_BYTES);
        int skipped = 0;
        while (read(rest.clear()) >= 0) {
            skipped += rest.position();
            if (parts == 0 && skipped > HEAD_BYTES_MAX) {
                throw new MalformedBody("no boundary within the first " + HEAD_BYTES_MAX + " bytes");
            }
        }
        String line = line();
        if (line.startsWith("--")) {
            return null;
        }
        if (!line.isBlank()) {
            throw new MalformedBody("a boundary is followed by '" + line + "'");
        }
        if (++parts > PARTS_MAX) {
            throw new MalformedBody("more than " + PARTS_MAX + " parts");
        }
        Map<String, String> headers = headers();
        inPart = true;
        return headers;
    }

    /// Reads on in the part; -1 at its end.
    int read(ByteBuffer into) throws IOException {
        while (inPart) {
            int found = find();
            if (found == start) {
                start += delimiter.length;
                inPart = false;
                return -1;
            }
            // Without a boundary in sight, its beginning may still be at the end of what we have.
            int safe = found >= 0 ? found : end - delimiter.length - AFTER_BOUNDARY_BYTES + 1;
            if (safe > start) {
                int count = Math.min(safe - start, into.remaining());
                into.put(buffer, start, count);
                start += count;
                return count;
            }
            fill();
        }
        return -1;
    }

    /// Where the next boundary begins that is in the buffer with what decides about it; -1 if none is.
    private int find() {
        int last = delimiter.length - 1;
        int at = start;
        while (at + delimiter.length + AFTER_BOUNDARY_BYTES <= end) {
            int from = last;
            while (from >= 0 && buffer[at + from] == delimiter[from]) {
                from--;
            }
            if (from < 0) {
                byte next = buffer[at + delimiter.length];
                if (next == '-' || next == '\r' || next == ' ' || next == '\t') {
                    return at;
                }
                at++;
            } else {
                at += skip[buffer[at + last] & 0xff];
            }
        }
        return -1;
    }

    private void fill() throws IOException {
        if (start > 0) {
            System.arraycopy(buffer, start, buffer, 0, end - start);
            end -= start;
            start = 0;
        }
        int count = ended ? -1 : body.read(ByteBuffer.wrap(buffer, end, buffer.length - end));
        if (count < 0) {
            ended = true;
            throw new MalformedBody("it ends before its last boundary");
        }
        end += count;
    }

    private Map<String, String> headers() throws IOException {
        var headers = new TreeMap<String, String>();
        int size = 0;
        for (String line = line(); !line.isEmpty(); line = line()) {
            size += line.length();
            int colon = line.indexOf(':');
            if (colon <= 0) {
                throw new MalformedBody("a part has a header without a colon: '" + line + "'");
            }
            if (size > HEAD_BYTES_MAX) {
                throw new MalformedBody("the headers of a part are longer than " + HEAD_BYTES_MAX + " bytes");
            }
            headers.putIfAbsent(
                    line.substring(0, colon).strip().toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        return headers;
    }

    /// A line without its end. The last boundary of a body may lack one.
    private String line() throws IOException {
        int at = start;
        while (true) {
            for (; at + 1 < end; at++) {
                if (buffer[at] == '\r' && buffer[at + 1] == '\n') {
                    String line = text(start, at);
                    start = at + 2;
                    return line;
                }
            }
            if (end - start >= AFTER_BOUNDARY_BYTES && buffer[start] == '-' && buffer[start + 1] == '-') {
                return "--";
            }
            if (end - start > HEAD_BYTES_MAX) {
                throw new MalformedBody("a line of a part's head is longer than " + HEAD_BYTES_MAX + " bytes");
            }
            at -= start;
            fill();
            at += start;
        }
    }

    private String text(int from, int to) throws MalformedBody {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(buffer, from, to - from))
                    .toString();
        } catch (CharacterCodingException _) {
            throw new MalformedBody("the headers of a part are not UTF-8");
        }
    }
}
