package ai.lelantos.envd.process;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.AgentClient;
import ai.lelantos.envd.testing.RealAgent;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CommandsIT {

    private static RealAgent agent;
    private static Shell shell;

    @BeforeAll
    static void startAgent() {
        agent = RealAgent.start();
        shell = new Shell(new AgentClient(agent.uri()));
    }

    @AfterAll
    static void stopAgent() {
        agent.close();
    }

    @Test
    void outputArrivesAsItWasPrinted() {
        try (Attached command = shell.run("echo \"X\"")) {
            var end = command.finish();
            assertThat(command.stdout()).isEqualTo("X\n");
            assertThat(command.stderr()).isEmpty();
            assertThat(end.getExitCode()).isZero();
            assertThat(end.getExited()).isTrue();
            assertThat(end.getStatus()).isEqualTo("exit status 0");
            assertThat(end.hasError()).isFalse();
        }
    }
}
