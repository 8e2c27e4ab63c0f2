/*
 * pump.c - a session's events into outputs.
 */
#include "cli/pump.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define TOP 20      /* lines of a table at the end */
#define POLL_MS 200 /* a signal that comes just before poll() waits no longer than this */

/* ---- outputs ---- */

int bt_pump_read(struct bt_pump *p, const struct bt_cli *cli, struct beamtap_err *err)
{
    p->cli = cli;
    return bt_outputs_read(&p->outputs, cli, err);
}

int bt_pump_open(struct bt_pump *p, struct beamtap_session *s, struct beamtap_err *err)
{
    p->s = s;
    return bt_outputs_open(&p->outputs, s, err);
}

void bt_pump_done(struct bt_pump *p)
{
    bt_outputs_close(&p->outputs);
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

static void stop(struct bt_pump *p)
{
    p->is_stopped = true;
    beamtap_session_stop(p->s);
}

/* An output has ended. With the last one the trace ends; before that it is only said. */
static void output_ended(struct bt_pump *p)
{
    const struct beamtap_err *err = bt_outputs_error(&p->outputs);
    if (!bt_outputs_are_over(&p->outputs)) {
        if (err)
            bt_cli_say("%s; the other output goes on", err->msg);
        return;
    }
    if (err)
        fail(p, err);
    stop(p);
}

static void push(struct bt_pump *p)
{
    if (bt_outputs_push(&p->outputs) > 0)
        output_ended(p);
}

/* What was learnt is told once on stderr; it is no event of the node. */
static void say_learnt(const struct beamtap_event *ev)
{
    char text[8192];
    if (beamtap_event_remark(ev, text, sizeof text, NULL) > 0)
        bt_cli_say("%s", text);
}

static void profile(struct bt_pump *p, const struct beamtap_event *ev)
{
    if (ev->type > BEAMTAP_EVENT_TIMED)
        return;
    if (p->functions)
        bt_profile_add(p->functions, ev->module, ev->function, ev->arity, ev);
    if (p->callers && ev->has_caller)
        bt_profile_add(p->callers, ev->caller_module, ev->caller_function, ev->caller_arity, ev);
}

static void show(struct bt_pump *p, const struct beamtap_event *ev)
{
    bool is_event = ev->type <= BEAMTAP_EVENT_OTHER, has_room;
    if (ev->type == BEAMTAP_EVENT_NOTE)
        say_learnt(ev);
    if (bt_outputs_are_over(&p->outputs))
        return;
    size_t n_ended = bt_outputs_event(&p->outputs, ev, &has_room);
    p->printed += is_event && has_room;
    p->lost += is_event && !has_room;
    if (is_event && p->has_profile)
        profile(p, ev);
    if (n_ended > 0)
        output_ended(p);
}

/* ---- the loop ---- */

static void pass_on_signals(struct bt_pump *p)
{
    if (*p->cli->asks != p->asked_totals) {
        p->asked_totals = *p->cli->asks;
        if (p->say_totals)
            p->say_totals(p->self);
    }
    if (*p->cli->stops > 0 && !p->is_asked) {
        p->is_asked = true;
        stop(p);
    }
}

/* The outputs are stalled: 1: nothing is taken; 0: it is all the same; -1: failed. */
static int is_stalled(struct bt_pump *p)
{
    if (p->is_overdue || !bt_outputs_are_full(&p->outputs))
        return 0;
    struct beamtap_err err = {0};
    int rc = beamtap_session_tend(p->s, &err);
    p->is_overdue = rc > 0;
    if (rc < 0)
        fail(p, &err);
    return rc < 0 ? -1 : !p->is_overdue;
}

/* Takes what the session has. True: go on; false: it ended, well or not. */
static bool take_events(struct bt_pump *p)
{
    const struct beamtap_event *ev;
    struct beamtap_err err = {0};
    for (;;) {
        int stalled = is_stalled(p);
        if (stalled != 0)
            return stalled > 0;
        switch (beamtap_session_next(p->s, &ev, 0, &err)) {
        case BEAMTAP_NEXT_EVENT: show(p, ev); break;
        case BEAMTAP_NEXT_NOTHING: return true;
        case BEAMTAP_NEXT_END: return false;
        case BEAMTAP_NEXT_ERROR: fail(p, &err); return false;
        }
        pass_on_signals(p);
    }
}

static void wait_for_work(struct bt_pump *p)
{
    struct pollfd fds[1 + BT_OUTPUTS_MAX];
    bool is_reading = p->is_overdue || !bt_outputs_are_full(&p->outputs);
    int left = beamtap_session_wait_ms(p->s), fd = beamtap_session_fd(p->s);
    if (!is_reading && left == 0) /* it is the reader that is waited for */
        left = POLL_MS;
    fds[0] = (struct pollfd){.fd = is_reading ? fd : -1, .events = POLLIN};
    bt_outputs_poll(&p->outputs, fds + 1);
    poll(fds, 1 + BT_OUTPUTS_MAX, left < 0 || left > POLL_MS ? POLL_MS : left);
}

static bool prepare(struct bt_pump *p)
{
    bool by_caller = strcmp(p->cli->opts->by, "caller") == 0;
    if (p->has_profile && !(p->functions = bt_profile_new()))
        return false;
    if (by_caller && !(p->callers = bt_profile_new()))
        return false;
    p->has_profile = p->functions || p->callers;
    return true;
}

bool bt_pump_run(struct bt_pump *p)
{
    if (!prepare(p)) {
        struct beamtap_err err = {0};
        bt_err_nomem(&err);
        fail(p, &err);
        return false;
    }
    push(p); /* what a format begins with */
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

int bt_pump_end(struct bt_pump *p)
{
    bt_outputs_end(&p->outputs, p->cli->stops);
    if (bt_outputs_error(&p->outputs))
        fail(p, bt_outputs_error(&p->outputs));
    return p->has_failed ? -1 : 0;
}

void bt_pump_say_profile(const struct bt_pump *p)
{
    struct bt_buf b = BT_BUF_INIT;
    struct beamtap_summary sum = {.size = sizeof sum};
    struct beamtap_style style = p->outputs.lines;
    if (style.syntax == BEAMTAP_SYNTAX_AUTO)
        style.syntax = beamtap_session_info(p->s)->syntax;
    if (p->functions && (p->cli->opts->verbose || bt_profile_count(p->functions) > 1))
        bt_profile_put(&b, p->functions, TOP, "function", &style);
    if (p->callers)
        bt_profile_put(&b, p->callers, TOP, "caller", &style);
    fputs(bt_buf_cstr(&b), stderr);
    bt_buf_done(&b);
    beamtap_session_summary(p->s, &sum, NULL);
    if (sum.grep_gave_up)
        bt_cli_say(
            "%" PRIu64
            " lines were shown, although an expression of --grep or --grep-not took too many steps on them",
            sum.grep_gave_up);
}
