/*
 * order.c - events in the order they happened: a binary heap by stamp.
 */
#include "event/order.h"

#include <stdlib.h>
#include <string.h>

#include "event/event.h"

struct item {
    int64_t mono_ns, unique;
    size_t len;
    uint8_t etf[];
};

struct bt_order {
    struct item **heap;
    size_t n, cap;
    size_t bytes;
    int64_t newest_ns;
    struct item *taken; /* the one that was given out last */
    bool failed;
};

struct bt_order *bt_order_new(void)
{
    return calloc(1, sizeof(struct bt_order));
}

void bt_order_free(struct bt_order *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->n; i++)
        free(o->heap[i]);
    free(o->taken);
    free(o->heap);
    free(o);
}

size_t bt_order_count(const struct bt_order *o)
{
    return o->n;
}

bool bt_order_is_empty(const struct bt_order *o)
{
    return o->n == 0;
}

static bool is_before(const struct item *x, const struct item *y)
{
    return x->mono_ns != y->mono_ns ? x->mono_ns < y->mono_ns : x->unique < y->unique;
}

/* {trace_ts, Pid, Tag, MFA, Payload, {MonotonicNs, Unique}}: the stamp is the last member. */
static bool read_stamp(struct bt_slice event, int64_t *mono_ns, int64_t *unique)
{
    struct bt_etf r;
    uint32_t arity;
    bt_etf_init(&r, event.p, event.len);
    if (!bt_etf_tuple(&r, &arity) || arity < 2)
        return false;
    while (--arity > 0) {
        if (!bt_etf_skip(&r))
            return false;
    }
    return bt_etf_tuple_of(&r, 2) && bt_event_mono(&r, mono_ns) && bt_etf_int64(&r, unique);
}

static void swap(struct bt_order *o, size_t i, size_t j)
{
    struct item *t = o->heap[i];
    o->heap[i] = o->heap[j];
    o->heap[j] = t;
}

static void rise(struct bt_order *o, size_t i)
{
    while (i > 0 && is_before(o->heap[i], o->heap[(i - 1) / 2])) {
        swap(o, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
}

static void sink(struct bt_order *o)
{
    for (size_t i = 0;;) {
        size_t least = i, left = 2 * i + 1;
        for (size_t c = left; c < o->n && c <= left + 1; c++) {
            if (is_before(o->heap[c], o->heap[least]))
                least = c;
        }
        if (least == i)
            return;
        swap(o, i, least);
        i = least;
    }
}

static bool has_place(struct bt_order *o)
{
    if (o->n < o->cap)
        return true;
    size_t cap = o->cap ? o->cap * 2 : 64;
    struct item **heap = realloc(o->heap, cap * sizeof(struct item *));
    if (!heap)
        return false;
    o->heap = heap;
    o->cap = cap;
    return true;
}

bool bt_order_put(struct bt_order *o, struct bt_slice event)
{
    int64_t mono_ns, unique;
    if (!read_stamp(event, &mono_ns, &unique))
        return false;
    struct item *it = has_place(o) ? malloc(sizeof *it + event.len) : NULL;
    if (!it) {
        o->failed = true;
        return false;
    }
    it->mono_ns = mono_ns;
    it->unique = unique;
    it->len = event.len;
    memcpy(it->etf, event.p, event.len);
    o->heap[o->n] = it;
    rise(o, o->n++);
    o->bytes += sizeof *it + it->len;
    if (mono_ns > o->newest_ns || o->n == 1)
        o->newest_ns = mono_ns;
    return true;
}

bool bt_order_failed(const struct bt_order *o)
{
    return o->failed;
}

bool bt_order_take(struct bt_order *o, bool all, struct bt_slice *event)
{
    free(o->taken);
    o->taken = NULL;
    if (o->n == 0)
        return false;
    struct item *it = o->heap[0];
    if (!all && o->bytes < BT_ORDER_MAX_BYTES && o->newest_ns - it->mono_ns < BT_ORDER_HOLD_NS)
        return false;
    o->heap[0] = o->heap[--o->n];
    sink(o);
    o->bytes -= sizeof *it + it->len;
    o->taken = it;
    *event = (struct bt_slice){it->etf, it->len};
    return true;
}
