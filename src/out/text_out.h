/*
 * text_out.h - the output that writes lines of text (text.h).
 */
#ifndef BT_OUT_TEXT_OUT_H
#define BT_OUT_TEXT_OUT_H

#include "out/out.h"
#include "out/text_style.h"

/* Both are copied; start_ns and home come with the head. NULL: no memory. The caller opens the sink. */
struct bt_out *bt_text_out_new(const struct bt_text_style *style, const struct bt_print_opts *print);

#endif
