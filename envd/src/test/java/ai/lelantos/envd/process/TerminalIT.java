package ai.lelantos.envd.process;

import static ai.lelantos.envd.process.Failures.error;
import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.process.PTY;
import ai.lelantos.protocol.process.ProcessEvent;
import ai.lelantos.protocol.process.StartRequest;
import ai.lelantos.protocol.process.UpdateRequest;
import com.google.protobuf.ByteString;
import org.junit.jupiter.api.Test;

/// Terminals as the SDKs open them, against the real agent.
class TerminalIT extends WithAgent {

    @Test
    void aSessionHasItsSizeItsEnvironmentAndItsExitCode() {
        try (Attached terminal = user.start(session(80, 24))) {
            root.type(terminal.pid(), "echo $(tput cols) $(tput lines) $GREETING-$USER; exit 7\n");
            ProcessEvent.EndEvent end = terminal.finish();
            assertThat(terminal.terminal()).contains("80 24 hello-user\r\n");
            assertThat(terminal.stdout() + terminal.stderr()).isEmpty();
            assertThat(end.getExitCode()).isEqualTo(7);
        }
    }

    @Test
    void whatIsTypedIsEchoedAndExitEndsWithZero() {
        try (Attached terminal = user.start(session(80, 24))) {
            root.type(terminal.pid(), "echo typed' 'text\n");
            terminal.awaitText("echo typed' 'text").awaitText("typed text\r\n");
            root.type(terminal.pid(), "exit\n");
            assertThat(terminal.finish().getExitCode()).isZero();
        }
    }

    @Test
    void aResizeIsSeenByTheProgramsOnIt() {
        try (Attached terminal = user.start(session(80, 24))) {
            root.resize(terminal.pid(), 100, 30);
            root.type(terminal.pid(), "echo $(tput cols)x$(tput lines)\n");
            terminal.awaitText("100x30");
        }
    }

    @Test
    void aSizeThatIsNotGivenIsZeroAndOneTooLargeIsCutTo16Bits() {
        StartRequest.Builder request = Shell.command("stty", "size").setPty(PTY.getDefaultInstance());
        try (Attached terminal = user.start(request)) {
            terminal.finish();
            assertThat(terminal.terminal()).isEqualTo("0 0\r\n");
        }
        try (Attached terminal = user.start(Shell.terminal(65_536 + 80, 24, "stty", "size"))) {
            terminal.finish();
            assertThat(terminal.terminal()).isEqualTo("24 80\r\n");
        }
    }

    @Test
    void noChunkIsLargerThan16KiB() {
        try (Attached terminal = user.start(Shell.terminal(80, 24, "head", "-c", "300000", "/dev/zero"))) {
            for (var event = terminal.next(); event.isPresent(); event = terminal.next()) {
                assertThat(event.get().getData().getPty().size()).isLessThanOrEqualTo(16 << 10);
            }
            assertThat(terminal.terminal()).hasSize(300_000);
        }
    }

    @Test
    void aKilledSessionIsGone() {
        try (Attached terminal = user.start(session(80, 24))) {
            root.kill(terminal.pid());
            assertThat(root.list()).isEmpty();
            ProcessEvent.EndEvent end = terminal.finish();
            assertThat(end.getExitCode()).isEqualTo(-1);
            assertThat(end.getError()).isEqualTo("signal: killed");
        }
    }

    @Test
    void aSessionOutlivesItsClientAndCanBeAttachedAgain() {
        int pid;
        try (Attached terminal = user.start(session(80, 24))) {
            pid = terminal.pid();
            root.type(pid, "MARK=kept; echo re''ady\n");
            terminal.awaitText("ready");
        }
        try (Attached again = root.connect(pid)) {
            assertThat(again.pid()).isEqualTo(pid);
            root.type(pid, "echo mark is $MARK; exit 5\n");
            assertThat(again.finish().getExitCode()).isEqualTo(5);
            assertThat(again.terminal()).contains("mark is kept");
        }
    }

    @Test
    void interruptingReachesTheForegroundProgram() {
        try (Attached terminal = user.start(session(80, 24))) {
            // Said by the program to be interrupted itself: the shell's own word may come before there is one.
            root.type(terminal.pid(), "sh -c 'echo begin; exec sleep 100'\n");
            terminal.awaitText("begin\r\n");
            root.type(terminal.pid(), "\u0003");
            root.type(terminal.pid(), "echo after $?; exit\n");
            assertThat(terminal.finish().getExitCode()).isZero();
            assertThat(terminal.terminal()).contains("after 130");
        }
    }

    @Test
    void everyOutputOfAShortProgramArrivesBeforeItsEnd() {
        for (int i = 0; i < 20; i++) {
            try (Attached terminal = user.start(Shell.terminal(80, 24, "seq", "2000"))) {
                assertThat(terminal.finish().getExitCode()).isZero();
                assertThat(terminal.terminal()).endsWith("\r\n2000\r\n").startsWith("1\r\n2\r\n");
            }
        }
    }

    @Test
    void pipesAndTerminalsTakeInputOnlyThroughTheirOwnDoor() {
        try (Attached terminal = user.start(session(80, 24));
                Attached piped = user.start(Shell.command("cat"))) {
            assertThat(Failures.of(() -> root.stdin(terminal.pid(), ByteString.copyFromUtf8("x"))))
                    .isEqualTo(error(
                            Code.INTERNAL,
                            "error writing to stdin: tty assigned to process — "
                                    + "input should be written to the pty, not the stdin"));
            assertThat(Failures.of(() -> root.type(piped.pid(), "x")))
                    .isEqualTo(error(
                            Code.INTERNAL,
                            "error writing to tty: tty not assigned to process — "
                                    + "input should be written to the stdin, not the tty"));
            assertThat(Failures.of(() -> root.closeStdin(terminal.pid())))
                    .isEqualTo(error(
                            Code.UNKNOWN,
                            "error closing stdin: cannot close stdin for PTY process — send Ctrl+D (0x04) instead"));
            assertThat(Failures.of(() -> root.resize(piped.pid(), 80, 24)))
                    .isEqualTo(error(Code.INTERNAL, "error resizing tty: tty not assigned to process"));
            root.update(UpdateRequest.newBuilder().setProcess(Shell.pid(piped.pid())));
        }
    }

    private static StartRequest.Builder session(int columns, int rows) {
        StartRequest.Builder request = Shell.terminal(columns, rows, "/bin/bash", "-i", "-l");
        request.getProcessBuilder()
                .putEnvs("TERM", "xterm-256color")
                .putEnvs("LANG", "C.UTF-8")
                .putEnvs("GREETING", "hello");
        return request;
    }
}
