/*
 * md5.c - MD5 as RFC 1321 section 3 has it, without any thought of speed.
 */
#include "md5.h"

#include <math.h>
#include <string.h>

static uint32_t rotate(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

/* Step i of 64 on (a, b, c, d): its function, and which word of the block it takes. */
static uint32_t mix(unsigned i, const uint32_t *s, unsigned *word)
{
    uint32_t b = s[1], c = s[2], d = s[3];
    switch (i / 16) {
    case 0: *word = i; return (b & c) | (~b & d);
    case 1: *word = (5 * i + 1) % 16; return (d & b) | (~d & c);
    case 2: *word = (3 * i + 5) % 16; return b ^ c ^ d;
    default: *word = 7 * i % 16; return c ^ (b | ~d);
    }
}

static void block(uint32_t state[4], const uint8_t *p)
{
    static const unsigned turns[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t words[16], s[4];
    for (size_t i = 0; i < 16; i++, p += 4)
        words[i] = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    memcpy(s, state, sizeof s);
    for (unsigned i = 0; i < 64; i++) {
        unsigned word;
        uint32_t f = mix(i, s, &word);
        f += s[0] + (uint32_t)(fabs(sin(i + 1)) * 4294967296.0) + words[word];
        s[0] = s[3], s[3] = s[2], s[2] = s[1];
        s[1] += rotate(f, turns[i / 16][i % 4]);
    }
    for (size_t i = 0; i < 4; i++)
        state[i] += s[i];
}

void bt_test_md5(const void *bytes, size_t len, uint8_t out[16])
{
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    const uint8_t *p = bytes;
    uint8_t last[128] = {0};
    size_t rest = len % 64, n_last = rest < 56 ? 64 : 128;
    for (size_t i = 0; i + 64 <= len; i += 64)
        block(state, p + i);
    memcpy(last, p + len - rest, rest);
    last[rest] = 0x80;
    for (size_t i = 0; i < 8; i++)
        last[n_last - 8 + i] = (uint8_t)((uint64_t)len * 8 >> 8 * i);
    for (size_t i = 0; i < n_last; i += 64)
        block(state, last + i);
    for (size_t i = 0; i < 16; i++)
        out[i] = (uint8_t)(state[i / 4] >> 8 * (i % 4));
}
