/*
 * text_out.c - the output that writes lines of text.
 */
#include "out/text_out.h"

#include <stdlib.h>
#include <string.h>

struct text_out {
    struct bt_out out;
    struct bt_text_opts opts;
    struct bt_text_memo memo;
    struct bt_text_style style;
};

static void begin(struct bt_out *o, const struct bt_out_head *head)
{
    struct text_out *t = (struct text_out *)o;
    bt_text_opts_init(&t->opts, head);
    t->opts.memo = &t->memo;
    t->style.start_ns = head->start_wall_ns;
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

struct bt_out *bt_text_out_new(const struct bt_text_style *style, const struct bt_print_opts *print)
{
    struct text_out *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->out.ops = &ops;
    t->opts.print = *print;
    t->style = *style;
    t->opts.style = bt_text_style_is_plain(style) ? NULL : &t->style;
    t->out.sink.fd = -1;
    return &t->out;
}
