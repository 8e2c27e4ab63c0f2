/*
 * ex_lexer.h - the tokens of Elixir notation, for lexer.c, which hands them on; nobody else.
 */
#ifndef BT_SPEC_EX_LEXER_H
#define BT_SPEC_EX_LEXER_H

#include "spec/lexer.h"

/* Does this text begin as Elixir notation does: Foo.bar, Foo alone, :lists, {:queue, {Foo, [{:queue? */
bool bt_ex_begins(const char *text);

/* Does it need no quotes, as the name of an atom (:a@b) or of a function or key? */
bool bt_ex_is_name(const char *text, size_t len, bool is_atom);

/* Goes past blanks and comments. */
int bt_ex_skip_blank(struct bt_lexer *lx, struct beamtap_err *err);
/* The token whose first character stands at lx. */
int bt_ex_lex(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err);

/* ---- quoted text and characters (ex_literal.c), each with lx on its first character ---- */

/* "abc", or "a b": as a key. */
int bt_ex_lex_string(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err);
/* 'abc' */
int bt_ex_lex_charlist(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err);
/* "a b" of :"a b" or of Foo."a b"(1) */
int bt_ex_lex_quoted_atom(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err);
/* ~c"abc" ~s(abc) ~w[a b]a, and the same in capitals */
int bt_ex_lex_sigil(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err);
/* ?a ?\n */
int bt_ex_lex_char(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err);

#endif
