package ai.lelantos.envd.host;

import ai.lelantos.envd.linux.Errno;
import ai.lelantos.envd.linux.FilePath;
import ai.lelantos.envd.linux.FileSystem;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;

/// What the sandbox uses of what it has: by its control group where it has one with limits, else by the machine.
///
/// A handful of small files of the kernel for each question; nothing runs in between.
public final class Metrics {

    private static final long MIB = 1 << 20;
    private static final long NANOS_PER_TICK = 10_000_000;

    /// A memory limit of a group without one is this or more.
    private static final long NO_LIMIT = 1L << 60;

    private final Path groups;
    private final Path proc;
    private final Clock clock;
    private final long started = System.nanoTime();
    private CpuTime last = new CpuTime(0, 0);

    /// @param groups `/sys/fs/cgroup`, and `proc` likewise, but for tests
    public Metrics(Path groups, Path proc, Clock clock) {
        this.groups = groups;
        this.proc = proc;
        this.clock = clock;
    }

    /// Processor time used, of how much there was.
    private record CpuTime(long usedNanos, long totalNanos) {}

    private record Memory(long total, long used, long cache) {}

    /// The answer's body; a question asks what was used since the one before.
    synchronized String json() throws IOException {
        int cpus = Runtime.getRuntime().availableProcessors();
        Memory memory = memory();
        var body = new JsonObject();
        body.addProperty("ts", clock.instant().getEpochSecond());
        body.addProperty("cpu_count", cpus);
        body.addProperty("cpu_used_pct", usedSinceLast(cpus));
        body.addProperty("mem_total", memory.total());
        body.addProperty("mem_used", memory.used());
        body.addProperty("mem_cache", memory.cache());
        body.addProperty("mem_total_mib", memory.total() / MIB);
        body.addProperty("mem_used_mib", memory.used() / MIB);
        addDisk(body);
        return body.toString();
    }

    private static void addDisk(JsonObject body) throws Errno {
        FileSystem disk = FileSystem.of(FilePath.of("/"));
        body.addProperty("disk_total", disk.total());
        body.addProperty("disk_used", disk.total() - disk.available());
    }

    private double usedSinceLast(int cpus) throws IOException {
        CpuTime now = cpuTime(cpus);
        long used = now.usedNanos() - last.usedNanos();
        long total = now.totalNanos() - last.totalNanos();
        last = now;
        double percent = total <= 0 ? 0 : Math.clamp(100.0 * used / total, 0, 100);
        return Math.round(percent * 100) / 100.0;
    }

    private CpuTime cpuTime(int cpus) throws IOException {
        long wall = (System.nanoTime() - started) * cpus;
        Path unified = groups.resolve("cpu.stat");
        if (Files.exists(unified) && Files.exists(groups.resolve("memory.current"))) {
            return new CpuTime(table(unified).getOrDefault("usage_usec", 0L) * 1_000, wall);
        }
        Path separate = groups.resolve("cpuacct/cpuacct.usage");
        if (Files.exists(separate) && limit(groups.resolve("memory/memory.limit_in_bytes")) < NO_LIMIT) {
            return new CpuTime(number(separate), wall);
        }
        String[] ticks = Files.readString(proc.resolve("stat"))
                .lines()
                .findFirst()
                .orElseThrow()
                .split(" +", -1);
        long total = 0;
        for (int i = 1; i <= 8; i++) {
            total += Long.parseLong(ticks[i]);
        }
        long idle = Long.parseLong(ticks[4]) + Long.parseLong(ticks[5]);
        return new CpuTime((total - idle) * NANOS_PER_TICK, total * NANOS_PER_TICK);
    }

    private Memory memory() throws IOException {
        long unified = limit(groups.resolve("memory.max"));
        if (unified < NO_LIMIT) {
            long cache = table(groups.resolve("memory.stat")).getOrDefault("file", 0L);
            return new Memory(unified, Math.max(0, number(groups.resolve("memory.current")) - cache), cache);
        }
        Path group = groups.resolve("memory");
        long separate = limit(group.resolve("memory.limit_in_bytes"));
        if (separate < NO_LIMIT) {
            long cache = table(group.resolve("memory.stat")).getOrDefault("total_cache", 0L);
            return new Memory(separate, Math.max(0, number(group.resolve("memory.usage_in_bytes")) - cache), cache);
        }
        Map<String, Long> machine = table(proc.resolve("meminfo"));
        long total = kib(machine, "MemTotal:");
        long cache = kib(machine, "Cached:") + kib(machine, "SReclaimable:");
        return new Memory(total, total - kib(machine, "MemFree:") - kib(machine, "Buffers:") - cache, cache);
    }

    private static long kib(Map<String, Long> table, String name) {
        return table.getOrDefault(name, 0L) << 10;
    }

    /// A limit in bytes; without the file, and without a limit in it, a very large one.
    private static long limit(Path file) {
        try {
            return number(file);
        } catch (IOException | NumberFormatException _) {
            return Long.MAX_VALUE;
        }
    }

    private static long number(Path file) throws IOException {
        return Long.parseLong(Files.readString(file).strip());
    }

    /// Lines of a name and a number.
    private static Map<String, Long> table(Path file) throws IOException {
        var table = new HashMap<String, Long>();
        for (String line : Files.readAllLines(file)) {
            String[] words = line.split(" +", -1);
            if (words.length >= 2 && words[1].matches("[0-9]{1,18}")) {
                table.put(words[0], Long.parseLong(words[1]));
            }
        }
        return table;
    }
}
