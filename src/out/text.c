/*
 * text.c - events as lines of text.
 */
#include "out/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/human.h"
#include "out/out.h"
#include "out/text_style.h"
#include "spec/loc.h"
#include "term/digits.h"
#include "term/ex_quote.h"
#include "term/shape.h"

#define UNREADABLE "<unreadable>" /* stands where a term is no whole external term */

void bt_text_duration(struct bt_buf *out, int64_t ns)
{
    bt_human_duration(out, ns);
}

void bt_text_count(struct bt_buf *out, uint64_t n)
{
    bt_human_count(out, n);
}

void bt_text_counted(struct bt_buf *out, const struct bt_out_count *c)
{
    struct bt_buf calls = BT_BUF_INIT;
    bt_text_count(&calls, c->calls);
    bt_buf_printf(out, "%15s  ", bt_buf_cstr(&calls));
    bt_print_atom(out, (struct bt_slice){(const uint8_t *)c->module, strlen(c->module)});
    bt_buf_putc(out, ':');
    bt_print_atom(out, (struct bt_slice){(const uint8_t *)c->function, strlen(c->function)});
    bt_buf_printf(out, "/%u\n", c->arity);
    bt_buf_done(&calls);
}

/* v in n digits, up to eight, and what stands behind them. By hand: printf was a sixth of the time that a line takes. */
static void put_padded(struct bt_buf *out, int v, int n, char end)
{
    char text[9];
    bt_digits_eight(text, (uint32_t)v);
    text[8] = end;
    bt_buf_put(out, text + 8 - n, (size_t)n + 1);
}

/* 13:15:27. of a second since 1970 */
static void put_second(struct bt_buf *out, int64_t second)
{
    time_t s = (time_t)second;
    struct tm tm = {0};
    localtime_r(&s, &tm); /* fails for years that no clock shows */
    put_padded(out, tm.tm_hour, 2, ':');
    put_padded(out, tm.tm_min, 2, ':');
    put_padded(out, tm.tm_sec, 2, '.');
}

/* The time of day and a space. */
static void put_time(struct bt_buf *out, int64_t wall_ns, struct bt_text_memo *memo)
{
    int64_t second = wall_ns / 1000000000;
    size_t before = out->len;
    if (wall_ns == 0) /* a foreign trace without stamps */
        return;
    if (memo && memo->has_time && memo->second == second) {
        bt_buf_put(out, memo->time, sizeof memo->time);
    } else {
        put_second(out, second);
        if (memo && !out->failed && out->len - before == sizeof memo->time) {
            memcpy(memo->time, out->data + before, sizeof memo->time);
            memo->second = second;
            memo->has_time = true;
        }
    }
    put_padded(out, (int)imaxabs(wall_ns / 1000 % 1000000), 6, ' ');
}

static bool put_copy(struct bt_buf *out, const struct bt_text_copy *c, struct bt_slice etf)
{
    if (c->etf_len != etf.len || etf.len == 0 || memcmp(c->etf, etf.p, etf.len) != 0)
        return false;
    bt_buf_put(out, c->text, c->text_len);
    return true;
}

/* Remembers that these bytes are written as what stands in out from `before` on. */
static void remember(struct bt_text_copy *c, struct bt_slice etf, const struct bt_buf *out, size_t before)
{
    size_t len = out->len - before;
    if (out->failed || etf.len > sizeof c->etf || len > sizeof c->text)
        return;
    memcpy(c->etf, etf.p, etf.len);
    memcpy(c->text, out->data + before, len);
    c->etf_len = etf.len;
    c->text_len = len;
}

/* /Arity and what stands behind it. */
static void put_arity(struct bt_buf *out, uint32_t arity, const char *end)
{
    bt_buf_putc(out, '/');
    bt_digits_int(out, arity);
    bt_buf_puts(out, end);
}

/*
 * What the agent left out: {'$beamtap_big', Bytes} where a term was too big to be sent (--max-term), '$beamtap_skip'
 * where it was not copied at all from then on. *bytes is 0 for the latter.
 */
static bool is_left_out(struct bt_etf r, int64_t *bytes)
{
    struct bt_etf tuple = r;
    *bytes = 0;
    if (bt_etf_is_atom(&r, "$beamtap_skip"))
        return true;
    return bt_etf_tuple_of(&tuple, 2) && bt_etf_is_atom(&tuple, "$beamtap_big") &&
           bt_etf_int64(&tuple, bytes);
}

void bt_text_bytes(struct bt_buf *out, int64_t bytes)
{
    bt_human_bytes(out, bytes);
}

/* One term of the trace at the cursor, or what stands for one that was left out. */
static bool put_next(struct bt_buf *out, struct bt_etf *r, const struct bt_print_opts *opts)
{
    int64_t bytes;
    if (!is_left_out(*r, &bytes))
        return bt_print_term(out, r, opts);
    if (bytes > 0) {
        bt_buf_putc(out, '<');
        bt_text_bytes(out, bytes);
        bt_buf_puts(out, ", left out>");
    } else {
        bt_buf_putc(out, '_');
    }
    return bt_etf_skip(r);
}

static bool put_term(struct bt_buf *out, struct bt_slice etf, const struct bt_print_opts *opts)
{
    struct bt_etf r;
    bt_etf_init(&r, etf.p, etf.len);
    if (put_next(out, &r, opts))
        return true;
    bt_buf_puts(out, UNREADABLE);
    return false;
}

bool bt_text_term(struct bt_buf *out, struct bt_slice etf, const struct bt_print_opts *opts)
{
    return put_term(out, etf, opts);
}

/* All arguments, as one list. */
static bool put_arg_list(struct bt_buf *out, struct bt_slice list, const struct bt_print_opts *opts)
{
    struct bt_etf r;
    struct bt_etf_token tok;
    bt_etf_init(&r, list.p, list.len);
    struct bt_etf at = r;
    if (!bt_etf_next(&r, &tok))
        return false;
    if (tok.kind == BT_ETF_STRING) { /* [1, 2] travels as a string */
        for (size_t i = 0; i < tok.bytes.len; i++)
            bt_buf_printf(out, "%s%u", i ? ", " : "", tok.bytes.p[i]);
        return true;
    }
    if (tok.kind == BT_ETF_NIL)
        return true;
    if (tok.kind != BT_ETF_LIST)
        return bt_print_term(out, &at, opts);
    for (uint32_t i = 0; i < tok.arity; i++) {
        if (i)
            bt_buf_puts(out, ", ");
        if (!put_next(out, &r, opts))
            return false;
    }
    return true;
}

static bool put_shapes(struct bt_buf *out, const struct bt_clause *c, const struct bt_event *ev,
    const struct bt_print_opts *opts)
{
    bool ok = true;
    struct bt_slice values[BT_EVENT_MAX_VALUES];
    for (size_t i = 0; i < ev->n_values; i++) {
        struct bt_etf r;
        int64_t bytes;
        bt_etf_init(&r, ev->values[i].p, ev->values[i].len);
        values[i] = is_left_out(r, &bytes) ? (struct bt_slice){NULL, 0} : ev->values[i];
    }
    for (size_t i = 0; i < c->n_args; i++) {
        if (i)
            bt_buf_puts(out, ", ");
        if (bt_shape_print(out, c->shape[i], values, ev->n_values, opts))
            continue;
        bt_buf_puts(out, UNREADABLE);
        ok = false;
    }
    return ok;
}

static bool put_args(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o)
{
    const struct bt_clause *c = ev->clause < o->n_clauses ? o->clauses[ev->clause] : NULL;
    bool ok = true;
    if (o->no_args || !c || c->captures_none) {
        put_arity(out, ev->arity, "");
        return c != NULL;
    }
    bt_buf_putc(out, '(');
    if (!o->whole_args && !c->captures_all) {
        ok = put_shapes(out, c, ev, &o->print);
    } else if (ev->n_values < 1 || ev->n_values > 1 + c->n_notes ||
               !put_arg_list(out, ev->values[0], &o->print)) {
        bt_buf_puts(out, UNREADABLE);
        ok = false;
    }
    bt_buf_putc(out, ')');
    return ok;
}

void bt_text_name(
    struct bt_buf *out, struct bt_slice module, struct bt_slice function, const struct bt_print_opts *opts)
{
    if (opts && opts->syntax == BT_SYNTAX_ELIXIR) {
        bt_ex_quote_atom(out, module, false);
        bt_buf_putc(out, '.');
        bt_ex_quote_function(out, function, false);
        return;
    }
    bt_print_atom(out, module);
    bt_buf_putc(out, ':');
    bt_print_atom(out, function);
}

/* {M, F, Arity} as m:f/2; what is no such tuple as the term it is. */
static bool put_mfa(struct bt_buf *out, struct bt_slice mfa, const struct bt_print_opts *opts)
{
    struct bt_etf r;
    struct bt_slice m, f;
    uint32_t arity;
    bt_etf_init(&r, mfa.p, mfa.len);
    if (!bt_etf_tuple_of(&r, 3) || !bt_etf_atom(&r, &m) || !bt_etf_atom(&r, &f) || !bt_etf_uint32(&r, &arity))
        return put_term(out, mfa, opts);
    bt_text_name(out, m, f, opts);
    put_arity(out, arity, "");
    return true;
}

/* [{M, F, Arity, Location}], innermost first: " <- shop:put/2 (shop.erl:34)"; without a file and a line, where there is none. */
static bool put_stack(struct bt_buf *out, struct bt_slice stack, const struct bt_print_opts *opts)
{
    struct bt_etf r;
    struct bt_text_frame f = {.file = BT_BUF_INIT};
    uint32_t n = 0;
    bool ok = true;
    bt_etf_init(&r, stack.p, stack.len);
    if (!bt_etf_list(&r, &n))
        return put_term(out, stack, opts);
    for (uint32_t i = 0; ok && i < n; i++) {
        if (!(ok = bt_text_next_frame(&r, &f)))
            break;
        bt_buf_puts(out, " <- ");
        bt_text_name(out, f.module, f.function, opts);
        put_arity(out, f.arity, "");
        if (f.line == 0 || f.file.len == 0)
            continue;
        bt_buf_puts(out, " (");
        bt_loc_escape(out, bt_buf_cstr(&f.file), f.file.len);
        bt_buf_printf(out, ":%u)", f.line);
    }
    bt_buf_done(&f.file);
    return ok;
}

static bool put_note(
    struct bt_buf *out, enum bt_note note, struct bt_slice value, const struct bt_print_opts *opts)
{
    bool ok;
    switch (note) {
    case BT_NOTE_CALLER: bt_buf_puts(out, " <- "); return put_mfa(out, value, opts);
    case BT_NOTE_STACK: return put_stack(out, value, opts);
    case BT_NOTE_MESSAGE:
        bt_buf_puts(out, " (");
        ok = put_term(out, value, opts);
        bt_buf_putc(out, ')');
        return ok;
    }
    return false;
}

/* What stands behind the arguments: fewer than the clause can have where the user's message(X) was not reached. */
static bool put_notes(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o)
{
    const struct bt_clause *c = ev->clause < o->n_clauses ? o->clauses[ev->clause] : NULL;
    bool ok = true;
    if (!c)
        return true;
    size_t n_args = o->no_args || c->captures_none ? 0 : o->whole_args || c->captures_all ? 1 : c->n_captures;
    for (size_t i = 0; i < c->n_notes && n_args + i < ev->n_values; i++)
        ok = put_note(out, c->notes[i], ev->values[n_args + i], &o->print) && ok;
    return ok;
}

static void put_duration(struct bt_buf *out, const struct bt_event *ev)
{
    if (ev->duration_ns < 0)
        return;
    bt_buf_puts(out, "  ");
    bt_text_duration(out, ev->duration_ns);
}

static bool put_pid(struct bt_buf *out, struct bt_slice pid, const struct bt_text_opts *o)
{
    size_t before = out->len;
    if (o->memo && put_copy(out, &o->memo->pid, pid))
        return true;
    bool ok = put_term(out, pid, &o->print);
    if (o->memo && ok)
        remember(&o->memo->pid, pid, out, before);
    return ok;
}

static void put_function(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o)
{
    size_t before = out->len;
    if (o->memo && put_copy(out, &o->memo->function, ev->mfa))
        return;
    bt_text_name(out, ev->module, ev->function, &o->print);
    if (o->memo)
        remember(&o->memo->function, ev->mfa, out, before);
}

static void put_amount(struct bt_buf *out, const struct bt_event *ev, const char *what)
{
    bt_text_count(out, (uint64_t)ev->amount);
    bt_buf_printf(out, " %s", what);
}

static void put_learnt_value(struct bt_buf *out, const struct bt_event *ev)
{
    static const struct bt_print_opts plain = {.max_depth = 16};
    if (ev->type == BT_EVENT_BIG_MESSAGE) {
        bt_buf_puts(out, "a message of ");
        bt_text_bytes(out, ev->amount);
        bt_buf_puts(out, ": from now on messages like it are not copied, and not shown (--max-term): ");
        put_term(out, ev->value, &plain);
        return;
    }
    char pid[64];
    struct bt_etf r;
    bt_etf_init(&r, ev->value.p, ev->value.len);
    bt_buf_puts(out, "process ");
    if (bt_etf_text(&r, pid, sizeof pid)) /* of a pid; a name is an atom */
        bt_loc_escape(out, pid, strlen(pid));
    else
        put_term(out, ev->value, &plain);
    bt_buf_puts(out, ev->type == BT_EVENT_GONE   ? " has ended"
                     : ev->type == BT_EVENT_BACK ? " is there now, and traced"
                                                 : " is not there yet; it is traced as soon as it is (-p)");
}

void bt_text_remark(struct bt_buf *out, const struct bt_event *ev)
{
    switch (ev->type) {
    case BT_EVENT_SKIPPED: put_amount(out, ev, "calls skipped"); return;
    case BT_EVENT_LOST: put_amount(out, ev, "events lost"); return;
    case BT_EVENT_COUNTS: bt_buf_puts(out, "counted"); return;
    case BT_EVENT_BIG_MESSAGE:
    case BT_EVENT_GONE:
    case BT_EVENT_BACK:
    case BT_EVENT_AWAITED: put_learnt_value(out, ev); return;
    default: break;
    }
    bt_text_name(out, ev->module, ev->function, NULL);
    bt_buf_printf(out, "/%u%s ", ev->arity, ev->type == BT_EVENT_NO_RETURN ? "" : ":");
    if (ev->type == BT_EVENT_FOREIGN_COUNTER) {
        if (ev->amount > 1)
            bt_buf_printf(out, "and %" PRId64 " more: ", ev->amount - 1);
        bt_buf_puts(
            out, "somebody else has a counter there; it is left alone, and these calls are not counted");
    } else if (ev->type == BT_EVENT_REARMED) {
        bt_buf_puts(out, "its module was loaded anew; it is traced again, calls in between were not seen");
    } else if (ev->type == BT_EVENT_NO_RETURN) {
        bt_buf_puts(out, "calls itself in tail position, returns not followed");
    } else if (ev->type == BT_EVENT_BIG_ARG) {
        if (ev->position > ev->arity)
            bt_buf_puts(out, "what message(X) shows is ");
        else
            bt_buf_printf(out, "%sargument %u is ", ev->is_part ? "a part of " : "", ev->position);
        bt_text_bytes(out, ev->amount);
        bt_buf_puts(out, ", no longer copied (--max-term)");
    } else {
        bt_buf_puts(out, "its return value is ");
        bt_text_bytes(out, ev->amount);
        bt_buf_puts(out, ", no longer copied (--max-term)");
    }
}

static bool put_outcome(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o)
{
    if (ev->type == BT_EVENT_TIMED) {
        put_arity(out, ev->arity, " took ");
        bt_text_duration(out, ev->duration_ns);
        return true;
    }
    if (ev->type == BT_EVENT_RETURN) {
        put_arity(out, ev->arity, " --> ");
    } else {
        put_arity(out, ev->arity, " ** ");
        bt_print_atom(out, ev->class_name);
        bt_buf_putc(out, ':');
    }
    bool ok = put_term(out, ev->value, &o->print);
    put_duration(out, ev);
    return ok;
}

/* What another tracer wrote of a kind that has no form of its own: the kind and its terms. */
static bool put_other(struct bt_buf *out, const struct bt_event *ev, const struct bt_print_opts *opts)
{
    bool ok = true;
    if (ev->pid.len)
        bt_buf_putc(out, ' ');
    bt_print_atom(out, ev->class_name);
    for (size_t i = 0; i < ev->n_values; i++) {
        bt_buf_putc(out, ' ');
        ok = put_mfa(out, ev->values[i], opts) && ok;
    }
    return ok;
}

/* What happened to a process, or what it did to another. */
static bool put_single(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o)
{
    bool ok = true;
    switch (ev->type) {
    case BT_EVENT_SEND:
    case BT_EVENT_RECEIVE:
        bt_buf_puts(out, ev->type == BT_EVENT_SEND ? " ! " : " << ");
        ok = put_term(out, ev->value, &o->print);
        if (ev->peer.len == 0)
            return ok;
        bt_buf_puts(out, ev->type == BT_EVENT_SEND ? " --> " : " <-- ");
        return put_term(out, ev->peer, &o->print) && ok;
    case BT_EVENT_SPAWN:
        bt_buf_puts(out, " spawn ");
        ok = put_term(out, ev->peer, &o->print);
        bt_buf_putc(out, ' ');
        return put_mfa(out, ev->mfa, &o->print) && ok;
    case BT_EVENT_EXIT: bt_buf_puts(out, " exit "); return put_term(out, ev->value, &o->print);
    case BT_EVENT_LINK: bt_buf_puts(out, " link "); return put_term(out, ev->peer, &o->print);
    case BT_EVENT_UNLINK: bt_buf_puts(out, " unlink "); return put_term(out, ev->peer, &o->print);
    case BT_EVENT_REGISTER: bt_buf_puts(out, " register "); return put_term(out, ev->value, &o->print);
    case BT_EVENT_UNREGISTER: bt_buf_puts(out, " unregister "); return put_term(out, ev->value, &o->print);
    case BT_EVENT_GC:
        bt_buf_puts(out, " gc ");
        bt_print_atom(out, ev->class_name);
        bt_buf_putc(out, ' ');
        bt_text_bytes(out, ev->before);
        bt_buf_puts(out, " -> ");
        bt_text_bytes(out, ev->after);
        break;
    case BT_EVENT_RUNNING:
        bt_buf_puts(out, " running");
        if (ev->mfa.len) {
            bt_buf_puts(out, " until ");
            ok = put_mfa(out, ev->mfa, &o->print);
        }
        break;
    case BT_EVENT_OTHER: return put_other(out, ev, &o->print);
    default: return false;
    }
    put_duration(out, ev);
    return ok;
}

void bt_text_opts_init(struct bt_text_opts *o, const struct bt_out_head *head)
{
    o->clauses = head->clauses;
    o->n_clauses = head->n_clauses;
    o->whole_args = head->args == BT_ARGS_MODE_ALL;
    o->no_args = head->args == BT_ARGS_MODE_ARITY;
    o->print.home = (struct bt_slice){(const uint8_t *)head->node, strlen(head->node)};
    o->print.syntax = head->syntax;
    o->print.records = head->shows_records && head->records && head->records->n ? head->records : NULL;
}

void bt_text_node(struct bt_buf *out, const struct bt_event *ev)
{
    if (ev->node.len == 0)
        return;
    bt_loc_escape(out, (const char *)ev->node.p, ev->node.len);
    bt_buf_putc(out, ' ');
}

/* The line without its newline. */
static bool put_event(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o)
{
    bool ok = true;
    put_time(out, ev->wall_ns, o->memo);
    bt_text_node(out, ev);
    if (ev->type > BT_EVENT_RETURN_TO) {
        bt_buf_puts(out, "-- ");
        bt_text_remark(out, ev);
    } else if (bt_event_is_single(ev->type)) {
        ok = ev->pid.len == 0 || put_term(out, ev->pid, &o->print);
        ok = put_single(out, ev, o) && ok;
    } else {
        ok = put_pid(out, ev->pid, o);
        bt_buf_putc(out, ' ');
        put_function(out, ev, o);
        ok = (ev->type == BT_EVENT_CALL ? put_args(out, ev, o) : put_outcome(out, ev, o)) && ok;
        if (ev->type == BT_EVENT_CALL)
            ok = put_notes(out, ev, o) && ok;
    }
    return ok;
}

bool bt_text_event(struct bt_buf *out, const struct bt_event *ev, const struct bt_text_opts *o)
{
    static const struct bt_text_parts parts = {
        put_time, put_pid, put_function, put_args, put_outcome, put_notes, put_single};
    struct bt_text_opts of_node;
    if (ev->node.len) { /* pids of that node are its own */
        of_node = *o;
        of_node.print.home = ev->node;
        o = &of_node;
    }
    if (o->style)
        return bt_text_styled(out, ev, o, &parts);
    bool ok = put_event(out, ev, o);
    bt_buf_putc(out, '\n');
    return ok;
}
