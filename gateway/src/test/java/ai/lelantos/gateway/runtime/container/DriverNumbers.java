package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.MachineSpec;
import ai.lelantos.gateway.runtime.PoolState;
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

/// Prints what the driver alone costs, without API and database: `DriverNumbers <home with images and agent> [machines]`. It
/// works in a home of its own that links to the given one's images, so a running product is not disturbed.
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
        String build = given.resolve("images/base/current").toRealPath().getFileName().toString();
        RuntimeSettings settings = new RuntimeSettings(
                RuntimeSettings.Choice.CONTAINER,
                RuntimeSettings.Isolation.SHARED_KERNEL,
                null,
                500,
                4_096,
                65_536,
                4,
                24,
                4_096,
                Duration.ofSeconds(60));
        ContainerDriver driver = new ContainerDriver(home, settings);
        try {
            System.out.println(driver.selfTest().block(LIMIT));
            System.out.println(driver.start().block(LIMIT));
            new DriverNumbers(driver, new MachineSpec("base", build, 2, 512, 10_240, true)).measure(idle);
        } finally {
            driver.stop().block(LIMIT);
            Trees.delete(home);
        }
        System.exit(0);
    }

    private void measure(int idle) throws IOException {
        for (int i = 0; i < 3; i++) {
            kill(boot(fresh())); // warms this JVM and the page cache, as a gateway is after its first minute
        }
        cold();
        pool();
        burst();
        density(idle);
    }

    /// A kind of machine no pool knows: every boot of it is cold.
    private MachineSpec fresh() {
        return new MachineSpec(spec.template(), spec.build(), 2, 513 + (int) (System.nanoTime() % 400), 10_240, true);
    }

    private void cold() throws IOException {
        List<Long> boots = new ArrayList<>();
        List<Long> kills = new ArrayList<>();
        List<Long> freezes = new ArrayList<>();
        List<Long> thaws = new ArrayList<>();
        for (int i = 0; i < COLD; i++) {
            MachineSpec kind = fresh();
            settle();
            long began = System.nanoTime();
            Machine machine = boot(kind);
            boots.add(System.nanoTime() - began);
            freezes.add(timed(() -> machine.freeze().block(LIMIT)));
            thaws.add(timed(() -> machine.thaw().block(LIMIT)));
            health(machine);
            kills.add(timed(() -> machine.kill().block(LIMIT)));
        }
        print("cold boot, until the agent is ready", boots);
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
        driver.pools().forEach(System.out::println);
    }

    private void burst() {
        ready(Math.min(BURST, 24) / 4);
        long began = System.nanoTime();
        List<Long> each = new ArrayList<>();
        List<Machine> machines = Flux.range(0, BURST)
                .flatMap(
                        i -> driver.boot(spec).onErrorResume(e -> {
                            System.out.println("failed: " + e);
                            return Mono.empty();
                        }).doOnNext(machine -> add(each, System.nanoTime() - began)),
                        BURST)
                .collectList()
                .block(LIMIT);
        System.out.printf(Locale.ROOT, "%d of %d at once%n", machines.size(), BURST);
        print("burst of " + BURST + ", each until ready", each);
        Flux.fromIterable(machines).flatMap(Machine::kill, BURST).blockLast(LIMIT);
    }

    private static synchronized void add(List<Long> list, long value) {
        list.add(value);
    }

    private void density(int count) throws IOException {
        settle();
        long before = available();
        List<Machine> machines = Flux.range(0, count)
                .flatMap(i -> driver.boot(fresh()), 4)
                .collectList()
                .block(LIMIT);
        long used = before - available();
        long pss = 0;
        for (Machine each : machines) {
            pss += pss(((ContainerMachine) each).file().id());
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
        return Cgroups.field(Path.of("/proc/meminfo"), "MemAvailable:") ;
    }

    private long pss(String id) throws IOException {
        return 0;
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
        until(() -> driver.pools().stream().allMatch(pool -> pool.ready() >= pool.target() && pool.making() == 0));
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
