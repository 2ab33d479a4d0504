package ai.lelantos.loadtest.scenario;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A container as small as the OCI runtime takes it: this machine's own programs, read-only, in namespaces of its own.
final class Bundle implements AutoCloseable {

    private static final String CONFIG = """
            {"ociVersion": "1.0.0",
             "process": {"cwd": "/", "args": ["/usr/bin/true"], "user": {"uid": 0, "gid": 0}, "env": ["PATH=/usr/bin"]},
             "root": {"path": "root", "readonly": true},
             "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
               {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"},
               {"destination": "/usr", "type": "bind", "source": "/usr", "options": ["bind", "ro"]}],
             "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "ipc"}, {"type": "uts"},
               {"type": "network"}]}}
            """;
    private static final Path UNIFIED = Path.of("/sys/fs/cgroup/unified");
    private static final List<Path> RUNTIMES =
            List.of(Path.of("/usr/bin/crun"), Path.of("/usr/sbin/runc"), Path.of("/usr/bin/runc"));

    private final Path folder;
    private final Path runtime;
    private final @Nullable Process place;
    private final AtomicInteger containers = new AtomicInteger();

    private Bundle(Path folder, Path runtime, @Nullable Process place) {
        this.folder = folder;
        this.runtime = runtime;
        this.place = place;
    }

    static Bundle made() throws IOException {
        Path runtime = RUNTIMES.stream()
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IOException("neither crun nor runc is installed"));
        Path folder = Files.createTempDirectory("lelantos-floor-container");
        Path root = Files.createDirectory(folder.resolve("root"));
        for (String mountPoint : List.of("proc", "dev", "usr")) {
            var _ = Files.createDirectory(root.resolve(mountPoint));
        }
        for (String merged : List.of("lib", "lib64")) {
            var _ = Files.createSymbolicLink(root.resolve(merged), Path.of("usr", merged));
        }
        var _ = Files.writeString(folder.resolve("config.json"), CONFIG);
        return new Bundle(folder, runtime, place());
    }

    /// crun refuses a machine with both versions of cgroups: there it runs in a mount namespace that hides the second,
    /// as under the product. The namespace lives as long as this process waits for its input to end.
    private static @Nullable Process place() throws IOException {
        if (!Files.exists(UNIFIED)) {
            return null;
        }
        Process place = new ProcessBuilder(
                        "unshare",
                        "--mount",
                        "--propagation",
                        "private",
                        "sh",
                        "-c",
                        "mount -t tmpfs none " + UNIFIED + " && echo made && exec cat")
                .redirectErrorStream(true)
                .start();
        String said = place.inputReader().readLine();
        if (!"made".equals(said)) {
            throw new IOException("no mount namespace: " + said);
        }
        return place;
    }

    /// Creates, starts and deletes one container, whose program must leave with 0.
    Process run() throws IOException, InterruptedException {
        Stream<String> into =
                place == null ? Stream.of() : Stream.of("nsenter", "--mount", "--target", "" + place.pid());
        Stream<String> run = Stream.of(
                runtime.toString(),
                "--root",
                folder.resolve("state").toString(),
                "run",
                "--bundle",
                folder.toString(),
                "lelantos-floor-" + containers.incrementAndGet());
        return Floors.spawn(Stream.concat(into, run).toArray(String[]::new));
    }

    @Override
    public void close() {
        if (place != null) {
            try {
                place.getOutputStream().close();
                place.waitFor();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        remove(folder);
    }

    /// Removes a folder of the bench's own with all that is in it.
    static void remove(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
