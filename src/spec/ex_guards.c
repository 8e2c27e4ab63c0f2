/*
 * ex_guards.c - what Elixir's guards call, as Erlang's guards have it: is_struct(x), elem(t, 0), x in 1..10.
 *
 * Source: the macros of Kernel and Bitwise; each becomes what Elixir itself makes of it in a guard.
 */
#include <string.h>

#include "spec/constant.h"
#include "spec/ex_expr.h"
#include "spec/guards.h"
#include "spec/loc.h"
#include "spec/suggest.h"

#define MAX_COPIES                                                                                           \
    20000 /* nodes of one text that stand in its tree again: is_struct(x) looks at x three times */

static struct bt_ast *no(int rc)
{
    (void)rc;
    return NULL;
}

/* ---- building; NULL in, NULL out: an error was set before ---- */

/* What is being made, with the place it stands for. */
struct maker {
    struct bt_parser *p;
    struct beamtap_loc loc;
};

static struct bt_ast *op(struct maker *m, enum bt_op op, struct bt_ast *left, struct bt_ast *right)
{
    return left && right ? bt_ast_op(m->p, op, m->loc, left, right) : NULL;
}

static struct bt_ast * and (struct maker * m, struct bt_ast *left, struct bt_ast *right)
{
    return op(m, BT_OP_ANDALSO, left, right);
}

static struct bt_ast *call(struct maker *m, const char *name, struct bt_ast *x, struct bt_ast *y)
{
    struct bt_ast *e = bt_ast_begin(m->p, BT_AST_CALL, m->loc);
    struct bt_ast **args = bt_arena_array(m->p->arena, 2, sizeof *args);
    if (!e || !x)
        return NULL;
    if (!args)
        return no(bt_err_nomem(m->p->err));
    args[0] = x;
    args[1] = y;
    e->u.call.name = name;
    e->u.call.args = args;
    e->u.call.n = y ? 2 : 1;
    return bt_ast_finish(m->p, e);
}

static struct bt_ast *atom(struct maker *m, const char *name)
{
    return bt_ast_literal(m->p, bt_term_atom(m->p->arena, name), m->loc);
}

static struct bt_ast *integer(struct maker *m, int64_t n)
{
    return bt_ast_literal(m->p, bt_term_int(m->p->arena, n), m->loc);
}

/* ---- what stands in the tree more than once ---- */

static void count(const struct bt_ast *e, size_t *left);

static void count_all(struct bt_ast *const *items, size_t n, size_t *left)
{
    for (size_t i = 0; i < n && *left; i++)
        count(items[i], left);
}

/* Takes one off for each node, down to 0. */
static void count(const struct bt_ast *e, size_t *left)
{
    if (!*left || !e)
        return;
    --*left;
    switch (e->kind) {
    case BT_AST_TUPLE:
    case BT_AST_LIST:
        count_all(e->u.seq.items, e->u.seq.n, left);
        count(e->u.seq.tail, left);
        return;
    case BT_AST_MAP: count_all(e->u.seq.items, 2 * e->u.seq.n, left); return;
    case BT_AST_OP: count_all(e->u.op.args, 2, left); return;
    case BT_AST_CALL: count_all(e->u.call.args, e->u.call.n, left); return;
    default: return;
    }
}

/* A copy is the node itself once more; walking the tree takes as long as if it were another. */
static int may_copy(struct maker *m, const struct bt_ast *e, size_t n_times)
{
    size_t left = MAX_COPIES + 1;
    count(e, &left);
    size_t size = MAX_COPIES + 1 - left, room = MAX_COPIES - m->p->n_copied;
    if (n_times > room / size)
        return bt_parser_fail(m->p, m->loc,
            "the guard looks at the same expression too often; bind what it is about in the pattern");
    m->p->n_copied += n_times * size;
    return 0;
}

/* ---- functions ---- */

static struct bt_ast *make_nil(struct maker *m, struct bt_ast *const *args, size_t n)
{
    (void)n;
    return op(m, BT_OP_EQ, args[0], atom(m, "nil"));
}

static bool is_atom(const struct bt_ast *e)
{
    return e->kind == BT_AST_LITERAL && e->u.literal->kind == BT_TERM_ATOM;
}

/* is_atom(name) or :fail, where the name is no atom at sight */
static struct bt_ast *name_test(struct maker *m, struct bt_ast *name)
{
    return op(m, BT_OP_ORELSE, call(m, "is_atom", name, NULL), atom(m, "fail"));
}

static struct bt_ast *make_struct(struct maker *m, struct bt_ast *const *args, size_t n)
{
    static const char key[] = "__struct__";
    struct bt_ast *x = args[0], *name = n > 1 ? args[1] : NULL;
    if (may_copy(m, x, 2) || (name && may_copy(m, name, 1)))
        return NULL;
    struct bt_ast *e = call(m, "is_map", x, NULL);
    if (name && !is_atom(name))
        e = and(m, e, name_test(m, name));
    e = and(m, e, call(m, "is_map_key", atom(m, key), x));
    struct bt_ast *value = call(m, "map_get", atom(m, key), x);
    return and(m, e, name ? op(m, BT_OP_EQ, value, name) : call(m, "is_atom", value, NULL));
}

static struct bt_ast *make_exception(struct maker *m, struct bt_ast *const *args, size_t n)
{
    static const char key[] = "__exception__";
    struct bt_ast *x = args[0];
    if (may_copy(m, x, 2))
        return NULL;
    struct bt_ast *e = and(m, make_struct(m, args, n), call(m, "is_map_key", atom(m, key), x));
    return and(m, e, op(m, BT_OP_EQ, call(m, "map_get", atom(m, key), x), atom(m, "true")));
}

static struct bt_ast *make_map_key(struct maker *m, struct bt_ast *const *args, size_t n)
{
    (void)n;
    return call(m, "is_map_key", args[1], args[0]);
}

/* Positions count from 0 here. */
static struct bt_ast *make_elem(struct maker *m, struct bt_ast *const *args, size_t n)
{
    (void)n;
    const struct bt_ast *at = args[1];
    bool is_int = at->kind == BT_AST_LITERAL && at->u.literal->kind == BT_TERM_INT;
    if (is_int && at->u.literal->u.small < INT64_MAX)
        return call(m, "element", integer(m, at->u.literal->u.small + 1), args[0]);
    return call(m, "element", op(m, BT_OP_ADD, args[1], integer(m, 1)), args[0]);
}

#define OPERATOR(name, OP)                                                                                   \
    static struct bt_ast *make_##name(struct maker *m, struct bt_ast *const *args, size_t n)                 \
    {                                                                                                        \
        return bt_ast_op(m->p, BT_OP_##OP, m->loc, args[0], n > 1 ? args[1] : NULL);                         \
    }
OPERATOR(div, DIV)
OPERATOR(rem, REM)
OPERATOR(band, BAND)
OPERATOR(bor, BOR)
OPERATOR(bxor, BXOR)
OPERATOR(bnot, BNOT)
OPERATOR(bsl, BSL)
OPERATOR(bsr, BSR)
#undef OPERATOR

/* make NULL: Erlang's own function of that name, whose arguments bt_check counts. */
static const struct function {
    const char *name;
    unsigned min_arity, max_arity;
    struct bt_ast *(*make)(struct maker *m, struct bt_ast *const *args, size_t n);
} functions[] = {
    {"is_atom", 0, 0, NULL},
    {"is_binary", 0, 0, NULL},
    {"is_bitstring", 0, 0, NULL},
    {"is_boolean", 0, 0, NULL},
    {"is_float", 0, 0, NULL},
    {"is_function", 0, 0, NULL},
    {"is_integer", 0, 0, NULL},
    {"is_list", 0, 0, NULL},
    {"is_map", 0, 0, NULL},
    {"is_number", 0, 0, NULL},
    {"is_pid", 0, 0, NULL},
    {"is_port", 0, 0, NULL},
    {"is_reference", 0, 0, NULL},
    {"is_tuple", 0, 0, NULL},
    {"binary_part", 0, 0, NULL},
    {"bit_size", 0, 0, NULL},
    {"byte_size", 0, 0, NULL},
    {"hd", 0, 0, NULL},
    {"length", 0, 0, NULL},
    {"map_size", 0, 0, NULL},
    {"tl", 0, 0, NULL},
    {"tuple_size", 0, 0, NULL},
    {"abs", 0, 0, NULL},
    {"ceil", 0, 0, NULL},
    {"floor", 0, 0, NULL},
    {"max", 0, 0, NULL},
    {"min", 0, 0, NULL},
    {"round", 0, 0, NULL},
    {"trunc", 0, 0, NULL},
    {"node", 0, 0, NULL},
    {"self", 0, 0, NULL},
    {"is_nil", 1, 1, make_nil},
    {"is_struct", 1, 2, make_struct},
    {"is_exception", 1, 2, make_exception},
    {"is_map_key", 2, 2, make_map_key},
    {"elem", 2, 2, make_elem},
    {"div", 2, 2, make_div},
    {"rem", 2, 2, make_rem},
    {"band", 2, 2, make_band},
    {"bor", 2, 2, make_bor},
    {"bxor", 2, 2, make_bxor},
    {"bnot", 1, 1, make_bnot},
    {"bsl", 2, 2, make_bsl},
    {"bsr", 2, 2, make_bsr},
};

#define N_FUNCTIONS (sizeof functions / sizeof functions[0])

/* Names of Erlang, and others that are meant well. */
static const struct {
    const char *name, *cure;
} cures[] = {
    {"element", "write elem(t, 0), which counts from 0"},
    {"map_get", "write x.key, or :erlang.map_get(key, x)"},
    {"size", "write tuple_size(x), byte_size(x) or map_size(x)"},
    {"float", "write is_float(x) for the test, :erlang.float(x) for the number"},
    {"is_record", "write :erlang.is_record(x, :state, 4)"},
    {"xor", "write :erlang.xor(x, y)"},
    {"is_string", "write is_binary(x) for \"abc\", is_list(x) for a charlist"},
    {"is_bool", "write is_boolean(x)"},
    {"is_keyword", "write is_list(x)"},
    {"is_even", "write rem(x, 2) == 0"},
    {"is_odd", "write rem(x, 2) != 0"},
    {"in", "write x in [1, 2]"},
};

static const struct function *find(const char *name)
{
    for (size_t i = 0; i < N_FUNCTIONS; i++) {
        if (strcmp(functions[i].name, name) == 0)
            return &functions[i];
    }
    return NULL;
}

bool bt_ex_is_function(const char *name)
{
    return find(name) != NULL;
}

/* return_trace() and its like, which are the same in both languages. */
static bool is_action(const char *name)
{
    return bt_guard_find(name, BT_PLACE_BODY) && !bt_guard_find(name, BT_PLACE_GUARD);
}

enum bt_ex_call_form bt_ex_call_form(const char *name)
{
    const struct function *f = find(name);
    return (f && !f->make) || is_action(name) ? BT_EX_CALL_PLAIN : BT_EX_CALL_ERLANG;
}

static int unknown(struct bt_parser *p, const char *name, struct beamtap_loc loc)
{
    struct bt_suggestion best = {0};
    char shown[80];
    bt_loc_quote(shown, sizeof shown, name, strlen(name));
    for (size_t i = 0; i < sizeof cures / sizeof cures[0]; i++) {
        if (strcmp(cures[i].name, name) == 0)
            return bt_parser_fail(p, loc, "%s is no guard function of Elixir: %s", shown, cures[i].cure);
    }
    for (size_t i = 0; i < N_FUNCTIONS; i++)
        bt_suggest(&best, name, functions[i].name);
    const char *action = p->in_body ? bt_guard_suggest(name, BT_PLACE_BODY) : NULL;
    if (action && is_action(action))
        bt_suggest(&best, name, action);
    if (best.word)
        return bt_parser_fail(p, loc, "unknown %sfunction %s; did you mean '%s'?", p->in_body ? "" : "guard ",
            shown, best.word);
    if (p->in_body)
        return bt_parser_fail(p, loc,
            "%s cannot be called here; the body of a fn becomes a match specification, which can only do "
            "return_trace(), message(x), caller() and the like",
            shown);
    return bt_parser_fail(p, loc,
        "unknown guard function %s; a guard can only call guard functions (is_list, length, elem ...)",
        shown);
}

static struct bt_ast *plain_call(
    struct bt_parser *p, const char *name, const struct bt_ast_list *args, struct beamtap_loc start)
{
    struct bt_ast *e = bt_ast_begin(p, BT_AST_CALL, start);
    if (!e)
        return NULL;
    e->u.call.name = name;
    e->u.call.args = args->items;
    e->u.call.n = args->n;
    return bt_ast_finish(p, e);
}

struct bt_ast *bt_ex_call(
    struct bt_parser *p, const char *name, const struct bt_ast_list *args, struct beamtap_loc start)
{
    const struct function *f = find(name);
    if (!f && !is_action(name))
        return no(unknown(p, name, start));
    if (!f || !f->make)
        return plain_call(p, name, args, start);
    struct maker m = {p, bt_loc_join(start, p->prev.loc)};
    if (args->n >= f->min_arity && args->n <= f->max_arity)
        return f->make(&m, args->items, args->n);
    return no(bt_parser_fail(p, m.loc, "%s takes %u%s argument%s, not %zu", name, f->min_arity,
        f->max_arity > f->min_arity ? " or 2" : "", f->max_arity == 1 ? "" : "s", args->n));
}

struct bt_ast *bt_ex_erlang_call(
    struct bt_parser *p, const char *name, const struct bt_ast_list *args, struct beamtap_loc start)
{
    for (enum bt_op o = BT_OP_ORELSE; o <= BT_OP_NOT; o++) { /* :erlang.xor(x, y) */
        bool is_unary = bt_op_info(o)->assoc == BT_ASSOC_UNARY;
        if (strcmp(bt_op_info(o)->text, name) == 0 && args->n == (is_unary ? 1 : 2))
            return is_unary ? bt_ex_unary(p, o, start, args->items[0])
                            : bt_ast_op(p, o, start, args->items[0], args->items[1]);
    }
    return plain_call(p, name, args, start);
}

struct bt_ast *bt_ex_field(struct bt_parser *p, struct bt_ast *map, const struct bt_token *key)
{
    struct maker m = {p, bt_loc_join(map->loc, p->prev.loc)};
    return call(
        &m, "map_get", bt_ast_literal(p, bt_term_atom_n(p->arena, key->text, key->len), key->loc), map);
}

/* ---- in ---- */

/* value === a or value === b or ..., in halves, so that it is not deep. */
static struct bt_ast *one_of(struct maker *m, struct bt_ast *value, struct bt_ast *const *items, size_t n)
{
    if (n == 1)
        return op(m, BT_OP_EXACT_EQ, value, items[0]);
    size_t half = (n + 1) / 2;
    struct bt_ast *left = one_of(m, value, items, half);
    return left ? op(m, BT_OP_ORELSE, left, one_of(m, value, items + half, n - half)) : NULL;
}

static struct bt_ast *in_list(struct maker *m, struct bt_ast *value, const struct bt_ast *list)
{
    if (list->u.seq.tail)
        return no(bt_parser_fail(m->p, list->loc, "a list behind 'in' cannot have a tail"));
    if (!list->u.seq.n)
        return atom(m, "false");
    if (may_copy(m, value, list->u.seq.n - 1))
        return NULL;
    return one_of(m, value, list->u.seq.items, list->u.seq.n);
}

/* x in 'abc' */
static struct bt_ast *in_charlist(struct maker *m, struct bt_ast *value, const struct bt_ast *e)
{
    const struct bt_term *t = bt_constant_term(m->p->arena, e);
    struct bt_ast list = {.kind = BT_AST_LIST, .loc = e->loc};
    if (!t || !(list.u.seq.items = bt_arena_array(m->p->arena, t->u.seq.n, sizeof *list.u.seq.items)))
        return no(bt_err_nomem(m->p->err));
    for (; list.u.seq.n < t->u.seq.n; list.u.seq.n++) {
        struct bt_ast *c = bt_ast_literal(m->p, t->u.seq.items[list.u.seq.n], m->loc);
        if (!c)
            return NULL;
        list.u.seq.items[list.u.seq.n] = c;
    }
    return in_list(m, value, &list);
}

static bool is_integer(const struct bt_ast *e)
{
    return e && e->kind == BT_AST_LITERAL && e->u.literal->kind == BT_TERM_INT;
}

/* first <= x and x <= last, or downward */
static struct bt_ast *between(struct maker *m, struct bt_ast *x, struct bt_ast *const *range, bool is_down)
{
    struct bt_ast *first = op(m, is_down ? BT_OP_LE : BT_OP_GE, x, range[0]);
    return first ? and(m, first, op(m, is_down ? BT_OP_GE : BT_OP_LE, x, range[1])) : NULL;
}

/* rem(x - first, step) === 0 */
static struct bt_ast *on_step(struct maker *m, struct bt_ast *x, struct bt_ast *first, struct bt_ast *step)
{
    struct bt_ast *way = op(m, BT_OP_SUB, x, first);
    return way ? op(m, BT_OP_EXACT_EQ, op(m, BT_OP_REM, way, step), integer(m, 0)) : NULL;
}

/* The step is known. */
static struct bt_ast *in_steps(struct maker *m, struct bt_ast *x, struct bt_ast *const *range, int64_t step)
{
    bool is_down = step < 0;
    if (is_integer(range[0]) && is_integer(range[1]) &&
        range[0]->u.literal->u.small == range[1]->u.literal->u.small)
        return op(m, BT_OP_EXACT_EQ, x, range[0]);
    struct bt_ast *e = and(m, call(m, "is_integer", x, NULL), between(m, x, range, is_down));
    return !e || step == 1 || step == -1 ? e : and(m, e, on_step(m, x, range[0], range[2]));
}

/* Which way it goes turns out at the call: `up` and `down` are the tests for it. */
static struct bt_ast *in_either(
    struct maker *m, struct bt_ast *x, struct bt_ast *const *range, struct bt_ast *up, struct bt_ast *down)
{
    struct bt_ast *e = and(m, call(m, "is_integer", x, NULL), call(m, "is_integer", range[0], NULL));
    e = e ? and(m, e, call(m, "is_integer", range[1], NULL)) : NULL;
    struct bt_ast *a = up ? and(m, up, between(m, x, range, false)) : NULL;
    struct bt_ast *b = a && down ? and(m, down, between(m, x, range, true)) : NULL;
    return e && b ? and(m, e, op(m, BT_OP_ORELSE, a, b)) : NULL;
}

/* "a", :a or 1.0, which Elixir refuses too */
static bool is_no_integer(const struct bt_ast *e)
{
    if (!e || e->kind != BT_AST_LITERAL)
        return e && (e->kind == BT_AST_STRING || e->kind == BT_AST_LIST || e->kind == BT_AST_MAP);
    return e->u.literal->kind != BT_TERM_INT && e->u.literal->kind != BT_TERM_BIG;
}

static struct bt_ast *in_range(struct maker *m, struct bt_ast *x, const struct bt_ast *range)
{
    struct bt_ast *const *parts = range->u.call.args;
    struct bt_ast *step = range->u.call.n > 2 ? parts[2] : NULL;
    if (may_copy(m, x, 5) || may_copy(m, parts[0], 4) || may_copy(m, parts[1], 4) ||
        (step && may_copy(m, step, 2)))
        return NULL;
    for (size_t i = 0; i < range->u.call.n; i++) {
        if (is_no_integer(parts[i]))
            return no(bt_parser_fail(m->p, parts[i]->loc, "a range goes from integer to integer"));
    }
    if (is_integer(step) && step->u.literal->u.small == 0)
        return no(bt_parser_fail(m->p, step->loc, "the step of a range cannot be 0"));
    if (is_integer(step))
        return in_steps(m, x, parts, step->u.literal->u.small);
    if (step) {
        struct bt_ast *e = in_either(
            m, x, parts, op(m, BT_OP_GT, step, integer(m, 0)), op(m, BT_OP_LT, step, integer(m, 0)));
        return e ? and(m, e, on_step(m, x, parts[0], step)) : NULL;
    }
    if (is_integer(parts[0]) && is_integer(parts[1]))
        return in_steps(m, x, parts, parts[0]->u.literal->u.small <= parts[1]->u.literal->u.small ? 1 : -1);
    return in_either(m, x, parts, op(m, BT_OP_LE, parts[0], parts[1]), op(m, BT_OP_LT, parts[1], parts[0]));
}

struct bt_ast *bt_ex_in(struct bt_parser *p, struct bt_ast *value, struct bt_ast *right)
{
    struct maker m = {p, bt_loc_join(value->loc, right->loc)};
    bool is_range = right->kind == BT_AST_CALL && strcmp(right->u.call.name, "..") == 0;
    if (is_range)
        return in_range(&m, value, right);
    if (right->kind == BT_AST_LIST)
        return in_list(&m, value, right);
    if (right->kind == BT_AST_STRING)
        return in_charlist(&m, value, right);
    return no(bt_parser_fail(
        p, right->loc, "behind 'in' stands a list or a range as it is: x in [1, 2], x in 1..10"));
}
