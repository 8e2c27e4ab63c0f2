/*
 * eval_fun.c - the functions that guards know, on trees.
 */
#include "match/eval_fun.h"

#include <math.h>
#include <string.h>

#include "match/fold.h"
#include "term/bigint.h"
#include "term/etf_read.h"
#include "term/etf_tags.h"

/* ---- equality ---- */

/* A pid, port or reference of a spec is one of the target node; what comes from there has the node's name besides. */
static bool same_as_raw(const struct bt_term *x, const struct bt_term *raw)
{
    struct bt_etf r;
    struct bt_etf_token tok;
    bt_etf_init(&r, raw->u.raw.etf, raw->u.raw.len);
    if (!bt_etf_next(&r, &tok))
        return false;
    switch (x->kind) {
    case BT_TERM_PID:
        return tok.kind == BT_ETF_PID && tok.ids[0] == x->u.pid.id && tok.ids[1] == x->u.pid.serial;
    case BT_TERM_PORT: return tok.kind == BT_ETF_PORT && tok.port == x->u.port;
    case BT_TERM_REF:
        return tok.kind == BT_ETF_REF && tok.arity == x->u.ref.n &&
               memcmp(tok.ids, x->u.ref.words, x->u.ref.n * sizeof tok.ids[0]) == 0;
    default: return false;
    }
}

static bool same_items(const struct bt_term *x, const struct bt_term *y)
{
    if (x->u.seq.n != y->u.seq.n || !x->u.seq.tail != !y->u.seq.tail)
        return false;
    for (size_t i = 0; i < x->u.seq.n; i++) {
        if (!bt_eval_same(x->u.seq.items[i], y->u.seq.items[i]))
            return false;
    }
    return !x->u.seq.tail || bt_eval_same(x->u.seq.tail, y->u.seq.tail);
}

static bool same_maps(const struct bt_term *x, const struct bt_term *y)
{
    if (x->u.seq.n != y->u.seq.n)
        return false;
    for (size_t i = 0; i < x->u.seq.n; i++) {
        const struct bt_term *value = bt_eval_map_get(y, x->u.seq.items[2 * i]);
        if (!value || !bt_eval_same(x->u.seq.items[2 * i + 1], value))
            return false;
    }
    return true;
}

bool bt_eval_same(const struct bt_term *x, const struct bt_term *y)
{
    if (x->kind == BT_TERM_RAW && y->kind != BT_TERM_RAW)
        return same_as_raw(y, x);
    if (y->kind == BT_TERM_RAW && x->kind != BT_TERM_RAW)
        return same_as_raw(x, y);
    if (x->kind != y->kind)
        return false;
    if (x->kind == BT_TERM_TUPLE || x->kind == BT_TERM_LIST)
        return same_items(x, y);
    return x->kind == BT_TERM_MAP ? same_maps(x, y) : bt_term_equal(x, y);
}

const struct bt_term *bt_eval_map_get(const struct bt_term *map, const struct bt_term *key)
{
    for (size_t i = 0; map->kind == BT_TERM_MAP && i < map->u.seq.n; i++) {
        if (bt_eval_same(map->u.seq.items[2 * i], key))
            return map->u.seq.items[2 * i + 1];
    }
    return NULL;
}

/* ---- tests ---- */

static const struct bt_term *truth(struct bt_arena *a, bool yes)
{
    return bt_term_atom(a, yes ? "true" : "false");
}

static bool is_raw(const struct bt_term *t, enum bt_etf_kind kind)
{
    struct bt_etf r;
    struct bt_etf_token tok;
    if (t->kind != BT_TERM_RAW)
        return false;
    bt_etf_init(&r, t->u.raw.etf, t->u.raw.len);
    return bt_etf_next(&r, &tok) && tok.kind == kind;
}

static bool is_whole(const struct bt_term *t)
{
    return t->kind == BT_TERM_INT || t->kind == BT_TERM_BIG;
}

#define TEST(name, test)                                                                                     \
    static const struct bt_term *name(struct bt_arena *a, const struct bt_term *const *x)                    \
    {                                                                                                        \
        const struct bt_term *t = x[0];                                                                      \
        return truth(a, test);                                                                               \
    }

TEST(is_atom, t->kind == BT_TERM_ATOM)
TEST(is_binary, t->kind == BT_TERM_BINARY && t->u.binary.last_bits == 8)
TEST(is_bitstring, t->kind == BT_TERM_BINARY)
TEST(is_boolean, bt_term_is_atom(t, "true") || bt_term_is_atom(t, "false"))
TEST(is_float, t->kind == BT_TERM_FLOAT)
TEST(is_function, t->kind == BT_TERM_FUN || is_raw(t, BT_ETF_FUN))
TEST(is_integer, is_whole(t))
TEST(is_list, t->kind == BT_TERM_LIST)
TEST(is_map, t->kind == BT_TERM_MAP)
TEST(is_number, is_whole(t) || t->kind == BT_TERM_FLOAT)
TEST(is_pid, t->kind == BT_TERM_PID || is_raw(t, BT_ETF_PID))
TEST(is_port, t->kind == BT_TERM_PORT || is_raw(t, BT_ETF_PORT))
TEST(is_reference, t->kind == BT_TERM_REF || is_raw(t, BT_ETF_REF))
TEST(is_tuple, t->kind == BT_TERM_TUPLE)

/* A match specification gives the size as its third argument. */
static const struct bt_term *is_record(struct bt_arena *a, const struct bt_term *const *x)
{
    bool has_size = x[2]->kind == BT_TERM_INT && x[0]->kind == BT_TERM_TUPLE && x[0]->u.seq.n > 0 &&
                    x[2]->u.small == (int64_t)x[0]->u.seq.n;
    return truth(a, has_size && bt_eval_same(x[0]->u.seq.items[0], x[1]));
}

static const struct bt_term *is_map_key(struct bt_arena *a, const struct bt_term *const *x)
{
    return x[1]->kind == BT_TERM_MAP ? truth(a, bt_eval_map_get(x[1], x[0]) != NULL) : NULL;
}

/* ---- parts and sizes ---- */

static const struct bt_term *element(struct bt_arena *a, const struct bt_term *const *x)
{
    (void)a;
    if (x[0]->kind != BT_TERM_INT || x[1]->kind != BT_TERM_TUPLE || x[0]->u.small < 1 ||
        x[0]->u.small > (int64_t)x[1]->u.seq.n)
        return NULL;
    return x[1]->u.seq.items[x[0]->u.small - 1];
}

static bool has_head(const struct bt_term *t)
{
    return t->kind == BT_TERM_LIST && t->u.seq.n > 0;
}

static const struct bt_term *hd(struct bt_arena *a, const struct bt_term *const *x)
{
    (void)a;
    return has_head(x[0]) ? x[0]->u.seq.items[0] : NULL;
}

static const struct bt_term *tl(struct bt_arena *a, const struct bt_term *const *x)
{
    if (!has_head(x[0]))
        return NULL;
    if (x[0]->u.seq.n == 1 && x[0]->u.seq.tail)
        return x[0]->u.seq.tail;
    return bt_term_list(a, x[0]->u.seq.items + 1, x[0]->u.seq.n - 1, x[0]->u.seq.tail);
}

static const struct bt_term *count(struct bt_arena *a, size_t n, bool has_one)
{
    return has_one ? bt_term_int(a, (int64_t)n) : NULL;
}

static const struct bt_term *length(struct bt_arena *a, const struct bt_term *const *x)
{
    return count(a, x[0]->u.seq.n, x[0]->kind == BT_TERM_LIST && !x[0]->u.seq.tail);
}

static const struct bt_term *tuple_size(struct bt_arena *a, const struct bt_term *const *x)
{
    return count(a, x[0]->u.seq.n, x[0]->kind == BT_TERM_TUPLE);
}

static const struct bt_term *map_size(struct bt_arena *a, const struct bt_term *const *x)
{
    return count(a, x[0]->u.seq.n, x[0]->kind == BT_TERM_MAP);
}

static const struct bt_term *byte_size(struct bt_arena *a, const struct bt_term *const *x)
{
    return count(a, x[0]->u.binary.len, x[0]->kind == BT_TERM_BINARY);
}

static const struct bt_term *bit_size(struct bt_arena *a, const struct bt_term *const *x)
{
    size_t len = x[0]->kind == BT_TERM_BINARY ? x[0]->u.binary.len : 0;
    return count(a, len ? 8 * (len - 1) + x[0]->u.binary.last_bits : 0, x[0]->kind == BT_TERM_BINARY);
}

/* Of a bitstring whole bytes, unlike byte_size. */
static const struct bt_term *size(struct bt_arena *a, const struct bt_term *const *x)
{
    if (x[0]->kind == BT_TERM_TUPLE)
        return tuple_size(a, x);
    return count(a, x[0]->u.binary.len - (x[0]->u.binary.len && x[0]->u.binary.last_bits < 8),
        x[0]->kind == BT_TERM_BINARY);
}

static const struct bt_term *map_get(struct bt_arena *a, const struct bt_term *const *x)
{
    (void)a;
    return bt_eval_map_get(x[1], x[0]);
}

/* ---- numbers ---- */

static const struct bt_term *abs_of(struct bt_arena *a, const struct bt_term *const *x)
{
    struct bt_bigint n;
    if (x[0]->kind == BT_TERM_FLOAT)
        return bt_term_float(a, fabs(x[0]->u.real));
    if (!is_whole(x[0]) || !bt_bigint_of(a, x[0], &n))
        return NULL;
    n.negative = false;
    return bt_bigint_term(a, &n);
}

static const struct bt_term *float_of(struct bt_arena *a, const struct bt_term *const *x)
{
    struct bt_bigint n;
    if (x[0]->kind == BT_TERM_FLOAT)
        return x[0];
    return is_whole(x[0]) && bt_bigint_of(a, x[0], &n) && isfinite(bt_bigint_to_float(&n))
               ? bt_term_float(a, bt_bigint_to_float(&n))
               : NULL;
}

/* A whole number from a float; beyond 2^62 it is not worked out. */
static const struct bt_term *whole(struct bt_arena *a, const struct bt_term *x, double (*of)(double))
{
    if (is_whole(x))
        return x;
    if (x->kind != BT_TERM_FLOAT || !(fabs(x->u.real) < 4.6e18))
        return NULL;
    return bt_term_int(a, (int64_t)of(x->u.real));
}

static const struct bt_term *round_of(struct bt_arena *a, const struct bt_term *const *x)
{
    return whole(a, x[0], round);
}

static const struct bt_term *trunc_of(struct bt_arena *a, const struct bt_term *const *x)
{
    return whole(a, x[0], trunc);
}

static const struct bt_term *ceil_of(struct bt_arena *a, const struct bt_term *const *x)
{
    return whole(a, x[0], ceil);
}

static const struct bt_term *floor_of(struct bt_arena *a, const struct bt_term *const *x)
{
    return whole(a, x[0], floor);
}

/* Of equal ones the first, as erlang:max/2 and min/2. */
static const struct bt_term *max_of(struct bt_arena *a, const struct bt_term *const *x)
{
    int order;
    return bt_fold_compare(a, x[0], x[1], &order) ? x[order < 0] : NULL;
}

static const struct bt_term *min_of(struct bt_arena *a, const struct bt_term *const *x)
{
    int order;
    return bt_fold_compare(a, x[0], x[1], &order) ? x[order > 0] : NULL;
}

/* ---- the table ---- */

static const struct bt_eval_fun funs[] = {
    {"is_atom", 1, is_atom},
    {"is_binary", 1, is_binary},
    {"is_bitstring", 1, is_bitstring},
    {"is_boolean", 1, is_boolean},
    {"is_float", 1, is_float},
    {"is_function", 1, is_function},
    {"is_integer", 1, is_integer},
    {"is_list", 1, is_list},
    {"is_map", 1, is_map},
    {"is_map_key", 2, is_map_key},
    {"is_number", 1, is_number},
    {"is_pid", 1, is_pid},
    {"is_port", 1, is_port},
    {"is_record", 3, is_record},
    {"is_reference", 1, is_reference},
    {"is_tuple", 1, is_tuple},
    {"bit_size", 1, bit_size},
    {"byte_size", 1, byte_size},
    {"element", 2, element},
    {"hd", 1, hd},
    {"length", 1, length},
    {"map_get", 2, map_get},
    {"map_size", 1, map_size},
    {"size", 1, size},
    {"tl", 1, tl},
    {"tuple_size", 1, tuple_size},
    {"abs", 1, abs_of},
    {"ceil", 1, ceil_of},
    {"float", 1, float_of},
    {"floor", 1, floor_of},
    {"max", 2, max_of},
    {"min", 2, min_of},
    {"round", 1, round_of},
    {"trunc", 1, trunc_of},
};

const struct bt_eval_fun *bt_eval_fun_find(const char *name, size_t arity)
{
    for (size_t i = 0; i < sizeof funs / sizeof funs[0]; i++) {
        if (funs[i].arity == arity && strcmp(funs[i].name, name) == 0)
            return &funs[i];
    }
    return NULL;
}
