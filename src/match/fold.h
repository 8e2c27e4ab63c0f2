/*
 * fold.h - operators between constants, computed here as Erlang's own compiler does (erl_eval:partial_eval).
 */
#ifndef BT_MATCH_FOLD_H
#define BT_MATCH_FOLD_H

#include "spec/ast.h"

/*
 * bt_fold - the value of an operator node whose operands are numbers, atoms, tuples and lists of those.
 *
 * NULL where it has none that is a number or an atom: a variable inside, a mistake (1 + a), an operator written
 * as a call (erlang:'+'(1, 2)) below the top, an integer of more than BT_BIGINT_MAX_BITS, which is left to the
 * node. Also NULL when there is no memory; the arena tells.
 */
const struct bt_term *bt_fold(struct bt_arena *a, const struct bt_ast *e);

/* The same of terms, also of those that are no constants (match/eval.h). NULL: it fails, or has no value here. */
const struct bt_term *bt_fold_unary(struct bt_arena *a, enum bt_op op, const struct bt_term *x);
const struct bt_term *bt_fold_binary(
    struct bt_arena *a, enum bt_op op, const struct bt_term *x, const struct bt_term *y);

/* Erlang's order: -1, 0, 1 as ==. False: two maps, or two of what is no data (pids, funs ...), that are not equal. */
bool bt_fold_compare(struct bt_arena *a, const struct bt_term *x, const struct bt_term *y, int *order);

#endif
