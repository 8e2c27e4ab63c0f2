/*
 * pump.c - events from a source into outputs.
 */
#include "cli/pump.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "out/text.h"

#define TOP 20      /* lines of a table at the end */
#define POLL_MS 200 /* a signal that comes just before poll() waits no longer than this */

/* ---- outputs ---- */

int bt_pump_open(struct bt_pump *p, const struct bt_cli *cli, struct beamtap_err *err)
{
    p->cli = cli;
    if (bt_outputs_open(&p->outputs, cli, &p->tee, err) < 0)
        return -1;
    p->counts_here = bt_filter_is_on(&p->outputs.filter);
    p->count = cli->opts->count;
    return 0;
}

void bt_pump_discard(struct bt_pump *p)
{
    bt_tee_discard(&p->tee);
}

void bt_pump_done(struct bt_pump *p)
{
    bt_tee_done(&p->tee);
    bt_outputs_done(&p->outputs);
    bt_pairs_free(p->pairs);
    bt_profile_free(p->functions);
    bt_profile_free(p->callers);
}

/* ---- what goes wrong, what is said ---- */

static void fail(struct bt_pump *p, const struct beamtap_err *err)
{
    if (!p->has_failed && err != &p->err)
        p->err = *err;
    p->has_failed = true;
}

/* An output has ended. With the last one the trace ends; before that it is only said. */
static void output_ended(struct bt_pump *p)
{
    const struct beamtap_err *err = bt_tee_error(&p->tee);
    if (!bt_tee_is_over(&p->tee)) {
        if (err)
            bt_cli_say("%s; the other output goes on", err->msg);
        return;
    }
    if (err)
        fail(p, err);
    p->source.stop(p->source.self, false);
}

static void push(struct bt_pump *p)
{
    if (bt_tee_push(&p->tee) > 0)
        output_ended(p);
}

/* What was learnt is told once on stderr; it is no event of the node. */
static void say_learnt(const struct bt_event *ev)
{
    struct bt_buf b = BT_BUF_INIT;
    bt_text_remark(&b, ev);
    bt_cli_say("%s", bt_buf_cstr(&b));
    bt_buf_done(&b);
}

/* ---- which events are shown ---- */

static const struct bt_clause *clause_of(const struct bt_pump *p)
{
    const struct bt_out_head *h = p->tee.head;
    return p->ev.type == BT_EVENT_CALL && p->ev.clause < h->n_clauses ? h->clauses[p->ev.clause] : NULL;
}

static bool is_enough(const struct bt_pump *p)
{
    return p->count >= 0 && p->n.shown >= (uint64_t)p->count;
}

static bool is_taken(struct bt_pump *p)
{
    return !bt_filter_is_on(&p->outputs.filter) || bt_filter_takes(&p->outputs.filter, &p->ev);
}

/* A call, or what stands for itself, begins something that counts. */
static bool judge_first(struct bt_pump *p)
{
    const struct bt_clause *c = clause_of(p);
    bool is_shown = !is_enough(p) && is_taken(p);
    p->n.examined++;
    p->n.shown += is_shown;
    if (c && (c->wants_return || c->wants_time))
        bt_pairs_call(p->pairs, &p->ev, is_shown);
    return is_shown;
}

/* What became of a call: it counts where the call's own line was not shown. */
static bool judge_outcome(struct bt_pump *p)
{
    struct bt_pair pair = {.is_shown = !p->has_orphans}; /* of a call that is not remembered */
    bt_pairs_return(p->pairs, &p->ev, &pair);
    if ((!pair.is_shown && is_enough(p)) || !is_taken(p))
        return false;
    p->n.shown += !pair.is_shown;
    return true;
}

static bool judge(struct bt_pump *p)
{
    bool is_outcome = p->ev.type > BT_EVENT_CALL && p->ev.type < BT_EVENT_SEND;
    if (is_outcome ? judge_outcome(p) : judge_first(p))
        return true;
    p->n.received++;
    p->n.filtered++;
    return false;
}

static void profile(struct bt_pump *p)
{
    const struct bt_clause *c = clause_of(p);
    if (p->ev.type >= BT_EVENT_SEND)
        return;
    if (p->functions)
        bt_profile_add(p->functions, p->ev.mfa, &p->ev);
    for (size_t i = 0; p->callers && c && i < c->n_notes; i++) {
        struct bt_slice caller = bt_text_note(&p->ev, &p->outputs.filter.opts, i);
        if (c->notes[i] == BT_NOTE_CALLER && caller.p)
            bt_profile_add(p->callers, caller, &p->ev);
    }
}

static void show(struct bt_pump *p)
{
    enum bt_event_type type = p->ev.type;
    bool is_event = type < BT_EVENT_RETURN_TO;
    if (bt_mask_is_on(&p->outputs.mask))
        bt_mask_event(&p->outputs.mask, &p->ev);
    if (type >= BT_EVENT_BIG_ARG)
        say_learnt(&p->ev);
    if (bt_tee_is_over(&p->tee) || (is_event && p->counts_here && !judge(p)))
        return;
    bool is_shown = bt_tee_event(&p->tee, &p->ev);
    if (is_event) {
        p->n.received++;
        p->n.printed += is_shown;
        p->n.lost += !is_shown;
        p->n.returns += type == BT_EVENT_RETURN || type == BT_EVENT_TIMED;
        p->n.exceptions += type == BT_EVENT_EXCEPTION;
        if (p->has_profile)
            profile(p);
    }
    if (bt_tee_is_over(&p->tee))
        output_ended(p);
    if (p->counts_here && !p->is_complete && is_enough(p)) {
        p->is_complete = true;
        p->source.stop(p->source.self, true);
    }
}

/* ---- the loop ---- */

static void pass_on_signals(struct bt_pump *p)
{
    if (*p->cli->asks != p->asked_totals) {
        p->asked_totals = *p->cli->asks;
        if (p->source.say_totals)
            p->source.say_totals(p->source.self);
    }
    if (*p->cli->stops > 0 && !p->is_asked) {
        p->is_asked = true;
        p->source.stop(p->source.self, false);
    }
}

static bool is_overdue(const struct bt_pump *p)
{
    return p->source.is_overdue && p->source.is_overdue(p->source.self);
}

/* Takes what the source has. True: go on; false: it ended, well or not. */
static bool take_events(struct bt_pump *p)
{
    struct beamtap_err err = {0};
    for (;;) {
        if (bt_tee_is_full(&p->tee) && !is_overdue(p)) {
            if (!p->source.tend || p->source.tend(p->source.self, &err) == 0)
                return true;
            fail(p, &err);
            return false;
        }
        switch (p->source.next(p->source.self, &p->ev, &err)) {
        case BT_NEXT_EVENT: show(p); break;
        case BT_NEXT_NOTHING: return true;
        case BT_NEXT_END: return false;
        case BT_NEXT_ERROR: fail(p, &err); return false;
        }
        pass_on_signals(p);
    }
}

static void wait_for_work(struct bt_pump *p)
{
    struct pollfd fds[1 + BT_TEE_MAX];
    bool is_reading = !bt_tee_is_full(&p->tee) || is_overdue(p);
    int64_t due = p->source.due ? p->source.due(p->source.self) : BT_NEVER;
    int left = bt_clock_left_ms(due, bt_clock_mono_us());
    fds[0] = (struct pollfd){.fd = is_reading ? p->source.fd : -1, .events = POLLIN};
    bt_tee_poll(&p->tee, fds + 1);
    if (is_reading && p->source.fd < 0)
        left = 0;
    poll(fds, 1 + BT_TEE_MAX, left < 0 || left > POLL_MS ? POLL_MS : left);
    if (bt_tee_polled(&p->tee, fds + 1) > 0)
        output_ended(p);
}

static bool prepare(struct bt_pump *p, const struct bt_out_head *head)
{
    bool by_caller = strcmp(p->cli->opts->by, "caller") == 0;
    p->head = *head;
    p->head.syntax = bt_outputs_syntax(&p->outputs, head);
    p->head.shows_records = p->cli->opts->records.n > 0;
    bt_mask_begin(&p->outputs.mask, &p->head);
    bt_filter_begin(&p->outputs.filter, &p->head, &p->outputs.style, &p->outputs.print);
    if (p->counts_here && !(p->pairs = bt_pairs_new()))
        return false;
    if (p->has_profile && !(p->functions = bt_profile_new()))
        return false;
    if (by_caller && !(p->callers = bt_profile_new()))
        return false;
    p->has_profile = p->functions || p->callers;
    bt_tee_begin(&p->tee, &p->head);
    return true;
}

bool bt_pump_run(struct bt_pump *p, const struct bt_out_head *head)
{
    if (!prepare(p, head)) {
        struct beamtap_err err = {0};
        bt_err_nomem(&err);
        fail(p, &err);
        return false;
    }
    while (*p->cli->stops < 2) {
        pass_on_signals(p);
        if (!take_events(p))
            return !p->has_failed;
        push(p);
        wait_for_work(p);
    }
    return false;
}

/* ---- the end ---- */

int bt_pump_end(struct bt_pump *p, const struct bt_out_end *end)
{
    int stops = *p->cli->stops;
    bt_tee_end(&p->tee, end);
    bt_tee_push(&p->tee);
    while (bt_tee_has_more(&p->tee) && *p->cli->stops == stops) {
        struct pollfd fds[BT_TEE_MAX];
        bt_tee_poll(&p->tee, fds);
        poll(fds, BT_TEE_MAX, POLL_MS);
        bt_tee_push(&p->tee);
    }
    bt_tee_close(&p->tee);
    if (bt_tee_error(&p->tee))
        fail(p, bt_tee_error(&p->tee));
    return p->has_failed ? -1 : 0;
}

void bt_pump_say_profile(const struct bt_pump *p)
{
    struct bt_buf b = BT_BUF_INIT;
    if (p->functions && (p->cli->opts->verbose || bt_profile_count(p->functions) > 1))
        bt_profile_put(&b, p->functions, TOP, "function", &p->outputs.filter.opts.print);
    if (p->callers)
        bt_profile_put(&b, p->callers, TOP, "caller", &p->outputs.filter.opts.print);
    fputs(bt_buf_cstr(&b), stderr);
    bt_buf_done(&b);
    if (p->outputs.filter.n_gave_up)
        bt_cli_say(
            "%" PRIu64
            " lines were shown, although an expression of --grep or --grep-not took too many steps on them",
            p->outputs.filter.n_gave_up);
}
