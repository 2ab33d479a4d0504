package ai.lelantos.gateway.runtime.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Both layouts against trees of files as the kernel lays them out; the layout of the machine at hand is run for real
/// by [ContainerDriverIT].
class CgroupsTest {

    private static final String PARENT = "lelantos-abc";
    private static final String ID = "m1";

    @TempDir
    private Path root;

    private void files(Map<String, String> files) throws IOException {
        for (var each : files.entrySet()) {
            Path file = root.resolve(each.getKey());
            var _ = Files.createDirectories(file.getParent());
            Files.writeString(file, each.getValue());
        }
    }

    private Cgroups v2() throws IOException {
        String group = PARENT + "/" + ID + "/";
        files(Map.of(
                "cgroup.controllers",
                "cpuset cpu io memory pids\n",
                group + "cpu.stat",
                "usage_usec 1500\nuser_usec 1000\nsystem_usec 500\n",
                group + "memory.current",
                "5000000\n",
                group + "memory.stat",
                "anon 1\nfile 3000000\nkernel 7\ninactive_file 2000000\nactive_file 1000000\n",
                group + "memory.events",
                "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\n",
                group + "pids.current",
                "7\n",
                group + "cgroup.procs",
                "41\n42\n",
                group + "cgroup.events",
                "populated 1\nfrozen 1\n",
                group + "cgroup.freeze",
                "0\n"));
        return Cgroups.at(root, PARENT);
    }

    private Cgroups v1() throws IOException {
        files(Map.of(
                "cpuacct/" + PARENT + "/" + ID + "/cpuacct.usage", "1500000\n",
                "memory/" + PARENT + "/" + ID + "/memory.usage_in_bytes", "5000000\n",
                "memory/" + PARENT + "/" + ID + "/memory.stat",
                        "cache 1\ntotal_cache 3000000\ntotal_inactive_file 2000000\n",
                "memory/" + PARENT + "/" + ID + "/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
                "pids/" + PARENT + "/" + ID + "/pids.current", "7\n",
                "pids/" + PARENT + "/" + ID + "/cgroup.procs", "41\n42\n",
                "freezer/" + PARENT + "/" + ID + "/freezer.state", "THAWED\n"));
        return Cgroups.at(root, PARENT);
    }

    @Test
    void aMachineMadeAheadGetsItsFullShare() throws IOException {
        Cgroups second = v2();
        second.promote(ID);
        assertThat(root.resolve(PARENT + "/" + ID + "/cpu.weight")).hasContent("39");
        Files.delete(root.resolve("cgroup.controllers"));
        files(Map.of("cpu/" + PARENT + "/" + ID + "/cpu.shares", "128\n"));
        v1().promote(ID);
        assertThat(root.resolve("cpu/" + PARENT + "/" + ID + "/cpu.shares")).hasContent("1024");
    }

    @Test
    void bothLayoutsCountTheSame() throws IOException {
        Cgroups.Counts expected = new Cgroups.Counts(1_500_000, 3_000_000, 3_000_000, 7, 2);
        Cgroups second = v2();
        assertThat(second.layout()).isEqualTo("v2");
        assertThat(second.hide()).isNull();
        assertThat(second.counts(ID)).isEqualTo(expected);
        assertThat(second.processes(ID)).containsExactly(41L, 42L);
        Files.delete(root.resolve("cgroup.controllers"));
        Cgroups first = v1();
        assertThat(first.layout()).isEqualTo("v1");
        assertThat(first.counts(ID)).isEqualTo(expected);
        assertThat(first.processes(ID)).containsExactly(41L, 42L);
    }

    @Test
    void theSecondVersionFreezesByItsOwnFileAndWaitsForTheEvent() throws IOException {
        Cgroups groups = v2();
        groups.freeze(ID);
        assertThat(root.resolve(PARENT).resolve(ID).resolve("cgroup.freeze")).hasContent("1");
        assertThat(groups.frozen(ID)).isTrue();
        groups.thaw(ID);
        assertThat(root.resolve(PARENT).resolve(ID).resolve("cgroup.freeze")).hasContent("0");
    }

    @Test
    void aFreezeThatDoesNotHappenIsAnError() throws IOException {
        Cgroups groups = v2();
        files(Map.of(PARENT + "/" + ID + "/cgroup.events", "populated 1\nfrozen 0\n"));
        assertThatThrownBy(() -> groups.freeze(ID))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("freezing m1");
    }

    @Test
    void theFirstVersionFreezesByState() throws IOException {
        Cgroups groups = v1();
        assertThat(groups.frozen(ID)).isFalse();
        groups.freeze(ID);
        assertThat(groups.frozen(ID)).isTrue();
        groups.thaw(ID);
        assertThat(groups.frozen(ID)).isFalse();
    }

    @Test
    void theHybridLayoutHidesItsSecondHierarchy() throws IOException {
        files(Map.of("unified/cgroup.controllers", "hugetlb\n"));
        Cgroups groups = v1();
        assertThat(groups.layout()).isEqualTo("hybrid");
        assertThat(groups.hide()).isEqualTo(root.resolve("unified"));
    }

    @Test
    void machinesAreListedAndRemoved() throws IOException {
        var _ = Files.createDirectories(root.resolve("memory"));
        Cgroups groups = Cgroups.at(root, PARENT);
        var _ = Files.createDirectories(root.resolve("memory/" + PARENT + "/a"));
        var _ = Files.createDirectories(root.resolve("pids/" + PARENT + "/a"));
        assertThat(groups.machines()).containsExactly("a");
        groups.remove("a");
        groups.remove("a");
        assertThat(groups.machines()).isEmpty();
        groups.removeParent();
        assertThat(root.resolve("pids/" + PARENT)).doesNotExist();
    }

    @Test
    void noControlGroupsIsSaid() {
        assertThatThrownBy(() -> Cgroups.at(root, PARENT)).hasMessageContaining("no control groups are mounted");
    }
}
