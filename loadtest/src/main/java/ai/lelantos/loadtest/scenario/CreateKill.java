package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Pools;
import ai.lelantos.loadtest.drive.Sandbox;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Pace;
import ai.lelantos.loadtest.measure.Samples;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;

/// Creating and killing: from a pool that is ready, from one that is empty, as fast as a few clients can, and many at
/// once.
final class CreateKill implements Scenario {

    private static final Duration FILL_MAX = Duration.ofMinutes(2);

    /// Lives before those that count: a server is started once and asked for months, and so are its clients.
    private static final int WARM = 20;

    /// Creates at one moment.
    private static final int BURST = 50;

    /// Sandboxes that may live while an empty pool is measured.
    private static final int ALIVE_MAX = 60;

    @Override
    public String name() {
        return "create";
    }

    @Override
    public String about() {
        return "create, first command, kill: from the pool, cold, ten at a time, and bursts of 50";
    }

    @Override
    public void run(Bench bench) throws Exception {
        // Nobody's first call: this client's code and the server's are compiled by then.
        var _ = Pace.count(4, bench.either(200, 1_000), () -> bench.platform().list());
        if (bench.home() == null) {
            steady(bench, 1, bench.either(20, 60));
            steady(bench, 10, bench.either(20, 100));
            burst(bench, "burst", BURST);
            return;
        }
        var pools = new Pools(bench.platform(), bench.home());
        warm(bench, pools);
        fromThePool(bench, pools, bench.either(20, 60));
        cold(bench, pools, bench.either(3, 15));
        steady(bench, 10, bench.either(20, 100));
        burst(bench, "burst", BURST);
        if (!bench.quick()) {
            var _ = pools.filled(FILL_MAX);
            burst(bench, "burst after a burst", BURST);
        }
    }

    private static void warm(Bench bench, Pools pools) {
        for (int i = 0; i < WARM; i++) {
            var _ = pools.filled(FILL_MAX);
            Sandbox sandbox = bench.platform().create();
            try {
                var _ = succeeded(sandbox);
            } finally {
                bench.end(sandbox);
            }
        }
    }

    /// One at a time, each as soon as the pool has what recent demand asks for; what missed the pool counts apart.
    private void fromThePool(Bench bench, Pools pools, int count) {
        var creates = new Samples();
        var missed = new Samples();
        var first = new Samples();
        var kills = new Samples();
        for (int i = 0; i < count; i++) {
            long misses = pools.filled(FILL_MAX).misses();
            long begin = System.nanoTime();
            try {
                Sandbox sandbox = bench.platform().create();
                long made = System.nanoTime();
                try {
                    var _ = succeeded(sandbox);
                    first.success(begin, System.nanoTime());
                } catch (RuntimeException failed) {
                    first.failure(begin, failed);
                } finally {
                    kill(bench, sandbox, kills);
                }
                (pools.now().misses() == misses ? creates : missed).success(begin, made);
            } catch (RuntimeException failed) {
                creates.failure(begin, failed);
            }
        }
        bench.row(creates.row(name(), "create from the pool", 1));
        bench.row(first.row(name(), "create to first command", 1));
        bench.row(kills.row(name(), "kill", 1));
        bench.row(missed.row(name(), "create that missed a full pool", 1));
    }

    /// Takes what the pool has and goes on: what it has no more is booted while the client waits.
    private void cold(Bench bench, Pools pools, int count) {
        var creates = new Samples();
        List<Sandbox> alive = new ArrayList<>();
        try {
            for (long cold = 0; cold < count && alive.size() < ALIVE_MAX; ) {
                long misses = pools.now().misses();
                long begin = System.nanoTime();
                alive.add(bench.platform().create());
                long made = System.nanoTime();
                if (pools.now().misses() > misses) {
                    creates.success(begin, made);
                    cold++;
                }
            }
        } catch (RuntimeException failed) {
            creates.failure(System.nanoTime(), failed);
        } finally {
            alive.forEach(bench::end);
        }
        bench.row(creates.row(name(), "create cold", 1));
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
                kill(bench, sandbox, kills);
            }
        });
        bench.row(creates.row(name(), "create without a pause", workers));
        bench.row(first.row(name(), "to first command, no pause", workers));
        bench.row(kills.row(name(), "kill, no pause", workers));
    }

    private void burst(Bench bench, String row, int size) {
        BlockingQueue<Sandbox> made = new LinkedBlockingQueue<>();
        Samples creates = Pace.count(size, size, () -> made.add(bench.platform().create()));
        bench.row(creates.row(name(), row, size));
        Samples kills = Pace.count(10, made.size(), () -> {
            bench.platform().kill(made.take());
            return made;
        });
        bench.row(kills.row(name(), "kill after " + row, 10));
    }

    private static void kill(Bench bench, Sandbox sandbox, Samples kills) {
        long begin = System.nanoTime();
        try {
            bench.platform().kill(sandbox);
            kills.success(begin, System.nanoTime());
        } catch (RuntimeException failed) {
            kills.failure(begin, failed);
        }
    }

    private static Sandbox succeeded(Sandbox sandbox) {
        int exit = sandbox.commands().run("true").exitCode();
        if (exit != 0) {
            throw new IllegalStateException("true exited with " + exit);
        }
        return sandbox;
    }

    private static <T> T timed(Samples samples, long begin, Callable<T> work) throws Exception {
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
