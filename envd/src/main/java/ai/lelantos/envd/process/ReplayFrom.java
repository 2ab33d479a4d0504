package ai.lelantos.envd.process;

import java.util.Locale;

/// Where a client that comes back wants the output to begin.
sealed interface ReplayFrom {

    /// The request header that asks for it.
    String HEADER = "lelantos-replay";

    /// The answer's header with the offset of the first byte that follows.
    String OFFSET_HEADER = "lelantos-replay-offset";

    /// The answer's header with the number of bytes that were asked for and are lost.
    String LOST_HEADER = "lelantos-replay-lost";

    /// With the oldest byte kept.
    record Start() implements ReplayFrom {}

    /// With the next byte, but telling which one it is.
    record Now() implements ReplayFrom {}

    /// With the byte of that number, counted over all streams from the process' start.
    record Offset(long value) implements ReplayFrom {}

    /// Reads the header; refuses with [IllegalArgumentException], whose message is fit for the client.
    static ReplayFrom parse(String header) {
        String text = header.strip().toLowerCase(Locale.ROOT);
        if (text.equals("start")) {
            return new Start();
        }
        if (text.equals("now")) {
            return new Now();
        }
        try {
            long offset = Long.parseLong(text);
            if (offset >= 0) {
                return new Offset(offset);
            }
        } catch (NumberFormatException _) {
            // Told below, with the same words as a negative number.
        }
        throw new IllegalArgumentException(
                "invalid " + HEADER + " header '" + header + "': expected start, now or an offset in bytes");
    }
}
