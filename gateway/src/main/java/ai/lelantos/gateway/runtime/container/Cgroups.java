package ai.lelantos.gateway.runtime.container;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The machines' control groups, whatever layout the host mounts them in. The OCI runtime makes a machine's groups
/// and sets its limits; this reads them, freezes them and takes them away.
interface Cgroups {

    /// A machine's share of a busy processor, beside its limit; the kernel's usual number.
    int SHARES = 1_024;

    /// The share of a machine that nobody waits for.
    int SHARES_AHEAD = 128;

    int REMOVAL_MILLIS_MAX = 1_000;

    /// What a machine has used so far.
    record Counts(long cpuNanos, long memoryUsed, long memoryCache, int pids, long oomKills) {}

    /// `v1`, `hybrid` or `v2`.
    String layout();

    /// A mount that the OCI runtime must not see, null when it may see all.
    @Nullable
    Path hide();

    /// Stops every process of the machine; returns when all stand still.
    void freeze(String id) throws IOException;

    void thaw(String id) throws IOException;

    boolean frozen(String id) throws IOException;

    Counts counts(String id) throws IOException;

    /// Gives a machine that was made ahead its full share.
    void promote(String id) throws IOException;

    /// Every process of the machine, as this host numbers them.
    List<Long> processes(String id) throws IOException;

    /// Takes the empty groups of a machine away; nothing when there are none.
    void remove(String id) throws IOException;

    /// Machines that have a group.
    List<String> machines() throws IOException;

    /// Takes away what holds the machines' groups.
    void removeParent() throws IOException;

    /// The layout found below a mount point such as `/sys/fs/cgroup`.
    static Cgroups at(Path root, String parent) throws IOException {
        if (Files.exists(root.resolve("cgroup.controllers"))) {
            return new CgroupsV2(root, parent);
        }
        if (Files.isDirectory(root.resolve("memory"))) {
            return new CgroupsV1(root, parent);
        }
        throw new IOException("no control groups are mounted at " + root);
    }

    // ---- what both layouts share

    static String text(Path file) throws IOException {
        return Files.readString(file).strip();
    }

    /// A number of a file that is only a number; `max` is the largest.
    static long number(Path file) throws IOException {
        String text = text(file);
        return text.equals("max") ? Long.MAX_VALUE : Long.parseLong(text);
    }

    /// A number of a file of `key value` lines; 0 when the key is absent.
    static long field(Path file, String key) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(key + " "))
                    .mapToLong(line -> Long.parseLong(line.substring(key.length() + 1)))
                    .findFirst()
                    .orElse(0);
        }
    }

    static void write(Path file, String value) throws IOException {
        Files.writeString(file, value);
    }

    static List<String> directories(Path parent) throws IOException {
        try (Stream<Path> found = Files.list(parent)) {
            return found.filter(each -> Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS))
                    .map(each -> each.getFileName().toString())
                    .toList();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }

    static List<Long> numbers(Path file) throws IOException {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.map(Long::valueOf).toList();
        } catch (NoSuchFileException none) {
            return List.of();
        }
    }

    /// Removes a group whose last child has just gone: for a moment the kernel still counts that one.
    static void removeEmptied(Path group) throws IOException {
        if (!Look.within(REMOVAL_MILLIS_MAX, () -> removed(group))) {
            Files.deleteIfExists(group); // says why not
        }
    }

    private static boolean removed(Path group) {
        try {
            Files.deleteIfExists(group);
            return true;
        } catch (IOException busy) {
            return false;
        }
    }
}
