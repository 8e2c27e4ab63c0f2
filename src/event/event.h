/*
 * event.h - one thing that happened on the node, decoded from a trace message. Live sessions and replay both
 * give these. Source: erlang:trace/3, "Trace messages"; the message part of a call is match/instrument.c's
 * {Id, Value, ...}.
 */
#ifndef BT_EVENT_EVENT_H
#define BT_EVENT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "term/etf_read.h"

#define BT_EVENT_MAX_VALUES 512

enum bt_event_type {
    BT_EVENT_CALL,
    BT_EVENT_RETURN,
    BT_EVENT_EXCEPTION,
    BT_EVENT_TIMED,      /* a call with action `time` has ended: duration_ns, no value */
    BT_EVENT_SEND,       /* value: the message; peer: to whom (pid, name, {Name, Node}, port) */
    BT_EVENT_RECEIVE,    /* value: the message; peer: from whom (pid, or undefined) */
    BT_EVENT_SPAWN,      /* peer: the new process; mfa: what it runs */
    BT_EVENT_EXIT,       /* value: the reason */
    BT_EVENT_LINK,       /* peer */
    BT_EVENT_UNLINK,     /* peer */
    BT_EVENT_REGISTER,   /* value: the name */
    BT_EVENT_UNREGISTER, /* value: the name */
    BT_EVENT_GC,         /* class_name: minor or major; duration_ns; before, after: bytes of its heaps */
    BT_EVENT_RUNNING, /* duration_ns: from being scheduled in to out; mfa: where it was scheduled out, or none */
    BT_EVENT_OTHER, /* of another tracer's file: class_name is its kind, values what it says */
    BT_EVENT_RETURN_TO,       /* not given to callers: the process returned to `caller`, see timed.h */
    BT_EVENT_SKIPPED,         /* a gap: `amount` calls were made and not shown since the last such mark */
    BT_EVENT_LOST,            /* a gap: `amount` events were dropped on the node */
    BT_EVENT_REARMED,         /* a gap: the function's module was reloaded */
    BT_EVENT_BIG_ARG,         /* learnt: argument `position` has `amount` bytes, no longer copied */
    BT_EVENT_BIG_RETURN,      /* learnt: the return value has `amount` bytes, no longer copied */
    BT_EVENT_NO_RETURN,       /* learnt: too many calls are open in one process, returns no longer followed */
    BT_EVENT_BIG_MESSAGE,     /* learnt: messages like `value` are no longer shown: one had `amount` bytes */
    BT_EVENT_GONE,            /* learnt: the watched process `value` (a pid or a name) has ended */
    BT_EVENT_BACK,            /* learnt: there is a process of the name `value` now; it is traced */
    BT_EVENT_AWAITED,         /* learnt: there is no process of the name `value` yet */
    BT_EVENT_FOREIGN_COUNTER, /* the function, and `amount` - 1 more, are counted by somebody else: not by us */
    BT_EVENT_COUNTS, /* no event of the node: the tallies of a session that counts are fresh (counting.h) */
};

/* All slices are borrowed from the bytes it was decoded from. */
struct bt_event {
    enum bt_event_type type;
    struct bt_slice node; /* where there are several: the name of the one it is of; else empty */
    struct bt_slice pid;  /* external form */
    struct bt_slice name; /* what that process is, as text (--names); empty: not known, or not asked */
    struct bt_slice mfa;  /* {M, F, Arity}, external form */
    struct bt_slice module, function; /* UTF-8 */
    uint32_t arity;
    size_t clause;   /* call: the Id in its message */
    size_t n_values; /* call: captured values, external form */
    struct bt_slice values[BT_EVENT_MAX_VALUES];
    struct bt_slice
        value;            /* return: the value; exception: the reason; of messages and processes: see above */
    struct bt_slice peer; /* of messages and processes: the other one, external form */
    struct bt_slice caller;     /* with action `time`: {M, F, Arity} or undefined, external form */
    struct bt_slice class_name; /* exception: error, exit, throw */
    int64_t mono_ns;            /* the node's monotonic time */
    int64_t unique;             /* orders events of the same mono_ns */
    int64_t wall_ns;            /* since 1970 UTC; 0 until the session fills it: not known */
    int64_t before, after;      /* gc: bytes */
    int64_t amount;             /* gaps and what was learnt: see above */
    bool is_part;               /* BIG_ARG: it is a part of that argument */
    uint32_t position;          /* BIG_ARG: of the argument, from 1 */
    int64_t duration_ns;        /* return, exception: since the call; -1: unknown */
};

/* What a source of events has: a session, or the reader of a capture. */
enum bt_next { BT_NEXT_ERROR = -1, BT_NEXT_NOTHING, BT_NEXT_EVENT, BT_NEXT_END };

/* Of a message or a process, not of a function: an event that stands for itself. */
static inline bool bt_event_is_single(enum bt_event_type type)
{
    return type >= BT_EVENT_SEND && type <= BT_EVENT_OTHER;
}

/* Reads one trace message; the cursor moves past it. EPROTO when it is not one we asked for. */
int bt_event_decode(struct bt_etf *r, struct bt_event *ev, struct beamtap_err *err);

/*
 * Reads a monotonic time of the node. Nanoseconds since the VM's start lie within 73 years; what is beyond is refused, it
 * would overflow when times are added or subtracted.
 */
bool bt_event_mono(struct bt_etf *r, int64_t *ns);

/* The last captured value of a call is where it will return to (instrument.h, with_caller): moves it to ev->caller. */
bool bt_event_take_caller(struct bt_event *ev);

#endif
