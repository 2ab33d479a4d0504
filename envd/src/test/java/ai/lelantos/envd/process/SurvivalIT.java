package ai.lelantos.envd.process;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.AgentClient;
import ai.lelantos.envd.testing.RealAgent;
import ai.lelantos.envd.testing.SpawnHelper;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.connect.ConnectFailure;
import ai.lelantos.protocol.process.ProcessEvent;
import ai.lelantos.protocol.process.StartRequest;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What user code does to a sandbox, and the agent that still answers afterwards.
@Timeout(90)
class SurvivalIT {

    private static final int PROCESSES_MAX = 256;

    @Test
    void aForkBombTakesEveryProcessSlotButNotTheAgent() {
        try (RealAgent agent = RealAgent.with().processesMax(PROCESSES_MAX).start()) {
            Shell root = shell(agent);
            Shell user = root.as("user");
            try (Attached bomb = user.run("f() { sleep 60 & f & f & wait; }; f 2>/dev/null & f 2>/dev/null; wait")) {
                awaitRefusedStart(user);
                assertThat(root.list()).extracting("pid").contains(bomb.pid());
                disarm(root);
                bomb.finish();
            } catch (AssertionError e) {
                throw new AssertionError("the agent said:\n" + agent.log(), e);
            }
            assertThat(stdout(user, "echo alive")).isEqualTo("alive\n");
        }
    }

    /// Waits until the kernel lets the sandbox have no more processes, as the client sees it.
    private static void awaitRefusedStart(Shell user) {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (true) {
            assertThat(System.nanoTime()).as("the bomb never fills the sandbox").isLessThan(end);
            try (Attached probe = user.start(Shell.command("true"))) {
                probe.finish();
            } catch (ConnectFailure refused) {
                assertThat(refused.error().code()).isEqualTo(Code.INVALID_ARGUMENT);
                assertThat(refused.error().message())
                        .isEqualTo("error starting process 'true': spawn: resource temporarily unavailable");
                return;
            }
        }
    }

    /// Kills everything of the user, as often as it takes to get a process for it and to be faster than the bomb.
    private static void disarm(Shell root) {
        long end = System.nanoTime() + Duration.ofSeconds(40).toNanos();
        while (true) {
            assertThat(System.nanoTime()).as("the bomb goes on").isLessThan(end);
            try (Attached killer = root.as("user").start(Shell.command("/bin/kill", "-9", "-1"))) {
                killer.finish();
            } catch (ConnectFailure full) {
                continue;
            }
            try (Attached count = root.start(Shell.command("pgrep", "-c", "-u", "user"))) {
                count.finish();
                if (count.stdout().equals("0\n")) {
                    return;
                }
            } catch (ConnectFailure full) {
                assertThat(full.error().code()).isEqualTo(Code.INVALID_ARGUMENT);
            }
        }
    }

    @Test
    void theKernelKillsTheHungryCommandNotTheAgent() throws IOException {
        try (RealAgent agent = RealAgent.with().memoryMax(600L << 20).start()) {
            // -1000 where the kernel lets us; never as likely as a command.
            String score = Files.readString(Path.of("/proc/" + agent.pid() + "/oom_score_adj"));
            assertThat(Integer.parseInt(score.strip())).isLessThanOrEqualTo(0);
            long pid = agent.pid();
            Shell user = shell(agent).as("user");
            assertThat(stdout(user, "cat /proc/self/oom_score_adj")).isEqualTo("100\n");
            try (Attached hungry = user.start(Shell.command("tail", "/dev/zero"))) {
                assertThat(hungry.finish().getError()).isEqualTo("signal: killed");
            }
            assertThat(stdout(user, "echo alive")).isEqualTo("alive\n");
            assertThat(agent.pid()).isEqualTo(pid);
        }
    }

    @Test
    void tenThousandOpenFilesAreACommandsOwnBusiness() {
        try (RealAgent agent = RealAgent.start()) {
            // The shell counts from 10 on, and skips what is taken: the last number says that all were its own.
            assertThat(stdout(
                            shell(agent).as("user"),
                            "for i in $(seq 10000); do exec {f}</dev/null || exit 1; done; echo $f"))
                    .isEqualTo("10009\n");
        }
    }

    @Test
    void aProcessThatIgnoresSigtermStaysListedAndDiesOfSigkill() {
        try (RealAgent agent = RealAgent.start()) {
            Shell user = shell(agent).as("user");
            try (Attached stubborn = user.run("trap '' TERM; echo up; while :; do sleep 0.1; echo on; done")) {
                stubborn.awaitText("up");
                user.signal(Shell.pid(stubborn.pid()), 15);
                stubborn.awaitText("on\non\non\n");
                assertThat(user.list()).hasSize(1);
                user.kill(stubborn.pid());
                assertThat(user.list()).isEmpty();
                assertThat(stubborn.finish().getError()).isEqualTo("signal: killed");
            }
        }
    }

    @Test
    void outputWithoutAReaderNeverBlocksAndOneWithASlowReaderWaits() {
        try (RealAgent agent = RealAgent.start()) {
            Shell user = shell(agent).as("user");
            int pid;
            try (Attached flood = user.start(Shell.command("yes"))) {
                pid = flood.pid();
            }
            long unread = written(user, pid);
            assertThat(written(user, pid)).isGreaterThan(unread + (1 << 20));
            try (Attached slow = user.connect(pid)) {
                assertThat(slow.pid()).isEqualTo(pid);
                long stalled = awaitStall(user, pid);
                assertThat(written(user, pid)).isEqualTo(stalled);
                assertThat(stdout(user, "echo others do not wait")).isEqualTo("others do not wait\n");
            }
            long gone = written(user, pid);
            assertThat(written(user, pid)).isGreaterThan(gone + (1 << 20));
            user.kill(pid);
        }
    }

    /// The number of bytes a process wrote so far, half a second from now.
    private static long written(Shell user, int pid) {
        try (Attached clock = user.start(Shell.command("sleep", "0.5"))) {
            clock.finish();
        }
        try (Attached look = user.header("Lelantos-Replay", "now").connect(pid)) {
            return Long.parseLong(look.header("lelantos-replay-offset").orElseThrow());
        }
    }

    private static long awaitStall(Shell user, int pid) {
        for (int looks = 0; looks < 40; looks++) {
            long before = written(user, pid);
            if (written(user, pid) == before) {
                return before;
            }
        }
        throw new AssertionError("a reader that does not read never slows the process");
    }

    @Test
    void aMegabyteInOneArgumentIsAnErrorAndInManyItIsNot() {
        try (RealAgent agent = RealAgent.start()) {
            Shell user = shell(agent).as("user");
            var error = Failures.of(() -> user.start(Shell.command("echo", "x".repeat(1 << 20))));
            assertThat(error.code()).isEqualTo(Code.INVALID_ARGUMENT);
            assertThat(error.message())
                    .startsWith("error starting process 'echo xxx")
                    .endsWith("…': spawn: argument list too long")
                    .hasSizeLessThan(5_000);
            StartRequest.Builder many = Shell.command("/usr/bin/printf", "%s");
            for (int i = 0; i < 10; i++) {
                many.getProcessBuilder().addArgs("y".repeat(100_000));
            }
            try (Attached command = user.start(many)) {
                assertThat(command.finish().getExitCode()).isZero();
                assertThat(command.stdoutBytes().size()).isEqualTo(1_000_000);
            }
        }
    }

    @Test
    void bytesThatAreNoTextPassBothWays() {
        byte[] noise = new byte[200_000];
        new Random(4).nextBytes(noise);
        try (RealAgent agent = RealAgent.start()) {
            Shell user = shell(agent).as("user");
            try (Attached cat = user.start(Shell.command("cat"))) {
                user.stdin(cat.pid(), ByteString.copyFrom(noise, 0, 50_000));
                Thread.startVirtualThread(() -> {
                    user.stdin(cat.pid(), ByteString.copyFrom(noise, 50_000, 150_000));
                    user.closeStdin(cat.pid());
                });
                assertThat(cat.finish().getExitCode()).isZero();
                assertThat(cat.stdoutBytes()).isEqualTo(ByteString.copyFrom(noise));
            }
        }
    }

    @Test
    void aDirectoryDeletedUnderACommandHurtsOnlyTheNextStart() {
        try (RealAgent agent = RealAgent.start()) {
            Shell user = shell(agent).as("user");
            StartRequest.Builder inside = Shell.command("sleep", "60");
            inside.getProcessBuilder().setCwd("/tmp/doomed");
            assertThat(stdout(user, "mkdir /tmp/doomed")).isEmpty();
            try (Attached first = user.start(inside)) {
                assertThat(stdout(user, "rmdir /tmp/doomed")).isEmpty();
                assertThat(Failures.of(() -> user.start(inside)).message())
                        .isEqualTo("cwd '/tmp/doomed' does not exist");
                user.kill(first.pid());
                assertThat(first.finish().getError()).isEqualTo("signal: killed");
            }
        }
    }

    @Test
    void theUserDatabaseIsWhatItIsAtEachCall() {
        try (RealAgent agent = RealAgent.start()) {
            Shell root = shell(agent);
            assertThat(Failures.of(() -> root.as("late").run("true")).code()).isEqualTo(Code.UNAUTHENTICATED);
            assertThat(stdout(root, "echo 'late:x:2000:2000::/tmp:/bin/sh' >> /etc/passwd"))
                    .isEmpty();
            assertThat(stdout(root.as("late"), "id -u; pwd")).isEqualTo("2000\n/tmp\n");
            assertThat(stdout(root, "head -c 100000 /dev/urandom > /etc/passwd"))
                    .isEmpty();
            assertThat(Failures.of(() -> root.as("user").run("true")).message()).isEqualTo("invalid username: 'user'");
            try (Attached command = root.start(Shell.command("id", "-u"))) {
                assertThat(command.finish().getExitCode()).isZero();
                assertThat(command.stdout()).isEqualTo("0\n");
            }
        }
    }

    @Test
    void withoutABashOrAnyLibraryStaticProgramsStillRun() {
        try (RealAgent agent = RealAgent.start()) {
            Shell root = shell(agent);
            assertThat(stdout(root, "mount --bind /dev/null /bin/bash")).isEmpty();
            try (Attached command = root.run("true")) {
                assertThat(command.finish().getExitCode()).isEqualTo(126);
            }
            hideEveryLibrary(root);
            try (Attached command = root.start(Shell.command("/bin/true"))) {
                assertThat(command.finish().getExitCode()).isEqualTo(127);
                assertThat(command.stderr()).isEqualTo("/bin/true: not found\n");
            }
            StartRequest.Builder itself = Shell.command(
                    SpawnHelper.binary().toString(), "1000", "1000", "1000", "0", "-", "/", "/no/such/program");
            try (Attached command = root.start(itself)) {
                assertThat(command.finish().getExitCode()).isEqualTo(127);
                assertThat(command.stderr()).isEqualTo("/no/such/program: not found\n");
            }
        }
    }

    private static void hideEveryLibrary(Shell root) {
        String script = "mount -t tmpfs none /mnt; for d in /usr/lib/*-linux-gnu /lib64; do mount --bind /mnt $d; done";
        try (Attached command = root.start(Shell.command("/bin/sh", "-c", script))) {
            // The shell's own next mount may already miss its libraries; what counts is what is left.
            command.finish();
        }
    }

    @Test
    void aPausedSandboxGoesOnWithTheSameProcesses() {
        try (RealAgent agent = RealAgent.with().freezable().start()) {
            Shell user = shell(agent).as("user");
            int pid;
            try (Attached command = user.runWithInput("echo up; read -r x; echo went on")) {
                pid = command.awaitText("up").pid();
            }
            agent.freeze(true);
            agent.freeze(false);
            try (Attached again = user.connect(pid)) {
                user.stdin(pid, ByteString.copyFromUtf8("\n"));
                ProcessEvent.EndEvent end = again.finish();
                assertThat(end.getExitCode()).isZero();
                assertThat(again.stdout()).isEqualTo("went on\n");
            }
        }
    }

    private static Shell shell(RealAgent agent) {
        return new Shell(new AgentClient(agent.uri()));
    }

    private static String stdout(Shell shell, String line) {
        try (Attached command =
                shell.start(Shell.command("/bin/bash", "-c", line).setStdin(false))) {
            ProcessEvent.EndEvent end = command.finish();
            assertThat(end.getExitCode()).as(command.stderr()).isZero();
            return command.stdout();
        }
    }
}
