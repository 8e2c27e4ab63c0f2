/*
 * ex_literal.c - quoted text of Elixir: "abc", 'abc', :"a b", ~c"abc", ?a.
 */
#include <string.h>

#include "base/utf8.h"
#include "spec/ex_lexer.h"
#include "spec/lex_literal.h"
#include "spec/number.h"

/* Text between two marks, escaped or raw. */
struct quoted {
    struct beamtap_loc start; /* where it begins, for messages */
    const char *what;
    char close;
    bool is_raw; /* only the closing mark can be escaped */
    char *text;  /* UTF-8, save where \xHH made something else of it */
    size_t len;
};

/* ---- escapes ---- */

static int bad_escape(const struct bt_lexer *lx, struct beamtap_err *err)
{
    return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, 2),
        "this is no escape; \\xHH is a byte, \\u{HHHH} a character, \\n, \\t, \\\\ and \\\" are some others");
}

/* \u0041, \u{41}, \x{41}; lx stands on the backslash. */
static int char_escape(struct bt_lexer *lx, char *out, size_t *len, struct beamtap_err *err)
{
    bool is_braced = bt_lex_byte(lx, lx->off + 2) == '{';
    size_t n, from = lx->off + 2 + is_braced;
    uint32_t c = bt_lex_hex(lx, from, is_braced ? 6 : 4, &n);
    if (n == 0 || (is_braced ? bt_lex_byte(lx, from + n) != '}' : n != 4))
        return bad_escape(lx, err);
    char utf8[4];
    size_t n_bytes = bt_utf8_encode(c, utf8);
    if (!n_bytes)
        return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, 2), "there is no such character");
    memcpy(out, utf8, n_bytes);
    *len = n_bytes;
    bt_lex_advance(lx, 2 + is_braced + n + is_braced);
    return 0;
}

static int byte_escape(struct bt_lexer *lx, char *out, size_t *len, struct beamtap_err *err)
{
    size_t n;
    uint32_t v = bt_lex_hex(lx, lx->off + 2, 2, &n);
    if (n != 2)
        return bad_escape(lx, err);
    *out = (char)v;
    *len = 1;
    bt_lex_advance(lx, 4);
    return 0;
}

/* What a backslash begins. No escape is shorter than what it stands for. */
static int read_escape(struct bt_lexer *lx, char *out, size_t *len, struct beamtap_err *err)
{
    static const char names[] = "0abdefnrstv", values[] = "\0\a\b\177\033\f\n\r \t\v";
    char next = bt_lex_byte(lx, lx->off + 1);
    size_t step;
    if (next == '\0')
        return bad_escape(lx, err);
    if (next == 'u' || (next == 'x' && bt_lex_byte(lx, lx->off + 2) == '{'))
        return char_escape(lx, out, len, err);
    if (next == 'x')
        return byte_escape(lx, out, len, err);
    bt_lex_advance(lx, 1);
    bt_lex_peek(lx, &step);
    const char *found = strchr(names, next);
    if (next == '\n') { /* the line goes on */
        *len = 0;
    } else if (found) {
        *out = values[found - names];
        *len = 1;
    } else {
        memcpy(out, lx->text + lx->off, step);
        *len = step;
    }
    bt_lex_advance(lx, step);
    return 0;
}

/* ---- text ---- */

/* One character or escape onto the end of the text. */
static int read_part(struct bt_lexer *lx, struct quoted *q, struct beamtap_err *err)
{
    char c = bt_lex_byte(lx, lx->off);
    size_t step, n;
    if (!q->is_raw && bt_lex_at(lx, "#{"))
        return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, 2),
            "nothing can be put into text here, it is a constant; for these two characters write \\#{");
    if (c == '\\' && !q->is_raw) {
        if (read_escape(lx, q->text + q->len, &n, err))
            return -1;
        q->len += n;
        return 0;
    }
    if (c ==
        '\\') { /* in a raw text it keeps the next character from being looked at, and stays, but before the mark */
        if (bt_lex_byte(lx, lx->off + 1) != q->close)
            q->text[q->len++] = c;
        bt_lex_advance(lx, 1);
        if (lx->off == lx->len)
            return 0;
    }
    bt_lex_peek(lx, &step);
    memcpy(q->text + q->len, lx->text + lx->off, step);
    q->len += step;
    bt_lex_advance(lx, step);
    return 0;
}

/* Bytes up to the closing mark, or to the end. */
static size_t bytes_inside(const struct bt_lexer *lx, char close)
{
    size_t i = lx->off;
    while (i < lx->len && lx->text[i] != close)
        i += lx->text[i] == '\\' ? 2 : 1;
    return (i < lx->len ? i : lx->len) - lx->off;
}

/* lx stands behind the opening mark, and then behind the closing one. */
static int read_quoted(struct bt_lexer *lx, struct quoted *q, struct beamtap_err *err)
{
    q->text = bt_arena_alloc(lx->arena, bytes_inside(lx, q->close) + 1);
    if (!q->text)
        return bt_err_nomem(err);
    while (lx->off < lx->len && lx->text[lx->off] != q->close) {
        if (read_part(lx, q, err))
            return -1;
    }
    if (lx->off == lx->len)
        return bt_err_at(err, BEAMTAP_ESPEC, q->start, "%s has no closing %c", q->what, q->close);
    bt_lex_advance(lx, 1);
    q->start.len = lx->off - q->start.off;
    return 0;
}

/* Characters, of text that must have them. */
static int count_chars(const struct quoted *q, size_t *n_chars, struct beamtap_err *err)
{
    *n_chars = 0;
    for (size_t i = 0, step; i < q->len; i += step, ++*n_chars) {
        uint32_t c;
        step = bt_utf8_decode(q->text + i, q->len - i, &c);
        if (!step)
            return bt_err_at(err, BEAMTAP_ESPEC, q->start,
                "%s is made of characters, and \\xHH is a byte; write \\u{HH}", q->what);
    }
    return 0;
}

static int text_token(struct bt_lexer *lx, struct bt_token *tok, enum bt_token_kind kind, struct quoted *q,
    struct beamtap_err *err)
{
    size_t n_chars;
    if (kind != BT_TOK_LITERAL && count_chars(q, &n_chars, err))
        return -1;
    if ((kind == BT_TOK_ATOM || kind == BT_TOK_KEY) && bt_lex_name_fits(q->start, n_chars, err))
        return -1;
    tok->kind = kind;
    tok->is_quoted = true;
    tok->text = q->text;
    tok->len = q->len;
    if (kind == BT_TOK_LITERAL)
        tok->term = bt_term_binary(lx->arena, q->text, q->len, 8);
    return 0;
}

static int no_heredoc(const struct bt_lexer *lx, const char *marks, struct beamtap_err *err)
{
    if (!bt_lex_at(lx, marks))
        return 0;
    return bt_err_at(
        err, BEAMTAP_ESPEC, bt_lex_here(lx, 3), "text of several lines is written \"...\\n...\" here");
}

int bt_ex_lex_string(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    struct quoted q = {bt_lex_here(lx, 1), "this string", '"', false, NULL, 0};
    if (no_heredoc(lx, "\"\"\"", err))
        return -1;
    bt_lex_advance(lx, 1);
    if (read_quoted(lx, &q, err))
        return -1;
    bool is_key = bt_lex_byte(lx, lx->off) == ':' && bt_lex_byte(lx, lx->off + 1) != ':';
    if (is_key)
        bt_lex_advance(lx, 1);
    return text_token(lx, tok, is_key ? BT_TOK_KEY : BT_TOK_LITERAL, &q, err);
}

int bt_ex_lex_charlist(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    struct quoted q = {bt_lex_here(lx, 1), "this charlist", '\'', false, NULL, 0};
    if (no_heredoc(lx, "'''", err))
        return -1;
    bt_lex_advance(lx, 1);
    return read_quoted(lx, &q, err) ? -1 : text_token(lx, tok, BT_TOK_STRING, &q, err);
}

int bt_ex_lex_quoted_atom(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    struct quoted q = {bt_lex_here(lx, 1), "this quoted name", bt_lex_byte(lx, lx->off), false, NULL, 0};
    bt_lex_advance(lx, 1);
    return read_quoted(lx, &q, err) ? -1 : text_token(lx, tok, BT_TOK_ATOM, &q, err);
}

int bt_ex_lex_char(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    char utf8[4];
    size_t n = 0, step;
    uint32_t c;
    bt_lex_advance(lx, 1);
    if (lx->off == lx->len)
        return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, 0), "'?' needs a character behind it: ?a, ?\\n");
    if (bt_lex_byte(lx, lx->off) == '\\') {
        char next = bt_lex_byte(lx, lx->off + 1);
        if (next == 'x' || next == 'u' || next == '\n')
            return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, 2),
                "write the character's number: 0x41 for the character 41");
        if (read_escape(lx, utf8, &n, err))
            return -1;
        bt_utf8_decode(utf8, n, &c);
    } else {
        c = bt_lex_peek(lx, &step);
        bt_lex_advance(lx, step);
    }
    tok->kind = BT_TOK_LITERAL;
    tok->is_char = true;
    tok->term = bt_term_int(lx->arena, (int64_t)c);
    return 0;
}

/* ---- sigils ---- */

static char closing_of(char open)
{
    static const char opens[] = "([{</|\"'", closes[] = ")]}>/|\"'";
    const char *found = open ? strchr(opens, open) : NULL;
    return found ? closes[found - opens] : '\0';
}

/* Behind ~w(...): what the words become. */
static int words_modifier(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    char c = bt_lex_byte(lx, lx->off);
    tok->words_as = 's';
    if (c == 'a' || c == 's' || c == 'c') {
        tok->words_as = c;
        bt_lex_advance(lx, 1);
        c = bt_lex_byte(lx, lx->off);
    }
    if (bt_number_digit(c) < 36)
        return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, 1),
            "behind ~w(...) stands a for atoms, s for strings or c for charlists, or nothing");
    return 0;
}

int bt_ex_lex_sigil(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    struct quoted q = {bt_lex_here(lx, 2), "this sigil", '\0', false, NULL, 0};
    char name = bt_lex_byte(lx, lx->off + 1), lower = (char)(name | 0x20);
    q.close = closing_of(bt_lex_byte(lx, lx->off + 2));
    q.is_raw = name >= 'A' && name <= 'Z';
    if (lower == 'r')
        return bt_err_at(err, BEAMTAP_ESPEC, q.start,
            "a guard knows no regular expressions; binary_part(x, 0, 3) == \"abc\" compares a part");
    if ((lower != 'c' && lower != 's' && lower != 'w') || !q.close)
        return bt_err_at(err, BEAMTAP_ESPEC, q.start,
            "this sigil is not known here; there are ~c\"abc\", ~s\"abc\" and ~w(a b)a");
    bt_lex_advance(lx, 3);
    if (read_quoted(lx, &q, err))
        return -1;
    enum bt_token_kind kind = lower == 'c' ? BT_TOK_STRING : lower == 's' ? BT_TOK_LITERAL : BT_TOK_WORDS;
    if (kind == BT_TOK_WORDS && words_modifier(lx, tok, err))
        return -1;
    return text_token(lx, tok, kind, &q, err);
}
