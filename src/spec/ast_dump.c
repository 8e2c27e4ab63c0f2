/*
 * ast_dump.c - the tree of a spec as an indented list, with places: what `beamtap compile --ast` shows.
 */
#include <string.h>

#include "spec/ast.h"
#include "spec/ex_print.h"
#include "spec/loc.h"

struct dumper {
    struct bt_buf *out;
    int level;
    enum bt_syntax syntax;
    struct beamtap_err *err;
};

static void begin_line(struct dumper *d, const char *what)
{
    for (int i = 0; i < d->level; i++)
        bt_buf_puts(d->out, "  ");
    bt_buf_puts(d->out, what);
}

static void end_line(struct dumper *d, struct beamtap_loc loc)
{
    if (loc.line)
        bt_buf_printf(d->out, " @%d:%d+%zu", loc.line, loc.col, loc.len);
    bt_buf_putc(d->out, '\n');
}

static int dump_expr(struct dumper *d, const struct bt_ast *e);

static int dump_items(struct dumper *d, struct bt_ast *const *items, size_t n)
{
    int rc = 0;
    d->level++;
    for (size_t i = 0; i < n && !rc; i++)
        rc = dump_expr(d, items[i]);
    d->level--;
    return rc;
}

static int dump_tail(struct dumper *d, struct bt_ast *const tail)
{
    d->level++;
    begin_line(d, "tail\n");
    int rc = dump_items(d, &tail, 1);
    d->level--;
    return rc;
}

static int dump_seq(struct dumper *d, const struct bt_ast *e, const char *what, size_t n)
{
    begin_line(d, what);
    end_line(d, e->loc);
    if (dump_items(d, e->u.seq.items, n))
        return -1;
    return e->u.seq.tail ? dump_tail(d, e->u.seq.tail) : 0;
}

/* literal, string, var: the text itself is the best description. */
static int dump_leaf(struct dumper *d, const struct bt_ast *e, const char *what)
{
    begin_line(d, what);
    if (d->syntax == BT_SYNTAX_ELIXIR ? bt_ex_print_expr(d->out, e, d->err)
                                      : bt_ast_print_expr(d->out, e, false, d->err))
        return -1;
    end_line(d, e->loc);
    return 0;
}

static void dump_word(struct dumper *d, const char *before, const char *word)
{
    bt_buf_puts(d->out, before);
    bt_loc_escape(d->out, word, strlen(word));
}

static int dump_field(struct dumper *d, const struct bt_ast_field *f)
{
    begin_line(d, "field");
    dump_word(d, " ", f->name);
    end_line(d, f->loc);
    return f->value ? dump_items(d, &f->value, 1) : 0;
}

static int dump_record(struct dumper *d, const struct bt_ast *e)
{
    static const char *const forms[] = {"record", "record index", "record name"};
    const struct bt_ast_record *r = e->u.record;
    int rc = 0;
    begin_line(d, r->of && r->form == BT_RECORD_INDEX ? "record access"
                  : r->of                             ? "record copy"
                                                      : forms[r->form]);
    dump_word(d, " ", r->module ? r->module : "");
    dump_word(d, "#", r->name);
    end_line(d, e->loc);
    d->level++;
    for (size_t i = 0; i < r->n && !rc; i++)
        rc = dump_field(d, &r->fields[i]);
    if (!rc && r->other) {
        begin_line(d, "other fields\n");
        rc = dump_items(d, &r->other, 1);
    }
    if (!rc && r->of) {
        begin_line(d, "of\n");
        rc = dump_items(d, &r->of, 1);
    }
    d->level--;
    return rc;
}

static int dump_expr(struct dumper *d, const struct bt_ast *e)
{
    switch (e->kind) {
    case BT_AST_LITERAL: return dump_leaf(d, e, "literal ");
    case BT_AST_STRING: return dump_leaf(d, e, "string ");
    case BT_AST_VAR: return dump_leaf(d, e, "var ");
    case BT_AST_WILD: return dump_leaf(d, e, "wild ");
    case BT_AST_TUPLE: return dump_seq(d, e, "tuple", e->u.seq.n);
    case BT_AST_LIST: return dump_seq(d, e, "list", e->u.seq.n);
    case BT_AST_MAP: return dump_seq(d, e, "map", 2 * e->u.seq.n);
    case BT_AST_OP:
        begin_line(d, "op ");
        bt_buf_puts(d->out, bt_op_info(e->u.op.op)->text);
        end_line(d, e->loc);
        return dump_items(d, e->u.op.args, e->u.op.args[1] ? 2 : 1);
    case BT_AST_CALL:
        begin_line(d, "call ");
        bt_loc_escape(d->out, e->u.call.name, strlen(e->u.call.name));
        end_line(d, e->loc);
        return dump_items(d, e->u.call.args, e->u.call.n);
    case BT_AST_RECORD: return dump_record(d, e);
    }
    return 0;
}

static void dump_name(struct dumper *d, const char *what, const struct bt_ast_name *name)
{
    begin_line(d, what);
    bt_buf_puts(d->out, name->kind == BT_NAME_GLOB ? "glob " : name->kind == BT_NAME_REGEX ? "regex " : "");
    bt_loc_escape(d->out, name->text, name->len);
    end_line(d, name->loc);
}

static void dump_args_kind(struct dumper *d, const struct bt_ast_spec *s)
{
    static const char *const names[] = {
        "args any", "arity ", "args", "fun", "match specification", "args return_trace"};
    begin_line(d, names[s->args_kind]);
    if (s->args_kind == BT_ARGS_ARITY)
        bt_buf_printf(d->out, "%zu", s->arity);
    end_line(d, s->args_loc);
}

static int dump_clause(struct dumper *d, const struct bt_ast_clause *c, bool is_fun)
{
    if (is_fun) {
        begin_line(d, "clause");
        end_line(d, c->loc);
        d->level++;
    }
    if (is_fun && dump_items(d, &c->head, 1))
        return -1;
    if (!is_fun && c->head && dump_items(d, c->head->u.seq.items, c->head->u.seq.n))
        return -1;
    for (size_t i = 0; i < c->n_guards; i++) {
        begin_line(d, i ? "or when\n" : "when\n");
        if (dump_items(d, c->guards[i].tests, c->guards[i].n))
            return -1;
    }
    if (is_fun) {
        begin_line(d, "body\n");
        if (dump_items(d, c->body, c->n_body))
            return -1;
        d->level--;
    }
    return 0;
}

static int dump_spec(struct dumper *d, const struct bt_ast_spec *s)
{
    d->syntax = s->syntax;
    begin_line(d, s->notation == BT_NOTATION_RECON   ? "recon tuple"
                      : s->notation == BT_NOTATION_EVENT ? bt_spec_event_info(s->event)->name
                                                         : "call spec");
    if (s->syntax == BT_SYNTAX_ELIXIR)
        bt_buf_puts(d->out, ", Elixir");
    end_line(d, s->loc);
    d->level++;
    dump_name(d, "module ", &s->module);
    dump_name(d, "function ", &s->function);
    dump_args_kind(d, s);
    if (s->match_spec && dump_items(d, &s->match_spec, 1))
        return -1;
    for (size_t i = 0; i < s->n_clauses; i++) {
        if (dump_clause(d, &s->clauses[i], s->args_kind == BT_ARGS_FUN))
            return -1;
    }
    for (size_t i = 0; i < s->n_actions; i++) {
        begin_line(d, "action ");
        bt_buf_puts(d->out, bt_action_name(s->actions[i].action));
        end_line(d, s->actions[i].loc);
    }
    d->level--;
    return 0;
}

int bt_ast_dump(struct bt_buf *out, const struct bt_ast_text *text, struct beamtap_err *err)
{
    struct dumper d = {.out = out, .err = err};
    for (size_t i = 0; i < text->n; i++) {
        if (dump_spec(&d, &text->specs[i]))
            return -1;
    }
    return out->failed ? bt_err_nomem(err) : 0;
}
