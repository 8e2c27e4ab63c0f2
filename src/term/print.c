/*
 * print.c - external terms as Erlang text: the receiver for the walker, and the public way in.
 */
#include "term/print.h"

#include "base/utf8.h"
#include "term/digits.h"
#include "term/print_direct.h"
#include "term/print_named.h"
#include "term/quote.h"
#include "term/walk.h"

/* ---- what belongs to a node ---- */

/* Is the latin-1 name the same as the UTF-8 one? */
static bool latin1_equal(struct bt_slice latin1, struct bt_slice utf8)
{
    size_t at = 0;
    for (size_t i = 0; i < latin1.len; i++) {
        uint32_t cp;
        size_t n = at < utf8.len ? bt_utf8_decode(utf8.p + at, utf8.len - at, &cp) : 0;
        if (n == 0 || cp != latin1.p[i])
            return false;
        at += n;
    }
    return at == utf8.len;
}

void bt_print_node(const struct bt_erlang *e, const struct bt_etf_token *tok)
{
    bool is_home = tok->node_latin1 ? latin1_equal(tok->node, e->home) : bt_slice_equal(tok->node, e->home);
    if (is_home && tok->node.len)
        bt_buf_putc(e->out, '0');
    else
        bt_quote_bare(e->out, tok->node, tok->node_latin1);
}

/* .44.0>, of up to five words */
static void put_numbers(struct bt_buf *out, const uint32_t *ids, size_t n)
{
    char text[5 * (1 + BT_DIGITS_INT_MAX) + 1], *at = text;
    for (size_t i = 0; i < n; i++) {
        *at++ = '.';
        at = bt_digits_at(at, ids[i]);
    }
    *at++ = '>';
    bt_buf_put(out, text, (size_t)(at - text));
}

static void put_pid(const struct bt_erlang *e, const struct bt_etf_token *tok)
{
    bt_buf_putc(e->out, '<');
    bt_print_node(e, tok);
    put_numbers(e->out, tok->ids, 2);
}

static void put_port(const struct bt_erlang *e, const struct bt_etf_token *tok)
{
    uint8_t mag[8];
    for (int i = 0; i < 8; i++)
        mag[i] = (uint8_t)(tok->port >> 8 * i);
    bt_buf_put(e->out, "#Port<", 6);
    bt_print_node(e, tok);
    bt_buf_putc(e->out, '.');
    bt_digits_big(e->out, false, (struct bt_slice){mag, sizeof mag});
    bt_buf_putc(e->out, '>');
}

/* The words of a reference are shown last one first. */
static void put_ref(const struct bt_erlang *e, const struct bt_etf_token *tok)
{
    uint32_t ids[5];
    bt_buf_put(e->out, "#Ref<", 5);
    bt_print_node(e, tok);
    for (uint32_t i = 0; i < tok->arity; i++)
        ids[i] = tok->ids[tok->arity - 1 - i];
    put_numbers(e->out, ids, tok->arity);
}

/* ---- funs ---- */

static void put_export(struct bt_buf *out, const struct bt_etf_token *tok)
{
    bt_buf_put(out, "fun ", 4);
    bt_quote_fun_name(out, tok->module, tok->module_latin1);
    bt_buf_putc(out, ':');
    bt_quote_fun_name(out, tok->function, tok->function_latin1);
    bt_buf_putc(out, '/');
    bt_digits_int(out, tok->arity);
}

static void put_fun(struct bt_buf *out, const struct bt_etf_token *tok)
{
    bt_buf_put(out, "#Fun<", 5);
    bt_quote_bare(out, tok->module, tok->module_latin1);
    bt_buf_putc(out, '.');
    bt_digits_int(out, tok->index);
    bt_buf_putc(out, '.');
    bt_digits_int(out, (int32_t)tok->old_uniq);
    bt_buf_putc(out, '>');
}

/* ---- the receiver ---- */

static void leaf(void *self, const struct bt_etf_token *tok)
{
    const struct bt_erlang *e = self;
    switch (tok->kind) {
    case BT_ETF_ATOM: bt_quote_atom(e->out, tok->bytes, tok->latin1); break;
    case BT_ETF_INT:
        if (tok->integer >= 0 && tok->integer <= 9)
            bt_buf_putc(e->out, (char)('0' + tok->integer));
        else
            bt_digits_int(e->out, tok->integer);
        break;
    case BT_ETF_BIG: bt_digits_big(e->out, tok->negative, tok->bytes); break;
    case BT_ETF_FLOAT: bt_digits_float(e->out, tok->real); break;
    case BT_ETF_BINARY: bt_quote_binary(e->out, tok->bytes, tok->last_bits); break;
    case BT_ETF_STRING: bt_quote_bytes(e->out, tok->bytes); break;
    case BT_ETF_TUPLE: bt_buf_put(e->out, "{}", 2); break;
    case BT_ETF_LIST:
    case BT_ETF_NIL: bt_buf_put(e->out, "[]", 2); break;
    case BT_ETF_MAP: bt_buf_put(e->out, "#{}", 3); break;
    case BT_ETF_PID: put_pid(e, tok); break;
    case BT_ETF_PORT: put_port(e, tok); break;
    case BT_ETF_REF: put_ref(e, tok); break;
    case BT_ETF_EXPORT: put_export(e->out, tok); break;
    case BT_ETF_FUN: put_fun(e->out, tok); break;
    }
}

static bool text(void *self, struct bt_etf *r)
{
    const struct bt_erlang *e = self;
    return bt_quote_list(e->out, r);
}

static void begin(void *self, enum bt_walk_kind kind)
{
    const struct bt_erlang *e = self;
    if (kind == BT_WALK_MAP || kind == BT_WALK_MAP_PATTERN)
        bt_buf_putc(e->out, '#');
    bt_buf_putc(e->out, kind == BT_WALK_LIST ? '[' : '{');
}

static void next(void *self)
{
    const struct bt_erlang *e = self;
    bt_buf_putc(e->out, ',');
}

static void value(void *self, enum bt_walk_kind kind)
{
    const struct bt_erlang *e = self;
    bt_buf_put(e->out, kind == BT_WALK_MAP ? " => " : " := ", 4);
}

static void tail(void *self)
{
    const struct bt_erlang *e = self;
    bt_buf_putc(e->out, '|');
}

static void end(void *self, enum bt_walk_kind kind)
{
    const struct bt_erlang *e = self;
    bt_buf_putc(e->out, kind == BT_WALK_LIST ? ']' : '}');
}

static void cut(void *self)
{
    const struct bt_erlang *e = self;
    bt_buf_put(e->out, "...", 3);
}

static void hole(void *self)
{
    const struct bt_erlang *e = self;
    bt_buf_putc(e->out, '_');
}

const struct bt_receiver bt_erlang_receiver = {
    .leaf = leaf,
    .text = text,
    .begin = begin,
    .next = next,
    .value = value,
    .tail = tail,
    .end = end,
    .cut = cut,
    .hole = hole,
};

/* ---- the way in ---- */

static bool walk(struct bt_buf *out, struct bt_etf *r, const struct bt_print_opts *opts, uint32_t levels)
{
    struct bt_erlang e = {.out = out, .home = opts->home};
    struct bt_named named;
    if (opts->records)
        bt_named_init(&named, out, opts);
    enum bt_walk_result result = opts->records ? bt_walk(r, &bt_named_receiver, &named, levels)
                                               : bt_walk(r, &bt_erlang_receiver, &e, levels);
    if (result == BT_WALK_NOMEM)
        out->failed = true;
    return result == BT_WALK_OK;
}

bool bt_print_erlang(struct bt_buf *out, struct bt_etf *r, const struct bt_print_opts *opts)
{
    static const struct bt_print_opts defaults = {.max_depth = 0};
    if (!opts)
        opts = &defaults;
    uint32_t levels = opts->max_depth ? opts->max_depth : BT_ETF_MAX_DEPTH;
    if (!opts->records && bt_print_direct(out, r, opts->home, levels))
        return true;
    return walk(out, r, opts, levels);
}

void bt_print_atom(struct bt_buf *out, struct bt_slice name)
{
    bt_quote_atom(out, name, false);
}

bool bt_print_term(struct bt_buf *out, struct bt_etf *r, const struct bt_print_opts *opts)
{
    if (opts && opts->syntax == BT_SYNTAX_ELIXIR)
        return bt_print_elixir(out, r, opts);
    return bt_print_erlang(out, r, opts);
}
