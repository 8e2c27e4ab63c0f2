/*
 * guard.h - the controller's side of the agent (src/agent/beamtap_agent.erl): loads it, asks it, hears it,
 * sees it gone.
 *
 * Order of a life: bt_guard_start, bt_guard_arm, then bt_guard_hear for events and notices
 * with bt_guard_ack and bt_guard_renew between, bt_guard_close, bt_guard_finish, bt_guard_verify,
 * bt_guard_free.
 */
#ifndef BT_NODE_GUARD_H
#define BT_NODE_GUARD_H

#include "event/tally.h"
#include "limit/bucket.h"
#include "match/compile.h"
#include "node/conn.h"

struct bt_guard;
struct bt_mfa;

struct bt_guard_opts {
    int lease_ms;    /* without a sign of us for that long the agent removes everything */
    const char *who; /* shown to others who want to trace: "alice@bastion, pid 4711" */
    int64_t until_s; /* likewise: when we end at the latest, seconds since 1970; < 0: no limit */
    const struct bt_log *log;
};

/* What the node says of itself when the agent starts. */
struct bt_guard_info {
    int otp;       /* 25 */
    uint32_t word; /* the trace control word: base of the gate */
    int64_t processes;
    int schedulers;
};

/* One pattern of a program as the agent gets it, grouped: these functions get this match specification. */
struct bt_install_group {
    const struct bt_term *match_spec;
    enum bt_scope scope;
    const struct bt_term *mfas; /* list of {M, F, A} */
    const struct bt_mfa *like;  /* the first of them */
};

struct bt_arm_opts {
    const struct bt_install_group *groups;
    size_t n_groups;
    const struct bt_term *whole_ids; /* list of the clauses whose messages carry all arguments as one list */
    const struct bt_term *returning_ids; /* list of the clauses whose returns are followed */
    const struct bt_term *mute_ids;      /* list of the clauses whose calls have no return */
    const struct bt_term *messages;      /* list of {send | 'receive', MatchSpec} */
    const struct bt_term *events;    /* list of {spawn | exit | gc | ..., Id, MatchSpec of {Value} | none} */
    const struct bt_term *filter;    /* {Slower, OnlyRaised, Returns, Rate, Burst} | none: session_state.h */
    const struct bt_term *flags;     /* list: what processes are traced by */
    const struct bt_term *processes; /* list of all | new | existing | {pid, Text} | {name, Text} */
    uint32_t base, range;            /* of the gate */
    int64_t window;                  /* calls in flight at most */
    int64_t credit;                  /* calls to let through before asking again */
    int64_t rate, interval_us;       /* calls per interval; rate < 0: none */
    int64_t burst;                   /* calls at once */
    bool stops_on_rate;              /* an empty bucket ends the trace */
    int64_t max_memory, max_term;    /* bytes */
    bool debug;                      /* hear of every batch how the gate stands */
    int64_t max_load;                /* percent; < 0: none */
    bool wants_return;               /* returns will come: the window grows once one was weighed */
    bool names;                      /* bt_guard_ask_name will be called */
    bool is_final;                   /* used up credit ends the trace: patterns come off at once */
};

struct bt_armed {
    int64_t functions, processes;
    int64_t mono_ns;        /* the node's monotonic clock when armed */
    int64_t time_offset_ns; /* to add to its monotonic time to get UTC */
    uint32_t n_sensitive;   /* processes chosen by pid or name that cannot be traced */
};

/* What is to be counted; terms are borrowed for the call. */
struct bt_count_opts {
    const struct bt_term *mfas;      /* list of {M, F, A}; a function is known by its place */
    const struct bt_term *processes; /* as bt_arm_opts; whose calls are timed */
    bool times, memory;              /* call_time and call_memory, in place of call_count */
    bool by_process;                 /* rows are processes, not functions */
    int64_t interval_ms, max_load, max_memory;
};

/* Calls since the start. calls = shown + filtered + unended + held + those that are lost. */
struct bt_examined {
    int64_t calls, filtered;
    int64_t unended; /* have no outcome: the process has ended, or returns are no longer followed */
    int64_t held;    /* wait for theirs */
};

enum bt_heard {
    BT_HEARD_EVENTS,   /* a batch from the tracer */
    BT_HEARD_CLOSED,   /* gate closed, patterns off */
    BT_HEARD_FINISHED, /* everything is taken back; the guard is ending */
    BT_HEARD_NOTE,     /* something was learnt or re-armed */
    BT_HEARD_STAT,     /* the calls counted so far */
    BT_HEARD_EXAMINED, /* with a filter on the outcome: how many calls came to what */
    BT_HEARD_LOST,     /* the tracer had to drop events */
    BT_HEARD_GATE,     /* --debug limit: how the gate stands */
    BT_HEARD_NAME,     /* what a process is (bt_guard_ask_name) */
    BT_HEARD_COUNTS,   /* what the VM has counted (bt_guard_count) */
    BT_HEARD_OTHER,
};

/* One message of the agent; slices and cursors are borrowed until the next use of the connection. */
struct bt_notice {
    enum bt_heard kind;
    uint32_t n_events;
    int64_t n_calls, bytes; /* events: as weighed on the node; lost: calls, and other events */
    int64_t called;         /* stat */
    struct bt_examined examined;
    int64_t at_us;        /* counts: when they were read, the node's monotonic time */
    struct bt_tally sum;  /* counts: of all functions */
    struct bt_etf rows;   /* counts: at the list [{Function | {Pid, Name}, {Calls, Us, Bytes}}] */
    char text[160];       /* gate */
    struct bt_etf events; /* at the first of n_events trace messages */
    struct bt_etf why;    /* closed, finished: at the reason */
    struct bt_etf
        rest; /* closed: at [{MFA, Calls}]; finished: at the list of what is left; note: at the bytes */
};

/*
 * bt_guard_start - load the agent and start its guard. The connection is borrowed and must outlive the guard.
 * Errors: EBUSY (another beamtap is there; the message says who), EREJECTED (OTP too old), those of rpc.h.
 */
struct bt_guard *bt_guard_start(
    struct bt_conn *c, const struct bt_guard_opts *opts, struct bt_guard_info *info, struct beamtap_err *err);
void bt_guard_free(struct bt_guard *g);

/* bt_guard_arm - set patterns and flags and open the gate. Errors: ENOMATCH, EBUSY, ESPEC, EINTERNAL, rpc's.
 */
int bt_guard_arm(
    struct bt_guard *g, const struct bt_arm_opts *o, struct bt_armed *out, struct beamtap_err *err);

/* {N, Microseconds}, or none: as the agent takes a rate. */
const struct bt_term *bt_guard_rate(struct bt_arena *a, struct bt_rate rate);

/* bt_guard_count - have the VM count; no trace message is made. What it counts comes as COUNTS. Errors as bt_guard_arm. */
int bt_guard_count(
    struct bt_guard *g, const struct bt_count_opts *o, struct bt_armed *out, struct beamtap_err *err);

/* Reads {Calls, Us, Bytes}. */
bool bt_guard_read_tally(struct bt_etf *r, struct bt_tally *out);

/* The next message of the agent. 1: *n is filled; 0: nothing in time; -1 as bt_conn_next. */
int bt_guard_hear(struct bt_guard *g, struct bt_notice *n, int64_t deadline_us, struct beamtap_err *err);

/* A batch of n_calls and `bytes` was consumed here; `grant` more calls are wanted. */
int bt_guard_ack(struct bt_guard *g, int64_t n_calls, int64_t bytes, int64_t grant, struct beamtap_err *err);
int bt_guard_renew(struct bt_guard *g, struct beamtap_err *err);
/*
 * Asks what a process is, in arms with `names`: BT_HEARD_NAME follows, with why at its pid and rest at {name, Atom}, {label, Term},
 * {call, {M, F, A}} or none. It may never come: who is asked may be busy.
 */
int bt_guard_ask_name(struct bt_guard *g, struct bt_slice pid, struct beamtap_err *err);
/* Ask for the end; the answers come as notices. */
int bt_guard_close(struct bt_guard *g, struct beamtap_err *err);
int bt_guard_finish(struct bt_guard *g, struct beamtap_err *err);

/*
 * bt_guard_verify - after FINISHED: ask the node itself, not the agent, whether process, code and word are as
 * before. word   what the trace control word must be; -1: not ours to judge. Errors: EUNCLEAN with what
 * remains, rpc's.
 */
int bt_guard_verify(struct bt_guard *g, int64_t word, struct beamtap_err *err);

#endif
