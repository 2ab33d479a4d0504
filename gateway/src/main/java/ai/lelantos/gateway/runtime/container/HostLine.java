package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import reactor.core.publisher.Mono;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.tcp.TcpClient;

/// The gateway's end of an agent's line to its host: a socket in the machine's directory that only root may connect to
/// and that nothing inside can name; `cell.c` makes it the agent's standard input.
final class HostLine {

    private static final String NAME = "host";

    /// What the kernel takes as a socket's path, bytes.
    private static final int PATH_BYTES_MAX = 107;

    private static final Duration ANSWER_MAX = Duration.ofSeconds(15);

    /// Reads that an answer of one short line may take.
    private static final int ANSWER_PIECES_MAX = 16;

    private static final TcpClient CLIENT = TcpClient.create(ConnectionProvider.newConnection());

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

    /// Says one line and waits for the agent's "204"; any other answer fails with what it was.
    static Mono<Void> say(String machine, Path directory, byte[] line) {
        var address = new DomainSocketAddress(directory.resolve(NAME).toString());
        return CLIENT.remoteAddress(() -> address)
                .connect()
                .flatMap(connection -> connection
                        .outbound()
                        .sendByteArray(Mono.just(line))
                        .then()
                        .then(connection
                                .inbound()
                                .receive()
                                .asString(StandardCharsets.UTF_8)
                                .take(ANSWER_PIECES_MAX)
                                .reduce("", String::concat))
                        .doFinally(signal -> connection.dispose()))
                .timeout(ANSWER_MAX)
                .onErrorMap(failure -> refused(machine, "did not answer its host: " + failure.getMessage()))
                .flatMap(answer -> answer.startsWith("204")
                        ? Mono.<Void>empty()
                        : Mono.error(refused(machine, "answered its host: " + answer.strip())));
    }

    private static RuntimeRefused refused(String machine, String what) {
        return new RuntimeRefused(Reason.BOOT_FAILED, "the agent of machine " + machine + " " + what);
    }
}
