package ai.lelantos.envd.process;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.AgentClient;
import ai.lelantos.envd.testing.RealAgent;
import com.google.protobuf.ByteString;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A kernel that has no descriptors for processes: the agent waits with a thread for each, and signals by number.
@Timeout(60)
class OldKernelIT {

    private static final int PIDFD_OPEN = 434;

    @Test
    void processesEndAreKilledAndTimeOutAsOnAnyOther() {
        try (RealAgent agent = RealAgent.with().withoutCall(PIDFD_OPEN).start()) {
            Shell user = new Shell(new AgentClient(agent.uri())).as("user");
            try (Attached exits = user.run("echo text; exit 7");
                    Attached dies = user.run("kill -9 $$");
                    Attached cat = user.start(Shell.command("cat"));
                    Attached killed = user.start(Shell.command("sleep", "100"));
                    Attached late = user.timeout(Duration.ofSeconds(1)).start(Shell.command("sleep", "100"));
                    Attached watching = user.connect(late.pid())) {
                assertThat(exits.finish().getExitCode()).isEqualTo(7);
                assertThat(exits.stdout()).isEqualTo("text\n");
                assertThat(dies.finish().getError()).isEqualTo("signal: killed");
                user.stdin(cat.pid(), ByteString.copyFromUtf8("echo"));
                user.closeStdin(cat.pid());
                assertThat(cat.finish().getExitCode()).isZero();
                user.kill(killed.pid());
                assertThat(killed.finish().getError()).isEqualTo("signal: killed");
                assertThat(watching.finish().getError()).isEqualTo("signal: killed");
                try (Attached probe = user.start(Shell.command("/bin/kill", "-0", Integer.toString(killed.pid())))) {
                    assertThat(probe.finish().getExitCode()).isNotZero();
                }
            }
            assertThat(user.list()).isEmpty();
            assertThat(agent.threads()).noneMatch(name -> name.startsWith("wait-"));
        }
    }

    @Test
    void aThreadWaitsForEachProcess() {
        try (RealAgent agent = RealAgent.with().withoutCall(PIDFD_OPEN).start()) {
            Shell root = new Shell(new AgentClient(agent.uri()));
            try (Attached cat = root.start(Shell.command("cat"))) {
                assertThat(agent.threads()).contains("wait-" + cat.pid());
                root.kill(cat.pid());
                cat.finish();
            }
        }
    }
}
