/*
 * session.c - one trace of one node: an explicit state machine with its limits.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "node/probe.h"
#include "node/session_state.h"

#define WINDOW 4096                /* calls in flight at most */
#define MESSAGE_WINDOW 4           /* of messages: they are copied whole */
#define ENDLESS ((int64_t)1 << 40) /* credit when no count limits */
#define CLOSE_TIMEOUT_US                                                                                     \
    ((int64_t)10000000)      /* for the agent's answers at the end; 1,000 patterns take a second */
#define ASK_AGAIN_US 1000000 /* the answer to `close` may have found no way while we did not read */
#define IDLE_US 3000         /* without input for that long, what waits to be sorted comes out */
#define IDLE_FLOOD_US                                                                                        \
    20000 /* and this long when many wait: a process may have been preempted between call and message */
#define FEW 16
#define SILENCE_US(functions) (2000000 + 2000 * (int64_t)(functions)) /* all may have to be installed anew */

/* ---- open and close ---- */

/* Gives every clause of the program its id. */
static int number_clauses(struct bt_session *s, struct beamtap_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < s->prog->n_patterns; i++)
        n += s->prog->patterns[i].n_clauses;
    s->clauses = bt_arena_array(&s->arena, n + 1, sizeof *s->clauses);
    if (!s->clauses)
        return bt_err_nomem(err);
    for (size_t i = 0; i < s->prog->n_patterns; i++) {
        const struct bt_trace_pattern *p = &s->prog->patterns[i];
        for (size_t j = 0; j < p->n_clauses; j++) {
            if (p->clauses[j].n_captures > BT_EVENT_MAX_VALUES)
                return bt_err_at(
                    err, BEAMTAP_ESPEC, p->loc, "names more than %d values", BT_EVENT_MAX_VALUES);
            s->clauses[s->n_clauses++] = &p->clauses[j];
        }
    }
    return 0;
}

static struct bt_arm_source arm_source(const struct bt_session *s)
{
    const struct bt_session_opts *o = &s->opts;
    return (struct bt_arm_source){s->prog, &s->plan, s->clauses, s->n_clauses, o->processes, o->n_processes,
        o->args, s->info.word, o->max_term, o->with_children};
}

static int connect_and_plan(struct bt_session *s, size_t *bad_spec, struct beamtap_err *err)
{
    const struct bt_session_opts *o = &s->opts;
    struct bt_guard_opts guard = {
        .lease_ms = o->lease_ms,
        .who = o->who,
        .until_s = o->time_us < 0
                       ? -1
                       : (bt_clock_wall_us() + o->time_us + (int64_t)o->grace_ms * 1000) / 1000000 + 2,
        .log = s->log,
    };
    if (!s->conn && !(s->conn = bt_conn_open(&o->conn, err)))
        return -1;
    s->guard = bt_guard_start(s->conn, &guard, &s->info, err);
    if (!s->guard)
        return -1;
    if (bt_lookup(s->conn, s->guard, s->prog, &o->lookup, &s->plan, bad_spec, err))
        return -1;
    if (o->filter.is_on && o->filter.returns.min_otp > (unsigned)s->info.otp)
        return bt_err_set(err, BEAMTAP_ESPEC,
            "--returns: %s in a match specification is known from OTP %u on; %s runs OTP %d",
            o->filter.returns.min_otp_for, o->filter.returns.min_otp, bt_conn_node(s->conn), s->info.otp);
    if (o->kind != BT_SESSION_TRACES) /* no match specification is sent */
        return 0;
    struct bt_arm_source source = arm_source(s);
    return bt_probe(s->conn, &source, s->info.otp, bad_spec, err);
}

struct bt_session *bt_session_open(
    const struct bt_session_opts *o, const struct bt_program *prog, size_t *bad_spec, struct beamtap_err *err)
{
    struct bt_session *s = calloc(1, sizeof *s);
    if (!s) {
        bt_conn_close(o->link);
        bt_err_nomem(err);
        return NULL;
    }
    s->log = o->conn.log;
    s->conn = o->link;
    s->prog = prog;
    s->opts = *o;
    s->verify_word = o->kind == BT_SESSION_TRACES; /* counting has no part in the word */
    s->pairs = bt_pairs_new();
    s->timed = bt_timed_new();
    s->order = bt_order_new();
    int rc = s->pairs && s->timed && s->order ? number_clauses(s, err) : bt_err_nomem(err);
    if (rc == 0)
        rc = connect_and_plan(s, bad_spec, err);
    if (rc == 0) {
        s->renew_at_us = bt_clock_mono_us();
        return s;
    }
    bt_session_close(s);
    return NULL;
}

/* Has the guard leave and waits until it has: a session that never traced leaves nothing either. */
static void dismiss(struct bt_session *s)
{
    struct bt_notice n;
    int64_t until = bt_clock_mono_us() + CLOSE_TIMEOUT_US;
    if (bt_guard_finish(s->guard, NULL) < 0)
        return;
    while (bt_guard_hear(s->guard, &n, until, NULL) == 1) {
        if (n.kind == BT_HEARD_FINISHED) {
            bt_guard_verify(s->guard, -1, NULL);
            return;
        }
    }
}

void bt_session_close(struct bt_session *s)
{
    if (!s)
        return;
    if (s->guard && s->state == BT_SESSION_OPEN)
        dismiss(s);
    bt_guard_free(s->guard);
    bt_conn_close(s->conn);
    bt_pairs_free(s->pairs);
    bt_timed_free(s->timed);
    bt_names_free(s->names);
    bt_order_free(s->order);
    bt_plan_done(&s->plan);
    bt_counting_done(s);
    bt_arena_done(&s->arena);
    free(s);
}

const struct bt_guard_info *bt_session_info(const struct bt_session *s)
{
    return &s->info;
}

const struct bt_plan *bt_session_plan(const struct bt_session *s)
{
    return &s->plan;
}

const struct bt_armed *bt_session_armed(const struct bt_session *s)
{
    return &s->armed;
}

const struct bt_clause *const *bt_session_clauses(const struct bt_session *s, size_t *n)
{
    *n = s->n_clauses;
    return s->clauses;
}

int bt_session_fd(const struct bt_session *s)
{
    return bt_conn_fd(s->conn);
}

/* ---- arm ---- */

/* {Slower, OnlyRaised, Returns, Rate, Burst}: what the agent's outcome.hrl takes. */
static const struct bt_term *filter_term(const struct bt_session_opts *o, struct bt_arena *a)
{
    const struct bt_outcome_wish *w = &o->filter;
    const struct bt_term *none = bt_term_atom(a, "none");
    const struct bt_term *items[] = {
        w->slower_ns < 0 ? none : bt_term_int(a, w->slower_ns),
        bt_term_atom(a, w->only_raised ? "true" : "false"),
        w->returns.match_spec ? w->returns.match_spec : none,
        bt_guard_rate(a, o->show_rate),
        bt_term_int(a, o->show_burst),
    };
    return w->is_on ? bt_term_tuple(a, items, 5) : none;
}

static int arm(struct bt_session *s, const struct bt_arm_source *source, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    const struct bt_session_opts *o = &s->opts;
    struct bt_arm_opts out = {
        .window = s->prog->n_messages ? MESSAGE_WINDOW : WINDOW,
        .credit = o->count < 0 ? ENDLESS : o->count,
        .rate = o->rate.n,
        .interval_us = o->rate.interval_us,
        .burst = o->burst,
        .stops_on_rate = o->stops_on_rate,
        .max_memory = s->prog->n_messages ? o->max_memory / 2
                                          : o->max_memory, /* what sender and receiver hold is no less */
        .max_term = o->max_term,
        .max_load = o->max_load,
        .wants_return = s->prog->wants_return || s->prog->wants_time,
        .is_final = o->count >= 0,
        .filter = filter_term(o, &a),
        .names = s->names != NULL,
        .debug = bt_log_on(s->log, BT_LOG_LIMIT),
    };
    int rc = bt_arm_build(source, &a, &out, &s->sum.has_called, err);
    if (rc == 0)
        rc = bt_guard_arm(s->guard, &out, &s->armed, err);
    bt_arena_done(&a);
    return rc;
}

static void find_counted(struct bt_session *s)
{
    for (size_t i = 0; i < s->plan.n_mfas; i++) {
        s->plan.mfas[i].calls = -1;
        s->sum.n_counted += bt_arm_only_counts(s->prog, &s->plan.mfas[i]);
    }
}

static int arm_traces(struct bt_session *s, struct beamtap_err *err)
{
    struct bt_arm_source source = arm_source(s);
    if (s->info.word > UINT32_MAX - BT_GATE_RANGE)
        return bt_err_set(err, BEAMTAP_EBUSY,
            "the trace control word of %s is %" PRIu32
            ": somebody uses it, and there is no room above it for beamtap's gate",
            bt_conn_node(s->conn), s->info.word);
    find_counted(s);
    if (s->opts.names && !(s->names = bt_names_new(bt_conn_node(s->conn))))
        return bt_err_nomem(err);
    s->sum.is_exact = bt_arm_is_exact(&source);
    s->sum.has_events = s->prog->n_messages + s->prog->n_events > 0;
    s->sum.has_filter = s->opts.filter.is_on;
    if (s->sum.has_filter)
        bt_order_in_pairs(s->order);
    if (arm(s, &source, err) < 0)
        return -1;
    s->sum.has_called =
        s->sum.has_called && !s->sum.has_events; /* what was shown is not only what the VM counted */
    return 0;
}

int bt_session_arm(struct bt_session *s, struct beamtap_err *err)
{
    const struct bt_session_opts *o = &s->opts;
    if ((o->kind == BT_SESSION_TRACES ? arm_traces(s, err) : bt_counting_arm(s, err)) < 0)
        return -1;
    int64_t now = bt_clock_mono_us();
    s->state = BT_SESSION_TRACING;
    s->limit_at_us = o->time_us < 0 ? BT_NEVER : now + o->time_us;
    /* Twice what the node may let through at once: trips only when the limit there fails. */
    int64_t tenth = bt_bucket_default_burst(o->rate);
    bt_bucket_init(
        &s->bucket, o->rate, 2 * (o->burst > tenth ? o->burst : tenth) + 8, s->armed.mono_ns / 1000);
    bt_conn_cancel_at(s->conn, 2); /* the first Ctrl-C asks for an orderly end, which needs the connection */
    bt_log(s->log, BT_LOG_SESSION, "armed: %" PRId64 " functions, %" PRId64 " processes", s->armed.functions,
        s->armed.processes);
    return 0;
}
/* ---- end ---- */

static void begin_close(struct bt_session *s, enum bt_stop reason, int64_t now)
{
    s->state = BT_SESSION_CLOSING;
    s->reason = reason;
    s->grace_at_us = now + (int64_t)s->opts.grace_ms * 1000;
    s->ask_at_us = now + ASK_AGAIN_US;
    s->give_up_at_us = s->grace_at_us + CLOSE_TIMEOUT_US;
    bt_log(s->log, BT_LOG_SESSION, "closing: %zu returns are owed", bt_intake_owed(s));
}

static int stop(struct bt_session *s, enum bt_stop reason, struct beamtap_err *err)
{
    begin_close(s, reason, bt_clock_mono_us());
    return bt_guard_close(s->guard, err);
}

void bt_session_stop(struct bt_session *s)
{
    if (s->state == BT_SESSION_TRACING)
        stop(s, BT_STOP_ASKED, NULL);
    else if (s->state == BT_SESSION_CLOSING)
        s->grace_at_us = 0;
}

void bt_session_complete(struct bt_session *s)
{
    if (s->state == BT_SESSION_TRACING)
        stop(s, BT_STOP_COUNT, NULL);
}

static void take_closed(struct bt_session *s, const struct bt_notice *n)
{
    s->has_closed = true;
    bt_ending_counts(s, n->rest);
    bt_log(s->log, BT_LOG_SESSION, "closed: patterns are off, %zu returns are owed", bt_intake_owed(s));
    if (s->state == BT_SESSION_TRACING)
        begin_close(s, bt_ending_why_closed(s, n->why), bt_clock_mono_us());
}

static enum bt_next on_notice(struct bt_session *s, struct bt_notice *n, struct beamtap_err *err)
{
    switch (n->kind) {
    case BT_HEARD_EVENTS: return bt_intake_batch(s, n, err);
    case BT_HEARD_STAT: bt_intake_stat(s, n); break;
    case BT_HEARD_NAME: bt_intake_name(s, n); break;
    case BT_HEARD_NOTE: bt_intake_note(s, n); break;
    case BT_HEARD_LOST:
        s->sum.lost += (uint64_t)n->n_calls + (uint64_t)n->bytes;
        bt_intake_mark(s, BT_EVENT_LOST, n->n_calls + n->bytes);
        break;
    case BT_HEARD_EXAMINED: bt_intake_examined(s, n); break;
    case BT_HEARD_COUNTS: return bt_counting_take(s, n, err);
    case BT_HEARD_GATE: bt_log(s->log, BT_LOG_LIMIT, "gate: %s", n->text); break;
    case BT_HEARD_CLOSED: take_closed(s, n); break;
    case BT_HEARD_FINISHED: return bt_ending_finished(s, n, err);
    case BT_HEARD_OTHER: break;
    }
    return BT_NEXT_NOTHING;
}

/* ---- step ---- */

/* As many calls are here as the node lets through, and nothing else is to come: nothing can be out of order any more. */
static bool has_all(const struct bt_session *s)
{
    return s->opts.count >= 0 && s->sum.received >= (uint64_t)s->opts.count && !s->sum.has_filter &&
           !s->prog->wants_return && !s->prog->wants_time;
}

/* When what waits to be sorted comes out although nothing newer has come. */
static int64_t idle_at(const struct bt_session *s)
{
    if (has_all(s))
        return s->heard_at_us;
    return s->heard_at_us + (bt_order_count(s->order) < FEW ? IDLE_US : IDLE_FLOOD_US);
}

static int renew(struct bt_session *s, int64_t now, struct beamtap_err *err)
{
    if (now < s->renew_at_us)
        return 0;
    s->renew_at_us = now + (int64_t)s->opts.lease_ms * 1000 / 5;
    return bt_guard_renew(s->guard, err);
}
/* Limits, and the steps of the end that are due. */
static int on_time(struct bt_session *s, int64_t now, struct beamtap_err *err)
{
    if (s->state == BT_SESSION_TRACING && now >= s->limit_at_us)
        return stop(s, BT_STOP_TIME, err);
    bool asks = s->ask_at_us <= s->give_up_at_us; /* once more also for who was held up until behind that */
    if (s->state == BT_SESSION_CLOSING && !s->has_closed && asks && now >= s->ask_at_us) {
        s->ask_at_us = now + ASK_AGAIN_US;
        return bt_guard_close(s->guard, err);
    }
    if (s->state == BT_SESSION_CLOSING && s->has_closed && bt_order_is_empty(s->order) &&
        (bt_intake_owed(s) == 0 || now >= s->grace_at_us)) {
        s->state = BT_SESSION_FINISHING;
        s->give_up_at_us = now + CLOSE_TIMEOUT_US;
        bt_log(s->log, BT_LOG_SESSION, "finishing: %zu returns are owed", bt_intake_owed(s));
        return bt_guard_finish(s->guard, err);
    }
    return s->state >= BT_SESSION_CLOSING && now >= s->give_up_at_us ? bt_ending_give_up(s, err) : 0;
}

int bt_session_tend(struct bt_session *s, struct beamtap_err *err)
{
    int64_t now = bt_clock_mono_us();
    if (s->state == BT_SESSION_ENDED)
        return 0;
    return renew(s, now, err) < 0 ? -1 : on_time(s, now, err);
}

/* A link that was cut without a word: the agent, which counts aloud each second, is late by more than the lease. */
static int check_alive(const struct bt_session *s, struct beamtap_err *err)
{
    int64_t longest = (int64_t)s->opts.lease_ms * 1000 + SILENCE_US(s->plan.n_mfas);
    if (s->state != BT_SESSION_TRACING || bt_clock_mono_us() - bt_conn_heard_at_us(s->conn) <= longest)
        return 0;
    return bt_err_set(err, BEAMTAP_ELOST, "heard nothing of %s for %" PRId64 " ms: link cut, or node stopped",
        bt_conn_node(s->conn), longest / 1000);
}

int64_t bt_session_due(const struct bt_session *s)
{
    int64_t own = s->give_up_at_us;
    if (s->state == BT_SESSION_CLOSING && !s->has_closed)
        own = s->ask_at_us;
    else if (s->state == BT_SESSION_TRACING)
        own = s->limit_at_us;
    else if (s->state == BT_SESSION_CLOSING && s->has_closed)
        own = s->grace_at_us;
    if (!bt_order_is_empty(s->order) && idle_at(s) < own)
        own = idle_at(s);
    return own < s->renew_at_us ? own : s->renew_at_us;
}

bool bt_session_is_overdue(const struct bt_session *s)
{
    return s->state >= BT_SESSION_CLOSING && bt_clock_mono_us() >= s->grace_at_us;
}

/* All calls that were wanted have been shown. */
static bool is_complete(const struct bt_session *s)
{
    return s->state == BT_SESSION_TRACING && s->opts.count >= 0 && s->sum.shown == (uint64_t)s->opts.count;
}

/* The oldest event: of those that may come out, or of all when nothing more comes. */
static enum bt_next next_event(struct bt_session *s, struct bt_event *ev, struct beamtap_err *err)
{
    enum bt_next next = bt_intake_next(s, ev, s->state == BT_SESSION_ENDED || s->has_mark, err);
    if (next != BT_NEXT_NOTHING || bt_order_is_empty(s->order) || bt_clock_mono_us() < idle_at(s))
        return next;
    return bt_intake_next(s, ev, true, err);
}

enum bt_next bt_session_next(
    struct bt_session *s, struct bt_event *ev, int64_t deadline_us, struct beamtap_err *err)
{
    for (;;) {
        enum bt_next next = next_event(s, ev, err);
        if (is_complete(s) && stop(s, BT_STOP_COUNT, err) < 0)
            return BT_NEXT_ERROR;
        if (next != BT_NEXT_NOTHING)
            return next;
        if (s->has_mark) {
            bt_intake_give_mark(s, ev);
            return BT_NEXT_EVENT;
        }
        if (s->state == BT_SESSION_ENDED)
            return bt_ending_result(s, err);
        if (bt_session_tend(s, err) < 0)
            return BT_NEXT_ERROR;
        if (bt_intake_ack(s, err) < 0)
            return BT_NEXT_ERROR;
        struct bt_notice n;
        int64_t now = bt_clock_mono_us(), due = bt_session_due(s);
        int rc = bt_guard_hear(s->guard, &n, due < deadline_us ? due : deadline_us, err);
        if (rc < 0 || (rc == 0 && check_alive(s, err) < 0))
            return BT_NEXT_ERROR;
        if (rc == 0 && now >= deadline_us)
            return BT_NEXT_NOTHING;
        if (rc > 0 && (next = on_notice(s, &n, err)) != BT_NEXT_NOTHING)
            return next;
    }
}

void bt_session_summary(const struct bt_session *s, struct bt_summary *out)
{
    *out = s->sum;
    out->reason = s->reason;
    out->open = s->sum.has_filter ? 0 : bt_intake_owed(s);
}
