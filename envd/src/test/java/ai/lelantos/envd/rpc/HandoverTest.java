package ai.lelantos.envd.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HandoverTest {

    private static final int SECONDS_MAX = 20;

    private final EventLoop loop = new DefaultEventLoop();

    @AfterEach
    void close() {
        loop.shutdownGracefully(0, SECONDS_MAX, TimeUnit.SECONDS).syncUninterruptibly();
    }

    /// Also when they are more than one turn gathers, and none of them goes on before all of them began.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 64, 65, 200})
    void whatOneTurnBroughtMayWaitForEachOther(int calls) throws InterruptedException {
        var allBegan = new CountDownLatch(calls);
        var allEnded = new CountDownLatch(calls);
        Set<String> threads = ConcurrentHashMap.newKeySet();
        loop.execute(() -> {
            for (int call = 0; call < calls; call++) {
                Handover.start(loop, "call " + call, () -> {
                    threads.add(Thread.currentThread().getName()
                            + (Thread.currentThread().isVirtual() ? "" : " is no virtual thread"));
                    allBegan.countDown();
                    awaited(allBegan);
                    allEnded.countDown();
                });
            }
        });
        assertThat(allEnded.await(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        assertThat(threads).hasSize(calls).allMatch(name -> name.matches("call [0-9]+"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theLoopStartsItAsAnyOtherThreadDoes(boolean fromTheLoop) throws InterruptedException {
        var ran = new CountDownLatch(1);
        Runnable start = () -> Handover.start(loop, "call", ran::countDown);
        if (fromTheLoop) {
            loop.execute(start);
        } else {
            start.run();
        }
        assertThat(ran.await(SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
    }

    private static void awaited(CountDownLatch latch) {
        try {
            if (!latch.await(SECONDS_MAX, TimeUnit.SECONDS)) {
                throw new AssertionError("the others never began");
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
