/*
 * style.c - how things look, and single terms as text.
 */
#include <inttypes.h>
#include <string.h>

#include "lib/inside.h"
#include "term/ex_quote.h"
#include "term/print.h"

static int check(const struct beamtap_style *s, struct beamtap_err *err)
{
    static const char *const what[] = {"format", "syntax", "time"};
    const int values[] = {(int)s->format, (int)s->syntax, (int)s->time};
    const int most[] = {BEAMTAP_FORMAT_CAPTURE, BEAMTAP_SYNTAX_ELIXIR, BEAMTAP_TIME_NONE};
    for (size_t i = 0; i < 3; i++) {
        if (values[i] < 0 || values[i] > most[i])
            return bt_err_set(err, BEAMTAP_EUSAGE, "there is no %s %d", what[i], values[i]);
    }
    return 0;
}

int bt_lib_take_style(struct bt_lib_style *out, const struct beamtap_style *style, enum bt_syntax syntax,
    struct beamtap_err *err)
{
    struct beamtap_style *s = &out->asked;
    memset(out, 0, sizeof *out);
    beamtap_style_init(s, sizeof *s);
    if (style &&
        (bt_lib_take_opts(s, sizeof *s, sizeof *s, style, "beamtap_style", err) < 0 || check(s, err) < 0))
        return -1;
    static const enum bt_text_time times[] = {
        BT_TEXT_TIME_LOCAL, BT_TEXT_TIME_UTC, BT_TEXT_TIME_RELATIVE, BT_TEXT_TIME_NONE};
    out->text = (struct bt_text_style){.time = times[s->time],
        .has_color = s->color,
        .is_pretty = s->pretty,
        .has_names = s->names,
        .max_line = s->max_line};
    out->print.max_depth = s->depth;
    out->print.syntax = s->syntax == BEAMTAP_SYNTAX_AUTO     ? syntax
                        : s->syntax == BEAMTAP_SYNTAX_ELIXIR ? BT_SYNTAX_ELIXIR
                                                             : BT_SYNTAX_ERLANG;
    return 0;
}

ssize_t beamtap_atom_format(
    const char *name, const struct beamtap_style *style, char *buf, size_t cap, struct beamtap_err *err)
{
    struct bt_lib_style st;
    struct beamtap_err e = {0};
    struct bt_buf b = BT_BUF_INIT;
    if (!name)
        return bt_lib_misuse(err, "the name is NULL");
    if (bt_lib_take_style(&st, style, BT_SYNTAX_ERLANG, &e) < 0)
        return bt_lib_fail(err, &e);
    struct bt_slice text = {(const uint8_t *)name, strlen(name)};
    if (st.print.syntax == BT_SYNTAX_ELIXIR)
        bt_ex_quote_atom(&b, text, false);
    else
        bt_print_atom(&b, text);
    ssize_t n = bt_lib_give(&b, buf, cap, &e);
    bt_buf_done(&b);
    return n < 0 ? bt_lib_fail(err, &e) : n;
}

ssize_t beamtap_term_format(const struct beamtap_term *term, const char *node,
    const struct beamtap_style *style, char *buf, size_t cap, struct beamtap_err *err)
{
    struct bt_lib_style st;
    struct beamtap_err e = {0};
    struct bt_buf b = BT_BUF_INIT;
    struct bt_etf r;
    if (!term || !term->etf)
        return bt_lib_misuse(err, "the term has no bytes");
    if (bt_lib_take_style(&st, style, BT_SYNTAX_ERLANG, &e) < 0)
        return bt_lib_fail(err, &e);
    if (node)
        st.print.home = (struct bt_slice){(const uint8_t *)node, strlen(node)};
    bt_etf_init(&r, term->etf, term->len);
    bt_etf_version(&r);
    ssize_t n = -1;
    if (bt_print_term(&b, &r, &st.print) && r.p == r.end)
        n = bt_lib_give(&b, buf, cap, &e);
    else if (b.failed)
        bt_err_nomem(&e);
    else
        bt_err_set(&e, BEAMTAP_EPROTO, "these bytes are not one whole term");
    bt_buf_done(&b);
    if (n < 0)
        bt_lib_fail(err, &e);
    return n;
}

ssize_t beamtap_mfa_format(const char *module, const char *function, uint32_t arity,
    const struct beamtap_style *style, char *buf, size_t cap, struct beamtap_err *err)
{
    struct bt_lib_style st;
    struct beamtap_err e = {0};
    struct bt_buf b = BT_BUF_INIT;
    if (!module || !function)
        return bt_lib_misuse(err, "module or function is NULL");
    if (bt_lib_take_style(&st, style, BT_SYNTAX_ERLANG, &e) < 0)
        return bt_lib_fail(err, &e);
    bt_text_name(&b, (struct bt_slice){(const uint8_t *)module, strlen(module)},
        (struct bt_slice){(const uint8_t *)function, strlen(function)}, &st.print);
    bt_buf_printf(&b, "/%" PRIu32, arity);
    ssize_t n = bt_lib_give(&b, buf, cap, &e);
    bt_buf_done(&b);
    return n < 0 ? bt_lib_fail(err, &e) : n;
}
