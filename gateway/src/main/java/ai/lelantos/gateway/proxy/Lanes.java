package ai.lelantos.gateway.proxy;

import ai.lelantos.gateway.sandbox.Route;
import ai.lelantos.gateway.sandbox.Running;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// What is in flight to every run of every sandbox, so that it can be counted, and torn down when the run ends.
final class Lanes {

    private final Running running;
    private final ConcurrentHashMap<Long, Lane> lanes = new ConcurrentHashMap<>();

    Lanes(Running running) {
        this.running = running;
    }

    /// Enters an exchange; null when the route holds as many as it may.
    @Nullable
    Lane enter(Route route, Exchange exchange) {
        Lane lane = lanes.computeIfAbsent(route.lifecycle(), _ -> new Lane(route));
        if (lane.open.incrementAndGet() > route.connectionsMax() && route.connectionsMax() >= 0) {
            lane.open.decrementAndGet();
            return null;
        }
        lane.exchanges.add(exchange);
        // A run that ended between the look-up and the line above has told everybody already: nobody would tell us.
        Route now = running.find(route.sandboxId());
        if (lane.ended || now == null || now.lifecycle() != route.lifecycle()) {
            end(route);
            exchange.lifecycleEnded();
        }
        return lane;
    }

    void leave(Lane lane, Exchange exchange) {
        if (lane.exchanges.remove(exchange)) {
            lane.open.decrementAndGet();
        }
    }

    /// Tears down all that is in flight to a run that is over.
    void end(Route route) {
        Lane lane = lanes.remove(route.lifecycle());
        if (lane != null) {
            lane.ended = true;
            lane.exchanges.forEach(Exchange::lifecycleEnded);
        }
    }

    int inFlight() {
        return lanes.values().stream().mapToInt(lane -> lane.open.get()).sum();
    }

    /// One run of one sandbox, and the exchanges with it.
    static final class Lane {

        private final Route route;
        private final AtomicInteger open = new AtomicInteger();
        private final Set<Exchange> exchanges = ConcurrentHashMap.newKeySet();
        private volatile boolean ended;

        private Lane(Route route) {
            this.route = route;
        }

        Route route() {
            return route;
        }

        boolean ended() {
            return ended;
        }
    }
}
