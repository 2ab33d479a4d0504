package ai.lelantos.loadtest.measure;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// Offers work: so many workers that each wait for their answer, all at once, or at a rate that does not wait.
public final class Pace {

    private static final int IN_FLIGHT_MAX = 2_000;
    /// A client that failed does not try again at once: a server that is gone is not asked as fast as it refuses.
    private static final long AFTER_FAILURE_NANOS = 100_000_000;

    private Pace() {}

    /// `workers` at a time until `count` pieces of work are done.
    public static Samples count(int workers, int count, Callable<?> work) {
        var samples = new Samples();
        var left = new AtomicInteger(count);
        workers(workers, () -> {
            while (left.getAndDecrement() > 0) {
                patiently(samples, work);
            }
        });
        return samples;
    }

    /// `workers` at a time for as long as given.
    public static Samples during(int workers, Duration time, Callable<?> work) {
        var samples = new Samples();
        long end = System.nanoTime() + time.toNanos();
        workers(workers, () -> {
            while (System.nanoTime() < end) {
                patiently(samples, work);
            }
        });
        return samples;
    }

    /// Work begins on schedule whether or not earlier work has ended, and its latency counts from the schedule: a
    /// server that stalls is charged for everybody who would have come meanwhile.
    public static Samples rate(double perSecond, Duration time, Callable<?> work) {
        var samples = new Samples();
        var inFlight = new Semaphore(IN_FLIGHT_MAX);
        long begin = System.nanoTime();
        long pieces = (long) (perSecond * time.toMillis() / 1000);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (long i = 0; i < pieces; i++) {
                long intended = begin + (long) (i * 1e9 / perSecond);
                while (System.nanoTime() < intended) {
                    LockSupport.parkNanos(intended - System.nanoTime());
                }
                inFlight.acquireUninterruptibly();
                var _ = threads.submit(() -> {
                    var _ = once(samples, intended, work);
                    inFlight.release();
                });
            }
        }
        return samples;
    }

    private static void patiently(Samples samples, Callable<?> work) {
        if (!once(samples, System.nanoTime(), work)) {
            LockSupport.parkNanos(AFTER_FAILURE_NANOS);
        }
    }

    private static boolean once(Samples samples, long intended, Callable<?> work) {
        try {
            work.call();
            samples.success(intended, System.nanoTime());
            return true;
        } catch (Exception e) {
            samples.failure(intended, e);
            return false;
        }
    }

    private static void workers(int workers, Runnable loop) {
        var done = new CountDownLatch(workers);
        for (int i = 0; i < workers; i++) {
            Thread.ofVirtual().start(() -> {
                try {
                    loop.run();
                } finally {
                    done.countDown();
                }
            });
        }
        try {
            if (!done.await(1, TimeUnit.HOURS)) {
                throw new IllegalStateException("workers did not end within an hour");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while measuring", e);
        }
    }
}
