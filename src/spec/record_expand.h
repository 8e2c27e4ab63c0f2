/*
 * record_expand.h - records in a tree to what they stand for: tuples, places of fields, element(N, S).
 */
#ifndef BT_SPEC_RECORD_EXPAND_H
#define BT_SPEC_RECORD_EXPAND_H

#include "spec/ast.h"
#include "spec/records.h"

/*
 * bt_record_expand - rewrite a tree that was parsed, in place, so that bt_check and all behind it know no records.
 *
 *   #state{n = N}            in a head {state, N, _}; in a guard or body {state, N, Default}
 *   #state{n = N, _ = 0}     {state, N, 0}
 *   S#state{n = 1}           {state, 1, element(3, S)}
 *   #state.n, S#state.n      2, element(2, S)
 *   is_record(S, state)      is_record(S, state, 3); also (S, srv#state) and, as in redbug, (srv#state, S)
 *
 * The terms are those of OTP's ms_transform; as there, S#state.n does not ask whether S is such a record.
 * table  NULL: empty.
 * Errors: ESPEC with the place: a record or field that is not known, a field that stands twice, a default that is needed
 * and no constant; ENOMEM.
 */
int bt_record_expand(struct bt_ast_spec *spec, const struct bt_records *table, struct bt_arena *arena,
    struct beamtap_err *err);

#endif
