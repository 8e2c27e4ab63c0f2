/*
 * suggest.h - "did you mean": the known word nearest to a mistyped one.
 */
#ifndef BT_SPEC_SUGGEST_H
#define BT_SPEC_SUGGEST_H

#include <stddef.h>

/* The best word so far and how far it is from the one that was typed; begin with {0}. */
struct bt_suggestion {
    const char *word; /* NULL: none is near enough */
    unsigned distance;
};

/* Takes `known` when it is nearer to `typed` than what was taken before, and near enough to be meant. Swapped
 * neighbours count as one change. */
void bt_suggest(struct bt_suggestion *best, const char *typed, const char *known);

#endif
