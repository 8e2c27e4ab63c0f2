/*
 * ex_print.h - a tree back to Elixir notation, for ast.c and ast_dump.c, which ask for it where a spec has that
 * syntax.
 */
#ifndef BT_SPEC_EX_PRINT_H
#define BT_SPEC_EX_PRINT_H

#include "spec/ast.h"

/* As bt_ast_print, for one spec of the text. */
int bt_ex_print(struct bt_buf *out, const struct bt_ast_spec *spec, struct beamtap_err *err);
/* As bt_ast_print_expr. */
int bt_ex_print_expr(struct bt_buf *out, const struct bt_ast *expr, struct beamtap_err *err);

#endif
