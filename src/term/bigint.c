/*
 * bigint.c - whole numbers of any size.
 *
 * The plain methods of paper and pencil: numbers are small here, and come a few at a time.
 */
#include "term/bigint.h"

#include <math.h>
#include <string.h>

#define WORD_BITS 32
#define MAX_WORDS (BT_BIGINT_MAX_BITS / WORD_BITS)

/* ---- magnitudes ---- */

static size_t trimmed(const uint32_t *mag, size_t n)
{
    while (n && !mag[n - 1])
        n--;
    return n;
}

/* Takes mag, which has no other owner. */
static bool finish(struct bt_bigint *out, const uint32_t *mag, size_t n, bool negative)
{
    out->mag = mag;
    out->n = trimmed(mag, n);
    out->negative = negative && out->n;
    return out->n <= MAX_WORDS;
}

static int compare_mag(const struct bt_bigint *x, const struct bt_bigint *y)
{
    if (x->n != y->n)
        return x->n < y->n ? -1 : 1;
    for (size_t i = x->n; i-- > 0;) {
        if (x->mag[i] != y->mag[i])
            return x->mag[i] < y->mag[i] ? -1 : 1;
    }
    return 0;
}

static uint32_t word(const struct bt_bigint *x, size_t i)
{
    return i < x->n ? x->mag[i] : 0;
}

static bool add_mag(struct bt_arena *a, const struct bt_bigint *x, const struct bt_bigint *y, bool negative,
    struct bt_bigint *out)
{
    size_t n = (x->n > y->n ? x->n : y->n) + 1;
    uint32_t *mag = bt_arena_array(a, n, sizeof *mag);
    uint64_t carry = 0;
    for (size_t i = 0; mag && i < n; i++) {
        carry += (uint64_t)word(x, i) + word(y, i);
        mag[i] = (uint32_t)carry;
        carry >>= WORD_BITS;
    }
    return mag && finish(out, mag, n, negative);
}

/* x - y, with x not smaller */
static bool sub_mag(struct bt_arena *a, const struct bt_bigint *x, const struct bt_bigint *y, bool negative,
    struct bt_bigint *out)
{
    uint32_t *mag = bt_arena_array(a, x->n, sizeof *mag);
    uint64_t borrow = 0;
    for (size_t i = 0; mag && i < x->n; i++) {
        uint64_t d = (uint64_t)x->mag[i] - word(y, i) - borrow;
        mag[i] = (uint32_t)d;
        borrow = d >> WORD_BITS & 1;
    }
    return mag && finish(out, mag, x->n, negative);
}

/* ---- arithmetic ---- */

static bool add(struct bt_arena *a, const struct bt_bigint *x, const struct bt_bigint *y, bool is_minus,
    struct bt_bigint *out)
{
    bool y_negative = y->negative != is_minus;
    if (x->negative == y_negative)
        return add_mag(a, x, y, x->negative, out);
    return compare_mag(x, y) >= 0 ? sub_mag(a, x, y, x->negative, out) : sub_mag(a, y, x, y_negative, out);
}

static bool multiply(
    struct bt_arena *a, const struct bt_bigint *x, const struct bt_bigint *y, struct bt_bigint *out)
{
    uint32_t *mag = bt_arena_array(a, x->n + y->n, sizeof *mag);
    for (size_t i = 0; mag && i < x->n; i++) {
        uint64_t carry = 0;
        for (size_t j = 0; j < y->n; j++) {
            carry += (uint64_t)x->mag[i] * y->mag[j] + mag[i + j];
            mag[i + j] = (uint32_t)carry;
            carry >>= WORD_BITS;
        }
        mag[i + y->n] = (uint32_t)carry;
    }
    return mag && finish(out, mag, x->n + y->n, x->negative != y->negative);
}

/* rest := 2 * rest + bit; n words */
static void push_bit(uint32_t *rest, size_t n, bool bit)
{
    uint32_t carry = bit;
    for (size_t i = 0; i < n; i++) {
        uint32_t top = rest[i] >> (WORD_BITS - 1);
        rest[i] = rest[i] << 1 | carry;
        carry = top;
    }
}

/* rest := rest - y where that is not negative; n words. True: it was done. */
static bool take_off(uint32_t *rest, size_t n, const struct bt_bigint *y)
{
    const struct bt_bigint r = {false, rest, trimmed(rest, n)};
    uint64_t borrow = 0;
    if (compare_mag(&r, y) < 0)
        return false;
    for (size_t i = 0; i < n; i++) {
        uint64_t d = (uint64_t)rest[i] - word(y, i) - borrow;
        rest[i] = (uint32_t)d;
        borrow = d >> WORD_BITS & 1;
    }
    return true;
}

static bool divide(struct bt_arena *a, const struct bt_bigint *x, const struct bt_bigint *y, bool wants_rest,
    struct bt_bigint *out)
{
    size_t n_rest = y->n + 1;
    uint32_t *quotient = bt_arena_array(a, x->n, sizeof *quotient);
    uint32_t *rest = bt_arena_array(a, n_rest, sizeof *rest);
    if (!quotient || !rest || !y->n)
        return false;
    for (size_t bit = x->n * WORD_BITS; bit-- > 0;) {
        push_bit(rest, n_rest, x->mag[bit / WORD_BITS] >> bit % WORD_BITS & 1);
        if (take_off(rest, n_rest, y))
            quotient[bit / WORD_BITS] |= UINT32_C(1) << bit % WORD_BITS;
    }
    return wants_rest ? finish(out, rest, n_rest, x->negative)
                      : finish(out, quotient, x->n, x->negative != y->negative);
}

/* ---- bits ---- */

/* The two's complement of n words, or back; `mag` is changed. */
static void complement(uint32_t *mag, size_t n)
{
    uint64_t carry = 1;
    for (size_t i = 0; i < n; i++) {
        carry += (uint32_t)~mag[i];
        mag[i] = (uint32_t)carry;
        carry >>= WORD_BITS;
    }
}

static uint32_t *words_of(struct bt_arena *a, const struct bt_bigint *x, size_t n)
{
    uint32_t *words = bt_arena_array(a, n, sizeof *words);
    if (words && x->n)
        memcpy(words, x->mag, x->n * sizeof *words);
    if (words && x->negative)
        complement(words, n);
    return words;
}

static bool bitwise(struct bt_arena *a, enum bt_bigint_op op, const struct bt_bigint *x,
    const struct bt_bigint *y, struct bt_bigint *out)
{
    size_t n = (x->n > y->n ? x->n : y->n) + 1; /* the top bit is the sign */
    uint32_t *u = words_of(a, x, n), *v = words_of(a, y, n);
    if (!u || !v)
        return false;
    for (size_t i = 0; i < n; i++)
        u[i] = op == BT_BIGINT_AND ? u[i] & v[i] : op == BT_BIGINT_OR ? u[i] | v[i] : u[i] ^ v[i];
    bool negative = u[n - 1] >> (WORD_BITS - 1);
    if (negative)
        complement(u, n);
    return finish(out, u, n, negative);
}

static bool shift_left(struct bt_arena *a, const struct bt_bigint *x, size_t by, struct bt_bigint *out)
{
    size_t skip = by / WORD_BITS, bits = by % WORD_BITS, n = x->n + skip + 1;
    uint32_t *mag = bt_arena_array(a, n, sizeof *mag);
    for (size_t i = 0; mag && i < x->n; i++) {
        uint64_t w = (uint64_t)x->mag[i] << bits;
        mag[i + skip] |= (uint32_t)w;
        mag[i + skip + 1] = (uint32_t)(w >> WORD_BITS);
    }
    return mag && finish(out, mag, n, x->negative);
}

/* Of the two's complement, so that what is lost rounds down. */
static bool shift_right(struct bt_arena *a, const struct bt_bigint *x, size_t by, struct bt_bigint *out)
{
    size_t n = x->n + 1, skip = by / WORD_BITS, bits = by % WORD_BITS;
    uint32_t *from = words_of(a, x, n), *to = bt_arena_array(a, n, sizeof *to);
    uint32_t fill = x->negative ? UINT32_MAX : 0;
    for (size_t i = 0; from && to && i < n; i++) {
        uint32_t low = i + skip < n ? from[i + skip] : fill;
        uint32_t high = i + skip + 1 < n ? from[i + skip + 1] : fill;
        to[i] = (uint32_t)(((uint64_t)high << WORD_BITS | low) >> bits);
    }
    if (!from || !to)
        return false;
    if (x->negative)
        complement(to, n);
    return finish(out, to, n, x->negative);
}

/* ---- the public ones ---- */

bool bt_bigint_of(struct bt_arena *a, const struct bt_term *t, struct bt_bigint *out)
{
    uint64_t small = t->kind == BT_TERM_INT ? (uint64_t)t->u.small : 0;
    bool negative = t->kind == BT_TERM_BIG ? t->u.big.negative : t->kind == BT_TERM_INT && t->u.small < 0;
    size_t n_bytes = t->kind == BT_TERM_BIG ? t->u.big.n_bytes : sizeof small, n = (n_bytes + 3) / 4;
    if ((t->kind != BT_TERM_INT && t->kind != BT_TERM_BIG) || n > MAX_WORDS)
        return false;
    uint32_t *mag = bt_arena_array(a, n, sizeof *mag);
    if (t->kind == BT_TERM_INT && negative)
        small = 0 - small;
    for (size_t i = 0; mag && i < n_bytes; i++) {
        uint64_t byte = t->kind == BT_TERM_BIG ? t->u.big.mag[i] : small >> 8 * i & 0xFF;
        mag[i / 4] |= (uint32_t)(byte << 8 * (i % 4));
    }
    return mag && finish(out, mag, n, negative);
}

const struct bt_term *bt_bigint_term(struct bt_arena *a, const struct bt_bigint *x)
{
    size_t n_bytes = 4 * x->n;
    uint8_t *bytes = bt_arena_alloc(a, n_bytes);
    for (size_t i = 0; bytes && i < n_bytes; i++)
        bytes[i] = (uint8_t)(x->mag[i / 4] >> 8 * (i % 4));
    return bytes ? bt_term_big(a, x->negative, bytes, n_bytes) : NULL;
}

bool bt_bigint_calc(struct bt_arena *a, enum bt_bigint_op op, const struct bt_bigint *x,
    const struct bt_bigint *y, struct bt_bigint *out)
{
    switch (op) {
    case BT_BIGINT_ADD:
    case BT_BIGINT_SUB: return add(a, x, y, op == BT_BIGINT_SUB, out);
    case BT_BIGINT_MUL: return multiply(a, x, y, out);
    case BT_BIGINT_DIV:
    case BT_BIGINT_REM: return divide(a, x, y, op == BT_BIGINT_REM, out);
    case BT_BIGINT_AND:
    case BT_BIGINT_OR:
    case BT_BIGINT_XOR: return bitwise(a, op, x, y, out);
    }
    return false;
}

bool bt_bigint_shift(struct bt_arena *a, const struct bt_bigint *x, int64_t by, struct bt_bigint *out)
{
    if (by > BT_BIGINT_MAX_BITS && x->n)
        return false;
    if (by < -BT_BIGINT_MAX_BITS)
        by = -BT_BIGINT_MAX_BITS;
    return by > 0 && x->n ? shift_left(a, x, (size_t)by, out)
                          : shift_right(a, x, by < 0 ? (size_t)-by : 0, out);
}

int bt_bigint_compare(const struct bt_bigint *x, const struct bt_bigint *y)
{
    if (x->negative != y->negative)
        return x->negative ? -1 : 1;
    return x->negative ? compare_mag(y, x) : compare_mag(x, y);
}

bool bt_bigint_compare_float(struct bt_arena *a, const struct bt_bigint *x, double y, int *order)
{
    int exponent;
    double whole = trunc(y);
    int64_t digits = (int64_t)ldexp(frexp(whole, &exponent), 53); /* whole is digits * 2^(exponent - 53) */
    struct bt_bigint y_digits, y_whole;
    const struct bt_term *t = bt_term_int(a, digits);
    if (!t || !bt_bigint_of(a, t, &y_digits) || !bt_bigint_shift(a, &y_digits, exponent - 53, &y_whole))
        return false;
    *order = bt_bigint_compare(x, &y_whole);
    if (*order == 0 && y != whole)
        *order = y > whole ? -1 : 1;
    return true;
}

/* The VM adds digits of 64 bits, from the top one on, each rounded by itself. */
double bt_bigint_to_float(const struct bt_bigint *x)
{
    double d = 0;
    for (size_t i = (x->n + 1) / 2; i-- > 0;)
        d = d * 18446744073709551616.0 + (double)((uint64_t)word(x, 2 * i + 1) << WORD_BITS | word(x, 2 * i));
    return x->negative ? -d : d;
}
