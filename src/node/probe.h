/*
 * probe.h - asking the node whether it knows all that the match specifications use, before anything is set.
 */
#ifndef BT_NODE_PROBE_H
#define BT_NODE_PROBE_H

#include "node/arm.h"
#include "node/conn.h"

/*
 * bt_probe - have the node compile each match specification that is to be installed (erlang:match_spec_test/3).
 *
 * otp  the node's release.
 * Errors: ESPEC at the spec with what the node does not know and, where that is known here, which release does; *bad_spec is
 * the spec's index. ENOMEM, rpc's.
 */
int bt_probe(struct bt_conn *c, const struct bt_arm_source *source, int otp, size_t *bad_spec,
    struct beamtap_err *err);

#endif
