/*
 * conn.h - a connection to an Erlang node as a hidden node. ei shakes hands and sends; receiving is ours,
 * bounded.
 *
 * The node names us (a dynamic name out of its own pool), so connecting makes no atom there.
 * One thread, one connection; nothing blocks past its deadline.
 */
#ifndef BT_NODE_CONN_H
#define BT_NODE_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "node/route.h"
#include "node/sock.h"
#include "node/tls.h"
#include "term/etf_read.h"
#include "term/etf_write.h"
#include "term/term.h"

struct bt_conn;

/* How far the way to a connection was gone. */
enum bt_conn_step { BT_STEP_EPMD, BT_STEP_PORT, BT_STEP_TLS, BT_STEP_HANDSHAKE, BT_STEP_DONE };

struct bt_conn_opts {
    const char *node; /* name@host; "name@" with a host below: whatever host it names */
    const char *cookie;
    const char *host;              /* address to connect to; NULL: the part of node behind @ */
    int port;                      /* distribution port; 0: ask epmd */
    int epmd_port;                 /* 0: 4369 */
    struct bt_route *route;        /* NULL: straight */
    const struct bt_tls_opts *tls; /* NULL: none */
    enum bt_conn_step *step;       /* NULL: not wanted */
    int timeout_ms;                /* for the whole way to a connection */
    struct bt_cancel cancel;       /* ends every wait with EINTR */
    const struct bt_log *log;
};

/* One message for us. Valid until the next bt_conn_next or bt_conn_close. */
struct bt_msg {
    struct bt_etf term;
};

/*
 * bt_conn_open - connect, all options borrowed for the call; cancel and log must live as long as the
 * connection. Errors: EUSAGE (not a node name), all codes with exit status 3, EINTR, ENOMEM. Blocks up to
 * timeout_ms.
 */
struct bt_conn *bt_conn_open(const struct bt_conn_opts *opts, struct beamtap_err *err);
/* Closes and frees; NULL is fine. */
void bt_conn_close(struct bt_conn *c);

/* From now on another number of requests ends the waits. */
void bt_conn_cancel_at(struct bt_conn *c, int at);
int bt_conn_fd(const struct bt_conn *c);
const struct bt_log *bt_conn_log(const struct bt_conn *c);
const char *bt_conn_node(const struct bt_conn *c);
/* Name and creation of the target, for encoding its pids. */
const struct bt_etf_home *bt_conn_home(const struct bt_conn *c);
/* Our own pid as a term in the arena. NULL: no memory. */
const struct bt_term *bt_conn_self(const struct bt_conn *c, struct bt_arena *a);

/* Sends a term to a registered process, or to a pid given in external form. Blocks up to 5 s, then the link
 * is lost. */
int bt_conn_send_name(struct bt_conn *c, const char *name, const struct bt_term *t, struct beamtap_err *err);
int bt_conn_send_pid(
    struct bt_conn *c, struct bt_slice pid, const struct bt_term *t, struct beamtap_err *err);

/*
 * bt_conn_next - the next message for us; answers the node's ticks.
 *
 * deadline_us  on bt_clock_mono_us(); 0 does not wait.
 * Returns 1: *msg is filled; 0: nothing came in time; -1: the link is lost or out of step (ELOST, EPROTO), or
 * EINTR.
 */
int bt_conn_next(struct bt_conn *c, struct bt_msg *msg, int64_t deadline_us, struct beamtap_err *err);
/* True when a whole message is already here, so that poll() on the descriptor must not be waited for. */
bool bt_conn_pending(const struct bt_conn *c);
/* Bytes received so far. */
uint64_t bt_conn_received(const struct bt_conn *c);
/* When the last of them came, in us of bt_clock_mono_us(). */
int64_t bt_conn_heard_at_us(const struct bt_conn *c);

#endif
