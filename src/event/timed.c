/*
 * timed.c - durations without values.
 */
#include "event/timed.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1 /* an entry that could not be added has no table */
#include <uthash.h>

/* One open call; its bytes are pid, mfa and caller, one behind the other. */
struct call {
    struct call *below;
    int64_t mono_ns;
    bool is_wanted;
    size_t pid_len, mfa_len, caller_len;
    uint8_t bytes[];
};

struct process {
    UT_hash_handle hh;
    struct call *top;
    size_t pid_len;
    uint8_t pid[];
};

struct bt_timed {
    struct process *processes;
    struct call *ended; /* in the order they are to be given out */
    struct call *given; /* the one given out last */
    struct bt_event at; /* the return_to that ended them: stamps only */
    size_t n_open, n_owed;
    bool failed;
};

struct bt_timed *bt_timed_new(void)
{
    return calloc(1, sizeof(struct bt_timed));
}

static void free_calls(struct call *c)
{
    while (c) {
        struct call *below = c->below;
        free(c);
        c = below;
    }
}

static void drop(struct bt_timed *t, struct process *p)
{
    HASH_DEL(t->processes, p);
    free_calls(p->top);
    free(p);
}

void bt_timed_free(struct bt_timed *t)
{
    if (!t)
        return;
    while (t->processes)
        drop(t, t->processes);
    free_calls(t->ended);
    free(t->given);
    free(t);
}

static struct process *find(const struct bt_timed *t, struct bt_slice pid)
{
    struct process *p = NULL;
    HASH_FIND(hh, t->processes, pid.p, pid.len, p);
    return p;
}

static struct process *find_or_add(struct bt_timed *t, struct bt_slice pid)
{
    struct process *p = find(t, pid);
    if (p)
        return p;
    p = calloc(1, sizeof *p + pid.len);
    if (!p)
        return NULL;
    memcpy(p->pid, pid.p, pid.len);
    p->pid_len = pid.len;
    HASH_ADD_KEYPTR(hh, t->processes, p->pid, pid.len, p);
    if (p->hh.tbl)
        return p;
    free(p);
    return NULL;
}

void bt_timed_call(struct bt_timed *t, const struct bt_event *ev, bool is_wanted)
{
    size_t len = ev->pid.len + ev->mfa.len + ev->caller.len;
    if (t->n_open >= BT_TIMED_MAX_OPEN)
        return;
    struct process *p = find_or_add(t, ev->pid);
    struct call *c = p ? malloc(sizeof *c + len) : NULL;
    if (!c) {
        t->failed = true;
        return;
    }
    *c = (struct call){p->top, ev->mono_ns, is_wanted, ev->pid.len, ev->mfa.len, ev->caller.len};
    memcpy(c->bytes, ev->pid.p, ev->pid.len);
    memcpy(c->bytes + ev->pid.len, ev->mfa.p, ev->mfa.len);
    memcpy(c->bytes + ev->pid.len + ev->mfa.len, ev->caller.p, ev->caller.len);
    p->top = c;
    t->n_open++;
    t->n_owed += is_wanted;
}

static struct bt_slice mfa_of(const struct call *c)
{
    return (struct bt_slice){c->bytes + c->pid_len, c->mfa_len};
}

static struct bt_slice caller_of(const struct call *c)
{
    return (struct bt_slice){c->bytes + c->pid_len + c->mfa_len, c->caller_len};
}

/* Takes the top call off; it is given out before those that ended with it, which lie below. */
static void end_top(struct bt_timed *t, struct process *p, struct call ***last)
{
    struct call *c = p->top;
    p->top = c->below;
    c->below = NULL;
    **last = c;
    *last = &c->below;
    t->n_open--;
    t->n_owed -= c->is_wanted;
}

/*
 * The topmost call that will return to `target` is over, and so is all above it (an exception passed through). Calls
 * below it with the same target made it as their last act, unless one of them is itself the function returned into.
 */
static void end_calls(struct bt_timed *t, struct process *p, struct bt_slice target)
{
    struct call **last = &t->ended;
    const struct call *c = p->top;
    while (c && !bt_slice_equal(caller_of(c), target))
        c = c->below;
    if (!c)
        return;
    while (*last)
        last = &(*last)->below;
    const struct call *until = c->below;
    while (p->top != until)
        end_top(t, p, &last);
    while (p->top && bt_slice_equal(caller_of(p->top), target) && !bt_slice_equal(mfa_of(p->top), target))
        end_top(t, p, &last);
}

void bt_timed_return_to(struct bt_timed *t, const struct bt_event *ev)
{
    struct process *p = find(t, ev->pid);
    if (!p)
        return;
    end_calls(t, p, ev->caller);
    t->at.mono_ns = ev->mono_ns;
    t->at.wall_ns = ev->wall_ns;
    t->at.unique = ev->unique;
    if (!p->top)
        drop(t, p);
}

bool bt_timed_next(struct bt_timed *t, struct bt_event *out)
{
    struct bt_etf r;
    free(t->given);
    t->given = NULL;
    while (t->ended && !t->ended->is_wanted) {
        struct call *c = t->ended;
        t->ended = c->below;
        free(c);
    }
    if (!t->ended)
        return false;
    struct call *c = t->given = t->ended;
    t->ended = c->below;
    out->type = BT_EVENT_TIMED;
    out->mono_ns = t->at.mono_ns;
    out->wall_ns = t->at.wall_ns;
    out->unique = t->at.unique;
    out->duration_ns = t->at.mono_ns - c->mono_ns;
    out->n_values = 0;
    out->pid = (struct bt_slice){c->bytes, c->pid_len};
    out->mfa = mfa_of(c);
    bt_etf_init(&r, out->mfa.p, out->mfa.len);
    return bt_etf_tuple_of(&r, 3) && bt_etf_atom(&r, &out->module) && bt_etf_atom(&r, &out->function) &&
           bt_etf_uint32(&r, &out->arity);
}

bool bt_timed_failed(const struct bt_timed *t)
{
    return t->failed;
}

size_t bt_timed_owed(const struct bt_timed *t)
{
    return t->n_owed;
}
