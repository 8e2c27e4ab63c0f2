/*
 * lex_literal.h - the tokens that carry a value: numbers, quoted text, characters, printed pids, refs and
 * ports. For lexer.c and those of Elixir's lexer; nobody else.
 */
#ifndef BT_SPEC_LEX_LITERAL_H
#define BT_SPEC_LEX_LITERAL_H

#include "spec/lexer.h"

/* ---- of lexer.c ---- */

/* The character at hand and its bytes; 0 at the end. */
uint32_t bt_lex_peek(const struct bt_lexer *lx, size_t *step);
void bt_lex_advance(struct bt_lexer *lx, size_t n_bytes);
/* The place at hand. */
struct beamtap_loc bt_lex_here(const struct bt_lexer *lx, size_t len);
/* Does `text` stand here? */
bool bt_lex_at(const struct bt_lexer *lx, const char *text);

/* ESPEC where a name is longer than the VM's atoms can be. */
int bt_lex_name_fits(struct beamtap_loc loc, size_t n_chars, struct beamtap_err *err);

/* A mark, and what looks like one but belongs to another language. */
struct bt_lex_mark {
    const char *text; /* NULL: the end of the table. Longer ones first. */
    enum bt_token_kind kind;
    enum bt_op op;
    const char *cure; /* not NULL: an error, and what to write */
};

/* The mark at hand, from this table. */
int bt_lex_mark(
    struct bt_lexer *lx, struct bt_token *tok, const struct bt_lex_mark *table, struct beamtap_err *err);

/* ---- each reads one token whose first character stands at lx ---- */

int bt_lex_number(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err);
int bt_lex_char(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err);
/* The hexadecimal digits at off; stops once they stand for no character any more. */
uint32_t bt_lex_hex(const struct bt_lexer *lx, size_t off, size_t max_digits, size_t *n_digits);
/* The byte at off; NUL behind the end. */
char bt_lex_byte(const struct bt_lexer *lx, size_t off);
/* 'atom' or "string". */
int bt_lex_quoted(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err);
/* <0.1.2>, #PID<0.1.2>, #Ref<0.1.2.3>, #Port<0.6>. Leaves all as it is when none of them stands here. */
int bt_lex_identifier(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err);

#endif
