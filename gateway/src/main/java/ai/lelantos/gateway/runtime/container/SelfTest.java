package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.runtime.MachineSpec;
import ai.lelantos.gateway.runtime.RuntimeRefused;
import ai.lelantos.gateway.runtime.RuntimeRefused.Reason;
import ai.lelantos.gateway.runtime.RuntimeSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import reactor.core.scheduler.Scheduler;

/// Boots a machine that tries five ways out (`cell probe`) in a house of its own, and ends it: proof, at start, that
/// this host's kernel and programs do what the driver builds on.
final class SelfTest {

    private static final MachineSpec SPEC = new MachineSpec("selftest", "none", 1, 64, 64, false);
    private static final int PLACES = 1;
    private static final String SIGN = "probe done";
    private static final String ID = "selftest";

    private final Instance home;
    private final RuntimeSettings settings;
    private final Scheduler workers;

    SelfTest(Instance home, RuntimeSettings settings, Scheduler workers) {
        this.home = home;
        this.settings = settings;
        this.workers = workers;
    }

    /// One line that says what was chosen and tried, or a refusal that says what is missing or what got out.
    String run() throws IOException {
        Path place = home.home().resolve("run").resolve(ID);
        Instance instance = Instance.of(place);
        try (HomeLock _ = HomeLock.take(place)) {
            long began = System.nanoTime();
            RuntimeSettings alone = new RuntimeSettings(
                    settings.runtime(),
                    settings.minIsolation(),
                    null,
                    PLACES,
                    64,
                    settings.openFilesMax(),
                    0,
                    0,
                    0,
                    settings.bootLimit());
            Ground ground = Ground.prepare(instance, alone, workers, false);
            String tried = tried(ground);
            if (tried.contains("OUT")) {
                throw new RuntimeRefused(Reason.HOST, "a container got out in the self-test: " + tried);
            }
            if (!tried.contains("probe done")) {
                throw new RuntimeRefused(Reason.HOST, "the self-test did not finish: " + tried);
            }
            return "container: " + ground.oci() + ", cgroups "
                    + ground.cgroups().layout()
                    + ", user namespaces, seccomp; five ways out tried, none found (" + tried.replace(" probe done", "")
                    + "), " + (System.nanoTime() - began) / 1_000_000 + " ms";
        } finally {
            Network.remove(instance);
            Trees.delete(instance.run());
            Trees.delete(place);
        }
    }

    private static String tried(Ground ground) throws IOException {
        Instance instance = ground.instance();
        Path bundle = Files.createDirectories(instance.machine(ID));
        Path lower = Files.createDirectories(instance.home().resolve("lower"));
        Path agent = Files.createDirectories(instance.home().resolve("agent"));
        var _ = Files.copy(ground.cell(), agent.resolve("cell"));
        Place place = new Place(instance, ground.network().subnet(), PLACES, false);
        try (ServerSocket host = new ServerSocket(
                        0, 1, InetAddress.getByName(ground.network().subnet().hostUplink()));
                Cell cell = Cell.make(ground.cell(), place, ground.cgroups())) {
            List<String> command = List.of(
                    "/.lelantos/cell",
                    "probe",
                    ground.network().subnet().hostUplink(),
                    Integer.toString(host.getLocalPort()));
            Files.writeString(bundle.resolve("config.json"), ground.config().of(ID, SPEC, 64, false, command));
            cell.disk(bundle.resolve("disk.img"), ground.emptyDisk(SPEC.diskMb()), ground.seed(false));
            long _ = cell.boot(
                    ground.oci(),
                    instance.ociState(),
                    bundle,
                    ID,
                    lower,
                    agent,
                    ground.settings().bootLimit(),
                    SIGN);
            return cell.ready();
        } finally {
            Look.await(() -> ground.cgroups().processes(ID).isEmpty(), "the end of the self-test");
            ground.cgroups().remove(ID);
            ground.cgroups().removeParent();
        }
    }
}
