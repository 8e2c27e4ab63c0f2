/*
 * event.c - the current event as callers see it, its arguments, and its lines.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/inside.h"
#include "node/counting.h"
#include "out/jsonl.h"

/* ---- texts: appended to one buffer, which may move until all of them are there ---- */

#define MOST_TEXTS 10

struct texts {
    struct bt_buf *b;
    struct {
        const char **field;
        size_t at;
    } items[MOST_TEXTS];
    size_t n;
};

static void begin_text(struct texts *t, const char **field)
{
    t->items[t->n].field = field;
    t->items[t->n++].at = t->b->len;
}

static void put(struct texts *t, const char **field, struct bt_slice text)
{
    begin_text(t, field);
    if (text.len)
        bt_buf_put(t->b, text.p, text.len);
    bt_buf_putc(t->b, '\0');
}

/* Now they stay where they are. */
static void settle(struct texts *t)
{
    for (size_t i = 0; i < t->n; i++)
        *t->items[i].field = t->b->data + t->items[i].at;
}

/* ---- the event ---- */

/* Most terms are told from what stands for one that was left out by their first bytes: its name begins with a $. */
static bool is_left_out(struct bt_slice s)
{
    return memchr(s.p, '$', s.len < 8 ? s.len : 8) && bt_text_is_left_out(s);
}

static struct beamtap_term term_of(struct bt_slice s)
{
    return s.len && !is_left_out(s) ? (struct beamtap_term){s.p, s.len}
                                            : (struct beamtap_term){NULL, 0};
}

static enum beamtap_event_type type_of(enum bt_event_type type)
{
    if (type <= BT_EVENT_OTHER) /* in the same order */
        return (enum beamtap_event_type)(BEAMTAP_EVENT_CALL + (int)type);
    return type == BT_EVENT_SKIPPED   ? BEAMTAP_EVENT_SKIPPED
           : type == BT_EVENT_LOST    ? BEAMTAP_EVENT_LOST
           : type == BT_EVENT_REARMED ? BEAMTAP_EVENT_RELOADED
           : type == BT_EVENT_COUNTS  ? BEAMTAP_EVENT_COUNTS
                                      : BEAMTAP_EVENT_NOTE;
}

_Static_assert(BEAMTAP_EVENT_CALL + (int)BT_EVENT_OTHER == BEAMTAP_EVENT_OTHER, "the same order");

/* ---- texts that come again and again ---- */

/* Where the texts of these bytes are kept. The low byte of a process's number stands nine bytes from the end of its external form. */
static struct bt_lib_known *place_of(
    struct bt_lib_known known[BT_LIB_KNOWN], struct bt_slice etf, size_t from_end)
{
    return &known[(etf.len + (etf.len > from_end ? etf.p[etf.len - from_end] : 0)) & (BT_LIB_KNOWN - 1)];
}

static bool is_known(const struct bt_lib_known *k, struct bt_slice etf)
{
    return k->len > 0 && k->len == etf.len && memcmp(k->etf, etf.p, etf.len) == 0;
}

/* True: there is room for the bytes, and for texts of this length with their NULs. */
static bool learn(struct bt_lib_known *k, struct bt_slice etf, size_t text_len)
{
    k->len = 0;
    if (etf.len == 0 || etf.len > sizeof k->etf || text_len > sizeof k->text)
        return false;
    memcpy(k->etf, etf.p, etf.len);
    k->len = etf.len;
    return true;
}

/* Of several nodes each has its own text for a pid: there it is made anew. */
static void put_pid(struct beamtap_session *s, struct texts *t)
{
    struct bt_slice pid = s->ev.pid;
    struct bt_lib_known *k = place_of(s->pids, pid, 9);
    bool is_one = s->ev.node.len == 0;
    if (is_one && is_known(k, pid)) {
        s->shown.pid = k->text;
        return;
    }
    size_t at = t->b->len;
    begin_text(t, &s->shown.pid);
    bt_text_term(t->b, pid, &s->opts.print);
    bt_buf_putc(t->b, '\0');
    if (is_one && !t->b->failed && learn(k, pid, t->b->len - at))
        memcpy(k->text, t->b->data + at, t->b->len - at);
}

static void put_names(struct beamtap_session *s, struct texts *t)
{
    const struct bt_event *ev = &s->ev;
    struct beamtap_event *out = &s->shown;
    struct bt_lib_known *k = place_of(s->functions, ev->mfa, 3);
    size_t m = ev->module.len, f = ev->function.len;
    out->arity = ev->arity;
    if (!is_known(k, ev->mfa)) {
        if (!learn(k, ev->mfa, m + f + 2)) {
            put(t, &out->module, ev->module);
            put(t, &out->function, ev->function);
            return;
        }
        if (m)
            memcpy(k->text, ev->module.p, m);
        if (f)
            memcpy(k->text + m + 1, ev->function.p, f);
        k->text[m] = k->text[m + 1 + f] = '\0';
        k->second = m + 1;
    }
    out->module = k->text;
    out->function = k->text + k->second;
}

static void put_function(struct beamtap_session *s, struct texts *t)
{
    const struct bt_event *ev = &s->ev;
    struct beamtap_event *out = &s->shown;
    if (ev->type < BT_EVENT_SEND) {
        put_names(s, t);
    } else if (ev->type == BT_EVENT_REARMED) {
        put(t, &out->module, ev->module);
        put(t, &out->function, ev->function);
        out->arity = ev->arity;
    } else if (bt_event_is_single(ev->type) && ev->mfa.len && bt_text_mfa(ev->mfa, &s->frame)) {
        put(t, &out->module, s->frame.module);
        put(t, &out->function, s->frame.function);
        out->arity = s->frame.arity;
    }
}

static void put_notes(struct beamtap_session *s, struct texts *t)
{
    struct beamtap_event *out = &s->shown;
    const struct bt_event *ev = &s->ev;
    const struct bt_clause *c =
        ev->type == BT_EVENT_CALL && ev->clause < s->opts.n_clauses ? s->opts.clauses[ev->clause] : NULL;
    for (size_t i = 0; c && i < c->n_notes; i++) {
        struct bt_slice note = bt_text_note(ev, &s->opts, i);
        if (!note.p)
            continue;
        if (c->notes[i] == BT_NOTE_MESSAGE) {
            out->message = term_of(note);
        } else if (c->notes[i] == BT_NOTE_STACK) {
            out->stack = term_of(note);
        } else if ((out->has_caller = true) && bt_text_mfa(note, &s->frame)) {
            put(t, &out->caller_module, s->frame.module);
            put(t, &out->caller_function, s->frame.function);
            out->caller_arity = s->frame.arity;
        }
    }
}

/* What stands in the event only for some types. */
static void put_rest(struct beamtap_session *s, struct texts *t)
{
    struct beamtap_event *out = &s->shown;
    const struct bt_event *ev = &s->ev;
    bool is_outcome = ev->type > BT_EVENT_CALL && ev->type < BT_EVENT_SEND;
    if (ev->type == BT_EVENT_EXCEPTION)
        put(t, &out->exception_class, ev->class_name);
    if (ev->type == BT_EVENT_GC || ev->type == BT_EVENT_OTHER)
        put(t, &out->kind, ev->class_name);
    if (ev->type == BT_EVENT_GC) {
        out->before_bytes = ev->before;
        out->after_bytes = ev->after;
    }
    if (is_outcome || ev->type == BT_EVENT_GC || ev->type == BT_EVENT_RUNNING)
        out->duration_ns = ev->duration_ns;
    if (is_outcome || bt_event_is_single(ev->type))
        out->value = term_of(ev->value);
    if (bt_event_is_single(ev->type))
        out->peer = term_of(ev->peer);
    else if (ev->type > BT_EVENT_OTHER)
        out->amount = ev->amount;
}

int bt_lib_show(struct beamtap_session *s, struct beamtap_err *err)
{
    struct texts t;
    const struct bt_event *ev = &s->ev;
    bool is_event = ev->type <= BT_EVENT_OTHER;
    struct beamtap_event *out = &s->shown;
    uint64_t seq = out->seq;
    memset(out, 0, sizeof *out); /* in place: a literal would be made elsewhere, and copied */
    out->type = type_of(ev->type);
    out->seq = seq + 1;
    out->session = s;
    out->node = s->head.node;
    out->pid = out->name = "";
    out->wall_ns = ev->wall_ns;
    out->mono_ns = ev->mono_ns;
    out->duration_ns = -1;
    t.b = &s->texts; /* its items are written before they are read */
    t.n = 0;
    bt_buf_reset(&s->texts);
    s->args.is_there = false;
    if (ev->node.len) {
        s->opts.print.home = ev->node;
        put(&t, &out->node, ev->node);
    }
    if (is_event)
        out->pid_term = (struct beamtap_term){ev->pid.len ? ev->pid.p : NULL, ev->pid.len};
    if (out->pid_term.etf)
        put_pid(s, &t);
    if (is_event && ev->name.len)
        put(&t, &out->name, ev->name);
    put_function(s, &t);
    put_notes(s, &t);
    put_rest(s, &t);
    if (s->texts.failed || s->frame.file.failed)
        return bt_err_nomem(err);
    settle(&t);
    return 0;
}

struct beamtap_session *bt_lib_current(const struct beamtap_event *ev, struct beamtap_err *err)
{
    struct beamtap_session *s = ev ? (struct beamtap_session *)ev->session : NULL;
    if (s && s->shown.type != 0 && s->shown.seq == ev->seq)
        return s;
    bt_lib_misuse(err, s ? "the event is no longer the current one of its session"
                         : "the event is NULL, or was not given by a session");
    return NULL;
}

void bt_lib_event_done(struct beamtap_session *s)
{
    bt_buf_done(&s->texts);
    bt_buf_done(&s->frame.file);
    bt_buf_done(&s->args.texts);
    bt_buf_done(&s->args.text);
    bt_buf_done(&s->line);
    bt_buf_done(&s->tally_texts);
    free(s->args.items);
    if (s->json) {
        bt_buf_done(&s->json->sink.buf);
        s->json->ops->free(s->json);
    }
}

/* ---- what the VM counted ---- */

static void set_tally(struct beamtap_tally *out, const struct bt_tallies *all, const struct bt_tally *now,
    const struct bt_tally *before)
{
    *out = (struct beamtap_tally){.calls = now->calls,
        .time_us = now->us,
        .bytes = now->bytes,
        .calls_before = before->calls,
        .time_before_us = before->us,
        .bytes_before = before->bytes,
        .at_us = all->at_us,
        .before_us = all->before_us};
}

const struct beamtap_tally *beamtap_session_tally(struct beamtap_session *s, size_t i)
{
    const struct bt_tallies *all =
        s && s->live && s->state != BT_LIB_OPEN ? bt_session_tallies(s->live) : NULL;
    struct texts t = {.b = s ? &s->tally_texts : NULL};
    if (!all || !all->rows || (i >= all->n_rows && i != BEAMTAP_TALLY_SUM))
        return NULL;
    if (i == BEAMTAP_TALLY_SUM) {
        set_tally(&s->tally, all, &all->sum, &all->sum_before);
        return &s->tally;
    }
    const struct bt_tally_row *row = &all->rows[i];
    set_tally(&s->tally, all, &row->now, &row->before);
    s->tally.module = row->module;
    s->tally.function = row->function;
    s->tally.arity = row->arity;
    if (row->module)
        return &s->tally;
    bt_buf_reset(t.b);
    put(&t, &s->tally.name, row->name);
    begin_text(&t, &s->tally.pid);
    bt_text_term(t.b, row->pid, &s->opts.print);
    bt_buf_putc(t.b, '\0');
    if (t.b->failed)
        return NULL;
    settle(&t);
    return &s->tally;
}

/* ---- arguments ---- */

static void take_arg(void *self, const struct bt_text_arg *arg)
{
    struct bt_lib_args *a = self;
    if (a->n == a->cap) {
        size_t cap = a->cap ? 2 * a->cap : 16;
        struct beamtap_arg *items = realloc(a->items, cap * sizeof *items);
        if (!items) {
            a->texts.failed = true;
            return;
        }
        a->items = items;
        a->cap = cap;
    }
    struct beamtap_arg *to = &a->items[a->n++];
    to->term = (struct beamtap_term){arg->value.p, arg->value.len};
    bt_buf_put(&a->texts, a->text.data, a->text.len);
    bt_buf_putc(&a->texts, '\0');
}

static void make_args(struct beamtap_session *s)
{
    struct bt_lib_args *a = &s->args;
    bt_buf_reset(&a->texts);
    a->n = 0;
    a->is_whole = bt_text_each_arg(&s->ev, &s->opts, &a->text, take_arg, a);
    a->is_there = !a->texts.failed && !a->text.failed;
    const char *text = a->texts.data;
    for (size_t i = 0; a->is_there && i < a->n; i++) {
        a->items[i].text = text;
        text += strlen(text) + 1; /* control bytes, NUL among them, are escaped in text */
    }
}

const struct beamtap_arg *beamtap_event_arg(const struct beamtap_event *ev, size_t i, struct beamtap_err *err)
{
    struct beamtap_err e = {0};
    struct beamtap_session *s = bt_lib_current(ev, &e);
    if (!s) {
        bt_lib_fail(err, &e);
        return NULL;
    }
    bt_err_clear(err);
    if (s->ev.type != BT_EVENT_CALL)
        return NULL;
    if (!s->args.is_there)
        make_args(s);
    if (!s->args.is_there)
        bt_err_nomem(err);
    else if (i < s->args.n)
        return &s->args.items[i];
    else if (!s->args.is_whole && s->args.n > 0)
        bt_err_set(err, BEAMTAP_EPROTO, "an argument cannot be read");
    return NULL;
}

/* ---- lines ---- */

/* Keeps what was made for a style, until there is another one. */
static int use_style(struct beamtap_session *s, const struct beamtap_style *style, struct beamtap_err *err)
{
    struct bt_lib_style st;
    if (bt_lib_take_style(&st, style, s->head.syntax, err) < 0)
        return -1;
    if (st.asked.format > BEAMTAP_FORMAT_JSON)
        return bt_err_set(
            err, BEAMTAP_EUSAGE, "single events have the formats TEXT and JSON; others need an output");
    st.text.start_ns = s->head.start_wall_ns;
    if (s->has_style && memcmp(&s->style.asked, &st.asked, sizeof st.asked) == 0)
        return 0;
    s->style = st;
    s->has_style = true;
    memset(&s->memo, 0, sizeof s->memo);
    if (s->json) {
        bt_buf_done(&s->json->sink.buf);
        s->json->ops->free(s->json);
        s->json = NULL;
    }
    return 0;
}

static struct bt_buf *put_line(struct beamtap_session *s)
{
    struct bt_text_opts o = s->opts;
    o.print.syntax = s->style.print.syntax;
    o.print.max_depth = s->style.print.max_depth;
    o.memo = &s->memo;
    o.style = bt_text_style_is_plain(&s->style.text) ? NULL : &s->style.text;
    bt_buf_reset(&s->line);
    bt_text_event(&s->line, &s->ev, &o);
    return &s->line;
}

static struct bt_buf *put_json(struct beamtap_session *s)
{
    struct bt_out_head head = s->head;
    head.syntax = s->style.print.syntax;
    if (!s->json) {
        if (!(s->json = bt_jsonl_out_new(&s->style.print)))
            return NULL;
        s->json->ops->begin(s->json, &head);
    }
    bt_buf_reset(&s->json->sink.buf);
    bt_jsonl_out_seq(s->json, s->shown.seq);
    s->json->ops->event(s->json, &s->ev);
    return &s->json->sink.buf;
}

ssize_t beamtap_event_format(const struct beamtap_event *ev, const struct beamtap_style *style, char *buf,
    size_t cap, struct beamtap_err *err)
{
    struct beamtap_err e = {0};
    struct beamtap_session *s = bt_lib_current(ev, &e);
    ssize_t n = -1;
    if (s && use_style(s, style, &e) == 0) {
        struct bt_buf *b = s->style.asked.format == BEAMTAP_FORMAT_JSON ? put_json(s) : put_line(s);
        n = b ? bt_lib_give(b, buf, cap, &e) : bt_err_nomem(&e);
    }
    if (n < 0)
        bt_lib_fail(err, &e);
    return n;
}

ssize_t beamtap_event_remark(const struct beamtap_event *ev, char *buf, size_t cap, struct beamtap_err *err)
{
    struct beamtap_err e = {0};
    struct beamtap_session *s = bt_lib_current(ev, &e);
    if (!s)
        return bt_lib_fail(err, &e);
    bt_buf_reset(&s->line);
    if (s->ev.type > BT_EVENT_RETURN_TO)
        bt_text_remark(&s->line, &s->ev);
    ssize_t n = bt_lib_give(&s->line, buf, cap, &e);
    return n < 0 ? bt_lib_fail(err, &e) : n;
}
