/*
 * live.c - what count and time share: specs to a session, its loop, signals, the end.
 */
#include "cli/live.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/wipe.h"
#include "cli/words.h"
#include "lib/peek.h"
#include "out/text.h"

#define POLL_MS 200
#define MAX_WAIT_US INT64_C(86400000000)
#define MIN_INTERVAL_US INT64_C(100000)

static int check_opts(struct bt_live *l)
{
    const struct bt_opts *o = l->o;
    if (o->interval < MIN_INTERVAL_US || o->interval > MAX_WAIT_US)
        return bt_err_set(&l->err, BEAMTAP_EUSAGE, "--interval is 100ms to 24h");
    if (o->lease < 1000000 || o->lease > MAX_WAIT_US)
        return bt_err_set(&l->err, BEAMTAP_EUSAGE, "--lease is 1s to 24h");
    if (o->append && !o->output)
        return bt_err_set(&l->err, BEAMTAP_EUSAGE, "--append goes with --output FILE");
    return 0;
}

static int open_sink(struct bt_live *l)
{
    if (l->o->output)
        return bt_sink_create(&l->sink, l->o->output, l->o->append, &l->err);
    if (l->cli->stdout_closed)
        return bt_err_set(&l->err, BEAMTAP_EOUTPUT, "stdout is closed; say -o FILE");
    bt_sink_init(&l->sink, STDOUT_FILENO, "stdout");
    l->is_terminal = !l->o->json && isatty(STDOUT_FILENO);
    return 0;
}

static void set_limits(const struct bt_live *l, struct beamtap_session_opts *s)
{
    const struct bt_opts *o = l->o;
    s->spec = l->spec;
    s->processes = o->processes.items;
    s->n_processes = o->processes.n;
    s->children = o->children;
    s->load = o->load;
    s->count = BEAMTAP_NO_LIMIT;
    s->time_us = o->once ? o->interval + o->interval / 20 : o->time;
    s->grace_us = o->grace;
    s->lease_us = o->lease;
    s->interval_us = o->interval;
    s->max_functions = o->max_functions;
    s->rate = o->rate.n;
    s->rate_interval_us = o->rate.interval_us;
    s->burst = o->burst;
    s->max_memory = o->max_memory;
    s->max_term = o->max_term;
    s->max_load = o->max_load;
}

/* The node is connected. A program that had to wait for it is there now. */
static int set_session(struct bt_live *l)
{
    bool is_new = !l->prog;
    l->session = bt_peek_live(l->handle);
    l->prog = bt_peek_program(l->handle);
    l->node = beamtap_session_info(l->handle)->node;
    return is_new ? l->ops->check(l) : 0;
}

static int open_session(struct bt_live *l)
{
    struct bt_cli_way way = {.log_areas = ""};
    struct beamtap_session_opts s;
    beamtap_session_opts_init(&s, sizeof s);
    set_limits(l, &s);
    l->prog = bt_peek_spec(l->spec);
    int rc = check_opts(l);
    if (rc == 0)
        rc = l->ops->prepare(l, &s);
    if (rc == 0 && l->prog)
        rc = l->ops->check(l);
    if (rc == 0)
        rc = bt_reach_session(&s, &way, l->cli, l->node, &l->err);
    if (rc == 0 && !l->o->dry_run)
        rc = open_sink(l);
    if (rc == 0)
        rc = (l->handle = beamtap_session_open(&s, &l->err)) ? 0 : -1;
    bt_wipe(&way, sizeof way);
    return rc == 0 ? set_session(l) : -1;
}

/* ---- the loop ---- */

static void push(struct bt_live *l)
{
    struct beamtap_err err = {0};
    if (l->reader_is_gone || bt_sink_push(&l->sink, &err) == 0)
        return;
    if (err.sys == EPIPE)
        l->reader_is_gone = true;
    else if (!l->has_failed) {
        l->err = err;
        l->has_failed = true;
    }
    bt_session_stop(l->session);
}

static void pass_on_signals(struct bt_live *l)
{
    if (*l->cli->stops > 0 && !l->is_asked) {
        l->is_asked = true;
        bt_session_stop(l->session);
    }
}

static void take(struct bt_live *l, const struct bt_event *ev)
{
    struct bt_buf b = BT_BUF_INIT;
    switch (ev->type) {
    case BT_EVENT_REARMED:
    case BT_EVENT_FOREIGN_COUNTER:
        bt_text_remark(&b, ev);
        bt_cli_say("%s", bt_buf_cstr(&b));
        bt_buf_done(&b);
        return;
    default: l->ops->event(l, ev);
    }
}

/* Takes what the session has. True: go on; false: it ended, well or not. */
static bool take_events(struct bt_live *l)
{
    static struct bt_event ev; /* large; one thread, one session */
    for (;;) {
        switch (bt_session_next(l->session, &ev, 0, &l->err)) {
        case BT_NEXT_EVENT: take(l, &ev); break;
        case BT_NEXT_NOTHING: return true;
        case BT_NEXT_END: return false;
        case BT_NEXT_ERROR: l->has_failed = true; return false;
        }
        pass_on_signals(l);
    }
}

static void tick(struct bt_live *l)
{
    int64_t now = bt_clock_mono_us();
    if (!l->ops->tick || now < l->tick_at_us)
        return;
    l->tick_at_us = now + l->o->interval;
    l->ops->tick(l);
}

static void wait_for_work(struct bt_live *l)
{
    bool is_writing = l->sink.buf.len > 0 && !l->reader_is_gone;
    struct pollfd p[2] = {
        {.fd = bt_session_fd(l->session), .events = POLLIN},
        {.fd = l->sink.is_file || l->reader_is_gone ? -1 : l->sink.fd, .events = is_writing ? POLLOUT : 0},
    };
    int left = bt_clock_left_ms(bt_session_due(l->session), bt_clock_mono_us());
    poll(p, 2, left < 0 || left > POLL_MS ? POLL_MS : left);
    if (p[1].revents & (POLLERR | POLLHUP)) {
        l->reader_is_gone = true;
        bt_session_stop(l->session);
    }
}

/* True: the session ended in order. */
static bool loop(struct bt_live *l)
{
    l->tick_at_us = bt_clock_mono_us() + l->o->interval;
    while (*l->cli->stops < 2) {
        pass_on_signals(l);
        if (!take_events(l))
            return !l->has_failed;
        tick(l);
        push(l);
        wait_for_work(l);
    }
    return false;
}

/* ---- the end ---- */

static void drain(struct bt_live *l)
{
    int stops = *l->cli->stops;
    struct beamtap_err err = {0};
    while (l->sink.buf.len > 0 && !l->reader_is_gone && !l->has_failed && *l->cli->stops == stops) {
        struct pollfd p = {.fd = l->sink.fd, .events = POLLOUT};
        if (!l->sink.is_file)
            poll(&p, 1, POLL_MS);
        push(l);
    }
    if (bt_sink_done(&l->sink, &err) < 0 && !l->has_failed) {
        l->err = err;
        l->has_failed = true;
    }
}

static const char *reason(const struct bt_live *l, const struct bt_summary *sum)
{
    if (l->has_failed)
        return "ended early";
    if (l->reader_is_gone)
        return "the reader closed the output";
    if (sum->reason == BT_STOP_TIME)
        return l->o->once ? "--once" : "-t";
    return sum->reason == BT_STOP_ASKED ? "interrupted" : "ended";
}

static int finish(struct bt_live *l, bool is_orderly)
{
    struct bt_summary sum;
    bt_session_summary(l->session, &sum);
    if ((!is_orderly && !l->has_failed) || (l->has_failed && l->err.code == BEAMTAP_EINTR)) {
        bt_cli_say(
            "stopped at once; %s sees the connection close and removes everything by itself, within %" PRId64
            " ms at the latest",
            l->node, l->o->lease / 1000);
        return beamtap_code_status(BEAMTAP_EUNCLEAN);
    }
    if (!l->reader_is_gone)
        l->ops->end(l, &sum);
    drain(l);
    struct bt_buf b = BT_BUF_INIT;
    bt_live_put_functions(l, &b);
    if (!l->o->quiet)
        bt_cli_say("stopped: %s %s (%s)%s", bt_buf_cstr(&b), l->ops->what, reason(l, &sum),
            sum.is_clean ? "; node clean" : "");
    bt_buf_done(&b);
    return l->has_failed ? bt_cli_fail(&l->err) : 0;
}

static int run(struct bt_live *l)
{
    int status;
    if (open_session(l) < 0) {
        status = bt_cli_fail_spec(&l->err, &l->specs, l->err.text);
    } else if (l->o->dry_run) {
        struct bt_words_start start = {l->handle, BEAMTAP_NO_LIMIT, l->o->time, true};
        bt_words_dry_run(&start);
        status = 0;
    } else if (beamtap_session_start(l->handle, &l->err) < 0) {
        status = bt_cli_fail(&l->err);
    } else {
        l->ops->armed(l);
        return finish(l, loop(l));
    }
    if (l->sink.fd >= 0)
        bt_sink_discard(&l->sink);
    return status;
}

static int compile(struct bt_live *l)
{
    struct beamtap_spec_opts o;
    int status = bt_cli_spec_opts(l->cli, &l->specs, &o);
    o.to_trace = true;
    o.only_times = l->ops->only_times;
    return status == 0 ? bt_cli_spec_new(&o, &l->specs, &l->spec) : status;
}

int bt_live_run(struct bt_live *l, const struct bt_cli *cli)
{
    int status = beamtap_code_status(BEAMTAP_ENOMEM);
    size_t used;
    l->cli = cli;
    l->o = cli->opts;
    l->sink.fd = -1;
    l->node = bt_reach_node(cli->words, cli->n_words, &used);
    if (!l->node) {
        bt_cli_say("no node given; try beamtap --help");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    if (bt_cli_specs(cli, cli->words + used, cli->n_words - used, &l->arena, &l->specs) == 0)
        status = compile(l);
    if (status == 0)
        status = run(l);
    beamtap_session_close(l->handle);
    beamtap_spec_free(l->spec);
    bt_buf_done(&l->sink.buf); /* of an output that was abandoned */
    bt_arena_done(&l->arena);
    return status;
}

/* ---- words ---- */

void bt_live_redraw(struct bt_live *l)
{
    if (l->is_terminal && l->drawn > 0)
        bt_buf_printf(&l->sink.buf, "\x1b[%zuA\x1b[J", l->drawn);
}

void bt_live_put_functions(const struct bt_live *l, struct bt_buf *out)
{
    const struct bt_plan *plan = bt_session_plan(l->session);
    if (plan->n_mfas == 0) { /* no function was asked for */
        bt_buf_puts(out, "messages");
        return;
    }
    bt_text_count(out, plan->n_mfas);
    bt_buf_puts(out, plan->n_mfas == 1 ? " function" : " functions");
}

void bt_live_say_ignored(const struct bt_live *l, const char *verb)
{
    for (size_t i = 0; i < l->prog->n_patterns; i++) {
        const struct bt_trace_pattern *p = &l->prog->patterns[i];
        bool takes_some = false, has_more = false;
        for (size_t j = 0; j < p->n_clauses; j++) {
            const struct bt_clause *c = &p->clauses[j];
            takes_some = takes_some || !bt_clause_takes_all(c);
            has_more = has_more || (!p->is_not && !c->only_counts && c->body->u.seq.n > 0);
        }
        if (takes_some)
            bt_cli_say("note: '%s': %s, whatever %s arguments: patterns and guards are not looked at",
                l->specs.texts[p->spec], p->is_not ? "calls are counted all the same" : verb, "their");
        else if (has_more)
            bt_cli_say("note: '%s': %s, and no call is shown; what stands behind '->' is not looked at",
                l->specs.texts[p->spec], verb);
    }
}
