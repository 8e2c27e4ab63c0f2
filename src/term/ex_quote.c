/*
 * ex_quote.c - Elixir's quoting. The rules are those of Macro.inspect_atom/2, Code.Identifier.escape/4,
 * String.printable?/1 and List.ascii_printable?/1 of Elixir 1.18.
 */
#include "term/ex_quote.h"

#include <string.h>

#include "base/utf8.h"
#include "term/digits.h"
#include "term/ex_ident.h"

/* ---- characters ---- */

#define NOT_UTF8 0x80000000u /* or-ed to a byte that is no part of a character */

/* The character at s[*i], which moves on. */
static uint32_t next_char(struct bt_slice s, bool latin1, size_t *i)
{
    uint32_t cp = s.p[*i];
    size_t n = 1;
    if (cp >= 0x80 && !latin1) {
        n = bt_utf8_decode(s.p + *i, s.len - *i, &cp);
        if (n == 0) {
            cp = NOT_UTF8 | s.p[*i];
            n = 1;
        }
    }
    *i += n;
    return cp;
}

static bool in_ranges(uint32_t cp, const uint16_t (*ranges)[2], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (cp >= ranges[i][0] && cp <= ranges[i][1])
            return true;
    }
    return false;
}

/* Characters that confuse the reader come as \uXXXX: spaces of all kinds, marks without width, directions. */
static bool is_confusing(uint32_t cp)
{
    static const uint16_t ranges[][2] = {{0x00A0, 0x00A0}, {0x034F, 0x034F}, {0x061C, 0x061C},
        {0x2000, 0x200F}, {0x2028, 0x202E}, {0x205F, 0x2064}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF},
        {0xFFF9, 0xFFFC}};
    return cp <= 0xFFFF && in_ranges(cp, ranges, sizeof ranges / sizeof ranges[0]);
}

static bool is_graphic(uint32_t cp)
{
    return (cp >= 0x20 && cp <= 0x7E) || (cp >= 0xA0 && cp <= 0xD7FF) || (cp >= 0xE000 && cp <= 0xFFFD) ||
           (cp >= 0x10000 && cp <= 0x10FFFF);
}

/* The letter of \a and the like; 0: there is none. */
static char escape_letter(uint32_t cp)
{
    static const char from_bell[] = "abtnvfr";
    if (cp >= 7 && cp <= 13)
        return from_bell[cp - 7];
    return cp == 27 ? 'e' : cp == 127 ? 'd' : cp == '\\' ? '\\' : 0;
}

/* How a character is written that is no plain one. In a regex fewer have letters. */
static void put_odd(struct bt_buf *out, uint32_t cp, bool in_regex)
{
    char letter = escape_letter(cp), utf8[4];
    if (in_regex && (cp == '\b' || cp == 27 || cp == 127 || cp == '\\'))
        letter = 0;
    if (letter)
        bt_buf_put(out, (char[]){'\\', letter}, 2);
    else if (cp == 0)
        bt_buf_put(out, "\\0", 2);
    else if (is_confusing(cp))
        bt_buf_printf(out, "\\u%04X", (unsigned)cp);
    else if (is_graphic(cp))
        bt_buf_put(out, utf8, bt_utf8_encode(cp, utf8));
    else if (cp & NOT_UTF8 || cp < 0x100)
        bt_buf_printf(out, "\\x%02X", (unsigned)cp & 0xFF);
    else
        bt_buf_printf(out, "\\x{%04X}", (unsigned)cp);
}

/* ASCII that stands for itself between double quotes; a # may, see put_escaped(). */
static bool is_plain(uint8_t c, char quote)
{
    return c >= 0x20 && c <= 0x7E && c != (uint8_t)quote && c != '\\' && c != '#';
}

static void put_escaped(struct bt_buf *out, struct bt_slice s, bool latin1, char quote)
{
    for (size_t i = 0, n; i < s.len;) {
        for (n = i; n < s.len && is_plain(s.p[n], quote); n++)
            ;
        bt_buf_put(out, s.p + i, n - i);
        if (n == s.len)
            return;
        i = n;
        uint32_t cp = next_char(s, latin1, &i);
        if (cp == (uint8_t)quote)
            bt_buf_put(out, (char[]){'\\', quote}, 2);
        else if (cp == '#' && i < s.len && s.p[i] == '{')
            bt_buf_put(out, "\\#", 2);
        else
            put_odd(out, cp, quote == '/');
    }
}

/* ---- atoms ---- */

enum atom_class {
    CLASS_ALIAS,
    CLASS_IDENTIFIER,
    CLASS_OPERATOR,
    CLASS_QUOTED_OPERATOR,
    CLASS_NOT_CALLABLE,
    CLASS_OTHER
};

static bool is_one_of(struct bt_slice name, const char (*words)[6], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bt_slice_is(name, words[i]))
            return true;
    }
    return false;
}

/* The operators and special forms, by how they are written. */
static enum atom_class operator_class(struct bt_slice name)
{
    static const char words[][6] = {"!", "!=", "!==", "&", "&&", "&&&", "*", "**", "+", "++", "+++", "-",
        "--", "---", "/", "<", "<-", "<<<", "<<~", "<=", "<>", "<~", "<~>", "=", "==", "===", "=~", ">",
        ">=", ">>>", "@", "\\\\", "^", "|", "|>", "||", "|||", "~>", "~>>"};
    static const char quoted[][6] = {"::", "^^^", "~~~", "<|>"};
    static const char special[][6] = {"%", "%{}", "{}", "<<>>", "...", "..", ".", "..//", "->"};
    if (name.len == 0 || name.len > 4)
        return CLASS_OTHER;
    if (is_one_of(name, words, sizeof words / sizeof words[0]))
        return CLASS_OPERATOR;
    if (is_one_of(name, quoted, sizeof quoted / sizeof quoted[0]))
        return CLASS_QUOTED_OPERATOR;
    if (is_one_of(name, special, sizeof special / sizeof special[0]))
        return CLASS_NOT_CALLABLE;
    return CLASS_OTHER;
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_name_char(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || is_upper(c) || (c >= '0' && c <= '9') || c == '_';
}

#define PREFIX "Elixir"
#define PREFIX_LEN 6

/* Elixir, Elixir.Foo.Bar */
bool bt_ex_is_alias(struct bt_slice name)
{
    size_t i = PREFIX_LEN;
    if (name.len < i || memcmp(name.p, PREFIX, i) != 0)
        return false;
    while (i < name.len) {
        if (name.p[i] != '.' || i + 1 == name.len || !is_upper(name.p[i + 1]))
            return false;
        for (i++; i < name.len && is_name_char(name.p[i]); i++)
            ;
    }
    return true;
}

bool bt_ex_is_key(struct bt_slice name)
{
    return name.len <= PREFIX_LEN || memcmp(name.p, PREFIX ".", PREFIX_LEN + 1) != 0;
}

/* An identifier of ASCII; false: it is none, or has other characters (*ascii is then false). */
static bool is_ascii_name(struct bt_slice name, bool *has_at, bool *ascii)
{
    size_t i = 0;
    *has_at = false;
    *ascii = true;
    for (; i < name.len && (is_name_char(name.p[i]) || name.p[i] == '@'); i++)
        *has_at = *has_at || name.p[i] == '@';
    if (i < name.len && name.p[i] >= 0x80) {
        *ascii = false;
        return false;
    }
    if (i > 0 && i + 1 == name.len && (name.p[i] == '?' || name.p[i] == '!'))
        i++;
    return i > 0 && i == name.len && name.p[0] != '@' && !(name.p[0] >= '0' && name.p[0] <= '9');
}

static enum atom_class classify(struct bt_slice name, bool latin1)
{
    bool has_at, ascii;
    if (is_ascii_name(name, &has_at, &ascii)) {
        if (name.p[0] == 'E' && bt_ex_is_alias(name))
            return CLASS_ALIAS;
        return is_upper(name.p[0]) || has_at ? CLASS_NOT_CALLABLE : CLASS_IDENTIFIER;
    }
    if (!ascii) {
        switch (bt_ex_ident(name, latin1)) {
        case BT_EX_IDENT_CALLABLE: return CLASS_IDENTIFIER;
        case BT_EX_IDENT_BARE: return CLASS_NOT_CALLABLE;
        case BT_EX_IDENT_NONE: return CLASS_OTHER;
        }
    }
    return bt_ex_is_alias(name) ? CLASS_ALIAS : operator_class(name);
}

static void put_name(struct bt_buf *out, struct bt_slice name, bool latin1)
{
    for (size_t i = 0; latin1 && i < name.len;) {
        char utf8[4];
        bt_buf_put(out, utf8, bt_utf8_encode(next_char(name, latin1, &i), utf8));
    }
    if (!latin1)
        bt_buf_put(out, name.p, name.len);
}

static void put_quoted(struct bt_buf *out, struct bt_slice name, bool latin1)
{
    bt_buf_putc(out, '"');
    put_escaped(out, name, latin1, '"');
    bt_buf_putc(out, '"');
}

static void put_alias(struct bt_buf *out, struct bt_slice name)
{
    static const char twice[] = PREFIX "." PREFIX;
    size_t n = sizeof twice - 1;
    bool is_twice = name.len >= n && memcmp(name.p, twice, n) == 0 && (name.len == n || name.p[n] == '.');
    size_t skip = is_twice || name.len == PREFIX_LEN ? 0 : PREFIX_LEN + 1;
    bt_buf_put(out, name.p + skip, name.len - skip);
}

void bt_ex_quote_atom(struct bt_buf *out, struct bt_slice name, bool latin1)
{
    if (bt_slice_is(name, "nil") || bt_slice_is(name, "true") || bt_slice_is(name, "false")) {
        bt_buf_put(out, name.p, name.len);
        return;
    }
    switch (classify(name, latin1)) {
    case CLASS_ALIAS: put_alias(out, name); break;
    case CLASS_OTHER:
    case CLASS_QUOTED_OPERATOR:
        bt_buf_putc(out, ':');
        put_quoted(out, name, latin1);
        break;
    case CLASS_IDENTIFIER:
    case CLASS_OPERATOR:
    case CLASS_NOT_CALLABLE:
        bt_buf_putc(out, ':');
        put_name(out, name, latin1);
        break;
    }
}

void bt_ex_quote_key(struct bt_buf *out, struct bt_slice name, bool latin1)
{
    switch (classify(name, latin1)) {
    case CLASS_ALIAS:
    case CLASS_OTHER:
    case CLASS_QUOTED_OPERATOR: put_quoted(out, name, latin1); break;
    case CLASS_IDENTIFIER:
    case CLASS_OPERATOR:
    case CLASS_NOT_CALLABLE: put_name(out, name, latin1); break;
    }
    bt_buf_putc(out, ':');
}

void bt_ex_quote_function(struct bt_buf *out, struct bt_slice name, bool latin1)
{
    switch (classify(name, latin1)) {
    case CLASS_IDENTIFIER:
    case CLASS_OPERATOR:
    case CLASS_QUOTED_OPERATOR: put_name(out, name, latin1); break;
    case CLASS_NOT_CALLABLE: /* has nothing that would be escaped */
    case CLASS_ALIAS:
    case CLASS_OTHER: put_quoted(out, name, latin1); break;
    }
}

/* ---- strings ---- */

static bool is_printable(uint32_t cp)
{
    return is_graphic(cp) || (cp >= 7 && cp <= 13) || cp == 27 || cp == 127;
}

static bool is_text(struct bt_slice s)
{
    for (size_t i = 0; i < s.len;) {
        if (!is_printable(next_char(s, false, &i)))
            return false;
    }
    return true;
}

bool bt_ex_is_clean(struct bt_slice text)
{
    for (size_t i = 0; i < text.len;) {
        uint32_t cp = next_char(text, false, &i);
        if (!is_graphic(cp) || is_confusing(cp))
            return false;
    }
    return true;
}

static void put_bits(struct bt_buf *out, struct bt_slice s, unsigned last_bits)
{
    bt_buf_put(out, "<<", 2);
    for (size_t i = 0; i < s.len; i++) {
        bool is_part = last_bits < 8 && i + 1 == s.len;
        if (i)
            bt_buf_put(out, ", ", 2);
        bt_digits_int(out, is_part ? s.p[i] >> (8 - last_bits) : s.p[i]);
        if (is_part)
            bt_buf_printf(out, "::size(%u)", last_bits);
    }
    bt_buf_put(out, ">>", 2);
}

void bt_ex_quote_binary(struct bt_buf *out, struct bt_slice bytes, unsigned last_bits)
{
    if (last_bits < 8 || !is_text(bytes))
        put_bits(out, bytes, last_bits);
    else
        put_quoted(out, bytes, false);
}

void bt_ex_quote_regex(struct bt_buf *out, struct bt_slice source)
{
    /* \/ becomes / first, which is then escaped again; so do \#{ and #{ */
    bt_buf_putc(out, '/');
    for (size_t i = 0, from = 0;; i++) {
        bool is_pair = i + 1 < source.len && source.p[i] == '\\';
        bool drops = is_pair && (source.p[i + 1] == '/' ||
                                    (source.p[i + 1] == '#' && i + 2 < source.len && source.p[i + 2] == '{'));
        if (i >= source.len || drops) {
            put_escaped(out, (struct bt_slice){source.p + from, (i < source.len ? i : source.len) - from},
                false, '/');
            from = i + 1;
        }
        if (i >= source.len)
            break;
        if (drops || (is_pair && source.p[i + 1] == '\\'))
            i++;
    }
    bt_buf_putc(out, '/');
}

void bt_ex_quote_big(struct bt_buf *out, bool negative, struct bt_slice mag)
{
    if (mag.len <= BT_DIGITS_MAX_BIG) {
        bt_digits_big(out, negative, mag);
        return;
    }
    bt_buf_puts(out, negative ? "-0x" : "0x");
    for (size_t i = mag.len; i-- > 0;) {
        static const char digits[] = "0123456789ABCDEF";
        if (i + 1 < mag.len || mag.p[i] >= 16)
            bt_buf_putc(out, digits[mag.p[i] >> 4]);
        bt_buf_putc(out, digits[mag.p[i] & 15]);
    }
}

/* ---- charlists ---- */

static bool is_ascii_text(int64_t c)
{
    return (c >= 7 && c <= 13) || c == 27 || (c >= 32 && c <= 126);
}

static bool are_ascii_text(struct bt_slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_ascii_text(s.p[i]))
            return false;
    }
    return true;
}

/* The characters of a list collected, so that #{ is found across its items. */
struct chars {
    struct bt_buf *out; /* NULL: only looks */
    uint8_t held[256];
    size_t n;
};

static void put_held(struct chars *c, bool all)
{
    size_t keep = !all && c->n && c->held[c->n - 1] == '#'; /* a { may come */
    put_escaped(c->out, (struct bt_slice){c->held, c->n - keep}, true, '"');
    if (keep)
        c->held[0] = '#';
    c->n = keep;
}

static void put_chars(struct chars *c, struct bt_slice s)
{
    for (size_t i = 0; c->out && i < s.len; i++) {
        if (c->n == sizeof c->held)
            put_held(c, false);
        c->held[c->n++] = s.p[i];
    }
}

/* Goes through a list, through tails that are lists themselves too. False: it is no text. */
static bool each_char(struct chars *c, struct bt_etf *r)
{
    struct bt_etf_token tok;
    while (bt_etf_next(r, &tok)) {
        if (tok.kind == BT_ETF_NIL)
            return true;
        if (tok.kind == BT_ETF_STRING) {
            if (!are_ascii_text(tok.bytes))
                return false;
            put_chars(c, tok.bytes);
            return true;
        }
        if (tok.kind != BT_ETF_LIST)
            return false;
        for (uint32_t i = 0, n = tok.arity; i < n; i++) {
            if (!bt_etf_next(r, &tok) || tok.kind != BT_ETF_INT || !is_ascii_text(tok.integer))
                return false;
            put_chars(c, (struct bt_slice){(const uint8_t[]){(uint8_t)tok.integer}, 1});
        }
    }
    return false;
}

bool bt_ex_quote_list(struct bt_buf *out, struct bt_etf *r)
{
    struct bt_etf look = *r;
    struct chars c = {.out = NULL, .n = 0};
    if (!each_char(&c, &look))
        return false;
    bt_buf_put(out, "~c\"", 3);
    c.out = out;
    each_char(&c, r);
    put_held(&c, true);
    bt_buf_putc(out, '"');
    return true;
}
