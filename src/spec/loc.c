/*
 * loc.c - showing a place in the user's text.
 */
#include "spec/loc.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define LINE_COLUMNS 100 /* of an excerpt; more is cut around the place */
#define LEAD_COLUMNS 60  /* of the line shown before the place, at most */
#define QUOTE_BYTES 60   /* of a name in a message */

/* One character as it is shown. */
struct glyph {
    char text[16];
    size_t bytes; /* in the source */
    int columns;  /* on the screen */
};

struct range {
    uint32_t from, to;
};

static bool is_in(const struct range *r, size_t n, uint32_t c)
{
    for (size_t i = 0; i < n; i++) {
        if (c >= r[i].from && c <= r[i].to)
            return true;
    }
    return false;
}

/* East Asian Width W and F, and emoji (Unicode UAX #11), in coarse blocks. */
static const struct range wide[] = {{0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};
/* Marks that sit on the character before them. */
static const struct range combining[] = {
    {0x300, 0x36F}, {0x1AB0, 0x1AFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}};
/* What a terminal acts on, or what reorders or hides text: C0, C1, marks of direction, line separators, BOM.
 */
static const struct range control[] = {{0, 0x1F}, {0x7F, 0x9F}, {0x200B, 0x200F}, {0x2028, 0x202E},
    {0x2060, 0x206F}, {0xFEFF, 0xFEFF}, {0xE0000, 0xE007F}};

#define IN(ranges, c) is_in(ranges, sizeof(ranges) / sizeof(ranges)[0], c)

static struct glyph glyph_of(const char *s, size_t len)
{
    struct glyph g = {.columns = 1};
    uint32_t c = 0;
    g.bytes = bt_utf8_decode(s, len, &c);
    if (!g.bytes) {
        g.bytes = 1;
        g.columns = snprintf(g.text, sizeof g.text, "\\x%02X", (unsigned)(unsigned char)*s);
    } else if (c == '\t') {
        g.text[0] = ' ';
    } else if (c == 27) {
        g.columns = snprintf(g.text, sizeof g.text, "\\e");
    } else if (IN(control, c)) {
        g.columns = snprintf(g.text, sizeof g.text, c < 0x100 ? "\\x%02X" : "\\x{%X}", (unsigned)c);
    } else {
        memcpy(g.text, s, g.bytes);
        g.columns = IN(wide, c) ? 2 : IN(combining, c) ? 0 : 1;
    }
    return g;
}

void bt_loc_escape(struct bt_buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        struct glyph g = glyph_of(text + i, len - i);
        bt_buf_puts(out, g.text);
        i += g.bytes;
    }
}

void bt_loc_quote(char *out, size_t cap, const char *text, size_t len)
{
    size_t n = 0, i = 0, room = cap < QUOTE_BYTES ? cap : QUOTE_BYTES;
    if (room < 8) { /* quotes, dots, NUL */
        if (cap)
            out[0] = '\0';
        return;
    }
    bool is_quoted = len >= 2 && text[0] == '\'' && text[len - 1] == '\''; /* as the user wrote it */
    if (!is_quoted)
        out[n++] = '\'';
    while (i < len) {
        struct glyph g = glyph_of(text + i, len - i);
        size_t shown = strlen(g.text);
        if (n + shown + 5 > room)
            break;
        memcpy(out + n, g.text, shown);
        n += shown;
        i += g.bytes;
    }
    if (i < len)
        n += (size_t)snprintf(out + n, cap - n, "...");
    snprintf(out + n, cap - n, is_quoted && i == len ? "" : "'");
}

int bt_loc_vfail(
    struct beamtap_err *err, enum beamtap_code code, struct beamtap_loc loc, const char *fmt, va_list ap)
{
    char raw[sizeof err->msg];
    struct bt_buf safe = {.limit = 4 * sizeof raw};
    vsnprintf(raw, sizeof raw, fmt, ap);
    bt_loc_escape(&safe, raw, bt_utf8_whole(raw, strlen(raw)));
    const char *msg = bt_buf_cstr(&safe);
    if (safe.failed)
        bt_err_nomem(err);
    bt_err_at(err, code, loc, "%s", msg);
    bt_buf_done(&safe);
    return -1;
}

int bt_loc_fail(struct beamtap_err *err, enum beamtap_code code, struct beamtap_loc loc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    bt_loc_vfail(err, code, loc, fmt, ap);
    va_end(ap);
    return -1;
}

struct beamtap_loc bt_loc_join(struct beamtap_loc from, struct beamtap_loc to)
{
    if (to.line && to.off + to.len >= from.off)
        from.len = to.off + to.len - from.off;
    return from;
}

/* Columns of text[from..to). */
static int columns_of(const char *text, size_t from, size_t to)
{
    int n = 0;
    while (from < to) {
        struct glyph g = glyph_of(text + from, to - from);
        n += g.columns;
        from += g.bytes;
    }
    return n;
}

/* Where the excerpt begins: so far before the place that at most LEAD_COLUMNS stand in front of it. */
static size_t cut_start(const char *text, size_t from, size_t place)
{
    int excess = columns_of(text, from, place) - LEAD_COLUMNS;
    while (excess > 0 && from < place) {
        struct glyph g = glyph_of(text + from, place - from);
        excess -= g.columns;
        from += g.bytes;
    }
    return from;
}

static size_t cut_end(const char *text, size_t from, size_t to)
{
    int columns = 0;
    while (from < to) {
        struct glyph g = glyph_of(text + from, to - from);
        columns += g.columns;
        if (columns > LINE_COLUMNS)
            break;
        from += g.bytes;
    }
    return from;
}

static void put_repeated(struct bt_buf *out, char c, int n)
{
    while (n-- > 0)
        bt_buf_putc(out, c);
}

void bt_loc_excerpt(struct bt_buf *out, const char *text, const struct beamtap_loc *loc)
{
    size_t len = strlen(text);
    if (loc->line <= 0 || loc->off > len)
        return;
    size_t from = loc->off, to = loc->off;
    while (from > 0 && text[from - 1] != '\n')
        from--;
    while (to < len && text[to] != '\n')
        to++;
    if (to > from && to < len && text[to - 1] == '\r' && to - 1 >= loc->off)
        to--;
    if (from == to)
        return;
    size_t first = cut_start(text, from, loc->off);
    size_t last = cut_end(text, first, to);
    bt_buf_puts(out, first > from ? "    ..." : "    ");
    bt_loc_escape(out, text + first, last - first);
    bt_buf_puts(out, last < to ? "...\n" : "\n");

    size_t end = loc->len > to - loc->off ? to : loc->off + loc->len; /* a place may go on in the next line */
    end = end > last ? last : end;
    put_repeated(out, ' ', 4 + (first > from ? 3 : 0) + columns_of(text, first, loc->off));
    bt_buf_putc(out, '^');
    put_repeated(out, '~', end > loc->off ? columns_of(text, loc->off, end) - 1 : 0);
    bt_buf_putc(out, '\n');
}
