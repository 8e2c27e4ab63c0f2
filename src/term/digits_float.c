/*
 * digits_float.c - floats to decimal text.
 *
 * The digits are found with Raffaello Giulietti's Schubfach ("The Schubfach way to render doubles", section
 * 9): the shortest decimal in the interval of numbers that read back as v, and of those the one nearest to v.
 * The notation is that of float_to_list(V, [short]), OTP 25 (erts, ryu/to_chars.h).
 */
#include <stdint.h>
#include <string.h>

#include "base/multiply.h"
#include "term/digits.h"
#include "term/pow10.h"

#define FRACTION_BITS 52
#define EXPONENT_BIAS 1075 /* of the fraction taken as an integer */

/* digits * 10^exponent; no zero at the end of digits */
struct decimal {
    uint64_t digits;
    int exponent;
};

/* ---- integer logarithms and products ---- */

/* a / 2^n, rounded down also for a negative a, where >> is up to the compiler. */
static int shift_down(int a, int n)
{
    return a >= 0 ? a >> n : -((-a + (1 << n) - 1) >> n);
}

/* floor(log10(2^e)), or of 3/4 * 2^e where the lower neighbour is nearer. */
static int log10_pow2(int e, bool lower_is_nearer)
{
    return shift_down(e * 1262611 - (lower_is_nearer ? 524031 : 0), 22);
}

/* floor(log2(10^e)) */
static int log2_pow10(int e)
{
    return shift_down(e * 1741647, 19);
}

/* g * c / 2^128, rounded to odd: the last bit keeps whether there was a rest. */
static uint64_t round_to_odd(struct bt_pow10 g, uint64_t c)
{
    uint64_t ignored, low;
    uint64_t carry = bt_multiply(g.lo, c, &ignored);
    uint64_t high = bt_multiply(g.hi, c, &low);
    low += carry;
    high += low < carry;
    return high | (low > 1);
}

/* ---- digits ---- */

/* v = c * 2^q. The bounds of the interval and v itself are held in quarters of 10^k. */
static struct decimal shortest(uint64_t c, int q, bool lower_is_nearer)
{
    int k = log10_pow2(q, lower_is_nearer);
    int h = q + log2_pow10(-k) + 1;
    struct bt_pow10 g = bt_pow10[-k - BT_POW10_MIN];
    uint64_t is_odd = c & 1; /* an odd c does not own the ends of its interval */
    uint64_t lower = round_to_odd(g, (4 * c - 2 + lower_is_nearer) << h) + is_odd;
    uint64_t value = round_to_odd(g, 4 * c << h);
    uint64_t upper = round_to_odd(g, (4 * c + 2) << h) - is_odd;
    uint64_t s = value / 4;
    if (s >= 10) { /* is there one with a digit less? */
        uint64_t tens = s / 10;
        bool below = lower <= 40 * tens, above = 40 * tens + 40 <= upper;
        if (below != above)
            return (struct decimal){tens + above, k + 1};
    }
    bool below = lower <= 4 * s, above = 4 * s + 4 <= upper;
    if (below != above)
        return (struct decimal){s + above, k};
    uint64_t middle = 4 * s + 2;
    return (struct decimal){s + (value > middle || (value == middle && (s & 1))), k};
}

/* As 3.14 comes with 13 zeros, they are taken off by eights first. */
static struct decimal without_zeros(struct decimal d)
{
    if (d.digits % 100000000 == 0) {
        d.digits /= 100000000;
        d.exponent += 8;
    }
    while (d.digits % 100 == 0) {
        d.digits /= 100;
        d.exponent += 2;
    }
    if (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    return d;
}

static struct decimal to_decimal(uint64_t bits)
{
    uint64_t fraction = bits & (((uint64_t)1 << FRACTION_BITS) - 1);
    int exponent = (int)(bits >> FRACTION_BITS & 0x7FF);
    uint64_t c = exponent ? fraction | (uint64_t)1 << FRACTION_BITS : fraction;
    int q = (exponent ? exponent : 1) - EXPONENT_BIAS;
    struct decimal d;
    if (q <= 0 && q > -53 && (c & (((uint64_t)1 << -q) - 1)) == 0) /* an integer below 2^53 is itself */
        d = (struct decimal){c >> -q, 0};
    else
        d = shortest(c, q, fraction == 0 && exponent > 1);
    return without_zeros(d);
}

/* ---- notation ---- */

/*
 * Plain or with an exponent, whichever is shorter; plain when both are equal. Numbers of 2^53 and above
 * always have an exponent, lest somebody calculates with the zeros shown.
 */
static bool is_plain(struct decimal d, int n_digits)
{
    int lowest = n_digits == 1 ? -4 : -(n_digits + 2);
    int highest = n_digits == 1 || n_digits + d.exponent - 1 >= 10 ? 2 : 1;
    if (d.exponent < lowest || d.exponent > highest)
        return false;
    switch (d.exponent) {
    case 0: return d.digits < (uint64_t)1 << 53;
    case 1: return d.digits <= ((uint64_t)1 << 52) / 5;
    case 2: return d.digits <= ((uint64_t)1 << 51) / 25;
    default: return true;
    }
}

/* 17290.0, 17.29, 0.001729 */
static char *put_plain(char *at, const char *digits, int n, int exponent)
{
    int whole = n + exponent;
    if (whole <= 0) {
        memcpy(at, "0.", 2);
        memset(at + 2, '0', (size_t)-whole);
        at += 2 - whole;
        memcpy(at, digits, (size_t)n);
        return at + n;
    }
    if (exponent < 0) {
        memcpy(at, digits, (size_t)whole);
        at[whole] = '.';
        memcpy(at + whole + 1, digits + whole, (size_t)-exponent);
        return at + n + 1;
    }
    memcpy(at, digits, (size_t)n);
    memset(at + n, '0', (size_t)exponent);
    memcpy(at + whole, ".0", 2);
    return at + whole + 2;
}

/* 1.729e-5, 1.0e10 */
static char *put_scientific(char *at, const char *digits, int n, int exponent)
{
    *at++ = digits[0];
    *at++ = '.';
    if (n == 1) {
        *at++ = '0';
    } else {
        memcpy(at, digits + 1, (size_t)(n - 1));
        at += n - 1;
    }
    *at++ = 'e';
    if (exponent < 0) {
        *at++ = '-';
        exponent = -exponent;
    }
    if (exponent >= 100)
        *at++ = (char)('0' + exponent / 100);
    if (exponent >= 10)
        *at++ = (char)('0' + exponent / 10 % 10);
    *at++ = (char)('0' + exponent % 10);
    return at;
}

char *bt_digits_float_at(char *at, double v)
{
    char digits[BT_DIGITS_INT_MAX];
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    if (bits >> 63)
        *at++ = '-';
    if (bits << 1 == 0) {
        memcpy(at, "0.0", 3);
        return at + 3;
    }
    struct decimal d = to_decimal(bits);
    int n = (int)(bt_digits_at(digits, (int64_t)d.digits) - digits);
    if (is_plain(d, n))
        return put_plain(at, digits, n, d.exponent);
    return put_scientific(at, digits, n, n + d.exponent - 1);
}

void bt_digits_float(struct bt_buf *out, double v)
{
    char text[BT_DIGITS_FLOAT_MAX], *end = bt_digits_float_at(text, v);
    bt_buf_put(out, text, (size_t)(end - text));
}
