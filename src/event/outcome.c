/*
 * outcome.c - which calls of a capture are shown, by how they ended.
 *
 * A call is copied into one block and put on the stack of its process and function until its end comes. A call that finds no room
 * stands on the stack too, without its copy, so that its end is not taken for another's.
 */
#include "event/outcome.h"

#include <stdlib.h>
#include <string.h>

#include "match/eval.h"

#define HASH_NONFATAL_OOM 1 /* an entry that could not be added has no table */
#include <uthash.h>

#define N_SLICES 7 /* what a call's event points to, besides its values */

/* A call, and all it points to behind it; n_bytes 0: there was no room for it. */
struct held {
    struct held *older;
    size_t n_bytes, clause, n_values;
    uint32_t arity;
    int64_t mono_ns, unique, wall_ns;
    struct bt_slice parts[]; /* N_SLICES, then n_values */
};

struct stack {
    UT_hash_handle hh;
    struct held *top;
    unsigned char key[];
};

struct bt_outcomes {
    struct bt_outcome_wish wish;
    struct stack *stacks;
    size_t n_held, n_bytes;
    struct held *given; /* the call that was given last: its end is next, in `end` */
    bool has_end;
    struct bt_event end;
    struct bt_arena scratch;
    struct bt_outcomes_sum sum;
};

struct bt_outcomes *bt_outcomes_new(const struct bt_outcome_wish *wish)
{
    struct bt_outcomes *o = calloc(1, sizeof *o);
    if (o)
        o->wish = *wish;
    return o;
}

void bt_outcomes_free(struct bt_outcomes *o)
{
    if (!o)
        return;
    struct stack *s, *tmp;
    HASH_ITER(hh, o->stacks, s, tmp)
    {
        while (s->top) {
            struct held *h = s->top;
            s->top = h->older;
            free(h);
        }
        HASH_DEL(o->stacks, s);
        free(s);
    }
    free(o->given);
    bt_arena_done(&o->scratch);
    free(o);
}

struct bt_outcomes_sum bt_outcomes_sum(const struct bt_outcomes *o)
{
    return o->sum;
}

/* ---- copies ---- */

static void slices_of(struct bt_event *ev, struct bt_slice *out[N_SLICES])
{
    struct bt_slice *const all[N_SLICES] = {
        &ev->node, &ev->pid, &ev->name, &ev->mfa, &ev->module, &ev->function, &ev->caller};
    memcpy(out, all, sizeof all);
}

/* NULL: no memory. */
static struct held *copy_of(struct bt_event *ev)
{
    struct bt_slice *slices[N_SLICES];
    size_t n = N_SLICES + ev->n_values, bytes = 0;
    slices_of(ev, slices);
    for (size_t i = 0; i < n; i++)
        bytes += i < N_SLICES ? slices[i]->len : ev->values[i - N_SLICES].len;
    struct held *h = calloc(1, sizeof *h + n * sizeof h->parts[0] + bytes);
    if (!h)
        return NULL;
    unsigned char *at = (unsigned char *)&h->parts[n];
    for (size_t i = 0; i < n; i++) {
        const struct bt_slice *from = i < N_SLICES ? slices[i] : &ev->values[i - N_SLICES];
        h->parts[i] = (struct bt_slice){from->p ? at : NULL, from->len};
        if (from->len)
            memcpy(at, from->p, from->len);
        at += from->len;
    }
    h->n_bytes = sizeof *h + n * sizeof h->parts[0] + bytes;
    h->clause = ev->clause;
    h->n_values = ev->n_values;
    h->arity = ev->arity;
    h->mono_ns = ev->mono_ns;
    h->unique = ev->unique;
    h->wall_ns = ev->wall_ns;
    return h;
}

/* The event again; borrows from the copy. */
static void give(const struct held *h, struct bt_event *ev)
{
    static const struct bt_slice none;
    struct bt_slice *slices[N_SLICES];
    slices_of(ev, slices);
    ev->type = BT_EVENT_CALL;
    for (size_t i = 0; i < N_SLICES; i++)
        *slices[i] = h->parts[i];
    ev->n_values = h->n_values;
    if (h->n_values)
        memcpy(ev->values, h->parts + N_SLICES, h->n_values * sizeof ev->values[0]);
    ev->value = ev->peer = ev->class_name = none;
    ev->clause = h->clause;
    ev->arity = h->arity;
    ev->mono_ns = h->mono_ns;
    ev->unique = h->unique;
    ev->wall_ns = h->wall_ns;
    ev->duration_ns = -1;
}

/* ---- calls that are open ---- */

static struct stack *find(struct bt_outcomes *o, const struct bt_event *ev, bool is_new)
{
    unsigned char key[2048];
    const struct bt_slice parts[] = {ev->node, ev->pid, ev->mfa};
    size_t len = 0;
    struct stack *s = NULL;
    for (size_t i = 0; i < 3; i++) {
        if (len + parts[i].len > sizeof key)
            return NULL;
        if (parts[i].len)
            memcpy(key + len, parts[i].p, parts[i].len);
        len += parts[i].len;
    }
    HASH_FIND(hh, o->stacks, key, len, s);
    if (s || !is_new || !(s = calloc(1, sizeof *s + len)))
        return s;
    memcpy(s->key, key, len);
    HASH_ADD_KEYPTR(hh, o->stacks, s->key, len, s);
    if (s->hh.tbl)
        return s;
    free(s);
    return NULL;
}

static int hold(struct bt_outcomes *o, struct bt_event *ev, struct beamtap_err *err)
{
    bool has_room = o->n_held < BT_OUTCOMES_MAX_HELD && o->n_bytes < BT_OUTCOMES_MAX_BYTES;
    struct stack *s = find(o, ev, has_room);
    if (!s) /* with none on its stack that could be mistaken for it, it may be forgotten */
        return has_room ? bt_err_nomem(err) : 0;
    struct held *h = has_room ? copy_of(ev) : calloc(1, sizeof *h);
    if (!h)
        return bt_err_nomem(err);
    h->older = s->top;
    s->top = h;
    o->n_held++;
    o->n_bytes += h->n_bytes;
    return 0;
}

/* The call this is the end of; the caller frees it. NULL: it is not there. */
static struct held *unhold(struct bt_outcomes *o, const struct bt_event *end)
{
    struct stack *s = find(o, end, false);
    struct held *h = s ? s->top : NULL;
    if (!h)
        return NULL;
    s->top = h->older;
    o->n_held--;
    o->n_bytes -= h->n_bytes;
    if (!s->top) {
        HASH_DEL(o->stacks, s);
        free(s);
    }
    if (h->n_bytes > 0)
        return h;
    free(h);
    return NULL;
}

/* ---- which are wanted ---- */

static bool returned_that(struct bt_outcomes *o, const struct bt_event *end)
{
    if (end->type != BT_EVENT_RETURN)
        return false;
    enum bt_eval is_so = bt_eval_value(o->wish.returns.match_spec, end->value, &o->scratch);
    bt_arena_done(&o->scratch);
    o->sum.n_gave_up += is_so == BT_EVAL_GAVE_UP;
    return is_so != BT_EVAL_NO; /* a line too many is better than one that is missing */
}

static bool is_wanted(struct bt_outcomes *o, const struct held *call, const struct bt_event *end)
{
    int64_t took_ns = end->duration_ns >= 0 ? end->duration_ns : end->mono_ns - call->mono_ns;
    if (o->wish.slower_ns >= 0 && took_ns < o->wish.slower_ns)
        return false;
    if (o->wish.only_raised && end->type != BT_EVENT_EXCEPTION)
        return false;
    return !o->wish.returns.match_spec || returned_that(o, end);
}

/* True: the call is given in *ev, and its end comes next. */
static bool judge(struct bt_outcomes *o, struct bt_event *ev)
{
    struct held *call = unhold(o, ev);
    if (!call)
        return false;
    bool is_shown = is_wanted(o, call, ev);
    o->sum.shown += is_shown;
    o->sum.filtered += !is_shown;
    if (!is_shown) {
        free(call);
        return false;
    }
    o->end = *ev;
    o->has_end = true;
    free(o->given);
    o->given = call;
    give(call, ev);
    return true;
}

enum bt_next bt_outcomes_next(struct bt_outcomes *o,
    enum bt_next (*next)(void *self, struct bt_event *ev, struct beamtap_err *err), void *self,
    struct bt_event *ev, struct beamtap_err *err)
{
    if (o->has_end) {
        *ev = o->end;
        o->has_end = false;
        return BT_NEXT_EVENT;
    }
    for (;;) {
        enum bt_next got = next(self, ev, err);
        if (got != BT_NEXT_EVENT || ev->type > BT_EVENT_RETURN_TO)
            return got;
        if (ev->type == BT_EVENT_CALL) {
            o->sum.examined++;
            if (hold(o, ev, err) < 0)
                return BT_NEXT_ERROR;
        } else if (ev->type < BT_EVENT_SEND && judge(o, ev)) {
            return BT_NEXT_EVENT;
        }
    }
}
