/*
 * ex_calendar.c - times as Elixir shows them. The rules are those of Calendar.ISO.
 */
#include "term/ex_calendar.h"

#include <stdlib.h>

#include "term/digits.h"
#include "term/ex_quote.h"

/* n digits at least, the sign before them. */
static void put_padded(struct bt_buf *out, int64_t v, size_t n)
{
    char digits[20];
    size_t len = 0;
    uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
    if (v < 0)
        bt_buf_putc(out, '-');
    for (; u > 0 || len == 0; u /= 10)
        digits[sizeof digits - ++len] = (char)('0' + u % 10);
    for (size_t i = len; i < n; i++)
        bt_buf_putc(out, '0');
    bt_buf_put(out, digits + sizeof digits - len, len);
}

static bool read_int(struct bt_etf v, int64_t *n)
{
    return v.p && bt_etf_int64(&v, n);
}

static bool is_iso(struct bt_etf calendar)
{
    return calendar.p && bt_etf_is_atom(&calendar, "Elixir.Calendar.ISO");
}

struct date {
    int64_t year, month, day;
};

struct time {
    int64_t hour, minute, second, us, precision;
};

static bool read_date(const struct bt_etf *v, struct date *d)
{
    return read_int(v[0], &d->year) && read_int(v[1], &d->month) && read_int(v[2], &d->day);
}

static bool is_within(int64_t v, int64_t most)
{
    return v >= 0 && v <= most;
}

static bool read_time(const struct bt_etf *v, struct bt_etf us, struct time *t)
{
    return read_int(v[0], &t->hour) && read_int(v[1], &t->minute) && read_int(v[2], &t->second) && us.p &&
           bt_etf_tuple_of(&us, 2) && bt_etf_int64(&us, &t->us) && bt_etf_int64(&us, &t->precision) &&
           is_within(t->hour, 23) && is_within(t->minute, 59) && is_within(t->second, 59) &&
           is_within(t->us, 999999) && is_within(t->precision, 6);
}

static void put_date(struct bt_buf *out, const struct date *d)
{
    put_padded(out, d->year, 4);
    bt_buf_putc(out, '-');
    put_padded(out, d->month, 2);
    bt_buf_putc(out, '-');
    put_padded(out, d->day, 2);
}

static void put_time(struct bt_buf *out, const struct time *t)
{
    put_padded(out, t->hour, 2);
    bt_buf_putc(out, ':');
    put_padded(out, t->minute, 2);
    bt_buf_putc(out, ':');
    put_padded(out, t->second, 2);
    if (t->precision) {
        int64_t us = t->us;
        for (int64_t i = t->precision; i < 6; i++)
            us /= 10;
        bt_buf_putc(out, '.');
        put_padded(out, us, (size_t)t->precision);
    }
}

/* Beyond these years a sigil would not be read back. */
static bool is_sigil_year(int64_t year)
{
    return year >= -9999 && year <= 9999;
}

static void put_args(struct bt_buf *out, const int64_t *args, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            bt_buf_put(out, ", ", 2);
        bt_digits_int(out, args[i]);
    }
}

bool bt_ex_date(struct bt_buf *out, const struct bt_etf *values)
{
    struct date d;
    if (!read_date(values, &d) || !is_iso(values[3]))
        return false;
    if (is_sigil_year(d.year)) {
        bt_buf_puts(out, "~D[");
        put_date(out, &d);
        bt_buf_putc(out, ']');
        return true;
    }
    bt_buf_puts(out, "Date.new!(");
    put_args(out, (const int64_t[]){d.year, d.month, d.day}, 3);
    bt_buf_putc(out, ')');
    return true;
}

bool bt_ex_time(struct bt_buf *out, const struct bt_etf *values)
{
    struct time t;
    if (!read_time(values, values[3], &t) || !is_iso(values[4]))
        return false;
    bt_buf_puts(out, "~T[");
    put_time(out, &t);
    bt_buf_putc(out, ']');
    return true;
}

bool bt_ex_naive_date_time(struct bt_buf *out, const struct bt_etf *values)
{
    struct date d;
    struct time t;
    if (!read_date(values, &d) || !read_time(values + 3, values[6], &t) || !is_iso(values[7]))
        return false;
    if (is_sigil_year(d.year)) {
        bt_buf_puts(out, "~N[");
        put_date(out, &d);
        bt_buf_putc(out, ' ');
        put_time(out, &t);
        bt_buf_putc(out, ']');
        return true;
    }
    bt_buf_puts(out, "NaiveDateTime.new!(");
    put_args(out, (const int64_t[]){d.year, d.month, d.day, t.hour, t.minute, t.second}, 6);
    bt_buf_puts(out, ", {");
    put_args(out, (const int64_t[]){t.us, t.precision}, 2);
    bt_buf_puts(out, "})");
    return true;
}

struct zone {
    struct bt_slice name, abbr;
    int64_t utc, std;
    bool is_utc; /* by its name */
};

#define MAX_OFFSET ((int64_t)1 << 40) /* seconds; keeps sums from overflowing */

/* Elixir puts the names as they are; a name with something a terminal would act on is no zone. */
static bool read_zone(const struct bt_etf *v, struct zone *z)
{
    struct bt_etf name = v[0], abbr = v[1];
    if (!name.p || !bt_etf_binary(&name, &z->name) || !abbr.p || !bt_etf_binary(&abbr, &z->abbr) ||
        !bt_ex_is_clean(z->name) || !bt_ex_is_clean(z->abbr) || !read_int(v[2], &z->utc) ||
        !read_int(v[3], &z->std))
        return false;
    z->is_utc = bt_slice_is(z->name, "Etc/UTC");
    return llabs(z->utc) < MAX_OFFSET && llabs(z->std) < MAX_OFFSET;
}

static void put_zone(struct bt_buf *out, const struct zone *z)
{
    int64_t total = z->utc + z->std, seconds = llabs(total);
    if (z->is_utc && z->utc == 0 && z->std == 0) {
        bt_buf_putc(out, 'Z');
        return;
    }
    bt_buf_putc(out, total < 0 ? '-' : '+');
    put_padded(out, seconds / 3600, 2);
    bt_buf_putc(out, ':');
    put_padded(out, seconds % 3600 / 60, 2);
    if (!z->is_utc) {
        bt_buf_putc(out, ' ');
        bt_buf_put(out, z->abbr.p, z->abbr.len);
        bt_buf_putc(out, ' ');
        bt_buf_put(out, z->name.p, z->name.len);
    }
}

bool bt_ex_date_time(struct bt_buf *out, const struct bt_etf *values)
{
    struct date d;
    struct time t;
    struct zone z;
    if (!read_date(values, &d) || !read_time(values + 3, values[10], &t) || !read_zone(values + 6, &z) ||
        !is_iso(values[11]))
        return false;
    bool is_sigil = z.is_utc && z.utc == 0 && z.std == 0 && is_sigil_year(d.year);
    bt_buf_puts(out, is_sigil ? "~U[" : "#DateTime<");
    put_date(out, &d);
    bt_buf_putc(out, ' ');
    put_time(out, &t);
    put_zone(out, &z);
    bt_buf_putc(out, is_sigil ? ']' : '>');
    return true;
}
