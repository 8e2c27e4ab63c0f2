/*
 * text_out.c - the output that writes lines of text.
 */
#include "out/text_out.h"

#include <stdlib.h>
#include <string.h>

#include "out/text.h"

struct text_out {
    struct bt_out out;
    struct bt_text_opts opts;
    struct bt_text_memo memo;
};

static void begin(struct bt_out *o, const struct bt_out_head *head)
{
    struct text_out *t = (struct text_out *)o;
    t->opts.memo = &t->memo;
    t->opts.clauses = head->clauses;
    t->opts.n_clauses = head->n_clauses;
    t->opts.whole_args = head->args == BT_ARGS_MODE_ALL;
    t->opts.no_args = head->args == BT_ARGS_MODE_ARITY;
    t->opts.print.home = (struct bt_slice){(const uint8_t *)head->node, strlen(head->node)};
}

/* What was learnt is no event of the node. */
static void event(struct bt_out *o, const struct bt_event *ev)
{
    if (ev->type < BT_EVENT_BIG_ARG)
        bt_text_event(&o->sink.buf, ev, &((struct text_out *)o)->opts);
}

static void end(struct bt_out *o, const struct bt_out_end *e)
{
    for (size_t i = 0; e && i < e->n_counts; i++)
        bt_text_counted(&o->sink.buf, &e->counts[i]);
}

static void free_it(struct bt_out *o)
{
    free(o);
}

static const struct bt_out_ops ops = {"text", begin, event, end, free_it};

struct bt_out *bt_text_out_new(void)
{
    struct text_out *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->out.ops = &ops;
    t->out.sink.fd = -1;
    return &t->out;
}
