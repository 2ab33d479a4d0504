package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Pools;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Proc;
import ai.lelantos.loadtest.measure.Row;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.ToLongFunction;

/// What sandboxes that do nothing cost the host: memory of their agents, of the whole host, and processor time.
final class Idle implements Scenario {

    private static final Duration FILL_MAX = Duration.ofMinutes(3);
    private static final double KIB_TO_MEGA = 1_024 / 1e6;

    @Override
    public String name() {
        return "idle";
    }

    @Override
    public String about() {
        return "memory and processor time of sandboxes that do nothing: 50 and 150 of them, 10 in a quick run";
    }

    @Override
    public void run(Bench bench) throws Exception {
        for (int sandboxes : bench.quick() ? List.of(10) : List.of(50, 150)) {
            long before = Proc.availableKib();
            int others = Proc.agents().size();
            bench.with(sandboxes, made -> {
                // Some came from a pool, where they were before; as many have come in their place when it is full
                // again.
                Path home = bench.home();
                if (home != null) {
                    var _ = new Pools(bench.platform(), home).filled(FILL_MAX);
                }
                List<Proc> agents = Proc.agents();
                if (agents.isEmpty()) {
                    throw new IllegalStateException("no agent is on this machine: the server is elsewhere");
                }
                double host = (before - Proc.availableKib()) * KIB_TO_MEGA / Math.max(1, agents.size() - others);
                bench.row(amount("agent PSS, MB", sandboxes, average(agents, Proc::proportionalKib)));
                bench.row(amount("agent anonymous, MB", sandboxes, average(agents, Proc::anonymousKib)));
                bench.row(amount("host memory each, MB", sandboxes, host));
                bench.row(amount("processor, % of a core each", sandboxes, percent(agents, bench.either(5, 20))));
            });
        }
    }

    private Row amount(String what, int sandboxes, double value) {
        return Row.amount(name(), what, sandboxes, value);
    }

    private static double average(List<Proc> agents, ToLongFunction<Proc> kib) {
        return agents.stream().mapToLong(kib).filter(each -> each > 0).average().orElse(0) * KIB_TO_MEGA;
    }

    /// How busy the average agent is, in hundredths of a core, watched for some seconds.
    private static double percent(List<Proc> agents, int seconds) {
        double before = agents.stream().mapToDouble(Proc::cpuSeconds).sum();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
        double spent = agents.stream().mapToDouble(Proc::cpuSeconds).sum() - before;
        return 100 * spent / seconds / agents.size();
    }
}
