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
 * bt_load - load a module unless it is there: its name carries a hash of its source, so what is there is the
 * same, left by one that was killed. Loading it twice more would end whoever runs it. The beam is chosen by
 * the release: one that does not fit would write an error report into the node's log.
 */
int bt_load(
    struct bt_conn *c, const struct bt_beam *beam, int otp, struct bt_arena *a, struct beamtap_err *err);

/* Deletes and purges a module; failures are not told. */
void bt_unload(struct bt_conn *c, const struct bt_beam *beam, struct bt_arena *a);

#endif
