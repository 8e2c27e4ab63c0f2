/*
 * cmd_count.c - `beamtap count NODE SPEC...` and the table of `beamtap time`: what the VM counts, live. No trace message is
 * made.
 */
#include <string.h>

#include "base/clock.h"
#include "cli/live.h"
#include "cli/tally.h"

#define MAX_COUNTED                                                                                          \
    50000 /* functions, where --max-functions is not given: a module costs no more than one function */
#define MEMORY_SINCE 26 /* OTP: call_memory, with call_time */

struct counting {
    struct bt_tallies t;
    bool times, failed;
};

static struct bt_tally_opts view(const struct bt_live *l, bool is_total)
{
    return (struct bt_tally_opts){
        .top = (size_t)l->o->top, .is_total = is_total, .wall_us = bt_clock_wall_us(), .node = l->node};
}

static void on_event(struct bt_live *l, const struct beamtap_event *ev)
{
    struct counting *c = l->arg;
    struct bt_tally_opts o = view(l, false);
    if (ev->type != BEAMTAP_EVENT_COUNTS || l->o->once || l->reader_is_gone || bt_sink_is_full(&l->sink))
        return;
    c->failed = !bt_tallies_read(&c->t, l->session) || c->failed;
    if (l->o->json) {
        bt_tally_json(&l->sink.buf, &c->t, &o);
    } else if (l->is_terminal) {
        bt_live_redraw(l);
        l->drawn = bt_tally_table(&l->sink.buf, &c->t, &o);
    } else {
        bt_tally_lines(&l->sink.buf, &c->t, &o);
    }
}

static void on_end(struct bt_live *l)
{
    struct counting *c = l->arg;
    struct bt_tally_opts o = view(l, true);
    c->failed = !bt_tallies_read(&c->t, l->session) || c->failed;
    if (c->t.sum.at_us == c->t.began_us) /* not read once */
        return;
    if (l->o->json) {
        bt_tally_json(&l->sink.buf, &c->t, &o);
    } else {
        bt_live_redraw(l);
        bt_tally_table(&l->sink.buf, &c->t, &o);
    }
}

static void on_armed(struct bt_live *l)
{
    struct counting *c = l->arg;
    struct bt_buf b = BT_BUF_INIT;
    int otp = beamtap_session_info(l->session)->otp;
    bt_tallies_read(&c->t, l->session); /* nothing yet, but when that was */
    c->t.began_us = c->t.sum.at_us;
    c->t.has_times = c->times;
    c->t.has_memory = c->times && otp >= MEMORY_SINCE;
    if (l->o->quiet)
        return;
    bt_live_put_functions(l, &b);
    bt_cli_say("%s (OTP %d): %s %s by the VM, no messages; until Ctrl-C%s", l->node, otp, bt_buf_cstr(&b),
        c->times ? "timed" : "counted", bt_live_until(l));
    bt_live_say_ignored(l, c->times ? "all calls are timed" : "all calls are counted");
    bt_buf_done(&b);
}

/* The VM counts calls only. */
static int no_events(struct bt_live *l, const struct beamtap_part *part)
{
    if (part->type == BEAMTAP_EVENT_CALL)
        return 0;
    return bt_err_set(&l->err, BEAMTAP_EUSAGE,
        "the VM counts calls, not messages or events; 'count NODE send --by from' counts messages by "
        "sampling them");
}

static int run(const struct bt_cli *cli, const struct bt_live_ops *ops, bool times)
{
    struct counting c = {.times = times};
    struct bt_live l = {.ops = ops, .arg = &c};
    int status = bt_live_run(&l, cli);
    bt_tallies_done(&c.t);
    return status != 0 || !c.failed ? status : beamtap_code_status(BEAMTAP_ENOMEM);
}

static int prepare_count(struct bt_live *l, struct beamtap_session_opts *s)
{
    s->kind = BEAMTAP_KIND_COUNT;
    if (l->o->processes.n > 0)
        return bt_err_set(&l->err, BEAMTAP_EUSAGE,
            "the VM counts the calls of all processes: -p does not go with count; 'time' and 'trace' take "
            "it");
    if (!bt_opts_has(l->o, "max-functions"))
        s->max_functions = MAX_COUNTED;
    return 0;
}

int bt_cmd_count(const struct bt_cli *cli)
{
    static const struct bt_live_ops ops = {
        "counted", false, prepare_count, no_events, on_armed, on_event, NULL, on_end};
    const char *by = cli->opts->by;
    if (strcmp(by, "from") == 0 || strcmp(by, "to") == 0)
        return bt_cmd_senders(cli);
    if (strcmp(by, "function") == 0)
        return run(cli, &ops, false);
    bt_cli_say("--by: count counts by function, messages by from or to; 'time' has --by process");
    return beamtap_code_status(BEAMTAP_EUSAGE);
}

static int prepare_time(struct bt_live *l, struct beamtap_session_opts *s)
{
    s->kind = BEAMTAP_KIND_TIME;
    s->by_process = strcmp(l->o->by, "process") == 0;
    if (!s->by_process && strcmp(l->o->by, "function") != 0)
        return bt_err_set(&l->err, BEAMTAP_EUSAGE, "--by: '%s' is neither function nor process", l->o->by);
    return 0;
}

int bt_cmd_time(const struct bt_cli *cli)
{
    static const struct bt_live_ops ops = {
        "timed", false, prepare_time, no_events, on_armed, on_event, NULL, on_end};
    return cli->opts->histogram ? bt_cmd_histogram(cli) : run(cli, &ops, true);
}
