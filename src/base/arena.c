/*
 * arena.c - memory that is given back all at once.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct bt_arena_block {
    struct bt_arena_block *next;
    size_t used, cap;
    alignas(max_align_t) unsigned char bytes[];
};

#define BLOCK_BYTES ((size_t)4096)
#define ALIGN (alignof(max_align_t))

void bt_arena_done(struct bt_arena *a)
{
    for (struct bt_arena_block *b = a->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    *a = (struct bt_arena)BT_ARENA_INIT;
}

static struct bt_arena_block *block_new(size_t n)
{
    size_t cap = n > BLOCK_BYTES ? n : BLOCK_BYTES;
    struct bt_arena_block *b = calloc(1, sizeof *b + cap);
    if (b)
        b->cap = cap;
    return b;
}

static void *refuse(struct bt_arena *a)
{
    a->failed = true;
    return NULL;
}

void *bt_arena_alloc(struct bt_arena *a, size_t n)
{
    if (n > SIZE_MAX / 2)
        return refuse(a);
    n = (n + ALIGN - 1) / ALIGN * ALIGN;
    struct bt_arena_block *b = a->blocks;
    if (!b || b->cap - b->used < n) {
        b = block_new(n);
        if (!b)
            return refuse(a);
        b->next = a->blocks;
        a->blocks = b;
    }
    void *p = b->bytes + b->used;
    b->used += n;
    return p;
}

void *bt_arena_array(struct bt_arena *a, size_t n, size_t size)
{
    return size && n > SIZE_MAX / size ? refuse(a) : bt_arena_alloc(a, n * size);
}

void *bt_arena_grow(struct bt_arena *a, void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    size_t more = *cap ? 2 * *cap : 4;
    void *p = bt_arena_array(a, more, size);
    if (!p)
        return NULL;
    if (n)
        memcpy(p, items, n * size);
    *cap = more;
    return p;
}

char *bt_arena_strndup(struct bt_arena *a, const char *s, size_t len)
{
    char *copy = len < SIZE_MAX ? bt_arena_alloc(a, len + 1) : refuse(a);
    if (copy && len)
        memcpy(copy, s, len);
    return copy;
}
