/*
 * term.h - Erlang terms as a tree: what the pattern compiler builds. Data from a node is never made into a
 * tree; it is read and printed straight from its external form (etf_read.h, print.h).
 *
 * All nodes live in an arena. Constructors return NULL when memory is out, and accept NULL members (they then
 * return NULL too), so that a whole expression can be built and checked once.
 */
#ifndef BT_TERM_TERM_H
#define BT_TERM_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* Whose terms, and in specs whose operators and guards: told by how a text begins. */
enum bt_syntax { BT_SYNTAX_ERLANG, BT_SYNTAX_ELIXIR };

enum bt_term_kind {
    BT_TERM_ATOM,    /* ok */
    BT_TERM_INT,     /* 42: fits int64_t */
    BT_TERM_BIG,     /* 123456789012345678901234567890 */
    BT_TERM_FLOAT,   /* 1.5 */
    BT_TERM_BINARY,  /* <<"abc">>, <<1:4>> */
    BT_TERM_TUPLE,   /* {a, b} */
    BT_TERM_LIST,    /* [a, b | T]; [] has no items and no tail */
    BT_TERM_MAP,     /* #{k => v} */
    BT_TERM_PID,     /* <0.44.0> of the target node */
    BT_TERM_REF,     /* #Ref<0.1.2.3> of the target node */
    BT_TERM_PORT,    /* #Port<0.6> of the target node */
    BT_TERM_FUN,     /* fun m:f/1 */
    BT_TERM_RAW,     /* a whole term already in external form, without the version byte */
    BT_TERM_HOLE,    /* in a shape only: a part that was not captured, printed as _ */
    BT_TERM_CAPTURE, /* in a shape only: the n-th captured value, see shape.h */
};

struct bt_term {
    enum bt_term_kind kind;
    union {
        struct {
            const char *name; /* UTF-8, NUL-terminated; len does not count the NUL */
            size_t len;
        } atom;
        int64_t small;
        struct {
            bool negative;
            const uint8_t *mag; /* magnitude, least byte first, no zero at the end */
            size_t n_bytes;
        } big;
        double real;
        struct {
            const uint8_t *bytes;
            size_t len;         /* bytes, the last one included even when it is partial */
            unsigned last_bits; /* bits used of the last byte, 1-8, from the top; 8 for a binary */
        } binary;
        struct {
            const struct bt_term **items; /* tuple, list: items; map: key, value, key, value ... */
            size_t n;                     /* for a map: number of pairs */
            const struct bt_term *tail;   /* list only; NULL: proper */
        } seq;
        struct {
            uint32_t id, serial;
        } pid;
        struct {
            uint32_t words[5]; /* in the order of the external format, that is last printed first */
            size_t n;
        } ref;
        uint64_t port;
        struct {
            const struct bt_term *module, *function; /* atoms */
            int64_t arity;
        } fun;
        struct {
            const uint8_t *etf;
            size_t len;
        } raw;
        size_t capture; /* from 0 */
    } u;
};

const struct bt_term *bt_term_atom(struct bt_arena *a, const char *name);
const struct bt_term *bt_term_atom_n(struct bt_arena *a, const char *name, size_t len);
const struct bt_term *bt_term_int(struct bt_arena *a, int64_t v);
/* mag is copied; a value that fits int64_t becomes BT_TERM_INT. */
const struct bt_term *bt_term_big(struct bt_arena *a, bool negative, const uint8_t *mag, size_t n_bytes);
const struct bt_term *bt_term_float(struct bt_arena *a, double v);
/* bytes are copied. */
const struct bt_term *bt_term_binary(struct bt_arena *a, const void *bytes, size_t len, unsigned last_bits);
/* The items' array is copied; the items are not. */
const struct bt_term *bt_term_tuple(struct bt_arena *a, const struct bt_term *const *items, size_t n);
/* tail NULL: proper list. */
const struct bt_term *bt_term_list(
    struct bt_arena *a, const struct bt_term *const *items, size_t n, const struct bt_term *tail);
/* items: n_pairs times key, value. */
const struct bt_term *bt_term_map(struct bt_arena *a, const struct bt_term *const *items, size_t n_pairs);
const struct bt_term *bt_term_fun(
    struct bt_arena *a, const char *module, const char *function, int64_t arity);
/* A list of the characters of UTF-8 text; invalid bytes stand for themselves. */
const struct bt_term *bt_term_charlist(struct bt_arena *a, const char *utf8);
/* A term that is already encoded; the bytes are copied. */
const struct bt_term *bt_term_raw(struct bt_arena *a, const void *etf, size_t len);
/* A node of the given kind with all else zero: for pid, ref, port, hole, capture. */
struct bt_term *bt_term_new(struct bt_arena *a, enum bt_term_kind kind);

/* Tuples of a fixed size, for match specifications: bt_term_tuple2(a, x, y) is {x, y}. */
const struct bt_term *bt_term_tuple1(struct bt_arena *a, const struct bt_term *x);
const struct bt_term *bt_term_tuple2(struct bt_arena *a, const struct bt_term *x, const struct bt_term *y);
const struct bt_term *bt_term_tuple3(
    struct bt_arena *a, const struct bt_term *x, const struct bt_term *y, const struct bt_term *z);

bool bt_term_is_atom(const struct bt_term *t, const char *name);
/* Exactly equal (=:=), structure by structure; maps compare in the order their pairs stand. */
bool bt_term_equal(const struct bt_term *x, const struct bt_term *y);

#endif
