/*
 * buf.c - a growable byte buffer that remembers a failed append.
 */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bt_buf_done(struct bt_buf *b)
{
    free(b->data);
    b->data = NULL;
    b->len = b->cap = 0;
    b->failed = false;
}

void bt_buf_reset(struct bt_buf *b)
{
    b->len = 0;
    b->failed = false;
}

static bool grow(struct bt_buf *b, size_t need)
{
    size_t cap = b->cap ? b->cap : 256;
    while (cap < need)
        cap = cap > SIZE_MAX / 2 ? need : cap * 2;
    char *data = realloc(b->data, cap);
    if (!data)
        return false;
    b->data = data;
    b->cap = cap;
    return true;
}

bool bt_buf_reserve(struct bt_buf *b, size_t n)
{
    if (b->failed)
        return false;
    if (n <= b->cap - b->len && (b->limit == 0 || n + b->len <= b->limit))
        return true;
    if (n > SIZE_MAX - b->len || (b->limit && n + b->len > b->limit) || !grow(b, b->len + n)) {
        b->failed = true;
        return false;
    }
    return true;
}

void bt_buf_put(struct bt_buf *b, const void *bytes, size_t n)
{
    if (n == 0 || !bt_buf_reserve(b, n))
        return;
    memcpy(b->data + b->len, bytes, n);
    b->len += n;
}

void bt_buf_printf(struct bt_buf *b, const char *fmt, ...)
{
    va_list ap, again;
    size_t room = b->cap - b->len;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(room ? b->data + b->len : NULL, room, fmt, ap); /* mostly it fits, and is there */
    va_end(ap);
    /* vsnprintf needs room for a NUL, which is no part of the content: the limit does not count it */
    bool ok = n >= 0 && bt_buf_reserve(b, (size_t)n);
    if (ok && (size_t)n >= room) {
        ok = (size_t)n < b->cap - b->len || grow(b, b->len + (size_t)n + 1);
        if (ok)
            vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    if (ok)
        b->len += (size_t)n;
    else
        b->failed = true;
}

void bt_buf_drop(struct bt_buf *b, size_t n)
{
    assert(n <= b->len);
    if (n == 0)
        return;
    b->len -= n;
    memmove(b->data, b->data + n, b->len);
}

const char *bt_buf_cstr(struct bt_buf *b)
{
    bool failed = b->failed;
    size_t limit = b->limit;
    b->failed = false;
    b->limit = 0;
    bool ok = bt_buf_reserve(b, 1);
    b->failed = failed || !ok;
    b->limit = limit;
    if (!ok)
        return "";
    b->data[b->len] = '\0';
    return b->data;
}
