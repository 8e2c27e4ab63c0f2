/*
 * jsonl.h - the output that writes JSON, an object a line; the schema is doc/beamtap-json.5. Always valid JSON and UTF-8.
 */
#ifndef BT_OUT_JSONL_H
#define BT_OUT_JSONL_H

#include "out/out.h"
#include "term/print.h"

/* print is copied; home comes with the head. NULL: no memory. The caller opens the sink. */
struct bt_out *bt_jsonl_out_new(const struct bt_print_opts *print);

/* The next record has this number. */
void bt_jsonl_out_seq(struct bt_out *o, uint64_t seq);

/* Appends a time as RFC 3339 has it, UTC, with nanoseconds and quotes: "2026-11-26T10:30:34.123456789Z". */
void bt_jsonl_time(struct bt_buf *out, int64_t wall_ns);

#endif
