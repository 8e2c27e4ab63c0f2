/*
 * histogram.h - durations in log-linear buckets: percentiles within 1 %, whatever their range.
 *
 * Each octave (a power of two of nanoseconds) has 128 buckets of equal width, so none is wider than 1/128 of its values. An
 * octave takes a kilobyte once a value falls into it.
 */
#ifndef BT_CLI_HISTOGRAM_H
#define BT_CLI_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BT_HISTOGRAM_OCTAVES 64
#define BT_HISTOGRAM_PER_OCTAVE 128

struct bt_histogram {
    uint64_t *octaves[BT_HISTOGRAM_OCTAVES]; /* NULL: nothing has fallen there */
    uint64_t n;
    int64_t least, most; /* ns; exact */
    double sum;          /* ns */
};

/* Takes a duration; below 0 it counts as 0. False: no memory, nothing was taken. */
bool bt_histogram_add(struct bt_histogram *h, int64_t ns);
void bt_histogram_done(struct bt_histogram *h);

/* The least value that `share` (0 to 1) of all are not above, as the middle of its bucket; 1 is the exact maximum, an empty histogram gives 0. */
int64_t bt_histogram_at(const struct bt_histogram *h, double share);

/* How many are in [from, to) ns, by whole buckets: those whose least value is. */
uint64_t bt_histogram_between(const struct bt_histogram *h, int64_t from, int64_t to);

#endif
