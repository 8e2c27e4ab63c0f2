/*
 * profile.c - what was shown, function by function.
 */
#include "cli/profile.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1 /* a row that could not be added has no table */
#include <uthash.h>

#include "base/human.h"

#define N_RECENT 8 /* a power of two */

struct row {
    UT_hash_handle hh;
    uint64_t calls, exceptions, timed;
    int64_t min_ns, max_ns;
    double sum_ns;
    size_t module_len;
    size_t names_len; /* 0: a row of no function */
    uint32_t arity;   /* with what follows the key */
    char names[];     /* module and function, each with its NUL */
};

/* From the arity to the last name: nothing lies between them. */
#define KEY(r) ((const char *)(r) + offsetof(struct row, arity))
#define KEY_LEN(r) (offsetof(struct row, names) - offsetof(struct row, arity) + (r)->names_len)
_Static_assert(offsetof(struct row, names) == offsetof(struct row, arity) + sizeof(uint32_t), "one piece");

struct bt_profile {
    struct row *rows;
    struct row *recent[N_RECENT]; /* found last, by the function's arity and its name's first letter */
    size_t n;
    struct row *others, *none;
};

struct bt_profile *bt_profile_new(void)
{
    struct bt_profile *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->others = calloc(1, sizeof *p->others);
    p->none = calloc(1, sizeof *p->none);
    if (p->others && p->none)
        return p;
    bt_profile_free(p);
    return NULL;
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
    free(p->none);
    free(p);
}

static const char *function_of(const struct row *r)
{
    return r->names + r->module_len + 1;
}

/* NULL: no memory. */
static struct row *new_row(const char *module, const char *function, uint32_t arity)
{
    size_t m = strlen(module), f = strlen(function);
    struct row *r = calloc(1, sizeof *r + m + 1 + f + 1);
    if (!r)
        return NULL;
    r->arity = arity;
    r->module_len = m;
    r->names_len = m + 1 + f + 1;
    memcpy(r->names, module, m);
    memcpy(r->names + m + 1, function, f);
    return r;
}

static bool is_of(const struct row *r, const char *module, const char *function, uint32_t arity)
{
    return r && r->arity == arity && strcmp(function_of(r), function) == 0 && strcmp(r->names, module) == 0;
}

/* The one with these names, or a new one. */
static struct row *look_up(struct bt_profile *p, const char *module, const char *function, uint32_t arity)
{
    struct row *made = new_row(module, function, arity), *found = NULL;
    if (!made)
        return p->others;
    HASH_FIND(hh, p->rows, KEY(made), KEY_LEN(made), found);
    if (!found && p->n < BT_PROFILE_MAX_ROWS) {
        HASH_ADD_KEYPTR(hh, p->rows, KEY(made), KEY_LEN(made), made);
        if (made->hh.tbl) {
            p->n++;
            return made;
        }
    }
    free(made);
    return found ? found : p->others;
}

static struct row *find(struct bt_profile *p, const char *module, const char *function, uint32_t arity)
{
    if (!module || !function)
        return p->none;
    struct row **recent = &p->recent[((unsigned char)function[0] + arity) & (N_RECENT - 1)];
    if (is_of(*recent, module, function, arity))
        return *recent;
    struct row *r = look_up(p, module, function, arity);
    if (r != p->others)
        *recent = r;
    return r;
}

void bt_profile_add(struct bt_profile *p, const char *module, const char *function, uint32_t arity,
    const struct beamtap_event *ev)
{
    struct row *r = find(p, module, function, arity);
    r->calls += ev->type == BEAMTAP_EVENT_CALL;
    r->exceptions += ev->type == BEAMTAP_EVENT_EXCEPTION;
    if (ev->type == BEAMTAP_EVENT_CALL || ev->duration_ns < 0)
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

/* Shorter names first. */
static int by_name(const char *a, const char *b)
{
    size_t x = strlen(a), y = strlen(b);
    return x != y ? (x < y ? -1 : 1) : strcmp(a, b);
}

static int by_calls(const void *x, const void *y)
{
    const struct row *const *a = x, *const *b = y;
    if ((*a)->calls != (*b)->calls)
        return (*a)->calls < (*b)->calls ? 1 : -1;
    if ((*a)->names_len == 0 || (*b)->names_len == 0)
        return ((*a)->names_len == 0) - ((*b)->names_len == 0);
    int order = by_name((*a)->names, (*b)->names);
    order = order ? order : by_name(function_of(*a), function_of(*b));
    return order ? order : (*a)->arity < (*b)->arity ? -1 : 1;
}

static void put_count(struct bt_buf *out, uint64_t n, int width)
{
    struct bt_buf b = BT_BUF_INIT;
    bt_human_count(&b, n);
    bt_buf_printf(out, "%*s", width, bt_buf_cstr(&b));
    bt_buf_done(&b);
}

static void put_time(struct bt_buf *out, const struct row *r, int64_t ns)
{
    struct bt_buf b = BT_BUF_INIT;
    if (r->timed)
        bt_human_duration(&b, ns);
    else
        bt_buf_putc(&b, '-');
    bt_buf_printf(out, "%10s", bt_buf_cstr(&b));
    bt_buf_done(&b);
}

static void put_name(
    struct bt_buf *out, const struct bt_profile *p, const struct row *r, const struct beamtap_style *style)
{
    char name[2 * 2048]; /* an atom has 255 characters at most, of which each may be escaped */
    if (r == p->others)
        bt_buf_puts(out, "others");
    else if (r == p->none) /* a process's first function has no caller */
        bt_buf_puts(out, "none");
    else if (beamtap_mfa_format(r->names, function_of(r), r->arity, style, name, sizeof name, NULL) > 0)
        bt_buf_puts(out, name);
}

static void put_row(struct bt_buf *out, const struct bt_profile *p, const struct row *r, bool has_times,
    const struct beamtap_style *style)
{
    put_count(out, r->calls, 15);
    if (has_times) {
        put_count(out, r->exceptions, 9);
        put_time(out, r, r->min_ns);
        put_time(out, r, r->timed ? (int64_t)(r->sum_ns / (double)r->timed) : 0);
        put_time(out, r, r->max_ns);
    }
    bt_buf_puts(out, "  ");
    put_name(out, p, r, style);
    bt_buf_putc(out, '\n');
}

void bt_profile_put(struct bt_buf *out, const struct bt_profile *p, size_t top, const char *what,
    const struct beamtap_style *style)
{
    const struct row **rows = calloc(p->n + 2, sizeof *rows), *rest[] = {p->none, p->others};
    bool has_times = false;
    size_t n = 0;
    for (const struct row *r = p->rows; rows && r; r = r->hh.next)
        rows[n++] = r;
    for (size_t i = 0; rows && i < 2; i++) {
        if (rest[i]->calls || rest[i]->timed)
            rows[n++] = rest[i];
    }
    for (size_t i = 0; i < n; i++)
        has_times = has_times || (rows[i] != p->others && (rows[i]->timed || rows[i]->exceptions));
    if (n > 0) {
        qsort(rows, n, sizeof *rows, by_calls);
        bt_buf_printf(
            out, "%15s%s  %s\n", "calls", has_times ? "   raised       min      mean       max" : "", what);
    }
    for (size_t i = 0; i < n && i < top; i++)
        put_row(out, p, rows[i], has_times, style);
    if (n > top)
        bt_buf_printf(out, "%15s  and %zu more\n", "", n - top);
    free(rows);
}
