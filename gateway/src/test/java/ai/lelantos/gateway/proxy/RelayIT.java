package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Forwarding rules, as raw bytes on both sides.
class RelayIT {

    static final String HI = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

    private final Stage stage = new Stage();

    @AfterEach
    void close() {
        stage.close();
    }

    @Test
    void answersPassUntouchedButForFieldsOfOneHop() {
        Guest guest = stage.guest(
                "HTTP/1.1 502 Odd Words\r\nX-a:  b \r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\n"
                        + "Connection: x-private, keep-alive\r\nX-Private: 1\r\nProxy-Authenticate: x\r\nContent-Length: 4\r\n\r\nbody");
        stage.running.starts("abc");

        assertThat(stage.ask(Stage.get("abc", guest.port(), "/")))
                .isEqualTo(
                        "HTTP/1.1 502 Odd Words\r\nX-a:  b \r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 4\r\n\r\nbody");
    }

    @Test
    void requestsPassUntouchedButForFieldsOfOneHop() {
        var seen = new CompletableFuture<String>();
        Guest guest = seeing(seen);
        String host = "Host: " + guest.port() + "-abc.localhost:3000\r\n";
        stage.ask("GET /a%20b/../c?x=%zz&y=a+b//;? HTTP/1.1\r\n" + host
                + "X-One:   1\r\nE2b-Sandbox-Id: other\r\nCookie: a=b; c=d\r\nConnection: keep-alive, X-Drop\r\nX-Drop: 1\r\n"
                + "Keep-Alive: 5\r\nProxy-Connection: a\r\nProxy-Authorization: b\r\nUpgrade: x\r\nTE: gzip\r\n"
                + "Trailer: x\r\nForwarded: for=1\r\nX-Forwarded-For: 1\r\nX-Forwarded-Host: 1\r\n"
                + "X-Forwarded-Proto: 1\r\nX-Two: \u00e4\r\nAccept-Encoding: br\r\n\r\n");

        assertThat(seen.join())
                .isEqualTo("GET /a%20b/../c?x=%zz&y=a+b//;? HTTP/1.1\r\n" + host
                        + "X-One:   1\r\nE2b-Sandbox-Id: other\r\nCookie: a=b; c=d\r\nX-Two: \u00e4\r\nAccept-Encoding: br\r\n"
                        + "Connection: close\r\n\r\n");
    }

    @Test
    void teTrailersPasses() {
        var seen = new CompletableFuture<String>();
        Guest guest = seeing(seen);
        stage.ask(Stage.get("abc", guest.port(), "/", "TE: trailers"));
        assertThat(seen.join()).contains("TE: trailers\r\n");
    }

    @Test
    void aConnectionServesManyRequestsEachWithAConnectionOfItsOwnToTheSandbox() {
        Guest guest = stage.guest(HI);
        stage.running.starts("abc");
        Wire client = stage.client();
        for (int i = 0; i < 20; i++) {
            assertThat(client.send(Stage.get("abc", guest.port(), "/" + i)).answer())
                    .endsWith("\r\n\r\nhi");
        }
        assertThat(guest.accepted()).isEqualTo(20);
    }

    @Test
    void requestsSentAheadAreAnsweredInOrder() {
        Guest guest = stage.guest(wire -> {
            String path = wire.head().split(" ", -1)[1];
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + path.length() + "\r\n\r\n" + path);
        });
        stage.running.starts("abc");
        Wire client = stage.client();
        var ahead = new StringBuilder();
        for (int i = 0; i < 50; i++) {
            ahead.append(Stage.get(i % 7 == 3 ? "gone" : "abc", guest.port(), "/" + i));
        }
        client.send(ahead.toString());
        for (int i = 0; i < 50; i++) {
            assertThat(client.answer()).endsWith(i % 7 == 3 ? "\"code\":502}" : "\r\n\r\n/" + i);
        }
    }

    @Test
    void chunksAndTrailersPassAsTheyAreInBothDirections() {
        var seen = new CompletableFuture<String>();
        Guest guest = stage.guest(wire -> {
            wire.head();
            seen.complete(wire.until("T: 1\r\n\r\n"));
            wire.send(
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: U\r\n\r\n5;x=y\r\nhello\r\n0\r\nU: 2\r\n\r\n");
        });
        stage.running.starts("abc");
        Wire client = stage.client();
        client.send("POST / HTTP/1.1\r\nHost: " + guest.port() + "-abc.localhost\r\nTransfer-Encoding: Chunked\r\n\r\n")
                .send("3\r\nab")
                .send("c\r\n0")
                .send("0\r\nT: 1\r\n\r\n");

        assertThat(client.until("U: 2\r\n\r\n"))
                .isEqualTo("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nU: 2\r\n\r\n");
        assertThat(seen.join()).isEqualTo("3\r\nabc\r\n00\r\nT: 1\r\n\r\n");
        assertThat(client.send(Stage.get("gone", 1, "/")).answer()).startsWith("HTTP/1.1 502");
    }

    @Test
    void anAnswerThatEndsWithItsConnectionIsSentInChunksSoThatACutIsSeen() {
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.0 200 OK\nServer: old\n\nhello");
        });
        stage.running.starts("abc");

        assertThat(stage.client().send(Stage.get("abc", guest.port(), "/")).until("0\r\n\r\n"))
                .isEqualTo(
                        "HTTP/1.1 200 OK\r\nServer: old\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    }

    @Test
    void anOldClientGetsNoChunks() {
        Guest guest =
                stage.guest("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
        stage.running.starts("abc");

        assertThat(stage.client()
                        .send("GET / HTTP/1.0\r\nHost: " + guest.port() + "-abc.localhost\r\n\r\n")
                        .rest())
                .isEqualTo("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcde");
    }

    @Test
    void anOldClientMayKeepItsConnection() {
        Guest guest = stage.guest(HI);
        stage.running.starts("abc");
        Wire client = stage.client();
        String request = "GET / HTTP/1.0\r\nHost: " + guest.port() + "-abc.localhost\r\nConnection: keep-alive\r\n\r\n";
        for (int i = 0; i < 2; i++) {
            assertThat(client.send(request).answer())
                    .isEqualTo("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nhi");
        }
    }

    @Test
    void answersWithoutBodiesEndAtTheirHead() {
        Guest guest = stage.guest(wire -> {
            String head = wire.head();
            if (head.startsWith("HEAD")) {
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
            } else if (head.contains("/204")) {
                wire.send("HTTP/1.1 204 No Content\r\n\r\n");
            } else {
                wire.send("HTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n");
            }
        });
        stage.running.starts("abc");
        Wire client = stage.client();
        client.send(Stage.get("abc", guest.port(), "/").replace("GET", "HEAD"));
        assertThat(client.head()).contains("Content-Length: 1000");
        client.send(Stage.get("abc", guest.port(), "/204"));
        assertThat(client.head()).startsWith("HTTP/1.1 204");
        client.send(Stage.get("abc", guest.port(), "/304"));
        assertThat(client.head()).startsWith("HTTP/1.1 304");
        client.send(Stage.get("gone", guest.port(), "/").replace("GET", "HEAD"));
        assertThat(client.head()).startsWith("HTTP/1.1 502");
        client.send(Stage.get("gone", guest.port(), "/"));
        assertThat(client.answer()).startsWith("HTTP/1.1 502");
    }

    @Test
    void interimAnswersPassAndTheFinalOneIsTheAnswer() {
        Guest guest = stage.guest(wire -> {
            String head = wire.head();
            wire.send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
                    + (head.contains("Expect: 100-continue") ? wire.text(4) : "none"));
        });
        stage.running.starts("abc");
        Wire client = stage.client();
        client.send("POST / HTTP/1.1\r\nHost: " + guest.port()
                + "-abc.localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
        assertThat(client.head()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
        assertThat(client.head()).isEqualTo("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
        assertThat(client.send("body").answer()).endsWith("\r\n\r\nbody");
    }

    @Test
    void firstBytesArriveBeforeTheEnd() {
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
            for (int i = 0; i < 3; i++) {
                wire.send("data: " + i + "\n\n");
                assertThat(wire.read()).isEqualTo('+');
            }
        });
        stage.running.starts("abc");
        Wire client = stage.client();
        client.send("POST / HTTP/1.1\r\nHost: " + guest.port() + "-abc.localhost\r\nContent-Length: 3\r\n\r\n");
        for (int i = 0; i < 3; i++) {
            assertThat(client.until("data: " + i + "\n\n")).endsWith("data: " + i + "\n\n");
            client.send("+");
        }
        assertThat(client.until("0\r\n\r\n")).endsWith("0\r\n\r\n");
    }

    @Test
    void chunksArriveOneByOneInBothDirections() {
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int i = 0; i < 3; i++) {
                wire.send(wire.text("1\r\nx\r\n".length()));
            }
            wire.send("0\r\n\r\n");
        });
        stage.running.starts("abc");
        Wire client = stage.client()
                .send("POST / HTTP/1.1\r\nHost: " + guest.port()
                        + "-abc.localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
        assertThat(client.head()).startsWith("HTTP/1.1 200 OK\r\n");
        for (String chunk : new String[] {"1\r\na\r\n", "1\r\nb\r\n", "1\r\nc\r\n"}) {
            assertThat(client.send(chunk).text(chunk.length())).isEqualTo(chunk);
        }
        assertThat(client.send("0\r\n\r\n").text(5)).isEqualTo("0\r\n\r\n");
    }

    @Test
    void nothingIsCompressedOrUnpacked() {
        String text = "x".repeat(4_000);
        String packed = "\u001f\u008b\b\0not really";
        Guest guest = stage.guest(wire -> {
            String body = wire.head().startsWith("GET /packed ") ? packed : text;
            wire.send("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
                    + (body.equals(packed) ? "Content-Encoding: gzip\r\n" : "") + "Content-Length: " + body.length()
                    + "\r\n\r\n" + body);
        });
        stage.running.starts("abc");
        assertThat(stage.ask(Stage.get("abc", guest.port(), "/", "Accept-Encoding: gzip, br")))
                .isEqualTo("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4000\r\n\r\n" + text);
        assertThat(stage.ask(Stage.get("abc", guest.port(), "/packed")))
                .contains("\r\nContent-Encoding: gzip\r\n")
                .endsWith("\r\n\r\n" + packed);
    }

    /// Announced; nobody waits for all of it.
    @Test
    void aBodyMayBeLargerThanAnyMemory() {
        String length = "Content-Length: 6000000000000\r\n";
        var seen = new CompletableFuture<String>();
        Guest guest = stage.guest(wire -> {
            seen.complete(wire.head() + wire.text(5));
            wire.send("HTTP/1.1 200 OK\r\n" + length + "\r\nfirst");
            wire.read();
        });
        stage.running.starts("abc");
        Wire client = stage.client()
                .send("POST / HTTP/1.1\r\nHost: " + guest.port() + "-abc.localhost\r\n" + length + "\r\nstart");
        assertThat(client.until("first")).contains("\r\n" + length);
        assertThat(seen.join()).contains("\r\n" + length).endsWith("start");
    }

    @Test
    void aClientThatLeavesEndsTheExchangeInTheSandboxAtOnce() throws Exception {
        var left = new CountDownLatch(1);
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\n\r\nfirst");
            if (wire.ended()) {
                left.countDown();
            }
        });
        stage.running.starts("abc");
        Wire client = stage.client();
        assertThat(client.send(Stage.get("abc", guest.port(), "/")).until("first"))
                .endsWith("first");
        client.close();
        assertThat(left.await(5, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void whatNamesNoSandboxGoesToTheApi() {
        stage.api(wire -> {
            String head = wire.head();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + head.length() + "\r\n\r\n" + head);
        });
        for (String host : new String[] {
            "localhost",
            "127.0.0.1:3000",
            "[::1]:3000",
            "api.lelantos.localhost",
            "lelantos.localhost:8443",
            "my-machine.lan"
        }) {
            assertThat(stage.ask("GET /sandboxes HTTP/1.1\r\nHost: " + host + "\r\nX-API-Key: e2b_1\r\n\r\n"))
                    .endsWith("GET /sandboxes HTTP/1.1\r\nHost: " + host
                            + "\r\nX-API-Key: e2b_1\r\nX-Forwarded-Proto: http\r\nConnection: close\r\n\r\n");
        }
    }

    @Test
    void anApiThatIsNotUpYetIsSaid() {
        assertThat(stage.ask("GET /sandboxes HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                .startsWith("HTTP/1.1 503 ")
                .endsWith("\"code\":503}");
    }

    @Test
    void bigBodiesStreamBothWays() {
        int size = 24 * 1024 * 1024;
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
            for (int i = 0; i < size / 65536; i++) {
                wire.send(wire.bytes(65536));
            }
        });
        stage.running.starts("abc");
        Wire client = stage.client();
        client.send(
                "POST / HTTP/1.1\r\nHost: " + guest.port() + "-abc.localhost\r\nContent-Length: " + size + "\r\n\r\n");
        byte[] block = new byte[65536];
        Thread.ofPlatform().start(() -> {
            for (int i = 0; i < size / 65536; i++) {
                client.send(block);
            }
        });
        assertThat(client.head()).startsWith("HTTP/1.1 200");
        assertThat(client.bytes(size)).hasSize(size);
    }

    private Guest seeing(CompletableFuture<String> seen) {
        stage.running.starts("abc");
        return stage.guest(wire -> {
            seen.complete(wire.head());
            wire.send(HI);
        });
    }
}
