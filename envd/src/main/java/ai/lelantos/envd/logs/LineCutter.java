package ai.lelantos.envd.logs;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/// Cuts one stream of bytes into lines, in pieces however they come.
final class LineCutter {

    /// What is told of one line.
    static final int LINE_BYTES_MAX = 2_000;

    private final ByteArrayOutputStream begun = new ByteArrayOutputStream();
    private long length;
    private boolean skipping;

    /// Takes the next bytes and gives the lines that end in them.
    void cut(byte[] bytes, Consumer<String> lines) {
        int from = 0;
        for (int at = 0; at < bytes.length; at++) {
            if (bytes[at] == '\n') {
                grow(bytes, from, at);
                finish(lines);
                from = at + 1;
            }
        }
        grow(bytes, from, bytes.length);
    }

    /// Bytes are missing here: what had begun is told as far as it came, the rest of a line never is.
    void gap(Consumer<String> lines) {
        end(lines);
        skipping = true;
    }

    /// Gives what the stream wrote after its last line.
    void end(Consumer<String> lines) {
        if (length > 0) {
            finish(lines);
        }
    }

    private void grow(byte[] bytes, int from, int to) {
        if (!skipping) {
            length += to - from;
            begun.write(bytes, from, Math.min(to - from, LINE_BYTES_MAX + 1 - begun.size()));
        }
    }

    private void finish(Consumer<String> lines) {
        if (!skipping) {
            lines.accept(text());
        }
        skipping = false;
        length = 0;
        begun.reset();
    }

    private String text() {
        byte[] bytes = begun.toByteArray();
        if (length > LINE_BYTES_MAX) {
            int end = LINE_BYTES_MAX;
            // Not in the middle of a character.
            while (end > 0 && (bytes[end] & 0xc0) == 0x80) {
                end--;
            }
            return new String(bytes, 0, end, StandardCharsets.UTF_8) + "… (" + length + " bytes)";
        }
        int end = bytes.length > 0 && bytes[bytes.length - 1] == '\r' ? bytes.length - 1 : bytes.length;
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }
}
