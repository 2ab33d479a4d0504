package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.runtime.RuntimeRefused;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// The verbs of a sandbox. Each reads the row, rules by the state table, and when there is something to do begins one
/// transition that runs to its end whoever leaves.
final class SandboxLifecycle {

    private static final Duration WAIT_MAX = Duration.ofSeconds(60);
    private static final Duration AGAIN_AFTER = Duration.ofMillis(20);
    /// A sandbox that is still in somebody else's transition after so many looks is told so.
    private static final int ROUNDS_MAX = 250;

    private final SandboxStore store;
    private final LiveSandboxes live;
    private final TransitionLoop transitions;
    private final Deadlines deadlines;
    private final Machinery machinery;
    private final String node;
    private final Clock clock;

    SandboxLifecycle(
            SandboxStore store,
            LiveSandboxes live,
            TransitionLoop transitions,
            Deadlines deadlines,
            Machinery machinery,
            String node,
            Clock clock) {
        this.store = store;
        this.live = live;
        this.transitions = transitions;
        this.deadlines = deadlines;
        this.machinery = machinery;
        this.node = node;
        this.clock = clock;
    }

    /// How a verb ended.
    ///
    /// @param changed whether it was this verb, or one it joined, that changed the state
    record Outcome(Sandbox sandbox, boolean changed) {}

    /// Boots a new sandbox; its time runs from when its machine is up.
    Mono<Sandbox> create(Sandbox fresh, Duration timeout) {
        return Mono.defer(() -> {
            TransitionLoop.Flight flight = transitions.begin(
                    fresh.id(),
                    SandboxState.STARTING,
                    () -> store.insert(fresh, Event.CREATED).flatMap(row -> machinery.boot(row, timeout)));
            return flight == null ? Mono.error(new Refusal(Refusal.Kind.STILL_MOVING, fresh.id())) : flight.result();
        });
    }

    Mono<Sandbox> show(String id, UUID team) {
        return own(id, team).flatMap(row -> switch (Ruling.of(row.state(), Verb.SHOW)) {
            case Ruling.Refuse refuse -> Mono.error(new Refusal(refuse.why(), id));
            case Ruling.Done _, Ruling.Go _, Ruling.Join _, Ruling.Await _ -> Mono.just(row);
        });
    }

    Mono<Sandbox> kill(String id, UUID team) {
        return settle(id, team, Verb.KILL, Step.of(row -> machinery.end(row, List.of(Event.KILLED))))
                .map(Outcome::sandbox);
    }

    Mono<Sandbox> pause(String id, UUID team, boolean memory) {
        return settle(id, team, Verb.PAUSE, pausing(memory)).map(Outcome::sandbox);
    }

    /// Running afterwards, for at least so long.
    Mono<Outcome> connect(String id, UUID team, Duration timeout, boolean memory) {
        return settle(id, team, Verb.CONNECT, Step.withPlace(row -> machinery.revive(row, timeout, memory)))
                .flatMap(outcome -> extend(id, timeout)
                        .map(row -> new Outcome(row, outcome.changed))
                        .switchIfEmpty(Mono.defer(() -> connect(id, team, timeout, memory))));
    }

    Mono<Sandbox> resume(String id, UUID team, Duration timeout, boolean memory, @Nullable Boolean autoPause) {
        Mono<Void> policy = autoPause == null ? Mono.empty() : store.setAutoPause(id, autoPause);
        return settle(id, team, Verb.RESUME, Step.withPlace(row -> policy.then(machinery.revive(row, timeout, memory))))
                .map(Outcome::sandbox);
    }

    /// Ends so long from now, earlier or later than before, but never later than the team may.
    Mono<Sandbox> setTimeout(String id, UUID team, Duration timeout, Duration timeoutMax) {
        return settle(id, team, Verb.SET_END, Step.none())
                .flatMap(outcome -> store.setEnd(id, capped(outcome.sandbox, now().plus(timeout), timeoutMax)))
                .doOnNext(row -> deadlines.put(id, row.endAt()))
                .switchIfEmpty(Mono.defer(() -> setTimeout(id, team, timeout, timeoutMax)));
    }

    /// Ends no sooner than so long from now.
    Mono<Sandbox> refresh(String id, UUID team, Duration duration, Duration timeoutMax) {
        return settle(id, team, Verb.SET_END, Step.none())
                .flatMap(outcome -> store.extendEnd(id, capped(outcome.sandbox, now().plus(duration), timeoutMax)))
                .doOnNext(row -> deadlines.put(id, row.endAt()))
                .switchIfEmpty(Mono.defer(() -> refresh(id, team, duration, timeoutMax)));
    }

    /// The row of a running sandbox for a change of its network rules.
    Mono<Sandbox> forNetwork(String id, UUID team) {
        return settle(id, team, Verb.SET_NETWORK, Step.none()).map(Outcome::sandbox);
    }

    /// A running sandbox on this node, to be used.
    Mono<LiveSandboxes.Entry> use(String id, UUID team) {
        return settle(id, team, Verb.USE, Step.none())
                .flatMap(outcome -> Mono.justOrEmpty(live.find(id)))
                .switchIfEmpty(Mono.error(() -> new Refusal(Refusal.Kind.STILL_MOVING, id)));
    }

    /// Pauses or ends what is past its end.
    Mono<Void> expire(String id) {
        return store.find(id).flatMap(row -> {
            if (row.state() == SandboxState.RUNNING && row.endAt().isAfter(clock.instant())) {
                deadlines.put(id, row.endAt());
                return Mono.empty();
            }
            if (row.state() != SandboxState.RUNNING) {
                return Mono.empty();
            }
            Step pause = pausing(row.policy().autoPauseMemory());
            Step stop = Step.of(seen -> machinery.end(seen, List.of(Event.STOPPED)));
            return (row.policy().autoPause()
                            ? settle(id, null, Verb.PAUSE, pause)
                            : settle(id, null, Verb.EXPIRE, stop))
                    .then()
                    .onErrorResume(Refusal.class, refused -> Mono.empty());
        });
    }

    /// Its machine ended by itself.
    Mono<Void> vanish(String id, String reason) {
        return settle(
                        id,
                        null,
                        Verb.VANISH,
                        Step.of(row -> machinery.end(row, List.of(Event.error(reason), Event.STOPPED))))
                .then();
    }

    /// For traffic to a sandbox that does not run; see [Running#wake].
    Mono<Sandbox> wake(String id, Function<Sandbox, Mono<Void>> guard) {
        return settle(
                        id,
                        null,
                        Verb.WAKE,
                        new Step(
                                guard,
                                store::moveWithPlace,
                                row -> machinery.revive(
                                        row, Duration.ofSeconds(row.policy().autoResumeSeconds()), true)))
                .map(Outcome::sandbox);
    }

    private Step pausing(boolean memory) {
        return new Step(
                row -> Mono.empty(),
                (rows, seen, next) -> rows.beginPause(seen, memory),
                row -> machinery.pause(row, memory));
    }

    private Mono<Outcome> settle(String id, @Nullable UUID team, Verb verb, Step step) {
        return round(id, team, verb, step, 0);
    }

    private Mono<Outcome> round(String id, @Nullable UUID team, Verb verb, Step step, int round) {
        if (round > ROUNDS_MAX) {
            return Mono.error(new Refusal(Refusal.Kind.STILL_MOVING, id));
        }
        return own(id, team).flatMap(row -> switch (Ruling.of(row.state(), verb)) {
            case Ruling.Done _ ->
                opening(row, verb) ? await(row, team, verb, step, round) : Mono.just(new Outcome(row, false));
            case Ruling.Refuse refuse -> Mono.error(new Refusal(refuse.why(), id));
            case Ruling.Go go ->
                step.guard.apply(row).then(Mono.defer(() -> begin(row, go.next(), team, verb, step, round)));
            case Ruling.Join _ -> join(row, team, verb, step, round);
            case Ruling.Await _ -> await(row, team, verb, step, round);
        });
    }

    /// Whether its row says that it runs, and its route, which is opened a moment later, is not there yet.
    private boolean opening(Sandbox row, Verb verb) {
        return (verb == Verb.WAKE || verb == Verb.USE) && row.node().equals(node) && live.find(row.id()) == null;
    }

    private Mono<Outcome> begin(Sandbox row, SandboxState next, @Nullable UUID team, Verb verb, Step step, int round) {
        String id = row.id();
        if (!row.node().equals(node)) {
            return Mono.error(new Refusal(Refusal.Kind.OTHER_NODE, id, row.node()));
        }
        TransitionLoop.Flight flight = transitions.begin(
                id, next, () -> step.enter.apply(store, row, next).flatMap(step.work));
        if (flight == null) {
            return await(row, team, verb, step, round);
        }
        // Empty: somebody else changed the row between our look and our move.
        return flight.result()
                .map(done -> new Outcome(done, true))
                .switchIfEmpty(Mono.defer(() -> round(id, team, verb, step, round + 1)));
    }

    private Mono<Outcome> join(Sandbox row, @Nullable UUID team, Verb verb, Step step, int round) {
        TransitionLoop.Flight flight = transitions.find(row.id());
        return flight == null || flight.to() != row.state()
                ? await(row, team, verb, step, round)
                : flight.result()
                        .map(done -> new Outcome(done, true))
                        .switchIfEmpty(Mono.defer(() -> round(row.id(), team, verb, step, round + 1)))
                        .timeout(WAIT_MAX, Mono.error(() -> new Refusal(Refusal.Kind.STILL_MOVING, row.id())));
    }

    /// Its result does not matter here, only that it is over; the row tells the rest.
    private Mono<Outcome> await(Sandbox row, @Nullable UUID team, Verb verb, Step step, int round) {
        TransitionLoop.Flight flight = transitions.find(row.id());
        Mono<?> over = flight == null
                ? Mono.delay(AGAIN_AFTER)
                : flight.result()
                        .timeout(WAIT_MAX, Mono.error(() -> new Refusal(Refusal.Kind.STILL_MOVING, row.id())))
                        .onErrorResume(
                                failure -> !(failure instanceof Refusal refusal)
                                        || refusal.kind() != Refusal.Kind.STILL_MOVING,
                                failure -> Mono.empty());
        return over.then(Mono.defer(() -> round(row.id(), team, verb, step, round + 1)));
    }

    private Mono<Sandbox> own(String id, @Nullable UUID team) {
        return store.find(id)
                .filter(row -> team == null || row.team().equals(team))
                .switchIfEmpty(Mono.error(() -> new Refusal(Refusal.Kind.NO_SUCH_SANDBOX, id)));
    }

    private Mono<Sandbox> extend(String id, Duration timeout) {
        return store.extendEnd(id, now().plus(timeout)).doOnNext(row -> deadlines.put(id, row.endAt()));
    }

    private static Instant capped(Sandbox row, Instant end, Duration timeoutMax) {
        Instant last = row.startedAt().plus(timeoutMax);
        return end.isAfter(last) ? last : end;
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    /// What a driver's "no" is called here.
    static Refusal refusal(String id, Throwable failure) {
        return switch (failure) {
            case Refusal known -> known;
            case RuntimeRefused refused ->
                new Refusal(
                        switch (refused.reason()) {
                            case FULL -> Refusal.Kind.NO_CAPACITY;
                            case NO_IMAGE, HOST -> Refusal.Kind.NO_IMAGE;
                            case BOOT_TIMEOUT -> Refusal.Kind.BOOT_TIMEOUT;
                            case BOOT_FAILED, NO_MACHINE -> Refusal.Kind.BOOT_FAILED;
                        },
                        id,
                        refused.getMessage());
            default -> new Refusal(Refusal.Kind.BOOT_FAILED, id, failure.getMessage());
        };
    }

    /// How the row enters the state in between.
    @FunctionalInterface
    interface Enter {
        Mono<Sandbox> apply(SandboxStore store, Sandbox seen, SandboxState next);
    }

    /// What a verb does once it may.
    record Step(Function<Sandbox, Mono<Void>> guard, Enter enter, Function<Sandbox, Mono<Sandbox>> work) {

        static Step of(Function<Sandbox, Mono<Sandbox>> work) {
            return new Step(row -> Mono.empty(), SandboxStore::move, work);
        }

        static Step withPlace(Function<Sandbox, Mono<Sandbox>> work) {
            return new Step(row -> Mono.empty(), SandboxStore::moveWithPlace, work);
        }

        /// For verbs that never begin a transition.
        static Step none() {
            return of(row -> Mono.error(new IllegalStateException("no transition for " + row.id())));
        }

        Step(
                Function<Sandbox, Mono<Void>> guard,
                java.util.function.BiFunction<Sandbox, SandboxState, Mono<Sandbox>> enter,
                Function<Sandbox, Mono<Sandbox>> work) {
            this(guard, (store, seen, next) -> enter.apply(seen, next), work);
        }
    }
}
