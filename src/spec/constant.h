/*
 * constant.h - the parts of a tree that are plain values, as terms.
 */
#ifndef BT_SPEC_CONSTANT_H
#define BT_SPEC_CONSTANT_H

#include "spec/ast.h"

/* A literal, a string, or tuples, lists and maps of those. */
bool bt_constant_is(const struct bt_ast *e);
/* The term of a tree that is constant. NULL: no memory. */
const struct bt_term *bt_constant_term(struct bt_arena *a, const struct bt_ast *e);

/* A list of items and a tail (NULL: proper). A tail that is itself a list is joined on, so that equal lists
 * have equal terms. NULL: no memory, or an item is NULL. */
const struct bt_term *bt_constant_list(
    struct bt_arena *a, const struct bt_term *const *items, size_t n, const struct bt_term *tail);
/* The characters of a string. */
const struct bt_term *bt_constant_string(struct bt_arena *a, const char *utf8, size_t len);

/* May the atom stand for something else in a match specification? In a head: '_', '$0', '$1' ...; in a guard
 * also
 * '$_', '$$' and every other name with $ in front. */
bool bt_constant_is_wild(const struct bt_term *t);
bool bt_constant_is_special(const struct bt_term *t);
/* Does a constant need {const,...} around it to mean itself in a guard? So do tuples and special atoms, alone or
 * inside. */
bool bt_constant_needs_const(const struct bt_term *t);

#endif
