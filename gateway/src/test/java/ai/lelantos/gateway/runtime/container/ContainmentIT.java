package ai.lelantos.gateway.runtime.container;

import static ai.lelantos.gateway.runtime.container.House.get;
import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.Usage;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;

/// A hostile program inside a machine, as its user and as its root, tries to get out, across, or more than its share;
/// each test's name says what it tries, its expectation what stops it. The program is `escape.c`.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ContainmentIT {

    private static final int ROOT = 0;
    private static final int USER = 1000;
    private static final int DISK_MB = 64;
    private static final int MEMORY_MB = 128;
    private static final int PIDS_MAX = 256;

    private static final String NOT_PERMITTED = "Operation not permitted";
    private static final String DENIED = "Permission denied";
    private static final String READ_ONLY = "Read-only file system";
    private static final String MISSING = "No such file or directory";
    private static final String NO_PROCESS = "No such process";
    private static final String REFUSED = "Connection refused";
    private static final String NO_ROUTE = "No route to host";
    private static final String NO_SPACE = "No space left on device";

    private House house;
    private Machine hostile;
    private Machine offline;
    private Machine neighbour;
    private ServerSocket loopback;
    private ServerSocket everywhere;

    /// One way to try, and what may stop it.
    private record Way(String what, int user, List<String> command, List<String> stoppers) {

        static Way root(String what, String stopper, String... command) {
            return new Way(what + " (root)", ROOT, List.of(command), List.of(stopper));
        }

        static Stream<Way> both(String what, String stopper, String... command) {
            return both(what, List.of(stopper), command);
        }

        static Stream<Way> both(String what, List<String> stoppers, String... command) {
            return Stream.of(
                    new Way(what + " (root)", ROOT, List.of(command), stoppers),
                    new Way(what + " (user)", USER, List.of(command), stoppers));
        }
    }

    @BeforeAll
    void start() throws IOException {
        house = new House(House.settings(0, 0));
        house.program("escape.c", "bin/escape");
        List<Machine> none = get(house.driver().start());
        assertThat(none).isEmpty();
        hostile = get(house.driver().boot(House.SPEC));
        offline = get(house.driver().boot(House.OFFLINE));
        neighbour = get(house.driver().boot(House.SPEC));
        loopback = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        everywhere = new ServerSocket(0, 16);
    }

    @AfterAll
    void stop() throws IOException {
        loopback.close();
        everywhere.close();
        house.close();
    }

    @TestFactory
    Stream<DynamicTest> mountsAndFiles() {
        String disk = "7";
        return tests(Stream.of(
                Way.both("mount a tmpfs", NOT_PERMITTED, "mount-tmpfs"),
                Way.both("mount a second /proc without masks", NOT_PERMITTED, "mount-proc"),
                Way.both("mount a cgroup hierarchy", NOT_PERMITTED, "mount-cgroup"),
                Way.both("mount an overlay", NOT_PERMITTED, "mount-overlay"),
                Way.both("bind the root elsewhere", NOT_PERMITTED, "mount-bind"),
                Way.both("remount the agent writable", NOT_PERMITTED, "remount-agent"),
                Way.both("remount /sys writable", NOT_PERMITTED, "remount-sys"),
                Way.both("take a mask off /proc", NOT_PERMITTED, "unmount-mask"),
                Way.both("clone the mount tree", NOT_PERMITTED, "open-tree"),
                Way.both("open a file system by the new calls", NOT_PERMITTED, "fsopen"),
                Way.both("change mount attributes", NOT_PERMITTED, "mount-setattr"),
                Way.both("pivot the root", NOT_PERMITTED, "pivot-root"),
                Way.both("chroot", NOT_PERMITTED, "chroot"),
                Way.both("make a node for a host disk", NOT_PERMITTED, "node-disk", disk, "0"),
                Way.both("make a node for physical memory", NOT_PERMITTED, "node-mem"),
                Way.both("open physical memory", MISSING, "open", "/dev/mem"),
                Way.both("open a host disk", MISSING, "open", "/dev/loop0"),
                Way.both("open the kernel's message device", MISSING, "open", "/dev/kmsg"),
                Way.both("open a file by its inode number", NOT_PERMITTED, "handle"),
                Way.both("set the core pattern", DENIED, "write", "/proc/sys/kernel/core_pattern"),
                Way.both(
                        "set the module loader's path", List.of(DENIED, MISSING), "write", "/proc/sys/kernel/modprobe"),
                Way.both("drop the host's caches", List.of(DENIED, READ_ONLY), "write", "/proc/sys/vm/drop_caches"),
                Way.both("forward packets", List.of(DENIED, READ_ONLY), "write", "/proc/sys/net/ipv4/ip_forward"),
                Way.both(
                        "lift its own limits",
                        List.of(DENIED, READ_ONLY),
                        "write",
                        "/proc/sys/user/max_user_namespaces"),
                Way.both(
                        "press the system request key",
                        List.of(DENIED, READ_ONLY, MISSING),
                        "write",
                        "/proc/sysrq-trigger"),
                Way.both("read kernel memory", List.of("empty", MISSING), "empty-file", "/proc/kcore"),
                Way.both("read kernel addresses", List.of("empty", MISSING), "empty-file", "/proc/kallsyms"),
                Way.both("read other users' keys", List.of("empty", MISSING), "empty-file", "/proc/keys"),
                Way.both("list control groups", "empty", "empty-directory", "/sys/fs/cgroup"),
                Way.both("list the host's modules", "empty", "empty-directory", "/sys/module"),
                Way.both("list the host's disks", "empty", "empty-directory", "/sys/block"),
                Way.both(
                        "set the uevent helper",
                        List.of(READ_ONLY, DENIED, MISSING),
                        "write",
                        "/sys/kernel/uevent_helper"),
                Way.both("put a file into the agent's bundle", List.of(READ_ONLY, DENIED), "create", "/.lelantos/x"),
                Way.both("overwrite the agent's program", List.of(READ_ONLY, DENIED), "write", "/.lelantos/init"),
                Way.both(
                        "overwrite what the first process runs",
                        List.of(READ_ONLY, DENIED, "Text file busy"),
                        "init-exe"),
                Way.both("see the home of Lelantos", MISSING, "no-file", house.home.toString()),
                Way.both(
                        "see the driver's state",
                        MISSING,
                        "no-file",
                        house.instance().run().toString()),
                Stream.of(Way.root("give a program every capability", NOT_PERMITTED, "file-capability"))));
    }

    @TestFactory
    Stream<DynamicTest> processesAndNamespaces() {
        String gateway = Long.toString(ProcessHandle.current().pid());
        return tests(Stream.of(
                Way.both("enter a new user namespace", NOT_PERMITTED, "unshare", "10000000"),
                Way.both("enter a new mount namespace", NOT_PERMITTED, "unshare", "20000"),
                Way.both("enter a new network namespace", NOT_PERMITTED, "unshare", "40000000"),
                Way.both("enter a new pid namespace", NOT_PERMITTED, "unshare", "20000000"),
                Way.both("enter a new cgroup namespace", NOT_PERMITTED, "unshare", "2000000"),
                Way.both("clone into a user namespace", NOT_PERMITTED, "clone-user"),
                Way.both("clone3 into a user namespace", "Function not implemented", "clone3-user"),
                Way.both("join a namespace", NOT_PERMITTED, "setns"),
                Way.both("signal the gateway", NO_PROCESS, "host-process", gateway),
                Way.both("list the host's processes", "sees only its own", "host-processes"),
                Stream.of(
                        new Way("trace the agent (user)", USER, List.of("trace-agent"), List.of(NOT_PERMITTED)),
                        new Way("read the agent's memory (user)", USER, List.of("read-agent"), List.of(NOT_PERMITTED)),
                        new Way("kill the agent (user)", USER, List.of("kill-agent"), List.of(NOT_PERMITTED)),
                        Way.root("kill the first process", "the kernel spares", "kill-agent")),
                Way.both("run before everyone else", DENIED, "priority"),
                Way.both("raise its capabilities", NOT_PERMITTED, "capabilities"),
                Way.both("rename the host", NOT_PERMITTED, "hostname")));
    }

    @TestFactory
    Stream<DynamicTest> kernel() {
        return tests(
                Stream.of("bpf", "perf", "module", "module-file", "kexec", "reboot", "swap", "clock", "key", "keyring")
                        .map(way -> Way.both("use " + way, NOT_PERMITTED, way)));
    }

    @TestFactory
    Stream<DynamicTest> rarerCalls() {
        return tests(Stream.of(
                Way.both("use io_uring", NOT_PERMITTED, "io-uring"),
                Way.both("handle page faults of others", NOT_PERMITTED, "userfault"),
                Way.both("use I/O ports", NOT_PERMITTED, "io-ports"),
                Way.both("read the kernel's log", NOT_PERMITTED, "kernel-log"),
                Way.both("account for processes", NOT_PERMITTED, "accounting"),
                Way.both("watch every file", NOT_PERMITTED, "fanotify"),
                Way.both("call the kernel as a 32-bit program", "Bad system call", "other-abi")));
    }

    @TestFactory
    Stream<DynamicTest> network() {
        String host = house.driver().hostService().getAddress().getHostAddress();
        String router = host.replaceFirst("\\.253$", ".1");
        String other = neighbour.address().getHostAddress();
        List<String> blocked = List.of(
                REFUSED, NO_ROUTE, "Connection timed out", "Connection reset by peer", "Network is unreachable");
        return tests(Stream.of(
                Way.both("open a raw IP socket", NOT_PERMITTED, "socket", "2", "3", "1"),
                Way.both("open a packet socket", NOT_PERMITTED, "socket", "17", "3", "0"),
                Way.both("open a socket to the hypervisor", NOT_PERMITTED, "socket", "40", "1", "0"),
                Way.both("open a kernel crypto socket", NOT_PERMITTED, "socket", "38", "5", "0"),
                Way.both(
                        "send from an address not its own",
                        List.of("Invalid argument", "Network is unreachable"),
                        "spoof-bind",
                        other,
                        router),
                Way.both("bind transparently", NOT_PERMITTED, "transparent"),
                Way.both("take a neighbour's address", NOT_PERMITTED, "add-address", other),
                Way.both("reach the host's loopback", REFUSED, "reach", "127.0.0.1", port(loopback)),
                Way.both("reach the gateway's ports on the uplink", blocked, "reach", host, port(everywhere)),
                Way.both(
                        "reach the host service's port directly elsewhere", blocked, "reach", router, port(everywhere)),
                Way.both("reach the router", blocked, "reach", router, "22"),
                Way.both("reach other ports of the host service", blocked, "reach", "192.0.2.1", port(everywhere)),
                Way.both("reach the metadata address", blocked, "reach", "169.254.169.254", "80"),
                Way.both("reach a neighbour's agent", blocked, "reach", other, "49983"),
                Way.both("reach its own agent", "it answers", "reach-free", "127.0.0.1", "49983")));
    }

    @TestFactory
    Stream<DynamicTest> moreThanItsShare() {
        return tests(Stream.of(
                Way.both("fork without end", "Resource temporarily unavailable", "processes", "" + PIDS_MAX),
                Way.both("use more memory than it has", "Killed", "memory", "" + 2 * MEMORY_MB),
                Way.both("fill its disk", NO_SPACE, "fill", "/tmp/fill", "" + DISK_MB),
                Stream.of(
                        Way.root("fill its shared memory", NO_SPACE, "fill", "/dev/shm/fill", "" + MEMORY_MB),
                        Way.root("fill /run", NO_SPACE, "fill", "/run/fill", "" + MEMORY_MB),
                        Way.root("fill /dev", NO_SPACE, "fill", "/dev/fill", "1"),
                        Way.root("use up /dev's inodes", NO_SPACE, "names", "/dev/n", "1000")),
                Way.both("open files without end", "Too many open files", "descriptors", "65536"),
                Way.both("raise its descriptor limit", NOT_PERMITTED, "raise-limit"),
                Way.both("take every inotify instance", "Too many open files", "watch-instances", "4096"),
                Way.both("take every inotify watch", NO_SPACE, "watches", "65537")));
    }

    @Test
    void burningEveryCpuGetsItsShareOnly() throws Exception {
        long before = get(hostile.usage()).cpuNanos();
        long began = System.nanoTime();
        assertThat(house.run(hostile, USER, "/bin/escape", "spin", "1000")).startsWith("exit 0");
        double cpus = (double) (get(hostile.usage()).cpuNanos() - before) / (System.nanoTime() - began);
        assertThat(cpus).as("CPUs used by a machine of one").isLessThan(1.15);
    }

    @Test
    void aProcessKilledForMemoryIsCounted() throws Exception {
        Machine machine = get(house.driver().boot(House.SPEC));
        assertThat(house.run(machine, USER, "/bin/escape", "memory", "" + 2 * MEMORY_MB))
                .contains("Killed");
        Usage usage = get(machine.usage());
        assertThat(usage.oomKills()).isPositive();
        House.end(machine.kill());
    }

    @Test
    void aMachineThatMayNotGoOutReachesNothing() throws Exception {
        for (String address : List.of("192.0.2.2", "198.51.100.20", "8.8.8.8")) {
            assertThat(house.run(offline, USER, "/bin/escape", "reach", address, "53"))
                    .as(address)
                    .containsAnyOf("held: Network is unreachable", "held: " + NO_ROUTE, "held: Connection timed out");
        }
    }

    @Test
    void idRangesOfTwoMachinesAreApart() throws IOException {
        assertThat(uidMap(hostile)).isNotEqualTo(uidMap(neighbour));
        assertThat(uidMap(hostile)).matches("\\s*0\\s+\\d{9,10}\\s+65536\\s*");
    }

    private static String uidMap(Machine machine) throws IOException {
        return Files.readString(
                Path.of("/proc/" + ((ContainerMachine) machine).file().pid() + "/uid_map"));
    }

    private Stream<DynamicTest> tests(Stream<Stream<Way>> ways) {
        return ways.flatMap(each -> each).map(way -> DynamicTest.dynamicTest(way.what(), () -> tryOne(way)));
    }

    private void tryOne(Way way) throws Exception {
        List<String> command = new ArrayList<>(List.of("/bin/escape"));
        command.addAll(way.command());
        String said = house.run(hostile, way.user(), command.toArray(String[]::new));
        assertThat(said).as(way.what()).startsWith("exit 0\n").contains("held: ");
        assertThat(way.stoppers()).as(way.what() + ", but: " + said).anyMatch(said::contains);
        assertThat(house.health(hostile)).as("the agent after it").isEqualTo(204);
        assertThat(house.health(neighbour)).as("the neighbour after it").isEqualTo(204);
    }

    private static String port(ServerSocket socket) {
        return Integer.toString(socket.getLocalPort());
    }
}
