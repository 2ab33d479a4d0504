package ai.lelantos.gateway.runtime.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.lelantos.gateway.runtime.RuntimeRefused;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SubnetTest {

    private final Subnet subnet = Subnet.parse("10.97.0.0/16");

    @ParameterizedTest
    @CsvSource({
        "10.97.0.0/16, true",
        "10.97.3.0/24, true",
        "10.97.255.1, true",
        "10.96.0.0/15, true",
        "10.0.0.0/8, true",
        "10.98.0.0/16, false",
        "10.96.0.0/16, false",
        "192.168.0.0/16, false",
        "0.0.0.0/0, false",
        "default, false"
    })
    void overlapsWhatSharesAnAddress(String route, boolean expected) {
        assertThat(subnet.overlaps(route)).isEqualTo(expected);
    }

    @Test
    void aTakenCandidateIsSteppedOver() {
        assertThat(Subnet.free(5, List.of()).cidr()).isEqualTo("10.69.0.0/16");
        assertThat(Subnet.free(5, List.of("10.69.7.0/24", "10.70.0.0/16")).cidr())
                .isEqualTo("10.71.0.0/16");
        assertThat(Subnet.free(63, List.of("10.127.0.0/16")).cidr()).isEqualTo("10.64.0.0/16");
    }

    @Test
    void aFullHostIsRefusedWithTheRemedy() {
        assertThatThrownBy(() -> Subnet.free(0, List.of("10.0.0.0/8")))
                .isInstanceOf(RuntimeRefused.class)
                .hasMessageContaining("LELANTOS_RUNTIME_SUBNET");
    }

    @Test
    void noTwoMachinesShareAnAddressAndTheAddressSaysWhoMayGoOut() {
        Set<String> seen = new HashSet<>(Set.of(subnet.gateway(), subnet.routerUplink(), subnet.hostUplink()));
        for (int number = 1; number <= 4_096; number++) {
            assertThat(seen.add(subnet.machine(number, true))).isTrue();
            assertThat(seen.add(subnet.machine(number, false))).isTrue();
        }
        assertThat(subnet.machine(1, true)).isEqualTo("10.97.0.1");
        assertThat(subnet.machine(4_096, true)).isEqualTo("10.97.16.0");
        assertThat(subnet.machine(1, false)).isEqualTo("10.97.64.1");
    }

    @Test
    void everyPlaceOfAHomeHasItsOwnIdsWithinTheKernelsRange() {
        Instance instance = Instance.of(Path.of("/some/home"));
        List<Long> firsts =
                IntStream.rangeClosed(1, 4_096).mapToObj(instance::userIds).toList();
        assertThat(firsts)
                .doesNotHaveDuplicates()
                .allMatch(first -> first >= 200_000_000L && first + 65_536 < 1L << 32);
        assertThat(firsts.get(1) - firsts.get(0)).isEqualTo(65_536);
    }

    @Test
    void rulesNameEveryPlaceOnce() {
        String rules = Network.ruleset(subnet, 3);
        assertThat(rules).contains("\"s1\" . 10.97.0.1", "\"s3\" . 10.97.64.3").doesNotContain("\"s4\"");
        assertThat(rules).startsWith("flush ruleset\n");
    }

    @Test
    void placesAreDealtLongestUnusedFirstAndRefusedWhenGone() {
        Places places = new Places(3);
        places.take(2);
        assertThat(places.take()).isEqualTo(1);
        places.give(1);
        assertThat(places.take()).isEqualTo(3);
        assertThat(places.take()).isEqualTo(1);
        assertThatThrownBy(places::take).isInstanceOf(RuntimeRefused.class).hasMessageContaining("all 3 places");
        assertThatThrownBy(() -> places.take(2)).isInstanceOf(IllegalStateException.class);
    }
}
