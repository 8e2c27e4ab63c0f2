/*
 * route.h - the way to a port of the node's host: straight by TCP, through a command (ssh, kubectl, docker, ...), or through a
 * port that kubectl forwards.
 */
#ifndef BT_NODE_ROUTE_H
#define BT_NODE_ROUTE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "node/sock.h"

/* At most one of the three; none: straight. */
struct bt_route {
    const char *command; /* %h host, %p port, %n node name, %% a percent sign */
    const char *ssh;     /* destination of `ssh -W` */
    const char *pod;     /* of kubectl */
    const char *space;   /* namespace of the pod; NULL: kubectl's own choice */
    char tool[16];       /* what the pod has: found out at the first connection; "forward": nothing */
    const char *node;    /* for %n; may be NULL */
};

/*
 * bt_route_connect - a stream to host:port in *s, whose cancel is kept.
 *
 * Errors: those of bt_sock_connect, EUSAGE (characters that may not stand in a command), ECONNECT (the helper failed: its last
 * words). That a helper fails later is told by bt_sock_explain().
 */
int bt_route_connect(struct bt_route *r, struct bt_sock *s, const char *host, int port, int64_t deadline_us,
    struct beamtap_err *err);

/* True when the way is not straight: names are then looked up at the other end. */
bool bt_route_is_indirect(const struct bt_route *r);

/*
 * bt_route_expand - append the command with its % replaced. EUSAGE: an unknown %, or a host or node name with a character that
 * a shell might act on.
 */
int bt_route_expand(struct bt_buf *out, const char *command, const char *host, int port, const char *node,
    struct beamtap_err *err);

#endif
