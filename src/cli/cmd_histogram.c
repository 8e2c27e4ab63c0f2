/*
 * cmd_histogram.c - `beamtap time --histogram NODE SPEC...`: percentiles of calls that are sampled under the rate. What is
 * traced is a call and the return to its caller; no argument and no value is copied.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/latency.h"
#include "cli/live.h"

#define SAMPLE_RATE ((struct bt_opts_rate){10000, 1000000}) /* calls sampled, where --rate is not given */

struct timing {
    struct bt_latency *rows; /* in the order of beamtap_session_function() */
    struct bt_arena names;
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

static int check(struct bt_live *l, const struct beamtap_part *part)
{
    if (part->type == BEAMTAP_EVENT_CALL)
        return 0;
    return bt_err_set(
        &l->err, BEAMTAP_EUSAGE, "--histogram is of calls: a message or an event has no duration");
}

/* A row for each function; false: no memory. */
static bool make_rows(struct bt_live *l, struct timing *t)
{
    t->n = l->n_functions;
    t->rows = calloc(t->n + 1, sizeof *t->rows);
    t->sorted = calloc(t->n + 1, sizeof *t->sorted);
    for (size_t i = 0; t->rows && t->sorted && i < t->n; i++) {
        const struct beamtap_function *f = beamtap_session_function(l->session, i);
        const char *module = bt_arena_strndup(&t->names, f->module, strlen(f->module)),
                   *function = bt_arena_strndup(&t->names, f->function, strlen(f->function));
        if (!module || !function)
            return false;
        t->rows[i] =
            (struct bt_latency){.module = module, .function = function, .arity = f->arity, .calls = -1};
    }
    return t->rows && t->sorted;
}

static void on_armed(struct bt_live *l)
{
    struct timing *t = l->arg;
    struct bt_buf b = BT_BUF_INIT;
    t->failed = !make_rows(l, t);
    bt_live_put_functions(l, &b);
    if (!l->o->quiet)
        bt_cli_say("%s (OTP %d): %s, calls sampled at the rate (--rate), no value copied; until Ctrl-C%s",
            l->node, beamtap_session_info(l->session)->otp, bt_buf_cstr(&b), bt_live_until(l));
    bt_buf_done(&b);
}

static bool is_of(const struct bt_latency *r, const struct beamtap_event *ev)
{
    return r->arity == ev->arity && strcmp(ev->function, r->function) == 0 &&
           strcmp(ev->module, r->module) == 0;
}

static void on_event(struct bt_live *l, const struct beamtap_event *ev)
{
    struct timing *t = l->arg;
    if (ev->type != BEAMTAP_EVENT_TIMED || !ev->function)
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

static void on_end(struct bt_live *l)
{
    struct timing *t = l->arg;
    for (size_t i = 0; !t->failed && i < t->n; i++)
        t->rows[i].calls = beamtap_session_function(l->session, i)->calls;
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
    bt_arena_done(&t.names);
    return status != 0 || !t.failed ? status : beamtap_code_status(BEAMTAP_ENOMEM);
}
