package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.MachineExit;
import ai.lelantos.gateway.runtime.MachineSpec;
import ai.lelantos.gateway.runtime.PoolState;
import ai.lelantos.gateway.runtime.RuntimeDriver;
import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import ai.lelantos.gateway.runtime.RuntimeSettings;
import ai.lelantos.gateway.runtime.container.egress.Egress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/// Machines as containers of one Lelantos home.
public final class ContainerDriver implements RuntimeDriver {

    private static final Logger log = LoggerFactory.getLogger(ContainerDriver.class);

    /// Threads for kills, claims and file work.
    private static final int WORKERS_MAX = 16;

    /// Boots at once that no pool serves: an agent's start keeps a core busy, so more of them only make each other
    /// wait.
    private static final int BOOTS_MAX = Math.max(4, 2 * Runtime.getRuntime().availableProcessors());

    /// Boots waiting for their turn; further ones are refused.
    private static final int BOOTS_QUEUED_MAX = 1_024;

    /// Kills, claims and file reads waiting for a thread.
    private static final int WORK_QUEUED_MAX = 4_096;

    /// Unexpected ends nobody has taken yet.
    private static final int EXITS_MAX = 4_096;

    private static final String ID_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
    static final int ID_LENGTH = 12;

    private final Instance instance;
    private final RuntimeSettings settings;
    private final Function<Machine, Mono<Void>> rehearsal;
    private final SecureRandom random = new SecureRandom();
    private final Scheduler workers = Schedulers.newBoundedElastic(WORKERS_MAX, WORK_QUEUED_MAX, "runtime", 60, true);
    private final Scheduler boots = Schedulers.fromExecutorService(new ThreadPoolExecutor(
            BOOTS_MAX,
            BOOTS_MAX,
            60,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(BOOTS_QUEUED_MAX),
            Thread.ofPlatform().name("runtime-boot-", 0).daemon().factory()));
    private final Sinks.Many<MachineExit> exits = Sinks.many().multicast().onBackpressureBuffer(EXITS_MAX, false);
    private final AtomicReference<@Nullable Running> running = new AtomicReference<>();

    /// What exists between start and stop.
    private record Running(
            HomeLock lock, Ground ground, Places places, Slots slots, Fleet fleet, Pools pools, Egress egress) {}

    /// @param rehearsal what a machine booted ahead goes through before it counts as ready
    public ContainerDriver(Path home, RuntimeSettings settings, Function<Machine, Mono<Void>> rehearsal) {
        this.rehearsal = rehearsal;
        this.instance = Instance.of(home);
        this.settings = settings;
    }

    @Override
    public String name() {
        return "container";
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of();
    }

    @Override
    public Mono<String> selfTest() {
        return Mono.fromCallable(() -> {
                    strongEnough();
                    return new SelfTest(instance, settings, workers).run();
                })
                .subscribeOn(workers);
    }

    @Override
    public Mono<List<Machine>> start() {
        return Mono.fromCallable(this::starting).subscribeOn(workers);
    }

    private void strongEnough() {
        if (settings.minIsolation() != RuntimeSettings.Isolation.SHARED_KERNEL) {
            throw new RuntimeRefused(
                    Reason.HOST,
                    "containers share the host's kernel, and LELANTOS_MIN_ISOLATION asks for a kernel of their own;"
                            + " no driver here offers that: unset it to accept containers");
        }
    }

    private List<Machine> starting() throws IOException {
        strongEnough();
        HomeLock lock = HomeLock.take(instance.home());
        try {
            HostLine.check(instance);
            Ground ground = Ground.prepare(instance, settings, workers, true);
            Places places = new Places(settings.machinesMax() + Ground.PLACES_SPARE);
            Slots slots = new Slots(ground, places);
            Fleet fleet = new Fleet(ground, places, slots, this::vanished);
            List<Machine> survivors = new ArrayList<>(fleet.adopt());
            Pools pools = new Pools(ground, fleet, slots, this::newId, rehearsal);
            running.set(new Running(
                    lock, ground, places, slots, fleet, pools, ground.network().egress()));
            pools.start();
            log.info(
                    "runtime container: {}, cgroups {}, machines in {}, {} adopted",
                    ground.oci(),
                    ground.cgroups().layout(),
                    ground.network().subnet().cidr(),
                    survivors.size());
            return survivors;
        } catch (IOException | RuntimeException failed) {
            lock.close();
            throw failed;
        }
    }

    private void vanished(MachineExit exit) {
        if (exits.tryEmitNext(exit).isFailure()) {
            log.warn("machine {} ended and nobody listens: {}", exit.machineId(), exit.reason());
        }
    }

    @Override
    public InetSocketAddress hostService() {
        return running().ground().network().hostService();
    }

    @Override
    public Mono<Void> warm(MachineSpec spec) {
        return Mono.fromRunnable(() -> running().pools().wanted(spec));
    }

    @Override
    public Mono<Machine> boot(MachineSpec spec) {
        return Mono.defer(() -> {
            Running now = running();
            ContainerMachine warm = now.pools().take(spec);
            return warm == null
                    ? boot(now, newId(), spec)
                    : now.ground()
                            .ask("claim " + warm.id(), () -> now.fleet().claim(warm))
                            .flatMap(given -> given ? Mono.just(warm) : boot(now, newId(), spec));
        });
    }

    @Override
    public Mono<Machine> reboot(String machineId, MachineSpec spec) {
        return Mono.defer(() -> {
            Running now = running();
            return now.ground()
                    .ask("look for " + machineId, () -> now.fleet().kept(machineId))
                    .flatMap(kept -> kept
                            ? boot(now, machineId, spec)
                            : Mono.error(
                                    new RuntimeRefused(Reason.NO_MACHINE, "nothing was kept of machine " + machineId)));
        });
    }

    /// A boot that nobody waits for any more is undone when it ends: it cannot be cut off half-way.
    private Mono<Machine> boot(Running now, String id, MachineSpec spec) {
        return Mono.create(sink -> {
            AtomicBoolean left = new AtomicBoolean();
            AtomicReference<@Nullable ContainerMachine> made = new AtomicReference<>();
            sink.onCancel(() -> {
                left.set(true);
                ContainerMachine machine = made.get();
                if (machine != null) {
                    var _ = workers.schedule(() -> undo(machine));
                }
            });
            try {
                var _ = boots.schedule(() -> booting(now, id, spec, sink, left, made));
            } catch (RejectedExecutionException full) {
                sink.error(new RuntimeRefused(Reason.FULL, BOOTS_QUEUED_MAX + " machines wait to be booted already"));
            }
        });
    }

    private void booting(
            Running now,
            String id,
            MachineSpec spec,
            MonoSink<Machine> sink,
            AtomicBoolean left,
            AtomicReference<@Nullable ContainerMachine> made) {
        if (left.get()) {
            return;
        }
        try {
            ContainerMachine machine = now.pools().foreground(() -> now.fleet().boot(id, spec, true));
            made.set(machine);
            if (left.get()) {
                undo(machine);
            } else {
                sink.success(machine);
            }
        } catch (RuntimeRefused refused) {
            sink.error(refused);
        } catch (IOException failed) {
            sink.error(new RuntimeRefused(Reason.BOOT_FAILED, "machine " + id + ": " + failed.getMessage()));
        }
    }

    private static void undo(ContainerMachine machine) {
        try {
            machine.abandon();
        } catch (IOException failed) {
            log.warn("machine {}, booted for nobody, could not be ended", machine.id(), failed);
        }
    }

    @Override
    public Mono<Void> discard(String machineId) {
        return Mono.defer(() -> {
            Running now = running();
            ContainerMachine machine = now.fleet().find(machineId);
            return machine != null
                    ? machine.kill()
                    : now.ground()
                            .work("discard " + machineId, () -> now.fleet().discard(machineId));
        });
    }

    @Override
    public Mono<Void> stop() {
        return Mono.defer(() -> {
            Running now = running.getAndSet(null);
            return now == null ? Mono.empty() : now.ground().work("stop", () -> stopping(now));
        });
    }

    private void stopping(Running now) throws IOException {
        now.pools().close();
        now.slots().close();
        List<ContainerMachine> last = now.fleet().all();
        for (ContainerMachine each : last) {
            each.abandon();
        }
        for (ContainerMachine each : last) {
            each.awaitCleaned();
        }
        now.fleet().drain();
        now.fleet().close();
        now.egress().close();
        now.ground().cgroups().removeParent();
        Network.remove(instance);
        Trees.delete(instance.run());
        now.lock().close();
    }

    /// Lets go of every machine as the end of this process would: they go on, the next start adopts them.
    void detach() throws IOException {
        Running now = running.getAndSet(null);
        if (now != null) {
            now.pools().close();
            now.slots().close();
            now.fleet().close();
            now.egress().close();
            now.lock().close();
        }
    }

    @Override
    public Flux<MachineExit> exits() {
        return exits.asFlux();
    }

    @Override
    public List<PoolState> pools() {
        Running now = running.get();
        if (now == null) {
            return List.of();
        }
        List<PoolState> states = new ArrayList<>(now.pools().states());
        states.add(now.slots().state());
        return states;
    }

    /// The control group that holds every machine of this home.
    String groupName() {
        return instance.name();
    }

    private Running running() {
        Running now = running.get();
        if (now == null) {
            throw new IllegalStateException("the container driver is not started");
        }
        return now;
    }

    private String newId() {
        StringBuilder id = new StringBuilder(ID_LENGTH);
        for (int i = 0; i < ID_LENGTH; i++) {
            id.append(ID_LETTERS.charAt(random.nextInt(ID_LETTERS.length())));
        }
        return id.toString();
    }
}
