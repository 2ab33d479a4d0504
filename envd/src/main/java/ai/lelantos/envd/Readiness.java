package ai.lelantos.envd;

import ai.lelantos.envd.linux.Loop;
import com.linecorp.armeria.common.CommonPools;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// Keeps every thread an answer needs alive: when user code takes the last process slot of the sandbox, none can be
/// made.
final class Readiness {

    /// Well within the 30 seconds after which the JVM lets an idle carrier of virtual threads go.
    private static final Duration CARRIERS_TOUCHED_EVERY = Duration.ofSeconds(10);

    /// How long the carriers wait for each other, so that each task gets one of its own.
    private static final Duration MEETING_MAX = Duration.ofMillis(100);

    private static final int CARRIERS = Integer.getInteger(
            "jdk.virtualThreadScheduler.parallelism", Runtime.getRuntime().availableProcessors());

    private Readiness() {}

    static void keep(Loop loop) {
        CommonPools.workerGroup().forEach(eventLoop -> eventLoop.execute(() -> {}));
        startTimers();
        touchCarriers(loop);
    }

    /// The JVM wakes virtual threads from timed waits by threads it makes when they are first needed, one of a few by
    /// turns.
    private static void startTimers() {
        for (int i = 0; i < CARRIERS; i++) {
            var _ = Thread.startVirtualThread(() -> LockSupport.parkNanos(1));
        }
    }

    private static void touchCarriers(Loop loop) {
        var arrived = new AtomicInteger();
        long end = System.nanoTime() + MEETING_MAX.toNanos();
        for (int i = 0; i < CARRIERS; i++) {
            var _ = Thread.startVirtualThread(() -> {
                int _ = arrived.incrementAndGet();
                // Spinning keeps the carrier: one that parked would let the next task have the same.
                while (arrived.get() < CARRIERS && System.nanoTime() < end) {
                    Thread.onSpinWait();
                }
            });
        }
        var _ = loop.after(CARRIERS_TOUCHED_EVERY, () -> touchCarriers(loop));
    }
}
