package ai.lelantos.gateway.runtime.container;

import ai.lelantos.gateway.settings.Home;
import java.nio.file.Path;

/// Names of what one Lelantos home makes on the host, all derived from the home's path, so that two homes never touch
/// each other's and a restarted gateway finds its own.
///
/// @param key six hex digits of the home's hash
record Instance(Path home, String key) {

    /// First user id of the first machine: far above what a host gives its users or their own containers.
    private static final long IDS_FIRST = 200_000_000L;

    /// Ids of one machine; also `IDS` in `cell.c`.
    private static final long IDS_EACH = 65_536;

    /// Id ranges are dealt to homes in regions of this many machines.
    private static final long REGION_MACHINES = 4_096;

    /// Regions below the kernel's 32-bit limit.
    private static final int REGIONS = 15;

    static Instance of(Path home) {
        return new Instance(home, Home.key(home));
    }

    /// The router's network namespace, and the parent cgroup of every machine.
    String name() {
        return "lelantos-" + key;
    }

    /// The host's end of the only link to the router.
    String uplink() {
        return "lel" + key;
    }

    /// State that must not survive a reboot of the host; every directory of it can be passed through by anyone, since
    /// the OCI runtime looks its root file system up with the ids of the sandbox.
    Path run() {
        return Path.of("/run", name());
    }

    /// Where each cell mounts its own, in its own mount namespace.
    Path cell() {
        return run().resolve("cell");
    }

    /// Shared by every cell that lives; also named in `cell.c`.
    Path cellLock() {
        return run().resolve("cell.lock");
    }

    /// The OCI runtime's notes.
    Path ociState() {
        return run().resolve("oci");
    }

    Path machines() {
        return home.resolve("sandboxes");
    }

    Path machine(String id) {
        return machines().resolve(id);
    }

    Path routerFile() {
        return Path.of("/run/netns", name());
    }

    /// A number that spreads homes over subnets and id regions.
    int spread() {
        return Integer.parseInt(key, 16);
    }

    long userIds(int place) {
        return IDS_FIRST + (spread() % REGIONS * REGION_MACHINES + place) * IDS_EACH;
    }
}
