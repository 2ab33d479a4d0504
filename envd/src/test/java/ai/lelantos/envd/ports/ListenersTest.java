package ai.lelantos.envd.ports;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.ports.Listeners.Family;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class ListenersTest {

    @Test
    void onlyPortsThatNobodyElseReachesAreLocal() {
        assertThat(Listeners.local(List.of(
                        at("127.0.0.1", 8080),
                        at("0.0.0.0", 8081),
                        at("127.0.0.1", 8081),
                        at("10.0.0.2", 8082),
                        at("::1", 8084),
                        at("127.3.2.1", 8085),
                        at("::", 8086),
                        at("::1", 8080))))
                .containsOnlyKeys(8080, 8084, 8085, 8086)
                .containsEntry(8080, Family.IP4)
                .containsEntry(8084, Family.IP6)
                .containsEntry(8085, Family.IP4)
                .containsEntry(8086, Family.IP6);
    }

    private static InetSocketAddress at(String address, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(address), port);
    }
}
