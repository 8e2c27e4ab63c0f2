/*
 * tree_read.h - a value from a capture as a tree, for what must be worked out about it here (match/eval.h). For printing nothing is
 * made into a tree (print.h).
 */
#ifndef BT_TERM_TREE_READ_H
#define BT_TERM_TREE_READ_H

#include "term/etf_read.h"
#include "term/term.h"

#define BT_TREE_MAX_DEPTH 500
#define BT_TREE_MAX_NODES 200000

/*
 * bt_tree_read - read one term. Pids, ports, references and closures become BT_TERM_RAW.
 * NULL: too deep or too large for the limits above, not a term, or no memory.
 */
const struct bt_term *bt_tree_read(struct bt_slice etf, struct bt_arena *a);

#endif
