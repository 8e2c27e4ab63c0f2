/*
 * cmd_trace.c - `beamtap NODE SPEC...`: the main job. One thread, one loop: node in, lines out, signals.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/cmd.h"
#include "cli/reach.h"
#include "cli/records.h"
#include "cli/words.h"
#include "node/session.h"
#include "out/sink.h"
#include "out/text.h"

#define POLL_MS 200 /* a signal that comes just before poll() waits no longer than this */
#define MAX_WAIT_US INT64_C(86400000000) /* a day, for --lease and --grace */
#define PUSH_BYTES                                                                                           \
    65536u /* lines are written when so much has come together, or when nothing else is there */

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
    struct bt_sink sink;
    struct bt_text_opts text;
    struct bt_text_memo memo;
    uint64_t lost;       /* events that found no room in a stalled output while the trace was ending */
    int asked_totals;    /* SIGUSR1s answered */
    bool is_asked;       /* Ctrl-C and the like were passed on */
    bool reader_is_gone; /* `| head` has what it wanted */
    bool has_failed;     /* err is filled */
    struct beamtap_err err;
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

static int open_sink(struct trace *t)
{
    if (t->o->append && !t->o->output)
        return bt_err_set(&t->err, BEAMTAP_EUSAGE, "--append goes with --output FILE");
    if (t->o->output)
        return bt_sink_create(&t->sink, t->o->output, t->o->append, &t->err);
    if (t->cli->stdout_closed)
        return bt_err_set(&t->err, BEAMTAP_EOUTPUT, "stdout is closed; say -o FILE");
    bt_sink_init(&t->sink, STDOUT_FILENO, "stdout");
    return 0;
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
    if (s->stops_on_rate) /* the whole rate may come at once: more than that in an interval is what ends the trace */
        s->burst = t->o->burst ? t->o->burst : t->o->rate.n;
    return args_mode(t->o->args, &s->args, &t->err);
}

static void say_loaded(void *arg, const char *module)
{
    (void)arg;
    bt_cli_say("loaded module '%s' (--load)", module);
}

/* Some records are known to the node only: it is asked before the specs can be compiled. */
static int ask_for_records(struct trace *t, struct bt_session_opts *s, size_t *bad)
{
    if (bt_cli_compile_asking(t->cli, t->specs, s->link, &t->arena, &t->records, &t->prog, bad, &t->err) == 0)
        return 0;
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
        .rate = t->o->rate,
        .burst = t->o->burst ? t->o->burst : bt_bucket_default_burst(t->o->rate),
        .max_memory = t->o->max_memory,
        .max_term = t->o->max_term,
        .max_load = t->o->max_load,
        .who = who,
    };
    bt_words_who(who, sizeof who);
    int rc = check_opts(t, &s);
    if (rc == 0)
        rc = bt_reach_init(&t->reach, t->cli, t->node, &t->err);
    if (rc == 0 && !t->o->dry_run)
        rc = open_sink(t);
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

/* ---- the loop ---- */

static void fail(struct trace *t)
{
    t->has_failed = true;
}

/* What is written goes out; a reader that went away is an order to stop, not a failure. */
static void push(struct trace *t)
{
    struct beamtap_err err = {0};
    if (t->reader_is_gone || bt_sink_push(&t->sink, &err) == 0)
        return;
    if (err.sys == EPIPE)
        t->reader_is_gone = true;
    else if (!t->has_failed) {
        t->err = err;
        fail(t);
    }
    bt_session_stop(t->session);
}

/* What was learnt is told once on stderr; it is no event of the node. */
static void say_learnt(const struct bt_event *ev)
{
    struct bt_buf b = BT_BUF_INIT;
    bt_text_remark(&b, ev);
    bt_cli_say("%s", bt_buf_cstr(&b));
    bt_buf_done(&b);
}

static void show(struct trace *t, const struct bt_event *ev)
{
    if (ev->type >= BT_EVENT_BIG_ARG) {
        say_learnt(ev);
        return;
    }
    if (t->reader_is_gone)
        return;
    if (bt_sink_is_full(&t->sink)) {
        t->lost++;
        return;
    }
    bt_text_event(&t->sink.buf, ev, &t->text);
    if (t->sink.buf.len > PUSH_BYTES)
        push(t);
}

/* SIGUSR1: how it stands, on stderr. */
static void say_totals(struct trace *t)
{
    struct bt_summary sum;
    t->asked_totals = *t->cli->asks;
    bt_session_summary(t->session, &sum);
    bt_words_totals(&sum, t->lost);
}

static void pass_on_signals(struct trace *t)
{
    if (*t->cli->asks != t->asked_totals)
        say_totals(t);
    if (*t->cli->stops > 0 && !t->is_asked) {
        t->is_asked = true;
        bt_session_stop(t->session);
    }
}

/* Takes what the session has. True: go on; false: it ended, well or not. */
static bool take_events(struct trace *t)
{
    static struct bt_event ev; /* large; one thread, one trace */
    for (;;) {
        if (bt_sink_is_full(&t->sink) && !t->reader_is_gone && !bt_session_is_overdue(t->session)) {
            if (bt_session_tend(t->session, &t->err) == 0)
                return true;
            fail(t);
            return false;
        }
        switch (bt_session_next(t->session, &ev, 0, &t->err)) {
        case BT_NEXT_EVENT: show(t, &ev); break;
        case BT_NEXT_NOTHING: return true;
        case BT_NEXT_END: return false;
        case BT_NEXT_ERROR: fail(t); return false;
        }
        pass_on_signals(t);
    }
}

static void wait_for_work(struct trace *t)
{
    bool is_writing = t->sink.buf.len > 0 && !t->reader_is_gone;
    bool is_reading = !bt_sink_is_full(&t->sink) || bt_session_is_overdue(t->session);
    struct pollfd p[2] = {
        {.fd = is_reading ? bt_session_fd(t->session) : -1, .events = POLLIN},
        {.fd = t->sink.is_file || t->reader_is_gone ? -1 : t->sink.fd, .events = is_writing ? POLLOUT : 0},
    };
    int left = bt_clock_left_ms(bt_session_due(t->session), bt_clock_mono_us());
    poll(p, 2, left < 0 || left > POLL_MS ? POLL_MS : left);
    if (p[1].revents & (POLLERR | POLLHUP)) {
        t->reader_is_gone = true;
        bt_session_stop(t->session);
    }
}

/* True: the trace ended in order; false: it failed, or we were told twice to stop. */
static bool loop(struct trace *t)
{
    while (*t->cli->stops < 2) {
        pass_on_signals(t);
        if (!take_events(t))
            return !t->has_failed;
        push(t);
        wait_for_work(t);
    }
    return false;
}

/* The last lines: the node is clean by now, so the reader may take its time, until we are told to stop once
 * more. */
static int drain(struct trace *t)
{
    int stops = *t->cli->stops;
    while (t->sink.buf.len > 0 && !t->reader_is_gone && !t->has_failed && *t->cli->stops == stops) {
        struct pollfd p = {.fd = t->sink.fd, .events = POLLOUT};
        if (!t->sink.is_file)
            poll(&p, 1, POLL_MS);
        push(t);
    }
    struct beamtap_err err = {0};
    if (bt_sink_done(&t->sink, &err) < 0 && !t->has_failed) {
        t->err = err;
        fail(t);
    }
    return t->has_failed ? -1 : 0;
}

/* ---- before and after ---- */

static void set_text(struct trace *t)
{
    t->text.memo = &t->memo;
    t->text.clauses = bt_session_clauses(t->session, &t->text.n_clauses);
    t->text.whole_args = strcmp(t->o->args, "all") == 0;
    t->text.no_args = strcmp(t->o->args, "arity") == 0;
    t->text.print.home = (struct bt_slice){(const uint8_t *)t->node, strlen(t->node)};
}

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
    struct bt_summary sum;
    bt_session_summary(t->session, &sum);
    if (!is_orderly && !t->has_failed)
        return abandoned(t);
    if (t->has_failed && t->err.code == BEAMTAP_EINTR)
        return abandoned(t);
    bool lost_node = t->has_failed && beamtap_code_status(t->err.code) == 3;
    if (sum.n_counted > 0 && !t->reader_is_gone)
        bt_words_counts(&t->sink.buf, bt_session_plan(t->session));
    drain(t);
    if (t->has_failed && lost_node)
        bt_cli_say("%s removes the trace by itself, within %" PRId64 " ms at the latest", t->node,
            t->o->lease / 1000);
    struct bt_words_end end = {&sum, bt_session_plan(t->session), t->o->time, t->reader_is_gone, t->lost,
        t->has_failed ? &t->err : NULL};
    if (!t->o->quiet)
        bt_words_closing(&end);
    if (t->has_failed)
        return bt_cli_fail(&t->err);
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
    set_text(t);
    return finish(t, loop(t));
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
    if (t->sink.fd >= 0)
        bt_sink_discard(&t->sink);
    return status;
}

int bt_cmd_trace(const struct bt_cli *cli)
{
    struct trace t = {.cli = cli, .o = cli->opts, .sink = {.fd = -1}, .arena = BT_ARENA_INIT};
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
        status = run(&t);
    bt_session_close(t.session);
    bt_buf_done(&t.sink.buf); /* of an output that was abandoned */
    bt_arena_done(&t.arena);
    return status;
}
