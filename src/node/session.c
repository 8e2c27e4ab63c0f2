/*
 * session.c - one trace of one node: an explicit state machine with its limits.
 */
#include "node/session.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "event/order.h"
#include "event/pair.h"
#include "event/timed.h"
#include "node/arm.h"
#include "node/probe.h"
#include "term/print.h"

#define WINDOW 1024                /* calls in flight at most */
#define ENDLESS ((int64_t)1 << 40) /* credit when no count limits */
#define CLOSE_TIMEOUT_US                                                                                     \
    ((int64_t)10000000)      /* for the agent's answers at the end; 1,000 patterns take a second */
#define ASK_AGAIN_US 1000000 /* the answer to `close` may have found no way while we did not read */
#define IDLE_US 3000         /* without input for that long, what waits to be sorted comes out */
#define IDLE_FLOOD_US                                                                                        \
    20000 /* and this long when many wait: a process may have been preempted between call and message */
#define FEW 16
#define SILENCE_US(functions) (2000000 + 2000 * (int64_t)(functions)) /* all may have to be installed anew */

enum state { OPEN, TRACING, CLOSING, FINISHING, ENDED };

struct bt_session {
    enum state state;
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
    uint64_t skipped_told;    /* skipped calls in gap marks so far */
    struct beamtap_err limit; /* which safety limit ended the trace, told at the end */
    struct bt_summary sum;
    struct bt_slice *silent; /* functions whose returns are no longer followed, {M, F, Arity}, in the arena */
    size_t n_silent;
};

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
    return (struct bt_arm_source){
        s->prog, &s->plan, s->clauses, s->n_clauses, o->processes, o->n_processes, o->args, s->info.word};
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
    s->verify_word = true;
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
    if (s->guard && s->state == OPEN)
        dismiss(s);
    bt_guard_free(s->guard);
    bt_conn_close(s->conn);
    bt_pairs_free(s->pairs);
    bt_timed_free(s->timed);
    bt_order_free(s->order);
    bt_plan_done(&s->plan);
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

static int arm(struct bt_session *s, const struct bt_arm_source *source, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    const struct bt_session_opts *o = &s->opts;
    struct bt_arm_opts out = {
        .window = WINDOW,
        .credit = o->count < 0 ? ENDLESS : o->count,
        .rate = o->rate.n,
        .interval_us = o->rate.interval_us,
        .burst = o->burst,
        .stops_on_rate = o->stops_on_rate,
        .max_memory = o->max_memory,
        .max_term = o->max_term,
        .max_load = o->max_load,
        .wants_return = s->prog->wants_return || s->prog->wants_time,
        .is_final = o->count >= 0,
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

int bt_session_arm(struct bt_session *s, struct beamtap_err *err)
{
    const struct bt_session_opts *o = &s->opts;
    struct bt_arm_source source = arm_source(s);
    if (s->info.word > UINT32_MAX - BT_GATE_RANGE)
        return bt_err_set(err, BEAMTAP_EBUSY,
            "the trace control word of %s is %" PRIu32
            ": somebody uses it, and there is no room above it for beamtap's gate",
            bt_conn_node(s->conn), s->info.word);
    find_counted(s);
    if (arm(s, &source, err) < 0)
        return -1;
    int64_t now = bt_clock_mono_us();
    s->state = TRACING;
    s->sum.is_exact = bt_arm_is_exact(&source);
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

/* Calls that were shown and whose end is still to come. */
static size_t owed(const struct bt_session *s)
{
    return bt_pairs_owed(s->pairs) + bt_timed_owed(s->timed);
}

/* ---- end ---- */

static void begin_close(struct bt_session *s, enum bt_stop reason, int64_t now)
{
    s->state = CLOSING;
    s->reason = reason;
    s->grace_at_us = now + (int64_t)s->opts.grace_ms * 1000;
    s->ask_at_us = now + ASK_AGAIN_US;
    s->give_up_at_us = s->grace_at_us + CLOSE_TIMEOUT_US;
    bt_log(s->log, BT_LOG_SESSION, "closing: %zu returns are owed", owed(s));
}

static int stop(struct bt_session *s, enum bt_stop reason, struct beamtap_err *err)
{
    begin_close(s, reason, bt_clock_mono_us());
    return bt_guard_close(s->guard, err);
}

void bt_session_stop(struct bt_session *s)
{
    if (s->state == TRACING)
        stop(s, BT_STOP_ASKED, NULL);
    else if (s->state == CLOSING)
        s->grace_at_us = 0;
}

/* The function of the plan that {M, F, Arity} names. */
static struct bt_mfa *find_mfa(struct bt_session *s, struct bt_slice mfa)
{
    struct bt_etf r;
    struct bt_slice module, function;
    uint32_t arity;
    bt_etf_init(&r, mfa.p, mfa.len);
    if (!bt_etf_tuple_of(&r, 3) || !bt_etf_atom(&r, &module) || !bt_etf_atom(&r, &function) ||
        !bt_etf_uint32(&r, &arity))
        return NULL;
    for (size_t i = 0; i < s->plan.n_mfas; i++) {
        struct bt_mfa *m = &s->plan.mfas[i];
        if (m->arity == arity && bt_slice_is(module, m->module) && bt_slice_is(function, m->function))
            return m;
    }
    return NULL;
}

/* [{MFA, Calls}] */
static void read_counts(struct bt_session *s, struct bt_etf r)
{
    uint32_t n;
    int64_t calls;
    uint64_t sum = 0;
    struct bt_slice mfa;
    if (!bt_etf_list(&r, &n) || n == 0)
        return;
    while (n-- > 0 && bt_etf_tuple_of(&r, 2) && bt_etf_slice(&r, &mfa) && bt_etf_int64(&r, &calls)) {
        struct bt_mfa *m = s->sum.n_counted ? find_mfa(s, mfa) : NULL;
        if (m && bt_arm_only_counts(s->prog, m))
            m->calls = calls;
        else
            sum += (uint64_t)calls;
    }
    s->sum.called = sum;
}

/* The agent closed the gate by itself; most of its reasons are safety limits. */
static enum bt_stop why_closed(struct bt_session *s, struct bt_etf r)
{
    const char *node = bt_conn_node(s->conn);
    int64_t before, now;
    uint32_t arity;
    struct bt_slice what;
    if (bt_etf_is_atom(&r, "rate_reached")) {
        bt_err_set(&s->limit, BEAMTAP_ELIMIT,
            "the rate of %" PRId64 " calls per %" PRId64 " ms was reached (--on-rate stop)", s->opts.rate.n,
            s->opts.rate.interval_us / 1000);
        return BT_STOP_RATE;
    }
    if (!bt_etf_tuple(&r, &arity) || arity != 3 || !bt_etf_atom(&r, &what) || !bt_etf_int64(&r, &before) ||
        !bt_etf_int64(&r, &now))
        return BT_STOP_COUNT;
    if (bt_slice_is(what, "run_queue"))
        bt_err_set(&s->limit, BEAMTAP_ELIMIT,
            "%s has a run queue of %" PRId64 ", it was %" PRId64 " when the trace began (--max-load)", node,
            now, before);
    else if (bt_slice_is(what, "memory"))
        bt_err_set(&s->limit, BEAMTAP_ELIMIT,
            "%s uses %" PRId64 " MB of memory, it was %" PRId64 " MB when the trace began (--max-load)", node,
            now >> 20, before >> 20);
    else
        bt_err_set(&s->limit, BEAMTAP_ELIMIT, "%" PRId64 " messages wait at the tracer on %s", now, node);
    return BT_STOP_LOAD;
}

/* What the agent's reason for ending by itself means to the user. */
static int agent_ended(struct bt_session *s, struct bt_etf why, struct beamtap_err *err)
{
    struct bt_buf text = BT_BUF_INIT;
    struct bt_etf r = why;
    uint32_t arity;
    const char *node = bt_conn_node(s->conn);
    struct bt_print_opts opts = {.max_depth = 8};
    bt_print_erlang(&text, &r, &opts);
    if (bt_etf_is_atom(&why, "lease"))
        bt_err_set(err, BEAMTAP_ELOST, "%s heard nothing of us for %d ms (--lease) and ended the trace", node,
            s->opts.lease_ms);
    else if (bt_etf_is_atom(&why, "guard_died"))
        bt_err_set(err, BEAMTAP_ELIMIT,
            "the guard process on %s was ended by somebody; its tracer has cleaned up", node);
    else if (bt_etf_is_atom(&why, "both_died"))
        bt_err_set(err, BEAMTAP_ELIMIT,
            "guard and tracer on %s were ended by somebody, or their code was purged; the third process has cleaned up",
            node);
    else if (bt_etf_is_atom(&why, "no_function"))
        bt_err_set(err, BEAMTAP_ENOMATCH, "the functions are gone: their module was unloaded on %s", node);
    else if (bt_etf_is_atom(&why, "asked"))
        bt_err_set(err, BEAMTAP_ELOST, "somebody else ended the trace on %s (beamtap clear)", node);
    else if (bt_etf_tuple(&why, &arity) && bt_etf_is_atom(&why, "foreign_word")) {
        s->verify_word = false;
        bt_err_set(err, BEAMTAP_EBUSY,
            "somebody else changed the trace control word of %s; the trace was ended", node);
    } else if (bt_etf_is_atom(&why, "tracer_died"))
        bt_err_set(err, BEAMTAP_ELIMIT,
            "the tracer process on %s was ended, by somebody or by the VM for its memory: %s", node,
            bt_buf_cstr(&text));
    else
        bt_err_set(err, BEAMTAP_EINTERNAL, "the agent on %s ended the trace: %s", node, bt_buf_cstr(&text));
    bt_buf_done(&text);
    return -1;
}

/* {finished, Why, Left}: the last word of the agent. Then the node itself is asked. */
static enum bt_next finished(struct bt_session *s, const struct bt_notice *n, struct beamtap_err *err)
{
    struct bt_etf why = n->why, left = n->rest;
    struct bt_buf text = BT_BUF_INIT;
    struct beamtap_err verify = {0};
    if (s->state != FINISHING || !bt_etf_is_atom(&why, "asked")) {
        s->reason = BT_STOP_AGENT;
        agent_ended(s, n->why, &s->limit);
    }
    bool agent_clean = bt_etf_nil(&left);
    if (!agent_clean)
        bt_print_erlang(&text, &left, NULL);
    s->state = ENDED;
    bool node_clean = bt_guard_verify(s->guard, s->verify_word ? (int64_t)s->info.word : -1, &verify) == 0;
    s->sum.is_clean = agent_clean && node_clean;
    if (!agent_clean)
        bt_err_set(
            err, BEAMTAP_EUNCLEAN, "%s is not clean: %s remains", bt_conn_node(s->conn), bt_buf_cstr(&text));
    else if (!node_clean && err && err->code == BEAMTAP_OK)
        *err = verify;
    bt_buf_done(&text);
    return s->sum.is_clean ? BT_NEXT_NOTHING : BT_NEXT_ERROR;
}

/* Everything has been given out: how did it end? */
static enum bt_next ended(const struct bt_session *s, struct beamtap_err *err)
{
    if (s->limit.code == BEAMTAP_OK)
        return BT_NEXT_END;
    if (err && err->code == BEAMTAP_OK)
        *err = s->limit;
    return BT_NEXT_ERROR;
}

/* ---- events ---- */

static bool is_silent(const struct bt_session *s, struct bt_slice mfa)
{
    for (size_t i = 0; i < s->n_silent; i++) {
        if (bt_slice_equal(s->silent[i], mfa))
            return true;
    }
    return false;
}

/* Returns of the function come no more: none is owed, and later calls do not wait for theirs. */
static void silence(struct bt_session *s, struct bt_slice mfa)
{
    struct bt_slice *more = bt_arena_array(&s->arena, s->n_silent + 1, sizeof *more);
    char *copy = bt_arena_strndup(&s->arena, (const char *)mfa.p, mfa.len);
    bt_pairs_forgive(s->pairs, mfa);
    if (!more || !copy || is_silent(s, mfa))
        return;
    if (s->n_silent)
        memcpy(more, s->silent, s->n_silent * sizeof *more);
    more[s->n_silent++] = (struct bt_slice){(const uint8_t *)copy, mfa.len};
    s->silent = more;
}

/*
 * A call is shown while count and rate allow; what came beyond them through the gate counts as skipped. With a count the
 * node lets no more calls through than that, so each of them is shown: one left out would be missing at the end.
 */
static bool take_call(struct bt_session *s, struct bt_event *ev)
{
    const struct bt_clause *c = ev->clause < s->n_clauses ? s->clauses[ev->clause] : NULL;
    bool is_shown = s->opts.count < 0 || s->sum.shown < (uint64_t)s->opts.count;
    is_shown = is_shown && (s->opts.count >= 0 || bt_bucket_take(&s->bucket, ev->mono_ns / 1000));
    s->sum.shown += is_shown;
    if (s->prog->wants_time && bt_event_take_caller(ev)) /* all calls: each has its return_to */
        bt_timed_call(s->timed, ev, is_shown && c && c->wants_time);
    if (c && c->wants_return && !is_silent(s, ev->mfa))
        bt_pairs_call(s->pairs, ev, is_shown);
    return is_shown;
}

static bool take_return(struct bt_session *s, struct bt_event *ev)
{
    struct bt_pair pair;
    if (!bt_pairs_return(s->pairs, ev, &pair) || !pair.is_shown)
        return false;
    ev->duration_ns = ev->mono_ns - pair.call_ns;
    if (ev->type == BT_EVENT_RETURN)
        s->sum.returns++;
    else
        s->sum.exceptions++;
    return true;
}

static bool take_timed(struct bt_session *s, struct bt_event *ev)
{
    if (!bt_timed_next(s->timed, ev))
        return false;
    s->sum.returns++;
    return true;
}

/* True: the event is to be shown. */
static bool take_event(struct bt_session *s, struct bt_event *ev)
{
    if (ev->type == BT_EVENT_CALL)
        return take_call(s, ev);
    if (ev->type != BT_EVENT_RETURN_TO)
        return take_return(s, ev);
    bt_timed_return_to(s->timed, ev);
    return take_timed(s, ev);
}

/* The oldest event that may come out and is to be shown. */
static enum bt_next from_order(struct bt_session *s, struct bt_event *ev, bool all, struct beamtap_err *err)
{
    struct bt_slice bytes;
    if (take_timed(s, ev)) /* of the return_to that was taken last */
        return BT_NEXT_EVENT;
    while (bt_order_take(s->order, all, &bytes)) {
        struct bt_etf r;
        bt_etf_init(&r, bytes.p, bytes.len);
        if (bt_event_decode(&r, ev, err) < 0)
            return BT_NEXT_ERROR;
        ev->wall_ns = ev->mono_ns + s->armed.time_offset_ns;
        bool is_shown = take_event(s, ev);
        if (bt_pairs_failed(s->pairs) || bt_timed_failed(s->timed)) {
            bt_err_nomem(err);
            return BT_NEXT_ERROR;
        }
        if (s->state == TRACING && s->opts.count >= 0 && s->sum.shown == (uint64_t)s->opts.count &&
            stop(s, BT_STOP_COUNT, err) < 0)
            return BT_NEXT_ERROR;
        if (is_shown)
            return BT_NEXT_EVENT;
    }
    return BT_NEXT_NOTHING;
}

/* Takes a batch in and acknowledges it: it is consumed as far as the node is concerned. */
static enum bt_next take_batch(struct bt_session *s, struct bt_notice *n, struct beamtap_err *err)
{
    for (uint32_t i = 0; i < n->n_events; i++) {
        struct bt_slice event;
        if (!bt_etf_slice(&n->events, &event) || !bt_order_put(s->order, event)) {
            if (bt_order_failed(s->order))
                bt_err_nomem(err);
            bt_err_set(err, BEAMTAP_EPROTO, "a trace message cannot be read");
            return BT_NEXT_ERROR;
        }
    }
    s->sum.received += (uint64_t)n->n_calls;
    s->heard_at_us = bt_clock_mono_us();
    if (s->state == TRACING && bt_guard_ack(s->guard, n->n_calls, n->bytes, 0, err) < 0)
        return BT_NEXT_ERROR;
    return BT_NEXT_NOTHING;
}

/* Puts a mark behind the events that came before it; its slices are good until the agent is heard again. */
static void mark(struct bt_session *s, enum bt_event_type type, int64_t amount)
{
    s->mark.type = type;
    s->mark.amount = amount;
    s->mark.wall_ns = bt_clock_wall_us() * 1000;
    s->has_mark = true;
}

/* Once a second the calls counted so far: what was not let through is a gap, where every call was one to show. */
static void take_stat(struct bt_session *s, const struct bt_notice *n)
{
    uint64_t seen = s->sum.received + s->skipped_told;
    s->sum.called = (uint64_t)n->called;
    bt_log(s->log, BT_LOG_LIMIT, "%" PRId64 " calls counted, %" PRIu64 " received, %" PRIu64 " shown",
        n->called, s->sum.received, s->sum.shown);
    if (s->state != TRACING || !s->sum.is_exact || !s->sum.has_called || s->sum.called <= seen)
        return;
    mark(s, BT_EVENT_SKIPPED, (int64_t)(s->sum.called - seen));
    s->skipped_told = s->sum.called - s->sum.received;
}

static bool read_mfa(struct bt_etf *r, struct bt_event *ev)
{
    struct bt_etf inner = *r;
    return bt_etf_slice(r, &ev->mfa) && bt_etf_tuple_of(&inner, 3) && bt_etf_atom(&inner, &ev->module) &&
           bt_etf_atom(&inner, &ev->function) && bt_etf_uint32(&inner, &ev->arity);
}

static bool holds_capture(const struct bt_term *shape, size_t capture)
{
    if (shape->kind == BT_TERM_CAPTURE)
        return shape->u.capture == capture;
    size_t n = shape->kind == BT_TERM_MAP ? 2 * shape->u.seq.n : shape->u.seq.n;
    bool is_seq = shape->kind == BT_TERM_TUPLE || shape->kind == BT_TERM_LIST || shape->kind == BT_TERM_MAP;
    for (size_t i = 0; is_seq && i < n; i++) {
        if (holds_capture(shape->u.seq.items[i], capture))
            return true;
    }
    return shape->kind == BT_TERM_LIST && shape->u.seq.tail && holds_capture(shape->u.seq.tail, capture);
}

/* The agent counts what is captured; people count arguments. */
static void find_argument(const struct bt_session *s, uint32_t id, struct bt_event *ev)
{
    const struct bt_clause *c = id < s->n_clauses ? s->clauses[id] : NULL;
    ev->is_part = false;
    if (!c || bt_instrument_is_whole(c, s->opts.args))
        return;
    for (size_t i = 0; i < c->n_args; i++) {
        if (holds_capture(c->shape[i], ev->position - 1)) {
            ev->is_part = c->shape[i]->kind != BT_TERM_CAPTURE;
            ev->position = (uint32_t)i + 1;
            return;
        }
    }
}

/* {big_arg, MFA, Id, K} | {big_return, MFA} | {no_return, MFA} | {rearmed, MFA}; for --debug limit {patterns_on, N} */
static void take_note(struct bt_session *s, const struct bt_notice *n)
{
    static const struct {
        const char *tag;
        enum bt_event_type type;
    } notes[] = {
        {"big_arg", BT_EVENT_BIG_ARG},
        {"big_return", BT_EVENT_BIG_RETURN},
        {"no_return", BT_EVENT_NO_RETURN},
        {"rearmed", BT_EVENT_REARMED},
    };
    struct bt_etf r = n->why, bytes = n->rest, all = n->why;
    uint32_t arity, id = 0;
    int64_t amount = 0;
    bt_etf_int64(&bytes, &amount);
    if (!bt_etf_tuple(&r, &arity))
        return;
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        if (!bt_etf_is_atom(&r, notes[i].tag))
            continue;
        s->mark.position = 0;
        if (!read_mfa(&r, &s->mark) ||
            (arity == 4 && !(bt_etf_uint32(&r, &id) && bt_etf_uint32(&r, &s->mark.position))))
            return;
        if (notes[i].type == BT_EVENT_BIG_ARG)
            find_argument(s, id, &s->mark);
        if (notes[i].type == BT_EVENT_REARMED)
            s->sum.is_exact = false; /* the VM's counter began anew */
        mark(s, notes[i].type, amount);
        return;
    }
    struct bt_buf text = BT_BUF_INIT;
    bt_print_erlang(&text, &all, NULL);
    bt_log(s->log, BT_LOG_LIMIT, "%s", bt_buf_cstr(&text));
    bt_buf_done(&text);
}

/* The events before the mark have been given out; what it says holds from here on. */
static void give_mark(struct bt_session *s, struct bt_event *ev)
{
    *ev = s->mark;
    s->has_mark = false;
    if (ev->type == BT_EVENT_BIG_RETURN || ev->type == BT_EVENT_NO_RETURN)
        silence(s, ev->mfa);
}

static void take_closed(struct bt_session *s, const struct bt_notice *n)
{
    s->has_closed = true;
    read_counts(s, n->rest);
    bt_log(s->log, BT_LOG_SESSION, "closed: patterns are off, %zu returns are owed", owed(s));
    if (s->state == TRACING)
        begin_close(s, why_closed(s, n->why), bt_clock_mono_us());
}

static enum bt_next on_notice(struct bt_session *s, struct bt_notice *n, struct beamtap_err *err)
{
    switch (n->kind) {
    case BT_HEARD_EVENTS: return take_batch(s, n, err);
    case BT_HEARD_STAT: take_stat(s, n); break;
    case BT_HEARD_NOTE: take_note(s, n); break;
    case BT_HEARD_LOST:
        s->sum.lost += (uint64_t)n->n_calls + (uint64_t)n->bytes;
        mark(s, BT_EVENT_LOST, n->n_calls + n->bytes);
        break;
    case BT_HEARD_GATE: bt_log(s->log, BT_LOG_LIMIT, "gate: %s", n->text); break;
    case BT_HEARD_CLOSED: take_closed(s, n); break;
    case BT_HEARD_FINISHED: return finished(s, n, err);
    case BT_HEARD_OTHER: break;
    }
    return BT_NEXT_NOTHING;
}

/* ---- step ---- */

static int64_t idle_at(const struct bt_session *s)
{
    return s->heard_at_us + (bt_order_count(s->order) < FEW ? IDLE_US : IDLE_FLOOD_US);
}

static int renew(struct bt_session *s, int64_t now, struct beamtap_err *err)
{
    if (now < s->renew_at_us)
        return 0;
    s->renew_at_us = now + (int64_t)s->opts.lease_ms * 1000 / 5;
    return bt_guard_renew(s->guard, err);
}

/* The agent did not say that it has finished: is the node clean all the same? */
static int give_up(struct bt_session *s, struct beamtap_err *err)
{
    if (bt_guard_verify(s->guard, s->info.word, NULL) == 0) {
        s->state = ENDED;
        s->sum.is_clean = true;
        return 0;
    }
    return bt_err_set(err, BEAMTAP_EUNCLEAN,
        "the agent on %s does not answer; it removes everything by itself within %d ms (--lease)",
        bt_conn_node(s->conn), s->opts.lease_ms);
}

/* Limits, and the steps of the end that are due. */
static int on_time(struct bt_session *s, int64_t now, struct beamtap_err *err)
{
    if (s->state == TRACING && now >= s->limit_at_us)
        return stop(s, BT_STOP_TIME, err);
    if (s->state == CLOSING && !s->has_closed && now >= s->ask_at_us) {
        s->ask_at_us = now + ASK_AGAIN_US;
        return bt_guard_close(s->guard, err);
    }
    if (s->state == CLOSING && s->has_closed && bt_order_is_empty(s->order) &&
        (owed(s) == 0 || now >= s->grace_at_us)) {
        s->state = FINISHING;
        s->give_up_at_us = now + CLOSE_TIMEOUT_US;
        bt_log(s->log, BT_LOG_SESSION, "finishing: %zu returns are owed", owed(s));
        return bt_guard_finish(s->guard, err);
    }
    return s->state >= CLOSING && now >= s->give_up_at_us ? give_up(s, err) : 0;
}

int bt_session_tend(struct bt_session *s, struct beamtap_err *err)
{
    int64_t now = bt_clock_mono_us();
    if (s->state == ENDED)
        return 0;
    return renew(s, now, err) < 0 ? -1 : on_time(s, now, err);
}

/* A link that was cut without a word: the agent, which counts aloud each second, is late by more than the lease. */
static int check_alive(const struct bt_session *s, struct beamtap_err *err)
{
    int64_t longest = (int64_t)s->opts.lease_ms * 1000 + SILENCE_US(s->plan.n_mfas);
    if (s->state != TRACING || bt_clock_mono_us() - bt_conn_heard_at_us(s->conn) <= longest)
        return 0;
    return bt_err_set(err, BEAMTAP_ELOST, "heard nothing of %s for %" PRId64 " ms: link cut, or node stopped",
        bt_conn_node(s->conn), longest / 1000);
}

int64_t bt_session_due(const struct bt_session *s)
{
    int64_t own = s->give_up_at_us;
    if (s->state == CLOSING && !s->has_closed)
        own = s->ask_at_us;
    else if (s->state == TRACING)
        own = s->limit_at_us;
    else if (s->state == CLOSING && s->has_closed)
        own = s->grace_at_us;
    if (!bt_order_is_empty(s->order) && idle_at(s) < own)
        own = idle_at(s);
    return own < s->renew_at_us ? own : s->renew_at_us;
}

bool bt_session_is_overdue(const struct bt_session *s)
{
    return s->state >= CLOSING && bt_clock_mono_us() >= s->grace_at_us;
}

enum bt_next bt_session_next(
    struct bt_session *s, struct bt_event *ev, int64_t deadline_us, struct beamtap_err *err)
{
    for (;;) {
        int64_t now = bt_clock_mono_us();
        bool all = s->state == ENDED || s->has_mark || now >= idle_at(s);
        enum bt_next next = from_order(s, ev, all, err);
        if (next != BT_NEXT_NOTHING)
            return next;
        if (s->has_mark) {
            give_mark(s, ev);
            return BT_NEXT_EVENT;
        }
        if (s->state == ENDED)
            return ended(s, err);
        if (bt_session_tend(s, err) < 0)
            return BT_NEXT_ERROR;
        struct bt_notice n;
        int64_t due = bt_session_due(s);
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
    out->open = owed(s);
}
