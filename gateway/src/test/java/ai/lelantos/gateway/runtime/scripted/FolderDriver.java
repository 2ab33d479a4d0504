package ai.lelantos.gateway.runtime.scripted;

import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.MachineExit;
import ai.lelantos.gateway.runtime.MachineSpec;
import ai.lelantos.gateway.runtime.PoolState;
import ai.lelantos.gateway.runtime.RuntimeDriver;
import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.Usage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/// Machines that are files in a folder, named by id and holding a state: they outlive a gateway that is killed
/// outright, as real ones do, and cost nothing. Every step takes a few milliseconds, so that a kill finds something
/// under way.
public final class FolderDriver implements RuntimeDriver {

    private static final int STEP_MILLIS_MAX = 12;

    private final Path folder;

    public FolderDriver(Path folder) {
        this.folder = folder;
    }

    /// What there is now, by machine id.
    public static Map<String, ScriptedMachine.State> found(Path folder) {
        Map<String, ScriptedMachine.State> states = new TreeMap<>();
        try (var files = Files.list(folder)) {
            for (Path each : files.toList()) {
                String name = each.getFileName().toString();
                if (!name.startsWith(".")) {
                    states.put(name, ScriptedMachine.State.valueOf(Files.readString(each)));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return states;
    }

    private static <T> Mono<T> step(Callable<T> work) {
        return Mono.delay(Duration.ofMillis(ThreadLocalRandom.current().nextInt(STEP_MILLIS_MAX)))
                .then(Mono.fromCallable(work).subscribeOn(Schedulers.boundedElastic()));
    }

    private Path write(String id, ScriptedMachine.State state) throws IOException {
        Path fresh = folder.resolve("." + id + "-" + UUID.randomUUID());
        Files.writeString(fresh, state.name());
        return Files.move(fresh, folder.resolve(id), StandardCopyOption.ATOMIC_MOVE);
    }

    private Mono<Void> become(String id, ScriptedMachine.State from, ScriptedMachine.State to) {
        return step(() -> {
                    Path file = folder.resolve(id);
                    return Files.exists(file) && Files.readString(file).equals(from.name()) ? write(id, to) : file;
                })
                .then();
    }

    @Override
    public String name() {
        return "folder";
    }

    @Override
    public Set<Capability> capabilities() {
        return Set.of();
    }

    @Override
    public Mono<String> selfTest() {
        return Mono.just("folder: files for machines, for tests only");
    }

    @Override
    public Mono<List<Machine>> start() {
        return Mono.fromCallable(() -> {
                    Files.createDirectories(folder);
                    List<Machine> living = new ArrayList<>();
                    found(folder).forEach((id, state) -> {
                        if (state != ScriptedMachine.State.HALTED) {
                            living.add(new FileMachine(id, state == ScriptedMachine.State.FROZEN));
                        }
                    });
                    return living;
                })
                .subscribeOn(Schedulers.boundedElastic());
    }

    @Override
    public InetSocketAddress hostService() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    @Override
    public Mono<Void> warm(MachineSpec spec) {
        return Mono.empty();
    }

    @Override
    public Mono<Machine> boot(MachineSpec spec) {
        return step(() -> {
            String id = "m" + UUID.randomUUID().toString().replace("-", "");
            Path _ = write(id, ScriptedMachine.State.RUNNING);
            return new FileMachine(id, false);
        });
    }

    @Override
    public Mono<Machine> reboot(String machineId, MachineSpec spec) {
        return step(() -> {
            Path file = folder.resolve(machineId);
            if (!Files.exists(file) || !Files.readString(file).equals(ScriptedMachine.State.HALTED.name())) {
                throw new RuntimeRefused(RuntimeRefused.Reason.NO_MACHINE, "nothing was kept of " + machineId);
            }
            Path _ = write(machineId, ScriptedMachine.State.RUNNING);
            return new FileMachine(machineId, false);
        });
    }

    @Override
    public Mono<Void> discard(String machineId) {
        return step(() -> Files.deleteIfExists(folder.resolve(machineId))).then();
    }

    @Override
    public Mono<Void> stop() {
        return Mono.empty();
    }

    @Override
    public Flux<MachineExit> exits() {
        return Flux.never();
    }

    @Override
    public List<PoolState> pools() {
        return List.of();
    }

    private final class FileMachine implements Machine {

        private final String id;
        private final boolean frozenAtStart;

        FileMachine(String id, boolean frozenAtStart) {
            this.id = id;
            this.frozenAtStart = frozenAtStart;
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public InetAddress address() {
            return InetAddress.getLoopbackAddress();
        }

        @Override
        public Mono<Void> introduce(byte[] identity) {
            return Mono.empty();
        }

        @Override
        public boolean frozen() {
            return frozenAtStart;
        }

        @Override
        public Mono<Void> freeze() {
            return become(id, ScriptedMachine.State.RUNNING, ScriptedMachine.State.FROZEN);
        }

        @Override
        public Mono<Void> thaw() {
            return become(id, ScriptedMachine.State.FROZEN, ScriptedMachine.State.RUNNING);
        }

        @Override
        public Mono<Void> halt() {
            return step(() -> Files.exists(folder.resolve(id)) ? write(id, ScriptedMachine.State.HALTED) : folder)
                    .then();
        }

        @Override
        public Mono<Void> kill() {
            return discard(id);
        }

        @Override
        public Mono<Usage> usage() {
            return Mono.just(new Usage(1, 2, 20L << 20, 512L << 20, 0, 1 << 20, 1L << 30, 2, 0));
        }
    }
}
