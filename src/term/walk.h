/*
 * walk.h - the walker over an external term: it knows the structure, a receiver the punctuation. A printer
 * for another syntax is one more struct bt_receiver; the walker stays as it is.
 */
#ifndef BT_TERM_WALK_H
#define BT_TERM_WALK_H

#include "term/etf_read.h"

struct bt_term;

enum bt_walk_kind {
    BT_WALK_TUPLE,
    BT_WALK_LIST,
    BT_WALK_MAP,
    BT_WALK_MAP_PATTERN, /* in a shape: the keys are named, others may be there */
};

/* What a receiver makes of a map that comes. */
enum bt_walk_map {
    BT_WALK_MAP_PLAIN,  /* all pairs, as ever */
    BT_WALK_MAP_SHOWN,  /* it has shown the map in a form of its own and passed over it */
    BT_WALK_MAP_CHOSEN, /* the pairs it has chosen */
};

/* Which pairs of a map are shown. Of the heap; the walker frees it. */
struct bt_walk_chosen {
    struct bt_walk_chosen *outer; /* the walker's own */
    const uint8_t *base, *after;  /* the walk goes on at `after` when the pairs have been shown */
    uint32_t n;
    uint32_t at[]; /* where each key begins, counted from base; the last one is shown first */
};

/*
 * What a printer does with the parts of a term, in the order they come. For {a,[b|c],#{k => v}}: begin tuple,
 * leaf a, next, begin list, leaf b, tail, leaf c, end list, next, begin map, leaf k, value, leaf v, end map,
 * end tuple.
 */
struct bt_receiver {
    /* A term without members: an atom, a number, a binary, a pid ...; also {}, #{} and []. */
    void (*leaf)(void *self, const struct bt_etf_token *tok);
    /*
     * Asked for each list that is not a tail, before it is taken apart: r stands before a BT_ETF_STRING or
     * BT_ETF_LIST token. A receiver that shows the list in a form of its own, such as "abc", passes over it
     * and returns true.
     */
    bool (*text)(void *self, struct bt_etf *r);
    /*
     * May be NULL. Asked for each map that is not empty, before it is taken apart: r stands before its first key. Pairs a
     * receiver chooses come between begin and end of BT_WALK_MAP, or cut takes their place.
     */
    enum bt_walk_map (*map)(void *self, struct bt_etf *r, uint32_t n_pairs, struct bt_walk_chosen **chosen);
    /* May be NULL. In a shape: which map comes; begin follows, or cut. */
    void (*pattern)(void *self, const struct bt_term *map);
    /* May be NULL. Which tuple comes: its members, and how many; begin follows, or cut. */
    void (*tuple)(void *self, struct bt_etf members, uint32_t arity);
    void (*begin)(void *self, enum bt_walk_kind kind);
    void (*next)(void *self);                          /* between members */
    void (*value)(void *self, enum bt_walk_kind kind); /* between a key and its value */
    void (*tail)(void *self);                          /* before the tail of an improper list */
    void (*end)(void *self, enum bt_walk_kind kind);
    void (*cut)(void *self);  /* in place of a term with members that lies too deep */
    void (*hole)(void *self); /* in a shape: a part nobody captured */
    bool
        keeps_order; /* shows large maps in the order of the external format, not in reverse as OTP 25 does */
};

enum bt_walk_result {
    BT_WALK_OK,
    BT_WALK_BAD, /* the bytes are not one whole term; the receiver has seen the part before */
    BT_WALK_NOMEM,
};

/*
 * bt_walk - show one term to a receiver and pass over it.
 *
 * levels  how many levels may be opened, at most BT_ETF_MAX_DEPTH; what lies deeper goes to cut().
 *
 * No recursion; memory only for terms nested deeper than 64 levels and for maps of more than 32 pairs. Those
 * come in reverse: OTP shows a large map in the opposite order of its external form. Where large maps are
 * nested in large maps more than 16 levels deep, the inner ones come as they stand, which keeps the work
 * linear.
 */
enum bt_walk_result bt_walk(struct bt_etf *r, const struct bt_receiver *to, void *self, uint32_t levels);

/* Does a map of so many pairs come in reverse, with n_bytes left of the term, inside n_reversed others that do? */
bool bt_walk_reverses(uint32_t n_pairs, size_t n_bytes, size_t n_reversed);

/* As bt_walk, for the tail of a list whose items the receiver has seen: ends that list. levels: for its
 * items. */
enum bt_walk_result bt_walk_tail(struct bt_etf *r, const struct bt_receiver *to, void *self, uint32_t levels);

#endif
