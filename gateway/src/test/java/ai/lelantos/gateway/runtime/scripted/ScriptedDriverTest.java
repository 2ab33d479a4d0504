package ai.lelantos.gateway.runtime.scripted;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.MachineExit;
import ai.lelantos.gateway.runtime.MachineSpec;
import ai.lelantos.gateway.runtime.RuntimeRefused;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

/// The fake keeps its script, so that what is tested with it is tested.
class ScriptedDriverTest {

    private static final MachineSpec SPEC = new MachineSpec("base", "b1", 2, 512, 1024, true);
    private static final Duration SOON = Duration.ofSeconds(5);

    private final ScriptedDriver driver = new ScriptedDriver();

    @Test
    void aHeldBootEndsWhenReleased() {
        driver.holdBoots();
        StepVerifier.create(driver.boot(SPEC))
                .then(() -> assertThat(driver.booting()).isOne())
                .then(driver::releaseBoots)
                .assertNext(machine -> assertThat(machine.frozen()).isFalse())
                .expectComplete()
                .verify(SOON);
        assertThat(driver.living()).hasSize(1);
    }

    @Test
    void aCancelledBootLeavesNothing() {
        driver.holdBoots();
        StepVerifier.create(driver.boot(SPEC)).thenCancel().verify(SOON);
        driver.releaseBoots();
        assertThat(driver.machines()).isEmpty();
        assertThat(driver.booting()).isZero();
    }

    @Test
    void refusesOnceAsTold() {
        driver.refuseNext(RuntimeRefused.Reason.FULL, "no room");
        StepVerifier.create(driver.boot(SPEC))
                .expectErrorMatches(e -> ((RuntimeRefused) e).reason() == RuntimeRefused.Reason.FULL)
                .verify(SOON);
        StepVerifier.create(driver.boot(SPEC))
                .expectNextCount(1)
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void aDeathIsReportedOnce() {
        Machine machine = booted();
        StepVerifier.create(driver.exits())
                .then(() -> driver.die(machine.id(), "it crashed", true))
                .expectNext(new MachineExit(machine.id(), "it crashed", true))
                .thenCancel()
                .verify(SOON);
        assertThat(driver.living()).isEmpty();
    }

    @Test
    void onlyAHaltedMachineIsRebooted() {
        Machine machine = booted();
        StepVerifier.create(driver.reboot(machine.id(), SPEC))
                .expectError(RuntimeRefused.class)
                .verify(SOON);
        StepVerifier.create(machine.halt().then(driver.reboot(machine.id(), SPEC)))
                .assertNext(again -> assertThat(again.id()).isEqualTo(machine.id()))
                .expectComplete()
                .verify(SOON);
    }

    @Test
    void survivorsAreReportedAtStart() {
        ScriptedMachine old = driver.survivor("old1", SPEC);
        StepVerifier.create(driver.start())
                .assertNext(found -> assertThat(found).extracting(Machine::id).containsExactly(old.id()))
                .expectComplete()
                .verify(SOON);
    }

    private Machine booted() {
        driver.boot(SPEC)
                .as(StepVerifier::create)
                .expectNextCount(1)
                .expectComplete()
                .verify(SOON);
        return driver.living().getFirst();
    }
}
