/*
 * print_named.c - the receiver that writes Erlang text with the names of records' fields. All but tuples is as in print.c.
 */
#include "term/print_named.h"

#include <string.h>

#include "term/term.h"
#include "term/walk.h"

const struct bt_print_def *bt_print_record(
    const struct bt_print_defs *defs, struct bt_slice name, size_t n_fields)
{
    for (size_t i = 0; defs && i < defs->n; i++) {
        if (defs->items[i].n_fields == n_fields && bt_slice_is(name, defs->items[i].name))
            return &defs->items[i];
    }
    return NULL;
}

void bt_named_init(struct bt_named *e, struct bt_buf *out, const struct bt_print_opts *opts)
{
    e->base = (struct bt_erlang){.out = out, .home = opts->home};
    e->records = opts->records;
    e->coming = NULL;
    e->depth = 0;
}

static struct bt_named_level *top(struct bt_named *e)
{
    return e->depth && e->depth <= BT_NAMED_LEVELS ? &e->levels[e->depth - 1] : NULL;
}

static void leaf(void *self, const struct bt_etf_token *tok)
{
    bt_erlang_receiver.leaf(self, tok);
}

static bool text(void *self, struct bt_etf *r)
{
    return bt_erlang_receiver.text(self, r);
}

static void tuple(void *self, struct bt_etf members, uint32_t arity)
{
    struct bt_named *e = self;
    struct bt_slice name;
    e->coming = bt_etf_atom(&members, &name) ? bt_print_record(e->records, name, arity - 1) : NULL;
}

/* A tuple of a pattern. */
static void pattern(void *self, const struct bt_term *t)
{
    struct bt_named *e = self;
    const struct bt_term *tag = t->kind == BT_TERM_TUPLE ? t->u.seq.items[0] : NULL;
    e->coming = NULL;
    if (tag && tag->kind == BT_TERM_ATOM)
        e->coming = bt_print_record(e->records,
            (struct bt_slice){(const uint8_t *)tag->u.atom.name, tag->u.atom.len}, t->u.seq.n - 1);
}

static void begin(void *self, enum bt_walk_kind kind)
{
    struct bt_named *e = self;
    e->depth++;
    struct bt_named_level *level = top(e);
    if (level)
        *level = (struct bt_named_level){kind == BT_WALK_TUPLE ? e->coming : NULL, 0};
    e->coming = NULL;
    if (level && level->def)
        bt_buf_putc(e->base.out, '#');
    else
        bt_erlang_receiver.begin(self, kind);
}

static void next(void *self)
{
    struct bt_named *e = self;
    struct bt_named_level *level = top(e);
    if (!level || !level->def) {
        bt_erlang_receiver.next(self);
        return;
    }
    const char *field = level->def->fields[level->n];
    bt_buf_putc(e->base.out, level->n++ ? ',' : '{');
    bt_print_atom(e->base.out, (struct bt_slice){(const uint8_t *)field, strlen(field)});
    bt_buf_puts(e->base.out, " = ");
}

static void value(void *self, enum bt_walk_kind kind)
{
    bt_erlang_receiver.value(self, kind);
}

static void tail(void *self)
{
    bt_erlang_receiver.tail(self);
}

static void end(void *self, enum bt_walk_kind kind)
{
    struct bt_named *e = self;
    const struct bt_named_level *level = top(e);
    e->depth--;
    if (level && level->def && level->n == 0)
        bt_buf_putc(e->base.out, '{');
    bt_erlang_receiver.end(self, kind);
}

static void cut(void *self)
{
    struct bt_named *e = self;
    e->coming = NULL;
    bt_erlang_receiver.cut(self);
}

static void hole(void *self)
{
    bt_erlang_receiver.hole(self);
}

const struct bt_receiver bt_named_receiver = {
    .leaf = leaf,
    .text = text,
    .tuple = tuple,
    .pattern = pattern,
    .begin = begin,
    .next = next,
    .value = value,
    .tail = tail,
    .end = end,
    .cut = cut,
    .hole = hole,
};
