// A program of many small deeds for tests inside a machine; the first word says which.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char bytes[4096];
    if (argc == 4 && !strcmp(argv[1], "write")) {
        int fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC, 0644);
        return fd < 0 || write(fd, argv[3], strlen(argv[3])) < 0;
    }
    if (argc == 3 && !strcmp(argv[1], "read")) {
        int fd = open(argv[2], O_RDONLY);
        ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
        return n < 0 || write(1, bytes, n) != n;
    }
    return 2;
}
