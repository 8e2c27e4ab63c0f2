/*
 * safe.c - what a body may say and a trace must not do.
 */
#include "spec/safe.h"

#include <string.h>

#include "spec/loc.h"

static const struct {
    const char *name, *why;
} unsafe[] = {
    {"get_tcw", "the trace control word is the gate beamtap itself uses"},
    {"set_tcw", "the trace control word is the gate beamtap itself uses"},
    {"set_seq_token", "the token would travel on in messages when the trace has ended"},
    {"trace", "what it switches on is bounded by no limit"},
    {"enable_trace", "what it switches on is bounded by no limit"},
    {"disable_trace", "the returns of calls already shown would be lost"},
};

static int check_name(const char *name, struct beamtap_loc loc, struct beamtap_err *err)
{
    for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++) {
        if (strcmp(name, unsafe[i].name) == 0)
            return bt_loc_fail(err, BEAMTAP_EWIDE, loc, "%s is not done in a trace: %s", name, unsafe[i].why);
    }
    return 0;
}

static int check_expr(const struct bt_ast *e, struct beamtap_err *err);

static int check_exprs(struct bt_ast *const *items, size_t n, struct beamtap_err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (check_expr(items[i], err))
            return -1;
    }
    return 0;
}

static int check_expr(const struct bt_ast *e, struct beamtap_err *err)
{
    switch (e->kind) {
    case BT_AST_TUPLE:
    case BT_AST_LIST:
        if (check_exprs(e->u.seq.items, e->u.seq.n, err))
            return -1;
        return e->u.seq.tail ? check_expr(e->u.seq.tail, err) : 0;
    case BT_AST_MAP: return check_exprs(e->u.seq.items, 2 * e->u.seq.n, err);
    case BT_AST_OP: return check_exprs(e->u.op.args, e->u.op.args[1] ? 2 : 1, err);
    case BT_AST_CALL:
        if (check_name(e->u.call.name, e->loc, err))
            return -1;
        return check_exprs(e->u.call.args, e->u.call.n, err);
    default: return 0;
    }
}

static int check_clause(const struct bt_ast_clause *c, struct beamtap_err *err)
{
    for (size_t i = 0; i < c->n_guards; i++) {
        if (check_exprs(c->guards[i].tests, c->guards[i].n, err))
            return -1;
    }
    return check_exprs(c->body, c->n_body, err);
}

/* In a match specification a call is a tuple that begins with its name; one in {const, ...} is none, but refused too. */
static int check_raw(const struct bt_ast *e, struct beamtap_err *err)
{
    size_t n = e->kind == BT_AST_MAP ? 2 * e->u.seq.n : e->u.seq.n;
    if (e->kind != BT_AST_TUPLE && e->kind != BT_AST_LIST && e->kind != BT_AST_MAP)
        return 0;
    const struct bt_ast *first = n ? e->u.seq.items[0] : NULL;
    if (e->kind == BT_AST_TUPLE && first && first->kind == BT_AST_LITERAL &&
        first->u.literal->kind == BT_TERM_ATOM && check_name(first->u.literal->u.atom.name, first->loc, err))
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (check_raw(e->u.seq.items[i], err))
            return -1;
    }
    return 0;
}

int bt_check_safe(const struct bt_ast_spec *spec, struct beamtap_err *err)
{
    for (size_t i = 0; i < spec->n_clauses; i++) {
        if (check_clause(&spec->clauses[i], err))
            return -1;
    }
    for (size_t i = 0; spec->match_spec && i < spec->match_spec->u.seq.n; i++) {
        struct bt_ast *const *parts = spec->match_spec->u.seq.items[i]->u.seq.items;
        if (check_raw(parts[1], err) || check_raw(parts[2], err))
            return -1;
    }
    return 0;
}
