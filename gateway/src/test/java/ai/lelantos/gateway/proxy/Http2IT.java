package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.sandbox.Route;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// HTTP/2 on the plain port: by prior knowledge, frame by frame, and by upgrade with the JDK's client.
class Http2IT {

    private final Stage stage = new Stage();

    @AfterEach
    void close() {
        stage.close();
    }

    private Frames client() {
        return stage.prop(new Frames(stage.client()));
    }

    private String host(Guest guest) {
        return guest.port() + "-abc.localhost";
    }

    @Test
    void aStreamIsARequestWithHostAndOneCookieLine() {
        var seen = new CompletableFuture<String>();
        Guest guest = stage.guest(wire -> {
            seen.complete(wire.head());
            wire.send("HTTP/1.1 201 Made\r\nX-Up: A\r\nConnection: close\r\nTransfer-Encoding: "
                    + "chunked\r\n\r\n2\r\nhi\r\n0\r\nX-End: 1\r\n\r\n");
        });
        stage.running.starts("abc");
        Frames client = client().headers(
                        1,
                        true,
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        host(guest),
                        ":path",
                        "/p?q=%20",
                        "x-a",
                        "1",
                        "cookie",
                        "a=1",
                        "cookie",
                        "b=2",
                        "te",
                        "trailers");
        Frames.Frame head = client.next(1);
        assertThat(head.payload()).contains("201").doesNotContain("chunked");
        assertThat(client.next(1).payload()).isEqualTo("hi");
        Frames.Frame trailers = client.next(1);
        assertThat(trailers.type()).isEqualTo(Frames.HEADERS);
        assertThat(trailers.endsStream()).isTrue();
        assertThat(seen.join())
                .isEqualTo("GET /p?q=%20 HTTP/1.1\r\nHost: " + host(guest)
                        + "\r\nx-a: 1\r\nte: trailers\r\ncookie: a=1; b=2\r\nConnection: close\r\n\r\n");
    }

    @Test
    void theHostIsMaskedOnStreamsToo() {
        var seen = new CompletableFuture<String>();
        Guest guest = stage.guest(wire -> {
            seen.complete(wire.head());
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        });
        Route open = stage.running.aRoute("abc");
        stage.running.starts(
                new Route("abc", open.lifecycle(), open.address(), null, null, "app.test:${PORT}", Set.of(), -1));
        assertThat(client().get(1, host(guest), "/").body(1)).isEqualTo("hi");
        assertThat(seen.join())
                .contains("Host: app.test:" + guest.port() + "\r\n")
                .contains("X-Forwarded-Host: " + host(guest) + "\r\n")
                .containsOnlyOnce("\r\nHost: ");
    }

    @Test
    void aBodyOfUnknownLengthGoesOnInChunksWithItsTrailers() {
        var seen = new CompletableFuture<String>();
        Guest guest = stage.guest(wire -> {
            seen.complete(wire.until("0\r\nx-t: 1\r\n\r\n"));
            wire.send(RelayIT.HI);
        });
        stage.running.starts("abc");
        Frames client = client().headers(
                        1, false, ":method", "POST", ":scheme", "http", ":authority", host(guest), ":path", "/")
                .data(1, false, "abc".getBytes(StandardCharsets.US_ASCII))
                .headers(1, true, "x-t", "1");
        assertThat(client.body(1)).isEqualTo("hi");
        assertThat(seen.join())
                .endsWith("Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\nx-t: 1\r\n\r\n");
    }

    @Test
    void aBodyOfKnownLengthGoesOnAsItIs() {
        var seen = new CompletableFuture<String>();
        Guest guest = stage.guest(wire -> {
            wire.head();
            seen.complete(wire.text(5));
            wire.send(RelayIT.HI);
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
                        "5")
                .data(1, false, "ab".getBytes(StandardCharsets.US_ASCII))
                .data(1, true, "cde".getBytes(StandardCharsets.US_ASCII));
        assertThat(client.body(1)).isEqualTo("hi");
        assertThat(seen.join()).isEqualTo("abcde");
    }

    /// A client may send the end of its body in a frame of its own, and one that is reset before it loses the answer.
    @Test
    void anAnswerThatComesBeforeTheEndOfItsRequestDoesNotResetIt() {
        Guest guest = stage.guest(wire -> {
            String head = wire.head();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + (head.contains(" /rest ") ? "hi" : "no"));
            wire.rest();
        });
        stage.running.starts("abc");
        Frames client = client();
        client.headers(1, false, post(guest, "/rest", "4")).data(1, false, "body".getBytes(StandardCharsets.US_ASCII));
        assertThat(client.body(1)).isEqualTo("hi");
        // Frames come in order: with the next answer a reset of the stream before would be here too.
        client.get(3, host(guest), "/rest");
        Frames.Frame next = client.next();
        assertThat(next.stream()).isEqualTo(3);
        client.data(1, true, new byte[0]);
        assertThat(client.body(3)).isEqualTo("hi");
        client.headers(5, false, post(guest, "/endless", "9000000"))
                .data(5, false, "body".getBytes(StandardCharsets.US_ASCII));
        assertThat(client.body(5)).isEqualTo("no");
        Frames.Frame reset = client.next(5);
        assertThat(reset.type()).isEqualTo(Frames.RST_STREAM);
        assertThat(reset.error()).isZero();
    }

    private String[] post(Guest guest, String path, String length) {
        return new String[] {
            ":method", "POST", ":scheme", "http", ":authority", host(guest), ":path", path, "content-length", length
        };
    }

    @Test
    void aStreamThatNobodyReadsHoldsBackNoOther() {
        Guest endless = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\n\r\n");
            while (true) {
                wire.send(new byte[65536]);
            }
        });
        Guest guest = stage.guest(RelayIT.HI);
        stage.running.starts("abc");
        Frames client = client().window(0, 1 << 30).get(1, host(endless), "/");
        int got = 0;
        while (got < 65535) {
            Frames.Frame frame = client.next(1);
            got += frame.type() == Frames.DATA ? frame.payload().length() : 0;
        }
        for (int stream = 3; stream < 40; stream += 2) {
            assertThat(client.get(stream, host(guest), "/").body(stream)).isEqualTo("hi");
        }
    }

    @Test
    void anUploadThatNobodyTakesHoldsBackNoOther() {
        var held = new CountDownLatch(1);
        Guest deaf = stage.guest(wire -> {
            wire.head();
            await(held);
        });
        Guest guest = stage.guest(RelayIT.HI);
        stage.running.starts("abc");
        Frames client = client().headers(
                        1, false, ":method", "POST", ":scheme", "http", ":authority", host(deaf), ":path", "/");
        for (int sent = 0; sent < 256 * 1024; sent += 16 * 1024) {
            client.data(1, false, new byte[16 * 1024]);
        }
        assertThat(client.get(3, host(guest), "/").body(3)).isEqualTo("hi");
        held.countDown();
    }

    @Test
    void aCancelledStreamEndsTheExchangeInTheSandboxAtOnce() throws Exception {
        var left = new CountDownLatch(1);
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\n\r\nfirst");
            if (wire.ended()) {
                left.countDown();
            }
        });
        stage.running.starts("abc");
        Frames client = client().get(1, host(guest), "/");
        assertThat(client.next(1).type()).isEqualTo(Frames.HEADERS);
        assertThat(client.next(1).type()).isEqualTo(Frames.DATA);
        client.send(Frames.RST_STREAM, 0, 1, new byte[] {0, 0, 0, 8});
        assertThat(left.await(5, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void theEndOfASandboxResetsItsStreamsAndNoOthers() {
        var ended = new CountDownLatch(1);
        Guest one = streaming();
        Guest other = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\n\r\nfirst");
            await(ended);
            wire.send("second");
        });
        stage.running.starts("abc");
        stage.running.starts("xyz");
        Frames client = client().get(1, host(one), "/").get(3, other.port() + "-xyz.localhost", "/");
        for (int i = 0; i < 4; i++) {
            assertThat(client.next().type()).isIn(Frames.HEADERS, Frames.DATA);
        }
        stage.running.ends("abc");
        Frames.Frame reset = client.next(1);
        assertThat(reset.type()).isEqualTo(Frames.RST_STREAM);
        assertThat(reset.error()).isEqualTo(2); // INTERNAL_ERROR
        ended.countDown();
        assertThat(client.body(3)).as("the rest of the other one's").isEqualTo("second");
        client.get(5, host(one), "/");
        assertThat(client.body(5)).contains("The sandbox was not found");
    }

    @Test
    void errorsAreTheContractsOnStreamsToo() {
        stage.running.starts("abc");
        Frames client = client();
        assertThat(client.get(1, "49983-abc.localhost", "/init").body(1))
                .contains("reserved for the E2B control plane");
        assertThat(client.get(3, "80-A.localhost", "/").body(3)).isEqualTo("Invalid sandbox ID\n");
    }

    static List<List<String>> abuses() {
        String host = "3000-abc.localhost";
        return List.of(
                List.of(":method", "GET", ":scheme", "http", ":authority", host),
                List.of(":method", "GET", ":scheme", "http", ":authority", host, ":path", ""),
                List.of(":method", "GET", ":scheme", "http", ":authority", host, ":path", "/a b"),
                List.of(
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        host,
                        ":path",
                        "/ HTTP/1.1\r\nX-Smuggled: 1"),
                List.of(":method", "GET", ":scheme", "http", ":authority", host, ":path", "http://" + host + "/"),
                List.of(":method", "GET / HTTP/1.1\r\nx: ", ":scheme", "http", ":authority", host, ":path", "/"),
                List.of(":method", "CONNECT", ":authority", host),
                List.of(
                        ":method",
                        "CONNECT",
                        ":scheme",
                        "http",
                        ":authority",
                        host,
                        ":path",
                        "/",
                        ":protocol",
                        "websocket"),
                List.of(":method", "GET", ":scheme", "http", ":authority", host + "\r\nX-Smuggled: 1", ":path", "/"),
                List.of(":method", "GET", ":scheme", "http", ":authority", host, ":path", "/", ":path", "/two"),
                List.of(
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        host,
                        ":path",
                        "/",
                        "host",
                        "80-other.localhost"),
                List.of(
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        host,
                        ":path",
                        "/",
                        "x-a",
                        "1\r\nX-Smuggled: 1"),
                List.of(":method", "GET", ":scheme", "http", ":authority", host, ":path", "/", "x-a", "1\0"),
                List.of(":method", "GET", ":scheme", "http", ":authority", host, ":path", "/", "X-Upper", "1"),
                List.of(":method", "GET", ":scheme", "http", ":authority", host, ":path", "/", "x a", "1"),
                List.of(":method", "GET", ":scheme", "http", ":authority", host, ":path", "/", "", "1"),
                List.of(
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        host,
                        ":path",
                        "/",
                        "transfer-encoding",
                        "chunked"),
                List.of(":method", "GET", ":scheme", "http", ":authority", host, ":path", "/", "connection", "close"),
                List.of(":method", "GET", ":scheme", "http", ":authority", host, ":path", "/", "upgrade", "websocket"),
                List.of(":method", "GET", ":scheme", "http", ":authority", host, ":path", "/", "te", "gzip"),
                List.of(":method", "GET", ":scheme", "http", ":authority", host, ":path", "/", "content-length", "5"),
                List.of(
                        ":method",
                        "GET",
                        ":scheme",
                        "http",
                        ":authority",
                        host,
                        ":path",
                        "/",
                        "content-length",
                        "0",
                        "content-length",
                        "1"),
                List.of(":method", "GET", ":scheme", "http", ":authority", host, ":path", "/", ":status", "200"),
                List.of(":method", "GET", ":scheme", "http", ":authority", host, "x-a", "1", ":path", "/"));
    }

    @ParameterizedTest
    @MethodSource("abuses")
    void abusedPseudoHeadersReachNobodyAndLeaveTheConnectionToOthers(List<String> abuse) {
        var reached = new CountDownLatch(1);
        var guest = stage.prop(new Guest(wire -> reached.countDown()));
        stage.running.starts("abc");
        String[] fields = abuse.stream()
                .map(text -> text.replace("3000-", guest.port() + "-"))
                .toArray(String[]::new);
        Frames client = client().headers(1, true, fields);
        Frames.Frame frame = client.next();
        // The eighth entry of HPACK's own table and four more: `:status: 400`.
        boolean answered400 = frame.type() == Frames.HEADERS && frame.payload().startsWith("\u008c");
        assertThat(answered400 || frame.type() == Frames.RST_STREAM)
                .as("%s", frame)
                .isTrue();
        assertThat(guest.accepted()).isZero();
        assertThat(client.get(3, "80-gone.localhost", "/").body(3)).contains("not found");
    }

    @Test
    void theUpgradeOfAPlainConnectionIsOne() throws Exception {
        Guest guest = stage.guest("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
        stage.running.starts("abc");
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            for (int i = 0; i < 3; i++) {
                HttpResponse<String> answer = client.send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + stage.port + "/x"))
                                .header("E2b-Sandbox-Id", "abc")
                                .header("E2b-Sandbox-Port", "" + guest.port())
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
                assertThat(answer.body()).isEqualTo("hello");
            }
        }
    }

    @Test
    void bigBodiesStreamBothWays() throws Exception {
        int size = 8 * 1024 * 1024;
        Guest guest = stage.guest(wire -> {
            String head = wire.head();
            assertThat(head).contains("ength: " + size);
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
            for (int i = 0; i < size / 65536; i++) {
                wire.send(wire.bytes(65536));
            }
        });
        stage.running.starts("abc");
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            var warm = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + stage.port + "/"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(warm.statusCode()).isEqualTo(503);
            HttpResponse<byte[]> answer = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + stage.port + "/x"))
                            .header("E2b-Sandbox-Id", "abc")
                            .header("E2b-Sandbox-Port", "" + guest.port())
                            .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[size]))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(answer.body()).hasSize(size);
        }
    }

    private Guest streaming() {
        return stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\n\r\nfirst");
            wire.read();
        });
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
