/*
 * profile.c - what was shown, function by function.
 */
#include "out/profile.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1 /* a row that could not be added has no table */
#include <uthash.h>

#include "out/text.h"

#define N_RECENT 8 /* a power of two */

struct row {
    UT_hash_handle hh;
    uint64_t calls, exceptions, timed;
    int64_t min_ns, max_ns;
    double sum_ns;
    size_t key_len;
    uint8_t key[];
};

struct bt_profile {
    struct row *rows;
    struct row *recent[N_RECENT]; /* found last, by the length and the end of the key */
    size_t n;
    struct row *others;
};

struct bt_profile *bt_profile_new(void)
{
    struct bt_profile *p = calloc(1, sizeof *p);
    if (p && !(p->others = calloc(1, sizeof *p->others))) {
        free(p);
        return NULL;
    }
    return p;
}

void bt_profile_free(struct bt_profile *p)
{
    struct row *r, *next;
    if (!p)
        return;
    HASH_ITER(hh, p->rows, r, next)
    {
        HASH_DEL(p->rows, r);
        free(r);
    }
    free(p->others);
    free(p);
}

static struct row *add(struct bt_profile *p, struct bt_slice key)
{
    struct row *r = p->n < BT_PROFILE_MAX_ROWS ? calloc(1, sizeof *r + key.len) : NULL;
    if (!r)
        return p->others;
    memcpy(r->key, key.p, key.len);
    r->key_len = key.len;
    HASH_ADD_KEYPTR(hh, p->rows, r->key, r->key_len, r);
    if (!r->hh.tbl) {
        free(r);
        return p->others;
    }
    p->n++;
    return r;
}

static struct row *find(struct bt_profile *p, struct bt_slice key)
{
    if (key.len == 0)
        return p->others;
    size_t mix = key.len + key.p[key.len - 1] + (key.len > 3 ? key.p[key.len - 3] : 0u);
    struct row **recent = &p->recent[mix & (N_RECENT - 1)], *r = *recent;
    if (r && r->key_len == key.len && memcmp(r->key, key.p, key.len) == 0)
        return r;
    HASH_FIND(hh, p->rows, key.p, key.len, r);
    if (!r)
        r = add(p, key);
    if (r != p->others)
        *recent = r;
    return r;
}

void bt_profile_add(struct bt_profile *p, struct bt_slice key, const struct bt_event *ev)
{
    struct row *r = find(p, key);
    r->calls += ev->type == BT_EVENT_CALL;
    r->exceptions += ev->type == BT_EVENT_EXCEPTION;
    if (ev->type == BT_EVENT_CALL || ev->duration_ns < 0)
        return;
    if (r->timed == 0 || ev->duration_ns < r->min_ns)
        r->min_ns = ev->duration_ns;
    if (ev->duration_ns > r->max_ns)
        r->max_ns = ev->duration_ns;
    r->sum_ns += (double)ev->duration_ns;
    r->timed++;
}

size_t bt_profile_count(const struct bt_profile *p)
{
    return p->n;
}

/* ---- the table ---- */

static int by_calls(const void *x, const void *y)
{
    const struct row *const *a = x, *const *b = y;
    if ((*a)->calls != (*b)->calls)
        return (*a)->calls < (*b)->calls ? 1 : -1;
    size_t len = (*a)->key_len < (*b)->key_len ? (*a)->key_len : (*b)->key_len;
    int order = memcmp((*a)->key, (*b)->key, len);
    return order ? order : (*a)->key_len < (*b)->key_len ? -1 : 1;
}

static void put_count(struct bt_buf *out, uint64_t n, int width)
{
    struct bt_buf b = BT_BUF_INIT;
    bt_text_count(&b, n);
    bt_buf_printf(out, "%*s", width, bt_buf_cstr(&b));
    bt_buf_done(&b);
}

static void put_time(struct bt_buf *out, const struct row *r, int64_t ns)
{
    struct bt_buf b = BT_BUF_INIT;
    if (r->timed)
        bt_text_duration(&b, ns);
    else
        bt_buf_putc(&b, '-');
    bt_buf_printf(out, "%10s", bt_buf_cstr(&b));
    bt_buf_done(&b);
}

static void put_row(
    struct bt_buf *out, const struct row *r, bool has_times, const struct bt_print_opts *print)
{
    struct bt_text_frame f = {.file = BT_BUF_INIT};
    put_count(out, r->calls, 15);
    if (has_times) {
        put_count(out, r->exceptions, 9);
        put_time(out, r, r->min_ns);
        put_time(out, r, r->timed ? (int64_t)(r->sum_ns / (double)r->timed) : 0);
        put_time(out, r, r->max_ns);
    }
    bt_buf_puts(out, "  ");
    if (r->key_len == 0) {
        bt_buf_puts(out, "others");
    } else if (bt_text_mfa((struct bt_slice){r->key, r->key_len}, &f)) {
        bt_text_name(out, f.module, f.function, print);
        bt_buf_printf(out, "/%" PRIu32, f.arity);
    } else {
        bt_buf_puts(out, "none"); /* a process's first function has no caller */
    }
    bt_buf_putc(out, '\n');
    bt_buf_done(&f.file);
}

void bt_profile_put(struct bt_buf *out, const struct bt_profile *p, size_t top, const char *what,
    const struct bt_print_opts *print)
{
    const struct row **rows = calloc(p->n + 1, sizeof *rows);
    bool has_times = false;
    size_t n = 0;
    for (const struct row *r = p->rows; rows && r; r = r->hh.next) {
        rows[n++] = r;
        has_times = has_times || r->timed || r->exceptions;
    }
    if (rows && (p->others->calls || p->others->timed))
        rows[n++] = p->others;
    if (n == 0) {
        free(rows);
        return;
    }
    qsort(rows, n, sizeof *rows, by_calls);
    bt_buf_printf(
        out, "%15s%s  %s\n", "calls", has_times ? "   raised       min      mean       max" : "", what);
    for (size_t i = 0; i < n && i < top; i++)
        put_row(out, rows[i], has_times, print);
    if (n > top)
        bt_buf_printf(out, "%15s  and %zu more\n", "", n - top);
    free(rows);
}
