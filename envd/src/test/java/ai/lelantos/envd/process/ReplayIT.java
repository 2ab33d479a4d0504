package ai.lelantos.envd.process;

import static ai.lelantos.envd.process.Failures.error;
import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.AgentClient;
import ai.lelantos.envd.testing.RealAgent;
import ai.lelantos.protocol.connect.Code;
import com.google.protobuf.ByteString;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Output that can be had again, for clients that ask; see docs/replay.md.
@Timeout(60)
class ReplayIT {

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
    void whatWasPrintedBeforeCanBeHadFromTheStart() {
        try (Attached command = root.runWithInput("echo one; echo two >&2; read -r x; echo three")) {
            command.awaitText("one");
            root.stdin(command.pid(), ByteString.copyFromUtf8("\n"));
            command.awaitText("three");
            assertThat(command.finish().getExitCode()).isZero();
            try (Attached late = from("start").connect(command.pid())) {
                assertThat(late.finish().getExitCode()).isZero();
                assertThat(late.stdout()).isEqualTo("one\nthree\n");
                assertThat(late.stderr()).isEqualTo("two\n");
                assertThat(late.header("lelantos-replay-offset")).contains("0");
                assertThat(late.header("lelantos-replay-lost")).contains("0");
            }
        }
    }

    @Test
    void aClientThatLostItsConnectionGoesOnWhereItWas() {
        int pid;
        int seen;
        try (Attached command = root.runWithInput("echo 0123456789; read -r x; echo rest")) {
            pid = command.awaitText("0123456789\n").pid();
            seen = command.stdoutBytes().size();
        }
        try (Attached again = from(Integer.toString(seen - 4)).connect(pid)) {
            root.stdin(pid, ByteString.copyFromUtf8("\n"));
            assertThat(again.finish().getExitCode()).isZero();
            assertThat(again.stdout()).isEqualTo("789\nrest\n");
            assertThat(again.header("lelantos-replay-offset")).contains(Integer.toString(seen - 4));
        }
    }

    @Test
    void whatTheRingNoLongerHoldsIsCountedExactly() {
        int written = 3_000_000;
        try (Attached command = root.runWithInput("head -c " + written + " /dev/zero; read -r x; echo end")) {
            while (command.stdoutBytes().size() < written) {
                assertThat(command.next()).isPresent();
            }
            try (Attached late = from("100").connect(command.pid())) {
                root.stdin(command.pid(), ByteString.copyFromUtf8("\n"));
                assertThat(late.finish().getExitCode()).isZero();
                long lost = Long.parseLong(late.header("lelantos-replay-lost").orElseThrow());
                long offset =
                        Long.parseLong(late.header("lelantos-replay-offset").orElseThrow());
                assertThat(lost).isPositive();
                assertThat(offset).isEqualTo(100 + lost);
                assertThat(late.stdoutBytes().size()).isEqualTo(written + 4 - offset);
                assertThat(written - offset)
                        .isBetween((long) ReplayStore.RING_BYTES_MAX / 2, (long) ReplayStore.RING_BYTES_MAX);
            }
        }
    }

    @Test
    void askingForNowTellsTheOffset() {
        try (Attached command = root.runWithInput("echo 12345; read -r x; echo 6")) {
            command.awaitText("12345\n");
            try (Attached late = from("now").connect(command.pid())) {
                assertThat(late.header("lelantos-replay-offset")).contains("6");
                root.stdin(command.pid(), ByteString.copyFromUtf8("\n"));
                late.finish();
                assertThat(late.stdout()).isEqualTo("6\n");
            }
        }
    }

    @Test
    void whoDoesNotAskIsToldNothing() {
        try (Attached command = root.runWithInput("echo x; read -r x")) {
            command.awaitText("x");
            try (Attached late = root.connect(command.pid())) {
                assertThat(late.header("lelantos-replay-offset")).isEmpty();
                root.closeStdin(command.pid());
                late.finish();
                assertThat(late.stdout()).isEmpty();
            }
        }
    }

    @Test
    void anOffsetThatCannotBeIsRefused() {
        try (Attached command = root.runWithInput("echo x; read -r x")) {
            command.awaitText("x\n");
            assertThat(Failures.of(() -> from("3").connect(command.pid())))
                    .isEqualTo(error(Code.OUT_OF_RANGE, "offset 3 is beyond the 2 bytes written"));
            for (String odd : List.of("-1", "first", "1e3")) {
                assertThat(Failures.of(() -> from(odd).connect(command.pid())))
                        .isEqualTo(error(
                                Code.INVALID_ARGUMENT,
                                "invalid lelantos-replay header '" + odd
                                        + "': expected start, now or an offset in bytes"));
            }
            root.kill(command.pid());
        }
    }

    private static Shell from(String where) {
        return root.header("Lelantos-Replay", where);
    }
}
