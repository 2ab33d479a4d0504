package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import reactor.core.publisher.Mono;

/// The gateway's end of an agent's line to its host: a socket in the machine's directory that only root may connect to
/// and that nothing inside can name; `cell.c` makes it the agent's standard input.
final class HostLine {

    private static final String NAME = "host";

    /// What the kernel takes as a socket's path, bytes.
    private static final int PATH_BYTES_MAX = 107;

    private static final Duration ANSWER_MAX = Duration.ofSeconds(15);

    /// A status and a sentence, bytes; what comes after is not read.
    private static final int ANSWER_BYTES_MAX = 4 << 10;

    private HostLine() {}

    /// Refuses a home in which no machine's line could be reached.
    static void check(Instance instance) {
        Path longest = instance.machine("x".repeat(ContainerDriver.ID_LENGTH)).resolve(NAME);
        int over = longest.toString().getBytes(StandardCharsets.UTF_8).length - PATH_BYTES_MAX;
        if (over > 0) {
            throw new RuntimeRefused(
                    Reason.HOST,
                    "the path of the home is " + over + " bytes too long for the sockets in it: " + instance.home()
                            + "; set LELANTOS_HOME to a shorter one");
        }
    }

    /// Says one line and waits for the agent's "204"; any other answer fails with what it was. A plain socket on a
    /// worker: it is one line each way.
    static Mono<Void> say(Ground ground, String machine, byte[] line) {
        Path path = ground.instance().machine(machine).resolve(NAME);
        return Mono.fromCallable(() -> exchange(path, line))
                .subscribeOn(ground.workers())
                .timeout(ANSWER_MAX) // interrupts the worker, which closes its socket
                .onErrorMap(failure -> refused(machine, "did not answer its host: " + failure.getMessage()))
                .flatMap(answer -> answer.startsWith("204")
                        ? Mono.<Void>empty()
                        : Mono.error(refused(machine, "answered its host: " + answer.strip())));
    }

    private static String exchange(Path path, byte[] line) throws IOException {
        try (var host = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            var _ = host.connect(UnixDomainSocketAddress.of(path));
            ByteBuffer said = ByteBuffer.wrap(line);
            while (said.hasRemaining()) {
                var _ = host.write(said);
            }
            ByteBuffer answer = ByteBuffer.allocate(ANSWER_BYTES_MAX);
            while (answer.hasRemaining() && host.read(answer) >= 0) {}
            return new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
        }
    }

    private static RuntimeRefused refused(String machine, String what) {
        return new RuntimeRefused(Reason.BOOT_FAILED, "the agent of machine " + machine + " " + what);
    }
}
