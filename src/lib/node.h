/*
 * node.h - what check, clear and nodes share: texts that a node or an epmd sent, which live in the arena of a result.
 */
#ifndef BT_LIB_NODE_H
#define BT_LIB_NODE_H

#include "base/arena.h"
#include "node/survey.h"

/* A copy with what a terminal would act on escaped. NULL: no memory. */
const char *bt_lib_safe(struct bt_arena *a, const char *text, size_t len);

/* The lines of a text as texts of their own; n: how many. NULL: no memory. */
const char *const *bt_lib_lines(struct bt_arena *a, const struct bt_buf *text, size_t *n);

/* Makes the survey print pids of that node as its own. `node` must stay. */
void bt_lib_survey_of(struct bt_survey *s, const char *node);

#endif
