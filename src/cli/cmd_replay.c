/*
 * cmd_replay.c - `beamtap replay FILE...`: captures, and files of OTP's trace port, through the outputs of a live trace.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/human.h"
#include "cli/cmd.h"
#include "cli/pump.h"
#include "spec/loc.h"

struct replay {
    const struct bt_cli *cli;
    struct beamtap_session *session;
    const struct beamtap_info *info; /* of it */
    struct bt_pump pump;
    struct beamtap_err err;
};

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

static void put_date(struct bt_buf *b, int64_t wall_ns)
{
    char text[32] = "";
    struct tm tm = {0};
    time_t s = (time_t)(wall_ns / 1000000000);
    if (gmtime_r(&s, &tm) && strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &tm) > 0)
        bt_buf_printf(b, ", traced %s", text);
}

/* ", which ended by -c: 100 calls shown, 0 lost; node clean" */
static void put_end(struct bt_buf *b, const struct beamtap_summary *sum)
{
    if (!sum->file_reason) {
        bt_buf_puts(b, ", which says nothing of its end");
        return;
    }
    bt_buf_puts(b, ", which ended by ");
    put_safe(b, sum->file_reason);
    bt_buf_puts(b, ": ");
    bt_human_count(b, sum->file_calls);
    bt_buf_puts(b, " shown, ");
    if (sum->skipped >= 0) {
        bt_human_count(b, (uint64_t)sum->skipped);
        bt_buf_puts(b, " skipped, ");
    }
    bt_human_count(b, sum->file_lost);
    bt_buf_puts(b, sum->is_clean ? " lost; node clean" : " lost");
}

/* " (9,990 calls examined, 9,980 filtered, 2 without a return)" */
static void put_outcomes(struct bt_buf *b, const struct beamtap_summary *sum)
{
    if (sum->examined == 0)
        return;
    bt_buf_puts(b, " (");
    bt_human_count(b, sum->examined);
    bt_buf_puts(b, " calls examined, ");
    bt_human_count(b, sum->filtered);
    bt_buf_puts(b, " filtered");
    if (sum->unended > 0) {
        bt_buf_puts(b, ", ");
        bt_human_count(b, sum->unended);
        bt_buf_puts(b, " without a return");
    }
    bt_buf_putc(b, ')');
}

/* Of what, and how that ended. */
static void put_source(struct bt_buf *b, const struct replay *r, const struct beamtap_summary *sum)
{
    if (r->info->traces > 1) {
        bt_buf_printf(b, " of %zu traces", r->info->traces);
    } else if (r->info->is_capture) {
        bt_buf_puts(b, " of ");
        put_safe(b, r->info->node);
        bt_buf_printf(b, " (OTP %d)", r->info->otp);
        put_date(b, r->info->start_wall_ns);
        if (sum->file_reason || !(r->pump.is_stopped || sum->is_complete))
            put_end(b, sum);
    }
}

/* "replayed: 200 events of app@host (OTP 25), traced 2026-01-31 13:15:27 UTC, which ended by ..." */
static void say_closing(const struct replay *r, const struct beamtap_summary *sum)
{
    struct bt_buf b = BT_BUF_INIT;
    const struct bt_pump *p = &r->pump;
    bt_human_count(&b, p->printed);
    bt_buf_puts(&b, p->printed == 1 ? " event" : " events");
    put_outcomes(&b, sum);
    if (sum->lines_filtered > 0) {
        bt_buf_puts(&b, " (");
        bt_human_count(&b, sum->lines_filtered);
        bt_buf_puts(&b, " filtered out)");
    }
    put_source(&b, r, sum);
    if (bt_outputs_reader_is_gone(&p->outputs))
        bt_buf_puts(&b, "; the reader closed the output");
    else if (p->is_stopped || sum->is_complete)
        bt_buf_puts(&b, p->is_stopped ? "; interrupted" : "; stopped (-c)");
    if (sum->damaged)
        bt_buf_printf(&b, "; %" PRIu64 " damaged places", sum->damaged);
    bt_cli_say("replayed: %s", bt_buf_cstr(&b));
    bt_buf_done(&b);
}

/* ---- the command ---- */

/* Local time is that of the place where it was traced, unless TZ says which is wanted. */
static void set_zone(const struct beamtap_info *info)
{
    char zone[32];
    int minutes = info->utc_offset_s / 60, n = minutes < 0 ? -minutes : minutes;
    char sign = minutes < 0 ? '-' : '+', other = minutes < 0 ? '+' : '-'; /* POSIX counts westwards */
    snprintf(zone, sizeof zone, "<%c%02d%02d>%c%02d:%02d", sign, n / 60 % 100, n % 60, other, n / 60 % 100,
        n % 60);
    if (!getenv("TZ"))
        setenv("TZ", zone, 1);
    tzset();
}

static int run(struct replay *r)
{
    struct bt_pump *p = &r->pump;
    const struct bt_opts *o = r->cli->opts;
    struct beamtap_summary sum = {.size = sizeof sum};
    if (r->info->is_capture)
        set_zone(r->info);
    if (beamtap_session_start(r->session, &r->err) < 0)
        return bt_cli_fail(&r->err);
    p->has_profile = !o->quiet;
    bool is_orderly = bt_pump_run(p);
    if (!is_orderly && !p->has_failed)
        return beamtap_code_status(BEAMTAP_EINTR);
    bt_pump_end(p);
    beamtap_session_summary(r->session, &sum, NULL);
    if (!o->quiet) {
        bt_pump_say_profile(p);
        if (sum.returns_gave_up)
            bt_cli_say("%" PRIu64
                       " calls were shown although it could not be told whether their values match --returns",
                sum.returns_gave_up);
        say_closing(r, &sum);
    }
    if (p->has_failed)
        return bt_cli_fail(&p->err);
    if (sum.damaged)
        return beamtap_code_status(BEAMTAP_EUSAGE);
    return o->fail_empty && p->printed == 0 ? 1 : 0;
}

/* Without -c all is shown. */
static void set_opts(const struct replay *r, struct beamtap_replay_opts *to)
{
    const struct bt_opts *o = r->cli->opts;
    beamtap_replay_opts_init(to, sizeof *to);
    to->paths = r->cli->words;
    to->n_paths = r->cli->n_words;
    to->say = say;
    to->exceptions = o->only_raised;
    to->slower_us = o->slower;
    to->returns = o->returns;
    to->grep = o->grep.items;
    to->n_grep = o->grep.n;
    to->grep_not = o->grep_not.items;
    to->n_grep_not = o->grep_not.n;
    to->redact = o->redact.items;
    to->n_redact = o->redact.n;
    to->style = &r->pump.outputs.lines;
    to->records = o->records.items;
    to->n_records = o->records.n;
    if (bt_opts_has(o, "count"))
        to->count = o->count;
}

int bt_cmd_replay(const struct bt_cli *cli)
{
    struct replay r = {.cli = cli};
    struct beamtap_replay_opts o;
    int status;
    if (cli->n_words == 0) {
        bt_cli_say("no file given; say beamtap replay FILE..., - for stdin");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    if (bt_pump_read(&r.pump, cli, &r.err) < 0)
        return bt_cli_fail(&r.err);
    set_opts(&r, &o);
    r.session = beamtap_replay_open(&o, &r.err);
    r.info = beamtap_session_info(r.session);
    if (!r.session)
        status = bt_cli_fail_spec(&r.err, &(struct bt_cli_specs){.returns = cli->opts->returns}, 0);
    else
        status = bt_pump_open(&r.pump, r.session, &r.err) == 0 ? run(&r) : bt_cli_fail(&r.err);
    bt_pump_done(&r.pump);
    beamtap_session_close(r.session);
    return status;
}
