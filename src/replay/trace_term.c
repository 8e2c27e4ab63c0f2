/*
 * trace_term.c - one term of a trace port file to an event. Kinds that beamtap has a line for become that; all others are
 * shown by their name and their terms.
 */
#include "replay/trace_term.h"

#include <string.h>

#include "term/etf_tags.h"

#define MOST_MEGA 4600 /* of seconds, in the year 2115: as ns below what reader.c takes for a time */
#define MAX_ARITY 16   /* of a trace message: they have six members at most */

struct message {
    struct bt_slice members[MAX_ARITY]; /* behind kind */
    size_t n;
    struct bt_slice kind; /* UTF-8 */
};

/* ---- parts ---- */

static struct bt_etf at(struct bt_slice s)
{
    struct bt_etf r;
    bt_etf_init(&r, s.p, s.len);
    return r;
}

/* The length of a proper list of at most 255 terms. */
static bool list_length(struct bt_etf r, uint32_t *n)
{
    struct bt_etf_token tok;
    struct bt_etf begin = r;
    if (!bt_etf_next(&r, &tok))
        return false;
    *n = tok.kind == BT_ETF_STRING ? (uint32_t)tok.bytes.len : 0;
    if (tok.kind == BT_ETF_STRING || tok.kind == BT_ETF_NIL)
        return *n <= 255;
    if (!bt_etf_list(&begin, n) || *n > 255)
        return false;
    for (uint32_t i = 0; i < *n; i++) {
        if (!bt_etf_skip(&begin))
            return false;
    }
    return bt_etf_nil(&begin);
}

/*
 * {M, F, Args} or {M, F, Arity}: the function as {M, F, Arity}, which is made where there are arguments, as the VM writes it, so that
 * call and return are known to be of one function; *args has no bytes where there are none.
 */
static bool read_mfa(struct bt_slice s, struct bt_buf *made, struct bt_event *ev, struct bt_slice *args)
{
    static const uint8_t tuple_of_3[] = {BT_TAG_SMALL_TUPLE, 3};
    struct bt_etf r = at(s);
    *args = (struct bt_slice){NULL, 0};
    if (!bt_etf_tuple_of(&r, 3))
        return false;
    const uint8_t *names = r.p;
    if (!bt_etf_atom(&r, &ev->module) || !bt_etf_atom(&r, &ev->function))
        return false;
    size_t names_len = (size_t)(r.p - names);
    struct bt_etf arity = r;
    if (bt_etf_uint32(&arity, &ev->arity) && ev->arity <= 255) {
        ev->mfa = s;
        return true;
    }
    if (!list_length(r, &ev->arity))
        return false;
    bt_etf_slice(&r, args);
    size_t before = made->len;
    bt_buf_put(made, tuple_of_3, sizeof tuple_of_3);
    bt_buf_put(made, names, names_len);
    const uint8_t number[] = {BT_TAG_SMALL_INTEGER, (uint8_t)ev->arity};
    bt_buf_put(made, number, sizeof number);
    ev->mfa = (struct bt_slice){(const uint8_t *)made->data + before, made->len - before};
    return !made->failed;
}

static bool add_value(struct bt_event *ev, struct bt_slice s)
{
    ev->values[ev->n_values++] = s;
    return true;
}

/* ---- kinds ---- */

static bool read_call(const struct message *m, struct bt_buf *made, struct bt_event *ev)
{
    struct bt_slice args;
    bool is_said = m->n == 2;
    if (m->n > 2 || !read_mfa(m->members[0], made, ev, &args))
        return false;
    ev->clause = args.len ? BT_TRACE_ARGS : BT_TRACE_NO_ARGS;
    ev->clause += is_said;
    if (args.len)
        add_value(ev, args);
    return !is_said || add_value(ev, m->members[1]);
}

static bool read_return(const struct message *m, struct bt_buf *made, struct bt_event *ev)
{
    struct bt_slice args;
    ev->value = m->members[1];
    return m->n == 2 && read_mfa(m->members[0], made, ev, &args);
}

/* MFA, {Class, Reason} */
static bool read_exception(const struct message *m, struct bt_buf *made, struct bt_event *ev)
{
    struct bt_etf r = at(m->members[1]);
    return read_return(m, made, ev) && bt_etf_tuple_of(&r, 2) && bt_etf_atom(&r, &ev->class_name) &&
           bt_etf_slice(&r, &ev->value);
}

static bool read_send(const struct message *m, struct bt_buf *made, struct bt_event *ev)
{
    (void)made;
    ev->value = m->members[0];
    ev->peer = m->members[1];
    return m->n == 2;
}

/* A message, and from whom where the match specification said {message, ...}: only OTP 27 and later can, and nobody does. */
static bool read_value(const struct message *m, struct bt_buf *made, struct bt_event *ev)
{
    (void)made;
    ev->value = m->members[0];
    return m->n == 1;
}

static bool read_peer(const struct message *m, struct bt_buf *made, struct bt_event *ev)
{
    (void)made;
    ev->peer = m->members[0];
    return m->n == 1;
}

/* Pid, {M, F, Args} */
static bool read_spawn(const struct message *m, struct bt_buf *made, struct bt_event *ev)
{
    struct bt_slice args;
    ev->peer = m->members[0];
    return m->n == 2 && read_mfa(m->members[1], made, ev, &args);
}

static const struct kind {
    const char *name;
    size_t n_least; /* members */
    enum bt_event_type type;
    bool (*read)(const struct message *m, struct bt_buf *made, struct bt_event *ev);
} kinds[] = {
    {"call", 1, BT_EVENT_CALL, read_call},
    {"return_from", 2, BT_EVENT_RETURN, read_return},
    {"exception_from", 2, BT_EVENT_EXCEPTION, read_exception},
    {"send", 2, BT_EVENT_SEND, read_send},
    {"receive", 1, BT_EVENT_RECEIVE, read_value},
    {"spawn", 2, BT_EVENT_SPAWN, read_spawn},
    {"exit", 1, BT_EVENT_EXIT, read_value},
    {"link", 1, BT_EVENT_LINK, read_peer},
    {"unlink", 1, BT_EVENT_UNLINK, read_peer},
    {"register", 1, BT_EVENT_REGISTER, read_value},
    {"unregister", 1, BT_EVENT_UNREGISTER, read_value},
};

/* Of any kind: its name, and all its terms. */
static void read_other(const struct message *m, struct bt_event *ev)
{
    ev->type = BT_EVENT_OTHER;
    ev->class_name = m->kind;
    ev->n_values = 0;
    for (size_t i = 0; i < m->n; i++)
        add_value(ev, m->members[i]);
}

static void read_kind(const struct message *m, struct bt_buf *made, struct bt_event *ev)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (!bt_slice_is(m->kind, kinds[i].name))
            continue;
        ev->type = kinds[i].type;
        if (m->n >= kinds[i].n_least && kinds[i].read(m, made, ev))
            return;
        break;
    }
    ev->mfa = (struct bt_slice){NULL, 0};
    read_other(m, ev);
}

/* ---- stamps ---- */

static bool read_wall(struct bt_etf r, int64_t *ns)
{
    int64_t mega, s, us;
    if (!bt_etf_tuple_of(&r, 3) || !bt_etf_int64(&r, &mega) || !bt_etf_int64(&r, &s) ||
        !bt_etf_int64(&r, &us))
        return false;
    if (mega < 0 || mega > MOST_MEGA || s < 0 || s > 999999 || us < 0 || us > 999999)
        return false;
    *ns = ((mega * 1000000 + s) * 1000000 + us) * 1000;
    return true;
}

static bool read_stamp(struct bt_slice s, struct bt_event *ev, enum bt_trace_stamp *stamp)
{
    struct bt_etf r = at(s), pair = r;
    if (read_wall(r, &ev->wall_ns)) {
        ev->mono_ns = ev->wall_ns;
        *stamp = BT_TRACE_WALL;
        return true;
    }
    *stamp = BT_TRACE_MONOTONIC;
    return bt_event_mono(&r, &ev->mono_ns) ||
           (bt_etf_tuple_of(&pair, 2) && bt_event_mono(&pair, &ev->mono_ns) &&
               bt_etf_int64(&pair, &ev->unique));
}

/* ---- any term ---- */

/* {trace, Pid, Kind, ...}, {trace_ts, Pid, Kind, ..., Stamp}; the same of seq_trace, where Pid is the label. */
static bool read_message(struct bt_etf r, struct message *m, struct bt_event *ev, enum bt_trace_stamp *stamp)
{
    uint32_t arity;
    if (!bt_etf_tuple(&r, &arity) || arity < 3 || arity > MAX_ARITY)
        return false;
    bool has_stamp = bt_etf_is_atom(&r, "trace_ts");
    if ((!has_stamp && !bt_etf_is_atom(&r, "trace")) || !bt_etf_slice(&r, &ev->pid) ||
        !bt_etf_atom(&r, &m->kind))
        return false;
    for (m->n = 0; m->n < arity - 3; m->n++) {
        if (!bt_etf_slice(&r, &m->members[m->n]))
            return false;
    }
    return !has_stamp || (m->n > 0 && read_stamp(m->members[--m->n], ev, stamp));
}

/* {seq_trace, Label, Info} or {seq_trace, Label, Info, Stamp} */
static bool read_seq_trace(
    struct bt_etf r, struct message *m, struct bt_event *ev, enum bt_trace_stamp *stamp)
{
    uint32_t arity;
    if (!bt_etf_tuple(&r, &arity) || (arity != 3 && arity != 4) || !bt_etf_is_atom(&r, "seq_trace"))
        return false;
    m->kind = (struct bt_slice){(const uint8_t *)"seq_trace", 9};
    for (m->n = 0; m->n < arity - 1; m->n++) {
        if (!bt_etf_slice(&r, &m->members[m->n]))
            return false;
    }
    return arity == 3 || read_stamp(m->members[--m->n], ev, stamp);
}

/* {drop, N}: the VM itself dropped messages, as the port was busy. */
static bool read_drop(struct bt_etf r, struct bt_event *ev)
{
    if (!bt_etf_tuple_of(&r, 2) || !bt_etf_is_atom(&r, "drop") || !bt_etf_int64(&r, &ev->amount) ||
        ev->amount < 0)
        return false;
    ev->type = BT_EVENT_LOST;
    return true;
}

void bt_trace_clear(struct bt_event *ev)
{
    const struct bt_slice none = {NULL, 0};
    ev->n_values = ev->clause = 0;
    ev->wall_ns = ev->mono_ns = ev->unique = ev->amount = 0;
    ev->duration_ns = -1;
    ev->caller = ev->peer = ev->mfa = ev->pid = ev->value = ev->node = ev->name = none;
}

bool bt_trace_term(struct bt_slice etf, struct bt_buf *made, struct bt_event *ev, enum bt_trace_stamp *stamp)
{
    struct message m = {.n = 0};
    struct bt_etf r = at(etf), end = r;
    bt_buf_reset(made);
    bt_trace_clear(ev);
    *stamp = BT_TRACE_NO_STAMP;
    if (!bt_etf_skip(&end) || end.p != end.end)
        return false;
    if (read_message(r, &m, ev, stamp)) {
        read_kind(&m, made, ev);
        return !made->failed;
    }
    bt_trace_clear(ev);
    *stamp = BT_TRACE_NO_STAMP;
    if (read_drop(r, ev))
        return true;
    if (!read_seq_trace(r, &m, ev, stamp)) {
        bt_trace_clear(ev);
        *stamp = BT_TRACE_NO_STAMP;
        m = (struct message){{etf}, 1, {(const uint8_t *)"unknown", 7}};
    }
    read_other(&m, ev);
    return true;
}
