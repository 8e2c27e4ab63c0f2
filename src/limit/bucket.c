/*
 * bucket.c - a token bucket.
 */
#include "limit/bucket.h"

#define MAX_BURST (INT64_C(1) << 31)
#define MAX_INTERVAL_US INT64_C(86400000000)
#define MAX_RATE (INT64_C(1) << 31)

static int64_t within(int64_t n, int64_t least, int64_t most)
{
    return n < least ? least : n > most ? most : n;
}

void bt_bucket_init(struct bt_bucket *b, struct bt_rate rate, int64_t burst, int64_t now_us)
{
    b->rate.n = rate.n < 0 ? -1 : within(rate.n, 0, MAX_RATE);
    b->rate.interval_us = within(rate.interval_us, 1, MAX_INTERVAL_US);
    b->burst = within(burst, 1, MAX_BURST);
    if (b->burst > INT64_MAX / 2 / b->rate.interval_us)
        b->burst = INT64_MAX / 2 / b->rate.interval_us;
    b->level = b->burst * b->rate.interval_us;
    b->filled_us = now_us;
}

static void refill(struct bt_bucket *b, int64_t now_us)
{
    int64_t full = b->burst * b->rate.interval_us;
    if (now_us <= b->filled_us)
        return;
    int64_t elapsed = now_us - b->filled_us;
    int64_t missing = full - b->level;
    b->filled_us = now_us;
    if (b->rate.n > 0 && elapsed > missing / b->rate.n)
        b->level = full;
    else
        b->level += elapsed * b->rate.n;
}

bool bt_bucket_take(struct bt_bucket *b, int64_t now_us)
{
    if (b->rate.n < 0)
        return true;
    refill(b, now_us);
    if (b->level < b->rate.interval_us)
        return false;
    b->level -= b->rate.interval_us;
    return true;
}

int64_t bt_bucket_default_burst(struct bt_rate rate)
{
    return rate.n < 10 ? 1 : rate.n / 10;
}
