package ai.lelantos.gateway.runtime.container;

import static ai.lelantos.gateway.runtime.container.House.get;
import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.PoolState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

/// Many lives, some from pools and some cold, twenty at a time; afterwards the host is as it was.
class LoopIT {

    private static final int LIVES = Integer.getInteger("lelantos.loop.lives", 200);
    private static final int AT_ONCE = 20;

    @Test
    void manyLivesLeaveNothing() throws IOException {
        Set<String> loops = loops();
        House.Traces before;
        House.Traces after;
        try (House house = new House(House.settings(2, 8))) {
            before = house.traces();
            List<Machine> none = get(house.driver().start());
            assertThat(none).isEmpty();
            House.Traces started = house.traces();
            Set<String> rules = house.rules();
            List<Integer> health = get(Flux.range(0, LIVES)
                    .flatMap(
                            i -> house.driver()
                                    .boot(i % 4 == 0 ? House.OFFLINE : House.SPEC)
                                    .flatMap(machine -> house.ask(machine)
                                            .flatMap(status -> machine.kill().thenReturn(status))),
                            AT_ONCE)
                    .collectList());
            assertThat(health).hasSize(LIVES).containsOnly(204);
            assertThat(house.driver().pools()).anyMatch(pool -> pool.hits() > 0);
            assertThat(started.links()).isEqualTo(house.traces().links());
            assertThat(started.mounts()).isEqualTo(house.traces().mounts());
            assertThat(house.rules()).as("rules and elements of their sets").isEqualTo(rules);
            long shown =
                    house.driver().pools().stream().mapToLong(PoolState::ready).sum();
            assertThat(shown).isLessThan(30);
            House.end(house.driver().stop());
            after = house.traces();
        }
        assertThat(after).isEqualTo(before);
        assertThat(loops()).isEqualTo(loops);
    }

    /// Files behind loop devices; those of other homes come and go, so only test homes count.
    private static Set<String> loops() throws IOException {
        Set<String> found = new TreeSet<>();
        for (String device : Cgroups.directories(Path.of("/sys/block"))) {
            Path file = Path.of("/sys/block", device, "loop", "backing_file");
            if (Files.exists(file)) {
                String backing = Files.readString(file).strip();
                if (backing.contains("lelantos-it")) {
                    found.add(backing);
                }
            }
        }
        return found;
    }
}
