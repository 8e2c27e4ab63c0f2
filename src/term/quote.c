/*
 * quote.c - Erlang's quoting: atoms, strings, binaries. The rules are those of io_lib and io_lib_pretty of
 * OTP 25; for the names in funs, those of print_atom_name() in erts.
 */
#include "term/quote.h"

#include <string.h>

#include "base/bytes8.h"
#include "base/utf8.h"
#include "term/digits.h"

enum {
    PLAIN = 1,   /* stands for itself between double quotes */
    ESCAPED = 2, /* printable, but written with a backslash */
    HIGH = 4,    /* not ASCII */
    NAME = 8,    /* may stand in an unquoted atom */
    START = 16,  /* may begin one */
};

/* clang-format off */
#define HIGHS HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH, HIGH
static const unsigned char byte_class[256] = {
     0,  0,  0,  0,  0,  0,  0,  0,  2,  2,  2,  2,  2,  2,  0,  0, /* 00 */
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  2,  0,  0,  0,  0, /* 10 */
     1,  1,  2,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1,  1, /* 20 */
     9,  9,  9,  9,  9,  9,  9,  9,  9,  9,  1,  1,  1,  1,  1,  1, /* 30 */
     9,  9,  9,  9,  9,  9,  9,  9,  9,  9,  9,  9,  9,  9,  9,  9, /* 40 */
     9,  9,  9,  9,  9,  9,  9,  9,  9,  9,  9,  1,  2,  1,  1,  9, /* 50 */
     1, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25, /* 60 */
    25, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25,  1,  1,  1,  1,  0, /* 70 */
    HIGHS, HIGHS, HIGHS, HIGHS, HIGHS, HIGHS, HIGHS, HIGHS,
};
/* clang-format on */

/* ---- runs of bytes ---- */

static size_t count_class(struct bt_slice s, unsigned char wanted)
{
    size_t n = 0;
    while (n < s.len && byte_class[s.p[n]] & wanted)
        n++;
    return n;
}

/* How many bytes at the front stand for themselves between double quotes. */
static size_t count_plain(struct bt_slice s)
{
    size_t n = 0;
    while (s.len - n >= 8 && bt_bytes8_plain(bt_bytes8_load(s.p + n), '"'))
        n += 8;
    return n + count_class((struct bt_slice){s.p + n, s.len - n}, PLAIN);
}

/* How many bytes at the front are printable ASCII. Between two that are escaped it goes by eights. */
static size_t count_printable(struct bt_slice s)
{
    size_t n = 0;
    for (;;) {
        n += count_plain((struct bt_slice){s.p + n, s.len - n});
        if (n == s.len || !(byte_class[s.p[n]] & ESCAPED))
            return n;
        n++;
    }
}

/* ---- characters ---- */

#define NOT_UTF8 0x80000000u /* or-ed to a byte that is no part of a character */

/* The character at s[*i], which moves on. */
static uint32_t next_char(struct bt_slice s, bool latin1, size_t *i)
{
    uint32_t cp;
    size_t n = latin1 ? 0 : bt_utf8_decode(s.p + *i, s.len - *i, &cp);
    if (n == 0) {
        cp = latin1 ? s.p[*i] : NOT_UTF8 | s.p[*i];
        n = 1;
    }
    *i += n;
    return cp;
}

static void put_octal(struct bt_buf *out, uint32_t c)
{
    char text[] = {'\\', (char)('0' + (c >> 6 & 7)), (char)('0' + (c >> 3 & 7)), (char)('0' + (c & 7))};
    bt_buf_put(out, text, sizeof text);
}

/* One character as io_lib:write_string/2 has it; quote 0: there are no quotes around. */
static void put_escaped(struct bt_buf *out, uint32_t cp, char quote)
{
    static const char from_backspace[] = "btnvfr";
    char letter = 0, utf8[4];
    if (cp >= '\b' && cp <= '\r')
        letter = from_backspace[cp - '\b'];
    else if (cp == 27)
        letter = 'e';
    else if (cp == 127)
        letter = 'd';
    else if (cp == '\\' || (quote && cp == (unsigned char)quote))
        letter = (char)cp;
    if (letter) {
        char text[] = {'\\', letter};
        bt_buf_put(out, text, sizeof text);
    } else if (cp < 32 || (cp >= 0x80 && cp < 0xA0) || cp & NOT_UTF8) {
        put_octal(out, cp & 0xFF);
    } else {
        bt_buf_put(out, utf8, bt_utf8_encode(cp, utf8));
    }
}

/* io:printable_range() unicode: the range the VM has when it was started with +pc unicode. */
static bool is_printable(uint32_t cp)
{
    if (cp < 0x80)
        return byte_class[cp] & (PLAIN | ESCAPED);
    return (cp >= 0xA0 && cp < 0xD800) || (cp > 0xDFFF && cp < 0xFFFE) || (cp > 0xFFFF && cp <= 0x10FFFF);
}

/* ---- atoms ---- */

const uint32_t bt_quote_second[26] = {
    ['a' - 'a'] = 1u << 6 | 1u << 14,
    ['b' - 'a'] = 1u << 1 | 1u << 5 | 1u << 14 | 1u << 15 | 1u << 19 | 1u << 24,
    ['c' - 'a'] = 1u << 1 | 1u << 15,
    ['d' - 'a'] = 1u << 9,
    ['e' - 'a'] = 1u << 14,
    ['f' - 'a'] = 1u << 21,
    ['i' - 'a'] = 1u << 6,
    ['l' - 'a'] = 1u << 5,
    ['n' - 'a'] = 1u << 15,
    ['o' - 'a'] = 1u << 6 | 1u << 18,
    ['r' - 'a'] = 1u << 5,
    ['t' - 'a'] = 1u << 18,
    ['w' - 'a'] = 1u << 8,
    ['x' - 'a'] = 1u << 15,
};

/* erl_scan:reserved_word/1, by first letter; `maybe` and `else` are not reserved unless a feature is on. */
bool bt_quote_is_reserved(const uint8_t *name, size_t len)
{
    static const char words[26][8][8] = {
        ['a' - 'a'] = {"after", "and", "andalso"},
        ['b' - 'a'] = {"band", "begin", "bnot", "bor", "bsl", "bsr", "bxor"},
        ['c' - 'a'] = {"case", "catch", "cond"},
        ['d' - 'a'] = {"div"},
        ['e' - 'a'] = {"end"},
        ['f' - 'a'] = {"fun"},
        ['i' - 'a'] = {"if"},
        ['l' - 'a'] = {"let"},
        ['n' - 'a'] = {"not"},
        ['o' - 'a'] = {"of", "or", "orelse"},
        ['r' - 'a'] = {"receive", "rem"},
        ['t' - 'a'] = {"try"},
        ['w' - 'a'] = {"when"},
        ['x' - 'a'] = {"xor"},
    };
    char key[8] = {0};
    if (!bt_quote_may_be_reserved(name, len))
        return false;
    memcpy(key, name, len);
    for (const char(*word)[8] = words[name[0] - 'a']; (*word)[0]; word++) {
        if (memcmp(*word, key, sizeof key) == 0)
            return true;
    }
    return false;
}

/* Latin-1 letters count as letters in atoms; the signs for multiplication and division among them do not. */
static bool is_lower(uint32_t cp)
{
    return (cp >= 'a' && cp <= 'z') || (cp >= 0xDF && cp <= 0xFF && cp != 0xF7);
}

static bool is_name_char(uint32_t cp)
{
    return cp < 0x80 ? byte_class[cp] & NAME : cp >= 0xC0 && cp <= 0xFF && cp != 0xD7 && cp != 0xF7;
}

static bool is_bare_name(struct bt_slice name, bool latin1)
{
    size_t i = 0;
    if (name.len == 0 || !is_lower(next_char(name, latin1, &i)))
        return false;
    while (i < name.len) {
        if (!is_name_char(next_char(name, latin1, &i)))
            return false;
    }
    return true;
}

void bt_quote_bare(struct bt_buf *out, struct bt_slice name, bool latin1)
{
    size_t plain = count_plain(name);
    bt_buf_put(out, name.p, plain);
    for (size_t i = plain; i < name.len;)
        put_escaped(out, next_char(name, latin1, &i), 0);
}

static void put_quoted(struct bt_buf *out, struct bt_slice name, bool latin1)
{
    bt_buf_putc(out, '\'');
    for (size_t i = 0; i < name.len;)
        put_escaped(out, next_char(name, latin1, &i), '\'');
    bt_buf_putc(out, '\'');
}

void bt_quote_atom(struct bt_buf *out, struct bt_slice name, bool latin1)
{
    if (name.len && byte_class[name.p[0]] & START &&
        count_class(name, NAME) == name.len) { /* nearly always */
        if (bt_quote_is_reserved(name.p, name.len))
            put_quoted(out, name, latin1);
        else
            bt_buf_put(out, name.p, name.len);
    } else if (is_bare_name(name, latin1)) { /* has letters of latin-1 */
        bt_quote_bare(out, name, latin1);
    } else {
        put_quoted(out, name, latin1);
    }
}

void bt_quote_fun_name(struct bt_buf *out, struct bt_slice name, bool latin1)
{
    if (is_bare_name(name, latin1) && !memchr(name.p, '@', name.len)) {
        bt_quote_bare(out, name, latin1);
        return;
    }
    bt_buf_putc(out, '\'');
    for (size_t i = 0; i < name.len;) {
        uint32_t cp = next_char(name, latin1, &i);
        if (cp == 27 || cp == 127) /* erts knows no letters for these */
            put_octal(out, cp);
        else
            put_escaped(out, cp, '\'');
    }
    bt_buf_putc(out, '\'');
}

/* ---- strings ---- */

/* Latin-1 text, all of it printable. */
static void put_latin1_text(struct bt_buf *out, struct bt_slice s)
{
    bt_buf_putc(out, '"');
    while (s.len) {
        size_t n = count_plain(s);
        bt_buf_put(out, s.p, n);
        if (n < s.len)
            put_escaped(out, s.p[n++], '"');
        s.p += n;
        s.len -= n;
    }
    bt_buf_putc(out, '"');
}

static bool is_printable_latin1(struct bt_slice s)
{
    for (size_t i = count_printable(s); i < s.len; i++) {
        if (!is_printable(s.p[i]))
            return false;
    }
    return true;
}

/* Writes three bytes, whatever the number. */
static char *put_byte_digits(char *at, unsigned v)
{
    memcpy(at, bt_digits_bytes[v].text, sizeof bt_digits_bytes[v].text);
    return at + bt_digits_bytes[v].len;
}

/* 1,2,3 */
static void put_numbers(struct bt_buf *out, struct bt_slice s)
{
    char text[64 * 4 + 2]; /* put piece by piece, so that a limit of the buffer is met exactly */
    for (size_t i = 0; i < s.len;) {
        char *at = text;
        if (i)
            *at++ = ',';
        at = put_byte_digits(at, s.p[i++]);
        while (i % 64 && i < s.len) {
            *at++ = ',';
            at = put_byte_digits(at, s.p[i++]);
        }
        bt_buf_put(out, text, (size_t)(at - text));
    }
}

void bt_quote_bytes(struct bt_buf *out, struct bt_slice bytes)
{
    if (is_printable_latin1(bytes)) {
        put_latin1_text(out, bytes);
        return;
    }
    bt_buf_putc(out, '[');
    put_numbers(out, bytes);
    bt_buf_putc(out, ']');
}

/*
 * Goes through a list, through tails that are lists themselves too. out NULL: only looks. False: an item is
 * not a printable character, or the list is not proper.
 */
static bool each_char(struct bt_buf *out, struct bt_etf *r)
{
    struct bt_etf_token tok;
    for (;;) {
        if (!bt_etf_next(r, &tok))
            return false;
        if (tok.kind == BT_ETF_NIL)
            return true;
        if (tok.kind == BT_ETF_STRING) {
            if (!out && !is_printable_latin1(tok.bytes))
                return false;
            for (size_t i = 0; out && i < tok.bytes.len; i++)
                put_escaped(out, tok.bytes.p[i], '"');
            return true;
        }
        if (tok.kind != BT_ETF_LIST)
            return false;
        for (uint32_t i = 0, n = tok.arity; i < n; i++) {
            if (!bt_etf_next(r, &tok) || tok.kind != BT_ETF_INT || tok.integer < 0 || tok.integer > 0x10FFFF)
                return false;
            uint32_t cp = (uint32_t)tok.integer;
            if (out)
                put_escaped(out, cp, '"');
            else if (!is_printable(cp))
                return false;
        }
    }
}

bool bt_quote_list(struct bt_buf *out, struct bt_etf *r)
{
    struct bt_etf look = *r;
    if (!each_char(NULL, &look))
        return false;
    bt_buf_putc(out, '"');
    each_char(out, r);
    bt_buf_putc(out, '"');
    return true;
}

/* ---- binaries ---- */

enum binary_form { AS_LATIN1, AS_UTF8, AS_NUMBERS };

/* io_lib_pretty:printable_bin/4: UTF-8 where it is valid, else latin-1; then every character must be
 * printable. */
static enum binary_form binary_form(struct bt_slice s)
{
    size_t ascii = count_printable(s);
    if (ascii == s.len)
        return AS_LATIN1;
    if (!(byte_class[s.p[ascii]] & HIGH))
        return AS_NUMBERS;
    bool printable = true;
    for (size_t i = ascii; i < s.len;) {
        uint32_t cp = next_char(s, false, &i);
        if (cp & NOT_UTF8)
            return is_printable_latin1(s) ? AS_LATIN1 : AS_NUMBERS;
        printable = printable && is_printable(cp);
    }
    return printable ? AS_UTF8 : AS_NUMBERS;
}

/* UTF-8 text, valid and printable. */
static void put_utf8_text(struct bt_buf *out, struct bt_slice s)
{
    bt_buf_putc(out, '"');
    while (s.len) {
        size_t n = count_plain(s);
        n += count_class((struct bt_slice){s.p + n, s.len - n}, PLAIN | HIGH);
        bt_buf_put(out, s.p, n);
        if (n < s.len)
            put_escaped(out, s.p[n++], '"');
        s.p += n;
        s.len -= n;
    }
    bt_buf_putc(out, '"');
}

/* <<1,2,3:4>>: 3 is in the top 4 bits of the last byte. */
static void put_bits(struct bt_buf *out, struct bt_slice s, unsigned last_bits)
{
    char text[4], *end;
    size_t whole = last_bits < 8 ? s.len - 1 : s.len;
    put_numbers(out, (struct bt_slice){s.p, whole});
    if (whole == s.len)
        return;
    if (whole)
        bt_buf_putc(out, ',');
    end = put_byte_digits(text, (unsigned)s.p[whole] >> (8 - last_bits));
    bt_buf_put(out, text, (size_t)(end - text));
    bt_buf_putc(out, ':');
    bt_buf_putc(out, (char)('0' + last_bits));
}

void bt_quote_binary(struct bt_buf *out, struct bt_slice bytes, unsigned last_bits)
{
    enum binary_form form = bytes.len == 0 || last_bits < 8 ? AS_NUMBERS : binary_form(bytes);
    bt_buf_put(out, "<<", 2);
    switch (form) {
    case AS_LATIN1: put_latin1_text(out, bytes); break;
    case AS_UTF8:
        put_utf8_text(out, bytes);
        bt_buf_put(out, "/utf8", 5);
        break;
    case AS_NUMBERS:
        if (bytes.len)
            put_bits(out, bytes, last_bits);
        break;
    }
    bt_buf_put(out, ">>", 2);
}
