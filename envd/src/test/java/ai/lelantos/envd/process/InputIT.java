package ai.lelantos.envd.process;

import static ai.lelantos.envd.process.Failures.error;
import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.AgentClient;
import ai.lelantos.envd.testing.RealAgent;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.ConnectError;
import ai.lelantos.protocol.process.ProcessInput;
import ai.lelantos.protocol.process.ProcessSelector;
import ai.lelantos.protocol.process.StreamInputRequest;
import ai.lelantos.protocol.process.StreamInputResponse;
import com.google.protobuf.ByteString;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Input as a stream, what is wrong with input, and the control groups commands are born in.
@Timeout(60)
class InputIT {

    private static final Path UNIFIED = Path.of("/sys/fs/cgroup/unified");

    private static RealAgent agent;
    private static Shell root;

    @BeforeAll
    static void startAgent() {
        agent = RealAgent.start();
        root = new Shell(new AgentClient(agent.uri()));
    }

    @AfterAll
    static void stopAgent() {
        agent.close();
    }

    @Test
    void aStreamOfInputArrivesInOrderAndLeavesStdinOpen() {
        try (Attached cat = root.start(Shell.command("cat"))) {
            stream(begin(Shell.pid(cat.pid())), data("one "), keepalive(), data("two "), data(""));
            root.stdin(cat.pid(), ByteString.copyFromUtf8("three"));
            root.closeStdin(cat.pid());
            assertThat(cat.finish().getExitCode()).isZero();
            assertThat(cat.stdout()).isEqualTo("one two three");
        }
    }

    @Test
    void aStreamThatDoesNotBeginWithItsStartIsRefused() {
        assertThat(Failures.of(() -> stream(data("lost"))))
                .isEqualTo(error(Code.INVALID_ARGUMENT, "the first message of the stream must be its start"));
        assertThat(Failures.of(() -> stream(begin(Shell.pid(999_999)))))
                .isEqualTo(error(Code.NOT_FOUND, "process with pid 999999 not found"));
        assertThat(Failures.of(() -> stream(StreamInputRequest.getDefaultInstance()))
                        .code())
                .isEqualTo(Code.UNIMPLEMENTED);
    }

    @Test
    void inputThatIsNeitherKindIsUnimplemented() {
        try (Attached cat = root.start(Shell.command("cat"))) {
            assertThat(Failures.of(() -> root.input(Shell.pid(cat.pid()), ProcessInput.getDefaultInstance()))
                            .code())
                    .isEqualTo(Code.UNIMPLEMENTED);
            root.kill(cat.pid());
        }
    }

    @Test
    void writingToOneThatClosedItsInputIsAnInternalError() {
        try (Attached deaf = root.start(Shell.command("sh", "-c", "exec 0<&-; echo deaf; sleep 60"))) {
            deaf.awaitText("deaf");
            assertThat(Failures.of(() -> root.stdin(deaf.pid(), ByteString.copyFromUtf8("x"))))
                    .isEqualTo(error(Code.INTERNAL, "error writing to stdin: write: broken pipe"));
            root.kill(deaf.pid());
        }
    }

    @Test
    void inputWaitsForItsReaderWithoutHoldingUpOthers() {
        try (Attached sleeper = root.start(Shell.command("sh", "-c", "head -c 1; echo begun; sleep 60"))) {
            var failure = new CompletableFuture<ConnectError>();
            Thread.startVirtualThread(() -> failure.complete(
                    Failures.of(() -> root.stdin(sleeper.pid(), ByteString.copyFrom(new byte[4 << 20])))));
            sleeper.awaitText("begun");
            try (Attached other = root.start(Shell.command("echo", "not held up"))) {
                assertThat(other.finish().getExitCode()).isZero();
            }
            assertThat(failure).isNotDone();
            root.kill(sleeper.pid());
            assertThat(failure.join().code()).isEqualTo(Code.INTERNAL);
        }
    }

    @Test
    void commandsAreBornInTheirControlGroup() throws Exception {
        Path parent = Files.exists(UNIFIED.resolve("cgroup.procs")) ? UNIFIED : Path.of("/sys/fs/cgroup");
        org.junit.jupiter.api.Assumptions.assumeTrue(
                Files.exists(parent.resolve("cgroup.controllers")), "no version 2 control groups on this machine");
        Path group = Files.createDirectory(
                parent.resolve("lelantos-it-" + ProcessHandle.current().pid()));
        try {
            try (RealAgent grouped = RealAgent.with().ownCgroup(group).start()) {
                Shell shell = new Shell(new AgentClient(grouped.uri()));
                assertThat(own(shell.start(Shell.command("cat", "/proc/self/cgroup"))))
                        .endsWith("/user");
                assertThat(own(shell.start(Shell.terminal(80, 24, "cat", "/proc/self/cgroup"))))
                        .endsWith("/ptys");
                assertThat(own(shell.start(
                                Shell.command("cat", "/proc/self/cgroup").setTag("_system"))))
                        .endsWith("/envd");
            }
        } finally {
            for (String child : List.of("user", "ptys", "socats", "envd", "")) {
                agent.removeCgroup(group.resolve(child));
            }
        }
    }

    private static String own(Attached command) {
        try (command) {
            command.finish();
            return (command.stdout() + command.terminal())
                    .lines()
                    .filter(line -> line.startsWith("0::"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static void stream(StreamInputRequest... requests) {
        var answer = root.client()
                .clientStream(
                        "/process.Process/StreamInput", List.of(requests), StreamInputResponse.getDefaultInstance());
        assertThat(answer).isEqualTo(StreamInputResponse.getDefaultInstance());
    }

    private static StreamInputRequest begin(ProcessSelector selector) {
        return StreamInputRequest.newBuilder()
                .setStart(StreamInputRequest.StartEvent.newBuilder().setProcess(selector))
                .build();
    }

    private static StreamInputRequest data(String text) {
        return StreamInputRequest.newBuilder()
                .setData(StreamInputRequest.DataEvent.newBuilder()
                        .setInput(ProcessInput.newBuilder().setStdin(ByteString.copyFromUtf8(text))))
                .build();
    }

    private static StreamInputRequest keepalive() {
        return StreamInputRequest.newBuilder()
                .setKeepalive(StreamInputRequest.KeepAlive.getDefaultInstance())
                .build();
    }
}
