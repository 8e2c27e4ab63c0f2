/*
 * session_state.h - what a session is made of, for the files that are a part of it: session.c (its states), intake.c (its
 * events), ending.c (its end). Nobody else includes it.
 */
#ifndef BT_NODE_SESSION_STATE_H
#define BT_NODE_SESSION_STATE_H

#include "event/order.h"
#include "event/pair.h"
#include "event/timed.h"
#include "node/arm.h"
#include "node/counting.h"
#include "node/names.h"
#include "node/session.h"

enum bt_session_state {
    BT_SESSION_OPEN,
    BT_SESSION_TRACING,
    BT_SESSION_CLOSING,
    BT_SESSION_FINISHING,
    BT_SESSION_ENDED,
};

struct bt_session {
    enum bt_session_state state;
    enum bt_stop reason;
    const struct bt_log *log;
    const struct bt_program *prog;
    struct bt_session_opts opts; /* of its strings only processes are used after bt_session_open */
    struct bt_conn *conn;
    struct bt_guard *guard;
    struct bt_guard_info info;
    struct bt_plan plan;
    struct bt_armed armed;
    struct bt_arena arena; /* clauses by id */
    const struct bt_clause **clauses;
    size_t n_clauses;
    struct bt_pairs *pairs;
    struct bt_timed *timed; /* calls with action `time` */
    struct bt_order *order; /* events not yet given out */
    struct bt_event mark;   /* a gap, or something learnt, to come after them */
    bool has_mark;
    struct bt_bucket bucket; /* the second limit, for our own output */
    int64_t heard_at_us;     /* when events came last */
    bool has_closed;         /* the agent said: patterns are off */
    bool verify_word;
    int64_t renew_at_us, limit_at_us, grace_at_us, give_up_at_us, ask_at_us;
    int64_t ack_calls, ack_bytes; /* taken in, and not acknowledged yet */
    uint64_t skipped_told;        /* skipped calls in gap marks so far */
    struct beamtap_err limit;     /* which safety limit ended the trace, told at the end */
    struct bt_summary sum;
    struct bt_slice *silent; /* functions whose returns are no longer followed, {M, F, Arity}, in the arena */
    size_t n_silent;
    struct bt_names *names;      /* NULL: not wanted */
    struct bt_tallies tallies;   /* of a session that counts */
    struct bt_arena tally_arena; /* its rows of processes */
};

/* ---- counting.c ---- */

/* Has the VM count. Errors: guard.h's bt_guard_count. */
int bt_counting_arm(struct bt_session *s, struct beamtap_err *err);
/* Takes what was counted: a mark COUNTS is given out. NOTHING, or ERROR. */
enum bt_next bt_counting_take(struct bt_session *s, const struct bt_notice *n, struct beamtap_err *err);
void bt_counting_done(struct bt_session *s);

/* ---- intake.c ---- */

/* The oldest event that may come out (`all`: the oldest one) and is to be shown. NOTHING: none. Errors: ENOMEM, EPROTO. */
enum bt_next bt_intake_next(struct bt_session *s, struct bt_event *ev, bool all, struct beamtap_err *err);
/* Takes a batch in. NOTHING, or ERROR. */
enum bt_next bt_intake_batch(struct bt_session *s, struct bt_notice *n, struct beamtap_err *err);
/* Acknowledges the batches taken in, where it is time to. */
int bt_intake_ack(struct bt_session *s, struct beamtap_err *err);
/* With a filter: how many calls came to what. */
void bt_intake_examined(struct bt_session *s, const struct bt_notice *n);
void bt_intake_name(struct bt_session *s, const struct bt_notice *n);
void bt_intake_stat(struct bt_session *s, const struct bt_notice *n);
void bt_intake_note(struct bt_session *s, const struct bt_notice *n);
/* A mark stands behind the events that came before it; it is given out when they are. */
void bt_intake_mark(struct bt_session *s, enum bt_event_type type, int64_t amount);
void bt_intake_give_mark(struct bt_session *s, struct bt_event *ev);
/* Calls that were shown and whose end is still to come. */
size_t bt_intake_owed(const struct bt_session *s);

/* ---- ending.c ---- */

/* [{MFA, Calls}], as the VM counted. */
void bt_ending_counts(struct bt_session *s, struct bt_etf r);
/* The agent closed the gate by itself: why. Fills s->limit where it was a safety limit. */
enum bt_stop bt_ending_why_closed(struct bt_session *s, struct bt_etf r);
/* {finished, Why, Left}: the last word of the agent. Then the node itself is asked. NOTHING, or ERROR when it is not clean. */
enum bt_next bt_ending_finished(struct bt_session *s, const struct bt_notice *n, struct beamtap_err *err);
/* Everything has been given out: END, or ERROR with the safety limit that ended the trace. */
enum bt_next bt_ending_result(const struct bt_session *s, struct beamtap_err *err);
/* The agent did not say that it has finished: 0 when the node is clean all the same. EUNCLEAN. */
int bt_ending_give_up(struct bt_session *s, struct beamtap_err *err);

#endif
