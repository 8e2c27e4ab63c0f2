/*
 * event.c - trace messages to events.
 */
#include "event/event.h"

/* {M, F, Arity} */
static bool read_mfa(struct bt_etf *r, struct bt_event *ev)
{
    return bt_etf_mfa(r, &ev->mfa, &ev->module, &ev->function, &ev->arity);
}

/* {Id, Value, ...} */
static bool read_captures(struct bt_etf *r, struct bt_event *ev)
{
    uint32_t arity, id;
    if (!bt_etf_tuple(r, &arity) || arity < 1 || arity - 1 > BT_EVENT_MAX_VALUES || !bt_etf_uint32(r, &id))
        return false;
    ev->clause = id;
    ev->n_values = arity - 1;
    for (size_t i = 0; i < ev->n_values; i++) {
        if (!bt_etf_slice(r, &ev->values[i]))
            return false;
    }
    return true;
}

/* {Class, Reason} */
static bool read_exception(struct bt_etf *r, struct bt_event *ev)
{
    return bt_etf_tuple_of(r, 2) && bt_etf_atom(r, &ev->class_name) && bt_etf_slice(r, &ev->value);
}

static bool read_body(struct bt_etf *r, struct bt_event *ev)
{
    if (bt_etf_is_atom(r, "call")) {
        ev->type = BT_EVENT_CALL;
        return read_mfa(r, ev) && read_captures(r, ev);
    }
    if (bt_etf_is_atom(r, "return_from")) {
        ev->type = BT_EVENT_RETURN;
        return read_mfa(r, ev) && bt_etf_slice(r, &ev->value);
    }
    if (bt_etf_is_atom(r, "exception_from")) {
        ev->type = BT_EVENT_EXCEPTION;
        return read_mfa(r, ev) && read_exception(r, ev);
    }
    return false;
}

/* {send, Msg, To, {Id}}: the reader is behind the tag. */
static bool read_send(struct bt_etf *r, struct bt_event *ev)
{
    ev->type = BT_EVENT_SEND;
    return bt_etf_slice(r, &ev->value) && bt_etf_slice(r, &ev->peer) && read_captures(r, ev);
}

/* {'receive', Msg, {Id, From}} */
static bool read_receive(struct bt_etf *r, struct bt_event *ev)
{
    ev->type = BT_EVENT_RECEIVE;
    if (!bt_etf_slice(r, &ev->value) || !read_captures(r, ev) || ev->n_values != 1)
        return false;
    ev->peer = ev->values[--ev->n_values];
    return true;
}

static bool read_spawn(struct bt_etf *r, struct bt_event *ev)
{
    return bt_etf_tuple_of(r, 2) && bt_etf_slice(r, &ev->peer) && read_mfa(r, ev);
}

static bool read_value(struct bt_etf *r, struct bt_event *ev)
{
    return bt_etf_slice(r, &ev->value);
}

static bool read_peer(struct bt_etf *r, struct bt_event *ev)
{
    return bt_etf_slice(r, &ev->peer);
}

static bool is_size(int64_t n)
{
    return n >= 0 && n < INT64_C(1) << 53;
}

/* {minor | major, BytesBefore, BytesAfter, Ns} */
static bool read_gc(struct bt_etf *r, struct bt_event *ev)
{
    return bt_etf_tuple_of(r, 4) && bt_etf_atom(r, &ev->class_name) && bt_etf_int64(r, &ev->before) &&
           bt_etf_int64(r, &ev->after) && bt_etf_int64(r, &ev->duration_ns) && is_size(ev->before) &&
           is_size(ev->after);
}

/* {MFA | 0, Ns} */
static bool read_running(struct bt_etf *r, struct bt_event *ev)
{
    ev->mfa = (struct bt_slice){NULL, 0};
    if (!bt_etf_tuple_of(r, 2))
        return false;
    struct bt_etf at = *r;
    if (!read_mfa(r, ev)) {
        *r = at;
        ev->mfa = (struct bt_slice){NULL, 0};
        if (!bt_etf_skip(r))
            return false;
    }
    return bt_etf_int64(r, &ev->duration_ns);
}

/* {event, {Id, Kind}, Payload}, as the agent's catcher makes it (src/agent/events.hrl). */
static bool read_process_event(struct bt_etf *r, struct bt_event *ev)
{
    static const struct {
        const char *name;
        enum bt_event_type type;
        bool (*read)(struct bt_etf *r, struct bt_event *ev);
    } kinds[] = {
        {"spawn", BT_EVENT_SPAWN, read_spawn},
        {"exit", BT_EVENT_EXIT, read_value},
        {"link", BT_EVENT_LINK, read_peer},
        {"unlink", BT_EVENT_UNLINK, read_peer},
        {"register", BT_EVENT_REGISTER, read_value},
        {"unregister", BT_EVENT_UNREGISTER, read_value},
        {"gc", BT_EVENT_GC, read_gc},
        {"running", BT_EVENT_RUNNING, read_running},
    };
    uint32_t id;
    if (!bt_etf_tuple_of(r, 2) || !bt_etf_uint32(r, &id))
        return false;
    ev->clause = id;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (bt_etf_is_atom(r, kinds[i].name)) {
            ev->type = kinds[i].type;
            return kinds[i].read(r, ev);
        }
    }
    return false;
}

bool bt_event_mono(struct bt_etf *r, int64_t *ns)
{
    const int64_t most = INT64_C(1) << 61;
    return bt_etf_int64(r, ns) && *ns >= -most && *ns <= most;
}

/*
 * {trace_ts, Pid, Tag, {M, F, A}, Payload, {MonotonicNs, Unique}}, and of return_to
 * {trace_ts, Pid, return_to, {M, F, A} or undefined, {MonotonicNs, Unique}}
 */
static bool read_event(struct bt_etf *r, struct bt_event *ev)
{
    uint32_t arity;
    if (!bt_etf_tuple(r, &arity) || !bt_etf_is_atom(r, "trace_ts") || !bt_etf_slice(r, &ev->pid))
        return false;
    if (arity == 5 && bt_etf_is_atom(r, "return_to")) {
        ev->type = BT_EVENT_RETURN_TO;
        if (!bt_etf_slice(r, &ev->caller))
            return false;
    } else if (arity == 7 && bt_etf_is_atom(r, "send")) {
        if (!read_send(r, ev))
            return false;
    } else if (arity == 6 && bt_etf_is_atom(r, "receive")) {
        if (!read_receive(r, ev))
            return false;
    } else if (arity == 6 && bt_etf_is_atom(r, "event")) {
        if (!read_process_event(r, ev))
            return false;
    } else if (arity != 6 || !read_body(r, ev)) {
        return false;
    }
    return bt_etf_tuple_of(r, 2) && bt_event_mono(r, &ev->mono_ns) && bt_etf_int64(r, &ev->unique);
}

int bt_event_decode(struct bt_etf *r, struct bt_event *ev, struct beamtap_err *err)
{
    ev->n_values = 0;
    ev->wall_ns = 0;
    ev->duration_ns = -1;
    ev->caller = ev->peer = ev->mfa = ev->name = ev->node = (struct bt_slice){NULL, 0};
    if (read_event(r, ev))
        return 0;
    return bt_err_set(err, BEAMTAP_EPROTO, "the node sent a trace message that cannot be read");
}

bool bt_event_take_caller(struct bt_event *ev)
{
    if (ev->type != BT_EVENT_CALL || ev->n_values == 0)
        return false;
    ev->caller = ev->values[--ev->n_values];
    return true;
}
