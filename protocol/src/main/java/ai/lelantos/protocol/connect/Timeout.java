package ai.lelantos.protocol.connect;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// How long a client will wait, as its header says it.
public final class Timeout {

    /// `Connect-Timeout-Ms`: at most ten ASCII digits.
    private static final int CONNECT_DIGITS_MAX = 10;

    private static final long CONNECT_MILLIS_MAX = 9_999_999_999L;

    /// `grpc-timeout`: at most eight ASCII digits and a unit.
    private static final int GRPC_DIGITS_MAX = 8;

    private static final long GRPC_VALUE_MAX = 99_999_999L;

    private Timeout() {}

    /// Reads `Connect-Timeout-Ms`; absent means no deadline.
    public static Optional<Duration> ofConnect(@Nullable String header) {
        if (header == null) {
            return Optional.empty();
        }
        long millis = digits(header, CONNECT_DIGITS_MAX)
                .orElseThrow(() -> malformed(
                        Headers.CONNECT_TIMEOUT_MS, "1 to " + CONNECT_DIGITS_MAX + " decimal digits", header));
        return Optional.of(Duration.ofMillis(millis));
    }

    /// Reads `grpc-timeout`; absent means no deadline.
    public static Optional<Duration> ofGrpc(@Nullable String header) {
        if (header == null) {
            return Optional.empty();
        }
        String expected = "1 to " + GRPC_DIGITS_MAX + " decimal digits and a unit of HMSmun";
        if (header.isEmpty()) {
            throw malformed(Headers.GRPC_TIMEOUT, expected, header);
        }
        long value = digits(header.substring(0, header.length() - 1), GRPC_DIGITS_MAX)
                .orElseThrow(() -> malformed(Headers.GRPC_TIMEOUT, expected, header));
        return Optional.of(
                switch (header.charAt(header.length() - 1)) {
                    case 'H' -> Duration.ofHours(value);
                    case 'M' -> Duration.ofMinutes(value);
                    case 'S' -> Duration.ofSeconds(value);
                    case 'm' -> Duration.ofMillis(value);
                    case 'u' -> Duration.ofNanos(value * 1_000);
                    case 'n' -> Duration.ofNanos(value);
                    default -> throw malformed(Headers.GRPC_TIMEOUT, expected, header);
                });
    }

    /// Writes `Connect-Timeout-Ms`; longer than the header can say is as long as it can say.
    public static String toConnect(Duration timeout) {
        return Long.toString(Math.clamp(timeout.toMillis(), 0, CONNECT_MILLIS_MAX));
    }

    /// Writes `grpc-timeout` in the finest unit that fits.
    public static String toGrpc(Duration timeout) {
        if (timeout.isNegative()) {
            return "0n";
        }
        if (timeout.compareTo(Duration.ofNanos(GRPC_VALUE_MAX)) <= 0) {
            return timeout.toNanos() + "n";
        }
        if (timeout.compareTo(Duration.ofMillis(GRPC_VALUE_MAX)) <= 0) {
            return timeout.toMillis() + "m";
        }
        if (timeout.toSeconds() <= GRPC_VALUE_MAX) {
            return timeout.toSeconds() + "S";
        }
        return Math.min(timeout.toHours(), GRPC_VALUE_MAX) + "H";
    }

    private static OptionalLong digits(String text, int digitsMax) {
        if (text.isEmpty() || text.length() > digitsMax) {
            return OptionalLong.empty();
        }
        for (int at = 0; at < text.length(); at++) {
            if (text.charAt(at) < '0' || text.charAt(at) > '9') {
                return OptionalLong.empty();
            }
        }
        return OptionalLong.of(Long.parseLong(text));
    }

    private static ConnectFailure malformed(String header, String expected, String got) {
        return ConnectError.of(
                        Code.INVALID_ARGUMENT,
                        "protocol error: invalid " + header + ": expected " + expected + ", got \"" + got + "\"")
                .toFailure();
    }
}
