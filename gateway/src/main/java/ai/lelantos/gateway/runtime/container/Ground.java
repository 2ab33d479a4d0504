package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import ai.lelantos.gateway.runtime.RuntimeSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/// What every machine of one home stands on: names, programs, control groups, network, and the threads that wait for
/// them.
///
/// @param workers where blocking work is done: bounded, named, of this room
record Ground(
        Instance instance,
        RuntimeSettings settings,
        Cgroups cgroups,
        Network network,
        Path cell,
        Path oci,
        OciConfig config,
        Scheduler workers) {

    /// From SIGKILL until nothing of a machine runs.
    static final Duration END_LIMIT = Duration.ofSeconds(20);

    /// Places beyond the machines allowed: for those being made ahead or cleaned up behind.
    static final int PLACES_SPARE = 96;

    /// Whatever the sandbox prints before it is ready ends with this line of the agent's.
    static final String READY_SIGN = "envd ready on ";

    private static final Path CGROUP_ROOT = Path.of("/sys/fs/cgroup");

    /// A piece of blocking work.
    interface Work {
        void run() throws IOException;
    }

    /// Finds or makes everything shared; says in one sentence what is missing.
    ///
    /// @param keep whether machines of an earlier gateway may still live in the network
    static Ground prepare(Instance instance, RuntimeSettings settings, Scheduler workers, boolean keep)
            throws IOException {
        Path oci = Programs.find("crun");
        if (oci == null) {
            oci = Programs.need("runc", "crun");
        }
        var _ = Programs.need("mkfs.ext4", "e2fsprogs");
        for (Path each : List.of(instance.run(), instance.cell(), instance.ociState())) {
            Files.createDirectories(each);
        }
        Files.createDirectories(instance.machines());
        Cgroups cgroups = Cgroups.at(CGROUP_ROOT, instance.name());
        Network network = Network.open(instance, settings.subnet(), settings.machinesMax() + PLACES_SPARE, keep);
        Path cell = CellProgram.in(instance.home().resolve("cache"));
        OciConfig config = new OciConfig(instance, oci, OciConfig.openFiles(settings.openFilesMax()));
        Ground ground = new Ground(instance, settings, cgroups, network, cell, oci, config, workers);
        ground.seed("open", "nameserver " + network.subnet().gateway() + "\n");
        ground.seed("closed", "");
        return ground;
    }

    /// The three files of `/etc` that a new machine gets whatever its image.
    private void seed(String name, String resolvConf) throws IOException {
        Path seed = Files.createDirectories(instance.run().resolve("seed-" + name));
        Files.writeString(seed.resolve("resolv.conf"), resolvConf);
        Files.writeString(seed.resolve("hostname"), "e2b\n");
        Files.writeString(seed.resolve("hosts"), """
                127.0.0.1 localhost e2b
                ::1 localhost ip6-localhost ip6-loopback
                %s events.e2b.local
                """.formatted(Network.HOST_SERVICE));
    }

    Path seed(boolean internet) {
        return instance.run().resolve(internet ? "seed-open" : "seed-closed");
    }

    Place place(MachineFile file) {
        return new Place(instance, network.subnet(), file.place(), file.internet());
    }

    /// An empty file system of that size to copy; made when first asked for.
    Path emptyDisk(int diskMb) throws IOException {
        Path made = instance.home().resolve("cache").resolve("empty-" + diskMb + ".ext4");
        synchronized (instance) {
            if (!Files.exists(made)) {
                Path work = made.resolveSibling(made.getFileName() + ".next");
                Files.deleteIfExists(work);
                // No journal and nothing reserved: the disk lives as long as its sandbox.
                var _ = Programs.run(
                        "",
                        List.of(
                                Programs.need("mkfs.ext4", "e2fsprogs").toString(),
                                "-q",
                                "-F",
                                "-O",
                                "^has_journal",
                                "-E",
                                "lazy_itable_init=1,nodiscard",
                                "-m",
                                "0",
                                work.toString(),
                                diskMb + "M"));
                var _ = Files.move(work, made);
            }
        }
        return made;
    }

    Path image(String template, String build) {
        Path rootfs = instance.home()
                .resolve("images")
                .resolve(template)
                .resolve(build)
                .resolve("rootfs");
        if (!Files.isDirectory(rootfs)) {
            throw new RuntimeRefused(
                    Reason.NO_IMAGE, "template " + template + " has no image " + build + " on this host");
        }
        return rootfs;
    }

    /// The agent bundle as it is now; a machine keeps the one it was booted with.
    Path agent() throws IOException {
        Path current = instance.home().resolve("agent").resolve("current");
        if (!Files.isDirectory(current)) {
            throw new RuntimeRefused(Reason.NO_IMAGE, "the agent bundle is missing at " + current);
        }
        return current.toRealPath();
    }

    /// Blocking work as a signal of its end.
    Mono<Void> work(String what, Work work) {
        return this.<Boolean>ask(what, () -> {
                    work.run();
                    return true;
                })
                .then();
    }

    /// Blocking work with a result.
    <T> Mono<T> ask(String what, Callable<T> work) {
        return Mono.fromCallable(work)
                .onErrorMap(IOException.class, e -> new RuntimeRefused(Reason.HOST, what + ": " + e.getMessage()))
                .subscribeOn(workers);
    }
}
