/*
 * cmd_histogram.c - `beamtap time --histogram NODE SPEC...`: percentiles of calls that are sampled under the rate. What is
 * traced is a call and the return to its caller; no argument and no value is copied.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/live.h"
#include "out/latency.h"

#define SAMPLE_RATE ((struct bt_rate){10000, 1000000}) /* calls sampled, where --rate is not given */

struct timing {
    struct bt_latency *rows; /* in the order of the plan */
    const struct bt_latency **sorted;
    size_t n, hit; /* hit: the row of the last event */
    bool failed;
};

static int prepare(struct bt_live *l, struct beamtap_session_opts *s)
{
    s->args = BEAMTAP_ARGS_ARITY;
    s->keep_counts = true;
    if (!bt_opts_has(l->o, "rate")) {
        s->rate = SAMPLE_RATE.n;
        s->rate_interval_us = SAMPLE_RATE.interval_us;
    }
    if (strcmp(l->o->by, "function") != 0)
        return bt_err_set(
            &l->err, BEAMTAP_EUSAGE, "--histogram is by function; --by process goes without it");
    return 0;
}

static int check(struct bt_live *l)
{
    if (l->prog->n_messages + l->prog->n_events == 0)
        return 0;
    return bt_err_set(
        &l->err, BEAMTAP_EUSAGE, "--histogram is of calls: a message or an event has no duration");
}

static void on_armed(struct bt_live *l)
{
    struct timing *t = l->arg;
    struct bt_buf b = BT_BUF_INIT;
    const struct bt_plan *plan = bt_session_plan(l->session);
    t->n = plan->n_mfas;
    t->rows = calloc(t->n + 1, sizeof *t->rows);
    t->sorted = calloc(t->n + 1, sizeof *t->sorted);
    t->failed = !t->rows || !t->sorted;
    for (size_t i = 0; !t->failed && i < t->n; i++) {
        const struct bt_mfa *m = &plan->mfas[i];
        t->rows[i] =
            (struct bt_latency){.module = m->module, .function = m->function, .arity = m->arity, .calls = -1};
    }
    bt_live_put_functions(l, &b);
    if (!l->o->quiet)
        bt_cli_say("%s (OTP %d): %s, calls sampled at the rate (--rate), no value copied; until Ctrl-C%s",
            l->node, bt_session_info(l->session)->otp, bt_buf_cstr(&b),
            l->o->time == BT_CLI_NONE && !l->o->once ? "" : ", or the time is over (-t)");
    bt_buf_done(&b);
}

static bool is_of(const struct bt_latency *r, const struct bt_event *ev)
{
    return r->arity == ev->arity && bt_slice_is(ev->function, r->function) &&
           bt_slice_is(ev->module, r->module);
}

static void on_event(struct bt_live *l, const struct bt_event *ev)
{
    struct timing *t = l->arg;
    if (ev->type != BT_EVENT_TIMED)
        return;
    for (size_t i = 0; !t->failed && i < t->n; i++) {
        size_t at = (t->hit + i) % t->n;
        if (!is_of(&t->rows[at], ev))
            continue;
        t->hit = at;
        t->failed = !bt_histogram_add(&t->rows[at].h, ev->duration_ns);
        return;
    }
}

static int by_samples(const void *x, const void *y)
{
    const struct bt_latency *a = *(const struct bt_latency *const *)x,
                            *b = *(const struct bt_latency *const *)y;
    if (a->h.sum > b->h.sum || a->h.sum < b->h.sum)
        return a->h.sum < b->h.sum ? 1 : -1;
    return a < b ? -1 : a > b;
}

static size_t sort(struct timing *t)
{
    size_t n = 0;
    for (size_t i = 0; !t->failed && i < t->n; i++) {
        if (t->rows[i].h.n > 0 || t->rows[i].calls > 0)
            t->sorted[n++] = &t->rows[i];
    }
    if (n > 1)
        qsort(t->sorted, n, sizeof *t->sorted, by_samples);
    return n;
}

/* While it runs, the table is for a terminal only: a file gets what is true at the end. */
static void on_tick(struct bt_live *l)
{
    struct timing *t = l->arg;
    if (!l->is_terminal || l->o->once || bt_sink_is_full(&l->sink))
        return;
    size_t n = sort(t);
    bt_live_redraw(l);
    l->drawn = bt_latency_table(&l->sink.buf, t->sorted, n, (size_t)l->o->top);
}

static void on_end(struct bt_live *l, const struct bt_summary *sum)
{
    struct timing *t = l->arg;
    const struct bt_plan *plan = bt_session_plan(l->session);
    (void)sum;
    for (size_t i = 0; !t->failed && i < t->n; i++)
        t->rows[i].calls = plan->mfas[i].calls;
    size_t n = sort(t), top = (size_t)l->o->top;
    if (l->o->json) {
        for (size_t i = 0; i < n && i < top; i++)
            bt_latency_json(&l->sink.buf, t->sorted[i], l->node, bt_clock_wall_us());
        return;
    }
    bt_live_redraw(l);
    bt_latency_table(&l->sink.buf, t->sorted, n, top);
    for (size_t i = 0; i < n && i < top; i++)
        bt_latency_bars(&l->sink.buf, t->sorted[i]);
}

int bt_cmd_histogram(const struct bt_cli *cli)
{
    static const struct bt_live_ops ops = {
        "sampled", true, prepare, check, on_armed, on_event, on_tick, on_end};
    struct timing t = {.n = 0};
    struct bt_live l = {.ops = &ops, .arg = &t};
    int status = bt_live_run(&l, cli);
    for (size_t i = 0; t.rows && i < t.n; i++)
        bt_histogram_done(&t.rows[i].h);
    free(t.rows);
    free(t.sorted);
    return status != 0 || !t.failed ? status : beamtap_code_status(BEAMTAP_ENOMEM);
}
