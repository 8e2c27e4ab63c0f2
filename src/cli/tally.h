/*
 * tally.h - what was counted, as a table, as lines, or as JSON:
 *
 *           calls       calls/s  function                          a table, and at the end with `all`
 *      60,312,882    30,156,441  queue:in/2
 *
 *   13:15:28       30,156,441/s      60,312,882  queue:in/2         a line for each that was called since the last reading
 *
 * With times: calls, total, mean, share of the time of all, and memory where the VM counts it.
 */
#ifndef BT_CLI_TALLY_H
#define BT_CLI_TALLY_H

#include "beamtap.h"

#include "base/arena.h"
#include "base/buf.h"

struct bt_tallies {
    struct beamtap_tally
        *rows; /* functions or processes, in the order that decides where all else is equal */
    size_t n_rows, cap;
    struct beamtap_tally sum; /* of all, also of what has no row; with the times of the last two readings */
    int64_t began_us;         /* the clock of these times, when counting began */
    bool has_times, has_memory;
    struct bt_arena texts; /* of the rows */
};

struct bt_tally_opts {
    size_t top;      /* rows at most */
    bool is_total;   /* the whole time, not what came since the last reading */
    int64_t wall_us; /* now */
    const char *node;
};

/* Takes over what the session has counted: the rows that were called, and the sum. False: no memory; there are fewer rows then. */
bool bt_tallies_read(struct bt_tallies *t, struct beamtap_session *s);
/* A new row, all zero; NULL: no memory. */
struct beamtap_tally *bt_tallies_add(struct bt_tallies *t);
void bt_tallies_done(struct bt_tallies *t);

/* Appends a table, one line each; returns how many lines. SIZE_MAX: no memory. */
size_t bt_tally_table(struct bt_buf *out, const struct bt_tallies *t, const struct bt_tally_opts *o);
/* Appends lines that stand for themselves. */
void bt_tally_lines(struct bt_buf *out, const struct bt_tallies *t, const struct bt_tally_opts *o);
/* Appends JSON objects, one a line: event "count" for each row, "total" for the sum. */
void bt_tally_json(struct bt_buf *out, const struct bt_tallies *t, const struct bt_tally_opts *o);

#endif
