package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/// Other protocols through the front: bytes both ways until either side is done.
class UpgradeIT {

    private static final String ASK = "Connection: keep-alive, Upgrade\r\nUpgrade: echo/1\r\n";
    private static final String YES =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo/1\r\nConnection: Upgrade\r\n\r\n";

    private final Stage stage = new Stage();

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void bytesPassBothWaysUntilEitherSideCloses() {
        var seen = new CompletableFuture<String>();
        Guest guest = stage.guest(wire -> {
            String head = wire.head();
            wire.send(YES + "early");
            String sent = wire.until("\0end");
            wire.send(sent);
            seen.complete(head);
        });
        stage.running.starts("abc");
        Wire client =
                stage.client().send("GET /ws HTTP/1.1\r\nHost: " + guest.port() + "-abc.localhost\r\n" + ASK + "\r\n");
        assertThat(client.head())
                .isEqualTo("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo/1\r\nConnection: Upgrade\r\n\r\n");
        assertThat(client.text(5)).isEqualTo("early");
        assertThat(client.send("GET / HTTP/1.1\r\n\r\n\0end").rest()).isEqualTo("GET / HTTP/1.1\r\n\r\n\0end");
        assertThat(seen.join()).contains("Upgrade: echo/1\r\nConnection: Upgrade\r\n\r\n");
    }

    /// Of a connection that was switched, and of one whose answer is long in coming: the kernel's timer, in hundredths.
    @ParameterizedTest
    @ValueSource(strings = {YES, ""})
    void theKernelAsksASilentSandboxEveryTwentySecondsWhetherItLives(String answer) throws IOException {
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send(answer);
            wire.rest();
        });
        stage.running.starts("abc");
        try (Wire client = stage.client()
                .send("GET /ws HTTP/1.1\r\nHost: " + guest.port() + "-abc.localhost\r\n" + ASK + "\r\n")) {
            String towards = ":%04X".formatted(guest.port());
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
            OptionalLong timer = OptionalLong.empty();
            while (timer.isEmpty()) {
                assertThat(System.nanoTime()).as("ten seconds").isLessThan(end);
                LockSupport.parkNanos(10_000_000);
                timer = Files.readAllLines(Path.of("/proc/self/net/tcp")).stream()
                        .map(line -> line.strip().split(" +"))
                        .filter(fields -> fields[2].endsWith(towards) && fields[5].startsWith("02:"))
                        .mapToLong(fields -> Long.parseLong(fields[5].substring(3), 16))
                        .findFirst();
            }
            assertThat(timer.getAsLong()).isBetween(500L, 2_000L);
            assertThat(client.socket.isClosed()).isFalse();
        }
    }

    @Test
    void aClientThatHangsUpIsSeenInTheSandbox() throws Exception {
        var seen = new CompletableFuture<String>();
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send(YES);
            seen.complete(wire.rest());
        });
        stage.running.starts("abc");
        Wire client =
                stage.client().send("GET /ws HTTP/1.1\r\nHost: " + guest.port() + "-abc.localhost\r\n" + ASK + "\r\n");
        assertThat(client.head()).startsWith("HTTP/1.1 101");
        client.send("last words").close();
        assertThat(seen.get(5, TimeUnit.SECONDS)).startsWith("last words");
    }

    @Test
    void whatFollowsARefusedUpgradeIsARequestToTheFrontAndNotBytesForTheSandbox() {
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno");
            wire.rest();
        });
        stage.running.starts("abc");
        Wire client = stage.client()
                .send("GET /ws HTTP/1.1\r\nHost: " + guest.port() + "-abc.localhost\r\n" + ASK + "\r\n"
                        + "POST /init HTTP/1.1\r\nHost: 49983-abc.localhost\r\nContent-Length: 0\r\n\r\n");
        assertThat(client.answer()).endsWith("no");
        assertThat(client.answer()).contains("reserved for the E2B control plane");
    }

    @Test
    void anAnswerOf101ThatNobodyAskedForIsNone() {
        Guest guest = stage.guest(YES + "GET");
        stage.running.starts("abc");
        assertThat(stage.ask(Stage.get("abc", guest.port(), "/"))).startsWith("HTTP/1.1 502 ");
    }

    @Test
    void theEndOfASandboxCutsItsTunnels() {
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send(YES);
            wire.read();
        });
        stage.running.starts("abc");
        Wire client =
                stage.client().send("GET /ws HTTP/1.1\r\nHost: " + guest.port() + "-abc.localhost\r\n" + ASK + "\r\n");
        assertThat(client.head()).startsWith("HTTP/1.1 101");
        stage.running.ends("abc");
        assertThat(client.ended()).isTrue();
    }

    @Test
    void aRealWebSocketClientTalksToARealWebSocketServer() throws Exception {
        DisposableServer server = HttpServer.create()
                .host("127.0.0.1")
                .port(0)
                .route(routes -> routes.ws(
                        "/echo",
                        (in, out) ->
                                out.sendString(Flux.from(in.receive().asString().map(text -> "<" + text + ">")))))
                .bindNow();
        stage.prop(server::disposeNow);
        stage.running.starts("abc");
        var heard = new CompletableFuture<String>();
        try (HttpClient client = HttpClient.newHttpClient()) {
            WebSocket socket = client.newWebSocketBuilder()
                    .header("E2b-Sandbox-Id", "abc")
                    .header("E2b-Sandbox-Port", "" + server.port())
                    .buildAsync(URI.create("ws://127.0.0.1:" + stage.port + "/echo"), new WebSocket.Listener() {
                        @Override
                        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
                            heard.complete(data.toString());
                            return CompletableFuture.completedStage(null);
                        }
                    })
                    .get(10, TimeUnit.SECONDS);
            socket.request(1);
            socket.sendText("hello", true).get(10, TimeUnit.SECONDS);
            assertThat(heard.get(10, TimeUnit.SECONDS)).isEqualTo("<hello>");
            socket.abort();
        }
    }
}
