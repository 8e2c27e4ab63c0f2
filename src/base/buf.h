/*
 * buf.h - a growable byte buffer that remembers a failed append: write freely, check once at the end.
 */
#ifndef BT_BASE_BUF_H
#define BT_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/err.h"

struct bt_buf {
    char *data; /* NULL while empty; not NUL-terminated, see bt_buf_cstr */
    size_t len;
    size_t cap;
    size_t limit; /* appends past this many bytes fail; 0: no limit */
    bool failed;  /* an append found no memory or went past the limit; what was there stays */
};

#define BT_BUF_INIT                                                                                          \
    {                                                                                                        \
        0                                                                                                    \
    }

/* Frees the memory; the buffer is empty again and may be used further. */
void bt_buf_done(struct bt_buf *b);
/* Empties the buffer, keeps its memory, forgets a failure. */
void bt_buf_reset(struct bt_buf *b);
/* Makes room for n more bytes; the caller writes at data + len and adds to len. False: failed. */
bool bt_buf_reserve(struct bt_buf *b, size_t n);
void bt_buf_put(struct bt_buf *b, const void *bytes, size_t n);
static inline void bt_buf_puts(struct bt_buf *b, const char *s)
{
    bt_buf_put(b, s, strlen(s));
}
static inline void bt_buf_putc(struct bt_buf *b, char c)
{
    if (b->len < b->cap && !b->limit && !b->failed)
        b->data[b->len++] = c;
    else
        bt_buf_put(b, &c, 1);
}
void bt_buf_printf(struct bt_buf *b, const char *fmt, ...) BT_PRINTF(2, 3);
/* Drops the first n bytes (n <= len). */
void bt_buf_drop(struct bt_buf *b, size_t n);
/* The content with a NUL behind it, borrowed until the next append; "" when it failed to find memory for
 * that. */
const char *bt_buf_cstr(struct bt_buf *b);

#endif
