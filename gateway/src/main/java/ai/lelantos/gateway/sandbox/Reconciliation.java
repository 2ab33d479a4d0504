package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.RuntimeDriver;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Brings rows and machines together after a start: the living are adopted, what was under way is finished, what
/// vanished is marked, what the database does not know is ended.
final class Reconciliation {

    private static final Logger log = LoggerFactory.getLogger(Reconciliation.class);

    private static final int AT_ONCE_MAX = 8;

    private final SandboxStore store;
    private final LiveSandboxes live;
    private final Machinery machinery;
    private final RuntimeDriver driver;
    private final String node;
    private final Clock clock;

    Reconciliation(
            SandboxStore store,
            LiveSandboxes live,
            Machinery machinery,
            RuntimeDriver driver,
            String node,
            Clock clock) {
        this.store = store;
        this.live = live;
        this.machinery = machinery;
        this.driver = driver;
        this.node = node;
        this.clock = clock;
    }

    Mono<Void> run() {
        return driver.start().flatMap(found -> {
            Map<String, Machine> machines = new HashMap<>();
            found.forEach(each -> machines.put(each.id(), each));
            return store.onNode(node)
                    .collectList()
                    .flatMap(rows -> Flux.fromIterable(rows)
                            .flatMap(
                                    row -> one(row, row.machine() == null ? null : machines.remove(row.machine())),
                                    AT_ONCE_MAX)
                            .then(Mono.defer(() -> strangers(machines)))
                            .doOnSuccess(done -> log.atInfo()
                                    .addKeyValue("rows", rows.size())
                                    .addKeyValue("machines", found.size())
                                    .addKeyValue("adopted", live.count())
                                    .log("reconciled")));
        });
    }

    private Mono<Void> strangers(Map<String, Machine> machines) {
        return Flux.fromIterable(machines.values())
                .flatMap(
                        machine -> {
                            log.atWarn().addKeyValue("machine", machine.id()).log("ending a machine that no row names");
                            return machine.kill().onErrorComplete();
                        },
                        AT_ONCE_MAX)
                .then();
    }

    private Mono<Void> one(Sandbox row, @Nullable Machine machine) {
        Mono<?> step = switch (row.state()) {
            case STARTING -> end(row, machine, "the gateway ended while it started");
            case KILLING -> end(row, machine, null);
            case RUNNING ->
                machine == null ? end(row, null, "its machine vanished while the gateway was down") : run(row, machine);
            case PAUSING, PAUSED -> paused(row, machine);
            case RESUMING -> machine == null ? paused(row, null) : resumed(row, machine);
            case GONE -> Mono.empty();
        };
        return step.then().onErrorResume(failure -> {
            log.atError()
                    .addKeyValue("sandbox", row.id())
                    .setCause(failure)
                    .log("a sandbox could not be reconciled, ending it");
            return end(row, machine, "it could not be taken over: " + failure.getMessage())
                    .then();
        });
    }

    private Mono<Void> run(Sandbox row, Machine machine) {
        return (machine.frozen() ? machine.thaw() : Mono.<Void>empty())
                .then(Mono.fromRunnable(() -> machinery.adopt(row, machine)));
    }

    private Mono<?> paused(Sandbox row, @Nullable Machine machine) {
        if (machine == null) {
            boolean kept = row.machine() != null && !row.memoryKept();
            return !kept
                    ? end(row, null, "its machine vanished while the gateway was down")
                    : row.state() == SandboxState.PAUSED ? Mono.empty() : store.pause(row, false, now(), Event.PAUSED);
        }
        if (row.state() == SandboxState.PAUSING && !row.memoryKept()) {
            return machine.halt().then(Mono.defer(() -> store.pause(row, false, now(), Event.PAUSED)));
        }
        live.hold(row.id(), machine);
        Mono<Void> frozen = machine.frozen() ? Mono.empty() : machine.freeze();
        return row.state() == SandboxState.PAUSED
                ? frozen
                : frozen.then(Mono.defer(() -> store.pause(row, true, now(), Event.PAUSED)));
    }

    private Mono<?> resumed(Sandbox row, Machine machine) {
        Instant now = now();
        Instant end = row.endAt().isAfter(now)
                ? row.endAt()
                : now.plusSeconds(row.policy().autoResumeSeconds());
        return machine.thaw()
                .then(Mono.defer(() -> store.run(row, machine.id(), now, end, List.of(Event.RESUMED, Event.RUNNING))))
                .doOnNext(running -> machinery.adopt(running, machine));
    }

    private Mono<Sandbox> end(Sandbox row, @Nullable Machine machine, @Nullable String reason) {
        String id = row.machine();
        Mono<Void> ended = machine != null ? machine.kill() : id != null ? driver.discard(id) : Mono.empty();
        List<Event> events = reason == null ? List.of(Event.KILLED) : List.of(Event.error(reason), Event.STOPPED);
        return ended.onErrorComplete().then(Mono.defer(() -> store.end(row, now(), events)));
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
