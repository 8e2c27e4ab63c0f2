/*
 * safe.h - what fuzz targets check of every text that goes to a terminal.
 */
#ifndef BT_FUZZ_SAFE_H
#define BT_FUZZ_SAFE_H

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"

/* No byte a terminal would act on: control characters, DEL, and U+0080 to U+009F. has_lines: newlines may be in it. */
static inline void bt_fuzz_check_safe(const char *text, size_t len, bool has_lines)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        assert((c >= 32 && c != 127) || (has_lines && c == '\n'));
        assert(c != 0xC2 || i + 1 == len || (unsigned char)text[i + 1] >= 0xA0);
    }
}

/* An error that was told: a code, and words for it that can be shown. */
static inline void bt_fuzz_check_err(const struct beamtap_err *err)
{
    assert(err->code != BEAMTAP_OK && err->msg[0] && memchr(err->msg, 0, sizeof err->msg));
    bt_fuzz_check_safe(err->msg, strlen(err->msg), true);
}

#endif
