/*
 * tally.h - what the VM has counted of functions, or of processes, since counting began. No trace message is made for it.
 */
#ifndef BT_EVENT_TALLY_H
#define BT_EVENT_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "term/etf_read.h"

struct bt_tally {
    int64_t calls;
    int64_t
        us; /* spent in the function itself: without what it called that is timed too, and without waiting */
    int64_t bytes; /* of memory taken there */
};

/* A function, or a process. */
struct bt_tally_row {
    const char *module, *function; /* UTF-8; NULL: it is a process */
    uint32_t arity;
    struct bt_slice pid;         /* external form */
    struct bt_slice name;        /* registered name; len 0: none */
    struct bt_tally now, before; /* at the last reading, and at the one before */
};

struct bt_tallies {
    struct bt_tally_row *rows; /* processes: those that took most, that first */
    size_t n_rows;
    struct bt_tally sum, sum_before; /* of all, also of what has no row */
    int64_t began_us, at_us,
        before_us; /* the node's monotonic time: of the beginning, and of the last two readings */
    size_t n_readings;
    bool has_times, has_memory;
};

#endif
