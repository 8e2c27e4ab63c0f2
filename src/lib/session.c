/*
 * session.c - a session's life behind its opening: start, next, stop, close.
 */
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#include "lib/inside.h"
#include "lib/peek.h"

/* ---- what is known ---- */

const struct beamtap_info *beamtap_session_info(const struct beamtap_session *s)
{
    return s ? &s->info : NULL;
}

const struct beamtap_function *beamtap_session_function(struct beamtap_session *s, size_t i)
{
    const struct bt_plan *plan = s && s->live ? bt_session_plan(s->live) : NULL;
    if (!plan || i >= plan->n_mfas)
        return NULL;
    const struct bt_mfa *m = &plan->mfas[i];
    s->function =
        (struct beamtap_function){m->module, m->function, m->arity, s->state == BT_LIB_OVER ? m->calls : -1};
    return &s->function;
}

int beamtap_session_fd(const struct beamtap_session *s)
{
    return s && s->live ? bt_session_fd(s->live) : -1;
}

int beamtap_session_wait_ms(const struct beamtap_session *s)
{
    if (!s || s->state != BT_LIB_STARTED)
        return -1;
    return s->live ? bt_clock_left_ms(bt_session_due(s->live), bt_clock_mono_us()) : 0;
}

struct bt_session *bt_peek_live(struct beamtap_session *s)
{
    return s->live;
}

struct bt_merge *bt_peek_merge(struct beamtap_session *s)
{
    return s->merge;
}

enum bt_next bt_peek_next(struct beamtap_session *s, struct bt_event *ev, struct beamtap_err *err)
{
    return bt_lib_replay_next(s, ev, err);
}

const struct bt_outcomes *bt_peek_outcomes(const struct beamtap_session *s)
{
    return s->outcomes;
}

const struct bt_program *bt_peek_program(const struct beamtap_session *s)
{
    return s->live ? &s->prog : NULL;
}

const struct bt_out_head *bt_peek_head(const struct beamtap_session *s)
{
    return &s->head;
}

/* ---- going on ---- */

/* It is over, and was so by this error. */
static int over(struct beamtap_session *s, const struct beamtap_err *e, struct beamtap_err *err)
{
    s->state = BT_LIB_OVER;
    s->last = BEAMTAP_NEXT_ERROR;
    s->err = *e;
    return bt_lib_fail(err, e);
}

int beamtap_session_start(struct beamtap_session *s, struct beamtap_err *err)
{
    struct beamtap_err e = {0};
    if (!s)
        return bt_lib_misuse(err, "the session is NULL");
    if (s->state != BT_LIB_OPEN)
        return bt_lib_misuse(err, "the session was started before");
    if (s->live && bt_session_arm(s->live, &e) < 0)
        return over(s, &e, err);
    s->state = BT_LIB_STARTED;
    if (!s->live)
        return 0;
    bt_describe_head(&s->head, s->live);
    s->info.start_wall_ns = s->head.start_wall_ns;
    s->info.traced_processes = bt_session_armed(s->live)->processes;
    s->info.sensitive = bt_session_armed(s->live)->n_sensitive;
    return 0;
}

static enum bt_next take(struct beamtap_session *s, int timeout_ms, struct beamtap_err *e)
{
    if (!s->live)
        return s->is_stopped ? BT_NEXT_END : bt_lib_replay_next(s, &s->ev, e);
    int64_t until = timeout_ms < 0    ? BT_NEVER
                    : timeout_ms == 0 ? 0
                                      : bt_clock_mono_us() + (int64_t)timeout_ms * 1000;
    return bt_session_next(s->live, &s->ev, until, e);
}

/* In a replay nobody else counts. */
static void count(struct beamtap_session *s)
{
    enum bt_event_type type = s->ev.type;
    s->calls += type == BT_EVENT_CALL || bt_event_is_single(type);
    s->returns += type == BT_EVENT_RETURN || type == BT_EVENT_TIMED;
    s->exceptions += type == BT_EVENT_EXCEPTION;
}

static enum beamtap_next show(
    struct beamtap_session *s, const struct beamtap_event **ev, struct beamtap_err *err)
{
    struct beamtap_err e = {0};
    count(s);
    if (bt_lib_show(s, &e) < 0) {
        over(s, &e, err);
        return BEAMTAP_NEXT_ERROR;
    }
    if (ev)
        *ev = &s->shown;
    return BEAMTAP_NEXT_EVENT;
}

enum beamtap_next beamtap_session_next(
    struct beamtap_session *s, const struct beamtap_event **ev, int timeout_ms, struct beamtap_err *err)
{
    struct beamtap_err e = {0};
    if (!s || s->state == BT_LIB_OPEN) {
        bt_lib_misuse(err, s ? "the session was not started" : "the session is NULL");
        return BEAMTAP_NEXT_ERROR;
    }
    s->shown.type = 0; /* from here on there is no current event */
    if (s->state == BT_LIB_OVER) {
        if (s->last == BEAMTAP_NEXT_ERROR)
            bt_lib_fail(err, &s->err);
        return s->last;
    }
    switch (take(s, timeout_ms, &e)) {
    case BT_NEXT_EVENT: return show(s, ev, err);
    case BT_NEXT_NOTHING: return BEAMTAP_NEXT_NOTHING;
    case BT_NEXT_END: break;
    case BT_NEXT_ERROR: over(s, &e, err); return BEAMTAP_NEXT_ERROR;
    }
    s->state = BT_LIB_OVER;
    s->last = BEAMTAP_NEXT_END;
    return BEAMTAP_NEXT_END;
}

int beamtap_session_tend(struct beamtap_session *s, struct beamtap_err *err)
{
    struct beamtap_err e = {0};
    if (!s)
        return bt_lib_misuse(err, "the session is NULL");
    if (s->state == BT_LIB_OVER || !s->live || bt_session_tend(s->live, &e) == 0)
        return 0;
    return over(s, &e, err);
}

/* ---- the beginning ---- */

struct beamtap_session *bt_lib_session_new(
    int (*open)(struct beamtap_session *s, const void *opts, struct beamtap_err *err), const void *opts,
    struct beamtap_err *err)
{
    struct beamtap_err e = {0};
    struct beamtap_session *s = calloc(1, sizeof *s);
    if (s && open(s, opts, &e) == 0)
        return s;
    if (!s)
        bt_err_nomem(&e);
    beamtap_session_close(s);
    bt_lib_fail(err, &e);
    return NULL;
}

/* ---- the end ---- */

void beamtap_session_stop(struct beamtap_session *s)
{
    if (!s)
        return;
    s->is_stopped = true;
    if (s->live && s->state == BT_LIB_STARTED)
        bt_session_stop(s->live);
}

void beamtap_session_close(struct beamtap_session *s)
{
    if (!s)
        return;
    bt_session_close(s->live);
    bt_outcomes_free(s->outcomes);
    bt_merge_close(s->merge);
    bt_lib_event_done(s);
    bt_arena_done(&s->arena);
    free(s);
}

static const char *const reasons[] = {"", "count", "time", "asked", "rate", "load", "agent", "error", "end"};

const char *beamtap_reason_text(enum beamtap_reason reason)
{
    return (size_t)reason < sizeof reasons / sizeof reasons[0] ? reasons[reason] : "";
}

static enum beamtap_reason reason_of(const char *text)
{
    for (size_t i = 1; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (strcmp(reasons[i], text) == 0)
            return (enum beamtap_reason)i;
    }
    return BEAMTAP_REASON_NONE;
}

static uint64_t not_let_through(const struct bt_summary *sum)
{
    uint64_t seen = sum->has_filter ? (uint64_t)sum->examined.calls : sum->shown;
    return sum->called > seen ? sum->called - seen : 0;
}

static void sum_live(const struct beamtap_session *s, struct beamtap_summary *out)
{
    struct bt_summary sum;
    bt_session_summary(s->live, &sum);
    out->reason = sum.reason == BT_STOP_NONE ? BEAMTAP_REASON_NONE : reason_of(bt_describe_stop(sum.reason));
    if (s->last == BEAMTAP_NEXT_ERROR && sum.reason <= BT_STOP_ASKED)
        out->reason = BEAMTAP_REASON_ERROR;
    out->calls = sum.shown;
    out->returns = sum.returns;
    out->exceptions = sum.exceptions;
    out->received = sum.received;
    out->called = sum.called;
    if (sum.has_called && sum.is_exact)
        out->skipped = (int64_t)not_let_through(&sum);
    out->lost = sum.lost;
    out->open = sum.open;
    out->is_clean = sum.is_clean;
    out->examined = (uint64_t)sum.examined.calls;
    out->filtered = (uint64_t)sum.examined.filtered;
}

/* Of one file its own end, once it was read. */
static void sum_replay(const struct beamtap_session *s, struct beamtap_summary *out)
{
    const struct bt_out_end *end =
        bt_merge_count(s->merge) == 1 ? bt_stream_end(bt_merge_stream(s->merge, 0)) : NULL;
    out->calls = s->calls;
    out->returns = s->returns;
    out->exceptions = s->exceptions;
    out->received = s->calls;
    out->damaged = s->n_damaged;
    if (s->outcomes) {
        struct bt_outcomes_sum sum = bt_outcomes_sum(s->outcomes);
        out->examined = sum.examined;
        out->filtered = sum.filtered;
    }
    if (s->state == BT_LIB_OVER)
        out->reason = s->last == BEAMTAP_NEXT_ERROR ? BEAMTAP_REASON_ERROR
                      : s->is_stopped               ? BEAMTAP_REASON_ASKED
                                                    : BEAMTAP_REASON_END;
    if (!end)
        return;
    out->reason = reason_of(end->reason);
    out->skipped = end->skipped;
    out->lost = end->lost_on_node;
    out->open = end->open;
    out->is_clean = end->is_clean;
}

int beamtap_session_summary(
    const struct beamtap_session *s, struct beamtap_summary *out, struct beamtap_err *err)
{
    struct beamtap_summary sum = {.skipped = -1};
    if (!s || !out || out->size < sizeof out->size)
        return bt_lib_misuse(err, "session or summary is NULL, or its size is not set");
    if (s->live)
        sum_live(s, &sum);
    else
        sum_replay(s, &sum);
    sum.size = out->size;
    if (out->size > sizeof sum)
        memset((char *)out + sizeof sum, 0, out->size - sizeof sum);
    memcpy(out, &sum, out->size < sizeof sum ? out->size : sizeof sum);
    return 0;
}
