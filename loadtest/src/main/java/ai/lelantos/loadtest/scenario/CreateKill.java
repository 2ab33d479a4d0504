package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Sandbox;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Pace;
import ai.lelantos.loadtest.measure.Samples;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/// Creating and killing, one at a time, a few at a time, and many at once.
final class CreateKill implements Scenario {

    @Override
    public String name() {
        return "create";
    }

    @Override
    public String about() {
        return "create, first command, kill; one at a time, ten at a time, and a burst of 50";
    }

    @Override
    public void run(Bench bench) {
        steady(bench, 1, bench.either(20, 60));
        steady(bench, 10, bench.either(20, 100));
        burst(bench, 50);
    }

    private void steady(Bench bench, int workers, int count) {
        var first = new Samples();
        var kills = new Samples();
        var creates = new Samples();
        var _ = Pace.count(workers, count, () -> {
            long begin = System.nanoTime();
            Sandbox sandbox = timed(creates, begin, bench.platform()::create);
            try {
                return timed(first, begin, () -> succeeded(sandbox));
            } finally {
                long kill = System.nanoTime();
                var _ = timed(kills, kill, () -> {
                    bench.platform().kill(sandbox);
                    return sandbox;
                });
            }
        });
        bench.row(creates.row(name(), "create", workers));
        bench.row(first.row(name(), "create to first command", workers));
        bench.row(kills.row(name(), "kill", workers));
    }

    private void burst(Bench bench, int size) {
        BlockingQueue<Sandbox> made = new LinkedBlockingQueue<>();
        Samples creates = Pace.count(size, size, () -> made.add(bench.platform().create()));
        bench.row(creates.row(name(), "burst", size));
        Samples kills = Pace.count(10, made.size(), () -> {
            bench.platform().kill(made.take());
            return made;
        });
        bench.row(kills.row(name(), "kill after burst", 10));
    }

    private static Sandbox succeeded(Sandbox sandbox) {
        int exit = sandbox.commands().run("true").exitCode();
        if (exit != 0) {
            throw new IllegalStateException("true exited with " + exit);
        }
        return sandbox;
    }

    private static <T> T timed(Samples samples, long begin, java.util.concurrent.Callable<T> work) throws Exception {
        try {
            T done = work.call();
            samples.success(begin, System.nanoTime());
            return done;
        } catch (Exception e) {
            samples.failure(begin, e);
            throw e;
        }
    }
}
