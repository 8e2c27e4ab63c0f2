/*
 * expr.h - the recursive descent through terms, patterns and guard expressions, and what its parts share.
 * For the files of the parser only: parser.c (a whole spec), recon.c (tuples and funs), expr.c (terms), binary.c
 * (<<...>>), cursor.c (tokens).
 */
#ifndef BT_SPEC_EXPR_H
#define BT_SPEC_EXPR_H

#include "spec/ast.h"
#include "spec/lexer.h"

/* A bracket and an operator may both take a level of the recursion for one level of the tree. */
#define BT_PARSER_MAX_RECURSION (2 * BT_SPEC_MAX_DEPTH + 2)

struct bt_parser {
    struct bt_lexer lx;   /* behind tok */
    struct bt_token tok;  /* the one at hand */
    struct bt_token prev; /* the one before it */
    struct bt_arena *arena;
    struct beamtap_err *err;
    unsigned depth; /* of the recursion */
    bool in_guard; /* of a call spec, where brackets may hold tests with , and ; between them, as in redbug */
    bool in_fun;   /* of Erlang: fun(Head) -> Body end, where everything is read as Erlang reads it */
    bool in_head;  /* of such a fun; in Elixir of any clause: nothing can be called there */
    struct bt_ast_module *modules; /* of mod#rec so far */
    size_t n_modules, modules_cap;
    size_t n_binary_bits; /* in all binaries so far: <<0:100000>> is short text for much data */
    /* of Elixir only */
    bool in_body;         /* of a fn, where more can be called than in a guard */
    struct bt_ast *range; /* first..last that no `in` has taken yet */
    size_t n_copied;      /* nodes that stand in the tree again */
};

/* ---- tokens (cursor.c) ---- */

int bt_parser_next(struct bt_parser *p);
/* The token behind the one at hand; BT_TOK_END also where it cannot be read. */
struct bt_token bt_parser_peek(const struct bt_parser *p);
/* The '-' that ends the text, at hand or just read: `queue:in -> return` without quotes around it. NULL: none. */
const struct bt_token *bt_parser_redirected(const struct bt_parser *p);
bool bt_parser_is_op(const struct bt_parser *p, enum bt_op op);
/* Goes past the mark `kind`, or says that `what` was expected. */
int bt_parser_expect(struct bt_parser *p, enum bt_token_kind kind, const char *what);
/* Goes past a closing bracket; where the text ends instead, the error points at `open`. */
int bt_parser_close(
    struct bt_parser *p, enum bt_token_kind kind, const struct bt_token *open, const char *what);

/* ---- errors (cursor.c); all return -1 ---- */

/* The token at hand is not what may stand here; knows the common reasons. */
int bt_parser_unexpected(struct bt_parser *p, const char *expected);
int bt_parser_fail(struct bt_parser *p, struct beamtap_loc loc, const char *fmt, ...) BT_PRINTF(3, 4);

/* ---- nodes (tree.c); NULL, or -1: error set ---- */

/* A node that begins at `start`; the caller fills it and calls bt_ast_finish. */
struct bt_ast *bt_ast_begin(struct bt_parser *p, enum bt_ast_kind kind, struct beamtap_loc start);
/* The node ends with the token that was read last. */
struct bt_ast *bt_ast_finish(struct bt_parser *p, struct bt_ast *e);
/* right NULL: a unary operator. */
struct bt_ast *bt_ast_op(
    struct bt_parser *p, enum bt_op op, struct beamtap_loc start, struct bt_ast *left, struct bt_ast *right);
/* term NULL: there was no memory for it. */
struct bt_ast *bt_ast_literal(struct bt_parser *p, const struct bt_term *term, struct beamtap_loc start);
int bt_ast_too_deep(struct bt_parser *p, struct beamtap_loc loc);

/* ---- trees (expr.c) ---- */

/* An expression whose operators bind at least as strongly as `least` (0: any). NULL: error set. */
struct bt_ast *bt_parse_expr(struct bt_parser *p, int least);

/* Expressions separated by commas, at least one. */
struct bt_ast_list {
    struct bt_ast **items;
    size_t n, cap;
};
int bt_parse_list(struct bt_parser *p, struct bt_ast_list *list);
int bt_ast_list_add(struct bt_parser *p, struct bt_ast_list *list, struct bt_ast *item);

/* The list of the items, from the bracket at `start` to the token that was read last. */
struct bt_ast *bt_ast_list_node(
    struct bt_parser *p, const struct bt_ast_list *items, struct beamtap_loc start);

/* <<...>> with tok on the opening mark (binary.c). */
const struct bt_term *bt_parse_binary(struct bt_parser *p);

/* ---- parts of a spec (parser.c) ---- */

/* `what` is "a module" or "a function". */
int bt_parse_name(struct bt_parser *p, const char *what, struct bt_ast_name *name);
int bt_parse_arity(struct bt_parser *p, size_t *arity);
/* What stands behind `->`, with tok on it. */
int bt_parse_actions(struct bt_parser *p, struct bt_ast_spec *s);
/* Makes `len` bytes from the token at hand on that token; lexing goes on behind it. */
void bt_parser_take_text(struct bt_parser *p, size_t len);
/* What stands behind `when`, with tok on it. */
int bt_parse_guards(struct bt_parser *p, struct bt_ast_clause *c);

/* ---- recon tuples (recon.c) ---- */

/* Gives the spec one empty clause. */
int bt_ast_one_clause(struct bt_parser *p, struct bt_ast_spec *s);
/* A recon tuple or a list of them, with tok on the first bracket. */
int bt_parse_recon(struct bt_parser *p, struct bt_ast_text *out);

#endif
