/*
 * dump.h - a compiled program as Erlang text that file:consult/1 reads.
 */
#ifndef BT_MATCH_DUMP_H
#define BT_MATCH_DUMP_H

#include "base/buf.h"
#include "match/compile.h"

/* Appends "{{Mod,Fun,Arity},MatchSpec,Flags}.\n" for each pattern, in the form DESIGN's `beamtap compile`
 * shows. */
int bt_program_dump(struct bt_buf *out, const struct bt_program *prog, struct beamtap_err *err);

#endif
