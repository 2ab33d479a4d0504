package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A client's connection outlives whatever happens to one of its exchanges; where it can't, the last answer says so.
class KeepAliveIT {

    private static final String REFUSAL = "HTTP/1.1 413 Too Much\r\nContent-Length: 2\r\n\r\nno";
    private static final String LAST = "Connection: close\r\n";

    private final Stage stage = new Stage();

    @AfterEach
    void close() {
        stage.close();
    }

    private Guest refusingEarly() {
        stage.running.starts("abc");
        return stage.guest(wire -> {
            if (wire.head().startsWith("POST")) {
                wire.send(REFUSAL);
            } else {
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
            }
        });
    }

    private static String post(Guest guest, String fields) {
        return "POST / HTTP/1.1\r\nHost: " + guest.port() + "-abc.localhost\r\n" + fields + "\r\n";
    }

    @Test
    void aBodyThatIsStillComingAfterItsAnswerIsReadAwayAndTheNextRequestServed() {
        Guest guest = refusingEarly();
        Wire client = stage.client().send(post(guest, "Content-Length: 1000000\r\n") + "abc");
        assertThat(client.answer()).endsWith("\r\n\r\nno").doesNotContain(LAST);
        client.send("x".repeat(999_997) + Stage.get("abc", guest.port(), "/"));
        assertThat(client.answer()).startsWith("HTTP/1.1 200").endsWith("hi");
    }

    @Test
    void chunksThatComeAfterTheirAnswerAreReadAwayToo() {
        Guest guest = refusingEarly();
        Wire client = stage.client().send(post(guest, "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n");
        assertThat(client.answer()).endsWith("\r\n\r\nno").doesNotContain(LAST);
        client.send("5\r\nhello\r\n0\r\n\r\n" + Stage.get("abc", guest.port(), "/"));
        assertThat(client.answer()).startsWith("HTTP/1.1 200").endsWith("hi");
    }

    @Test
    void malformedChunksAfterTheAnswerEndTheConnection() {
        Guest guest = refusingEarly();
        Wire client = stage.client().send(post(guest, "Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n");
        assertThat(client.answer()).endsWith("\r\n\r\nno");
        client.send("zz\r\n" + Stage.get("abc", guest.port(), "/"));
        assertThat(client.rest()).isIn("", "!");
        assertThat(guest.accepted()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 9000000\r\n", "Content-Length: 3\r\nExpect: 100-continue\r\n"})
    void whoseBodyIsTooLongOrMayNeverComeIsToldThatTheConnectionEnds(String fields) {
        Guest guest = refusingEarly();
        Wire client = stage.client().send(post(guest, fields));
        assertThat(client.rest()).contains(LAST).endsWith("\r\n\r\nno");
    }

    @Test
    void chunksWithoutEndAreNotReadForEver() {
        Guest guest = refusingEarly();
        Wire client = stage.client().send(post(guest, "Transfer-Encoding: chunked\r\n"));
        assertThat(client.answer()).endsWith("\r\n\r\nno");
        String chunk = "10000\r\n" + "x".repeat(65_536) + "\r\n";
        assertThat(sendsUntilEnd(client, chunk)).isBetween(100, 1_000);
    }

    /// How often it could be sent before the other side had enough.
    private static int sendsUntilEnd(Wire client, String chunk) {
        for (int i = 0; i < 1_000; i++) {
            try {
                client.send(chunk);
            } catch (java.io.UncheckedIOException ended) {
                return i;
            }
        }
        return 1_001;
    }

    @Test
    void whatCameBeforeACutReachesTheClient() {
        Guest guest = stage.guest(wire -> {
            wire.head();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst");
        });
        stage.running.starts("abc");
        for (int i = 0; i < 20; i++) {
            Wire client = stage.client().send(Stage.get("abc", guest.port(), "/"));
            assertThat(client.rest()).startsWith("HTTP/1.1 200").contains("\r\n\r\nfirst");
        }
    }
}
