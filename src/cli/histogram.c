/*
 * histogram.c - durations in log-linear buckets.
 */
#include "cli/histogram.h"

#include <stdlib.h>

/* Values below 128 have a bucket each, in octave 0; octave k holds 128 to 256 times 2^(k-1). */
static void place(uint64_t v, size_t *octave, size_t *bucket)
{
    size_t k = 0;
    while (k == 0 ? v >= BT_HISTOGRAM_PER_OCTAVE : v >> (k - 1) >= 2 * BT_HISTOGRAM_PER_OCTAVE)
        k++;
    *octave = k;
    *bucket = (size_t)(k ? (v >> (k - 1)) - BT_HISTOGRAM_PER_OCTAVE : v);
}

/* The least value of a bucket, and how many values it holds. */
static uint64_t least_of(size_t octave, size_t bucket, uint64_t *width)
{
    *width = octave ? UINT64_C(1) << (octave - 1) : 1;
    return octave ? (uint64_t)(bucket + BT_HISTOGRAM_PER_OCTAVE) << (octave - 1) : bucket;
}

bool bt_histogram_add(struct bt_histogram *h, int64_t ns)
{
    size_t octave, bucket;
    ns = ns < 0 ? 0 : ns;
    place((uint64_t)ns, &octave, &bucket);
    if (!h->octaves[octave]) {
        h->octaves[octave] = calloc(BT_HISTOGRAM_PER_OCTAVE, sizeof(uint64_t));
        if (!h->octaves[octave])
            return false;
    }
    h->octaves[octave][bucket]++;
    if (h->n == 0 || ns < h->least)
        h->least = ns;
    if (ns > h->most)
        h->most = ns;
    h->sum += (double)ns;
    h->n++;
    return true;
}

void bt_histogram_done(struct bt_histogram *h)
{
    for (size_t i = 0; i < BT_HISTOGRAM_OCTAVES; i++)
        free(h->octaves[i]);
    *h = (struct bt_histogram){.n = 0};
}

/* Between the exact ends. */
static int64_t within(const struct bt_histogram *h, uint64_t v)
{
    int64_t ns = (int64_t)v;
    return ns < h->least ? h->least : ns > h->most ? h->most : ns;
}

int64_t bt_histogram_at(const struct bt_histogram *h, double share)
{
    double exact = share * (double)h->n;
    uint64_t rank = (uint64_t)exact, seen = 0, width;
    rank += (double)rank < exact;
    if (h->n == 0)
        return 0;
    if (rank >= h->n)
        return h->most;
    for (size_t o = 0; o < BT_HISTOGRAM_OCTAVES; o++) {
        for (size_t b = 0; h->octaves[o] && b < BT_HISTOGRAM_PER_OCTAVE; b++) {
            seen += h->octaves[o][b];
            if (seen < rank || seen == 0)
                continue;
            uint64_t least = least_of(o, b, &width);
            return within(h, least + width / 2);
        }
    }
    return h->most;
}

uint64_t bt_histogram_between(const struct bt_histogram *h, int64_t from, int64_t to)
{
    uint64_t n = 0, width;
    for (size_t o = 0; o < BT_HISTOGRAM_OCTAVES; o++) {
        for (size_t b = 0; h->octaves[o] && b < BT_HISTOGRAM_PER_OCTAVE; b++) {
            uint64_t least = least_of(o, b, &width);
            if (least >= (uint64_t)from && least < (uint64_t)to)
                n += h->octaves[o][b];
        }
    }
    return n;
}
