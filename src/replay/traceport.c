/*
 * traceport.c - a trace port file to events.
 */
#include "replay/traceport.h"

#include <stdlib.h>
#include <string.h>

#include "event/pair.h"
#include "out/capture_format.h"
#include "replay/trace_term.h"
#include "term/etf_tags.h"

enum { OP_TERM = 0, OP_DROP = 1, HEAD = 5 };

struct bt_traceport {
    struct bt_input *in;
    struct bt_replay_ops ops;
    struct bt_pairs *pairs;
    struct bt_buf made; /* bytes of the event that was given out last */
    struct bt_out_head head;
    char node[256 * 4];
    bool is_over;
    size_t given; /* bytes of the record that was given out last */
};

static const struct bt_clause clauses[BT_TRACE_CLAUSES] = {
    [BT_TRACE_ARGS] = {.captures_all = true, .wants_return = true},
    [BT_TRACE_ARGS_SAID] = {.captures_all = true, .wants_return = true, .notes = {BT_NOTE_MESSAGE}, .n_notes = 1},
    [BT_TRACE_NO_ARGS] = {.captures_none = true, .wants_return = true},
    [BT_TRACE_NO_ARGS_SAID] = {.captures_none = true, .wants_return = true, .notes = {BT_NOTE_MESSAGE}, .n_notes = 1},
};

static const struct bt_clause *const by_id[BT_TRACE_CLAUSES] = {
    &clauses[BT_TRACE_ARGS],
    &clauses[BT_TRACE_ARGS_SAID],
    &clauses[BT_TRACE_NO_ARGS],
    &clauses[BT_TRACE_NO_ARGS_SAID],
};

static uint32_t get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

bool bt_traceport_knows(const uint8_t *p, size_t n)
{
    if (n > HEAD && p[0] == OP_DROP) /* the port was too slow from the start */
        return bt_traceport_knows(p + HEAD, n - HEAD);
    if (n == HEAD && p[0] == OP_DROP)
        return true;
    if (n < HEAD + 3 || p[0] != OP_TERM || get_be32(p + 1) < 3 || get_be32(p + 1) > BT_CAPTURE_MAX_BODY)
        return false;
    return p[5] == BT_TAG_VERSION_MAGIC && (p[6] == BT_TAG_SMALL_TUPLE || p[6] == BT_TAG_LARGE_TUPLE);
}

struct bt_traceport *bt_traceport_open(
    struct bt_input *in, const struct bt_replay_ops *ops, struct beamtap_err *err)
{
    struct bt_traceport *t = calloc(1, sizeof *t);
    if (t)
        t->pairs = bt_pairs_new();
    if (!t || !t->pairs) {
        free(t);
        bt_err_nomem(err);
        return NULL;
    }
    t->in = in;
    if (ops)
        t->ops = *ops;
    t->head =
        (struct bt_out_head){.node = t->node, .options = "", .clauses = by_id, .n_clauses = BT_TRACE_CLAUSES};
    return t;
}

void bt_traceport_close(struct bt_traceport *t)
{
    if (!t)
        return;
    bt_pairs_free(t->pairs);
    bt_buf_done(&t->made);
    free(t);
}

void bt_traceport_switch(struct bt_traceport *t, struct bt_input *in)
{
    t->in = in;
    t->is_over = false;
    t->given = 0;
}

const struct bt_out_head *bt_traceport_head(const struct bt_traceport *t)
{
    return &t->head;
}

/* ---- events ---- */

static void tell(const struct bt_traceport *t, const char *what, uint64_t n_bytes, bool is_cut)
{
    struct bt_replay_damage d = {t->in->offset, what, n_bytes, is_cut};
    if (t->ops.damage)
        t->ops.damage(t->ops.arg, &d);
}

static bool is_ascii(struct bt_slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] >= 0x80)
            return false;
    }
    return true;
}

/* Processes that are traced are the node's own: the first one says its name. */
static void learn_node(struct bt_traceport *t, const struct bt_event *ev)
{
    struct bt_etf r;
    struct bt_etf_token tok;
    bt_etf_init(&r, ev->pid.p, ev->pid.len);
    if (t->node[0] || !bt_etf_next(&r, &tok) || (tok.kind != BT_ETF_PID && tok.kind != BT_ETF_PORT) ||
        (tok.node_latin1 && !is_ascii(tok.node)) || tok.node.len >= sizeof t->node ||
        memchr(tok.node.p, 0, tok.node.len))
        return;
    memcpy(t->node, tok.node.p, tok.node.len);
}

/* Durations. Calls whose returns nobody asked for fill the table in time; then it begins anew. */
static bool pair(struct bt_traceport *t, struct bt_event *ev)
{
    struct bt_pair call;
    if (ev->type == BT_EVENT_CALL && bt_pairs_call(t->pairs, ev, true) == 0) {
        bt_pairs_free(t->pairs);
        t->pairs = bt_pairs_new();
        return t->pairs != NULL;
    }
    if ((ev->type == BT_EVENT_RETURN || ev->type == BT_EVENT_EXCEPTION) &&
        bt_pairs_return(t->pairs, ev, &call) && ev->mono_ns >= call.call_ns)
        ev->duration_ns = ev->mono_ns - call.call_ns;
    return true;
}

static enum bt_next give(
    struct bt_traceport *t, const uint8_t *p, struct bt_event *ev, struct beamtap_err *err)
{
    enum bt_trace_stamp stamp;
    struct bt_slice term = {p + HEAD + 1, t->given - HEAD - 1};
    bool is_term = p[HEAD] == BT_TAG_VERSION_MAGIC && bt_trace_term(term, &t->made, ev, &stamp);
    if (t->made.failed)
        goto no_memory;
    if (!is_term) {
        tell(t, "a message is no term", t->given, false);
        return BT_NEXT_NOTHING;
    }
    learn_node(t, ev);
    if (t->head.start_wall_ns == 0)
        t->head.start_wall_ns = ev->wall_ns;
    if (stamp != BT_TRACE_NO_STAMP && !pair(t, ev))
        goto no_memory;
    return BT_NEXT_EVENT;
no_memory:
    t->is_over = true;
    bt_err_nomem(err);
    return BT_NEXT_ERROR;
}

static enum bt_next give_drop(struct bt_traceport *t, const uint8_t *p, struct bt_event *ev)
{
    bt_trace_clear(ev);
    ev->type = BT_EVENT_LOST;
    ev->amount = get_be32(p + 1);
    t->given = HEAD;
    return BT_NEXT_EVENT;
}

static enum bt_next over(struct bt_traceport *t, bool is_cut, struct beamtap_err *err)
{
    t->is_over = true;
    if (t->in->no_memory)
        bt_err_nomem(err);
    else if (t->in->sys)
        bt_err_sys(err, BEAMTAP_EUSAGE, t->in->sys, "cannot be read");
    else if (is_cut)
        tell(t, "the file ends inside a message", 0, true);
    return t->in->no_memory || t->in->sys ? BT_NEXT_ERROR : BT_NEXT_END;
}

/* The next record. There is no mark to go on at behind one that is damaged. */
static enum bt_next step(struct bt_traceport *t, struct bt_event *ev, struct beamtap_err *err)
{
    const uint8_t *p;
    bt_input_skip(t->in, t->given);
    t->given = 0;
    size_t n = bt_input_peek(t->in, HEAD, &p);
    if (n < HEAD)
        return over(t, n > 0, err);
    if (p[0] == OP_DROP)
        return give_drop(t, p, ev);
    size_t size = get_be32(p + 1);
    if (p[0] != OP_TERM || size == 0 || size > BT_CAPTURE_MAX_BODY) {
        tell(t, "this is no message of a trace port, and where the next one begins is not known", 0, false);
        return over(t, false, err);
    }
    if (bt_input_peek(t->in, HEAD + size, &p) < HEAD + size)
        return over(t, true, err);
    t->given = HEAD + size;
    return give(t, p, ev, err);
}

enum bt_next bt_traceport_next(struct bt_traceport *t, struct bt_event *ev, struct beamtap_err *err)
{
    while (!t->is_over) {
        enum bt_next next = step(t, ev, err);
        if (next != BT_NEXT_NOTHING)
            return next;
    }
    return BT_NEXT_END;
}
