package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.MachineSpec;
import ai.lelantos.gateway.runtime.PoolState;
import ai.lelantos.gateway.runtime.RuntimeRefused;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/// Machines booted ahead, one pool per kind, and the one thread that refills them. A boot never waits for it: it takes
/// what is ready or boots itself, and while any such boot runs, the refill stands back.
final class Pools implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Pools.class);

    /// What an idle machine costs the host, MiB: measured 30 to 60, with room.
    private static final int IDLE_MB = 80;

    /// How often demand is looked at when nothing else happens.
    private static final Duration LOOK = Duration.ofSeconds(10);

    /// After a failed refill, so that a broken template does not keep a core busy.
    private static final Duration PENALTY = Duration.ofSeconds(30);

    /// What a caller does first with a machine it was given, it does beside no boot, as long as half of the pool is
    /// there.
    private static final Duration CALM = Duration.ofMillis(250);

    /// Kinds remembered; the least recently asked for goes.
    private static final int KINDS_MAX = 64;

    private final Ground ground;
    private final Fleet fleet;
    private final Slots slots;
    private final Supplier<String> ids;
    private final Function<Machine, Mono<Void>> rehearsal;
    private final Clock clock = Clock.systemUTC();
    private final Map<MachineSpec, Pool> pools = new LinkedHashMap<>(16, 0.75f, true);
    private final Thread thread;
    private int foreground;
    private final Semaphore wake = new Semaphore(0);
    private final Sinks.Empty<Void> closing = Sinks.empty();
    private volatile boolean closed;

    /// One kind's machines; guarded by the lock of [Pools].
    private static final class Pool {
        final Deque<ContainerMachine> ready = new ArrayDeque<>();
        final Demand demand = new Demand();
        int making;
        long hits;
        long misses;
        long takenNanos = System.nanoTime() - CALM.toNanos();
        long notBeforeNanos = System.nanoTime();
    }

    /// A boot that someone waits for.
    interface Boot {
        ContainerMachine run() throws IOException;
    }

    Pools(Ground ground, Fleet fleet, Slots slots, Supplier<String> ids, Function<Machine, Mono<Void>> rehearsal) {
        this.ground = ground;
        this.fleet = fleet;
        this.slots = slots;
        this.ids = ids;
        this.rehearsal = rehearsal;
        this.thread = Thread.ofPlatform().name("runtime-refill").daemon().unstarted(this::loop);
    }

    void start() {
        thread.start();
    }

    /// A ready machine of this kind, null when there is none; counts as demand either way.
    synchronized @Nullable ContainerMachine take(MachineSpec spec) {
        Pool pool = pool(spec);
        pool.demand.asked(clock.instant());
        wake.release();
        for (ContainerMachine each = pool.ready.poll(); each != null; each = pool.ready.poll()) {
            if (!each.over()) {
                pool.hits++;
                pool.takenNanos = System.nanoTime();
                return each;
            }
        }
        pool.misses++;
        return null;
    }

    /// Keeps some of this kind from now on.
    synchronized void wanted(MachineSpec spec) {
        pool(spec).demand.pin();
        wake.release();
    }

    private Pool pool(MachineSpec spec) {
        Pool found = pools.computeIfAbsent(spec, kind -> new Pool());
        if (pools.size() > KINDS_MAX) {
            var eldest = pools.entrySet().iterator();
            eldest.next().getValue().ready.forEach(this::end);
            eldest.remove();
        }
        return found;
    }

    /// Runs a boot that someone waits for; the refill stands back meanwhile.
    ContainerMachine foreground(Boot boot) throws IOException {
        synchronized (this) {
            foreground++;
        }
        try {
            return boot.run();
        } finally {
            synchronized (this) {
                foreground--;
                wake.release();
            }
        }
    }

    private void loop() {
        try {
            while (!closed) {
                long pause = turn();
                if (pause > 0) {
                    boolean _ = wake.tryAcquire(pause, TimeUnit.NANOSECONDS);
                    int _ = wake.drainPermits();
                }
            }
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }

    /// Makes one machine or one place, so that a waiting boot is noticed between two; how long there is nothing to do.
    private long turn() {
        Map.Entry<MachineSpec, Pool> next;
        synchronized (this) {
            shrink();
            if (foreground > 0) {
                return LOOK.toNanos();
            }
            next = neediest();
            if (next != null) {
                long calm = calm(next.getValue());
                if (calm > 0) {
                    return calm;
                }
                next.getValue().making++;
            }
        }
        if (next == null) {
            return slotMade() ? 0 : LOOK.toNanos();
        }
        make(next.getKey(), next.getValue());
        return 0;
    }

    /// How long the refill lets the last caller alone.
    private long calm(Pool pool) {
        boolean half = pool.ready.size() * 2 >= target(pool);
        return half ? pool.takenNanos + CALM.toNanos() - System.nanoTime() : 0;
    }

    private boolean slotMade() {
        try {
            return slots.refill();
        } catch (IOException | RuntimeRefused failed) {
            log.warn("a place could not be made ahead: {}", failed.getMessage());
            return false;
        }
    }

    private void make(MachineSpec spec, Pool pool) {
        ContainerMachine made = null;
        try {
            made = fleet.boot(ids.get(), spec, false);
            rehearse(made);
        } catch (IOException | RuntimeRefused failed) {
            log.warn("a machine of template {} could not be booted ahead: {}", spec.template(), failed.getMessage());
        }
        synchronized (this) {
            pool.making--;
            if (made == null) {
                pool.notBeforeNanos = System.nanoTime() + PENALTY.toNanos();
            } else if (closed) {
                end(made);
            } else {
                pool.ready.add(made);
            }
        }
    }

    /// A machine that does not play along is still one: whoever gets it pays what the rehearsal would have saved.
    private void rehearse(ContainerMachine machine) {
        rehearsal
                .apply(machine)
                .takeUntilOther(closing.asMono())
                .onErrorResume(failure -> {
                    log.debug("machine {} was not rehearsed: {}", machine.id(), failure.getMessage());
                    return Mono.empty();
                })
                .block();
    }

    /// The kind that lacks most, within the memory all pools may use.
    private Map.@Nullable Entry<MachineSpec, Pool> neediest() {
        Map.Entry<MachineSpec, Pool> found = null;
        int most = 0;
        int all = 0;
        for (Map.Entry<MachineSpec, Pool> each : pools.entrySet()) {
            Pool pool = each.getValue();
            pool.ready.removeIf(ContainerMachine::over);
            all += pool.ready.size() + pool.making;
            int lacks = target(pool) - pool.ready.size() - pool.making;
            if (lacks > most && System.nanoTime() - pool.notBeforeNanos >= 0) {
                most = lacks;
                found = each;
            }
        }
        return (all + 1) * IDLE_MB <= ground.settings().poolMemoryMb() ? found : null;
    }

    private int target(Pool pool) {
        int room = ground.settings().poolMemoryMb() / IDLE_MB;
        return Math.min(Math.min(ground.settings().poolMax(), room), pool.demand.target(clock.instant()));
    }

    /// Ends what demand no longer asks for.
    private void shrink() {
        for (Pool pool : pools.values()) {
            int target = target(pool);
            while (pool.ready.size() > target) {
                end(pool.ready.removeLast());
            }
        }
    }

    private void end(ContainerMachine machine) {
        try {
            machine.abandon();
        } catch (IOException failed) {
            log.warn("machine {} of a pool could not be ended", machine.id(), failed);
        }
    }

    synchronized List<PoolState> states() {
        List<PoolState> states = new ArrayList<>();
        pools.forEach((spec, pool) -> states.add(new PoolState(
                spec.template() + "/" + spec.build() + " " + spec.cpuCount() + "cpu " + spec.memoryMb() + "MiB"
                        + (spec.internet() ? "" : " offline"),
                pool.ready.size(),
                pool.making,
                target(pool),
                pool.hits,
                pool.misses)));
        return states;
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            closing.emitEmpty(Sinks.EmitFailureHandler.FAIL_FAST);
            wake.release();
        }
        try {
            thread.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
