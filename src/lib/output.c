/*
 * output.c - events to a file or a descriptor.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/inside.h"
#include "out/capture.h"
#include "out/jsonl.h"
#include "out/perfetto.h"
#include "out/tee.h"
#include "out/text_out.h"

struct beamtap_output {
    struct beamtap_session *s;
    struct bt_tee tee; /* of one */
    struct bt_lib_style style;
    struct bt_out_head head;
    bool has_begun, has_ended;
    uint64_t received, printed;
    char *path;
};

/* ---- opening ---- */

static struct bt_out *new_text(const struct bt_lib_style *s)
{
    return bt_text_out_new(&s->text, &s->print);
}

static struct bt_out *new_json(const struct bt_lib_style *s)
{
    return bt_jsonl_out_new(&s->print);
}

static struct bt_out *new_perfetto(const struct bt_lib_style *s)
{
    return bt_perfetto_out_new(&s->print);
}

static struct bt_out *new_capture(const struct bt_lib_style *s)
{
    (void)s;
    return bt_capture_out_new();
}

static int check(const struct beamtap_output_opts *o, enum beamtap_format format, struct beamtap_err *err)
{
    if (o->append && (!o->path || format > BEAMTAP_FORMAT_JSON))
        return bt_err_set(err, BEAMTAP_EUSAGE, "append goes with path, and with the formats TEXT and JSON");
    if (o->rotate_size < 0 || o->rotate_count < 0 || o->rotate_count > BT_OUTFILE_MAX_KEEP)
        return bt_err_set(
            err, BEAMTAP_EUSAGE, "rotate_size is 0 or more, rotate_count 0 to %d", BT_OUTFILE_MAX_KEEP);
    if ((o->rotate_size && !o->path) || (o->rotate_count && !o->rotate_size))
        return bt_err_set(err, BEAMTAP_EUSAGE, "rotate_size goes with path, rotate_count with rotate_size");
    if (!o->path && o->fd < 0)
        return bt_err_set(err, BEAMTAP_EUSAGE, "neither a path nor a descriptor is given");
    return o->path ? bt_outfile_check(o->path, err) : 0;
}

static int open_sink(struct beamtap_output *out, const struct beamtap_output_opts *o, struct bt_out *to,
    struct beamtap_err *err)
{
    if (!o->path) {
        bt_sink_init(&to->sink, o->fd, o->fd == STDOUT_FILENO ? "stdout" : "the output");
        return 0;
    }
    if (!(out->path = strdup(o->path)))
        return bt_err_nomem(err);
    to->file = (struct bt_outfile){.pattern = out->path,
        .node = out->s->head.node,
        .session = o->session,
        .max_bytes = (uint64_t)o->rotate_size,
        .keep = (size_t)o->rotate_count};
    return bt_outfile_open(&to->file, &to->sink, o->append, err);
}

static int open_output(
    struct beamtap_output *out, const struct beamtap_output_opts *opts, struct beamtap_err *err)
{
    static struct bt_out *(*const makers[])(const struct bt_lib_style *) = {
        new_text, new_json, new_perfetto, new_capture};
    struct beamtap_output_opts o;
    if (bt_lib_take_opts(&o, sizeof o, sizeof o, opts, "beamtap_output_opts", err) < 0 ||
        bt_lib_take_style(&out->style, o.style, out->s->head.syntax, err) < 0 ||
        check(&o, out->style.asked.format, err) < 0)
        return -1;
    struct bt_out *to = makers[out->style.asked.format](&out->style);
    if (!to)
        return bt_err_nomem(err);
    bt_tee_add(&out->tee, to);
    return open_sink(out, &o, to, err);
}

int beamtap_output_check(const struct beamtap_output_opts *opts, struct beamtap_err *err)
{
    struct beamtap_output_opts o;
    struct bt_lib_style style;
    struct beamtap_err e = {0};
    if (bt_lib_take_opts(&o, sizeof o, sizeof o, opts, "beamtap_output_opts", &e) < 0 ||
        bt_lib_take_style(&style, o.style, BT_SYNTAX_ERLANG, &e) < 0 || check(&o, style.asked.format, &e) < 0)
        return bt_lib_fail(err, &e);
    return 0;
}

static void free_output(struct beamtap_output *out)
{
    bt_tee_done(&out->tee);
    free(out->path);
    free(out);
}

struct beamtap_output *beamtap_output_open(
    struct beamtap_session *s, const struct beamtap_output_opts *opts, struct beamtap_err *err)
{
    struct beamtap_err e = {0};
    if (!s) {
        bt_lib_misuse(err, "the session is NULL");
        return NULL;
    }
    struct beamtap_output *out = calloc(1, sizeof *out);
    if (out) {
        out->s = s;
        if (open_output(out, opts, &e) == 0)
            return out;
        free_output(out);
    } else {
        bt_err_nomem(&e);
    }
    bt_lib_fail(err, &e);
    return NULL;
}

/* ---- writing ---- */

/* What was said of the one output that is there. */
static int failed(const struct beamtap_output *out, struct beamtap_err *err)
{
    const struct beamtap_err *why = bt_tee_error(&out->tee);
    struct beamtap_err e = {0};
    if (!why) {
        bt_err_sys(&e, BEAMTAP_EOUTPUT, EPIPE, "the output's reader is gone");
        why = &e;
    }
    return bt_lib_fail(err, why);
}

static void begin(struct beamtap_output *out)
{
    if (out->has_begun)
        return;
    out->has_begun = true;
    out->head = out->s->head; /* with the time of the start */
    out->head.syntax = out->style.print.syntax;
    bt_tee_begin(&out->tee, &out->head);
}

int beamtap_output_event(struct beamtap_output *out, const struct beamtap_event *ev, struct beamtap_err *err)
{
    struct beamtap_err e;
    e.code = BEAMTAP_OK; /* the rest is only written with an error, and this runs for each event */
    if (!out)
        return bt_lib_misuse(err, "the output is NULL");
    struct beamtap_session *s = bt_lib_current(ev, &e);
    if (!s)
        return bt_lib_fail(err, &e);
    if (s != out->s)
        return bt_lib_misuse(err, "the event is of another session than the output");
    if (out->has_ended)
        return bt_lib_misuse(err, "the output has ended");
    if (bt_tee_is_over(&out->tee))
        return failed(out, err);
    begin(out);
    bool is_taken = bt_tee_event(&out->tee, &s->ev);
    if (s->ev.type <= BT_EVENT_OTHER) {
        out->received++;
        out->printed += is_taken;
    }
    if (bt_tee_is_over(&out->tee))
        return failed(out, err);
    return is_taken ? 0 : 1;
}

bool beamtap_output_is_full(const struct beamtap_output *out)
{
    return out && bt_tee_is_full(&out->tee);
}

int beamtap_output_fd(const struct beamtap_output *out, bool *waits)
{
    struct pollfd p[BT_TEE_MAX] = {{.fd = -1}};
    if (out)
        bt_tee_poll(&out->tee, p);
    if (waits)
        *waits = p[0].events != 0;
    return p[0].fd;
}

/* With nothing to write only poll() tells that a reader is gone. */
static void look_for_reader(struct beamtap_output *out)
{
    struct pollfd p[BT_TEE_MAX];
    bt_tee_poll(&out->tee, p);
    if (p[0].fd >= 0 && poll(p, 1, 0) > 0)
        bt_tee_polled(&out->tee, p);
}

/* 0: all is written; 1: not in time; -1: failed. */
static int drain(struct beamtap_output *out, int timeout_ms)
{
    int64_t until = timeout_ms < 0 ? BT_NEVER : bt_clock_mono_us() + (int64_t)timeout_ms * 1000;
    for (;;) {
        struct pollfd p[BT_TEE_MAX];
        bt_tee_push(&out->tee);
        if (bt_tee_is_over(&out->tee))
            return -1;
        if (!bt_tee_has_more(&out->tee))
            return 0;
        int64_t now = bt_clock_mono_us();
        if (now >= until)
            return 1;
        bt_tee_poll(&out->tee, p);
        poll(p, BT_TEE_MAX, bt_clock_left_ms(until, now));
    }
}

int beamtap_output_flush(struct beamtap_output *out, int timeout_ms, struct beamtap_err *err)
{
    if (!out)
        return bt_lib_misuse(err, "the output is NULL");
    if (bt_tee_is_over(&out->tee))
        return failed(out, err);
    if (out->s->was_started)
        begin(out);
    int rc = drain(out, timeout_ms);
    if (rc >= 0)
        look_for_reader(out);
    return rc < 0 || bt_tee_is_over(&out->tee) ? failed(out, err) : rc;
}

/* ---- the end ---- */

/* When it ended: the same for all outputs of a session. */
static int64_t end_time(struct beamtap_session *s)
{
    int64_t now = bt_clock_wall_us() * 1000;
    if (s->state != BT_LIB_OVER)
        return now;
    if (s->end_wall_ns == 0)
        s->end_wall_ns = now;
    return s->end_wall_ns;
}

/* Of a live trace. */
static struct bt_out_end end_of_trace(const struct beamtap_output *out, const struct beamtap_summary *sum)
{
    uint64_t filtered = sum->filtered + sum->lines_filtered;
    return (struct bt_out_end){
        .reason = sum->reason == BEAMTAP_REASON_NONE ? "end" : beamtap_reason_text(sum->reason),
        .error = out->s->last == BEAMTAP_NEXT_ERROR ? out->s->err.msg : NULL,
        .wall_ns = end_time(out->s),
        .received = out->received + filtered,
        .printed = out->printed,
        .filtered = filtered,
        .lost = out->received - out->printed,
        .shown = sum->calls,
        .returns = sum->returns,
        .exceptions = sum->exceptions,
        .open = sum->open,
        .skipped = sum->skipped,
        .examined = sum->examined,
        .lost_on_node = sum->lost,
        .is_clean = sum->is_clean};
}

/* Of one capture what it says itself, and what was filtered and lost now besides; of several, only that the files ended. */
static struct bt_out_end end_of_replay(const struct beamtap_output *out, const struct beamtap_summary *sum)
{
    const struct beamtap_session *s = out->s;
    const struct bt_out_end *of_file = bt_lib_file_end(s);
    struct bt_out_end e = {.reason = "end", .skipped = -1, .wall_ns = s->last_wall_ns};
    if (of_file)
        e = *of_file;
    if (!of_file || s->choice.is_on || s->outcomes) {
        e.shown = sum->calls;
        e.returns = sum->returns;
        e.exceptions = sum->exceptions;
    }
    e.printed = out->printed;
    e.filtered += sum->lines_filtered + sum->filtered;
    e.examined = sum->examined;
    e.lost += out->received - out->printed;
    e.received = e.printed + e.filtered + e.lost;
    return e;
}

static void end(struct beamtap_output *out)
{
    struct beamtap_summary sum = {.size = sizeof sum};
    size_t n_counts = 0;
    struct bt_session *live = out->s->live;
    struct bt_out_count *counts = NULL;
    if (out->has_ended)
        return;
    out->has_ended = true;
    beamtap_session_summary(out->s, &sum, NULL);
    struct bt_out_end e = live ? end_of_trace(out, &sum) : end_of_replay(out, &sum);
    if (live && sum.n_counted > 0) {
        counts = bt_describe_counts(bt_session_plan(live), &n_counts);
        e.counts = counts;
        e.n_counts = n_counts;
    }
    begin(out);
    bt_tee_end(&out->tee, &e);
    free(counts);
}

int beamtap_output_end(struct beamtap_output *out, struct beamtap_err *err)
{
    if (!out)
        return bt_lib_misuse(err, "the output is NULL");
    if (out->s->was_started && !bt_tee_is_over(&out->tee))
        end(out);
    return bt_tee_is_over(&out->tee) ? failed(out, err) : 0;
}

int beamtap_output_close(struct beamtap_output *out, int timeout_ms, struct beamtap_err *err)
{
    int rc = 0;
    if (!out)
        return 0;
    if (!out->s->was_started) { /* nothing was traced: no file is left */
        bt_tee_discard(&out->tee);
        free_output(out);
        return 0;
    }
    if (!bt_tee_is_over(&out->tee)) {
        end(out);
        rc = drain(out, timeout_ms);
    }
    bt_tee_close(&out->tee);
    if (rc > 0) {
        struct beamtap_err e = {0};
        bt_err_set(&e, BEAMTAP_EOUTPUT, "the output's reader did not take the last bytes in time");
        rc = bt_lib_fail(err, &e);
    } else if (rc < 0 || bt_tee_is_over(&out->tee)) {
        rc = failed(out, err);
    }
    free_output(out);
    return rc;
}
