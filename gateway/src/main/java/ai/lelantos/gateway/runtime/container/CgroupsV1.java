package ai.lelantos.gateway.runtime.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One hierarchy per controller; in the hybrid layout a second version's one beside them, which carries no
/// controllers of use and which crun refuses to see.
final class CgroupsV1 implements Cgroups {

    private static final int FREEZE_TRIES_MAX = 40;
    private static final int FREEZE_MILLIS_MAX = 50; // of one try

    private final Path root;
    private final String parent;

    CgroupsV1(Path root, String parent) {
        this.root = root;
        this.parent = parent;
    }

    private Path group(String controller, String id) {
        return root.resolve(controller).resolve(parent).resolve(id);
    }

    @Override
    public String layout() {
        return hide() == null ? "v1" : "hybrid";
    }

    @Override
    public @Nullable Path hide() {
        Path unified = root.resolve("unified");
        return Files.exists(unified.resolve("cgroup.controllers")) ? unified : null;
    }

    /// A parent that waits in the kernel for its half-born child cannot freeze once the child has: only a thaw lets
    /// the two go on, so it is tried again. What could not be frozen is left thawed: nothing frozen can be killed.
    @Override
    public void freeze(String id) throws IOException {
        Path state = group("freezer", id).resolve("freezer.state");
        for (int tries = 0; tries < FREEZE_TRIES_MAX; tries++) {
            Cgroups.write(state, "FROZEN");
            if (Look.within(FREEZE_MILLIS_MAX, () -> Cgroups.text(state).equals("FROZEN"))) {
                return;
            }
            Cgroups.write(state, "THAWED");
        }
        throw new IOException("freezing " + id + " did not succeed in " + FREEZE_TRIES_MAX + " tries");
    }

    @Override
    public void thaw(String id) throws IOException {
        Cgroups.write(group("freezer", id).resolve("freezer.state"), "THAWED");
    }

    @Override
    public boolean frozen(String id) throws IOException {
        return !Cgroups.text(group("freezer", id).resolve("freezer.state")).equals("THAWED");
    }

    @Override
    public Counts counts(String id) throws IOException {
        Path memory = group("memory", id);
        long usage = Cgroups.number(memory.resolve("memory.usage_in_bytes"));
        long inactive = Cgroups.field(memory.resolve("memory.stat"), "total_inactive_file");
        return new Counts(
                Cgroups.number(group("cpuacct", id).resolve("cpuacct.usage")),
                Math.max(0, usage - inactive),
                Cgroups.field(memory.resolve("memory.stat"), "total_cache"),
                (int) Cgroups.number(group("pids", id).resolve("pids.current")),
                Cgroups.field(memory.resolve("memory.oom_control"), "oom_kill"));
    }

    @Override
    public void promote(String id) throws IOException {
        Cgroups.write(group("cpu", id).resolve("cpu.shares"), Integer.toString(SHARES));
    }

    @Override
    public List<Long> processes(String id) throws IOException {
        return Cgroups.numbers(group("pids", id).resolve("cgroup.procs"));
    }

    @Override
    public void remove(String id) throws IOException {
        for (Path hierarchy : hierarchies()) {
            Files.deleteIfExists(hierarchy.resolve(parent).resolve(id));
        }
    }

    @Override
    public List<String> machines() throws IOException {
        return Cgroups.directories(root.resolve("memory").resolve(parent));
    }

    @Override
    public void removeParent() throws IOException {
        for (Path hierarchy : hierarchies()) {
            Cgroups.removeEmptied(hierarchy.resolve(parent));
        }
    }

    private List<Path> hierarchies() throws IOException {
        List<Path> found = new ArrayList<>();
        for (String each : Cgroups.directories(root)) {
            found.add(root.resolve(each));
        }
        return found;
    }
}
