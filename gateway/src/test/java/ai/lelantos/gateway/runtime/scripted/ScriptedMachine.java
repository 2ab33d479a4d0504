package ai.lelantos.gateway.runtime.scripted;

import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.MachineSpec;
import ai.lelantos.gateway.runtime.Usage;
import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// A machine that only remembers what was asked of it.
public final class ScriptedMachine implements Machine {

    /// Where it stands.
    public enum State {
        RUNNING,
        FROZEN,
        HALTED,
        DEAD
    }

    private final String id;
    private final InetAddress address;
    private final MachineSpec spec;
    private final AtomicReference<State> state = new AtomicReference<>(State.RUNNING);
    private final AtomicReference<Usage> usage;
    private final AtomicReference<Sinks.@Nullable One<Boolean>> gate = new AtomicReference<>();

    public ScriptedMachine(String id, InetAddress address, MachineSpec spec) {
        this.id = id;
        this.address = address;
        this.spec = spec;
        this.usage = new AtomicReference<>(new Usage(
                0, spec.cpuCount(), 20L << 20, (long) spec.memoryMb() << 20, 0, 0, (long) spec.diskMb() << 20, 2, 0));
    }

    public State state() {
        return state.get();
    }

    public MachineSpec spec() {
        return spec;
    }

    /// What [#usage] answers from now on.
    public void uses(Usage now) {
        usage.set(now);
    }

    /// A freeze waits from now on, until [#releaseFreeze].
    public void holdFreeze() {
        gate.compareAndSet(null, Sinks.one());
    }

    public void releaseFreeze() {
        Sinks.One<Boolean> held = gate.getAndSet(null);
        if (held != null) {
            held.emitValue(true, Sinks.EmitFailureHandler.FAIL_FAST);
        }
    }

    void become(State next) {
        state.set(next);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public InetAddress address() {
        return address;
    }

    @Override
    public Mono<Void> introduce(byte[] identity) {
        return Mono.empty();
    }

    @Override
    public boolean frozen() {
        return state.get() == State.FROZEN;
    }

    @Override
    public Mono<Void> freeze() {
        return Mono.defer(() -> {
            Sinks.One<Boolean> held = gate.get();
            Mono<Boolean> open = held == null ? Mono.just(true) : held.asMono();
            return open.doOnNext(go -> state.compareAndSet(State.RUNNING, State.FROZEN))
                    .then();
        });
    }

    @Override
    public Mono<Void> thaw() {
        return Mono.fromRunnable(() -> state.compareAndSet(State.FROZEN, State.RUNNING));
    }

    @Override
    public Mono<Void> halt() {
        return Mono.fromRunnable(() -> state.updateAndGet(now -> now == State.DEAD ? State.DEAD : State.HALTED));
    }

    @Override
    public Mono<Void> kill() {
        return Mono.fromRunnable(() -> state.set(State.DEAD));
    }

    @Override
    public Mono<Usage> usage() {
        return Mono.fromSupplier(usage::get);
    }
}
