/*
 * name_match.h - which names of modules and functions a spec means: one name, all, a glob or a regular expression.
 */
#ifndef BT_MATCH_NAME_MATCH_H
#define BT_MATCH_NAME_MATCH_H

#include <stdbool.h>

#include "base/regex.h"
#include "spec/ast.h"

/* A name as it is asked; lives in the arena of its spec. */
struct bt_name_match {
    enum bt_name_kind kind; /* not VAR */
    const char *text;       /* as in struct bt_ast_name */
    size_t len;
    const struct bt_regex *regex; /* REGEX */
    struct beamtap_loc loc;
};

/* Makes a checked name ready. Errors: ESPEC at the place inside a regular expression, ENOMEM. */
int bt_name_match_init(
    struct bt_name_match *m, const struct bt_ast_name *name, struct bt_arena *a, struct beamtap_err *err);

/*
 * Does it mean the name text[0..len), the characters of an atom in UTF-8? An Elixir module is 'Elixir.Foo' there.
 * 1 or 0; -1 with ESPEC at the expression when that takes too many steps, or with ENOMEM.
 */
int bt_name_match(const struct bt_name_match *m, const char *text, size_t len, struct beamtap_err *err);

/* True when it is plain without a node that it does not choose among names: *, ?*, /./, //. */
bool bt_name_match_is_wide(const struct bt_name_match *m);

#endif
