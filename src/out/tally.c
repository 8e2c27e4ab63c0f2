/*
 * tally.c - what the VM has counted, as a table, as lines, or as JSON.
 */
#include "out/tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "out/json.h"
#include "out/text.h"

static int64_t recent(const struct bt_tally_row *r, bool of_time)
{
    return of_time ? r->now.us - r->before.us : r->now.calls - r->before.calls;
}

static int64_t whole(const struct bt_tally_row *r, bool of_time)
{
    return of_time ? r->now.us : r->now.calls;
}

static int descending(int64_t x, int64_t y)
{
    return x < y ? 1 : x > y ? -1 : 0;
}

/* Rows stand in one array, in the order that decides where all else is equal. */
static int in_place(const struct bt_tally_row *x, const struct bt_tally_row *y)
{
    return x < y ? -1 : x > y;
}

#define COMPARE(name, key, of_time)                                                                          \
    static int name(const void *x, const void *y)                                                            \
    {                                                                                                        \
        const struct bt_tally_row *a = *(const struct bt_tally_row *const *)x;                               \
        const struct bt_tally_row *b = *(const struct bt_tally_row *const *)y;                               \
        int order = descending(key(a, of_time), key(b, of_time));                                            \
        order = order ? order : descending(a->now.calls, b->now.calls);                                      \
        return order ? order : in_place(a, b);                                                               \
    }

COMPARE(by_recent_calls, recent, false)
COMPARE(by_recent_time, recent, true)
COMPARE(by_calls, whole, false)
COMPARE(by_time, whole, true)

/* Those that were called, what took most first; *n of them, the caller frees. NULL: no memory. */
static const struct bt_tally_row **sorted(
    const struct bt_tallies *t, const struct bt_tally_opts *o, bool only_recent, size_t *n)
{
    const struct bt_tally_row **rows = calloc(t->n_rows + 1, sizeof *rows);
    *n = 0;
    for (size_t i = 0; rows && i < t->n_rows; i++) {
        const struct bt_tally_row *r = &t->rows[i];
        if (only_recent ? r->now.calls > r->before.calls : r->now.calls > 0)
            rows[(*n)++] = r;
    }
    if (rows && *n > 1)
        qsort(rows, *n, sizeof *rows,
            o->is_total ? (t->has_times ? by_time : by_calls)
                        : (t->has_times ? by_recent_time : by_recent_calls));
    return rows;
}

static void put_right(struct bt_buf *out, struct bt_buf *cell, int width)
{
    bt_buf_printf(out, "%*s", width, bt_buf_cstr(cell));
    bt_buf_done(cell);
}

static void put_count(struct bt_buf *out, int64_t n, int width)
{
    struct bt_buf cell = BT_BUF_INIT;
    bt_text_count(&cell, n < 0 ? 0 : (uint64_t)n);
    put_right(out, &cell, width);
}

static void put_ns(struct bt_buf *out, double ns, int width)
{
    struct bt_buf cell = BT_BUF_INIT;
    bt_text_duration(&cell, (int64_t)ns);
    put_right(out, &cell, width);
}

static void put_bytes(struct bt_buf *out, int64_t bytes, int width)
{
    struct bt_buf cell = BT_BUF_INIT;
    bt_text_bytes(&cell, bytes);
    put_right(out, &cell, width);
}

static void put_text(struct bt_buf *out, const char *text)
{
    bt_print_atom(out, (struct bt_slice){(const uint8_t *)text, strlen(text)});
}

static void put_who(struct bt_buf *out, const struct bt_tally_row *r, const struct bt_tally_opts *o)
{
    struct bt_etf pid;
    if (r->function) {
        put_text(out, r->module);
        bt_buf_putc(out, ':');
        put_text(out, r->function);
        bt_buf_printf(out, "/%" PRIu32, r->arity);
        return;
    }
    bt_etf_init(&pid, r->pid.p, r->pid.len);
    bt_print_erlang(out, &pid, &o->print);
    if (r->name.len) {
        bt_buf_putc(out, ' ');
        bt_print_atom(out, r->name);
    }
}

/* Calls a second, of the whole time or since the last reading. */
static int64_t rate(
    const struct bt_tallies *t, const struct bt_tally *now, const struct bt_tally *before, bool is_total)
{
    int64_t us = t->at_us - (is_total ? t->began_us : t->before_us);
    int64_t calls = now->calls - (is_total ? 0 : before->calls);
    return us > 0 ? (int64_t)((double)calls * 1e6 / (double)us + 0.5) : 0;
}

static double mean_ns(const struct bt_tally *n)
{
    return n->calls ? (double)n->us * 1000 / (double)n->calls : 0;
}

static double share(const struct bt_tallies *t, const struct bt_tally *n)
{
    return t->sum.us ? (double)n->us * 100 / (double)t->sum.us : 0;
}

static void put_head(struct bt_buf *out, const struct bt_tallies *t, const char *who)
{
    if (t->has_times)
        bt_buf_printf(out, "%15s %11s %9s %7s", "calls", "time", "mean", "share");
    else
        bt_buf_printf(out, "%15s %14s", "calls", "calls/s");
    bt_buf_printf(out, "%s  %s\n", t->has_memory ? "      memory" : "", who);
}

static void put_figures(struct bt_buf *out, const struct bt_tallies *t, const struct bt_tally *now,
    const struct bt_tally *before, const struct bt_tally_opts *o)
{
    put_count(out, now->calls, 15);
    bt_buf_putc(out, ' ');
    if (!t->has_times) {
        put_count(out, rate(t, now, before, o->is_total), 14);
    } else {
        put_ns(out, (double)now->us * 1000, 11);
        put_ns(out, mean_ns(now), 10);
        bt_buf_printf(out, " %6.1f%%", share(t, now));
    }
    if (t->has_memory)
        put_bytes(out, now->bytes, 12);
    bt_buf_puts(out, "  ");
}

size_t bt_tally_table(struct bt_buf *out, const struct bt_tallies *t, const struct bt_tally_opts *o)
{
    size_t n, lines = 2;
    const struct bt_tally_row **rows = sorted(t, o, false, &n);
    if (!rows)
        return SIZE_MAX;
    bool is_functions = t->n_rows == 0 || t->rows[0].function;
    put_head(out, t, is_functions ? "function" : "process");
    for (size_t i = 0; i < n && i < o->top; i++, lines++) {
        put_figures(out, t, &rows[i]->now, &rows[i]->before, o);
        put_who(out, rows[i], o);
        bt_buf_putc(out, '\n');
    }
    put_figures(out, t, &t->sum, &t->sum_before, o);
    bt_buf_puts(out, "all");
    if (n > o->top)
        bt_buf_printf(out, ", with %zu more that were called (--top)", n - o->top);
    bt_buf_putc(out, '\n');
    free(rows);
    return lines;
}

static void put_clock(struct bt_buf *out, int64_t wall_us)
{
    char text[16];
    time_t s = (time_t)(wall_us / 1000000);
    struct tm tm;
    if (localtime_r(&s, &tm) && strftime(text, sizeof text, "%H:%M:%S", &tm))
        bt_buf_puts(out, text);
}

void bt_tally_lines(struct bt_buf *out, const struct bt_tallies *t, const struct bt_tally_opts *o)
{
    size_t n;
    const struct bt_tally_row **rows = sorted(t, o, true, &n);
    for (size_t i = 0; rows && i < n && i < o->top; i++) {
        put_clock(out, o->wall_us);
        put_figures(out, t, &rows[i]->now, &rows[i]->before, o);
        put_who(out, rows[i], o);
        bt_buf_putc(out, '\n');
    }
    free(rows);
}

/* ---- JSON ---- */

static void put_json_who(struct bt_buf *out, const struct bt_tally_row *r, const struct bt_tally_opts *o)
{
    struct bt_buf who = BT_BUF_INIT;
    struct bt_tally_row nameless = *r;
    nameless.name.len = 0;
    put_who(&who, &nameless, o);
    bt_buf_puts(out, r->function ? ",\"function\":" : ",\"pid\":");
    bt_json_string(out, bt_buf_cstr(&who), who.len);
    if (r->name.len) {
        bt_buf_puts(out, ",\"name\":");
        bt_json_string(out, (const char *)r->name.p, r->name.len);
    }
    bt_buf_done(&who);
}

static void put_json(struct bt_buf *out, const struct bt_tallies *t, const struct bt_tally_row *r,
    const struct bt_tally_opts *o)
{
    bt_buf_printf(out,
        "{\"event\":\"%s\",\"at_us\":%" PRId64 ",\"node\":", r->function || r->pid.len ? "count" : "total",
        o->wall_us);
    bt_json_string(out, o->node, strlen(o->node));
    if (r->function || r->pid.len)
        put_json_who(out, r, o);
    bt_buf_printf(out, ",\"calls\":%" PRId64 ",\"calls_per_s\":%" PRId64, r->now.calls,
        rate(t, &r->now, &r->before, o->is_total));
    if (t->has_times)
        bt_buf_printf(out, ",\"time_us\":%" PRId64, r->now.us);
    if (t->has_memory)
        bt_buf_printf(out, ",\"bytes\":%" PRId64, r->now.bytes);
    bt_buf_puts(out, "}\n");
}

void bt_tally_json(struct bt_buf *out, const struct bt_tallies *t, const struct bt_tally_opts *o)
{
    size_t n;
    const struct bt_tally_row **rows = sorted(t, o, !o->is_total, &n);
    for (size_t i = 0; rows && i < n && i < o->top; i++)
        put_json(out, t, rows[i], o);
    struct bt_tally_row sum = {.now = t->sum, .before = t->sum_before};
    put_json(out, t, &sum, o);
    free(rows);
}
