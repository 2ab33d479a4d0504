/* The floor of starting a program: posix_spawn with three pipes, read to their end, and waitpid. Prints microseconds. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec / 1e3;
}

int main(int argc, char **argv) {
    int times = argc > 2 ? atoi(argv[1]) : 0;
    for (int i = 0; i < times; i++) {
        double begin = now();
        int in[2], out[2], err[2];
        pid_t pid;
        int status;
        char sink[4096];
        posix_spawn_file_actions_t actions;
        if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) {
            return 1;
        }
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, in[0], 0);
        posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        posix_spawn_file_actions_adddup2(&actions, err[1], 2);
        if (posix_spawnp(&pid, argv[2], &actions, NULL, argv + 2, environ)) {
            return 1;
        }
        posix_spawn_file_actions_destroy(&actions);
        close(in[0]), close(in[1]), close(out[1]), close(err[1]);
        while (read(out[0], sink, sizeof sink) > 0) {
        }
        while (read(err[0], sink, sizeof sink) > 0) {
        }
        waitpid(pid, &status, 0);
        close(out[0]), close(err[0]);
        printf("%.0f\n", now() - begin);
    }
    return 0;
}
