package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.MachineSpec;
import ai.lelantos.gateway.runtime.RuntimeSettings;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// A Lelantos home made for a test: a template of one static program, and a stand-in for the agent. Nothing of it
/// needs the product's images, and everything it made on the host is gone after [#close].
final class House implements AutoCloseable {

    /// The guests of these tests are no agents: there is nothing to rehearse with them.
    static final Function<Machine, Mono<Void>> UNREHEARSED = machine -> Mono.empty();

    static final MachineSpec SPEC = new MachineSpec("tiny", "b1", 1, 128, 64, true);
    static final MachineSpec OFFLINE = new MachineSpec("tiny", "b1", 1, 128, 64, false);
    static final Duration LIMIT = Duration.ofSeconds(90);

    private static final String PREFIX = "lelantos-it";

    /// What a test needs of the host to be as it was.
    record Traces(
            Set<String> links,
            Set<String> namespaces,
            Set<String> groups,
            Set<String> mounts,
            Set<String> run,
            Set<String> disk,
            long cells) {}

    final Path home;
    final HttpClient http = HttpClient.newHttpClient();
    private final RuntimeSettings settings;
    private @Nullable ContainerDriver driver;

    House(RuntimeSettings settings) throws IOException {
        this.settings = settings;
        this.home = Files.createTempDirectory(
                Path.of("/tmp"),
                PREFIX,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        Path rootfs = Files.createDirectories(home.resolve("images/tiny/b1/rootfs"));
        for (String each :
                List.of("bin", "etc", "home/user", "proc", "sys", "dev", "run", "tmp", "root", "etc/ssl/certs")) {
            Files.createDirectories(rootfs.resolve(each));
        }
        Files.setPosixFilePermissions(rootfs.resolve("tmp"), PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.writeString(rootfs.resolve("etc/ssl/certs/ca-certificates.crt"), "-- a certificate --\n");
        Path bundle = Files.createDirectories(home.resolve("agent/v1/jre/bin"));
        compile("agent.c", bundle.resolve("java"));
        Files.copy(bundle.resolve("java"), home.resolve("agent/v1/init"));
        var _ = Files.createSymbolicLink(home.resolve("agent/current"), Path.of("v1"));
    }

    static RuntimeSettings settings(int slotsReady, int poolMax) {
        return new RuntimeSettings(
                RuntimeSettings.Choice.CONTAINER,
                RuntimeSettings.Isolation.SHARED_KERNEL,
                null,
                300,
                256,
                4_096,
                slotsReady,
                poolMax,
                2_048,
                Duration.ofSeconds(10));
    }

    /// Puts a static program from `src/test/c` into the template.
    void program(String source, String path) throws IOException {
        compile(source, home.resolve("images/tiny/b1/rootfs").resolve(path));
    }

    private static void compile(String source, Path program) throws IOException {
        var _ = Programs.run(
                "",
                List.of(
                        Programs.need("cc", "gcc").toString(),
                        "-O1",
                        "-static",
                        "-Wall",
                        "-o",
                        program.toString(),
                        Path.of("src/test/c", source).toAbsolutePath().toString()));
    }

    ContainerDriver driver() {
        if (driver == null) {
            driver = new ContainerDriver(home, settings, UNREHEARSED);
        }
        return driver;
    }

    /// A driver for the same home, as the next gateway would have it; the one before must be detached.
    ContainerDriver nextDriver() {
        driver = null;
        return driver();
    }

    Instance instance() {
        return Instance.of(home);
    }

    static <T> T get(Mono<T> mono) {
        T value = mono.block(LIMIT);
        if (value == null) {
            throw new AssertionError("empty");
        }
        return value;
    }

    static void end(Mono<Void> mono) {
        mono.block(LIMIT);
    }

    int health(Machine machine) throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(at(machine, "/health"))
                                .timeout(LIMIT)
                                .build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    /// The status of a health request, without a thread waiting for it.
    Mono<Integer> ask(Machine machine) {
        return Mono.fromFuture(() -> http.sendAsync(
                        HttpRequest.newBuilder(at(machine, "/health"))
                                .timeout(LIMIT)
                                .build(),
                        HttpResponse.BodyHandlers.discarding()))
                .map(HttpResponse::statusCode);
    }

    /// Runs a program inside, as a user; its exit and what it printed.
    String run(Machine machine, int user, String... words) throws IOException, InterruptedException {
        return http.send(
                        HttpRequest.newBuilder(at(machine, "/run"))
                                .timeout(LIMIT)
                                .POST(HttpRequest.BodyPublishers.ofString(user + "\n" + String.join("\n", words)))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static URI at(Machine machine, String path) {
        return URI.create("http://" + machine.address().getHostAddress() + ":49983" + path);
    }

    /// What there is of this home on the host now.
    Traces traces() throws IOException {
        String key = instance().key();
        Set<String> links = named(Path.of("/sys/class/net"), key);
        Set<String> groups = new TreeSet<>();
        for (String controller : Cgroups.directories(Path.of("/sys/fs/cgroup"))) {
            groups.addAll(named(Path.of("/sys/fs/cgroup", controller), key));
        }
        Set<String> mounts = new TreeSet<>();
        for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
            if (line.contains(instance().name()) || line.contains(home.toString()) || line.contains("/dev/loop")) {
                mounts.add(line);
            }
        }
        long cells = ProcessHandle.allProcesses()
                .filter(each ->
                        each.info().commandLine().orElse("").contains(instance().name()))
                .count();
        return new Traces(
                links, named(Path.of("/run/netns"), key), groups, mounts, named(Path.of("/run"), key), disk(), cells);
    }

    /// Every file of the machines, with its size: their disks, above all.
    private Set<String> disk() throws IOException {
        Set<String> found = new TreeSet<>();
        Path machines = instance().machines();
        if (Files.isDirectory(machines)) {
            try (var all = Files.walk(machines)) {
                for (Path each : all.filter(Files::isRegularFile).toList()) {
                    found.add(home.relativize(each) + " " + Files.size(each));
                }
            }
        }
        return found;
    }

    /// Makes a link in the router that no machine has.
    void strayLink(String name) throws IOException {
        var _ = inRouter("ip", "link", "add", name, "type", "veth", "peer", "name", "of-" + name);
    }

    /// The links of machines in the router.
    List<String> machineLinks() throws IOException {
        return inRouter("ls", "/sys/class/net")
                .lines()
                .filter(name -> name.startsWith(Place.LINK))
                .toList();
    }

    /// The router's rules and the elements of their sets, a line each.
    Set<String> rules() throws IOException {
        return new TreeSet<>(
                inRouter("nft", "list", "ruleset").lines().map(String::strip).toList());
    }

    private String inRouter(String... command) throws IOException {
        List<String> all = new ArrayList<>(List.of(
                Programs.need("ip", "iproute2").toString(),
                "netns",
                "exec",
                instance().name()));
        all.addAll(List.of(command));
        return Programs.run("", all);
    }

    private static Set<String> named(Path directory, String key) throws IOException {
        Set<String> found = new TreeSet<>();
        if (Files.isDirectory(directory)) {
            try (var each = Files.list(directory)) {
                each.map(file -> file.getFileName().toString())
                        .filter(name -> name.contains(key))
                        .forEach(found::add);
            }
        }
        return found;
    }

    @Override
    public void close() throws IOException {
        try {
            if (driver != null) {
                end(driver.stop());
            } // what a failed test left is found below
        } finally {
            http.close();
            wipe(home);
        }
    }

    /// Ends and removes everything a home has on the host, whoever made it.
    private static void wipe(Path home) throws IOException {
        Instance instance = Instance.of(home);
        Cgroups groups = Cgroups.at(Path.of("/sys/fs/cgroup"), instance.name());
        for (String each : groups.machines()) {
            for (long pid : groups.processes(each)) {
                var _ = ProcessHandle.of(pid).map(ProcessHandle::destroyForcibly);
            }
            Look.await(() -> groups.processes(each).isEmpty(), "the end of " + each);
            groups.remove(each);
        }
        groups.removeParent();
        Network.remove(instance);
        Trees.delete(instance.run());
        Trees.delete(home);
    }
}
