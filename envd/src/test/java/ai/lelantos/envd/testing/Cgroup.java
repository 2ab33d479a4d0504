package ai.lelantos.envd.testing;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// Limits of a sandbox, in whichever version of control groups this machine has.
final class Cgroup {

    private static final Path ROOT = Path.of("/sys/fs/cgroup");

    private Cgroup() {}

    /// One limit: where its controller lives in version 1, and the file and value that set it in either.
    record Limit(String controller, String fileV1, String fileV2, String value) {

        static Limit processes(int count) {
            return new Limit("pids", "pids.max", "pids.max", Integer.toString(count));
        }

        static Limit thawed() {
            return new Limit("freezer", "freezer.state", "cgroup.freeze", "0");
        }

        static Limit memory(long bytes) {
            return new Limit("memory", "memory.limit_in_bytes", "memory.max", Long.toString(bytes));
        }
    }

    /// Freezes or thaws, and waits until the kernel says so.
    static void freeze(List<Path> groups, boolean frozen) throws IOException {
        for (Path group : groups) {
            Path v1 = group.resolve("freezer.state");
            if (Files.exists(v1)) {
                String wanted = frozen ? "FROZEN" : "THAWED";
                while (!Files.readString(v1).strip().equals(wanted)) {
                    Files.writeString(v1, wanted);
                }
            } else if (Files.exists(group.resolve("cgroup.freeze"))) {
                Files.writeString(group.resolve("cgroup.freeze"), frozen ? "1" : "0");
                while (!Files.readString(group.resolve("cgroup.events")).contains("frozen " + (frozen ? 1 : 0))) {
                    Thread.onSpinWait();
                }
            }
        }
    }

    static List<Path> create(String name, List<Limit> limits) throws IOException {
        var groups = new ArrayList<Path>();
        for (Limit limit : limits) {
            boolean unified = Files.exists(ROOT.resolve("cgroup.controllers"));
            Path group = (unified ? ROOT : ROOT.resolve(limit.controller())).resolve("lelantos-" + name);
            if (!Files.exists(group)) {
                Files.createDirectory(group);
                groups.add(group);
            }
            String value = limit.equals(Limit.thawed()) && !unified ? "THAWED" : limit.value();
            Files.writeString(group.resolve(unified ? limit.fileV2() : limit.fileV1()), value);
        }
        return groups;
    }

    /// A shell script that moves itself into the groups and becomes its arguments.
    static String joinThenRun(List<Path> groups) {
        var script = new StringBuilder();
        for (Path group : groups) {
            script.append("echo $$ > ").append(group.resolve("cgroup.procs")).append("; ");
        }
        return script.append("exec \"$@\"").toString();
    }

    /// Removes a group, which the kernel allows once the last of its dying processes is gone.
    static void remove(Path group, Duration within) throws IOException, InterruptedException {
        long end = System.nanoTime() + within.toNanos();
        var never = new CountDownLatch(1);
        while (Files.exists(group)) {
            try {
                Files.delete(group);
            } catch (FileSystemException busy) {
                if (System.nanoTime() > end || never.await(10, TimeUnit.MILLISECONDS)) {
                    throw busy;
                }
            }
        }
    }
}
