/*
 * bytes8.h - eight bytes of text at a time, as one word: a question asked of all of them at once.
 *
 * The answers are exact: no carry goes from a byte to the next one, as sums of 7 bits have 8. (A byte that is not ASCII may
 * carry, but then the answer is no because of it.)
 */
#ifndef BT_BASE_BYTES8_H
#define BT_BASE_BYTES8_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define BT_BYTES8(b) (UINT64_C(0x0101010101010101) * (b)) /* the same byte eight times */
#define BT_BYTES8_TOP BT_BYTES8(0x80)

/* p[0..8), the first one lowest; compilers make one load of it. */
static inline uint64_t bt_bytes8_load(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
           (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 | (uint64_t)p[7] << 56;
}

/* The other way: w to to[0..8). Compilers do not make one store of eight. */
static inline void bt_bytes8_store(char *to, uint64_t w)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    memcpy(to, &w, sizeof w);
#else
    for (int i = 0; i < 8; i++)
        to[i] = (char)(w >> 8 * i & 0xFF);
#endif
}

/* Which is the first byte that is not 0? There is one. */
static inline unsigned bt_bytes8_first(uint64_t w)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(w) / 8;
#else
    unsigned n = 0;
    for (; (w & 0xFF) == 0; w >>= 8)
        n++;
    return n;
#endif
}

/* The top bit of each byte of w that lies in lo..hi; all of them ASCII. */
static inline uint64_t bt_bytes8_within(uint64_t w, unsigned lo, unsigned hi)
{
    return (w + BT_BYTES8(0x80 - lo)) & ~(w + BT_BYTES8(0x7F - hi)) & BT_BYTES8_TOP;
}

static inline bool bt_bytes8_ascii(uint64_t w)
{
    return (w & BT_BYTES8_TOP) == 0;
}

/* Printable ASCII that stands for itself between quotes: no control, no \, and not the quote. */
static inline bool bt_bytes8_plain(uint64_t w, char quote)
{
    uint64_t not_quote = (w ^ BT_BYTES8((unsigned char)quote)) + BT_BYTES8(0x7F);
    uint64_t not_backslash = (w ^ BT_BYTES8('\\')) + BT_BYTES8(0x7F);
    return (bt_bytes8_within(w, ' ', '~') & not_quote & not_backslash & ~w) == BT_BYTES8_TOP;
}

/* Small letters of ASCII, digits and _. */
static inline bool bt_bytes8_name(uint64_t w)
{
    uint64_t name =
        bt_bytes8_within(w, 'a', 'z') | bt_bytes8_within(w, '0', '9') | bt_bytes8_within(w, '_', '_');
    return (name & ~w) == BT_BYTES8_TOP;
}

#endif
