/*
 * term.c - Erlang terms as a tree in an arena.
 */
#include "term/term.h"

#include <string.h>

#include "base/utf8.h"

struct bt_term *bt_term_new(struct bt_arena *a, enum bt_term_kind kind)
{
    struct bt_term *t = bt_arena_alloc(a, sizeof *t);
    if (t)
        t->kind = kind;
    return t;
}

const struct bt_term *bt_term_atom(struct bt_arena *a, const char *name)
{
    return bt_term_atom_n(a, name, strlen(name));
}

const struct bt_term *bt_term_atom_n(struct bt_arena *a, const char *name, size_t len)
{
    struct bt_term *t = bt_term_new(a, BT_TERM_ATOM);
    char *copy = bt_arena_strndup(a, name, len);
    if (!t || !copy)
        return NULL;
    t->u.atom.name = copy;
    t->u.atom.len = len;
    return t;
}

const struct bt_term *bt_term_int(struct bt_arena *a, int64_t v)
{
    struct bt_term *t = bt_term_new(a, BT_TERM_INT);
    if (t)
        t->u.small = v;
    return t;
}

/* The value of a magnitude of at most 8 bytes, when an int64_t can hold it with its sign. */
static bool fits_int64(bool negative, const uint8_t *mag, size_t n, int64_t *v)
{
    uint64_t m = 0;
    if (n > 8)
        return false;
    for (size_t i = n; i-- > 0;)
        m = m << 8 | mag[i];
    if (m > (uint64_t)INT64_MAX + negative)
        return false;
    *v = !negative ? (int64_t)m : m == 0 ? 0 : -(int64_t)(m - 1) - 1;
    return true;
}

const struct bt_term *bt_term_big(struct bt_arena *a, bool negative, const uint8_t *mag, size_t n_bytes)
{
    int64_t v;
    while (n_bytes && mag[n_bytes - 1] == 0)
        n_bytes--;
    if (fits_int64(negative, mag, n_bytes, &v))
        return bt_term_int(a, v);
    struct bt_term *t = bt_term_new(a, BT_TERM_BIG);
    uint8_t *copy = bt_arena_alloc(a, n_bytes);
    if (!t || !copy)
        return NULL;
    memcpy(copy, mag, n_bytes);
    t->u.big.negative = negative;
    t->u.big.mag = copy;
    t->u.big.n_bytes = n_bytes;
    return t;
}

const struct bt_term *bt_term_float(struct bt_arena *a, double v)
{
    struct bt_term *t = bt_term_new(a, BT_TERM_FLOAT);
    if (t)
        t->u.real = v;
    return t;
}

const struct bt_term *bt_term_binary(struct bt_arena *a, const void *bytes, size_t len, unsigned last_bits)
{
    struct bt_term *t = bt_term_new(a, BT_TERM_BINARY);
    char *copy = bt_arena_strndup(a, bytes, len);
    if (!t || !copy)
        return NULL;
    t->u.binary.bytes = (const uint8_t *)copy;
    t->u.binary.len = len;
    t->u.binary.last_bits = len ? last_bits : 8;
    if (len) /* bits that are not part of the term are zero, so that equal terms have equal bytes */
        copy[len - 1] = (char)((unsigned char)copy[len - 1] & (0xFFu << (8 - last_bits)));
    return t;
}

/* A node with a copy of the array of its members, all of which must be there. */
static struct bt_term *seq_new(
    struct bt_arena *a, enum bt_term_kind kind, const struct bt_term *const *items, size_t n_items)
{
    struct bt_term *t = bt_term_new(a, kind);
    const struct bt_term **copy = bt_arena_array(a, n_items, sizeof *copy);
    if (!t || !copy)
        return NULL;
    for (size_t i = 0; i < n_items; i++) {
        if (!items[i])
            return NULL;
        copy[i] = items[i];
    }
    t->u.seq.items = copy;
    t->u.seq.n = n_items;
    return t;
}

const struct bt_term *bt_term_tuple(struct bt_arena *a, const struct bt_term *const *items, size_t n)
{
    return seq_new(a, BT_TERM_TUPLE, items, n);
}

const struct bt_term *bt_term_list(
    struct bt_arena *a, const struct bt_term *const *items, size_t n, const struct bt_term *tail)
{
    struct bt_term *t = seq_new(a, BT_TERM_LIST, items, n);
    if (t)
        t->u.seq.tail = tail;
    return t;
}

const struct bt_term *bt_term_map(struct bt_arena *a, const struct bt_term *const *items, size_t n_pairs)
{
    struct bt_term *t = n_pairs > SIZE_MAX / 2 ? NULL : seq_new(a, BT_TERM_MAP, items, 2 * n_pairs);
    if (t)
        t->u.seq.n = n_pairs;
    return t;
}

const struct bt_term *bt_term_fun(struct bt_arena *a, const char *module, const char *function, int64_t arity)
{
    struct bt_term *t = bt_term_new(a, BT_TERM_FUN);
    const struct bt_term *m = bt_term_atom(a, module), *f = bt_term_atom(a, function);
    if (!t || !m || !f)
        return NULL;
    t->u.fun.module = m;
    t->u.fun.function = f;
    t->u.fun.arity = arity;
    return t;
}

const struct bt_term *bt_term_charlist(struct bt_arena *a, const char *utf8)
{
    size_t len = strlen(utf8), n = 0;
    const struct bt_term **items = bt_arena_array(a, bt_utf8_count(utf8, len), sizeof *items);
    struct bt_term *t = bt_term_new(a, BT_TERM_LIST);
    if (!items || !t)
        return NULL;
    for (size_t i = 0, step; i < len; i += step) {
        uint32_t cp = (unsigned char)utf8[i];
        step = bt_utf8_decode(utf8 + i, len - i, &cp);
        step = step ? step : 1;
        items[n] = bt_term_int(a, (int64_t)cp);
        if (!items[n++])
            return NULL;
    }
    t->u.seq.items = items;
    t->u.seq.n = n;
    return t;
}

const struct bt_term *bt_term_raw(struct bt_arena *a, const void *etf, size_t len)
{
    struct bt_term *t = bt_term_new(a, BT_TERM_RAW);
    char *copy = bt_arena_strndup(a, etf, len);
    if (!t || !copy)
        return NULL;
    t->u.raw.etf = (const uint8_t *)copy;
    t->u.raw.len = len;
    return t;
}

const struct bt_term *bt_term_tuple1(struct bt_arena *a, const struct bt_term *x)
{
    return bt_term_tuple(a, &x, 1);
}

const struct bt_term *bt_term_tuple2(struct bt_arena *a, const struct bt_term *x, const struct bt_term *y)
{
    const struct bt_term *items[] = {x, y};
    return bt_term_tuple(a, items, 2);
}

const struct bt_term *bt_term_tuple3(
    struct bt_arena *a, const struct bt_term *x, const struct bt_term *y, const struct bt_term *z)
{
    const struct bt_term *items[] = {x, y, z};
    return bt_term_tuple(a, items, 3);
}

bool bt_term_is_atom(const struct bt_term *t, const char *name)
{
    return t && t->kind == BT_TERM_ATOM && t->u.atom.len == strlen(name) &&
           memcmp(t->u.atom.name, name, t->u.atom.len) == 0;
}

static bool bytes_equal(const void *x, size_t x_len, const void *y, size_t y_len)
{
    return x_len == y_len && (x_len == 0 || memcmp(x, y, x_len) == 0);
}

/* Pairs of a map count twice. */
static bool seq_equal(const struct bt_term *x, const struct bt_term *y, size_t per_item)
{
    if (x->u.seq.n != y->u.seq.n)
        return false;
    for (size_t i = 0; i < x->u.seq.n * per_item; i++) {
        if (!bt_term_equal(x->u.seq.items[i], y->u.seq.items[i]))
            return false;
    }
    return true;
}

static bool list_equal(const struct bt_term *x, const struct bt_term *y)
{
    const struct bt_term *xt = x->u.seq.tail, *yt = y->u.seq.tail;
    if (!seq_equal(x, y, 1) || !xt != !yt)
        return false;
    return !xt || bt_term_equal(xt, yt);
}

bool bt_term_equal(const struct bt_term *x, const struct bt_term *y)
{
    if (x->kind != y->kind)
        return false;
    switch (x->kind) {
    case BT_TERM_ATOM: return bytes_equal(x->u.atom.name, x->u.atom.len, y->u.atom.name, y->u.atom.len);
    case BT_TERM_INT: return x->u.small == y->u.small;
    case BT_TERM_BIG:
        return x->u.big.negative == y->u.big.negative &&
               bytes_equal(x->u.big.mag, x->u.big.n_bytes, y->u.big.mag, y->u.big.n_bytes);
    case BT_TERM_FLOAT: return x->u.real == y->u.real;
    case BT_TERM_BINARY:
        return x->u.binary.last_bits == y->u.binary.last_bits &&
               bytes_equal(x->u.binary.bytes, x->u.binary.len, y->u.binary.bytes, y->u.binary.len);
    case BT_TERM_TUPLE: return seq_equal(x, y, 1);
    case BT_TERM_LIST: return list_equal(x, y);
    case BT_TERM_MAP: return seq_equal(x, y, 2);
    case BT_TERM_PID: return x->u.pid.id == y->u.pid.id && x->u.pid.serial == y->u.pid.serial;
    case BT_TERM_REF: return bytes_equal(x->u.ref.words, x->u.ref.n * 4, y->u.ref.words, y->u.ref.n * 4);
    case BT_TERM_PORT: return x->u.port == y->u.port;
    case BT_TERM_FUN:
        return x->u.fun.arity == y->u.fun.arity && bt_term_equal(x->u.fun.module, y->u.fun.module) &&
               bt_term_equal(x->u.fun.function, y->u.fun.function);
    case BT_TERM_RAW: return bytes_equal(x->u.raw.etf, x->u.raw.len, y->u.raw.etf, y->u.raw.len);
    case BT_TERM_HOLE: return true;
    case BT_TERM_CAPTURE: return x->u.capture == y->u.capture;
    }
    return false;
}
