/*
 * sock.c - a TCP stream with deadlines.
 *
 * ppoll() with the caller's signal mask would close the gap between looking at the count and waiting; instead
 * each wait is at most WAIT_SLICE_MS, so a signal in that gap costs that long at worst and the code stays
 * POSIX.
 */
#include "node/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define WAIT_SLICE_MS 200

void bt_sock_close(struct bt_sock *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

static bool is_cancelled(struct bt_cancel cancel)
{
    return cancel.count && *cancel.count >= cancel.at;
}

bool bt_sock_is_cancelled(const struct bt_sock *s)
{
    return is_cancelled(s->cancel);
}

static int wait_fd(int fd, short events, int64_t deadline_us, struct bt_cancel cancel)
{
    for (;;) {
        if (is_cancelled(cancel))
            return EINTR;
        int left = bt_clock_left_ms(deadline_us, bt_clock_mono_us());
        int slice = left < 0 || left > WAIT_SLICE_MS ? WAIT_SLICE_MS : left;
        struct pollfd p = {.fd = fd, .events = events};
        int n = poll(&p, 1, slice);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return errno;
        if (n == 0 && slice == left)
            return ETIMEDOUT;
    }
}

int bt_sock_wait(struct bt_sock *s, short events, int64_t deadline_us)
{
    return wait_fd(s->fd, events, deadline_us, s->cancel);
}

/* One address; returns the connected socket or -errno. */
static int try_address(const struct addrinfo *a, int64_t deadline_us, struct bt_cancel cancel)
{
    int fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);
    if (fd < 0)
        return -errno;
    int rc = 0;
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        rc = errno;
    else if (connect(fd, a->ai_addr, a->ai_addrlen) < 0)
        rc = errno;
    if (rc == EINPROGRESS) {
        rc = wait_fd(fd, POLLOUT, deadline_us, cancel);
        socklen_t len = sizeof rc;
        if (rc == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &rc, &len) < 0)
            rc = errno;
    }
    if (rc == 0)
        return fd;
    close(fd);
    return -rc;
}

int bt_sock_connect(
    struct bt_sock *s, const char *host, int port, int64_t deadline_us, struct beamtap_err *err)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *list = NULL;
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    s->fd = -1;
    int gai = getaddrinfo(host, service, &hints, &list);
    if (gai == EAI_NONAME) { /* AI_ADDRCONFIG hides 127.0.0.1 on a host that has only a loopback interface */
        hints.ai_flags = 0;
        gai = getaddrinfo(host, service, &hints, &list);
    }
    if (gai != 0)
        return bt_err_set(err, BEAMTAP_EHOST, "host '%s' cannot be found: %s", host, gai_strerror(gai));
    int fd = -EHOSTUNREACH;
    for (const struct addrinfo *a = list; a && fd < 0 && fd != -EINTR; a = a->ai_next)
        fd = try_address(a, deadline_us, s->cancel);
    freeaddrinfo(list);
    if (fd >= 0) {
        s->fd = fd;
        return 0;
    }
    if (fd == -EINTR)
        return bt_err_set(err, BEAMTAP_EINTR, "interrupted");
    if (fd == -ETIMEDOUT)
        return bt_err_sys(err, BEAMTAP_ETIMEDOUT, ETIMEDOUT, "no answer from %s port %d", host, port);
    return bt_err_sys(err, BEAMTAP_ECONNECT, -fd, "cannot connect to %s port %d", host, port);
}

ssize_t bt_sock_read_now(struct bt_sock *s, void *buf, size_t len)
{
    for (;;) {
        ssize_t n = recv(s->fd, buf, len, 0);
        if (n >= 0)
            return n;
        if (errno != EINTR)
            return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
}

ssize_t bt_sock_read(struct bt_sock *s, void *buf, size_t len, int64_t deadline_us)
{
    for (;;) {
        ssize_t n = bt_sock_read_now(s, buf, len);
        if (n != -EAGAIN)
            return n;
        int rc = bt_sock_wait(s, POLLIN, deadline_us);
        if (rc != 0)
            return -rc;
    }
}

int bt_sock_write(struct bt_sock *s, const void *buf, size_t len, int64_t deadline_us)
{
    const char *p = buf;
    while (len > 0) {
        ssize_t n = send(s->fd, p, len, MSG_NOSIGNAL);
        if (n >= 0) {
            p += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            int rc = bt_sock_wait(s, POLLOUT, deadline_us);
            if (rc != 0)
                return rc;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}
