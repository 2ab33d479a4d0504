package ai.lelantos.gateway.runtime.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One hierarchy for all controllers: what current distributions mount.
final class CgroupsV2 implements Cgroups {

    private final Path machines;

    CgroupsV2(Path root, String parent) {
        this.machines = root.resolve(parent);
    }

    @Override
    public String layout() {
        return "v2";
    }

    @Override
    public @Nullable Path hide() {
        return null;
    }

    @Override
    public void freeze(String id) throws IOException {
        Cgroups.write(machines.resolve(id).resolve("cgroup.freeze"), "1");
        Look.await(() -> frozen(id), "freezing " + id);
    }

    @Override
    public void thaw(String id) throws IOException {
        Cgroups.write(machines.resolve(id).resolve("cgroup.freeze"), "0");
    }

    @Override
    public boolean frozen(String id) throws IOException {
        return Cgroups.field(machines.resolve(id).resolve("cgroup.events"), "frozen") == 1;
    }

    @Override
    public Counts counts(String id) throws IOException {
        Path group = machines.resolve(id);
        long usage = Cgroups.number(group.resolve("memory.current"));
        long inactive = Cgroups.field(group.resolve("memory.stat"), "inactive_file");
        return new Counts(
                Cgroups.field(group.resolve("cpu.stat"), "usage_usec") * 1_000,
                Math.max(0, usage - inactive),
                Cgroups.field(group.resolve("memory.stat"), "file"),
                (int) Cgroups.number(group.resolve("pids.current")),
                Cgroups.field(group.resolve("memory.events"), "oom_kill"));
    }

    @Override
    public void promote(String id) throws IOException {
        // Shares from 2 to 262,144 as weights from 1 to 10,000: as the OCI runtimes do it.
        int weight = 1 + (int) ((SHARES - 2) * 9_999L / 262_142);
        Cgroups.write(machines.resolve(id).resolve("cpu.weight"), Integer.toString(weight));
    }

    @Override
    public List<Long> processes(String id) throws IOException {
        return Cgroups.numbers(machines.resolve(id).resolve("cgroup.procs"));
    }

    @Override
    public void remove(String id) throws IOException {
        Files.deleteIfExists(machines.resolve(id));
    }

    @Override
    public List<String> machines() throws IOException {
        return Cgroups.directories(machines);
    }

    @Override
    public void removeParent() throws IOException {
        Cgroups.removeEmptied(machines);
    }
}
