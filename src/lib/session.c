/*
 * session.c - a session's life behind its opening: start, next, stop, close.
 */
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#include "lib/inside.h"
#include "match/inlined.h"

#define MANY                                                                                                 \
    256 /* events that are passed over before the caller is asked whether he has something else to do */

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
    s->function = (struct beamtap_function){m->module, m->function, m->arity,
        s->state == BT_LIB_OVER ? m->calls : -1, bt_is_inlined(m->module, m->function, m->arity)};
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
    return s->live && !s->has_more ? bt_clock_left_ms(bt_session_due(s->live), bt_clock_mono_us()) : 0;
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

/* The trace is set: what is known only now. */
static void set_info(struct beamtap_session *s)
{
    const struct bt_armed *armed = bt_session_armed(s->live);
    bt_describe_head(&s->head, s->live);
    s->info.start_wall_ns = s->head.start_wall_ns;
    s->info.utc_offset_s = s->head.utc_offset_s;
    s->info.traced_processes = armed->processes;
    s->info.sensitive = armed->n_sensitive;
    if (!s->info.events[0])
        s->info.functions = (size_t)armed->functions;
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
    if (s->live)
        set_info(s);
    if (bt_lib_choice_begin(&s->choice, &s->head, &e) < 0)
        return over(s, &e, err);
    s->state = BT_LIB_STARTED;
    s->was_started = true;
    return 0;
}

/* Of a replay that has given as many calls as were wanted only their returns are left. */
static enum bt_next take_of_files(struct beamtap_session *s, struct beamtap_err *e)
{
    const struct bt_lib_choice *c = &s->choice;
    enum bt_next next = BT_NEXT_END;
    while (!s->is_stopped && (!c->is_complete || bt_pairs_owed(c->pairs) > 0)) {
        if ((next = bt_lib_replay_next(s, &s->ev, e)) != BT_NEXT_EVENT)
            return next;
        s->last_wall_ns = s->ev.wall_ns;
        if (!c->is_complete || s->ev.type < BT_EVENT_RETURN_TO)
            return next;
    }
    return BT_NEXT_END;
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
    struct beamtap_err e;
    e.code = BEAMTAP_OK; /* the rest is only written with an error, and this runs for each event */
    count(s);
    if (bt_lib_show(s, &e) < 0) {
        over(s, &e, err);
        return BEAMTAP_NEXT_ERROR;
    }
    if (ev)
        *ev = &s->shown;
    return BEAMTAP_NEXT_EVENT;
}

/* Is the event one to give? The source is told when it is enough. */
static bool is_chosen(struct beamtap_session *s)
{
    bool was_complete = s->choice.is_complete, is_given = bt_lib_choice_takes(&s->choice, &s->head, &s->ev);
    if (s->live && s->choice.is_complete && !was_complete)
        bt_session_complete(s->live);
    return is_given;
}

/* Takes until something is to be given, or many were passed over and the time is up: a flood of what nobody wants does not keep
 * the caller from his other work. */
static enum bt_next take(struct beamtap_session *s, int timeout_ms, struct beamtap_err *e)
{
    int64_t until = timeout_ms < 0    ? BT_NEVER
                    : timeout_ms == 0 ? 0
                                      : bt_clock_mono_us() + (int64_t)timeout_ms * 1000;
    s->has_more = false;
    for (int n = 1;; n++) {
        enum bt_next next = s->live ? bt_session_next(s->live, &s->ev, until, e) : take_of_files(s, e);
        if (next != BT_NEXT_EVENT || is_chosen(s))
            return next;
        if (n % MANY == 0 && timeout_ms >= 0 && bt_clock_mono_us() >= until) {
            s->has_more = true;
            return BT_NEXT_NOTHING;
        }
    }
}

/* The rate was reached, which is an end that was asked for. */
static bool is_end_by_rate(const struct beamtap_session *s, const struct beamtap_err *e)
{
    struct bt_summary sum;
    if (!s->ends_on_rate || e->code != BEAMTAP_ELIMIT)
        return false;
    bt_session_summary(s->live, &sum);
    return sum.reason == BT_STOP_RATE && sum.is_clean;
}

enum beamtap_next beamtap_session_next(
    struct beamtap_session *s, const struct beamtap_event **ev, int timeout_ms, struct beamtap_err *err)
{
    struct beamtap_err e;
    e.code = BEAMTAP_OK; /* as in show() */
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
    case BT_NEXT_ERROR:
        if (is_end_by_rate(s, &e))
            break;
        over(s, &e, err);
        return BEAMTAP_NEXT_ERROR;
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
    if (s->state == BT_LIB_OVER || !s->live)
        return 0;
    if (bt_session_tend(s->live, &e) < 0)
        return over(s, &e, err);
    return s->state == BT_LIB_STARTED && bt_session_is_overdue(s->live);
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
    bt_lib_choice_done(&s->choice);
    bt_lib_event_done(s);
    bt_arena_done(&s->arena);
    free(s);
}
