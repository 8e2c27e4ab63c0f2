/*
 * ast.c - the table of operators, and the tree back to text.
 */
#include "spec/ast.h"

#include <string.h>

#include "base/utf8.h"
#include "spec/ex_print.h"
#include "term/etf_write.h"
#include "term/print.h"

const struct bt_op_info *bt_op_info(enum bt_op op)
{
    static const struct bt_op_info ops[] = {
#define BT_X(name, text, strength, assoc) {text, strength, BT_ASSOC_##assoc},
        BT_OPS(BT_X)
#undef BT_X
    };
    return &ops[op];
}

const char *bt_action_name(enum bt_action action)
{
    static const char *const names[] = {"return", "time", "caller", "stack", "count"};
    return names[action];
}

static const struct bt_spec_event_info events[] = {{"", 0, ""},
#define BT_X(name, text, arity, flag) {text, arity, flag},
    BT_SPEC_EVENTS(BT_X)
#undef BT_X
};

const struct bt_spec_event_info *bt_spec_event_info(enum bt_spec_event e)
{
    return &events[e];
}

enum bt_spec_event bt_spec_event_find(const char *name)
{
    for (size_t i = 1; i < sizeof events / sizeof events[0]; i++) {
        if (strcmp(events[i].name, name) == 0)
            return (enum bt_spec_event)i;
    }
    return BT_SPEC_CALL;
}

/* Where text goes, and in which of the two contexts we are. */
struct printer {
    struct bt_buf *out;
    bool is_guard;
    struct beamtap_err *err;
};

static int print_expr(struct printer *p, const struct bt_ast *e, int least);

int bt_ast_print_term(struct bt_buf *out, const struct bt_term *t, struct beamtap_err *err)
{
    static const char home_name[] = "nonode@nohost";
    static const struct bt_etf_home home = {home_name, 0};
    const struct bt_print_opts opts = {.home = {(const uint8_t *)home_name, sizeof home_name - 1}};
    struct bt_buf bytes = BT_BUF_INIT;
    int rc = bt_etf_write(&bytes, t, &home, err);
    if (!rc) {
        struct bt_etf r;
        bt_etf_init(&r, bytes.data, bytes.len);
        if (!bt_print_erlang(out, &r, &opts) || out->failed)
            rc = out->failed ? bt_err_nomem(err)
                             : bt_err_set(err, BEAMTAP_EINTERNAL, "a term that was written cannot be read");
    }
    bt_buf_done(&bytes);
    return rc;
}

/* Text between double quotes, so that the lexer reads the same characters. */
static void put_string(struct bt_buf *out, const char *text, size_t len)
{
    bt_buf_putc(out, '"');
    for (size_t i = 0, step; i < len; i += step) {
        uint32_t c = 0;
        step = bt_utf8_decode(text + i, len - i, &c);
        step = step ? step : 1;
        if (c == '"' || c == '\\')
            bt_buf_printf(out, "\\%c", (char)c);
        else if (c < ' ' || (c >= 0x7F && c < 0xA0))
            bt_buf_printf(out, "\\x{%X}", (unsigned)c);
        else
            bt_buf_put(out, text + i, step);
    }
    bt_buf_putc(out, '"');
}

static void put_atom(struct bt_buf *out, const char *name, size_t len)
{
    bt_print_atom(out, (struct bt_slice){(const uint8_t *)name, len});
}

static int print_list(struct printer *p, struct bt_ast *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            bt_buf_puts(p->out, ", ");
        if (print_expr(p, items[i], 0))
            return -1;
    }
    return 0;
}

static int print_seq(struct printer *p, const struct bt_ast *e, const char *open, const char *close)
{
    bt_buf_puts(p->out, open);
    if (print_list(p, e->u.seq.items, e->u.seq.n))
        return -1;
    if (e->u.seq.tail) {
        bt_buf_puts(p->out, " | ");
        if (print_expr(p, e->u.seq.tail, 0))
            return -1;
    }
    bt_buf_puts(p->out, close);
    return 0;
}

static int print_map(struct printer *p, const struct bt_ast *e)
{
    bt_buf_puts(p->out, "#{");
    for (size_t i = 0; i < e->u.seq.n; i++) {
        if (i)
            bt_buf_puts(p->out, ", ");
        if (print_expr(p, e->u.seq.items[2 * i], bt_op_info(BT_OP_MATCH)->strength + 1))
            return -1;
        bt_buf_puts(p->out, p->is_guard ? " => " : " := ");
        if (print_expr(p, e->u.seq.items[2 * i + 1], 0))
            return -1;
    }
    bt_buf_putc(p->out, '}');
    return 0;
}

/* erlang:'+'(A, B) */
static int print_op_call(struct printer *p, const struct bt_ast *e)
{
    const char *text = bt_op_info(e->u.op.op)->text;
    bt_buf_puts(p->out, "erlang:");
    put_atom(p->out, text, strlen(text));
    bt_buf_putc(p->out, '(');
    if (print_list(p, e->u.op.args, e->u.op.args[1] ? 2 : 1))
        return -1;
    bt_buf_putc(p->out, ')');
    return 0;
}

/* A sign before a number would be read as a part of it, but not before one that has a sign: -+9. */
static int print_unary(struct printer *p, const struct bt_op_info *op, const struct bt_ast *arg)
{
    bt_buf_printf(p->out, "%s ", op->text);
    size_t at = p->out->len;
    if (print_expr(p, arg, op->strength))
        return -1;
    bool has_digit = at < p->out->len && p->out->data[at] >= '0' && p->out->data[at] <= '9';
    if (arg->kind != BT_AST_LITERAL || !has_digit || !strchr("+-", op->text[0]))
        return 0;
    p->out->len = at;
    bt_buf_putc(p->out, '+');
    return print_expr(p, arg, op->strength);
}

static int print_op(struct printer *p, const struct bt_ast *e)
{
    const struct bt_op_info *op = bt_op_info(e->u.op.op);
    if (e->u.op.is_call)
        return print_op_call(p, e);
    if (op->assoc == BT_ASSOC_UNARY)
        return print_unary(p, op, e->u.op.args[0]);
    /* The side on which an equally strong operator would not come back as it was needs brackets. */
    if (print_expr(p, e->u.op.args[0], op->strength + (op->assoc != BT_ASSOC_LEFT)))
        return -1;
    bt_buf_printf(p->out, " %s ", op->text);
    return print_expr(p, e->u.op.args[1], op->strength + (op->assoc != BT_ASSOC_RIGHT));
}

static int print_call_expr(struct printer *p, const struct bt_ast *e)
{
    bt_buf_puts(p->out, e->u.call.is_remote ? "erlang:" : "");
    put_atom(p->out, e->u.call.name, strlen(e->u.call.name));
    bt_buf_putc(p->out, '(');
    if (print_list(p, e->u.call.args, e->u.call.n))
        return -1;
    bt_buf_putc(p->out, ')');
    return 0;
}

/* Brackets around what would read as another thing in front of #: a module's name, a number behind a sign. */
static int print_record_of(struct printer *p, const struct bt_ast *of)
{
    bool needs_brackets = of->kind == BT_AST_LITERAL || of->kind == BT_AST_OP;
    if (needs_brackets)
        bt_buf_putc(p->out, '(');
    if (print_expr(p, of, 0))
        return -1;
    if (needs_brackets)
        bt_buf_putc(p->out, ')');
    return 0;
}

static int print_fields(struct printer *p, const struct bt_ast_record *r)
{
    bt_buf_putc(p->out, '{');
    for (size_t i = 0; i < r->n; i++) {
        bt_buf_puts(p->out, i ? ", " : "");
        put_atom(p->out, r->fields[i].name, strlen(r->fields[i].name));
        bt_buf_puts(p->out, " = ");
        if (print_expr(p, r->fields[i].value, 0))
            return -1;
    }
    if (r->other) {
        bt_buf_puts(p->out, r->n ? ", _ = " : "_ = ");
        if (print_expr(p, r->other, 0))
            return -1;
    }
    bt_buf_putc(p->out, '}');
    return 0;
}

static int print_record(struct printer *p, const struct bt_ast_record *r)
{
    if (r->of && print_record_of(p, r->of))
        return -1;
    if (r->module)
        put_atom(p->out, r->module, strlen(r->module));
    bt_buf_putc(p->out, '#');
    put_atom(p->out, r->name, strlen(r->name));
    if (r->form == BT_RECORD_FIELDS)
        return print_fields(p, r);
    if (r->form == BT_RECORD_INDEX) {
        bt_buf_putc(p->out, '.');
        put_atom(p->out, r->fields[0].name, strlen(r->fields[0].name));
    }
    return 0;
}

/* Not as the node prints a fun: fun when:f/1 does not read back. */
static int print_literal(struct printer *p, const struct bt_term *t)
{
    if (t->kind != BT_TERM_FUN)
        return bt_ast_print_term(p->out, t, p->err);
    const struct bt_term *m = t->u.fun.module, *f = t->u.fun.function;
    bt_buf_puts(p->out, "fun ");
    put_atom(p->out, m->u.atom.name, m->u.atom.len);
    bt_buf_putc(p->out, ':');
    put_atom(p->out, f->u.atom.name, f->u.atom.len);
    bt_buf_printf(p->out, "/%d", (int)t->u.fun.arity);
    return 0;
}

static int print_bare(struct printer *p, const struct bt_ast *e)
{
    switch (e->kind) {
    case BT_AST_LITERAL: return print_literal(p, e->u.literal);
    case BT_AST_STRING: put_string(p->out, e->u.string.text, e->u.string.len); return 0;
    case BT_AST_VAR: bt_buf_puts(p->out, e->u.var.name); return 0;
    case BT_AST_WILD: bt_buf_putc(p->out, '_'); return 0;
    case BT_AST_TUPLE: return print_seq(p, e, "{", "}");
    case BT_AST_LIST: return print_seq(p, e, "[", "]");
    case BT_AST_MAP: return print_map(p, e);
    case BT_AST_OP: return print_op(p, e);
    case BT_AST_CALL: return print_call_expr(p, e);
    case BT_AST_RECORD: return print_record(p, e->u.record);
    }
    return 0;
}

/* least: operators weaker than this need brackets around them. */
static int print_expr(struct printer *p, const struct bt_ast *e, int least)
{
    bool is_op = e->kind == BT_AST_OP && !e->u.op.is_call;
    bool needs_brackets = is_op && bt_op_info(e->u.op.op)->strength < least;
    if (needs_brackets)
        bt_buf_putc(p->out, '(');
    if (print_bare(p, e))
        return -1;
    if (needs_brackets)
        bt_buf_putc(p->out, ')');
    return 0;
}

static void print_name(struct printer *p, const struct bt_ast_name *name)
{
    if (name->kind == BT_NAME_ATOM)
        put_atom(p->out, name->text, name->len);
    else
        bt_buf_printf(p->out, name->kind == BT_NAME_REGEX ? "/%s/" : "%s", name->text);
}

static int print_guards(struct printer *p, const struct bt_ast_clause *c)
{
    p->is_guard = true;
    for (size_t i = 0; i < c->n_guards; i++) {
        bt_buf_puts(p->out, i ? "; " : " when ");
        if (print_list(p, c->guards[i].tests, c->guards[i].n))
            return -1;
    }
    return 0;
}

static int print_fun(struct printer *p, const struct bt_ast_spec *s)
{
    for (size_t i = 0; i < s->n_clauses; i++) {
        const struct bt_ast_clause *c = &s->clauses[i];
        bt_buf_puts(p->out, i ? "; (" : "fun(");
        p->is_guard = false;
        if (print_expr(p, c->head, 0))
            return -1;
        bt_buf_putc(p->out, ')');
        if (print_guards(p, c))
            return -1;
        bt_buf_puts(p->out, " -> ");
        if (print_list(p, c->body, c->n_body))
            return -1;
    }
    bt_buf_puts(p->out, " end");
    return 0;
}

static int print_recon_args(struct printer *p, const struct bt_ast_spec *s)
{
    switch (s->args_kind) {
    case BT_ARGS_ARITY: bt_buf_printf(p->out, "%zu", s->arity); return 0;
    case BT_ARGS_RETURN_TRACE: bt_buf_puts(p->out, "return_trace"); return 0;
    case BT_ARGS_FUN: return print_fun(p, s);
    case BT_ARGS_MATCH_SPEC: p->is_guard = true; return print_expr(p, s->match_spec, 0);
    case BT_ARGS_ANY:
    case BT_ARGS_PATTERN: bt_buf_puts(p->out, "'_'");
    }
    return 0;
}

static int print_recon(struct printer *p, const struct bt_ast_spec *s)
{
    bt_buf_putc(p->out, '{');
    print_name(p, &s->module);
    bt_buf_puts(p->out, ", ");
    print_name(p, &s->function);
    bt_buf_puts(p->out, ", ");
    if (print_recon_args(p, s))
        return -1;
    bt_buf_putc(p->out, '}');
    return 0;
}

/* The module `link` alone: without quotes it is the event. */
static bool is_like_event(const struct bt_ast_spec *s)
{
    return !s->function.loc.line && s->module.kind == BT_NAME_ATOM &&
           bt_spec_event_find(s->module.text) != BT_SPEC_CALL;
}

static int print_call(struct printer *p, const struct bt_ast_spec *s)
{
    if (s->notation == BT_NOTATION_EVENT)
        bt_buf_puts(p->out, bt_spec_event_info(s->event)->name);
    else if (is_like_event(s))
        bt_buf_printf(p->out, "'%s'", s->module.text);
    else
        print_name(p, &s->module);
    if (s->function.loc.line) { /* else `queue` */
        bt_buf_putc(p->out, ':');
        print_name(p, &s->function);
    }
    if (s->args_kind == BT_ARGS_ARITY)
        bt_buf_printf(p->out, "/%zu", s->arity);
    if (s->args_kind == BT_ARGS_PATTERN) {
        bt_buf_putc(p->out, '(');
        if (print_list(p, s->clauses[0].head->u.seq.items, s->arity))
            return -1;
        bt_buf_putc(p->out, ')');
    }
    if (print_guards(p, &s->clauses[0]))
        return -1;
    for (size_t i = 0; i < s->n_actions; i++)
        bt_buf_printf(p->out, "%s%s", i ? ", " : " -> ", bt_action_name(s->actions[i].action));
    return 0;
}

int bt_ast_print(struct bt_buf *out, const struct bt_ast_text *text, struct beamtap_err *err)
{
    if (text->is_list)
        bt_buf_putc(out, '[');
    for (size_t i = 0; i < text->n; i++) {
        struct printer p = {out, false, err};
        const struct bt_ast_spec *s = &text->specs[i];
        if (i)
            bt_buf_puts(out, ", ");
        if (s->syntax == BT_SYNTAX_ELIXIR      ? bt_ex_print(out, s, err)
            : s->notation == BT_NOTATION_RECON ? print_recon(&p, s)
                                               : print_call(&p, s))
            return -1;
    }
    if (text->is_list)
        bt_buf_putc(out, ']');
    return out->failed ? bt_err_nomem(err) : 0;
}

int bt_ast_print_expr(struct bt_buf *out, const struct bt_ast *expr, bool is_guard, struct beamtap_err *err)
{
    struct printer p = {out, is_guard, err};
    int rc = print_expr(&p, expr, 0);
    return rc ? rc : out->failed ? bt_err_nomem(err) : 0;
}
