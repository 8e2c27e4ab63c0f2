/*
 * print_place.c - what is seldom needed to print a term directly: more room, and terms that print.c and quote.c can show.
 */
#include "term/print_place.h"

#include <stdlib.h>
#include <string.h>

#include "term/quote.h"
#include "term/walk.h"

static const struct bt_place nowhere = {NULL, NULL};

void bt_place_commit(struct bt_direct *d, const char *to)
{
    d->erlang.out->len = (size_t)(to - d->erlang.out->data);
}

struct bt_place bt_place_resume(struct bt_direct *d, const uint8_t *from, size_t n)
{
    struct bt_buf *out = d->erlang.out;
    if (n > SIZE_MAX - BT_DIRECT_SLACK || !bt_buf_reserve(out, n + BT_DIRECT_SLACK))
        return nowhere;
    d->room_end = out->data + out->cap;
    return (struct bt_place){from, out->data + out->len};
}

struct bt_place bt_place_grow(struct bt_direct *d, struct bt_place at, size_t n)
{
    bt_place_commit(d, at.to);
    return bt_place_resume(d, at.from, n);
}

struct bt_place bt_place_leaf(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    struct bt_etf r = {at.from, d->end};
    struct bt_etf_token tok;
    (void)levels;
    if (!bt_etf_next(&r, &tok))
        return nowhere;
    bt_place_commit(d, at.to);
    bt_erlang_receiver.leaf(&d->erlang, &tok);
    return bt_place_resume(d, r.p, 0);
}

struct bt_place bt_place_cut(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    struct bt_etf r = {at.from, d->end};
    (void)levels;
    if (!d->cuts || !bt_etf_skip(&r))
        return nowhere;
    memcpy(at.to, "...", 3);
    return (struct bt_place){r.p, at.to + 3};
}

struct bt_place bt_place_text(struct bt_direct *d, struct bt_place at)
{
    struct bt_etf r = {at.from, d->end};
    bt_place_commit(d, at.to);
    return bt_quote_list(d->erlang.out, &r) ? bt_place_resume(d, r.p, 0) : nowhere;
}

struct bt_place bt_place_string(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    struct bt_place text = bt_place_text(d, at);
    if (text.to)
        return text;
    return levels ? bt_place_leaf(d, at, levels) : bt_place_cut(d, at, levels);
}

uint32_t *bt_place_pairs(struct bt_direct *d, const uint8_t *from, uint32_t n, const uint8_t **end)
{
    struct bt_etf r = {from, d->end};
    uint32_t *pairs = malloc(n * sizeof *pairs);
    for (uint32_t i = 0; pairs && i < n; i++) {
        pairs[i] = (uint32_t)(r.p - from);
        if (bt_etf_skip(&r) && bt_etf_skip(&r))
            continue;
        free(pairs);
        return NULL;
    }
    *end = r.p;
    return pairs;
}
