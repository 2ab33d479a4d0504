package ai.lelantos.loadtest.clients;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What this machine holds at one moment: processes, mounts, links, rules, cgroups, and temporary files.
record Machine(Map<String, Set<String>> facts) {

    private static final Duration SETTLE_MAX = Duration.ofSeconds(15);
    private static final long LOOK_AGAIN_NANOS = 250_000_000;
    private static final Duration LIMIT = Duration.ofSeconds(20);

    static Machine now() {
        var facts = new TreeMap<String, Set<String>>();
        facts.put("processes", processes());
        facts.put("mounts", lines("awk", "{print $5, $9, $10}", "/proc/self/mountinfo"));
        facts.put("links", lines("sh", "-c", "ip -o link | awk '{print $2}'"));
        facts.put("addresses", lines("sh", "-c", "ip -o address | awk '{print $2, $3, $4}'"));
        facts.put("network namespaces", lines("ip", "netns", "list"));
        facts.put("rules", lines("sh", "-c", "nft list tables 2>/dev/null || true"));
        facts.put("cgroups", lines("find", "/sys/fs/cgroup", "-mindepth", "1", "-maxdepth", "3", "-type", "d"));
        facts.put("temporary files", entries(Path.of("/tmp")));
        facts.put("files of this run", entries(Path.of(System.getProperty("java.io.tmpdir"))));
        return new Machine(facts);
    }

    /// What is there now and was not then, once things settled; empty when the machine is as it was.
    Map<String, Set<String>> leftSince() {
        long end = System.nanoTime() + SETTLE_MAX.toNanos();
        while (true) {
            Map<String, Set<String>> left = added(now());
            if (left.isEmpty() || System.nanoTime() > end) {
                return left;
            }
            // A kernel tears namespaces down after the last process left, and tells nobody when it is done.
            LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
    }

    private Map<String, Set<String>> added(Machine later) {
        var left = new TreeMap<String, Set<String>>();
        later.facts.forEach((kind, there) -> {
            var more = new TreeSet<>(there);
            more.removeAll(facts.getOrDefault(kind, Set.of()));
            if (!more.isEmpty()) {
                left.put(kind, more);
            }
        });
        return left;
    }

    /// Command lines without their pids, kernel threads and this test's own relatives left out.
    private static Set<String> processes() {
        var own = ProcessHandle.current().descendants().map(ProcessHandle::pid).collect(Collectors.toSet());
        for (var at = Optional.of(ProcessHandle.current());
                at.isPresent();
                at = at.get().parent()) {
            own.add(at.get().pid());
        }
        return ProcessHandle.allProcesses()
                .filter(handle -> !own.contains(handle.pid()))
                .map(handle -> handle.info().commandLine().orElse(""))
                .filter(line -> !line.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> lines(String... command) {
        return Tool.run(Path.of(System.getProperty("java.io.tmpdir")), Map.of(), LIMIT, java.util.List.of(command))
                .fine()
                .lines()
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> entries(Path directory) {
        try (Stream<Path> all = Files.list(directory)) {
            return all.map(Path::toString)
                    .filter(name -> !name.contains("/hsperfdata_"))
                    .collect(Collectors.toCollection(TreeSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
