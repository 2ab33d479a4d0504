package ai.lelantos.gateway.runtime.container;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Cleans up behind machines that ended: late, one at a time, and always. What fails (a group that is busy for some
/// milliseconds more) is tried again.
final class CleanLoop implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(CleanLoop.class);

    /// Then it is logged and left to the next start.
    private static final int TRIES_MAX = 8;

    /// Doubles with every try: about five seconds in all.
    private static final Duration FIRST_DELAY = Duration.ofMillis(20);

    private final ScheduledThreadPoolExecutor thread = new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().name("runtime-clean").daemon().factory());
    private final AtomicInteger pending = new AtomicInteger();

    /// Cleans as soon as its turn comes.
    void add(String what, Ground.Work work) {
        pending.incrementAndGet();
        thread.execute(() -> attempt(what, work, 1));
    }

    private void attempt(String what, Ground.Work work, int tries) {
        try {
            work.run();
            pending.decrementAndGet();
        } catch (IOException | RuntimeException failure) {
            if (tries == TRIES_MAX) {
                log.warn("{} failed {} times; the next start tries again", what, tries, failure);
                pending.decrementAndGet();
                return;
            }
            var _ = thread.schedule(
                    () -> attempt(what, work, tries + 1), FIRST_DELAY.toMillis() << (tries - 1), TimeUnit.MILLISECONDS);
        }
    }

    int pending() {
        return pending.get();
    }

    /// Waits until everything asked for so far is clean.
    void drain(Duration limit) throws IOException {
        CountDownLatch done = new CountDownLatch(1);
        thread.execute(() -> drained(done));
        try {
            if (!done.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IOException(pending() + " machines were not cleaned up within " + limit);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while cleaning up", stopped);
        }
    }

    private void drained(CountDownLatch done) {
        if (pending() == 0) {
            done.countDown();
        } else {
            var _ = thread.schedule(() -> drained(done), FIRST_DELAY.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void close() {
        var _ = thread.shutdownNow();
    }
}
