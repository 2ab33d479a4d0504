package ai.lelantos.envd.process;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.linux.NativeProcess.Stream;
import ai.lelantos.envd.linux.WaitStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class OutputTest {

    private static final Duration AT_ONCE = Duration.ZERO;

    private final AtomicInteger roomMade = new AtomicInteger();
    private final Output output = new Output(new ReplayStore(1 << 20).newRing(), roomMade::incrementAndGet);

    @Test
    void everyListenerHearsEverythingInOrderAndThenTheEnd() throws Exception {
        Exit exit = Exit.of(new WaitStatus(0));
        try (Output.Listener first = output.listen();
                Output.Listener second = output.listen()) {
            assertThat(publish("a")).isTrue();
            assertThat(publish("b")).isTrue();
            output.end(exit);
            for (Output.Listener listener : new Output.Listener[] {first, second}) {
                assertThat(text(listener.next(AT_ONCE))).isEqualTo("a");
                assertThat(text(listener.next(AT_ONCE))).isEqualTo("b");
                assertThat(listener.next(AT_ONCE)).isEqualTo(new Event.End(exit));
            }
        }
    }

    @Test
    void withoutListenersOutputIsDiscardedAndNeverBlocks() throws Exception {
        for (int i = 0; i < 1_000; i++) {
            assertThat(publish("x")).isTrue();
        }
        try (Output.Listener late = output.listen()) {
            assertThat(late.next(AT_ONCE)).isNull();
        }
    }

    @Test
    void aSlowListenerStopsTheWriterAt64ChunksAndLetsItOnAtHalf() throws Exception {
        try (Output.Listener slow = output.listen()) {
            for (int i = 1; i < 64; i++) {
                assertThat(publish("x")).isTrue();
            }
            assertThat(publish("x")).isFalse();
            assertThat(output.hasRoom()).isFalse();
            for (int i = 0; i < 31; i++) {
                assertThat(slow.next(AT_ONCE)).isNotNull();
            }
            assertThat(roomMade).hasValue(0);
            assertThat(slow.next(AT_ONCE)).isNotNull();
            assertThat(roomMade).hasValue(1);
            assertThat(output.hasRoom()).isTrue();
        }
    }

    @Test
    void bytesFillAListenerToo() throws Exception {
        try (Output.Listener slow = output.listen()) {
            int chunks = 1;
            while (output.publish(Stream.STDOUT, new byte[32 << 10])) {
                chunks++;
            }
            assertThat(chunks).isEqualTo(16);
            assertThat(slow.next(AT_ONCE)).isNotNull();
        }
    }

    @Test
    void aFullListenerThatLeavesHoldsNobodyUp() {
        Output.Listener slow = output.listen();
        while (publish("x")) {
            assertThat(output.hasRoom()).isTrue();
        }
        slow.close();
        assertThat(output.hasRoom()).isTrue();
        assertThat(roomMade).hasValue(1);
        slow.close();
        assertThat(roomMade).hasValue(1);
    }

    @Test
    void closingWakesTheOneThatWaits() throws Exception {
        Output.Listener waiting = output.listen();
        var heard = new CompletableFuture<Boolean>();
        Thread reader = Thread.startVirtualThread(() -> {
            try {
                heard.complete(waiting.next(Duration.ofMinutes(5)) == null);
            } catch (InterruptedException e) {
                heard.completeExceptionally(e);
            }
        });
        waiting.close();
        reader.join();
        assertThat(heard).isCompletedWithValue(true);
    }

    @Test
    void whoComesAfterTheEndHearsItAndWhatWasKept() throws Exception {
        publish("kept");
        output.end(Exit.of(new WaitStatus(0)));
        try (Output.Listener late = output.listen(new ReplayFrom.Start())) {
            assertThat(text(late.next(AT_ONCE))).isEqualTo("kept");
            assertThat(late.next(AT_ONCE)).isInstanceOf(Event.End.class);
        }
    }

    @com.google.errorprone.annotations.CanIgnoreReturnValue
    private boolean publish(String text) {
        return output.publish(Stream.STDOUT, text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(@org.jspecify.annotations.Nullable Event event) {
        return event instanceof Event.Chunk chunk ? chunk.bytes().toStringUtf8() : String.valueOf(event);
    }
}
