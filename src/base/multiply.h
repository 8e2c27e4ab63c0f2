/*
 * multiply.h - products of 128 bits.
 */
#ifndef BT_BASE_MULTIPLY_H
#define BT_BASE_MULTIPLY_H

#include <stdint.h>

/* The high half of x * y, and the low one. One instruction where the compiler has such integers. */
static inline uint64_t bt_multiply(uint64_t x, uint64_t y, uint64_t *low)
{
#if defined(__SIZEOF_INT128__)
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)x * y;
    *low = (uint64_t)product;
    return (uint64_t)(product >> 64);
#else
    uint64_t x0 = x & UINT32_MAX, x1 = x >> 32, y0 = y & UINT32_MAX, y1 = y >> 32;
    uint64_t p00 = x0 * y0, p01 = x0 * y1, p10 = x1 * y0;
    uint64_t middle = (p00 >> 32) + (p01 & UINT32_MAX) + (p10 & UINT32_MAX);
    *low = middle << 32 | (p00 & UINT32_MAX);
    return x1 * y1 + (p01 >> 32) + (p10 >> 32) + (middle >> 32);
#endif
}

#endif
