package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Real sandboxes behind the running product, as raw bytes: what is under way when one ends (contract 5.9), and that
/// nobody but who asks ever connects to a server inside (5.8).
class InFlightIT {

    private static final int AGENT = 49_983;
    private static final String ENDLESS = """
            import socket
            server = socket.create_server(('0.0.0.0', 8000))
            while True:
                client, _ = server.accept()
                if client.recv(65536):
                    client.sendall(b'HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n5\\r\\nfirst\\r\\n')
            """;
    private static final String ONE_SHOT = """
            import socket, sys
            server = socket.create_server((sys.argv[1], int(sys.argv[2])))
            open(sys.argv[2], 'w').close()
            client, _ = server.accept()
            server.close()
            asked = client.recv(65536)
            client.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n\\r\\n%s' % (len(asked), asked))
            """;

    private final Product product = Product.get();

    @AfterEach
    void nothingIsLeft() {
        product.get("/v2/sandboxes")
                .json()
                .forEach(each -> assertThat(product.delete(
                                        "/sandboxes/" + each.get("sandboxID").asString())
                                .status())
                        .isEqualTo(204));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/timeout", "/pause"})
    void anAnswerUnderWayBreaksOffAndNobodyAnswersAfterIt(String end) throws IOException {
        String id = product.create("\"timeout\":300");
        var _ = product.run(
                id, "cat > endless.py <<'END'\n" + ENDLESS + "END\n" + Product.started("python3 endless.py", 8000));
        try (Socket client = product.asking(id, 8000, "GET /", "")) {
            var got = new StringBuilder();
            while (got.indexOf("first\r\n") < 0) {
                int b = client.getInputStream().read();
                assertThat(b).as(got.toString()).isNotNegative();
                got.append((char) b);
            }
            Answer ended = end.isEmpty()
                    ? product.delete("/sandboxes/" + id)
                    : product.post("/sandboxes/" + id + end, end.equals("/timeout") ? "{\"timeout\":0}" : "{}");
            assertThat(ended.status()).isEqualTo(204);
            assertThat(rest(client)).as("no chunk ends the body").doesNotContain("0\r\n\r\n");
            for (int port : new int[] {AGENT, 8000}) {
                assertThat(product.ask(id, port, "GET /health", ""))
                        .startsWith("HTTP/1.1 502 ")
                        .endsWith("{\"sandboxId\":\"" + id
                                + "\",\"message\":\"The sandbox was not found\",\"code\":502}");
            }
        }
    }

    /// Until the connection ends in whatever way.
    private static String rest(Socket client) {
        var rest = new StringBuilder();
        try {
            for (int b = client.getInputStream().read();
                    b >= 0;
                    b = client.getInputStream().read()) {
                rest.append((char) b);
            }
        } catch (SocketTimeoutException silent) {
            throw new UncheckedIOException(silent);
        } catch (IOException reset) {
            // One way to break off.
        }
        return rest.toString();
    }

    /// Two that take one connection each, one of them where only the agent's relay lets in who asks.
    @Test
    void aServerOfOneRequestGetsTheRealOne() throws IOException {
        String id = product.create("");
        var _ = product.run(
                id,
                "cat > one.py <<'END'\n" + ONE_SHOT + "END\n"
                        + "setsid python3 one.py 127.0.0.1 8001 >/dev/null 2>&1 & "
                        + "setsid python3 one.py 0.0.0.0 8000 >/dev/null 2>&1 & "
                        + "for i in $(seq 100); do [ -e 8000 ] && [ -e 8001 ] && exit 0; sleep 0.1; done; exit 1");
        var answer = new AtomicReference<>("");
        LifecycleIT.await(() -> {
            try {
                answer.set(product.ask(id, 8001, "GET /relayed", ""));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return answer.get().startsWith("HTTP/1.1 200 ");
        });
        assertThat(answer.get()).contains("GET /relayed HTTP/1.1\r\n");
        // The agent has looked at both ports by now.
        assertThat(product.ask(id, 8000, "GET /real", ""))
                .startsWith("HTTP/1.1 200 ")
                .contains("GET /real HTTP/1.1\r\n");
    }
}
