package ai.lelantos.envd.process;

import static ai.lelantos.envd.process.Failures.error;
import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.AgentClient;
import ai.lelantos.envd.testing.RealAgent;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.process.ProcessEvent;
import ai.lelantos.protocol.process.ProcessInfo;
import ai.lelantos.protocol.process.ProcessSelector;
import ai.lelantos.protocol.process.StartRequest;
import com.google.protobuf.ByteString;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Commands over pipes: what a client of the contract relies on, against the real agent.
class CommandsIT extends WithAgent {

    @Test
    void outputArrivesAsItWasPrinted() {
        try (Attached command = user.run("echo \"X\"")) {
            ProcessEvent.EndEvent end = command.finish();
            assertThat(command.stdout()).isEqualTo("X\n");
            assertThat(command.stderr()).isEmpty();
            assertThat(end)
                    .isEqualTo(ProcessEvent.EndEvent.newBuilder()
                            .setExited(true)
                            .setStatus("exit status 0")
                            .build());
        }
    }

    @Test
    void specialCharactersAndNewlinesAreUnchanged() {
        String text = "!@#$%^&*()_+ 'quoted' \"doubly\"\nsecond line\n\tgrüß 你好";
        assertThat(stdout(user, Shell.command("printf", "%s", text))).isEqualTo(text);
    }

    @Test
    void standardErrorIsAStreamOfItsOwn() {
        try (Attached command = user.run("echo out; echo err >&2; exit 3")) {
            ProcessEvent.EndEvent end = command.finish();
            assertThat(command.stdout()).isEqualTo("out\n");
            assertThat(command.stderr()).isEqualTo("err\n");
            assertThat(end.getExitCode()).isEqualTo(3);
            assertThat(end.getStatus()).isEqualTo("exit status 3");
            assertThat(end.getError()).isEqualTo("exit status 3");
        }
    }

    @Test
    void brokenUtf8AtTheEndOfAChunkIsNotLost() {
        try (Attached command = user.run("head -c 8191 /dev/zero | tr '\\0' 'a'; printf '\\342'")) {
            assertThat(command.finish().getExitCode()).isZero();
            assertThat(command.stdoutBytes().size()).isEqualTo(8192);
            assertThat(command.stdoutBytes().byteAt(8191)).isEqualTo((byte) 0xE2);
            assertThat(command.stdout()).endsWith("a\uFFFD");
        }
    }

    @Test
    void noChunkIsLargerThan32KiB() {
        try (Attached command = user.run("head -c 1000000 /dev/zero")) {
            for (var event = command.next(); event.isPresent(); event = command.next()) {
                assertThat(event.get().getData().getStdout().size()).isLessThanOrEqualTo(32 << 10);
            }
            assertThat(command.stdoutBytes().size()).isEqualTo(1_000_000);
        }
    }

    @Test
    void aCommandOverItsTimeoutEndsWithDeadlineExceeded() {
        long before = System.nanoTime();
        try (Attached command = user.timeout(Duration.ofSeconds(1)).run("sleep 10")) {
            assertThat(Failures.of(command::finish).code()).isEqualTo(Code.DEADLINE_EXCEEDED);
        }
        assertThat(Duration.ofNanos(System.nanoTime() - before))
                .isBetween(Duration.ofMillis(900), Duration.ofSeconds(6));
        assertThat(root.list()).isEmpty();
    }

    @Test
    void otherListenersSeeTheTimeoutAsAKill() {
        try (Attached command = user.timeout(Duration.ofSeconds(1)).start(Shell.command("sleep", "10"));
                Attached other = root.connect(command.pid())) {
            ProcessEvent.EndEvent end = other.finish();
            assertThat(end.getExitCode()).isEqualTo(-1);
            assertThat(end.getExited()).isFalse();
            assertThat(end.getStatus()).isEqualTo("signal: killed");
            assertThat(end.getError()).isEqualTo("signal: killed");
        }
    }

    @Test
    void theDeadlineBelongsToTheProcessNotToTheClient() {
        Attached command = user.timeout(Duration.ofSeconds(1)).start(Shell.command("sleep", "10"));
        try (Attached other = root.connect(command.pid())) {
            command.close();
            assertThat(other.finish().getError()).isEqualTo("signal: killed");
        }
    }

    @Test
    void theTimeoutOfAnAttachedClientIsItsOwn() {
        try (Attached command = user.start(Shell.command("sleep", "20"))) {
            try (Attached other = root.timeout(Duration.ofMillis(300)).connect(command.pid())) {
                assertThat(Failures.of(other::finish).code()).isEqualTo(Code.DEADLINE_EXCEEDED);
            }
            assertThat(root.list()).hasSize(1);
        }
    }

    @Test
    void aTimeoutOfZeroIsNone() {
        try (Attached command = user.header("Connect-Timeout-Ms", "0").run("echo still here")) {
            assertThat(command.finish().getExitCode()).isZero();
        }
    }

    @Test
    void aMalformedTimeoutIsRefused() {
        assertThat(Failures.of(() -> user.header("Connect-Timeout-Ms", "soon").run("true"))
                        .code())
                .isEqualTo(Code.INVALID_ARGUMENT);
    }

    @Test
    void aSilentCommandShowsSignsOfLife() {
        Shell pinging = user.header("Keepalive-Ping-Interval", "1");
        try (Attached command = pinging.run("sleep 2.5; echo done")) {
            assertThat(command.finish().getExitCode()).isZero();
            assertThat(command.keepalives()).isEqualTo(2);
        }
    }

    @Test
    void outputRestartsTheKeepaliveTimer() {
        Shell pinging = user.header("Keepalive-Ping-Interval", "1");
        try (Attached command = pinging.run("for i in 1 2 3 4; do sleep 0.5; echo $i; done")) {
            assertThat(command.finish().getExitCode()).isZero();
            assertThat(command.keepalives()).isZero();
        }
    }

    @Test
    void aKilledProcessIsGoneForTheNextCommand() {
        try (Attached command = user.start(Shell.command("sleep", "100"))) {
            root.kill(command.pid());
            try (Attached probe = root.start(Shell.command("/bin/kill", "-0", Integer.toString(command.pid())))) {
                assertThat(probe.finish().getExitCode()).isNotZero();
            }
            assertThat(command.finish().getError()).isEqualTo("signal: killed");
        }
    }

    @Test
    void aPidNobodyHasIsNotFound() {
        var missing = error(Code.NOT_FOUND, "process with pid 999999 not found");
        assertThat(Failures.of(() -> root.kill(999_999))).isEqualTo(missing);
        assertThat(Failures.of(() -> root.connect(999_999))).isEqualTo(missing);
        assertThat(Failures.of(() -> root.stdin(999_999, ByteString.EMPTY))).isEqualTo(missing);
        assertThat(Failures.of(() -> root.closeStdin(999_999))).isEqualTo(missing);
        assertThat(Failures.of(() -> root.resize(999_999, 1, 1))).isEqualTo(missing);
        assertThat(Failures.of(() -> root.connect(Shell.tag("nobody"))))
                .isEqualTo(error(Code.NOT_FOUND, "process with tag nobody not found"));
    }

    @Test
    void aSelectorThatSelectsNothingIsUnimplemented() {
        var empty = ProcessSelector.getDefaultInstance();
        assertThat(Failures.of(() -> root.connect(empty)).code()).isEqualTo(Code.UNIMPLEMENTED);
        assertThat(Failures.of(() -> root.signal(empty, 9)).message()).startsWith("invalid input type");
    }

    @Test
    void theListHoldsWhatWasStartedAsItWasAskedFor() {
        StartRequest request = Shell.command("sleep", "100").setTag("first").build();
        StartRequest asked = request.toBuilder()
                .setProcess(request.getProcess().toBuilder().putEnvs("A", "1").setCwd("~/"))
                .build();
        try (Attached first = user.start(asked.toBuilder());
                Attached second = user.start(Shell.command("sleep", "100"))) {
            assertThat(root.list())
                    .containsExactlyInAnyOrder(
                            ProcessInfo.newBuilder()
                                    .setConfig(asked.getProcess())
                                    .setPid(first.pid())
                                    .setTag("first")
                                    .build(),
                            ProcessInfo.newBuilder()
                                    .setConfig(Shell.command("sleep", "100").getProcess())
                                    .setPid(second.pid())
                                    .build());
            root.kill(first.pid());
            root.kill(second.pid());
            assertThat(root.list()).isEmpty();
        }
    }

    @Test
    void theNewestProcessAnswersToASharedTag() {
        try (Attached older = user.start(Shell.command("sleep", "100").setTag("shared"));
                Attached newer = user.start(Shell.command("sleep", "100").setTag("shared"));
                Attached found = root.connect(Shell.tag("shared"))) {
            assertThat(found.pid()).isEqualTo(newer.pid()).isNotEqualTo(older.pid());
            root.kill(newer.pid());
            try (Attached left = root.connect(Shell.tag("shared"))) {
                assertThat(left.pid()).isEqualTo(older.pid());
            }
        }
    }

    @Test
    void aCommandThatIsNotThereStartsAndExitsWith127() {
        try (Attached command = user.start(Shell.command("no-such-command", "x"))) {
            assertThat(command.finish().getExitCode()).isEqualTo(127);
            assertThat(command.stderr()).isEqualTo("no-such-command: not found\n");
        }
        try (Attached command = user.run("no-such-command")) {
            assertThat(command.finish().getExitCode()).isEqualTo(127);
        }
    }

    @Test
    void aFileThatMayNotRunExitsWith126() {
        try (Attached command = user.start(Shell.command("/etc/passwd"))) {
            assertThat(command.finish().getExitCode()).isEqualTo(126);
        }
    }

    @Test
    void theCommandIsFoundInTheRequestsPath() {
        StartRequest.Builder request = Shell.command("tool");
        request.getProcessBuilder().putEnvs("PATH", "/home/user/bin:/bin");
        try (Attached setUp =
                user.run("mkdir -p ~/bin; printf '#!/bin/sh\\necho found\\n' > ~/bin/tool; chmod +x ~/bin/tool")) {
            assertThat(setUp.finish().getExitCode()).isZero();
        }
        assertThat(stdout(user, request)).isEqualTo("found\n");
    }

    @Test
    void aMissingDirectoryIsAnErrorOfTheStart() {
        assertThat(Failures.of(() -> user.start(in("/no/such/place", "pwd"))))
                .isEqualTo(error(Code.INVALID_ARGUMENT, "cwd '/no/such/place' does not exist"));
    }

    @Test
    void aDirectoryTheUserMayNotEnterIsAnErrorOfTheStart() {
        assertThat(Failures.of(() -> user.start(in("/root", "pwd"))))
                .isEqualTo(
                        error(Code.INVALID_ARGUMENT, "error starting process 'pwd': chdir /root: permission denied"));
        assertThat(stdout(root, in("/root", "pwd"))).isEqualTo("/root\n");
    }

    @Test
    void aTerminalThatCannotStartSaysWhatItWouldHaveBeen() {
        StartRequest.Builder request = in("/root", "sh").setPty(Shell.size(80, 24));
        assertThat(Failures.of(() -> user.start(request)).message())
                .isEqualTo("error starting pty with command 'sh' in dir '/root' with '80' cols and '24' rows: "
                        + "chdir /root: permission denied");
    }

    @Test
    void directoriesAreExpandedAsPathsAre() {
        assertThat(stdout(user, Shell.command("pwd"))).isEqualTo("/home/user\n");
        assertThat(stdout(root, Shell.command("pwd"))).isEqualTo("/root\n");
        assertThat(stdout(user, Shell.command("mkdir", "-p", "sub/below"))).isEmpty();
        assertThat(stdout(user, in("~/sub", "pwd"))).isEqualTo("/home/user/sub\n");
        assertThat(stdout(user, in("sub/./below", "pwd"))).isEqualTo("/home/user/sub/below\n");
        assertThat(Failures.of(() -> user.start(in("~root", "pwd"))).message())
                .contains("cannot expand user-specific home dir");
    }

    @Test
    void usersAreWhoTheySayTheyAre() {
        assertThat(stdout(user, Shell.command("id")))
                .isEqualTo("uid=1000(user) gid=1000(user) groups=1000(user),27(sudo)\n");
        assertThat(stdout(root, Shell.command("whoami"))).isEqualTo("root\n");
        assertThat(Failures.of(() -> root.as("nobody-knows").run("true")))
                .isEqualTo(error(Code.UNAUTHENTICATED, "invalid username: 'nobody-knows'"));
    }

    @Test
    void theEnvironmentIsTheContractsAndNothingElse() {
        StartRequest.Builder request = Shell.command("env");
        request.getProcessBuilder().putEnvs("E2B_SANDBOX", "overridden").putEnvs("MINE", "a=b c");
        var seen = new ArrayList<>(stdout(user, request).lines().toList());
        assertThat(seen)
                .containsExactlyInAnyOrder(
                        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                        "HOME=/home/user",
                        "USER=user",
                        "LOGNAME=user",
                        "E2B_SANDBOX=overridden",
                        "MINE=a=b c");
        assertThat(stdout(user, Shell.command("env")))
                .contains("E2B_SANDBOX=true\n")
                .doesNotContain("MINE");
    }

    @Test
    void aLoginShellIsSilent() {
        try (Attached command = user.run("true")) {
            assertThat(command.finish().getExitCode()).isZero();
            assertThat(command.stdout() + command.stderr()).isEmpty();
        }
    }

    @Test
    void catEchoesWhateverIsWrittenToItUntilInputIsClosed() {
        try (Attached cat = user.start(Shell.command("cat"))) {
            var all = ByteString.copyFromUtf8("text\nline 2\n!@#$%^&*()_+\n")
                    .concat(ByteString.copyFrom(new byte[] {0, -1, -30}));
            root.stdin(cat.pid(), all.substring(0, 5));
            root.stdin(cat.pid(), ByteString.EMPTY);
            root.stdin(cat.pid(), all.substring(5));
            root.closeStdin(cat.pid());
            assertThat(cat.finish().getExitCode()).isZero();
            assertThat(cat.stdoutBytes()).isEqualTo(all);
        }
    }

    @Test
    void closingInputTwiceIsNoError() {
        try (Attached command = user.runWithInput("cat; sleep 100")) {
            root.closeStdin(command.pid());
            root.closeStdin(command.pid());
            assertThat(Failures.of(() -> root.stdin(command.pid(), ByteString.copyFromUtf8("late")))
                            .code())
                    .isEqualTo(Code.INTERNAL);
        }
    }

    @Test
    void withoutInputAReadSeesTheEnd() {
        try (Attached command = user.run("read -r -p 'name? ' name")) {
            assertThat(command.finish().getExitCode()).isEqualTo(1);
        }
        try (Attached command = user.start(Shell.command("sleep", "100").setStdin(false))) {
            assertThat(Failures.of(() -> root.stdin(command.pid(), ByteString.copyFromUtf8("x"))))
                    .isEqualTo(error(Code.INTERNAL, "error writing to stdin: stdin not enabled or closed"));
            root.closeStdin(command.pid());
        }
    }

    @Test
    void whatHasEndedTakesNoInput() {
        try (Attached command = user.start(Shell.command("true"))) {
            assertThat(command.finish().getExitCode()).isZero();
            assertThat(Failures.of(() -> root.stdin(command.pid(), ByteString.copyFromUtf8("x")))
                            .code())
                    .isEqualTo(Code.NOT_FOUND);
        }
    }

    @Test
    void onlyTwoSignalsCanBeSent() {
        try (Attached command = user.start(Shell.command("sleep", "100"))) {
            assertThat(Failures.of(() -> root.signal(Shell.pid(command.pid()), 0)))
                    .isEqualTo(error(Code.UNIMPLEMENTED, "invalid signal: SIGNAL_UNSPECIFIED"));
            assertThat(Failures.of(() -> root.signal(Shell.pid(command.pid()), 2)))
                    .isEqualTo(error(Code.UNIMPLEMENTED, "invalid signal: 2"));
            root.signal(Shell.pid(command.pid()), 15);
            ProcessEvent.EndEvent end = command.finish();
            assertThat(end.getExitCode()).isEqualTo(-1);
            assertThat(end.getError()).isEqualTo("signal: terminated");
        }
    }

    @Test
    void aSignalTheKernelRefusesIsAnInternalError() {
        try (RealAgent weak = RealAgent.with().without("kill").start()) {
            var shell = new Shell(new AgentClient(weak.uri()));
            try (Attached command = shell.as("user").start(Shell.command("sleep", "100"))) {
                assertThat(Failures.of(() -> shell.kill(command.pid())))
                        .isEqualTo(error(Code.INTERNAL, "error sending signal: signal 9: operation not permitted"));
                assertThat(Failures.of(() -> shell.signal(Shell.pid(command.pid()), 15)))
                        .isEqualTo(error(Code.INTERNAL, "error sending signal: signal 15: operation not permitted"));
                assertThat(shell.list()).hasSize(1);
            }
        }
    }

    @Test
    void aDefaultUserNobodyHasIsUnauthenticated() {
        try (RealAgent fresh = RealAgent.start()) {
            fresh.init("{\"defaultUser\":\"nobody-knows\"}");
            assertThat(Failures.of(() -> new Shell(new AgentClient(fresh.uri())).run("true")))
                    .isEqualTo(error(Code.UNAUTHENTICATED, "invalid default user: 'nobody-knows'"));
        }
    }

    @Test
    void globalsOfTheSandboxReachEveryCommandAndRequestsOverrideThem() throws Exception {
        try (RealAgent fresh = RealAgent.start()) {
            fresh.init("{\"envVars\":{\"FOO\":\"sandbox\",\"E2B_SANDBOX\":\"forged\"},\"defaultUser\":\"user\","
                    + "\"defaultWorkdir\":\"/tmp\"}");
            var shell = new Shell(new AgentClient(fresh.uri()));
            assertThat(stdout(shell, Shell.command("sh", "-c", "echo $FOO $E2B_SANDBOX; whoami; pwd")))
                    .isEqualTo("sandbox true\nuser\n/tmp\n");
            StartRequest.Builder own = Shell.command("sh", "-c", "echo $FOO");
            own.getProcessBuilder().putAllEnvs(Map.of("FOO", "command"));
            assertThat(stdout(shell, own)).isEqualTo("command\n");
            assertThat(stdout(shell, Shell.command("sh", "-c", "echo $FOO"))).isEqualTo("sandbox\n");
        }
    }

    private static StartRequest.Builder in(String directory, String command, String... arguments) {
        StartRequest.Builder request = Shell.command(command, arguments);
        request.getProcessBuilder().setCwd(directory);
        return request;
    }

    private static String stdout(Shell shell, StartRequest.Builder request) {
        try (Attached command = shell.start(request)) {
            ProcessEvent.EndEvent end = command.finish();
            assertThat(end.getExitCode()).as(command.stderr()).isZero();
            return command.stdout();
        }
    }
}
