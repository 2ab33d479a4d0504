// cell: makes the place a sandbox will live in, waits there, and on a word from the gateway starts an OCI runtime in it.
//
// One process per place. Everything it makes (mounts, namespaces, the loop device of the disk) belongs to its own private
// mount namespace or to its sandbox, so the host's mount table never shows any of it, and the end of the process gives
// back what no sandbox took over; a gateway that is killed closes its end of stdin, and that is such an end.
//
//   cell slot DIR UIDBASE ROUTER IFNAME ADDRESS GATEWAY MAC ROUTERMAC HIDE   (HIDE: a mount to hide, or -)
//     answers "slot", then obeys stdin:
//       disk PATH EMPTY SEED   attach the ext4 image PATH as the writable layer; when there is none, copy EMPTY there first;
//                              copy the files of the directory SEED into the /etc of a layer that is new
//       boot ...            see boot(); the last command
//     every answer is one line; "error WHAT" and exit 1 when something fails
//   cell probe              the five attempts of the self-test, run inside a sandbox
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/mount.h>
#include <linux/securebits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/fsuid.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// glibc's sys/mount.h and linux/mount.h exclude each other in some versions; this is all we need of the former.
extern int mount(const char *source, const char *target, const char *type, unsigned long flags, const void *data);
extern int umount2(const char *target, int flags);
#ifndef MS_RDONLY
enum { MS_RDONLY = 1, MS_NOSUID = 2, MS_NODEV = 4, MS_NOATIME = 1024, MS_BIND = 4096, MS_REC = 16384, MS_PRIVATE = 1 << 18 };
#endif
#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif

#define IDS 65536              // user and group ids of one sandbox
#define LINE_MAX_BYTES 4096    // of one command
#define DISK_WAIT_SECONDS 10   // for an earlier user of the same disk; then SIGALRM ends this cell
#define HOST_LINE_WAITING 8    // connections of the host that the agent has not taken yet
#define TAIL_BYTES 600         // of the log that an error quotes
#define CELL_TMPFS "mode=0755,size=1m,nr_inodes=256"   // log and mount points; bounds what an agent may print
#define DEV_TMPFS "mode=0755,size=64k,nr_inodes=512"
#define INOTIFY_WATCHES_MAX "65536"
#define INOTIFY_INSTANCES_MAX "1024"

static char dir[1024];
static unsigned uid_base;
static int disk_ready;

static void say(const char *format, ...) {
    char line[2 * LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line, sizeof line - 1, format, args);
    va_end(args);
    if (n > (int) sizeof line - 2) n = sizeof line - 2;
    for (int i = 0; i < n; i++) if (line[i] == '\n') line[i] = ' ';
    line[n++] = '\n';
    for (int done = 0; done < n;) {
        ssize_t wrote = write(1, line + done, n - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) _exit(1);
        done += wrote;
    }
}

static void __attribute__((noreturn)) die(const char *what) {
    int code = errno;
    say("error %s: %s", what, strerror(code));
    _exit(1);
}

static const char *at(const char *name) {   // a path below the cell's directory; four may be alive at once
    static char paths[4][1200];
    static int next;
    char *path = paths[next++ & 3];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static void put(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) die(path);
    close(fd);
}

static void touch(const char *path) {
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    if (fd < 0) die(path);
    close(fd);
}

static void run(char *const argv[], const char *input, int netns) {   // a helper program, to its end
    int in[2];
    if (pipe2(in, O_CLOEXEC)) die("pipe");
    pid_t pid = fork();
    if (pid < 0) die("fork");
    if (pid == 0) {
        if (netns >= 0 && setns(netns, CLONE_NEWNET)) die("setns");
        dup2(in[0], 0);
        dup2(1, 2);
        execvp(argv[0], argv);
        die(argv[0]);
    }
    close(in[0]);
    if (write(in[1], input, strlen(input)) < 0) die(argv[0]);
    close(in[1]);
    int status;
    while (waitpid(pid, &status, 0) < 0) if (errno != EINTR) die("waitpid");
    if (status) { say("error %s ended with %d", argv[0], status); _exit(1); }
}

// ---- slot: namespaces, network, devices

static void device(const char *name, int major, int minor, mode_t mode, unsigned gid) {
    char path[64];
    snprintf(path, sizeof path, "dev/%s", name);
    if (mknod(at(path), S_IFCHR | mode, makedev(major, minor)) || chmod(at(path), mode)
            || chown(at(path), uid_base, uid_base + gid)) die(path);
}

static void devices(void) {
    if (mount("dev", at("dev"), "tmpfs", MS_NOSUID, DEV_TMPFS)) die("mount dev");
    if (chown(at("dev"), uid_base, uid_base)) die("chown dev");
    device("null", 1, 3, 0666, 0);
    device("zero", 1, 5, 0666, 0);
    device("full", 1, 7, 0666, 0);
    device("random", 1, 8, 0666, 0);
    device("urandom", 1, 9, 0666, 0);
    device("hwrng", 1, 9, 0444, 0);   // the host's pool: a hardware generator belongs to the host alone
    device("tty", 5, 0, 0666, 5);
    device("fuse", 10, 229, 0666, 0);
    const char *links[][2] = {{"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
        {"stderr", "/proc/self/fd/2"}, {"ptmx", "pts/ptmx"}, {"core", "/proc/kcore"}};
    for (unsigned i = 0; i < sizeof links / sizeof *links; i++) {
        char path[64];
        snprintf(path, sizeof path, "dev/%s", links[i][0]);
        if (symlink(links[i][1], at(path))) die(path);
    }
}

// A boot id of the machine's own to bind over the host's: another one with every boot, the same one over a pause.
static void boot_id(void) {
    char id[64];
    int fd = open("/proc/sys/kernel/random/uuid", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, id, sizeof id - 1);
    if (n <= 0) die("random uuid");
    close(fd);
    id[n] = 0;
    touch(at("boot_id"));
    put(at("boot_id"), id);
}

// Held by every cell while it lives, and by no child of it: who may not share it yet knows that there is none.
static void life(void) {
    char path[1100];
    snprintf(path, sizeof path, "%s.lock", dir);
    int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
    struct flock shared = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    if (fd < 0 || fcntl(fd, F_SETLKW, &shared)) die(path);
}

static void mounts(const char *hide) {
    if (unshare(CLONE_NEWNS)) die("unshare mount namespace");
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) die("make mounts private");
    if (strcmp(hide, "-") && umount2(hide, MNT_DETACH)) die(hide);
    if (mount("cell", dir, "tmpfs", MS_NOSUID, CELL_TMPFS)) die("mount cell");
    const char *names[] = {"dev", "lower", "disk", "upper", "rootfs", "agent", "ns"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) if (mkdir(at(names[i]), 0755)) die(names[i]);
    touch(at("ns/user"));
    touch(at("ns/net"));
    touch(at("log"));
    boot_id();
    devices();
}

// Runs in the new user and network namespaces: what only their owner may set.
static void inside(const char *address, const char *gateway, const char *router_mac, int ready, int go) {
    char byte;
    // Owned by the sandbox's own root id, so that the kernel's per-user budgets (inotify, keys, mqueues, signals) are its own.
    if (setresgid(uid_base, uid_base, uid_base) || setresuid(uid_base, uid_base, uid_base)) die("setuid");
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET)) die("unshare user namespace");
    if (write(ready, "r", 1) != 1 || read(go, &byte, 1) != 1) _exit(1);
    put("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    put("/proc/sys/net/ipv4/ping_group_range", "0 65535");
    put("/proc/sys/user/max_user_namespaces", "0");
    put("/proc/sys/user/max_inotify_watches", INOTIFY_WATCHES_MAX);
    put("/proc/sys/user/max_inotify_instances", INOTIFY_INSTANCES_MAX);
    if (write(ready, "c", 1) != 1 || read(go, &byte, 1) != 1) _exit(1);
    char script[512];
    snprintf(script, sizeof script,
            "link set lo up\naddr add %s/32 dev eth0\nlink set eth0 up\n"
            "neigh replace %s lladdr %s dev eth0 nud permanent\nroute add default via %s dev eth0 onlink\n",
            address, gateway, router_mac, gateway);
    run((char *[]) {"ip", "-batch", "-", NULL}, script, -1);
    _exit(0);
}

static void pin(pid_t pid, const char *kind) {
    char source[64], target[16];
    snprintf(source, sizeof source, "/proc/%d/ns/%s", pid, kind);
    snprintf(target, sizeof target, "ns/%s", kind);
    if (mount(source, at(target), NULL, MS_BIND, NULL)) die(source);
}

static void map(pid_t pid, const char *file) {
    char path[64], text[64];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    snprintf(text, sizeof text, "0 %u %d\n", uid_base, IDS);
    put(path, text);
}

static void namespaces(const char *router, const char *ifname, const char *address, const char *gateway,
        const char *mac, const char *router_mac) {
    int ready[2], go[2];
    char byte, script[1024];
    if (pipe2(ready, O_CLOEXEC) || pipe2(go, O_CLOEXEC)) die("pipe");
    pid_t pid = fork();
    if (pid < 0) die("fork");
    if (pid == 0) inside(address, gateway, router_mac, ready[1], go[0]);
    close(ready[1]);
    close(go[0]);
    if (read(ready[0], &byte, 1) != 1) _exit(1);
    map(pid, "uid_map");
    map(pid, "gid_map");
    if (write(go[1], "m", 1) != 1 || read(ready[0], &byte, 1) != 1) _exit(1);
    pin(pid, "user");
    pin(pid, "net");
    snprintf(script, sizeof script,
            "link add %s address %s type veth peer name eth0 address %s netns %s\nlink set %s up\n"
            "neigh replace %s lladdr %s dev %s nud permanent\nroute replace %s/32 dev %s\n",
            ifname, router_mac, mac, at("ns/net"), ifname, address, mac, ifname, address, ifname);
    int netns = open(router, O_RDONLY | O_CLOEXEC);
    if (netns < 0) die(router);
    run((char *[]) {"ip", "-batch", "-", NULL}, script, netns);
    close(netns);
    if (write(go[1], "n", 1) != 1) _exit(1);
    int status;
    while (waitpid(pid, &status, 0) < 0) if (errno != EINTR) die("waitpid");
    if (status) _exit(1);
    close(go[1]);
    close(ready[0]);
}

// ---- disk: the writable layer

static void copy_seed(const char *seed, const char *name) {
    char from[1400], bytes[16384], to[64];
    snprintf(from, sizeof from, "%s/%s", seed, name);
    snprintf(to, sizeof to, "disk/upper/etc/%s", name);
    int in = open(from, O_RDONLY | O_CLOEXEC);
    int out = open(at(to), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (in < 0 || out < 0) die(to);
    for (ssize_t n; (n = read(in, bytes, sizeof bytes)) != 0;) if (n < 0 || write(out, bytes, n) != n) die(to);
    if (fchmod(out, 0644)) die(to);
    close(in);
    close(out);
}

static void seed_disk(const char *seed) {   // only a new disk: what a sandbox left there is not ours to follow
    if (mkdir(at("disk/upper"), 0755)) {
        if (errno == EEXIST) return;
        die("mkdir upper");
    }
    if (mkdir(at("disk/work"), 0700) || mkdir(at("disk/upper/etc"), 0755)) die("mkdir work");
    DIR *files = opendir(seed);
    if (!files) die(seed);
    for (struct dirent *each; (each = readdir(files));) if (each->d_name[0] != '.') copy_seed(seed, each->d_name);
    closedir(files);
}

// The same tree with its ids shifted into the sandbox's range: one root-owned tree serves every sandbox.
static void idmapped(const char *source, const char *target, uint64_t also) {
    int userns = open(at("ns/user"), O_RDONLY | O_CLOEXEC);
    int tree = syscall(SYS_open_tree, AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (userns < 0 || tree < 0) die(source);
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_IDMAP | also, .userns_fd = userns};
    if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes)) die("idmap");
    if (syscall(SYS_move_mount, tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH)) die("move_mount");
    close(tree);
    close(userns);
}

static int attach(int image, char *device, size_t size) {   // someone else may take the free number first: try again
    int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
    if (control < 0) die("/dev/loop-control");
    for (int tries = 0; tries < 64; tries++) {
        int number = ioctl(control, LOOP_CTL_GET_FREE);
        if (number < 0) die("no free loop device");
        snprintf(device, size, "/dev/loop%d", number);
        int loop = open(device, O_RDWR | O_CLOEXEC);
        if (loop < 0) die(device);
        struct loop_config config = {.fd = image, .info = {.lo_flags = LO_FLAGS_AUTOCLEAR}};
        if (ioctl(loop, LOOP_CONFIGURE, &config) == 0) { close(control); return loop; }
        if (errno != EBUSY && errno != EAGAIN) die("LOOP_CONFIGURE");
        close(loop);
    }
    die("no free loop device");
}

static void copy_holes_and_all(int from, int to) {   // an empty file system is nearly all holes
    char bytes[65536];
    off_t size = lseek(from, 0, SEEK_END);
    if (size < 0 || ftruncate(to, size)) die("new disk");
    for (off_t data = lseek(from, 0, SEEK_DATA); data >= 0 && data < size; data = lseek(from, data, SEEK_DATA)) {
        off_t hole = lseek(from, data, SEEK_HOLE);
        while (data < hole) {
            size_t want = hole - data < (off_t) sizeof bytes ? (size_t) (hole - data) : sizeof bytes;
            ssize_t n = pread(from, bytes, want, data);
            if (n <= 0 || pwrite(to, bytes, n, data) != n) die("new disk");
            data += n;
        }
    }
}

static int image(const char *path, const char *empty) {
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        if (errno != ENOENT) die(path);
        int from = open(empty, O_RDONLY | O_CLOEXEC);
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (from < 0 || fd < 0) die(from < 0 ? empty : path);
        copy_holes_and_all(from, fd);
        close(from);
    }
    // The loop device keeps this open file, and so this lock, until the file system is really gone: whoever boots on a
    // disk waits here for its last user, and two never mount it at once.
    alarm(DISK_WAIT_SECONDS);
    if (flock(fd, LOCK_EX)) die("disk still in use");
    alarm(0);
    return fd;
}

static void disk(const char *path, const char *empty, const char *seed) {
    char device[32];
    int file = image(path, empty);
    int loop = attach(file, device, sizeof device);
    if (mount(device, at("disk"), "ext4", MS_NODEV | MS_NOATIME, "nodiscard")) die("mount disk");
    close(loop);
    close(file);
    seed_disk(seed);
    idmapped(at("disk"), at("upper"), MOUNT_ATTR_NODEV);
    disk_ready = 1;
}

// ---- boot: the overlay, the OCI runtime, and the first sign of life

static void root(const char *lower, const char *agent) {
    char options[4096];
    idmapped(lower, at("lower"), MOUNT_ATTR_NODEV);
    snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s",
            at("lower"), at("upper/upper"), at("upper/work"));
    // overlayfs works on its layers with the credentials of who mounts it; in the shifted layers only the sandbox's ids
    // exist, so it must be the sandbox's root, with the capabilities (whiteouts, trusted xattrs) of the host's
    if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)) die("securebits");
    setfsgid(uid_base);
    setfsuid(uid_base);
    if (mount("sandbox", at("rootfs"), "overlay", MS_NODEV, options)) die("mount overlay");
    setfsuid(0);
    setfsgid(0);
    if (prctl(PR_SET_SECUREBITS, 0)) die("securebits");
    idmapped(agent, at("agent"), MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_RDONLY);
}

static const char *log_tail(void) {
    static char tail[TAIL_BYTES + 1];
    int fd = open(at("log"), O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    ssize_t n = size > 0 ? pread(fd, tail, TAIL_BYTES, size > TAIL_BYTES ? size - TAIL_BYTES : 0) : 0;
    tail[n > 0 ? n : 0] = 0;
    if (fd >= 0) close(fd);
    return tail;
}

static int log_has(const char *needle) {
    char text[65536];
    int fd = open(at("log"), O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = 0;
    if (fd >= 0) close(fd);
    return strstr(text, needle) != NULL;
}

// The agent's standard input: a socket in BUNDLE that only the host's root may connect to. No path inside leads to it.
static int host_line(const char *bundle) {
    struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "host"};
    int line = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (line < 0 || chdir(bundle)) die("host line");   // a name of its own length, however long the path to it
    unlink(name.sun_path);
    mode_t before = umask(0177);
    if (bind(line, (struct sockaddr *) &name, sizeof name) || listen(line, HOST_LINE_WAITING)) die("host line");
    umask(before);
    if (chdir("/")) die("/");
    return line;
}

static pid_t start(const char *runtime, const char *state, const char *bundle, const char *id) {
    pid_t pid = fork();
    if (pid < 0) die("fork");
    if (pid == 0) {
        int line = host_line(bundle), log = open(at("log"), O_WRONLY | O_APPEND);
        if (log < 0) die("log");
        dup2(line, 0);
        dup2(log, 1);
        dup2(log, 2);
        const char *name = strrchr(runtime, '/') ? strrchr(runtime, '/') + 1 : runtime;
        if (!strcmp(name, "crun")) execl(runtime, name, "--root", state, "--cgroup-manager", "cgroupfs", "run", "-d",
                "--pid-file", at("pid"), "-b", bundle, id, (char *) NULL);
        else execl(runtime, name, "--root", state, "run", "-d", "--pid-file", at("pid"), "-b", bundle, id, (char *) NULL);
        die(runtime);
    }
    int status;
    while (waitpid(pid, &status, 0) < 0) if (errno != EINTR) die("waitpid");
    if (status) { say("error the OCI runtime ended with %d: %s", status, log_tail()); _exit(1); }
    char text[32] = "";
    int fd = open(at("pid"), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0) die("pid file");
    close(fd);
    return atoi(text);
}

static void __attribute__((noreturn)) give_up(int pidfd, const char *why) {
    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
    say("error %s: %s", why, log_tail());
    _exit(1);
}

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

// The agent's ready line arrives as a change of its log, its end on a pidfd, the gateway's end as a hang-up: no polling.
static void await(int changes, int pidfd, const char *needle, long limit_ms) {
    long end = now_ms() + limit_ms;
    struct pollfd fds[3] = {{changes, POLLIN, 0}, {pidfd, POLLIN, 0}, {0, 0, 0}};
    while (!log_has(needle)) {
        long left = end - now_ms();
        if (left <= 0) give_up(pidfd, "timeout");
        if (poll(fds, 3, left) < 0 && errno != EINTR) die("poll");
        if (fds[1].revents && !log_has(needle)) give_up(pidfd, "ended");   // its last words may be those we wait for
        if (fds[2].revents & (POLLHUP | POLLERR)) give_up(pidfd, "gateway gone");
        char events[4096];
        if (fds[0].revents && read(changes, events, sizeof events) < 0) die("inotify");
    }
}

// boot RUNTIME STATE BUNDLE ID LOWER AGENT LIMIT_MS NEEDLE...   answers "started PID", then "ready LOG"
static void boot(char *line) {
    char *arg[7];
    for (int i = 0; i < 7; i++) {
        arg[i] = strsep(&line, "\t");
        if (!arg[i] || !line) { errno = EINVAL; die("boot"); }
    }
    if (!disk_ready) { errno = ENODEV; die("boot without a disk"); }
    int changes = inotify_init1(IN_CLOEXEC);
    if (changes < 0 || inotify_add_watch(changes, at("log"), IN_MODIFY) < 0) die("inotify");
    root(arg[4], arg[5]);
    pid_t pid = start(arg[0], arg[1], arg[2], arg[3]);
    int pidfd = syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) { say("error ended: %s", log_tail()); _exit(1); }
    say("started %d", pid);
    await(changes, pidfd, line, atol(arg[6]));
    say("ready %s", log_tail());
    _exit(0);
}

static void obey(void) {
    static char line[LINE_MAX_BYTES];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        char *rest = line, *verb = strsep(&rest, "\t");
        if (rest && !strcmp(verb, "disk")) {
            char *path = strsep(&rest, "\t"), *empty = strsep(&rest, "\t");
            if (!rest) { errno = EINVAL; die("disk"); }
            disk(path, empty, rest);
            say("disk");
        } else if (rest && !strcmp(verb, "boot")) {
            boot(rest);
        } else {
            errno = EINVAL;
            die("command");
        }
    }
}

// ---- probe: five ways out, tried from inside; prints what it did not manage, exits 1 if it managed one

static int attempts_won;

static void attempt(const char *what, long result) {
    printf("%s: %s\n", what, result < 0 ? strerror(errno) : "OUT");
    if (result >= 0) attempts_won++;
}

static int reach(const char *address, int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, address, &to.sin_addr);
    if (connect(fd, (struct sockaddr *) &to, sizeof to) == 0) return 0;
    struct pollfd wait = {fd, POLLOUT, 0};
    int error = ETIMEDOUT;
    socklen_t size = sizeof error;
    if (poll(&wait, 1, 200) == 1) getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);   // 200 ms: it is one hop away
    errno = error;
    return error ? -1 : 0;
}

static int probe(const char *address, int port) {
    attempt("mount", mount("none", "/", "tmpfs", 0, NULL));
    attempt("disk node", mknod("/lelantos-disk", S_IFBLK | 0600, makedev(7, 0)));
    attempt("kernel setting", open("/proc/sys/kernel/core_pattern", O_WRONLY));
    attempt("user namespace", unshare(CLONE_NEWUSER));
    attempt("host address", reach(address, port));
    printf("probe done\n");
    fflush(stdout);
    return attempts_won ? 1 : 0;
}

int main(int argc, char **argv) {
    if (argc == 4 && !strcmp(argv[1], "probe")) return probe(argv[2], atoi(argv[3]));
    if (argc != 11 || strcmp(argv[1], "slot")) return 2;
    umask(022);
    snprintf(dir, sizeof dir, "%s", argv[2]);
    uid_base = strtoul(argv[3], NULL, 10);
    if (uid_base < IDS) return 2;
    life();
    mounts(argv[10]);
    namespaces(argv[4], argv[5], argv[6], argv[7], argv[8], argv[9]);
    say("slot");
    obey();
    return 0;
}
