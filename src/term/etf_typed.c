/*
 * etf_typed.c - readers for a term of one known kind. What trace messages are made of is read at once, the other forms by
 * way of bt_etf_next(). All of them move the cursor, and give a result, only when they succeed.
 */
#include "term/etf_read.h"

#include <string.h>

#include "base/utf8.h"
#include "term/etf_tags.h"

/* Does the short form of this tag come, with its byte behind the tag? */
static bool comes(const struct bt_etf *r, uint8_t tag)
{
    return r->end - r->p >= 2 && r->p[0] == tag;
}

/* Does an atom come, in any of its forms? Most questions end here. */
static bool atom_comes(const struct bt_etf *r)
{
    uint8_t tag = r->p == r->end ? BT_TAG_NIL : r->p[0];
    return tag == BT_TAG_SMALL_ATOM_UTF8 || tag == BT_TAG_ATOM_UTF8 || tag == BT_TAG_ATOM ||
           tag == BT_TAG_SMALL_ATOM;
}

/* Reads a token of one kind, or leaves the cursor alone. */
static bool next_of(struct bt_etf *r, enum bt_etf_kind kind, struct bt_etf_token *tok)
{
    struct bt_etf copy = *r;
    if (!bt_etf_next(&copy, tok) || tok->kind != kind)
        return false;
    *r = copy;
    return true;
}

bool bt_etf_tuple(struct bt_etf *r, uint32_t *arity)
{
    struct bt_etf_token tok;
    if (comes(r, BT_TAG_SMALL_TUPLE) && r->end - r->p - 2 >= r->p[1]) {
        *arity = r->p[1];
        r->p += 2;
        return true;
    }
    if (r->p == r->end || r->p[0] != BT_TAG_LARGE_TUPLE || !next_of(r, BT_ETF_TUPLE, &tok))
        return false;
    *arity = tok.arity;
    return true;
}

bool bt_etf_tuple_of(struct bt_etf *r, uint32_t arity)
{
    struct bt_etf copy = *r;
    uint32_t n;
    if (!bt_etf_tuple(&copy, &n) || n != arity)
        return false;
    *r = copy;
    return true;
}

bool bt_etf_list(struct bt_etf *r, uint32_t *n)
{
    struct bt_etf copy = *r;
    struct bt_etf_token tok;
    if (bt_etf_nil(r)) {
        *n = 0;
        return true;
    }
    /* A list header of no items is legal but nobody sends it; taking it would blur what n = 0 means. */
    if (!next_of(&copy, BT_ETF_LIST, &tok) || tok.arity == 0)
        return false;
    *n = tok.arity;
    *r = copy;
    return true;
}

bool bt_etf_nil(struct bt_etf *r)
{
    struct bt_etf_token tok;
    return next_of(r, BT_ETF_NIL, &tok);
}

bool bt_etf_mfa(struct bt_etf *r, struct bt_slice *mfa, struct bt_slice *module, struct bt_slice *function,
    uint32_t *arity)
{
    struct bt_etf copy = *r;
    if (!bt_etf_tuple_of(&copy, 3) || !bt_etf_atom(&copy, module) || !bt_etf_atom(&copy, function) ||
        !bt_etf_uint32(&copy, arity))
        return false;
    *mfa = (struct bt_slice){r->p, (size_t)(copy.p - r->p)};
    *r = copy;
    return true;
}

static bool is_ascii(struct bt_slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] >= 0x80)
            return false;
    }
    return true;
}

bool bt_etf_atom(struct bt_etf *r, struct bt_slice *name)
{
    struct bt_etf copy = *r;
    struct bt_etf_token tok;
    if (comes(r, BT_TAG_SMALL_ATOM_UTF8) && r->end - r->p - 2 >= r->p[1]) {
        *name = (struct bt_slice){r->p + 2, r->p[1]};
        r->p += 2 + name->len;
        return true;
    }
    if (!atom_comes(r) || !next_of(&copy, BT_ETF_ATOM, &tok) || (tok.latin1 && !is_ascii(tok.bytes)))
        return false;
    *name = tok.bytes;
    *r = copy;
    return true;
}

bool bt_etf_is_atom(struct bt_etf *r, const char *name)
{
    struct bt_etf copy = *r;
    struct bt_slice s;
    if (!bt_etf_atom(&copy, &s) || !bt_slice_is(s, name))
        return false;
    *r = copy;
    return true;
}

/* An integer of up to 63 bits, such as a time. */
static bool short_big(struct bt_etf *r, int64_t *v)
{
    if (!comes(r, BT_TAG_SMALL_BIG) || r->p[1] > 8 || r->end - r->p < 3 + r->p[1] ||
        (r->p[1] == 8 && r->p[10] >= 0x80))
        return false;
    int64_t n = 0;
    for (size_t i = r->p[1]; i-- > 0;)
        n = n << 8 | r->p[3 + i];
    *v = r->p[2] ? -n : n;
    r->p += 3 + r->p[1];
    return true;
}

bool bt_etf_int64(struct bt_etf *r, int64_t *v)
{
    struct bt_etf_token tok;
    if (comes(r, BT_TAG_SMALL_INTEGER)) {
        *v = r->p[1];
        r->p += 2;
        return true;
    }
    if (short_big(r, v))
        return true;
    if (!next_of(r, BT_ETF_INT, &tok))
        return false;
    *v = tok.integer;
    return true;
}

bool bt_etf_uint32(struct bt_etf *r, uint32_t *v)
{
    struct bt_etf copy = *r;
    int64_t wide;
    if (comes(r, BT_TAG_SMALL_INTEGER)) {
        *v = r->p[1];
        r->p += 2;
        return true;
    }
    if (!bt_etf_int64(&copy, &wide) || wide < 0 || wide > (int64_t)UINT32_MAX)
        return false;
    *v = (uint32_t)wide;
    *r = copy;
    return true;
}

bool bt_etf_binary(struct bt_etf *r, struct bt_slice *bytes)
{
    struct bt_etf copy = *r;
    struct bt_etf_token tok;
    if (!next_of(&copy, BT_ETF_BINARY, &tok) || tok.last_bits != 8)
        return false;
    *bytes = tok.bytes;
    *r = copy;
    return true;
}

/* ---- text ---- */

/* Where bt_etf_text() puts characters; out NULL: only measures. */
struct text_out {
    char *out;
    size_t len, cap; /* cap: room for text, the NUL not counted */
    bool full;       /* a character did not fit: nothing more is added */
};

static void put_char(struct text_out *t, uint32_t cp)
{
    char utf8[4];
    size_t n = bt_utf8_encode(cp, utf8);
    if (!t->out || t->full)
        return;
    if (n > t->cap - t->len) {
        t->full = true;
        return;
    }
    memcpy(t->out + t->len, utf8, n);
    t->len += n;
}

static void put_latin1(struct text_out *t, struct bt_slice s)
{
    for (size_t i = 0; i < s.len; i++)
        put_char(t, s.p[i]);
}

/* A binary is UTF-8, or else latin-1, as Erlang's ~ts takes it. */
static void put_binary(struct text_out *t, struct bt_slice s)
{
    uint32_t cp;
    size_t n;
    for (size_t i = 0; i < s.len; i += n) {
        n = bt_utf8_decode(s.p + i, s.len - i, &cp);
        if (n == 0) {
            put_latin1(t, s);
            return;
        }
    }
    for (size_t i = 0; i < s.len; i += n) {
        n = bt_utf8_decode(s.p + i, s.len - i, &cp);
        put_char(t, cp);
    }
}

static bool put_list(struct bt_etf *r, struct text_out *t, uint32_t n)
{
    char utf8[4];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t cp;
        if (!bt_etf_uint32(r, &cp) || bt_utf8_encode(cp, utf8) == 0)
            return false;
        put_char(t, cp);
    }
    return bt_etf_nil(r);
}

static bool put_text(struct bt_etf *r, struct text_out *t)
{
    struct bt_etf_token tok;
    if (!bt_etf_next(r, &tok))
        return false;
    switch (tok.kind) {
    case BT_ETF_NIL: return true;
    case BT_ETF_STRING: put_latin1(t, tok.bytes); return true;
    case BT_ETF_BINARY: put_binary(t, tok.bytes); return tok.last_bits == 8;
    case BT_ETF_LIST: return put_list(r, t, tok.arity);
    default: return false;
    }
}

bool bt_etf_text_of(struct bt_etf *r, char *out, size_t cap, size_t *len)
{
    struct bt_etf copy = *r;
    struct text_out t = {0};
    if (cap == 0 || !put_text(&copy, &t)) /* first without writing: out stays as it is on failure */
        return false;
    copy = *r;
    t = (struct text_out){out, 0, cap - 1, false};
    put_text(&copy, &t);
    out[t.len] = '\0';
    *len = t.len;
    *r = copy;
    return true;
}

bool bt_etf_text(struct bt_etf *r, char *out, size_t cap)
{
    size_t len;
    return bt_etf_text_of(r, out, cap, &len);
}

bool bt_slice_equal(struct bt_slice a, struct bt_slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool bt_slice_is(struct bt_slice a, const char *text)
{
    return bt_slice_equal(a, (struct bt_slice){(const uint8_t *)text, strlen(text)});
}
