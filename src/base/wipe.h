/*
 * wipe.h - overwrite a secret, in a way that no compiler leaves out.
 */
#ifndef BT_BASE_WIPE_H
#define BT_BASE_WIPE_H

#include <stddef.h>

static inline void bt_wipe(void *p, size_t n)
{
    volatile unsigned char *bytes = p;
    while (n-- > 0)
        *bytes++ = 0;
}

#endif
