/*
 * guards.h - the functions a guard or a body of a match specification knows.
 *
 * Source: OTP ERTS User's Guide, "Match Specifications in Erlang", and what OTP 23-29 accept.
 */
#ifndef BT_SPEC_GUARDS_H
#define BT_SPEC_GUARDS_H

#include <stdbool.h>
#include <stddef.h>

/* Where a function stands. A body knows all that a guard knows. */
enum bt_place { BT_PLACE_GUARD, BT_PLACE_BODY };

struct bt_guard_fun {
    const char *name;
    unsigned min_arity, max_arity;
    unsigned since;     /* first OTP release whose match specifications have it; 0: all we serve */
    unsigned since_max; /* the same for max_arity, where that came later; else 0 */
};

/* NULL: there is none of this name in such a place. */
const struct bt_guard_fun *bt_guard_find(const char *name, enum bt_place place);

/* is_atom for atom, as the first tests of Erlang were called; NULL: it is no such name. */
const char *bt_guard_old_test(const char *name, size_t n_args);

/* Does ms_transform know it, with so many arguments? A fun is read as it reads it. */
bool bt_guard_is_in_funs(const struct bt_guard_fun *fun, size_t n_args);

/* What to write instead of a function that is known elsewhere, but not in guards; NULL: nothing special. */
const char *bt_guard_cure(const char *name);

/* The function whose name is nearest to a mistyped one; NULL: none is near. */
const char *bt_guard_suggest(const char *name, enum bt_place place);

#endif
