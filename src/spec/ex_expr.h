/*
 * ex_expr.h - what the files of Elixir notation share: ex_parser.c (a whole spec), ex_expr.c (terms, patterns,
 * operators), ex_guards.c (what can be called), ex_print.c (back to text). Nobody else.
 */
#ifndef BT_SPEC_EX_EXPR_H
#define BT_SPEC_EX_EXPR_H

#include "spec/expr.h"

/*
 * The operators that are operators in Elixir too: name, text, binding strength, associativity (Elixir's "Operators
 * reference"; comparisons chain there, which never means what it looks like, so they do not here). The others are
 * functions: div(x, y), bxor(x, y), :erlang.xor(x, y).
 */
#define BT_EX_OPS(X)                                                                                         \
    X(MATCH, "=", 100, RIGHT)                                                                                \
    X(ORELSE, "or", 120, LEFT)                                                                               \
    X(BOR, "|||", 120, LEFT)                                                                                 \
    X(ANDALSO, "and", 130, LEFT)                                                                             \
    X(BAND, "&&&", 130, LEFT)                                                                                \
    X(EQ, "==", 140, NONE)                                                                                   \
    X(NE, "!=", 140, NONE)                                                                                   \
    X(EXACT_EQ, "===", 140, NONE)                                                                            \
    X(EXACT_NE, "!==", 140, NONE)                                                                            \
    X(LT, "<", 150, NONE)                                                                                    \
    X(LE, "<=", 150, NONE)                                                                                   \
    X(GT, ">", 150, NONE)                                                                                    \
    X(GE, ">=", 150, NONE)                                                                                   \
    X(BSL, "<<<", 160, LEFT)                                                                                 \
    X(BSR, ">>>", 160, LEFT)                                                                                 \
    X(APPEND, "++", 200, RIGHT)                                                                              \
    X(SUBTRACT, "--", 200, RIGHT)                                                                            \
    X(ADD, "+", 210, LEFT)                                                                                   \
    X(SUB, "-", 210, LEFT)                                                                                   \
    X(MUL, "*", 220, LEFT)                                                                                   \
    X(SLASH, "/", 220, LEFT)                                                                                 \
    X(POS, "+", 300, UNARY)                                                                                  \
    X(NEG, "-", 300, UNARY)                                                                                  \
    X(NOT, "not", 300, UNARY)

/* text NULL: a function in Elixir. */
const struct bt_op_info *bt_ex_op_info(enum bt_op op);

/* An expression whose operators bind at least as strongly as `least` (0: any). NULL: error set. */
struct bt_ast *bt_ex_expr(struct bt_parser *p, int least);
/* A unary operator; a sign before a number is part of the number. */
struct bt_ast *bt_ex_unary(struct bt_parser *p, enum bt_op op, struct beamtap_loc start, struct bt_ast *arg);
/* The whole of an expression; a range that no `in` took is an error. */
struct bt_ast *bt_ex_whole_expr(struct bt_parser *p);

/*
 * Expressions separated by commas up to (and without) the mark `close`, which may be at hand at once; a keyword list at
 * their end is one list more, or its pairs where `is_list`.
 */
int bt_ex_items(struct bt_parser *p, enum bt_token_kind close, bool is_list, struct bt_ast_list *items);

/* ---- ex_guards.c ---- */

/* name(args) of no module: what it is in the tree. start: of the name. */
struct bt_ast *bt_ex_call(
    struct bt_parser *p, const char *name, const struct bt_ast_list *args, struct beamtap_loc start);
/* :erlang.name(args), taken as Erlang takes it. */
struct bt_ast *bt_ex_erlang_call(
    struct bt_parser *p, const char *name, const struct bt_ast_list *args, struct beamtap_loc start);
/* value in [a, b]; value in first..last//step, a CALL of "..". */
struct bt_ast *bt_ex_in(struct bt_parser *p, struct bt_ast *value, struct bt_ast *right);
/* map.key */
struct bt_ast *bt_ex_field(struct bt_parser *p, struct bt_ast *map, const struct bt_token *key);

/* How print-back writes a call: alike in both languages, in Elixir's own order of arguments, or as :erlang.name(). */
enum bt_ex_call_form { BT_EX_CALL_ERLANG, BT_EX_CALL_PLAIN };
enum bt_ex_call_form bt_ex_call_form(const char *name);
/* Has Elixir a function of this name that guards know? A word that stands where an operator is expected is one then. */
bool bt_ex_is_function(const char *name);

/* ---- ex_parser.c ---- */

/* A text, with the first token at hand. */
int bt_ex_parse(struct bt_parser *p, struct bt_ast_text *out);
/* The pattern of one value and its guards, with the first token at hand. */
int bt_ex_parse_value(struct bt_parser *p, struct bt_ast_spec *s);
/* What may follow what was read, for the message when something else does. */
const char *bt_ex_expected_next(const struct bt_ast_text *t);
/* As bt_parser_unexpected, where an operator or an end was expected. */
int bt_ex_unexpected(struct bt_parser *p, const char *expected);

#endif
