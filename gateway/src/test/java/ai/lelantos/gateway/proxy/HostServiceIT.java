package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a sandbox asks of its host.
class HostServiceIT {

    private final Stage stage = new Stage();
    private int port;

    @BeforeEach
    void listen() throws IOException {
        port = stage.front
                .listenToGuests(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .getPort();
    }

    @AfterEach
    void close() {
        stage.close();
    }

    private String ask(String request) {
        try (Wire wire = Wire.to(port)) {
            return wire.send(request).answer();
        }
    }

    private static String post(String body) {
        return "POST /logs HTTP/1.1\r\nHost: 192.0.2.1\r\nContent-Length: " + body.length() + "\r\n\r\n" + body;
    }

    @Test
    void aSandboxLearnsItsName() {
        stage.running.starts("abc");
        for (String host : new String[] {"192.0.2.1", "events.e2b.local"}) {
            assertThat(ask("GET /me HTTP/1.1\r\nHost: " + host + "\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
                    .endsWith("\r\n\r\n{\"sandboxID\":\"abc\"}");
        }
    }

    @Test
    void whoIsNoSandboxLearnsNothing() {
        assertThat(ask("GET /me HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n")).startsWith("HTTP/1.1 403 ");
    }

    @Test
    void linesOfItsOwnLogAreTakenAndNobodyElses() {
        stage.running.starts("abc");
        assertThat(ask(post("{\"instanceID\":\"abc\",\"message\":\"hi\"}"))).startsWith("HTTP/1.1 200 ");
        assertThat(stage.running.written()).containsExactly("abc info hi {stream=guest}");
        assertThat(ask(post("{\"instanceID\":\"xyz\",\"message\":\"hi\"}"))).startsWith("HTTP/1.1 403 ");
        assertThat(ask(post("[]"))).startsWith("HTTP/1.1 400 ");
        assertThat(ask(post("{"))).startsWith("HTTP/1.1 400 ");
        assertThat(ask(post("{\"instanceID\":\"abc\",\"m\":\"" + "x".repeat(70_000) + "\"}")))
                .startsWith("HTTP/1.1 413 ");
    }

    @Test
    void linesThatTheAgentGatheredAreTakenInTheirOrder() {
        stage.running.starts("abc");
        assertThat(ask(post("{\"instanceID\":\"abc\",\"lines\":["
                        + "{\"level\":\"info\",\"message\":\"one\",\"stream\":\"stdout\",\"pid\":7},"
                        + "{\"level\":\"warn\",\"message\":\"\",\"stream\":\"stderr\",\"pid\":7},"
                        + "{\"message\":\"three\",\"stream\":\"made up\",\"pid\":\"x\"},4]}")))
                .startsWith("HTTP/1.1 200 ");
        assertThat(stage.running.written())
                .containsExactly(
                        "abc info one {stream=stdout, pid=7}",
                        "abc warn  {stream=stderr, pid=7}",
                        "abc info three {stream=guest}",
                        "abc info  {stream=guest}");
        assertThat(ask(post("{\"instanceID\":\"xyz\",\"lines\":[]}"))).startsWith("HTTP/1.1 403 ");
        assertThat(ask(post("{\"instanceID\":\"abc\",\"lines\":[" + "0,".repeat(1_000) + "0]}")))
                .startsWith("HTTP/1.1 400 ");
    }

    @Test
    void nothingElseIsServed() {
        stage.running.starts("abc");
        assertThat(ask("GET /sandboxes HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n")).startsWith("HTTP/1.1 404 ");
        assertThat(ask("DELETE /me HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n")).startsWith("HTTP/1.1 405 ");
        assertThat(ask("GET http://192.0.2.1/me HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n"))
                .startsWith("HTTP/1.1 400 ");
    }
}
