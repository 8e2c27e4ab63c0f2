/*
 * relay.c - a loopback relay between a program and an Erlang node, which can go silent: the link is cut and neither side
 * is told.
 *
 *   relay PORT      PORT: the node's distribution port on 127.0.0.1
 *
 * Prints "EPMD PORT" once it listens: the first answers as epmd does that a node of whatever name is at the second (the
 * program under test gets it as ERL_EPMD_PORT). One connection at a time.
 *
 *   SIGUSR1   nothing is read or written any more, and no connection is closed
 *   SIGTERM   prints how many bytes went to the node and how many came from it, and ends
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_PLEASE2_REQ = 122, PORT2_RESP = 119, TYPE_NORMAL = 77 };

static volatile sig_atomic_t is_silent, is_over;

static void on_signal(int sig)
{
    if (sig == SIGUSR1)
        is_silent = 1;
    else
        is_over = 1;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

static int listener(int *port)
{
    struct sockaddr_in a = loopback(0);
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 8) < 0 ||
        getsockname(fd, (struct sockaddr *)&a, &len) < 0)
        die("listen");
    *port = ntohs(a.sin_port);
    return fd;
}

static bool write_all(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, p, len, MSG_NOSIGNAL);
        if (n < 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

/* PORT2_RESP of a normal node with versions 6 to 5; the name is the one that was asked for. */
static void answer_as_epmd(int listening, int port)
{
    char req[2 + 256], resp[12 + 256 + 2] = {PORT2_RESP, 0};
    int fd = accept(listening, NULL, NULL);
    ssize_t n = fd < 0 ? -1 : recv(fd, req, sizeof req, 0); /* so short a request comes in one piece */
    if (n > 3 && req[2] == PORT_PLEASE2_REQ) {
        size_t name_len = (size_t)n - 3;
        resp[2] = (char)(port >> 8), resp[3] = (char)port;
        resp[4] = TYPE_NORMAL;
        resp[7] = 6, resp[9] = 5;
        resp[11] = (char)name_len;
        memcpy(resp + 12, req + 3, name_len);
        write_all(fd, resp, 12 + name_len + 2);
    }
    if (fd >= 0)
        close(fd);
}

/* Passes on what is there; false: that side has closed. */
static bool pass_on(int from, int to, uint64_t *bytes)
{
    static char buf[65536];
    ssize_t n = recv(from, buf, sizeof buf, 0);
    if (n <= 0)
        return n < 0 && errno == EINTR;
    *bytes += (uint64_t)n;
    return write_all(to, buf, (size_t)n);
}

/* One connection, until either side closes it. */
static void relay(int client, int port, uint64_t bytes[2])
{
    struct sockaddr_in a = loopback(port);
    int node = socket(AF_INET, SOCK_STREAM, 0);
    bool is_open = node >= 0 && connect(node, (struct sockaddr *)&a, sizeof a) == 0;
    while (is_open && !is_over) {
        struct pollfd p[2] = {{.fd = client, .events = POLLIN}, {.fd = node, .events = POLLIN}};
        if (is_silent)
            poll(NULL, 0, 100);
        else if (poll(p, 2, 100) > 0 && !is_silent) /* a signal just before it waits no longer than that */
            is_open = (!p[0].revents || pass_on(client, node, &bytes[0])) &&
                      (!p[1].revents || pass_on(node, client, &bytes[1]));
    }
    close(node);
    close(client);
}

int main(int argc, char **argv)
{
    int epmd_port, port;
    uint64_t bytes[2] = {0, 0};
    if (argc != 2) {
        fprintf(stderr, "usage: relay PORT\n");
        return 2;
    }
    struct sigaction sa = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
    int epmd = listener(&epmd_port), entry = listener(&port);
    printf("%d %d\n", epmd_port, port);
    fflush(stdout);
    while (!is_over) {
        struct pollfd p[2] = {{.fd = epmd, .events = POLLIN}, {.fd = entry, .events = POLLIN}};
        if (poll(p, 2, 100) <= 0)
            continue;
        if (p[0].revents)
            answer_as_epmd(epmd, port);
        if (p[1].revents)
            relay(accept(entry, NULL, NULL), atoi(argv[1]), bytes);
    }
    printf("%llu %llu\n", (unsigned long long)bytes[0], (unsigned long long)bytes[1]);
    return 0;
}
