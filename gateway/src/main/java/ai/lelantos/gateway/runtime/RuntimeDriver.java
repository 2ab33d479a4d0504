package ai.lelantos.gateway.runtime;

import java.util.List;
import java.util.Set;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// One way to run machines. Everything is lazy: nothing happens before subscription, and a cancelled boot leaves
/// nothing behind.
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

    /// Prepares what machines share (network, cgroups, pools) and gives every machine that outlived an earlier gateway.
    Mono<List<Machine>> start();

    /// A machine whose agent answers; taken from a pool where one fits. The caller makes it a sandbox by the agent's
    /// `/init`.
    Mono<Machine> boot(MachineSpec spec);

    /// Boots again, from scratch, on the disk that [Machine#halt] kept; same machine id, nothing of its memory.
    Mono<Machine> reboot(String machineId, MachineSpec spec);

    /// Ends a machine that may or may not run, and forgets its disk. Completes also when there is no such machine.
    Mono<Void> discard(String machineId);

    /// Ends everything and leaves the host as it was found.
    Mono<Void> stop();

    /// Machines that ended without being asked to, as it happens.
    Flux<MachineExit> exits();
}
