package ai.lelantos.envd.process;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.host.Globals;
import ai.lelantos.envd.linux.Command;
import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.Loop;
import ai.lelantos.envd.linux.Spawner;
import ai.lelantos.envd.linux.User;
import ai.lelantos.envd.logs.OutputLog;
import ai.lelantos.envd.testing.SpawnHelper;
import ai.lelantos.protocol.process.ProcessInfo;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How long an end is remembered and what a pid given again does to it: real processes, a clock of the test's.
@Timeout(60)
class RetentionIT {

    private static final User ROOT = new User("root", 0, 0, "/", "/bin/sh", List.of(0));
    private static final int SHARED_PID = 4_242;
    private static final OutputLog LOG = new OutputLog(() -> "", Optional::empty, Runnable::run);

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1_000); // a clock that overflows is a clock
    private final Processes processes = new Processes(now::get);
    private Loop loop;
    private Spawner spawner;

    @BeforeEach
    void startLoop() throws Errno {
        loop = Loop.start("test-loop");
        spawner = new Spawner(loop, SpawnHelper.binary());
    }

    @AfterEach
    void stopLoop() {
        loop.close();
    }

    @Test
    void anEndIsRememberedForThirtySecondsAndNoLonger() {
        var start = new Start(
                loop, spawner, processes, new Globals(), Cgroups.under(Path.of("/nonexistent")), LOG, "/usr/bin:/bin");
        Child child = start.start(
                Shell.command("sh", "-c", "echo last words; exit 12")
                        .setTag("gone")
                        .build(),
                ROOT);
        child.begin(Optional.empty());
        assertThat(child.ended().join().code()).isEqualTo(12);
        now.addAndGet(Duration.ofSeconds(30).toNanos() - 1);
        Processes.Ended remembered = processes.endedWithPid(child.pid()).orElseThrow();
        assertThat(processes.endedWithTag("gone")).contains(remembered);
        assertThat(kept(remembered)).isNotEmpty();
        now.incrementAndGet();
        assertThat(processes.endedWithPid(child.pid())).isEmpty();
        assertThat(processes.endedWithTag("gone")).isEmpty();
        assertThat(kept(remembered)).isEmpty();
    }

    @Test
    void aPidGivenAgainBelongsToTheNewProcess() throws Errno {
        Child old = child();
        processes.add(old);
        Child fresh = child();
        processes.add(fresh);
        assertThat(processes.list()).hasSize(1);
        assertThat(processes.livingWithPid(SHARED_PID)).contains(fresh);
        end(old);
        assertThat(processes.livingWithPid(SHARED_PID)).contains(fresh);
        assertThat(processes.endedWithPid(SHARED_PID)).isEmpty();
        end(fresh);
        assertThat(processes.livingWithPid(SHARED_PID)).isEmpty();
        assertThat(processes.endedWithPid(SHARED_PID).orElseThrow().output()).isSameAs(fresh.output());
        Child next = child();
        processes.add(next);
        assertThat(processes.endedWithPid(SHARED_PID)).isEmpty();
        end(next);
    }

    /// A living process that is listed under the one pid of this test.
    private Child child() throws Errno {
        var command = new Command(
                List.of("sleep", "100"),
                List.of("PATH=/usr/bin:/bin"),
                ROOT,
                "/",
                Optional.empty(),
                false,
                Optional.empty());
        var info = ProcessInfo.newBuilder().setPid(SHARED_PID).build();
        var child = new Child(
                loop,
                spawner.spawn(command),
                info,
                false,
                new ReplayStore(1 << 20).newRing(),
                LOG.source(SHARED_PID),
                processes::retire);
        child.begin(Optional.empty());
        return child;
    }

    private static void end(Child child) {
        assertThat(child.signal(Child.SIGKILL).join()).isTrue();
        assertThat(child.ended().join().error()).isEqualTo("signal: killed");
    }

    private static List<Event.Chunk> kept(Processes.Ended past) {
        try (Output.Listener listener = past.output().listen(new ReplayFrom.Start())) {
            return listener.missed().chunks();
        }
    }
}
