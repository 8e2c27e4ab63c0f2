/*
 * lexer.h - a spec text to tokens, in the lexical rules of its own language: OTP's erl_scan, or those of Elixir
 * (ex_lexer.c). One kind of token serves both, so the parsers share their cursor.
 */
#ifndef BT_SPEC_LEXER_H
#define BT_SPEC_LEXER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "spec/ast.h"
#include "term/term.h"

/* Marks that are no operators: kind, text. */
#define BT_MARKS(X)                                                                                          \
    X(LPAREN, "(")                                                                                           \
    X(RPAREN, ")")                                                                                           \
    X(LBRACE, "{")                                                                                           \
    X(RBRACE, "}")                                                                                           \
    X(LBRACKET, "[")                                                                                         \
    X(RBRACKET, "]")                                                                                         \
    X(COMMA, ",")                                                                                            \
    X(SEMICOLON, ";")                                                                                        \
    X(COLON, ":")                                                                                            \
    X(BAR, "|")                                                                                              \
    X(ARROW, "->")                                                                                           \
    X(ASSIGN, ":=")                                                                                          \
    X(TO, "=>")                                                                                              \
    X(BIN_OPEN, "<<")                                                                                        \
    X(BIN_CLOSE, ">>")                                                                                       \
    X(HASH, "#")                                                                                             \
    X(QUESTION, "?") /* in the name of a function or module only */                                          \
    X(DOT, ".")                                                                                              \
    /* of Elixir only */                                                                                     \
    X(PERCENT, "%")                                                                                          \
    X(RANGE, "..")                                                                                           \
    X(STEP, "//")                                                                                            \
    X(CONCAT, "<>")                                                                                          \
    X(OF_TYPE, "::")

enum bt_token_kind {
    BT_TOK_END,     /* of the text */
    BT_TOK_ATOM,    /* ok, 'hello world'; :ok, true: text is the name, unescaped */
    BT_TOK_VAR,     /* X, _Name; x, _name, and the name of an Elixir function: text */
    BT_TOK_WILD,    /* _ */
    BT_TOK_LITERAL, /* 42, 16#ff, $a, 1.5, <0.1.2>, #Ref<0.1.2.3>, #Port<0.6>; Elixir's "abc", also text: term */
    BT_TOK_STRING,   /* "abc"; 'abc', ~c"abc": text, unescaped */
    BT_TOK_OP,       /* + - andalso ...: op */
    BT_TOK_WHEN,     /* when */
    BT_TOK_FUN,      /* fun; fn */
    BT_TOK_RESERVED, /* case, if ...: text; words the language keeps for itself */
    BT_TOK_ALIAS,    /* of Elixir only, as what follows: MyApp.Cart: text is the atom, Elixir.MyApp.Cart */
    BT_TOK_KEY,      /* id: in [id: 1]: text */
    BT_TOK_WORDS,    /* ~w(a b)a: text, and what the words become in words_as */
    BT_TOK_IN,       /* in */
#define BT_X(name, text) BT_TOK_##name,
    BT_MARKS(BT_X)
#undef BT_X
};

struct bt_token {
    enum bt_token_kind kind;
    struct beamtap_loc loc;
    enum bt_op op; /* of two readings (+, -) the binary one */
    const char *text;
    size_t len;
    const struct bt_term *term;
    char words_as;       /* a, s, c: atoms, binaries, charlists */
    bool is_quoted;      /* an atom in quotes; Elixir's "abc" */
    bool is_char;        /* a literal written as $a or ?a */
    bool is_glued;       /* nothing stands between it and the token before */
    bool is_on_new_line; /* a line break stands between it and the token before; Elixir only */
};

/* A place in a text. Copying one is how the parser looks ahead. */
struct bt_lexer {
    const char *text;
    size_t len, off;
    int line, col;
    struct bt_arena *arena; /* unescaped text and terms live there */
    enum bt_syntax syntax;
    bool is_behind_dot; /* Elixir: what comes is the name of a function or a field, whatever else it means */
};

#define BT_LEX_NAME_MAX 255 /* characters of an atom, of the VM; also of variables, as in erl_scan */

/* text: NUL-terminated, borrowed for as long as tokens are read. Its beginning tells the syntax. ESPEC: too long,
 * or not UTF-8. */
int bt_lex_init(struct bt_lexer *lx, const char *text, struct bt_arena *arena, struct beamtap_err *err);

/* The next token; after the last one BT_TOK_END again and again. */
int bt_lex_next(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err);

/* A token as the user wrote it, for messages: escaped, quoted and cut to fit out[0..cap). */
void bt_lex_show(const struct bt_lexer *lx, const struct bt_token *tok, char *out, size_t cap);

/* The place of bytes [from, to) of the text. */
struct beamtap_loc bt_lex_loc(const struct bt_lexer *lx, size_t from, size_t to);

/* Appends one line per token, "LINE:COL KIND TEXT", for `beamtap compile --tokens`. */
int bt_tokens_dump(struct bt_buf *out, const char *text, struct beamtap_err *err);

#endif
