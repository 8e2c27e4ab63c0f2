/*
 * lexer.c - a spec text to tokens. Numbers, quoted text and printed identifiers are in lex_literal.c.
 */
#include "spec/lexer.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "spec/ex_lexer.h"
#include "spec/lex_literal.h"
#include "spec/loc.h"

/* Operators that are marks, and what looks like one but belongs to another language. Longest first. */
static const struct bt_lex_mark marks[] = {
    {"=:=", BT_TOK_OP, BT_OP_EXACT_EQ, NULL},
    {"=/=", BT_TOK_OP, BT_OP_EXACT_NE, NULL},
    {"===", BT_TOK_OP, 0, "Erlang writes =:="},
    {"!==", BT_TOK_OP, 0, "Erlang writes =/="},
    {"=<<", BT_TOK_OP, BT_OP_MATCH, NULL}, /* B=<<"x">>; only the = is taken, see bt_lex_mark */
    {"->", BT_TOK_ARROW, 0, NULL},
    {":=", BT_TOK_ASSIGN, 0, NULL},
    {"=>", BT_TOK_TO, 0, NULL},
    {"<<", BT_TOK_BIN_OPEN, 0, NULL},
    {">>", BT_TOK_BIN_CLOSE, 0, NULL},
    {"==", BT_TOK_OP, BT_OP_EQ, NULL},
    {"/=", BT_TOK_OP, BT_OP_NE, NULL},
    {"=<", BT_TOK_OP, BT_OP_LE, NULL},
    {">=", BT_TOK_OP, BT_OP_GE, NULL},
    {"++", BT_TOK_OP, BT_OP_APPEND, NULL},
    {"--", BT_TOK_OP, BT_OP_SUBTRACT, NULL},
    {"<=", BT_TOK_OP, 0, "Erlang writes =<"},
    {"!=", BT_TOK_OP, 0, "Erlang writes =/= (or /=, where 1 and 1.0 are equal)"},
    {"&&", BT_TOK_OP, 0, "write 'andalso', or ',' between two tests"},
    {"||", BT_TOK_OP, 0, "write 'orelse', or ';' between two tests"},
    {"<>", BT_TOK_OP, 0, "Erlang writes =/=; a string that begins so is \"abc\" ++ T"},
    {"<-", BT_TOK_OP, 0,
        "a pattern has no generators; to compare with a negative number leave a space: X < -1"},
    {"(", BT_TOK_LPAREN, 0, NULL},
    {")", BT_TOK_RPAREN, 0, NULL},
    {"{", BT_TOK_LBRACE, 0, NULL},
    {"}", BT_TOK_RBRACE, 0, NULL},
    {"[", BT_TOK_LBRACKET, 0, NULL},
    {"]", BT_TOK_RBRACKET, 0, NULL},
    {",", BT_TOK_COMMA, 0, NULL},
    {";", BT_TOK_SEMICOLON, 0, NULL},
    {":", BT_TOK_COLON, 0, NULL},
    {"|", BT_TOK_BAR, 0, NULL},
    {"#", BT_TOK_HASH, 0, NULL},
    {"?", BT_TOK_QUESTION, 0, NULL},
    {".", BT_TOK_DOT, 0, NULL},
    {"=", BT_TOK_OP, BT_OP_MATCH, NULL},
    {"<", BT_TOK_OP, BT_OP_LT, NULL},
    {">", BT_TOK_OP, BT_OP_GT, NULL},
    {"+", BT_TOK_OP, BT_OP_ADD, NULL},
    {"-", BT_TOK_OP, BT_OP_SUB, NULL},
    {"*", BT_TOK_OP, BT_OP_MUL, NULL},
    {"/", BT_TOK_OP, BT_OP_SLASH, NULL},
    {"!", BT_TOK_OP, 0, "for the opposite of a test write 'not'"},
    {"&", BT_TOK_OP, 0, "write 'andalso' between two tests, 'band' for the bits of two integers"},
    {"^", BT_TOK_OP, 0, "write 'bxor' for the bits of two integers; a pattern has no variables from outside"},
    {"~", BT_TOK_OP, 0, "sigils are Elixir notation; write a binary as <<\"abc\"/utf8>>"},
    {"`", BT_TOK_OP, 0, "quotes around an atom are ' on both sides"},
    {"\\", BT_TOK_OP, 0, "a backslash stands in quoted text only"},
    {"@", BT_TOK_OP, 0, "put quotes around an atom that begins with @"},
    {NULL, 0, 0, NULL},
};

/* What word processors and chats make of marks. */
static const struct bt_lex_mark typographic[] = {
    {"\xE2\x80\x98", BT_TOK_OP, 0, "a typographic quote; write '"},
    {"\xE2\x80\x99", BT_TOK_OP, 0, "a typographic quote; write '"},
    {"\xE2\x80\x9C", BT_TOK_OP, 0, "a typographic quote; write \""},
    {"\xE2\x80\x9D", BT_TOK_OP, 0, "a typographic quote; write \""},
    {"\xE2\x80\x93", BT_TOK_OP, 0, "a typographic dash; write -"},
    {"\xE2\x80\x94", BT_TOK_OP, 0, "a typographic dash; write --"},
    {"\xE2\x86\x92", BT_TOK_OP, 0, "write ->"},
    {"\xE2\x80\xA6", BT_TOK_OP, 0, "the text was cut here; write _ for a part that does not matter"},
    {NULL, 0, 0, NULL},
};

static const struct keyword {
    const char *text;
    enum bt_token_kind kind;
    enum bt_op op;
} keywords[] = {
    {"when", BT_TOK_WHEN, 0},
    {"fun", BT_TOK_FUN, 0},
    {"andalso", BT_TOK_OP, BT_OP_ANDALSO},
    {"orelse", BT_TOK_OP, BT_OP_ORELSE},
    {"and", BT_TOK_OP, BT_OP_AND},
    {"or", BT_TOK_OP, BT_OP_OR},
    {"xor", BT_TOK_OP, BT_OP_XOR},
    {"not", BT_TOK_OP, BT_OP_NOT},
    {"div", BT_TOK_OP, BT_OP_DIV},
    {"rem", BT_TOK_OP, BT_OP_REM},
    {"band", BT_TOK_OP, BT_OP_BAND},
    {"bor", BT_TOK_OP, BT_OP_BOR},
    {"bxor", BT_TOK_OP, BT_OP_BXOR},
    {"bnot", BT_TOK_OP, BT_OP_BNOT},
    {"bsl", BT_TOK_OP, BT_OP_BSL},
    {"bsr", BT_TOK_OP, BT_OP_BSR},
    {"after", BT_TOK_RESERVED, 0},
    {"begin", BT_TOK_RESERVED, 0},
    {"case", BT_TOK_RESERVED, 0},
    {"catch", BT_TOK_RESERVED, 0},
    {"cond", BT_TOK_RESERVED, 0},
    {"end", BT_TOK_RESERVED, 0},
    {"if", BT_TOK_RESERVED, 0},
    {"let", BT_TOK_RESERVED, 0},
    {"of", BT_TOK_RESERVED, 0},
    {"receive", BT_TOK_RESERVED, 0},
    {"try", BT_TOK_RESERVED, 0},
};

/* ---- characters: Latin-1 letters only may stand in a bare atom or variable, as in erl_scan ---- */

static bool is_lower(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 0xDF && c <= 0xFF && c != 0xF7);
}

static bool is_upper(uint32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7);
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_char(uint32_t c)
{
    return is_lower(c) || is_upper(c) || is_digit(c) || c == '_' || c == '@';
}

static bool is_blank(uint32_t c)
{
    return c <= ' ' || (c >= 0x7F && c <= 0xA0) || c == 0xFEFF;
}

/* ---- moving ---- */

uint32_t bt_lex_peek(const struct bt_lexer *lx, size_t *step)
{
    uint32_t cp = 0;
    size_t n = bt_utf8_decode(lx->text + lx->off, lx->len - lx->off, &cp);
    if (step)
        *step = n;
    return n ? cp : 0;
}

void bt_lex_advance(struct bt_lexer *lx, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes && lx->off < lx->len; i++) {
        unsigned char c = (unsigned char)lx->text[lx->off++];
        if (c == '\n') {
            lx->line++;
            lx->col = 1;
        } else if ((c & 0xC0) != 0x80) {
            lx->col++;
        }
        /* The bytes after the first one of a character were counted with it. */
    }
}

struct beamtap_loc bt_lex_here(const struct bt_lexer *lx, size_t len)
{
    size_t left = lx->len - lx->off;
    return (struct beamtap_loc){lx->line, lx->col, lx->off, len < left ? len : left};
}

struct beamtap_loc bt_lex_loc(const struct bt_lexer *lx, size_t from, size_t to)
{
    struct bt_lexer at = {.text = lx->text, .len = lx->len, .line = 1, .col = 1};
    bt_lex_advance(&at, from);
    return bt_lex_here(&at, to - from);
}

bool bt_lex_at(const struct bt_lexer *lx, const char *text)
{
    size_t n = strlen(text);
    return lx->len - lx->off >= n && memcmp(lx->text + lx->off, text, n) == 0;
}

int bt_lex_init(struct bt_lexer *lx, const char *text, struct bt_arena *arena, struct beamtap_err *err)
{
    *lx = (struct bt_lexer){.text = text, .len = strlen(text), .line = 1, .col = 1, .arena = arena};
    if (lx->len > BT_SPEC_MAX_BYTES)
        return bt_err_set(err, BEAMTAP_ESPEC, "the trace pattern has %zu bytes; at most %d are read", lx->len,
            BT_SPEC_MAX_BYTES);
    for (size_t i = 0, step; i < lx->len; i += step) {
        uint32_t cp;
        step = bt_utf8_decode(text + i, lx->len - i, &cp);
        if (!step)
            return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_loc(lx, i, i + 1),
                "byte 16#%02X is not UTF-8; write the character as \\x{...} in quotes",
                (unsigned)(unsigned char)text[i]);
    }
    lx->syntax = bt_ex_begins(text) ? BT_SYNTAX_ELIXIR : BT_SYNTAX_ERLANG;
    return 0;
}

/* ---- what stands between tokens ---- */

/* A % begins a comment, but %{ and %Name{ are what a map or struct looks like in Elixir. */
static bool is_elixir_map(const struct bt_lexer *lx)
{
    size_t i = lx->off + 1;
    while (i < lx->len && (is_name_char((unsigned char)lx->text[i]) || lx->text[i] == '.'))
        i++;
    return i < lx->len && lx->text[i] == '{';
}

static int skip_blank(struct bt_lexer *lx, struct beamtap_err *err)
{
    size_t step;
    for (uint32_t c; lx->off < lx->len; bt_lex_advance(lx, step)) {
        c = bt_lex_peek(lx, &step);
        if (is_blank(c))
            continue;
        if (c != '%')
            return 0;
        if (is_elixir_map(lx))
            return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, 2),
                "this text is in Erlang notation, which writes a map as #{key := Value}; Elixir notation "
                "begins with a "
                "module as Elixir writes it: MyApp.Cart.total(%%{id: id}), :lists.seq(1, x)");
        const char *eol = memchr(lx->text + lx->off, '\n', lx->len - lx->off);
        step = eol ? (size_t)(eol - (lx->text + lx->off)) : lx->len - lx->off;
    }
    return 0;
}

/* ---- tokens ---- */

int bt_lex_name_fits(struct beamtap_loc loc, size_t n_chars, struct beamtap_err *err)
{
    if (n_chars <= BT_LEX_NAME_MAX)
        return 0;
    return bt_err_at(err, BEAMTAP_ESPEC, loc, "a name has at most %d characters, this one has %zu",
        BT_LEX_NAME_MAX, n_chars);
}

static int name_token(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    struct bt_lexer at = *lx;
    const char *start = lx->text + lx->off;
    size_t from = lx->off, step;
    bool is_var = is_upper(bt_lex_peek(lx, NULL)) || *start == '_';
    while (is_name_char(bt_lex_peek(lx, &step)) && step)
        bt_lex_advance(lx, step);
    tok->len = lx->off - from;
    tok->text = bt_arena_strndup(lx->arena, start, tok->len);
    tok->kind = is_var ? BT_TOK_VAR : BT_TOK_ATOM;
    if (tok->len == 1 && *start == '_')
        tok->kind = BT_TOK_WILD;
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (strlen(keywords[i].text) == tok->len && memcmp(keywords[i].text, start, tok->len) == 0) {
            tok->kind = keywords[i].kind;
            tok->op = keywords[i].op;
        }
    }
    return bt_lex_name_fits(bt_lex_here(&at, tok->len), bt_utf8_count(start, tok->len), err);
}

static int illegal_char(const struct bt_lexer *lx, struct beamtap_err *err)
{
    size_t step;
    uint32_t c = bt_lex_peek(lx, &step);
    struct beamtap_loc loc = bt_lex_here(lx, step);
    if (c > 0xFF)
        return bt_err_at(err, BEAMTAP_ESPEC, loc,
            "character U+%04X cannot stand here; an atom with such a letter needs quotes: %s", (unsigned)c,
            lx->syntax == BT_SYNTAX_ELIXIR ? ":\"name\"" : "'name'");
    return bt_err_at(err, BEAMTAP_ESPEC, loc, "character U+%04X cannot stand here", (unsigned)c);
}

static const struct bt_lex_mark *find_mark(const struct bt_lexer *lx, const struct bt_lex_mark *table)
{
    while (table->text && !bt_lex_at(lx, table->text))
        table++;
    return table->text ? table : NULL;
}

int bt_lex_mark(
    struct bt_lexer *lx, struct bt_token *tok, const struct bt_lex_mark *table, struct beamtap_err *err)
{
    const struct bt_lex_mark *m = find_mark(lx, table);
    if (!m && !(m = find_mark(lx, typographic)))
        return illegal_char(lx, err);
    size_t len = strcmp(m->text, "=<<") == 0 ? 1 : strlen(m->text);
    if (m->cure)
        return bt_err_at(
            err, BEAMTAP_ESPEC, bt_lex_here(lx, len), "'%s' cannot stand here: %s", m->text, m->cure);
    tok->kind = m->kind;
    tok->op = m->op;
    bt_lex_advance(lx, len);
    return 0;
}

static int read_token(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    int rc = 0;
    uint32_t c = bt_lex_peek(lx, NULL);
    if (is_digit(c))
        rc = bt_lex_number(lx, tok, err);
    else if (is_lower(c) || is_upper(c) || c == '_')
        rc = name_token(lx, tok, err);
    else if (c == '\'' || c == '"')
        rc = bt_lex_quoted(lx, tok, err);
    else if (c == '$')
        rc = bt_lex_char(lx, tok, err);
    else
        rc = bt_lex_identifier(lx, tok, err); /* <0.1.2>, #Ref<...>: 0 and kind END when it is none */
    return rc || tok->kind != BT_TOK_END ? rc : bt_lex_mark(lx, tok, marks, err);
}

static bool has_text(enum bt_token_kind kind)
{
    return kind == BT_TOK_ATOM || kind == BT_TOK_VAR || kind == BT_TOK_STRING || kind == BT_TOK_RESERVED ||
           kind == BT_TOK_ALIAS || kind == BT_TOK_KEY || kind == BT_TOK_WORDS;
}

int bt_lex_next(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    bool is_elixir = lx->syntax == BT_SYNTAX_ELIXIR;
    size_t before = lx->off;
    int line = lx->line;
    if (is_elixir ? bt_ex_skip_blank(lx, err) : skip_blank(lx, err))
        return -1;
    memset(tok, 0, sizeof *tok);
    tok->loc = bt_lex_here(lx, 0);
    tok->is_glued = lx->off == before && before > 0;
    tok->is_on_new_line = lx->line > line;
    if (lx->off == lx->len)
        return 0; /* BT_TOK_END */
    if (is_elixir ? bt_ex_lex(lx, tok, err) : read_token(lx, tok, err))
        return -1;
    tok->loc.len = lx->off - tok->loc.off;
    if ((has_text(tok->kind) && !tok->text) || (tok->kind == BT_TOK_LITERAL && !tok->term))
        return bt_err_nomem(err);
    return 0;
}

/* ---- showing ---- */

void bt_lex_show(const struct bt_lexer *lx, const struct bt_token *tok, char *out, size_t cap)
{
    if (tok->kind == BT_TOK_END)
        snprintf(out, cap, "the end");
    else
        bt_loc_quote(out, cap, lx->text + tok->loc.off, tok->loc.len);
}

static const char *kind_name(enum bt_token_kind kind)
{
    static const char *const names[] = {"end", "atom", "variable", "wildcard", "literal", "string",
        "operator", "when", "fun", "reserved", "alias", "key", "words", "operator",
#define BT_X(name, text) "mark",
        BT_MARKS(BT_X)
#undef BT_X
    };
    return names[kind];
}

int bt_tokens_dump(struct bt_buf *out, const char *text, struct beamtap_err *err)
{
    struct bt_arena arena = BT_ARENA_INIT;
    struct bt_lexer lx;
    struct bt_token tok;
    int rc = bt_lex_init(&lx, text, &arena, err);
    while (!rc && !(rc = bt_lex_next(&lx, &tok, err)) && tok.kind != BT_TOK_END) {
        bt_buf_printf(out, "%d:%d %s ", tok.loc.line, tok.loc.col, kind_name(tok.kind));
        bt_loc_escape(out, text + tok.loc.off, tok.loc.len);
        bt_buf_putc(out, '\n');
    }
    bt_arena_done(&arena);
    return rc ? rc : out->failed ? bt_err_nomem(err) : 0;
}
