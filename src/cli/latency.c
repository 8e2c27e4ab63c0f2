/*
 * latency.c - durations of sampled calls, as a table, as bars, or as JSON.
 */
#include "cli/latency.h"

#include <inttypes.h>
#include <string.h>

#include "base/human.h"
#include "base/json.h"
#include "cli/cmd.h"

#define BAR 40 /* characters of the longest bar */

static const struct {
    const char *name, *key;
    double share;
} points[] = {{"p50", "p50_ns", 0.5}, {"p90", "p90_ns", 0.9}, {"p99", "p99_ns", 0.99},
    {"p99.9", "p99_9_ns", 0.999}, {"max", "max_ns", 1}};

#define N_POINTS (sizeof points / sizeof points[0])

static double mean(const struct bt_histogram *h)
{
    return h->n ? h->sum / (double)h->n : 0;
}

static void put_function(struct bt_buf *out, const struct bt_latency *r)
{
    bt_cli_put_mfa(out, r->module, r->function, r->arity);
}

static void put_cell(struct bt_buf *out, struct bt_buf *cell, int width)
{
    bt_buf_printf(out, "%*s", width, bt_buf_cstr(cell));
    bt_buf_done(cell);
}

static void put_ns(struct bt_buf *out, int64_t ns, int width)
{
    struct bt_buf cell = BT_BUF_INIT;
    bt_human_duration(&cell, ns);
    put_cell(out, &cell, width);
}

static void put_count(struct bt_buf *out, int64_t n, int width)
{
    struct bt_buf cell = BT_BUF_INIT;
    if (n < 0)
        bt_buf_puts(&cell, "?");
    else
        bt_human_count(&cell, (uint64_t)n);
    put_cell(out, &cell, width);
}

static void put_line(struct bt_buf *out, const struct bt_latency *r)
{
    put_count(out, r->calls, 14);
    put_count(out, (int64_t)r->h.n, 11);
    put_ns(out, (int64_t)mean(&r->h), 10);
    for (size_t i = 0; i < N_POINTS; i++)
        put_ns(out, bt_histogram_at(&r->h, points[i].share), 10);
    bt_buf_puts(out, "  ");
    put_function(out, r);
    bt_buf_putc(out, '\n');
}

size_t bt_latency_table(struct bt_buf *out, const struct bt_latency *const *rows, size_t n, size_t top)
{
    size_t lines = 1;
    bt_buf_printf(out, "%14s%11s%10s", "calls", "sampled", "mean");
    for (size_t i = 0; i < N_POINTS; i++)
        bt_buf_printf(out, "%10s", points[i].name);
    bt_buf_puts(out, "  function\n");
    for (size_t i = 0; i < n && i < top; i++, lines++)
        put_line(out, rows[i]);
    if (n > top) {
        bt_buf_printf(out, "  and %zu more (--top)\n", n - top);
        lines++;
    }
    return lines;
}

void bt_latency_bars(struct bt_buf *out, const struct bt_latency *r)
{
    uint64_t most = 0;
    int64_t first = 1, last = 1;
    if (r->h.n == 0)
        return;
    while (first * 2 <= r->h.least)
        first *= 2;
    while (last <= r->h.most && last <= INT64_MAX / 2)
        last *= 2;
    for (int64_t from = first; from < last; from *= 2) {
        uint64_t n = bt_histogram_between(&r->h, from == 1 ? 0 : from, from * 2);
        most = n > most ? n : most;
    }
    put_function(out, r);
    bt_buf_putc(out, '\n');
    for (int64_t from = first; from < last && most > 0; from *= 2) {
        uint64_t n = bt_histogram_between(&r->h, from == 1 ? 0 : from, from * 2);
        size_t bar = (size_t)((double)n * BAR / (double)most + 0.5);
        put_ns(out, from, 12);
        bt_buf_puts(out, " to");
        put_ns(out, from * 2, 9);
        bt_buf_printf(
            out, " |%-*.*s| ", BAR, (int)(n && !bar ? 1 : bar), "########################################");
        put_count(out, (int64_t)n, 11);
        bt_buf_putc(out, '\n');
    }
}

void bt_latency_json(struct bt_buf *out, const struct bt_latency *r, const char *node, int64_t wall_us)
{
    struct bt_buf who = BT_BUF_INIT;
    put_function(&who, r);
    bt_buf_printf(out, "{\"event\":\"latency\",\"at_us\":%" PRId64 ",\"node\":", wall_us);
    bt_json_string(out, node, strlen(node));
    bt_buf_puts(out, ",\"function\":");
    bt_json_string(out, bt_buf_cstr(&who), who.len);
    if (r->calls >= 0)
        bt_buf_printf(out, ",\"calls\":%" PRId64, r->calls);
    bt_buf_printf(out, ",\"sampled\":%" PRIu64 ",\"mean_ns\":%" PRId64, r->h.n, (int64_t)mean(&r->h));
    for (size_t i = 0; i < N_POINTS; i++)
        bt_buf_printf(out, ",\"%s\":%" PRId64, points[i].key, bt_histogram_at(&r->h, points[i].share));
    bt_buf_puts(out, "}\n");
    bt_buf_done(&who);
}
