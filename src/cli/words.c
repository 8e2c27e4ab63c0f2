/*
 * words.c - what a trace says to the person who runs it.
 */
#include "cli/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/human.h"
#include "cli/cmd.h"

#define MAX_WARNED 5  /* functions named in one warning */
#define MAX_LISTED 20 /* functions named in the banner of -v; --dry-run names all */

static void put_mfa(struct bt_buf *b, const struct beamtap_function *f)
{
    char name[4096]; /* an atom has 255 characters at most, of which each may be escaped */
    if (beamtap_mfa_format(f->module, f->function, f->arity, NULL, name, sizeof name, NULL) > 0)
        bt_buf_puts(b, name);
}

static void put_plural(struct bt_buf *b, int64_t n, const char *what)
{
    bt_human_count(b, (uint64_t)(n < 0 ? 0 : n));
    bt_buf_printf(b, " %s", what);
    if (n != 1)
        bt_buf_puts(b, strcmp(what, "process") == 0 ? "es" : "s");
}

static bool has_events(const struct beamtap_info *info)
{
    return info->events[0] != '\0';
}

/* What the VM gives no means to take in part is said before it costs. */
static void put_event_limits(struct bt_buf *b, const struct beamtap_info *info)
{
    if (info->has_messages)
        bt_buf_puts(b, " (messages are copied whole, at most 4 at a time)");
    else
        bt_buf_puts(b, " (flags come off when a tenth of a second's --rate is used up, and go on again)");
}

static void put_limits(struct bt_buf *b, const struct bt_words_start *w)
{
    const struct beamtap_info *info = beamtap_session_info(w->s);
    bt_buf_puts(b, "until ");
    if (w->count >= 0)
        put_plural(b, w->count, has_events(info) ? "event" : "call");
    if (w->count >= 0 && w->time_us >= 0)
        bt_buf_puts(b, " or ");
    if (w->time_us >= 0)
        bt_human_time(b, w->time_us);
}

static void list_functions(const struct bt_words_start *w, size_t most)
{
    struct bt_buf b = BT_BUF_INIT;
    const struct beamtap_function *f;
    size_t n = 0;
    for (; (f = beamtap_session_function(w->s, n)); n++) {
        if (n >= most)
            continue;
        bt_buf_puts(&b, "  ");
        put_mfa(&b, f);
        bt_buf_putc(&b, '\n');
    }
    if (n > most)
        bt_buf_printf(&b, "  and %zu more\n", n - most);
    fputs(bt_buf_cstr(&b), stderr);
    bt_buf_done(&b);
}

void bt_words_banner(const struct bt_words_start *w)
{
    struct bt_buf b = BT_BUF_INIT;
    const struct beamtap_info *info = beamtap_session_info(w->s);
    bt_buf_printf(&b, "%s (OTP %d): ", info->node, info->otp);
    if (!has_events(info) || info->functions)
        put_plural(&b, (int64_t)info->functions, "function");
    bt_buf_printf(&b, "%s%s, ", has_events(info) && info->functions ? ", " : "", info->events);
    put_plural(&b, info->traced_processes, "process");
    bt_buf_puts(&b, "; ");
    put_limits(&b, w);
    bt_buf_puts(&b, "; Ctrl-C stops");
    if (has_events(info))
        put_event_limits(&b, info);
    else if (!info->shows_ends)
        bt_buf_puts(&b, " (calls only; add '-> return' for results)");
    bt_cli_say("%s", bt_buf_cstr(&b));
    bt_buf_done(&b);
    if (w->lists_functions)
        list_functions(w, MAX_LISTED);
}

void bt_words_dry_run(const struct bt_words_start *w)
{
    struct bt_buf b = BT_BUF_INIT;
    const struct beamtap_info *info = beamtap_session_info(w->s);
    bt_buf_printf(&b, "%s (OTP %d): would trace ", info->node, info->otp);
    put_plural(&b, (int64_t)info->functions, "function");
    bt_buf_puts(&b, "; the node has ");
    put_plural(&b, info->processes, "process");
    bt_buf_puts(&b, "; ");
    put_limits(&b, w);
    bt_buf_puts(&b, "; nothing was set");
    bt_cli_say("%s", bt_buf_cstr(&b));
    bt_buf_done(&b);
    list_functions(w, SIZE_MAX);
}

void bt_words_warn(const struct bt_words_start *w)
{
    const struct beamtap_info *info = beamtap_session_info(w->s);
    const struct beamtap_function *f;
    struct bt_buf b = BT_BUF_INIT;
    size_t n = 0;
    if (info->sensitive > 0)
        bt_cli_say("warning: %" PRIu32 " of the chosen processes cannot be traced: they are marked sensitive",
            info->sensitive);
    for (size_t i = 0; (f = beamtap_session_function(w->s, i)); i++) {
        if (!f->is_inlined || n++ >= MAX_WARNED)
            continue;
        bt_buf_puts(&b, n > 1 ? ", " : "");
        put_mfa(&b, f);
    }
    if (n > MAX_WARNED)
        bt_buf_printf(&b, " and %zu more", n - MAX_WARNED);
    if (n > 0)
        bt_cli_say("warning: most calls of %s cannot be seen: the compiler makes an instruction of them",
            bt_buf_cstr(&b));
    bt_buf_done(&b);
}

/* How many functions there are; *only: the one. */
static size_t count_functions(struct beamtap_session *s, const struct beamtap_function **only)
{
    size_t n = 0;
    while (beamtap_session_function(s, n))
        n++;
    *only = n == 1 ? beamtap_session_function(s, 0) : NULL;
    return n;
}

/* "payments:charge/2 was", or how many there are. True: it is one. */
static bool put_functions(struct bt_buf *b, struct beamtap_session *s)
{
    const struct beamtap_function *only;
    size_t n = count_functions(s, &only);
    if (only) {
        put_mfa(b, only);
        bt_buf_puts(b, " was ");
    } else {
        bt_buf_printf(b, "the %zu functions were ", n);
    }
    return only != NULL;
}

static void put_times(struct bt_buf *b, uint64_t n)
{
    if (n == 1) {
        bt_buf_puts(b, "once");
        return;
    }
    bt_human_count(b, n);
    bt_buf_puts(b, " times");
}

/* Of functions whose calls were none to show. */
static void put_not_called(struct bt_buf *b, const struct bt_words_end *w)
{
    const struct beamtap_summary *s = w->sum;
    bt_buf_puts(b, ": ");
    bool is_one = put_functions(b, w->s);
    if (s->has_called && s->called > 0) {
        bt_buf_puts(b, "called ");
        put_times(b, s->called);
        bt_buf_puts(b, " but no arguments or process matched");
    } else if (s->has_called) {
        bt_buf_puts(b, "not called; inlined, or reached under another name?");
    } else {
        bt_buf_printf(b, "not called from outside %s, or no arguments matched (--scope local sees all calls)",
            is_one ? "its module" : "their modules");
    }
}

static void say_nothing_shown(const struct bt_words_end *w)
{
    struct bt_buf b = BT_BUF_INIT;
    const struct beamtap_summary *s = w->sum;
    bt_buf_puts(&b, s->has_events ? "no event shown" : "no call shown");
    if (s->reason == BEAMTAP_REASON_TIME) {
        bt_buf_puts(&b, " in ");
        bt_human_time(&b, w->time_us);
    }
    if (s->has_outcome && s->examined > 0) {
        bt_buf_puts(&b, ": ");
        put_plural(&b, (int64_t)s->examined, "call");
        bt_buf_puts(&b, " examined, none ended as was asked for");
    } else if (s->lines_filtered) {
        bt_buf_puts(&b, ": no line of ");
        bt_human_count(&b, s->lines_filtered);
        bt_buf_puts(&b, " is what --grep and --grep-not leave");
    } else if (s->has_events) {
        bt_buf_puts(&b, ": nothing of the kind happened there, or no pattern or process matched");
    } else {
        put_not_called(&b, w);
    }
    bt_cli_say("%s", bt_buf_cstr(&b));
    bt_buf_done(&b);
}

static void put_reason(struct bt_buf *b, const struct bt_words_end *w, bool only_counted)
{
    const struct beamtap_summary *s = w->sum;
    if (only_counted)
        put_plural(b, (int64_t)s->n_counted, "function");
    else
        put_plural(b, (int64_t)s->calls, s->has_events ? "event" : "call");
    if (only_counted)
        bt_buf_puts(b, " counted");
    if (s->reason == BEAMTAP_REASON_RATE)
        bt_buf_puts(b, " (--on-rate)");
    else if (s->reason == BEAMTAP_REASON_LOAD)
        bt_buf_puts(b, " (--max-load)");
    else if (w->err)
        bt_buf_puts(b, " (ended early)");
    else if (w->reader_is_gone)
        bt_buf_puts(b, " (the reader closed the output)");
    else if (s->reason == BEAMTAP_REASON_COUNT)
        bt_buf_puts(b, " (-c)");
    else if (s->reason == BEAMTAP_REASON_TIME)
        bt_buf_puts(b, " (-t)");
    else if (s->reason == BEAMTAP_REASON_ASKED)
        bt_buf_puts(b, " (interrupted)");
}

/* "; 9,990 examined, 9,980 filtered, 2 without a return" of calls whose outcome was looked at on the node */
static void put_examined(struct bt_buf *b, const struct beamtap_summary *s)
{
    if (!s->has_outcome)
        return;
    bt_buf_puts(b, "; ");
    bt_human_count(b, s->examined);
    bt_buf_puts(b, " examined, ");
    bt_human_count(b, s->filtered);
    bt_buf_puts(b, " filtered");
    if (s->unended == 0)
        return;
    bt_buf_puts(b, ", ");
    bt_human_count(b, s->unended);
    bt_buf_puts(b, " without a return");
}

/* " 1,234 filtered, 0 lost" */
static void put_lost(struct bt_buf *b, const struct beamtap_summary *s, uint64_t lost)
{
    if (s->lines_filtered) {
        bt_human_count(b, s->lines_filtered);
        bt_buf_puts(b, s->has_outcome ? " lines filtered, " : " filtered, ");
    }
    bt_human_count(b, s->lost + lost);
    bt_buf_puts(b, " lost");
}

/* Exact where every call counted was one to show; else what it can be at most. True: a count of what was not shown. */
static bool put_skipped(struct bt_buf *b, const struct beamtap_summary *s)
{
    if (!s->has_called || s->called < s->received) /* SIGUSR1 before the first sample */
        return false;
    if (s->skipped >= 0) {
        bt_buf_puts(b, "; ");
        bt_human_count(b, (uint64_t)s->skipped);
        bt_buf_puts(b, " skipped");
    } else {
        bt_buf_puts(b, " of at most ");
        bt_human_count(b, s->called > s->calls ? s->called : s->calls);
    }
    return s->skipped >= 0;
}

void bt_words_totals(const struct beamtap_summary *s, uint64_t lost)
{
    struct bt_buf b = BT_BUF_INIT;
    put_plural(&b, (int64_t)s->calls, "call");
    bt_buf_puts(&b, " shown, ");
    bt_human_count(&b, s->returns);
    bt_buf_puts(&b, " returned, ");
    bt_human_count(&b, s->exceptions);
    bt_buf_puts(&b, " raised, ");
    bt_human_count(&b, s->open);
    bt_buf_puts(&b, " open");
    put_examined(&b, s);
    put_skipped(&b, s);
    bt_buf_puts(&b, "; ");
    put_lost(&b, s, lost);
    bt_cli_say("so far: %s", bt_buf_cstr(&b));
    bt_buf_done(&b);
}

void bt_words_closing(const struct bt_words_end *w)
{
    struct bt_buf b = BT_BUF_INIT;
    const struct beamtap_summary *s = w->sum;
    const struct beamtap_function *only;
    bool only_counted = s->n_counted > 0 && s->n_counted == count_functions(w->s, &only);
    if (s->calls == 0 && !w->err && !only_counted)
        say_nothing_shown(w);
    bt_buf_puts(&b, "stopped: ");
    put_reason(&b, w, only_counted);
    if (!only_counted) {
        put_examined(&b, s);
        bt_buf_puts(&b, put_skipped(&b, s) ? ", " : "; ");
        put_lost(&b, s, w->lost);
    }
    if (s->open > 0) {
        bt_buf_puts(&b, ", ");
        bt_human_count(&b, s->open);
        bt_buf_puts(&b, " still open (no return within --grace)");
    }
    if (s->is_clean)
        bt_buf_puts(&b, "; node clean");
    bt_cli_say("%s", bt_buf_cstr(&b));
    bt_buf_done(&b);
}
