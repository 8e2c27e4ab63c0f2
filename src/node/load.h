/*
 * load.h - code of ours on the node: which release it is, loading the beam that fits, unloading.
 */
#ifndef BT_NODE_LOAD_H
#define BT_NODE_LOAD_H

#include "agent/agent.h"
#include "node/conn.h"

/* A deadline for one remote call: 10 s from now. */
int64_t bt_rpc_deadline(void);

/* erlang:F(X). */
int bt_rpc_erlang(struct bt_conn *c, const char *f, const struct bt_term *x, struct bt_arena *a,
    struct bt_etf *out, struct beamtap_err *err);

/* The OTP release of the node (25); EREJECTED when it is too old for us. */
int bt_load_otp(struct bt_conn *c, struct bt_arena *a, int *otp, struct beamtap_err *err);

/*
 * bt_load_and_call - load a module and call one of its functions, in one remote call: should we be killed meanwhile, the
 * function runs all the same, sees that we are gone, and removes the module.
 *
 * A module that is there is not loaded again: its name carries a hash of its source, so it is the same, left by one that
 * was killed; loading it twice more would end whoever runs it. The beam is chosen by the release: one that does not fit
 * would write an error report into the node's log.
 * args  a list.   out  the function's value, borrowed until the next use of the connection.
 */
int bt_load_and_call(struct bt_conn *c, const struct bt_beam *beam, int otp, const char *function,
    const struct bt_term *args, struct bt_arena *a, struct bt_etf *out, struct beamtap_err *err);

/* Deletes and purges a module; failures are not told. */
void bt_unload(struct bt_conn *c, const struct bt_beam *beam, struct bt_arena *a);

#endif
