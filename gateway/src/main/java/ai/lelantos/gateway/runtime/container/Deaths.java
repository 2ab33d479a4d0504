package ai.lelantos.gateway.runtime.container;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Tells when processes end that are not children of this gateway: one thread waits for all of them on their pidfds.
final class Deaths implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Deaths.class);

    private final Map<Integer, Runnable> watched = new ConcurrentHashMap<>();
    private final int wake;
    private final Thread thread;
    private volatile boolean closed;

    Deaths() throws IOException {
        this.wake = Kernel.eventfd();
        this.thread = Thread.ofPlatform().name("runtime-deaths").daemon().start(this::loop);
    }

    /// Runs `then` once, on the watching thread, after the process has ended; the descriptor is closed before.
    void watch(int pidfd, Runnable then) throws IOException {
        watched.put(pidfd, then);
        Kernel.wake(wake);
    }

    private void loop() {
        while (!closed) {
            try {
                turn();
            } catch (IOException failure) {
                log.error("waiting for the end of machines failed", failure);
                return;
            }
        }
    }

    private void turn() throws IOException {
        List<Integer> pidfds = new ArrayList<>(watched.keySet());
        int[] fds = new int[pidfds.size() + 1];
        fds[0] = wake;
        for (int i = 0; i < pidfds.size(); i++) {
            fds[i + 1] = pidfds.get(i);
        }
        boolean[] ended = Kernel.await(fds);
        if (ended[0]) {
            Kernel.drain(wake);
        }
        for (int i = 1; i < fds.length; i++) {
            Runnable then = ended[i] ? watched.remove(fds[i]) : null;
            if (then != null) {
                Kernel.close(fds[i]);
                then.run();
            }
        }
    }

    @Override
    public void close() throws IOException {
        closed = true;
        Kernel.wake(wake);
        try {
            thread.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        watched.keySet().forEach(Kernel::close);
        Kernel.close(wake);
    }
}
