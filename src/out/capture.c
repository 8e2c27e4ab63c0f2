/*
 * capture.c - the output that keeps everything. Its bytes are made in capture_write.c.
 */
#include "out/capture.h"

#include <stdlib.h>

#include "out/capture_write.h"

static void check(struct bt_out *o, int rc)
{
    o->has_failed = o->has_failed || rc < 0;
}

static void begin(struct bt_out *o, const struct bt_out_head *head)
{
    check(o, bt_capture_write_head(&o->sink.buf, head, &o->err));
}

/* Of what is not written only an event that is too large was one: a buffer that failed is told when it is written. */
static void event(struct bt_out *o, const struct bt_event *ev)
{
    if (!bt_capture_write_event(&o->sink.buf, ev) && !o->sink.buf.failed && bt_capture_code(ev->type))
        o->lost++;
}

static void end(struct bt_out *o, const struct bt_out_end *e)
{
    if (e)
        check(o, bt_capture_write_end(&o->sink.buf, e, &o->err));
}

static void free_it(struct bt_out *o)
{
    free(o);
}

static const struct bt_out_ops ops = {"capture", begin, event, end, free_it};

struct bt_out *bt_capture_out_new(void)
{
    struct bt_out *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    o->ops = &ops;
    o->sink.fd = -1;
    return o;
}
