package ai.lelantos.gateway.proxy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.List;
import org.slf4j.LoggerFactory;

/// What Netty reports, while this is open, of buffers that nobody released.
final class Leaks implements AutoCloseable {

    private static final int ROUNDS = 3;
    private static final long QUEUED_MILLIS_MAX = 10_000; // for the collector to find one piece of garbage
    private static final String DRIVER = "io.r2dbc.postgresql.";
    private static final Logger NETTY = (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);

    private final ListAppender<ILoggingEvent> heard = new ListAppender<>();

    /// What became garbage before is reported before.
    Leaks() {
        settle();
        heard.start();
        NETTY.addAppender(heard);
    }

    /// The reports so far. A buffer is reported once it is garbage and another one is made. Gateways that other tests
    /// abandon leave statements half bound, whose buffers the database's driver loses: no fault of the front.
    List<String> reports() {
        settle();
        return List.copyOf(heard.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .filter(message -> message.contains("LEAK:") && !message.contains(DRIVER))
                .toList();
    }

    private static void settle() {
        for (int round = 0; round < ROUNDS; round++) {
            collectGarbage();
            ByteBufAllocator.DEFAULT.directBuffer(1).release();
            ByteBufAllocator.DEFAULT.heapBuffer(1).release();
        }
    }

    /// Bytes of live objects, after everything else is gone.
    static long heapBytes() {
        collectGarbage();
        var runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }

    private static void collectGarbage() {
        var queue = new ReferenceQueue<>();
        var garbage = new WeakReference<>(new Object(), queue);
        System.gc();
        try {
            if (queue.remove(QUEUED_MILLIS_MAX) == null || garbage.get() != null) {
                throw new IllegalStateException("no collection within " + QUEUED_MILLIS_MAX + " ms");
            }
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    @Override
    public void close() {
        NETTY.detachAppender(heard);
    }
}
