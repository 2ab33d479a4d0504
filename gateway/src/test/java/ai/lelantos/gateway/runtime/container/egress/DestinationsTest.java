package ai.lelantos.gateway.runtime.container.egress;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DestinationsTest {

    private final Destinations destinations =
            new Destinations(address -> address.getHostAddress().equals("203.0.113.9"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.1",
                "10.119.255.253",
                "100.64.0.1",
                "100.127.255.255",
                "127.0.0.1",
                "169.254.169.254",
                "172.16.0.1",
                "172.31.255.255",
                "192.168.1.1",
                "192.0.2.1",
                "0.0.0.0",
                "0.1.2.3",
                "224.0.0.1",
                "255.255.255.255",
                "203.0.113.9",
                "::1",
                "2001:db8::1"
            })
    void refused(String address) throws UnknownHostException {
        assertThat(destinations.refusal(InetAddress.getByName(address))).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.169.0.1", "11.0.0.1"
            })
    void allowed(String address) throws UnknownHostException {
        assertThat(destinations.refusal(InetAddress.getByName(address))).isNull();
    }

    @Test
    void aCountIsGivenBackAndEachHasItsOwn() throws UnknownHostException {
        Counted counted = new Counted(2, 3);
        InetAddress one = InetAddress.getByName("10.0.0.1");
        InetAddress two = InetAddress.getByName("10.0.0.2");
        assertThat(counted.take(one)).isTrue();
        assertThat(counted.take(one)).isTrue();
        assertThat(counted.take(one)).as("more than one machine may have").isFalse();
        assertThat(counted.take(two)).isTrue();
        assertThat(counted.take(two)).as("more than all may have").isFalse();
        counted.give(one);
        assertThat(counted.take(two)).isTrue();
    }
}
