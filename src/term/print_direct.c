/*
 * print_direct.c - the common terms as Erlang text, in one pass and without a receiver.
 *
 * Each put_ function takes the place it reads from and writes to, and returns where both are afterwards. Room is asked for
 * once a term (print_place.h). Whatever is not common returns `nowhere`, all the way up, and the walker begins anew.
 */
#include "term/print_direct.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes8.h"
#include "term/digits.h"
#include "term/etf_tags.h"
#include "term/print_place.h"
#include "term/quote.h"
#include "term/walk.h"

#define SHORT_NAME 64 /* of an atom, for which the slack is room enough */

static const struct bt_place nowhere = {NULL, NULL};

/* Any term. */
static bt_place_put put_term;

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Bytes from the tag on. */
static size_t left_of(const struct bt_direct *d, struct bt_place at)
{
    return (size_t)(d->end - at.from);
}

/* Room for n bytes and the slack. */
static struct bt_place make_room(struct bt_direct *d, struct bt_place at, size_t n)
{
    size_t room = (size_t)(d->room_end - at.to);
    return room >= n && room - n >= BT_DIRECT_SLACK ? at : bt_place_grow(d, at, n);
}

/* ---- leaves ---- */

static struct bt_place put_byte(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    (void)levels;
    if (left_of(d, at) < 2)
        return nowhere;
    const struct bt_digits_byte *b = &bt_digits_bytes[at.from[1]];
    memcpy(at.to, b->text, sizeof b->text);
    return (struct bt_place){at.from + 2, at.to + b->len};
}

static struct bt_place put_int(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    (void)levels;
    if (left_of(d, at) < 5)
        return nowhere;
    return (struct bt_place){at.from + 5, bt_digits_at(at.to, (int32_t)be32(at.from + 1))};
}

/* An integer of more than 32 bits and up to 63. */
static struct bt_place put_small_big(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    size_t left = left_of(d, at);
    if (left < 3 || left - 3 < at.from[1])
        return nowhere;
    uint8_t n = at.from[1];
    const uint8_t *mag = at.from + 3;
    if (n > 8 || (n == 8 && mag[7] >= 0x80))
        return bt_place_leaf(d, at, levels);
    int64_t v = 0;
    for (size_t i = n; i-- > 0;)
        v = v << 8 | mag[i];
    return (struct bt_place){mag + n, bt_digits_at(at.to, at.from[2] ? -v : v)};
}

static struct bt_place put_nil(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    (void)d;
    (void)levels;
    memcpy(at.to, "[]", 2);
    return (struct bt_place){at.from + 1, at.to + 2};
}

static struct bt_place put_float(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    struct bt_etf r = {at.from, d->end};
    struct bt_etf_token tok;
    (void)levels;
    if (!bt_etf_next(&r, &tok))
        return nowhere;
    return (struct bt_place){r.p, bt_digits_float_at(at.to, tok.real)};
}

/* len bytes, 1 to 8, and letters behind them. */
static uint64_t load_short(const struct bt_direct *d, const uint8_t *p, size_t len)
{
    if (len == 8)
        return bt_bytes8_load(p);
    uint64_t letters = BT_BYTES8('a'), w = 0;
    if ((size_t)(p + len - d->start) >=
        8) /* the end is always there to be read, and nearly always what is before it */
        return bt_bytes8_load(p + len - 8) >> (64 - 8 * len) | letters << 8 * len;
    for (size_t i = len; i-- > 0;)
        w = w << 8 | p[i];
    return w | letters << 8 * len;
}

/*
 * Copies bytes while they stand for themselves between quotes; returns how many. There is room for len, and for eight more.
 */
static size_t copy_plain(const struct bt_direct *d, char *to, const uint8_t *from, size_t len, char quote)
{
    size_t n = 0;
    for (; len - n >= 8; n += 8) {
        uint64_t w = bt_bytes8_load(from + n);
        bt_bytes8_store(to + n, w);
        if (!bt_bytes8_plain(w, quote))
            return n;
    }
    if (n == len)
        return len;
    uint64_t rest = load_short(d, from + n, len - n);
    bt_bytes8_store(to + n, rest);
    return bt_bytes8_plain(rest, quote) ? len : n;
}

/* An atom that begins with a capital or a sign of ASCII, as 'Elixir.Enum' and '$gen_call', has quotes. */
static struct bt_place put_quoted(struct bt_direct *d, struct bt_place at, struct bt_slice name)
{
    at = make_room(d, at, name.len);
    if (!at.to)
        return nowhere;
    if (name.len == 0 || (name.p[0] >= 'a' && name.p[0] <= 'z') ||
        copy_plain(d, at.to + 1, name.p, name.len, '\'') < name.len)
        return bt_place_leaf(d, at, 0);
    at.to[0] = at.to[1 + name.len] = '\'';
    return (struct bt_place){name.p + name.len, at.to + name.len + 2};
}

/* The same for small letters, digits and _. */
static size_t copy_name(const struct bt_direct *d, char *to, const uint8_t *from, size_t len)
{
    for (size_t n = 0; n < len; n += 8) {
        uint64_t w = load_short(d, from + n, len - n < 8 ? len - n : 8);
        bt_bytes8_store(to + n, w);
        if (!bt_bytes8_name(w))
            return n;
    }
    return len;
}

/* An atom. Names that begin with a small letter and hold other than letters, digits and _ are left to quote.c. */
static struct bt_place put_atom(struct bt_direct *d, struct bt_place at, size_t head, size_t len)
{
    const uint8_t *name = at.from + head;
    if (left_of(d, at) - head < len)
        return nowhere;
    if (len == 0 || len > SHORT_NAME || name[0] < 'a' || name[0] > 'z')
        return put_quoted(d, at, (struct bt_slice){name, len});
    if (copy_name(d, at.to, name, len) < len ||
        (bt_quote_may_be_reserved(name, len) && bt_quote_is_reserved(name, len)))
        return bt_place_leaf(d, at, 0);
    return (struct bt_place){name + len, at.to + len};
}

static struct bt_place put_small_atom(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    (void)levels;
    return left_of(d, at) < 2 ? nowhere : put_atom(d, at, 2, at.from[1]);
}

static struct bt_place put_large_atom(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    (void)levels;
    return left_of(d, at) < 3 ? nowhere : put_atom(d, at, 3, be16(at.from + 1));
}

static struct bt_place put_binary(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    (void)levels;
    size_t left = left_of(d, at);
    if (left < 5 || left - 5 < be32(at.from + 1))
        return nowhere;
    const uint8_t *bytes = at.from + 5;
    size_t len = be32(at.from + 1);
    at = make_room(d, at, len);
    if (!at.to)
        return nowhere;
    if (len == 0 || copy_plain(d, at.to + 3, bytes, len, '"') < len)
        return bt_place_leaf(d, at, levels);
    memcpy(at.to, "<<\"", 3);
    memcpy(at.to + 3 + len, "\">>", 3);
    return (struct bt_place){bytes + len, at.to + len + 6};
}

/* <0.44.0>; one of a node with a name that cannot stand as it is goes by its token. */
static struct bt_place put_pid(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    size_t left = left_of(d, at);
    if (left < 4)
        return nowhere;
    bool is_short = at.from[1] == BT_TAG_SMALL_ATOM_UTF8;
    if (!is_short && at.from[1] != BT_TAG_ATOM) /* the latter in term_to_binary() before OTP 26 */
        return bt_place_leaf(d, at, levels);
    size_t head = is_short ? 3 : 4, len = is_short ? at.from[2] : be16(at.from + 2);
    if (left - head < 12 || left - head - 12 < len)
        return nowhere;
    struct bt_slice node = {at.from + head, len};
    const uint8_t *ids = node.p + len;
    at = make_room(d, at, len);
    if (!at.to)
        return nowhere;
    bool is_plain = copy_plain(d, at.to + 1, node.p, len, '"') == len;
    bool is_home = len && bt_slice_equal(node, d->erlang.home);
    if (!is_plain)
        return bt_place_leaf(d, at, levels);
    char *to = at.to + 1 + len;
    at.to[0] = '<';
    if (is_home) {
        at.to[1] = '0';
        to = at.to + 2;
    }
    *to++ = '.';
    to = bt_digits_at(to, be32(ids));
    *to++ = '.';
    to = bt_digits_at(to, be32(ids + 4));
    *to++ = '>';
    return (struct bt_place){ids + 12, to};
}

/* ---- terms with members ---- */

/* A list of bytes, in its compact form. */
static struct bt_place put_string(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    size_t left = left_of(d, at);
    if (left < 3 || left - 3 < be16(at.from + 1))
        return nowhere;
    struct bt_slice s = {at.from + 3, be16(at.from + 1)};
    at = make_room(d, at, s.len);
    if (!at.to)
        return nowhere;
    if (s.len == 0) {
        memcpy(at.to, "[]", 2);
        return (struct bt_place){s.p, at.to + 2};
    }
    if (copy_plain(d, at.to + 1, s.p, s.len, '"') < s.len)
        return bt_place_string(d, at, levels);
    at.to[0] = at.to[1 + s.len] = '"';
    return (struct bt_place){s.p + s.len, at.to + s.len + 2};
}

static struct bt_place put_members(struct bt_direct *d, struct bt_place at, uint32_t n, uint32_t levels)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            *at.to++ = ',';
        at = put_term(d, at, levels);
        if (!at.to)
            return nowhere;
    }
    return at;
}

static struct bt_place put_tuple(
    struct bt_direct *d, struct bt_place at, size_t head, uint32_t n, uint32_t levels)
{
    if (left_of(d, at) - head < n)
        return nowhere;
    if (n && levels == 0)
        return bt_place_cut(d, at, levels);
    at.from += head;
    *at.to++ = '{';
    at = put_members(d, at, n, levels - 1);
    if (at.to)
        *at.to++ = '}';
    return at;
}

static struct bt_place put_small_tuple(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    return left_of(d, at) < 2 ? nowhere : put_tuple(d, at, 2, at.from[1], levels);
}

static struct bt_place put_large_tuple(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    return left_of(d, at) < 5 ? nowhere : put_tuple(d, at, 5, be32(at.from + 1), levels);
}

/* Can a list that begins so be text? There are two bytes at least. */
static bool may_be_text(const uint8_t *item)
{
    switch (item[0]) {
    case BT_TAG_SMALL_INTEGER: return item[1] >= '\b' && item[1] != 0x7F;
    case BT_TAG_INTEGER: return item[1] == 0; /* up to 2^24 */
    case BT_TAG_SMALL_BIG:
    case BT_TAG_LARGE_BIG: return true;
    default: return false;
    }
}

/* `]`, or the tail and `]`. */
static struct bt_place put_tail(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    if (at.from == d->end)
        return nowhere;
    switch (at.from[0]) {
    case BT_TAG_NIL: at.from++; break;
    case BT_TAG_LIST:
    case BT_TAG_STRING: return nowhere;
    default:
        *at.to++ = '|';
        at = put_term(d, at, levels);
        if (!at.to)
            return nowhere;
    }
    *at.to++ = ']';
    return at;
}

static struct bt_place put_list(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    size_t left = left_of(d, at);
    if (left < 5 || left - 5 <= be32(at.from + 1) || be32(at.from + 1) == 0)
        return nowhere;
    uint32_t n = be32(at.from + 1);
    if (may_be_text(at.from + 5)) {
        struct bt_place text = bt_place_text(d, at);
        if (text.to)
            return text;
    }
    if (levels == 0)
        return bt_place_cut(d, at, levels);
    at.from += 5;
    *at.to++ = '[';
    at = put_members(d, at, n, levels - 1);
    return at.to ? put_tail(d, at, levels - 1) : nowhere;
}

static struct bt_place put_pair(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    at = put_term(d, at, levels);
    if (!at.to)
        return nowhere;
    memcpy(at.to, " => ", 4);
    at.to += 4;
    return put_term(d, at, levels);
}

/* A large map: its pairs from the last one to the first (walk.h). */
static struct bt_place put_reversed(struct bt_direct *d, struct bt_place at, uint32_t n, uint32_t levels)
{
    const uint8_t *base = at.from, *end = NULL;
    uint32_t *pairs = bt_place_pairs(d, base, n, &end);
    if (!pairs)
        return nowhere;
    d->n_reversed++;
    for (uint32_t i = n; at.to && i-- > 0;) {
        at.from = base + pairs[i];
        at = put_pair(d, at, levels);
        if (at.to && i)
            *at.to++ = ',';
    }
    d->n_reversed--;
    free(pairs);
    at.from = end;
    return at;
}

static struct bt_place put_map(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    size_t left = left_of(d, at);
    if (left < 5 || (left - 5) / 2 < be32(at.from + 1))
        return nowhere;
    uint32_t n = be32(at.from + 1);
    if (n && levels == 0)
        return bt_place_cut(d, at, levels);
    at.from += 5;
    memcpy(at.to, "#{", 2);
    at.to += 2;
    if (bt_walk_reverses(n, left - 5, d->n_reversed)) {
        at = put_reversed(d, at, n, levels - 1);
    } else {
        for (uint32_t i = 0; at.to && i < n; i++) {
            if (i)
                *at.to++ = ',';
            at = put_pair(d, at, levels - 1);
        }
    }
    if (at.to)
        *at.to++ = '}';
    return at;
}

/* ---- any term ---- */

static struct bt_place put_term(struct bt_direct *d, struct bt_place at, uint32_t levels)
{
    static bt_place_put *const put[256] = {
        [BT_TAG_SMALL_INTEGER] = put_byte,
        [BT_TAG_INTEGER] = put_int,
        [BT_TAG_SMALL_BIG] = put_small_big,
        [BT_TAG_LARGE_BIG] = bt_place_leaf,
        [BT_TAG_NEW_FLOAT] = put_float,
        [BT_TAG_FLOAT] = bt_place_leaf,
        [BT_TAG_SMALL_ATOM_UTF8] = put_small_atom,
        [BT_TAG_SMALL_ATOM] = put_small_atom,
        [BT_TAG_ATOM_UTF8] = put_large_atom,
        [BT_TAG_ATOM] = put_large_atom,
        [BT_TAG_BINARY] = put_binary,
        [BT_TAG_BIT_BINARY] = bt_place_leaf,
        [BT_TAG_NIL] = put_nil,
        [BT_TAG_STRING] = put_string,
        [BT_TAG_LIST] = put_list,
        [BT_TAG_SMALL_TUPLE] = put_small_tuple,
        [BT_TAG_LARGE_TUPLE] = put_large_tuple,
        [BT_TAG_MAP] = put_map,
        [BT_TAG_PID] = bt_place_leaf,
        [BT_TAG_NEW_PID] = put_pid,
        [BT_TAG_PORT] = bt_place_leaf,
        [BT_TAG_NEW_PORT] = bt_place_leaf,
        [BT_TAG_V4_PORT] = bt_place_leaf,
        [BT_TAG_REFERENCE] = bt_place_leaf,
        [BT_TAG_NEW_REFERENCE] = bt_place_leaf,
        [BT_TAG_NEWER_REFERENCE] = bt_place_leaf,
        [BT_TAG_EXPORT] = bt_place_leaf,
        [BT_TAG_NEW_FUN] = bt_place_leaf,
    };
    if (at.from == d->end || !put[at.from[0]])
        return nowhere;
    if ((size_t)(d->room_end - at.to) < BT_DIRECT_SLACK)
        at = bt_place_grow(d, at, 0);
    return at.to ? put[at.from[0]](d, at, levels) : nowhere;
}

bool bt_print_direct(struct bt_buf *out, struct bt_etf *r, struct bt_slice home, uint32_t levels)
{
    if (out->limit || out->failed || !bt_buf_reserve(out, BT_DIRECT_SLACK))
        return false;
    bool cuts = levels <= BT_DIRECT_LEVELS;
    struct bt_direct d = {{out, home}, r->p, r->end, out->data + out->cap, cuts, 0};
    size_t before = out->len;
    struct bt_place at =
        put_term(&d, (struct bt_place){r->p, out->data + before}, cuts ? levels : BT_DIRECT_LEVELS);
    if (!at.to) {
        out->len = before;
        return false;
    }
    bt_place_commit(&d, at.to);
    r->p = at.from;
    return true;
}
