/*
 * nomem.c - a scripted allocator, by the linker's --wrap: __wrap_X stands in for X, __real_X is X itself.
 */
#include "nomem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define WRAPPED(type, name, params)                                                                          \
    type __real_##name params;                                                                               \
    type __wrap_##name params

WRAPPED(void *, malloc, (size_t size));
WRAPPED(void *, calloc, (size_t n, size_t size));
WRAPPED(void *, realloc, (void *p, size_t size));
WRAPPED(char *, strdup, (const char *s));
WRAPPED(void, free, (void *p));
WRAPPED(void *, bt_arena_alloc, (struct bt_arena * a, size_t n));
WRAPPED(void *, bt_arena_array, (struct bt_arena * a, size_t n, size_t size));
WRAPPED(void *, bt_arena_grow, (struct bt_arena * a, void *items, size_t n, size_t *cap, size_t size));
WRAPPED(char *, bt_arena_strndup, (struct bt_arena * a, const char *s, size_t len));

static size_t n_before = BT_NOMEM_NEVER; /* that succeed before one fails */
static bool fails_for_good, has_failed;
static long n_left;

void bt_nomem_begin(size_t n, bool for_good)
{
    n_before = n;
    fails_for_good = for_good;
    has_failed = false;
    n_left = 0;
}

bool bt_nomem_end(void)
{
    n_before = BT_NOMEM_NEVER;
    return has_failed;
}

long bt_nomem_left(void)
{
    return n_left;
}

static bool fails(void)
{
    if (n_before == BT_NOMEM_NEVER)
        return false;
    if (n_before > 0) {
        n_before--;
        return false;
    }
    has_failed = true;
    if (!fails_for_good)
        n_before = BT_NOMEM_NEVER;
    return true;
}

/* As the arena does it. */
static bool refuses(struct bt_arena *a)
{
    bool yes = fails();
    a->failed = a->failed || yes;
    return yes;
}

static void *counted(void *p)
{
    n_left += p != NULL;
    return p;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : counted(__real_calloc(n, size));
}

void *__wrap_realloc(void *p, size_t size)
{
    if (fails())
        return NULL;
    return p ? __real_realloc(p, size) : counted(__real_realloc(p, size));
}

char *__wrap_strdup(const char *s)
{
    return fails() ? NULL : counted(__real_strdup(s));
}

void __wrap_free(void *p)
{
    n_left -= p != NULL;
    __real_free(p);
}

void *__wrap_bt_arena_alloc(struct bt_arena *a, size_t n)
{
    return refuses(a) ? NULL : __real_bt_arena_alloc(a, n);
}

void *__wrap_bt_arena_array(struct bt_arena *a, size_t n, size_t size)
{
    return refuses(a) ? NULL : __real_bt_arena_array(a, n, size);
}

void *__wrap_bt_arena_grow(struct bt_arena *a, void *items, size_t n, size_t *cap, size_t size)
{
    return n >= *cap && refuses(a) ? NULL : __real_bt_arena_grow(a, items, n, cap, size);
}

char *__wrap_bt_arena_strndup(struct bt_arena *a, const char *s, size_t len)
{
    return refuses(a) ? NULL : __real_bt_arena_strndup(a, s, len);
}
