/*
 * live.c - opening a session with a node.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/inside.h"
#include "lib/way.h"

#define DAY_US INT64_C(86400000000)

/* What is needed while it is opened. */
struct opening {
    struct beamtap_session *s;
    struct beamtap_session_opts o;
    struct bt_reach reach;
    struct bt_session_opts session;
    struct bt_lib_outcome outcome;
    char who[160];
};

/* ---- the caller's options ---- */

static int check_ranges(const struct beamtap_session_opts *o, struct beamtap_err *err)
{
    const struct bt_lib_range all[] = {
        {"count", o->count, 1, INT64_MAX, true},
        {"time_us", o->time_us, 0, INT64_MAX / 4, true},
        {"rate", o->rate, 1, 1000000000, true},
        {"rate_interval_us", o->rate_interval_us, 1, DAY_US, false},
        {"burst", o->burst, 0, 1 << 30, false},
        {"max_functions", o->max_functions, 1, INT64_C(1) << 40, false},
        {"max_memory", o->max_memory, 1, INT64_C(1) << 50, false},
        {"max_term", o->max_term, 1, INT64_C(1) << 50, false},
        {"max_load", o->max_load, 0, INT64_C(1) << 40, true},
        {"grace_us", o->grace_us, 0, DAY_US, false},
        {"lease_us", o->lease_us, 1000000, DAY_US, false},
        {"wait_us", o->wait_us, 0, DAY_US, false},
        {"slower_us", o->slower_us, 0, INT64_MAX / 1000, true},
        {"scan_rate", o->scan_rate, 1, 1000000000, true},
        {"scan_interval_us", o->scan_interval_us, 1, DAY_US, false},
        {"epmd_port", o->epmd_port, 0, 65535, false},
        {"interval_us", o->interval_us, 100000, DAY_US, false},
        {"kind", (int)o->kind, BEAMTAP_KIND_TRACE, BEAMTAP_KIND_TIME, false},
        {"args", (int)o->args, BEAMTAP_ARGS_NAMED, BEAMTAP_ARGS_ALL, false},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (bt_lib_in_range(&all[i], err) < 0)
            return -1;
    }
    if (o->kind != BEAMTAP_KIND_TRACE && o->n_grep + o->n_grep_not + o->n_redact > 0)
        return bt_err_set(
            err, BEAMTAP_EUSAGE, "the VM counts calls: grep, grep_not and redact go with TRACE");
    if (o->kind == BEAMTAP_KIND_TRACE && o->count == BEAMTAP_NO_LIMIT && o->time_us == BEAMTAP_NO_LIMIT &&
        o->rate == BEAMTAP_NO_LIMIT)
        return bt_err_set(err, BEAMTAP_EUSAGE, "count, time_us and rate: a trace needs one of these limits");
    return 0;
}

static int check(const struct beamtap_session_opts *o, struct beamtap_err *err)
{
    if (!o->node || !*o->node)
        return bt_err_set(err, BEAMTAP_EUSAGE, "no node given");
    if (!o->spec)
        return bt_err_set(err, BEAMTAP_EUSAGE, "no spec given");
    for (size_t i = 0; i < o->n_processes; i++) {
        if (!o->processes || !o->processes[i])
            return bt_err_set(err, BEAMTAP_EUSAGE, "a text of processes is NULL");
    }
    if (o->kind == BEAMTAP_KIND_COUNT && o->n_processes > 0)
        return bt_err_set(
            err, BEAMTAP_EUSAGE, "the VM counts the calls of all processes: processes do not go with COUNT");
    return check_ranges(o, err);
}

/* ---- as what is inside has them ---- */

static void say_loaded(void *arg, const char *module)
{
    const struct beamtap_session *s = arg;
    bt_say(&s->say, "loaded module '%s' (--load)", module);
}

static int set_session(struct opening *op, struct beamtap_err *err)
{
    static const enum bt_args_mode modes[] = {BT_ARGS_MODE_NAMED, BT_ARGS_MODE_ARITY, BT_ARGS_MODE_ALL};
    static const enum bt_session_kind kinds[] = {BT_SESSION_TRACES, BT_SESSION_COUNTS, BT_SESSION_TIMES};
    const struct beamtap_session_opts *o = &op->o;
    struct bt_rate rate = {o->rate, o->rate_interval_us};
    const char *const *processes = bt_lib_copy_texts(&op->s->arena, o->processes, o->n_processes);
    bt_describe_who(op->who, sizeof op->who);
    op->session = (struct bt_session_opts){
        .kind = kinds[o->kind],
        .interval_us = o->interval_us,
        .by_process = o->by_process,
        .keeps_counts = o->keep_counts,
        .processes = processes,
        .n_processes = o->n_processes,
        .with_children = o->children,
        .args = modes[o->args],
        .count = o->kind == BEAMTAP_KIND_TRACE && !op->s->choice.is_on ? o->count : BT_NO_LIMIT,
        .time_us = o->time_us,
        .grace_ms = (int)(o->grace_us / 1000),
        .lease_ms = (int)(o->lease_us / 1000),
        .lookup = {(size_t)o->max_functions, o->load, say_loaded, op->s},
        .rate = rate,
        .burst = o->burst          ? o->burst
                 : o->stop_on_rate ? rate.n
                                   : bt_bucket_default_burst(rate),
        .stops_on_rate = o->stop_on_rate,
        .max_memory = o->max_memory,
        .max_term = o->max_term,
        .max_load = o->max_load,
        .names = o->names,
        .who = o->who ? o->who : op->who,
    };
    return processes ? 0 : bt_err_nomem(err);
}

/* "send, receive": what is traced that is no call. NULL: no memory. */
static const char *name_events(struct beamtap_session *s)
{
    struct bt_buf b = BT_BUF_INIT;
    for (enum bt_spec_event e = BT_SPEC_SEND; e <= BT_SPEC_RUNNING; e++) {
        bool is_traced = false;
        for (size_t i = 0; i < s->prog.n_patterns; i++)
            is_traced = is_traced || s->prog.patterns[i].event == e;
        if (is_traced)
            bt_buf_printf(&b, "%s%s", b.len ? ", " : "", bt_spec_event_info(e)->name);
    }
    const char *text = b.failed ? NULL : bt_arena_strndup(&s->arena, bt_buf_cstr(&b), b.len);
    bt_buf_done(&b);
    return text;
}

static int set_info(struct opening *op, const char *node, struct beamtap_err *err)
{
    struct beamtap_session *s = op->s;
    const struct bt_guard_info *info = bt_session_info(s->live);
    const char *events = name_events(s);
    s->info = (struct beamtap_info){.node = node,
        .otp = info->otp,
        .processes = info->processes,
        .schedulers = (uint32_t)info->schedulers,
        .is_live = true,
        .functions = bt_session_plan(s->live)->n_mfas,
        .events = events,
        .has_messages = s->prog.n_messages > 0,
        .shows_ends = s->prog.wants_return || s->prog.wants_time || s->prog.only_counts,
        .only_counts = s->prog.only_counts,
        .syntax = s->head.syntax == BT_SYNTAX_ELIXIR ? BEAMTAP_SYNTAX_ELIXIR : BEAMTAP_SYNTAX_ERLANG,
        .traces = 1};
    return events ? 0 : bt_err_nomem(err);
}

/* What the events' lines will need. */
static int set_head(struct opening *op, struct beamtap_err *err)
{
    struct beamtap_session *s = op->s;
    const struct beamtap_spec *spec = op->o.spec;
    const char *node = bt_arena_strndup(&s->arena, op->reach.node, strlen(op->reach.node));
    s->head = (struct bt_out_head){.node = node,
        .specs = bt_lib_copy_texts(&s->arena, spec->texts, spec->n_texts),
        .n_specs = spec->n_texts,
        .n_not = spec->opts.n_not,
        .args = op->session.args,
        .records = s->prog.records,
        .options = ""};
    if (!node || !s->head.specs)
        return bt_err_nomem(err);
    bt_describe_head(&s->head, s->live);
    s->head.syntax = bt_describe_syntax(&s->head);
    s->head.shows_records = spec->records.n > 0;
    bt_text_opts_init(&s->opts, &s->head);
    return set_info(op, node, err);
}

/* A --not with a typo in it would let through what it is there to keep out. */
static void warn_of_nots(const struct opening *op)
{
    const struct beamtap_session *s = op->s;
    const struct bt_plan *plan = bt_session_plan(s->live);
    for (size_t i = 0; op->o.kind == BEAMTAP_KIND_TRACE && i < s->prog.n_patterns; i++) {
        const struct bt_trace_pattern *p = &s->prog.patterns[i];
        if (p->is_not && plan->n_meant[i] == 0)
            bt_say(&s->say, "warning: --not '%s' matches none of the functions to trace",
                op->o.spec->texts[p->spec]);
    }
}

/* ---- opening ---- */

static int compile(struct opening *op, const struct bt_lib_asked *asked, struct beamtap_err *err)
{
    const struct bt_program *prog = &op->s->prog;
    if (bt_lib_compile(op->o.spec, true, asked, &op->outcome, &op->s->arena, &op->s->prog, err) < 0)
        return -1;
    if (op->o.kind != BEAMTAP_KIND_TRACE && prog->n_messages + prog->n_events > 0)
        return bt_err_set(err, BEAMTAP_EUSAGE, "the VM counts calls, not messages or events");
    return bt_lib_make_parts(prog, &op->s->arena, &op->s->parts, err);
}

/* The gate lets through what is examined; the agent keeps to the rate of what is given. */
static void set_outcome(struct opening *op)
{
    struct bt_session_opts *s = &op->session;
    if (!op->outcome.wish.is_on)
        return;
    s->filter = op->outcome.wish;
    s->show_rate = s->rate;
    s->show_burst = op->o.burst ? op->o.burst : bt_bucket_default_burst(s->rate);
    s->rate = (struct bt_rate){op->o.scan_rate, op->o.scan_interval_us};
    s->burst = op->o.stop_on_rate ? s->rate.n : bt_bucket_default_burst(s->rate);
}

/* The node is connected. The link is the session's, or closed. */
static int open_with(struct opening *op, struct bt_conn *link, struct beamtap_err *err)
{
    struct beamtap_session *s = op->s;
    size_t bad = 0;
    struct bt_lib_asked asked = {link, op->o.max_memory, &s->say};
    if (op->o.spec->waits_for_node && compile(op, &asked, err) < 0) {
        bt_conn_close(link);
        return -1;
    }
    op->session.conn = op->reach.conn;
    op->session.link = link;
    set_outcome(op);
    s->live = bt_session_open(&op->session, &s->prog, &bad, err);
    if (s->live) {
        warn_of_nots(op);
        return set_head(op, err);
    }
    err->text = bad;
    return -1;
}

static int open_node(struct opening *op, struct beamtap_err *err)
{
    struct bt_reach_opts ro = bt_lib_reach_opts(&op->o, &op->s->log, &op->s->say);
    if (bt_reach_set(&op->reach, &ro, err) < 0 || bt_reach_set_cookie(&op->reach, &ro.cookie, err) < 0)
        return -1;
    struct bt_conn *link = bt_reach_open(&op->reach, err);
    return link ? open_with(op, link, err) : -1;
}

/* Which events are given: with a filter `count` is kept here. */
static int set_choice(struct opening *op, struct beamtap_err *err)
{
    const struct beamtap_session_opts *o = &op->o;
    struct bt_lib_wanted w = {o->grep, o->n_grep, o->grep_not, o->n_grep_not, o->redact, o->n_redact,
        o->style, o->count, false, false};
    op->s->ends_on_rate = o->end_on_rate;
    op->outcome = (struct bt_lib_outcome){o->exceptions, o->slower_us, o->returns, {.slower_ns = -1}};
    if (o->kind != BEAMTAP_KIND_TRACE && bt_lib_has_outcome(&op->outcome))
        return bt_err_set(
            err, BEAMTAP_EUSAGE, "the VM counts calls: exceptions, slower_us and returns go with TRACE");
    return bt_lib_choice_read(&op->s->choice, &w, &op->s->arena, err);
}

static int open_session(struct beamtap_session *s, const void *opts, struct beamtap_err *err)
{
    struct opening *op = calloc(1, sizeof *op);
    if (!op)
        return bt_err_nomem(err);
    op->s = s;
    int rc = bt_lib_take_opts(&op->o, sizeof op->o, sizeof op->o, opts, "beamtap_session_opts", err);
    if (rc == 0)
        rc = check(&op->o, err);
    if (rc == 0) {
        s->say = (struct bt_say){op->o.say, op->o.arg};
        rc = bt_lib_take_log(&s->log, &op->o, err);
    }
    if (rc == 0)
        rc = set_choice(op, err);
    if (rc == 0)
        rc = set_session(op, err);
    if (rc == 0 && !op->o.spec->waits_for_node)
        rc = compile(op, NULL, err);
    if (rc == 0)
        rc = open_node(op, err);
    bt_reach_done(&op->reach);
    free(op);
    return rc;
}

struct beamtap_session *beamtap_session_open(const struct beamtap_session_opts *opts, struct beamtap_err *err)
{
    return bt_lib_session_new(open_session, opts, err);
}
