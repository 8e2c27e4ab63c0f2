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

struct bt_pairs {
    struct stack *stacks;
    size_t n_open, n_owed;
    bool failed;
};

struct bt_pairs *bt_pairs_new(void)
{
    return calloc(1, sizeof(struct bt_pairs));
}

static void drop(struct bt_pairs *p, struct stack *s)
{
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

/* The key in `key`, or its length when it does not fit: pids and names are bounded by the format, 3 x 260
 * bytes at most. */
static size_t make_key(const struct bt_event *ev, unsigned char key[1024])
{
    if (ev->pid.len + ev->mfa.len > 1024)
        return 0;
    memcpy(key, ev->pid.p, ev->pid.len);
    memcpy(key + ev->pid.len, ev->mfa.p, ev->mfa.len);
    return ev->pid.len + ev->mfa.len;
}

static struct stack *find(const struct bt_pairs *p, const unsigned char *key, size_t len)
{
    struct stack *s = NULL;
    HASH_FIND(hh, p->stacks, key, len, s);
    return s;
}

static struct stack *add(struct bt_pairs *p, const unsigned char *key, size_t len)
{
    struct stack *s = calloc(1, sizeof *s + len);
    if (!s)
        return NULL;
    memcpy(s->key, key, len);
    s->key_len = len;
    HASH_ADD_KEYPTR(hh, p->stacks, s->key, len, s);
    if (s->hh.tbl)
        return s;
    free(s);
    return NULL;
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
    unsigned char key[1024];
    size_t len = make_key(call, key);
    if (len == 0 || p->n_open >= BT_PAIRS_MAX_OPEN)
        return 0;
    struct stack *s = find(p, key, len);
    if (!s)
        s = add(p, key, len);
    if (!s || !push(s, (struct bt_pair){call->mono_ns, is_shown, is_shown})) {
        p->failed = true;
        return 0;
    }
    p->n_open++;
    p->n_owed += is_shown;
    return s->n;
}

bool bt_pairs_return(struct bt_pairs *p, const struct bt_event *ret, struct bt_pair *out)
{
    unsigned char key[1024];
    size_t len = make_key(ret, key);
    struct stack *s = len ? find(p, key, len) : NULL;
    if (!s || s->n == 0)
        return false;
    *out = s->open[--s->n];
    if (s->n == 0)
        drop(p, s);
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
