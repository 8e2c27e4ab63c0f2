/*
 * words.c - what a trace says to the person who runs it.
 */
#include "cli/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cmd.h"
#include "match/inlined.h"
#include "out/text.h"
#include "term/print.h"

#define MAX_WARNED 5  /* functions named in one warning */
#define MAX_LISTED 20 /* functions named in the banner of -v; --dry-run names all */

static void put_mfa(struct bt_buf *b, const struct bt_mfa *m)
{
    bt_print_atom(b, (struct bt_slice){(const uint8_t *)m->module, strlen(m->module)});
    bt_buf_putc(b, ':');
    bt_print_atom(b, (struct bt_slice){(const uint8_t *)m->function, strlen(m->function)});
    bt_buf_printf(b, "/%u", m->arity);
}

static void put_plural(struct bt_buf *b, int64_t n, const char *what)
{
    bt_text_count(b, (uint64_t)(n < 0 ? 0 : n));
    bt_buf_printf(b, " %s", what);
    if (n != 1)
        bt_buf_puts(b, strcmp(what, "process") == 0 ? "es" : "s");
}

static void put_time(struct bt_buf *b, int64_t us)
{
    if (us % 60000000 == 0 && us >= 60000000)
        bt_buf_printf(b, "%" PRId64 "m", us / 60000000);
    else if (us % 1000000 == 0)
        bt_buf_printf(b, "%" PRId64 "s", us / 1000000);
    else
        bt_buf_printf(b, "%" PRId64 "ms", us / 1000);
}

static bool has_events(const struct bt_words_start *w)
{
    return w->prog && w->prog->n_messages + w->prog->n_events > 0;
}

/* "send, receive": what is no function. */
static void put_events(struct bt_buf *b, const struct bt_words_start *w, bool has_functions)
{
    for (enum bt_spec_event e = BT_SPEC_SEND; has_events(w) && e <= BT_SPEC_RUNNING; e++) {
        for (size_t i = 0; i < w->prog->n_patterns; i++) {
            if (w->prog->patterns[i].event != e)
                continue;
            bt_buf_printf(b, "%s%s", has_functions ? ", " : "", bt_spec_event_info(e)->name);
            has_functions = true;
            break;
        }
    }
}

/* What the VM gives no means to take in part is said before it costs. */
static void put_event_limits(struct bt_buf *b, const struct bt_words_start *w)
{
    if (w->prog->n_messages)
        bt_buf_puts(b, " (messages are copied whole, at most 4 at a time)");
    else
        bt_buf_puts(b, " (flags come off when a tenth of a second's --rate is used up, and go on again)");
}

static void put_limits(struct bt_buf *b, const struct bt_words_start *w)
{
    bt_buf_puts(b, "until ");
    if (w->count >= 0)
        put_plural(b, w->count, has_events(w) ? "event" : "call");
    if (w->count >= 0 && w->time_us >= 0)
        bt_buf_puts(b, " or ");
    if (w->time_us >= 0)
        put_time(b, w->time_us);
}

static void list_functions(const struct bt_words_start *w, size_t most)
{
    struct bt_buf b = BT_BUF_INIT;
    for (size_t i = 0; i < w->plan->n_mfas; i++) {
        if (i == most) {
            bt_buf_printf(&b, "  and %zu more\n", w->plan->n_mfas - i);
            break;
        }
        bt_buf_puts(&b, "  ");
        put_mfa(&b, &w->plan->mfas[i]);
        bt_buf_putc(&b, '\n');
    }
    fputs(bt_buf_cstr(&b), stderr);
    bt_buf_done(&b);
}

void bt_words_banner(const struct bt_words_start *w)
{
    struct bt_buf b = BT_BUF_INIT;
    bt_buf_printf(&b, "%s (OTP %d): ", w->node, w->info->otp);
    if (!has_events(w) || w->plan->n_mfas)
        put_plural(&b, has_events(w) ? (int64_t)w->plan->n_mfas : w->armed->functions, "function");
    put_events(&b, w, w->plan->n_mfas > 0);
    bt_buf_puts(&b, ", ");
    put_plural(&b, w->armed->processes, "process");
    bt_buf_puts(&b, "; ");
    put_limits(&b, w);
    bt_buf_puts(&b, "; Ctrl-C stops");
    if (has_events(w))
        put_event_limits(&b, w);
    else if (!w->wants_return)
        bt_buf_puts(&b, " (calls only; add '-> return' for results)");
    bt_cli_say("%s", bt_buf_cstr(&b));
    bt_buf_done(&b);
    if (w->lists_functions)
        list_functions(w, MAX_LISTED);
}

void bt_words_dry_run(const struct bt_words_start *w)
{
    struct bt_buf b = BT_BUF_INIT;
    bt_buf_printf(&b, "%s (OTP %d): would trace ", w->node, w->info->otp);
    put_plural(&b, (int64_t)w->plan->n_mfas, "function");
    bt_buf_puts(&b, "; the node has ");
    put_plural(&b, w->info->processes, "process");
    bt_buf_puts(&b, "; ");
    put_limits(&b, w);
    bt_buf_puts(&b, "; nothing was set");
    bt_cli_say("%s", bt_buf_cstr(&b));
    bt_buf_done(&b);
    list_functions(w, SIZE_MAX);
}

void bt_words_warn(const struct bt_words_start *w)
{
    if (w->armed->n_sensitive > 0)
        bt_cli_say("warning: %u of the chosen processes cannot be traced: they are marked sensitive",
            w->armed->n_sensitive);
    struct bt_buf b = BT_BUF_INIT;
    size_t n = 0;
    for (size_t i = 0; i < w->plan->n_mfas; i++) {
        const struct bt_mfa *m = &w->plan->mfas[i];
        if (!bt_is_inlined(m->module, m->function, m->arity) || n++ >= MAX_WARNED)
            continue;
        bt_buf_puts(&b, n > 1 ? ", " : "");
        put_mfa(&b, m);
    }
    if (n > MAX_WARNED)
        bt_buf_printf(&b, " and %zu more", n - MAX_WARNED);
    if (n > 0)
        bt_cli_say("warning: most calls of %s cannot be seen: the compiler makes an instruction of them",
            bt_buf_cstr(&b));
    bt_buf_done(&b);
}

/* "payments:charge/2 was", or how many there are. */
static void put_functions(struct bt_buf *b, const struct bt_plan *plan)
{
    if (plan->n_mfas == 1) {
        put_mfa(b, &plan->mfas[0]);
        bt_buf_puts(b, " was ");
    } else {
        bt_buf_printf(b, "the %zu functions were ", plan->n_mfas);
    }
}

static void put_times(struct bt_buf *b, uint64_t n)
{
    if (n == 1) {
        bt_buf_puts(b, "once");
        return;
    }
    bt_text_count(b, n);
    bt_buf_puts(b, " times");
}

static void say_nothing_shown(const struct bt_words_end *w)
{
    struct bt_buf b = BT_BUF_INIT;
    const struct bt_summary *s = w->sum;
    bt_buf_puts(&b, s->has_events ? "no event shown" : "no call shown");
    if (s->reason == BT_STOP_TIME) {
        bt_buf_puts(&b, " in ");
        put_time(&b, w->time_us);
    }
    if (s->has_filter && s->examined.calls > 0) {
        bt_buf_puts(&b, ": ");
        put_plural(&b, s->examined.calls, "call");
        bt_cli_say("%s examined, none ended as was asked for", bt_buf_cstr(&b));
        bt_buf_done(&b);
        return;
    }
    if (w->n->filtered) {
        bt_buf_puts(&b, ": no line of ");
        bt_text_count(&b, w->n->filtered);
        bt_cli_say("%s is what --grep and --grep-not leave", bt_buf_cstr(&b));
        bt_buf_done(&b);
        return;
    }
    if (s->has_events) {
        bt_cli_say(
            "%s: nothing of the kind happened there, or no pattern or process matched", bt_buf_cstr(&b));
        bt_buf_done(&b);
        return;
    }
    bt_buf_puts(&b, ": ");
    put_functions(&b, w->plan);
    if (s->has_called && s->called > 0) {
        bt_buf_puts(&b, "called ");
        put_times(&b, s->called);
        bt_buf_puts(&b, " but no arguments or process matched");
    } else if (s->has_called) {
        bt_buf_puts(&b, "not called; inlined, or reached under another name?");
    } else {
        bt_buf_printf(&b,
            "not called from outside %s, or no arguments matched (--scope local sees all calls)",
            w->plan->n_mfas == 1 ? "its module" : "their modules");
    }
    bt_cli_say("%s", bt_buf_cstr(&b));
    bt_buf_done(&b);
}

static void put_reason(struct bt_buf *b, const struct bt_words_end *w, bool only_counted)
{
    const struct bt_summary *s = w->sum;
    if (only_counted)
        put_plural(b, (int64_t)s->n_counted, "function");
    else
        put_plural(b, (int64_t)s->shown, s->has_events ? "event" : "call");
    if (only_counted)
        bt_buf_puts(b, " counted");
    if (s->reason == BT_STOP_RATE)
        bt_buf_puts(b, " (--on-rate)");
    else if (s->reason == BT_STOP_LOAD)
        bt_buf_puts(b, " (--max-load)");
    else if (w->err)
        bt_buf_puts(b, " (ended early)");
    else if (w->reader_is_gone)
        bt_buf_puts(b, " (the reader closed the output)");
    else if (s->reason == BT_STOP_COUNT)
        bt_buf_puts(b, " (-c)");
    else if (s->reason == BT_STOP_TIME)
        bt_buf_puts(b, " (-t)");
    else if (s->reason == BT_STOP_ASKED)
        bt_buf_puts(b, " (interrupted)");
}

uint64_t bt_words_skipped(const struct bt_summary *s, const struct bt_pump_counts *n)
{
    uint64_t seen = n->filtered ? n->examined : s->shown;
    if (s->has_filter)
        seen = (uint64_t)s->examined.calls;
    return s->called > seen ? s->called - seen : 0;
}

/* "; 9,990 examined, 9,980 filtered, 2 without an end" of calls whose outcome was looked at on the node */
static void put_examined(struct bt_buf *b, const struct bt_summary *s)
{
    const struct bt_examined *x = &s->examined;
    if (!s->has_filter)
        return;
    bt_buf_puts(b, "; ");
    bt_text_count(b, (uint64_t)x->calls);
    bt_buf_puts(b, " examined, ");
    bt_text_count(b, (uint64_t)x->filtered);
    bt_buf_puts(b, " filtered");
    if (x->held + x->unended == 0)
        return;
    bt_buf_puts(b, ", ");
    bt_text_count(b, (uint64_t)(x->held + x->unended));
    bt_buf_puts(b, " without a return");
}

/* " 1,234 filtered, 0 lost" */
static void put_lost(struct bt_buf *b, const struct bt_summary *s, const struct bt_pump_counts *n)
{
    if (n->filtered) {
        bt_text_count(b, n->filtered);
        bt_buf_puts(b, s->has_filter ? " lines filtered, " : " filtered, ");
    }
    bt_text_count(b, s->lost + n->lost);
    bt_buf_puts(b, " lost");
}

/* Exact where every call counted was one to show; else what it can be at most. True: a count of what was not shown. */
static bool put_skipped(struct bt_buf *b, const struct bt_summary *s, const struct bt_pump_counts *n)
{
    if (!s->has_called || s->called < s->received) /* SIGUSR1 before the first sample */
        return false;
    if (s->is_exact) {
        bt_buf_puts(b, "; ");
        bt_text_count(b, bt_words_skipped(s, n));
        bt_buf_puts(b, " skipped");
    } else {
        bt_buf_puts(b, " of at most ");
        bt_text_count(b, s->called > s->shown ? s->called : s->shown);
    }
    return s->is_exact;
}

void bt_words_totals(const struct bt_summary *s, const struct bt_pump_counts *n)
{
    struct bt_buf b = BT_BUF_INIT;
    put_plural(&b, (int64_t)s->shown, "call");
    bt_buf_puts(&b, " shown, ");
    bt_text_count(&b, s->returns);
    bt_buf_puts(&b, " returned, ");
    bt_text_count(&b, s->exceptions);
    bt_buf_puts(&b, " raised, ");
    bt_text_count(&b, s->open);
    bt_buf_puts(&b, " open");
    put_examined(&b, s);
    put_skipped(&b, s, n);
    bt_buf_puts(&b, "; ");
    put_lost(&b, s, n);
    bt_cli_say("so far: %s", bt_buf_cstr(&b));
    bt_buf_done(&b);
}

void bt_words_closing(const struct bt_words_end *w)
{
    struct bt_buf b = BT_BUF_INIT;
    const struct bt_summary *s = w->sum;
    bool only_counted = w->plan && s->n_counted == w->plan->n_mfas && s->n_counted > 0;
    if (s->shown == 0 && !w->err && !only_counted)
        say_nothing_shown(w);
    bt_buf_puts(&b, "stopped: ");
    put_reason(&b, w, only_counted);
    if (!only_counted) {
        put_examined(&b, s);
        bt_buf_puts(&b, put_skipped(&b, s, w->n) ? ", " : "; ");
        put_lost(&b, s, w->n);
    }
    if (s->open > 0) {
        bt_buf_puts(&b, ", ");
        bt_text_count(&b, s->open);
        bt_buf_puts(&b, " still open (no return within --grace)");
    }
    if (s->is_clean)
        bt_buf_puts(&b, "; node clean");
    bt_cli_say("%s", bt_buf_cstr(&b));
    bt_buf_done(&b);
}
