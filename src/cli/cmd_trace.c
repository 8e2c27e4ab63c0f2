/*
 * cmd_trace.c - `beamtap NODE SPEC...`: the main job. From options to a session; pump.c moves its events.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/wipe.h"
#include "cli/cmd.h"
#include "cli/pump.h"
#include "cli/reach.h"
#include "cli/words.h"
#include "lib/describe.h"
#include "lib/peek.h"
#include "node/session.h"

#define MAX_WAIT_US INT64_C(86400000000) /* a day, for --lease and --grace */

struct trace {
    const struct bt_cli *cli;
    const struct bt_opts *o;
    const char *node; /* as it was given; once connected, as it calls itself */
    char name[256];   /* the same, for %n in the names of files */
    const struct bt_cli_specs *specs;
    struct beamtap_spec *spec;
    struct beamtap_session *handle;
    struct bt_session *session;    /* in it */
    const struct bt_program *prog; /* of it */
    struct bt_arena arena;         /* texts */
    struct bt_pump pump;
    struct beamtap_err err; /* of what comes before the first event */
};

/* ---- setting up ---- */

static int set_args(const char *text, struct beamtap_session_opts *s, struct beamtap_err *err)
{
    static const char *const names[] = {
        [BEAMTAP_ARGS_NAMED] = "named", [BEAMTAP_ARGS_ARITY] = "arity", [BEAMTAP_ARGS_ALL] = "all"};
    for (int i = BEAMTAP_ARGS_NAMED; i <= BEAMTAP_ARGS_ALL; i++) {
        if (strcmp(text, names[i]) == 0) {
            s->args = (enum beamtap_args)i;
            return 0;
        }
    }
    return bt_err_set(err, BEAMTAP_EUSAGE, "--args: '%s' is none of named, all, arity", text);
}

static int check_opts(struct trace *t, struct beamtap_session_opts *s)
{
    if (t->o->count == BT_CLI_NONE && t->o->time == BT_CLI_NONE)
        return bt_err_set(
            &t->err, BEAMTAP_EUSAGE, "-c none and -t none: a trace needs one of the two limits");
    if (t->o->lease < 1000000 || t->o->lease > MAX_WAIT_US)
        return bt_err_set(&t->err, BEAMTAP_EUSAGE, "--lease is 1s to 24h");
    if (t->o->grace > MAX_WAIT_US)
        return bt_err_set(&t->err, BEAMTAP_EUSAGE, "--grace is 24h at most");
    s->stop_on_rate = strcmp(t->o->on_rate, "stop") == 0 || strcmp(t->o->on_rate, "end") == 0;
    if (!s->stop_on_rate && strcmp(t->o->on_rate, "skip") != 0)
        return bt_err_set(
            &t->err, BEAMTAP_EUSAGE, "--on-rate: '%s' is none of skip, stop, end", t->o->on_rate);
    if (bt_opts_has(t->o, "scan-rate") && !bt_opts_outcome(t->o))
        return bt_err_set(&t->err, BEAMTAP_EUSAGE,
            "--scan-rate goes with --exceptions, --slower or --returns; else --rate limits what is traced");
    return set_args(t->o->args, s, &t->err);
}

static void set_limits(const struct trace *t, struct beamtap_session_opts *s)
{
    s->spec = t->spec;
    s->processes = t->o->processes.items;
    s->n_processes = t->o->processes.n;
    s->children = t->o->children;
    s->load = t->o->load;
    s->count = t->o->count; /* none is the same in both */
    s->time_us = t->o->time;
    s->grace_us = t->o->grace;
    s->lease_us = t->o->lease;
    s->max_functions = t->o->max_functions;
    s->rate = t->o->rate.n;
    s->rate_interval_us = t->o->rate.interval_us;
    s->burst = t->o->burst;
    s->max_memory = t->o->max_memory;
    s->max_term = t->o->max_term;
    s->max_load = t->o->max_load;
    s->names = t->o->names;
    s->exceptions = t->o->only_raised;
    s->slower_us = t->o->slower;
    s->returns = t->o->returns;
    s->scan_rate = t->o->scan_rate.n;
    s->scan_interval_us = t->o->scan_rate.interval_us;
}

/* The node is connected: it has told its name. */
static void set_session(struct trace *t)
{
    t->session = bt_peek_live(t->handle);
    t->prog = bt_peek_program(t->handle);
    t->node = beamtap_session_info(t->handle)->node;
    snprintf(t->name, sizeof t->name, "%s", t->node);
}

static int open_session(struct trace *t)
{
    struct bt_cli_way way = {.log_areas = ""};
    struct beamtap_session_opts s;
    beamtap_session_opts_init(&s, sizeof s);
    set_limits(t, &s);
    snprintf(t->name, sizeof t->name, "%s", t->node);
    t->pump.outputs.node = t->name;
    int rc = check_opts(t, &s);
    if (rc == 0)
        rc = bt_reach_session(&s, &way, t->cli, t->node, &t->err);
    if (rc == 0)
        rc = bt_pump_open(&t->pump, t->cli, &t->err);
    if (t->pump.counts_here)
        s.count = BEAMTAP_NO_LIMIT;
    if (rc == 0)
        rc = (t->handle = beamtap_session_open(&s, &t->err)) ? 0 : -1;
    bt_wipe(&way, sizeof way);
    if (rc == 0)
        set_session(t);
    return rc;
}

/* ---- the session as a source of events ---- */

static enum bt_next next_event(void *self, struct bt_event *ev, struct beamtap_err *err)
{
    return bt_session_next(((struct trace *)self)->session, ev, 0, err);
}

static int tend(void *self, struct beamtap_err *err)
{
    return bt_session_tend(((struct trace *)self)->session, err);
}

static bool is_overdue(void *self)
{
    return bt_session_is_overdue(((struct trace *)self)->session);
}

static int64_t due(void *self)
{
    return bt_session_due(((struct trace *)self)->session);
}

static void stop(void *self, bool is_complete)
{
    struct trace *t = self;
    if (is_complete)
        bt_session_complete(t->session);
    else
        bt_session_stop(t->session);
}

/* The session's, with what was shown of it. */
static void summary(const struct trace *t, struct bt_summary *sum)
{
    bt_session_summary(t->session, sum);
    if (!t->pump.counts_here)
        return;
    sum->shown = t->pump.n.shown;
    sum->returns = t->pump.n.returns;
    sum->exceptions = t->pump.n.exceptions;
}

/* SIGUSR1: how it stands, on stderr. */
static void say_totals(void *self)
{
    struct trace *t = self;
    struct bt_summary sum;
    summary(t, &sum);
    bt_words_totals(&sum, &t->pump.n);
}

/* ---- before and after ---- */

static int abandoned(const struct trace *t)
{
    bt_cli_say(
        "stopped at once; %s sees the connection close and removes everything by itself, within %" PRId64
        " ms at the latest",
        t->node, t->o->lease / 1000);
    return beamtap_code_status(BEAMTAP_EUNCLEAN);
}

static const char *reason(const struct trace *t, const struct bt_summary *sum)
{
    if (bt_tee_reader_is_gone(&t->pump.tee))
        return "reader";
    return t->pump.has_failed && sum->reason <= BT_STOP_ASKED ? "error" : bt_describe_stop(sum->reason);
}

/* The last records of all outputs, and what they could not write. */
static void end_outputs(struct trace *t, const struct bt_summary *sum)
{
    const struct bt_pump_counts *n = &t->pump.n;
    struct bt_out_end end = {.reason = reason(t, sum),
        .error = t->pump.has_failed ? t->pump.err.msg : NULL,
        .wall_ns = bt_clock_wall_us() * 1000,
        .received = n->received + (uint64_t)sum->examined.filtered,
        .printed = n->printed,
        .filtered = n->filtered + (uint64_t)sum->examined.filtered,
        .lost = n->lost,
        .shown = sum->shown,
        .returns = sum->returns,
        .exceptions = sum->exceptions,
        .open = sum->open,
        .skipped = -1,
        .examined = (uint64_t)sum->examined.calls,
        .lost_on_node = sum->lost,
        .is_clean = sum->is_clean};
    if (sum->has_called && sum->is_exact)
        end.skipped = (int64_t)bt_words_skipped(sum, n);
    struct bt_out_count *counts =
        sum->n_counted > 0 ? bt_describe_counts(bt_session_plan(t->session), &end.n_counts) : NULL;
    end.counts = counts;
    bt_pump_end(&t->pump, &end);
    free(counts);
}

static int finish(struct trace *t, bool is_orderly)
{
    struct bt_summary sum;
    struct bt_pump *p = &t->pump;
    summary(t, &sum);
    if (!is_orderly && !p->has_failed)
        return abandoned(t);
    if (p->has_failed && p->err.code == BEAMTAP_EINTR)
        return abandoned(t);
    if (sum.reason == BT_STOP_RATE && p->err.code == BEAMTAP_ELIMIT && strcmp(t->o->on_rate, "end") == 0)
        p->has_failed = false; /* as many as were wanted came: an end like that of -c */
    bool lost_node = p->has_failed && beamtap_code_status(p->err.code) == 3;
    end_outputs(t, &sum);
    if (lost_node)
        bt_cli_say("%s removes the trace by itself, within %" PRId64 " ms at the latest", t->node,
            t->o->lease / 1000);
    struct bt_words_end end = {&sum, bt_session_plan(t->session), t->o->time, bt_tee_reader_is_gone(&p->tee),
        &p->n, p->has_failed ? &p->err : NULL};
    if (!t->o->quiet) {
        bt_pump_say_profile(p);
        bt_words_closing(&end);
    }
    if (p->has_failed)
        return bt_cli_fail(&p->err);
    return t->o->fail_empty && sum.shown == 0 ? 1 : 0;
}

static int trace_armed(struct trace *t)
{
    struct bt_words_start start = {t->node, bt_session_info(t->session), bt_session_armed(t->session),
        bt_session_plan(t->session), t->o->count, t->o->time,
        t->prog->wants_return || t->prog->wants_time || t->prog->only_counts, t->o->verbose, t->prog};
    if (!t->o->quiet)
        bt_words_banner(&start);
    bt_words_warn(&start);
    t->pump.has_profile =
        !t->o->quiet && !t->prog->only_counts && (t->o->verbose || bt_session_plan(t->session)->n_mfas > 1);
    t->pump.source =
        (struct bt_source){t, next_event, tend, is_overdue, due, stop, say_totals, bt_session_fd(t->session)};
    return finish(t, bt_pump_run(&t->pump, bt_peek_head(t->handle)));
}

static int dry_run(struct trace *t)
{
    struct bt_words_start start = {t->node, bt_session_info(t->session), bt_session_armed(t->session),
        bt_session_plan(t->session), t->o->count, t->o->time, t->prog->wants_return, true, t->prog};
    bt_words_dry_run(&start);
    bt_words_warn(&start);
    return 0;
}

/* A --not with a typo in it would let through what it is there to keep out. */
static void warn_of_nots(const struct trace *t)
{
    const struct bt_plan *plan = bt_session_plan(t->session);
    for (size_t i = 0; i < t->prog->n_patterns; i++) {
        const struct bt_trace_pattern *p = &t->prog->patterns[i];
        if (p->is_not && plan->n_meant[i] == 0)
            bt_cli_say(
                "warning: --not '%s' matches none of the functions to trace", t->specs->texts[p->spec]);
    }
}

static int run(struct trace *t)
{
    int status;
    if (open_session(t) < 0) {
        status = bt_cli_fail_spec(&t->err, t->specs, t->err.text);
        goto out;
    }
    warn_of_nots(t);
    if (t->o->dry_run) {
        status = dry_run(t);
    } else if (beamtap_session_start(t->handle, &t->err) < 0) {
        status = bt_cli_fail(&t->err);
    } else {
        return trace_armed(t);
    }
out:
    bt_pump_discard(&t->pump);
    return status;
}

int bt_cmd_trace(const struct bt_cli *cli)
{
    struct trace t = {.cli = cli, .o = cli->opts, .arena = BT_ARENA_INIT};
    size_t used;
    t.node = bt_reach_node(cli->words, cli->n_words, &used);
    if (!t.node) {
        bt_cli_say("no node given; try beamtap --help");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    struct bt_cli_specs specs;
    int status = beamtap_code_status(BEAMTAP_ENOMEM);
    if (bt_cli_specs(cli, cli->words + used, cli->n_words - used, &t.arena, &specs) == 0)
        status = bt_cli_spec(cli, &specs, true, &t.spec);
    t.specs = &specs;
    if (status == 0)
        status = run(&t);
    beamtap_session_close(t.handle);
    beamtap_spec_free(t.spec);
    bt_pump_done(&t.pump);
    bt_arena_done(&t.arena);
    return status;
}
