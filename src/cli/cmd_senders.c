/*
 * cmd_senders.c - `beamtap count NODE send|receive --by from|to`: who sends the messages. They are sampled under the rate, and counted
 * by process here; how many there were in all the VM does not count.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "cli/live.h"
#include "cli/tally.h"

#define SAMPLE_RATE ((struct bt_opts_rate){1000, 1000000}) /* messages, where --rate is not given */
#define MAX_SENDERS 10000 /* told apart; what others send is in the sum only */

struct senders {
    struct bt_tallies t;
    struct beamtap_term *pids; /* of the rows of t */
    struct bt_arena arena;
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

static int check(struct bt_live *l, const struct beamtap_part *part)
{
    if (part->type == BEAMTAP_EVENT_SEND || part->type == BEAMTAP_EVENT_RECEIVE)
        return 0;
    return bt_err_set(
        &l->err, BEAMTAP_EUSAGE, "--by %s is for messages: count NODE send, or count NODE receive", l->o->by);
}

static void on_armed(struct bt_live *l)
{
    struct senders *c = l->arg;
    c->t.began_us = c->t.sum.at_us = c->t.sum.before_us = bt_clock_mono_us();
    c->pids = bt_arena_array(&c->arena, MAX_SENDERS, sizeof *c->pids);
    c->failed = !c->pids;
    if (!l->o->quiet)
        bt_cli_say("%s (OTP %d): messages sampled at the rate (--rate), copied whole, at most 4 at a time; "
                   "until Ctrl-C%s",
            l->node, beamtap_session_info(l->session)->otp, bt_live_until(l));
}

static bool is_same(const struct beamtap_term *a, const struct beamtap_term *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->etf, b->etf, a->len) == 0);
}

static const char *text_of(struct senders *c, const struct beamtap_term *pid, const char *node)
{
    char text[1024];
    ssize_t n = pid->etf ? beamtap_term_format(pid, node, NULL, text, sizeof text, NULL) : 0;
    return bt_arena_strndup(&c->arena, text, n <= 0 ? 0 : strlen(text));
}

/* The row of a process; NULL: there are too many, or no memory. */
static struct beamtap_tally *row_of(struct senders *c, const struct beamtap_term *pid, const char *node)
{
    for (size_t i = 0; i < c->t.n_rows; i++) {
        if (is_same(&c->pids[i], pid))
            return &c->t.rows[i];
    }
    if (c->failed || c->t.n_rows == MAX_SENDERS)
        return NULL;
    const char *etf = bt_arena_strndup(&c->arena, (const char *)pid->etf, pid->len),
               *text = text_of(c, pid, node);
    struct beamtap_tally *row = etf && text ? bt_tallies_add(&c->t) : NULL;
    c->failed = !row;
    if (!row)
        return NULL;
    c->pids[c->t.n_rows - 1] = (struct beamtap_term){(const unsigned char *)etf, pid->len};
    row->pid = text;
    row->name = "";
    return row;
}

static void on_event(struct bt_live *l, const struct beamtap_event *ev)
{
    struct senders *c = l->arg;
    bool is_send = ev->type == BEAMTAP_EVENT_SEND;
    if (!is_send && ev->type != BEAMTAP_EVENT_RECEIVE)
        return;
    c->t.sum.calls++;
    struct beamtap_tally *row = row_of(c, is_send != c->by_to ? &ev->pid_term : &ev->peer, l->node);
    if (row)
        row->calls++;
}

static struct bt_tally_opts view(struct bt_live *l, bool is_total)
{
    struct senders *c = l->arg;
    c->t.sum.before_us = c->t.sum.at_us;
    c->t.sum.at_us = bt_clock_mono_us();
    return (struct bt_tally_opts){
        .top = (size_t)l->o->top, .is_total = is_total, .wall_us = bt_clock_wall_us(), .node = l->node};
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
        c->t.rows[i].calls_before = c->t.rows[i].calls;
    c->t.sum.calls_before = c->t.sum.calls;
}

static void on_tick(struct bt_live *l)
{
    if (!l->o->once && !bt_sink_is_full(&l->sink))
        put(l, false);
}

static void on_end(struct bt_live *l)
{
    put(l, true);
}

int bt_cmd_senders(const struct bt_cli *cli)
{
    static const struct bt_live_ops ops = {
        "sampled", false, prepare, check, on_armed, on_event, on_tick, on_end};
    struct senders c = {.by_to = strcmp(cli->opts->by, "to") == 0};
    struct bt_live l = {.ops = &ops, .arg = &c};
    int status = bt_live_run(&l, cli);
    bt_tallies_done(&c.t);
    bt_arena_done(&c.arena);
    return status != 0 || !c.failed ? status : beamtap_code_status(BEAMTAP_ENOMEM);
}
