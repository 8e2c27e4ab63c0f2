/*
 * bucket.h - a token bucket: so many per interval, so many at once. Pure: the time is passed in. The tracer on the node
 * keeps the same rule (src/agent/gate.hrl, refill); this one guards our own output.
 */
#ifndef BT_LIMIT_BUCKET_H
#define BT_LIMIT_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

struct bt_rate {
    int64_t n;           /* tokens per interval; < 0: no limit */
    int64_t interval_us; /* 1 .. 86,400,000,000 (a day) */
};

struct bt_bucket {
    struct bt_rate rate;
    int64_t burst;     /* tokens it holds */
    int64_t level;     /* tokens times interval_us, so that refilling is exact */
    int64_t filled_us; /* when it was filled last */
};

/* A full bucket. burst: 1 .. 2^31. */
void bt_bucket_init(struct bt_bucket *b, struct bt_rate rate, int64_t burst, int64_t now_us);
/* Takes one token if there is one. A time before the last one counts as the last one. */
bool bt_bucket_take(struct bt_bucket *b, int64_t now_us);
/* A tenth of a second's worth, at least one: the burst that spreads what is shown over the time. */
int64_t bt_bucket_default_burst(struct bt_rate rate);

#endif
