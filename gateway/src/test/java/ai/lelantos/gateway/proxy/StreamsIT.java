package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The forwarding rules again, for requests that are HTTP/2 streams; frame by frame, and with the JDK's client.
class StreamsIT {

    private static final int WINDOW_BYTES = 256 * 1024; // of a stream: what its client may send unasked
    private static final int STREAMS = 110; // whose windows together are more than the connection's

    private final Stage stage = new Stage();

    @AfterEach
    void close() {
        stage.close();
    }

    private Frames client() {
        return stage.prop(new Frames(stage.client()));
    }

    /// Both sides know each other's settings: from now on a stream may send as much as its window says.
    private Frames settled() {
        Frames client = client();
        assertThat(client.get(1, "80-gone.localhost", "/").body(1)).contains("not found");
        return client;
    }

    private static String host(Guest guest) {
        return guest.port() + "-abc.localhost";
    }

    private static String[] post(Guest guest) {
        return new String[] {":method", "POST", ":scheme", "http", ":authority", host(guest), ":path", "/"};
    }

    /// By the JDK's client, which asks a plain connection to become one of HTTP/2.
    private HttpResponse<String> ask(String id, int port, String... fields) throws IOException, InterruptedException {
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + stage.port + "/x"))
                    .headers("E2b-Sandbox-Id", id, "E2b-Sandbox-Port", "" + port);
            for (int i = 0; i < fields.length; i += 2) {
                request.header(fields[i], fields[i + 1]);
            }
            HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
            return answer;
        }
    }

    @Test
    void errorsHaveTheirStatusTheirTypeAndTheirForm() throws Exception {
        HttpResponse<String> json = ask("gone", 80);
        assertThat(json.statusCode()).isEqualTo(502);
        assertThat(json.headers().allValues("content-type")).containsExactly("application/json; charset=utf-8");
        assertThat(json.body())
                .isEqualTo("{\"sandboxId\":\"gone\",\"message\":\"The sandbox was not found\",\"code\":502}");
        HttpResponse<String> page = ask("gone", 80, "User-Agent", "Mozilla/5.0");
        assertThat(page.statusCode()).isEqualTo(502);
        assertThat(page.headers().allValues("content-type")).containsExactly("text/html; charset=utf-8");
        assertThat(page.body())
                .startsWith("<html")
                .endsWith("</html>")
                .contains("<title>Sandbox Not Found</title>", "gone");
    }

    @Test
    void fieldsOfOneHopStayBehindInBothDirections() throws Exception {
        var seen = new CompletableFuture<String>();
        Guest guest = stage.guest(wire -> {
            seen.complete(wire.head());
            wire.send(
                    "HTTP/1.1 404 Nothing\r\nX-Up: A\r\nKeep-Alive: timeout=5\r\nConnection: x-private\r\nX-Private: 1\r\n"
                            + "Proxy-Authenticate: x\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nno");
        });
        stage.running.starts("abc");
        HttpResponse<String> answer = ask(
                "abc",
                guest.port(),
                "Forwarded",
                "for=1",
                "X-Forwarded-For",
                "1",
                "X-Forwarded-Host",
                "1",
                "X-Forwarded-Proto",
                "1",
                "Proxy-Authorization",
                "x",
                "X-Kept",
                "1");
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).isEqualTo("no");
        assertThat(answer.headers().map().keySet())
                .filteredOn(name -> !name.startsWith(":"))
                .containsExactlyInAnyOrder("x-up", "content-length");
        assertThat(seen.join())
                .containsIgnoringCase("\r\nX-Kept: 1\r\n")
                .doesNotContainIgnoringCase("forwarded")
                .doesNotContainIgnoringCase("proxy-");
    }

    @Test
    void interimAnswersPassAndTheFinalOneIsTheAnswer() {
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n" + wire.text(4));
        });
        stage.running.starts("abc");
        Frames client = client().headers(
                        1,
                        false,
                        ":method",
                        "POST",
                        ":scheme",
                        "http",
                        ":authority",
                        host(guest),
                        ":path",
                        "/",
                        "content-length",
                        "4",
                        "expect",
                        "100-continue");
        Frames.Frame go = client.next(1);
        assertThat(go.payload()).contains("100");
        Frames.Frame hints = client.next(1);
        assertThat(hints.payload()).contains("103").contains("</a>");
        assertThat(go.endsStream() || hints.endsStream()).isFalse();
        client.data(1, true, "body".getBytes(StandardCharsets.US_ASCII));
        Frames.Frame head = client.next(1);
        assertThat(head.type()).isEqualTo(Frames.HEADERS);
        // The eighth entry of HPACK's own table: `:status: 200`.
        assertThat(head.payload()).startsWith("\u0088");
        assertThat(client.body(1)).isEqualTo("body");
    }

    @Test
    void piecesArriveOneByOneInBothDirections() {
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\n\r\n");
            for (int i = 0; i < 3; i++) {
                wire.send(wire.text("1\r\nx\r\n".length()).substring(3, 4));
            }
        });
        stage.running.starts("abc");
        Frames client = client().headers(1, false, post(guest));
        assertThat(client.next(1).type()).isEqualTo(Frames.HEADERS);
        for (String piece : new String[] {"a", "b", "c"}) {
            client.data(1, false, piece.getBytes(StandardCharsets.US_ASCII));
            assertThat(client.next(1).payload()).isEqualTo(piece);
        }
    }

    /// Cancelled before there is an answer, and in the middle of an upload that nobody takes.
    @ParameterizedTest
    @ValueSource(ints = {0, WINDOW_BYTES})
    void aCancelledRequestEndsInTheSandboxAtOnce(int upload) throws Exception {
        var reached = new CountDownLatch(1);
        var left = new CountDownLatch(1);
        Guest guest = stage.guest(wire -> {
            wire.head();
            reached.countDown();
            while (wire.read() >= 0) {}
            left.countDown();
        });
        stage.running.starts("abc");
        Frames client = settled().headers(3, false, post(guest));
        uploads(client, 3, upload);
        assertThat(reached.await(10, TimeUnit.SECONDS)).isTrue();
        client.send(Frames.RST_STREAM, 0, 3, new byte[] {0, 0, 0, 8});
        assertThat(left.await(10, TimeUnit.SECONDS)).isTrue();
    }

    /// What a cancelled stream had sent would otherwise be missing from the window of all.
    @Test
    void cancelledUploadsLeaveTheConnectionItsWindow() {
        var over = new CountDownLatch(1);
        Guest deaf = stage.guest(wire -> {
            wire.head();
            await(over);
        });
        Guest guest = stage.guest(wire -> {
            wire.head();
            int got = 0;
            while (got < WINDOW_BYTES) {
                got += wire.bytes(16 * 1024).length;
            }
            wire.send(RelayIT.HI);
        });
        stage.running.starts("abc");
        Frames client = settled();
        int stream = 3;
        for (int i = 0; i < STREAMS; i++, stream += 2) {
            client.headers(stream, false, post(deaf));
            uploads(client, stream, WINDOW_BYTES);
            client.send(Frames.RST_STREAM, 0, stream, new byte[] {0, 0, 0, 8});
        }
        client.headers(
                stream,
                false,
                ":method",
                "POST",
                ":scheme",
                "http",
                ":authority",
                host(guest),
                ":path",
                "/",
                "content-length",
                "" + WINDOW_BYTES);
        uploads(client, stream, WINDOW_BYTES);
        assertThat(client.body(stream)).isEqualTo("hi");
        over.countDown();
    }

    @Test
    void whoStillWaitsForAnAnswerWhenASandboxEndsHearsThatItIsGone() throws Exception {
        var reached = new CountDownLatch(1);
        Guest guest = stage.guest(wire -> {
            wire.head();
            reached.countDown();
            wire.read();
        });
        stage.running.starts("abc");
        Frames client = client().get(1, host(guest), "/");
        assertThat(reached.await(10, TimeUnit.SECONDS)).isTrue();
        stage.running.ends("abc");
        assertThat(client.body(1)).contains("The sandbox was not found");
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void uploads(Frames client, int stream, int bytes) {
        for (int sent = 0; sent < bytes; sent += 16 * 1024) {
            client.data(stream, false, new byte[16 * 1024]);
        }
    }
}
