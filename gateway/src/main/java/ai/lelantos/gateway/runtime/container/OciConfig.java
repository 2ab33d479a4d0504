package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.MachineSpec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// What the OCI runtime is told. The policy is `oci.json` and `seccomp.json` beside this class; here only what differs
/// between hosts and between machines is filled in.
final class OciConfig {

    /// The scheduler's period for CPU limits, microseconds.
    private static final long CPU_PERIOD = 100_000;

    private final JsonMapper json = JsonMapper.shared();
    private final ObjectNode policy;
    private final String group;

    /// @param oci the runtime that will read it: runc refuses a mount over `boot_id`, so its machines show the host's
    OciConfig(Instance instance, Path oci, int openFilesMax) throws IOException {
        this.group = "/" + instance.name();
        this.policy = (ObjectNode) json.readTree(resource("oci.json").replace("CELL/", instance.cell() + "/"));
        if (oci.endsWith("crun")) {
            ObjectNode bootId = ((ArrayNode) policy.get("mounts")).insertObject(1);
            bootId.put("destination", "/proc/sys/kernel/random/boot_id").put("type", "bind");
            bootId.put("source", instance.cell() + "/boot_id");
            List.of("bind", "ro", "nosuid", "nodev", "noexec").forEach(bootId.putArray("options")::add);
        }
        ObjectNode seccomp = (ObjectNode) json.readTree(resource("seccomp.json"));
        // One architecture: the calls of every other are then refused, and the filter compiles in a third of the time.
        seccomp.putArray("architectures").add(architecture());
        ((ObjectNode) policy.get("linux")).set("seccomp", seccomp);
        for (JsonNode limit : policy.get("process").get("rlimits")) {
            if (limit.get("type").asString().equals("RLIMIT_NOFILE")) {
                ((ObjectNode) limit).put("hard", openFilesMax).put("soft", openFilesMax);
            }
        }
    }

    /// The text of a machine's `config.json`.
    ///
    /// @param ahead whether nobody waits for it: then whoever does goes first
    /// @param command what to run instead of the agent, null for the agent
    String of(String id, MachineSpec spec, int pidsMax, boolean ahead, @Nullable List<String> command) {
        ObjectNode config = policy.deepCopy();
        ObjectNode linux = (ObjectNode) config.get("linux");
        linux.put("cgroupsPath", group + "/" + id);
        ObjectNode resources = (ObjectNode) linux.get("resources");
        resources.putObject("memory").put("limit", (long) spec.memoryMb() << 20);
        resources
                .putObject("cpu")
                .put("quota", spec.cpuCount() * CPU_PERIOD)
                .put("period", CPU_PERIOD)
                .put("shares", ahead ? Cgroups.SHARES_AHEAD : Cgroups.SHARES);
        resources.putObject("pids").put("limit", pidsMax);
        if (command != null) {
            var args = ((ObjectNode) config.get("process")).putArray("args");
            command.forEach(args::add);
        }
        // Both count as the machine's memory; so neither alone can use it up.
        return json.writeValueAsString(config)
                .replace("size=HALF", "size=" + spec.memoryMb() / 2 + "m")
                .replace("size=QUARTER", "size=" + spec.memoryMb() / 4 + "m");
    }

    /// The descriptor limit of this process: without CAP_SYS_RESOURCE nothing above it can be given on.
    static int openFiles(int wanted) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/limits"))) {
            if (line.startsWith("Max open files")) {
                String hard = line.strip().split("\\s+", -1)[4];
                return hard.equals("unlimited") ? wanted : (int) Math.min(wanted, Long.parseLong(hard));
            }
        }
        return wanted;
    }

    private static String architecture() {
        return switch (System.getProperty("os.arch")) {
            case "amd64" -> "SCMP_ARCH_X86_64";
            case "aarch64" -> "SCMP_ARCH_AARCH64";
            case String other -> throw new IllegalStateException("no seccomp list for " + other);
        };
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = OciConfig.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException(name + " is missing in the gateway's jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
