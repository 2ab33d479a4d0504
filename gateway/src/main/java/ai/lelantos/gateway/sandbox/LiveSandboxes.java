package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.runtime.Machine;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/// What lives on this node, in memory: the machine of every sandbox, running or paused, and the route of every running
/// one. A read model of rows and machines, never the truth.
final class LiveSandboxes {

    private final Map<String, Machine> machines = new ConcurrentHashMap<>();
    private final Map<String, String> byMachine = new ConcurrentHashMap<>();
    private final Map<String, Entry> routes = new ConcurrentHashMap<>();
    private final Sinks.Many<Route> ended = Sinks.many().multicast().directBestEffort();

    /// A running sandbox.
    record Entry(Route route, Sandbox row, Machine machine) {}

    @Nullable
    Entry find(String id) {
        return routes.get(id);
    }

    Collection<Entry> all() {
        return List.copyOf(routes.values());
    }

    /// From now on traffic reaches it.
    void open(Sandbox row, Machine machine, Route route) {
        hold(row.id(), machine);
        routes.put(row.id(), new Entry(route, row, machine));
    }

    /// Keeps the machine of a sandbox, running or not.
    void hold(String id, Machine machine) {
        machines.put(id, machine);
        byMachine.put(machine.id(), id);
    }

    /// From now on no traffic reaches it, and what is under way is told so.
    void shut(String id) {
        Entry entry = routes.remove(id);
        if (entry != null) {
            synchronized (ended) {
                // Nobody listens, or somebody listens too slowly: both are theirs to mend.
                Sinks.EmitResult ignored = ended.tryEmitNext(entry.route);
                assert ignored != null;
            }
        }
    }

    /// Forgets the machine too.
    @CanIgnoreReturnValue
    @Nullable
    Machine drop(String id) {
        shut(id);
        Machine machine = machines.remove(id);
        if (machine != null) {
            byMachine.remove(machine.id(), id);
        }
        return machine;
    }

    @Nullable
    Machine machine(String id) {
        return machines.get(id);
    }

    @Nullable
    String sandboxOf(String machineId) {
        return byMachine.get(machineId);
    }

    int count() {
        return machines.size();
    }

    Flux<Route> ended() {
        return ended.asFlux();
    }
}
