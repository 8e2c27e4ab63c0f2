/*
 * print_elixir.c - external terms as Elixir text: the receiver for the walker.
 *
 * Whether a list is a keyword list, and what a map is, must be known before its first member is written: text(), map()
 * and pattern() look ahead and leave the form in `coming`, which begin() takes.
 */
#include "term/print_elixir.h"

#include <stdlib.h>
#include <string.h>

#include "term/digits.h"
#include "term/ex_quote.h"
#include "term/term.h"

/* How an open tuple, list or map is written; with it in one byte: where in it we are. */
enum form {
    PLAIN, /* by its kind; never of a level */
    TUPLE,
    LIST,
    MAP,
    KEYWORD,        /* [a: 1] */
    PAIR,           /* a tuple in it: a: 1 */
    KEYMAP,         /* %{a: 1} */
    STRUCT,         /* %Foo{a: 1} */
    STRUCT_PATTERN, /* the same, and its __struct__ comes among the pairs */
    SET,            /* MapSet.new([1]) */
    KEYWORD_SET,    /* MapSet.new([a: 1]) */
    CALL,           /* and behind it one for each of enum bt_ex_words */
    FORM_MASK = 31,
    LATER = 32,  /* behind the first member */
    MUTE = 64,   /* the value that comes is not shown */
    VALUE = 128, /* behind the key */
};

/* A look ahead may go over a term's bytes so often, and over so many more: nested terms are looked at once per level. */
#define LOOKS 64
#define LOOK_BYTES ((size_t)1 << 20)

static void put(struct bt_elixir *e, const char *text)
{
    bt_buf_puts(e->base.out, text);
}

/* ---- levels ---- */

static uint8_t *top(struct bt_elixir *e)
{
    return e->depth && e->depth <= e->cap ? &e->levels[e->depth - 1] : NULL;
}

static enum form form_of(const uint8_t *level)
{
    return level ? (enum form)(*level & FORM_MASK) : PLAIN;
}

static bool grow(struct bt_elixir *e)
{
    bool is_near = e->levels == e->near;
    uint8_t *levels = realloc(is_near ? NULL : e->levels, 2 * e->cap);
    if (!levels)
        return false;
    if (is_near)
        memcpy(levels, e->near, sizeof e->near);
    e->levels = levels;
    e->cap *= 2;
    return true;
}

static void push(struct bt_elixir *e, uint8_t level)
{
    if (e->depth == e->cap && !grow(e))
        e->base.out->failed = true; /* what is printed from here on is lost anyway */
    if (e->depth++ < e->cap)
        e->levels[e->depth - 1] = level;
}

/* ---- leaves ---- */

/* Function.info/1, which inspect asks, makes nil of undefined. */
static struct bt_slice nil_for_undefined(struct bt_slice name)
{
    return bt_slice_is(name, "undefined") ? (struct bt_slice){(const uint8_t *)"nil", 3} : name;
}

static void put_export(struct bt_buf *out, const struct bt_etf_token *tok)
{
    bt_buf_putc(out, '&');
    bt_ex_quote_atom(out, nil_for_undefined(tok->module), tok->module_latin1);
    bt_buf_putc(out, '.');
    bt_ex_quote_function(out, nil_for_undefined(tok->function), tok->function_latin1);
    bt_buf_putc(out, '/');
    bt_digits_int(out, tok->arity);
}

static void put_fun(struct bt_buf *out, const struct bt_etf_token *tok)
{
    bt_buf_puts(out, "#Function<");
    bt_digits_int(out, tok->index);
    bt_buf_putc(out, '.');
    bt_digits_int(out, (int32_t)tok->old_uniq);
    bt_buf_putc(out, '/');
    bt_digits_int(out, tok->arity);
    bt_buf_puts(out, " in ");
    bt_ex_quote_atom(out, nil_for_undefined(tok->module), tok->module_latin1);
    bt_buf_putc(out, '>');
}

static void put_ref(const struct bt_erlang *e, const struct bt_etf_token *tok)
{
    bt_buf_puts(e->out, "#Reference<");
    bt_print_node(e, tok);
    for (uint32_t i = tok->arity; i-- > 0;) {
        bt_buf_putc(e->out, '.');
        bt_digits_int(e->out, tok->ids[i]);
    }
    bt_buf_putc(e->out, '>');
}

/* Whole floats below 1.0e16 are written out: 1000000.0 */
static void put_float(struct bt_buf *out, double v)
{
    if ((v >= 1.0 && v < 1.0e16) || (v <= -1.0 && v > -1.0e16)) {
        int64_t whole = (int64_t)v;
        if ((double)whole == v) {
            bt_digits_int(out, whole);
            bt_buf_put(out, ".0", 2);
            return;
        }
    }
    bt_digits_float(out, v);
}

static void put_leaf(struct bt_elixir *e, const struct bt_etf_token *tok)
{
    struct bt_buf *out = e->base.out;
    switch (tok->kind) {
    case BT_ETF_ATOM: bt_ex_quote_atom(out, tok->bytes, tok->latin1); break;
    case BT_ETF_INT: bt_digits_int(out, tok->integer); break;
    case BT_ETF_BIG: bt_ex_quote_big(out, tok->negative, tok->bytes); break;
    case BT_ETF_FLOAT: put_float(out, tok->real); break;
    case BT_ETF_BINARY: bt_ex_quote_binary(out, tok->bytes, tok->last_bits); break;
    case BT_ETF_TUPLE: put(e, "{}"); break;
    case BT_ETF_STRING: /* never a leaf with bytes */
    case BT_ETF_LIST:
    case BT_ETF_NIL: put(e, "[]"); break;
    case BT_ETF_MAP: put(e, "%{}"); break;
    case BT_ETF_PID:
        put(e, "#PID");
        bt_erlang_receiver.leaf(&e->base, tok);
        break;
    case BT_ETF_PORT: bt_erlang_receiver.leaf(&e->base, tok); break;
    case BT_ETF_REF: put_ref(&e->base, tok); break;
    case BT_ETF_EXPORT: put_export(out, tok); break;
    case BT_ETF_FUN: put_fun(out, tok); break;
    }
}

static void put_key(struct bt_elixir *e, const struct bt_etf_token *tok)
{
    bt_ex_quote_key(e->base.out, tok->bytes, tok->latin1);
    bt_buf_putc(e->base.out, ' ');
}

/* A key, or the value, of a struct in a shape; what belongs to __struct__ is passed over. */
static void pattern_leaf(struct bt_elixir *e, uint8_t *level, const struct bt_etf_token *tok)
{
    if (*level & MUTE)
        *level &= (uint8_t)~MUTE;
    else if (*level & VALUE)
        put_leaf(e, tok);
    else if (bt_slice_is(tok->bytes, "__struct__"))
        *level |= MUTE;
    else {
        if (*level & LATER)
            put(e, ", ");
        *level |= LATER;
        put_key(e, tok);
    }
}

static void leaf(void *self, const struct bt_etf_token *tok)
{
    struct bt_elixir *e = self;
    uint8_t *level = top(e);
    bool is_value = level && *level & VALUE;
    switch (form_of(level)) {
    case PAIR:
    case KEYMAP:
    case STRUCT:
        if (is_value)
            put_leaf(e, tok);
        else
            put_key(e, tok);
        return;
    case STRUCT_PATTERN: pattern_leaf(e, level, tok); return;
    case SET:
    case KEYWORD_SET:
        if (!is_value)
            put_leaf(e, tok);
        return;
    case PLAIN:
    case TUPLE:
    case LIST:
    case MAP:
    case KEYWORD: put_leaf(e, tok); return;
    default:
        if (is_value)
            put_leaf(e, tok);
        return;
    }
}

/* ---- looking ahead ---- */

/* So many bytes are looked at. False: that would be too many. */
static bool may_look(struct bt_elixir *e, size_t bytes)
{
    if (bytes > e->look_left)
        return false;
    e->look_left -= bytes;
    return true;
}

/* Is what r stands before {key, Value}? Passes over it. */
static bool is_pair(struct bt_elixir *e, struct bt_etf *r)
{
    struct bt_etf_token tok;
    const uint8_t *start = r->p;
    return bt_etf_next(r, &tok) && tok.kind == BT_ETF_TUPLE && tok.arity == 2 && bt_etf_next(r, &tok) &&
           tok.kind == BT_ETF_ATOM && bt_ex_is_key(tok.bytes) && bt_etf_skip(r) &&
           may_look(e, (size_t)(r->p - start));
}

static bool is_keyword(struct bt_elixir *e, struct bt_etf r)
{
    struct bt_etf_token tok;
    bool some = false;
    while (bt_etf_next(&r, &tok) && tok.kind == BT_ETF_LIST) {
        for (uint32_t i = 0, n = tok.arity; i < n; i++) {
            if (!is_pair(e, &r))
                return false;
            some = true;
        }
    }
    return some && (tok.kind == BT_ETF_NIL || (tok.kind == BT_ETF_STRING && tok.bytes.len == 0));
}

static bool text(void *self, struct bt_etf *r)
{
    struct bt_elixir *e = self;
    if (!e->as_lists && bt_ex_quote_list(e->base.out, r))
        return true;
    e->coming = is_keyword(e, *r) ? KEYWORD : PLAIN;
    return false;
}

/* Are all keys atoms that may be written as key: ? The value of __struct__ is put into *module. */
static bool are_keys(struct bt_elixir *e, struct bt_etf r, uint32_t n_pairs, struct bt_slice *module)
{
    const uint8_t *start = r.p;
    *module = (struct bt_slice){NULL, 0};
    for (uint32_t i = 0; i < n_pairs; i++) {
        struct bt_etf_token tok;
        if (!bt_etf_next(&r, &tok) || tok.kind != BT_ETF_ATOM || !bt_ex_is_key(tok.bytes))
            return false;
        bool is_struct = bt_slice_is(tok.bytes, "__struct__");
        struct bt_etf value = r;
        if (!bt_etf_skip(&r) || !may_look(e, (size_t)(r.p - start)))
            return false;
        start = r.p;
        if (is_struct && bt_etf_next(&value, &tok) && tok.kind == BT_ETF_ATOM)
            *module = tok.bytes;
    }
    return true;
}

/* Are all members of a set, as chosen, {key, Value}? */
static bool is_keyword_set(struct bt_elixir *e, const struct bt_walk_chosen *c, const uint8_t *end)
{
    for (uint32_t i = c->n; i-- > 0;) {
        struct bt_etf r;
        bt_etf_init(&r, c->base + c->at[i], (size_t)(end - c->base) - c->at[i]);
        if (!is_pair(e, &r))
            return false;
    }
    return c->n > 0;
}

static enum bt_walk_map struct_comes(
    struct bt_elixir *e, struct bt_etf *r, uint32_t n_pairs, struct bt_ex_struct *s)
{
    switch (bt_ex_struct(e->base.out, *r, n_pairs, e->structs, s)) {
    case BT_EX_SHOWN:
        for (uint32_t i = 0; i < 2 * n_pairs; i++)
            bt_etf_skip(r);
        e->coming = PLAIN;
        return BT_WALK_MAP_SHOWN;
    case BT_EX_STRUCT:
        e->coming = STRUCT;
        e->module = s->module;
        return BT_WALK_MAP_CHOSEN;
    case BT_EX_CALL: e->coming = (uint8_t)(CALL + s->words); return BT_WALK_MAP_CHOSEN;
    case BT_EX_SET:
        e->coming = is_keyword_set(e, s->chosen, r->end) ? KEYWORD_SET : SET;
        return BT_WALK_MAP_CHOSEN;
    case BT_EX_NOMEM: e->base.out->failed = true; break;
    case BT_EX_MAP: break;
    }
    return BT_WALK_MAP_PLAIN;
}

static enum bt_walk_map map(void *self, struct bt_etf *r, uint32_t n_pairs, struct bt_walk_chosen **chosen)
{
    struct bt_elixir *e = self;
    struct bt_ex_struct s;
    e->coming = PLAIN;
    if (!are_keys(e, *r, n_pairs, &s.module))
        return BT_WALK_MAP_PLAIN;
    e->coming = KEYMAP;
    if (!s.module.p)
        return BT_WALK_MAP_PLAIN;
    enum bt_walk_map how = struct_comes(e, r, n_pairs, &s);
    *chosen = s.chosen;
    return how;
}

/* ---- looking ahead in a shape ---- */

static struct bt_slice atom_name(const struct bt_term *t)
{
    return (struct bt_slice){(const uint8_t *)t->u.atom.name, t->u.atom.len};
}

static bool is_key_term(const struct bt_term *t)
{
    return t->kind == BT_TERM_ATOM && bt_ex_is_key(atom_name(t));
}

static uint8_t list_pattern(const struct bt_term *list)
{
    for (size_t i = 0; i < list->u.seq.n; i++) {
        const struct bt_term *t = list->u.seq.items[i];
        if (t->kind != BT_TERM_TUPLE || t->u.seq.n != 2 || !is_key_term(t->u.seq.items[0]))
            return PLAIN;
    }
    return list->u.seq.tail ? PLAIN : KEYWORD;
}

static uint8_t map_pattern(struct bt_elixir *e, const struct bt_term *m)
{
    e->module = (struct bt_slice){NULL, 0};
    for (size_t i = 0; i < m->u.seq.n; i++) {
        const struct bt_term *key = m->u.seq.items[2 * i], *value = m->u.seq.items[2 * i + 1];
        if (!is_key_term(key))
            return PLAIN;
        if (bt_slice_is(atom_name(key), "__struct__") && value->kind == BT_TERM_ATOM)
            e->module = atom_name(value);
    }
    return bt_ex_is_alias(e->module) ? STRUCT_PATTERN : KEYMAP;
}

static void pattern(void *self, const struct bt_term *t)
{
    struct bt_elixir *e = self;
    e->coming = t->kind == BT_TERM_LIST  ? list_pattern(t)
                : t->kind == BT_TERM_MAP ? map_pattern(e, t)
                                         : PLAIN;
}

/* ---- what has members ---- */

/* The form of what begins, where nothing was found out about it. */
static enum form usual_form(struct bt_elixir *e, enum bt_walk_kind kind)
{
    const uint8_t *level = top(e);
    enum form outer = form_of(level);
    switch (kind) {
    case BT_WALK_TUPLE: return outer == KEYWORD || (outer == KEYWORD_SET && !(*level & VALUE)) ? PAIR : TUPLE;
    case BT_WALK_LIST: return LIST;
    case BT_WALK_MAP:
    case BT_WALK_MAP_PATTERN: return MAP;
    }
    return PLAIN;
}

static void begin(void *self, enum bt_walk_kind kind)
{
    struct bt_elixir *e = self;
    enum form form = kind != BT_WALK_TUPLE && e->coming ? (enum form)e->coming : usual_form(e, kind);
    e->coming = PLAIN;
    push(e, (uint8_t)form);
    switch (form) {
    case PLAIN:
    case PAIR: break;
    case TUPLE: put(e, "{"); break;
    case LIST:
    case KEYWORD: put(e, "["); break;
    case MAP:
    case KEYMAP: put(e, "%{"); break;
    case STRUCT:
    case STRUCT_PATTERN:
        put(e, "%");
        bt_ex_quote_atom(e->base.out, e->module, false);
        put(e, "{");
        break;
    case SET:
    case KEYWORD_SET:
        e->as_lists++;
        put(e, bt_ex_calls[BT_EX_MAP_SET].open);
        break;
    default: put(e, bt_ex_calls[form - CALL].open); break;
    }
}

static void next(void *self)
{
    struct bt_elixir *e = self;
    uint8_t *level = top(e);
    enum form form = form_of(level);
    if (!level)
        return;
    if (form == PAIR) {
        *level |= VALUE;
        return;
    }
    *level &= (uint8_t)~VALUE;
    if (form == STRUCT_PATTERN)
        return;
    put(e, form >= CALL ? bt_ex_calls[form - CALL].sep[(*level & LATER) != 0] : ", ");
    *level |= LATER;
}

static void value(void *self, enum bt_walk_kind kind)
{
    struct bt_elixir *e = self;
    uint8_t *level = top(e);
    (void)kind;
    if (form_of(level) == MAP)
        put(e, " => ");
    else if (level)
        *level |= VALUE;
}

static void tail(void *self)
{
    put(self, " | ");
}

static void end(void *self, enum bt_walk_kind kind)
{
    struct bt_elixir *e = self;
    enum form form = form_of(top(e));
    (void)kind;
    e->depth--;
    switch (form) {
    case PLAIN:
    case PAIR: break;
    case LIST:
    case KEYWORD: put(e, "]"); break;
    case TUPLE:
    case MAP:
    case KEYMAP:
    case STRUCT:
    case STRUCT_PATTERN: put(e, "}"); break;
    case SET:
    case KEYWORD_SET:
        e->as_lists--;
        put(e, bt_ex_calls[BT_EX_MAP_SET].close);
        break;
    default: put(e, bt_ex_calls[form - CALL].close); break;
    }
}

static void cut(void *self)
{
    struct bt_elixir *e = self;
    e->coming = PLAIN;
    put(e, "...");
}

static void hole(void *self)
{
    put(self, "_");
}

const struct bt_receiver bt_elixir_receiver = {
    .leaf = leaf,
    .text = text,
    .map = map,
    .pattern = pattern,
    .begin = begin,
    .next = next,
    .value = value,
    .tail = tail,
    .end = end,
    .cut = cut,
    .hole = hole,
    .keeps_order = true, /* as maps:to_list/1 of OTP 27 gives them */
};

/* ---- the way in ---- */

void bt_elixir_init(struct bt_elixir *e, struct bt_buf *out, const struct bt_print_opts *opts, size_t bytes)
{
    e->base = (struct bt_erlang){.out = out};
    e->structs = NULL;
    if (opts) {
        e->base.home = opts->home;
        e->structs = opts->structs;
    }
    e->levels = e->near;
    e->depth = 0;
    e->cap = BT_ELIXIR_NEAR;
    e->as_lists = 0;
    e->coming = PLAIN;
    e->look_left = bytes > (SIZE_MAX - LOOK_BYTES) / LOOKS ? SIZE_MAX : LOOKS * bytes + LOOK_BYTES;
}

void bt_elixir_done(struct bt_elixir *e)
{
    if (e->levels != e->near)
        free(e->levels);
}

bool bt_print_elixir(struct bt_buf *out, struct bt_etf *r, const struct bt_print_opts *opts)
{
    struct bt_elixir e;
    bt_elixir_init(&e, out, opts, (size_t)(r->end - r->p));
    enum bt_walk_result result =
        bt_walk(r, &bt_elixir_receiver, &e, opts && opts->max_depth ? opts->max_depth : BT_ETF_MAX_DEPTH);
    bt_elixir_done(&e);
    if (result == BT_WALK_NOMEM)
        out->failed = true;
    return result == BT_WALK_OK;
}
