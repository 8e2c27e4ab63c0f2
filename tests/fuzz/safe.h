/*
 * safe.h - what fuzz targets check of every text that goes to a terminal.
 */
#ifndef BT_FUZZ_SAFE_H
#define BT_FUZZ_SAFE_H

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"

/* UTF-8, and nothing in it that a terminal would act on: control characters, DEL, U+0080 to U+009F. has_lines: newlines may be
 * in it. */
static inline void bt_fuzz_check_safe(const char *text, size_t len, bool has_lines)
{
    while (len > 0) {
        uint32_t cp;
        size_t n = bt_utf8_decode(text, len, &cp);
        assert(n > 0);
        assert((cp >= 32 && (cp < 127 || cp >= 160)) || (has_lines && cp == '\n'));
        text += n;
        len -= n;
    }
}

/* An error that was told: a code, and words for it that can be shown. */
static inline void bt_fuzz_check_err(const struct beamtap_err *err)
{
    assert(err->code != BEAMTAP_OK && err->msg[0] && memchr(err->msg, 0, sizeof err->msg));
    bt_fuzz_check_safe(err->msg, strlen(err->msg), true);
}

#endif
