/*
 * source.c - from places in values to places in the file they were written in.
 */
#include "cli/source.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "spec/loc.h"
#include "spec/script.h"

int bt_source_add(struct bt_source_file *f, struct bt_arena *a, struct bt_source_place place)
{
    f->places = bt_arena_grow(a, f->places, f->n, &f->cap, sizeof *f->places);
    if (!f->places)
        return -1;
    f->places[f->n++] = place;
    return 0;
}

static const struct bt_source_place *find(const struct bt_source_file *f, const char *value)
{
    for (size_t i = 0; i < f->n; i++) {
        if (f->places[i].value == value)
            return &f->places[i];
    }
    return NULL;
}

bool bt_source_locate(const struct bt_source_file *f, const char *value, struct beamtap_loc *loc)
{
    const struct bt_source_place *p = find(f, value);
    if (!p)
        return false;
    size_t from = bt_placed_from(p->placed, p->off + (p->is_exact ? loc->off : 0)), to = from;
    if (p->is_exact)
        to = bt_placed_from(p->placed, p->off + loc->off + loc->len);
    *loc = bt_script_place(f->text, from, to > from ? to - from : 1);
    return true;
}

int bt_source_fail(const struct bt_source_file *f, const struct beamtap_err *err)
{
    struct bt_buf b = BT_BUF_INIT;
    bt_buf_puts(&b, "beamtap: ");
    bt_loc_escape(&b, f->name, strlen(f->name));
    if (err->loc.line)
        bt_buf_printf(&b, ":%d:%d", err->loc.line, err->loc.col);
    bt_buf_printf(&b, ": %s\n", err->msg);
    if (err->loc.line)
        bt_loc_excerpt(&b, f->text, &err->loc);
    fputs(bt_buf_cstr(&b), stderr);
    bt_buf_done(&b);
    return beamtap_code_status(err->code);
}
