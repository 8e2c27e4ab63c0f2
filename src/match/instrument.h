/*
 * instrument.h - what is really installed on the node: the user's clauses behind the gate, saying only what was named.
 */
#ifndef BT_MATCH_INSTRUMENT_H
#define BT_MATCH_INSTRUMENT_H

#include "match/compile.h"

enum bt_args_mode {
    BT_ARGS_NAMED, /* what the pattern names, all where it names none */
    BT_ARGS_ARITY, /* none */
    BT_ARGS_ALL,   /* all, whatever the pattern names */
};

struct bt_instrument_opts {
    uint32_t base;  /* the control word that means closed */
    uint32_t range; /* the gate uses base .. base + range */
    enum bt_args_mode args;
};

/*
 * bt_instrument - the match specification of one function from its clauses, in order.
 *
 * ids    the number each clause's messages carry.
 * Per clause: guards = the gate, {'>',{get_tcw},Base} (and {'=<',{get_tcw},Base+Range} when Base > 0), then the user's;
 * the gate first, so that a closed gate never runs an expensive guard. Body = {set_tcw,{'-',{get_tcw},1}},
 * {message,{{Id,Captures...}}}, and {exception_trace} when returns are wanted. NULL: no memory.
 */
const struct bt_term *bt_instrument(struct bt_arena *a, const struct bt_clause *const *clauses, const size_t *ids,
    size_t n, const struct bt_instrument_opts *opts);

#endif
