package ai.lelantos.gateway.proxy;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorChooserFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/// Gives new connections to as many loops, in turn, as there are processors that we may use by now: two loops on one
/// processor take turns of some milliseconds, and every request waits for several.
final class Spread implements EventExecutorChooserFactory {

    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1); // between looks at the processors

    private final IntSupplier processors;
    private final LongSupplier nanos;

    Spread(IntSupplier processors, LongSupplier nanos) {
        this.processors = processors;
        this.nanos = nanos;
    }

    static Spread overProcessors() {
        return new Spread(Runtime.getRuntime()::availableProcessors, System::nanoTime);
    }

    @Override
    public EventExecutorChooser newChooser(EventExecutor[] loops) {
        return new InTurn(loops);
    }

    private final class InTurn implements EventExecutorChooser {

        private final EventExecutor[] loops;
        private final AtomicInteger turn = new AtomicInteger();
        private volatile int used;
        private volatile long looked;

        private InTurn(EventExecutor[] loops) {
            this.loops = loops;
            look(nanos.getAsLong());
        }

        @Override
        public EventExecutor next() {
            long now = nanos.getAsLong();
            if (now - looked >= LOOK_NANOS) {
                look(now);
            }
            return loops[Math.floorMod(turn.getAndIncrement(), used)];
        }

        private void look(long now) {
            used = Math.clamp(processors.getAsInt(), 1, loops.length);
            looked = now;
        }
    }
}
