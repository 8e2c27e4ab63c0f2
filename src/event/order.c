/*
 * order.c - events in the order they happened.
 *
 * Most events come in order: they stand in a queue. One that is older than the last of the queue goes into a heap, and what
 * comes out is the older one of the two fronts. The bytes are copied batch by batch, and freed with the last event of a batch.
 */
#include "event/order.h"

#include <stdlib.h>
#include <string.h>

#include "event/event.h"

#define MIN_CAP 256 /* a power of two */

/* The bytes of a batch. */
struct chunk {
    size_t n_events; /* that were not freed yet */
    uint8_t etf[];
};

struct item {
    int64_t mono_ns, unique;
    struct chunk *chunk;
    uint32_t off;
    uint32_t len : 31; /* frames are below 2 GB */
    uint32_t is_first : 1; /* of a pair */
};

/* A growing array: a ring for the queue, from 0 on for the others. */
struct items {
    struct item *at;
    size_t first, n, cap;
};

struct bt_order {
    struct items queue, heap, batch;
    size_t bytes;
    int64_t newest_ns;
    struct chunk *taken; /* of the event that was given out last */
    bool failed;
    bool in_pairs;
};

struct bt_order *bt_order_new(void)
{
    return calloc(1, sizeof(struct bt_order));
}

static void release(struct chunk *c)
{
    if (c && --c->n_events == 0)
        free(c);
}

static struct item *nth(const struct items *v, size_t i)
{
    return &v->at[(v->first + i) & (v->cap - 1)];
}

static void done(struct items *v)
{
    for (size_t i = 0; i < v->n; i++)
        release(nth(v, i)->chunk);
    free(v->at);
}

void bt_order_free(struct bt_order *o)
{
    if (!o)
        return;
    o->batch.n = 0;
    done(&o->queue);
    done(&o->heap);
    done(&o->batch);
    release(o->taken);
    free(o);
}

size_t bt_order_count(const struct bt_order *o)
{
    return o->queue.n + o->heap.n;
}

bool bt_order_is_empty(const struct bt_order *o)
{
    return bt_order_count(o) == 0;
}

void bt_order_in_pairs(struct bt_order *o)
{
    o->in_pairs = true;
}

bool bt_order_failed(const struct bt_order *o)
{
    return o->failed;
}

/* Room for `more` items; a ring is laid straight when it grows. */
static bool has_room(struct items *v, size_t more)
{
    size_t cap = v->cap ? v->cap : MIN_CAP;
    while (cap < v->n + more)
        cap *= 2;
    if (cap == v->cap)
        return true;
    struct item *at = malloc(cap * sizeof *at);
    if (!at)
        return false;
    for (size_t i = 0; i < v->n; i++)
        at[i] = *nth(v, i);
    free(v->at);
    *v = (struct items){at, 0, v->n, cap};
    return true;
}

static bool is_before(const struct item *x, const struct item *y)
{
    if (x->mono_ns != y->mono_ns)
        return x->mono_ns < y->mono_ns;
    return x->unique != y->unique ? x->unique < y->unique : x->is_first > y->is_first;
}

/* ---- the heap: the oldest item is at[0] ---- */

static void rise(struct item *heap, size_t i)
{
    struct item it = heap[i];
    for (; i > 0 && is_before(&it, &heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = it;
}

static void sink(struct item *heap, size_t n, struct item it)
{
    size_t i = 0;
    for (size_t child = 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && is_before(&heap[child + 1], &heap[child]))
            child++;
        if (!is_before(&heap[child], &it))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = it;
}

/* ---- in ---- */

/* {trace_ts, Pid, Tag, MFA, Payload, {MonotonicNs, Unique}}: the stamp is the last member. */
static bool read_stamp(struct bt_etf *r, struct item *it)
{
    uint32_t arity;
    if (!bt_etf_tuple(r, &arity) || arity < 2)
        return false;
    while (--arity > 0) {
        if (!bt_etf_skip(r))
            return false;
    }
    return bt_etf_tuple_of(r, 2) && bt_event_mono(r, &it->mono_ns) && bt_etf_int64(r, &it->unique);
}

/* Finds where each of the n events at r begins, and its stamp. */
static bool read_batch(struct bt_order *o, struct bt_etf *r, uint32_t n)
{
    const uint8_t *start = r->p;
    for (o->batch.n = 0; o->batch.n < n; o->batch.n++) {
        struct item *it = &o->batch.at[o->batch.n];
        const uint8_t *event = r->p;
        if (!read_stamp(r, it) || (size_t)(r->p - start) > INT32_MAX)
            return false;
        it->off = (uint32_t)(event - start);
        it->len = (uint32_t)(r->p - event) & INT32_MAX;
        it->is_first = 0;
    }
    return true;
}

/* A call stands where its end stands, however long ago it was. */
static void join_pairs(struct items *batch)
{
    for (size_t i = 0; i + 1 < batch->n; i += 2) {
        batch->at[i].mono_ns = batch->at[i + 1].mono_ns;
        batch->at[i].unique = batch->at[i + 1].unique;
        batch->at[i].is_first = 1;
    }
}

static void put(struct bt_order *o, const struct item *it)
{
    if (o->queue.n == 0 || !is_before(it, nth(&o->queue, o->queue.n - 1))) {
        *nth(&o->queue, o->queue.n++) = *it;
    } else {
        o->heap.at[o->heap.n] = *it;
        rise(o->heap.at, o->heap.n++);
    }
    o->bytes += sizeof *it + it->len;
}

bool bt_order_put(struct bt_order *o, struct bt_etf *events, uint32_t n)
{
    struct bt_etf r = *events;
    if (n == 0)
        return true;
    if (n > BT_ORDER_MAX_BATCH)
        return false;
    o->failed = !has_room(&o->batch, n) || !has_room(&o->queue, n) || !has_room(&o->heap, n);
    if (o->failed || !read_batch(o, &r, n))
        return false;
    if (o->in_pairs)
        join_pairs(&o->batch);
    size_t len = (size_t)(r.p - events->p);
    struct chunk *chunk = malloc(sizeof *chunk + len);
    o->failed = !chunk;
    if (!chunk)
        return false;
    chunk->n_events = n;
    memcpy(chunk->etf, events->p, len);
    for (uint32_t i = 0; i < n; i++) {
        struct item *it = &o->batch.at[i];
        if (bt_order_is_empty(o) || it->mono_ns > o->newest_ns)
            o->newest_ns = it->mono_ns;
        it->chunk = chunk;
        put(o, it);
    }
    *events = r;
    return true;
}

/* ---- out ---- */

static const struct item *oldest(const struct bt_order *o)
{
    const struct item *front = o->queue.n ? nth(&o->queue, 0) : NULL;
    if (o->heap.n == 0)
        return front;
    return front && is_before(front, &o->heap.at[0]) ? front : &o->heap.at[0];
}

static void drop(struct bt_order *o, const struct item *it)
{
    if (o->heap.n && it == &o->heap.at[0]) {
        o->heap.n--;
        sink(o->heap.at, o->heap.n, o->heap.at[o->heap.n]);
    } else {
        o->queue.first = (o->queue.first + 1) & (o->queue.cap - 1);
        o->queue.n--;
    }
}

bool bt_order_take(struct bt_order *o, bool all, struct bt_slice *event)
{
    const struct item *it = oldest(o);
    release(o->taken);
    o->taken = NULL;
    if (!it || (!all && o->bytes < BT_ORDER_MAX_BYTES && o->newest_ns - it->mono_ns < BT_ORDER_HOLD_NS))
        return false;
    o->bytes -= sizeof *it + it->len;
    o->taken = it->chunk;
    *event = (struct bt_slice){it->chunk->etf + it->off, it->len};
    drop(o, it);
    return true;
}
