/*
 * guard.c - the controller's side of the agent: its start, its requests, its answers.
 */
#include "node/guard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "node/load.h"
#include "node/rpc.h"
#include "term/print.h"

#define ANSWER_TIMEOUT_US ((int64_t)60000000) /* of the agent: arming 50,000 functions takes some seconds */
#define LOCK_MS 3000 /* how long the node keeps the name beamtap_lock for us if we die while loading */
#define PURGE_TIMEOUT_US ((int64_t)2000000)

struct bt_guard {
    struct bt_conn *conn;
    const struct bt_log *log;
    struct bt_slice guard, tracer; /* the two processes' pids, external form, ours */
};

/* none for a limit that is lifted */
static const struct bt_term *limit(struct bt_arena *a, int64_t n)
{
    return n < 0 ? bt_term_atom(a, "none") : bt_term_int(a, n);
}

static const struct bt_term *list_of(struct bt_arena *a, const struct bt_term *const *items, size_t n)
{
    return bt_term_list(a, items, n, NULL);
}

/* ---- start
 * ---------------------------------------------------------------------------------------------------------
 */

static void clock_text(int64_t epoch_s, char out[16])
{
    time_t t = (time_t)epoch_s;
    struct tm tm;
    if (!localtime_r(&t, &tm) || strftime(out, 16, "%H:%M:%S", &tm) == 0)
        strcpy(out, "?");
}

/* {beamtap_info, {{Who, Until}, Since}, State} as "alice@bastion, pid 4711, since 13:15:02, until 13:15:32 at the latest" */
static void read_info(struct bt_etf r, struct bt_buf *out)
{
    char who[128], since[16], until[16];
    int64_t since_s, until_s;
    if (!bt_etf_tuple_of(&r, 3) || !bt_etf_is_atom(&r, "beamtap_info") || !bt_etf_tuple_of(&r, 2) ||
        !bt_etf_tuple_of(&r, 2) || !bt_etf_text(&r, who, sizeof who))
        return;
    bool ends = bt_etf_int64(&r, &until_s);
    if (!ends && !bt_etf_skip(&r))
        return;
    if (!bt_etf_int64(&r, &since_s))
        return;
    clock_text(since_s, since);
    bt_buf_printf(out, "%s, since %s", who, since);
    if (ends) {
        clock_text(until_s, until);
        bt_buf_printf(out, ", until %s at the latest", until);
    }
}

/* The running beamtap is asked who it is; its answer makes our refusal. */
static int refuse_second(struct bt_conn *c, struct bt_etf guard, struct bt_arena *a, struct beamtap_err *err)
{
    struct bt_slice pid;
    struct bt_msg msg;
    struct bt_buf who = BT_BUF_INIT;
    const struct bt_term *info = bt_term_tuple2(a, bt_term_atom(a, "info"), bt_conn_self(c, a));
    if (bt_etf_slice(&guard, &pid) && bt_conn_send_pid(c, pid, info, NULL) == 0 &&
        bt_conn_next(c, &msg, bt_clock_mono_us() + 1000000, NULL) == 1)
        read_info(msg.term, &who);
    bt_err_set(err, BEAMTAP_EBUSY,
        "another beamtap traces %s: %s\n"
        "  wait for it, or end it there with Ctrl-C, or: beamtap clear %s",
        bt_conn_node(c), who.len ? bt_buf_cstr(&who) : "it does not say whose", bt_conn_node(c));
    bt_buf_done(&who);
    return -1;
}

/* One beamtap at a time: a sleeping process holds the name beamtap_lock while the code is looked at and
 * loaded. */
static int take_lock(
    struct bt_conn *c, struct bt_arena *a, const struct bt_term **lock, struct beamtap_err *err)
{
    struct bt_etf r;
    struct bt_slice pid;
    const struct bt_term *ms = bt_term_int(a, LOCK_MS);
    const struct bt_term *sleep[] = {bt_term_atom(a, "timer"), bt_term_atom(a, "sleep"), list_of(a, &ms, 1)};
    if (bt_rpc(c, "erlang", "spawn", list_of(a, sleep, 3), bt_rpc_deadline(), &r, err) < 0)
        return -1;
    struct bt_etf answer = r;
    if (bt_rpc_failed(&r) || !bt_etf_slice(&r, &pid))
        return bt_rpc_unexpected(&answer, "erlang:spawn", err);
    *lock = bt_term_raw(a, pid.p, pid.len);
    const struct bt_term *args[] = {bt_term_atom(a, "beamtap_lock"), *lock};
    if (bt_rpc(c, "erlang", "register", list_of(a, args, 2), bt_rpc_deadline(), &r, err) < 0)
        return -1;
    if (bt_rpc_failed(&r)) {
        const struct bt_term *kill[] = {*lock, bt_term_atom(a, "kill")};
        bt_rpc(c, "erlang", "exit", list_of(a, kill, 2), bt_rpc_deadline(), &r, NULL);
        return bt_err_set(err, BEAMTAP_EBUSY, "another beamtap is starting on %s; try again in some seconds",
            bt_conn_node(c));
    }
    return 0;
}

static void drop_lock(struct bt_conn *c, struct bt_arena *a, const struct bt_term *lock)
{
    struct bt_etf r;
    const struct bt_term *args[] = {lock, bt_term_atom(a, "kill")};
    bt_rpc(c, "erlang", "exit", list_of(a, args, 2), bt_rpc_deadline(), &r, NULL);
}

static int no_other_guard(struct bt_conn *c, struct bt_arena *a, struct beamtap_err *err)
{
    struct bt_etf r;
    if (bt_rpc_erlang(c, "whereis", bt_term_atom(a, "beamtap_guard"), a, &r, err) < 0)
        return -1;
    return bt_etf_is_atom(&r, "undefined") ? 0 : refuse_second(c, r, a, err);
}

static int keep(struct bt_slice *to, struct bt_slice pid, struct beamtap_err *err)
{
    uint8_t *copy = malloc(pid.len);
    if (!copy)
        return bt_err_nomem(err);
    memcpy(copy, pid.p, pid.len);
    *to = (struct bt_slice){copy, pid.len};
    return 0;
}

/* {ok, Guard, Word, Processes, TimeOffset, Schedulers} */
static int started(struct bt_guard *g, struct bt_etf r, struct bt_guard_info *info, struct beamtap_err *err)
{
    struct bt_etf answer = r;
    struct bt_slice pid;
    int64_t offset, schedulers;
    if (bt_etf_is_atom(&r, "busy"))
        return bt_err_set(err, BEAMTAP_EBUSY, "another beamtap is starting on %s", bt_conn_node(g->conn));
    if (!bt_etf_tuple_of(&r, 6) || !bt_etf_is_atom(&r, "ok") || !bt_etf_slice(&r, &pid) ||
        !bt_etf_uint32(&r, &info->word) || !bt_etf_int64(&r, &info->processes) ||
        !bt_etf_int64(&r, &offset) || !bt_etf_int64(&r, &schedulers))
        return bt_rpc_unexpected(&answer, "the start of the agent", err);
    info->schedulers = (int)schedulers;
    return keep(&g->guard, pid, err);
}

static int load_and_start(struct bt_guard *g, const struct bt_guard_opts *o, const struct bt_term *lock,
    struct bt_guard_info *info, struct bt_arena *a, struct beamtap_err *err)
{
    struct bt_etf r;
    const struct bt_term *args[] = {bt_conn_self(g->conn, a), bt_term_int(a, o->lease_ms), lock,
        bt_term_tuple2(a, bt_term_charlist(a, o->who), limit(a, o->until_s))};
    if (bt_load_and_call(g->conn, &bt_beam_agent, info->otp, "start", list_of(a, args, 4), a, &r, err) == 0 &&
        started(g, r, info, err) == 0)
        return 0;
    if (!err || err->code != BEAMTAP_EBUSY)
        bt_unload(g->conn, &bt_beam_agent, a);
    return -1;
}

struct bt_guard *bt_guard_start(
    struct bt_conn *c, const struct bt_guard_opts *o, struct bt_guard_info *info, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    const struct bt_term *lock = NULL;
    struct bt_guard *g = calloc(1, sizeof *g);
    int rc = g ? 0 : bt_err_nomem(err);
    if (rc == 0) {
        g->conn = c;
        g->log = o->log;
        rc = bt_load_otp(c, &a, &info->otp, err);
    }
    if (rc == 0)
        rc = take_lock(c, &a, &lock, err);
    if (rc == 0) {
        rc = no_other_guard(c, &a, err);
        if (rc == 0)
            rc = load_and_start(g, o, lock, info, &a, err);
        if (rc != 0)
            drop_lock(c, &a, lock);
    }
    bt_arena_done(&a);
    if (rc != 0) {
        bt_guard_free(g);
        return NULL;
    }
    bt_log(o->log, BT_LOG_SESSION, "agent %s runs on OTP %d; control word %" PRIu32, bt_beam_agent.module,
        info->otp, info->word);
    return g;
}

void bt_guard_free(struct bt_guard *g)
{
    if (!g)
        return;
    free((void *)g->guard.p);
    free((void *)g->tracer.p);
    free(g);
}

/* ---- requests and answers ---- */

static int say(struct bt_guard *g, const struct bt_term *t, struct beamtap_err *err)
{
    return bt_conn_send_pid(g->conn, g->guard, t, err);
}

static int say_atom(struct bt_guard *g, const char *what, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    int rc = say(g, bt_term_tuple1(&a, bt_term_atom(&a, what)), err);
    bt_arena_done(&a);
    return rc;
}

int bt_guard_renew(struct bt_guard *g, struct beamtap_err *err)
{
    return say_atom(g, "renew", err);
}

int bt_guard_ask_name(struct bt_guard *g, struct bt_slice pid, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    int rc = say(g, bt_term_tuple2(&a, bt_term_atom(&a, "name"), bt_term_raw(&a, pid.p, pid.len)), err);
    bt_arena_done(&a);
    return rc;
}

int bt_guard_close(struct bt_guard *g, struct beamtap_err *err)
{
    return say_atom(g, "close", err);
}

int bt_guard_finish(struct bt_guard *g, struct beamtap_err *err)
{
    return say_atom(g, "finish", err);
}

int bt_guard_ack(struct bt_guard *g, int64_t n_calls, int64_t bytes, int64_t grant, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    const struct bt_term *ack[] = {
        bt_term_atom(&a, "ack"), bt_term_int(&a, n_calls), bt_term_int(&a, bytes), bt_term_int(&a, grant)};
    int rc = bt_conn_send_pid(g->conn, g->tracer, bt_term_tuple(&a, ack, 4), err);
    bt_arena_done(&a);
    return rc;
}

/* Counts are added up: what is beyond this is no count. */
static bool is_count(int64_t n)
{
    return n >= 0 && n < INT64_C(1) << 53;
}

/* {ev, N, Calls, Bytes, [E1 .. EN]} */
static bool read_events(struct bt_etf *r, struct bt_notice *n)
{
    uint32_t listed;
    bool ok = bt_etf_uint32(r, &n->n_events) && bt_etf_int64(r, &n->n_calls) && bt_etf_int64(r, &n->bytes) &&
              is_count(n->n_calls) && is_count(n->bytes) && bt_etf_list(r, &listed) && listed == n->n_events;
    n->events = *r;
    return ok;
}

/* {closed, Why, Counts}, {finished, Why, Left}, {note, What, Bytes} */
static bool read_two(struct bt_etf *r, struct bt_notice *n)
{
    n->why = *r;
    bool ok = bt_etf_skip(r);
    n->rest = *r;
    return ok;
}

static bool read_stat(struct bt_etf *r, struct bt_notice *n)
{
    return bt_etf_int64(r, &n->called) && is_count(n->called);
}

/* {examined, Calls, Filtered, Unended, Held} */
static bool read_examined(struct bt_etf *r, struct bt_notice *n)
{
    struct bt_examined *x = &n->examined;
    return bt_etf_int64(r, &x->calls) && bt_etf_int64(r, &x->filtered) && bt_etf_int64(r, &x->unended) &&
           bt_etf_int64(r, &x->held) && is_count(x->calls) && is_count(x->filtered) && is_count(x->unended) &&
           is_count(x->held);
}

/* {lost, Calls, Others} */
static bool read_lost(struct bt_etf *r, struct bt_notice *n)
{
    return bt_etf_int64(r, &n->n_calls) && bt_etf_int64(r, &n->bytes) && is_count(n->n_calls) &&
           is_count(n->bytes);
}

/* {gate, Bytes, Room, Tokens, Unacked, UnackedBytes, Hot}, after a batch of Bytes */
static bool read_gate(struct bt_etf *r, struct bt_notice *n)
{
    int64_t v[5];
    struct bt_slice hot;
    for (size_t i = 0; i < 5; i++) {
        if (!bt_etf_int64(r, &v[i]))
            return false;
    }
    if (!bt_etf_atom(r, &hot))
        return false;
    snprintf(n->text, sizeof n->text,
        "batch of %" PRId64 " bytes; window %" PRId64 ", tokens %" PRId64
        "; not acknowledged before it: %" PRId64 " calls, %" PRId64 " bytes; %.*s",
        v[0], v[1], v[2], v[3], v[4], (int)hot.len, (const char *)hot.p);
    return true;
}

bool bt_guard_read_tally(struct bt_etf *r, struct bt_tally *out)
{
    return bt_etf_tuple_of(r, 3) && bt_etf_int64(r, &out->calls) && bt_etf_int64(r, &out->us) &&
           bt_etf_int64(r, &out->bytes) && is_count(out->calls) && is_count(out->us) && is_count(out->bytes);
}

/* {counts, Us, Sum, Rows} */
static bool read_counts(struct bt_etf *r, struct bt_notice *n)
{
    bool ok = bt_etf_int64(r, &n->at_us) && n->at_us > -(INT64_C(1) << 52) && n->at_us < INT64_C(1) << 52 &&
              bt_guard_read_tally(r, &n->sum);
    n->rows = *r;
    return ok;
}

static const struct {
    const char *tag;
    uint32_t arity;
    enum bt_heard kind;
    bool (*read)(struct bt_etf *r, struct bt_notice *n);
} notices[] = {
    {"ev", 5, BT_HEARD_EVENTS, read_events},
    {"stat", 2, BT_HEARD_STAT, read_stat},
    {"note", 3, BT_HEARD_NOTE, read_two},
    {"name", 3, BT_HEARD_NAME, read_two},
    {"examined", 5, BT_HEARD_EXAMINED, read_examined},
    {"lost", 3, BT_HEARD_LOST, read_lost},
    {"gate", 7, BT_HEARD_GATE, read_gate},
    {"counts", 4, BT_HEARD_COUNTS, read_counts},
    {"closed", 3, BT_HEARD_CLOSED, read_two},
    {"finished", 3, BT_HEARD_FINISHED, read_two},
};

int bt_guard_hear(struct bt_guard *g, struct bt_notice *n, int64_t deadline_us, struct beamtap_err *err)
{
    struct bt_msg msg;
    int rc = bt_conn_next(g->conn, &msg, deadline_us, err);
    if (rc <= 0)
        return rc;
    struct bt_etf r = msg.term;
    uint32_t arity = 0;
    *n = (struct bt_notice){.kind = BT_HEARD_OTHER};
    bool is_tuple = bt_etf_tuple(&r, &arity);
    for (size_t i = 0; is_tuple && i < sizeof notices / sizeof notices[0]; i++) {
        if (notices[i].arity != arity || !bt_etf_is_atom(&r, notices[i].tag))
            continue;
        n->kind = notices[i].kind;
        return notices[i].read(&r, n) ? 1 : bt_rpc_unexpected(&msg.term, "the trace", err);
    }
    return 1;
}

/* Waits for {Tag, ...} of the guard; the cursor is left behind the tag. An end that comes instead is an
 * error. */
static int await(
    struct bt_guard *g, const char *tag, uint32_t *arity, struct bt_etf *out, struct beamtap_err *err)
{
    int64_t deadline_us = bt_clock_mono_us() + ANSWER_TIMEOUT_US;
    for (;;) {
        struct bt_msg msg;
        int rc = bt_conn_next(g->conn, &msg, deadline_us, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            return bt_err_set(
                err, BEAMTAP_ETIMEDOUT, "the agent on %s does not answer", bt_conn_node(g->conn));
        struct bt_etf r = msg.term;
        if (bt_clock_mono_us() > deadline_us)
            return bt_err_set(
                err, BEAMTAP_ETIMEDOUT, "the agent on %s does not answer", bt_conn_node(g->conn));
        if (!bt_etf_tuple(&r, arity))
            continue;
        *out = r;
        if (bt_etf_is_atom(out, tag) || bt_etf_is_atom(out, "refused"))
            return 0;
        if (bt_etf_is_atom(out, "finished"))
            return bt_rpc_unexpected(&msg.term, "a request; the agent has ended and cleaned up", err);
    }
}

/* ---- arm
 * -----------------------------------------------------------------------------------------------------------
 */

static const struct bt_term *boolean(struct bt_arena *a, bool b)
{
    return bt_term_atom(a, b ? "true" : "false");
}

const struct bt_term *bt_guard_rate(struct bt_arena *a, struct bt_rate rate)
{
    return rate.n < 0 ? bt_term_atom(a, "none")
                      : bt_term_tuple2(a, bt_term_int(a, rate.n), bt_term_int(a, rate.interval_us));
}

/* What the agent's tracer and guard keep to. */
static const struct bt_term *config(const struct bt_arm_opts *o, struct bt_arena *a)
{
    const struct bt_term *rate = bt_guard_rate(a, (struct bt_rate){o->rate, o->interval_us});
    const struct bt_term *pairs[] = {
        bt_term_atom(a, "window"),
        bt_term_int(a, o->window),
        bt_term_atom(a, "credit"),
        bt_term_int(a, o->credit),
        bt_term_atom(a, "final"),
        boolean(a, o->is_final),
        bt_term_atom(a, "returns"),
        boolean(a, o->wants_return),
        bt_term_atom(a, "rate"),
        rate,
        bt_term_atom(a, "burst"),
        bt_term_int(a, o->burst),
        bt_term_atom(a, "on_rate"),
        bt_term_atom(a, o->stops_on_rate ? "stop" : "skip"),
        bt_term_atom(a, "max_memory"),
        bt_term_int(a, o->max_memory),
        bt_term_atom(a, "max_term"),
        bt_term_int(a, o->max_term),
        bt_term_atom(a, "max_load"),
        limit(a, o->max_load),
        bt_term_atom(a, "debug"),
        boolean(a, o->debug),
        bt_term_atom(a, "whole"),
        o->whole_ids,
        bt_term_atom(a, "returning"),
        o->returning_ids,
        bt_term_atom(a, "mute"),
        o->mute_ids,
        bt_term_atom(a, "messages"),
        o->messages,
        bt_term_atom(a, "events"),
        o->events,
        bt_term_atom(a, "filter"),
        o->filter,
        bt_term_atom(a, "flags"),
        o->flags,
        bt_term_atom(a, "names"),
        boolean(a, o->names),
    };
    return bt_term_map(a, pairs, sizeof pairs / sizeof pairs[0] / 2);
}

static const struct bt_term *arm_request(const struct bt_arm_opts *o, struct bt_arena *a)
{
    const struct bt_term **groups = bt_arena_array(a, o->n_groups + 1, sizeof(const struct bt_term *));
    for (size_t i = 0; groups && i < o->n_groups; i++) {
        const struct bt_install_group *g = &o->groups[i];
        groups[i] = bt_term_tuple3(
            a, g->match_spec, bt_term_atom(a, g->scope == BT_SCOPE_LOCAL ? "local" : "global"), g->mfas);
    }
    const struct bt_term *args[] = {
        bt_term_atom(a, "arm"),
        groups ? list_of(a, groups, o->n_groups) : NULL,
        o->processes,
        bt_term_int(a, o->base),
        bt_term_int(a, o->range),
        config(o, a),
    };
    return bt_term_tuple(a, args, 6);
}

/* {word, W} | {no_process, Text} | {no_registry, Text} | {tracer, {T, Name}, P, Flags} | {traced, MFA, Kind} | {agent, Why} */
static int refused(struct bt_guard *g, struct bt_etf *r, struct beamtap_err *err)
{
    struct bt_etf all = *r;
    struct bt_print_opts opts = {
        .home = {(const uint8_t *)bt_conn_node(g->conn), strlen(bt_conn_node(g->conn))}};
    struct bt_buf b = BT_BUF_INIT;
    uint32_t arity;
    char text[256];
    const char *node = bt_conn_node(g->conn);
    if (!bt_etf_tuple(r, &arity)) {
        bt_rpc_unexpected(&all, "arming", err);
    } else if (bt_etf_is_atom(r, "no_process") && bt_etf_text(r, text, sizeof text)) {
        bt_err_set(err, BEAMTAP_ENOMATCH, "%s has no process '%s' (-p)", node, text);
    } else if (bt_etf_is_atom(r, "no_registry") && bt_etf_text(r, text, sizeof text)) {
        bt_err_set(err, BEAMTAP_ENOMATCH,
            "%s cannot look up '%s' (-p): the module is not loaded there, has no whereis_name/1 for such a "
            "name, or "
            "takes too long",
            node, text);
    } else if (bt_etf_is_atom(r, "word")) {
        bt_print_erlang(&b, r, &opts);
        bt_err_set(err, BEAMTAP_EBUSY,
            "somebody else changes the trace control word of %s (now %s); beamtap needs it", node,
            bt_buf_cstr(&b));
    } else if (bt_etf_is_atom(r, "tracer")) {
        bt_print_erlang(&b, r, &opts);
        bt_buf_puts(&b, " traces ");
        bt_print_erlang(&b, r, &opts);
        bt_err_set(err, BEAMTAP_EBUSY,
            "another tracer is active on %s: %s; below OTP 27 a process has one tracer only\n"
            "  stop it first (dbg:stop(), recon_trace:clear()), or: beamtap clear %s --all",
            node, bt_buf_cstr(&b), node);
    } else if (bt_etf_is_atom(r, "message_pattern")) {
        bt_print_erlang(&b, r, &opts);
        bt_err_set(err, BEAMTAP_EBUSY,
            "somebody else has a trace pattern on '%s' of %s; below OTP 27 there is one for the whole node",
            bt_buf_cstr(&b), node);
    } else if (bt_etf_is_atom(r, "other_session")) {
        bt_print_erlang(&b, r, &opts);
        bt_err_set(err, BEAMTAP_EBUSY,
            "somebody else traces on %s: %s; two who trace garbage collections crash the VM, so gc waits "
            "until that has ended",
            node, bt_buf_cstr(&b));
    } else if (bt_etf_is_atom(r, "traced")) {
        bt_print_erlang(&b, r, &opts);
        bt_err_set(err, BEAMTAP_EBUSY,
            "somebody else has a trace pattern on %s of %s; below OTP 27 a function has one only\n"
            "  see: beamtap clear %s",
            bt_buf_cstr(&b), node, node);
    } else {
        bt_rpc_unexpected(&all, "arming", err);
    }
    bt_buf_done(&b);
    return -1;
}

/* The answer to a request to arm or to count. */
static int await_armed(struct bt_guard *g, struct bt_armed *out, struct beamtap_err *err)
{
    struct bt_etf r;
    uint32_t arity;
    if (await(g, "armed", &arity, &r, err) < 0)
        return -1;
    if (arity == 2)
        return refused(g, &r, err);
    struct bt_slice tracer;
    if (arity != 7 || !bt_etf_slice(&r, &tracer) || !bt_etf_int64(&r, &out->functions) ||
        !bt_etf_int64(&r, &out->processes) || !bt_etf_int64(&r, &out->mono_ns) ||
        !bt_etf_int64(&r, &out->time_offset_ns) || !bt_etf_list(&r, &out->n_sensitive) ||
        out->time_offset_ns > INT64_C(1) << 62 || out->time_offset_ns < -(INT64_C(1) << 62))
        return bt_err_set(err, BEAMTAP_EPROTO, "the agent's answer cannot be read");
    return keep(&g->tracer, tracer, err);
}

int bt_guard_arm(
    struct bt_guard *g, const struct bt_arm_opts *o, struct bt_armed *out, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    int rc = say(g, arm_request(o, &a), err);
    bt_arena_done(&a);
    return rc < 0 ? -1 : await_armed(g, out, err);
}

/* {count, MFAs, Procs, Config} */
static const struct bt_term *count_request(const struct bt_count_opts *o, struct bt_arena *a)
{
    const struct bt_term *kinds[] = {
        bt_term_atom(a, o->times ? "call_time" : "call_count"), bt_term_atom(a, "call_memory")};
    const struct bt_term *pairs[] = {
        bt_term_atom(a, "kinds"),
        list_of(a, kinds, o->times && o->memory ? 2 : 1),
        bt_term_atom(a, "interval"),
        bt_term_int(a, o->interval_ms),
        bt_term_atom(a, "by"),
        bt_term_atom(a, o->by_process ? "process" : "function"),
        bt_term_atom(a, "max_load"),
        limit(a, o->max_load),
        bt_term_atom(a, "max_memory"),
        bt_term_int(a, o->max_memory),
    };
    const struct bt_term *args[] = {bt_term_atom(a, "count"), o->mfas, o->processes,
        bt_term_map(a, pairs, sizeof pairs / sizeof pairs[0] / 2)};
    return bt_term_tuple(a, args, 4);
}

int bt_guard_count(
    struct bt_guard *g, const struct bt_count_opts *o, struct bt_armed *out, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    int rc = say(g, count_request(o, &a), err);
    bt_arena_done(&a);
    return rc < 0 ? -1 : await_armed(g, out, err);
}

/* ---- verify ---- */

/* Asks erlang:F(module or name) until the answer is `want`. */
static int await_answer(struct bt_guard *g, const char *f, const char *name, const char *want,
    int64_t deadline_us, struct bt_buf *left, struct beamtap_err *err)
{
    for (;;) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_etf r;
        int rc = bt_rpc_erlang(g->conn, f, bt_term_atom(&a, name), &a, &r, err);
        bool is_so = rc == 0 && bt_etf_is_atom(&r, want);
        bt_arena_done(&a);
        if (rc < 0 || is_so)
            return rc;
        if (bt_clock_mono_us() > deadline_us) {
            bt_buf_printf(left, "%s%s(%s)", left->len ? ", " : "", f, name);
            return 0;
        }
        bt_clock_pause_ms(2);
    }
}

int bt_guard_verify(struct bt_guard *g, int64_t word, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf left = BT_BUF_INIT;
    struct bt_etf r;
    uint32_t now = 0;
    int64_t until = bt_clock_mono_us() + PURGE_TIMEOUT_US;
    const char *agent = bt_beam_agent.module;
    int rc = await_answer(g, "whereis", "beamtap_guard", "undefined", until, &left, err);
    if (rc == 0)
        rc = await_answer(g, "module_loaded", agent, "false", until, &left, err);
    if (rc == 0)
        rc = await_answer(g, "check_old_code", agent, "false", until, &left, err);
    if (rc == 0)
        rc = bt_rpc_erlang(g->conn, "system_info", bt_term_atom(&a, "trace_control_word"), &a, &r, err);
    if (rc == 0 && (!bt_etf_uint32(&r, &now) || (word >= 0 && now != word)))
        bt_buf_printf(
            &left, "%strace control word %" PRIu32 ", it was %" PRId64, left.len ? ", " : "", now, word);
    if (rc == 0 && left.len)
        rc = bt_err_set(
            err, BEAMTAP_EUNCLEAN, "%s is not clean: %s", bt_conn_node(g->conn), bt_buf_cstr(&left));
    bt_buf_done(&left);
    bt_arena_done(&a);
    return rc;
}
