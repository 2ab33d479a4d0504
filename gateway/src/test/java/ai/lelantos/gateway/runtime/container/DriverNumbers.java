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
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Prints what the driver alone costs, without API and database: `DriverNumbers <home with images and agent>
/// [machines]`. It works in a home of its own that links to the given one's images, so a running product is not
/// disturbed.
final class DriverNumbers {

    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int COLD = 20;
    private static final int BURST = 50;

    private final ContainerDriver driver;
    private final MachineSpec spec;
    private final HttpClient http = HttpClient.newHttpClient();

    private DriverNumbers(ContainerDriver driver, MachineSpec spec) {
        this.driver = driver;
        this.spec = spec;
    }

    public static void main(String[] args) throws Exception {
        Path given = Path.of(args[0]).toRealPath();
        int idle = args.length > 1 ? Integer.parseInt(args[1]) : BURST;
        Path home = Files.createTempDirectory(Path.of("/tmp"), "lelantos-numbers");
        Files.createSymbolicLink(home.resolve("images"), given.resolve("images"));
        Files.createSymbolicLink(home.resolve("agent"), given.resolve("agent"));
        String build =
                given.resolve("images/base/current").toRealPath().getFileName().toString();
        MachineSpec spec = new MachineSpec("base", build, 2, 512, 10_240, true);
        try {
            with(home, spec, 0, numbers -> {
                System.out.println(numbers.driver.selfTest().block(LIMIT));
                numbers.cold();
                numbers.density(idle);
            });
            with(home, spec, 64, numbers -> {
                numbers.pool();
                numbers.burst();
            });
        } finally {
            Trees.delete(home);
        }
        System.exit(0);
    }

    /// A series of measurements.
    private interface Series {
        void run(DriverNumbers numbers) throws IOException;
    }

    private static void with(Path home, MachineSpec spec, int poolMax, Series series) throws IOException {
        RuntimeSettings settings = new RuntimeSettings(
                RuntimeSettings.Choice.CONTAINER,
                RuntimeSettings.Isolation.SHARED_KERNEL,
                null,
                500,
                4_096,
                65_536,
                4,
                poolMax,
                8_192,
                Duration.ofSeconds(60));
        ContainerDriver driver = new ContainerDriver(home, settings, House.UNREHEARSED);
        DriverNumbers numbers = new DriverNumbers(driver, spec);
        try {
            var _ = House.get(driver.start());
            for (int i = 0; i < 3; i++) {
                numbers.kill(
                        numbers.boot(spec)); // warms this JVM and the page cache, as after a gateway's first minute
            }
            series.run(numbers);
        } finally {
            driver.stop().block(LIMIT);
        }
    }

    private void cold() throws IOException {
        List<Long> boots = new ArrayList<>();
        List<Long> agents = new ArrayList<>();
        List<Long> kills = new ArrayList<>();
        List<Long> freezes = new ArrayList<>();
        List<Long> thaws = new ArrayList<>();
        for (int i = 0; i < COLD; i++) {
            settle();
            long began = System.nanoTime();
            Machine machine = boot(spec);
            boots.add(System.nanoTime() - began);
            agents.add(House.get(machine.usage()).cpuNanos());
            freezes.add(timed(() -> machine.freeze().block(LIMIT)));
            thaws.add(timed(() -> machine.thaw().block(LIMIT)));
            health(machine);
            kills.add(timed(() -> machine.kill().block(LIMIT)));
        }
        print("cold boot, until the agent is ready", boots);
        print("CPU time of its processes until then", agents);
        print("freeze", freezes);
        print("thaw", thaws);
        print("kill", kills);
    }

    private void pool() throws IOException {
        driver.warm(spec).block(LIMIT);
        List<Long> claims = new ArrayList<>();
        for (int i = 0; i < COLD; i++) {
            ready(1);
            long began = System.nanoTime();
            Machine machine = boot(spec);
            claims.add(System.nanoTime() - began);
            health(machine);
            kill(machine);
        }
        print("boot from the pool", claims);
        System.out.println(driver.pools());
    }

    private void burst() {
        System.out.println("ready before the burst: " + driver.pools());
        long began = System.nanoTime();
        List<Long> each = new ArrayList<>();
        List<Machine> machines = House.get(Flux.range(0, BURST)
                .flatMap(
                        i -> driver.boot(spec)
                                .onErrorResume(e -> {
                                    System.out.println("failed: " + e);
                                    return Mono.empty();
                                })
                                .doOnNext(machine -> add(each, System.nanoTime() - began)),
                        BURST)
                .collectList());
        System.out.printf(Locale.ROOT, "%d of %d at once%n", machines.size(), BURST);
        print("burst of " + BURST + ", each until ready", each);
        Flux.fromIterable(machines).flatMap(Machine::kill, BURST).blockLast(LIMIT);
    }

    private static synchronized void add(List<Long> list, long value) {
        list.add(value);
    }

    private void density(int count) throws IOException {
        settle();
        Cgroups groups = Cgroups.at(Path.of("/sys/fs/cgroup"), driver.groupName());
        long before = available();
        List<Machine> machines = House.get(
                Flux.range(0, count).flatMap(i -> driver.boot(spec), 4).collectList());
        long used = before - available();
        long pss = 0;
        for (Machine each : machines) {
            pss += pss(groups, each.id());
        }
        System.out.printf(
                Locale.ROOT,
                "%d idle machines: host memory %.1f MiB each, PSS of their processes %.1f MiB each%n",
                count,
                used / 1024.0 / count,
                pss / 1024.0 / count);
        long began = System.nanoTime();
        Flux.fromIterable(machines).flatMap(Machine::kill, 20).blockLast(LIMIT);
        System.out.printf(Locale.ROOT, "killed all in %d ms%n", (System.nanoTime() - began) / 1_000_000);
    }

    private static long available() throws IOException {
        return kilobytes(Path.of("/proc/meminfo"), "MemAvailable:");
    }

    /// Proportional share of all processes of a machine, KiB.
    private static long pss(Cgroups groups, String id) throws IOException {
        long sum = 0;
        for (long pid : groups.processes(id)) {
            sum += kilobytes(Path.of("/proc/" + pid + "/smaps_rollup"), "Pss:");
        }
        return sum;
    }

    private static long kilobytes(Path file, String key) throws IOException {
        for (String line : Files.readAllLines(file)) {
            if (line.startsWith(key)) {
                return Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException(file + " has no " + key);
    }

    private Machine boot(MachineSpec kind) {
        return House.get(driver.boot(kind));
    }

    private void kill(Machine machine) {
        machine.kill().block(LIMIT);
    }

    private void health(Machine machine) throws IOException {
        try {
            int status = http.send(
                            HttpRequest.newBuilder(URI.create(
                                            "http://" + machine.address().getHostAddress() + ":49983/health"))
                                    .timeout(Duration.ofSeconds(5))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
            if (status != 204) {
                throw new IOException("health " + status);
            }
        } catch (InterruptedException stopped) {
            throw new IOException(stopped);
        }
    }

    private static long timed(Runnable work) {
        long began = System.nanoTime();
        work.run();
        return System.nanoTime() - began;
    }

    /// Until the slots are full again and nothing is being made: what a quiet gateway looks like.
    private void settle() {
        until(() -> driver.pools().stream()
                .filter(pool -> pool.name().equals("slots"))
                .allMatch(pool -> pool.ready() >= pool.target()));
    }

    private void ready(int least) {
        until(() -> driver.pools().stream()
                .filter(pool -> pool.name().startsWith("base") && pool.target() > 0)
                .anyMatch(pool -> pool.ready() >= least));
    }

    private static void until(Supplier<Boolean> condition) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!condition.get()) {
            if (System.nanoTime() > end) {
                throw new IllegalStateException("did not settle");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    private static void print(String what, List<Long> nanos) {
        long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
        Function<Double, Double> at =
                part -> sorted[(int) Math.min(sorted.length - 1, Math.round(part * (sorted.length - 1)))] / 1e6;
        System.out.printf(
                Locale.ROOT,
                "%-40s n=%d p50 %.1f p95 %.1f max %.1f ms%n",
                what,
                sorted.length,
                at.apply(0.5),
                at.apply(0.95),
                at.apply(1.0));
        Arrays.fill(sorted, 0);
    }
}
