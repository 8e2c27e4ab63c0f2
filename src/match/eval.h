/*
 * eval.h - a match specification for one value, run here: what the node does with ets:match_spec_run/2 for a live trace, for values
 * from a capture.
 */
#ifndef BT_MATCH_EVAL_H
#define BT_MATCH_EVAL_H

#include "base/err.h"
#include "term/etf_read.h"
#include "term/term.h"

enum bt_eval {
    BT_EVAL_NO,
    BT_EVAL_YES,
    BT_EVAL_GAVE_UP, /* the value is too large or too deep, a comparison needs what is not known here, or no memory */
};

/*
 * bt_eval_value - does {Value} match?
 *
 * match_spec  [{{Pattern}, Guards, [true]}], of bt_compile_value.
 * value       external form, without the version byte.
 * scratch     for what is worked out; the caller frees it.
 */
enum bt_eval bt_eval_value(const struct bt_term *match_spec, struct bt_slice value, struct bt_arena *scratch);

/* EUSAGE where a guard asks for what only a node knows, such as self(). */
int bt_eval_check(const struct bt_term *match_spec, struct beamtap_err *err);

#endif
