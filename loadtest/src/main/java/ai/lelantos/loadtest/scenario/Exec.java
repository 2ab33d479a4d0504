package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Sandbox;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Pace;
import ai.lelantos.loadtest.measure.Samples;
import java.util.List;

/// One-shot commands, beside what the same shell costs inside the same sandbox with nobody between.
final class Exec implements Scenario {

    @Override
    public String name() {
        return "exec";
    }

    @Override
    public String about() {
        return "`true` in a login shell over a warm connection, at 1 to 100 at a time, and at a fixed rate";
    }

    @Override
    public void run(Bench bench) throws Exception {
        bench.with(1, sandboxes -> {
            Sandbox sandbox = sandboxes.getFirst();
            inside(bench, sandbox, bench.either(40, 200));
            // A warm connection, and on both sides code that was compiled: an agent's hundredth command still takes
            // half as long again as its five hundredth.
            var _ = Pace.count(1, bench.either(150, 500), () -> run(sandbox));
            for (int workers : List.of(1, 10, 50, 100)) {
                Samples samples = Pace.during(workers, bench.seconds(2, 15), () -> run(sandbox));
                bench.row(samples.row(name(), "true", workers));
            }
            Samples paced = Pace.rate(20, bench.seconds(2, 20), () -> run(sandbox));
            bench.row(paced.row(name(), "true at 20/s", 20));
        });
    }

    private void inside(Bench bench, Sandbox sandbox, int times) {
        String line = "python3 -c \"import subprocess,time\nfor i in range(" + times + "):\n t=time.perf_counter_ns();"
                + " subprocess.run(['/bin/bash','-l','-c','true']); print(time.perf_counter_ns()-t)\"";
        Samples samples = Samples.printed(sandbox.commands().run(line).stdout());
        bench.row(samples.row(name(), "true without us, inside", 1));
    }

    private static Sandbox run(Sandbox sandbox) {
        int exit = sandbox.commands().run("true").exitCode();
        if (exit != 0) {
            throw new IllegalStateException("true exited with " + exit);
        }
        return sandbox;
    }
}
