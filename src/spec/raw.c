/*
 * raw.c - match specifications that the user wrote as such.
 */
#include "spec/raw.h"

#include <string.h>

#include "spec/constant.h"
#include "spec/guards.h"
#include "spec/loc.h"

struct checker {
    struct bt_ast_spec *spec;
    const struct bt_ast *head; /* of the clause at hand */
    enum bt_place place;
    struct beamtap_err *err;
};

/* The name of an atom; NULL: it is none. */
static const char *atom_of(const struct bt_ast *e)
{
    return e->kind == BT_AST_LITERAL && e->u.literal->kind == BT_TERM_ATOM ? e->u.literal->u.atom.name : NULL;
}

static bool is_list(const struct bt_ast *e)
{
    return e->kind == BT_AST_LIST && !e->u.seq.tail;
}

/* ---- constants only ---- */

static const struct bt_ast *first_variable(const struct bt_ast *e);

static const struct bt_ast *first_variable_of(struct bt_ast *const *items, size_t n)
{
    const struct bt_ast *found = NULL;
    for (size_t i = 0; i < n && !found; i++)
        found = first_variable(items[i]);
    return found;
}

/* The first part that is no constant; NULL: there is none. */
static const struct bt_ast *first_variable(const struct bt_ast *e)
{
    const struct bt_ast *found;
    switch (e->kind) {
    case BT_AST_LITERAL:
    case BT_AST_STRING: return NULL;
    case BT_AST_TUPLE:
    case BT_AST_LIST:
        found = first_variable_of(e->u.seq.items, e->u.seq.n);
        return found || !e->u.seq.tail ? found : first_variable(e->u.seq.tail);
    case BT_AST_MAP: return first_variable_of(e->u.seq.items, 2 * e->u.seq.n);
    default: return e;
    }
}

static int check_constant(struct checker *c)
{
    const struct bt_ast *e = first_variable(c->spec->match_spec);
    if (!e)
        return 0;
    bool is_elixir = c->spec->syntax == BT_SYNTAX_ELIXIR;
    if (e->kind == BT_AST_WILD)
        return bt_loc_fail(c->err, BEAMTAP_ESPEC, e->loc, "in a match specification anything is written %s",
            is_elixir ? ":_" : "'_'");
    if (e->kind == BT_AST_VAR)
        return bt_loc_fail(c->err, BEAMTAP_ESPEC, e->loc,
            "in a match specification a variable is written %s ...; with names, write a fun: %s",
            is_elixir ? ":\"$1\", :\"$2\"" : "'$1', '$2'",
            is_elixir ? "fn [x, _] -> ... end" : "fun([X, _]) -> ... end");
    return bt_loc_fail(c->err, BEAMTAP_ESPEC, e->loc,
        "a match specification is plain data: calls are written as tuples, for instance %s",
        is_elixir ? "{:is_list, :\"$1\"}" : "{is_list, '$1'}");
}

/* ---- variables ---- */

static bool is_variable(const struct bt_ast *e)
{
    return atom_of(e) && bt_constant_is_wild(e->u.literal);
}

static bool is_numbered(const struct bt_ast *e)
{
    return is_variable(e) && strcmp(atom_of(e), "_") != 0;
}

static bool has_variable(const struct bt_ast *e, const struct bt_term *variable)
{
    size_t n = e->kind == BT_AST_MAP ? 2 * e->u.seq.n : e->u.seq.n;
    if (e->kind == BT_AST_LITERAL)
        return bt_term_equal(e->u.literal, variable);
    if (e->kind == BT_AST_STRING)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (has_variable(e->u.seq.items[i], variable))
            return true;
    }
    return e->u.seq.tail && has_variable(e->u.seq.tail, variable);
}

/* '_' behind the head is an atom like any other. */
static int check_bound(struct checker *c, const struct bt_ast *e)
{
    if (!is_numbered(e) || has_variable(c->head, e->u.literal))
        return 0;
    return bt_loc_fail(c->err, BEAMTAP_ESPEC, e->loc, "variable '%s' does not stand in the head", atom_of(e));
}

static int check_head_keys(struct checker *c, const struct bt_ast *e)
{
    size_t n = e->kind == BT_AST_MAP ? 2 * e->u.seq.n : e->u.seq.n;
    if (e->kind == BT_AST_LITERAL || e->kind == BT_AST_STRING)
        return 0;
    for (size_t i = 0; i < n; i++) {
        const struct bt_ast *item = e->u.seq.items[i];
        if (e->kind == BT_AST_MAP && i % 2 == 0 && is_variable(item))
            return bt_loc_fail(c->err, BEAMTAP_ESPEC, item->loc,
                "a key of a map in the head must be a constant, no variable");
        if (check_head_keys(c, item))
            return -1;
    }
    return e->u.seq.tail ? check_head_keys(c, e->u.seq.tail) : 0;
}

/* ---- guards and bodies ---- */

static int check_expr(struct checker *c, const struct bt_ast *e);

static int check_exprs(struct checker *c, struct bt_ast *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (check_expr(c, items[i]))
            return -1;
    }
    return 0;
}

static bool is_operator(const char *name, size_t n_args)
{
    for (enum bt_op op = BT_OP_ORELSE; op <= BT_OP_NOT; op++) {
        bool is_unary = bt_op_info(op)->assoc == BT_ASSOC_UNARY;
        /* and, or, andalso and orelse take any number, as the VM does */
        bool is_logical = op == BT_OP_AND || op == BT_OP_OR || op == BT_OP_ANDALSO || op == BT_OP_ORELSE;
        if (strcmp(bt_op_info(op)->text, name) == 0 && (is_logical || n_args == (is_unary ? 1 : 2)))
            return true;
    }
    return false;
}

static int check_function(struct checker *c, const struct bt_ast *e, const char *name)
{
    size_t n = e->u.seq.n - 1;
    if (is_operator(name, n) || (n == 0 && strcmp(name, "get_tcw") == 0))
        return 0;
    const struct bt_guard_fun *fun = bt_guard_find(name, c->place);
    if (!fun) {
        const char *near = bt_guard_suggest(name, c->place);
        return bt_loc_fail(c->err, BEAMTAP_ESPEC, e->u.seq.items[0]->loc,
            "a match specification knows no function '%s'%s%s%s; the tuple itself is written {{...}}", name,
            near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    if (n < fun->min_arity || n > fun->max_arity)
        return bt_loc_fail(c->err, BEAMTAP_ESPEC, e->loc, "%s takes %u argument%s, not %zu", name,
            fun->max_arity, fun->max_arity == 1 ? "" : "s", n);
    unsigned since = n == fun->max_arity && fun->since_max ? fun->since_max : fun->since;
    if (since > c->spec->since) {
        c->spec->since = since;
        c->spec->since_for = fun->name;
    }
    return 0;
}

/* {Function, Args...}, {const, Anything}, or {{...}} for a tuple. */
static int check_tuple(struct checker *c, const struct bt_ast *e)
{
    size_t n = e->u.seq.n;
    const char *name = n ? atom_of(e->u.seq.items[0]) : NULL;
    if (n == 1 && e->u.seq.items[0]->kind == BT_AST_TUPLE)
        return check_exprs(c, e->u.seq.items[0]->u.seq.items, e->u.seq.items[0]->u.seq.n);
    if (!name)
        return bt_loc_fail(c->err, BEAMTAP_ESPEC, e->loc,
            "here a tuple is a call, {is_list, '$1'}; the tuple itself is written {{...}}");
    if (n == 2 && strcmp(name, "const") == 0)
        return 0;
    return check_function(c, e, name) ? -1 : check_exprs(c, e->u.seq.items + 1, n - 1);
}

static int check_expr(struct checker *c, const struct bt_ast *e)
{
    switch (e->kind) {
    case BT_AST_LITERAL: return check_bound(c, e);
    case BT_AST_TUPLE: return check_tuple(c, e);
    case BT_AST_LIST:
        if (check_exprs(c, e->u.seq.items, e->u.seq.n))
            return -1;
        return e->u.seq.tail ? check_expr(c, e->u.seq.tail) : 0;
    case BT_AST_MAP: return check_exprs(c, e->u.seq.items, 2 * e->u.seq.n);
    default: return 0;
    }
}

/* ---- clauses ---- */

/* ['$1' | '_'], ['$1' | '$2'] */
static int check_head_end(struct checker *c, const struct bt_ast *head)
{
    const struct bt_ast *e = head;
    while (e && e->kind == BT_AST_LIST)
        e = e->u.seq.tail;
    if (!e || e == head || e->kind == BT_AST_STRING || is_variable(e))
        return 0;
    return bt_loc_fail(
        c->err, BEAMTAP_ESPEC, e->loc, "behind the last argument only '_' or a variable can stand");
}

static int check_head(struct checker *c, const struct bt_ast *head)
{
    c->head = head;
    if (head->kind == BT_AST_LIST || is_variable(head))
        return check_head_keys(c, head) || check_head_end(c, head) ? -1 : 0;
    return bt_loc_fail(c->err, BEAMTAP_ESPEC, head->loc,
        "the head of a match specification is the list of the arguments, ['$1', '_'], or '_'");
}

static int check_part(
    struct checker *c, const struct bt_ast *part, enum bt_place place, const char *what, const char *example)
{
    if (!is_list(part))
        return bt_loc_fail(
            c->err, BEAMTAP_ESPEC, part->loc, "the %s of a match specification is a list: %s", what, example);
    c->place = place;
    return check_exprs(c, part->u.seq.items, part->u.seq.n);
}

static int check_clause(struct checker *c, const struct bt_ast *e)
{
    if (e->kind != BT_AST_TUPLE || e->u.seq.n != 3)
        return bt_loc_fail(c->err, BEAMTAP_ESPEC, e->loc,
            "each clause of a match specification is {Head, Guards, Body}: {['$1', '_'], [], "
            "[{return_trace}]}");
    struct bt_ast *const *parts = e->u.seq.items;
    if (check_head(c, parts[0]) ||
        check_part(c, parts[1], BT_PLACE_GUARD, "second part (guards)", "[{is_list, '$1'}]"))
        return -1;
    return check_part(c, parts[2], BT_PLACE_BODY, "third part (body)", "[{return_trace}]");
}

int bt_check_match_spec(struct bt_ast_spec *spec, struct beamtap_err *err)
{
    struct checker c = {.spec = spec, .err = err};
    const struct bt_ast *ms = spec->match_spec;
    if (check_constant(&c))
        return -1;
    if (!is_list(ms))
        return bt_loc_fail(
            err, BEAMTAP_ESPEC, ms->loc, "a match specification is a list of {Head, Guards, Body}");
    for (size_t i = 0; i < ms->u.seq.n; i++) {
        if (check_clause(&c, ms->u.seq.items[i]))
            return -1;
    }
    return 0;
}
