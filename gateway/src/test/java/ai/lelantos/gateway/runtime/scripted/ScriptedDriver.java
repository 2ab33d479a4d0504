package ai.lelantos.gateway.runtime.scripted;

import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.MachineExit;
import ai.lelantos.gateway.runtime.MachineSpec;
import ai.lelantos.gateway.runtime.PoolState;
import ai.lelantos.gateway.runtime.RuntimeDriver;
import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// A driver that follows a script: it boots at once or when released, refuses what it was told to refuse, and its
/// machines die on demand. Every machine lives at one address (loopback unless told), where a test may serve an agent.
public final class ScriptedDriver implements RuntimeDriver {

    /// Exits nobody has taken yet; a test that makes more of them than this has lost count.
    private static final int EXITS_MAX = 1_024;

    private final InetAddress address;
    private final Map<String, ScriptedMachine> machines = new ConcurrentHashMap<>();
    private final Queue<RuntimeRefused> refusals = new ConcurrentLinkedQueue<>();
    private final Queue<ScriptedMachine> survivors = new ConcurrentLinkedQueue<>();
    private final AtomicReference<Sinks.@Nullable One<Boolean>> gate = new AtomicReference<>();
    private final AtomicInteger ids = new AtomicInteger();
    private final AtomicInteger booting = new AtomicInteger();
    private final Sinks.Many<MachineExit> exits = Sinks.many().multicast().onBackpressureBuffer(EXITS_MAX, false);

    public ScriptedDriver() {
        this(InetAddress.getLoopbackAddress());
    }

    public ScriptedDriver(InetAddress address) {
        this.address = address;
    }

    // ---- the script

    /// Boots wait from now on, until [#releaseBoots].
    public void holdBoots() {
        gate.compareAndSet(null, Sinks.one());
    }

    /// Lets every waiting boot finish, and the next ones at once.
    public void releaseBoots() {
        Sinks.One<Boolean> held = gate.getAndSet(null);
        if (held != null) {
            held.emitValue(true, Sinks.EmitFailureHandler.FAIL_FAST);
        }
    }

    /// The next boot or reboot that is not refused yet fails so; one call, one refusal.
    public void refuseNext(Reason reason, String message) {
        refusals.add(new RuntimeRefused(reason, message));
    }

    /// A machine that [#start] will report as having outlived an earlier gateway.
    public ScriptedMachine survivor(String id, MachineSpec spec) {
        ScriptedMachine machine = new ScriptedMachine(id, address, spec);
        survivors.add(machine);
        return machine;
    }

    /// A driver as the next gateway would have it: what lives here, it finds.
    public ScriptedDriver successor() {
        ScriptedDriver next = new ScriptedDriver(address);
        next.ids.set(ids.get());
        machines.values().stream()
                .filter(each -> each.state() != ScriptedMachine.State.DEAD)
                .forEach(next::inherit);
        return next;
    }

    /// A halted machine is only its disk: it is there, but [#start] does not report it.
    private void inherit(ScriptedMachine machine) {
        if (machine.state() == ScriptedMachine.State.HALTED) {
            machines.put(machine.id(), machine);
        } else {
            survivors.add(machine);
        }
    }

    /// Ends a machine as if it had crashed.
    public void die(String machineId, String reason, boolean outOfMemory) {
        ScriptedMachine machine = machines.get(machineId);
        if (machine == null) {
            throw new IllegalArgumentException("no machine " + machineId);
        }
        machine.become(ScriptedMachine.State.DEAD);
        exits.emitNext(new MachineExit(machineId, reason, outOfMemory), Sinks.EmitFailureHandler.FAIL_FAST);
    }

    /// Every machine there ever was, in no order, dead ones too unless discarded.
    public List<ScriptedMachine> machines() {
        return List.copyOf(machines.values());
    }

    /// Those neither dead nor halted.
    public List<ScriptedMachine> living() {
        return machines.values().stream()
                .filter(each -> each.state() == ScriptedMachine.State.RUNNING || each.frozen())
                .toList();
    }

    /// Boots asked for and not answered yet.
    public int booting() {
        return booting.get();
    }

    // ---- the driver

    @Override
    public String name() {
        return "scripted";
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of();
    }

    @Override
    public Mono<String> selfTest() {
        return Mono.just("scripted: no machines, for tests only");
    }

    @Override
    public Mono<List<Machine>> start() {
        return Mono.fromSupplier(() -> {
            List<Machine> found = new ArrayList<>();
            for (ScriptedMachine each = survivors.poll(); each != null; each = survivors.poll()) {
                machines.put(each.id(), each);
                found.add(each);
            }
            return found;
        });
    }

    @Override
    public InetSocketAddress hostService() {
        return new InetSocketAddress(address, 0);
    }

    @Override
    public Mono<Void> warm(MachineSpec spec) {
        return Mono.empty();
    }

    @Override
    public Mono<Machine> boot(MachineSpec spec) {
        return Mono.defer(() -> booted("scripted" + ids.incrementAndGet(), spec));
    }

    @Override
    public Mono<Machine> reboot(String machineId, MachineSpec spec) {
        return Mono.defer(() -> {
            ScriptedMachine kept = machines.get(machineId);
            if (kept == null || kept.state() != ScriptedMachine.State.HALTED) {
                return Mono.error(new RuntimeRefused(Reason.NO_MACHINE, "nothing was kept of machine " + machineId));
            }
            return booted(machineId, spec);
        });
    }

    private Mono<Machine> booted(String id, MachineSpec spec) {
        RuntimeRefused refusal = refusals.poll();
        if (refusal != null) {
            return Mono.error(refusal);
        }
        booting.incrementAndGet();
        Sinks.One<Boolean> held = gate.get();
        Mono<Boolean> open = held == null ? Mono.just(true) : held.asMono();
        return open.map(released -> {
                    ScriptedMachine machine = new ScriptedMachine(id, address, spec);
                    machines.put(id, machine);
                    return (Machine) machine;
                })
                .doFinally(signal -> booting.decrementAndGet());
    }

    @Override
    public Mono<Void> discard(String machineId) {
        return Mono.fromRunnable(() -> {
            ScriptedMachine gone = machines.remove(machineId);
            if (gone != null) {
                gone.become(ScriptedMachine.State.DEAD);
            }
        });
    }

    @Override
    public Mono<Void> stop() {
        return Mono.fromRunnable(() -> machines.values().forEach(each -> each.become(ScriptedMachine.State.DEAD)));
    }

    @Override
    public Flux<MachineExit> exits() {
        return exits.asFlux();
    }

    @Override
    public List<PoolState> pools() {
        return List.of();
    }
}
