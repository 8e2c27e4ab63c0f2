/*
 * filter.c - which lines are shown.
 */
#include "out/filter.h"

void bt_filter_begin(struct bt_filter *f, const struct bt_out_head *head, const struct bt_text_style *style,
    const struct bt_print_opts *print)
{
    f->style = *style;
    f->style.start_ns = head->start_wall_ns;
    f->style.has_color = f->style.is_pretty = false;
    f->style.max_line = 0;
    f->opts = (struct bt_text_opts){.print = *print};
    f->opts.style = bt_text_style_is_plain(&f->style) ? NULL : &f->style;
    bt_text_opts_init(&f->opts, head);
}

/* In doubt it is: a line too many is better than one that is missing. */
static bool matches(struct bt_filter *f, const struct bt_regex *re, bool in_doubt)
{
    switch (bt_regex_match(re, f->line.data, f->line.len)) {
    case BT_REGEX_YES: return true;
    case BT_REGEX_NO: return false;
    case BT_REGEX_GAVE_UP: f->n_gave_up++; return in_doubt;
    case BT_REGEX_NO_MEMORY: f->has_failed = true; return in_doubt;
    }
    return in_doubt;
}

bool bt_filter_takes(struct bt_filter *f, const struct bt_event *ev)
{
    bool is_wanted = f->n_wanted == 0;
    bt_buf_reset(&f->line);
    bt_text_event(&f->line, ev, &f->opts);
    if (f->line.failed || f->line.len == 0) {
        f->has_failed = true;
        return true;
    }
    f->line.len--; /* the newline */
    for (size_t i = 0; i < f->n_wanted && !is_wanted; i++)
        is_wanted = matches(f, f->wanted[i], true);
    for (size_t i = 0; i < f->n_unwanted && is_wanted; i++)
        is_wanted = !matches(f, f->unwanted[i], false);
    return is_wanted;
}

void bt_filter_done(struct bt_filter *f)
{
    bt_buf_done(&f->line);
}
