/*
 * text_parts.c - what other formats want of an event piece by piece: its arguments, notes and frames.
 */
#include <string.h>

#include "out/text.h"
#include "term/shape.h"

bool bt_text_is_left_out(struct bt_slice etf)
{
    struct bt_etf r, tuple;
    bt_etf_init(&r, etf.p, etf.len);
    tuple = r;
    return bt_etf_is_atom(&r, "$beamtap_skip") ||
           (bt_etf_tuple_of(&tuple, 2) && bt_etf_is_atom(&tuple, "$beamtap_big"));
}

/* What a message carries: the clause and how it was asked for. */
static bool is_whole(const struct bt_clause *c, const struct bt_text_opts *o)
{
    return o->whole_args || c->captures_all;
}

static const struct bt_clause *clause_of(const struct bt_event *ev, const struct bt_text_opts *o)
{
    return ev->type == BT_EVENT_CALL && ev->clause < o->n_clauses ? o->clauses[ev->clause] : NULL;
}

struct bt_slice bt_text_note(const struct bt_event *ev, const struct bt_text_opts *o, size_t n)
{
    const struct bt_clause *c = clause_of(ev, o);
    size_t n_args = !c || o->no_args || c->captures_none ? 0 : is_whole(c, o) ? 1 : c->n_captures;
    if (!c || n >= c->n_notes || n_args + n >= ev->n_values)
        return (struct bt_slice){NULL, 0};
    return ev->values[n_args + n];
}

/* ---- arguments ---- */

struct args {
    const struct bt_print_opts *print;
    struct bt_buf *text;
    void (*each)(void *self, const struct bt_text_arg *arg);
    void *self;
    size_t n;
};

static bool give(struct args *a, struct bt_slice value)
{
    struct bt_text_arg arg = {value, a->n++};
    bt_buf_reset(a->text);
    bool ok = bt_text_term(a->text, value, a->print);
    if (!ok || bt_text_is_left_out(value))
        arg.value = (struct bt_slice){NULL, 0};
    a->each(a->self, &arg);
    return ok;
}

/* [1,2] travels as a string: each byte is an argument. */
static bool give_bytes(struct args *a, struct bt_slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t small[2] = {97, bytes.p[i]}; /* SMALL_INTEGER_EXT */
        give(a, (struct bt_slice){small, sizeof small});
    }
    return true;
}

static bool give_list(struct args *a, struct bt_slice list)
{
    struct bt_etf r;
    struct bt_etf_token tok;
    struct bt_slice item;
    bool ok = true;
    bt_etf_init(&r, list.p, list.len);
    if (!bt_etf_next(&r, &tok))
        return false;
    if (tok.kind == BT_ETF_STRING)
        return give_bytes(a, tok.bytes);
    if (tok.kind != BT_ETF_LIST)
        return tok.kind == BT_ETF_NIL;
    for (uint32_t i = 0; i < tok.arity; i++) {
        if (!bt_etf_slice(&r, &item))
            return false;
        ok = give(a, item) && ok;
    }
    return ok;
}

static bool give_shapes(struct args *a, const struct bt_clause *c, const struct bt_event *ev)
{
    struct bt_slice values[BT_EVENT_MAX_VALUES];
    bool ok = true;
    for (size_t i = 0; i < ev->n_values; i++)
        values[i] = bt_text_is_left_out(ev->values[i]) ? (struct bt_slice){NULL, 0} : ev->values[i];
    for (size_t i = 0; i < c->n_args; i++) {
        struct bt_text_arg arg = {{NULL, 0}, i};
        const struct bt_term *shape = c->shape[i];
        bt_buf_reset(a->text);
        bool is_read = bt_shape_print(a->text, shape, values, ev->n_values, a->print);
        if (!is_read)
            bt_buf_puts(a->text, "<unreadable>");
        else if (shape->kind == BT_TERM_CAPTURE && shape->u.capture < ev->n_values)
            arg.value = values[shape->u.capture];
        a->each(a->self, &arg);
        ok = ok && is_read;
    }
    return ok;
}

bool bt_text_each_arg(const struct bt_event *ev, const struct bt_text_opts *o, struct bt_buf *text,
    void (*each)(void *self, const struct bt_text_arg *arg), void *self)
{
    const struct bt_clause *c = clause_of(ev, o);
    struct args a = {&o->print, text, each, self, 0};
    if (!c || o->no_args || c->captures_none)
        return false;
    if (!is_whole(c, o))
        return give_shapes(&a, c, ev);
    return ev->n_values > 0 && give_list(&a, ev->values[0]);
}

/* ---- frames ---- */

static bool read_mfa(struct bt_etf *r, struct bt_text_frame *f)
{
    return bt_etf_atom(r, &f->module) && bt_etf_atom(r, &f->function) && bt_etf_uint32(r, &f->arity);
}

bool bt_text_mfa(struct bt_slice mfa, struct bt_text_frame *f)
{
    struct bt_etf r;
    bt_etf_init(&r, mfa.p, mfa.len);
    f->line = 0;
    bt_buf_reset(&f->file);
    return bt_etf_tuple_of(&r, 3) && read_mfa(&r, f);
}

/* [{file, "shop.erl"}, {line, 34}] */
static void read_location(struct bt_etf *r, struct bt_text_frame *f)
{
    uint32_t n = 0;
    bool ok = bt_etf_list(r, &n);
    for (uint32_t i = 0; ok && i < n; i++) {
        struct bt_etf_token tok;
        struct bt_etf pair = *r;
        ok = bt_etf_skip(r) && bt_etf_tuple_of(&pair, 2);
        struct bt_etf key = pair;
        if (ok && bt_etf_is_atom(&key, "line"))
            ok = bt_etf_skip(&pair) && bt_etf_uint32(&pair, &f->line);
        else if (ok && bt_etf_skip(&pair) && bt_etf_next(&pair, &tok) && tok.kind == BT_ETF_STRING)
            bt_buf_put(&f->file, tok.bytes.p, tok.bytes.len);
    }
}

bool bt_text_next_frame(struct bt_etf *r, struct bt_text_frame *f)
{
    struct bt_etf frame = *r;
    f->line = 0;
    bt_buf_reset(&f->file);
    if (!bt_etf_skip(r) || !bt_etf_tuple_of(&frame, 4) || !read_mfa(&frame, f))
        return false;
    read_location(&frame, f);
    return true;
}
