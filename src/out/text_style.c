/*
 * text_style.c - what the options change of a line of text.
 */
#include "out/text_style.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "spec/loc.h"

#define DIM "\x1b[2m"
#define RED "\x1b[31m"
#define YELLOW "\x1b[33m"
#define CYAN "\x1b[36m"
#define BOLD "\x1b[1m"
#define PLAIN "\x1b[0m"

bool bt_text_style_is_plain(const struct bt_text_style *s)
{
    return s->time == BT_TEXT_TIME_LOCAL && !s->has_color && !s->is_pretty && !s->has_names &&
           s->max_line == 0;
}

static void paint(struct bt_buf *out, const struct bt_text_style *s, const char *color)
{
    if (s->has_color)
        bt_buf_puts(out, color);
}

static void put_utc(struct bt_buf *out, int64_t wall_ns)
{
    time_t second = (time_t)(wall_ns / 1000000000);
    struct tm tm = {0};
    gmtime_r(&second, &tm); /* fails for years that no clock shows */
    bt_buf_printf(out, "%02d:%02d:%02d.%06dZ ", tm.tm_hour, tm.tm_min, tm.tm_sec,
        (int)imaxabs(wall_ns / 1000 % 1000000));
}

static void put_when(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o,
    const struct bt_text_parts *parts)
{
    const struct bt_text_style *s = o->style;
    int64_t us = (ev->wall_ns - s->start_ns) / 1000;
    if (s->time == BT_TEXT_TIME_NONE || ev->wall_ns == 0) /* 0: a foreign trace without stamps */
        return;
    paint(out, s, DIM);
    switch (s->time) {
    case BT_TEXT_TIME_LOCAL: parts->time(out, ev->wall_ns, o->memo); break;
    case BT_TEXT_TIME_UTC: put_utc(out, ev->wall_ns); break;
    case BT_TEXT_TIME_RELATIVE:
        bt_buf_printf(out, "%c%" PRIdMAX ".%06d ", us < 0 ? '-' : '+', imaxabs(us / 1000000),
            (int)imaxabs(us % 1000000));
        break;
    case BT_TEXT_TIME_NONE: break;
    }
    paint(out, s, PLAIN);
}

static bool put_who(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o,
    const struct bt_text_parts *parts)
{
    paint(out, o->style, CYAN);
    bool ok = ev->pid.len == 0 || parts->pid(out, ev->pid, o);
    if (o->style->has_names && ev->name.len) {
        bt_buf_putc(out, '(');
        bt_loc_escape(out, (const char *)ev->name.p, ev->name.len);
        bt_buf_putc(out, ')');
    }
    paint(out, o->style, PLAIN);
    return ok;
}

static bool put_call(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o,
    const struct bt_text_parts *parts)
{
    bt_buf_putc(out, ' ');
    paint(out, o->style, BOLD);
    parts->function(out, ev, o);
    paint(out, o->style, PLAIN);
    if (ev->type == BT_EVENT_CALL) {
        bool ok = parts->args(out, ev, o);
        return parts->notes(out, ev, o) && ok;
    }
    bool is_red = ev->type == BT_EVENT_EXCEPTION;
    if (is_red)
        paint(out, o->style, RED);
    bool ok = parts->outcome(out, ev, o);
    if (is_red)
        paint(out, o->style, PLAIN);
    return ok;
}

bool bt_text_styled(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o,
    const struct bt_text_parts *parts)
{
    const struct bt_text_style *s = o->style;
    size_t from = out->len;
    bool ok = true;
    put_when(out, ev, o, parts);
    bt_text_node(out, ev);
    if (ev->type > BT_EVENT_RETURN_TO) {
        paint(out, s, YELLOW);
        bt_buf_puts(out, "-- ");
        bt_text_remark(out, ev);
        paint(out, s, PLAIN);
    } else {
        ok = put_who(out, ev, o, parts);
        ok = (bt_event_is_single(ev->type) ? parts->single(out, ev, o) : put_call(out, ev, o, parts)) && ok;
    }
    if (s->max_line)
        bt_text_cut(out, from, s->max_line);
    if (s->is_pretty)
        bt_text_break(out, from, BT_TEXT_WIDTH);
    bt_buf_putc(out, '\n');
    return ok;
}

/* ---- length ---- */

/* The bytes of what stands at s: an escape sequence of ours, or a character; *columns of it are seen. */
static size_t step(const char *s, size_t len, size_t *columns)
{
    size_t n = 1;
    *columns = s[0] != '\x1b';
    if (s[0] == '\x1b') {
        while (n < len && s[n] != 'm')
            n++;
        return n < len ? n + 1 : n;
    }
    while (n < len && ((unsigned char)s[n] & 0xC0) == 0x80)
        n++;
    return n;
}

void bt_text_cut(struct bt_buf *out, size_t from, uint32_t most)
{
    size_t seen = 0, cut = 0, columns;
    bool has_color = false;
    for (size_t i = from; i < out->len;) {
        size_t n = step(out->data + i, out->len - i, &columns);
        has_color = has_color || columns == 0;
        if (seen == most && columns && !cut)
            cut = i;
        seen += columns;
        i += n;
    }
    if (!cut)
        return;
    out->len = cut;
    bt_buf_printf(out, "%s...+%zu", has_color ? PLAIN : "", seen - most);
}
