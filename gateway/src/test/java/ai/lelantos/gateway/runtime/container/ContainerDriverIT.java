package ai.lelantos.gateway.runtime.container;

import static ai.lelantos.gateway.runtime.container.House.end;
import static ai.lelantos.gateway.runtime.container.House.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.MachineExit;
import ai.lelantos.gateway.runtime.MachineSpec;
import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import ai.lelantos.gateway.runtime.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

/// The life of a machine, with real containers.
class ContainerDriverIT {

    private House house;
    private ContainerDriver driver;
    private House.Traces before;

    @BeforeEach
    void start() throws IOException {
        house = new House(House.settings(0, 0));
        before = house.traces();
        driver = house.driver();
        List<Machine> none = get(driver.start());
        assertThat(none).isEmpty();
    }

    @AfterEach
    void stop() throws IOException {
        house.close();
        assertThat(house.traces()).isEqualTo(before);
    }

    @Test
    void aBootedMachineAnswersAndAKilledOneDoesNot() throws Exception {
        Machine machine = get(driver.boot(House.SPEC));
        assertThat(house.health(machine)).isEqualTo(204);
        end(machine.kill());
        assertThatThrownBy(() -> house.health(machine)).isInstanceOf(IOException.class);
        end(machine.kill());
    }

    @Test
    void theHostsMountTableNeverShowsAMachine() throws IOException {
        Machine machine = get(driver.boot(House.SPEC));
        assertThat(house.traces().mounts()).isEqualTo(withRouter(before.mounts()));
        end(machine.kill());
    }

    private java.util.Set<String> withRouter(java.util.Set<String> mounts) throws IOException {
        var all = new java.util.TreeSet<>(mounts);
        for (String line : Files.readAllLines(java.nio.file.Path.of("/proc/self/mounts"))) {
            if (line.startsWith("nsfs /run/netns/" + house.instance().name() + " ")) {
                all.add(line);
            }
        }
        return all;
    }

    @Test
    void aFrozenMachineStandsStillAndGoesOnWhereItWas() throws Exception {
        Machine machine = get(driver.boot(House.SPEC));
        end(machine.freeze());
        assertThat(machine.frozen()).isTrue();
        end(machine.freeze());
        assertThatThrownBy(() -> house.http.send(
                        java.net.http.HttpRequest.newBuilder(java.net.URI.create(
                                        "http://" + machine.address().getHostAddress() + ":49983/health"))
                                .timeout(java.time.Duration.ofMillis(300))
                                .build(),
                        java.net.http.HttpResponse.BodyHandlers.discarding()))
                .isInstanceOf(java.net.http.HttpTimeoutException.class);
        end(machine.thaw());
        assertThat(house.health(machine)).isEqualTo(204);
    }

    @Test
    void aFrozenMachineCanBeKilled() {
        Machine machine = get(driver.boot(House.SPEC));
        end(machine.freeze());
        end(machine.kill());
    }

    @Test
    void usageComesFromTheMachineAlone() {
        Machine machine = get(driver.boot(House.SPEC));
        Usage usage = get(machine.usage());
        assertThat(usage.memoryTotal()).isEqualTo(128L << 20);
        assertThat(usage.memoryUsed()).isBetween(1L, 32L << 20);
        assertThat(usage.cpuNanos()).isPositive();
        assertThat(usage.diskTotal()).isBetween(50L << 20, 64L << 20);
        assertThat(usage.pids()).isBetween(1, 4);
        assertThat(usage.oomKills()).isZero();
    }

    @Test
    void anUnexpectedEndIsReported() {
        Machine machine = get(driver.boot(House.SPEC));
        long pid = ((ContainerMachine) machine).file().pid();
        StepVerifier.create(driver.exits())
                .then(() -> ProcessHandle.of(pid).orElseThrow().destroyForcibly())
                .expectNext(new MachineExit(machine.id(), "its agent ended", false))
                .thenCancel()
                .verify(House.LIMIT);
    }

    @Test
    void aHaltedMachineKeepsItsDiskAndNothingElse() throws Exception {
        house.program("try.c", "bin/try");
        Machine machine = get(driver.boot(House.SPEC));
        assertThat(house.run(machine, 0, "/bin/try", "write", "/etc/kept", "a word"))
                .startsWith("exit 0");
        end(machine.halt());
        assertThatThrownBy(() -> house.health(machine)).isInstanceOf(IOException.class);
        Machine again = get(driver.reboot(machine.id(), House.SPEC));
        assertThat(again.id()).isEqualTo(machine.id());
        assertThat(house.run(again, 0, "/bin/try", "read", "/etc/kept")).isEqualTo("exit 0\na word");
        end(again.halt());
        end(driver.discard(again.id()));
        StepVerifier.create(driver.reboot(machine.id(), House.SPEC))
                .expectErrorMatches(e -> ((RuntimeRefused) e).reason() == Reason.NO_MACHINE)
                .verify(House.LIMIT);
    }

    @Test
    void machinesOutliveTheGatewayAndAreAdopted() throws Exception {
        Machine running = get(driver.boot(House.SPEC));
        Machine frozen = get(driver.boot(House.OFFLINE));
        Machine gone = get(driver.boot(House.SPEC));
        end(frozen.freeze());
        driver.detach();
        ProcessHandle first =
                ProcessHandle.of(((ContainerMachine) gone).file().pid()).orElseThrow();
        assertThat(first.destroyForcibly()).isTrue();
        assertThat(first.onExit().get(House.LIMIT.toSeconds(), TimeUnit.SECONDS))
                .isEqualTo(first);
        assertThat(house.health(running)).isEqualTo(204);

        driver = house.nextDriver();
        List<Machine> found = get(driver.start());
        assertThat(found).extracting(Machine::id).containsExactlyInAnyOrder(running.id(), frozen.id());
        for (Machine each : found) {
            assertThat(each.frozen()).isEqualTo(each.id().equals(frozen.id()));
            end(each.thaw());
            assertThat(house.health(each)).isEqualTo(204);
            end(each.kill());
        }
    }

    @Test
    void theNextGatewayWaitsForTheCellsOfTheOneBeforeAndRemovesTheLinksThatAreLeft() throws Exception {
        Machine running = get(driver.boot(House.SPEC));
        Place living = ((ContainerMachine) running).place();
        driver.detach();
        try (Cell late = Cell.make(
                CellProgram.in(house.home.resolve("cache")),
                new Place(living.instance(), living.subnet(), living.number() + 1, true),
                Cgroups.at(Path.of("/sys/fs/cgroup"), house.instance().name()))) {
            for (int number = living.number() + 2; number < living.number() + 9; number++) {
                house.strayLink(Place.LINK + number);
            }
            driver = house.nextDriver();
            StepVerifier.create(driver.start())
                    .expectSubscription()
                    .expectNoEvent(Duration.ofMillis(300)) // a start takes a third of it
                    .then(late::close)
                    .assertNext(
                            found -> assertThat(found).extracting(Machine::id).containsExactly(running.id()))
                    .expectComplete()
                    .verify(House.LIMIT);
        }
        assertThat(house.machineLinks()).containsExactly(living.link());
        for (int boots = 0; boots < 10; boots++) {
            assertThat(house.health(get(driver.boot(House.SPEC)))).isEqualTo(204);
        }
    }

    @Test
    void anImageThatIsNotThereIsRefused() {
        StepVerifier.create(driver.boot(new MachineSpec("tiny", "b2", 1, 128, 64, true)))
                .expectErrorMatches(e -> ((RuntimeRefused) e).reason() == Reason.NO_IMAGE)
                .verify(House.LIMIT);
    }

    @Test
    void anAgentThatEndsIsABootThatFailedAndLeavesNothing() throws IOException {
        Files.writeString(house.home.resolve("agent/v1/init"), "not a program\n");
        AtomicReference<Throwable> refusal = new AtomicReference<>();
        StepVerifier.create(driver.boot(House.SPEC))
                .expectErrorSatisfies(refusal::set)
                .verify(House.LIMIT);
        assertThat(refusal.get()).isInstanceOf(RuntimeRefused.class);
        assertThat(((RuntimeRefused) refusal.get()).reason()).isEqualTo(Reason.BOOT_FAILED);
    }

    @Test
    void aSecondGatewayOnTheSameHomeIsRefused() {
        ContainerDriver second = new ContainerDriver(house.home, House.settings(0, 0), House.UNREHEARSED);
        StepVerifier.create(second.start())
                .expectErrorMatches(e -> e.toString().contains("another gateway"))
                .verify(House.LIMIT);
    }
}
