/*
 * cmd_trace.c - `beamtap NODE SPEC...`: the main job. From options to a session; pump.c moves its events.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "cli/cmd.h"
#include "cli/pump.h"
#include "cli/reach.h"
#include "cli/records.h"
#include "cli/wish.h"
#include "cli/words.h"
#include "node/session.h"
#include "spec/ex_lexer.h"

#define MAX_WAIT_US INT64_C(86400000000) /* a day, for --lease and --grace */

struct trace {
    const struct bt_cli *cli;
    const struct bt_opts *o;
    const char *node;
    struct bt_reach reach;
    const struct bt_cli_specs *specs;
    struct bt_session *session;
    struct bt_arena arena; /* records and program */
    struct bt_cli_records records;
    struct bt_program prog;
    struct bt_outcome_wish wish;
    enum bt_args_mode args;
    struct bt_out_head head;
    struct bt_pump pump;
    struct beamtap_err err; /* of what comes before the first event */
};

/* ---- setting up ---- */

static int args_mode(const char *text, enum bt_args_mode *mode, struct beamtap_err *err)
{
    static const char *const names[] = {"named", "arity", "all"};
    static const enum bt_args_mode modes[] = {BT_ARGS_MODE_NAMED, BT_ARGS_MODE_ARITY, BT_ARGS_MODE_ALL};
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(text, names[i]) == 0) {
            *mode = modes[i];
            return 0;
        }
    }
    return bt_err_set(err, BEAMTAP_EUSAGE, "--args: '%s' is none of named, all, arity", text);
}

/* The gate lets through what is examined; --rate is then kept to by the agent, for what is shown. */
static void set_rates(const struct trace *t, struct bt_session_opts *s)
{
    const struct bt_opts *o = t->o;
    s->show_rate = o->rate;
    s->show_burst = o->burst ? o->burst : bt_bucket_default_burst(o->rate);
    s->filter = t->wish;
    s->rate = t->wish.is_on ? o->scan_rate : o->rate;
    s->burst = t->wish.is_on ? bt_bucket_default_burst(o->scan_rate) : s->show_burst;
    if (s->stops_on_rate) /* the whole rate may come at once: more than that in an interval is what ends the trace */
        s->burst = t->wish.is_on || !o->burst ? s->rate.n : o->burst;
}

static int check_opts(struct trace *t, struct bt_session_opts *s)
{
    if (t->o->count == BT_CLI_NONE && t->o->time == BT_CLI_NONE)
        return bt_err_set(
            &t->err, BEAMTAP_EUSAGE, "-c none and -t none: a trace needs one of the two limits");
    if (t->o->lease < 1000000 || t->o->lease > MAX_WAIT_US)
        return bt_err_set(&t->err, BEAMTAP_EUSAGE, "--lease is 1s to 24h");
    if (t->o->grace > MAX_WAIT_US)
        return bt_err_set(&t->err, BEAMTAP_EUSAGE, "--grace is 24h at most");
    s->stops_on_rate = strcmp(t->o->on_rate, "stop") == 0;
    if (!s->stops_on_rate && strcmp(t->o->on_rate, "skip") != 0)
        return bt_err_set(&t->err, BEAMTAP_EUSAGE, "--on-rate: '%s' is neither skip nor stop", t->o->on_rate);
    set_rates(t, s);
    if (args_mode(t->o->args, &t->args, &t->err) < 0)
        return -1;
    s->args = t->args;
    return 0;
}

static void say_loaded(void *arg, const char *module)
{
    (void)arg;
    bt_cli_say("loaded module '%s' (--load)", module);
}

/* Some records are known to the node only: it is asked before the specs can be compiled. */
static int ask_for_records(struct trace *t, struct bt_session_opts *s, size_t *bad)
{
    if (bt_cli_compile_asking(t->cli, t->specs, s->link, &t->arena, &t->records, &t->prog, bad, &t->err) == 0) {
        if (bt_wish_check(t->o, &t->prog, &t->err) == 0)
            return 0;
    }
    bt_conn_close(s->link);
    return -1;
}

static int open_session(struct trace *t, size_t *bad)
{
    char who[160];
    struct bt_session_opts s = {
        .processes = t->o->processes.items,
        .n_processes = t->o->processes.n,
        .with_children = t->o->children,
        .count = t->o->count,
        .time_us = t->o->time,
        .grace_ms = (int)(t->o->grace / 1000),
        .lease_ms = (int)(t->o->lease / 1000),
        .lookup = {(size_t)t->o->max_functions, t->o->load, say_loaded, NULL},
        .max_memory = t->o->max_memory,
        .max_term = t->o->max_term,
        .max_load = t->o->max_load,
        .who = who,
    };
    bt_words_who(who, sizeof who);
    int rc = check_opts(t, &s);
    if (rc == 0)
        rc = bt_reach_init(&t->reach, t->cli, t->node, &t->err);
    t->pump.outputs.node = t->reach.node;
    if (rc == 0)
        rc = bt_pump_open(&t->pump, t->cli, &t->err);
    if (t->pump.counts_here)
        s.count = BT_NO_LIMIT;
    if (rc == 0)
        rc = (s.link = bt_reach_open(&t->reach, &t->err)) ? 0 : -1;
    s.conn = t->reach.conn;
    t->node = t->reach.node;
    if (rc == 0 && t->records.n_wanted)
        rc = ask_for_records(t, &s, bad);
    if (rc == 0)
        rc = (t->session = bt_session_open(&s, &t->prog, bad, &t->err)) ? 0 : -1;
    bt_reach_done(&t->reach);
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

static int32_t utc_offset(int64_t wall_us)
{
    time_t now = (time_t)(wall_us / 1000000);
    struct tm local = {0}, utc = {0};
    if (!localtime_r(&now, &local) || !gmtime_r(&now, &utc))
        return 0;
    int days = local.tm_year != utc.tm_year ? local.tm_year - utc.tm_year : local.tm_yday - utc.tm_yday;
    return ((days * 24 + local.tm_hour - utc.tm_hour) * 60 + local.tm_min - utc.tm_min) * 60;
}

static void set_head(struct trace *t)
{
    int64_t now = bt_clock_wall_us();
    struct bt_out_head *h = &t->head;
    h->node = t->node;
    h->otp = bt_session_info(t->session)->otp;
    h->specs = t->specs->texts;
    h->n_specs = t->specs->n;
    h->n_not = t->specs->n_not;
    h->clauses = bt_session_clauses(t->session, &h->n_clauses);
    h->args = t->args;
    h->start_wall_ns = now * 1000;
    h->utc_offset_s = utc_offset(now);
    h->options = "";
}

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
    static const char *const names[] = {[BT_STOP_NONE] = "end",
        [BT_STOP_COUNT] = "count",
        [BT_STOP_TIME] = "time",
        [BT_STOP_ASKED] = "asked",
        [BT_STOP_RATE] = "rate",
        [BT_STOP_LOAD] = "load",
        [BT_STOP_ENTRIES] = "load",
        [BT_STOP_AGENT] = "agent"};
    if (bt_tee_reader_is_gone(&t->pump.tee))
        return "reader";
    return t->pump.has_failed && sum->reason <= BT_STOP_ASKED ? "error" : names[sum->reason];
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
        sum->n_counted > 0 ? bt_words_counts(bt_session_plan(t->session), &end.n_counts) : NULL;
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
        t->prog.wants_return || t->prog.wants_time || t->prog.only_counts, t->o->verbose, &t->prog};
    if (!t->o->quiet)
        bt_words_banner(&start);
    bt_words_warn(&start);
    set_head(t);
    t->pump.has_profile =
        !t->o->quiet && !t->prog.only_counts && (t->o->verbose || bt_session_plan(t->session)->n_mfas > 1);
    t->pump.source =
        (struct bt_source){t, next_event, tend, is_overdue, due, stop, say_totals, bt_session_fd(t->session)};
    return finish(t, bt_pump_run(&t->pump, &t->head));
}

static int dry_run(struct trace *t)
{
    struct bt_words_start start = {t->node, bt_session_info(t->session), bt_session_armed(t->session),
        bt_session_plan(t->session), t->o->count, t->o->time, t->prog.wants_return, true, &t->prog};
    bt_words_dry_run(&start);
    bt_words_warn(&start);
    return 0;
}

/* A --not with a typo in it would let through what it is there to keep out. */
static void warn_of_nots(const struct trace *t)
{
    const struct bt_plan *plan = bt_session_plan(t->session);
    for (size_t i = 0; i < t->prog.n_patterns; i++) {
        const struct bt_trace_pattern *p = &t->prog.patterns[i];
        if (p->is_not && plan->n_meant[i] == 0)
            bt_cli_say(
                "warning: --not '%s' matches none of the functions to trace", t->specs->texts[p->spec]);
    }
}

static int run(struct trace *t)
{
    size_t bad = 0;
    int status;
    if (open_session(t, &bad) < 0) {
        status = bt_cli_fail_spec(&t->err, t->specs, bad);
        goto out;
    }
    warn_of_nots(t);
    if (t->o->dry_run) {
        status = dry_run(t);
    } else if (bt_session_arm(t->session, &t->err) < 0) {
        status = bt_cli_fail(&t->err);
    } else {
        return trace_armed(t);
    }
out:
    bt_pump_discard(&t->pump);
    return status;
}

static int read_wish(struct trace *t)
{
    bool is_elixir = t->specs->n > t->specs->n_not;
    for (size_t i = t->specs->n_not; i < t->specs->n; i++)
        is_elixir = is_elixir && bt_ex_begins(t->specs->texts[i]);
    int status = bt_wish_read(t->o, is_elixir ? BT_SYNTAX_ELIXIR : BT_SYNTAX_ERLANG, &t->records.table, &t->arena, &t->wish);
    if (status || t->records.n_wanted)
        return status;
    return bt_wish_check(t->o, &t->prog, &t->err) == 0 ? 0 : bt_cli_fail(&t->err);
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
        status = bt_cli_compile(cli, &specs, true, &t.arena, &t.records, &t.prog);
    t.specs = &specs;
    if (status == 0)
        status = read_wish(&t);
    if (status == 0)
        status = run(&t);
    bt_session_close(t.session);
    bt_pump_done(&t.pump);
    bt_arena_done(&t.arena);
    return status;
}
