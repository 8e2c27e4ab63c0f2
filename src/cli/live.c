/*
 * live.c - what count and time share: specs to a session, its loop, signals, the end.
 */
#include "cli/live.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/human.h"
#include "base/wipe.h"

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

static int check_parts(struct bt_live *l)
{
    const struct beamtap_part *part;
    for (size_t i = 0; (part = beamtap_spec_part(l->spec, i)); i++) {
        if (l->ops->check(l, part) < 0)
            return -1;
    }
    return 0;
}

/* The node is connected. Parts that had to wait for it are there now. */
static int set_session(struct bt_live *l)
{
    const struct beamtap_part *part;
    bool is_new = !beamtap_spec_part(l->spec, 0);
    l->node = beamtap_session_info(l->session)->node;
    while (beamtap_session_function(l->session, l->n_functions))
        l->n_functions++;
    for (size_t i = 0; is_new && (part = beamtap_session_part(l->session, i)); i++) {
        if (l->ops->check(l, part) < 0)
            return -1;
    }
    return 0;
}

static int open_session(struct bt_live *l)
{
    struct bt_cli_way way = {.log_areas = ""};
    struct beamtap_session_opts s;
    beamtap_session_opts_init(&s, sizeof s);
    set_limits(l, &s);
    int rc = check_opts(l);
    if (rc == 0)
        rc = l->ops->prepare(l, &s);
    if (rc == 0)
        rc = check_parts(l);
    if (rc == 0)
        rc = bt_reach_session(&s, &way, l->cli, l->node, &l->err);
    if (rc == 0 && !l->o->dry_run)
        rc = open_sink(l);
    if (rc == 0)
        rc = (l->session = beamtap_session_open(&s, &l->err)) ? 0 : -1;
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
    beamtap_session_stop(l->session);
}

static void pass_on_signals(struct bt_live *l)
{
    if (*l->cli->stops > 0 && !l->is_asked) {
        l->is_asked = true;
        beamtap_session_stop(l->session);
    }
}

/* What was learnt, and modules that were loaded anew: "-- lists:seq/2: .." without the dashes. */
static void say_note(const struct beamtap_event *ev)
{
    char text[1024];
    struct beamtap_style style;
    beamtap_style_init(&style, sizeof style);
    style.time = BEAMTAP_TIME_NONE;
    if (beamtap_event_format(ev, &style, text, sizeof text, NULL) < 0)
        return;
    text[strcspn(text, "\n")] = '\0';
    bt_cli_say("%s", text + (strncmp(text, "-- ", 3) == 0 ? 3 : 0));
}

/* Takes what the session has. True: go on; false: it ended, well or not. */
static bool take_events(struct bt_live *l)
{
    const struct beamtap_event *ev;
    for (;;) {
        switch (beamtap_session_next(l->session, &ev, 0, &l->err)) {
        case BEAMTAP_NEXT_EVENT: break;
        case BEAMTAP_NEXT_NOTHING: return true;
        case BEAMTAP_NEXT_END: return false;
        case BEAMTAP_NEXT_ERROR: l->has_failed = true; return false;
        }
        if (ev->type == BEAMTAP_EVENT_RELOADED || ev->type == BEAMTAP_EVENT_NOTE)
            say_note(ev);
        else
            l->ops->event(l, ev);
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
        {.fd = beamtap_session_fd(l->session), .events = POLLIN},
        {.fd = l->sink.is_file || l->reader_is_gone ? -1 : l->sink.fd, .events = is_writing ? POLLOUT : 0},
    };
    int left = beamtap_session_wait_ms(l->session);
    poll(p, 2, left < 0 || left > POLL_MS ? POLL_MS : left);
    if (p[1].revents & (POLLERR | POLLHUP)) {
        l->reader_is_gone = true;
        beamtap_session_stop(l->session);
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

static const char *reason(const struct bt_live *l, const struct beamtap_summary *sum)
{
    if (l->has_failed)
        return "ended early";
    if (l->reader_is_gone)
        return "the reader closed the output";
    if (sum->reason == BEAMTAP_REASON_TIME)
        return l->o->once ? "--once" : "-t";
    return sum->reason == BEAMTAP_REASON_ASKED ? "interrupted" : "ended";
}

static int finish(struct bt_live *l, bool is_orderly)
{
    struct beamtap_summary sum = {.size = sizeof sum};
    beamtap_session_summary(l->session, &sum, NULL);
    if ((!is_orderly && !l->has_failed) || (l->has_failed && l->err.code == BEAMTAP_EINTR)) {
        bt_cli_say(
            "stopped at once; %s sees the connection close and removes everything by itself, within %" PRId64
            " ms at the latest",
            l->node, l->o->lease / 1000);
        return beamtap_code_status(BEAMTAP_EUNCLEAN);
    }
    if (!l->reader_is_gone)
        l->ops->end(l);
    drain(l);
    struct bt_buf b = BT_BUF_INIT;
    bt_live_put_functions(l, &b);
    if (!l->o->quiet)
        bt_cli_say("stopped: %s %s (%s)%s", bt_buf_cstr(&b), l->ops->what, reason(l, &sum),
            sum.is_clean ? "; node clean" : "");
    bt_buf_done(&b);
    return l->has_failed ? bt_cli_fail(&l->err) : 0;
}

static void list_functions(const struct bt_live *l)
{
    const struct beamtap_function *f;
    struct bt_buf b = BT_BUF_INIT;
    for (size_t i = 0; (f = beamtap_session_function(l->session, i)); i++) {
        bt_buf_puts(&b, "  ");
        bt_cli_put_mfa(&b, f->module, f->function, f->arity);
        bt_buf_putc(&b, '\n');
    }
    fputs(bt_buf_cstr(&b), stderr);
    bt_buf_done(&b);
}

static void say_dry_run(const struct bt_live *l)
{
    const struct beamtap_info *info = beamtap_session_info(l->session);
    struct bt_buf b = BT_BUF_INIT;
    bt_buf_printf(&b, "%s (OTP %d): would trace ", l->node, info->otp);
    bt_human_count(&b, l->n_functions);
    bt_buf_printf(&b, " function%s; the node has ", l->n_functions == 1 ? "" : "s");
    bt_human_count(&b, (uint64_t)info->processes);
    bt_buf_printf(&b, " process%s; until ", info->processes == 1 ? "" : "es");
    if (l->o->time == BT_CLI_NONE)
        bt_buf_puts(&b, "Ctrl-C");
    else
        bt_human_time(&b, l->o->time);
    bt_cli_say("%s; nothing was set", bt_buf_cstr(&b));
    bt_buf_done(&b);
    list_functions(l);
}

static int run(struct bt_live *l)
{
    int status = 0;
    if (open_session(l) < 0) {
        status = bt_cli_fail_spec(&l->err, &l->specs, l->err.text);
    } else if (l->o->dry_run) {
        say_dry_run(l);
    } else if (beamtap_session_start(l->session, &l->err) < 0) {
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
    beamtap_session_close(l->session);
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
    if (l->n_functions == 0) { /* no function was asked for */
        bt_buf_puts(out, "messages");
        return;
    }
    bt_human_count(out, l->n_functions);
    bt_buf_puts(out, l->n_functions == 1 ? " function" : " functions");
}

const char *bt_live_until(const struct bt_live *l)
{
    return l->o->time == BT_CLI_NONE && !l->o->once ? "" : ", or the time is over (-t)";
}

void bt_live_say_ignored(const struct bt_live *l, const char *verb)
{
    const struct beamtap_part *p;
    for (size_t i = 0; (p = beamtap_session_part(l->session, i)); i++) {
        if (!p->takes_all)
            bt_cli_say("note: '%s': %s, whatever their arguments: patterns and guards are not looked at",
                l->specs.texts[p->text], p->is_not ? "calls are counted all the same" : verb);
        else if (p->has_actions)
            bt_cli_say("note: '%s': %s, and no call is shown; what stands behind '->' is not looked at",
                l->specs.texts[p->text], verb);
    }
}
