package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.measure.Bench;
import java.util.List;

/// One thing that is measured. Its rows go to the [Bench]; what fails is a failure in a row, never the end of the run.
public sealed interface Scenario
        permits AgentDay,
                AgentStart,
                BesideNginx,
                CreateKill,
                Exec,
                Files,
                Floors,
                Held,
                Idle,
                PauseResume,
                Ports,
                Soak,
                Store,
                Streams,
                StreamSoak,
                Terminal,
                ThousandStreams,
                WebSockets {

    String name();

    /// One line for the help and the report.
    String about();

    void run(Bench bench) throws Exception;

    /// Whether it needs a server of its own, and so is run only when it is named.
    default boolean apart() {
        return false;
    }

    /// Every scenario, in the order of a whole run.
    static List<Scenario> all() {
        return List.of(
                new Floors(),
                new Held(), // while nothing has made the server's heap larger than waiting needs
                new AgentStart(),
                new CreateKill(),
                new Exec(),
                new Streams(),
                new ThousandStreams(),
                new StreamSoak(),
                new Terminal(),
                new Files(),
                new Ports(),
                new BesideNginx(),
                new WebSockets(),
                new PauseResume(),
                new Idle(),
                new AgentDay(),
                new Soak(),
                new Store());
    }
}
