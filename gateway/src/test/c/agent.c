// A stand-in for the agent in tests of the container driver: first process, ready line, GET /health, and POST /run, whose
// body is a user id and a program's words, one a line; answers "exit N" and what the program printed.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT 49983
#define BODY_MAX 16384
#define OUTPUT_MAX 65536
#define WORDS_MAX 64

static void answer(int connection, const char *status, const char *body) {
    char head[256];
    int n = snprintf(head, sizeof head, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", status, strlen(body));
    if (write(connection, head, n) < 0 || write(connection, body, strlen(body)) < 0) _exit(1);
}

static void run(int connection, char *body) {
    static char output[OUTPUT_MAX + 64];
    char *words[WORDS_MAX + 1];
    int count = 0, out[2];
    char *user = strsep(&body, "\n");
    while (body && count < WORDS_MAX) words[count++] = strsep(&body, "\n");
    words[count] = NULL;
    if (count == 0 || pipe(out)) { answer(connection, "400 Bad Request", ""); return; }
    pid_t pid = fork();
    if (pid < 0) { answer(connection, "200 OK", "exit fork\n"); return; }
    if (pid == 0) {
        dup2(out[1], 1);
        dup2(out[1], 2);
        close(out[0]);
        close(out[1]);
        uid_t id = atoi(user);
        if (setgroups(0, NULL) || setresgid(id, id, id) || setresuid(id, id, id)) _exit(126);
        execv(words[0], words);
        _exit(127);
    }
    close(out[1]);
    size_t size = 32;
    for (ssize_t n; size < OUTPUT_MAX && (n = read(out[0], output + size, OUTPUT_MAX - size)) > 0;) size += n;
    close(out[0]);
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    char head[32];
    int n = WIFEXITED(status) ? snprintf(head, sizeof head, "exit %d\n", WEXITSTATUS(status))
                              : snprintf(head, sizeof head, "signal %d\n", WTERMSIG(status));
    output[size] = 0;
    memmove(output + n, output + 32, size - 32 + 1);
    memcpy(output, head, n);
    answer(connection, "200 OK", output);
}

static void serve(int connection) {
    static char request[BODY_MAX + 1];
    size_t size = 0;
    char *body = NULL;
    long length = 0;
    while (size < BODY_MAX) {
        ssize_t n = read(connection, request + size, BODY_MAX - size);
        if (n <= 0) _exit(0);
        size += n;
        request[size] = 0;
        if (!body && (body = strstr(request, "\r\n\r\n"))) {
            body += 4;
            char *header = strcasestr(request, "content-length:");
            length = header && header < body ? atol(header + 15) : 0;
        }
        if (body && (long) (request + size - body) >= length) break;
    }
    if (!strncmp(request, "GET /health", 11)) answer(connection, "204 No Content", "");
    else if (body && !strncmp(request, "POST /run", 9)) run(connection, body);
    else answer(connection, "404 Not Found", "");
    shutdown(connection, SHUT_WR);
    _exit(0);
}

static void reap(int signal) {
    (void) signal;
    int kept = errno;
    while (waitpid(-1, NULL, WNOHANG) > 0) {}
    errno = kept;
}

int main(int argc, char **argv) {
    if (argc > 2 && !strcmp(argv[1], "--")) { execv(argv[2], argv + 2); return 127; }   // as init
    int one = 1, server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server, (struct sockaddr *) &any, sizeof any) || listen(server, 128)) { perror("listen"); return 1; }
    if (getenv("AGENT_SILENT")) pause();
    struct sigaction action = {.sa_handler = reap, .sa_flags = SA_RESTART};
    sigaction(SIGCHLD, &action, NULL);
    printf("envd ready on 0.0.0.0:%d in 0 ms\n", PORT);
    fflush(stdout);
    for (;;) {
        int connection = accept4(server, NULL, NULL, SOCK_CLOEXEC);
        if (connection < 0) continue;
        pid_t pid = fork();
        if (pid == 0) { signal(SIGCHLD, SIG_DFL); serve(connection); }
        close(connection);
    }
}
