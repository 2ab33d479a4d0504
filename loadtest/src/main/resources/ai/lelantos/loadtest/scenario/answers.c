// What a proxy is measured before: /small is 64 bytes, /big one MiB, /huge a hundred; a POST is counted, /idle begins a stream of
// events and stays silent, an upgrade is a WebSocket that says everything back.
//
//   answers PORT    listens on two ports from PORT on, one for each proxy, and prints the address it is reached at
//
// Every answer is the connection's last, and the end travels in one segment with the last byte: who is asked has always ended
// first and keeps the closed pair of ports. A proxy that knows from the length that an answer is whole and closes at once would
// else keep it for a minute, and search ever longer for a port that no closed pair holds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORTS 2
#define BACKLOG 4096             // connections the kernel holds for us
#define CONNECTIONS_MAX 4096     // at once; more are closed
#define EVENTS_MAX 256           // of one look
#define HEAD_BYTES_MAX 4096      // of a request, and of a frame of a WebSocket
#define DRAIN_BYTES (256 << 10)  // of an upload, at once
#define SMALL_BYTES 64
#define BIG_BYTES (1 << 20)
#define HUGE_BYTES (100L << 20)
#define SHORT_FRAME_MAX 125      // bytes; longer ones have another form, which nobody here sends
#define FRAME_HEAD_BYTES 6       // of a masked short frame
#define WEBSOCKET_ID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define OK "HTTP/1.1 200 OK\r\nConnection: close\r\n"

enum state { HEAD, UPLOAD, ANSWER, SILENT, ECHO };

struct connection {
    enum state state;
    unsigned interest;     // that epoll was told of; 0 for none
    size_t have;           // bytes in `in`
    size_t text_left;      // of the answer's beginning, that lies in `text`
    long left;             // of the request's body, then of the answer's
    const char *text;
    char in[HEAD_BYTES_MAX + 1];
};

static struct connection *connections[CONNECTIONS_MAX];
static char body[BIG_BYTES], drain[DRAIN_BYTES];
static char small[256], big[128], huge[128];
static int loop;

static void fail(const char *what) {
    fprintf(stderr, "answers: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void end(int fd) {
    close(fd);
    free(connections[fd]);
    connections[fd] = NULL;
}

static void await(int fd, unsigned interest) {
    struct connection *c = connections[fd];
    if (c->interest == interest) return;
    struct epoll_event event = {.events = interest, .data.fd = fd};
    if (epoll_ctl(loop, c->interest ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
    c->interest = interest;
}

// Sends what goes; "more" holds the last bytes back until the end goes with them.
static void answer(int fd) {
    struct connection *c = connections[fd];
    while (c->text_left || c->left > 0) {
        size_t length = c->text_left ? c->text_left : c->left < BIG_BYTES ? (size_t)c->left : BIG_BYTES;
        ssize_t sent = send(fd, c->text_left ? c->text : body, length, MSG_MORE | MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) { await(fd, EPOLLOUT); return; }
        if (sent < 0) break;
        if (c->text_left) { c->text += sent; c->text_left -= sent; } else c->left -= sent;
    }
    end(fd);
}

static void say(int fd, const char *text, size_t length, long then) {
    struct connection *c = connections[fd];
    c->state = ANSWER;
    c->text = text;
    c->text_left = length;
    c->left = then;
    answer(fd);
}

static uint32_t turned(uint32_t value, int bits) { return value << bits | value >> (32 - bits); }

// SHA-1 of at most 119 bytes: two blocks.
static void sha1(const char *text, size_t length, uint8_t digest[20]) {
    uint8_t blocks[128] = {0};
    uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}, w[80];
    size_t total = length + 9 <= 64 ? 64 : 128;
    memcpy(blocks, text, length);
    blocks[length] = 0x80;
    blocks[total - 2] = length * 8 >> 8;
    blocks[total - 1] = length * 8 & 255;
    for (uint8_t *block = blocks; block < blocks + total; block += 64) {
        for (int i = 0; i < 16; i++) {
            w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 | block[4 * i + 3];
        }
        for (int i = 16; i < 80; i++) w[i] = turned(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
        for (int i = 0; i < 80; i++) {
            uint32_t f = i < 20 ? (b & c) | (~b & d) : i >= 40 && i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
            uint32_t k = i < 20 ? 0x5A827999 : i < 40 ? 0x6ED9EBA1 : i < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
            uint32_t next = turned(a, 5) + f + e + k + w[i];
            e = d, d = c, c = turned(b, 30), b = a, a = next;
        }
        h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
    }
    for (int i = 0; i < 20; i++) digest[i] = h[i / 4] >> (24 - 8 * (i % 4));
}

// Whether this could be answered; the key is 24 characters.
static int upgrade(int fd, const char *key) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[64], accept[29] = {0}, out[256];
    uint8_t digest[21] = {0};
    sha1(text, snprintf(text, sizeof text, "%.24s" WEBSOCKET_ID, key), digest);
    for (int i = 0; i < 7; i++) {
        uint32_t three = digest[3 * i] << 16 | digest[3 * i + 1] << 8 | digest[3 * i + 2];
        for (int j = 0; j < 4; j++) accept[4 * i + j] = letters[three >> (18 - 6 * j) & 63];
    }
    accept[27] = '=';
    int length = snprintf(out, sizeof out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: %s\r\n\r\n", accept);
    return send(fd, out, length, MSG_NOSIGNAL) == length;
}

// Says back every frame that is whole; whether the connection may go on.
static int echo(int fd) {
    struct connection *c = connections[fd];
    size_t at = 0, length;
    while (c->have - at >= FRAME_HEAD_BYTES) {
        uint8_t *frame = (uint8_t *)c->in + at;
        length = frame[1] & 127;
        if (length > SHORT_FRAME_MAX) return 0;
        if (c->have - at < FRAME_HEAD_BYTES + length) break;
        uint8_t out[2 + SHORT_FRAME_MAX] = {0x81, length};
        for (size_t i = 0; i < length; i++) out[2 + i] = frame[FRAME_HEAD_BYTES + i] ^ frame[2 + i % 4];
        if (send(fd, out, 2 + length, MSG_NOSIGNAL) != (ssize_t)(2 + length)) return 0;
        at += FRAME_HEAD_BYTES + length;
    }
    memmove(c->in, c->in + at, c->have -= at);
    return 1;
}

// A request's head is whole and ends before `rest`.
static void begin(int fd, char *rest) {
    struct connection *c = connections[fd];
    size_t more = c->in + c->have - rest;
    char *length = strcasestr(c->in, "\r\ncontent-length:"), *key = strcasestr(c->in, "\r\nsec-websocket-key: ");
    if (key && key + 21 + 24 < rest) {
        if (!upgrade(fd, key + 21)) { end(fd); return; }
        c->state = ECHO;
        memmove(c->in, rest, c->have = more);
        if (echo(fd)) await(fd, EPOLLIN); else end(fd);
    } else if (!strncmp(c->in, "POST ", 5) && length) {
        c->state = UPLOAD;
        c->left = atol(length + 17) - (long)more;
        if (c->left > 0) await(fd, EPOLLIN); else say(fd, small, strlen(small), 0);
    } else if (!strncmp(c->in, "GET /idle ", 10)) {
        // In chunks: nginx keeps the beginning of an answer that only the connection's end bounds.
        static const char stream[] = OK "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            "c\r\ndata: here\n\n\r\n";
        c->state = SILENT;
        if (send(fd, stream, sizeof stream - 1, MSG_NOSIGNAL) < 0) end(fd); else await(fd, EPOLLIN);
    } else if (!strncmp(c->in, "GET /huge ", 10)) {
        say(fd, huge, strlen(huge), HUGE_BYTES);
    } else if (!strncmp(c->in, "GET /big ", 9)) {
        say(fd, big, strlen(big), BIG_BYTES);
    } else {
        say(fd, small, strlen(small), 0);
    }
}

static void take(int fd) {
    struct connection *c = connections[fd];
    int whole = c->state == HEAD || c->state == ECHO;
    ssize_t got = whole ? recv(fd, c->in + c->have, HEAD_BYTES_MAX - c->have, 0) : recv(fd, drain, sizeof drain, 0);
    if (got < 0 && errno == EAGAIN) { await(fd, EPOLLIN); return; }
    if (got <= 0) { end(fd); return; }
    if (c->state == UPLOAD) {
        if ((c->left -= got) <= 0) say(fd, small, strlen(small), 0);
    } else if (whole) {
        c->have += got;
        c->in[c->have] = 0;
        char *rest = c->state == HEAD ? strstr(c->in, "\r\n\r\n") : NULL;
        if (rest) begin(fd, rest + 4);
        else if (c->have == HEAD_BYTES_MAX || (c->state == ECHO && !echo(fd))) end(fd);
        else await(fd, EPOLLIN);
    }
}

// Takes who waits; a request that is there already is answered before anybody waits for it.
static void welcome(int listener) {
    for (int i = 0; i < EVENTS_MAX; i++) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        if (fd >= CONNECTIONS_MAX || !(connections[fd] = calloc(1, sizeof(struct connection)))) { close(fd); continue; }
        take(fd);
    }
}

static int listening(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = INADDR_ANY};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on)
        || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) // inherited: a frame waits for nothing
        || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, BACKLOG)) fail("listen");
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
    return fd;
}

static void tell_address(void) {
    struct ifaddrs *all;
    if (getifaddrs(&all)) fail("getifaddrs");
    for (struct ifaddrs *each = all; each; each = each->ifa_next) {
        if (!each->ifa_addr || each->ifa_addr->sa_family != AF_INET || each->ifa_flags & IFF_LOOPBACK) continue;
        puts(inet_ntoa(((struct sockaddr_in *)each->ifa_addr)->sin_addr));
        fflush(stdout);
        return;
    }
    errno = EADDRNOTAVAIL;
    fail("address");
}

int main(int count, char **words) {
    int port = count == 2 ? atoi(words[1]) : 0;
    if (port < 1 || port > 65535 - PORTS) { fprintf(stderr, "answers PORT\n"); return 2; }
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files)) fail("getrlimit");
    files.rlim_cur = files.rlim_max < CONNECTIONS_MAX ? files.rlim_max : CONNECTIONS_MAX;
    if (setrlimit(RLIMIT_NOFILE, &files)) fail("setrlimit");
    signal(SIGPIPE, SIG_IGN);
    memset(body, 'x', sizeof body);
    snprintf(small, sizeof small, OK "Content-Length: %d\r\n\r\n%.*s", SMALL_BYTES, SMALL_BYTES, body);
    snprintf(big, sizeof big, OK "Content-Length: %d\r\n\r\n", BIG_BYTES);
    snprintf(huge, sizeof huge, OK "Content-Length: %ld\r\n\r\n", HUGE_BYTES);
    loop = epoll_create1(EPOLL_CLOEXEC);
    int first = listening(port), last = first;
    for (int i = 1; i < PORTS; i++) last = listening(port + i);
    tell_address();
    struct epoll_event events[EVENTS_MAX];
    for (;;) {
        int ready = epoll_wait(loop, events, EVENTS_MAX, -1);
        for (int i = 0; i < ready; i++) {
            int fd = events[i].data.fd;
            if (fd >= first && fd <= last) welcome(fd);
            else if (!connections[fd]) continue;
            else if (connections[fd]->state == ANSWER) answer(fd);
            else take(fd);
        }
    }
}
