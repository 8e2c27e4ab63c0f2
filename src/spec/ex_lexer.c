/*
 * ex_lexer.c - a spec text in Elixir notation to tokens (Elixir's "Syntax reference", elixir_tokenizer). Quoted text
 * is in ex_literal.c.
 */
#include "spec/ex_lexer.h"

#include <string.h>

#include "base/utf8.h"
#include "spec/lex_literal.h"
#include "spec/loc.h"

static const struct bt_lex_mark marks[] = {
    {"===", BT_TOK_OP, BT_OP_EXACT_EQ, NULL},
    {"!==", BT_TOK_OP, BT_OP_EXACT_NE, NULL},
    {"=:=", BT_TOK_OP, 0, "Elixir writes ==="},
    {"=/=", BT_TOK_OP, 0, "Elixir writes !=="},
    {"=<<", BT_TOK_OP, BT_OP_MATCH, NULL}, /* b=<<1>>; only the = is taken, see bt_lex_mark */
    {"&&&", BT_TOK_OP, BT_OP_BAND, NULL},
    {"|||", BT_TOK_OP, BT_OP_BOR, NULL},
    {"<<<", BT_TOK_OP, BT_OP_BSL, NULL},
    {">>>", BT_TOK_OP, BT_OP_BSR, NULL},
    {"^^^", BT_TOK_OP, 0, "write bxor(x, y)"},
    {"~~~", BT_TOK_OP, 0, "write bnot(x)"},
    {"...", BT_TOK_OP, 0, "the text was cut here; write _ for a part that does not matter"},
    {"->", BT_TOK_ARROW, 0, NULL},
    {"=>", BT_TOK_TO, 0, NULL},
    {"<<", BT_TOK_BIN_OPEN, 0, NULL},
    {">>", BT_TOK_BIN_CLOSE, 0, NULL},
    {"==", BT_TOK_OP, BT_OP_EQ, NULL},
    {"!=", BT_TOK_OP, BT_OP_NE, NULL},
    {"<=", BT_TOK_OP, BT_OP_LE, NULL},
    {">=", BT_TOK_OP, BT_OP_GE, NULL},
    {"++", BT_TOK_OP, BT_OP_APPEND, NULL},
    {"--", BT_TOK_OP, BT_OP_SUBTRACT, NULL},
    {"..", BT_TOK_RANGE, 0, NULL},
    {"//", BT_TOK_STEP, 0, NULL},
    {"::", BT_TOK_OF_TYPE, 0, NULL},
    {"<>", BT_TOK_CONCAT, 0, NULL},
    {"=<", BT_TOK_OP, 0, "Elixir writes <="},
    {"/=", BT_TOK_OP, 0, "Elixir writes != (or !==, where 1 and 1.0 differ)"},
    {":=", BT_TOK_OP, 0, "Elixir writes %{id: x} for atoms as keys, and %{\"id\" => x} for others"},
    {"&&", BT_TOK_OP, 0, "write 'and': a guard knows no &&"},
    {"||", BT_TOK_OP, 0, "write 'or': a guard knows no ||"},
    {"|>", BT_TOK_OP, 0, "a guard knows no |>; write the call: hd(x)"},
    {"=~", BT_TOK_OP, 0, "a guard cannot look for text; binary_part(x, 0, 3) == \"abc\" compares a part"},
    {"<-", BT_TOK_OP, 0,
        "a pattern has no generators; to compare with a negative number leave a space: x < -1"},
    {"\\\\", BT_TOK_OP, 0, "a default value is no pattern; write the name of the argument alone"},
    {"**", BT_TOK_OP, 0, "a guard knows no **"},
    {"(", BT_TOK_LPAREN, 0, NULL},
    {")", BT_TOK_RPAREN, 0, NULL},
    {"{", BT_TOK_LBRACE, 0, NULL},
    {"}", BT_TOK_RBRACE, 0, NULL},
    {"[", BT_TOK_LBRACKET, 0, NULL},
    {"]", BT_TOK_RBRACKET, 0, NULL},
    {",", BT_TOK_COMMA, 0, NULL},
    {";", BT_TOK_SEMICOLON, 0, NULL},
    {"|", BT_TOK_BAR, 0, NULL},
    {".", BT_TOK_DOT, 0, NULL},
    {"%", BT_TOK_PERCENT, 0, NULL},
    {"=", BT_TOK_OP, BT_OP_MATCH, NULL},
    {"<", BT_TOK_OP, BT_OP_LT, NULL},
    {">", BT_TOK_OP, BT_OP_GT, NULL},
    {"+", BT_TOK_OP, BT_OP_ADD, NULL},
    {"-", BT_TOK_OP, BT_OP_SUB, NULL},
    {"*", BT_TOK_OP, BT_OP_MUL, NULL},
    {"/", BT_TOK_OP, BT_OP_SLASH, NULL},
    {":", BT_TOK_COLON, 0, NULL},
    {"^", BT_TOK_OP, 0,
        "nothing is known here of variables outside, so nothing can be pinned; write the value itself, or "
        "bind a name and compare it: when x === 3"},
    {"!", BT_TOK_OP, 0, "for the opposite of a test write 'not'"},
    {"&", BT_TOK_OP, 0,
        "a captured function (&fun/1) is no constant; bind a name and test it: when is_function(f, 1)"},
    {"@", BT_TOK_OP, 0, "module attributes are not known here; write the value"},
    {"$", BT_TOK_OP, 0, "a character is written ?a"},
    {"`", BT_TOK_OP, 0, "an atom with odd characters is written :\"a b\""},
    {"\\", BT_TOK_OP, 0, "a backslash stands in quoted text only"},
    {NULL, 0, 0, NULL},
};

/* What a word means where it is no name and no key. */
static const struct {
    const char *text;
    enum bt_token_kind kind;
    enum bt_op op;
    const char *cure;
} words[] = {
    {"when", BT_TOK_WHEN, 0, NULL},
    {"fn", BT_TOK_FUN, 0, NULL},
    {"and", BT_TOK_OP, BT_OP_ANDALSO, NULL},
    {"or", BT_TOK_OP, BT_OP_ORELSE, NULL},
    {"not", BT_TOK_OP, BT_OP_NOT, NULL},
    {"in", BT_TOK_IN, 0, NULL},
    {"true", BT_TOK_ATOM, 0, NULL},
    {"false", BT_TOK_ATOM, 0, NULL},
    {"nil", BT_TOK_ATOM, 0, NULL},
    {"_", BT_TOK_WILD, 0, NULL},
    {"end", BT_TOK_RESERVED, 0, NULL},
    {"do", BT_TOK_RESERVED, 0, NULL},
    {"else", BT_TOK_RESERVED, 0, NULL},
    {"after", BT_TOK_RESERVED, 0, NULL},
    {"rescue", BT_TOK_RESERVED, 0, NULL},
    {"catch", BT_TOK_RESERVED, 0, NULL},
    {"andalso", BT_TOK_OP, 0, "Elixir writes 'and'"},
    {"orelse", BT_TOK_OP, 0, "Elixir writes 'or'"},
    {"__MODULE__", BT_TOK_OP, 0, "write the module's name"},
    {"__CALLER__", BT_TOK_OP, 0, "it has no value here"},
    {"__DIR__", BT_TOK_OP, 0, "it has no value here"},
    {"__ENV__", BT_TOK_OP, 0, "it has no value here"},
    {"__STACKTRACE__", BT_TOK_OP, 0, "it has no value here"},
};

/* Operators that are functions of Kernel, as they stand behind a dot or a colon. Longer ones first; `*` is left out,
 * since behind a dot it stands for every function. */
static const char *const operators[] = {"===", "!==", "&&&", "|||", "<<<", ">>>", "..//",
    "==", "!=", "<=", ">=", "++", "--", "<>", "&&", "||", "|>", "..", "=~", "**", "+", "-", "<", ">", "!",
    NULL};

/* ---- characters ---- */

static bool is_upper(uint32_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

/* Letters beyond ASCII, in coarse blocks; what is no letter in them does not stand in names people write. */
static bool is_wide_letter(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } blocks[] = {{0xAA, 0xAA}, {0xB5, 0xB5}, {0xBA, 0xBA}, {0xC0, 0xD6}, {0xD8, 0xF6}, {0xF8, 0x1FFF},
        {0x2C00, 0x2DFF}, {0x3040, 0xD7FF}, {0xF900, 0xFAFF}, {0x20000, 0x3FFFF}};
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        if (c >= blocks[i].from && c <= blocks[i].to)
            return true;
    }
    return false;
}

/* May a variable or function begin so? */
static bool is_start(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || c == '_' || is_wide_letter(c);
}

static bool is_name_char(uint32_t c)
{
    return is_start(c) || is_upper(c) || is_digit(c);
}

static bool is_blank(uint32_t c)
{
    return c <= ' ' || (c >= 0x7F && c <= 0xA0) || c == 0xFEFF;
}

/* Of any text; lx is made for it. */
static size_t name_len(const struct bt_lexer *lx, uint32_t also);

bool bt_ex_is_name(const char *text, size_t len, bool is_atom)
{
    struct bt_lexer lx = {.text = text, .len = len};
    return len && is_start(bt_lex_peek(&lx, NULL)) && name_len(&lx, is_atom ? '@' : 0) == len &&
           (is_atom || !(len == 1 && *text == '_'));
}

/* ---- which notation ---- */

/* Past blanks, as both notations know them, and comments of Elixir's. */
static const char *skip(const char *s)
{
    for (;;) {
        uint32_t c = 0;
        if (*s == '#' && s[1] != '{')
            s += strcspn(s, "\n");
        size_t n = *s ? bt_utf8_decode(s, strnlen(s, 4), &c) : 0;
        if (n == 0 || !is_blank(c))
            return s;
        s += n;
    }
}

static bool is_atom(const char *s)
{
    unsigned char c = (unsigned char)s[s[0] == ':'];
    return s[0] == ':' && (is_start(c) || is_upper(c) || c == '"' || c == '\'' || c >= 0x80);
}

/* :queue, Foo.Bar, or Foo and :bar. {Mod, Fun, 2} and {Elixir.My.*, f, 2} are Erlang. */
static bool begins_tuple(const char *s)
{
    const char *name = s;
    if (!is_upper((unsigned char)*s))
        return is_atom(s);
    while (is_name_char((unsigned char)*s) || *s == '.')
        s++;
    if (memchr(name, '.', (size_t)(s - name)) && strncmp(name, "Elixir.", strlen("Elixir.")) != 0)
        return true;
    s = skip(s);
    return *s == ',' && is_atom(skip(s + 1));
}

bool bt_ex_begins(const char *text)
{
    const char *s = skip(text);
    if (*s == '[') {
        s = skip(s + 1);
        if (*s != '{')
            return false;
    }
    if (*s == '{')
        return begins_tuple(skip(s + 1));
    if (!is_upper((unsigned char)*s))
        return is_atom(s);
    const char *name = s;
    bool is_glob = false;
    for (; is_name_char((unsigned char)*s) || (*s && strchr(".*?", *s)); s++)
        is_glob = is_glob || *s == '*' || *s == '?';
    if (*s == ':') /* Erlang's Mod:fun, a variable or Elixir.My.*:fun */
        return false;
    if (memchr(name, '.', (size_t)(s - name)))
        return true;
    s = skip(s);
    if (is_glob) /* My* is one of Erlang */
        return false;
    return *s == '\0' || strncmp(s, "->", 2) == 0 || strncmp(s, "when", 4) == 0;
}

/* ---- what stands between tokens ---- */

/* A # begins a comment, but a pid begins with one too, and so does a map in Erlang. */
static bool is_comment(const struct bt_lexer *lx)
{
    static const char *const others[] = {
        "#PID<", "#Ref<", "#Reference<", "#Port<", "#Function<", "#Fun<", "#{"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (bt_lex_at(lx, others[i]))
            return false;
    }
    return bt_lex_byte(lx, lx->off) == '#';
}

int bt_ex_skip_blank(struct bt_lexer *lx, struct beamtap_err *err)
{
    size_t step;
    for (uint32_t c; lx->off < lx->len; bt_lex_advance(lx, step)) {
        c = bt_lex_peek(lx, &step);
        if (is_blank(c))
            continue;
        if (bt_lex_at(lx, "#{"))
            return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, 2), "Elixir writes a map as %%{key: value}");
        if (!is_comment(lx))
            return 0;
        const char *eol = memchr(lx->text + lx->off, '\n', lx->len - lx->off);
        step = eol ? (size_t)(eol - (lx->text + lx->off)) : lx->len - lx->off;
    }
    return 0;
}

/* ---- names ---- */

/* Bytes of the name at hand; `also` is one more character that may stand in it. */
static size_t name_len(const struct bt_lexer *lx, uint32_t also)
{
    struct bt_lexer at = *lx;
    size_t step;
    uint32_t c = bt_lex_peek(&at, &step);
    while (step && c && (is_name_char(c) || c == also)) {
        at.off += step;
        c = bt_lex_peek(&at, &step);
    }
    size_t n = at.off - lx->off;
    char mark = bt_lex_byte(lx, at.off);
    bool is_compared = bt_lex_byte(lx, at.off + 1) == '='; /* x!=1 */
    return (mark == '?' || mark == '!') && !is_compared ? n + 1 : n;
}

/* Is the name of `len` bytes at hand a key? 1, 0, or -1: the blank behind its colon is missing. */
static int is_key(const struct bt_lexer *lx, size_t len, struct beamtap_err *err)
{
    if (bt_lex_byte(lx, lx->off + len) != ':' || bt_lex_byte(lx, lx->off + len + 1) == ':')
        return 0;
    struct bt_lexer behind = *lx;
    behind.off += len + 1;
    if (is_blank(bt_lex_peek(&behind, NULL)))
        return 1;
    return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, len + 1),
        "a key needs a blank behind its ':'; Erlang's mod:fun(x) is written :mod.fun(x)");
}

static int take_name(
    struct bt_lexer *lx, struct bt_token *tok, enum bt_token_kind kind, size_t len, struct beamtap_err *err)
{
    if (bt_lex_name_fits(bt_lex_here(lx, len), bt_utf8_count(lx->text + lx->off, len), err))
        return -1;
    tok->kind = kind;
    tok->text = bt_arena_strndup(lx->arena, lx->text + lx->off, len);
    tok->len = len;
    bt_lex_advance(lx, len);
    return 0;
}

static int word_token(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    size_t len = name_len(lx, 0);
    int key = is_key(lx, len, err);
    if (key < 0)
        return -1;
    struct beamtap_loc loc = bt_lex_here(lx, len);
    if (take_name(lx, tok, key ? BT_TOK_KEY : BT_TOK_VAR, len, err))
        return -1;
    if (key)
        bt_lex_advance(lx, 1);
    for (size_t i = 0; !key && tok->text && i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(words[i].text, tok->text) != 0)
            continue;
        if (words[i].cure)
            return bt_err_at(err, BEAMTAP_ESPEC, loc, "'%s' cannot stand here: %s", tok->text, words[i].cure);
        tok->kind = words[i].kind;
        tok->op = words[i].op;
    }
    return 0;
}

/* MyApp.Cart: bytes of all of it. */
static size_t alias_len(const struct bt_lexer *lx)
{
    size_t n = 0;
    do {
        n += n ? 1 : 0;
        while (bt_lex_byte(lx, lx->off + n) && (unsigned char)bt_lex_byte(lx, lx->off + n) < 0x80 &&
               is_name_char((unsigned char)bt_lex_byte(lx, lx->off + n)))
            n++;
    } while (
        bt_lex_byte(lx, lx->off + n) == '.' && is_upper((unsigned char)bt_lex_byte(lx, lx->off + n + 1)));
    return n;
}

static int alias_token(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    static const char prefix[] = "Elixir.";
    size_t len = alias_len(lx);
    int key = is_key(lx, len, err);
    if (key) {
        if (key < 0 || take_name(lx, tok, BT_TOK_KEY, len, err))
            return -1;
        bt_lex_advance(lx, 1);
        return 0;
    }
    struct beamtap_loc loc = bt_lex_here(lx, len);
    bool has_prefix =
        bt_lex_at(lx, "Elixir") && (len == strlen("Elixir") || lx->text[lx->off + strlen("Elixir")] == '.');
    size_t before = has_prefix ? 0 : strlen(prefix);
    if (bt_lex_name_fits(loc, before + len, err)) /* characters of an alias are bytes */
        return -1;
    char *text = bt_arena_alloc(lx->arena, before + len + 1);
    if (text) {
        memcpy(text, prefix, before);
        memcpy(text + before, lx->text + lx->off, len);
    }
    tok->kind = BT_TOK_ALIAS;
    tok->text = text;
    tok->len = before + len;
    bt_lex_advance(lx, len);
    return 0;
}

/* Bytes of the operator at hand that is a function's name too; 0: none. */
static size_t operator_len(const struct bt_lexer *lx)
{
    if (bt_lex_at(lx, "->"))
        return 0;
    for (size_t i = 0; operators[i]; i++) {
        if (bt_lex_at(lx, operators[i]))
            return strlen(operators[i]);
    }
    return 0;
}

/* :ok :Ok :a@b :"a b" :== */
static int atom_token(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    struct bt_lexer behind = *lx;
    behind.off++;
    uint32_t c = bt_lex_peek(&behind, NULL);
    size_t len = is_start(c) || is_upper(c) ? name_len(&behind, '@') : operator_len(&behind);
    if (c == '"' || c == '\'') {
        bt_lex_advance(lx, 1);
        return bt_ex_lex_quoted_atom(lx, tok, err);
    }
    if (!len || bt_lex_at(lx, "::"))
        return bt_lex_mark(lx, tok, marks, err);
    bt_lex_advance(lx, 1);
    return take_name(lx, tok, BT_TOK_ATOM, len, err);
}

/* What stands behind a dot: the name of a function or field. Leaves tok as it is where it is none. */
static int member_token(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    uint32_t c = bt_lex_peek(lx, NULL);
    if (c == '"')
        return bt_ex_lex_quoted_atom(lx, tok, err);
    bool is_name = is_start(c);
    size_t len = is_name ? name_len(lx, 0) : operator_len(lx);
    if (len && !(is_name && len == 1 && c == '_'))
        return take_name(lx, tok, is_name ? BT_TOK_VAR : BT_TOK_ATOM, len, err);
    return 0;
}

/* ---- tokens ---- */

static int other_token(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    if (bt_lex_identifier(lx, tok, err))
        return -1;
    if (tok->kind != BT_TOK_END)
        return 0;
    if (bt_lex_mark(lx, tok, marks, err))
        return -1;
    lx->is_behind_dot = tok->kind == BT_TOK_DOT;
    return 0;
}

int bt_ex_lex(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    uint32_t c = bt_lex_peek(lx, NULL);
    bool is_member = lx->is_behind_dot;
    lx->is_behind_dot = false;
    if (is_member && member_token(lx, tok, err))
        return -1;
    if (tok->kind != BT_TOK_END)
        return 0;
    if (is_digit(c))
        return bt_lex_number(lx, tok, err);
    if (is_start(c))
        return word_token(lx, tok, err);
    if (is_upper(c))
        return alias_token(lx, tok, err);
    switch (c) {
    case ':': return atom_token(lx, tok, err);
    case '"': return bt_ex_lex_string(lx, tok, err);
    case '\'': return bt_ex_lex_charlist(lx, tok, err);
    case '?': return bt_ex_lex_char(lx, tok, err);
    case '~': return bt_ex_lex_sigil(lx, tok, err);
    default: return other_token(lx, tok, err);
    }
}
