package ai.lelantos.envd.process;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.testing.AgentClient;
import ai.lelantos.envd.testing.RealAgent;
import ai.lelantos.protocol.process.ProcessInfo;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;

/// One real agent for the tests of a class, which leave nothing running in it.
@Timeout(60)
abstract class WithAgent {

    static RealAgent agent;
    static Shell root;
    static Shell user;

    @BeforeAll
    static void startAgent() {
        agent = RealAgent.start();
        root = new Shell(new AgentClient(agent.uri()));
        user = root.as("user");
    }

    @AfterAll
    static void stopAgent() {
        agent.close();
    }

    @AfterEach
    void leaveNothingRunning() {
        for (ProcessInfo left : root.list()) {
            root.kill(left.getPid());
        }
        assertThat(root.list()).isEmpty();
    }
}
