/*
 * plan.h - which functions of the node the patterns mean: the request to the agent, and its answer.
 */
#ifndef BT_NODE_PLAN_H
#define BT_NODE_PLAN_H

#include "base/err.h"
#include "match/compile.h"
#include "term/etf_read.h"

/* One function a pattern means; texts and term live in the plan's arena. */
struct bt_mfa {
    const struct bt_term *term;    /* {M, F, A} */
    const char *module, *function; /* UTF-8 */
    uint32_t arity;
    size_t *patterns; /* indexes of the patterns that mean it, ascending */
    size_t n_patterns;
};

struct bt_plan {
    struct bt_arena arena;
    struct bt_mfa *mfas;
    size_t n_mfas;
};

/* The request {plan, Patterns, Max}; names travel as strings, so that a typo makes no atom on the node. */
const struct bt_term *bt_plan_request(const struct bt_program *prog, size_t max, struct bt_arena *a);

/* Reads the agent's answer; errors as bt_guard_plan. */
int bt_plan_read(struct bt_etf *r, const struct bt_program *prog, const char *node, size_t max,
    struct bt_plan *out, size_t *bad_spec, struct beamtap_err *err);
void bt_plan_done(struct bt_plan *p);

#endif
