/*
 * lex_literal.c - the tokens that carry a value.
 */
#include "spec/lex_literal.h"

#include <string.h>

#include "base/utf8.h"
#include "spec/number.h"

/* ---- numbers ---- */

/* Bytes of digits in this base with single underscores between them, from `off`. */
static size_t digits_len(const struct bt_lexer *lx, size_t off, unsigned base)
{
    size_t n = 0;
    for (; off + n < lx->len; n++) {
        const char *p = lx->text + off + n;
        bool is_joint =
            *p == '_' && n && p[-1] != '_' && off + n + 1 < lx->len && bt_number_digit(p[1]) < base;
        if (!is_joint && bt_number_digit(*p) >= base)
            break;
    }
    return n;
}

char bt_lex_byte(const struct bt_lexer *lx, size_t off)
{
    return off < lx->len ? lx->text[off] : '\0';
}

/* 1.5, 1.5e-7: the bytes of what follows the digits before the point; 0: it is no float. */
static size_t fraction_len(const struct bt_lexer *lx, size_t off)
{
    size_t n = bt_lex_byte(lx, off) == '.' ? digits_len(lx, off + 1, 10) : 0;
    if (!n)
        return 0;
    n++;
    if (bt_lex_byte(lx, off + n) == 'e' || bt_lex_byte(lx, off + n) == 'E') {
        size_t sign = bt_lex_byte(lx, off + n + 1) == '-' || bt_lex_byte(lx, off + n + 1) == '+';
        size_t digits = digits_len(lx, off + n + 1 + sign, 10);
        n += digits ? 1 + sign + digits : 0;
    }
    return n;
}

/* 1e5 and 12abc read as two tokens in Erlang, which is never what was meant. */
static int check_number_end(const struct bt_lexer *lx, size_t from, struct beamtap_err *err)
{
    bool is_elixir = lx->syntax == BT_SYNTAX_ELIXIR;
    char c = bt_lex_byte(lx, lx->off);
    struct beamtap_loc loc = bt_lex_here(lx, 1);
    if (is_elixir && c == '#' && bt_number_digit(bt_lex_byte(lx, lx->off + 1)) < 36)
        return bt_err_at(err, BEAMTAP_ESPEC, loc, "Elixir writes 0xFF, 0o17 and 0b101 for other bases");
    if (bt_number_digit(c) >= 36 && c != '_')
        return 0;
    if ((c == 'e' || c == 'E') && !memchr(lx->text + from, '.', lx->off - from))
        return bt_err_at(
            err, BEAMTAP_ESPEC, loc, "a float needs digits on both sides of a point: 1.0e5, not 1e5");
    if (!is_elixir && lx->off - from == 1 && lx->text[from] == '0' && (c == 'x' || c == 'b' || c == 'o'))
        return bt_err_at(err, BEAMTAP_ESPEC, loc, "Erlang writes 16#ff, 8#17 and 2#101 for other bases");
    return bt_err_at(err, BEAMTAP_ESPEC, loc, "'%c' cannot stand right behind a number", c);
}

static int based_number(struct bt_lexer *lx, struct bt_token *tok, size_t n_base, struct beamtap_err *err)
{
    uint64_t base = 0;
    size_t from = lx->off;
    if (!bt_number_u64(lx->text + from, n_base, 36, &base) || base < 2)
        return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, n_base), "a number's base is 2 to 36");
    size_t n = digits_len(lx, from + n_base + 1, (unsigned)base);
    if (!n) {
        bt_lex_advance(lx, n_base + 1);
        return bt_err_at(
            err, BEAMTAP_ESPEC, bt_lex_here(lx, 1), "a digit of base %u is expected", (unsigned)base);
    }
    tok->term = bt_number_int(lx->arena, lx->text + from + n_base + 1, n, (unsigned)base);
    bt_lex_advance(lx, n_base + 1 + n);
    return check_number_end(lx, from, err);
}

/* 0xFF, 0o17, 0b101: the base; 0: none of them stands here. */
static unsigned prefixed_base(const struct bt_lexer *lx)
{
    bool is_zero = bt_lex_byte(lx, lx->off) == '0';
    switch (is_zero ? bt_lex_byte(lx, lx->off + 1) : '\0') {
    case 'x': return 16;
    case 'o': return 8;
    case 'b': return 2;
    default: return 0;
    }
}

static int prefixed_number(struct bt_lexer *lx, struct bt_token *tok, unsigned base, struct beamtap_err *err)
{
    size_t from = lx->off, n = digits_len(lx, from + 2, base);
    if (!n) {
        bt_lex_advance(lx, 2);
        return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, 1), "a digit of base %u is expected", base);
    }
    tok->term = bt_number_int(lx->arena, lx->text + from + 2, n, base);
    bt_lex_advance(lx, 2 + n);
    return check_number_end(lx, from, err);
}

int bt_lex_number(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    bool is_elixir = lx->syntax == BT_SYNTAX_ELIXIR;
    size_t from = lx->off, n = digits_len(lx, from, 10);
    tok->kind = BT_TOK_LITERAL;
    if (is_elixir && prefixed_base(lx))
        return prefixed_number(lx, tok, prefixed_base(lx), err);
    if (!is_elixir && bt_lex_byte(lx, from + n) == '#' && bt_number_digit(bt_lex_byte(lx, from + n + 1)) < 36)
        return based_number(lx, tok, n, err);
    size_t fraction = fraction_len(lx, from + n);
    if (fraction) {
        bool is_too_large;
        tok->term = bt_number_float(lx->arena, lx->text + from, n + fraction, &is_too_large);
        if (is_too_large)
            return bt_err_at(
                err, BEAMTAP_ESPEC, bt_lex_here(lx, n + fraction), "the number is too large for a float");
    } else {
        tok->term = bt_number_int(lx->arena, lx->text + from, n, 10);
    }
    bt_lex_advance(lx, n + fraction);
    return check_number_end(lx, from, err);
}

/* ---- escapes ---- */

static int bad_escape(const struct bt_lexer *lx, struct beamtap_err *err)
{
    return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, 2),
        "this is no escape; \\xHH, \\x{HHHH}, \\n, \\t, \\\\, \\' and \\\" are some");
}

uint32_t bt_lex_hex(const struct bt_lexer *lx, size_t off, size_t max_digits, size_t *n_digits)
{
    uint32_t v = 0;
    size_t n = 0;
    while (bt_number_digit(bt_lex_byte(lx, off + n)) < 16 && n < max_digits && v <= 0x10FFFF)
        v = v * 16 + bt_number_digit(bt_lex_byte(lx, off + n++));
    *n_digits = n;
    return v;
}

/* \x41, \x{41}; lx stands on the backslash. */
static int hex_escape(struct bt_lexer *lx, uint32_t *cp, struct beamtap_err *err)
{
    bool is_braced = bt_lex_byte(lx, lx->off + 2) == '{';
    size_t n, from = lx->off + 2 + is_braced;
    uint32_t v = bt_lex_hex(lx, from, is_braced ? SIZE_MAX : 2, &n);
    if (n == 0 || (!is_braced && n != 2) || (is_braced && bt_lex_byte(lx, from + n) != '}' && v <= 0x10FFFF))
        return bad_escape(lx, err);
    char scratch[4];
    if (!bt_utf8_encode(v, scratch))
        return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, 2), "there is no such character");
    *cp = v;
    bt_lex_advance(lx, 2 + is_braced + n + is_braced);
    return 0;
}

static int octal_escape(struct bt_lexer *lx, uint32_t *cp)
{
    size_t n = 0;
    uint32_t v = 0;
    while (n < 3 && bt_number_digit(bt_lex_byte(lx, lx->off + 1 + n)) < 8)
        v = v * 8 + bt_number_digit(bt_lex_byte(lx, lx->off + 1 + n++));
    *cp = v;
    bt_lex_advance(lx, 1 + n);
    return 0;
}

/* One character of quoted text, escaped or not. The text has one. */
static int read_char(struct bt_lexer *lx, uint32_t *cp, struct beamtap_err *err)
{
    static const char names[] = "bdefnrstv", values[] = "\b\177\033\f\n\r \t\v";
    size_t step;
    uint32_t c = bt_lex_peek(lx, &step);
    if (c != '\\') {
        *cp = c;
        bt_lex_advance(lx, step);
        return 0;
    }
    char next = bt_lex_byte(lx, lx->off + 1);
    if (next == 'x')
        return hex_escape(lx, cp, err);
    if (next >= '0' && next <= '7')
        return octal_escape(lx, cp);
    if (next == '^') {
        char letter = bt_lex_byte(lx, lx->off + 2);
        if (letter < '@' || letter > '_')
            return bad_escape(lx, err);
        *cp = (uint32_t)letter - '@';
        bt_lex_advance(lx, 3);
        return 0;
    }
    if (next == '\0')
        return bad_escape(lx, err);
    bt_lex_advance(lx, 1);
    c = bt_lex_peek(lx, &step);
    const char *found = c < 0x80 ? strchr(names, (int)c) : NULL;
    *cp = found ? (unsigned char)values[found - names] : c;
    bt_lex_advance(lx, step);
    return 0;
}

int bt_lex_char(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    uint32_t cp = 0;
    if (lx->off + 1 >= lx->len)
        return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, 1), "'$' needs a character behind it: $a, $\\n");
    bt_lex_advance(lx, 1);
    if (read_char(lx, &cp, err))
        return -1;
    tok->kind = BT_TOK_LITERAL;
    tok->is_char = true;
    tok->term = bt_term_int(lx->arena, (int64_t)cp);
    return 0;
}

/* Bytes from an opening quote to its closing one, or to the end. */
static size_t quoted_len(const struct bt_lexer *lx)
{
    size_t i = lx->off + 1;
    while (i < lx->len && lx->text[i] != lx->text[lx->off])
        i += lx->text[i] == '\\' ? 2 : 1;
    return (i < lx->len ? i : lx->len) - lx->off;
}

int bt_lex_quoted(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    struct bt_lexer start = *lx;
    char quote = lx->text[lx->off];
    /* No escape is shorter than the UTF-8 of the character it stands for. */
    char *text = bt_arena_alloc(lx->arena, quoted_len(lx) + 1);
    if (!text)
        return bt_err_nomem(err);
    size_t n = 0, n_chars = 0;
    bt_lex_advance(lx, 1);
    while (lx->off < lx->len && lx->text[lx->off] != quote) {
        uint32_t cp = 0;
        if (read_char(lx, &cp, err))
            return -1;
        n += bt_utf8_encode(cp, text + n);
        n_chars++;
    }
    if (lx->off == lx->len)
        return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(&start, 1), "%s has no closing %c",
            quote == '"' ? "this string" : "this quoted atom", quote);
    bt_lex_advance(lx, 1);
    if (quote == '\'' && bt_lex_name_fits(bt_lex_here(&start, lx->off - start.off), n_chars, err))
        return -1;
    tok->kind = quote == '"' ? BT_TOK_STRING : BT_TOK_ATOM;
    tok->is_quoted = true;
    tok->text = text;
    tok->len = n;
    return 0;
}

/* ---- <0.1.2>, #Ref<0.1.2.3>, #Port<0.6> ---- */

#define MAX_FIELDS 6

struct fields {
    uint64_t v[MAX_FIELDS];
    size_t n, n_bytes;
    bool is_too_large;
};

/* Numbers joined by points and closed by `>`, from `off`. False: something else stands there. */
static bool read_fields(const struct bt_lexer *lx, size_t off, struct fields *f)
{
    memset(f, 0, sizeof *f);
    for (size_t at = off; f->n < MAX_FIELDS; at++) {
        size_t n = 0;
        while (bt_lex_byte(lx, at + n) >= '0' && bt_lex_byte(lx, at + n) <= '9')
            n++;
        if (!n)
            return false;
        if (!bt_number_u64(lx->text + at, n, UINT64_MAX, &f->v[f->n++]))
            f->is_too_large = true;
        at += n;
        f->n_bytes = at + 1 - off;
        if (bt_lex_byte(lx, at) != '.')
            return bt_lex_byte(lx, at) == '>';
    }
    return false;
}

/* The first number is 0 for what lives on the node itself; the others must fit 32 bits. */
static int check_fields(
    const struct bt_lexer *lx, const struct fields *f, size_t len, const char *what, struct beamtap_err *err)
{
    if (f->v[0] != 0)
        return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, len),
            "this %s belongs to another node (it does not begin with 0), as seen from the node that printed "
            "it; "
            "write it as the traced node itself prints it",
            what);
    bool is_large = f->is_too_large;
    for (size_t i = 1; i < f->n && strcmp(what, "port") != 0; i++)
        is_large = is_large || f->v[i] > UINT32_MAX;
    if (is_large)
        return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, len), "a number in this %s is too large", what);
    return 0;
}

static struct bt_term *identifier_term(struct bt_arena *a, enum bt_term_kind kind, const struct fields *f)
{
    struct bt_term *t = bt_term_new(a, kind);
    if (!t)
        return NULL;
    if (kind == BT_TERM_PID) {
        t->u.pid.id = (uint32_t)f->v[1];
        t->u.pid.serial = (uint32_t)f->v[2];
    } else if (kind == BT_TERM_PORT) {
        t->u.port = f->v[1];
    } else {
        t->u.ref.n = f->n - 1;
        for (size_t i = 1; i < f->n; i++)
            t->u.ref.words[f->n - 1 - i] = (uint32_t)f->v[i];
    }
    return t;
}

int bt_lex_identifier(struct bt_lexer *lx, struct bt_token *tok, struct beamtap_err *err)
{
    static const struct {
        const char *begin, *what;
        enum bt_term_kind kind;
        size_t least, most; /* numbers in it */
    } forms[] = {
        {"<", "pid", BT_TERM_PID, 3, 3},
        {"#PID<", "pid", BT_TERM_PID, 3, 3},
        {"#Ref<", "reference", BT_TERM_REF, 2, 6},
        {"#Reference<", "reference", BT_TERM_REF, 2, 6},
        {"#Port<", "port", BT_TERM_PORT, 2, 2},
    };
    if (bt_lex_at(lx, "#Fun<") || bt_lex_at(lx, "#Function<"))
        return bt_err_at(err, BEAMTAP_ESPEC, bt_lex_here(lx, 5),
            "a fun cannot be written as it prints; use a variable and is_function(F) in a guard, or fun "
            "mod:name/1");
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct fields f;
        size_t n = strlen(forms[i].begin);
        if (!bt_lex_at(lx, forms[i].begin) || !read_fields(lx, lx->off + n, &f))
            continue;
        if (f.n < forms[i].least || f.n > forms[i].most)
            continue;
        if (check_fields(lx, &f, n + f.n_bytes, forms[i].what, err))
            return -1;
        tok->kind = BT_TOK_LITERAL;
        tok->term = identifier_term(lx->arena, forms[i].kind, &f);
        bt_lex_advance(lx, n + f.n_bytes);
        return 0;
    }
    return 0;
}
