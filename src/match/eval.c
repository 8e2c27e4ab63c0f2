/*
 * eval.c - a match specification for one value, run here.
 * Source: OTP ERTS User's Guide, "Match Specifications in Erlang".
 */
#include "match/eval.h"

#include <stdlib.h>
#include <string.h>

#include "match/eval_fun.h"
#include "match/fold.h"
#include "term/tree_read.h"

#define MAX_VARS 100 /* of a pattern: $1 to $100 */

struct run {
    struct bt_arena *a;
    const struct bt_term *value; /* {Value}, which '$_' stands for */
    const struct bt_term *vars[MAX_VARS + 1];
    bool gave_up;
};

/* The number of '$1' and the like; 0: it is none. */
static size_t var_of(const struct bt_term *t)
{
    if (t->kind != BT_TERM_ATOM || t->u.atom.name[0] != '$' || t->u.atom.name[1] < '1' ||
        t->u.atom.name[1] > '9')
        return 0;
    char *end;
    unsigned long n = strtoul(t->u.atom.name + 1, &end, 10);
    return *end == '\0' && n <= MAX_VARS ? n : 0;
}

/* ---- the head ---- */

static bool match(struct run *r, const struct bt_term *pattern, const struct bt_term *t);

/* A list's pattern may have fewer items in front of its tail than the list. */
static bool match_list(struct run *r, const struct bt_term *p, const struct bt_term *t)
{
    size_t n = p->u.seq.n;
    if (n > t->u.seq.n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!match(r, p->u.seq.items[i], t->u.seq.items[i]))
            return false;
    }
    if (!p->u.seq.tail)
        return n == t->u.seq.n && !t->u.seq.tail;
    const struct bt_term *rest = t->u.seq.tail;
    if (n < t->u.seq.n || !rest)
        rest = bt_term_list(r->a, t->u.seq.items + n, t->u.seq.n - n, t->u.seq.tail);
    r->gave_up = r->gave_up || !rest;
    return rest && match(r, p->u.seq.tail, rest);
}

static bool match_map(struct run *r, const struct bt_term *p, const struct bt_term *t)
{
    for (size_t i = 0; i < p->u.seq.n; i++) {
        const struct bt_term *value = bt_eval_map_get(t, p->u.seq.items[2 * i]);
        if (!value || !match(r, p->u.seq.items[2 * i + 1], value))
            return false;
    }
    return true;
}

static bool match_tuple(struct run *r, const struct bt_term *p, const struct bt_term *t)
{
    bool ok = p->u.seq.n == t->u.seq.n;
    for (size_t i = 0; ok && i < p->u.seq.n; i++)
        ok = match(r, p->u.seq.items[i], t->u.seq.items[i]);
    return ok;
}

static bool match(struct run *r, const struct bt_term *p, const struct bt_term *t)
{
    size_t var = var_of(p);
    if (bt_term_is_atom(p, "_"))
        return true;
    if (var && r->vars[var])
        return bt_eval_same(r->vars[var], t);
    if (var) {
        r->vars[var] = t;
        return true;
    }
    if (p->kind != t->kind || (p->kind != BT_TERM_LIST && p->kind != BT_TERM_TUPLE && p->kind != BT_TERM_MAP))
        return bt_eval_same(p, t);
    return p->kind == BT_TERM_LIST    ? match_list(r, p, t)
           : p->kind == BT_TERM_TUPLE ? match_tuple(r, p, t)
                                      : match_map(r, p, t);
}

/* ---- guards ---- */

static const struct bt_term *eval(struct run *r, const struct bt_term *x);

static const struct bt_term **eval_all(struct run *r, const struct bt_term *const *items, size_t n)
{
    const struct bt_term **out = bt_arena_array(r->a, n + 1, sizeof *out);
    for (size_t i = 0; out && i < n; i++) {
        if (!(out[i] = eval(r, items[i])))
            return NULL;
    }
    return out;
}

/* `andalso` and `orelse` stop at the first that decides. */
static const struct bt_term *eval_until(
    struct run *r, const struct bt_term *const *items, size_t n, const char *decides)
{
    const struct bt_term *x = NULL;
    for (size_t i = 0; i < n; i++) {
        x = eval(r, items[i]);
        if (!x || bt_term_is_atom(x, decides) ||
            (!bt_term_is_atom(x, "true") && !bt_term_is_atom(x, "false")))
            return x;
    }
    return x;
}

static const struct bt_op_info *op_of(const char *name, bool is_unary, enum bt_op *op)
{
    for (*op = 0; *op <= BT_OP_NOT; (*op)++) {
        const struct bt_op_info *info = bt_op_info(*op);
        if ((info->assoc == BT_ASSOC_UNARY) == is_unary && strcmp(info->text, name) == 0)
            return info;
    }
    return NULL;
}

/* == and its like of terms that have no order here are told apart all the same. */
static const struct bt_term *eval_op(struct run *r, enum bt_op op, const struct bt_term *const *x, size_t n)
{
    int order;
    if (n == 1)
        return bt_fold_unary(r->a, op, x[0]);
    if (op == BT_OP_EXACT_EQ || op == BT_OP_EXACT_NE)
        return bt_term_atom(r->a, bt_eval_same(x[0], x[1]) == (op == BT_OP_EXACT_EQ) ? "true" : "false");
    if (op < BT_OP_EQ || op > BT_OP_EXACT_NE)
        return bt_fold_binary(r->a, op, x[0], x[1]);
    if (bt_eval_same(x[0], x[1]))
        return bt_term_atom(r->a, op == BT_OP_EQ || op == BT_OP_LE || op == BT_OP_GE ? "true" : "false");
    if (bt_fold_compare(r->a, x[0], x[1], &order))
        return bt_fold_binary(r->a, op, x[0], x[1]);
    r->gave_up = true;
    return NULL;
}

static const struct bt_term *eval_call(struct run *r, const struct bt_term *call)
{
    const char *name = call->u.seq.items[0]->u.atom.name;
    const struct bt_term *const *items = call->u.seq.items + 1;
    size_t n = call->u.seq.n - 1;
    enum bt_op op;
    if (strcmp(name, "andalso") == 0)
        return eval_until(r, items, n, "false");
    if (strcmp(name, "orelse") == 0)
        return eval_until(r, items, n, "true");
    const struct bt_term *const *args = eval_all(r, items, n);
    const struct bt_eval_fun *fun = bt_eval_fun_find(name, n);
    if (!args)
        return NULL;
    if (fun)
        return fun->call(r->a, args);
    if ((n == 1 || n == 2) && op_of(name, n == 1, &op))
        return eval_op(r, op, args, n);
    r->gave_up = true;
    return NULL;
}

static const struct bt_term *eval_tuple(struct run *r, const struct bt_term *x)
{
    const struct bt_term *const *items = x->u.seq.items, **inner;
    if (x->u.seq.n == 2 && bt_term_is_atom(items[0], "const"))
        return items[1];
    if (x->u.seq.n == 1 && items[0]->kind == BT_TERM_TUPLE) {
        inner = eval_all(r, items[0]->u.seq.items, items[0]->u.seq.n);
        return inner ? bt_term_tuple(r->a, inner, items[0]->u.seq.n) : NULL;
    }
    return x->u.seq.n > 0 && items[0]->kind == BT_TERM_ATOM ? eval_call(r, x) : NULL;
}

static const struct bt_term *eval_list(struct run *r, const struct bt_term *x)
{
    const struct bt_term **items = eval_all(r, x->u.seq.items, x->u.seq.n);
    const struct bt_term *tail = items && x->u.seq.tail ? eval(r, x->u.seq.tail) : NULL;
    if (!items || (x->u.seq.tail && !tail))
        return NULL;
    const struct bt_term *proper = bt_term_list(r->a, items, x->u.seq.n, NULL);
    return tail && proper ? bt_fold_binary(r->a, BT_OP_APPEND, proper, tail) : proper;
}

/* The value of an expression; NULL: it has none, which is no match. */
static const struct bt_term *eval(struct run *r, const struct bt_term *x)
{
    const struct bt_term **items;
    size_t var = var_of(x);
    if (var)
        return r->vars[var];
    if (bt_term_is_atom(x, "$_"))
        return r->value;
    switch (x->kind) {
    case BT_TERM_TUPLE: return eval_tuple(r, x);
    case BT_TERM_LIST: return eval_list(r, x);
    case BT_TERM_MAP:
        items = eval_all(r, x->u.seq.items, 2 * x->u.seq.n);
        return items ? bt_term_map(r->a, items, x->u.seq.n) : NULL;
    default: return x;
    }
}

/* ---- clauses ---- */

static bool clause_takes(struct run *r, const struct bt_term *clause)
{
    const struct bt_term *head = clause->u.seq.items[0], *guards = clause->u.seq.items[1];
    memset(r->vars, 0, sizeof r->vars);
    bool is_taken = match(r, head, r->value);
    for (size_t i = 0; is_taken && i < guards->u.seq.n; i++) {
        const struct bt_term *x = eval(r, guards->u.seq.items[i]);
        is_taken = x && bt_term_is_atom(x, "true");
    }
    return is_taken;
}

enum bt_eval bt_eval_value(const struct bt_term *match_spec, struct bt_slice value, struct bt_arena *scratch)
{
    const struct bt_term *t = bt_tree_read(value, scratch);
    struct run r = {.a = scratch, .value = t ? bt_term_tuple1(scratch, t) : NULL};
    if (!r.value)
        return BT_EVAL_GAVE_UP;
    for (size_t i = 0; i < match_spec->u.seq.n; i++) {
        if (clause_takes(&r, match_spec->u.seq.items[i]))
            return BT_EVAL_YES;
    }
    return r.gave_up || scratch->failed ? BT_EVAL_GAVE_UP : BT_EVAL_NO;
}

/* ---- what can be asked ---- */

static bool is_known(const char *name, size_t n)
{
    enum bt_op op;
    return strcmp(name, "andalso") == 0 || strcmp(name, "orelse") == 0 || bt_eval_fun_find(name, n) ||
           ((n == 1 || n == 2) && op_of(name, n == 1, &op));
}

static int check(const struct bt_term *x, struct beamtap_err *err)
{
    bool has_parts = x->kind == BT_TERM_TUPLE || x->kind == BT_TERM_LIST || x->kind == BT_TERM_MAP;
    size_t n = !has_parts ? 0 : x->kind == BT_TERM_MAP ? 2 * x->u.seq.n : x->u.seq.n;
    if (x->kind == BT_TERM_TUPLE && n == 2 && bt_term_is_atom(x->u.seq.items[0], "const"))
        return 0;
    if (x->kind == BT_TERM_TUPLE && n > 0 && x->u.seq.items[0]->kind == BT_TERM_ATOM &&
        !is_known(x->u.seq.items[0]->u.atom.name, n - 1))
        return bt_err_set(err, BEAMTAP_EUSAGE, "--returns: only a node can tell %s/%zu, not a file",
            x->u.seq.items[0]->u.atom.name, n - 1);
    bool is_quoted = x->kind == BT_TERM_TUPLE && n == 1 && x->u.seq.items[0]->kind == BT_TERM_TUPLE;
    const struct bt_term *in = is_quoted ? x->u.seq.items[0] : x;
    for (size_t i = 0; i < (is_quoted ? in->u.seq.n : n); i++) {
        if (check(in->u.seq.items[i], err) < 0)
            return -1;
    }
    return has_parts && x->u.seq.tail ? check(x->u.seq.tail, err) : 0;
}

int bt_eval_check(const struct bt_term *match_spec, struct beamtap_err *err)
{
    for (size_t i = 0; i < match_spec->u.seq.n; i++) {
        const struct bt_term *guards = match_spec->u.seq.items[i]->u.seq.items[1];
        for (size_t j = 0; j < guards->u.seq.n; j++) {
            if (check(guards->u.seq.items[j], err) < 0)
                return -1;
        }
    }
    return 0;
}
