package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What could be read in two ways is refused at the front, and nobody behind it hears of it.
class StrictIT {

    private final Stage stage = new Stage();

    @AfterEach
    void close() {
        stage.close();
    }

    static Stream<String> malformed() {
        String get = "GET / HTTP/1.1\r\n";
        String post = "POST / HTTP/1.1\r\nHost: @\r\n";
        List<String> lines = List.of(
                "GET http://@/ HTTP/1.1\r\nHost: @\r\n\r\n",
                "GET @ HTTP/1.1\r\nHost: @\r\n\r\n",
                "CONNECT @:80 HTTP/1.1\r\nHost: @\r\n\r\n",
                "GET * HTTP/1.1\r\nHost: @\r\n\r\n",
                "GET /a b HTTP/1.1\r\nHost: @\r\n\r\n",
                "GET  / HTTP/1.1\r\nHost: @\r\n\r\n",
                "GET /  HTTP/1.1\r\nHost: @\r\n\r\n",
                "GET\t/ HTTP/1.1\r\nHost: @\r\n\r\n",
                "GET / HTTP/1.1 \r\nHost: @\r\n\r\n",
                "GET /#a HTTP/1.1\r\nHost: @\r\n\r\n",
                "GET /\0 HTTP/1.1\r\nHost: @\r\n\r\n",
                "GET /\u007f HTTP/1.1\r\nHost: @\r\n\r\n",
                "G@T / HTTP/1.1\r\nHost: @\r\n\r\n",
                "G(T / HTTP/1.1\r\nHost: @\r\n\r\n",
                " GET / HTTP/1.1\r\nHost: @\r\n\r\n",
                "GET /\r\n\r\n",
                "GET / http/1.1\r\nHost: @\r\n\r\n",
                "GET / HTTP/1,1\r\nHost: @\r\n\r\n",
                "GET / HTTP/1.10\r\nHost: @\r\n\r\n",
                "\r\n\r\n" + get + "Host: @\r\n\r\n",
                get + "\r\n",
                get + "Host: @\nX: 1\r\n\r\n",
                "GET / HTTP/1.1\nHost: @\n\n",
                get + "Host: @\r\nHost: @\r\n\r\n",
                get + "Host: @\r\nhOST: 80-other.localhost\r\n\r\n",
                get + "Host: @/x\r\n\r\n",
                get + "Host: a@@\r\n\r\n",
                get + "Host : @\r\n\r\n",
                get + "Host: @\r\n folded: 1\r\n\r\n",
                get + "Host: @\r\nX: 1\r\n\tmore\r\n\r\n",
                get + " Host: @\r\n\r\n",
                get + "Host: @\r\nX : 1\r\n\r\n",
                get + "Host: @\r\nX\r\n\r\n",
                get + "Host: @\r\n: 1\r\n\r\n",
                get + "Host: @\r\nX y: 1\r\n\r\n",
                get + "Host: @\r\nX: a\0b\r\n\r\n",
                get + "Host: @\r\nX: a\rb\r\n\r\n",
                get + "Host: @\r\nX: a\u000bb\r\n\r\n",
                get + "Host: @\r\nX\u00e4: 1\r\n\r\n",
                get + "Host: @\r\nE2b-Sandbox-Id: a\r\nE2B-SANDBOX-ID: b\r\n\r\n",
                get + "Host: @\r\nUpgrade: a\r\nUpgrade: b\r\nConnection: upgrade\r\n\r\n",
                post + "Content-Length: 3\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nabc",
                post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
                post + "Content-Length: 3\r\ncontent-length: 4\r\n\r\nabcd",
                post + "Content-Length: 3, 3\r\n\r\nabc",
                post + "Content-Length: +3\r\n\r\nabc",
                post + "Content-Length: -3\r\n\r\nabc",
                post + "Content-Length: 0x3\r\n\r\nabc",
                post + "Content-Length: 3 3\r\n\r\nabc",
                post + "Content-Length:\r\n\r\nabc",
                post + "Content-Length: 99999999999999999999\r\n\r\nabc",
                post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
                post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
                post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                post + "Transfer-Encoding: identity\r\n\r\nabc",
                post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
                post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n",
                post + "Transfer-Encoding:\u000bchunked\r\n\r\n0\r\n\r\n",
                post + "Transfer_Encoding: chunked\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
                "POST / HTTP/1.0\r\nHost: @\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        return lines.stream();
    }

    @ParameterizedTest
    @MethodSource("malformed")
    void aRequestThatCanBeReadInTwoWaysIsRefused(String request) {
        Guest guest = stage.guest(RelayIT.HI);
        stage.running.starts("abc");
        Wire client = stage.client()
                .send(request.replace("G@T", "G\u0001T")
                        .replace("a@@", "a@b")
                        .replaceAll("@(?!b)", guest.port() + "-abc.localhost"));
        String answer = client.rest();
        assertThat(answer).startsWith("HTTP/1.1 400 ").contains("\r\nConnection: close\r\n");
        assertThat(guest.accepted()).isZero();
    }

    static Stream<String> malformedChunks() {
        return Stream.of(
                "x\r\nabc\r\n0\r\n\r\n",
                "\r\n",
                "3\nabc\r\n0\r\n\r\n",
                "3\r\nabcd\r\n0\r\n\r\n",
                "3\r\nabc\n0\r\n\r\n",
                "3\r\nabc0\r\n\r\n",
                "0x3\r\nabc\r\n0\r\n\r\n",
                " 3\r\nabc\r\n0\r\n\r\n",
                "3 \r\nabc\r\n0\r\n\r\n",
                "-3\r\nabc\r\n0\r\n\r\n",
                "+3\r\nabc\r\n",
                "3,3\r\nabc\r\n",
                "ffffffffffffffff\r\nabc\r\n",
                "00000000000000000003\r\nabc\r\n0\r\n\r\n",
                "3;a\nb\r\nabc\r\n0\r\n\r\n",
                "3;a\0\r\nabc\r\n0\r\n\r\n",
                "3;" + "a".repeat(2000) + "\r\nabc\r\n0\r\n\r\n",
                "3\rabc\r\n0\r\n\r\n",
                "0\r\nX\r\n\r\n",
                "0\r\n: 1\r\n\r\n",
                "0\r\nX : 1\r\n\r\n",
                "0\r\n X: 1\r\n\r\n",
                "0\r\nContent-Length: 5\r\n\r\n",
                "0\r\nTransfer-Encoding: chunked\r\n\r\n",
                "0\r\nHost: x\r\n\r\n",
                "0\r\nX: a\0\r\n\r\n",
                "0\n\n",
                "0\r\nX: 1\n\r\n");
    }

    @ParameterizedTest
    @MethodSource("malformedChunks")
    void chunksThatAreNoneEndTheExchange(String chunks) {
        var seen = new CompletableFuture<String>();
        Guest guest = stage.guest(wire -> seen.complete(wire.rest()));
        stage.running.starts("abc");
        Wire client = stage.client()
                .send("POST / HTTP/1.1\r\nHost: " + guest.port()
                        + "-abc.localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks);
        assertThat(client.rest()).startsWith("HTTP/1.1 400 ");
        if (guest.accepted() > 0) {
            assertThat(seen.orTimeout(10, TimeUnit.SECONDS).join())
                    .as("what the sandbox got is no whole message")
                    .doesNotEndWith("0\r\n\r\n");
        }
    }

    @Test
    void whatComesAfterAMalformedRequestIsNeverARequest() {
        Guest guest = stage.guest(RelayIT.HI);
        stage.running.starts("abc");
        Wire client = stage.client().send("GET / HTTP/1.1\r\nHost: a b\r\n\r\n" + Stage.get("abc", guest.port(), "/"));
        assertThat(client.rest()).startsWith("HTTP/1.1 400 ").doesNotContain("hi");
        assertThat(guest.accepted()).isZero();
    }

    @Test
    void aLengthHidesNoSecondRequest() {
        Guest guest = stage.guest(wire -> {
            String head = wire.head();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + (head.contains("chunked") ? "ch" : "no"));
        });
        stage.running.starts("abc");
        String inner = "0\r\n\r\nGET /init HTTP/1.1\r\nHost: 49983-abc.localhost\r\n\r\n";
        Wire client = stage.client()
                .send("POST / HTTP/1.1\r\nHost: " + guest.port() + "-abc.localhost\r\nContent-Length: " + inner.length()
                        + "\r\n\r\n" + inner + Stage.get("gone", 80, "/"));
        assertThat(client.answer()).endsWith("no");
        assertThat(guest.accepted()).isEqualTo(1);
    }

    @Test
    void hugeHeadsAreRefusedByName() {
        stage.running.starts("abc");
        assertThat(stage.client()
                        .send("GET / HTTP/1.1\r\nHost: 80-abc.localhost\r\nX: " + "a".repeat(70_000) + "\r\n\r\n")
                        .rest())
                .startsWith("HTTP/1.1 431 ");
        assertThat(stage.client()
                        .send("GET / HTTP/1.1\r\nHost: 80-abc.localhost\r\n" + "X: a\r\n".repeat(300) + "\r\n")
                        .rest())
                .startsWith("HTTP/1.1 431 ");
        assertThat(stage.client()
                        .send("GET /" + "a".repeat(70_000) + " HTTP/1.1\r\nHost: 80-abc.localhost\r\n\r\n")
                        .rest())
                .startsWith("HTTP/1.1 414 ");
        assertThat(stage.client()
                        .send("GET / HTTP/2.0\r\nHost: 80-abc.localhost\r\n\r\n")
                        .rest())
                .startsWith("HTTP/1.1 505 ");
    }

    @Test
    void aBigHeadThatIsNotHugePasses() {
        Guest guest = stage.guest(RelayIT.HI);
        stage.running.starts("abc");
        assertThat(stage.ask(Stage.get("abc", guest.port(), "/" + "a".repeat(20_000), "X: " + "b".repeat(30_000))))
                .endsWith("hi");
    }

    @Test
    void requestsThatComeByteByByteAreTheSame() {
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n"
                    + wire.until("0\r\n\r\n").substring(3, 6));
        });
        stage.running.starts("abc");
        Wire client = stage.client();
        String request = "POST / HTTP/1.1\r\nHost: " + guest.port()
                + "-abc.localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
        for (int i = 0; i < request.length(); i++) {
            client.send(request.substring(i, i + 1));
        }
        assertThat(client.answer()).endsWith("abc");
    }
}
