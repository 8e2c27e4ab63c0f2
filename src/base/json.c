/*
 * json.c - JSON, appended to a buffer.
 */
#include "base/json.h"

#include "base/utf8.h"

static void put_escaped(struct bt_buf *out, uint32_t c)
{
    switch (c) {
    case '"': bt_buf_puts(out, "\\\""); break;
    case '\\': bt_buf_puts(out, "\\\\"); break;
    case '\n': bt_buf_puts(out, "\\n"); break;
    case '\r': bt_buf_puts(out, "\\r"); break;
    case '\t': bt_buf_puts(out, "\\t"); break;
    default: bt_buf_printf(out, "\\u%04x", (unsigned)c); break;
    }
}

/* How many bytes from the start stand for themselves: printable ASCII but for quote and backslash. */
static size_t plain_run(const char *text, size_t len)
{
    size_t n = 0;
    while (n < len && text[n] >= ' ' && text[n] < 0x7F && text[n] != '"' && text[n] != '\\')
        n++;
    return n;
}

void bt_json_string(struct bt_buf *out, const char *text, size_t len)
{
    bt_buf_putc(out, '"');
    for (size_t i = 0, n; i < len; i += n) {
        uint32_t c = 0;
        if ((n = plain_run(text + i, len - i)) > 0) {
            bt_buf_put(out, text + i, n);
            continue;
        }
        n = bt_utf8_decode(text + i, len - i, &c);
        if (n == 0) {
            bt_buf_puts(out, "\xEF\xBF\xBD");
            n = 1;
        } else if (c < ' ' || c == '"' || c == '\\' || (c >= 0x7F && c < 0xA0)) {
            put_escaped(out, c);
        } else {
            bt_buf_put(out, text + i, n);
        }
    }
    bt_buf_putc(out, '"');
}
