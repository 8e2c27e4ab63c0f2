/*
 * bind.c - arguments to the head of a match specification, and what each variable stands for behind it.
 */
#include "match/bind.h"

#include <stdio.h>
#include <string.h>

#include "match/fold.h"
#include "spec/constant.h"
#include "spec/loc.h"

#define MAX_STEPS 500 /* of a path: {tl,{tl,...}} is walked for every call, and nests that deeply */

/* ---- paths ---- */

/* How a part is reached from '$_'. On the stack, from the inside out; a term only where a name needs one. */
struct path {
    enum { PATH_ITEM, PATH_TAIL, PATH_ELEMENT, PATH_VALUE } kind;
    size_t n;                  /* ITEM, TAIL: list cells passed; ELEMENT: position from 1 */
    const struct bt_term *key; /* VALUE */
    const struct path *up;     /* NULL: '$_' */
};

static size_t steps(const struct path *p)
{
    size_t n = 0;
    for (; p; p = p->up)
        n += p->kind == PATH_ITEM || p->kind == PATH_TAIL ? p->n + 1 : 1;
    return n;
}

/* A constant in a place where a tuple would be a call and some atoms have a meaning. */
static const struct bt_term *quoted(struct bt_arena *a, const struct bt_term *t)
{
    return bt_constant_needs_const(t) ? bt_term_tuple2(a, bt_term_atom(a, "const"), t) : t;
}

static const struct bt_term *path_term(struct bt_arena *a, const struct path *p)
{
    if (!p)
        return bt_term_atom(a, "$_");
    const struct bt_term *t = path_term(a, p->up);
    switch (p->kind) {
    case PATH_ELEMENT: return bt_term_tuple3(a, bt_term_atom(a, "element"), bt_term_int(a, (int64_t)p->n), t);
    case PATH_VALUE: return bt_term_tuple3(a, bt_term_atom(a, "map_get"), quoted(a, p->key), t);
    case PATH_ITEM:
    case PATH_TAIL: break;
    }
    for (size_t i = 0; i < p->n; i++)
        t = bt_term_tuple2(a, bt_term_atom(a, "tl"), t);
    return p->kind == PATH_ITEM ? bt_term_tuple2(a, bt_term_atom(a, "hd"), t) : t;
}

static bool is_transformed(const struct bt_bindings *b)
{
    return b->kind == BT_ARGS_FUN && b->syntax == BT_SYNTAX_ERLANG;
}

/* ---- variables ---- */

static const struct bt_term *no_memory(struct bt_bindings *b)
{
    bt_err_nomem(b->err);
    return NULL;
}

static const struct bt_term *checked(struct bt_bindings *b, const struct bt_term *t)
{
    return t ? t : no_memory(b);
}

static int add_equal(struct bt_bindings *b, const struct bt_term *x, const struct bt_term *y)
{
    if (b->n_equal == b->equal_cap) {
        size_t cap = b->equal_cap ? 2 * b->equal_cap : 4;
        const struct bt_term **equal = bt_arena_array(b->arena, cap, sizeof *equal);
        if (!equal)
            return bt_err_nomem(b->err);
        if (b->n_equal)
            memcpy(equal, b->equal, b->n_equal * sizeof *equal);
        b->equal = equal;
        b->equal_cap = cap;
    }
    const struct bt_term *t = bt_term_tuple3(b->arena, bt_term_atom(b->arena, "=:="), x, y);
    if (!t)
        return bt_err_nomem(b->err);
    b->equal[b->n_equal++] = t;
    return 0;
}

/* A variable that the head itself can hold. Where it had been a path before, the two must be equal. */
static const struct bt_term *bind_plain(struct bt_bindings *b, const struct bt_ast *var)
{
    struct bt_binding *v = &b->vars[var->u.var.slot];
    if (v->expr && v->is_plain)
        return v->expr;
    char name[32];
    snprintf(name, sizeof name, "$%zu", ++b->n_numbers);
    const struct bt_term *t = bt_term_atom(b->arena, name);
    if (!t)
        return no_memory(b);
    if (v->expr && add_equal(b, t, v->expr))
        return NULL;
    v->expr = t;
    v->is_plain = true;
    return t;
}

static int bind_alias(struct bt_bindings *b, const struct bt_ast *var, const struct bt_term *expr)
{
    struct bt_binding *v = &b->vars[var->u.var.slot];
    if (!v->expr) {
        v->expr = expr;
        return 0;
    }
    return v->expr == expr ? 0 : add_equal(b, v->expr, expr);
}

/* ---- the head ---- */

static const struct bt_term *bind_pattern(
    struct bt_bindings *b, const struct bt_ast *e, const struct path *at);

static bool is_match(const struct bt_ast *e)
{
    return e->kind == BT_AST_OP && e->u.op.op == BT_OP_MATCH;
}

/* Of names and patterns joined by =: the pattern (NULL: names only). */
static const struct bt_ast *pattern_of(const struct bt_ast *e)
{
    if (!is_match(e))
        return e->kind == BT_AST_VAR || e->kind == BT_AST_WILD ? NULL : e;
    const struct bt_ast *left = pattern_of(e->u.op.args[0]);
    return left ? left : pattern_of(e->u.op.args[1]);
}

/* Of the same: the first name for which `test` holds (NULL: none). */
static const struct bt_ast *first_var(
    const struct bt_bindings *b, const struct bt_ast *e, bool (*test)(const struct bt_ast_var *))
{
    if (is_match(e)) {
        const struct bt_ast *left = first_var(b, e->u.op.args[0], test);
        return left ? left : first_var(b, e->u.op.args[1], test);
    }
    return e->kind == BT_AST_VAR && test(&b->clause->vars[e->u.var.slot]) ? e : NULL;
}

static bool any_var(const struct bt_ast_var *v)
{
    (void)v;
    return true;
}

static bool wanted_var(const struct bt_ast_var *v)
{
    return !v->is_unwanted;
}

static int bind_aliases(struct bt_bindings *b, const struct bt_ast *e, const struct bt_term *expr)
{
    if (is_match(e))
        return bind_aliases(b, e->u.op.args[0], expr) ? -1 : bind_aliases(b, e->u.op.args[1], expr);
    return e->kind == BT_AST_VAR ? bind_alias(b, e, expr) : 0;
}

/* R = {ok, _}: the names become paths; the pattern is what the head has. A = B: B is what A is. */
static const struct bt_term *bind_match(struct bt_bindings *b, const struct bt_ast *e, const struct path *at)
{
    const struct bt_ast *pattern = pattern_of(e), *var = first_var(b, e, any_var);
    const struct bt_term *head, *expr;
    if (!var)
        return pattern ? bind_pattern(b, pattern, at) : checked(b, bt_term_atom(b->arena, "_"));
    if (!pattern) {
        head = expr = bind_plain(b, var);
    } else {
        if (steps(at) > MAX_STEPS) {
            bt_loc_fail(b->err, BEAMTAP_ESPEC, e->loc,
                "a name for a part this far inside (%zu steps) is too slow to find for every call; name the "
                "parts of "
                "the pattern instead",
                steps(at));
            return NULL;
        }
        expr = path_term(b->arena, at);
        if (!expr)
            return no_memory(b);
        head = bind_pattern(b, pattern, at);
    }
    return head && !bind_aliases(b, e, expr) ? head : NULL;
}

static const struct bt_term *bind_tuple(struct bt_bindings *b, const struct bt_ast *e, const struct path *up)
{
    const struct bt_term **items = bt_arena_array(b->arena, e->u.seq.n, sizeof *items);
    if (!items)
        return no_memory(b);
    for (size_t i = 0; i < e->u.seq.n; i++) {
        struct path at = {PATH_ELEMENT, i + 1, NULL, up};
        if (!(items[i] = bind_pattern(b, e->u.seq.items[i], &at)))
            return NULL;
    }
    return checked(b, bt_term_tuple(b->arena, items, e->u.seq.n));
}

static const struct bt_term *bind_list(struct bt_bindings *b, const struct bt_ast *e, const struct path *up)
{
    const struct bt_term **items = bt_arena_array(b->arena, e->u.seq.n, sizeof *items), *tail = NULL;
    if (!items)
        return no_memory(b);
    for (size_t i = 0; i < e->u.seq.n; i++) {
        struct path at = {PATH_ITEM, i, NULL, up};
        if (!(items[i] = bind_pattern(b, e->u.seq.items[i], &at)))
            return NULL;
    }
    struct path behind = {PATH_TAIL, e->u.seq.n, NULL, up};
    if (e->u.seq.tail && !(tail = bind_pattern(b, e->u.seq.tail, &behind)))
        return NULL;
    return checked(b, bt_constant_list(b->arena, items, e->u.seq.n, tail));
}

/* "abc" ++ T, [a, B] ++ T: a list whose tail is T. */
static const struct bt_term *bind_append(struct bt_bindings *b, const struct bt_ast *e, const struct path *up)
{
    const struct bt_ast *right = e->u.op.args[1];
    const struct bt_term *left = bind_pattern(b, e->u.op.args[0], up), *tail;
    if (!left)
        return NULL;
    struct path behind = {PATH_TAIL, left->u.seq.n, NULL, up};
    if (!(tail = bind_pattern(b, right, &behind)))
        return NULL;
    return checked(b, bt_constant_list(b->arena, left->u.seq.items, left->u.seq.n, tail));
}

/* Of equal keys the last one stays; only funs have such. Returns the number of pairs. */
static size_t without_doubles(const struct bt_term **items, size_t n)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        while (at < n_kept && !bt_term_equal(items[2 * at], items[2 * i]))
            at++;
        items[2 * at] = items[2 * i];
        items[2 * at + 1] = items[2 * i + 1];
        n_kept += at == n_kept;
    }
    return n_kept;
}

static const struct bt_term *bind_map(struct bt_bindings *b, const struct bt_ast *e, const struct path *up)
{
    const struct bt_term **items = bt_arena_array(b->arena, 2 * e->u.seq.n, sizeof *items);
    if (!items)
        return no_memory(b);
    for (size_t i = 0; i < e->u.seq.n; i++) {
        const struct bt_term *key = bt_constant_term(b->arena, e->u.seq.items[2 * i]);
        struct path at = {PATH_VALUE, 0, key, up};
        if (!key)
            return no_memory(b);
        items[2 * i] = key;
        if (!(items[2 * i + 1] = bind_pattern(b, e->u.seq.items[2 * i + 1], &at)))
            return NULL;
    }
    return checked(b, bt_term_map(b->arena, items, without_doubles(items, e->u.seq.n)));
}

static const struct bt_term *bind_pattern(
    struct bt_bindings *b, const struct bt_ast *e, const struct path *at)
{
    switch (e->kind) {
    case BT_AST_LITERAL: return e->u.literal;
    case BT_AST_STRING: return checked(b, bt_constant_term(b->arena, e));
    case BT_AST_VAR: return bind_plain(b, e);
    case BT_AST_WILD: return b->wild;
    case BT_AST_TUPLE: return bind_tuple(b, e, at);
    case BT_AST_LIST: return bind_list(b, e, at);
    case BT_AST_MAP: return bind_map(b, e, at);
    case BT_AST_OP: return is_match(e) ? bind_match(b, e, at) : bind_append(b, e, at);
    case BT_AST_CALL:
    case BT_AST_RECORD: break; /* refused by bt_check */
    }
    bt_err_at(b->err, BEAMTAP_EINTERNAL, e->loc, "this cannot be compiled");
    return NULL;
}

/* fun([X, _] = Args): the name is '$_', also where it stands on the other side again. */
static const struct bt_term *bind_fun_head(struct bt_bindings *b, const struct bt_ast *e)
{
    if (!is_match(e))
        return bind_pattern(b, e, NULL);
    enum bt_ast_kind left = e->u.op.args[0]->kind;
    bool is_left = left == BT_AST_VAR || left == BT_AST_WILD;
    const struct bt_ast *name = e->u.op.args[!is_left], *rest = e->u.op.args[is_left];
    const struct bt_term *args = bt_term_atom(b->arena, "$_");
    if (!args)
        return no_memory(b);
    if (name->kind == BT_AST_WILD && is_transformed(b))
        b->wild = args;
    else if (name->kind == BT_AST_VAR)
        b->vars[name->u.var.slot] = (struct bt_binding){.expr = args, .is_plain = true};
    return bind_pattern(b, rest, NULL);
}

int bt_bind_head(struct bt_bindings *b)
{
    const struct bt_ast_clause *c = b->clause;
    b->vars = bt_arena_array(b->arena, c->n_vars, sizeof *b->vars);
    b->wild = bt_term_atom(b->arena, "_");
    if (!b->vars || !b->wild)
        return bt_err_nomem(b->err);
    b->head = c->head ? bind_fun_head(b, c->head) : checked(b, bt_term_atom(b->arena, "_"));
    return b->head ? 0 : -1;
}

/* ---- captures and shape ---- */

static const struct bt_term *shape_of(struct bt_bindings *b, const struct bt_ast *e);

static const struct bt_term *shape_of_var(struct bt_bindings *b, const struct bt_ast *e)
{
    struct bt_binding *v = &b->vars[e->u.var.slot];
    if (!v->is_captured) {
        v->is_captured = true;
        v->capture = b->n_captures;
        b->captures[b->n_captures++] = v->expr;
    }
    struct bt_term *t = bt_term_new(b->arena, BT_TERM_CAPTURE);
    if (t)
        t->u.capture = v->capture;
    return t;
}

static const struct bt_term **shapes_of(struct bt_bindings *b, struct bt_ast *const *items, size_t n)
{
    const struct bt_term **shapes = bt_arena_array(b->arena, n, sizeof *shapes);
    for (size_t i = 0; shapes && i < n; i++) {
        if (!(shapes[i] = shape_of(b, items[i])))
            return NULL;
    }
    return shapes;
}

static const struct bt_term *shape_of_seq(struct bt_bindings *b, const struct bt_ast *e)
{
    size_t n = e->kind == BT_AST_MAP ? 2 * e->u.seq.n : e->u.seq.n;
    const struct bt_term **items = shapes_of(b, e->u.seq.items, n), *tail = NULL;
    if (!items || (e->u.seq.tail && !(tail = shape_of(b, e->u.seq.tail))))
        return NULL;
    if (e->kind == BT_AST_TUPLE)
        return bt_term_tuple(b->arena, items, e->u.seq.n);
    if (e->kind == BT_AST_MAP)
        return bt_term_map(b->arena, items, e->u.seq.n);
    return bt_constant_list(b->arena, items, e->u.seq.n, tail);
}

/* A name in front of a pattern shows the whole part; what stands inside needs no capture of its own. */
static const struct bt_term *shape_of_op(struct bt_bindings *b, const struct bt_ast *e)
{
    if (is_match(e)) {
        const struct bt_ast *var = first_var(b, e, wanted_var), *pattern = pattern_of(e);
        if (var)
            return shape_of_var(b, var);
        return pattern ? shape_of(b, pattern) : bt_term_new(b->arena, BT_TERM_HOLE);
    }
    const struct bt_term *left = shape_of(b, e->u.op.args[0]);
    const struct bt_term *right = left ? shape_of(b, e->u.op.args[1]) : NULL;
    return right ? bt_constant_list(b->arena, left->u.seq.items, left->u.seq.n, right) : NULL;
}

/* NULL: no memory. */
static const struct bt_term *shape_of(struct bt_bindings *b, const struct bt_ast *e)
{
    switch (e->kind) {
    case BT_AST_LITERAL: return e->u.literal;
    case BT_AST_STRING: return bt_constant_term(b->arena, e);
    case BT_AST_VAR:
        if (!b->clause->vars[e->u.var.slot].is_unwanted)
            return shape_of_var(b, e);
        return bt_term_new(b->arena, BT_TERM_HOLE);
    case BT_AST_TUPLE:
    case BT_AST_LIST:
    case BT_AST_MAP: return shape_of_seq(b, e);
    case BT_AST_OP: return shape_of_op(b, e);
    default: return bt_term_new(b->arena, BT_TERM_HOLE);
    }
}

int bt_bind_captures(struct bt_bindings *b)
{
    if (b->kind != BT_ARGS_PATTERN)
        return 0;
    const struct bt_ast *args = b->clause->head;
    b->captures = bt_arena_array(b->arena, b->clause->n_vars, sizeof *b->captures);
    b->shape = b->captures ? shapes_of(b, args->u.seq.items, args->u.seq.n) : NULL;
    return b->shape ? 0 : bt_err_nomem(b->err);
}

/* ---- guards ---- */

static const struct bt_term **exprs_of(
    struct bt_bindings *b, struct bt_ast *const *items, size_t n, const struct bt_term *first)
{
    const struct bt_term **terms = bt_arena_array(b->arena, n + 1, sizeof *terms);
    if (!terms || !first)
        return NULL;
    terms[0] = first;
    for (size_t i = 0; i < n; i++) {
        if (!(terms[i + 1] = bt_bind_expr(b, items[i])))
            return NULL;
    }
    return terms;
}

/* {Name, Args...} */
static const struct bt_term *call_of(
    struct bt_bindings *b, const char *name, struct bt_ast *const *args, size_t n)
{
    const struct bt_term **terms = exprs_of(b, args, n, bt_term_atom(b->arena, name));
    return terms ? bt_term_tuple(b->arena, terms, n + 1) : NULL;
}

/* A tuple is {{...}}, since {...} is a call. */
static const struct bt_term *expr_of_seq(struct bt_bindings *b, const struct bt_ast *e)
{
    const struct bt_term *unused = bt_term_atom(b->arena, "_"), *tail = NULL;
    const struct bt_term **terms = exprs_of(b, e->u.seq.items, e->u.seq.n, unused);
    if (!terms || (e->u.seq.tail && !(tail = bt_bind_expr(b, e->u.seq.tail))))
        return NULL;
    if (e->kind == BT_AST_TUPLE)
        return bt_term_tuple1(b->arena, bt_term_tuple(b->arena, terms + 1, e->u.seq.n));
    return bt_constant_list(b->arena, terms + 1, e->u.seq.n, tail);
}

/* In a fun nothing of a map is quoted. */
static const struct bt_term *expr_of_fun_map(struct bt_bindings *b, const struct bt_ast *e)
{
    const struct bt_term **terms = exprs_of(b, e->u.seq.items, 2 * e->u.seq.n, b->wild);
    return terms ? bt_term_map(b->arena, terms + 1, without_doubles(terms + 1, e->u.seq.n)) : NULL;
}

/* A constant map is given as it is: OTP 23 does not find the constants in #{a => {{1}}}. */
static const struct bt_term *expr_of_map(struct bt_bindings *b, const struct bt_ast *e)
{
    if (is_transformed(b))
        return expr_of_fun_map(b, e);
    if (bt_constant_is(e)) {
        const struct bt_term *t = bt_constant_term(b->arena, e);
        return t ? quoted(b->arena, t) : NULL;
    }
    const struct bt_term **items = bt_arena_array(b->arena, 2 * e->u.seq.n, sizeof *items);
    for (size_t i = 0; items && i < e->u.seq.n; i++) {
        const struct bt_term *key = bt_constant_term(b->arena, e->u.seq.items[2 * i]);
        items[2 * i] = key ? quoted(b->arena, key) : NULL;
        items[2 * i + 1] = bt_bind_expr(b, e->u.seq.items[2 * i + 1]);
    }
    return items ? bt_term_map(b->arena, items, e->u.seq.n) : NULL;
}

/* '_' is nothing special outside of a head. '$_' in a call spec is what it is in redbug: the list of the arguments. */
static const struct bt_term *expr_of_literal(struct bt_bindings *b, const struct bt_term *t)
{
    bool is_redbug = b->kind != BT_ARGS_FUN && b->syntax == BT_SYNTAX_ERLANG;
    bool is_args = is_redbug && bt_term_is_atom(t, "$_");
    return is_args || bt_term_is_atom(t, "_") ? t : quoted(b->arena, t);
}

static const struct bt_term *expr_of_op(struct bt_bindings *b, const struct bt_ast *e)
{
    const struct bt_term *value = bt_fold(b->arena, e);
    size_t n = e->u.op.args[1] ? 2 : 1;
    if (!value && (e->u.op.op == BT_OP_APPEND || e->u.op.op == BT_OP_SUBTRACT)) {
        bt_loc_fail(
            b->err, BEAMTAP_ESPEC, e->loc, "match specifications know no '%s'", bt_op_info(e->u.op.op)->text);
        return NULL;
    }
    return value ? expr_of_literal(b, value) : call_of(b, bt_op_info(e->u.op.op)->text, e->u.op.args, n);
}

/* object() and bindings() are names for what the VM gives. */
static const struct bt_term *expr_of_call(struct bt_bindings *b, const struct bt_ast *e)
{
    if (strcmp(e->u.call.name, "object") == 0)
        return bt_term_atom(b->arena, "$_");
    if (strcmp(e->u.call.name, "bindings") == 0)
        return bt_term_atom(b->arena, "$*");
    return call_of(b, e->u.call.name, e->u.call.args, e->u.call.n);
}

const struct bt_term *bt_bind_expr(struct bt_bindings *b, const struct bt_ast *e)
{
    const struct bt_term *t = NULL;
    switch (e->kind) {
    case BT_AST_LITERAL: t = expr_of_literal(b, e->u.literal); break;
    case BT_AST_STRING: t = bt_constant_term(b->arena, e); break;
    case BT_AST_VAR: t = b->vars[e->u.var.slot].expr; break;
    case BT_AST_TUPLE:
    case BT_AST_LIST: t = expr_of_seq(b, e); break;
    case BT_AST_MAP: t = expr_of_map(b, e); break;
    case BT_AST_OP: t = expr_of_op(b, e); break;
    case BT_AST_CALL: t = expr_of_call(b, e); break;
    case BT_AST_WILD: t = b->wild; break; /* in a fun only */
    case BT_AST_RECORD: break;            /* refused by bt_check */
    }
    return checked(b, t);
}
