/*
 * digits.c - integers to decimal text.
 */
#include "term/digits.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes8.h"

#define CHUNK 1000000000u /* one limb of 32 bits holds 9 digits */
#define CHUNK_DIGITS 9
#define NEAR_LIMBS 64

/* clang-format off */
#define TWO(t) \
    {{t, '0'}, 2}, {{t, '1'}, 2}, {{t, '2'}, 2}, {{t, '3'}, 2}, {{t, '4'}, 2}, \
    {{t, '5'}, 2}, {{t, '6'}, 2}, {{t, '7'}, 2}, {{t, '8'}, 2}, {{t, '9'}, 2}
#define THREE(h, t) \
    {{h, t, '0'}, 3}, {{h, t, '1'}, 3}, {{h, t, '2'}, 3}, {{h, t, '3'}, 3}, {{h, t, '4'}, 3}, \
    {{h, t, '5'}, 3}, {{h, t, '6'}, 3}, {{h, t, '7'}, 3}, {{h, t, '8'}, 3}, {{h, t, '9'}, 3}
const struct bt_digits_byte bt_digits_bytes[256] = {
    {{'0'}, 1}, {{'1'}, 1}, {{'2'}, 1}, {{'3'}, 1}, {{'4'}, 1}, {{'5'}, 1}, {{'6'}, 1}, {{'7'}, 1}, {{'8'}, 1}, {{'9'}, 1},
    TWO('1'), TWO('2'), TWO('3'), TWO('4'), TWO('5'), TWO('6'), TWO('7'), TWO('8'), TWO('9'),
    THREE('1', '0'), THREE('1', '1'), THREE('1', '2'), THREE('1', '3'), THREE('1', '4'),
    THREE('1', '5'), THREE('1', '6'), THREE('1', '7'), THREE('1', '8'), THREE('1', '9'),
    THREE('2', '0'), THREE('2', '1'), THREE('2', '2'), THREE('2', '3'), THREE('2', '4'),
    {{'2', '5', '0'}, 3}, {{'2', '5', '1'}, 3}, {{'2', '5', '2'}, 3}, {{'2', '5', '3'}, 3}, {{'2', '5', '4'}, 3}, {{'2', '5', '5'}, 3},
};

static const char pairs[] =
    "00010203040506070809" "10111213141516171819" "20212223242526272829" "30313233343536373839" "40414243444546474849"
    "50515253545556575859" "60616263646566676869" "70717273747576777879" "80818283848586878889" "90919293949596979899";
/* clang-format on */

/* Writes v so that it ends before `end`; returns where it begins. */
static char *digits_before(char *end, uint64_t v)
{
    while (v >= 100) {
        end -= 2;
        memcpy(end, pairs + v % 100 * 2, 2);
        v /= 100;
    }
    if (v >= 10) {
        memcpy(end - 2, pairs + v * 2, 2);
        return end - 2;
    }
    *--end = (char)('0' + v);
    return end;
}

#define EIGHT_DIGITS 100000000u

/*
 * The eight digits of v, a byte each, the first one lowest: four in each half of a word, then two in each quarter, then one in each
 * byte. No branches: how long numbers are cannot be foreseen.
 */
static uint64_t eight_digits(uint32_t v)
{
    uint64_t w = v / 10000 | (uint64_t)(v % 10000) << 32;
    uint64_t q = (w * 10486 >> 20) & UINT64_C(0x0000007F0000007F); /* w / 100 */
    w = q | (w - 100 * q) << 16;
    q = (w * 103 >> 10) & UINT64_C(0x000F000F000F000F); /* w / 10 */
    return q | (w - 10 * q) << 8;
}

void bt_digits_eight(char *to, uint32_t v)
{
    bt_bytes8_store(to, eight_digits(v) + BT_BYTES8('0'));
}

/* Below 10^8. */
static inline char *put_short(char *at, uint32_t v)
{
    uint64_t w = eight_digits(v);
    unsigned zeros = bt_bytes8_first(w | UINT64_C(1) << 56); /* 0 is one digit too */
    bt_bytes8_store(at, (w + BT_BYTES8('0')) >> 8 * zeros);
    return at + 8 - zeros;
}

static char *put_long(char *at, uint64_t v)
{
    uint64_t rest = v / EIGHT_DIGITS;
    at = rest < EIGHT_DIGITS ? put_short(at, (uint32_t)rest) : put_long(at, rest); /* three times at most */
    bt_bytes8_store(at, eight_digits((uint32_t)(v % EIGHT_DIGITS)) + BT_BYTES8('0'));
    return at + 8;
}

char *bt_digits_at(char *at, int64_t v)
{
    uint64_t u = (uint64_t)v;
    if (v < 0) {
        *at++ = '-';
        u = 0 - u;
    }
    return u < EIGHT_DIGITS ? put_short(at, (uint32_t)u) : put_long(at, u);
}

void bt_digits_int(struct bt_buf *out, int64_t v)
{
    char text[BT_DIGITS_INT_MAX], *end = bt_digits_at(text, v);
    bt_buf_put(out, text, (size_t)(end - text));
}

static void put_hex(struct bt_buf *out, struct bt_slice mag)
{
    static const char digit[] = "0123456789ABCDEF";
    bt_buf_put(out, "16#", 3);
    for (size_t i = mag.len; i-- > 0;) {
        char two[] = {digit[mag.p[i] >> 4], digit[mag.p[i] & 15]};
        size_t skip = i == mag.len - 1 && two[0] == '0';
        bt_buf_put(out, two + skip, 2 - skip);
    }
}

/* Divides limbs[0..n) by CHUNK; returns the rest. */
static uint32_t divide(uint32_t *limbs, size_t n)
{
    uint64_t rest = 0;
    for (size_t i = n; i-- > 0;) {
        rest = rest << 32 | limbs[i];
        limbs[i] = (uint32_t)(rest / CHUNK);
        rest %= CHUNK;
    }
    return (uint32_t)rest;
}

/* Takes nine digits after nine from the low end. chunks has room for all of them; returns their number. */
static size_t to_chunks(uint32_t *limbs, size_t n, uint32_t *chunks)
{
    size_t n_chunks = 0;
    while (n) {
        chunks[n_chunks++] = divide(limbs, n);
        while (n && limbs[n - 1] == 0)
            n--;
    }
    return n_chunks;
}

static void put_chunks(struct bt_buf *out, const uint32_t *chunks, size_t n)
{
    char text[CHUNK_DIGITS + 1], *end = text + CHUNK_DIGITS;
    for (size_t i = n; i-- > 0;) {
        char *start = digits_before(end, chunks[i]);
        while (i < n - 1 && start > text)
            *--start = '0';
        bt_buf_put(out, start, (size_t)(end - start));
    }
}

void bt_digits_big(struct bt_buf *out, bool negative, struct bt_slice mag)
{
    uint32_t near[NEAR_LIMBS * 3], *limbs = near;
    while (mag.len && mag.p[mag.len - 1] == 0)
        mag.len--;
    if (negative && mag.len)
        bt_buf_putc(out, '-');
    if (mag.len == 0) {
        bt_buf_putc(out, '0');
        return;
    }
    if (mag.len > BT_DIGITS_MAX_BIG) {
        put_hex(out, mag);
        return;
    }
    size_t n = (mag.len + 3) / 4; /* 32 bits are 9.6 digits: never more than 1.1 chunks for a limb */
    if (n > NEAR_LIMBS)
        limbs = malloc(3 * n * sizeof *limbs);
    if (!limbs) {
        out->failed = true;
        return;
    }
    memset(limbs, 0, n * sizeof *limbs);
    for (size_t i = 0; i < mag.len; i++)
        limbs[i / 4] |= (uint32_t)mag.p[i] << (8 * (i % 4));
    put_chunks(out, limbs + n, to_chunks(limbs, n, limbs + n));
    if (limbs != near)
        free(limbs);
}
