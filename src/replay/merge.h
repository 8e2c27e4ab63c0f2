/*
 * merge.h - the events of several sources in the order of their time.
 *
 * The sources' clauses are put into one table; each event's clause is its place there. An event without a time of day stands where
 * it stands in its source: behind the one before it.
 */
#ifndef BT_REPLAY_MERGE_H
#define BT_REPLAY_MERGE_H

#include "replay/stream.h"

struct bt_merge;

/*
 * bt_merge_open - open all files. Errors: EUSAGE with the file's name, ENOMEM.
 *
 * paths  n of them, borrowed. Files of a wrap set are one source.
 */
struct bt_merge *bt_merge_open(
    const char *const *paths, size_t n, const struct bt_stream_ops *ops, struct beamtap_err *err);
void bt_merge_close(struct bt_merge *m);

/* One for all: the node and what else differs is that of the first source. */
const struct bt_out_head *bt_merge_head(const struct bt_merge *m);

/* The next event; valid until the next call. EVENT, END, ERROR. */
enum bt_next bt_merge_next(struct bt_merge *m, struct bt_event *ev, struct beamtap_err *err);

size_t bt_merge_count(const struct bt_merge *m);
/* For what is said at the end. */
const struct bt_stream *bt_merge_stream(const struct bt_merge *m, size_t i);

#endif
