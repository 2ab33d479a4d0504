package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.agent.Introduction;
import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.MachineSpec;
import ai.lelantos.gateway.runtime.RuntimeDriver;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// The work of each transition: from the row in its state in between, through the machine, to the row in its new state;
/// the read models change last.
final class Machinery {

    private static final Logger log = LoggerFactory.getLogger(Machinery.class);

    private final SandboxStore store;
    private final LiveSandboxes live;
    private final Deadlines deadlines;
    private final RuntimeDriver driver;
    private final Tokens tokens;
    private final SandboxSettings settings;
    private final StartCounter starts;
    private final Clock clock;

    Machinery(
            SandboxStore store,
            LiveSandboxes live,
            Deadlines deadlines,
            RuntimeDriver driver,
            Tokens tokens,
            SandboxSettings settings,
            StartCounter starts,
            Clock clock) {
        this.store = store;
        this.live = live;
        this.deadlines = deadlines;
        this.driver = driver;
        this.tokens = tokens;
        this.settings = settings;
        this.starts = starts;
        this.clock = clock;
    }

    /// From `starting` to `running`, or to `gone` with the reason.
    Mono<Sandbox> boot(Sandbox row, Duration timeout) {
        return driver.boot(spec(row))
                .flatMap(machine -> introduce(row, machine)
                        .then(Mono.defer(() -> run(row, machine, timeout, List.of(Event.RUNNING))))
                        .onErrorResume(
                                failure -> machine.kill().onErrorComplete().then(Mono.error(failure))))
                .doOnNext(running -> starts.started(running.team(), running.templateId()))
                .doOnError(failure -> starts.failed())
                .onErrorResume(failure -> fail(row, failure));
    }

    /// From `resuming` to `running`. What cannot go on where it stood is gone; what only found no room stays paused.
    /// An agent that kept its memory knows who it is.
    Mono<Sandbox> revive(Sandbox row, Duration timeout, boolean memory) {
        Machine machine = live.machine(row.id());
        List<Event> events = List.of(Event.RESUMED, Event.RUNNING);
        if (row.memoryKept() && memory) {
            return machine == null
                    ? fail(row, new IllegalStateException("its machine is gone"))
                    : machine.thaw()
                            .then(Mono.defer(() -> run(row, machine, timeout, events)))
                            .onErrorResume(failure -> discard(row).then(fail(row, failure)));
        }
        Mono<Void> halted = machine == null ? Mono.empty() : machine.halt();
        return halted.then(Mono.defer(() -> driver.reboot(machineId(row), spec(row))))
                .flatMap(fresh -> introduce(row, fresh)
                        .then(Mono.defer(() -> run(row, fresh, timeout, events)))
                        .onErrorResume(failure -> fresh.halt().onErrorComplete().then(Mono.error(failure))))
                .onErrorResume(failure -> {
                    live.drop(row.id());
                    return store.pause(row, false, now(), Event.error("resume failed: " + failure.getMessage()))
                            .then(Mono.error(SandboxLifecycle.refusal(row.id(), failure)));
                });
    }

    /// From `pausing` to `paused`, or back to `running` with the reason.
    Mono<Sandbox> pause(Sandbox row, boolean memory) {
        Machine machine = live.machine(row.id());
        if (machine == null) {
            return fail(row, new IllegalStateException("its machine is gone"));
        }
        live.shut(row.id());
        deadlines.remove(row.id());
        return (memory ? machine.freeze() : machine.halt())
                .then(Mono.defer(() -> store.pause(row, memory, now(), Event.PAUSED)))
                .doOnNext(paused -> {
                    if (!memory) {
                        live.drop(row.id());
                    }
                })
                .onErrorResume(failure -> unpause(row, machine, failure));
    }

    /// From `killing` to `gone`.
    Mono<Sandbox> end(Sandbox row, List<Event> events) {
        deadlines.remove(row.id());
        return discard(row).then(Mono.defer(() -> store.end(row, now(), events)));
    }

    /// Opens a sandbox whose machine outlived an earlier gateway.
    void adopt(Sandbox row, Machine machine) {
        open(row, machine);
    }

    private Mono<Void> introduce(Sandbox row, Machine machine) {
        return machine.introduce(new Introduction(
                        row.id(),
                        row.templateId(),
                        row.secure() ? tokens.access(row.id()) : null,
                        row.envVars(),
                        clock.instant())
                .line());
    }

    private Mono<Sandbox> run(Sandbox row, Machine machine, Duration timeout, List<Event> events) {
        Instant now = now();
        return store.run(row, machine.id(), now, now.plus(timeout), events)
                .switchIfEmpty(Mono.error(() -> new Refusal(Refusal.Kind.STILL_MOVING, row.id())))
                .doOnNext(running -> open(running, machine));
    }

    private void open(Sandbox row, Machine machine) {
        NetworkSettings network =
                NetworkSettings.stored(row.network(), row.allowInternet() == null || row.allowInternet());
        live.open(
                row,
                machine,
                new Route(
                        row.id(),
                        row.lifecycle(),
                        machine.address(),
                        row.secure() ? tokens.access(row.id()) : null,
                        network.publicTraffic() ? null : tokens.traffic(row.id()),
                        network.maskRequestHost(),
                        network.httpsPorts(),
                        settings.connectionsMax()));
        deadlines.put(row.id(), row.endAt());
    }

    private Mono<Sandbox> unpause(Sandbox row, Machine machine, Throwable failure) {
        log.atWarn().addKeyValue("sandbox", row.id()).setCause(failure).log("pause failed");
        return machine.thaw()
                .then(store.restore(row, now(), Event.error("pause failed: " + failure.getMessage())))
                .doOnNext(running -> open(running, machine))
                .onErrorResume(worse -> discard(row).then(fail(row, worse)))
                .then(Mono.error(new Refusal(Refusal.Kind.PAUSE_FAILED, row.id(), failure.getMessage())));
    }

    private Mono<Sandbox> fail(Sandbox row, Throwable failure) {
        log.atWarn()
                .addKeyValue("sandbox", row.id())
                .addKeyValue("state", row.state())
                .setCause(failure)
                .log("sandbox failed");
        Refusal refusal = SandboxLifecycle.refusal(row.id(), failure);
        return store.end(row, now(), List.of(Event.error(String.valueOf(failure.getMessage()))))
                .then(Mono.error(refusal));
    }

    /// Off the routes first, then the machine; a machine that does not want to end is met again at the next start.
    private Mono<Void> discard(Sandbox row) {
        Machine machine = live.drop(row.id());
        String id = row.machine();
        Mono<Void> end = machine != null ? machine.kill() : id != null ? driver.discard(id) : Mono.empty();
        return end.onErrorResume(failure -> {
            log.atError().addKeyValue("sandbox", row.id()).setCause(failure).log("a machine could not be ended");
            return Mono.empty();
        });
    }

    private static String machineId(Sandbox row) {
        String id = row.machine();
        if (id == null) {
            throw new Refusal(Refusal.Kind.BOOT_FAILED, row.id(), "nothing was kept of it");
        }
        return id;
    }

    private static MachineSpec spec(Sandbox row) {
        boolean internet = NetworkSettings.stored(row.network(), row.allowInternet() == null || row.allowInternet())
                .internet();
        return new MachineSpec(row.templateId(), row.image(), row.cpuCount(), row.memoryMb(), row.diskMb(), internet);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
