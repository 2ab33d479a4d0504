package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.MachineSpec;
import ai.lelantos.gateway.runtime.Usage;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import reactor.core.publisher.Mono;

/// One container and what it stands on.
final class ContainerMachine implements Machine {

    /// What becomes of a machine's parts when it ends.
    enum Fate {
        /// It was not asked to end: everything goes, and the world is told.
        VANISHED,
        /// Asked to end: everything goes.
        KILLED,
        /// Asked to halt: the disk stays.
        HALTED
    }

    private final Ground ground;
    private volatile MachineFile file;
    private final InetAddress address;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final CompletableFuture<Void> cleaned = new CompletableFuture<>();
    private final AtomicReference<Fate> fate = new AtomicReference<>(Fate.VANISHED);
    private volatile boolean frozen;

    ContainerMachine(Ground ground, MachineFile file, boolean frozen) throws IOException {
        this.ground = ground;
        this.file = file;
        this.frozen = frozen;
        this.address = InetAddress.getByName(place().address());
    }

    @Override
    public String id() {
        return file.id();
    }

    @Override
    public InetAddress address() {
        return address;
    }

    @Override
    public Mono<Void> introduce(byte[] identity) {
        return HostLine.say(ground, id(), identity);
    }

    @Override
    public boolean frozen() {
        return frozen;
    }

    MachineFile file() {
        return file;
    }

    Place place() {
        return ground.place(file);
    }

    MachineSpec spec() {
        return file.spec();
    }

    Path directory() {
        return ground.instance().machine(file.id());
    }

    boolean over() {
        return ended.isDone();
    }

    /// Called once, when the first process has ended; all others of the machine ended before it.
    Fate end() {
        ended.complete(null);
        return fate.get();
    }

    /// Called once, when nothing of it is left on the host but, after a halt, its directory.
    void clean() {
        cleaned.complete(null);
    }

    /// It is not the pool's any more.
    void claim() throws IOException {
        MachineFile given = file.given();
        given.write(directory());
        file = given;
    }

    /// Asks it to end, without waiting for it.
    void abandon() throws IOException {
        fate.compareAndSet(Fate.VANISHED, Fate.KILLED);
        signal();
    }

    /// Waits until nothing of it is left.
    void awaitCleaned() throws IOException {
        try {
            cleaned.get(Ground.END_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while machine " + id() + " ends", stopped);
        } catch (ExecutionException | TimeoutException failed) {
            throw new IOException("machine " + id() + " was not cleaned up within " + Ground.END_LIMIT, failed);
        }
    }

    @Override
    public Mono<Void> freeze() {
        return ground.work("freeze " + id(), () -> {
            if (!frozen) {
                ground.cgroups().freeze(id());
                frozen = true;
            }
        });
    }

    @Override
    public Mono<Void> thaw() {
        return ground.work("thaw " + id(), () -> {
            if (frozen) {
                ground.cgroups().thaw(id());
                frozen = false;
            }
        });
    }

    @Override
    public Mono<Void> kill() {
        return ground.work("kill " + id(), this::abandon)
                .then(Mono.fromFuture(ended, true))
                .timeout(Ground.END_LIMIT);
    }

    @Override
    public Mono<Void> halt() {
        return ground.work("halt " + id(), () -> {
                    if (fate.compareAndSet(Fate.VANISHED, Fate.HALTED)) {
                        file.halted().write(directory()); // first: a gateway that dies now finds the disk kept
                    }
                    signal();
                })
                .then(Mono.fromFuture(cleaned, true)) // a reboot may follow at once, under the same name
                .timeout(Ground.END_LIMIT);
    }

    /// Ends the first process and by it all others of its pid namespace.
    private void signal() throws IOException {
        if (ended.isDone()) {
            return;
        }
        int pidfd = Kernel.pidfdOpen(file.pid());
        if (pidfd < 0) {
            return;
        }
        try {
            if (file.runs()) { // asked after the descriptor was opened: it cannot become another process
                Kernel.signal(pidfd, Kernel.SIGKILL);
                if (frozen) {
                    ground.cgroups().thaw(id()); // a frozen process of a v1 group dies when it thaws
                }
            }
        } finally {
            Kernel.close(pidfd);
        }
    }

    @Override
    public Mono<Usage> usage() {
        return ground.ask("usage of " + id(), () -> {
            Cgroups.Counts counts = ground.cgroups().counts(id());
            Kernel.Space disk = Kernel.space(Path.of("/proc", Long.toString(file.pid()), "root"));
            return new Usage(
                    counts.cpuNanos(),
                    spec().cpuCount(),
                    counts.memoryUsed(),
                    (long) spec().memoryMb() << 20,
                    counts.memoryCache(),
                    disk.used(),
                    disk.total(),
                    counts.pids(),
                    counts.oomKills());
        });
    }
}
