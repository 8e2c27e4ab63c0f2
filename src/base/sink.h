/*
 * sink.h - bounded, non-blocking output to a descriptor: a stalled reader never stops us from answering the
 * node.
 */
#ifndef BT_BASE_SINK_H
#define BT_BASE_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct bt_sink {
    int fd;
    bool is_file; /* a regular file never makes us wait */
    bool owns_fd;
    bool is_new; /* the file was made by bt_sink_create */
    const char *name;
    struct bt_buf buf;  /* append here */
    size_t pos;         /* bytes of it that are written */
    uint64_t n_written; /* bytes in the file, with what was there when it was opened to append */
};

#define BT_SINK_HIGH ((size_t)1 << 20) /* above this many waiting bytes the producer should pause */

/* On an open descriptor, which stays the caller's. */
void bt_sink_init(struct bt_sink *s, int fd, const char *name);
/* A new file, mode 0600 less umask; it must not exist unless is_append. EOUTPUT. */
int bt_sink_create(struct bt_sink *s, const char *path, bool is_append, struct beamtap_err *err);
/* Writes what can be written without waiting. EOUTPUT; err->sys is EPIPE when the reader is gone. */
int bt_sink_push(struct bt_sink *s, struct beamtap_err *err);
/* Writes everything, waiting until the deadline (bt_clock_mono_us) at most. */
int bt_sink_drain(struct bt_sink *s, int64_t deadline_us, struct beamtap_err *err);
bool bt_sink_is_full(const struct bt_sink *s);
/* Gives up a sink nothing was written to: a file that bt_sink_create has made is removed. */
void bt_sink_discard(struct bt_sink *s);
/* Frees; closes what bt_sink_create opened, and reports what only close() knows (a full disk). */
int bt_sink_done(struct bt_sink *s, struct beamtap_err *err);

#endif
