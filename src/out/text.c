/*
 * text.c - events as lines of text.
 */
#include "out/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "term/shape.h"

#define UNREADABLE "<unreadable>" /* stands where a term is no whole external term */

/* All units are cut, not rounded: 999.999ms must not become 1000.00ms. */
void bt_text_duration(struct bt_buf *out, int64_t ns)
{
    if (ns < 1000)
        bt_buf_printf(out, "%" PRId64 "ns", ns);
    else if (ns < 1000000)
        bt_buf_printf(out, "%" PRId64 "us", ns / 1000);
    else if (ns < 1000000000)
        bt_buf_printf(out, "%" PRId64 ".%02" PRId64 "ms", ns / 1000000, ns / 10000 % 100);
    else
        bt_buf_printf(out, "%" PRId64 ".%03" PRId64 "s", ns / 1000000000, ns / 1000000 % 1000);
}

void bt_text_count(struct bt_buf *out, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            bt_buf_putc(out, ',');
        bt_buf_putc(out, digits[i]);
    }
}

static void put_time(struct bt_buf *out, int64_t wall_ns)
{
    time_t s = (time_t)(wall_ns / 1000000000);
    struct tm tm;
    if (localtime_r(&s, &tm))
        bt_buf_printf(
            out, "%02d:%02d:%02d.%06d", tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(wall_ns / 1000 % 1000000));
}

static bool put_term(struct bt_buf *out, struct bt_slice etf, const struct bt_print_opts *opts)
{
    struct bt_etf r;
    bt_etf_init(&r, etf.p, etf.len);
    if (bt_print_erlang(out, &r, opts))
        return true;
    bt_buf_puts(out, UNREADABLE);
    return false;
}

/* All arguments, as one list. */
static bool put_arg_list(struct bt_buf *out, struct bt_slice list, const struct bt_print_opts *opts)
{
    struct bt_etf r;
    struct bt_etf_token tok;
    bt_etf_init(&r, list.p, list.len);
    struct bt_etf at = r;
    if (!bt_etf_next(&r, &tok))
        return false;
    if (tok.kind == BT_ETF_STRING) { /* [1, 2] travels as a string */
        for (size_t i = 0; i < tok.bytes.len; i++)
            bt_buf_printf(out, "%s%u", i ? ", " : "", tok.bytes.p[i]);
        return true;
    }
    if (tok.kind == BT_ETF_NIL)
        return true;
    if (tok.kind != BT_ETF_LIST)
        return bt_print_erlang(out, &at, opts);
    for (uint32_t i = 0; i < tok.arity; i++) {
        if (i)
            bt_buf_puts(out, ", ");
        if (!bt_print_erlang(out, &r, opts))
            return false;
    }
    return true;
}

static bool put_shapes(struct bt_buf *out, const struct bt_clause *c, const struct bt_event *ev,
    const struct bt_print_opts *opts)
{
    bool ok = true;
    for (size_t i = 0; i < c->n_args; i++) {
        if (i)
            bt_buf_puts(out, ", ");
        if (bt_shape_print(out, c->shape[i], ev->values, ev->n_values, opts))
            continue;
        bt_buf_puts(out, UNREADABLE);
        ok = false;
    }
    return ok;
}

static bool put_args(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o)
{
    const struct bt_clause *c = ev->clause < o->n_clauses ? o->clauses[ev->clause] : NULL;
    bool ok = true;
    if (o->no_args || !c) {
        bt_buf_printf(out, "/%u", ev->arity);
        return c != NULL;
    }
    bt_buf_putc(out, '(');
    if (!o->whole_args && !c->captures_all) {
        ok = put_shapes(out, c, ev, &o->print);
    } else if (ev->n_values != 1 || !put_arg_list(out, ev->values[0], &o->print)) {
        bt_buf_puts(out, UNREADABLE);
        ok = false;
    }
    bt_buf_putc(out, ')');
    return ok;
}

static void put_duration(struct bt_buf *out, const struct bt_event *ev)
{
    if (ev->duration_ns < 0)
        return;
    bt_buf_puts(out, "  ");
    bt_text_duration(out, ev->duration_ns);
}

bool bt_text_event(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o)
{
    bool ok = true;
    put_time(out, ev->wall_ns);
    bt_buf_putc(out, ' ');
    ok = put_term(out, ev->pid, &o->print);
    bt_buf_putc(out, ' ');
    bt_print_atom(out, ev->module);
    bt_buf_putc(out, ':');
    bt_print_atom(out, ev->function);
    switch (ev->type) {
    case BT_EVENT_CALL: ok = put_args(out, ev, o) && ok; break;
    case BT_EVENT_RETURN:
        bt_buf_printf(out, "/%u --> ", ev->arity);
        ok = put_term(out, ev->value, &o->print) && ok;
        put_duration(out, ev);
        break;
    case BT_EVENT_EXCEPTION:
        bt_buf_printf(out, "/%u ** ", ev->arity);
        bt_print_atom(out, ev->class_name);
        bt_buf_putc(out, ':');
        ok = put_term(out, ev->value, &o->print) && ok;
        put_duration(out, ev);
        break;
    }
    bt_buf_putc(out, '\n');
    return ok;
}
