/*
 * raw.h - match specifications that the user wrote as such: [{Head, Guards, Body}].
 */
#ifndef BT_SPEC_RAW_H
#define BT_SPEC_RAW_H

#include "spec/ast.h"

/*
 * bt_check_match_spec - check spec->match_spec: its form, and that its guards and bodies call what there is.
 *
 * Sets spec->since and since_for. What only the node can tell (a variable that the head does not bind) is left
 * to it. Errors: ESPEC with the place and the cure.
 */
int bt_check_match_spec(struct bt_ast_spec *spec, struct beamtap_err *err);

#endif
