/*
 * constant.c - the parts of a tree that are plain values, as terms.
 */
#include "spec/constant.h"

#include <string.h>

#include "base/utf8.h"

static bool all_constant(struct bt_ast *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!bt_constant_is(items[i]))
            return false;
    }
    return true;
}

bool bt_constant_is(const struct bt_ast *e)
{
    switch (e->kind) {
    case BT_AST_LITERAL:
    case BT_AST_STRING: return true;
    case BT_AST_TUPLE:
    case BT_AST_LIST:
        return all_constant(e->u.seq.items, e->u.seq.n) && (!e->u.seq.tail || bt_constant_is(e->u.seq.tail));
    case BT_AST_MAP: return all_constant(e->u.seq.items, 2 * e->u.seq.n);
    default: return false;
    }
}

const struct bt_term *bt_constant_list(
    struct bt_arena *a, const struct bt_term *const *items, size_t n, const struct bt_term *tail)
{
    if (!tail || tail->kind != BT_TERM_LIST)
        return n || !tail ? bt_term_list(a, items, n, tail) : tail;
    size_t n_all = n + tail->u.seq.n;
    const struct bt_term **all = bt_arena_array(a, n_all, sizeof *all);
    if (!all)
        return NULL;
    if (n)
        memcpy(all, items, n * sizeof *all);
    if (tail->u.seq.n)
        memcpy(all + n, tail->u.seq.items, tail->u.seq.n * sizeof *all);
    return bt_term_list(a, all, n_all, tail->u.seq.tail);
}

const struct bt_term *bt_constant_string(struct bt_arena *a, const char *utf8, size_t len)
{
    const struct bt_term **items = bt_arena_array(a, bt_utf8_count(utf8, len), sizeof *items);
    size_t n = 0;
    if (!items)
        return NULL;
    for (size_t i = 0, step; i < len; i += step) {
        uint32_t cp = 0;
        step = bt_utf8_decode(utf8 + i, len - i, &cp);
        step = step ? step : 1;
        items[n++] = bt_term_int(a, (int64_t)cp);
    }
    return bt_term_list(a, items, n, NULL);
}

const struct bt_term *bt_constant_term(struct bt_arena *a, const struct bt_ast *e)
{
    if (e->kind == BT_AST_LITERAL)
        return e->u.literal;
    if (e->kind == BT_AST_STRING)
        return bt_constant_string(a, e->u.string.text, e->u.string.len);
    size_t n = e->kind == BT_AST_MAP ? 2 * e->u.seq.n : e->u.seq.n;
    const struct bt_term **items = bt_arena_array(a, n, sizeof *items), *tail = NULL;
    if (!items)
        return NULL;
    for (size_t i = 0; i < n; i++)
        items[i] = bt_constant_term(a, e->u.seq.items[i]);
    if (e->kind == BT_AST_TUPLE)
        return bt_term_tuple(a, items, n);
    if (e->kind == BT_AST_MAP)
        return bt_term_map(a, items, e->u.seq.n);
    if (e->u.seq.tail && !(tail = bt_constant_term(a, e->u.seq.tail)))
        return NULL;
    return bt_constant_list(a, items, n, tail);
}

bool bt_constant_is_wild(const struct bt_term *t)
{
    if (t->kind != BT_TERM_ATOM)
        return false;
    const char *name = t->u.atom.name;
    if (bt_term_is_atom(t, "_"))
        return true;
    return t->u.atom.len > 1 && name[0] == '$' && strspn(name + 1, "0123456789") == t->u.atom.len - 1;
}

bool bt_constant_is_special(const struct bt_term *t)
{
    return bt_constant_is_wild(t) || (t->kind == BT_TERM_ATOM && t->u.atom.len && t->u.atom.name[0] == '$');
}

bool bt_constant_needs_const(const struct bt_term *t)
{
    if (t->kind == BT_TERM_TUPLE || bt_constant_is_special(t))
        return true;
    if (t->kind != BT_TERM_LIST && t->kind != BT_TERM_MAP)
        return false;
    size_t n = t->kind == BT_TERM_MAP ? 2 * t->u.seq.n : t->u.seq.n;
    for (size_t i = 0; i < n; i++) {
        if (bt_constant_needs_const(t->u.seq.items[i]))
            return true;
    }
    return t->u.seq.tail && bt_constant_needs_const(t->u.seq.tail);
}
