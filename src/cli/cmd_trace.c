/*
 * cmd_trace.c - `beamtap NODE SPEC...`: the main job. From options to a session; pump.c moves its events.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"
#include "cli/cmd.h"
#include "cli/pump.h"
#include "cli/reach.h"
#include "cli/words.h"

#define MAX_WAIT_US INT64_C(86400000000) /* a day, for --lease and --grace */

struct trace {
    const struct bt_cli *cli;
    const struct bt_opts *o;
    const char *node; /* as it was given; once connected, as it calls itself */
    const struct bt_cli_specs *specs;
    struct beamtap_spec *spec;
    struct beamtap_session *session;
    struct bt_arena arena; /* texts */
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
    s->end_on_rate = strcmp(t->o->on_rate, "end") == 0;
    s->stop_on_rate = s->end_on_rate || strcmp(t->o->on_rate, "stop") == 0;
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
    s->grep = t->o->grep.items;
    s->n_grep = t->o->grep.n;
    s->grep_not = t->o->grep_not.items;
    s->n_grep_not = t->o->grep_not.n;
    s->redact = t->o->redact.items;
    s->n_redact = t->o->redact.n;
    s->style = &t->pump.outputs.lines;
}

/* The node is connected, and nothing is set there: only now files are made. */
static int open_session(struct trace *t)
{
    struct bt_cli_way way = {.log_areas = ""};
    struct beamtap_session_opts s;
    beamtap_session_opts_init(&s, sizeof s);
    set_limits(t, &s);
    int rc = check_opts(t, &s);
    if (rc == 0)
        rc = bt_reach_session(&s, &way, t->cli, t->node, &t->err);
    if (rc == 0)
        rc = bt_pump_read(&t->pump, t->cli, &t->err);
    if (rc == 0)
        rc = (t->session = beamtap_session_open(&s, &t->err)) ? 0 : -1;
    bt_wipe(&way, sizeof way);
    if (rc < 0)
        return -1;
    t->node = beamtap_session_info(t->session)->node;
    return bt_pump_open(&t->pump, t->session, &t->err);
}

static void get_summary(const struct trace *t, struct beamtap_summary *sum)
{
    *sum = (struct beamtap_summary){.size = sizeof *sum};
    beamtap_session_summary(t->session, sum, NULL);
}

/* SIGUSR1: how it stands, on stderr. */
static void say_totals(void *self)
{
    const struct trace *t = self;
    struct beamtap_summary sum;
    get_summary(t, &sum);
    bt_words_totals(&sum, t->pump.lost);
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

static int finish(struct trace *t, bool is_orderly)
{
    struct beamtap_summary sum;
    struct bt_pump *p = &t->pump;
    if (!is_orderly && !p->has_failed)
        return abandoned(t);
    if (p->has_failed && p->err.code == BEAMTAP_EINTR)
        return abandoned(t);
    bool lost_node = p->has_failed && beamtap_code_status(p->err.code) == 3;
    bt_pump_end(p);
    if (lost_node)
        bt_cli_say("%s removes the trace by itself, within %" PRId64 " ms at the latest", t->node,
            t->o->lease / 1000);
    get_summary(t, &sum);
    struct bt_words_end end = {t->session, &sum, p->lost, t->o->time, bt_outputs_reader_is_gone(&p->outputs),
        p->has_failed ? &p->err : NULL};
    if (!t->o->quiet) {
        bt_pump_say_profile(p);
        bt_words_closing(&end);
    }
    if (p->has_failed)
        return bt_cli_fail(&p->err);
    return t->o->fail_empty && sum.calls == 0 ? 1 : 0;
}

static int trace_armed(struct trace *t)
{
    const struct beamtap_info *info = beamtap_session_info(t->session);
    struct bt_words_start start = {t->session, t->o->count, t->o->time, t->o->verbose};
    if (!t->o->quiet)
        bt_words_banner(&start);
    bt_words_warn(&start);
    t->pump.has_profile =
        !t->o->quiet && !info->only_counts && (t->o->verbose || beamtap_session_function(t->session, 1));
    t->pump.say_totals = say_totals;
    t->pump.self = t;
    return finish(t, bt_pump_run(&t->pump));
}

static int dry_run(struct trace *t)
{
    struct bt_words_start start = {t->session, t->o->count, t->o->time, true};
    bt_words_dry_run(&start);
    bt_words_warn(&start);
    return 0;
}

static int run(struct trace *t)
{
    if (open_session(t) < 0)
        return bt_cli_fail_spec(&t->err, t->specs, t->err.text);
    if (t->o->dry_run)
        return dry_run(t);
    return beamtap_session_start(t->session, &t->err) == 0 ? trace_armed(t) : bt_cli_fail(&t->err);
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
    bt_pump_done(&t.pump);
    beamtap_session_close(t.session);
    beamtap_spec_free(t.spec);
    bt_arena_done(&t.arena);
    return status;
}
