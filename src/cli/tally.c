/*
 * tally.c - what was counted, as a table, as lines, or as JSON.
 */
#include "cli/tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/human.h"
#include "base/json.h"
#include "cli/cmd.h"

/* ---- rows ---- */

struct beamtap_tally *bt_tallies_add(struct bt_tallies *t)
{
    if (t->n_rows == t->cap) {
        size_t cap = t->cap ? 2 * t->cap : 64;
        struct beamtap_tally *more = realloc(t->rows, cap * sizeof *more);
        if (!more)
            return NULL;
        t->rows = more;
        t->cap = cap;
    }
    t->rows[t->n_rows] = (struct beamtap_tally){0};
    return &t->rows[t->n_rows++];
}

static bool keep(struct bt_arena *a, const char **text)
{
    if (*text)
        *text = bt_arena_strndup(a, *text, strlen(*text));
    return *text;
}

/* The session's row is good until the next one is asked for. */
static bool add_copy(struct bt_tallies *t, const struct beamtap_tally *from)
{
    struct beamtap_tally copy = *from;
    bool ok = from->function ? keep(&t->texts, &copy.module) && keep(&t->texts, &copy.function)
                             : keep(&t->texts, &copy.pid) && keep(&t->texts, &copy.name);
    struct beamtap_tally *row = ok ? bt_tallies_add(t) : NULL;
    if (row)
        *row = copy;
    return row;
}

bool bt_tallies_read(struct bt_tallies *t, struct beamtap_session *s)
{
    const struct beamtap_tally *row;
    bool ok = true;
    bt_arena_done(&t->texts);
    t->n_rows = 0;
    for (size_t i = 0; ok && (row = beamtap_session_tally(s, i)); i++)
        ok = row->calls == 0 || add_copy(t, row);
    if ((row = beamtap_session_tally(s, BEAMTAP_TALLY_SUM)))
        t->sum = *row;
    return ok;
}

void bt_tallies_done(struct bt_tallies *t)
{
    free(t->rows);
    bt_arena_done(&t->texts);
}

/* ---- their order ---- */

static int64_t recent(const struct beamtap_tally *r, bool of_time)
{
    return of_time ? r->time_us - r->time_before_us : r->calls - r->calls_before;
}

static int64_t whole(const struct beamtap_tally *r, bool of_time)
{
    return of_time ? r->time_us : r->calls;
}

static int descending(int64_t x, int64_t y)
{
    return x < y ? 1 : x > y ? -1 : 0;
}

/* Rows stand in one array, in the order that decides where all else is equal. */
static int in_place(const struct beamtap_tally *x, const struct beamtap_tally *y)
{
    return x < y ? -1 : x > y;
}

#define COMPARE(name, key, of_time)                                                                          \
    static int name(const void *x, const void *y)                                                            \
    {                                                                                                        \
        const struct beamtap_tally *a = *(const struct beamtap_tally *const *)x;                             \
        const struct beamtap_tally *b = *(const struct beamtap_tally *const *)y;                             \
        int order = descending(key(a, of_time), key(b, of_time));                                            \
        order = order ? order : descending(a->calls, b->calls);                                              \
        return order ? order : in_place(a, b);                                                               \
    }

COMPARE(by_recent_calls, recent, false)
COMPARE(by_recent_time, recent, true)
COMPARE(by_calls, whole, false)
COMPARE(by_time, whole, true)

/* Those that were called, what took most first; *n of them, the caller frees. NULL: no memory. */
static const struct beamtap_tally **sorted(
    const struct bt_tallies *t, const struct bt_tally_opts *o, bool only_recent, size_t *n)
{
    const struct beamtap_tally **rows = calloc(t->n_rows + 1, sizeof *rows);
    *n = 0;
    for (size_t i = 0; rows && i < t->n_rows; i++) {
        const struct beamtap_tally *r = &t->rows[i];
        if (only_recent ? r->calls > r->calls_before : r->calls > 0)
            rows[(*n)++] = r;
    }
    if (rows && *n > 1)
        qsort(rows, *n, sizeof *rows,
            o->is_total ? (t->has_times ? by_time : by_calls)
                        : (t->has_times ? by_recent_time : by_recent_calls));
    return rows;
}

/* ---- text ---- */

static void put_right(struct bt_buf *out, struct bt_buf *cell, int width)
{
    bt_buf_printf(out, "%*s", width, bt_buf_cstr(cell));
    bt_buf_done(cell);
}

static void put_count(struct bt_buf *out, int64_t n, int width)
{
    struct bt_buf cell = BT_BUF_INIT;
    bt_human_count(&cell, n < 0 ? 0 : (uint64_t)n);
    put_right(out, &cell, width);
}

static void put_ns(struct bt_buf *out, double ns, int width)
{
    struct bt_buf cell = BT_BUF_INIT;
    bt_human_duration(&cell, (int64_t)ns);
    put_right(out, &cell, width);
}

static void put_bytes(struct bt_buf *out, int64_t bytes, int width)
{
    struct bt_buf cell = BT_BUF_INIT;
    bt_human_bytes(&cell, bytes);
    put_right(out, &cell, width);
}

static void put_who(struct bt_buf *out, const struct beamtap_tally *r)
{
    if (r->function) {
        bt_cli_put_mfa(out, r->module, r->function, r->arity);
        return;
    }
    bt_buf_puts(out, r->pid);
    if (*r->name) {
        bt_buf_putc(out, ' ');
        bt_cli_put_atom(out, r->name);
    }
}

/* Calls a second, of the whole time or since the last reading. */
static int64_t rate(const struct bt_tallies *t, const struct beamtap_tally *r, bool is_total)
{
    int64_t us = t->sum.at_us - (is_total ? t->began_us : t->sum.before_us);
    int64_t calls = r->calls - (is_total ? 0 : r->calls_before);
    return us > 0 ? (int64_t)((double)calls * 1e6 / (double)us + 0.5) : 0;
}

static double mean_ns(const struct beamtap_tally *r)
{
    return r->calls ? (double)r->time_us * 1000 / (double)r->calls : 0;
}

static double share(const struct bt_tallies *t, const struct beamtap_tally *r)
{
    return t->sum.time_us ? (double)r->time_us * 100 / (double)t->sum.time_us : 0;
}

static void put_head(struct bt_buf *out, const struct bt_tallies *t, const char *who)
{
    if (t->has_times)
        bt_buf_printf(out, "%15s %11s %9s %7s", "calls", "time", "mean", "share");
    else
        bt_buf_printf(out, "%15s %14s", "calls", "calls/s");
    bt_buf_printf(out, "%s  %s\n", t->has_memory ? "      memory" : "", who);
}

static void put_figures(struct bt_buf *out, const struct bt_tallies *t, const struct beamtap_tally *r,
    const struct bt_tally_opts *o)
{
    put_count(out, r->calls, 15);
    bt_buf_putc(out, ' ');
    if (!t->has_times) {
        put_count(out, rate(t, r, o->is_total), 14);
    } else {
        put_ns(out, (double)r->time_us * 1000, 11);
        put_ns(out, mean_ns(r), 10);
        bt_buf_printf(out, " %6.1f%%", share(t, r));
    }
    if (t->has_memory)
        put_bytes(out, r->bytes, 12);
    bt_buf_puts(out, "  ");
}

size_t bt_tally_table(struct bt_buf *out, const struct bt_tallies *t, const struct bt_tally_opts *o)
{
    size_t n, lines = 2;
    const struct beamtap_tally **rows = sorted(t, o, false, &n);
    if (!rows)
        return SIZE_MAX;
    bool is_functions = t->n_rows == 0 || t->rows[0].function;
    put_head(out, t, is_functions ? "function" : "process");
    for (size_t i = 0; i < n && i < o->top; i++, lines++) {
        put_figures(out, t, rows[i], o);
        put_who(out, rows[i]);
        bt_buf_putc(out, '\n');
    }
    put_figures(out, t, &t->sum, o);
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
    const struct beamtap_tally **rows = sorted(t, o, true, &n);
    for (size_t i = 0; rows && i < n && i < o->top; i++) {
        put_clock(out, o->wall_us);
        put_figures(out, t, rows[i], o);
        put_who(out, rows[i]);
        bt_buf_putc(out, '\n');
    }
    free(rows);
}

/* ---- JSON ---- */

static void put_json_who(struct bt_buf *out, const struct beamtap_tally *r)
{
    struct bt_buf who = BT_BUF_INIT;
    struct beamtap_tally nameless = *r;
    nameless.name = "";
    put_who(&who, &nameless);
    bt_buf_puts(out, r->function ? ",\"function\":" : ",\"pid\":");
    bt_json_string(out, bt_buf_cstr(&who), who.len);
    if (!r->function && *r->name) {
        bt_buf_puts(out, ",\"name\":");
        bt_json_string(out, r->name, strlen(r->name));
    }
    bt_buf_done(&who);
}

static void put_json(struct bt_buf *out, const struct bt_tallies *t, const struct beamtap_tally *r,
    const struct bt_tally_opts *o)
{
    bool is_one = r->function || r->pid;
    bt_buf_printf(
        out, "{\"event\":\"%s\",\"at_us\":%" PRId64 ",\"node\":", is_one ? "count" : "total", o->wall_us);
    bt_json_string(out, o->node, strlen(o->node));
    if (is_one)
        put_json_who(out, r);
    bt_buf_printf(out, ",\"calls\":%" PRId64 ",\"calls_per_s\":%" PRId64, r->calls, rate(t, r, o->is_total));
    if (t->has_times)
        bt_buf_printf(out, ",\"time_us\":%" PRId64, r->time_us);
    if (t->has_memory)
        bt_buf_printf(out, ",\"bytes\":%" PRId64, r->bytes);
    bt_buf_puts(out, "}\n");
}

void bt_tally_json(struct bt_buf *out, const struct bt_tallies *t, const struct bt_tally_opts *o)
{
    size_t n;
    const struct beamtap_tally **rows = sorted(t, o, !o->is_total, &n);
    for (size_t i = 0; rows && i < n && i < o->top; i++)
        put_json(out, t, rows[i], o);
    put_json(out, t, &t->sum, o);
    free(rows);
}
