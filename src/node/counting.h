/*
 * counting.h - what a session that counts knows: calls of functions, or of processes, as the VM counted. No trace message
 * is made for it.
 */
#ifndef BT_NODE_COUNTING_H
#define BT_NODE_COUNTING_H

#include "base/arena.h"
#include "node/guard.h"

struct bt_session;

/* A function, or a process, and what was counted of it since the session was armed. */
struct bt_tally_row {
    const struct bt_mfa *mfa; /* NULL: it is a process */
    struct bt_slice pid;      /* external form */
    struct bt_slice name;     /* registered name; len 0: none */
    struct bt_tally now, before; /* at the last reading, and at the one before */
};

struct bt_tallies {
    struct bt_tally_row *rows; /* functions in the order of the plan; processes, those that took most, that first */
    size_t n_rows;
    struct bt_tally sum, sum_before;     /* of all, also of what has no row */
    int64_t began_us, at_us, before_us;  /* the node's monotonic time: of arming, and of the last two readings */
    size_t n_readings;
    bool has_memory;
    struct bt_arena arena, old; /* rows of processes; the rows before them */
};

/* Borrowed, valid until the next use of the session. */
const struct bt_tallies *bt_session_tallies(const struct bt_session *s);

#endif
