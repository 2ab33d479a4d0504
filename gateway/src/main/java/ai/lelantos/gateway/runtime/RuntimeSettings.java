package ai.lelantos.gateway.runtime;

import ai.lelantos.gateway.settings.Setting;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// What an owner may choose about how machines run.
///
/// @param runtime which driver; AUTO takes the strongest that passes its self-test
/// @param minIsolation weaker drivers are refused at start
/// @param subnet an IPv4 `/16` for machines, null: one that no route of this host overlaps
/// @param machinesMax machines at once, those in pools too
/// @param pidsMax processes and threads of one machine
/// @param openFilesMax descriptors of one process; less where this host's own limit is lower
/// @param slotsReady places (namespaces, network, devices) kept ready for boots that no pool serves
/// @param poolMax booted machines kept ready for one template and size
/// @param poolMemoryMb memory that all machines kept ready may use, MiB
/// @param bootLimit from the OCI runtime's start to the agent's ready line
public record RuntimeSettings(
        @Setting(value = "auto", is = "how machines run: auto or container")
        Choice runtime,

        @Setting(value = "shared-kernel", is = "weaker isolation is refused at start: shared-kernel or own-kernel")
        Isolation minIsolation,

        @Setting(is = "an IPv4 /16 for sandboxes; empty for one that no route of this host overlaps") @Nullable
        String subnet,

        @Setting(value = "500", is = "machines at once, those kept ready too")
        int machinesMax,

        @Setting(value = "4096", is = "processes and threads of one sandbox")
        int pidsMax,

        @Setting(value = "65536", is = "open files of one process in a sandbox")
        int openFilesMax,

        @Setting(value = "4", is = "places kept ready for boots that no pool serves")
        int slotsReady,

        @Setting(value = "64", is = "booted machines kept ready for one template and size")
        int poolMax,

        @Setting(value = "4096", is = "memory that all machines kept ready may use, MiB")
        int poolMemoryMb,

        @Setting(value = "60s", is = "how long a boot may take")
        Duration bootLimit) {

    /// The value of `LELANTOS_RUNTIME`.
    public enum Choice {
        AUTO,
        CONTAINER
    }

    /// The value of `LELANTOS_MIN_ISOLATION`, weakest first.
    public enum Isolation {
        /// Namespaces, seccomp and cgroups on the host's kernel.
        SHARED_KERNEL,
        /// A kernel of the guest's own, in user space or virtual.
        OWN_KERNEL
    }

    private static final int MACHINES_LIMIT = 4_000;

    public RuntimeSettings {
        within("machinesMax", machinesMax, 1, MACHINES_LIMIT);
        within("pidsMax", pidsMax, 64, 1 << 20);
        within("openFilesMax", openFilesMax, 256, 1 << 20);
        within("slotsReady", slotsReady, 0, 64);
        within("poolMax", poolMax, 0, 256);
        within("poolMemoryMb", poolMemoryMb, 0, 1 << 20);
        if (bootLimit.toMillis() < 100 || bootLimit.toSeconds() > 600) {
            throw new IllegalArgumentException("bootLimit must be between 100 ms and 10 min, not " + bootLimit);
        }
        if (subnet != null && !subnet.matches("\\d{1,3}\\.\\d{1,3}\\.0\\.0/16")) {
            throw new IllegalArgumentException("subnet must be an IPv4 /16 such as 10.97.0.0/16, not " + subnet);
        }
    }

    /// What holds when nothing is set.
    public static RuntimeSettings defaults() {
        return new RuntimeSettings(
                Choice.AUTO, Isolation.SHARED_KERNEL, null, 500, 4_096, 65_536, 4, 24, 2_048, Duration.ofSeconds(30));
    }

    private static void within(String name, int value, int low, int high) {
        if (value < low || value > high) {
            throw new IllegalArgumentException(name + " must be between " + low + " and " + high + ", not " + value);
        }
    }
}
