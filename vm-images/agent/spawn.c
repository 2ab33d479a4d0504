/*
 * The last step between the agent and a command of the sandbox: started by the agent as root, it becomes the
 * target user in its own process (so no thread of the agent ever can be signalled by that user) and then the command.
 *
 *   spawn <uid> <gid> <group,group,...> <tty: 0|1> <cgroup.procs, or -> <cwd> <command> [argument...]
 *
 * The environment is already the command's. Descriptors 0, 1 and 2 are its standard streams; 3 is a pipe that closes
 * when the command runs, or carries two ints, the stage that failed and its errno. A command that cannot be executed
 * is no failure of that kind: as under a shell, a line on standard error and exit status 127 or 126.
 *
 * Built with: cc -static -O2 -o spawn spawn.c
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STATUS_FD = 3, FIRST_FOREIGN_FD = 4, GROUPS_MAX = 65536, SIGNALS = 64, OOM_SCORE_ADJ = 100 };
enum { IOPRIO_WHO_PROCESS_ = 1, IOPRIO_BEST_EFFORT_4 = (2 << 13) | 4 };
enum stage { ARGUMENTS = 1, SESSION = 2, GROUPS = 3, USER = 4, DIRECTORY = 5 };

static const char DEFAULT_PATH[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

static void fail(enum stage stage) {
    int report[2] = {stage, errno};
    ssize_t ignored = write(STATUS_FD, report, sizeof report);
    (void) ignored;
    _exit(126);
}

static void write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        ssize_t ignored = write(fd, text, strlen(text));
        (void) ignored;
        close(fd);
    }
}

static void close_foreign_descriptors(void) {
    fcntl(STATUS_FD, F_SETFD, FD_CLOEXEC);
    if (syscall(SYS_close_range, FIRST_FOREIGN_FD, ~0U, 0) == 0) {
        return;
    }
    struct rlimit files;
    long max = getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < INT_MAX ? (long) files.rlim_cur : 65536;
    for (long fd = FIRST_FOREIGN_FD; fd < max; fd++) {
        close((int) fd);
    }
}

/* By system calls, because the C library keeps two real-time signals for itself and would leave them ignored. */
static void reset_signals(void) {
    unsigned long action[8] = {0};
    for (int signal = 1; signal <= SIGNALS; signal++) {
        syscall(SYS_rt_sigaction, signal, action, NULL, sizeof(unsigned long));
    }
    unsigned long none = 0;
    syscall(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, &none, NULL, sizeof none);
}

/* None of these may fail the command: a kernel that forbids them leaves it what the agent has. */
static void leave_the_agents_privileges(const char *cgroup) {
    char score[16];
    if (strcmp(cgroup, "-") != 0) {
        write_file(cgroup, "0");
    }
    snprintf(score, sizeof score, "%d", OOM_SCORE_ADJ);
    write_file("/proc/self/oom_score_adj", score);
    setpriority(PRIO_PROCESS, 0, 0);
    syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS_, 0, IOPRIO_BEST_EFFORT_4);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    umask(022);
}

static void become(const char *uid_text, const char *gid_text, char *groups_text) {
    static gid_t groups[GROUPS_MAX];
    int count = 0;
    for (char *at = strtok(groups_text, ","); at != NULL && count < GROUPS_MAX; at = strtok(NULL, ",")) {
        groups[count++] = (gid_t) strtoul(at, NULL, 10);
    }
    uid_t uid = (uid_t) strtoul(uid_text, NULL, 10);
    gid_t gid = (gid_t) strtoul(gid_text, NULL, 10);
    if (geteuid() != 0 && geteuid() == uid && getegid() == gid) {
        return; /* an agent that runs as this very user */
    }
    if (setgroups((size_t) count, groups) != 0 || setresgid(gid, gid, gid) != 0) {
        fail(GROUPS);
    }
    if (setresuid(uid, uid, uid) != 0) {
        fail(USER);
    }
}

/* Executes one file; one without #! that is no binary is a script for the shell. Returns with errno. */
static void execute(const char *file, char **command) {
    execv(file, command);
    if (errno != ENOEXEC) {
        return;
    }
    int count = 0;
    while (command[count] != NULL) {
        count++;
    }
    char **script = calloc((size_t) count + 2, sizeof *script);
    if (script != NULL) {
        script[0] = (char *) "/bin/sh";
        script[1] = (char *) file;
        memcpy(script + 2, command + 1, (size_t) count * sizeof *script);
        execv(script[0], script);
    }
    errno = ENOEXEC;
}

/* As a shell searches: the first that runs, remembering one that exists but may not. Returns with errno. */
static void search(char **command) {
    const char *path = getenv("PATH");
    char file[PATH_MAX];
    int refused = 0;
    for (const char *at = path != NULL ? path : DEFAULT_PATH;; at++) {
        const char *end = strchrnul(at, ':');
        int length = (int) (end - at);
        int written = snprintf(file, sizeof file, "%.*s%s%s", length, at, length > 0 ? "/" : "./", command[0]);
        if (written > 0 && (size_t) written < sizeof file) {
            execute(file, command);
            int reason = errno;
            if (refused == 0 && reason != ENOENT && reason != ENOTDIR && access(file, F_OK) == 0) {
                refused = reason; /* there, but not for this user; a directory it may not search has nothing for it */
            }
        }
        at = end;
        if (*at == '\0') {
            break;
        }
    }
    errno = refused != 0 ? refused : ENOENT;
}

static int say_why(const char *command) {
    int reason = errno;
    const char *text = reason == ENOENT || reason == ENOTDIR ? "not found" : strerror(reason);
    dprintf(STDERR_FILENO, "%s: %s\n", command, text);
    return reason == ENOENT || reason == ENOTDIR ? 127 : 126;
}

int main(int argc, char **argv) {
    close_foreign_descriptors();
    if (argc < 8) {
        errno = EINVAL;
        fail(ARGUMENTS);
    }
    char **command = argv + 7;
    reset_signals();
    leave_the_agents_privileges(argv[5]);
    if (argv[4][0] == '1' && (setsid() < 0 || ioctl(STDIN_FILENO, TIOCSCTTY, 0) != 0)) {
        fail(SESSION);
    }
    become(argv[1], argv[2], argv[3]);
    if (chdir(argv[6]) != 0) {
        fail(DIRECTORY);
    }
    if (strchr(command[0], '/') != NULL) {
        execute(command[0], command);
    } else if (command[0][0] != '\0') {
        search(command);
    } else {
        errno = ENOENT;
    }
    return say_why(command[0]);
}
