/*
 * merge.c - the body of a user's fun or match specification and ours, made one.
 */
#include "match/merge.h"

#include <string.h>

/* {Name, ...} of so many arguments */
static bool is_call(const struct bt_term *t, const char *name, size_t n_args)
{
    return t->kind == BT_TERM_TUPLE && t->u.seq.n == n_args + 1 && bt_term_is_atom(t->u.seq.items[0], name);
}

static bool is_return(const struct bt_term *t)
{
    return is_call(t, "return_trace", 0) || is_call(t, "exception_trace", 0);
}

static bool is_plain(const struct bt_term *t)
{
    return bt_term_is_atom(t, "true") || bt_term_is_atom(t, "false");
}

static bool is_message(const struct bt_term *t)
{
    return is_call(t, "message", 1) && !is_plain(t->u.seq.items[1]);
}

static bool is_silence(const struct bt_term *t)
{
    return is_call(t, "message", 1) && bt_term_is_atom(t->u.seq.items[1], "false");
}

static bool is_loud(const struct bt_term *t)
{
    return is_call(t, "message", 1) && bt_term_is_atom(t->u.seq.items[1], "true");
}

/* {{a, b}} is the tuple {a, b}, and no call. Returns its parts; of anything else the term itself. */
static const struct bt_term *inside(const struct bt_term *t)
{
    bool is_value = t->kind == BT_TERM_TUPLE && t->u.seq.n == 1 && t->u.seq.items[0]->kind == BT_TERM_TUPLE;
    return is_value ? t->u.seq.items[0] : t;
}

static bool has_parts(const struct bt_term *t)
{
    return t->kind == BT_TERM_TUPLE || t->kind == BT_TERM_LIST || t->kind == BT_TERM_MAP;
}

static size_t n_parts(const struct bt_term *t)
{
    return t->kind == BT_TERM_MAP ? 2 * t->u.seq.n : t->u.seq.n;
}

/* Is there a call on whatever level for which `test` holds? */
static bool has(const struct bt_term *t, bool (*test)(const struct bt_term *))
{
    if (!has_parts(t))
        return false;
    if (test(t))
        return true;
    if (is_call(t, "const", 1))
        return false;
    t = inside(t);
    for (size_t i = 0; i < n_parts(t); i++) {
        if (has(t->u.seq.items[i], test))
            return true;
    }
    return t->u.seq.tail && has(t->u.seq.tail, test);
}

bool bt_merge_wants_return(const struct bt_term *body)
{
    return has(body, is_return);
}

bool bt_merge_has_message(const struct bt_term *body)
{
    return has(body, is_message);
}

bool bt_merge_excludes(const struct bt_term *body)
{
    bool is_silent = false;
    for (size_t i = 0; i < body->u.seq.n; i++)
        is_silent = is_silent || is_silence(body->u.seq.items[i]);
    return is_silent && !has(body, is_message) && !has(body, is_loud) && !has(body, is_return);
}

/* Our message, and where in its tuple the user's word stands. */
struct ours {
    struct bt_arena *arena;
    const struct bt_term *message;
    size_t at;
    bool keeps_silence; /* message(false): where no return is to be told with its call */
};

static const struct bt_term *with_note(const struct ours *o, const struct bt_term *x)
{
    const struct bt_term *inner = o->message->u.seq.items[0];
    size_t n = inner->u.seq.n;
    const struct bt_term **items = bt_arena_array(o->arena, n + 1, sizeof *items);
    if (!items)
        return NULL;
    memcpy(items, inner->u.seq.items, o->at * sizeof *items);
    items[o->at] = x;
    memcpy(items + o->at + 1, inner->u.seq.items + o->at, (n - o->at) * sizeof *items);
    return bt_term_tuple1(o->arena, bt_term_tuple(o->arena, items, n + 1));
}

static const struct bt_term *merge(const struct ours *o, const struct bt_term *t)
{
    struct bt_arena *a = o->arena;
    if (!has_parts(t) || is_call(t, "const", 1))
        return t;
    if (is_return(t))
        return bt_term_tuple1(a, bt_term_atom(a, "exception_trace"));
    if (is_silence(t) && o->keeps_silence)
        return t;
    if (is_call(t, "message", 1))
        return bt_term_tuple2(
            a, t->u.seq.items[0], is_message(t) ? with_note(o, t->u.seq.items[1]) : o->message);
    bool is_value = inside(t) != t;
    t = inside(t);
    const struct bt_term **items = bt_arena_array(a, n_parts(t), sizeof *items), *tail = NULL;
    for (size_t i = 0; items && i < n_parts(t); i++) {
        if (!(items[i] = merge(o, t->u.seq.items[i])))
            return NULL;
    }
    if (!items || (t->u.seq.tail && !(tail = merge(o, t->u.seq.tail))))
        return NULL;
    if (t->kind == BT_TERM_LIST)
        return bt_term_list(a, items, t->u.seq.n, tail);
    if (t->kind == BT_TERM_MAP)
        return bt_term_map(a, items, t->u.seq.n);
    const struct bt_term *tuple = bt_term_tuple(a, items, t->u.seq.n);
    return is_value ? bt_term_tuple1(a, tuple) : tuple;
}

const struct bt_term *bt_merge_body(
    struct bt_arena *a, const struct bt_term *body, const struct bt_term *message, size_t at)
{
    struct ours o = {a, message, at, !bt_merge_wants_return(body)};
    return message ? merge(&o, body) : NULL;
}
