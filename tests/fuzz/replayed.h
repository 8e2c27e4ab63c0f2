/*
 * replayed.h - what the fuzz targets of replay/ share: every event becomes lines that can be shown, and a record of a capture that is
 * read back as the same event.
 */
#ifndef BT_FUZZ_REPLAYED_H
#define BT_FUZZ_REPLAYED_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "captured.h"
#include "json_check.h"
#include "lib/inside.h"
#include "out/capture_write.h"
#include "out/jsonl.h"
#include "out/perfetto.h"
#include "out/text.h"
#include "replay/reader.h"
#include "safe.h"

#define BT_FUZZ_AGAIN                                                                                        \
    3 /* events of each input that are shown in all formats, written and read back: it takes most of the time */

static inline void bt_fuzz_line(
    struct bt_buf *line, const struct bt_event *ev, const struct bt_out_head *head)
{
    struct bt_text_opts opts = {.clauses = head->clauses,
        .n_clauses = head->n_clauses,
        .whole_args = head->args == BT_ARGS_MODE_ALL,
        .no_args = head->args == BT_ARGS_MODE_ARITY,
        .print = {.home = {(const uint8_t *)head->node, strlen(head->node)}}};
    bt_text_event(line, ev, &opts);
    assert(!line->failed && line->len > 0 && line->data[line->len - 1] == '\n');
    bt_fuzz_check_safe(line->data, line->len - 1, false);
}

static inline bool bt_fuzz_is_term(struct bt_slice s)
{
    struct bt_etf r;
    bt_etf_init(&r, s.p, s.len);
    return s.len == 0 || (bt_etf_skip(&r) && r.p == r.end);
}

/* A closure claims a size, which may be possible where it stands and too large where it stands alone. */
static inline bool bt_fuzz_can_stand_alone(const struct bt_event *ev)
{
    bool ok = bt_fuzz_is_term(ev->pid) && bt_fuzz_is_term(ev->mfa) && bt_fuzz_is_term(ev->value) &&
              bt_fuzz_is_term(ev->peer) && bt_fuzz_is_term(ev->caller);
    for (size_t i = 0; ok && i < ev->n_values; i++)
        ok = bt_fuzz_is_term(ev->values[i]);
    return ok;
}

/* The event in this format; the output is made once. */
static inline void bt_fuzz_format(
    struct bt_out *o, const struct bt_event *ev, const struct bt_out_head *head, bool is_lines)
{
    struct bt_buf *b = &o->sink.buf;
    bt_buf_reset(b);
    o->ops->begin(o, head);
    o->ops->event(o, ev);
    o->ops->end(o, NULL);
    assert(!b->failed && b->len > 0 && b->data[b->len - 1] == '\n');
    bt_fuzz_check_safe(b->data, b->len - 1, !is_lines);
    assert(!is_lines || bt_fuzz_json_lines(b->data, b->len));
}

/* As a caller of the library sees it: all texts are there and end, arguments can be asked for. */
static inline void bt_fuzz_public(const struct bt_event *ev, const struct bt_out_head *head)
{
    static struct beamtap_session s; /* with buffers that are kept */
    struct beamtap_err err = {0};
    const struct beamtap_event *out = &s.shown;
    const struct beamtap_arg *arg;
    s.head = *head;
    bt_text_opts_init(&s.opts, head);
    s.ev = *ev;
    memset(s.pids, 0, sizeof s.pids); /* they hold for one head */
    memset(s.functions, 0, sizeof s.functions);
    for (int i = 0; i < 2; i++) /* made, then known */
        assert(bt_lib_show(&s, &err) == 0);
    const char *const texts[] = {out->node, out->pid, out->name, out->module, out->function,
        out->caller_module, out->caller_function, out->exception_class, out->kind};
    size_t n = 0;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        n += texts[i] ? strlen(texts[i]) : 0;
    assert(n <= s.texts.len + strlen(head->node) + 2 * sizeof s.pids[0].text);
    bt_fuzz_check_safe(out->pid, strlen(out->pid), false);
    for (size_t i = 0; (arg = beamtap_event_arg(out, i, &err)) != NULL; i++)
        bt_fuzz_check_safe(arg->text, strlen(arg->text), false);
    assert(err.code == BEAMTAP_OK || err.code == BEAMTAP_EPROTO);
}

static inline void bt_fuzz_formats(const struct bt_event *ev, const struct bt_out_head *head)
{
    static const struct bt_print_opts print;
    static struct bt_out *json, *perfetto;
    if (!json) {
        json = bt_jsonl_out_new(&print);
        perfetto = bt_perfetto_out_new(&print);
        assert(json && perfetto);
    }
    bt_fuzz_format(json, ev, head, true);
    bt_fuzz_format(perfetto, ev, head, false);
    bt_fuzz_public(ev, head);
}

/* Written to a capture and read back, the event is the same: its line is. */
static inline void bt_fuzz_again(
    const struct bt_event *ev, const struct bt_out_head *head, const struct bt_buf *line)
{
    static struct bt_buf head_bytes; /* made once */
    static struct bt_event back;
    static struct bt_buf file, again;
    struct bt_input in;
    struct bt_out_head none = {.node = "a@b", .options = ""};
    if (!bt_fuzz_can_stand_alone(ev))
        return;
    if (head_bytes.len == 0)
        assert(bt_capture_write_head(&head_bytes, &none, NULL) == 0);
    bt_buf_reset(&file);
    bt_buf_reset(&again);
    bt_buf_put(&file, head_bytes.data, head_bytes.len);
    assert(bt_capture_write_event(&file, ev));
    struct bt_test_file mem = {.bytes = file.data, .len = file.len};
    bt_input_init(&in, bt_test_read, &mem);
    struct bt_reader *r = bt_reader_open(&in, NULL, NULL);
    assert(r && bt_reader_next(r, &back, NULL) == BT_NEXT_EVENT);
    bt_fuzz_line(&again, &back, head);
    assert(again.len == line->len && memcmp(again.data, line->data, line->len) == 0);
    assert(bt_reader_next(r, &back, NULL) == BT_NEXT_END);
    bt_reader_close(r);
    bt_input_done(&in);
}

#endif
