/*
 * cmd_replay.c - `beamtap replay FILE...`: captures, and files of OTP's trace port, through the outputs of a live trace.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cmd.h"
#include "cli/pump.h"
#include "event/outcome.h"
#include "lib/peek.h"
#include "lib/records.h"
#include "out/text.h"
#include "replay/merge.h"
#include "spec/loc.h"

struct replay {
    const struct bt_cli *cli;
    struct beamtap_session *handle;
    struct bt_merge *merge; /* in it */
    struct bt_pump pump;
    struct bt_arena arena;   /* records of files */
    struct bt_out_head head; /* as the outputs get it */
    bool is_stopped;         /* by Ctrl-C, or since the output is closed */
    bool is_complete;        /* -c: as many as were wanted have been shown */
    int64_t last_ns;         /* of the last event */
    struct beamtap_err err;
};

/* ---- the files as a source of events ---- */

/* With as many calls shown as were wanted, only their returns are. */
static bool is_wanted(const struct replay *r, const struct bt_event *ev)
{
    return !r->is_complete || ev->type < BT_EVENT_RETURN_TO;
}

static bool is_over(const struct replay *r)
{
    return r->is_stopped || (r->is_complete && bt_pairs_owed(r->pump.pairs) == 0);
}

static enum bt_next next_event(void *self, struct bt_event *ev, struct beamtap_err *err)
{
    struct replay *r = self;
    while (!is_over(r)) {
        enum bt_next next = bt_peek_next(r->handle, ev, err);
        if (next == BT_NEXT_EVENT)
            r->last_ns = ev->wall_ns;
        if (next != BT_NEXT_EVENT || is_wanted(r, ev))
            return next;
    }
    return BT_NEXT_END;
}

static void stop(void *self, bool is_complete)
{
    struct replay *r = self;
    if (is_complete)
        r->is_complete = true;
    else
        r->is_stopped = true;
}

/* ---- what is said ---- */

/* Control bytes of a hostile file's name do not reach the terminal. */
static void put_safe(struct bt_buf *b, const char *text)
{
    bt_loc_escape(b, text, strlen(text));
}

static void say(void *arg, const char *text)
{
    (void)arg;
    bt_cli_say("%s", text);
}

static uint64_t n_damaged(const struct replay *r)
{
    struct beamtap_summary sum = {.size = sizeof sum};
    beamtap_session_summary(r->handle, &sum, NULL);
    return sum.damaged;
}

static void put_date(struct bt_buf *b, int64_t wall_ns)
{
    char text[32] = "";
    struct tm tm = {0};
    time_t s = (time_t)(wall_ns / 1000000000);
    if (gmtime_r(&s, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
        bt_buf_printf(b, ", traced %s", text);
}

/* ", which ended by -c: 100 calls shown, 0 lost; node clean" */
static void put_end(struct bt_buf *b, const struct bt_out_end *end)
{
    if (!end) {
        bt_buf_puts(b, ", which says nothing of its end");
        return;
    }
    bt_buf_puts(b, ", which ended by ");
    put_safe(b, end->reason);
    bt_buf_puts(b, ": ");
    bt_text_count(b, end->shown);
    bt_buf_puts(b, " shown, ");
    if (end->skipped >= 0) {
        bt_text_count(b, (uint64_t)end->skipped);
        bt_buf_puts(b, " skipped, ");
    }
    bt_text_count(b, end->lost + end->lost_on_node);
    bt_buf_puts(b, end->is_clean ? " lost; node clean" : " lost");
}

static struct bt_outcomes_sum outcomes(const struct replay *r)
{
    const struct bt_outcomes *o = bt_peek_outcomes(r->handle);
    return o ? bt_outcomes_sum(o) : (struct bt_outcomes_sum){0};
}

/* " (9,990 calls examined, 9,980 filtered, 2 without a return)" */
static void put_outcomes(struct bt_buf *b, const struct replay *r)
{
    struct bt_outcomes_sum sum = outcomes(r);
    uint64_t open = sum.examined - sum.shown - sum.filtered;
    if (sum.examined == 0)
        return;
    bt_buf_puts(b, " (");
    bt_text_count(b, sum.examined);
    bt_buf_puts(b, " calls examined, ");
    bt_text_count(b, sum.filtered);
    bt_buf_puts(b, " filtered");
    if (open > 0) {
        bt_buf_puts(b, ", ");
        bt_text_count(b, open);
        bt_buf_puts(b, " without a return");
    }
    bt_buf_putc(b, ')');
}

/* "replayed: 200 events of app@host (OTP 25), traced 2026-01-31 13:15:27 UTC, which ended by ..." */
static void say_closing(const struct replay *r)
{
    struct bt_buf b = BT_BUF_INIT;
    size_t n = bt_merge_count(r->merge);
    const struct bt_stream *first = bt_merge_stream(r->merge, 0);
    const struct bt_out_head *head = bt_merge_head(r->merge);
    const struct bt_pump_counts *c = &r->pump.n;
    bt_text_count(&b, c->printed);
    bt_buf_puts(&b, c->printed == 1 ? " event" : " events");
    put_outcomes(&b, r);
    if (c->filtered > 0) {
        bt_buf_puts(&b, " (");
        bt_text_count(&b, c->filtered);
        bt_buf_puts(&b, " filtered out)");
    }
    if (n > 1) {
        bt_buf_printf(&b, " of %zu traces", n);
    } else if (bt_stream_is_capture(first)) {
        bt_buf_puts(&b, " of ");
        put_safe(&b, head->node);
        bt_buf_printf(&b, " (OTP %d)", head->otp);
        put_date(&b, head->start_wall_ns);
        if (bt_stream_end(first) || !(r->is_stopped || r->is_complete))
            put_end(&b, bt_stream_end(first));
    }
    if (bt_tee_reader_is_gone(&r->pump.tee))
        bt_buf_puts(&b, "; the reader closed the output");
    else if (r->is_stopped || r->is_complete)
        bt_buf_puts(&b, r->is_stopped ? "; interrupted" : "; stopped (-c)");
    if (n_damaged(r))
        bt_buf_printf(&b, "; %" PRIu64 " damaged places", n_damaged(r));
    bt_cli_say("replayed: %s", bt_buf_cstr(&b));
    bt_buf_done(&b);
}

/* ---- the command ---- */

/* How the trace ended, for the outputs: of several, only that the files did. */
static void end_outputs(struct replay *r)
{
    const struct bt_pump_counts *n = &r->pump.n;
    const struct bt_out_end *of_file = bt_stream_end(bt_merge_stream(r->merge, 0));
    struct bt_out_end end = {.reason = "end", .skipped = -1};
    bool is_one = bt_merge_count(r->merge) == 1 && of_file;
    if (is_one)
        end = *of_file;
    else
        end.wall_ns = r->last_ns;
    if (!is_one || r->pump.counts_here) {
        end.shown = n->shown;
        end.returns = n->returns;
        end.exceptions = n->exceptions;
    }
    end.printed = n->printed;
    end.filtered +=
        n->filtered + outcomes(r).filtered; /* besides what was filtered and lost when it was traced */
    end.examined = outcomes(r).examined;
    end.lost += n->lost;
    end.received = end.printed + end.filtered + end.lost;
    bt_pump_end(&r->pump, &end);
}

/* Without -c all is shown. */
static void set_count(struct replay *r)
{
    bool is_given = bt_opts_has(r->cli->opts, "count");
    r->pump.counts_here = r->pump.counts_here || is_given || bt_peek_outcomes(r->handle);
    r->pump.count = is_given ? r->cli->opts->count : BT_CLI_NONE;
}

/* Local time is that of the place where it was traced, unless TZ says which is wanted. */
static void set_zone(const struct bt_out_head *head)
{
    char zone[32];
    int minutes = head->utc_offset_s / 60, n = minutes < 0 ? -minutes : minutes;
    char sign = minutes < 0 ? '-' : '+', other = minutes < 0 ? '+' : '-'; /* POSIX counts westwards */
    snprintf(zone, sizeof zone, "<%c%02d%02d>%c%02d:%02d", sign, n / 60 % 100, n % 60, other, n / 60 % 100,
        n % 60);
    if (!getenv("TZ"))
        setenv("TZ", zone, 1);
    tzset();
}

/* Definitions of files take the place of those of the capture; a module cannot be asked, but what it said is in the capture. */
static int set_records(struct replay *r)
{
    const struct bt_words *given = &r->cli->opts->records;
    struct bt_lib_names names = {given->items, given->n};
    struct bt_lib_records records;
    size_t bad;
    r->head = *bt_merge_head(r->merge);
    if (bt_lib_records_read(&names, NULL, 0, &r->arena, &records, &bad, &r->err) < 0)
        return -1;
    if (records.table.n > 0 && !(r->head.records = bt_records_names(&records.table, &r->arena)))
        return bt_err_nomem(&r->err);
    return 0;
}

static int run(struct replay *r)
{
    struct bt_pump *p = &r->pump;
    if (bt_stream_is_capture(bt_merge_stream(r->merge, 0)))
        set_zone(bt_merge_head(r->merge));
    set_count(r);
    p->has_orphans = true;
    p->has_profile = !r->cli->opts->quiet;
    p->source = (struct bt_source){.self = r, .next = next_event, .stop = stop, .fd = -1};
    bool is_orderly = bt_pump_run(p, &r->head);
    if (!is_orderly && !p->has_failed)
        return beamtap_code_status(BEAMTAP_EINTR);
    end_outputs(r);
    if (!r->cli->opts->quiet) {
        bt_pump_say_profile(p);
        if (outcomes(r).n_gave_up)
            bt_cli_say("%" PRIu64
                       " calls were shown although it could not be told whether their values match --returns",
                outcomes(r).n_gave_up);
        say_closing(r);
    }
    if (p->has_failed)
        return bt_cli_fail(&p->err);
    if (n_damaged(r))
        return beamtap_code_status(BEAMTAP_EUSAGE);
    return r->cli->opts->fail_empty && p->n.printed == 0 ? 1 : 0;
}

static int open_outputs(struct replay *r)
{
    r->pump.outputs.node = bt_merge_head(r->merge)->node;
    return set_records(r) < 0 ? -1 : bt_pump_open(&r->pump, r->cli, &r->err);
}

int bt_cmd_replay(const struct bt_cli *cli)
{
    struct replay r = {.cli = cli};
    struct beamtap_replay_opts o;
    if (cli->n_words == 0) {
        bt_cli_say("no file given; say beamtap replay FILE..., - for stdin");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    int status;
    beamtap_replay_opts_init(&o, sizeof o);
    o.paths = cli->words;
    o.n_paths = cli->n_words;
    o.say = say;
    o.exceptions = cli->opts->only_raised;
    o.slower_us = cli->opts->slower;
    o.returns = cli->opts->returns;
    r.handle = beamtap_replay_open(&o, &r.err);
    r.merge = r.handle ? bt_peek_merge(r.handle) : NULL;
    if (!r.handle) {
        status = bt_cli_fail_spec(&r.err, &(struct bt_cli_specs){.returns = cli->opts->returns}, 0);
    } else if (open_outputs(&r) < 0) {
        status = bt_cli_fail(&r.err);
        bt_pump_discard(&r.pump);
    } else {
        status = run(&r);
    }
    bt_pump_done(&r.pump);
    bt_arena_done(&r.arena);
    beamtap_session_close(r.handle);
    return status;
}
