package ai.lelantos.envd.process;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.AgentClient;
import ai.lelantos.envd.testing.RealAgent;
import ai.lelantos.protocol.connect.Code;
import ai.lelantos.protocol.process.ProcessEvent;
import ai.lelantos.protocol.process.StartRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// When a process is over, what its last event says, and who hears it.
class EndsIT extends WithAgent {

    /// A zombie may be seen for this long; more is a process nobody reaps.
    private static final Duration ZOMBIE_MAX = Duration.ofMillis(20);

    @Test
    void deathBySignalAndExitWithTheSameNumberDiffer() {
        try (Attached exited = user.run("exit 137");
                Attached killed = user.run("kill -9 $$")) {
            ProcessEvent.EndEvent exit = exited.finish();
            assertThat(exit.getExitCode()).isEqualTo(137);
            assertThat(exit.getExited()).isTrue();
            assertThat(exit.getStatus()).isEqualTo("exit status 137");
            ProcessEvent.EndEvent kill = killed.finish();
            assertThat(kill.getExitCode()).isEqualTo(-1);
            assertThat(kill.getExited()).isFalse();
            assertThat(kill.getStatus()).isEqualTo("signal: killed");
            assertThat(kill.getError()).isEqualTo("signal: killed");
        }
    }

    @Test
    void theEndWaitsForGrandchildrenThatHoldThePipe() {
        try (Attached command = user.run("(sleep 0.5; echo late) & echo early")) {
            assertThat(command.finish().getExitCode()).isZero();
            assertThat(command.stdout()).isEqualTo("early\nlate\n");
        }
    }

    @Test
    void killingAShellWithLiveGrandchildrenEndsEveryStreamAndEmptiesTheList() {
        String[] lines = {"sh -c 'sleep 30 & sleep 30 & wait'", "sleep 30 && echo done"};
        for (String line : lines) {
            try (Attached command = user.run("echo up; " + line);
                    Attached other = root.connect(command.awaitText("up").pid())) {
                root.kill(command.pid());
                assertThat(root.list()).isEmpty();
                assertThat(command.finish().getError()).isEqualTo("signal: killed");
                assertThat(other.finish().getError()).isEqualTo("signal: killed");
            }
        }
    }

    @Test
    void aTerminatedProcessStillGetsItsLastWordsIn() {
        try (Attached command = user.run("trap 'echo last words; exit 4' TERM; sleep 30 & echo up; wait")) {
            root.signal(Shell.pid(command.awaitText("up").pid()), 15);
            long before = System.nanoTime();
            assertThat(command.finish().getExitCode()).isEqualTo(4);
            assertThat(command.stdout()).isEqualTo("up\nlast words\n");
            assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    void killingOneThatIsDeadEndsTheWaitForItsGrandchildren() {
        try (Attached command = user.run("sleep 30 & echo $$; exit 6")) {
            command.awaitText("\n");
            awaitUnlisted(command.pid());
            root.kill(command.pid());
            assertThat(command.finish().getExitCode()).isEqualTo(6);
        }
    }

    @Test
    void everyListenerHearsEverythingAfterItAttached() {
        try (Attached command = user.start(Shell.command("cat"));
                Attached second = root.connect(command.pid());
                Attached third = root.connect(command.pid())) {
            root.stdin(command.pid(), com.google.protobuf.ByteString.copyFromUtf8("to all\n"));
            root.closeStdin(command.pid());
            for (Attached listener : new Attached[] {command, second, third}) {
                assertThat(listener.finish().getExitCode()).isZero();
                assertThat(listener.stdout()).isEqualTo("to all\n");
            }
        }
    }

    @Test
    void aLateListenerHearsOnlyWhatIsNew() {
        try (Attached command = user.runWithInput("echo old; read -r line; echo new; exit 3")) {
            command.awaitText("old");
            try (Attached late = root.connect(command.pid())) {
                root.stdin(command.pid(), com.google.protobuf.ByteString.copyFromUtf8("go\n"));
                assertThat(late.finish().getExitCode()).isEqualTo(3);
                assertThat(late.stdout()).isEqualTo("new\n");
            }
        }
    }

    @Test
    void aClientThatLeavesKillsNothing() {
        Attached command = user.run("echo up; for i in 1 2 3; do sleep 0.2; echo $i; done; exit 9");
        command.awaitText("up");
        try (Attached other = root.connect(command.pid())) {
            command.close();
            assertThat(other.finish().getExitCode()).isEqualTo(9);
        }
    }

    @Test
    void oneThatEndedAMomentAgoStillTellsHow() {
        StartRequest.Builder request = Shell.bash("exit 12").setTag("gone");
        try (Attached command = user.start(request)) {
            command.finish();
            try (Attached byPid = root.connect(command.pid());
                    Attached byTag = root.connect(Shell.tag("gone"))) {
                assertThat(byPid.pid()).isEqualTo(command.pid());
                assertThat(byPid.finish().getExitCode()).isEqualTo(12);
                assertThat(byTag.finish().getStatus()).isEqualTo("exit status 12");
            }
            assertThat(Failures.of(() -> root.kill(command.pid())).code()).isEqualTo(Code.NOT_FOUND);
        }
    }

    @Test
    void aNewProcessUnderTheSameTagReplacesTheMemoryOfTheOld() {
        try (Attached old = user.start(Shell.bash("exit 12").setTag("reused"))) {
            old.finish();
        }
        try (Attached fresh = user.start(Shell.bash("exit 13").setTag("reused"))) {
            fresh.finish();
            try (Attached found = root.connect(Shell.tag("reused"))) {
                assertThat(found.finish().getExitCode()).isEqualTo(13);
            }
        }
    }

    @Test
    void noZombieIsSeenForLong() throws Exception {
        Duration longest = Duration.ZERO;
        // With the priority it has in a sandbox: the promise is the agent's, not the test machine's scheduler's.
        try (RealAgent prompt =
                RealAgent.with().environment("LELANTOS_ENVD_NICE", "-20").start()) {
            Shell shell = new Shell(new AgentClient(prompt.uri()));
            for (int i = 0; i < 30; i++) {
                try (Attached command = shell.start(Shell.command("sleep", "0.05"))) {
                    Duration seen = zombieSeen(prompt.inside("/proc/" + command.pid() + "/stat"));
                    longest = seen.compareTo(longest) > 0 ? seen : longest;
                    assertThat(command.finish().getExitCode()).isZero();
                }
            }
        }
        assertThat(longest).isLessThan(ZOMBIE_MAX);
    }

    /// From the first look that found a zombie to the last one.
    private static Duration zombieSeen(Path stat) throws IOException {
        long first = 0;
        long last = 0;
        for (char state = state(stat); state != 0; state = state(stat)) {
            if (state == 'Z') {
                last = System.nanoTime();
                first = first == 0 ? last : first;
            }
        }
        return Duration.ofNanos(last - first);
    }

    /// The process' state letter, or 0 once it is reaped.
    private static char state(Path stat) throws IOException {
        try {
            String text = Files.readString(stat);
            return text.charAt(text.lastIndexOf(')') + 2);
        } catch (NoSuchFileException _) {
            return 0;
        } catch (IOException e) {
            if (String.valueOf(e.getMessage()).contains("No such process")) {
                return 0;
            }
            throw e;
        }
    }

    /// Waits until a process is reaped, which the kernel shows at once.
    private static void awaitUnlisted(int pid) {
        Path there = agent.inside("/proc/" + pid);
        long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        while (Files.exists(there)) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.onSpinWait();
        }
    }
}
