/*
 * pow10.h - 10^k as a 128-bit number g with its highest bit set, rounded up:
 * 10^k = g * 2^(floor(log2(10^k)) - 127), for every k that the shortest text of a double needs.
 */
#ifndef BT_TERM_POW10_H
#define BT_TERM_POW10_H

#include <stdint.h>

#define BT_POW10_MIN (-292)
#define BT_POW10_MAX 324

struct bt_pow10 {
    uint64_t hi, lo;
};

extern const struct bt_pow10 bt_pow10[BT_POW10_MAX - BT_POW10_MIN + 1]; /* [k - BT_POW10_MIN] */

#endif
