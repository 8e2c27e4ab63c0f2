/*
 * digits.c - integers to decimal text.
 */
#include "term/digits.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK 1000000000u /* one limb of 32 bits holds 9 digits */
#define CHUNK_DIGITS 9
#define NEAR_LIMBS 64

/* Writes v so that it ends before `end`; returns where it begins. */
static char *digits_before(char *end, uint64_t v)
{
    do {
        *--end = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    return end;
}

void bt_digits_int(struct bt_buf *out, int64_t v)
{
    char text[20], *end = text + sizeof text;
    char *start = digits_before(end, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
    if (v < 0)
        *--start = '-';
    bt_buf_put(out, start, (size_t)(end - start));
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
