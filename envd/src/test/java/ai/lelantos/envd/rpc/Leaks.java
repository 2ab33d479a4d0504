package ai.lelantos.envd.rpc;

import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Fails a test class in which Netty reports a buffer that nobody released. Registered for every class of the module.
/// The reports come by the log, the same that runs in production, so a silent log would be no comfort: see `LeaksTest`.
public final class Leaks implements AfterAllCallback {

    private static final int ROUNDS = 3;
    private static final long QUEUED_MILLIS_MAX = 10_000;
    private static final Logger NETTY = Logger.getLogger(ResourceLeakDetector.class.getName());
    private static final List<String> REPORTS = new ArrayList<>();

    static {
        NETTY.addHandler(new Handler() {
            @Override
            public void publish(LogRecord entry) {
                if (entry.getMessage().contains("LEAK:")) {
                    synchronized (REPORTS) {
                        REPORTS.add(entry.getMessage());
                    }
                }
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        });
    }

    @Override
    public void afterAll(ExtensionContext context) {
        List<String> leaks = take();
        if (!leaks.isEmpty()) {
            throw new AssertionError(leaks.size() + " buffers were never released:\n" + leaks.getFirst());
        }
    }

    /// Every leak reported so far. A buffer is reported once it is garbage and another one is made.
    static List<String> take() {
        for (int round = 0; round < ROUNDS; round++) {
            collectGarbage();
            ByteBufAllocator.DEFAULT.directBuffer(1).release();
            ByteBufAllocator.DEFAULT.heapBuffer(1).release();
        }
        synchronized (REPORTS) {
            List<String> leaks = List.copyOf(REPORTS);
            REPORTS.clear();
            return leaks;
        }
    }

    /// Garbage is known as such only once its references were queued, a moment after the collection: ours tells when.
    private static void collectGarbage() {
        var queue = new ReferenceQueue<Object>();
        var sentinel = new WeakReference<>(new Object(), queue);
        System.gc();
        try {
            if (queue.remove(QUEUED_MILLIS_MAX) == null) {
                throw new IllegalStateException("a collection did not find " + sentinel);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while looking for leaks", e);
        }
    }
}
