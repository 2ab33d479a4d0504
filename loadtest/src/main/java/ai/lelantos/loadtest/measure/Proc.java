package ai.lelantos.loadtest.measure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A process of this machine as the kernel shows it; one that has ended shows zeros.
public record Proc(Path folder) {

    private static final Path ALL = Path.of("/proc");
    private static final String AGENT = "/.lelantos/jre/bin/java";

    /// Linux shows hundredths to programs, whatever it counts in.
    private static final double TICKS_PER_SECOND = 100;

    public static Proc of(long pid) {
        return new Proc(ALL.resolve(Long.toString(pid)));
    }

    /// The agents of all sandboxes on this machine, none where it hosts none.
    public static List<Proc> agents() {
        List<Proc> found = new ArrayList<>();
        try (var all = Files.newDirectoryStream(ALL, "[0-9]*")) {
            for (Path process : all) {
                if (text(process.resolve("cmdline")).startsWith(AGENT)) {
                    found.add(new Proc(process));
                }
            }
        } catch (IOException _) {
            found.clear();
        }
        return found;
    }

    /// Processor time so far, its own and the kernel's for it.
    public double cpuSeconds() {
        String stat = text(folder.resolve("stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
        return fields.length > 12 ? (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND : 0;
    }

    /// Memory that it has in use, shared or not.
    public long residentKib() {
        return kib(folder.resolve("status"), "VmRSS:");
    }

    /// Memory it has for itself and its share of what it shares.
    public long proportionalKib() {
        return kib(folder.resolve("smaps_rollup"), "Pss:");
    }

    /// Memory that no file stands behind.
    public long anonymousKib() {
        return kib(folder.resolve("smaps_rollup"), "Anonymous:");
    }

    /// What the whole machine could still give.
    public static long availableKib() {
        return kib(ALL.resolve("meminfo"), "MemAvailable:");
    }

    /// Lets all its threads run on some processors only, a list as the kernel writes it; gives back the one before.
    public String pin(String processors) throws IOException {
        String before =
                Files.readString(folder.resolve("status")).replaceAll("(?s).*Cpus_allowed_list:\\s*(\\S+).*", "$1");
        Process taskset = new ProcessBuilder(
                        "taskset",
                        "-a",
                        "-c",
                        "-p",
                        processors,
                        folder.getFileName().toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(taskset.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!said.contains("new affinity")) {
            throw new IOException("cannot pin " + folder + ": " + said);
        }
        return before;
    }

    private static long kib(Path file, String field) {
        return text(file)
                .lines()
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
