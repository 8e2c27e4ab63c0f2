/*
 * cmd_senders.c - `beamtap count NODE send|receive --by from|to`: who sends the messages. They are sampled under the rate, and counted
 * by process here; how many there were in all the VM does not count.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "cli/live.h"
#include "out/tally.h"

#define SAMPLE_RATE ((struct bt_rate){1000, 1000000}) /* messages, where --rate is not given */
#define MAX_SENDERS 10000                             /* told apart; what others send is in the sum only */

struct senders {
    struct bt_tallies t;
    struct bt_arena arena; /* pids */
    size_t cap;
    bool by_to, failed;
};

static int prepare(struct bt_live *l, struct beamtap_session_opts *s)
{
    if (!bt_opts_has(l->o, "rate")) {
        s->rate = SAMPLE_RATE.n;
        s->rate_interval_us = SAMPLE_RATE.interval_us;
    }
    return 0;
}

static int check(struct bt_live *l)
{
    if (l->prog->n_messages == l->prog->n_patterns)
        return 0;
    return bt_err_set(
        &l->err, BEAMTAP_EUSAGE, "--by %s is for messages: count NODE send, or count NODE receive", l->o->by);
}

static void on_armed(struct bt_live *l)
{
    struct senders *c = l->arg;
    c->t.began_us = c->t.at_us = c->t.before_us = bt_clock_mono_us();
    if (!l->o->quiet)
        bt_cli_say("%s (OTP %d): messages sampled at the rate (--rate), copied whole, at most 4 at a time; "
                   "until Ctrl-C%s",
            l->node, bt_session_info(l->session)->otp,
            l->o->time == BT_CLI_NONE && !l->o->once ? "" : ", or the time is over (-t)");
}

/* The row of a process; NULL: there are too many, or no memory. */
static struct bt_tally_row *row_of(struct senders *c, struct bt_slice pid)
{
    for (size_t i = 0; i < c->t.n_rows; i++) {
        if (bt_slice_equal(c->t.rows[i].pid, pid))
            return &c->t.rows[i];
    }
    if (c->t.n_rows == MAX_SENDERS)
        return NULL;
    if (c->t.n_rows == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 64;
        struct bt_tally_row *more = realloc(c->t.rows, cap * sizeof *more);
        if (!more) {
            c->failed = true;
            return NULL;
        }
        c->t.rows = more;
        c->cap = cap;
    }
    const char *copy = bt_arena_strndup(&c->arena, (const char *)pid.p, pid.len);
    c->failed = c->failed || !copy;
    if (!copy)
        return NULL;
    c->t.rows[c->t.n_rows] = (struct bt_tally_row){.pid = {(const uint8_t *)copy, pid.len}};
    return &c->t.rows[c->t.n_rows++];
}

static void on_event(struct bt_live *l, const struct bt_event *ev)
{
    struct senders *c = l->arg;
    bool is_send = ev->type == BT_EVENT_SEND;
    if (!is_send && ev->type != BT_EVENT_RECEIVE)
        return;
    c->t.sum.calls++;
    struct bt_tally_row *row = row_of(c, is_send != c->by_to ? ev->pid : ev->peer);
    if (row)
        row->now.calls++;
}

static struct bt_tally_opts view(struct bt_live *l, bool is_total)
{
    struct senders *c = l->arg;
    c->t.before_us = c->t.at_us;
    c->t.at_us = bt_clock_mono_us();
    return (struct bt_tally_opts){.top = (size_t)l->o->top,
        .is_total = is_total,
        .wall_us = bt_clock_wall_us(),
        .node = l->node,
        .print = {.home = {(const uint8_t *)l->node, strlen(l->node)}}};
}

static void put(struct bt_live *l, bool is_total)
{
    struct senders *c = l->arg;
    struct bt_tally_opts o = view(l, is_total);
    if (l->o->json) {
        bt_tally_json(&l->sink.buf, &c->t, &o);
    } else if (l->is_terminal || is_total) {
        bt_live_redraw(l);
        l->drawn = bt_tally_table(&l->sink.buf, &c->t, &o);
    } else {
        bt_tally_lines(&l->sink.buf, &c->t, &o);
    }
    for (size_t i = 0; i < c->t.n_rows; i++)
        c->t.rows[i].before = c->t.rows[i].now;
    c->t.sum_before = c->t.sum;
}

static void on_tick(struct bt_live *l)
{
    if (!l->o->once && !bt_sink_is_full(&l->sink))
        put(l, false);
}

static void on_end(struct bt_live *l, const struct bt_summary *sum)
{
    (void)sum;
    put(l, true);
}

int bt_cmd_senders(const struct bt_cli *cli)
{
    static const struct bt_live_ops ops = {
        "sampled", false, prepare, check, on_armed, on_event, on_tick, on_end};
    struct senders c = {.by_to = strcmp(cli->opts->by, "to") == 0};
    struct bt_live l = {.ops = &ops, .arg = &c};
    int status = bt_live_run(&l, cli);
    free(c.t.rows);
    bt_arena_done(&c.arena);
    return status != 0 || !c.failed ? status : beamtap_code_status(BEAMTAP_ENOMEM);
}
