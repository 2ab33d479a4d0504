package ai.lelantos.gateway.runtime.container;

import static ai.lelantos.gateway.runtime.container.House.get;
import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.runtime.Machine;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/// A gateway that is killed outright, in the middle of boots: the next one finds what was acknowledged alive, and
/// nothing else.
class KilledGatewayIT {

    private static final int BOOTS = 20;
    private static final int ACKNOWLEDGED = 7;

    /// The gateway of this test: boots twenty at a time for ever, prints each machine it was given, and is killed.
    static final class Gateway {

        private Gateway() {}

        public static void main(String[] args) {
            ContainerDriver driver = new ContainerDriver(Path.of(args[0]), House.settings(2, 4), House.UNREHEARSED);
            var _ = get(driver.start());
            Flux.range(0, Integer.MAX_VALUE)
                    .flatMap(i -> driver.boot(House.SPEC), BOOTS)
                    .doOnNext(machine -> System.out.println("given " + machine.id()))
                    .blockLast(Duration.ofMinutes(5));
        }
    }

    @Test
    void whatWasAcknowledgedLivesAndNothingElse() throws Exception {
        try (House house = new House(House.settings(0, 0))) {
            Process gateway = new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "--enable-native-access=ALL-UNNAMED",
                            "-cp",
                            System.getProperty("java.class.path"),
                            Gateway.class.getName(),
                            house.home.toString())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            Set<String> given = acknowledged(gateway);
            List<Machine> found = get(house.driver().start());
            assertThat(found).extracting(Machine::id).containsAll(given);
            for (Machine each : found) {
                assertThat(house.health(each)).isEqualTo(204);
            }
            Cgroups groups =
                    Cgroups.at(Path.of("/sys/fs/cgroup"), house.instance().name());
            assertThat(groups.machines())
                    .containsExactlyInAnyOrderElementsOf(
                            found.stream().map(Machine::id).toList());
            assertThat(Cgroups.directories(house.instance().machines()))
                    .containsExactlyInAnyOrderElementsOf(
                            found.stream().map(Machine::id).toList());
            Machine another = get(house.driver().boot(House.SPEC));
            assertThat(house.health(another)).isEqualTo(204);
        }
    }

    /// Every machine the gateway printed until the moment it was dead.
    private static Set<String> acknowledged(Process gateway) throws IOException, InterruptedException {
        Set<String> given = new HashSet<>();
        try (BufferedReader words = gateway.inputReader()) {
            for (String line = words.readLine(); line != null; line = words.readLine()) {
                if (line.startsWith("given ")) {
                    given.add(line.substring(6));
                }
                if (given.size() == ACKNOWLEDGED) {
                    boolean _ = gateway.toHandle().destroyForcibly(); // kill -9; what is in the pipe still counts
                }
            }
        } finally {
            var _ = gateway.destroyForcibly();
        }
        assertThat(gateway.waitFor()).isEqualTo(137);
        assertThat(given).hasSizeGreaterThanOrEqualTo(ACKNOWLEDGED);
        return given;
    }
}
