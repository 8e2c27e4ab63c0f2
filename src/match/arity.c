/*
 * arity.c - the clauses that can take a function's calls.
 */
#include "match/arity.h"

#include <string.h>

static const struct bt_term *open_tail(const struct bt_clause *c)
{
    const struct bt_term *tail = c->head->kind == BT_TERM_LIST ? c->head->u.seq.tail : NULL;
    bool is_open = tail && tail->kind == BT_TERM_ATOM &&
                   (tail->u.atom.name[0] == '$' || strcmp(tail->u.atom.name, "_") == 0);
    return is_open ? tail : NULL;
}

bool bt_clause_fits(const struct bt_clause *c, size_t arity)
{
    if (c->head->kind != BT_TERM_LIST)
        return true; /* '_' or '$1' */
    if (open_tail(c))
        return c->head->u.seq.n <= arity;
    return !c->head->u.seq.tail && c->head->u.seq.n == arity;
}

bool bt_pattern_fits(const struct bt_trace_pattern *p, size_t arity)
{
    if (p->arity >= 0)
        return (size_t)p->arity == arity;
    for (size_t i = 0; i < p->n_clauses; i++) {
        if (bt_clause_fits(&p->clauses[i], arity))
            return true;
    }
    return false;
}

bool bt_pattern_by_arity(const struct bt_trace_pattern *p)
{
    for (size_t i = 0; i < p->n_clauses; i++) {
        if (p->clauses[i].head->kind == BT_TERM_LIST)
            return true;
    }
    return false;
}

/* The list of arguments behind the first n. */
static const struct bt_term *rest_term(size_t n, struct bt_arena *a)
{
    const struct bt_term *t = bt_term_atom(a, "$_");
    for (size_t i = 0; i < n; i++)
        t = bt_term_tuple2(a, bt_term_atom(a, "tl"), t);
    return t;
}

static bool is_const(const struct bt_term *t)
{
    return t->kind == BT_TERM_TUPLE && t->u.seq.n == 2 && bt_term_is_atom(t->u.seq.items[0], "const");
}

/* t with every `from` replaced by `to`, but for what stands in {const, ...}. */
static const struct bt_term *replace(
    const struct bt_term *t, const struct bt_term *from, const struct bt_term *to, struct bt_arena *a)
{
    if (t->kind == BT_TERM_ATOM)
        return bt_term_equal(t, from) ? to : t;
    if ((t->kind != BT_TERM_TUPLE && t->kind != BT_TERM_LIST && t->kind != BT_TERM_MAP) || is_const(t))
        return t;
    size_t n = t->kind == BT_TERM_MAP ? 2 * t->u.seq.n : t->u.seq.n;
    const struct bt_term **items = bt_arena_array(a, n + 1, sizeof *items), *tail = NULL;
    for (size_t i = 0; items && i < n; i++) {
        if (!(items[i] = replace(t->u.seq.items[i], from, to, a)))
            return NULL;
    }
    if (!items || (t->u.seq.tail && !(tail = replace(t->u.seq.tail, from, to, a))))
        return NULL;
    return t->kind == BT_TERM_TUPLE  ? bt_term_tuple(a, items, n)
           : t->kind == BT_TERM_LIST ? bt_term_list(a, items, n, tail)
                                     : bt_term_map(a, items, t->u.seq.n);
}

static const struct bt_term *write_out(const struct bt_term *head, size_t arity, struct bt_arena *a)
{
    const struct bt_term **items = bt_arena_array(a, arity + 1, sizeof *items);
    if (!items)
        return NULL;
    for (size_t i = 0; i < arity; i++)
        items[i] = i < head->u.seq.n ? head->u.seq.items[i] : bt_term_atom(a, "_");
    return bt_term_list(a, items, arity, NULL);
}

static bool contains(const struct bt_term *t, const struct bt_term *atom)
{
    if (t->kind == BT_TERM_ATOM)
        return bt_term_equal(t, atom);
    if (t->kind != BT_TERM_TUPLE && t->kind != BT_TERM_LIST && t->kind != BT_TERM_MAP)
        return false;
    size_t n = t->kind == BT_TERM_MAP ? 2 * t->u.seq.n : t->u.seq.n;
    for (size_t i = 0; i < n; i++) {
        if (contains(t->u.seq.items[i], atom))
            return true;
    }
    return t->u.seq.tail && contains(t->u.seq.tail, atom);
}

/* fun([A, {b, T} | T]): what the tail stands for is bound elsewhere too, and must be equal. */
static bool is_bound_twice(const struct bt_clause *c, const struct bt_term *tail)
{
    for (size_t i = 0; i < c->head->u.seq.n; i++) {
        if (contains(c->head->u.seq.items[i], tail))
            return true;
    }
    return false;
}

static const struct bt_term *with_equal(
    const struct bt_clause *c, const struct bt_term *x, const struct bt_term *y, struct bt_arena *a)
{
    size_t n = c->guards->u.seq.n;
    const struct bt_term **tests = bt_arena_array(a, n + 1, sizeof *tests);
    if (!tests)
        return NULL;
    tests[0] = bt_term_tuple3(a, bt_term_atom(a, "=:="), x, y);
    if (n)
        memcpy(tests + 1, c->guards->u.seq.items, n * sizeof *tests);
    return bt_term_list(a, tests, n + 1, NULL);
}

const struct bt_clause *bt_clause_at(const struct bt_clause *c, size_t arity, struct bt_arena *a)
{
    const struct bt_term *tail = open_tail(c);
    if (!tail)
        return c;
    struct bt_clause *out = bt_arena_alloc(a, sizeof *out);
    const struct bt_term **captures = bt_arena_array(a, c->n_captures + 1, sizeof *captures);
    if (!out || !captures)
        return NULL;
    *out = *c;
    out->head = write_out(c->head, arity, a);
    out->captures = captures;
    if (bt_term_is_atom(tail, "_")) {
        out->captures = c->captures;
        return out->head ? out : NULL;
    }
    const struct bt_term *rest = rest_term(c->head->u.seq.n, a);
    if (!rest || !out->head)
        return NULL;
    if (is_bound_twice(c, tail)) {
        out->captures = c->captures;
        out->guards = with_equal(c, tail, rest, a);
        return out->guards ? out : NULL;
    }
    out->guards = replace(c->guards, tail, rest, a);
    out->body = replace(c->body, tail, rest, a);
    for (size_t i = 0; i < c->n_captures; i++) {
        if (!(captures[i] = replace(c->captures[i], tail, rest, a)))
            return NULL;
    }
    return out->guards && out->body ? out : NULL;
}
