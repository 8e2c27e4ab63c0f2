/*
 * number.c - digits to numbers.
 */
#include "spec/number.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

unsigned bt_number_digit(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 10;
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A') + 10;
    return 36;
}

/* words := words * factor + add; the words grow by one where they must. */
static size_t mul_add(uint32_t *words, size_t n, uint32_t factor, uint32_t add)
{
    uint64_t carry = add;
    for (size_t i = 0; i < n; i++) {
        carry += (uint64_t)words[i] * factor;
        words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        words[n++] = (uint32_t)carry;
    return n;
}

const struct bt_term *bt_number_int(struct bt_arena *a, const char *digits, size_t len, unsigned base)
{
    /* Six bits hold a digit of any base. */
    uint32_t *words = bt_arena_array(a, len * 6 / 32 + 1, sizeof *words);
    if (!words)
        return NULL;
    size_t n = 0;
    uint32_t chunk = 0, factor = 1; /* as many digits at a time as fit a word: a long number stays cheap */
    for (size_t i = 0; i < len; i++) {
        if (digits[i] == '_')
            continue;
        chunk = chunk * base + bt_number_digit(digits[i]);
        factor *= base;
        if (factor > UINT32_MAX / 36) {
            n = mul_add(words, n, factor, chunk);
            chunk = 0;
            factor = 1;
        }
    }
    n = mul_add(words, n, factor, chunk);
    uint8_t *mag = bt_arena_array(a, n + 1, 4);
    if (!mag)
        return NULL;
    for (size_t i = 0; i < n * 4; i++)
        mag[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
    size_t n_bytes = n * 4;
    while (n_bytes && mag[n_bytes - 1] == 0)
        n_bytes--;
    return bt_term_big(a, false, mag, n_bytes);
}

bool bt_number_u64(const char *digits, size_t len, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < len; i++) {
        if (digits[i] == '_')
            continue;
        unsigned d = bt_number_digit(digits[i]);
        if (v > (UINT64_MAX - d) / 10)
            return false;
        v = v * 10 + d;
    }
    if (v > max)
        return false;
    *out = v;
    return true;
}

const struct bt_term *bt_number_float(struct bt_arena *a, const char *text, size_t len, bool *is_too_large)
{
    /* strtod wants the decimal point of the program's locale, which is not ours to know. */
    const char *point = localeconv()->decimal_point;
    size_t point_len = strlen(point), n = 0;
    char *copy = bt_arena_alloc(a, len + point_len + 1);
    *is_too_large = false;
    if (!copy)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '.') {
            memcpy(copy + n, point, point_len);
            n += point_len;
        } else if (text[i] != '_') {
            copy[n++] = text[i];
        }
    }
    copy[n] = '\0';
    double real = strtod(copy, NULL);
    *is_too_large = !isfinite(real);
    return *is_too_large ? NULL : bt_term_float(a, real);
}

const struct bt_term *bt_number_negate(struct bt_arena *a, const struct bt_term *t)
{
    if (t->kind == BT_TERM_FLOAT)
        return bt_term_float(a, -t->u.real);
    if (t->kind == BT_TERM_BIG)
        return bt_term_big(a, !t->u.big.negative, t->u.big.mag, t->u.big.n_bytes);
    if (t->u.small != INT64_MIN)
        return bt_term_int(a, -t->u.small);
    static const uint8_t two_to_63[8] = {0, 0, 0, 0, 0, 0, 0, 0x80};
    return bt_term_big(a, false, two_to_63, sizeof two_to_63);
}
