package ai.lelantos.gateway.proxy;

import ai.lelantos.gateway.sandbox.Route;
import ai.lelantos.gateway.sandbox.Running;
import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// Sandboxes as a test says they are.
final class ScriptedRunning implements Running {

    private final Map<String, Route> routes = new ConcurrentHashMap<>();
    private final Sinks.Many<Route> ended = Sinks.many().multicast().directBestEffort();
    private final List<String> written = new CopyOnWriteArrayList<>();
    private final AtomicLong lifecycles = new AtomicLong();
    private volatile BiFunction<String, Credentials, Mono<Route>> waking =
            (_, _) -> Mono.error(new WakeRefused(Reason.NOT_FOUND, "The sandbox was not found"));

    Route starts(String id) {
        return starts(aRoute(id));
    }

    Route starts(Route route) {
        routes.put(route.sandboxId(), route);
        return route;
    }

    /// A plain route to the loopback interface; a new lifecycle each time.
    Route aRoute(String id) {
        return new Route(
                id, lifecycles.incrementAndGet(), InetAddress.getLoopbackAddress(), null, null, null, Set.of(), -1);
    }

    synchronized void ends(String id) {
        Route route = routes.remove(id);
        if (route != null) {
            ended.tryEmitNext(route).orThrow();
        }
    }

    void wakes(BiFunction<String, Credentials, Mono<Route>> waking) {
        this.waking = waking;
    }

    @Override
    public @Nullable Route find(String sandboxId) {
        return routes.get(sandboxId);
    }

    @Override
    public Collection<Route> all() {
        return routes.values();
    }

    @Override
    public Mono<Route> wake(String sandboxId, Credentials credentials) {
        return waking.apply(sandboxId, credentials);
    }

    @Override
    public Flux<Route> ended() {
        return ended.asFlux();
    }

    /// What sandboxes said: id, level, text and fields of each.
    List<String> written() {
        return List.copyOf(written);
    }

    @Override
    public Mono<Void> log(String sandboxId, List<Said> lines) {
        return Mono.fromRunnable(() -> lines.forEach(
                line -> written.add(sandboxId + " " + line.level() + " " + line.text() + " " + line.fields())));
    }
}
