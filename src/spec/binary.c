/*
 * binary.c - <<"abc">>, <<1, 2:16/little>>, <<"x"/utf8>>: a literal binary to its bits.
 *
 * Match specifications cannot look into a binary, so every segment must be a constant; the whole is one
 * constant then, compared at once. Segments mean what they mean in Erlang ("Bit Syntax Expressions"), but a
 * value that would be cut to fit its size is refused: such a pattern would never match. A fun has it cut, as
 * ms_transform does.
 */
#include <string.h>

#include "base/utf8.h"
#include "spec/expr.h"
#include "spec/loc.h"
#include "spec/number.h"

#define MAX_BITS ((size_t)BT_SPEC_MAX_BYTES * 8) /* in all binaries of one spec */

enum segment_type { SEG_INTEGER, SEG_FLOAT, SEG_UTF8, SEG_UTF16, SEG_UTF32 };

struct segment {
    struct bt_token value; /* literal (sign applied) or string; Elixir's string is both */
    struct beamtap_loc loc;
    enum segment_type type;
    bool is_little, is_signed, has_size, has_unit, is_text;
    uint64_t size, unit;
};

struct bits {
    struct bt_parser *p;
    uint8_t *bytes;
    size_t n, cap; /* bits */
};

static bool is_elixir(const struct bt_parser *p)
{
    return p->lx.syntax == BT_SYNTAX_ELIXIR;
}

/* ---- writing ---- */

static int make_room(struct bits *b, uint64_t n, struct beamtap_loc loc)
{
    if (n > MAX_BITS - b->p->n_binary_bits)
        return bt_parser_fail(b->p, loc, "the binaries of the pattern are too large; at most %d bytes in all",
            BT_SPEC_MAX_BYTES);
    b->p->n_binary_bits += (size_t)n;
    if (b->cap - b->n >= n)
        return 0;
    size_t cap = 2 * (b->n + (size_t)n) + 64;
    uint8_t *bytes = bt_arena_alloc(b->p->arena, cap / 8 + 1);
    if (!bytes)
        return bt_err_nomem(b->p->err);
    if (b->n)
        memcpy(bytes, b->bytes, (b->n + 7) / 8);
    b->bytes = bytes;
    b->cap = cap;
    return 0;
}

static void put_bit(struct bits *b, bool bit)
{
    if (bit)
        b->bytes[b->n / 8] |= (uint8_t)(0x80u >> (b->n % 8));
    b->n++;
}

/* An integer in two's complement. */
struct integer {
    bool negative;
    const uint8_t *mag; /* least byte first */
    size_t n_bytes;
    uint8_t own[8];
};

static struct integer integer_of(const struct bt_term *t)
{
    struct integer i = {.negative = false};
    if (t->kind == BT_TERM_BIG) {
        i.negative = t->u.big.negative;
        i.mag = t->u.big.mag;
        i.n_bytes = t->u.big.n_bytes;
        return i;
    }
    uint64_t m = (uint64_t)t->u.small;
    i.negative = t->u.small < 0;
    m = i.negative ? 0 - m : m;
    for (; m; m >>= 8)
        i.own[i.n_bytes++] = (uint8_t)m;
    return i;
}

static bool mag_bit(const struct integer *i, uint64_t bit)
{
    const uint8_t *mag = i->mag ? i->mag : i->own;
    return bit / 8 < i->n_bytes && (mag[bit / 8] >> (bit % 8) & 1);
}

/* Bits needed for the magnitude. */
static uint64_t mag_bits(const struct integer *i)
{
    uint64_t n = (uint64_t)i->n_bytes * 8;
    while (n && !mag_bit(i, n - 1))
        n--;
    return n;
}

static bool fits(const struct integer *i, uint64_t size)
{
    uint64_t n = mag_bits(i);
    if (!i->negative)
        return n <= size;
    bool is_power = true; /* -128 fits 8 bits, 128 being 2^7 */
    for (uint64_t k = 0; k + 1 < n; k++)
        is_power = is_power && !mag_bit(i, k);
    return n < size || (n == size && is_power);
}

/* The bit of the two's complement: of a negative number, the magnitude's complement plus one. */
static bool complement_bit(const struct integer *i, uint64_t bit, uint64_t lowest_set)
{
    bool m = mag_bit(i, bit);
    return i->negative && bit > lowest_set ? !m : m;
}

static int put_integer(
    struct bits *b, const struct bt_term *t, uint64_t size, bool is_little, struct beamtap_loc loc)
{
    struct integer i = integer_of(t);
    if (!b->p->in_fun && !fits(&i, size))
        return bt_parser_fail(b->p, loc, "the value does not fit into %llu bits, so it would never match",
            (unsigned long long)size);
    if (make_room(b, size, loc))
        return -1;
    uint64_t lowest = 0;
    while (i.negative && !mag_bit(&i, lowest))
        lowest++;
    if (!is_little) {
        for (uint64_t k = size; k-- > 0;)
            put_bit(b, complement_bit(&i, k, lowest));
        return 0;
    }
    for (uint64_t from = 0; from < size; from += 8) { /* the last byte may be a part of one */
        for (uint64_t k = size - from < 8 ? size : from + 8; k-- > from;)
            put_bit(b, complement_bit(&i, k, lowest));
    }
    return 0;
}

static int put_uint(struct bits *b, uint64_t v, uint64_t size, bool is_little, struct beamtap_loc loc)
{
    uint8_t mag[8];
    for (size_t i = 0; i < sizeof mag; i++)
        mag[i] = (uint8_t)(v >> (8 * i));
    const struct bt_term *t = bt_term_big(b->p->arena, false, mag, sizeof mag);
    return t ? put_integer(b, t, size, is_little, loc) : bt_err_nomem(b->p->err);
}

static int put_float(struct bits *b, const struct bt_term *t, const struct segment *s)
{
    uint64_t size = s->has_size ? s->size * (s->has_unit ? s->unit : 1) : 64, bits64 = 0;
    double real = t->kind == BT_TERM_FLOAT ? t->u.real : (double)t->u.small;
    if (t->kind == BT_TERM_BIG || (size != 64 && size != 32))
        return bt_parser_fail(b->p, s->loc, "a float segment is read with 64 or 32 bits");
    if (size == 32) {
        float single = (float)real;
        uint32_t bits32;
        memcpy(&bits32, &single, sizeof bits32);
        bits64 = bits32;
    } else {
        memcpy(&bits64, &real, sizeof bits64);
    }
    return put_uint(b, bits64, size, s->is_little, s->loc);
}

static int put_utf16(struct bits *b, uint32_t cp, const struct segment *s)
{
    if (cp < 0x10000)
        return put_uint(b, cp, 16, s->is_little, s->loc);
    uint32_t v = cp - 0x10000;
    return put_uint(b, 0xD800 + (v >> 10), 16, s->is_little, s->loc) ||
                   put_uint(b, 0xDC00 + (v & 0x3FF), 16, s->is_little, s->loc)
               ? -1
               : 0;
}

static int put_char(struct bits *b, uint32_t cp, const struct segment *s)
{
    char utf8[4];
    size_t n = bt_utf8_encode(cp, utf8);
    if (!n)
        return bt_parser_fail(b->p, s->loc, "there is no such character");
    if (s->type == SEG_UTF16)
        return put_utf16(b, cp, s);
    if (s->type == SEG_UTF32)
        return put_uint(b, cp, 32, s->is_little, s->loc);
    for (size_t i = 0; i < n; i++) {
        if (put_uint(b, (unsigned char)utf8[i], 8, false, s->loc))
            return -1;
    }
    return 0;
}

/* ---- segments ---- */

static int put_value(struct bits *b, const struct bt_term *t, const struct segment *s)
{
    bool is_integer = t->kind == BT_TERM_INT || t->kind == BT_TERM_BIG;
    if (s->type == SEG_FLOAT && (is_integer || t->kind == BT_TERM_FLOAT))
        return put_float(b, t, s);
    if (!is_integer)
        return bt_parser_fail(b->p, s->loc,
            t->kind == BT_TERM_FLOAT ? "a float in a binary needs its type: <<1.5/float>>"
                                     : "only numbers and strings can stand in a binary");
    bool is_negative = t->kind == BT_TERM_BIG ? t->u.big.negative : t->u.small < 0;
    if (s->type == SEG_INTEGER && is_negative && !s->is_signed && !b->p->in_fun)
        return bt_parser_fail(b->p, s->loc, "a negative number never matches bits without a sign; write %s",
            is_elixir(b->p) ? "<<-1::signed>>" : "<<-1/signed>>");
    if (s->type == SEG_INTEGER)
        return put_integer(
            b, t, (s->has_size ? s->size : 8) * (s->has_unit ? s->unit : 1), s->is_little, s->loc);
    if (t->kind != BT_TERM_INT || t->u.small < 0 || t->u.small > 0x10FFFF)
        return bt_parser_fail(b->p, s->loc, "there is no such character");
    return put_char(b, (uint32_t)t->u.small, s);
}

/* "abc" in Elixir is bytes. */
static int put_bytes(struct bits *b, const struct segment *s)
{
    if (s->has_size || s->has_unit)
        return bt_parser_fail(b->p, s->loc, "text in a binary has no size");
    for (size_t i = 0; i < s->value.len; i++) {
        if (put_uint(b, (unsigned char)s->value.text[i], 8, false, s->loc))
            return -1;
    }
    return 0;
}

static int put_string(struct bits *b, const struct segment *s)
{
    const char *text = s->value.text;
    if (is_elixir(b->p) && s->type == SEG_INTEGER)
        return put_bytes(b, s);
    for (size_t i = 0, step; i < s->value.len; i += step) {
        uint32_t cp = 0;
        step = bt_utf8_decode(text + i, s->value.len - i, &cp);
        step = step ? step : 1;
        if (s->type == SEG_INTEGER && !s->has_size && cp > 0xFF && !b->p->in_fun)
            return bt_parser_fail(b->p, s->loc,
                "character U+%04X does not fit into a byte; for UTF-8 write <<\"...\"/utf8>>", (unsigned)cp);
        const struct bt_term *t = bt_term_int(b->p->arena, (int64_t)cp);
        if (!t)
            return bt_err_nomem(b->p->err);
        if (put_value(b, t, s))
            return -1;
    }
    return 0;
}

static int not_constant(struct bt_parser *p)
{
    return bt_parser_fail(p, p->tok.loc,
        "a match specification cannot look into a binary; bind all of it to a variable and test that in a "
        "guard: %s",
        is_elixir(p) ? "f(b) when binary_part(b, 0, 2) == \"ab\" and byte_size(b) > 10"
                     : "f(B) when binary_part(B, 0, 2) =:= <<\"ab\">>, byte_size(B) > 10");
}

static int parse_value(struct bt_parser *p, struct segment *s)
{
    bool is_negative = bt_parser_is_op(p, BT_OP_SUB);
    s->loc = p->tok.loc;
    if (is_negative && bt_parser_next(p))
        return -1;
    s->value = p->tok;
    switch (p->tok.kind) {
    case BT_TOK_LITERAL: break;
    case BT_TOK_STRING:
        if (!is_negative)
            break;
        return bt_parser_unexpected(p, "a number");
    case BT_TOK_VAR:
    case BT_TOK_WILD:
    case BT_TOK_LPAREN:
    case BT_TOK_BIN_OPEN: return not_constant(p);
    default: return bt_parser_unexpected(p, "a number or a string");
    }
    s->is_text = s->value.kind == BT_TOK_STRING || s->value.is_quoted;
    if (s->is_text && is_elixir(p) && (is_negative || s->value.kind == BT_TOK_STRING))
        return bt_parser_unexpected(p, "a number or \"text\"");
    enum bt_term_kind kind = s->is_text ? BT_TERM_INT : s->value.term->kind;
    if (kind != BT_TERM_INT && kind != BT_TERM_BIG && kind != BT_TERM_FLOAT)
        return bt_parser_unexpected(p, "a number or a string");
    if (is_negative && !(s->value.term = bt_number_negate(p->arena, s->value.term)))
        return bt_err_nomem(p->err);
    return bt_parser_next(p);
}

/* A size or unit: a plain integer of at most `max`. */
static int parse_amount(struct bt_parser *p, uint64_t max, uint64_t *out)
{
    if (p->tok.kind == BT_TOK_VAR || p->tok.kind == BT_TOK_WILD)
        return not_constant(p);
    if (p->tok.kind != BT_TOK_LITERAL || p->tok.term->kind != BT_TERM_INT)
        return bt_parser_unexpected(p, "a number of bits");
    if ((uint64_t)p->tok.term->u.small > max)
        return bt_parser_fail(
            p, p->tok.loc, "the number is too large here; at most %llu", (unsigned long long)max);
    *out = (uint64_t)p->tok.term->u.small;
    return bt_parser_next(p);
}

static int parse_type(struct bt_parser *p, struct segment *s)
{
    static const struct {
        const char *name;
        enum segment_type type;
        int is_little; /* -1: says nothing of it */
    } types[] = {{"integer", SEG_INTEGER, -1}, {"float", SEG_FLOAT, -1}, {"utf8", SEG_UTF8, -1},
        {"utf16", SEG_UTF16, -1}, {"utf32", SEG_UTF32, -1}, {"little", 0, 1}, {"big", 0, 0},
        {"signed", 0, -1}, {"unsigned", 0, -1}};
    if (p->tok.kind != (is_elixir(p) ? BT_TOK_VAR : BT_TOK_ATOM))
        return bt_parser_unexpected(p, "a type, for instance utf8 or little");
    if (strcmp(p->tok.text, "unit") == 0) {
        s->has_unit = true;
        if (bt_parser_next(p) || bt_parser_expect(p, BT_TOK_COLON, "':'"))
            return -1;
        return parse_amount(p, 256, &s->unit);
    }
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(p->tok.text, types[i].name) != 0)
            continue;
        if (i < 5)
            s->type = types[i].type;
        s->is_signed = s->is_signed || strcmp(types[i].name, "signed") == 0;
        if (types[i].is_little >= 0)
            s->is_little = types[i].is_little;
        return bt_parser_next(p);
    }
    if (strcmp(p->tok.text, "native") == 0)
        return bt_parser_fail(
            p, p->tok.loc, "what is native depends on the traced machine; write little or big");
    bool is_bytes = strcmp(p->tok.text, "binary") == 0 || strcmp(p->tok.text, "bytes") == 0;
    return is_bytes && s->is_text && is_elixir(p) ? bt_parser_next(p) : not_constant(p);
}

/* 1:16/little */
static int parse_size_and_type(struct bt_parser *p, struct segment *s)
{
    if (p->tok.kind == BT_TOK_COLON) {
        s->has_size = true;
        if (bt_parser_next(p) || parse_amount(p, MAX_BITS, &s->size))
            return -1;
    }
    if (!bt_parser_is_op(p, BT_OP_SLASH))
        return 0;
    do {
        if (bt_parser_next(p) || parse_type(p, s))
            return -1;
    } while (bt_parser_is_op(p, BT_OP_SUB));
    return 0;
}

/* size(16), unit(8) */
static int parse_ex_amount(struct bt_parser *p, bool *is_given, uint64_t max, uint64_t *out)
{
    struct bt_token open;
    *is_given = true;
    if (bt_parser_next(p))
        return -1;
    open = p->tok;
    if (bt_parser_expect(p, BT_TOK_LPAREN, "'('") || parse_amount(p, max, out))
        return -1;
    return bt_parser_close(p, BT_TOK_RPAREN, &open, "')'");
}

/* 16-little, size(16)-little */
static int parse_ex_type(struct bt_parser *p, struct segment *s)
{
    if (p->tok.kind == BT_TOK_LITERAL) {
        s->has_size = true;
        return parse_amount(p, MAX_BITS, &s->size);
    }
    if (p->tok.kind == BT_TOK_VAR && strcmp(p->tok.text, "size") == 0)
        return parse_ex_amount(p, &s->has_size, MAX_BITS, &s->size);
    if (p->tok.kind == BT_TOK_VAR && strcmp(p->tok.text, "unit") == 0)
        return parse_ex_amount(p, &s->has_unit, 256, &s->unit);
    return parse_type(p, s);
}

/* 1::16-little */
static int parse_ex_types(struct bt_parser *p, struct segment *s)
{
    if (p->tok.kind != BT_TOK_OF_TYPE)
        return 0;
    do {
        if (bt_parser_next(p) || parse_ex_type(p, s))
            return -1;
    } while (bt_parser_is_op(p, BT_OP_SUB));
    return 0;
}

static int parse_segment(struct bt_parser *p, struct segment *s)
{
    memset(s, 0, sizeof *s);
    if (parse_value(p, s) || (is_elixir(p) ? parse_ex_types(p, s) : parse_size_and_type(p, s)))
        return -1;
    s->loc = bt_loc_join(s->loc, p->prev.loc);
    if (s->type >= SEG_UTF8 && (s->has_size || s->has_unit))
        return bt_parser_fail(p, s->loc, "a utf8, utf16 or utf32 segment has no size");
    return 0;
}

const struct bt_term *bt_parse_binary(struct bt_parser *p)
{
    struct bt_token open = p->tok;
    struct bits b = {p, NULL, 0, 0};
    if (bt_parser_next(p))
        return NULL;
    while (p->tok.kind != BT_TOK_BIN_CLOSE) {
        struct segment s;
        if (parse_segment(p, &s))
            return NULL;
        if (s.is_text ? put_string(&b, &s) : put_value(&b, s.value.term, &s))
            return NULL;
        if (p->tok.kind != BT_TOK_COMMA)
            break;
        if (bt_parser_next(p))
            return NULL;
        if (p->tok.kind == BT_TOK_BIN_CLOSE) {
            bt_parser_unexpected(p, "a number or a string");
            return NULL;
        }
    }
    if (bt_parser_close(p, BT_TOK_BIN_CLOSE, &open, "',' or '>>'"))
        return NULL;
    const struct bt_term *t = bt_term_binary(
        p->arena, b.bytes ? b.bytes : (const uint8_t *)"", (b.n + 7) / 8, b.n % 8 ? b.n % 8 : 8);
    if (!t)
        bt_err_nomem(p->err);
    return t;
}
