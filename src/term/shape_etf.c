/*
 * shape_etf.c - shapes to terms and back. Recursion is bounded by the depth of the pattern, or by BT_SHAPE_MAX_DEPTH.
 */
#include "term/shape_etf.h"

/* ---- to terms ---- */

static const struct bt_term *items_to_list(struct bt_arena *a, const struct bt_term *const *items, size_t n)
{
    const struct bt_term **out = bt_arena_array(a, n + 1, sizeof *out);
    for (size_t i = 0; out && i < n; i++) {
        if (!(out[i] = bt_shape_to_term(a, items[i])))
            return NULL;
    }
    return out ? bt_term_list(a, out, n, NULL) : NULL;
}

const struct bt_term *bt_shape_to_term(struct bt_arena *a, const struct bt_term *t)
{
    const struct bt_term *const *items = (const struct bt_term *const *)t->u.seq.items;
    switch (t->kind) {
    case BT_TERM_HOLE: return bt_term_atom(a, "hole");
    case BT_TERM_CAPTURE:
        return bt_term_tuple2(a, bt_term_atom(a, "capture"), bt_term_int(a, (int64_t)t->u.capture));
    case BT_TERM_TUPLE:
        return bt_term_tuple2(a, bt_term_atom(a, "tuple"), items_to_list(a, items, t->u.seq.n));
    case BT_TERM_MAP:
        return bt_term_tuple2(a, bt_term_atom(a, "map"), items_to_list(a, items, 2 * t->u.seq.n));
    case BT_TERM_LIST:
        return bt_term_tuple3(a, bt_term_atom(a, "list"), items_to_list(a, items, t->u.seq.n),
            t->u.seq.tail ? bt_shape_to_term(a, t->u.seq.tail) : bt_term_list(a, NULL, 0, NULL));
    default: return bt_term_tuple2(a, bt_term_atom(a, "value"), t);
    }
}

/* ---- back ---- */

static const struct bt_term *read_shape(struct bt_arena *a, struct bt_etf *r, int depth);

/* A list of shapes; *n of them. */
static const struct bt_term **read_items(struct bt_arena *a, struct bt_etf *r, int depth, uint32_t *n)
{
    if (!bt_etf_list(r, n))
        return NULL;
    const struct bt_term **items = bt_arena_array(a, (size_t)*n + 1, sizeof *items);
    for (uint32_t i = 0; items && i < *n; i++) {
        if (!(items[i] = read_shape(a, r, depth)))
            return NULL;
    }
    return items && (*n == 0 || bt_etf_nil(r)) ? items : NULL;
}

static const struct bt_term *read_list(struct bt_arena *a, struct bt_etf *r, int depth)
{
    uint32_t n;
    const struct bt_term **items = read_items(a, r, depth, &n), *tail = NULL;
    if (!items || (!bt_etf_nil(r) && !(tail = read_shape(a, r, depth))))
        return NULL;
    return bt_term_list(a, items, n, tail);
}

static const struct bt_term *read_value(struct bt_arena *a, struct bt_etf *r)
{
    struct bt_slice name, whole;
    int64_t v;
    if (bt_etf_int64(r, &v))
        return bt_term_int(a, v);
    if (bt_etf_atom(r, &name))
        return bt_term_atom_n(a, (const char *)name.p, name.len);
    return bt_etf_slice(r, &whole) ? bt_term_raw(a, whole.p, whole.len) : NULL;
}

static const struct bt_term *read_capture(struct bt_arena *a, struct bt_etf *r)
{
    uint32_t n;
    struct bt_term *t = bt_etf_uint32(r, &n) ? bt_term_new(a, BT_TERM_CAPTURE) : NULL;
    if (t)
        t->u.capture = n;
    return t;
}

static const struct bt_term *read_shape(struct bt_arena *a, struct bt_etf *r, int depth)
{
    uint32_t arity, n;
    if (depth >= BT_SHAPE_MAX_DEPTH)
        return NULL;
    if (bt_etf_is_atom(r, "hole"))
        return bt_term_new(a, BT_TERM_HOLE);
    if (!bt_etf_tuple(r, &arity))
        return NULL;
    if (arity == 3)
        return bt_etf_is_atom(r, "list") ? read_list(a, r, depth + 1) : NULL;
    if (arity != 2)
        return NULL;
    if (bt_etf_is_atom(r, "value"))
        return read_value(a, r);
    if (bt_etf_is_atom(r, "capture"))
        return read_capture(a, r);
    bool is_map = bt_etf_is_atom(r, "map");
    if (!is_map && !bt_etf_is_atom(r, "tuple"))
        return NULL;
    const struct bt_term **items = read_items(a, r, depth + 1, &n);
    if (!items || (is_map && n % 2 != 0))
        return NULL;
    return is_map ? bt_term_map(a, items, n / 2) : bt_term_tuple(a, items, n);
}

const struct bt_term *bt_shape_from_term(struct bt_arena *a, struct bt_etf *r)
{
    return read_shape(a, r, 0);
}
