package ai.lelantos.envd.logs;

import java.util.function.LongSupplier;

/// How many lines may still be told: many at once, fewer for long.
final class Budget {

    static final int AT_ONCE_MAX = 1_000;
    static final int PER_SECOND = 100;

    private static final long NANOS_PER_LINE = 1_000_000_000L / PER_SECOND;

    private final LongSupplier nanoTime;
    private long fullAt;

    Budget(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.fullAt = nanoTime.getAsLong();
    }

    /// Takes one line out, if there is one.
    boolean take() {
        long now = nanoTime.getAsLong();
        long next = Math.max(fullAt - now, 0) + NANOS_PER_LINE;
        if (next > AT_ONCE_MAX * NANOS_PER_LINE) {
            return false;
        }
        fullAt = now + next;
        return true;
    }
}
