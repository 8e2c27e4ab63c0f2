/*
 * session.h - one trace of one node, from connecting to "node clean": an explicit state machine with its
 * limits.
 *
 *   open -> tracing -> closing -> finishing -> ended
 *
 * Every state knows the way to `ended`; whatever fails, bt_session_close leaves the rest to the agent's
 * lease.
 */
#ifndef BT_NODE_SESSION_H
#define BT_NODE_SESSION_H

#include "event/event.h"
#include "event/outcome.h"
#include "match/compile.h"
#include "limit/bucket.h"
#include "match/instrument.h"
#include "node/conn.h"
#include "node/guard.h"
#include "node/lookup.h"

#define BT_NO_LIMIT INT64_C(-1)

/* What a session does with the functions it has found. */
enum bt_session_kind {
    BT_SESSION_TRACES,
    BT_SESSION_COUNTS, /* calls, by the VM (counting.h): events are BT_EVENT_COUNTS and remarks only */
    BT_SESSION_TIMES,  /* calls, time, and memory where the VM has it */
};

struct bt_session_opts {
    enum bt_session_kind kind;
    int64_t interval_us; /* COUNTS, TIMES: between two readings */
    bool by_process;     /* TIMES: of processes, not of functions */
    bool with_children;  /* what a traced process spawns is traced too */
    bool keeps_counts;   /* TRACES: bt_mfa.calls of the plan is filled at the end for all functions */
    struct bt_conn_opts conn;
    struct bt_conn *link;         /* a connection by conn that is there already: taken; NULL: none */
    const char *const *processes; /* all, new, existing, <0.44.0> or a registered name; none: all */
    size_t n_processes;
    enum bt_args_mode args;
    int64_t count;   /* calls to show, or BT_NO_LIMIT */
    int64_t time_us; /* from arming, or BT_NO_LIMIT */
    int grace_ms;    /* how long to wait for the returns of calls that were shown */
    int lease_ms;
    struct bt_lookup_opts lookup; /* --max-functions, --load */
    struct bt_rate rate;          /* calls let through on the node; n < 0: no limit */
    int64_t burst;                /* calls at once */
    struct bt_outcome_wish
        filter; /* TRACES: which calls are shown, by how they ended; its terms outlive the session's arming */
    struct bt_rate show_rate; /* with a filter: of what is shown; `rate` is then of what is examined */
    int64_t show_burst;
    bool stops_on_rate; /* reaching the rate ends the trace */
    int64_t max_memory; /* bytes under way on the node */
    int64_t max_term;   /* bytes of one argument or return value; larger ones are no longer copied */
    bool names;         /* TRACES: events say what their process is */
    int64_t max_load;   /* percent by which run queue or memory of the node may rise; < 0: any */
    const char *who;    /* shown to others who want to trace the node */
};

enum bt_stop {
    BT_STOP_NONE,
    BT_STOP_COUNT,
    BT_STOP_TIME,
    BT_STOP_ASKED,   /* bt_session_stop */
    BT_STOP_RATE,    /* the rate was reached and stops_on_rate */
    BT_STOP_LOAD,    /* the node is worse off than before; the error has the numbers */
    BT_STOP_ENTRIES, /* too many processes have called timed functions; the error has the number */
    BT_STOP_AGENT,   /* the agent ended by itself; the error says why */
};

struct bt_summary {
    enum bt_stop reason;
    uint64_t shown, returns, exceptions; /* events given to the caller: calls, and how they ended */
    uint64_t received;                   /* calls that arrived here */
    uint64_t
        called; /* calls of the traced functions while armed, as the VM counted; of those not only counted */
    bool has_filter;             /* only calls that ended in a certain way are shown */
    struct bt_examined examined; /* with a filter */
    bool has_events;             /* what is shown is not only calls */
    bool has_called; /* the VM counted every function (not in scope global, not below 27 beside others) */
    bool is_exact;   /* every call counted was one to show: no guard, no pattern, all processes */
    uint64_t lost;   /* events the tracer had to drop */
    uint64_t open;   /* calls shown whose return did not come; with a filter: see examined */
    bool is_clean;   /* asked of the node at the end */
    size_t
        n_counted; /* functions that are only counted; bt_mfa.calls of the plan says how often each was called */
};

struct bt_session;

/*
 * bt_session_open - connect, start the agent, find the functions. Sets no trace.
 *
 * prog      borrowed until bt_session_close.
 * bad_spec  on an error with a place: index of the spec text.
 * Errors: those of conn.h, guard.h. When NULL is returned nothing is left on the node.
 */
struct bt_session *bt_session_open(const struct bt_session_opts *opts, const struct bt_program *prog,
    size_t *bad_spec, struct beamtap_err *err);

/* Ends the connection and frees. After bt_session_next has given BT_NEXT_END nothing is left on the node;
 * else the agent sees the connection close and removes everything by itself. */
void bt_session_close(struct bt_session *s);

const struct bt_guard_info *bt_session_info(const struct bt_session *s);
const struct bt_plan *bt_session_plan(const struct bt_session *s);
const struct bt_armed *bt_session_armed(const struct bt_session *s);
/* All clauses by the id their events carry; *n of them. */
const struct bt_clause *const *bt_session_clauses(const struct bt_session *s, size_t *n);
int bt_session_fd(const struct bt_session *s);

/* Sets patterns and flags and opens the gate. Errors: guard.h's bt_guard_arm. */
int bt_session_arm(struct bt_session *s, struct beamtap_err *err);

/*
 * bt_session_next - go on: keeps the lease and the limits, and gives the next event to show.
 *
 * ev           valid until the next call.
 * deadline_us  how long to wait (bt_clock_mono_us); 0: do not.
 * BT_NEXT_END: the trace has ended, the node was asked and is clean. On an error after which the node may
 * still be cleaned (ELIMIT, EBUSY) is_clean of the summary says whether it was.
 */
enum bt_next bt_session_next(
    struct bt_session *s, struct bt_event *ev, int64_t deadline_us, struct beamtap_err *err);

/* When the session has something to do again although nothing arrives (bt_clock_mono_us). */
int64_t bt_session_due(const struct bt_session *s);
/* True when the end must not wait longer for a stalled output: the trace is ending and the grace is over. */
bool bt_session_is_overdue(const struct bt_session *s);

/* Keeps the lease and the limits without taking events: for a caller whose output is stalled. */
int bt_session_tend(struct bt_session *s, struct beamtap_err *err);

/* Begins the orderly end; bt_session_next goes on until BT_NEXT_END. A second call gives up waiting for owed
 * returns. */
void bt_session_stop(struct bt_session *s);
/* The same, because the caller has shown as many as were wanted: reason COUNT. For one that shows only some of what it is
 * given, and so opened the session with BT_NO_LIMIT. */
void bt_session_complete(struct bt_session *s);

void bt_session_summary(const struct bt_session *s, struct bt_summary *out);

#endif
