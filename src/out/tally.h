/*
 * tally.h - what the VM has counted, as a table, as lines, or as JSON:
 *
 *           calls       calls/s  function                          a table, and at the end with `all`
 *      60,312,882    30,156,441  queue:in/2
 *
 *   13:15:28       30,156,441/s      60,312,882  queue:in/2         a line for each that was called since the last reading
 *
 * With times: calls, total, mean, share of the time of all, and memory where the VM counts it.
 */
#ifndef BT_OUT_TALLY_H
#define BT_OUT_TALLY_H

#include "base/buf.h"
#include "event/tally.h"
#include "term/print.h"

struct bt_tally_opts {
    size_t top;      /* rows at most */
    bool is_total;   /* the whole time, not what came since the last reading */
    int64_t wall_us; /* now */
    const char *node;
    struct bt_print_opts print;
};

/* Appends a table, one line each; returns how many lines. SIZE_MAX: no memory. */
size_t bt_tally_table(struct bt_buf *out, const struct bt_tallies *t, const struct bt_tally_opts *o);
/* Appends lines that stand for themselves. */
void bt_tally_lines(struct bt_buf *out, const struct bt_tallies *t, const struct bt_tally_opts *o);
/* Appends JSON objects, one a line: event "count" for each row, "total" for the sum. */
void bt_tally_json(struct bt_buf *out, const struct bt_tallies *t, const struct bt_tally_opts *o);

#endif
