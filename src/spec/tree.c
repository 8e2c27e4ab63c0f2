/*
 * tree.c - the nodes of a tree, as the parsers make them: each knows its place and its depth.
 */
#include "spec/expr.h"

#include "spec/loc.h"

static struct bt_ast *no(int rc)
{
    (void)rc;
    return NULL;
}

static unsigned depth_of(const struct bt_ast *e)
{
    return e ? e->depth : 0;
}

static unsigned deepest(struct bt_ast *const *items, size_t n)
{
    unsigned most = 0;
    for (size_t i = 0; i < n; i++)
        most = items[i]->depth > most ? items[i]->depth : most;
    return most;
}

static unsigned depth_below(const struct bt_ast *e)
{
    unsigned x, y;
    switch (e->kind) {
    case BT_AST_TUPLE:
    case BT_AST_LIST:
        x = deepest(e->u.seq.items, e->u.seq.n);
        y = depth_of(e->u.seq.tail);
        return x > y ? x : y;
    case BT_AST_MAP: return deepest(e->u.seq.items, 2 * e->u.seq.n);
    case BT_AST_OP:
        x = depth_of(e->u.op.args[0]);
        y = depth_of(e->u.op.args[1]);
        return x > y ? x : y;
    case BT_AST_CALL: return deepest(e->u.call.args, e->u.call.n);
    case BT_AST_RECORD:
        x = depth_of(e->u.record->other);
        y = depth_of(e->u.record->of);
        x = x > y ? x : y;
        for (size_t i = 0; i < e->u.record->n; i++) {
            y = depth_of(e->u.record->fields[i].value);
            x = x > y ? x : y;
        }
        return x;
    default: return 0;
    }
}

int bt_ast_too_deep(struct bt_parser *p, struct beamtap_loc loc)
{
    return bt_parser_fail(
        p, loc, "the pattern is nested too deeply; at most %d levels are read", BT_SPEC_MAX_DEPTH);
}

struct bt_ast *bt_ast_begin(struct bt_parser *p, enum bt_ast_kind kind, struct beamtap_loc start)
{
    struct bt_ast *e = bt_arena_alloc(p->arena, sizeof *e);
    if (!e)
        return no(bt_err_nomem(p->err));
    e->kind = kind;
    e->loc = start;
    return e;
}

struct bt_ast *bt_ast_finish(struct bt_parser *p, struct bt_ast *e)
{
    e->loc = bt_loc_join(e->loc, p->prev.loc);
    e->depth = depth_below(e) + 1;
    return e->depth > BT_SPEC_MAX_DEPTH ? no(bt_ast_too_deep(p, e->loc)) : e;
}

int bt_ast_list_add(struct bt_parser *p, struct bt_ast_list *list, struct bt_ast *item)
{
    list->items = bt_arena_grow(p->arena, list->items, list->n, &list->cap, sizeof *list->items);
    if (!list->items)
        return bt_err_nomem(p->err);
    list->items[list->n++] = item;
    return 0;
}

struct bt_ast *bt_ast_list_node(
    struct bt_parser *p, const struct bt_ast_list *items, struct beamtap_loc start)
{
    struct bt_ast *e = bt_ast_begin(p, BT_AST_LIST, start);
    if (!e)
        return NULL;
    e->u.seq.items = items->items;
    e->u.seq.n = items->n;
    return bt_ast_finish(p, e);
}

struct bt_ast *bt_ast_op(
    struct bt_parser *p, enum bt_op op, struct beamtap_loc start, struct bt_ast *left, struct bt_ast *right)
{
    struct bt_ast *e = bt_ast_begin(p, BT_AST_OP, start);
    if (!e)
        return NULL;
    e->u.op.op = op;
    e->u.op.args[0] = left;
    e->u.op.args[1] = right;
    return bt_ast_finish(p, e);
}

struct bt_ast *bt_ast_literal(struct bt_parser *p, const struct bt_term *term, struct beamtap_loc start)
{
    if (!term)
        return no(bt_err_nomem(p->err));
    struct bt_ast *e = bt_ast_begin(p, BT_AST_LITERAL, start);
    if (!e)
        return NULL;
    e->u.literal = term;
    return bt_ast_finish(p, e);
}
