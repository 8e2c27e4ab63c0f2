/*
 * parser.h - a spec text to its tree. Says what is wrong with the syntax; check.h says what is wrong with the
 * meaning.
 */
#ifndef BT_SPEC_PARSER_H
#define BT_SPEC_PARSER_H

#include "spec/ast.h"

/*
 * bt_parse - read one spec text.
 *
 * text   NUL-terminated UTF-8; borrowed for the call. At most BT_SPEC_MAX_BYTES.
 * arena  the tree lives there.
 * Errors: ESPEC with the place; ENOMEM.
 */
int bt_parse(const char *text, struct bt_arena *arena, struct bt_ast_text *out, struct beamtap_err *err);

/*
 * bt_parse_value - read a pattern for one value, {error, X} when is_atom(X), in that notation: the same tree as of
 * exit({error, X}) when is_atom(X). As bt_parse otherwise.
 */
int bt_parse_value(const char *text, enum bt_syntax syntax, struct bt_arena *arena, struct bt_ast_text *out,
    struct beamtap_err *err);

/*
 * bt_parse_constant - read one term without variables, in Erlang's notation or, where it begins so, Elixir's.
 * As bt_parse in all else.
 */
int bt_parse_constant(
    const char *text, struct bt_arena *arena, const struct bt_term **out, struct beamtap_err *err);

#endif
