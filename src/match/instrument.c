/*
 * instrument.c - clauses to the match specification that is really installed on the node.
 */
#include "match/instrument.h"

#include <string.h>

#include "match/merge.h"
#include "spec/constant.h"

static const struct bt_term *call0(struct bt_arena *a, const char *name)
{
    return bt_term_tuple1(a, bt_term_atom(a, name));
}

static const struct bt_term *call1(struct bt_arena *a, const char *name, const struct bt_term *x)
{
    return bt_term_tuple2(a, bt_term_atom(a, name), x);
}

static const struct bt_term *call2(
    struct bt_arena *a, const char *name, const struct bt_term *x, const struct bt_term *y)
{
    return bt_term_tuple3(a, bt_term_atom(a, name), x, y);
}

/* {hd,{tl,'$_'}}: what is sent, the second of [To, Msg]; the third of [Node, From, Msg]. */
static const struct bt_term *nth_arg(struct bt_arena *a, size_t n)
{
    const struct bt_term *list = bt_term_atom(a, "$_");
    while (n-- > 0)
        list = call1(a, "tl", list);
    return call1(a, "hd", list);
}

static bool is_message(const struct bt_clause *c)
{
    return c->event == BT_SPEC_SEND || c->event == BT_SPEC_RECEIVE;
}

/* {'not',{'andalso',{is_binary,Msg},{'>',{size,Msg},Max}}}: what of a message's size can be seen at once. */
static const struct bt_term *size_guard(struct bt_arena *a, const struct bt_clause *c, int64_t max)
{
    const struct bt_term *msg = nth_arg(a, c->event == BT_SPEC_SEND ? 1 : 2);
    const struct bt_term *is_large = call2(a, ">", call1(a, "size", msg), bt_term_int(a, max));
    return call1(a, "not", call2(a, "andalso", call1(a, "is_binary", msg), is_large));
}

/* {'=/=',{hd,'$_'},clock_service}: the VM takes the end of `receive ... after` for the message timeout of that sender. */
static const struct bt_term *no_timeout(struct bt_arena *a)
{
    return call2(a, "=/=", nth_arg(a, 0), bt_term_atom(a, "clock_service"));
}

/* {'>',{get_tcw},Base}, with somebody else's value below and above ours also {'=<',{get_tcw},Base+Range}. */
static const struct bt_term *make_guards(
    struct bt_arena *a, const struct bt_clause *clause, const struct bt_instrument_opts *opts)
{
    size_t n = clause->guards->u.seq.n, n_gate = opts->base > 0 ? 2 : 1;
    bool has_size = is_message(clause) && opts->max_message > 0;
    const struct bt_term **tests = bt_arena_array(a, n_gate + 2 + n, sizeof *tests);
    if (!tests)
        return NULL;
    tests[0] = call2(a, ">", call0(a, "get_tcw"), bt_term_int(a, opts->base));
    if (n_gate == 2)
        tests[1] = call2(a, "=<", call0(a, "get_tcw"), bt_term_int(a, (int64_t)opts->base + opts->range));
    if (clause->event == BT_SPEC_RECEIVE)
        tests[n_gate++] = no_timeout(a);
    if (has_size)
        tests[n_gate++] = size_guard(a, clause, opts->max_message);
    if (n)
        memcpy(tests + n_gate, clause->guards->u.seq.items, n * sizeof *tests);
    return bt_term_list(a, tests, n_gate + n, NULL);
}

bool bt_instrument_is_whole(const struct bt_clause *clause, enum bt_args_mode mode)
{
    return mode == BT_ARGS_MODE_ALL || (mode == BT_ARGS_MODE_NAMED && clause->captures_all);
}

/* What an action asks to be told of each call. */
static size_t put_notes(struct bt_arena *a, const struct bt_clause *clause, const struct bt_term **out)
{
    size_t n = 0;
    for (size_t i = 0; i < clause->n_notes; i++) {
        if (clause->notes[i] == BT_NOTE_CALLER)
            out[n++] = call0(a, "caller");
        if (clause->notes[i] == BT_NOTE_STACK)
            out[n++] = call0(a, "current_stacktrace");
    }
    return n;
}

/* {{Id, Values..., Notes...}}: two braces make a tuple where one would be a call. */
static const struct bt_term *make_message(
    struct bt_arena *a, const struct bt_clause *clause, size_t id, const struct bt_instrument_opts *opts)
{
    if (is_message(
            clause)) { /* the VM adds the whole message, whatever is named; of a receiver it does not say from whom */
        const struct bt_term *own[] = {bt_term_int(a, (int64_t)id), nth_arg(a, 1)};
        return bt_term_tuple1(a, bt_term_tuple(a, own, clause->event == BT_SPEC_RECEIVE ? 2 : 1));
    }
    bool is_all = bt_instrument_is_whole(clause, opts->mode);
    size_t n = is_all ? 1 : opts->mode == BT_ARGS_MODE_ARITY ? 0 : clause->n_captures;
    const struct bt_term **items = bt_arena_array(a, 2 + n + clause->n_notes, sizeof *items);
    if (!items)
        return NULL;
    items[0] = bt_term_int(a, (int64_t)id);
    if (is_all)
        items[1] = bt_term_atom(a, "$_");
    else if (n)
        memcpy(items + 1, clause->captures, n * sizeof *items);
    n += put_notes(a, clause, items + 1 + n);
    if (opts->with_caller)
        items[1 + n++] = call0(a, "caller");
    return bt_term_tuple1(a, bt_term_tuple(a, items, 1 + n));
}

/*
 * Our own two calls, and behind them the user's: a message(X) there replaces ours with one that has X besides. Of a call
 * spec nothing but the wish for returns is left to say.
 */
static const struct bt_term *make_body(
    struct bt_arena *a, const struct bt_clause *clause, size_t id, const struct bt_instrument_opts *opts)
{
    const struct bt_term *message = make_message(a, clause, id, opts), *calls[3], *theirs;
    const struct bt_term *less = call2(a, "-", call0(a, "get_tcw"), bt_term_int(a, 1));
    calls[0] = call1(a, "set_tcw", less);
    calls[1] = call1(a, "message", message);
    calls[2] = call0(a, "exception_trace"); /* what return_trace shows, and exceptions */
    if (!clause->is_own)
        return bt_term_list(a, calls, clause->wants_return ? 3 : 2, NULL);
    size_t at = 1 + bt_instrument_is_whole(clause, opts->mode); /* behind the arguments */
    theirs = bt_merge_body(a, clause->body, message, at);
    return theirs ? bt_constant_list(a, calls, 2, theirs) : NULL;
}

/* ---- functions without arguments ---- */

static const struct bt_term *without_args(struct bt_arena *a, const struct bt_term *t);

static const struct bt_term *parts_without_args(struct bt_arena *a, const struct bt_term *t)
{
    size_t n = t->kind == BT_TERM_MAP ? 2 * t->u.seq.n : t->u.seq.n;
    const struct bt_term **items = bt_arena_array(a, n, sizeof *items), *tail = NULL;
    for (size_t i = 0; items && i < n; i++) {
        if (!(items[i] = without_args(a, t->u.seq.items[i])))
            return NULL;
    }
    if (!items || (t->u.seq.tail && !(tail = without_args(a, t->u.seq.tail))))
        return NULL;
    if (t->kind == BT_TERM_LIST)
        return bt_constant_list(a, items, n, tail);
    return t->kind == BT_TERM_MAP ? bt_term_map(a, items, t->u.seq.n) : bt_term_tuple(a, items, n);
}

/* Writes [] for '$_'. */
static const struct bt_term *without_args(struct bt_arena *a, const struct bt_term *t)
{
    bool has_parts = t->kind == BT_TERM_TUPLE || t->kind == BT_TERM_LIST || t->kind == BT_TERM_MAP;
    bool is_const =
        t->kind == BT_TERM_TUPLE && t->u.seq.n == 2 && bt_term_is_atom(t->u.seq.items[0], "const");
    if (bt_term_is_atom(t, "$_"))
        return bt_term_list(a, NULL, 0, NULL);
    return has_parts && !is_const ? parts_without_args(a, t) : t;
}

/*
 * The VM (OTP 23 to 29) dies of '$_' behind the head []: for no arguments it makes a list in memory it does not have
 * (erl_db_util.c, matchPushArrayAsList). Behind '_' and '$1' it does not.
 */
static const struct bt_term *survivable(struct bt_arena *a, const struct bt_term *clause)
{
    const struct bt_term *head = clause ? clause->u.seq.items[0] : NULL;
    bool is_deadly = head && head->kind == BT_TERM_LIST && head->u.seq.n == 0;
    return is_deadly ? without_args(a, clause) : clause;
}

/* ---- clauses ---- */

/* A call that is not to be seen: the gate has no part in it, else it might show while the gate opens. */
static const struct bt_term *make_exclusion(struct bt_arena *a, const struct bt_clause *clause)
{
    const struct bt_term *silence = call1(a, "message", bt_term_atom(a, "false"));
    return bt_term_tuple3(a, clause->head, clause->guards, bt_term_list(a, &silence, 1, NULL));
}

const struct bt_term *bt_instrument(struct bt_arena *arena, const struct bt_clause *const *clauses,
    const size_t *ids, size_t n, const struct bt_instrument_opts *opts)
{
    const struct bt_term **items = bt_arena_array(arena, n, sizeof *items);
    if (!items)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        if (clauses[i]->event >
            BT_SPEC_RECEIVE) { /* no match specification of the VM's: the agent looks at it */
            items[i] = bt_term_tuple3(arena, clauses[i]->head, clauses[i]->guards, clauses[i]->body);
            continue;
        }
        const struct bt_term *clause = clauses[i]->excludes ? make_exclusion(arena, clauses[i])
                                                            : bt_term_tuple3(arena, clauses[i]->head,
                                                                  make_guards(arena, clauses[i], opts),
                                                                  make_body(arena, clauses[i], ids[i], opts));
        items[i] = survivable(arena, clause);
    }
    return bt_term_list(arena, items, n, NULL);
}
