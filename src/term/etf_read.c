/*
 * etf_read.c - the bounded reader of the external term format (OTP "External Term Format").
 *
 * Two switches over the tag byte: bt_etf_next() takes a term apart, skip_terms() only measures it, as most of what is
 * received is passed over more often than it is read. Both check every length against the bytes that are left before they use it. A count of members is
 * checked in the same way, since each member takes a byte at least: a header that claims more fails at once.
 */
#include "term/etf_read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "term/etf_tags.h"

#define FLOAT_TEXT_BYTES 31
#define FUN_FIXED_BYTES                                                                                      \
    29 /* after the tag: size 4, arity 1, uniq 16, index 4, number of free variables 4                       \
        */
#define MAX_REF_WORDS 5

static uint32_t be16(const uint8_t *p)
{
    return (uint32_t)p[0] << 8 | p[1];
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t be64(const uint8_t *p)
{
    return (uint64_t)be32(p) << 32 | be32(p + 4);
}

static size_t bytes_left(const struct bt_etf *r)
{
    return (size_t)(r->end - r->p);
}

/* ---- atoms inside other terms ---- */

/* The name of the atom at r, passing over it. */
static bool read_atom(struct bt_etf *r, struct bt_slice *name, bool *latin1)
{
    size_t left = bytes_left(r), head, len;
    if (left < 2)
        return false;
    uint8_t tag = r->p[0];
    if (tag == BT_TAG_SMALL_ATOM_UTF8 || tag == BT_TAG_SMALL_ATOM) {
        head = 2;
        len = r->p[1];
    } else if ((tag == BT_TAG_ATOM_UTF8 || tag == BT_TAG_ATOM) && left >= 3) {
        head = 3;
        len = be16(r->p + 1);
    } else {
        return false;
    }
    if (left - head < len)
        return false;
    *name = (struct bt_slice){r->p + head, len};
    *latin1 = tag == BT_TAG_ATOM || tag == BT_TAG_SMALL_ATOM;
    r->p += head + len;
    return true;
}

/* ---- one reader per family of tags; all move r, which bt_etf_next() hands in as a copy ---- */

static bool read_big(struct bt_etf *r, struct bt_etf_token *tok)
{
    size_t left = bytes_left(r), head = r->p[0] == BT_TAG_SMALL_BIG ? 3 : 6;
    if (left < head)
        return false;
    size_t n = head == 3 ? r->p[1] : be32(r->p + 1);
    if (left - head < n)
        return false;
    const uint8_t *mag = r->p + head;
    tok->negative = mag[-1] != 0;
    r->p = mag + n;
    while (n && mag[n - 1] == 0)
        n--;
    tok->kind = BT_ETF_BIG;
    tok->bytes = (struct bt_slice){mag, n};
    if (n > 8)
        return true;
    uint64_t v = 0;
    for (size_t i = n; i-- > 0;)
        v = v << 8 | mag[i];
    if (v <= (uint64_t)INT64_MAX) {
        tok->kind = BT_ETF_INT;
        tok->integer = tok->negative ? -(int64_t)v : (int64_t)v;
    } else if (tok->negative && v == (uint64_t)INT64_MAX + 1) {
        tok->kind = BT_ETF_INT;
        tok->integer = INT64_MIN;
    }
    return true;
}

/* The format knows no infinities and no NaN. */
static bool accept_float(struct bt_etf *r, struct bt_etf_token *tok, double v, size_t n_bytes)
{
    if (!isfinite(v))
        return false;
    tok->kind = BT_ETF_FLOAT;
    tok->real = v;
    r->p += n_bytes;
    return true;
}

static bool read_new_float(struct bt_etf *r, struct bt_etf_token *tok)
{
    if (bytes_left(r) < 9)
        return false;
    uint64_t bits = be64(r->p + 1);
    double v;
    memcpy(&v, &bits, sizeof v);
    return accept_float(r, tok, v, 9);
}

/* The form of before OTP 17, "%.20e" with zero bytes behind it. */
static bool read_text_float(struct bt_etf *r, struct bt_etf_token *tok)
{
    char text[FLOAT_TEXT_BYTES + 1], *end;
    if (bytes_left(r) < 1 + FLOAT_TEXT_BYTES)
        return false;
    memcpy(text, r->p + 1, FLOAT_TEXT_BYTES);
    text[FLOAT_TEXT_BYTES] = '\0';
    if (text[strspn(text, "+-.0123456789e")] != '\0') /* strtod would also take " 1", "0x1p3" and "inf" */
        return false;
    double v = strtod(text, &end);
    return end != text && *end == '\0' && accept_float(r, tok, v, 1 + FLOAT_TEXT_BYTES);
}

static bool read_bytes(struct bt_etf *r, struct bt_etf_token *tok)
{
    size_t left = bytes_left(r), head = r->p[0] == BT_TAG_BIT_BINARY ? 6 : 5;
    if (left < head)
        return false;
    size_t n = be32(r->p + 1);
    unsigned bits = head == 6 ? r->p[5] : 8;
    if (left - head < n || bits > 8 || (head == 6 && (bits == 0) != (n == 0)))
        return false;
    tok->kind = BT_ETF_BINARY;
    tok->bytes = (struct bt_slice){r->p + head, n};
    tok->last_bits = bits ? bits : 8;
    r->p += head + n;
    return true;
}

static bool read_pid(struct bt_etf *r, struct bt_etf_token *tok)
{
    size_t creation = *r->p++ == BT_TAG_PID ? 1 : 4;
    if (!read_atom(r, &tok->node, &tok->node_latin1) || bytes_left(r) < 8 + creation)
        return false;
    tok->kind = BT_ETF_PID;
    tok->ids[0] = be32(r->p);
    tok->ids[1] = be32(r->p + 4);
    tok->creation = creation == 1 ? r->p[8] : be32(r->p + 8);
    r->p += 8 + creation;
    return true;
}

static bool read_port(struct bt_etf *r, struct bt_etf_token *tok)
{
    uint8_t tag = *r->p++;
    size_t creation = tag == BT_TAG_PORT ? 1 : 4, id = tag == BT_TAG_V4_PORT ? 8 : 4;
    if (!read_atom(r, &tok->node, &tok->node_latin1) || bytes_left(r) < id + creation)
        return false;
    tok->kind = BT_ETF_PORT;
    tok->port = id == 8 ? be64(r->p) : be32(r->p);
    r->p += id;
    tok->creation = creation == 1 ? r->p[0] : be32(r->p);
    r->p += creation;
    return true;
}

/* BT_TAG_REFERENCE has its one word before the creation, the others their words behind it. */
static bool read_ref(struct bt_etf *r, struct bt_etf_token *tok)
{
    uint8_t tag = *r->p++;
    size_t creation = tag == BT_TAG_NEWER_REFERENCE ? 4 : 1, n = 1;
    if (tag != BT_TAG_REFERENCE) {
        if (bytes_left(r) < 2)
            return false;
        n = be16(r->p);
        r->p += 2;
    }
    if (n < 1 || n > MAX_REF_WORDS || !read_atom(r, &tok->node, &tok->node_latin1) ||
        bytes_left(r) < creation + 4 * n)
        return false;
    const uint8_t *words = tag == BT_TAG_REFERENCE ? r->p : r->p + creation;
    const uint8_t *number = tag == BT_TAG_REFERENCE ? r->p + 4 : r->p;
    tok->kind = BT_ETF_REF;
    tok->arity = (uint32_t)n;
    for (size_t i = 0; i < n; i++)
        tok->ids[i] = be32(words + 4 * i);
    tok->creation = creation == 1 ? *number : be32(number);
    r->p += creation + 4 * n;
    return true;
}

/* An integer in one of the two short forms, as the members of funs have it. */
static bool read_short_int(struct bt_etf *r, uint32_t *v)
{
    size_t left = bytes_left(r);
    if (left >= 2 && r->p[0] == BT_TAG_SMALL_INTEGER) {
        *v = r->p[1];
        r->p += 2;
    } else if (left >= 5 && r->p[0] == BT_TAG_INTEGER) {
        *v = be32(r->p + 1);
        r->p += 5;
    } else {
        return false;
    }
    return true;
}

static bool read_export(struct bt_etf *r, struct bt_etf_token *tok)
{
    r->p++;
    tok->kind = BT_ETF_EXPORT;
    return read_atom(r, &tok->module, &tok->module_latin1) &&
           read_atom(r, &tok->function, &tok->function_latin1) && read_short_int(r, &tok->arity);
}

/*
 * A closure up to its free variables. Its size field is only looked at for being possible, as OTP does; what
 * is there decides.
 */
static bool read_fun_head(struct bt_etf *r, struct bt_etf_token *tok, uint32_t *n_free)
{
    if (bytes_left(r) < 1 + FUN_FIXED_BYTES || be32(r->p + 1) > bytes_left(r) - 1)
        return false;
    tok->kind = BT_ETF_FUN;
    tok->arity = r->p[5];
    *n_free = be32(r->p + 26);
    r->p += 1 + FUN_FIXED_BYTES;
    if (!read_atom(r, &tok->module, &tok->module_latin1) || !read_short_int(r, &tok->index) ||
        !read_short_int(r, &tok->old_uniq) || bytes_left(r) < 1)
        return false;
    if (r->p[0] != BT_TAG_PID && r->p[0] != BT_TAG_NEW_PID)
        return false;
    struct bt_etf_token pid;
    return read_pid(r, &pid) && *n_free <= bytes_left(r);
}

static bool skip_terms(struct bt_etf *r, size_t pending);

static bool read_fun(struct bt_etf *r, struct bt_etf_token *tok)
{
    uint32_t n_free;
    return read_fun_head(r, tok, &n_free) && skip_terms(r, n_free);
}

static bool read_rare(struct bt_etf *r, struct bt_etf_token *tok)
{
    switch (r->p[0]) {
    case BT_TAG_NEW_FLOAT: return read_new_float(r, tok);
    case BT_TAG_FLOAT: return read_text_float(r, tok);
    case BT_TAG_SMALL_BIG:
    case BT_TAG_LARGE_BIG: return read_big(r, tok);
    case BT_TAG_BINARY:
    case BT_TAG_BIT_BINARY: return read_bytes(r, tok);
    case BT_TAG_PID:
    case BT_TAG_NEW_PID: return read_pid(r, tok);
    case BT_TAG_PORT:
    case BT_TAG_NEW_PORT:
    case BT_TAG_V4_PORT: return read_port(r, tok);
    case BT_TAG_REFERENCE:
    case BT_TAG_NEW_REFERENCE:
    case BT_TAG_NEWER_REFERENCE: return read_ref(r, tok);
    case BT_TAG_EXPORT: return read_export(r, tok);
    case BT_TAG_NEW_FUN: return read_fun(r, tok);
    default: return false;
    }
}

/* ---- the two switches ---- */

/* The token is written kind by kind; what a kind does not use keeps what the caller had there. */
bool bt_etf_next(struct bt_etf *r, struct bt_etf_token *tok)
{
    const uint8_t *p = r->p;
    size_t left = bytes_left(r), n;
    if (left == 0)
        return false;
    switch (p[0]) {
    case BT_TAG_SMALL_INTEGER:
        if (left < 2)
            return false;
        tok->kind = BT_ETF_INT;
        tok->integer = p[1];
        r->p = p + 2;
        return true;
    case BT_TAG_INTEGER:
        if (left < 5)
            return false;
        tok->kind = BT_ETF_INT;
        tok->integer = (int32_t)be32(p + 1);
        r->p = p + 5;
        return true;
    case BT_TAG_NIL:
        tok->kind = BT_ETF_NIL;
        r->p = p + 1;
        return true;
    case BT_TAG_SMALL_TUPLE:
        if (left < 2 || left - 2 < p[1])
            return false;
        tok->kind = BT_ETF_TUPLE;
        tok->arity = p[1];
        r->p = p + 2;
        return true;
    case BT_TAG_LARGE_TUPLE:
    case BT_TAG_LIST:
    case BT_TAG_MAP:
        if (left < 5)
            return false;
        n = be32(p + 1);
        if (p[0] == BT_TAG_MAP ? (left - 5) / 2 < n : p[0] == BT_TAG_LIST ? left - 5 <= n : left - 5 < n)
            return false;
        tok->kind = p[0] == BT_TAG_MAP ? BT_ETF_MAP : p[0] == BT_TAG_LIST ? BT_ETF_LIST : BT_ETF_TUPLE;
        tok->arity = (uint32_t)n;
        r->p = p + 5;
        return true;
    case BT_TAG_STRING:
        if (left < 3 || left - 3 < be16(p + 1))
            return false;
        tok->kind = BT_ETF_STRING;
        tok->bytes = (struct bt_slice){p + 3, be16(p + 1)};
        r->p = p + 3 + tok->bytes.len;
        return true;
    case BT_TAG_SMALL_ATOM_UTF8:
    case BT_TAG_SMALL_ATOM:
    case BT_TAG_ATOM_UTF8:
    case BT_TAG_ATOM: tok->kind = BT_ETF_ATOM; return read_atom(r, &tok->bytes, &tok->latin1);
    default: {
        struct bt_etf copy = *r;
        if (!read_rare(&copy, tok))
            return false;
        *r = copy;
        return true;
    }
    }
}

/* Measures what is not common: moves past a leaf, or past a header and adds its members to *pending. */
static bool pass_rare(struct bt_etf *r, size_t *pending)
{
    struct bt_etf_token tok;
    if (bytes_left(r) && r->p[0] == BT_TAG_NEW_FUN) { /* not bt_etf_next(), which would come back here */
        uint32_t n_free;
        if (!read_fun_head(r, &tok, &n_free))
            return false;
        *pending += n_free;
        return true;
    }
    if (!bt_etf_next(r, &tok))
        return false;
    switch (tok.kind) {
    case BT_ETF_TUPLE: *pending += tok.arity; break;
    case BT_ETF_LIST: *pending += (size_t)tok.arity + 1; break;
    case BT_ETF_MAP: *pending += 2 * (size_t)tok.arity; break;
    default: break;
    }
    return true;
}

/* The bytes of a pid whose node has a short name, as nearly all have; 0: it is none, or ends before. */
static size_t short_pid_len(const uint8_t *p, size_t left)
{
    if (left < 3 || p[0] != BT_TAG_NEW_PID || p[1] != BT_TAG_SMALL_ATOM_UTF8)
        return 0;
    size_t len = 3 + (size_t)p[2] + 12;
    return len <= left ? len : 0;
}

/*
 * How long a common term is: `head` bytes, and as many things as the number behind the tag says, each of so many bytes or
 * members, and perhaps one member more. `shift` leaves of the four bytes behind the tag those that are the number.
 */
struct measure {
    uint8_t head, shift, bytes, members, more; /* head 0: it is rare */
};

enum { NO_NUMBER = 32, OF_8_BITS = 24, OF_16_BITS = 16, OF_32_BITS = 0 };

static const struct measure measures[256] = {
    [BT_TAG_SMALL_INTEGER] = {2, NO_NUMBER, 0, 0, 0},
    [BT_TAG_INTEGER] = {5, NO_NUMBER, 0, 0, 0},
    [BT_TAG_NIL] = {1, NO_NUMBER, 0, 0, 0},
    [BT_TAG_SMALL_ATOM_UTF8] = {2, OF_8_BITS, 1, 0, 0},
    [BT_TAG_SMALL_ATOM] = {2, OF_8_BITS, 1, 0, 0},
    [BT_TAG_SMALL_BIG] = {3, OF_8_BITS, 1, 0, 0},
    [BT_TAG_ATOM_UTF8] = {3, OF_16_BITS, 1, 0, 0},
    [BT_TAG_ATOM] = {3, OF_16_BITS, 1, 0, 0},
    [BT_TAG_STRING] = {3, OF_16_BITS, 1, 0, 0},
    [BT_TAG_BINARY] = {5, OF_32_BITS, 1, 0, 0},
    [BT_TAG_SMALL_TUPLE] = {2, OF_8_BITS, 0, 1, 0},
    [BT_TAG_LARGE_TUPLE] = {5, OF_32_BITS, 0, 1, 0},
    [BT_TAG_LIST] = {5, OF_32_BITS, 0, 1, 1},
    [BT_TAG_MAP] = {5, OF_32_BITS, 0, 2, 0},
};

/* The four bytes behind the tag; 0 for those that are not there. */
static uint64_t behind_tag(const uint8_t *p, size_t left)
{
    uint32_t n = 0;
    if (left >= 5)
        return be32(p + 1);
    for (size_t i = 1; i < 5; i++)
        n = n << 8 | (i < left ? p[i] : 0);
    return n;
}

/*
 * Passes over `pending` terms. A count instead of a stack: which header a term belongs to does not matter
 * here. It never exceeds the bytes that are left, so the work is bounded by them.
 */
static bool skip_terms(struct bt_etf *r, size_t pending)
{
    while (pending) {
        size_t left = bytes_left(r);
        if (pending > left)
            return false;
        pending--;
        const struct measure *m = &measures[r->p[0]];
        if (m->head) {
            uint64_t n = behind_tag(r->p, left) >> m->shift;
            if (left < m->head || n * (m->bytes + m->members) > left - m->head)
                return false;
            r->p += m->head + (size_t)n * m->bytes;
            pending += (size_t)n * m->members + m->more;
            continue;
        }
        size_t pid = short_pid_len(r->p, left);
        r->p += pid;
        if (!pid && !pass_rare(r, &pending))
            return false;
    }
    return true;
}

bool bt_etf_skip(struct bt_etf *r)
{
    struct bt_etf copy = *r;
    if (!skip_terms(&copy, 1))
        return false;
    *r = copy;
    return true;
}

bool bt_etf_slice(struct bt_etf *r, struct bt_slice *out)
{
    const uint8_t *start = r->p;
    if (!bt_etf_skip(r))
        return false;
    *out = (struct bt_slice){start, (size_t)(r->p - start)};
    return true;
}

void bt_etf_init(struct bt_etf *r, const void *bytes, size_t len)
{
    static const uint8_t nothing[1] = {0};
    r->p = bytes ? bytes : nothing;
    r->end = r->p + (bytes ? len : 0);
}

bool bt_etf_version(struct bt_etf *r)
{
    if (bytes_left(r) == 0 || r->p[0] != BT_TAG_VERSION_MAGIC)
        return false;
    r->p++;
    return true;
}
