package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Sandbox;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Pace;
import ai.lelantos.loadtest.measure.Samples;
import java.util.List;

/// Requests through the proxy to a server in a sandbox: the agent's own health, the quickest there is.
final class Ports implements Scenario {

    @Override
    public String name() {
        return "proxy";
    }

    @Override
    public String about() {
        return "small GETs through the proxy to a sandbox's port";
    }

    @Override
    public void run(Bench bench) throws Exception {
        bench.with(1, made -> {
            Sandbox sandbox = made.getFirst();
            for (int workers : List.of(1, 10, 50, 100)) {
                Samples samples = Pace.during(workers, bench.seconds(2, 15), () -> {
                    int status = sandbox.health();
                    if (status != 204) {
                        throw new IllegalStateException("health answered " + status);
                    }
                    return sandbox;
                });
                bench.row(samples.row(name(), "GET", workers));
            }
        });
    }
}
