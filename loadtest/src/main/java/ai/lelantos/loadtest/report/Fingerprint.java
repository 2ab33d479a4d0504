package ai.lelantos.loadtest.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The machine a run was made on: two reports are compared with this in view.
public record Fingerprint(String cpu, int cores, long memoryMebibytes, String kernel, String java) {

    public static Fingerprint ofThisMachine() {
        return new Fingerprint(
                field("/proc/cpuinfo", "model name"),
                Runtime.getRuntime().availableProcessors(),
                kibibytes(field("/proc/meminfo", "MemTotal")) / 1024,
                System.getProperty("os.version", "unknown"),
                System.getProperty("java.vm.version", "unknown"));
    }

    private static long kibibytes(String text) {
        String digits = text.replaceAll("[^0-9]", "");
        return digits.isEmpty() ? 0 : Long.parseLong(digits);
    }

    private static String field(String file, String name) {
        try {
            List<String> lines = Files.readAllLines(Path.of(file));
            return lines.stream()
                    .filter(line -> line.startsWith(name))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException _) {
            return "unknown";
        }
    }
}
