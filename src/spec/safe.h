/*
 * safe.h - what a body may say and a trace must not do.
 */
#ifndef BT_SPEC_SAFE_H
#define BT_SPEC_SAFE_H

#include "spec/ast.h"

/*
 * bt_check_safe - refuse the functions that take the gate away (set_tcw, get_tcw), that start or stop other traces, past
 * every limit (trace, enable_trace, disable_trace), or leave something on the node (set_seq_token).
 *
 * Errors: EWIDE with the place.
 */
int bt_check_safe(const struct bt_ast_spec *spec, struct beamtap_err *err);

#endif
