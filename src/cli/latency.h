/*
 * latency.h - durations of sampled calls, as a table with a line for each function, as bars, or as JSON.
 */
#ifndef BT_CLI_LATENCY_H
#define BT_CLI_LATENCY_H

#include "base/buf.h"
#include "cli/histogram.h"

struct bt_latency {
    const char *module, *function; /* UTF-8 */
    uint32_t arity;
    int64_t calls;         /* all of them, as the VM counted; -1: not known */
    struct bt_histogram h; /* of those that were sampled */
};

/* Appends a table of those that have samples, in the order of the total time they stand for, `top` at most. Returns how many lines. */
size_t bt_latency_table(struct bt_buf *out, const struct bt_latency *const *rows, size_t n, size_t top);
/* Appends the distribution of one function as bars, a line for each power of two. */
void bt_latency_bars(struct bt_buf *out, const struct bt_latency *row);
/* Appends a JSON object, "event":"latency", and a newline. */
void bt_latency_json(struct bt_buf *out, const struct bt_latency *row, const char *node, int64_t wall_us);

#endif
