package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Pace;

/// The mixed day again and again; the report's memory chart beside it must stay flat.
final class Soak implements Scenario {

    @Override
    public String name() {
        return "soak";
    }

    @Override
    public String about() {
        return "the mixed day for ten minutes (10 s in a quick run), four at a time";
    }

    @Override
    public void run(Bench bench) {
        bench.row(Pace.during(4, bench.seconds(10, 600), () -> AgentDay.live(bench.platform()))
                .row(name(), "mixed day", 4));
    }
}
