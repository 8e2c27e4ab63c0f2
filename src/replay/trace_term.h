/*
 * trace_term.h - one term of a trace port file to an event.
 */
#ifndef BT_REPLAY_TRACE_TERM_H
#define BT_REPLAY_TRACE_TERM_H

#include "base/buf.h"
#include "event/event.h"

/* Which clause a call of such a file belongs to: what its values are. */
enum bt_trace_clause {
    BT_TRACE_ARGS,      /* the list of arguments */
    BT_TRACE_ARGS_SAID, /* and what message(X) said */
    BT_TRACE_NO_ARGS,   /* f/2: traced with the flag arity */
    BT_TRACE_NO_ARGS_SAID,
    BT_TRACE_CLAUSES,
};

enum bt_trace_stamp {
    BT_TRACE_NO_STAMP,
    BT_TRACE_WALL,      /* {MegaSecs, Secs, MicroSecs} */
    BT_TRACE_MONOTONIC, /* an integer, or {Integer, Unique} */
};

/* An event that has nothing yet. */
void bt_trace_clear(struct bt_event *ev);

/*
 * bt_trace_term - read the term at etf, without its version byte.
 *
 * made   what the file does not have as bytes ({M, F, Arity} of a call with arguments); the event's slices are in it, or in etf.
 * Every whole term becomes an event: what is no trace message known here is BT_EVENT_OTHER. False: the bytes are none, or no memory
 * (made->failed).
 */
bool bt_trace_term(struct bt_slice etf, struct bt_buf *made, struct bt_event *ev, enum bt_trace_stamp *stamp);

#endif
