/*
 * stream.h - one source of a replay: a capture, or a trace port file, or the files of a wrap set one after the other. What it is is
 * told by its content. The only part of replay/ that opens files.
 */
#ifndef BT_REPLAY_STREAM_H
#define BT_REPLAY_STREAM_H

#include "replay/reader.h"

struct bt_stream;

/* As bt_replay_ops, with the file it is of. */
struct bt_stream_ops {
    void (*damage)(void *arg, const char *path, const struct bt_replay_damage *d);
    void *arg;
};

/*
 * bt_stream_open - open the first of n files.
 *
 * paths  in the order they were written; more than one: trace port files only. Borrowed until bt_stream_close. "-" is stdin.
 * ops    copied; damage may be NULL.
 * Errors: EUSAGE with the file's name, ENOMEM.
 */
struct bt_stream *bt_stream_open(
    const char *const *paths, size_t n, const struct bt_stream_ops *ops, struct beamtap_err *err);
void bt_stream_close(struct bt_stream *s);

/* Of a trace port file the node is known once an event was read. */
const struct bt_out_head *bt_stream_head(const struct bt_stream *s);
/* EVENT, END, ERROR. */
enum bt_next bt_stream_next(struct bt_stream *s, struct bt_event *ev, struct beamtap_err *err);
/* How a capture ended; NULL: not known. */
const struct bt_out_end *bt_stream_end(const struct bt_stream *s);
bool bt_stream_is_capture(const struct bt_stream *s);
/* The file that is being read. */
const char *bt_stream_path(const struct bt_stream *s);
/* Records of a later version. */
uint64_t bt_stream_unknown(const struct bt_stream *s);

#endif
