/*
 * pump.c - events from a source into outputs.
 */
#include "cli/pump.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "out/capture.h"
#include "out/text.h"
#include "out/text_out.h"

#define POLL_MS 200 /* a signal that comes just before poll() waits no longer than this */

/* ---- outputs ---- */

/* Opens the output's sink, on a new file or on stdout, and takes it. */
static int add(
    struct bt_pump *p, struct bt_out *out, const char *path, bool is_append, struct beamtap_err *err)
{
    if (!out)
        return bt_err_nomem(err);
    bt_tee_add(&p->tee, out);
    if (path)
        return bt_sink_create(&out->sink, path, is_append, err);
    bt_sink_init(&out->sink, STDOUT_FILENO, "stdout");
    return 0;
}

int bt_pump_open(struct bt_pump *p, const struct bt_cli *cli, struct beamtap_err *err)
{
    const struct bt_opts *o = cli->opts;
    p->cli = cli;
    if (o->append && !o->output)
        return bt_err_set(err, BEAMTAP_EUSAGE, "--append goes with --output FILE");
    bool only_captures = o->capture && o->quiet && !o->output;
    if (!o->output && !only_captures && cli->stdout_closed)
        return bt_err_set(err, BEAMTAP_EOUTPUT, "stdout is closed; say -o FILE");
    if (!only_captures && add(p, bt_text_out_new(), o->output, o->append, err) < 0)
        return -1;
    return o->capture ? add(p, bt_capture_out_new(), o->capture, false, err) : 0;
}

void bt_pump_discard(struct bt_pump *p)
{
    bt_tee_discard(&p->tee);
}

void bt_pump_done(struct bt_pump *p)
{
    bt_tee_done(&p->tee);
}

/* ---- the loop ---- */

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

static void show(struct bt_pump *p)
{
    if (p->ev.type >= BT_EVENT_BIG_ARG)
        say_learnt(&p->ev);
    if (bt_tee_is_over(&p->tee))
        return;
    bool is_shown = bt_tee_event(&p->tee, &p->ev);
    if (p->ev.type < BT_EVENT_RETURN_TO) {
        p->n.received++;
        p->n.printed += is_shown;
        p->n.lost += !is_shown;
    }
    if (bt_tee_is_over(&p->tee))
        output_ended(p);
}

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

bool bt_pump_run(struct bt_pump *p, const struct bt_out_head *head)
{
    bt_tee_begin(&p->tee, head);
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
