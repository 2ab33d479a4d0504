package ai.lelantos.envd.process;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// The control groups of the sandbox, where its kernel and its host let us have some: terminals before commands, and
/// the agent before both. Version 2 only; without it everything runs in the group it is in.
public final class Cgroups {

    /// The tag of commands of the host's own tooling: they stay out of the users' groups.
    static final String SYSTEM_TAG = "_system";

    /// Left for the agent of the memory and of the processes that a sandbox may have.
    private static final long MEMORY_RESERVE_MAX = 128L << 20;

    private static final int PROCESSES_RESERVE = 64;
    private static final int MOVES_MAX = 16;

    private static final Logger LOG = System.getLogger(Cgroups.class.getName());

    private final Optional<Path> root;

    private Cgroups(Optional<Path> root) {
        this.root = root;
    }

    /// Makes the groups under a root such as `/sys/fs/cgroup`; whatever is not allowed is left out.
    public static Cgroups under(Path root) {
        if (!Files.exists(root.resolve("cgroup.controllers"))) {
            return new Cgroups(Optional.empty());
        }
        try {
            Path agent = root.resolve("envd");
            create(agent);
            create(root.resolve("ptys"));
            create(root.resolve("user"));
            create(root.resolve("socats"));
            moveEverything(root, agent);
        } catch (IOException e) {
            LOG.log(Level.INFO, "no control groups for commands: " + e);
            return new Cgroups(Optional.empty());
        }
        for (String controller : new String[] {"+cpu", "+io", "+memory", "+pids"}) {
            set(root, "cgroup.subtree_control", controller);
        }
        var groups = new Cgroups(Optional.of(root));
        groups.weigh();
        return groups;
    }

    /// The file a command's process writes itself to.
    Optional<String> procs(boolean onTerminal, String tag) {
        return root.filter(_ -> !tag.equals(SYSTEM_TAG))
                .map(path -> path.resolve(onTerminal ? "ptys" : "user").resolve("cgroup.procs"))
                .map(Path::toString);
    }

    private void weigh() {
        Path path = root.orElseThrow();
        long total = memoryTotal(path);
        String memory = Long.toString(total - Math.min(total / 8, MEMORY_RESERVE_MAX));
        Optional<String> processes = processesMax(path);
        Map.of("ptys", "200 50", "user", "50 10", "socats", "150 50").forEach((name, weights) -> {
            Path group = path.resolve(name);
            set(group, "cpu.weight", weights.substring(0, weights.indexOf(' ')));
            set(group, "io.weight", "default " + weights.substring(weights.indexOf(' ') + 1));
        });
        for (String name : new String[] {"ptys", "user"}) {
            set(path.resolve(name), "memory.high", memory);
            set(path.resolve(name), "memory.max", memory);
            processes.ifPresent(max -> set(path.resolve(name), "pids.max", max));
        }
        set(path.resolve("socats"), "memory.min", Long.toString(5L << 20));
        set(path.resolve("socats"), "memory.low", Long.toString(8L << 20));
    }

    /// What the sandbox may use, bytes: its own limit, or the machine's memory.
    private static long memoryTotal(Path root) {
        Optional<Long> limit = number(root.resolve("memory.max"));
        if (limit.isPresent()) {
            return limit.get();
        }
        try {
            String first = Files.readAllLines(Path.of("/proc/meminfo")).getFirst();
            return Long.parseLong(first.replaceAll("[^0-9]", "")) << 10;
        } catch (IOException | NumberFormatException _) {
            return Runtime.getRuntime().maxMemory();
        }
    }

    /// So that a fork bomb leaves the agent the threads it needs to end it.
    private static Optional<String> processesMax(Path root) {
        return number(root.resolve("pids.max"))
                .filter(max -> max > 2 * PROCESSES_RESERVE)
                .map(max -> Long.toString(max - PROCESSES_RESERVE));
    }

    private static Optional<Long> number(Path file) {
        try {
            return Optional.of(Long.parseLong(Files.readString(file).strip()));
        } catch (IOException | NumberFormatException _) {
            return Optional.empty();
        }
    }

    private static void create(Path group) throws IOException {
        if (!Files.isDirectory(group)) {
            var _ = Files.createDirectory(group);
        }
    }

    /// A group with controllers for its children may hold no process itself; what forks meanwhile needs another round.
    private static void moveEverything(Path from, Path to) throws IOException {
        for (int round = 0; round < MOVES_MAX; round++) {
            var left = Files.readAllLines(from.resolve("cgroup.procs"));
            if (left.isEmpty()) {
                return;
            }
            for (String pid : left) {
                set(to, "cgroup.procs", pid);
            }
        }
    }

    private static void set(Path group, String file, String value) {
        try {
            var _ = Files.writeString(group.resolve(file), value);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "not set: " + group.resolve(file) + " = " + value + ": " + e.getMessage());
        }
    }
}
