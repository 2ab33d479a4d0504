package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.http.Json;
import ai.lelantos.gateway.runtime.RuntimeDriver;
import ai.lelantos.protocol.AgentVersion;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// What an operator is told of this node: what its sandboxes were promised, what the machine has and what it does.
final class NodeReport {

    private final String node;
    private final Instant since;
    private final LiveSandboxes live;
    private final StartCounter starts;
    private final RuntimeDriver driver;
    private final Map<String, String> processor = processor();
    private final OperatingSystemMXBean machine = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    NodeReport(String node, Instant since, LiveSandboxes live, StartCounter starts, RuntimeDriver driver) {
        this.node = node;
        this.since = since;
        this.live = live;
        this.starts = starts;
        this.driver = driver;
    }

    Json.Obj wire() {
        return Json.object()
                .put("id", node)
                .put("serviceInstanceID", node)
                .put("clusterID", "local")
                .put("status", "ready")
                .put("statusChangedAt", since)
                .put("sandboxCount", live.count())
                .put(
                        "sandboxStartingCount",
                        driver.pools().stream().mapToLong(pool -> pool.making()).sum())
                .put("createSuccesses", starts.successes())
                .put("createFails", starts.failures())
                .put("version", AgentVersion.CURRENT)
                .put("commit", "")
                .put("metrics", metrics())
                .put(
                        "machineInfo",
                        Json.object()
                                .put("cpuFamily", processor.getOrDefault("cpu family", ""))
                                .put("cpuModel", processor.getOrDefault("model", ""))
                                .put("cpuModelName", processor.getOrDefault("model name", ""))
                                .put("cpuArchitecture", System.getProperty("os.arch", "")));
    }

    /// Huge pages are not used, and disks are not looked at.
    private Json.Obj metrics() {
        long total = machine.getTotalMemorySize();
        return Json.object()
                .put(
                        "allocatedCPU",
                        live.all().stream()
                                .mapToInt(entry -> entry.row().cpuCount())
                                .sum())
                .put(
                        "allocatedMemoryBytes",
                        live.all().stream()
                                .mapToLong(entry -> (long) entry.row().memoryMb() << 20)
                                .sum())
                .put("cpuCount", machine.getAvailableProcessors())
                .put("cpuPercent", Math.round(100 * Math.max(0, machine.getCpuLoad())))
                .put("memoryTotalBytes", total)
                .put("memoryUsedBytes", total - machine.getFreeMemorySize())
                .put("hugePagesTotal", 0)
                .put("hugePagesUsed", 0)
                .put("hugePagesReserved", 0)
                .put("hugePageSizeBytes", 0)
                .put("disks", List.of());
    }

    /// The first processor's lines, as the kernel tells them.
    private static Map<String, String> processor() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.takeWhile(line -> !line.isBlank())
                    .map(line -> line.split("\\s*:\\s*", 2))
                    .filter(pair -> pair.length == 2)
                    .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1], (first, second) -> first));
        } catch (IOException e) {
            return Map.of();
        }
    }
}
