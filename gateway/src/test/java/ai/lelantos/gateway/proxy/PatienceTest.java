package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/// How long a connection that asks nothing may stay, in virtual time.
class PatienceTest {

    private final ScriptedRunning running = new ScriptedRunning();
    private final Lanes lanes = new Lanes(running);
    private final LifecycleLoop lifecycle = new LifecycleLoop(running, lanes);
    private final Switchboard board =
            new Switchboard(running, lanes, lifecycle, new Target.Rules("x.localhost"), Transport.NIO, () -> null);

    @AfterEach
    void close() {
        lifecycle.close();
    }

    private EmbeddedChannel after(EmbeddedChannel channel, int seconds) {
        channel.advanceTimeBy(seconds, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        return channel;
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    @Test
    void aConnectionThatSaysNothingIsClosed() {
        var channel = new EmbeddedChannel(new Opening(board));
        assertThat(after(after(channel, 30), 29).isOpen()).isTrue();
        assertThat(after(channel, 2).isOpen()).isFalse();
    }

    @Test
    void aHeadThatTakesTooLongIsRefused() {
        var channel = new EmbeddedChannel(new Http1Client(board, "http"));
        channel.writeInbound(bytes("GET / HTTP/1.1\r\nHost"));
        assertThat(after(channel, 31).<ByteBuf>readOutbound()).isNull();
        channel.writeInbound(bytes(": a"));
        ByteBuf answer = after(channel, 31).readOutbound();
        assertThat(answer.toString(StandardCharsets.US_ASCII)).startsWith("HTTP/1.1 408 ");
        answer.release();
        channel.finishAndReleaseAll();
    }

    @Test
    void aConnectionInUseHasNoAge() {
        var channel = new EmbeddedChannel(new Http1Client(board, "http"));
        for (int minute = 0; minute < 30; minute++) {
            channel.writeInbound(bytes("GET / HTTP/1.1\r\nHost: api.x.localhost\r\n\r\n"));
            ByteBuf answer = after(after(channel, 30), 30).readOutbound();
            assertThat(answer.toString(StandardCharsets.US_ASCII))
                    .startsWith("HTTP/1.1 503 ")
                    .contains("Connection: keep-alive");
            answer.release();
        }
        assertThat(channel.isOpen()).isTrue();
        channel.finishAndReleaseAll();
    }

    @Test
    void anAnswerMayTakeAsLongAsItLikes() {
        running.wakes((_, _) -> Mono.never());
        var channel = new EmbeddedChannel(new Http1Client(board, "http"));
        channel.writeInbound(bytes("GET / HTTP/1.1\r\nHost: 80-abc.localhost\r\n\r\n"));
        for (int minute = 0; minute < 60; minute++) {
            assertThat(after(after(channel, 30), 30).<ByteBuf>readOutbound()).isNull();
        }
        assertThat(channel.isOpen()).isTrue();
        channel.finishAndReleaseAll();
    }

    @Test
    void anIdleConnectionIsKeptForTenMinutes() {
        var channel = new EmbeddedChannel(new Http1Client(board, "http"));
        for (int minute = 0; minute < 10; minute++) {
            assertThat(after(after(channel, 30), 30).isOpen()).isTrue();
        }
        assertThat(after(after(channel, 30), 30).isOpen()).isFalse();
    }
}
