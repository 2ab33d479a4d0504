package ai.lelantos.gateway.runtime;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// One way to run machines. Everything is lazy: nothing happens before subscription, and a cancelled boot leaves
/// nothing behind. What it refuses fails with a [RuntimeRefused].
public interface RuntimeDriver {

    /// What a driver may be able to do beyond boot, freeze and kill; asked instead of `instanceof`.
    enum Capability {
        /// A pause that survives the end of this machine's processes and of the host.
        DURABLE_PAUSE,
        SNAPSHOT_WHILE_RUNNING,
        FORK,
        /// The guest does not share the host's kernel.
        STRONG_ISOLATION
    }

    String name();

    Set<Capability> capabilities();

    /// Boots one, lets it try to get out, kills it; answers with one line for the log and for `doctor`. To be called
    /// before [#start] and never besides it.
    Mono<String> selfTest();

    /// Prepares what machines share (network, cgroups, pools) and gives every machine that outlived an earlier gateway.
    Mono<List<Machine>> start();

    /// Where the gateway must listen for what sandboxes ask of `http://192.0.2.1`: an address of this host that nothing
    /// else reaches. The peer's address of a connection is its machine's [Machine#address]. Valid after [#start].
    InetSocketAddress hostService();

    /// Begins to keep machines like this one booted ahead; a hint, repeated by every [#boot].
    Mono<Void> warm(MachineSpec spec);

    /// A machine whose agent answers; taken from a pool where one fits. The caller makes it a sandbox by
    /// [Machine#introduce].
    Mono<Machine> boot(MachineSpec spec);

    /// Boots again, from scratch, on the disk that [Machine#halt] kept; same machine id, nothing of its memory, maybe
    /// another address.
    Mono<Machine> reboot(String machineId, MachineSpec spec);

    /// Ends a machine that may or may not run, and forgets its disk. Completes also when there is no such machine.
    Mono<Void> discard(String machineId);

    /// Ends everything and leaves the host as it was found.
    Mono<Void> stop();

    /// Machines that ended without being asked to, as it happens. Nothing is kept for who subscribes late.
    Flux<MachineExit> exits();

    /// What is kept ready, for `/metrics`.
    List<PoolState> pools();
}
