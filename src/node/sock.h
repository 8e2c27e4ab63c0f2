/*
 * sock.h - a stream with deadlines: TCP, or a helper's stdin and stdout (helper.h), and TLS on top of either (tls.h). Every
 * wait of the program's connection happens here, so that one rule holds: no wait is longer than its deadline, and a signal
 * that asked to stop ends it.
 * tests/support/wire.c stands in for it where the peer is a part of the test.
 */
#ifndef BT_NODE_SOCK_H
#define BT_NODE_SOCK_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Waits end with EINTR once *count has reached `at`: a signal handler counts the requests to stop. */
struct bt_cancel {
    const volatile sig_atomic_t *count; /* NULL: never */
    int at;
};

struct bt_helper;
struct bt_tls;

struct bt_sock {
    int fd; /* -1: closed; non-blocking */
    struct bt_cancel cancel;
    struct bt_helper *helper; /* owned; NULL: none. fd is the helper's, or a socket it forwards */
    struct bt_tls *tls;       /* owned; NULL: none */
};

/*
 * bt_sock_connect - connect to host:port, trying each address of the host until the deadline.
 *
 * host         name or address, IPv4 or IPv6. Name look-up by the system's resolver is not bounded by the
 * deadline. deadline_us  on bt_clock_mono_us(). Errors: EHOST (unknown), ECONNECT (refused, unreachable),
 * ETIMEDOUT, EINTR.
 */
int bt_sock_connect(
    struct bt_sock *s, const char *host, int port, int64_t deadline_us, struct beamtap_err *err);
/* Ends what is beneath and on top of it too. */
void bt_sock_close(struct bt_sock *s);

/* The stream has failed or ended: true when TLS or a helper knows why, and err is filled. */
bool bt_sock_explain(struct bt_sock *s, struct beamtap_err *err);

/* Has the stop been asked for? Every wait looks; who takes what is there without waiting must look too. */
bool bt_sock_is_cancelled(const struct bt_sock *s);

/*
 * bt_sock_wait - wait until the socket is ready for `events` (POLLIN, POLLOUT). Returns 0, ETIMEDOUT, EINTR
 * (cancelled) or another errno value.
 */
int bt_sock_wait(struct bt_sock *s, short events, int64_t deadline_us);

/* Reads what is there, at least one byte, waiting until the deadline. Bytes read, 0 at the end of the stream,
 * or -errno. */
ssize_t bt_sock_read(struct bt_sock *s, void *buf, size_t len, int64_t deadline_us);
/* Reads what is there without waiting; -EAGAIN: nothing. */
ssize_t bt_sock_read_now(struct bt_sock *s, void *buf, size_t len);
/* Writes all of it. 0 or an errno value; after an error a part may have been written. */
int bt_sock_write(struct bt_sock *s, const void *buf, size_t len, int64_t deadline_us);

#endif
