/*
 * eval_fun.h - the guard functions of eval.c, and equality of terms from a node with terms of a spec.
 */
#ifndef BT_MATCH_EVAL_FUN_H
#define BT_MATCH_EVAL_FUN_H

#include "spec/ast.h"
#include "term/term.h"

#define BT_EVAL_MAX_ARGS 3

struct bt_eval_fun {
    const char *name;
    unsigned arity;
    /* NULL: it fails, or there is no memory. */
    const struct bt_term *(*call)(struct bt_arena *a, const struct bt_term *const *args);
};

/* NULL: not known here. */
const struct bt_eval_fun *bt_eval_fun_find(const char *name, size_t arity);

/* =:=, also of maps in another order, and of a pid in a spec with one from a node. */
bool bt_eval_same(const struct bt_term *x, const struct bt_term *y);
/* The value of that key; NULL: it has none. */
const struct bt_term *bt_eval_map_get(const struct bt_term *map, const struct bt_term *key);

#endif
