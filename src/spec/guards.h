/*
 * guards.h - the functions a guard of a match specification knows.
 *
 * Source: OTP ERTS User's Guide, "Match Specifications in Erlang", and what OTP 23-29 accept.
 */
#ifndef BT_SPEC_GUARDS_H
#define BT_SPEC_GUARDS_H

#include <stddef.h>

struct bt_guard_fun {
    const char *name;
    unsigned min_arity, max_arity;
    unsigned since;     /* first OTP release whose match specifications have it; 0: all we serve */
    unsigned since_max; /* the same for max_arity, where that came later; else 0 */
};

/* NULL: there is none of this name. */
const struct bt_guard_fun *bt_guard_find(const char *name);

/* What to write instead of a function that is known elsewhere, but not in guards; NULL: nothing special. */
const char *bt_guard_cure(const char *name);

/* The guard function whose name is nearest to a mistyped one; NULL: none is near. */
const char *bt_guard_suggest(const char *name);

#endif
