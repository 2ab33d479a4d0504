package ai.lelantos.envd.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// A path as the kernel sees it: bytes without a NUL, whatever they mean as text.
public final class FilePath {

    /// What the kernel takes, without the closing NUL.
    public static final int BYTES_MAX = 4_095;

    private final byte[] bytes;

    private FilePath(byte[] bytes) {
        this.bytes = bytes;
    }

    /// A path from a request. [IllegalArgumentException], fit for the client, where no file can have it.
    public static FilePath of(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a path cannot have a NUL in it");
        }
        byte[] bytes = encode(text);
        if (bytes.length > BYTES_MAX) {
            throw new IllegalArgumentException(
                    "the path is " + bytes.length + " bytes long, at most " + BYTES_MAX + " are possible");
        }
        return new FilePath(bytes);
    }

    private static byte[] encode(String text) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[encoded.remaining()];
            var _ = encoded.get(bytes);
            return bytes;
        } catch (CharacterCodingException _) {
            throw new IllegalArgumentException("the path is not Unicode");
        }
    }

    static FilePath of(byte[] bytes) {
        return new FilePath(bytes);
    }

    /// The entry of that name in this directory.
    public FilePath child(FilePath name) {
        boolean slash = bytes.length > 0 && bytes[bytes.length - 1] == '/';
        byte[] joined = Arrays.copyOf(bytes, bytes.length + (slash ? 0 : 1) + name.bytes.length);
        if (!slash) {
            joined[bytes.length] = '/';
        }
        System.arraycopy(name.bytes, 0, joined, joined.length - name.bytes.length, name.bytes.length);
        return new FilePath(joined);
    }

    /// The directory of an absolute path that ends in a name.
    public FilePath parent() {
        int slash = bytes.length - 1;
        while (slash > 0 && bytes[slash] != '/') {
            slash--;
        }
        return new FilePath(Arrays.copyOf(bytes, Math.max(1, slash)));
    }

    /// Whether this is the other path or lies below it.
    public boolean isWithin(FilePath other) {
        int length = other.bytes.length;
        return bytes.length >= length
                && Arrays.equals(bytes, 0, length, other.bytes, 0, length)
                && (bytes.length == length || bytes[length] == '/' || other.isRoot());
    }

    /// The same place after a directory it lies in got another path.
    public FilePath moved(FilePath from, FilePath to) {
        byte[] joined = Arrays.copyOf(to.bytes, to.bytes.length + bytes.length - from.bytes.length);
        System.arraycopy(bytes, from.bytes.length, joined, to.bytes.length, joined.length - to.bytes.length);
        return new FilePath(joined);
    }

    /// This path as seen from a directory it lies in; `.` for the directory itself.
    public String relativeTo(FilePath directory) {
        int skipped = directory.bytes.length + (directory.isRoot() ? 0 : 1);
        return bytes.length <= directory.bytes.length
                ? "."
                : new String(bytes, skipped, bytes.length - skipped, StandardCharsets.UTF_8);
    }

    private boolean isRoot() {
        return bytes.length == 1 && bytes[0] == '/';
    }

    /// The path as text; what is not UTF-8 shows as U+FFFD.
    public String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /// As a C string.
    MemorySegment in(Arena arena) {
        MemorySegment segment = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return segment;
    }

    int length() {
        return bytes.length;
    }

    /// The order of names as `ls` without a language has it: byte by byte.
    public int compareBytes(FilePath other) {
        return Arrays.compareUnsigned(bytes, other.bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FilePath path && Arrays.equals(bytes, path.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return text();
    }
}
