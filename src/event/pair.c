/*
 * pair.c - joins calls with their returns.
 *
 * Returns of one function in one process come in the opposite order of its calls, so one stack for each pair
 * of process and function is enough. The key is their external form, which is the same each time the node
 * sends it.
 */
#include "event/pair.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1 /* an entry that could not be added has no table */
#include <uthash.h>

struct stack {
    UT_hash_handle hh;
    struct bt_pair *open;
    size_t n, cap;
    size_t key_len;
    unsigned char key[];
};

#define N_RECENT 16   /* a power of two */
#define MAX_EMPTY 512 /* stacks kept for the next call of the same function in the same process */

struct bt_pairs {
    struct stack *stacks;
    struct stack *recent[N_RECENT]; /* found last, by the low bits of the process */
    size_t n_open, n_owed, n_empty;
    bool failed;
};

struct bt_pairs *bt_pairs_new(void)
{
    return calloc(1, sizeof(struct bt_pairs));
}

static void drop(struct bt_pairs *p, struct stack *s)
{
    for (size_t i = 0; i < N_RECENT; i++) {
        if (p->recent[i] == s)
            p->recent[i] = NULL;
    }
    HASH_DEL(p->stacks, s);
    free(s->open);
    free(s);
}

void bt_pairs_free(struct bt_pairs *p)
{
    if (!p)
        return;
    while (p->stacks)
        drop(p, p->stacks);
    free(p);
}

/* The key in `key` and its length, 0 when it does not fit: pids and names are bounded by the format, 3 x 260 bytes at most. */
static size_t make_key(const struct bt_event *ev, unsigned char key[1024])
{
    if (ev->pid.len + ev->mfa.len > 1024)
        return 0;
    memcpy(key, ev->pid.p, ev->pid.len);
    memcpy(key + ev->pid.len, ev->mfa.p, ev->mfa.len);
    return ev->pid.len + ev->mfa.len;
}

/* The low byte of a process's number stands nine bytes from the end of its external form. */
static struct stack **recent_of(struct bt_pairs *p, const struct bt_event *ev)
{
    return &p->recent[(ev->pid.len > 9 ? ev->pid.p[ev->pid.len - 9] : 0) & (N_RECENT - 1)];
}

static bool is_key(const struct stack *s, const struct bt_event *ev)
{
    return s->key_len == ev->pid.len + ev->mfa.len && memcmp(s->key, ev->pid.p, ev->pid.len) == 0 &&
           memcmp(s->key + ev->pid.len, ev->mfa.p, ev->mfa.len) == 0;
}

static struct stack *add(struct bt_pairs *p, const unsigned char *key, size_t len)
{
    struct stack *s = calloc(1, sizeof *s + len);
    if (!s)
        return NULL;
    memcpy(s->key, key, len);
    s->key_len = len;
    HASH_ADD_KEYPTR(hh, p->stacks, s->key, len, s);
    if (s->hh.tbl) {
        p->n_empty++;
        return s;
    }
    free(s);
    return NULL;
}

/* The stack of the event's process and function; with `is_new` one is made where there is none. */
static struct stack *find(struct bt_pairs *p, const struct bt_event *ev, bool is_new)
{
    unsigned char key[1024];
    struct stack **recent = recent_of(p, ev), *s = *recent;
    if (s && is_key(s, ev))
        return s;
    size_t len = make_key(ev, key);
    if (len == 0)
        return NULL;
    HASH_FIND(hh, p->stacks, key, len, s);
    if (!s && is_new && !(s = add(p, key, len)))
        p->failed = true;
    if (s)
        *recent = s;
    return s;
}

static bool push(struct stack *s, struct bt_pair pair)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 2;
        struct bt_pair *open = realloc(s->open, cap * sizeof *open);
        if (!open)
            return false;
        s->open = open;
        s->cap = cap;
    }
    s->open[s->n++] = pair;
    return true;
}

size_t bt_pairs_call(struct bt_pairs *p, const struct bt_event *call, bool is_shown)
{
    struct stack *s = p->n_open < BT_PAIRS_MAX_OPEN ? find(p, call, true) : NULL;
    if (!s)
        return 0;
    if (!push(s, (struct bt_pair){call->mono_ns, is_shown, is_shown})) {
        p->failed = true;
        return 0;
    }
    p->n_empty -= s->n == 1;
    p->n_open++;
    p->n_owed += is_shown;
    return s->n;
}

/* An empty stack is kept, as the same call mostly comes again, but only so many of them. */
static void leave(struct bt_pairs *p, struct stack *s)
{
    if (p->n_empty >= MAX_EMPTY)
        drop(p, s);
    else
        p->n_empty++;
}

bool bt_pairs_return(struct bt_pairs *p, const struct bt_event *ret, struct bt_pair *out)
{
    struct stack *s = find(p, ret, false);
    if (!s || s->n == 0)
        return false;
    *out = s->open[--s->n];
    if (s->n == 0)
        leave(p, s);
    p->n_open--;
    p->n_owed -= out->is_owed;
    return true;
}

/* The key ends in the function. */
static bool is_of(const struct stack *s, struct bt_slice mfa)
{
    return s->key_len > mfa.len && memcmp(s->key + s->key_len - mfa.len, mfa.p, mfa.len) == 0;
}

void bt_pairs_forgive(struct bt_pairs *p, struct bt_slice mfa)
{
    for (struct stack *s = p->stacks; s; s = s->hh.next) {
        for (size_t i = 0; is_of(s, mfa) && i < s->n; i++) {
            p->n_owed -= s->open[i].is_owed;
            s->open[i].is_owed = false;
        }
    }
}

bool bt_pairs_failed(const struct bt_pairs *p)
{
    return p->failed;
}

size_t bt_pairs_owed(const struct bt_pairs *p)
{
    return p->n_owed;
}
