/*
 * sock.c - a stream with deadlines.
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
#include "node/helper.h"
#include "node/tls.h"

#define WAIT_SLICE_MS 200

void bt_sock_close(struct bt_sock *s)
{
    bool is_helpers = s->helper && s->fd == bt_helper_fd(s->helper);
    bt_tls_end(s->tls);
    if (s->fd >= 0 && !is_helpers)
        close(s->fd);
    bt_helper_end(s->helper);
    s->fd = -1;
    s->tls = NULL;
    s->helper = NULL;
}

bool bt_sock_explain(struct bt_sock *s, struct beamtap_err *err)
{
    if (s->tls && bt_tls_explain(s->tls, err))
        return true;
    if (!s->helper)
        return false;
    bt_helper_explain(s->helper, err);
    return true;
}

static bool is_cancelled(struct bt_cancel cancel)
{
    return cancel.count && *cancel.count >= cancel.at;
}

bool bt_sock_is_cancelled(const struct bt_sock *s)
{
    return is_cancelled(s->cancel);
}

static int wait_fd(int fd, short events, int64_t deadline_us, struct bt_cancel cancel, struct bt_helper *helper)
{
    for (;;) {
        if (is_cancelled(cancel))
            return EINTR;
        int left = bt_clock_left_ms(deadline_us, bt_clock_mono_us());
        int slice = left < 0 || left > WAIT_SLICE_MS ? WAIT_SLICE_MS : left;
        struct pollfd p[2] = {
            {.fd = fd, .events = events}, {.fd = helper ? bt_helper_said_fd(helper) : -1, .events = POLLIN}};
        int n = poll(p, 2, slice);
        if (n > 0 && p[1].revents)
            bt_helper_drain(helper);
        if (n > 0 && p[0].revents)
            return 0;
        if (n < 0 && errno != EINTR)
            return errno;
        if (n == 0 && slice == left)
            return ETIMEDOUT;
    }
}

int bt_sock_wait(struct bt_sock *s, short events, int64_t deadline_us)
{
    if (s->tls &&
        bt_tls_events(s->tls, &events)) /* bytes are here already, or TLS waits for something else */
        return 0;
    return wait_fd(s->fd, events, deadline_us, s->cancel, s->helper);
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
        rc = wait_fd(fd, POLLOUT, deadline_us, cancel, NULL);
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
    if (s->helper)
        bt_helper_drain(s->helper);
    if (s->tls)
        return bt_tls_read(s->tls, buf, len);
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

static ssize_t write_now(struct bt_sock *s, const void *buf, size_t len)
{
    for (;;) {
        ssize_t n = send(s->fd, buf, len, MSG_NOSIGNAL);
        if (n >= 0)
            return n;
        if (errno != EINTR)
            return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    }
}

int bt_sock_write(struct bt_sock *s, const void *buf, size_t len, int64_t deadline_us)
{
    const char *p = buf;
    while (len > 0) {
        ssize_t n = s->tls ? bt_tls_write(s->tls, p, len) : write_now(s, p, len);
        if (n >= 0) {
            p += n;
            len -= (size_t)n;
        } else if (n == -EAGAIN) {
            int rc = bt_sock_wait(s, POLLOUT, deadline_us);
            if (rc != 0)
                return rc;
        } else {
            return (int)-n;
        }
    }
    return 0;
}
