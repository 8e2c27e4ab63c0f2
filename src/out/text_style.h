/*
 * text_style.h - what the options change of a line of text: time, colour, names, length, line breaks. Without them text.c
 * writes the line alone.
 */
#ifndef BT_OUT_TEXT_STYLE_H
#define BT_OUT_TEXT_STYLE_H

#include "out/text.h"

enum bt_text_time { BT_TEXT_TIME_LOCAL, BT_TEXT_TIME_UTC, BT_TEXT_TIME_RELATIVE, BT_TEXT_TIME_NONE };

struct bt_text_style {
    enum bt_text_time time;
    int64_t start_ns; /* RELATIVE: since then, wall clock */
    bool has_color;
    bool is_pretty;    /* lines longer than BT_TEXT_WIDTH are broken */
    bool has_names;    /* bt_event.name beside the pid, where it is known */
    uint32_t max_line; /* characters; 0: all */
};

#define BT_TEXT_WIDTH 100 /* characters of a line of --pretty */

/* The parts of a line, in text.c. */
struct bt_text_parts {
    void (*time)(struct bt_buf *out, int64_t wall_ns, struct bt_text_memo *memo);
    bool (*pid)(struct bt_buf *out, struct bt_slice pid, const struct bt_text_opts *o);
    void (*function)(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o);
    bool (*args)(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o);
    bool (*outcome)(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o);
    bool (*notes)(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o);
    bool (*single)(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o);
};

/* True when the style changes nothing: bt_text_opts.style can be NULL. */
bool bt_text_style_is_plain(const struct bt_text_style *s);

/* As bt_text_event, in the style of o->style. */
bool bt_text_styled(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o,
    const struct bt_text_parts *parts);

/* Cuts what stands in out from `from` on after `most` characters, escape sequences not counted, and says how many are
 * missing: "...+117". */
void bt_text_cut(struct bt_buf *out, size_t from, uint32_t most);

/*
 * Breaks the line that stands in out from `from` on, where it is longer than `width`: the parts of a bracket that does not fit
 * go on lines of their own, indented. Erlang's notation and Elixir's; quotes, escapes and brackets without a partner are left
 * as they are.
 */
void bt_text_break(struct bt_buf *out, size_t from, size_t width);

#endif
