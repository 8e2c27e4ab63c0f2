/*
 * arena.h - memory that is given back all at once. Trees and compiled specs live in one.
 */
#ifndef BT_BASE_ARENA_H
#define BT_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct bt_arena_block;

struct bt_arena {
    struct bt_arena_block *blocks;
    bool failed; /* some allocation was refused: for who could not say so at once */
};

#define BT_ARENA_INIT                                                                                        \
    {                                                                                                        \
        0                                                                                                    \
    }

/* Frees everything that was taken; the arena is empty and may be used again. */
void bt_arena_done(struct bt_arena *a);
/* n zeroed bytes, aligned for any object, valid until bt_arena_done; NULL: no memory. */
void *bt_arena_alloc(struct bt_arena *a, size_t n);
/* As bt_arena_alloc for n objects of `size` bytes; the product is checked. */
void *bt_arena_array(struct bt_arena *a, size_t n, size_t size);
/* Room for one more object behind n: `items` itself, or a larger copy (*cap objects, zeroed behind n). */
void *bt_arena_grow(struct bt_arena *a, void *items, size_t n, size_t *cap, size_t size);
/* A copy of s[0..len) with a NUL behind it. */
char *bt_arena_strndup(struct bt_arena *a, const char *s, size_t len);

#endif
