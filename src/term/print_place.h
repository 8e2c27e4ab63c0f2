/*
 * print_place.h - what print_direct.c and print_place.c share: a place that is read from and written to at once.
 *
 * The functions of print_direct.c run for every term, those of print_place.c seldom. They are apart so that the former stay
 * small and keep all they need in registers.
 */
#ifndef BT_TERM_PRINT_PLACE_H
#define BT_TERM_PRINT_PLACE_H

#include "term/print.h"

#define BT_DIRECT_LEVELS 128 /* of recursion: terms from outside must not decide how deep */
/*
 * Room there is before each term: it holds any short leaf, what stands between members, and the brackets that close all
 * levels. What is longer asks for itself.
 */
#define BT_DIRECT_SLACK (BT_DIRECT_LEVELS + 128)

struct bt_direct {
    struct bt_erlang erlang;
    const uint8_t *start, *end; /* of what is read */
    char *room_end;
    bool cuts; /* a term at level 0 is cut; else it is too deep for us */
    unsigned n_reversed;
};

/* Where we read and where we write, in two registers. Both NULL: nowhere, the walker has to print this. */
struct bt_place {
    const uint8_t *from;
    char *to;
};

/* Shows the term at a place; levels: how many may be opened. */
typedef struct bt_place bt_place_put(struct bt_direct *d, struct bt_place at, uint32_t levels);

/* What was written up to `to` is the buffer's. */
void bt_place_commit(struct bt_direct *d, const char *to);
/* Goes on behind what the buffer holds, with room for n bytes and the slack. */
struct bt_place bt_place_resume(struct bt_direct *d, const uint8_t *from, size_t n);
/* The same place, with room for n bytes and the slack. */
struct bt_place bt_place_grow(struct bt_direct *d, struct bt_place at, size_t n);

/* A term that has no members, by way of its token. */
bt_place_put bt_place_leaf;
/* A list of bytes that are not all plain text. */
bt_place_put bt_place_string;
/* A list, where all of it is printable; else nowhere, and the place it was is still good. */
struct bt_place bt_place_text(struct bt_direct *d, struct bt_place at);
/* `...` in place of a term that lies too deep. */
bt_place_put bt_place_cut;

/* Where each pair of a map begins, of n at `from`, counted from there; *end: where the map ends. NULL: nowhere. */
uint32_t *bt_place_pairs(struct bt_direct *d, const uint8_t *from, uint32_t n, const uint8_t **end);

#endif
