/*
 * jsonl.c - the output that writes JSON, an object a line.
 */
#include "out/jsonl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "out/json_term.h"
#include "out/text.h"

struct jsonl {
    struct bt_out out;
    struct bt_text_opts opts;
    const char *home;   /* the head's node */
    struct bt_buf node; /* the event's, as JSON */
    struct bt_buf text; /* of one term */
    struct bt_buf scratch;
    struct bt_buf list; /* args, while args_text is written */
    struct bt_text_frame frame;
    uint64_t seq;
};

/* ---- pieces ---- */

/* ,"key": */
static void key(struct bt_buf *b, const char *name)
{
    bt_buf_puts(b, ",\"");
    bt_buf_puts(b, name);
    bt_buf_puts(b, "\":");
}

static void put_string(struct bt_buf *b, const char *name, struct bt_slice text)
{
    key(b, name);
    bt_json_string(b, (const char *)text.p, text.len);
}

static void put_word(struct bt_buf *b, const char *name, const char *text)
{
    put_string(b, name, (struct bt_slice){(const uint8_t *)text, strlen(text)});
}

static void put_number(struct bt_buf *b, const char *name, int64_t n)
{
    bt_buf_printf(b, ",\"%s\":%" PRId64, name, n);
}

void bt_jsonl_time(struct bt_buf *out, int64_t wall_ns)
{
    int64_t ns = wall_ns % 1000000000;
    time_t second = (time_t)(wall_ns / 1000000000) - (ns < 0);
    struct tm tm = {0};
    gmtime_r(&second, &tm); /* fails for years that no clock shows */
    bt_buf_printf(out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%09" PRId64 "Z\"", tm.tm_year + 1900, tm.tm_mon + 1,
        tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ns < 0 ? ns + 1000000000 : ns);
}

/* What every record begins with. time_ns is a string: numbers beyond 2^53 are not exact everywhere. */
static struct bt_buf *begin_record(struct jsonl *j, const char *event, int64_t wall_ns)
{
    struct bt_buf *b = &j->out.sink.buf;
    bt_buf_printf(b, "{\"event\":\"%s\",\"seq\":%" PRIu64 ",\"node\":", event, ++j->seq);
    bt_buf_put(b, j->node.data, j->node.len);
    if (wall_ns == 0) { /* a foreign trace without stamps */
        bt_buf_puts(b, ",\"time\":null,\"time_ns\":null");
        return b;
    }
    bt_buf_puts(b, ",\"time\":");
    bt_jsonl_time(b, wall_ns);
    bt_buf_printf(b, ",\"time_ns\":\"%" PRId64 "\"", wall_ns);
    return b;
}

static void put_text(struct jsonl *j, struct bt_buf *b, const char *name, struct bt_slice etf)
{
    bt_buf_reset(&j->text);
    bt_text_term(&j->text, etf, &j->opts.print);
    key(b, name);
    bt_json_string(b, j->text.data, j->text.len);
}

/* The value as JSON; where it is none, null. */
static void put_json(struct jsonl *j, struct bt_buf *b, struct bt_slice etf)
{
    bt_json_term(b, etf, &j->opts.print, &j->scratch);
}

/* NAME_text, and NAME where the value was copied whole. */
static void put_value(struct jsonl *j, struct bt_buf *b, const char *name, struct bt_slice etf)
{
    char text_name[32];
    if (!bt_text_is_left_out(etf)) {
        key(b, name);
        put_json(j, b, etf);
    }
    strcpy(text_name, name);
    strcat(text_name, "_text");
    put_text(j, b, text_name, etf);
}

static void put_function(struct bt_buf *b, struct bt_slice module, struct bt_slice function, uint32_t arity)
{
    put_string(b, "module", module);
    put_string(b, "function", function);
    put_number(b, "arity", arity);
}

static void put_who(struct jsonl *j, struct bt_buf *b, const struct bt_event *ev)
{
    if (ev->pid.len)
        put_text(j, b, "pid", ev->pid);
    if (ev->name.len)
        put_string(b, "name", ev->name);
}

/* ---- calls ---- */

static void put_arg(void *self, const struct bt_text_arg *arg)
{
    struct jsonl *j = self;
    struct bt_buf *b = &j->out.sink.buf;
    if (arg->n) {
        bt_buf_putc(b, ',');
        bt_buf_putc(&j->list, ',');
    }
    bt_json_string(b, j->text.data, j->text.len);
    if (arg->value.p)
        put_json(j, &j->list, arg->value);
    else
        bt_buf_puts(&j->list, "null");
}

static void put_args(struct jsonl *j, struct bt_buf *b, const struct bt_event *ev)
{
    size_t before = b->len;
    bt_buf_reset(&j->list);
    bt_buf_puts(b, ",\"args_text\":[");
    size_t first = b->len;
    bool ok = bt_text_each_arg(ev, &j->opts, &j->text, put_arg, j);
    if (!ok && b->len == first && !b->failed) { /* none were asked for */
        b->len = before;
        return;
    }
    bt_buf_puts(b, "],\"args\":[");
    bt_buf_put(b, j->list.data, j->list.len);
    bt_buf_putc(b, ']');
}

static void put_frame(struct jsonl *j, struct bt_buf *b)
{
    const struct bt_text_frame *f = &j->frame;
    bt_buf_puts(b, "{\"module\":");
    bt_json_string(b, (const char *)f->module.p, f->module.len);
    put_string(b, "function", f->function);
    put_number(b, "arity", f->arity);
    if (f->file.len && f->line) {
        put_string(b, "file", (struct bt_slice){(const uint8_t *)f->file.data, f->file.len});
        put_number(b, "line", f->line);
    }
    bt_buf_putc(b, '}');
}

static void put_caller(struct jsonl *j, struct bt_buf *b, struct bt_slice mfa)
{
    key(b, "caller");
    if (bt_text_mfa(mfa, &j->frame))
        put_frame(j, b);
    else
        bt_buf_puts(b, "null"); /* a process's first function has none */
}

static void put_stack(struct jsonl *j, struct bt_buf *b, struct bt_slice stack)
{
    struct bt_etf r;
    uint32_t n = 0;
    bt_etf_init(&r, stack.p, stack.len);
    bool ok = bt_etf_list(&r, &n);
    bt_buf_puts(b, ",\"stack\":[");
    for (uint32_t i = 0; ok && i < n; i++) {
        if (!(ok = bt_text_next_frame(&r, &j->frame)))
            break;
        if (i)
            bt_buf_putc(b, ',');
        put_frame(j, b);
    }
    bt_buf_putc(b, ']');
}

static void put_notes(struct jsonl *j, struct bt_buf *b, const struct bt_event *ev)
{
    const struct bt_clause *c = ev->clause < j->opts.n_clauses ? j->opts.clauses[ev->clause] : NULL;
    for (size_t i = 0; c && i < c->n_notes; i++) {
        struct bt_slice note = bt_text_note(ev, &j->opts, i);
        if (!note.p)
            continue;
        switch (c->notes[i]) {
        case BT_NOTE_CALLER: put_caller(j, b, note); break;
        case BT_NOTE_STACK: put_stack(j, b, note); break;
        case BT_NOTE_MESSAGE: put_value(j, b, "message", note); break;
        }
    }
}

static void put_call(struct jsonl *j, const struct bt_event *ev)
{
    struct bt_buf *b = begin_record(j, "call", ev->wall_ns);
    put_who(j, b, ev);
    put_function(b, ev->module, ev->function, ev->arity);
    put_args(j, b, ev);
    put_notes(j, b, ev);
}

static void put_duration(struct bt_buf *b, const struct bt_event *ev)
{
    if (ev->duration_ns >= 0)
        put_number(b, "duration_ns", ev->duration_ns);
}

static void put_outcome(struct jsonl *j, const struct bt_event *ev)
{
    bool is_return = ev->type == BT_EVENT_RETURN;
    const char *name = is_return ? "return" : ev->type == BT_EVENT_TIMED ? "timed" : "exception";
    struct bt_buf *b = begin_record(j, name, ev->wall_ns);
    put_who(j, b, ev);
    put_function(b, ev->module, ev->function, ev->arity);
    if (ev->type == BT_EVENT_EXCEPTION)
        put_string(b, "class", ev->class_name);
    if (ev->type != BT_EVENT_TIMED)
        put_value(j, b, is_return ? "value" : "reason", ev->value);
    put_duration(b, ev);
}

/* ---- messages and processes ---- */

static void put_mfa(struct jsonl *j, struct bt_buf *b, struct bt_slice mfa)
{
    if (mfa.len && bt_text_mfa(mfa, &j->frame))
        put_function(b, j->frame.module, j->frame.function, j->frame.arity);
}

static void put_single(struct jsonl *j, const struct bt_event *ev)
{
    static const struct {
        const char *name, *value, *peer;
    } kinds[] = {
        [BT_EVENT_SEND] = {"send", "value", "to"},
        [BT_EVENT_RECEIVE] = {"receive", "value", "from"},
        [BT_EVENT_SPAWN] = {"spawn", NULL, "child"},
        [BT_EVENT_EXIT] = {"exit", "reason", NULL},
        [BT_EVENT_LINK] = {"link", NULL, "to"},
        [BT_EVENT_UNLINK] = {"unlink", NULL, "to"},
        [BT_EVENT_REGISTER] = {"register", "value", NULL},
        [BT_EVENT_UNREGISTER] = {"unregister", "value", NULL},
        [BT_EVENT_GC] = {"gc", NULL, NULL},
        [BT_EVENT_RUNNING] = {"running", NULL, NULL},
    };
    struct bt_buf *b = begin_record(j, kinds[ev->type].name, ev->wall_ns);
    put_who(j, b, ev);
    if (kinds[ev->type].value)
        put_value(j, b, kinds[ev->type].value, ev->value);
    if (kinds[ev->type].peer && ev->peer.len)
        put_text(j, b, kinds[ev->type].peer, ev->peer);
    if (ev->type == BT_EVENT_GC) {
        put_string(b, "kind", ev->class_name);
        put_number(b, "before_bytes", ev->before);
        put_number(b, "after_bytes", ev->after);
    }
    put_mfa(j, b, ev->mfa);
    put_duration(b, ev);
}

/* What another tracer wrote of a kind that has no form of its own. */
static void put_other(struct jsonl *j, const struct bt_event *ev)
{
    struct bt_buf *b = begin_record(j, "other", ev->wall_ns);
    put_who(j, b, ev);
    put_string(b, "kind", ev->class_name);
    bt_buf_puts(b, ",\"terms_text\":[");
    for (size_t i = 0; i < ev->n_values; i++) {
        bt_buf_reset(&j->text);
        bt_text_term(&j->text, ev->values[i], &j->opts.print);
        bt_buf_puts(b, i ? "," : "");
        bt_json_string(b, j->text.data, j->text.len);
    }
    bt_buf_putc(b, ']');
}

/* ---- gaps, the end ---- */

static void put_remark(struct jsonl *j, const struct bt_event *ev)
{
    bool is_gap = ev->type < BT_EVENT_BIG_ARG;
    struct bt_buf *b = begin_record(j, is_gap ? "gap" : "note", ev->wall_ns);
    if (is_gap)
        put_word(b, "kind",
            ev->type == BT_EVENT_SKIPPED ? "skipped"
            : ev->type == BT_EVENT_LOST  ? "lost"
                                         : "reloaded");
    if (is_gap && ev->type != BT_EVENT_REARMED)
        put_number(b, "count", ev->amount);
    bt_buf_reset(&j->text);
    bt_text_remark(&j->text, ev);
    put_string(b, "text", (struct bt_slice){(const uint8_t *)j->text.data, j->text.len});
}

static void put_summary(struct jsonl *j, const struct bt_out_end *e)
{
    const struct {
        const char *name;
        uint64_t n;
    } counts[] = {{"received", e->received}, {"printed", e->printed}, {"filtered", e->filtered},
        {"lost", e->lost}, {"calls", e->shown}, {"returns", e->returns}, {"exceptions", e->exceptions},
        {"open", e->open}, {"lost_on_node", e->lost_on_node}};
    struct bt_buf *b = begin_record(j, "summary", e->wall_ns);
    put_word(b, "reason", e->reason);
    if (e->error)
        put_word(b, "error", e->error);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        bt_buf_printf(b, ",\"%s\":%" PRIu64, counts[i].name, counts[i].n);
    if (e->skipped >= 0)
        put_number(b, "skipped", e->skipped);
    if (e->examined > 0)
        put_number(b, "examined", (int64_t)e->examined);
    bt_buf_printf(b, ",\"clean\":%s}\n", e->is_clean ? "true" : "false");
}

/* ---- the interface ---- */

/* Pids of that node are its own. */
static void set_node(struct jsonl *j, struct bt_slice node)
{
    j->opts.print.home = node;
    bt_buf_reset(&j->node);
    bt_json_string(&j->node, (const char *)node.p, node.len);
}

static void begin(struct bt_out *o, const struct bt_out_head *head)
{
    struct jsonl *j = (struct jsonl *)o;
    bt_text_opts_init(&j->opts, head);
    j->home = head->node;
    set_node(j, j->opts.print.home);
}

static void event(struct bt_out *o, const struct bt_event *ev)
{
    struct jsonl *j = (struct jsonl *)o;
    if (ev->node.len)
        set_node(j, ev->node);
    if (ev->type == BT_EVENT_CALL)
        put_call(j, ev);
    else if (ev->type < BT_EVENT_SEND)
        put_outcome(j, ev);
    else if (ev->type == BT_EVENT_OTHER)
        put_other(j, ev);
    else if (bt_event_is_single(ev->type))
        put_single(j, ev);
    else
        put_remark(j, ev);
    bt_buf_puts(&o->sink.buf, "}\n");
}

static void end(struct bt_out *o, const struct bt_out_end *e)
{
    struct jsonl *j = (struct jsonl *)o;
    set_node(j, (struct bt_slice){(const uint8_t *)j->home, strlen(j->home)});
    for (size_t i = 0; e && i < e->n_counts; i++) {
        const struct bt_out_count *c = &e->counts[i];
        struct bt_buf *b = begin_record(j, "count", e->wall_ns);
        put_word(b, "module", c->module);
        put_word(b, "function", c->function);
        put_number(b, "arity", c->arity);
        bt_buf_printf(b, ",\"calls\":%" PRIu64 "}\n", c->calls);
    }
    if (e)
        put_summary(j, e);
}

static void free_it(struct bt_out *o)
{
    struct jsonl *j = (struct jsonl *)o;
    bt_buf_done(&j->node);
    bt_buf_done(&j->text);
    bt_buf_done(&j->scratch);
    bt_buf_done(&j->list);
    bt_buf_done(&j->frame.file);
    free(j);
}

static const struct bt_out_ops ops = {"json", begin, event, end, free_it};

struct bt_out *bt_jsonl_out_new(const struct bt_print_opts *print)
{
    struct jsonl *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    j->out.ops = &ops;
    j->out.sink.fd = -1;
    j->opts.print = *print;
    return &j->out;
}

void bt_jsonl_out_seq(struct bt_out *o, uint64_t seq)
{
    ((struct jsonl *)o)->seq = seq - 1;
}
