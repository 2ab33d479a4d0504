package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorChooserFactory.EventExecutorChooser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SpreadTest {

    private final AtomicInteger processors = new AtomicInteger(2);
    private final AtomicLong now = new AtomicLong();
    private final EventExecutor first = new DefaultEventExecutor();
    private final EventExecutor second = new DefaultEventExecutor();
    private final EventExecutorChooser chooser =
            new Spread(processors::get, now::get).newChooser(new EventExecutor[] {first, second});

    @Test
    void loopsTakeConnectionsInTurn() {
        assertThat(Stream.generate(chooser::next).limit(4)).containsExactly(first, second, first, second);
    }

    @Test
    void oneLoopTakesThemAllWhileThereIsOneProcessor() {
        processors.set(1);
        now.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertThat(Stream.generate(chooser::next).limit(3)).containsOnly(first);
        processors.set(2);
        now.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertThat(Stream.generate(chooser::next).limit(4)).containsOnly(first, second);
    }

    @Test
    void thereAreNeverMoreThanTheLoops() {
        processors.set(64);
        now.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertThat(Stream.generate(chooser::next).limit(6)).containsOnly(first, second);
    }
}
