package ai.lelantos.loadtest.report;

import ai.lelantos.loadtest.measure.Proc;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// The gateway's memory and CPU, and the agents' memory, sampled once a second while a run goes on.
public final class Vitals implements AutoCloseable {

    private static final int SAMPLES_MAX = 7_200;
    private static final long KIB_PER_MEBIBYTE = 1_024;

    private final long gatewayPid;
    private final List<Sample> samples = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().factory());
    private final long began = System.nanoTime();
    private String scenario = "";
    private double cpuBefore;
    private long at = began;

    /// One second of a run.
    ///
    /// @param scenario what was running, empty before the first
    /// @param gatewayCpuPercent of one core
    /// @param agentMebibytes resident memory of all agents together
    public record Sample(
            int second,
            String scenario,
            double gatewayCpuPercent,
            long gatewayMebibytes,
            int agents,
            long agentMebibytes) {

        /// The greater of each.
        static Sample most(Sample one, Sample other) {
            return new Sample(
                    other.second,
                    other.scenario,
                    Math.max(one.gatewayCpuPercent, other.gatewayCpuPercent),
                    Math.max(one.gatewayMebibytes, other.gatewayMebibytes),
                    Math.max(one.agents, other.agents),
                    Math.max(one.agentMebibytes, other.agentMebibytes));
        }
    }

    /// @param gatewayPid 0 when the gateway is not on this machine: then only agents here are seen
    public Vitals(long gatewayPid) {
        this.gatewayPid = gatewayPid;
        this.cpuBefore = cpuSeconds();
        var _ = timer.scheduleAtFixedRate(this::sample, 1, 1, TimeUnit.SECONDS);
    }

    /// From now on samples belong to this scenario.
    public synchronized void during(String name) {
        scenario = name;
    }

    public synchronized List<Sample> samples() {
        return List.copyOf(samples);
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }

    private synchronized void sample() {
        if (samples.size() >= SAMPLES_MAX) {
            return;
        }
        long now = System.nanoTime();
        double seconds = cpuSeconds();
        double cpu = 100.0 * (seconds - cpuBefore) / ((now - at) / 1e9);
        cpuBefore = seconds;
        at = now;
        List<Proc> agents = Proc.agents();
        long resident = agents.stream().mapToLong(Proc::residentKib).sum();
        long gateway = gatewayPid == 0 ? 0 : Proc.of(gatewayPid).residentKib();
        samples.add(new Sample(
                (int) TimeUnit.NANOSECONDS.toSeconds(now - began),
                scenario,
                Math.max(cpu, 0),
                gateway / KIB_PER_MEBIBYTE,
                agents.size(),
                resident / KIB_PER_MEBIBYTE));
    }

    private double cpuSeconds() {
        return gatewayPid == 0 ? 0 : Proc.of(gatewayPid).cpuSeconds();
    }
}
