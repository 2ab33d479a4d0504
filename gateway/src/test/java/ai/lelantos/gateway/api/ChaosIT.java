package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.api.Told.Belief;
import ai.lelantos.gateway.runtime.scripted.FolderDriver;
import ai.lelantos.gateway.runtime.scripted.ScriptedMachine.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Random sequences of lifecycle calls, eight clients at a time, while the gateway is killed outright and started
/// again: afterwards the database, the runtime and what clients were told agree.
///
/// `-Dlelantos.chaos.sequences=1000 -Dlelantos.chaos.kills=20` is the whole of it; `-Dlelantos.chaos.seed=N` repeats
/// one.
class ChaosIT {

    private static final int SEQUENCES = Integer.getInteger("lelantos.chaos.sequences", 40);
    private static final int KILLS = Integer.getInteger("lelantos.chaos.kills", 1);
    private static final long SEED = Long.getLong("lelantos.chaos.seed", System.nanoTime());
    private static final int CLIENTS = 8;
    private static final int CALLS_MAX = 12;
    private static final long PAUSE_NANOS_MAX = 40_000_000;
    private static final int GATEWAY_MINUTES_MAX = 3;

    private final AtomicReference<CountDownLatch> up = new AtomicReference<>(new CountDownLatch(0));
    private final Semaphore finished = new Semaphore(0);

    @Test
    void databaseRuntimeAndClientsAgree() throws Exception {
        System.out.println("chaos: seed " + SEED + ", " + SEQUENCES + " sequences, " + KILLS + " kills");
        Path home = Files.createTempDirectory(Path.of("/tmp"), "lelantos-it-");
        Product product = new Product(home, FolderGateway.class, Map.of("LELANTOS_TEAM_CONCURRENCY_MAX", "100000"));
        product.start();
        try {
            List<Told> all = live(product);
            all.stream().filter(each -> each.id() != null).forEach(Told::look);
            agree(product, all);
            product.kill();
            product.start();
            all.stream().filter(each -> each.id() != null).forEach(Told::look);
            agree(product, all);
        } finally {
            product.close();
        }
    }

    private List<Told> live(Product product) throws InterruptedException, ExecutionException {
        List<Told> all = new ArrayList<>();
        try (var clients = Executors.newFixedThreadPool(CLIENTS)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < SEQUENCES; i++) {
                Random random = new Random(SEED + i);
                Told told =
                        new Told(String.valueOf(i), random, (method, path, body) -> call(product, method, path, body));
                all.add(told);
                running.add(clients.submit(() -> {
                    try {
                        told.live(1 + random.nextInt(CALLS_MAX));
                    } finally {
                        finished.release();
                    }
                }));
            }
            disturb(product);
            for (Future<?> each : running) {
                each.get();
            }
        }
        return all;
    }

    /// Kills after an equal share of the sequences each time, at a moment nobody chose.
    private void disturb(Product product) throws InterruptedException {
        Random random = new Random(SEED);
        for (int i = 0; i < KILLS; i++) {
            finished.acquire(SEQUENCES / (KILLS + 1));
            LockSupport.parkNanos(random.nextLong(PAUSE_NANOS_MAX));
            up.set(new CountDownLatch(1));
            product.kill();
            product.start();
            up.get().countDown();
        }
    }

    private Answer call(Product product, String method, String path, @Nullable String body) throws IOException {
        try {
            if (!up.get().await(GATEWAY_MINUTES_MAX, TimeUnit.MINUTES)) {
                throw new AssertionError("the gateway did not come back");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return product.api.trySend(method, path, body, Map.of("X-API-Key", Product.KEY));
    }

    private static void agree(Product product, List<Told> all) {
        Map<String, State> machines = FolderDriver.found(product.home.resolve("machines"));
        Map<String, Map<String, Object>> rows = new TreeMap<>();
        try (Beside database = Beside.of(product.home)) {
            database.rows("select id, state, machine_id, memory_kept, metadata ->> 'chaos' as name from sandboxes "
                            + "where ended_at is null")
                    .forEach(row -> rows.put(String.valueOf(row.get("id")), row));
        }
        Set<String> named = new HashSet<>();
        rows.forEach((id, row) -> {
            String machine = String.valueOf(row.get("machine_id"));
            named.add(machine);
            assertThat(machines.get(machine)).as("machine of %s", row).isEqualTo(expected(row));
        });
        assertThat(machines.keySet()).as("machines that no row names").isSubsetOf(named);
        Map<String, Told> byName = new TreeMap<>();
        for (Told told : all) {
            byName.put(told.name(), told);
            if (told.id() != null) {
                assertThat(told.beliefs()).as(told.toString()).isEqualTo(EnumSet.of(belief(rows.get(told.id()))));
            }
        }
        rows.forEach((id, row) -> {
            Told told = java.util.Objects.requireNonNull(byName.get(String.valueOf(row.get("name"))));
            assertThat(told.id()).as("a row of another client's: %s", row).isIn(id, null);
        });
        System.out.printf(
                "chaos: %d told of, %d creates never answered, %d rows alive, %d machines; they agree%n",
                all.stream().filter(each -> each.id() != null).count(),
                all.stream().filter(each -> each.id() == null).count(),
                rows.size(),
                machines.size());
    }

    private static State expected(Map<String, Object> row) {
        return switch (String.valueOf(row.get("state"))) {
            case "running" -> State.RUNNING;
            case "paused" -> Boolean.TRUE.equals(row.get("memory_kept")) ? State.FROZEN : State.HALTED;
            default -> throw new AssertionError("a row that nobody moves any more: " + row);
        };
    }

    private static Belief belief(@Nullable Map<String, Object> row) {
        return row == null
                ? Belief.GONE
                : String.valueOf(row.get("state")).equals("paused") ? Belief.PAUSED : Belief.RUNNING;
    }
}
