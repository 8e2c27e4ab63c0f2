/*
 * fold.c - operators between constants.
 */
#include "match/fold.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "spec/constant.h"

/* ---- order and equality ---- */

static bool is_number(const struct bt_term *t)
{
    return t->kind == BT_TERM_INT || t->kind == BT_TERM_FLOAT;
}

/* number < atom < tuple < list, as in Erlang; -1: not among them */
static int rank(const struct bt_term *t)
{
    switch (t->kind) {
    case BT_TERM_INT:
    case BT_TERM_FLOAT: return 0;
    case BT_TERM_ATOM: return 1;
    case BT_TERM_TUPLE: return 2;
    case BT_TERM_LIST: return t->u.seq.n ? 4 : 3; /* [] comes before every other list */
    default: return -1;
    }
}

static int sign_of(int64_t x, int64_t y)
{
    return x < y ? -1 : x > y;
}

/* False: beyond what a double holds exactly, so not for us to say. */
static bool compare_numbers(const struct bt_term *x, const struct bt_term *y, int *order)
{
    const int64_t exact = INT64_C(1) << 53;
    if (x->kind == BT_TERM_INT && y->kind == BT_TERM_INT) {
        *order = sign_of(x->u.small, y->u.small);
        return true;
    }
    if ((x->kind == BT_TERM_INT && (x->u.small > exact || x->u.small < -exact)) ||
        (y->kind == BT_TERM_INT && (y->u.small > exact || y->u.small < -exact)))
        return false;
    double a = x->kind == BT_TERM_INT ? (double)x->u.small : x->u.real;
    double b = y->kind == BT_TERM_INT ? (double)y->u.small : y->u.real;
    *order = a < b ? -1 : a > b;
    return true;
}

static bool compare(const struct bt_term *x, const struct bt_term *y, int *order);

static bool compare_tuples(const struct bt_term *x, const struct bt_term *y, int *order)
{
    *order = sign_of((int64_t)x->u.seq.n, (int64_t)y->u.seq.n);
    for (size_t i = 0; *order == 0 && i < x->u.seq.n; i++) {
        if (!compare(x->u.seq.items[i], y->u.seq.items[i], order))
            return false;
    }
    return true;
}

static bool compare_lists(const struct bt_term *x, const struct bt_term *y, int *order)
{
    size_t n = x->u.seq.n < y->u.seq.n ? x->u.seq.n : y->u.seq.n;
    if (x->u.seq.tail || y->u.seq.tail)
        return false;
    *order = 0;
    for (size_t i = 0; *order == 0 && i < n; i++) {
        if (!compare(x->u.seq.items[i], y->u.seq.items[i], order))
            return false;
    }
    if (*order == 0)
        *order = sign_of((int64_t)x->u.seq.n, (int64_t)y->u.seq.n);
    return true;
}

static bool compare(const struct bt_term *x, const struct bt_term *y, int *order)
{
    int rx = rank(x), ry = rank(y);
    if (rx < 0 || ry < 0)
        return false;
    *order = sign_of(rx, ry);
    if (rx != ry)
        return true;
    switch (rx) {
    case 0: return compare_numbers(x, y, order);
    case 1: *order = strcmp(x->u.atom.name, y->u.atom.name); return true;
    case 2: return compare_tuples(x, y, order);
    default: return compare_lists(x, y, order);
    }
}

static const struct bt_term *truth(struct bt_arena *a, bool yes)
{
    return bt_term_atom(a, yes ? "true" : "false");
}

static const struct bt_term *fold_comparison(
    struct bt_arena *a, enum bt_op op, const struct bt_term *x, const struct bt_term *y)
{
    int order;
    if (!compare(x, y, &order))
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

/* x * 2^by; by may be negative. False: more than 64 bits. */
static bool shift(int64_t x, int64_t by, int64_t *out)
{
    if (by <= 0) {
        *out = by <= -63 ? (x < 0 ? -1 : 0) : x >> -by;
        return true;
    }
    if (by > 62 && x != 0)
        return false;
    return x == 0 ? (*out = 0, true) : !__builtin_mul_overflow(x, INT64_C(1) << by, out);
}

static bool fold_integers(enum bt_op op, int64_t x, int64_t y, int64_t *out)
{
    switch (op) {
    case BT_OP_ADD: return !__builtin_add_overflow(x, y, out);
    case BT_OP_SUB: return !__builtin_sub_overflow(x, y, out);
    case BT_OP_MUL: return !__builtin_mul_overflow(x, y, out);
    case BT_OP_DIV:
        *out = y && (x != INT64_MIN || y != -1) ? x / y : 0;
        return y && (x != INT64_MIN || y != -1);
    case BT_OP_REM: *out = y && y != -1 ? x % y : 0; return y != 0;
    case BT_OP_BAND: *out = x & y; return true;
    case BT_OP_BOR: *out = x | y; return true;
    case BT_OP_BXOR: *out = x ^ y; return true;
    case BT_OP_BSL: return y != INT64_MIN && shift(x, y, out);
    case BT_OP_BSR: return y != INT64_MIN && shift(x, -y, out);
    default: return false;
    }
}

static const struct bt_term *fold_floats(struct bt_arena *a, enum bt_op op, double x, double y)
{
    double v;
    switch (op) {
    case BT_OP_ADD: v = x + y; break;
    case BT_OP_SUB: v = x - y; break;
    case BT_OP_MUL: v = x * y; break;
    case BT_OP_SLASH:
        if (y == 0)
            return NULL;
        v = x / y;
        break;
    default: return NULL;
    }
    return isfinite(v) ? bt_term_float(a, v) : NULL;
}

static const struct bt_term *fold_arithmetic(
    struct bt_arena *a, enum bt_op op, const struct bt_term *x, const struct bt_term *y)
{
    int64_t v;
    if (!is_number(x) || !is_number(y))
        return NULL;
    if (x->kind == BT_TERM_INT && y->kind == BT_TERM_INT && op != BT_OP_SLASH)
        return fold_integers(op, x->u.small, y->u.small, &v) ? bt_term_int(a, v) : NULL;
    return fold_floats(a, op, x->kind == BT_TERM_INT ? (double)x->u.small : x->u.real,
        y->kind == BT_TERM_INT ? (double)y->u.small : y->u.real);
}

static const struct bt_term *fold_logic(
    struct bt_arena *a, enum bt_op op, const struct bt_term *x, const struct bt_term *y)
{
    bool bx = bt_term_is_atom(x, "true"), by = bt_term_is_atom(y, "true");
    if ((!bx && !bt_term_is_atom(x, "false")) || (!by && !bt_term_is_atom(y, "false")))
        return NULL;
    return truth(a, op == BT_OP_AND ? bx && by : op == BT_OP_OR ? bx || by : bx != by);
}

static const struct bt_term *fold_unary(struct bt_arena *a, enum bt_op op, const struct bt_term *x)
{
    bool is_int = x->kind == BT_TERM_INT;
    if (op == BT_OP_NOT)
        return bt_term_is_atom(x, "true")    ? truth(a, false)
               : bt_term_is_atom(x, "false") ? truth(a, true)
                                             : NULL;
    if (op == BT_OP_BNOT)
        return is_int ? bt_term_int(a, ~x->u.small) : NULL;
    if (!is_number(x) || op == BT_OP_POS)
        return is_number(x) ? x : NULL;
    if (is_int)
        return x->u.small != INT64_MIN ? bt_term_int(a, -x->u.small) : NULL;
    return bt_term_float(a, -x->u.real);
}

/* ---- the tree ---- */

/* The value of an operand; of a term that is no operator, the term. */
static const struct bt_term *value_of(struct bt_arena *a, const struct bt_ast *e);

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
    case BT_AST_OP: return bt_fold(a, e);
    default: return NULL;
    }
}

const struct bt_term *bt_fold(struct bt_arena *a, const struct bt_ast *e)
{
    enum bt_op op = e->u.op.op;
    const struct bt_term *x = value_of(a, e->u.op.args[0]);
    if (!x)
        return NULL;
    if (bt_op_info(op)->assoc == BT_ASSOC_UNARY)
        return fold_unary(a, op, x);
    const struct bt_term *y = value_of(a, e->u.op.args[1]);
    if (!y)
        return NULL;
    if (op == BT_OP_AND || op == BT_OP_OR || op == BT_OP_XOR)
        return fold_logic(a, op, x, y);
    return op >= BT_OP_EQ && op <= BT_OP_EXACT_NE ? fold_comparison(a, op, x, y)
                                                  : fold_arithmetic(a, op, x, y);
}
