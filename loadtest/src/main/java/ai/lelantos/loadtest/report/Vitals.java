package ai.lelantos.loadtest.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// The gateway's memory and CPU, and the agents' memory, sampled once a second while a run goes on.
public final class Vitals implements AutoCloseable {

    private static final long CLOCK_TICKS_PER_SECOND = 100;
    private static final int SAMPLES_MAX = 7_200;

    private final long gatewayPid;
    private final List<Sample> samples = new ArrayList<>();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().factory());
    private final long began = System.nanoTime();
    private String scenario = "";
    private long ticksBefore;
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
        this.ticksBefore = ticks();
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
        long ticks = ticks();
        double cpu = 100.0 * (ticks - ticksBefore) / CLOCK_TICKS_PER_SECOND / ((now - at) / 1e9);
        ticksBefore = ticks;
        at = now;
        int agents = 0;
        long agentPages = 0;
        for (Path process : processes()) {
            if (isAgent(process)) {
                agents++;
                agentPages += pages(process);
            }
        }
        long gateway = gatewayPid == 0 ? 0 : pages(Path.of("/proc/" + gatewayPid)) / 256;
        samples.add(new Sample(
                (int) TimeUnit.NANOSECONDS.toSeconds(now - began),
                scenario,
                Math.max(cpu, 0),
                gateway,
                agents,
                agentPages / 256));
    }

    private static List<Path> processes() {
        List<Path> found = new ArrayList<>();
        try (var all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            all.forEach(found::add);
        } catch (IOException _) {
            found.clear();
        }
        return found;
    }

    private static boolean isAgent(Path process) {
        return text(process.resolve("cmdline")).startsWith("/.lelantos/jre/bin/java");
    }

    private static long pages(Path process) {
        String[] fields = text(process.resolve("statm")).split(" ", -1);
        return fields.length > 1 ? Long.parseLong(fields[1]) : 0;
    }

    private long ticks() {
        if (gatewayPid == 0) {
            return 0;
        }
        String stat = text(Path.of("/proc/" + gatewayPid + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
        return fields.length > 12 ? Long.parseLong(fields[11]) + Long.parseLong(fields[12]) : 0;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException _) {
            return "";
        }
    }
}
