/*
 * etf_write.c - term trees to the external term format (OTP "External Term Format"). The one door to ei's
 * encoders.
 *
 * ei's encoders count in int and cannot fail half way: each is called twice, first with a NULL buffer to
 * learn the size, then into room that was reserved. What ei has no minimal or no safe encoder for is put byte
 * by byte.
 */
#include "term/etf_write.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#include <ei.h>

#include "base/utf8.h"
#include "term/etf_read.h"

#define MAX_DEPTH 2000 /* levels of the tree; its builder, the parser, allows far fewer */
#define MAX_ATOM_CHARS 255

enum tag { SMALL_INTEGER = 97, INTEGER = 98, SMALL_BIG = 110, LARGE_BIG = 111, EXPORT = 113 };

struct writer {
    struct bt_buf *out;
    const struct bt_etf_home *home;
    struct beamtap_err *err;
    unsigned depth;
};

static int write_term(struct writer *w, const struct bt_term *t);

/*
 * Runs an ei encoder twice; `call` uses the names buf and index. A macro because the encoders have no common
 * type.
 */
#define ENCODE(w, call)                                                                                      \
    do {                                                                                                     \
        char *buf = NULL;                                                                                    \
        int at = 0, *index = &at;                                                                            \
        if ((call) < 0)                                                                                      \
            return cannot((w), #call);                                                                       \
        if (!bt_buf_reserve((w)->out, (size_t)at))                                                           \
            return bt_err_nomem((w)->err);                                                                   \
        buf = (w)->out->data + (w)->out->len;                                                                \
        at = 0;                                                                                              \
        if ((call) < 0)                                                                                      \
            return cannot((w), #call);                                                                       \
        (w)->out->len += (size_t)at;                                                                         \
    } while (0)

static int cannot(struct writer *w, const char *what)
{
    return bt_err_set(w->err, BEAMTAP_EINTERNAL, "a term cannot be encoded: %s", what);
}

static int put_bytes(struct writer *w, const void *bytes, size_t n)
{
    bt_buf_put(w->out, bytes, n);
    return w->out->failed ? bt_err_nomem(w->err) : 0;
}

static int too_big(struct writer *w, const char *what)
{
    return bt_err_set(w->err, BEAMTAP_EUSAGE, "%s is too large for the external term format", what);
}

/* ---- leaves ---- */

static int write_atom(struct writer *w, const char *name, size_t len)
{
    if (bt_utf8_count(name, len) > MAX_ATOM_CHARS)
        return bt_err_set(w->err, BEAMTAP_EUSAGE, "an atom has at most %d characters", MAX_ATOM_CHARS);
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t cp;
        n = bt_utf8_decode(name + i, len - i, &cp);
        if (n == 0)
            return bt_err_set(w->err, BEAMTAP_EUSAGE, "an atom is not valid UTF-8");
    }
    ENCODE(w, ei_encode_atom_len_as(buf, index, name, (int)len, ERLANG_UTF8, ERLANG_UTF8));
    return 0;
}

static int write_big(struct writer *w, bool negative, const uint8_t *mag, size_t n)
{
    uint8_t head[6] = {SMALL_BIG, (uint8_t)n, negative};
    size_t head_len = 3;
    if (n > UINT32_MAX)
        return too_big(w, "an integer");
    if (n > UINT8_MAX) {
        head[0] = LARGE_BIG;
        for (int i = 0; i < 4; i++)
            head[1 + i] = (uint8_t)(n >> (24 - 8 * i));
        head[5] = negative;
        head_len = 6;
    }
    return put_bytes(w, head, head_len) ? -1 : put_bytes(w, mag, n);
}

/* Not ei_encode_longlong: it makes bigs of what a node of today sends as INTEGER_EXT. */
static int write_int(struct writer *w, int64_t v)
{
    if (v >= 0 && v <= UINT8_MAX)
        return put_bytes(w, (uint8_t[]){SMALL_INTEGER, (uint8_t)v}, 2);
    if (v >= INT32_MIN && v <= INT32_MAX) {
        uint32_t u = (uint32_t)v;
        uint8_t bytes[] = {INTEGER, (uint8_t)(u >> 24), (uint8_t)(u >> 16), (uint8_t)(u >> 8), (uint8_t)u};
        return put_bytes(w, bytes, sizeof bytes);
    }
    uint64_t m = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    uint8_t mag[8];
    size_t n = 0;
    for (; m; m >>= 8)
        mag[n++] = (uint8_t)m;
    return write_big(w, v < 0, mag, n);
}

static int write_float(struct writer *w, double v)
{
    if (!isfinite(v))
        return bt_err_set(w->err, BEAMTAP_EUSAGE, "a float must be finite");
    ENCODE(w, ei_encode_double(buf, index, v));
    return 0;
}

static int write_binary(struct writer *w, const struct bt_term *t)
{
    size_t len = t->u.binary.len, bits = len ? 8 * (len - 1) + t->u.binary.last_bits : 0;
    if (len > INT_MAX / 8)
        return too_big(w, "a binary");
    const char *bytes = len ? (const char *)t->u.binary.bytes : "";
    ENCODE(w, ei_encode_bitstring(buf, index, bytes, 0, bits));
    return 0;
}

/* Copies the home node's name into one of ei's structures. */
static int home_name(struct writer *w, char name[MAXATOMLEN_UTF8])
{
    size_t len = strlen(w->home->node);
    if (len >= MAXATOMLEN_UTF8)
        return bt_err_set(w->err, BEAMTAP_EUSAGE, "the node's name is too long");
    memcpy(name, w->home->node, len + 1);
    return 0;
}

static int write_pid(struct writer *w, const struct bt_term *t)
{
    erlang_pid pid = {.num = t->u.pid.id, .serial = t->u.pid.serial, .creation = w->home->creation};
    if (home_name(w, pid.node) != 0)
        return -1;
    ENCODE(w, ei_encode_pid(buf, index, &pid));
    return 0;
}

static int write_port(struct writer *w, const struct bt_term *t)
{
    erlang_port port = {.id = t->u.port, .creation = w->home->creation};
    if (home_name(w, port.node) != 0)
        return -1;
    ENCODE(w, ei_encode_port(buf, index, &port));
    return 0;
}

static int write_ref(struct writer *w, const struct bt_term *t)
{
    erlang_ref ref = {.len = (int)t->u.ref.n, .creation = w->home->creation};
    if (t->u.ref.n < 1 || t->u.ref.n > sizeof ref.n / sizeof ref.n[0])
        return cannot(w, "a reference has 1 to 5 words");
    for (size_t i = 0; i < t->u.ref.n; i++)
        ref.n[i] = t->u.ref.words[i];
    if (home_name(w, ref.node) != 0)
        return -1;
    ENCODE(w, ei_encode_ref(buf, index, &ref));
    return 0;
}

static int write_fun(struct writer *w, const struct bt_term *t)
{
    const uint8_t tag = EXPORT;
    int64_t arity = t->u.fun.arity;
    if (arity < 0 || arity > UINT8_MAX)
        return bt_err_set(w->err, BEAMTAP_EUSAGE, "a function has 0 to 255 arguments");
    return put_bytes(w, &tag, 1) || write_term(w, t->u.fun.module) || write_term(w, t->u.fun.function) ||
                   write_int(w, arity)
               ? -1
               : 0;
}

/* Read once, so that bytes which are not a term cannot spoil what is around them. */
static int write_raw(struct writer *w, const uint8_t *etf, size_t len)
{
    struct bt_etf r;
    bt_etf_init(&r, etf, len);
    if (!bt_etf_skip(&r) || r.p != r.end)
        return bt_err_set(w->err, BEAMTAP_EINTERNAL, "an encoded term is not one whole term");
    return put_bytes(w, etf, len);
}

/* ---- what has members ---- */

static int write_items(struct writer *w, const struct bt_term *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (write_term(w, items[i]) != 0)
            return -1;
    }
    return 0;
}

static int write_seq(struct writer *w, const struct bt_term *t)
{
    const struct bt_term *const *items = (const struct bt_term *const *)t->u.seq.items;
    size_t n = t->u.seq.n;
    if (n > INT_MAX / 2)
        return too_big(w, "a tuple, list or map");
    int arity = (int)n;
    switch (t->kind) {
    case BT_TERM_TUPLE: ENCODE(w, ei_encode_tuple_header(buf, index, arity)); return write_items(w, items, n);
    case BT_TERM_MAP: ENCODE(w, ei_encode_map_header(buf, index, arity)); return write_items(w, items, 2 * n);
    default: break;
    }
    if (n) {
        ENCODE(w, ei_encode_list_header(buf, index, arity));
        if (write_items(w, items, n) != 0)
            return -1;
    }
    if (t->u.seq.tail) /* [|T] is T */
        return write_term(w, t->u.seq.tail);
    ENCODE(w, ei_encode_empty_list(buf, index));
    return 0;
}

static int write_deeper(struct writer *w, const struct bt_term *t)
{
    if (w->depth == MAX_DEPTH)
        return bt_err_set(w->err, BEAMTAP_EUSAGE, "a term is nested deeper than %d levels", MAX_DEPTH);
    w->depth++;
    int rc = write_seq(w, t);
    w->depth--;
    return rc;
}

static int write_term(struct writer *w, const struct bt_term *t)
{
    switch (t->kind) {
    case BT_TERM_ATOM: return write_atom(w, t->u.atom.name, t->u.atom.len);
    case BT_TERM_INT: return write_int(w, t->u.small);
    case BT_TERM_BIG: return write_big(w, t->u.big.negative, t->u.big.mag, t->u.big.n_bytes);
    case BT_TERM_FLOAT: return write_float(w, t->u.real);
    case BT_TERM_BINARY: return write_binary(w, t);
    case BT_TERM_TUPLE:
    case BT_TERM_LIST:
    case BT_TERM_MAP: return write_deeper(w, t);
    case BT_TERM_PID: return write_pid(w, t);
    case BT_TERM_REF: return write_ref(w, t);
    case BT_TERM_PORT: return write_port(w, t);
    case BT_TERM_FUN: return write_fun(w, t);
    case BT_TERM_RAW: return write_raw(w, t->u.raw.etf, t->u.raw.len);
    case BT_TERM_HOLE:
    case BT_TERM_CAPTURE: break;
    }
    return bt_err_set(w->err, BEAMTAP_EINTERNAL, "a shape is not a term");
}

int bt_etf_write(
    struct bt_buf *out, const struct bt_term *t, const struct bt_etf_home *home, struct beamtap_err *err)
{
    static const struct bt_etf_home nobody = {.node = "nonode@nohost", .creation = 0};
    struct writer w = {.out = out, .home = home ? home : &nobody, .err = err};
    return write_term(&w, t);
}
