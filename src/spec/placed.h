/*
 * placed.h - a text that was put together out of parts of another one and values between them: a value of a script with its
 * variables in it. Knows for each byte where it came from, so that a mistake is shown where it was written.
 */
#ifndef BT_SPEC_PLACED_H
#define BT_SPEC_PLACED_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

struct bt_placed_piece {
    size_t at;     /* where it begins in the text */
    size_t from;   /* in the original: where it begins, or where the variable is written */
    bool is_value; /* of a variable: all of it is from one place */
};

/* Lives in an arena. */
struct bt_placed {
    const char *text; /* NUL-terminated */
    size_t len;
    struct bt_placed_piece *pieces;
    size_t n, cap;
};

/* Appends to a text that is being made in `buf`. Returns -1 when there is no memory. */
int bt_placed_add(struct bt_placed *p, struct bt_buf *buf, struct bt_arena *a, const char *bytes, size_t n,
    struct bt_placed_piece piece);
/* The text is complete: moves it from buf, which is freed in any case, to the arena. */
int bt_placed_end(struct bt_placed *p, struct bt_buf *buf, struct bt_arena *a);

/* Where the byte at `off` (the end included) came from, in the original. */
size_t bt_placed_from(const struct bt_placed *p, size_t off);

#endif
