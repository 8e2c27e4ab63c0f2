/*
 * skim.c - Erlang source to rough tokens.
 */
#include "spec/skim.h"

#include <string.h>

void bt_skim_init(struct bt_skim *s, const char *text, size_t len)
{
    *s = (struct bt_skim){.text = text, .len = len, .line = 1};
}

bool bt_skim_is(const struct bt_skim *s, const char *text)
{
    size_t n = s->off - s->start;
    return (s->kind == BT_SKIM_MARK || s->kind == BT_SKIM_WORD) && strlen(text) == n &&
           memcmp(s->text + s->start, text, n) == 0;
}

/* ---- characters; '\0' behind the end ---- */

static char at(const struct bt_skim *s, size_t i)
{
    return s->off + i < s->len ? s->text[s->off + i] : '\0';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '@' || (unsigned char)c >= 0x80;
}

static void advance(struct bt_skim *s, size_t n)
{
    for (size_t i = 0; i < n && s->off < s->len; i++) {
        if (s->text[s->off++] == '\n') {
            s->line++;
            s->line_start = s->off;
        }
    }
}

static void skip_line(struct bt_skim *s)
{
    while (s->off < s->len && at(s, 0) != '\n')
        advance(s, 1);
}

/* #PID<0.1.2> and #Ref<...> of Elixir are none. */
static bool is_comment(const struct bt_skim *s)
{
    return s->is_elixir ? at(s, 0) == '#' && !is_word(at(s, 1)) : at(s, 0) == '%';
}

static void skip_blank(struct bt_skim *s)
{
    while (s->off < s->len) {
        if (is_comment(s))
            skip_line(s);
        else if (is_blank(at(s, 0)))
            advance(s, 1);
        else
            return;
    }
}

/* ---- quoted text ---- */

/* To the closing mark, or to the end of the text, or of the line where the text may have only one. */
static void skip_quoted(struct bt_skim *s, char close, bool has_escapes, bool has_lines)
{
    while (s->off < s->len) {
        char c = at(s, 0);
        if (c == '\n' && !has_lines)
            return;
        bool is_escape = c == '\\' && has_escapes && (has_lines || at(s, 1) != '\n');
        advance(s, is_escape ? 2 : 1);
        if (c == close)
            return;
    }
}

#define MAX_QUOTES                                                                                           \
    64 /* that open a text; a bound, so that millions of them are not counted again and again */

static size_t n_quotes(const struct bt_skim *s)
{
    size_t n = 0;
    while (n < MAX_QUOTES && at(s, n) == '"')
        n++;
    return n;
}

/* Three quotes or more, and then the end of the line: text up to a line that begins with as many (OTP 27). */
static bool skip_triple(struct bt_skim *s)
{
    size_t n = n_quotes(s), i = n;
    while (at(s, i) == ' ' || at(s, i) == '\t' || at(s, i) == '\r')
        i++;
    if (n < 3 || at(s, i) != '\n')
        return false;
    while (s->off < s->len) {
        skip_line(s);
        advance(s, 1);
        while (at(s, 0) == ' ' || at(s, 0) == '\t')
            advance(s, 1);
        if (n_quotes(s) >= n) {
            advance(s, n);
            break;
        }
    }
    return true;
}

static void skip_string(struct bt_skim *s)
{
    if (skip_triple(s))
        return;
    advance(s, 1);
    skip_quoted(s, '"', true, true);
}

/* ~"text", ~s(text), ~B[text] (OTP 27); a lone ~ is a mark. */
static bool skip_sigil(struct bt_skim *s)
{
    static const char open[] = "([{<|/'`#", close[] = ")]}>|/'`#";
    size_t n = 1;
    while (is_word(at(s, n)) && n < 16)
        n++;
    char c = at(s, n);
    const char *mark = c ? strchr(open, c) : NULL;
    bool is_verbatim = at(s, 1) == 'S' || at(s, 1) == 'B';
    if (!mark && c != '"')
        return false;
    advance(s, n);
    if (c == '"' && skip_triple(s))
        return true;
    advance(s, 1);
    skip_quoted(s, mark ? close[mark - open] : '"', !is_verbatim, true);
    return true;
}

/* $a, $\n, $\^A; what is left of $\x{41} are words and marks in balance. */
static void skip_char(struct bt_skim *s)
{
    advance(s, at(s, 1) != '\\' ? 2 : at(s, 2) == '^' ? 4 : 3);
}

/* ---- tokens ---- */

static enum bt_skim_kind mark(struct bt_skim *s)
{
    static const char *const pairs[] = {"<<", ">>", "::"};
    if (at(s, 0) == '.' && (s->off + 1 >= s->len || is_blank(at(s, 1)) || at(s, 1) == '%')) {
        advance(s, 1);
        return BT_SKIM_DOT;
    }
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (at(s, 0) == pairs[i][0] && at(s, 1) == pairs[i][1]) {
            advance(s, 2);
            return BT_SKIM_MARK;
        }
    }
    advance(s, 1);
    return BT_SKIM_MARK;
}

static enum bt_skim_kind token(struct bt_skim *s)
{
    if (s->off == s->len)
        return BT_SKIM_END;
    switch (at(s, 0)) {
    case '\'':
        advance(s, 1);
        skip_quoted(s, '\'', true, s->is_elixir);
        return BT_SKIM_QUOTED;
    case '"': skip_string(s); return BT_SKIM_TEXT;
    case '$':
    case '?':
        if ((at(s, 0) == '?') != s->is_elixir)
            return mark(s);
        skip_char(s);
        return BT_SKIM_TEXT;
    case '~': return skip_sigil(s) ? BT_SKIM_TEXT : mark(s);
    default: break;
    }
    if (!is_word(at(s, 0)))
        return mark(s);
    while (is_word(at(s, 0)))
        advance(s, 1);
    if (s->is_elixir && (at(s, 0) == '?' || at(s, 0) == '!'))
        advance(s, 1);
    return BT_SKIM_WORD;
}

void bt_skim_seek(struct bt_skim *s, size_t off)
{
    if (off > s->off)
        advance(s, off - s->off);
}

void bt_skim_next(struct bt_skim *s)
{
    skip_blank(s);
    s->start = s->off;
    s->is_first = s->start == s->line_start;
    s->kind = token(s);
}

/* ---- what is open ---- */

static bool is_one_of(const struct bt_skim *s, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bt_skim_is(s, texts[i]))
            return true;
    }
    return false;
}

void bt_skim_nest(struct bt_skim_nest *n, const struct bt_skim *s)
{
    static const char *const opening[] = {"(", "[", "{", "<<"}, *const closing[] = {")", "]", "}", ">>"},
                             *const blocks[] = {"case", "if", "begin", "receive", "try"};
    bool is_behind_fun = n->is_behind_fun;
    n->is_behind_fun = !s->is_elixir && bt_skim_is(s, "fun");
    if (is_one_of(s, opening, 4))
        n->brackets++;
    else if (is_one_of(s, closing, 4) && n->brackets > 0)
        n->brackets--;
    else if (bt_skim_is(s, "end") && n->blocks > 0)
        n->blocks--;
    else if (n->blocks > 0 && is_one_of(s, blocks, 5)) /* elsewhere they may be atoms: receive(_, _, _) */
        n->blocks++;
    else if (s->is_elixir && bt_skim_is(s, "fn"))
        n->blocks++;
    if (is_behind_fun && bt_skim_is(s, "("))
        n->blocks++;
}
