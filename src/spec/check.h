/*
 * check.h - what a tree means: names, variables, guard functions, and what is too wide to be traced at all.
 */
#ifndef BT_SPEC_CHECK_H
#define BT_SPEC_CHECK_H

#include "spec/ast.h"

/*
 * bt_check - check a tree and note its variables in it.
 *
 * Sets the vars of each clause, the slot of every variable, spec->since and since_for. `_Name` is a variable as in Erlang:
 * it may be used in guards and must be equal where it stands twice. Only one that stands in a single place
 * and in no guard counts as not wanted (is_unwanted): its value is neither copied nor shown.
 *
 * Errors, the first one found: ESPEC with the place and the cure; EWIDE with the place for module _ and for
 * what recon_trace bans; ENOMEM.
 */
int bt_check(struct bt_ast_spec *spec, struct bt_arena *arena, struct beamtap_err *err);

#endif
