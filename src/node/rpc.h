/*
 * rpc.h - calls of functions on the node through its rpc server (rex), one at a time: its answers carry no
 * reference.
 */
#ifndef BT_NODE_RPC_H
#define BT_NODE_RPC_H

#include "node/conn.h"

/*
 * bt_rpc - call module:function(args...) and wait for the result.
 *
 * args       a list; NULL stands for a failed allocation and gives ENOMEM.
 * result     the value, borrowed until the next use of the connection. A call that raised gives {badrpc,
 * Reason}. Errors: ETIMEDOUT (the link is out of step then: close it), and those of conn.h.
 */
int bt_rpc(struct bt_conn *c, const char *module, const char *function, const struct bt_term *args,
    int64_t deadline_us, struct bt_etf *result, struct beamtap_err *err);

/* True for {badrpc, _}; the cursor does not move. */
bool bt_rpc_failed(const struct bt_etf *result);

/* EPROTO with the printed result: the node answered something unexpected to `what`. Returns -1. */
int bt_rpc_unexpected(const struct bt_etf *result, const char *what, struct beamtap_err *err);

#endif
