package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// As many clients as the front takes; here three instead of 16,384.
class ConnectionCapIT {

    private static final String REQUEST = "GET / HTTP/1.1\r\nHost: api.x.localhost\r\n\r\n";

    @Test
    void whoComesBeyondTheCapIsClosedAndAFreedPlaceIsTaken() throws Exception {
        List<Wire> clients = new ArrayList<>();
        try (var front = new Front(1, "x.localhost", new ScriptedRunning(), () -> null, 3)) {
            int port = front.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .getPort();
            for (int i = 0; i < 3; i++) {
                clients.add(Wire.to(port).send(REQUEST));
                assertThat(clients.getLast().answer()).startsWith("HTTP/1.1 503 ");
            }
            try (Wire fourth = Wire.to(port)) {
                assertThat(fourth.ended()).isTrue();
            }
            assertThat(clients.getFirst().send(REQUEST).answer())
                    .as("the others are served on")
                    .startsWith("HTTP/1.1 503 ");
            clients.removeFirst().close();
            assertThat(servedAtLast(port)).startsWith("HTTP/1.1 503 ");
        } finally {
            clients.forEach(Wire::close);
        }
    }

    /// The front hears of the closed connection a moment later than we close it.
    private static String servedAtLast(int port) {
        String answer = "";
        for (int tries = 0; tries < 1_000 && answer.isEmpty(); tries++) {
            try (Wire wire = Wire.to(port)) {
                answer = wire.send(REQUEST).answer();
            } catch (java.io.UncheckedIOException closed) {
                answer = "";
            }
        }
        return answer;
    }
}
