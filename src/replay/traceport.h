/*
 * traceport.h - a file that OTP's trace port driver wrote (dbg:trace_port(file, ...), ttb, redbug's option file) to events.
 *
 *   <<0, Size:32/big, Term:Size/binary>>   a trace message, or a message of sequential tracing, in external format
 *   <<1, N:32/big>>                        N messages were dropped
 *
 * Hostile, as a capture is. Source: runtime_tools' trace_file_drv.c, erlang:trace/3 "Trace messages".
 */
#ifndef BT_REPLAY_TRACEPORT_H
#define BT_REPLAY_TRACEPORT_H

#include "replay/reader.h"

struct bt_traceport;

/* The first bytes of such a file: a whole record, or as much of one as was given (8 bytes at least). */
bool bt_traceport_knows(const uint8_t *p, size_t n);

/* in: borrowed; ops: copied, NULL: nobody is told. ENOMEM. */
struct bt_traceport *bt_traceport_open(
    struct bt_input *in, const struct bt_replay_ops *ops, struct beamtap_err *err);
void bt_traceport_close(struct bt_traceport *t);

/* Goes on with the next file of a wrap set: calls of the last one return in this one. */
void bt_traceport_switch(struct bt_traceport *t, struct bt_input *in);

/*
 * The next event: EVENT, END, ERROR. Durations are those of calls and returns in the file. wall_ns is 0 where messages have no time
 * of day (no stamp, or a monotonic one); mono_ns is 0 where they have no stamp.
 */
enum bt_next bt_traceport_next(struct bt_traceport *t, struct bt_event *ev, struct beamtap_err *err);

/* The node is the one whose processes are traced; "" until an event has been read, and so is the time it starts at. Its clauses are the same for all files. */
const struct bt_out_head *bt_traceport_head(const struct bt_traceport *t);

#endif
