/*
 * lookup.h - asking the node for the functions the patterns mean (plan.h decides).
 */
#ifndef BT_NODE_LOOKUP_H
#define BT_NODE_LOOKUP_H

#include "node/guard.h"
#include "node/plan.h"

struct bt_lookup_opts {
    size_t max_functions;
    bool loads; /* a module that is named and not loaded is loaded first */
    void (*on_load)(void *arg, const char *module); /* it was loaded; may be NULL */
    void *arg;
};

/*
 * bt_lookup - find the functions the program's patterns mean. Sets nothing on the node, and changes nothing there unless
 * opts->loads. The guard's lease is renewed meanwhile.
 *
 * out    filled; the caller ends it with bt_plan_done, also after a failure.
 * Errors: ENOMATCH (with near names; loc is the place in the spec, *bad_spec its index), EWIDE (more than max_functions),
 * ESPEC (a regular expression takes too long), rpc's.
 */
int bt_lookup(struct bt_conn *c, struct bt_guard *g, const struct bt_program *prog,
    const struct bt_lookup_opts *opts, struct bt_plan *out, size_t *bad_spec, struct beamtap_err *err);

#endif
