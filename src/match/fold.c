/*
 * fold.c - operators between constants.
 */
#include "match/fold.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "spec/constant.h"
#include "term/bigint.h"

/* ---- order and equality ---- */

static bool is_number(const struct bt_term *t)
{
    return t->kind == BT_TERM_INT || t->kind == BT_TERM_BIG || t->kind == BT_TERM_FLOAT;
}

/* number < atom < reference, fun, port, pid < tuple < map < list < bitstring, as in Erlang; -1: not among them */
static int rank(const struct bt_term *t)
{
    switch (t->kind) {
    case BT_TERM_INT:
    case BT_TERM_BIG:
    case BT_TERM_FLOAT: return 0;
    case BT_TERM_ATOM: return 1;
    case BT_TERM_REF:
    case BT_TERM_FUN:
    case BT_TERM_PORT:
    case BT_TERM_PID:
    case BT_TERM_RAW: return 2;
    case BT_TERM_TUPLE: return 3;
    case BT_TERM_MAP: return 4;
    case BT_TERM_LIST: return t->u.seq.n ? 6 : 5; /* [] comes before every other list */
    case BT_TERM_BINARY: return 7;
    default: return -1;
    }
}

static int sign_of(int64_t x, int64_t y)
{
    return x < y ? -1 : x > y;
}

static bool compare_numbers(struct bt_arena *a, const struct bt_term *x, const struct bt_term *y, int *order)
{
    struct bt_bigint u, v;
    if (x->kind == BT_TERM_FLOAT && y->kind == BT_TERM_FLOAT) {
        *order = x->u.real < y->u.real ? -1 : x->u.real > y->u.real;
        return true;
    }
    if (y->kind == BT_TERM_FLOAT)
        return bt_bigint_of(a, x, &u) && bt_bigint_compare_float(a, &u, y->u.real, order);
    if (x->kind != BT_TERM_FLOAT) {
        bool has_both = bt_bigint_of(a, x, &u) && bt_bigint_of(a, y, &v);
        *order = has_both ? bt_bigint_compare(&u, &v) : 0;
        return has_both;
    }
    bool is_done = bt_bigint_of(a, y, &v) && bt_bigint_compare_float(a, &v, x->u.real, order);
    *order = -*order;
    return is_done;
}

static bool compare(struct bt_arena *a, const struct bt_term *x, const struct bt_term *y, int *order);

static bool compare_tuples(struct bt_arena *a, const struct bt_term *x, const struct bt_term *y, int *order)
{
    *order = sign_of((int64_t)x->u.seq.n, (int64_t)y->u.seq.n);
    for (size_t i = 0; *order == 0 && i < x->u.seq.n; i++) {
        if (!compare(a, x->u.seq.items[i], y->u.seq.items[i], order))
            return false;
    }
    return true;
}

/* What is left of a list behind n items: a list, or what ends it. */
static const struct bt_term *rest_of(struct bt_arena *a, const struct bt_term *list, size_t n)
{
    if (n == list->u.seq.n && list->u.seq.tail)
        return list->u.seq.tail;
    return bt_term_list(a, list->u.seq.items + n, list->u.seq.n - n, list->u.seq.tail);
}

static bool compare_lists(struct bt_arena *a, const struct bt_term *x, const struct bt_term *y, int *order)
{
    size_t n = x->u.seq.n < y->u.seq.n ? x->u.seq.n : y->u.seq.n;
    *order = 0;
    for (size_t i = 0; *order == 0 && i < n; i++) {
        if (!compare(a, x->u.seq.items[i], y->u.seq.items[i], order))
            return false;
    }
    if (*order || n == 0)
        return true;
    const struct bt_term *left = rest_of(a, x, n), *right = rest_of(a, y, n);
    return left && right && compare(a, left, right, order);
}

/* Bit by bit; the shorter first where one begins the other. */
static int compare_bits(const struct bt_term *x, const struct bt_term *y)
{
    size_t n = x->u.binary.len < y->u.binary.len ? x->u.binary.len : y->u.binary.len;
    int order = n ? memcmp(x->u.binary.bytes, y->u.binary.bytes, n) : 0;
    if (order == 0)
        order = sign_of((int64_t)x->u.binary.len, (int64_t)y->u.binary.len);
    return order ? sign_of(order, 0) : sign_of(x->u.binary.last_bits, y->u.binary.last_bits);
}

static bool compare(struct bt_arena *a, const struct bt_term *x, const struct bt_term *y, int *order)
{
    int rx = rank(x), ry = rank(y);
    if (rx < 0 || ry < 0)
        return false;
    *order = sign_of(rx, ry);
    if (rx != ry)
        return true;
    switch (rx) {
    case 0: return compare_numbers(a, x, y, order);
    case 1: *order = strcmp(x->u.atom.name, y->u.atom.name); return true;
    case 3: return compare_tuples(a, x, y, order);
    case 4: *order = sign_of((int64_t)x->u.seq.n, (int64_t)y->u.seq.n); return *order || bt_term_equal(x, y);
    case 5: return true;
    case 6: return compare_lists(a, x, y, order);
    case 7: *order = compare_bits(x, y); return true;
    default: return bt_term_equal(x, y);
    }
}

bool bt_fold_compare(struct bt_arena *a, const struct bt_term *x, const struct bt_term *y, int *order)
{
    return compare(a, x, y, order);
}

static const struct bt_term *truth(struct bt_arena *a, bool yes)
{
    return bt_term_atom(a, yes ? "true" : "false");
}

static const struct bt_term *fold_comparison(
    struct bt_arena *a, enum bt_op op, const struct bt_term *x, const struct bt_term *y)
{
    int order;
    if (!compare(a, x, y, &order))
        return NULL;
    switch (op) {
    case BT_OP_EQ: return truth(a, order == 0);
    case BT_OP_NE: return truth(a, order != 0);
    case BT_OP_LE: return truth(a, order <= 0);
    case BT_OP_LT: return truth(a, order < 0);
    case BT_OP_GE: return truth(a, order >= 0);
    case BT_OP_GT: return truth(a, order > 0);
    case BT_OP_EXACT_EQ: return truth(a, bt_term_equal(x, y));
    default: return truth(a, !bt_term_equal(x, y));
    }
}

/* ---- arithmetic ---- */

/* By more than anything has bits, unless the amount is less. */
static bool shift(struct bt_arena *a, const struct bt_bigint *x, const struct bt_bigint *by, bool is_left,
    struct bt_bigint *out)
{
    int64_t bits = by->n > 1 ? INT32_MAX : by->n ? by->mag[0] : 0;
    return bt_bigint_shift(a, x, by->negative == is_left ? -bits : bits, out);
}

static bool calculate(struct bt_arena *a, enum bt_op op, const struct bt_term *x, const struct bt_term *y,
    struct bt_bigint *out)
{
    struct bt_bigint u, v;
    if (!bt_bigint_of(a, x, &u) || !bt_bigint_of(a, y, &v))
        return false;
    switch (op) {
    case BT_OP_ADD: return bt_bigint_calc(a, BT_BIGINT_ADD, &u, &v, out);
    case BT_OP_SUB: return bt_bigint_calc(a, BT_BIGINT_SUB, &u, &v, out);
    case BT_OP_MUL: return bt_bigint_calc(a, BT_BIGINT_MUL, &u, &v, out);
    case BT_OP_DIV: return bt_bigint_calc(a, BT_BIGINT_DIV, &u, &v, out);
    case BT_OP_REM: return bt_bigint_calc(a, BT_BIGINT_REM, &u, &v, out);
    case BT_OP_BAND: return bt_bigint_calc(a, BT_BIGINT_AND, &u, &v, out);
    case BT_OP_BOR: return bt_bigint_calc(a, BT_BIGINT_OR, &u, &v, out);
    case BT_OP_BXOR: return bt_bigint_calc(a, BT_BIGINT_XOR, &u, &v, out);
    case BT_OP_BSL: return shift(a, &u, &v, true, out);
    case BT_OP_BSR: return shift(a, &u, &v, false, out);
    default: return false;
    }
}

static const struct bt_term *fold_integers(
    struct bt_arena *a, enum bt_op op, const struct bt_term *x, const struct bt_term *y)
{
    struct bt_bigint v;
    return calculate(a, op, x, y, &v) ? bt_bigint_term(a, &v) : NULL;
}

/* False: too large for a float. */
static bool float_of(struct bt_arena *a, const struct bt_term *t, double *out)
{
    struct bt_bigint x;
    if (t->kind == BT_TERM_FLOAT) {
        *out = t->u.real;
        return true;
    }
    if (!bt_bigint_of(a, t, &x))
        return false;
    *out = bt_bigint_to_float(&x);
    return isfinite(*out);
}

static const struct bt_term *fold_floats(
    struct bt_arena *a, enum bt_op op, const struct bt_term *x, const struct bt_term *y)
{
    double u, v, result;
    if (!float_of(a, x, &u) || !float_of(a, y, &v))
        return NULL;
    switch (op) {
    case BT_OP_ADD: result = u + v; break;
    case BT_OP_SUB: result = u - v; break;
    case BT_OP_MUL: result = u * v; break;
    case BT_OP_SLASH:
        if (v == 0)
            return NULL;
        result = u / v;
        break;
    default: return NULL;
    }
    return isfinite(result) ? bt_term_float(a, result) : NULL;
}

static const struct bt_term *fold_arithmetic(
    struct bt_arena *a, enum bt_op op, const struct bt_term *x, const struct bt_term *y)
{
    if (!is_number(x) || !is_number(y))
        return NULL;
    bool is_float = x->kind == BT_TERM_FLOAT || y->kind == BT_TERM_FLOAT || op == BT_OP_SLASH;
    return is_float ? fold_floats(a, op, x, y) : fold_integers(a, op, x, y);
}

/* [a, b] ++ T; T may be anything, as in Erlang. */
static const struct bt_term *fold_append(struct bt_arena *a, const struct bt_term *x, const struct bt_term *y)
{
    if (x->kind != BT_TERM_LIST || x->u.seq.tail)
        return NULL;
    return x->u.seq.n ? bt_constant_list(a, x->u.seq.items, x->u.seq.n, y) : y;
}

/* Of each item of y, the first that is equal goes from x. */
static const struct bt_term *fold_subtract(
    struct bt_arena *a, const struct bt_term *x, const struct bt_term *y)
{
    if (x->kind != BT_TERM_LIST || y->kind != BT_TERM_LIST || x->u.seq.tail || y->u.seq.tail)
        return NULL;
    size_t n = x->u.seq.n;
    const struct bt_term **items = bt_arena_array(a, n, sizeof *items);
    if (!items)
        return NULL;
    if (n)
        memcpy(items, x->u.seq.items, n * sizeof *items);
    for (size_t i = 0; i < y->u.seq.n; i++) {
        size_t at = 0;
        while (at < n && !bt_term_equal(items[at], y->u.seq.items[i]))
            at++;
        if (at < n)
            memmove(items + at, items + at + 1, (--n - at) * sizeof *items);
    }
    return bt_term_list(a, items, n, NULL);
}

static const struct bt_term *fold_logic(
    struct bt_arena *a, enum bt_op op, const struct bt_term *x, const struct bt_term *y)
{
    bool bx = bt_term_is_atom(x, "true"), by = bt_term_is_atom(y, "true");
    if ((!bx && !bt_term_is_atom(x, "false")) || (!by && !bt_term_is_atom(y, "false")))
        return NULL;
    return truth(a, op == BT_OP_AND ? bx && by : op == BT_OP_OR ? bx || by : bx != by);
}

static const struct bt_term *fold_not(struct bt_arena *a, const struct bt_term *x)
{
    bool is_true = bt_term_is_atom(x, "true");
    return is_true || bt_term_is_atom(x, "false") ? truth(a, !is_true) : NULL;
}

const struct bt_term *bt_fold_unary(struct bt_arena *a, enum bt_op op, const struct bt_term *x)
{
    const struct bt_term *minus_one = bt_term_int(a, -1);
    if (op == BT_OP_NOT)
        return fold_not(a, x);
    if (!is_number(x) || !minus_one)
        return NULL;
    if (op == BT_OP_BNOT) /* all bits the other way round */
        return fold_integers(a, BT_OP_BXOR, x, minus_one);
    if (op == BT_OP_POS)
        return x;
    return x->kind == BT_TERM_FLOAT ? bt_term_float(a, -x->u.real)
                                    : fold_integers(a, BT_OP_MUL, x, minus_one);
}

/* ---- the tree ---- */

/* The value of an operand; of a term that is no operator, the term. */
static const struct bt_term *value_of(struct bt_arena *a, const struct bt_ast *e);
static const struct bt_term *fold(struct bt_arena *a, const struct bt_ast *e);

static const struct bt_term *seq_value(struct bt_arena *a, const struct bt_ast *e)
{
    const struct bt_term **items = bt_arena_array(a, e->u.seq.n, sizeof *items), *tail = NULL;
    for (size_t i = 0; items && i < e->u.seq.n; i++) {
        if (!(items[i] = value_of(a, e->u.seq.items[i])))
            return NULL;
    }
    if (!items || (e->u.seq.tail && !(tail = value_of(a, e->u.seq.tail))))
        return NULL;
    return e->kind == BT_AST_TUPLE ? bt_term_tuple(a, items, e->u.seq.n)
                                   : bt_constant_list(a, items, e->u.seq.n, tail);
}

static const struct bt_term *value_of(struct bt_arena *a, const struct bt_ast *e)
{
    switch (e->kind) {
    case BT_AST_LITERAL:
        return is_number(e->u.literal) || e->u.literal->kind == BT_TERM_ATOM ? e->u.literal : NULL;
    case BT_AST_TUPLE:
    case BT_AST_LIST: return seq_value(a, e);
    case BT_AST_OP: return e->u.op.is_call ? NULL : fold(a, e);
    default: return NULL;
    }
}

const struct bt_term *bt_fold_binary(
    struct bt_arena *a, enum bt_op op, const struct bt_term *x, const struct bt_term *y)
{
    switch (op) {
    case BT_OP_AND:
    case BT_OP_OR:
    case BT_OP_XOR: return fold_logic(a, op, x, y);
    case BT_OP_APPEND: return fold_append(a, x, y);
    case BT_OP_SUBTRACT: return fold_subtract(a, x, y);
    default:
        return op >= BT_OP_EQ && op <= BT_OP_EXACT_NE ? fold_comparison(a, op, x, y)
                                                      : fold_arithmetic(a, op, x, y);
    }
}

static const struct bt_term *fold(struct bt_arena *a, const struct bt_ast *e)
{
    const struct bt_term *x = value_of(a, e->u.op.args[0]);
    if (!x)
        return NULL;
    if (bt_op_info(e->u.op.op)->assoc == BT_ASSOC_UNARY)
        return bt_fold_unary(a, e->u.op.op, x);
    const struct bt_term *y = value_of(a, e->u.op.args[1]);
    return y ? bt_fold_binary(a, e->u.op.op, x, y) : NULL;
}

const struct bt_term *bt_fold(struct bt_arena *a, const struct bt_ast *e)
{
    const struct bt_term *t = fold(a, e);
    return t && (is_number(t) || t->kind == BT_TERM_ATOM) ? t : NULL;
}
