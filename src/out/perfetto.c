/*
 * perfetto.c - the output that writes Chrome's trace-event format.
 *
 * A call whose return is followed begins a slice ("B") and its return ends it ("E"): so arguments and value are both there and
 * nothing has to be kept. Slices of a track nest as calls of a process do. Times are microseconds since the start.
 */
#include "out/perfetto.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1 /* a track that could not be added has no table */
#include <uthash.h>

#include "base/json.h"
#include "out/jsonl.h"
#include "out/text.h"

#define MAX_TRACKS 65536 /* processes with a track of their own; the others share one */
#define MAX_SILENT 1024  /* functions whose returns are no longer followed */

struct track {
    UT_hash_handle hh;
    uint32_t tid;
    size_t key_len;
    uint8_t key[]; /* the pid, external form */
};

struct silent {
    struct silent *next;
    size_t len;
    uint8_t mfa[];
};

struct perfetto {
    struct bt_out out;
    struct bt_text_opts opts;
    struct bt_buf text;
    int64_t start_ns;
    struct track *tracks;
    uint32_t n_tracks;
    struct silent *silent;
    size_t n_silent;
    bool has_records; /* in this file */
    bool has_others;  /* the shared track is named */
};

/* ---- pieces ---- */

/* The record stands behind a comma, so that what was cut off needs a ] only. */
static struct bt_buf *begin_record(struct perfetto *p, const char *phase, uint32_t tid, int64_t wall_ns)
{
    struct bt_buf *b = &p->out.sink.buf;
    int64_t ns = wall_ns - p->start_ns;
    bt_buf_puts(b, p->has_records ? ",\n" : "[\n");
    p->has_records = true;
    bt_buf_printf(b, "{\"ph\":\"%s\",\"pid\":1,\"tid\":%" PRIu32 ",\"ts\":%s%" PRIdMAX ".%03d", phase, tid,
        ns < 0 ? "-" : "", imaxabs(ns / 1000), (int)imaxabs(ns % 1000));
    return b;
}

static void put_text(struct bt_buf *b, const char *key, const struct bt_buf *text)
{
    bt_buf_puts(b, key);
    bt_json_string(b, text->data, text->len);
}

static void put_term(struct perfetto *p, struct bt_buf *b, const char *key, struct bt_slice etf)
{
    bt_buf_reset(&p->text);
    bt_text_term(&p->text, etf, &p->opts.print);
    put_text(b, key, &p->text);
}

/* {"name":"thread_name","ph":"M",...}; the name stands in p->text. */
static void put_name(struct perfetto *p, const char *what, uint32_t tid)
{
    struct bt_buf *b = begin_record(p, "M", tid, p->start_ns);
    bt_buf_printf(b, ",\"name\":\"%s\",\"args\":", what);
    put_text(b, "{\"name\":", &p->text);
    bt_buf_puts(b, "}}");
}

/* ---- tracks ---- */

static uint32_t add_track(struct perfetto *p, const struct bt_event *ev)
{
    struct track *t = p->n_tracks < MAX_TRACKS ? calloc(1, sizeof *t + ev->pid.len) : NULL;
    if (t) {
        memcpy(t->key, ev->pid.p, ev->pid.len);
        t->key_len = ev->pid.len;
        t->tid = p->n_tracks + 2;
        HASH_ADD_KEYPTR(hh, p->tracks, t->key, t->key_len, t);
        if (!t->hh.tbl) {
            free(t);
            t = NULL;
        }
    }
    bt_buf_reset(&p->text);
    if (!t) {
        bt_buf_puts(&p->text, "other processes");
        if (!p->has_others)
            put_name(p, "thread_name", 1);
        p->has_others = true;
        return 1;
    }
    p->n_tracks++;
    bt_text_term(&p->text, ev->pid, &p->opts.print);
    if (ev->name.len) {
        bt_buf_putc(&p->text, ' ');
        bt_buf_put(&p->text, ev->name.p, ev->name.len);
    }
    put_name(p, "thread_name", t->tid);
    return t->tid;
}

static uint32_t track_of(struct perfetto *p, const struct bt_event *ev)
{
    struct track *t = NULL;
    if (ev->pid.len == 0) /* of no process: a foreign trace has such */
        return 1;
    HASH_FIND(hh, p->tracks, ev->pid.p, ev->pid.len, t);
    return t ? t->tid : add_track(p, ev);
}

static void drop_tracks(struct perfetto *p)
{
    struct track *t, *next;
    HASH_ITER(hh, p->tracks, t, next)
    {
        HASH_DEL(p->tracks, t);
        free(t);
    }
    p->n_tracks = 0;
    p->has_others = false;
}

/* ---- events ---- */

static void silence(struct perfetto *p, struct bt_slice mfa)
{
    struct silent *s = p->n_silent < MAX_SILENT ? malloc(sizeof *s + mfa.len) : NULL;
    if (!s)
        return;
    memcpy(s->mfa, mfa.p, mfa.len);
    s->len = mfa.len;
    s->next = p->silent;
    p->silent = s;
    p->n_silent++;
}

static bool is_slice(const struct perfetto *p, const struct bt_event *ev)
{
    const struct bt_clause *c = ev->clause < p->opts.n_clauses ? p->opts.clauses[ev->clause] : NULL;
    if (!c || !(c->wants_return || c->wants_time))
        return false;
    for (const struct silent *s = p->silent; s; s = s->next) {
        if (s->len == ev->mfa.len && memcmp(s->mfa, ev->mfa.p, s->len) == 0)
            return false;
    }
    return true;
}

static void put_function(struct perfetto *p, struct bt_buf *b, const struct bt_event *ev)
{
    bt_buf_reset(&p->text);
    bt_text_name(&p->text, ev->module, ev->function, &p->opts.print);
    bt_buf_printf(&p->text, "/%" PRIu32, ev->arity);
    put_text(b, ",\"cat\":\"call\",\"name\":", &p->text);
}

struct args {
    struct perfetto *p;
    struct bt_buf *b;
};

static void put_arg(void *self, const struct bt_text_arg *arg)
{
    struct args *a = self;
    bt_buf_printf(a->b, "%s\"%zu\":", arg->n ? "," : "", arg->n + 1);
    bt_json_string(a->b, a->p->text.data, a->p->text.len);
}

static void put_call(struct perfetto *p, const struct bt_event *ev)
{
    bool has_end = is_slice(p, ev);
    uint32_t tid = track_of(p, ev);
    struct bt_buf *b = begin_record(p, has_end ? "B" : "i", tid, ev->wall_ns);
    put_function(p, b, ev);
    bt_buf_puts(b, has_end ? ",\"args\":{" : ",\"s\":\"t\",\"args\":{");
    struct args a = {p, b};
    bt_text_each_arg(ev, &p->opts, &p->text, put_arg, &a);
    bt_buf_puts(b, "}}");
}

static void put_outcome(struct perfetto *p, const struct bt_event *ev)
{
    uint32_t tid = track_of(p, ev);
    struct bt_buf *b = begin_record(p, "E", tid, ev->wall_ns);
    put_function(p, b, ev);
    if (ev->type == BT_EVENT_RETURN) {
        put_term(p, b, ",\"args\":{\"value\":", ev->value);
        bt_buf_putc(b, '}');
    } else if (ev->type == BT_EVENT_EXCEPTION) {
        bt_buf_puts(b, ",\"args\":{\"class\":");
        bt_json_string(b, (const char *)ev->class_name.p, ev->class_name.len);
        put_term(p, b, ",\"reason\":", ev->value);
        bt_buf_putc(b, '}');
    }
    bt_buf_putc(b, '}');
}

/* gc and running have a duration and are known when they are over: a slice ("X") that began before. */
static void put_single(struct perfetto *p, const struct bt_event *ev)
{
    static const char *const names[] = {[BT_EVENT_SEND] = "send",
        [BT_EVENT_RECEIVE] = "receive",
        [BT_EVENT_SPAWN] = "spawn",
        [BT_EVENT_EXIT] = "exit",
        [BT_EVENT_LINK] = "link",
        [BT_EVENT_UNLINK] = "unlink",
        [BT_EVENT_REGISTER] = "register",
        [BT_EVENT_UNREGISTER] = "unregister",
        [BT_EVENT_GC] = "gc",
        [BT_EVENT_RUNNING] = "running"};
    bool has_duration = (ev->type == BT_EVENT_GC || ev->type == BT_EVENT_RUNNING) && ev->duration_ns >= 0;
    int64_t ns = has_duration ? ev->duration_ns : 0;
    uint32_t tid = track_of(p, ev);
    struct bt_buf *b = begin_record(p, has_duration ? "X" : "i", tid, ev->wall_ns - ns);
    bt_buf_printf(b, ",\"cat\":\"%s\",\"name\":", ev->type <= BT_EVENT_RECEIVE ? "message" : "process");
    if (ev->type == BT_EVENT_OTHER)
        bt_json_string(b, (const char *)ev->class_name.p, ev->class_name.len);
    else
        bt_json_string(b, names[ev->type], strlen(names[ev->type]));
    if (has_duration)
        bt_buf_printf(b, ",\"dur\":%" PRId64 ".%03d,\"args\":{", ns / 1000, (int)(ns % 1000));
    else
        bt_buf_puts(b, ",\"s\":\"t\",\"args\":{");
    bool has_value = ev->type == BT_EVENT_SEND || ev->type == BT_EVENT_RECEIVE || ev->type == BT_EVENT_EXIT ||
                     ev->type == BT_EVENT_REGISTER || ev->type == BT_EVENT_UNREGISTER;
    if (has_value)
        put_term(p, b, "\"value\":", ev->value);
    if (ev->peer.len)
        put_term(p, b, has_value ? ",\"peer\":" : "\"peer\":", ev->peer);
    if (ev->type == BT_EVENT_GC)
        bt_buf_printf(b, "\"before_bytes\":%" PRId64 ",\"after_bytes\":%" PRId64, ev->before, ev->after);
    bt_buf_puts(b, "}}");
}

static void put_remark(struct perfetto *p, const struct bt_event *ev)
{
    if (ev->type == BT_EVENT_NO_RETURN || ev->type == BT_EVENT_BIG_RETURN)
        silence(p, ev->mfa);
    struct bt_buf *b = begin_record(p, "i", 1, ev->wall_ns);
    bt_buf_reset(&p->text);
    bt_text_remark(&p->text, ev);
    put_text(b, ",\"cat\":\"gap\",\"s\":\"g\",\"name\":", &p->text);
    bt_buf_putc(b, '}');
}

/* ---- the interface ---- */

static void begin(struct bt_out *o, const struct bt_out_head *head)
{
    struct perfetto *p = (struct perfetto *)o;
    bt_text_opts_init(&p->opts, head);
    p->start_ns = head->start_wall_ns;
    p->has_records = false;
    drop_tracks(p); /* a new file has to be told their names */
    bt_buf_reset(&p->text);
    bt_buf_puts(&p->text, head->node);
    put_name(p, "process_name", 1);
    struct bt_buf *b = begin_record(p, "M", 1, p->start_ns);
    bt_buf_puts(b, ",\"name\":\"process_labels\",\"args\":{\"labels\":");
    bt_jsonl_time(b, p->start_ns);
    bt_buf_puts(b, "}}");
}

static void event(struct bt_out *o, const struct bt_event *ev)
{
    struct perfetto *p = (struct perfetto *)o;
    if (ev->type == BT_EVENT_CALL)
        put_call(p, ev);
    else if (ev->type < BT_EVENT_SEND)
        put_outcome(p, ev);
    else if (bt_event_is_single(ev->type))
        put_single(p, ev);
    else
        put_remark(p, ev);
}

static void end(struct bt_out *o, const struct bt_out_end *e)
{
    struct perfetto *p = (struct perfetto *)o;
    if (e) {
        struct bt_buf *b = begin_record(p, "i", 1, e->wall_ns);
        bt_buf_printf(b,
            ",\"cat\":\"summary\",\"s\":\"g\",\"name\":\"stopped\",\"args\":{\"reason\":\"%s\",\"received\":"
            "%" PRIu64 ",\"printed\":%" PRIu64 ",\"filtered\":%" PRIu64 ",\"lost\":%" PRIu64 "}}",
            e->reason, e->received, e->printed, e->filtered, e->lost);
    }
    bt_buf_puts(&o->sink.buf, "\n]\n");
}

static void free_it(struct bt_out *o)
{
    struct perfetto *p = (struct perfetto *)o;
    drop_tracks(p);
    while (p->silent) {
        struct silent *next = p->silent->next;
        free(p->silent);
        p->silent = next;
    }
    bt_buf_done(&p->text);
    free(p);
}

static const struct bt_out_ops ops = {"perfetto", begin, event, end, free_it};

struct bt_out *bt_perfetto_out_new(const struct bt_print_opts *print)
{
    struct perfetto *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->out.ops = &ops;
    p->out.sink.fd = -1;
    p->opts.print = *print;
    return &p->out;
}
