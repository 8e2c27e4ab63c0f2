/*
 * tee.c - events to several outputs at once.
 */
#include "out/tee.h"

#include <assert.h>
#include <errno.h>

#define PUSH_BYTES                                                                                           \
    65536u /* lines are written when so much has come together, or when nothing else is there */

static bool is_live(const struct bt_out *o)
{
    return !o->is_gone && !o->has_failed;
}

void bt_tee_add(struct bt_tee *t, struct bt_out *out)
{
    assert(t->n < BT_TEE_MAX);
    t->outs[t->n++] = out;
}

void bt_tee_begin(struct bt_tee *t, const struct bt_out_head *head)
{
    t->head = head;
    for (size_t i = 0; i < t->n; i++) {
        if (t->outs[i]->ops->begin)
            t->outs[i]->ops->begin(t->outs[i], head);
    }
}

static void failed(struct bt_out *o, const struct beamtap_err *err)
{
    if (!o->has_failed)
        o->err = *err;
    o->has_failed = true;
}

/* True: it has ended by that. */
static bool push(struct bt_out *o)
{
    struct beamtap_err err = {0};
    if (!is_live(o) || bt_sink_push(&o->sink, &err) == 0)
        return false;
    o->is_gone = err.sys == EPIPE;
    if (!o->is_gone)
        failed(o, &err);
    return true;
}

/* The file is as long as it may be: the next one. */
static void change_file(struct bt_out *o, const struct bt_out_head *head)
{
    struct beamtap_err err = {0};
    if (o->ops->end)
        o->ops->end(o, NULL);
    if (push(o))
        return;
    if (bt_sink_done(&o->sink, &err) < 0 || bt_outfile_open(&o->file, &o->sink, false, &err) < 0)
        failed(o, &err);
    else if (o->ops->begin)
        o->ops->begin(o, head);
}

bool bt_tee_event(struct bt_tee *t, const struct bt_event *ev)
{
    bool ok = true;
    for (size_t i = 0; i < t->n; i++) {
        struct bt_out *o = t->outs[i];
        if (!is_live(o))
            continue;
        if (bt_sink_is_full(&o->sink)) {
            o->lost++;
            ok = false;
            continue;
        }
        o->ops->event(o, ev);
        if (o->sink.buf.len > PUSH_BYTES)
            push(o);
        if (bt_outfile_is_full(&o->file, &o->sink) && is_live(o))
            change_file(o, t->head);
    }
    return ok;
}

void bt_tee_end(struct bt_tee *t, const struct bt_out_end *end)
{
    for (size_t i = 0; i < t->n; i++) {
        if (is_live(t->outs[i]) && t->outs[i]->ops->end)
            t->outs[i]->ops->end(t->outs[i], end);
    }
}

size_t bt_tee_push(struct bt_tee *t)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        n += push(t->outs[i]);
    return n;
}

bool bt_tee_is_full(const struct bt_tee *t)
{
    for (size_t i = 0; i < t->n; i++) {
        if (is_live(t->outs[i]) && bt_sink_is_full(&t->outs[i]->sink))
            return true;
    }
    return false;
}

bool bt_tee_has_more(const struct bt_tee *t)
{
    for (size_t i = 0; i < t->n; i++) {
        if (is_live(t->outs[i]) && t->outs[i]->sink.buf.len > 0)
            return true;
    }
    return false;
}

bool bt_tee_is_over(const struct bt_tee *t)
{
    for (size_t i = 0; i < t->n; i++) {
        if (is_live(t->outs[i]))
            return false;
    }
    return true;
}

bool bt_tee_reader_is_gone(const struct bt_tee *t)
{
    bool is_gone = false;
    for (size_t i = 0; i < t->n; i++)
        is_gone = is_gone || t->outs[i]->is_gone;
    return is_gone && bt_tee_is_over(t) && !bt_tee_error(t);
}

const struct beamtap_err *bt_tee_error(const struct bt_tee *t)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->outs[i]->has_failed)
            return &t->outs[i]->err;
    }
    return NULL;
}

void bt_tee_poll(const struct bt_tee *t, struct pollfd p[BT_TEE_MAX])
{
    for (size_t i = 0; i < BT_TEE_MAX; i++) {
        const struct bt_out *o = i < t->n ? t->outs[i] : NULL;
        bool is_waiting = o && is_live(o) && !o->sink.is_file;
        p[i] = (struct pollfd){.fd = is_waiting ? o->sink.fd : -1};
        if (is_waiting && o->sink.buf.len > 0)
            p[i].events = POLLOUT;
    }
}

size_t bt_tee_polled(struct bt_tee *t, const struct pollfd p[BT_TEE_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++) {
        if (!is_live(t->outs[i]) || !(p[i].revents & (POLLERR | POLLHUP)))
            continue;
        t->outs[i]->is_gone = true;
        n++;
    }
    return n;
}

void bt_tee_close(struct bt_tee *t)
{
    for (size_t i = 0; i < t->n; i++) {
        struct bt_out *o = t->outs[i];
        struct beamtap_err err = {0};
        if (o->sink.fd >= 0 && bt_sink_done(&o->sink, &err) < 0)
            failed(o, &err);
    }
}

void bt_tee_discard(struct bt_tee *t)
{
    for (size_t i = 0; i < t->n; i++) {
        if (t->outs[i]->sink.fd >= 0)
            bt_sink_discard(&t->outs[i]->sink);
    }
}

void bt_tee_done(struct bt_tee *t)
{
    for (size_t i = 0; i < t->n; i++) {
        bt_buf_done(&t->outs[i]->sink.buf); /* of an output that was abandoned */
        bt_outfile_done(&t->outs[i]->file);
        t->outs[i]->ops->free(t->outs[i]);
    }
    t->n = 0;
}
