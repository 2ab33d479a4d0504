// Tries to get out of a machine, across to another, or to take more than its share; `escape WAY [ARGUMENT...]`. Every way
// ends in one line: "held: what stopped it" and exit 0, or "OUT: what it got" and exit 1.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern int mount(const char *, const char *, const char *, unsigned long, const void *);
extern int umount2(const char *, int);

#define REFUSAL_MS 700     // one hop away: an answer comes at once, silence is a drop
#define ANSWER_MS 20000    // where an answer must come

static int held(const char *what) { printf("held: %s\n", what); return 0; }
static int out(const char *what) { printf("OUT: %s\n", what); return 1; }
static int verdict(long result) { return result < 0 ? held(strerror(errno)) : out("it succeeded"); }
static char **arg;

// ---- mounts and files
static int mount_tmpfs(void) { return verdict(mount("x", "/tmp", "tmpfs", 0, NULL)); }
static int mount_proc(void) { return verdict(mount("proc", "/tmp", "proc", 0, NULL)); }
static int mount_cgroup(void) { return verdict(mount("c", "/tmp", "cgroup", 0, "memory")); }
static int mount_overlay(void) { return verdict(mount("o", "/tmp", "overlay", 0, "lowerdir=/,upperdir=/tmp,workdir=/tmp")); }
static int mount_bind(void) { return verdict(mount("/", "/tmp", NULL, 4096, NULL)); }
static int remount_agent(void) { return verdict(mount(NULL, "/.lelantos", NULL, 32 | 4096, NULL)); }
static int remount_sys(void) { return verdict(mount(NULL, "/sys", NULL, 32, NULL)); }
static int unmount_mask(void) { return verdict(umount2("/proc/kcore", 2)); }
static int new_mount_api(void) { return verdict(syscall(SYS_open_tree, AT_FDCWD, "/", 1)); }
static int fs_open(void) { return verdict(syscall(SYS_fsopen, "tmpfs", 0)); }
static int mount_setattr_way(void) { char a[32] = {0}; return verdict(syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, a, 32)); }
static int pivot(void) { return verdict(syscall(SYS_pivot_root, "/", "/tmp")); }
static int chroot_way(void) { return verdict(chroot("/tmp")); }
static int node_disk(void) { return verdict(mknod("/tmp/disk", S_IFBLK | 0666, makedev(atoi(arg[0]), atoi(arg[1])))); }
static int node_mem(void) { return verdict(mknod("/tmp/mem", S_IFCHR | 0666, makedev(1, 1))); }
static int open_file(void) { return verdict(open(arg[0], O_RDONLY)); }
static int write_file(void) { return verdict(open(arg[0], O_WRONLY)); }
static int create_file(void) { return verdict(open(arg[0], O_WRONLY | O_CREAT, 0644)); }
static int no_file(void) { struct stat s; return verdict(lstat(arg[0], &s)); }
static int empty_file(void) {
    char bytes[64];
    int fd = open(arg[0], O_RDONLY);
    if (fd < 0) return held(strerror(errno));
    return read(fd, bytes, sizeof bytes) > 0 ? out("it has content") : held("empty");
}
static int empty_directory(void) {
    DIR *dir = opendir(arg[0]);
    if (!dir) return held(strerror(errno));
    for (struct dirent *each; (each = readdir(dir));) if (each->d_name[0] != '.') return out(each->d_name);
    return held("empty");
}
static int handle(void) {   // opening host files by guessed inode numbers
    struct { struct file_handle head; unsigned char bytes[8]; } h = {{8, 1}, {2}};
    int fd = open("/", O_RDONLY);
    return verdict(open_by_handle_at(fd, &h.head, O_RDONLY));
}
static int init_exe(void) { return verdict(open("/proc/1/exe", O_WRONLY)); }
static int file_capability(void) {   // gives a copy of itself every capability, and looks what the kernel makes of it
    struct { unsigned magic, permitted, inheritable, permitted2, inheritable2; } all = {0x02000001, ~0u, 0, ~0u, 0};
    int in = open("/proc/self/exe", O_RDONLY), copy = open("/tmp/capable", O_WRONLY | O_CREAT | O_TRUNC, 0755);
    char bytes[65536];
    for (ssize_t n; (n = read(in, bytes, sizeof bytes)) > 0;) if (write(copy, bytes, n) != n) return held(strerror(errno));
    close(copy);
    if (syscall(SYS_setxattr, "/tmp/capable", "security.capability", &all, sizeof all, 0)) return held(strerror(errno));
    execl("/tmp/capable", "capable", "mount-tmpfs", (char *) NULL);
    return held(strerror(errno));
}

// ---- processes and namespaces
static int unshare_way(void) { return verdict(unshare(strtol(arg[0], NULL, 16))); }
static int clone_user(void) {
    long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) _exit(0);
    return verdict(pid);
}
static int clone3_user(void) {
    unsigned long args[11] = {CLONE_NEWUSER, 0, 0, 0, SIGCHLD};
    long pid = syscall(SYS_clone3, args, sizeof args);
    if (pid == 0) _exit(0);
    return verdict(pid);
}
static int enter(void) { int fd = open("/proc/self/ns/mnt", O_RDONLY); return verdict(setns(fd, 0)); }
static int host_process(void) { return verdict(kill(atoi(arg[0]), 0)); }
static int host_processes(void) {
    int count = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *each; proc && (each = readdir(proc));) if (each->d_name[0] >= '0' && each->d_name[0] <= '9') count++;
    return count > 12 ? out("more processes than its own") : held("sees only its own");
}
static int trace_agent(void) { return verdict(ptrace(PTRACE_ATTACH, 1, NULL, NULL)); }
static int read_agent(void) {
    char byte;
    struct iovec mine = {&byte, 1}, its = {(void *) 0x400000, 1};
    return verdict(process_vm_readv(1, &mine, 1, &its, 1, 0));
}
static int kill_agent(void) {
    if (kill(1, SIGKILL) < 0) return held(strerror(errno));
    return kill(1, 0) < 0 ? out("it is gone") : held("the kernel spares the first process");
}
static int priority(void) { return verdict(setpriority(PRIO_PROCESS, 0, -20)); }

// ---- the kernel
static int bpf_way(void) { char a[64] = {0}; return verdict(syscall(SYS_bpf, 0, a, sizeof a)); }
static int perf(void) { char a[128] = {0}; return verdict(syscall(SYS_perf_event_open, a, 0, -1, -1, 0)); }
static int module(void) { return verdict(syscall(SYS_init_module, "x", 1, "")); }
static int module_file(void) { return verdict(syscall(SYS_finit_module, 0, "", 0)); }
static int kexec(void) { return verdict(syscall(SYS_kexec_load, 0, 0, NULL, 0)); }
static int reboot_way(void) { return verdict(syscall(SYS_reboot, 0xfee1dead, 672274793, 0x89abcdef, NULL)); }
static int swap(void) { return verdict(syscall(SYS_swapon, "/tmp/swap", 0)); }
static int set_clock(void) { struct timespec t = {1, 0}; return verdict(clock_settime(CLOCK_REALTIME, &t)); }
static int key(void) { return verdict(syscall(SYS_add_key, "user", "k", "v", 1, -4)); }
static int keyring(void) { return verdict(syscall(SYS_keyctl, 0, -4, 0)); }
static int ring(void) { char p[120] = {0}; return verdict(syscall(SYS_io_uring_setup, 1, p)); }
static int fault(void) { return verdict(syscall(SYS_userfaultfd, 0)); }
static int ports(void) { return verdict(syscall(SYS_iopl, 3)); }
static int kernel_log(void) { char b[16]; return verdict(syscall(SYS_syslog, 3, b, sizeof b)); }
static int accounting(void) { return verdict(syscall(SYS_acct, "/tmp/a")); }
static int fanotify(void) { return verdict(syscall(SYS_fanotify_init, 0, 0)); }
static int host_name(void) { return verdict(sethostname("out", 3)); }
static int other_abi(void) {
    pid_t pid = fork();
    if (pid == 0) { long r; __asm__ volatile("int $0x80" : "=a"(r) : "a"(20) : "memory"); _exit(r > 0 ? 7 : 8); }
    int status;
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status)) return held(strsignal(WTERMSIG(status)));
    return WEXITSTATUS(status) == 7 ? out("a 32-bit call worked") : held("refused");
}
static int capabilities(void) {
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{~0u, ~0u, 0}, {~0u, ~0u, 0}};
    return verdict(syscall(SYS_capset, &head, data));
}

// ---- the network
static int socket_way(void) { return verdict(socket(atoi(arg[0]), atoi(arg[1]), atoi(arg[2]))); }
static int tcp(const char *address, int port, int limit) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    inet_pton(AF_INET, address, &to.sin_addr);
    if (connect(fd, (struct sockaddr *) &to, sizeof to) && errno != EINPROGRESS) return -1;
    struct pollfd wait = {fd, POLLOUT, 0};
    int error = ETIMEDOUT;
    socklen_t size = sizeof error;
    if (poll(&wait, 1, limit) == 1) getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) { errno = error; return -1; }
    // A relay may accept for a destination it then refuses: only an answer counts.
    char byte;
    if (send(fd, "GET / HTTP/1.0\r\n\r\n", 18, MSG_NOSIGNAL) < 0) return -1;
    struct pollfd answer = {fd, POLLIN, 0};
    if (poll(&answer, 1, limit) != 1) { errno = ETIMEDOUT; return -1; }
    ssize_t n = recv(fd, &byte, 1, 0);
    if (n == 0) errno = ECONNRESET;
    return n > 0 ? 0 : -1;
}
static int reach(void) { return verdict(tcp(arg[0], atoi(arg[1]), REFUSAL_MS)); }
static int reach_free(void) { return tcp(arg[0], atoi(arg[1]), ANSWER_MS) < 0 ? out(strerror(errno)) : held("it answers, as it must"); }
static int spoof_bind(void) {
    int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1;
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET, .sin_port = htons(53)};
    inet_pton(AF_INET, arg[0], &from.sin_addr);
    inet_pton(AF_INET, arg[1], &to.sin_addr);
    setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &one, sizeof one);
    if (bind(fd, (struct sockaddr *) &from, sizeof from)) return held(strerror(errno));
    return verdict(sendto(fd, "x", 1, 0, (struct sockaddr *) &to, sizeof to));
}
static int transparent(void) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    return verdict(setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &one, sizeof one));
}
static int add_address(void) {   // asks the kernel for a second address on eth0
    struct { struct nlmsghdr head; struct ifaddrmsg body; struct rtattr attribute; struct in_addr address; } ask = {
        {sizeof ask, RTM_NEWADDR, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE, 1, 0}, {AF_INET, 32, 0, 0, 2}, {8, IFA_LOCAL}, {0}};
    inet_pton(AF_INET, arg[0], &ask.address);
    struct { struct nlmsghdr head; struct nlmsgerr error; char rest[256]; } answer;
    int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    if (send(fd, &ask, sizeof ask, 0) < 0 || recv(fd, &answer, sizeof answer, 0) < 0) return held(strerror(errno));
    errno = -answer.error.error;
    return verdict(answer.error.error ? -1 : 0);
}

// ---- more than its share
static int processes(void) {
    int count = 0, parent = getpid();
    for (; count < 100000; count++) {
        pid_t pid = fork();
        if (pid < 0) break;
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() == parent) pause();
            _exit(0);
        }
    }
    printf(count < atoi(arg[0]) ? "held: %s after %d\n" : "OUT: %s after %d\n", strerror(errno), count);
    return count >= atoi(arg[0]);
}
static int memory(void) {
    pid_t pid = fork();
    if (pid == 0) {
        for (size_t mib = 0; mib < strtoul(arg[0], NULL, 10); mib++) {
            char *block = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (block == MAP_FAILED) _exit(3);
            memset(block, 1, 1 << 20);
        }
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? held(strsignal(WTERMSIG(status))) : out("it had it all");
}
static int fill(void) {
    static char block[1 << 16];
    long most = atol(arg[1]) << 20, bytes = 0;
    int fd = open(arg[0], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    memset(block, 1, sizeof block);
    for (ssize_t n; bytes < most && (n = write(fd, block, sizeof block)) > 0;) bytes += n;
    int error = errno;
    close(fd);
    unlink(arg[0]);
    printf(bytes < most ? "held: %s after %ld KiB\n" : "OUT: %s after %ld KiB\n", strerror(error), bytes >> 10);
    return bytes >= most;
}
static int names(void) {
    int most = atoi(arg[1]), count = 0, error = 0;
    char path[256];
    for (; count < most; count++) {
        snprintf(path, sizeof path, "%s%d", arg[0], count);
        int fd = open(path, O_WRONLY | O_CREAT, 0644);
        if (fd < 0) { error = errno; break; }
        close(fd);
    }
    for (int i = 0; i < count; i++) { snprintf(path, sizeof path, "%s%d", arg[0], i); unlink(path); }
    printf(count < most ? "held: %s after %d\n" : "OUT: %s after %d\n", strerror(error), count);
    return count >= most;
}
static int descriptors(void) {
    int count = 0, most = atoi(arg[0]);
    while (count < most && dup(0) >= 0) count++;
    printf(count < most ? "held: %s after %d\n" : "OUT: %s after %d\n", strerror(errno), count);
    return count >= most;
}
static int raise_limit(void) {
    unsigned long limit[2] = {1 << 24, 1 << 24};
    return verdict(syscall(SYS_setrlimit, 7, limit));
}
static int watch_instances(void) {
    int count = 0, most = atoi(arg[0]);
    while (count < most && inotify_init1(0) >= 0) count++;
    printf(count < most ? "held: %s after %d\n" : "OUT: %s after %d\n", strerror(errno), count);
    return count >= most;
}
static int watches(void) {   // few instances are allowed, so each watches many directories
    int count = 0, most = atoi(arg[0]), directories = 1000, instances = 100, full = 0;
    char path[64];
    for (int i = 0; i < instances && !full && count < most; i++) {
        int fd = inotify_init1(0);
        for (int d = 0; d < directories && !full && count < most; d++) {
            snprintf(path, sizeof path, "/dev/shm/w%d-%d", getuid(), d);
            if (i == 0 && mkdir(path, 0755)) return held("mkdir failed");
            full = inotify_add_watch(fd, path, IN_CREATE) < 0;
            count += !full;
        }
    }
    int error = errno;
    for (int d = 0; d < directories; d++) { snprintf(path, sizeof path, "/dev/shm/w%d-%d", getuid(), d); rmdir(path); }
    printf(full ? "held: %s after %d\n" : "OUT: %s after %d\n", strerror(error), count);
    return !full;
}
static int spin(void) {   // burns all CPUs for a while; the machine's own count says how much it got
    int ms = atoi(arg[0]);
    for (int i = 0; i < 8; i++) if (fork() == 0) {
        struct timespec t, e;
        clock_gettime(CLOCK_MONOTONIC, &e);
        do clock_gettime(CLOCK_MONOTONIC, &t); while ((t.tv_sec - e.tv_sec) * 1000 + (t.tv_nsec - e.tv_nsec) / 1000000 < ms);
        _exit(0);
    }
    while (wait(NULL) > 0) {}
    return held("the count tells");
}

static const struct { const char *name; int (*way)(void); int arguments; } ways[] = {
    {"mount-tmpfs", mount_tmpfs, 0}, {"mount-proc", mount_proc, 0}, {"mount-cgroup", mount_cgroup, 0},
    {"mount-overlay", mount_overlay, 0}, {"mount-bind", mount_bind, 0}, {"remount-agent", remount_agent, 0},
    {"remount-sys", remount_sys, 0}, {"unmount-mask", unmount_mask, 0}, {"open-tree", new_mount_api, 0}, {"fsopen", fs_open, 0},
    {"mount-setattr", mount_setattr_way, 0}, {"pivot-root", pivot, 0}, {"chroot", chroot_way, 0}, {"node-disk", node_disk, 2},
    {"node-mem", node_mem, 0}, {"open", open_file, 1}, {"write", write_file, 1}, {"create", create_file, 1},
    {"no-file", no_file, 1}, {"empty-file", empty_file, 1}, {"empty-directory", empty_directory, 1}, {"handle", handle, 0},
    {"init-exe", init_exe, 0}, {"file-capability", file_capability, 0}, {"unshare", unshare_way, 1},
    {"clone-user", clone_user, 0}, {"clone3-user", clone3_user, 0}, {"setns", enter, 0}, {"host-process", host_process, 1},
    {"host-processes", host_processes, 0}, {"trace-agent", trace_agent, 0}, {"read-agent", read_agent, 0},
    {"kill-agent", kill_agent, 0}, {"priority", priority, 0}, {"bpf", bpf_way, 0}, {"perf", perf, 0}, {"module", module, 0},
    {"module-file", module_file, 0}, {"kexec", kexec, 0}, {"reboot", reboot_way, 0}, {"swap", swap, 0}, {"clock", set_clock, 0},
    {"key", key, 0}, {"keyring", keyring, 0}, {"io-uring", ring, 0}, {"userfault", fault, 0}, {"io-ports", ports, 0},
    {"kernel-log", kernel_log, 0}, {"accounting", accounting, 0}, {"fanotify", fanotify, 0}, {"hostname", host_name, 0},
    {"other-abi", other_abi, 0}, {"capabilities", capabilities, 0}, {"socket", socket_way, 3}, {"reach", reach, 2},
    {"reach-free", reach_free, 2}, {"spoof-bind", spoof_bind, 2}, {"transparent", transparent, 0}, {"add-address", add_address, 1},
    {"processes", processes, 1}, {"memory", memory, 1}, {"fill", fill, 2}, {"names", names, 2}, {"descriptors", descriptors, 1},
    {"raise-limit", raise_limit, 0}, {"watch-instances", watch_instances, 1}, {"watches", watches, 1}, {"spin", spin, 1},
};

int main(int argc, char **argv) {
    setvbuf(stdout, NULL, _IONBF, 0);
    arg = argv + 2;
    for (unsigned i = 0; argc > 1 && i < sizeof ways / sizeof *ways; i++)
        if (!strcmp(argv[1], ways[i].name) && argc - 2 == ways[i].arguments) return ways[i].way();
    printf("no such way\n");
    return 2;
}
