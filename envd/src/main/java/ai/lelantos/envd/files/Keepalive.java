package ai.lelantos.envd.files;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How often a quiet stream says that it lives, by the client's `Keepalive-Ping-Interval`.
final class Keepalive {

    private static final Duration DEFAULT = Duration.ofSeconds(90);
    private static final int DIGITS_MAX = 9;

    private Keepalive() {}

    static Duration interval(@Nullable String header) {
        if (header == null || header.isEmpty() || header.length() > DIGITS_MAX) {
            return DEFAULT;
        }
        try {
            int seconds = Integer.parseInt(header);
            return seconds > 0 ? Duration.ofSeconds(seconds) : DEFAULT;
        } catch (NumberFormatException _) {
            return DEFAULT;
        }
    }
}
