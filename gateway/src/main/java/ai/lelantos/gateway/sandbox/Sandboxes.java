package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.agent.Agent;
import ai.lelantos.gateway.auth.Doorkeeper;
import ai.lelantos.gateway.db.Database;
import ai.lelantos.gateway.http.Problem;
import ai.lelantos.gateway.runtime.RuntimeDriver;
import ai.lelantos.gateway.template.Templates;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.WebFilter;
import reactor.core.publisher.Mono;

/// The room in one piece, for the wiring: its routes, the proxy's view, its loops, its start and its end.
public final class Sandboxes implements AutoCloseable {

    private final Needs needs;
    private final SandboxStore store;
    private final LogStore logs;
    private final OutputLog output;
    private final MetricStore metrics;
    private final LiveSandboxes live = new LiveSandboxes();
    private final TransitionLoop transitions = new TransitionLoop();
    private final Deadlines deadlines = new Deadlines();
    private final StartCounter starts = new StartCounter();
    private final SandboxLifecycle lifecycle;
    private final Reconciliation reconciliation;
    private final Running running;
    private @Nullable ExpiryLoop expiry;
    private @Nullable MetricsLoop measuring;
    private @Nullable ExitLoop exits;

    /// What the room needs from the others.
    public record Needs(
            Database database,
            RuntimeDriver driver,
            Agent agent,
            Doorkeeper door,
            Templates templates,
            Tokens tokens,
            SandboxSettings settings,
            @Nullable String domain,
            String node,
            Supplier<byte[]> random,
            Clock clock) {}

    public Sandboxes(Needs needs) {
        this.needs = needs;
        this.store = new SandboxStore(needs.database);
        this.logs = new LogStore(needs.database);
        this.output = new OutputLog(logs, needs.settings, needs.clock);
        this.metrics = new MetricStore(needs.database);
        Machinery machinery =
                new Machinery(store, live, deadlines, needs.driver, needs.tokens, needs.settings, starts, needs.clock);
        this.lifecycle = new SandboxLifecycle(store, live, transitions, deadlines, machinery, needs.node, needs.clock);
        this.reconciliation = new Reconciliation(store, live, machinery, needs.driver, needs.node, needs.clock);
        this.running = new RunningSandboxes(live, lifecycle, needs.tokens, output);
    }

    /// Takes over what lives, then lets time run.
    public Mono<Void> start() {
        return Mono.defer(() -> {
            exits = new ExitLoop(needs.driver.exits(), live, lifecycle::vanish);
            return reconciliation.run().then(Mono.fromRunnable(() -> {
                expiry = new ExpiryLoop(deadlines, needs.clock, lifecycle::expire);
                measuring = new MetricsLoop(metrics, store, live, starts, needs.templates, needs.settings, needs.clock);
            }));
        });
    }

    /// Marks everything on this node as ended; for an orderly shutdown, after the driver ended it.
    public Mono<Void> ended() {
        return store.onNode(needs.node)
                .concatMap(row -> store.end(row, needs.clock.instant(), List.of(Event.STOPPED)))
                .then();
    }

    public RouterFunction<ServerResponse> routes() {
        SandboxWire wire = new SandboxWire(needs.tokens, needs.domain);
        return new ObserveRoutes(logs, metrics, needs.door, needs.clock)
                .routes()
                .and(new ListRoutes(new ListStore(needs.database), needs.templates, needs.door, wire).routes())
                .and(new SandboxRoutes(
                                lifecycle,
                                store,
                                needs.templates,
                                needs.door,
                                wire,
                                needs.settings,
                                needs.random,
                                needs.node,
                                needs.clock)
                        .routes())
                .and(new ExecRoutes(lifecycle, needs.agent, needs.door).routes())
                .and(new FileRoutes(lifecycle, needs.agent, needs.door).routes())
                .and(new OperatorRoutes(
                                lifecycle, store, live, starts, needs.driver, needs.door, needs.node, needs.clock)
                        .routes());
    }

    /// First answers given again; ahead of the routes.
    public WebFilter idempotency() {
        return new Idempotency(new IdempotencyStore(needs.database), needs.door, needs.clock);
    }

    public Running running() {
        return running;
    }

    public static Optional<Problem> problem(Throwable failure) {
        return Refusal.problem(failure);
    }

    @Override
    public void close() {
        if (expiry != null) {
            expiry.close();
        }
        if (measuring != null) {
            measuring.close();
        }
        if (exits != null) {
            exits.close();
        }
        transitions.close();
    }
}
