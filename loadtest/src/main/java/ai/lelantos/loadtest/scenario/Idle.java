package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// What sandboxes that do nothing cost the host: memory of their agents, of the whole host, and processor time.
final class Idle implements Scenario {

    private static final long KIB = 1_024;
    private static final long TICKS_PER_SECOND = 100;

    @Override
    public String name() {
        return "idle";
    }

    @Override
    public String about() {
        return "memory and processor time of 50 sandboxes that do nothing, and of 150 in a full run";
    }

    @Override
    public void run(Bench bench) throws Exception {
        for (int sandboxes : bench.quick() ? List.of(50) : List.of(50, 150)) {
            long before = available();
            bench.with(sandboxes, made -> {
                List<Path> agents = agents();
                if (agents.isEmpty()) {
                    throw new IllegalStateException("no agent is on this machine: the server is elsewhere");
                }
                bench.row(amount("agent PSS, MB", sandboxes, average(agents, "smaps_rollup", "Pss:")));
                bench.row(amount("agent anonymous, MB", sandboxes, average(agents, "smaps_rollup", "Anonymous:")));
                bench.row(amount("host memory each, MB", sandboxes, (before - available()) * KIB / 1e6 / sandboxes));
                bench.row(amount("processor, % of a core each", sandboxes, percent(agents, bench.either(5, 20))));
            });
        }
    }

    /// A number that is no latency stands where megabytes do.
    private Row amount(String what, int sandboxes, double value) {
        return new Row(name(), what, sandboxes, 1, 0, 0, 0, 0, 0, 0, value, Map.of(), List.of());
    }

    private static List<Path> agents() throws IOException {
        List<Path> found = new ArrayList<>();
        try (var all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : all) {
                if (text(process.resolve("cmdline")).startsWith("/.lelantos/jre/bin/java")) {
                    found.add(process);
                }
            }
        }
        return found;
    }

    private static double average(List<Path> processes, String file, String field) {
        return processes.stream()
                .mapToLong(process -> kib(text(process.resolve(file)), field))
                .filter(kib -> kib > 0)
                .mapToDouble(kib -> kib * KIB / 1e6)
                .average()
                .orElse(0);
    }

    /// How busy the average agent is, in hundredths of a core, watched for some seconds.
    private static double percent(List<Path> agents, int seconds) {
        long before = agents.stream().mapToLong(Idle::ticks).sum();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(end - System.nanoTime());
        }
        long spent = agents.stream().mapToLong(Idle::ticks).sum() - before;
        return 100.0 * spent / TICKS_PER_SECOND / seconds / agents.size();
    }

    private static long ticks(Path process) {
        String stat = text(process.resolve("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
        return fields.length > 12 ? Long.parseLong(fields[11]) + Long.parseLong(fields[12]) : 0;
    }

    private static long available() {
        return kib(text(Path.of("/proc/meminfo")), "MemAvailable:");
    }

    private static long kib(String text, String field) {
        return text.lines()
                .filter(line -> line.startsWith(field))
                .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                .findFirst()
                .orElse(0);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException _) {
            return ""; // it ended meanwhile
        }
    }
}
