/*
 * text_out.h - the output that writes lines of text (text.h).
 */
#ifndef BT_OUT_TEXT_OUT_H
#define BT_OUT_TEXT_OUT_H

#include "out/out.h"

/* NULL: no memory. The sink is zero: the caller opens it. */
struct bt_out *bt_text_out_new(void);

#endif
