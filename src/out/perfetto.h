/*
 * perfetto.h - the output that writes Chrome's trace-event format, which ui.perfetto.dev, chrome://tracing and speedscope open:
 * a track for each process, a slice for each call whose end is followed, an instant for everything else.
 *
 * Source: "Trace Event Format", JSON array format: the closing ] may be missing, so a file that was cut at a line end is whole.
 */
#ifndef BT_OUT_PERFETTO_H
#define BT_OUT_PERFETTO_H

#include "out/out.h"
#include "term/print.h"

/* print is copied; home comes with the head. NULL: no memory. The caller opens the sink. */
struct bt_out *bt_perfetto_out_new(const struct bt_print_opts *print);

#endif
