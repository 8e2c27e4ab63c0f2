/*
 * header.h - the two records of a capture file that are lists of {Key, Value}: its header, and how it ended. Keys that are not
 * known are passed over: a later version wrote them.
 */
#ifndef BT_REPLAY_HEADER_H
#define BT_REPLAY_HEADER_H

#include "base/arena.h"
#include "out/out.h"
#include "term/etf_read.h"

/* Fills *out from the header's term; everything lives in the arena. False: it is none, or no memory (a->failed). */
bool bt_header_read(struct bt_arena *a, struct bt_slice etf, struct bt_out_head *out);

/* The same for the last record. */
bool bt_header_read_end(struct bt_arena *a, struct bt_slice etf, struct bt_out_end *out);

#endif
