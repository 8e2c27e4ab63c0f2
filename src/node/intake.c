/*
 * intake.c - a session's events: batches in, sorted, paired, and given out one by one.
 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "node/session_state.h"
#include "term/print.h"

#define ACK_CALLS 256   /* acknowledged at once when so much was taken in, */
#define ACK_BYTES 65536 /* or else when nothing more is here */

/* Calls that were shown and whose end is still to come. */
size_t bt_intake_owed(const struct bt_session *s)
{
    if (s->sum.has_filter) /* with as many as were wanted, no other will be shown */
        return s->reason == BT_STOP_COUNT ? 0 : (size_t)s->sum.examined.held;
    return bt_pairs_owed(s->pairs) + bt_timed_owed(s->timed);
}

static bool is_silent(const struct bt_session *s, struct bt_slice mfa)
{
    for (size_t i = 0; i < s->n_silent; i++) {
        if (bt_slice_equal(s->silent[i], mfa))
            return true;
    }
    return false;
}

/* Returns of the function come no more: none is owed, and later calls do not wait for theirs. */
static void silence(struct bt_session *s, struct bt_slice mfa)
{
    struct bt_slice *more = bt_arena_array(&s->arena, s->n_silent + 1, sizeof *more);
    char *copy = bt_arena_strndup(&s->arena, (const char *)mfa.p, mfa.len);
    bt_pairs_forgive(s->pairs, mfa);
    if (!more || !copy || is_silent(s, mfa))
        return;
    if (s->n_silent)
        memcpy(more, s->silent, s->n_silent * sizeof *more);
    more[s->n_silent++] = (struct bt_slice){(const uint8_t *)copy, mfa.len};
    s->silent = more;
}

/*
 * A call is shown while count and rate allow; what came beyond them through the gate counts as skipped. With a count the
 * node lets no more calls through than that, so each of them is shown: one left out would be missing at the end.
 */
static bool take_room(struct bt_session *s, const struct bt_event *ev)
{
    bool is_shown = s->opts.count < 0 || s->sum.shown < (uint64_t)s->opts.count;
    is_shown =
        is_shown && (s->opts.count >= 0 || s->sum.has_filter ||
                        /* the agent has kept to both */ bt_bucket_take(&s->bucket, ev->mono_ns / 1000));
    s->sum.shown += is_shown;
    return is_shown;
}

static bool take_call(struct bt_session *s, struct bt_event *ev)
{
    const struct bt_clause *c = ev->clause < s->n_clauses ? s->clauses[ev->clause] : NULL;
    bool is_shown = take_room(s, ev);
    if (s->prog->wants_time && bt_event_take_caller(ev)) /* all calls: each has its return_to */
        bt_timed_call(s->timed, ev, is_shown && c && c->wants_time);
    if (c && c->wants_return && !is_silent(s, ev->mfa))
        bt_pairs_call(s->pairs, ev, is_shown);
    return is_shown;
}

static bool take_return(struct bt_session *s, struct bt_event *ev)
{
    struct bt_pair pair;
    if (!bt_pairs_return(s->pairs, ev, &pair) || !pair.is_shown)
        return false;
    ev->duration_ns = ev->mono_ns - pair.call_ns;
    if (ev->type == BT_EVENT_RETURN)
        s->sum.returns++;
    else
        s->sum.exceptions++;
    return true;
}

static bool take_timed(struct bt_session *s, struct bt_event *ev)
{
    if (!bt_timed_next(s->timed, ev))
        return false;
    s->sum.returns++;
    return true;
}

/* True: the event is to be shown. */
static bool take_event(struct bt_session *s, struct bt_event *ev)
{
    if (ev->type == BT_EVENT_CALL)
        return take_call(s, ev);
    if (bt_event_is_single(ev->type))
        return take_room(s, ev);
    if (ev->type != BT_EVENT_RETURN_TO)
        return take_return(s, ev);
    bt_timed_return_to(s->timed, ev);
    return take_timed(s, ev);
}

/* The oldest event that may come out and is to be shown. */
static enum bt_next next_event(struct bt_session *s, struct bt_event *ev, bool all, struct beamtap_err *err)
{
    struct bt_slice bytes;
    if (take_timed(s, ev)) /* of the return_to that was taken last */
        return BT_NEXT_EVENT;
    while (bt_order_take(s->order, all, &bytes)) {
        struct bt_etf r;
        bt_etf_init(&r, bytes.p, bytes.len);
        if (bt_event_decode(&r, ev, err) < 0)
            return BT_NEXT_ERROR;
        ev->wall_ns = ev->mono_ns + s->armed.time_offset_ns;
        bool is_shown = take_event(s, ev);
        if (bt_pairs_failed(s->pairs) || bt_timed_failed(s->timed)) {
            bt_err_nomem(err);
            return BT_NEXT_ERROR;
        }
        if (is_shown)
            return BT_NEXT_EVENT;
    }
    return BT_NEXT_NOTHING;
}

enum bt_next bt_intake_next(struct bt_session *s, struct bt_event *ev, bool all, struct beamtap_err *err)
{
    enum bt_next next = next_event(s, ev, all, err);
    if (next == BT_NEXT_EVENT && s->names)
        ev->name = bt_names_get(s->names, ev->pid);
    return next;
}

/* Those who show up for the first time are asked what they are: the answer is mostly here before the event comes out. */
static int ask_names(struct bt_session *s, const struct bt_notice *n, struct beamtap_err *err)
{
    struct bt_etf r = n->events;
    for (uint32_t i = 0; i < n->n_events; i++) {
        struct bt_etf at = r;
        struct bt_slice pid;
        uint32_t arity;
        if (!bt_etf_skip(&r))
            return 0; /* bt_order_put says so */
        if (bt_etf_tuple(&at, &arity) && bt_etf_is_atom(&at, "trace_ts") && bt_etf_slice(&at, &pid) &&
            bt_names_want(s->names, pid) && bt_guard_ask_name(s->guard, pid, err) < 0)
            return -1;
    }
    return 0;
}

void bt_intake_name(struct bt_session *s, const struct bt_notice *n)
{
    struct bt_etf at = n->why;
    struct bt_slice pid;
    if (s->names && bt_etf_slice(&at, &pid))
        bt_names_put(s->names, pid, n->rest);
}

/* Takes a batch in: it is consumed as far as the node is concerned. */
enum bt_next bt_intake_batch(struct bt_session *s, struct bt_notice *n, struct beamtap_err *err)
{
    if (s->names && s->state == BT_SESSION_TRACING && ask_names(s, n, err) < 0)
        return BT_NEXT_ERROR;
    if (!bt_order_put(s->order, &n->events, n->n_events)) {
        if (bt_order_failed(s->order))
            bt_err_nomem(err);
        bt_err_set(err, BEAMTAP_EPROTO, "a trace message cannot be read");
        return BT_NEXT_ERROR;
    }
    if (!s->sum.has_filter)
        s->sum.received += (uint64_t)n->n_calls;
    s->heard_at_us = bt_clock_mono_us();
    s->ack_calls += n->n_calls;
    s->ack_bytes += n->bytes;
    return BT_NEXT_NOTHING;
}

/* While more is here already the node has no use for the room: one acknowledgement does for several batches. */
int bt_intake_ack(struct bt_session *s, struct beamtap_err *err)
{
    bool is_small = s->ack_calls < ACK_CALLS && s->ack_bytes < ACK_BYTES;
    if ((s->ack_calls == 0 && s->ack_bytes == 0) || s->state != BT_SESSION_TRACING ||
        (is_small && bt_conn_pending(s->conn)))
        return 0;
    int64_t calls = s->ack_calls, bytes = s->ack_bytes;
    s->ack_calls = s->ack_bytes = 0;
    return bt_guard_ack(s->guard, calls, bytes, 0, err);
}

/* Puts a mark behind the events that came before it; its slices are good until the agent is heard again. */
void bt_intake_mark(struct bt_session *s, enum bt_event_type type, int64_t amount)
{
    s->mark.type = type;
    s->mark.amount = amount;
    s->mark.wall_ns = bt_clock_wall_us() * 1000;
    s->has_mark = true;
}

void bt_intake_examined(struct bt_session *s, const struct bt_notice *n)
{
    s->sum.examined = n->examined;
    s->sum.received = (uint64_t)n->examined.calls;
}

/* Once a second the calls counted so far: what was not let through is a gap, where every call was one to show. */
void bt_intake_stat(struct bt_session *s, const struct bt_notice *n)
{
    uint64_t seen = s->sum.received + s->skipped_told;
    s->sum.called = (uint64_t)n->called;
    bt_log(s->log, BT_LOG_LIMIT, "%" PRId64 " calls counted, %" PRIu64 " received, %" PRIu64 " shown",
        n->called, s->sum.received, s->sum.shown);
    if (s->state != BT_SESSION_TRACING || !s->sum.is_exact || !s->sum.has_called || s->sum.called <= seen)
        return;
    bt_intake_mark(s, BT_EVENT_SKIPPED, (int64_t)(s->sum.called - seen));
    s->skipped_told = s->sum.called - s->sum.received;
}

static bool read_mfa(struct bt_etf *r, struct bt_event *ev)
{
    struct bt_etf inner = *r;
    return bt_etf_slice(r, &ev->mfa) && bt_etf_tuple_of(&inner, 3) && bt_etf_atom(&inner, &ev->module) &&
           bt_etf_atom(&inner, &ev->function) && bt_etf_uint32(&inner, &ev->arity);
}

static bool holds_capture(const struct bt_term *shape, size_t capture)
{
    if (shape->kind == BT_TERM_CAPTURE)
        return shape->u.capture == capture;
    size_t n = shape->kind == BT_TERM_MAP ? 2 * shape->u.seq.n : shape->u.seq.n;
    bool is_seq = shape->kind == BT_TERM_TUPLE || shape->kind == BT_TERM_LIST || shape->kind == BT_TERM_MAP;
    for (size_t i = 0; is_seq && i < n; i++) {
        if (holds_capture(shape->u.seq.items[i], capture))
            return true;
    }
    return shape->kind == BT_TERM_LIST && shape->u.seq.tail && holds_capture(shape->u.seq.tail, capture);
}

/* The agent counts what is captured; people count arguments. */
static void find_argument(const struct bt_session *s, uint32_t id, struct bt_event *ev)
{
    const struct bt_clause *c = id < s->n_clauses ? s->clauses[id] : NULL;
    ev->is_part = false;
    if (!c || bt_instrument_is_whole(c, s->opts.args))
        return;
    for (size_t i = 0; i < c->n_args; i++) {
        if (holds_capture(c->shape[i], ev->position - 1)) {
            ev->is_part = c->shape[i]->kind != BT_TERM_CAPTURE;
            ev->position = (uint32_t)i + 1;
            return;
        }
    }
}

/* {big_arg, MFA, Id, K} | {big_return, MFA} | {no_return, MFA} | {rearmed, MFA}; for --debug limit {patterns_on, N} */
void bt_intake_note(struct bt_session *s, const struct bt_notice *n)
{
    static const struct {
        const char *tag;
        enum bt_event_type type;
    } notes[] = {
        {"big_arg", BT_EVENT_BIG_ARG},
        {"big_return", BT_EVENT_BIG_RETURN},
        {"no_return", BT_EVENT_NO_RETURN},
        {"rearmed", BT_EVENT_REARMED},
        {"foreign_counter", BT_EVENT_FOREIGN_COUNTER},
    };
    static const struct {
        const char *tag;
        enum bt_event_type type;
    } values[] = {
        {"big_message", BT_EVENT_BIG_MESSAGE},
        {"gone", BT_EVENT_GONE},
        {"back", BT_EVENT_BACK},
        {"awaited", BT_EVENT_AWAITED},
    };
    struct bt_etf r = n->why, bytes = n->rest, all = n->why;
    uint32_t arity, id = 0;
    int64_t amount = 0;
    bt_etf_int64(&bytes, &amount);
    if (!bt_etf_tuple(&r, &arity))
        return;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (!bt_etf_is_atom(&r, values[i].tag))
            continue;
        if (bt_etf_slice(&r, &s->mark.value))
            bt_intake_mark(s, values[i].type, amount);
        return;
    }
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        if (!bt_etf_is_atom(&r, notes[i].tag))
            continue;
        s->mark.position = 0;
        if (!read_mfa(&r, &s->mark) ||
            (arity == 4 && !(bt_etf_uint32(&r, &id) && bt_etf_uint32(&r, &s->mark.position))))
            return;
        if (notes[i].type == BT_EVENT_BIG_ARG)
            find_argument(s, id, &s->mark);
        if (notes[i].type == BT_EVENT_REARMED)
            s->sum.is_exact = false; /* the VM's counter began anew */
        bt_intake_mark(s, notes[i].type, amount);
        return;
    }
    struct bt_buf text = BT_BUF_INIT;
    bt_print_erlang(&text, &all, NULL);
    bt_log(s->log, BT_LOG_LIMIT, "%s", bt_buf_cstr(&text));
    bt_buf_done(&text);
}

/* The events before the mark have been given out; what it says holds from here on. */
void bt_intake_give_mark(struct bt_session *s, struct bt_event *ev)
{
    *ev = s->mark;
    s->has_mark = false;
    if (ev->type == BT_EVENT_BIG_RETURN || ev->type == BT_EVENT_NO_RETURN)
        silence(s, ev->mfa);
}
