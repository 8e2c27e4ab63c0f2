/*
 * filter.h - which lines are shown: --grep and --grep-not, on the line as text has it, without colour and line breaks.
 */
#ifndef BT_OUT_FILTER_H
#define BT_OUT_FILTER_H

#include "base/regex.h"
#include "out/out.h"
#include "out/text_style.h"

struct bt_filter {
    const struct bt_regex *const *wanted; /* one of them must match; none: any line */
    size_t n_wanted;
    const struct bt_regex *const *unwanted; /* none of them may */
    size_t n_unwanted;
    struct bt_text_opts opts;
    struct bt_text_style style;
    struct bt_buf line;
    uint64_t n_gave_up; /* lines shown because an expression took too many steps */
    bool has_failed;    /* no memory */
};

static inline bool bt_filter_is_on(const struct bt_filter *f)
{
    return f->n_wanted + f->n_unwanted > 0;
}

/* style: of the text output. */
void bt_filter_begin(struct bt_filter *f, const struct bt_out_head *head, const struct bt_text_style *style,
    const struct bt_print_opts *print);
bool bt_filter_takes(struct bt_filter *f, const struct bt_event *ev);
void bt_filter_done(struct bt_filter *f);

#endif
