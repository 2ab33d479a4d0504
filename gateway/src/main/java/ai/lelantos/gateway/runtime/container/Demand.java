package ai.lelantos.gateway.runtime.container;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

/// How many machines of one kind to keep ready: as many as were asked for in the busiest ten seconds of the last ten
/// minutes, so that the next such burst finds them. Pure; time comes from outside.
final class Demand {

    static final Duration STEP = Duration.ofSeconds(10);
    static final Duration MEMORY = Duration.ofMinutes(10);

    /// Kept for a kind that the owner asked to keep warm, asked for or not.
    static final int PINNED = 2;

    private record Step(long number, int count) {}

    private final Deque<Step> steps = new ArrayDeque<>();
    private boolean pinned;

    void pin() {
        pinned = true;
    }

    void asked(Instant now) {
        long number = step(now);
        Step last = steps.peekLast();
        if (last != null && last.number() == number) {
            steps.removeLast();
            steps.addLast(new Step(number, last.count() + 1));
        } else {
            steps.addLast(new Step(number, 1));
        }
        forget(now);
    }

    int target(Instant now) {
        forget(now);
        int busiest = steps.stream().mapToInt(Step::count).max().orElse(0);
        return Math.max(busiest, pinned ? PINNED : 0);
    }

    private void forget(Instant now) {
        long oldest = step(now) - MEMORY.dividedBy(STEP);
        while (!steps.isEmpty() && steps.getFirst().number() < oldest) {
            steps.removeFirst();
        }
    }

    private static long step(Instant now) {
        return now.getEpochSecond() / STEP.toSeconds();
    }
}
