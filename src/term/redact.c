/*
 * redact.c - terms with the values under certain keys masked.
 *
 * One pass with bt_etf_next(): what is not looked into is copied as it stands, header by header. A string may become longer than
 * its compact form holds, and is then written as a list.
 */
#include "term/redact.h"

#include <string.h>

#include "base/utf8.h"
#include "term/etf_tags.h"

#define FUN_UNTIL_FREE 26u /* bytes before the number of free variables: tag, size, arity, uniq, index */

struct rewriter {
    struct bt_redact *r;
    struct bt_buf *out;
    unsigned depth;
    bool has_masked;
};

static bool rewrite(struct rewriter *w, struct bt_etf *in);

/* ---- keys ---- */

bool bt_redact_is_key(const struct bt_redact *r, const char *text, size_t len)
{
    for (size_t i = 0; i < r->n_keys; i++) {
        if (bt_regex_match(r->keys[i], text, len) != BT_REGEX_NO)
            return true;
    }
    return false;
}

/* What stands for a term that was too big to be sent, {'$beamtap_big', Bytes}, is no pair. */
static bool is_ours(struct bt_slice name)
{
    return bt_slice_is(name, "$beamtap_big");
}

static bool is_atom_key(const struct bt_redact *r, const struct bt_etf_token *tok)
{
    char text[2 * 255 + 1];
    size_t len = 0;
    if (!tok->latin1)
        return !is_ours(tok->bytes) && bt_redact_is_key(r, (const char *)tok->bytes.p, tok->bytes.len);
    for (size_t i = 0; i < tok->bytes.len && len + 2 <= sizeof text; i++)
        len += bt_utf8_encode(tok->bytes.p[i], text + len);
    return bt_redact_is_key(r, text, len);
}

bool bt_redact_is_key_term(const struct bt_redact *r, struct bt_slice key)
{
    char text[BT_REDACT_MAX_KEY];
    size_t len;
    struct bt_etf etf;
    struct bt_etf_token tok;
    bt_etf_init(&etf, key.p, key.len);
    struct bt_etf again = etf;
    if (!bt_etf_next(&etf, &tok) || tok.kind == BT_ETF_NIL)
        return false;
    if (tok.kind == BT_ETF_ATOM)
        return is_atom_key(r, &tok);
    return bt_etf_text_of(&again, text, sizeof text, &len) && bt_redact_is_key(r, text, len);
}

bool bt_redact_is_field(const struct bt_redact *r, struct bt_slice name, size_t n_fields, size_t field)
{
    for (size_t i = 0; r->records && i < r->records->n; i++) {
        const struct bt_print_def *d = &r->records->items[i];
        if (d->n_fields == n_fields && bt_slice_is(name, d->name) &&
            bt_redact_is_key(r, d->fields[field], strlen(d->fields[field])))
            return true;
    }
    return false;
}

/* ---- values ---- */

/* A list of characters that does not travel in the compact form. */
static bool is_long_string(struct bt_slice value)
{
    struct bt_etf etf;
    char text[1];
    bt_etf_init(&etf, value.p, value.len);
    return value.p[0] == BT_TAG_LIST && bt_etf_text(&etf, text, sizeof text);
}

struct bt_slice bt_redact_mask(struct bt_slice value)
{
    static const uint8_t atom[] = {BT_TAG_SMALL_ATOM_UTF8, 3, '*', '*', '*'};
    static const uint8_t binary[] = {BT_TAG_BINARY, 0, 0, 0, 3, '*', '*', '*'};
    static const uint8_t string[] = {BT_TAG_STRING, 0, 3, '*', '*', '*'};
    if (value.len > 0 && value.p[0] == BT_TAG_BINARY)
        return (struct bt_slice){binary, sizeof binary};
    if (value.len > 0 && (value.p[0] == BT_TAG_STRING || is_long_string(value)))
        return (struct bt_slice){string, sizeof string};
    return (struct bt_slice){atom, sizeof atom};
}

static void copy(struct rewriter *w, const uint8_t *from, const uint8_t *to)
{
    bt_buf_put(w->out, from, (size_t)(to - from));
}

static bool mask(struct rewriter *w, struct bt_etf *in)
{
    struct bt_slice value, instead;
    if (!bt_etf_slice(in, &value))
        return false;
    instead = bt_redact_mask(value);
    bt_buf_put(w->out, instead.p, instead.len);
    w->has_masked = true;
    return true;
}

static bool put(struct rewriter *w, struct bt_etf *in, bool is_secret)
{
    return is_secret ? mask(w, in) : rewrite(w, in);
}

/* ---- text ---- */

static void put_be32(struct bt_buf *out, uint8_t tag, uint32_t n)
{
    const uint8_t bytes[] = {tag, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
    bt_buf_put(out, bytes, sizeof bytes);
}

/* r->masked, UTF-8, as a list of characters. */
static void put_characters(struct rewriter *w)
{
    const struct bt_buf *text = &w->r->masked;
    put_be32(w->out, BT_TAG_LIST, (uint32_t)bt_utf8_count(text->data, text->len));
    for (size_t i = 0; i < text->len;) {
        uint32_t cp = 0;
        size_t n = bt_utf8_decode(text->data + i, text->len - i, &cp);
        i += n ? n : 1;
        put_be32(w->out, BT_TAG_INTEGER, cp);
    }
    bt_buf_putc(w->out, (char)BT_TAG_NIL);
}

/* r->text to r->masked; no memory for that fails the whole term. */
static bool mask_text(struct rewriter *w, const char *text, size_t len, bool *ends_open)
{
    bt_buf_reset(&w->r->masked);
    bool has = bt_redact_text(w->r, text, len, &w->r->masked, ends_open);
    w->out->failed = w->out->failed || w->r->masked.failed;
    w->has_masked = w->has_masked || has;
    return has;
}

static void put_binary(struct rewriter *w, const struct bt_etf_token *tok, const uint8_t *from,
    const uint8_t *to, bool *ends_open)
{
    if (!mask_text(w, (const char *)tok->bytes.p, tok->bytes.len, ends_open)) {
        copy(w, from, to);
        return;
    }
    put_be32(w->out, BT_TAG_BINARY, (uint32_t)w->r->masked.len);
    bt_buf_put(w->out, w->r->masked.data, w->r->masked.len);
}

/* r->text, gathered from a string or a list of characters that stands in from..to. */
static void put_string(struct rewriter *w, const uint8_t *from, const uint8_t *to, bool *ends_open)
{
    w->out->failed = w->out->failed || w->r->text.failed;
    if (!mask_text(w, w->r->text.data, w->r->text.len, ends_open))
        copy(w, from, to);
    else
        put_characters(w);
}

static void add_character(struct bt_redact *r, uint32_t cp)
{
    char utf8[4];
    bt_buf_put(&r->text, utf8, bt_utf8_encode(cp, utf8));
}

/* The items of a list, where all of them are characters, into r->text; at: behind its header. */
static bool is_text(struct bt_redact *r, struct bt_etf *at, uint32_t n)
{
    char utf8[4];
    bt_buf_reset(&r->text);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t cp;
        if (!bt_etf_uint32(at, &cp) || bt_utf8_encode(cp, utf8) == 0)
            return false;
        add_character(r, cp);
    }
    return bt_etf_nil(at);
}

static void put_bytes(
    struct rewriter *w, struct bt_slice bytes, const uint8_t *from, const uint8_t *to, bool *ends_open)
{
    bt_buf_reset(&w->r->text);
    for (size_t i = 0; i < bytes.len; i++)
        add_character(w->r, bytes.p[i]);
    put_string(w, from, to, ends_open);
}

/* A string or a binary, of which `at` is behind the token. False: it is none, and nothing was done. */
static bool put_text(struct rewriter *w, const struct bt_etf_token *tok, const uint8_t *from,
    struct bt_etf *at, bool *ends_open)
{
    struct bt_etf behind = *at;
    if (tok->kind == BT_ETF_BINARY)
        put_binary(w, tok, from, at->p, ends_open);
    else if (tok->kind == BT_ETF_STRING)
        put_bytes(w, tok->bytes, from, at->p, ends_open);
    else if (tok->kind == BT_ETF_LIST && is_text(w->r, &behind, tok->arity))
        put_string(w, from, behind.p, ends_open);
    else
        return false;
    if (tok->kind == BT_ETF_LIST)
        *at = behind;
    return true;
}

/* ---- what has members ---- */

/* Behind the header of a tuple: two are a key and its value, and a known record has keys too. */
static bool put_tuple(struct rewriter *w, struct bt_etf *in, uint32_t arity)
{
    struct bt_etf first = *in;
    struct bt_slice tag = {NULL, 0}, name = {NULL, 0};
    bool is_record = arity > 1 && w->r->records && bt_etf_atom(&first, &name);
    first = *in;
    bool is_pair = arity == 2 && bt_etf_slice(&first, &tag) && bt_redact_is_key_term(w->r, tag);
    for (uint32_t i = 0; i < arity; i++) {
        bool is_secret =
            i > 0 && (is_pair || (is_record && bt_redact_is_field(w->r, name, arity - 1, i - 1)));
        if (!put(w, in, is_secret))
            return false;
    }
    return true;
}

static bool put_map(struct rewriter *w, struct bt_etf *in, uint32_t n_pairs)
{
    for (uint32_t i = 0; i < n_pairs; i++) {
        struct bt_etf at = *in;
        struct bt_slice key;
        if (!bt_etf_slice(&at, &key) || !rewrite(w, in) || !put(w, in, bt_redact_is_key_term(w->r, key)))
            return false;
    }
    return true;
}

/* An item of a list; *ends_open: the one before ended in a key, so that this one is its value (["token=", Token]). */
static bool put_item(struct rewriter *w, struct bt_etf *in, bool *ends_open)
{
    struct bt_etf_token tok;
    struct bt_etf at = *in;
    bool is_secret = *ends_open;
    *ends_open = false;
    if (is_secret)
        return mask(w, in);
    if (!bt_etf_next(&at, &tok))
        return false;
    if (!put_text(w, &tok, in->p, &at, ends_open))
        return rewrite(w, in);
    *in = at;
    return true;
}

/* Behind the header of a list: items and tail. */
static bool put_list(struct rewriter *w, struct bt_etf *in, uint32_t n)
{
    bool ends_open = false;
    for (uint32_t i = 0; i < n; i++) {
        if (!put_item(w, in, &ends_open))
            return false;
    }
    if (bt_etf_nil(in)) {
        bt_buf_putc(w->out, (char)BT_TAG_NIL);
        return true;
    }
    return put_item(w, in, &ends_open);
}

/* A closure without its variables: no output shows them, and they have no keys. */
static bool put_fun(struct rewriter *w, const uint8_t *from, const uint8_t *to)
{
    struct bt_etf at;
    bt_etf_init(&at, from + FUN_UNTIL_FREE + 4, (size_t)(to - from) - FUN_UNTIL_FREE - 4);
    for (int i = 0; i < 4; i++) { /* module, index, uniq, pid */
        if (!bt_etf_skip(&at))
            return false;
    }
    put_be32(w->out, BT_TAG_NEW_FUN, (uint32_t)(at.p - from) - 1);
    copy(w, from + 5, from + FUN_UNTIL_FREE);
    bt_buf_put(w->out, "\0\0\0\0", 4);
    copy(w, from + FUN_UNTIL_FREE + 4, at.p);
    w->has_masked = w->has_masked || at.p != to;
    return true;
}

static bool put_members(struct rewriter *w, struct bt_etf *in, const struct bt_etf_token *tok)
{
    switch (tok->kind) {
    case BT_ETF_TUPLE: return put_tuple(w, in, tok->arity);
    case BT_ETF_LIST: return put_list(w, in, tok->arity);
    case BT_ETF_MAP: return put_map(w, in, tok->arity);
    default: return true;
    }
}

/* ---- a term ---- */

static bool rewrite(struct rewriter *w, struct bt_etf *in)
{
    struct bt_etf_token tok;
    const uint8_t *from = in->p;
    if (w->depth == BT_REDACT_MAX_DEPTH)
        return mask(w, in);
    if (!bt_etf_next(in, &tok))
        return false;
    if (put_text(w, &tok, from, in, NULL))
        return true;
    if (tok.kind == BT_ETF_FUN)
        return put_fun(w, from, in->p);
    copy(w, from, in->p);
    w->depth++;
    bool ok = put_members(w, in, &tok);
    w->depth--;
    return ok;
}

/* What was appended since `before` is a term with something masked in it, or goes away. */
static bool finish(struct rewriter *w, size_t before, bool ok)
{
    if (!ok || w->out->failed) {
        struct bt_slice instead = bt_redact_mask((struct bt_slice){NULL, 0});
        w->out->len = before;
        bt_buf_put(w->out, instead.p, instead.len);
        return true;
    }
    if (!w->has_masked)
        w->out->len = before;
    return w->has_masked;
}

bool bt_redact_term(struct bt_redact *r, struct bt_slice term, struct bt_buf *out)
{
    struct rewriter w = {.r = r, .out = out};
    struct bt_etf in;
    size_t before = out->len;
    bt_etf_init(&in, term.p, term.len);
    bool ok = rewrite(&w, &in);
    return finish(&w, before, ok && in.p == in.end);
}

bool bt_redact_args(struct bt_redact *r, struct bt_slice list, struct bt_buf *out)
{
    struct rewriter w = {.r = r, .out = out};
    struct bt_etf in;
    struct bt_etf_token tok;
    size_t before = out->len;
    bt_etf_init(&in, list.p, list.len);
    bool ok = bt_etf_next(&in, &tok);
    if (ok && tok.kind == BT_ETF_STRING) /* small numbers, each an argument */
        return false;
    if (!ok || tok.kind != BT_ETF_LIST)
        return bt_redact_term(r, list, out);
    copy(&w, list.p, in.p);
    ok = put_list(&w, &in, tok.arity);
    return finish(&w, before, ok && in.p == in.end);
}

void bt_redact_done(struct bt_redact *r)
{
    bt_buf_done(&r->text);
    bt_buf_done(&r->masked);
}
