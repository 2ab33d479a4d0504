package ai.lelantos.gateway.runtime;

import java.net.InetAddress;
import reactor.core.publisher.Mono;

/// One running (or frozen) machine. Its verbs may be repeated; a repeated verb does nothing more.
public interface Machine {

    /// The driver's own name for it: `[a-z0-9]+`, kept in the sandbox's row.
    String id();

    /// Where its ports are reached from the gateway.
    InetAddress address();

    /// Tells its agent whose it is from now on; asked once, between boot and the first client.
    ///
    /// @param identity one line: the JSON body of the agent's `/init`
    Mono<Void> introduce(byte[] identity);

    boolean frozen();

    /// Stops every process where it stands; memory stays.
    Mono<Void> freeze();

    Mono<Void> thaw();

    /// Ends every process and keeps the disk for [RuntimeDriver#reboot].
    Mono<Void> halt();

    /// Ends every process at once and gives everything back; complete when nothing of it answers, cleaning may go on
    /// behind.
    Mono<Void> kill();

    Mono<Usage> usage();
}
