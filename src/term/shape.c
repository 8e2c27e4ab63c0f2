/*
 * shape.c - a pattern printed with the values it captured.
 *
 * A second walker, over a tree: it drives the same receiver as walk.c does, and hands each captured value to
 * walk.c. Recursion is bounded by the depth of the pattern the user wrote, which the parser limits.
 */
#include "term/shape.h"

#include "term/etf_write.h"
#include "term/print_direct.h"
#include "term/print_elixir.h"
#include "term/print_named.h"
#include "term/walk.h"

struct shape {
    const struct bt_receiver *to;
    void *self;
    struct bt_slice home;
    struct bt_buf *direct; /* values are printed there without the receiver (print_direct.h); NULL: with it */
    const struct bt_slice *values;
    size_t n_values;
    uint32_t levels; /* that may still be opened */
    bool no_memory;
};

static bool show(struct shape *s, const struct bt_term *t);

/* The bytes of a captured or ready-made term; false: there are none, or not one whole term. */
static bool value_of(const struct shape *s, const struct bt_term *t, struct bt_etf *r)
{
    if (t->kind == BT_TERM_RAW)
        bt_etf_init(r, t->u.raw.etf, t->u.raw.len);
    else if (t->kind == BT_TERM_CAPTURE && t->u.capture < s->n_values)
        bt_etf_init(r, s->values[t->u.capture].p, s->values[t->u.capture].len);
    else
        return false;
    return true;
}

static bool is_value(const struct bt_term *t)
{
    return t->kind == BT_TERM_CAPTURE || t->kind == BT_TERM_RAW;
}

static bool walked(struct shape *s, enum bt_walk_result result, const struct bt_etf *r)
{
    s->no_memory = s->no_memory || result == BT_WALK_NOMEM;
    return result == BT_WALK_OK && r->p == r->end;
}

static bool show_value(struct shape *s, const struct bt_term *t)
{
    struct bt_etf r;
    if (!value_of(s, t, &r))
        return false;
    if (s->direct && bt_print_direct(s->direct, &r, s->home, s->levels))
        return r.p == r.end;
    return walked(s, bt_walk(&r, s->to, s->self, s->levels), &r);
}

/* ---- leaves ---- */

static struct bt_slice name_of(const struct bt_term *atom)
{
    return (struct bt_slice){(const uint8_t *)atom->u.atom.name, atom->u.atom.len};
}

/*
 * A leaf of the tree as the token it would be read as. Pids, ports and references of a tree are the target's
 * own: printed by way of `home`, so that they show as <0.44.0>.
 */
static bool to_token(const struct bt_term *t, struct bt_slice home, struct bt_etf_token *tok)
{
    tok->node = home;
    switch (t->kind) {
    case BT_TERM_ATOM:
        tok->kind = BT_ETF_ATOM;
        tok->bytes = name_of(t);
        return true;
    case BT_TERM_INT:
        tok->kind = BT_ETF_INT;
        tok->integer = t->u.small;
        return true;
    case BT_TERM_BIG:
        tok->kind = BT_ETF_BIG;
        tok->negative = t->u.big.negative;
        tok->bytes = (struct bt_slice){t->u.big.mag, t->u.big.n_bytes};
        return true;
    case BT_TERM_FLOAT:
        tok->kind = BT_ETF_FLOAT;
        tok->real = t->u.real;
        return true;
    case BT_TERM_BINARY:
        tok->kind = BT_ETF_BINARY;
        tok->bytes = (struct bt_slice){t->u.binary.bytes, t->u.binary.len};
        tok->last_bits = t->u.binary.last_bits;
        return true;
    case BT_TERM_PID:
        tok->kind = BT_ETF_PID;
        tok->ids[0] = t->u.pid.id;
        tok->ids[1] = t->u.pid.serial;
        return true;
    case BT_TERM_REF:
        tok->kind = BT_ETF_REF;
        tok->arity = (uint32_t)t->u.ref.n;
        for (size_t i = 0; i < t->u.ref.n && i < sizeof tok->ids / sizeof tok->ids[0]; i++)
            tok->ids[i] = t->u.ref.words[i];
        return t->u.ref.n <= sizeof tok->ids / sizeof tok->ids[0];
    case BT_TERM_PORT:
        tok->kind = BT_ETF_PORT;
        tok->port = t->u.port;
        return true;
    case BT_TERM_FUN:
        tok->kind = BT_ETF_EXPORT;
        tok->module = name_of(t->u.fun.module);
        tok->function = name_of(t->u.fun.function);
        tok->arity = (uint32_t)t->u.fun.arity;
        return true;
    default: return false;
    }
}

static bool show_leaf(struct shape *s, const struct bt_term *t)
{
    struct bt_etf_token tok = {0};
    if (!to_token(t, s->home, &tok))
        return false;
    s->to->leaf(s->self, &tok);
    return true;
}

/* ---- what has members ---- */

static bool show_items(struct shape *s, const struct bt_term *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            s->to->next(s->self);
        if (!show(s, items[i]))
            return false;
    }
    return true;
}

static bool show_pairs(struct shape *s, const struct bt_term *t)
{
    for (size_t i = 0; i < t->u.seq.n; i++) {
        if (i)
            s->to->next(s->self);
        if (!show(s, t->u.seq.items[2 * i]))
            return false;
        s->to->value(s->self, BT_WALK_MAP_PATTERN);
        if (!show(s, t->u.seq.items[2 * i + 1]))
            return false;
    }
    return true;
}

/* Ends a list of which the items have been shown. */
static bool end_list(struct shape *s, const struct bt_term *tail)
{
    struct bt_etf r;
    while (tail && tail->kind == BT_TERM_LIST) { /* [a|[b,c]] is [a,b,c] */
        if (tail->u.seq.n)
            s->to->next(s->self);
        if (!show_items(s, (const struct bt_term *const *)tail->u.seq.items, tail->u.seq.n))
            return false;
        tail = tail->u.seq.tail;
    }
    if (tail && is_value(tail))
        return value_of(s, tail, &r) && walked(s, bt_walk_tail(&r, s->to, s->self, s->levels), &r);
    if (tail) {
        s->to->tail(s->self);
        if (!show(s, tail))
            return false;
    }
    s->to->end(s->self, BT_WALK_LIST);
    return true;
}

static bool show_members(struct shape *s, const struct bt_term *t, enum bt_walk_kind kind)
{
    const struct bt_term *const *items = (const struct bt_term *const *)t->u.seq.items;
    s->to->begin(s->self, kind);
    if (kind == BT_WALK_LIST)
        return show_items(s, items, t->u.seq.n) && end_list(s, t->u.seq.tail);
    if (kind == BT_WALK_MAP_PATTERN ? !show_pairs(s, t) : !show_items(s, items, t->u.seq.n))
        return false;
    s->to->end(s->self, kind);
    return true;
}

static bool show_seq(struct shape *s, const struct bt_term *t, enum bt_walk_kind kind, enum bt_etf_kind empty)
{
    struct bt_etf_token tok = {.kind = empty};
    if (t->u.seq.n == 0) {
        s->to->leaf(s->self, &tok);
        return true;
    }
    if (s->levels == 0) {
        s->to->cut(s->self);
        return true;
    }
    s->levels--;
    if (s->to->pattern)
        s->to->pattern(s->self, t);
    bool ok = show_members(s, t, kind);
    s->levels++;
    return ok;
}

/* ---- lists that may be strings ---- */

/* Only numbers and captured values, and a tail of that kind if any: what is shown may have to be "abc". */
static bool may_be_text(const struct bt_term *t)
{
    for (size_t i = 0; i < t->u.seq.n; i++) {
        if (t->u.seq.items[i]->kind != BT_TERM_INT && !is_value(t->u.seq.items[i]))
            return false;
    }
    const struct bt_term *tail = t->u.seq.tail;
    return !tail || is_value(tail) || (tail->kind == BT_TERM_LIST && may_be_text(tail));
}

/* Appends a term of such a list in the external format. */
static bool encode(struct shape *s, struct bt_buf *etf, const struct bt_term *t)
{
    struct bt_etf r;
    if (!is_value(t))
        return bt_etf_write(etf, t, NULL, NULL) == 0;
    if (!value_of(s, t, &r))
        return false;
    bt_buf_put(etf, r.p, (size_t)(r.end - r.p));
    return bt_etf_skip(&r) && r.p == r.end;
}

static bool encode_list(struct shape *s, struct bt_buf *etf, const struct bt_term *t)
{
    static const uint8_t list = 108, nil = 106;
    for (; t && t->kind == BT_TERM_LIST; t = t->u.seq.tail) {
        uint8_t n[4];
        for (int i = 0; i < 4; i++)
            n[i] = (uint8_t)(t->u.seq.n >> (24 - 8 * i));
        bt_buf_put(etf, &list, 1);
        bt_buf_put(etf, n, sizeof n);
        for (size_t i = 0; i < t->u.seq.n; i++) {
            if (!encode(s, etf, t->u.seq.items[i]))
                return false;
        }
    }
    if (t)
        return encode(s, etf, t);
    bt_buf_put(etf, &nil, 1);
    return true;
}

static bool show_maybe_text(struct shape *s, const struct bt_term *t)
{
    struct bt_buf etf = BT_BUF_INIT;
    struct bt_etf r;
    bool ok = encode_list(s, &etf, t);
    s->no_memory = s->no_memory || etf.failed;
    bt_etf_init(&r, etf.data, etf.len);
    ok = ok && !etf.failed && walked(s, bt_walk(&r, s->to, s->self, s->levels), &r);
    bt_buf_done(&etf);
    return ok;
}

/* ---- any shape ---- */

static bool show(struct shape *s, const struct bt_term *t)
{
    switch (t->kind) {
    case BT_TERM_HOLE: s->to->hole(s->self); return true;
    case BT_TERM_CAPTURE:
        if (t->u.capture < s->n_values && !s->values[t->u.capture].p) {
            s->to->hole(s->self);
            return true;
        }
        return show_value(s, t);
    case BT_TERM_RAW: return show_value(s, t);
    case BT_TERM_TUPLE: return show_seq(s, t, BT_WALK_TUPLE, BT_ETF_TUPLE);
    case BT_TERM_MAP: return show_seq(s, t, BT_WALK_MAP_PATTERN, BT_ETF_MAP);
    case BT_TERM_LIST:
        if (t->u.seq.n == 0 && t->u.seq.tail)
            return show(s, t->u.seq.tail);
        if (t->u.seq.n && may_be_text(t))
            return show_maybe_text(s, t);
        return show_seq(s, t, BT_WALK_LIST, BT_ETF_NIL);
    default: return show_leaf(s, t);
    }
}

static size_t bytes_of(const struct bt_slice *values, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += values[i].len;
    return bytes;
}

bool bt_shape_print(struct bt_buf *out, const struct bt_term *shape, const struct bt_slice *values,
    size_t n_values, const struct bt_print_opts *opts)
{
    /* A tree's own pids need some home to be shown as <0.44.0>. */
    static const char nobody[] = "nonode@nohost";
    struct bt_print_opts o = opts ? *opts : (struct bt_print_opts){0};
    if (!o.home.len)
        o.home = (struct bt_slice){(const uint8_t *)nobody, sizeof nobody - 1};
    struct shape s = {.home = o.home, .values = values, .n_values = n_values};
    struct bt_erlang erlang = {.out = out, .home = o.home};
    struct bt_elixir elixir;
    struct bt_named named;
    s.levels = o.max_depth ? o.max_depth : BT_ETF_MAX_DEPTH;
    s.to = &bt_erlang_receiver;
    s.self = &erlang;
    s.direct = out;
    if (o.syntax == BT_SYNTAX_ELIXIR) {
        bt_elixir_init(&elixir, out, &o, bytes_of(values, n_values));
        s.to = &bt_elixir_receiver;
        s.self = &elixir;
        s.direct = NULL;
    } else if (o.records) {
        bt_named_init(&named, out, &o);
        s.to = &bt_named_receiver;
        s.self = &named;
        s.direct = NULL;
    }
    bool ok = show(&s, shape);
    if (o.syntax == BT_SYNTAX_ELIXIR)
        bt_elixir_done(&elixir);
    if (s.no_memory)
        out->failed = true;
    return ok;
}
