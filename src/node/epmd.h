/*
 * epmd.h - a client of the Erlang port mapper daemon: which port has the node?
 * Source: OTP "Distribution Protocol", EPMD protocol.
 */
#ifndef BT_NODE_EPMD_H
#define BT_NODE_EPMD_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "node/sock.h"

#define BT_EPMD_PORT 4369

struct bt_route;

struct bt_epmd {
    struct bt_route *route; /* NULL: straight */
    const char *host;
    int port;            /* 0: BT_EPMD_PORT */
    int64_t deadline_us; /* on bt_clock_mono_us() */
    struct bt_cancel cancel;
};

/*
 * bt_epmd_port - the distribution port of node `name` (the part before @) in *port.
 * Errors: EHOST, EEPMD (nothing listens, or it does not answer as an epmd does), ENONODE (the message lists
 * the names epmd has), ETIMEDOUT, EINTR.
 */
int bt_epmd_port(const struct bt_epmd *e, const char *name, int *port, struct beamtap_err *err);

/* bt_epmd_names - append the names epmd has, one "name port\n" a line. Errors as bt_epmd_port. */
int bt_epmd_names(const struct bt_epmd *e, struct bt_buf *out, struct beamtap_err *err);

#endif
