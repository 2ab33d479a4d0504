package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.MachineExit;
import ai.lelantos.gateway.runtime.MachineSpec;
import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The machines there are: boots them, adopts them, notices their end and cleans up behind it. Everything here
/// blocks, for milliseconds, on the caller's thread.
final class Fleet implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Fleet.class);
    private static final String DISK = "disk.img";
    private static final long NANOS_PER_MS = 1_000_000;

    private final Ground ground;
    private final Places places;
    private final Slots slots;
    private final Deaths deaths = new Deaths();
    private final CleanLoop clean = new CleanLoop();
    private final Map<String, ContainerMachine> machines = new ConcurrentHashMap<>();
    private final Consumer<MachineExit> exits;

    Fleet(Ground ground, Places places, Slots slots, Consumer<MachineExit> exits) throws IOException {
        this.ground = ground;
        this.places = places;
        this.slots = slots;
        this.exits = exits;
    }

    /// A machine whose agent has said that it is ready; on the disk of an earlier one of this name, when there is one.
    ///
    /// @param claimed whether a caller waits for it
    ContainerMachine boot(String id, MachineSpec spec, boolean claimed) throws IOException {
        if (claimed && claimed() >= ground.settings().machinesMax()) {
            throw new RuntimeRefused(
                    Reason.FULL, "this host runs " + ground.settings().machinesMax() + " machines, as many as it may");
        }
        Path lower = ground.image(spec.template(), spec.build());
        Path agent = ground.agent();
        Path directory = ground.instance().machine(id);
        Path empty = ground.emptyDisk(spec.diskMb());
        long began = System.nanoTime();
        Cell cell = slots.take(spec.internet());
        long placed = System.nanoTime();
        long pid = 0;
        try {
            Files.createDirectories(directory);
            Files.writeString(
                    directory.resolve("config.json"),
                    ground.config().of(id, spec, ground.settings().pidsMax(), !claimed, null));
            cell.disk(directory.resolve(DISK), empty, ground.seed(spec.internet()));
            long prepared = System.nanoTime();
            pid = cell.boot(
                    ground.oci(),
                    ground.instance().ociState(),
                    directory,
                    id,
                    lower,
                    agent,
                    ground.settings().bootLimit(),
                    Ground.READY_SIGN);
            long started = System.nanoTime();
            var _ = cell.ready();
            cell.close();
            log.debug(
                    "machine {}: place {} ms, disk {} ms, container {} ms, agent {} ms",
                    id,
                    (placed - began) / NANOS_PER_MS,
                    (prepared - placed) / NANOS_PER_MS,
                    (started - prepared) / NANOS_PER_MS,
                    (System.nanoTime() - started) / NANOS_PER_MS);
            return enter(id, pid, cell.place(), spec, claimed);
        } catch (IOException | RuntimeException failed) {
            cell.close();
            long first = pid;
            clean.add("cleaning up a failed boot", () -> {
                if (first > 0) {
                    sweep(id);
                }
                forget(id, cell.place().number(), !failedReboot(directory));
            });
            throw failed;
        }
    }

    private ContainerMachine enter(String id, long pid, Place place, MachineSpec spec, boolean claimed)
            throws IOException {
        long ticks = MachineFile.startedTicks(pid);
        MachineFile file = new MachineFile(
                id, pid, ticks, MachineFile.bootOfHost(), place.number(), place.internet(), claimed, spec);
        file.write(ground.instance().machine(id));
        return watched(new ContainerMachine(ground, file, false));
    }

    private ContainerMachine watched(ContainerMachine machine) throws IOException {
        int pidfd = Kernel.pidfdOpen(machine.file().pid());
        if (pidfd < 0) {
            throw new RuntimeRefused(Reason.BOOT_FAILED, "machine " + machine.id() + " ended as soon as it was ready");
        }
        machines.put(machine.id(), machine);
        deaths.watch(pidfd, () -> ended(machine));
        return machine;
    }

    /// A halted machine that cannot boot again keeps its disk.
    private static boolean failedReboot(Path directory) throws IOException {
        MachineFile file = MachineFile.read(directory);
        return file != null && file.pid() == 0;
    }

    /// On the deaths' thread: tells who must know, leaves the cleaning to its loop.
    private void ended(ContainerMachine machine) {
        machines.remove(machine.id());
        switch (machine.end()) {
            case VANISHED -> {
                boolean outOfMemory = outOfMemory(machine.id());
                if (machine.file().claimed()) {
                    String how = outOfMemory ? "it ran out of memory and its agent was ended" : "its agent ended";
                    exits.accept(new MachineExit(machine.id(), how, outOfMemory));
                }
                gone(machine, true);
            }
            case KILLED -> gone(machine, true);
            case HALTED -> gone(machine, false);
        }
    }

    private boolean outOfMemory(String id) {
        try {
            return ground.cgroups().counts(id).oomKills() > 0;
        } catch (IOException unreadable) {
            return false;
        }
    }

    private void gone(ContainerMachine machine, boolean disk) {
        clean.add("cleaning up machine " + machine.id(), () -> {
            forget(machine.id(), machine.file().place(), disk);
            machine.clean();
        });
    }

    private void forget(String id, int place, boolean disk) throws IOException {
        ground.cgroups().remove(id);
        Trees.delete(ground.instance().ociState().resolve(id));
        if (disk) {
            Trees.delete(ground.instance().machine(id));
        }
        places.give(place);
    }

    /// Marks a machine of a pool as given to a caller; false when it has just ended.
    boolean claim(ContainerMachine machine) throws IOException {
        if (machine.over()) {
            return false;
        }
        ground.cgroups().promote(machine.id());
        machine.claim();
        return !machine.over();
    }

    @Nullable
    ContainerMachine find(String id) {
        return machines.get(id);
    }

    private long claimed() {
        return machines.values().stream().filter(each -> each.file().claimed()).count();
    }

    List<ContainerMachine> all() {
        return List.copyOf(machines.values());
    }

    /// Whether a machine of this name halted and left its disk.
    boolean kept(String id) throws IOException {
        MachineFile file = MachineFile.read(ground.instance().machine(id));
        return file != null
                && file.pid() == 0
                && Files.exists(ground.instance().machine(id).resolve(DISK));
    }

    /// Forgets the disk of a machine that does not run.
    void discard(String id) throws IOException {
        if (!machines.containsKey(id)) {
            Trees.delete(ground.instance().machine(id));
        }
    }

    /// Finds what an earlier gateway left: the living that were given to someone come back, all else is ended and
    /// removed; disks of halted machines stay.
    List<ContainerMachine> adopt() throws IOException {
        Cell.awaitOthers(ground.instance());
        List<ContainerMachine> survivors = new ArrayList<>();
        for (String id : Cgroups.directories(ground.instance().machines())) {
            MachineFile file = MachineFile.read(ground.instance().machine(id));
            if (file != null && file.claimed() && file.runs()) {
                places.take(file.place());
                survivors.add(watched(
                        new ContainerMachine(ground, file, ground.cgroups().frozen(id))));
            }
        }
        for (String id : ground.cgroups().machines()) {
            if (!machines.containsKey(id)) {
                sweep(id);
                ground.cgroups().remove(id);
            }
        }
        for (String id : Cgroups.directories(ground.instance().machines())) {
            if (!machines.containsKey(id) && !kept(id)) {
                Trees.delete(ground.instance().machine(id));
            }
        }
        for (String id : Cgroups.directories(ground.instance().ociState())) {
            if (!machines.containsKey(id)) {
                Trees.delete(ground.instance().ociState().resolve(id));
            }
        }
        ground.network()
                .keepOnly(survivors.stream()
                        .map(ContainerMachine::place)
                        .map(Place::link)
                        .collect(Collectors.toSet()));
        return survivors;
    }

    /// Ends every process that is in a machine's group, and waits until none is.
    private void sweep(String id) throws IOException {
        for (long pid : ground.cgroups().processes(id)) {
            int pidfd = Kernel.pidfdOpen(pid);
            if (pidfd >= 0) {
                try {
                    if (ground.cgroups().processes(id).contains(pid)) {
                        Kernel.signal(pidfd, Kernel.SIGKILL);
                    }
                } finally {
                    Kernel.close(pidfd);
                }
            }
        }
        try {
            ground.cgroups().thaw(id);
        } catch (IOException neverMade) {
            return; // its boot was cut off before it had a freezer
        }
        Look.await(() -> ground.cgroups().processes(id).isEmpty(), "the end of machine " + id);
    }

    int cleaning() {
        return clean.pending();
    }

    void drain() throws IOException {
        clean.drain(Ground.END_LIMIT);
    }

    /// Lets go of everything and ends nothing.
    @Override
    public void close() throws IOException {
        deaths.close();
        clean.close();
    }
}
