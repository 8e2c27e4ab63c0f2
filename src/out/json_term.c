/*
 * json_term.c - a term as a JSON value.
 */
#include "out/json_term.h"

#include "base/utf8.h"
#include "base/json.h"
#include "term/digits.h"
#include "term/quote.h"

#define MAX_EXACT (INT64_C(1) << 53) /* a double holds every integer up to here */

struct json {
    struct bt_buf *out, *scratch;
    const struct bt_print_opts *opts;
};

static bool put_term(const struct json *j, struct bt_etf *r, unsigned depth);

static void put_char(struct bt_buf *out, uint32_t c)
{
    char bytes[4];
    bt_buf_put(out, bytes, bt_utf8_encode(c, bytes));
}

static bool is_text(struct bt_slice bytes)
{
    for (size_t i = 0, n; i < bytes.len; i += n) {
        uint32_t c;
        n = bt_utf8_decode((const char *)bytes.p + i, bytes.len - i, &c);
        if (n == 0)
            return false;
    }
    return true;
}

/* The term at r as printed, in quotes. */
static bool put_printed(const struct json *j, struct bt_etf *r)
{
    bt_buf_reset(j->scratch);
    bool ok = bt_print_term(j->scratch, r, j->opts);
    bt_json_string(j->out, j->scratch->data, j->scratch->len);
    return ok && !j->scratch->failed;
}

static void put_name(const struct json *j, const struct bt_etf_token *tok)
{
    if (!tok->latin1) {
        bt_json_string(j->out, (const char *)tok->bytes.p, tok->bytes.len);
        return;
    }
    bt_buf_reset(j->scratch);
    for (size_t i = 0; i < tok->bytes.len; i++)
        put_char(j->scratch, tok->bytes.p[i]);
    bt_json_string(j->out, j->scratch->data, j->scratch->len);
}

static bool put_atom(const struct json *j, const struct bt_etf_token *tok)
{
    if (bt_slice_is(tok->bytes, "nil") || bt_slice_is(tok->bytes, "null"))
        bt_buf_puts(j->out, "null");
    else if (bt_slice_is(tok->bytes, "true") || bt_slice_is(tok->bytes, "false"))
        bt_buf_put(j->out, tok->bytes.p, tok->bytes.len);
    else
        put_name(j, tok);
    return true;
}

static bool put_integer(const struct json *j, int64_t n)
{
    bool is_exact = n > -MAX_EXACT && n < MAX_EXACT;
    if (!is_exact)
        bt_buf_putc(j->out, '"');
    bt_digits_int(j->out, n);
    if (!is_exact)
        bt_buf_putc(j->out, '"');
    return true;
}

/* A list of characters that prints as text. r stands before it, and behind it when true. */
static bool put_string(const struct json *j, struct bt_etf *r)
{
    struct bt_etf at = *r;
    struct bt_etf_token tok;
    bt_buf_reset(j->scratch);
    if (!bt_quote_list(j->scratch, &at) || !bt_etf_next(r, &tok))
        return false;
    bt_buf_reset(j->scratch);
    for (uint32_t i = 0; tok.kind == BT_ETF_STRING && i < tok.bytes.len; i++)
        put_char(j->scratch, tok.bytes.p[i]);
    for (uint32_t i = 0; tok.kind == BT_ETF_LIST && i < tok.arity; i++) {
        int64_t c = 0;
        bt_etf_int64(r, &c);
        put_char(j->scratch, (uint32_t)c);
    }
    *r = at;
    bt_json_string(j->out, j->scratch->data, j->scratch->len);
    return true;
}

static bool put_members(const struct json *j, struct bt_etf *r, uint32_t n, unsigned depth)
{
    bt_buf_putc(j->out, '[');
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            bt_buf_putc(j->out, ',');
        if (!put_term(j, r, depth))
            return false;
    }
    bt_buf_putc(j->out, ']');
    return true;
}

/* An improper list is text: r stands before it. */
static bool put_list(const struct json *j, struct bt_etf *r, unsigned depth)
{
    struct bt_etf at = *r;
    struct bt_etf_token tok;
    size_t before = j->out->len;
    if (put_string(j, r))
        return true;
    if (!bt_etf_next(r, &tok))
        return false;
    if (tok.kind == BT_ETF_STRING) {
        for (size_t i = 0; i < tok.bytes.len; i++) {
            bt_buf_putc(j->out, i ? ',' : '[');
            bt_digits_int(j->out, tok.bytes.p[i]);
        }
        bt_buf_puts(j->out, tok.bytes.len ? "]" : "[]");
        return true;
    }
    if (!put_members(j, r, tok.arity, depth))
        return false;
    if (bt_etf_nil(r))
        return true;
    *r = at;
    j->out->len = before;
    return put_printed(j, r);
}

static bool put_key(const struct json *j, struct bt_etf *r)
{
    struct bt_etf at = *r;
    struct bt_etf_token tok;
    if (!bt_etf_next(&at, &tok))
        return false;
    if (tok.kind != BT_ETF_ATOM && (tok.kind != BT_ETF_BINARY || tok.last_bits != 8 || !is_text(tok.bytes)))
        return put_printed(j, r);
    tok.latin1 = tok.kind == BT_ETF_ATOM && tok.latin1;
    put_name(j, &tok);
    *r = at;
    return true;
}

static bool put_map(const struct json *j, struct bt_etf *r, uint32_t n, unsigned depth)
{
    bt_buf_putc(j->out, '{');
    for (uint32_t i = 0; i < n; i++) {
        if (i)
            bt_buf_putc(j->out, ',');
        if (!put_key(j, r))
            return false;
        bt_buf_putc(j->out, ':');
        if (!put_term(j, r, depth))
            return false;
    }
    bt_buf_putc(j->out, '}');
    return true;
}

static bool put_term(const struct json *j, struct bt_etf *r, unsigned depth)
{
    struct bt_etf at = *r;
    struct bt_etf_token tok;
    if (!bt_etf_next(&at, &tok))
        return false;
    if (tok.kind == BT_ETF_STRING || (tok.kind == BT_ETF_LIST && depth < BT_JSON_MAX_DEPTH))
        return put_list(j, r, depth + 1);
    bool is_deep = depth >= BT_JSON_MAX_DEPTH &&
                   (tok.kind == BT_ETF_TUPLE || tok.kind == BT_ETF_MAP || tok.kind == BT_ETF_LIST);
    struct bt_etf begin = *r;
    *r = at;
    switch (is_deep ? BT_ETF_PID : tok.kind) {
    case BT_ETF_ATOM: return put_atom(j, &tok);
    case BT_ETF_INT: return put_integer(j, tok.integer);
    case BT_ETF_FLOAT:
        if (tok.real - tok.real == 0) {
            bt_digits_float(j->out, tok.real);
            return true;
        }
        break;
    case BT_ETF_BINARY:
        if (tok.last_bits == 8 && is_text(tok.bytes)) {
            bt_json_string(j->out, (const char *)tok.bytes.p, tok.bytes.len);
            return true;
        }
        break;
    case BT_ETF_NIL: bt_buf_puts(j->out, "[]"); return true;
    case BT_ETF_TUPLE: return put_members(j, r, tok.arity, depth + 1);
    case BT_ETF_MAP: return put_map(j, r, tok.arity, depth + 1);
    default: break;
    }
    *r = begin;
    return put_printed(j, r);
}

bool bt_json_term(
    struct bt_buf *out, struct bt_slice etf, const struct bt_print_opts *opts, struct bt_buf *scratch)
{
    struct bt_print_opts whole = *opts;
    whole.max_depth = 0;
    const struct json j = {out, scratch, &whole};
    struct bt_etf r;
    size_t before = out->len;
    bt_etf_init(&r, etf.p, etf.len);
    if (put_term(&j, &r, 0))
        return true;
    out->len = before;
    bt_buf_puts(out, "null");
    return false;
}
