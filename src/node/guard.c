/*
 * guard.c - the controller's side of the agent: its start, its requests, its answers.
 */
#include "node/guard.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/agent.h"
#include "base/clock.h"
#include "node/rpc.h"
#include "term/print.h"

#define RPC_TIMEOUT_US ((int64_t)10000000)
#define LOCK_MS 10000       /* how long the node keeps the name beamtap_lock for us if we die while loading */
#define PURGE_TIMEOUT_US ((int64_t)2000000)
#define MIN_OTP 23

struct bt_guard {
    struct bt_conn *conn;
    const struct bt_log *log;
    uint8_t *pid; /* of the guard process, external form */
    size_t pid_len;
};

static int64_t soon(void)
{
    return bt_clock_mono_us() + RPC_TIMEOUT_US;
}

static const struct bt_term *list_of(struct bt_arena *a, const struct bt_term *const *items, size_t n)
{
    return bt_term_list(a, items, n, NULL);
}

/* erlang:F(X), the commonest call. */
static int ask_erlang(
    struct bt_conn *c, const char *f, const struct bt_term *x, struct bt_arena *a, struct bt_etf *out, struct beamtap_err *err)
{
    return bt_rpc(c, "erlang", f, list_of(a, &x, 1), soon(), out, err);
}

/* ---- start --------------------------------------------------------------------------------------------------------- */

static int ask_otp(struct bt_conn *c, struct bt_arena *a, int *otp, struct beamtap_err *err)
{
    struct bt_etf r;
    char text[32];
    if (ask_erlang(c, "system_info", bt_term_atom(a, "otp_release"), a, &r, err) < 0)
        return -1;
    struct bt_etf answer = r;
    if (!bt_etf_text(&r, text, sizeof text) || (*otp = atoi(text)) <= 0)
        return bt_rpc_unexpected(&answer, "erlang:system_info(otp_release)", err);
    if (*otp < MIN_OTP)
        return bt_err_set(err, BEAMTAP_EREJECTED, "%s runs OTP %d; beamtap needs OTP %d or later", bt_conn_node(c),
            *otp, MIN_OTP);
    return 0;
}

static void clock_text(int64_t epoch_s, char out[16])
{
    time_t t = (time_t)epoch_s;
    struct tm tm;
    if (!localtime_r(&t, &tm) || strftime(out, 16, "%H:%M:%S", &tm) == 0)
        strcpy(out, "?");
}

/* The running beamtap is asked who it is; its answer makes our refusal. */
static int refuse_second(struct bt_conn *c, struct bt_etf guard, struct bt_arena *a, struct beamtap_err *err)
{
    struct bt_slice pid;
    struct bt_msg msg;
    char who[128] = "somebody", state[32] = "", since[16] = "?";
    const struct bt_term *info = bt_term_tuple2(a, bt_term_atom(a, "info"), bt_conn_self(c, a));
    if (bt_etf_slice(&guard, &pid) && bt_conn_send_pid(c, pid, info, NULL) == 0 &&
        bt_conn_next(c, &msg, bt_clock_mono_us() + 1000000, NULL) == 1) {
        struct bt_etf r = msg.term;
        struct bt_slice name;
        int64_t at;
        if (bt_etf_tuple_of(&r, 3) && bt_etf_is_atom(&r, "beamtap_info") && bt_etf_tuple_of(&r, 2) &&
            bt_etf_text(&r, who, sizeof who) && bt_etf_int64(&r, &at) && bt_etf_atom(&r, &name)) {
            clock_text(at, since);
            if (name.len < sizeof state)
                memcpy(state, name.p, name.len);
        }
    }
    return bt_err_set(err, BEAMTAP_EBUSY,
        "another beamtap traces %s: %s, since %s%s%s\n"
        "  wait for it, or end it there with Ctrl-C, or: beamtap clear %s",
        bt_conn_node(c), who, since, *state ? ", " : "", state, bt_conn_node(c));
}

/* One beamtap at a time: a sleeping process holds the name beamtap_lock while the code is looked at and loaded. */
static int take_lock(struct bt_conn *c, struct bt_arena *a, const struct bt_term **lock, struct beamtap_err *err)
{
    struct bt_etf r;
    struct bt_slice pid;
    const struct bt_term *ms = bt_term_int(a, LOCK_MS);
    const struct bt_term *sleep[] = {bt_term_atom(a, "timer"), bt_term_atom(a, "sleep"), list_of(a, &ms, 1)};
    if (bt_rpc(c, "erlang", "spawn", list_of(a, sleep, 3), soon(), &r, err) < 0)
        return -1;
    struct bt_etf answer = r;
    if (bt_rpc_failed(&r) || !bt_etf_slice(&r, &pid))
        return bt_rpc_unexpected(&answer, "erlang:spawn", err);
    *lock = bt_term_raw(a, pid.p, pid.len);
    const struct bt_term *args[] = {bt_term_atom(a, "beamtap_lock"), *lock};
    if (bt_rpc(c, "erlang", "register", list_of(a, args, 2), soon(), &r, err) < 0)
        return -1;
    if (bt_rpc_failed(&r)) {
        const struct bt_term *kill[] = {*lock, bt_term_atom(a, "kill")};
        bt_rpc(c, "erlang", "exit", list_of(a, kill, 2), soon(), &r, NULL);
        return bt_err_set(err, BEAMTAP_EBUSY, "another beamtap is starting on %s; try again in some seconds", bt_conn_node(c));
    }
    return 0;
}

static void drop_lock(struct bt_conn *c, struct bt_arena *a, const struct bt_term *lock)
{
    struct bt_etf r;
    const struct bt_term *args[] = {lock, bt_term_atom(a, "kill")};
    bt_rpc(c, "erlang", "exit", list_of(a, args, 2), soon(), &r, NULL);
}

static int no_other_guard(struct bt_conn *c, struct bt_arena *a, struct beamtap_err *err)
{
    struct bt_etf r;
    if (ask_erlang(c, "whereis", bt_term_atom(a, "beamtap_guard"), a, &r, err) < 0)
        return -1;
    return bt_etf_is_atom(&r, "undefined") ? 0 : refuse_second(c, r, a, err);
}

/*
 * Loads the code unless it is there: its name carries a hash of its source, so what is there is the same, left by one
 * that was killed. Loading it twice more would end whoever runs it.
 */
static int load(struct bt_conn *c, const struct bt_beam *beam, int otp, struct bt_arena *a, struct beamtap_err *err)
{
    struct bt_etf r;
    if (ask_erlang(c, "module_loaded", bt_term_atom(a, beam->module), a, &r, err) < 0)
        return -1;
    if (bt_etf_is_atom(&r, "true"))
        return 0;
    const struct bt_term *args[] = {
        bt_term_atom(a, beam->module),
        bt_term_charlist(a, beam->module),
        otp < 24 ? bt_term_binary(a, beam->old, beam->old_len, 8) : bt_term_binary(a, beam->beam, beam->beam_len, 8),
    };
    if (bt_rpc(c, "code", "load_binary", list_of(a, args, 3), soon(), &r, err) < 0)
        return -1;
    struct bt_etf answer = r;
    if (!bt_etf_tuple_of(&r, 2) || !bt_etf_is_atom(&r, "module"))
        return bt_rpc_unexpected(&answer, "code:load_binary", err);
    return 0;
}

static void unload(struct bt_conn *c, const struct bt_beam *beam, struct bt_arena *a)
{
    static const char *const steps[] = {"delete", "purge"};
    struct bt_etf r;
    const struct bt_term *name = bt_term_atom(a, beam->module);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        bt_rpc(c, "code", steps[i], list_of(a, &name, 1), soon(), &r, NULL);
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
        !bt_etf_uint32(&r, &info->word) || !bt_etf_int64(&r, &info->processes) || !bt_etf_int64(&r, &offset) ||
        !bt_etf_int64(&r, &schedulers))
        return bt_rpc_unexpected(&answer, "the start of the agent", err);
    info->schedulers = (int)schedulers;
    g->pid = malloc(pid.len);
    if (!g->pid)
        return bt_err_nomem(err);
    memcpy(g->pid, pid.p, pid.len);
    g->pid_len = pid.len;
    return 0;
}

static int load_and_start(struct bt_guard *g, const struct bt_guard_opts *o, const struct bt_term *lock,
    struct bt_guard_info *info, struct bt_arena *a, struct beamtap_err *err)
{
    struct bt_etf r;
    if (load(g->conn, &bt_beam_agent, info->otp, a, err) < 0)
        return -1;
    const struct bt_term *args[] = {
        bt_conn_self(g->conn, a), bt_term_int(a, o->lease_ms), lock, bt_term_charlist(a, o->who)};
    if (bt_rpc(g->conn, bt_beam_agent.module, "start", list_of(a, args, 4), soon(), &r, err) == 0 &&
        started(g, r, info, err) == 0)
        return 0;
    if (!err || err->code != BEAMTAP_EBUSY)
        unload(g->conn, &bt_beam_agent, a);
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
        rc = ask_otp(c, &a, &info->otp, err);
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
    bt_log(o->log, BT_LOG_SESSION, "agent %s runs on OTP %d; control word %" PRIu32, bt_beam_agent.module, info->otp, info->word);
    return g;
}

void bt_guard_free(struct bt_guard *g)
{
    if (g)
        free(g->pid);
    free(g);
}

/* ---- requests and answers ------------------------------------------------------------------------------------------ */

static int say(struct bt_guard *g, const struct bt_term *t, struct beamtap_err *err)
{
    return bt_conn_send_pid(g->conn, (struct bt_slice){g->pid, g->pid_len}, t, err);
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

int bt_guard_close(struct bt_guard *g, struct beamtap_err *err)
{
    return say_atom(g, "close", err);
}

int bt_guard_finish(struct bt_guard *g, struct beamtap_err *err)
{
    return say_atom(g, "finish", err);
}

int bt_guard_ack(struct bt_guard *g, int64_t n_calls, int64_t grant, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    int rc = say(g, bt_term_tuple3(&a, bt_term_atom(&a, "ack"), bt_term_int(&a, n_calls), bt_term_int(&a, grant)), err);
    bt_arena_done(&a);
    return rc;
}

/* {ev, N, Calls, [E1 .. EN]} */
static bool is_events(struct bt_etf r, struct bt_notice *n)
{
    uint32_t listed;
    n->events = r;
    return bt_etf_uint32(&n->events, &n->n_events) && bt_etf_int64(&n->events, &n->n_calls) &&
           bt_etf_list(&n->events, &listed) && listed == n->n_events;
}

/* {closed, Why, Counts} or {finished, Why, Left} */
static bool is_end(struct bt_etf r, struct bt_notice *n)
{
    n->why = r;
    n->rest = r;
    return bt_etf_skip(&n->rest);
}

int bt_guard_hear(struct bt_guard *g, struct bt_notice *n, int64_t deadline_us, struct beamtap_err *err)
{
    struct bt_msg msg;
    int rc = bt_conn_next(g->conn, &msg, deadline_us, err);
    if (rc <= 0)
        return rc;
    struct bt_etf r = msg.term;
    uint32_t arity;
    bool ok = true;
    *n = (struct bt_notice){.kind = BT_HEARD_OTHER};
    if (!bt_etf_tuple(&r, &arity))
        return 1;
    if (arity == 4 && bt_etf_is_atom(&r, "ev")) {
        n->kind = BT_HEARD_EVENTS;
        ok = is_events(r, n);
    } else if (arity == 3 && bt_etf_is_atom(&r, "closed")) {
        n->kind = BT_HEARD_CLOSED;
        ok = is_end(r, n);
    } else if (arity == 3 && bt_etf_is_atom(&r, "finished")) {
        n->kind = BT_HEARD_FINISHED;
        ok = is_end(r, n);
    }
    return ok ? 1 : bt_rpc_unexpected(&msg.term, "the trace", err);
}

/* Waits for {Tag, ...} of the guard; the cursor is left behind the tag. An end that comes instead is an error. */
static int await(struct bt_guard *g, const char *tag, uint32_t *arity, struct bt_etf *out, struct beamtap_err *err)
{
    int64_t deadline_us = soon() + 5 * RPC_TIMEOUT_US; /* arming 50,000 functions takes some seconds */
    for (;;) {
        struct bt_msg msg;
        int rc = bt_conn_next(g->conn, &msg, deadline_us, err);
        if (rc < 0)
            return -1;
        if (rc == 0)
            return bt_err_set(err, BEAMTAP_ETIMEDOUT, "the agent on %s does not answer", bt_conn_node(g->conn));
        struct bt_etf r = msg.term;
        if (!bt_etf_tuple(&r, arity))
            continue;
        *out = r;
        if (bt_etf_is_atom(out, tag) || bt_etf_is_atom(out, "refused"))
            return 0;
        if (bt_etf_is_atom(out, "finished"))
            return bt_rpc_unexpected(&msg.term, "a request; the agent has ended and cleaned up", err);
    }
}

/* ---- plan ---------------------------------------------------------------------------------------------------------- */

void bt_plan_done(struct bt_plan *p)
{
    bt_arena_done(&p->arena);
    p->mfas = NULL;
    p->n_mfas = 0;
}

static const struct bt_term *name_term(struct bt_arena *a, const char *name)
{
    return name ? bt_term_charlist(a, name) : bt_term_atom(a, "_");
}

static const struct bt_term *plan_request(const struct bt_program *prog, size_t max, struct bt_arena *a)
{
    const struct bt_term **items = bt_arena_array(a, prog->n_patterns + 1, sizeof(const struct bt_term *));
    for (size_t i = 0; items && i < prog->n_patterns; i++) {
        const struct bt_trace_pattern *p = &prog->patterns[i];
        const struct bt_term *one[] = {
            name_term(a, p->module),
            name_term(a, p->function),
            p->arity < 0 ? bt_term_atom(a, "_") : bt_term_int(a, p->arity),
            bt_term_atom(a, p->scope == BT_SCOPE_LOCAL ? "local" : "global"),
        };
        items[i] = bt_term_tuple(a, one, 4);
    }
    return bt_term_tuple3(a, bt_term_atom(a, "plan"), items ? list_of(a, items, prog->n_patterns) : NULL,
        bt_term_int(a, (int64_t)max));
}

static char *atom_text(struct bt_arena *a, struct bt_slice s)
{
    return bt_arena_strndup(a, (const char *)s.p, s.len);
}

/* Adds one {M, F, A} of pattern i; a function several patterns mean stands once. */
static int add_mfa(struct bt_plan *p, struct bt_slice etf, size_t pattern, size_t n_patterns, struct beamtap_err *err)
{
    struct bt_mfa *m = NULL;
    for (size_t i = 0; n_patterns > 1 && i < p->n_mfas && !m; i++) {
        const struct bt_term *t = p->mfas[i].term;
        if (t->u.raw.len == etf.len && memcmp(t->u.raw.etf, etf.p, etf.len) == 0)
            m = &p->mfas[i];
    }
    if (!m) {
        struct bt_etf r;
        struct bt_slice mod, fun;
        bt_etf_init(&r, etf.p, etf.len);
        m = &p->mfas[p->n_mfas];
        if (!bt_etf_tuple_of(&r, 3) || !bt_etf_atom(&r, &mod) || !bt_etf_atom(&r, &fun) || !bt_etf_uint32(&r, &m->arity))
            return bt_err_set(err, BEAMTAP_EPROTO, "the agent's plan cannot be read");
        m->term = bt_term_raw(&p->arena, etf.p, etf.len);
        m->module = atom_text(&p->arena, mod);
        m->function = atom_text(&p->arena, fun);
        m->patterns = bt_arena_array(&p->arena, n_patterns, sizeof *m->patterns);
        if (!m->term || !m->module || !m->function || !m->patterns)
            return bt_err_nomem(err);
        p->n_mfas++;
    }
    m->patterns[m->n_patterns++] = pattern;
    return 0;
}

static int add_found(struct bt_plan *p, struct bt_etf *r, size_t pattern, size_t n_patterns, struct beamtap_err *err)
{
    uint32_t n;
    if (!bt_etf_list(r, &n))
        return bt_err_set(err, BEAMTAP_EPROTO, "the agent's plan cannot be read");
    struct bt_mfa *more = bt_arena_array(&p->arena, p->n_mfas + n, sizeof *more);
    if (!more)
        return bt_err_nomem(err);
    if (p->n_mfas)
        memcpy(more, p->mfas, p->n_mfas * sizeof *more);
    p->mfas = more;
    for (uint32_t i = 0; i < n; i++) {
        struct bt_slice etf;
        if (!bt_etf_slice(r, &etf))
            return bt_err_set(err, BEAMTAP_EPROTO, "the agent's plan cannot be read");
        if (add_mfa(p, etf, pattern, n_patterns, err) < 0)
            return -1;
    }
    return n == 0 || bt_etf_nil(r) ? 0 : bt_err_set(err, BEAMTAP_EPROTO, "the agent's plan cannot be read");
}

/* How many single characters must be changed, added, removed or swapped; names above 63 bytes never come near. */
static size_t distance(const char *a, size_t la, const char *b, size_t lb)
{
    size_t d[3][64];
    if (la > 63 || lb > 63)
        return SIZE_MAX;
    for (size_t j = 0; j <= lb; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *now = d[i % 3], *up = d[(i + 2) % 3], *upup = d[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t best = up[j - 1] + (a[i - 1] != b[j - 1]);
            best = up[j] + 1 < best ? up[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && upup[j - 2] + 1 < best)
                best = upup[j - 2] + 1;
            now[j] = best;
        }
    }
    return d[la % 3][lb];
}

static size_t nearness(const char *wanted, struct bt_slice name)
{
    size_t len = strlen(wanted);
    size_t d = distance(wanted, len, (const char *)name.p, name.len);
    return d <= 1 + len / 4 ? d : SIZE_MAX;
}

/* {no_module, Loaded}: the nearest name. */
static int no_module(const struct bt_trace_pattern *p, struct bt_etf *r, const char *node, struct beamtap_err *err)
{
    struct bt_slice best = {0}, name;
    size_t best_d = SIZE_MAX;
    uint32_t n = 0;
    if (bt_etf_list(r, &n)) {
        while (n-- > 0 && bt_etf_atom(r, &name)) {
            size_t d = nearness(p->module, name);
            if (d < best_d)
                best_d = d, best = name;
        }
    }
    return bt_err_at(err, BEAMTAP_ENOMATCH, p->module_loc, "%s has no module '%s'%s%.*s%s", node, p->module,
        best.len ? "; did you mean '" : "", (int)best.len, best.len ? (const char *)best.p : "", best.len ? "'?" : "");
}

/* {no_function, [{F, A}]}: other arities of the name, or the nearest names. */
static int no_function(const struct bt_trace_pattern *p, struct bt_etf *r, struct beamtap_err *err)
{
    struct bt_buf near = BT_BUF_INIT;
    size_t best_d = SIZE_MAX;
    uint32_t n = 0, arity;
    struct bt_slice name;
    const char *kind = p->scope == BT_SCOPE_GLOBAL ? "exported " : "";
    if (!p->function)
        return bt_err_at(err, BEAMTAP_ENOMATCH, p->loc, "%s has no %sfunction of that arity", p->module, kind);
    bool listed = bt_etf_list(r, &n);
    while (listed && n-- > 0 && bt_etf_tuple_of(r, 2) && bt_etf_atom(r, &name) && bt_etf_uint32(r, &arity)) {
        size_t d = nearness(p->function, name);
        if (d < best_d) {
            best_d = d;
            bt_buf_reset(&near);
        }
        if (d != SIZE_MAX && d == best_d && near.len < 120)
            bt_buf_printf(&near, "%s%.*s/%u", near.len ? ", " : "", (int)name.len, (const char *)name.p, arity);
    }
    char wanted[16] = "";
    if (p->arity >= 0)
        snprintf(wanted, sizeof wanted, "/%d", p->arity);
    bt_err_at(err, BEAMTAP_ENOMATCH, p->function_loc, "module %s has no %sfunction %s%s%s%s", p->module, kind, p->function,
        wanted, near.len ? (best_d == 0 ? "; it has " : "; did you mean ") : "", bt_buf_cstr(&near));
    bt_buf_done(&near);
    return -1;
}

/* One entry of the agent's answer, for pattern i. */
static int read_found(struct bt_guard *g, const struct bt_program *prog, size_t i, size_t max, struct bt_etf *r,
    struct bt_plan *out, struct beamtap_err *err)
{
    const struct bt_trace_pattern *p = &prog->patterns[i];
    struct bt_etf e = *r;
    int64_t n;
    if (!bt_etf_skip(r))
        return bt_err_set(err, BEAMTAP_EPROTO, "the agent's plan cannot be read");
    if (bt_etf_is_atom(&e, "not_loaded"))
        return bt_err_at(err, BEAMTAP_ENOMATCH, p->module_loc,
            "module '%s' is not loaded on %s, though its code is there; it is not being called", p->module, bt_conn_node(g->conn));
    if (!bt_etf_tuple_of(&e, 2))
        return bt_err_set(err, BEAMTAP_EPROTO, "the agent's plan cannot be read");
    if (bt_etf_is_atom(&e, "ok"))
        return add_found(out, &e, i, prog->n_patterns, err);
    if (bt_etf_is_atom(&e, "no_module"))
        return no_module(p, &e, bt_conn_node(g->conn), err);
    if (bt_etf_is_atom(&e, "no_function"))
        return no_function(p, &e, err);
    if (bt_etf_is_atom(&e, "too_many") && bt_etf_int64(&e, &n))
        return bt_err_at(err, BEAMTAP_EWIDE, p->loc,
            "matches %" PRId64 " functions, more than the %zu of --max-functions; name a function, or raise the limit", n, max);
    return bt_err_set(err, BEAMTAP_EPROTO, "the agent's plan cannot be read");
}

int bt_guard_plan(struct bt_guard *g, const struct bt_program *prog, size_t max_functions, struct bt_plan *out,
    size_t *bad_spec, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_etf r;
    uint32_t arity, n = 0;
    int rc = say(g, plan_request(prog, max_functions, &a), err);
    bt_arena_done(&a);
    if (rc == 0)
        rc = await(g, "plan", &arity, &r, err);
    if (rc == 0 && !bt_etf_list(&r, &n))
        rc = bt_err_set(err, BEAMTAP_EPROTO, "the agent's plan cannot be read");
    for (size_t i = 0; rc == 0 && i < n && i < prog->n_patterns; i++) {
        rc = read_found(g, prog, i, max_functions, &r, out, err);
        if (rc < 0)
            *bad_spec = prog->patterns[i].spec;
    }
    return rc;
}

/* ---- arm ----------------------------------------------------------------------------------------------------------- */

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
        bt_term_int(a, o->window),
        bt_term_int(a, o->credit),
        bt_term_atom(a, o->is_final ? "true" : "false"),
    };
    return bt_term_tuple(a, args, 8);
}

/* {word, W} | {no_process, Text} | {tracer, {T, Name}, P, Flags} | {traced, MFA, Kind} | {agent, Why} */
static int refused(struct bt_guard *g, struct bt_etf *r, struct beamtap_err *err)
{
    struct bt_etf all = *r;
    struct bt_print_opts opts = {.home = {(const uint8_t *)bt_conn_node(g->conn), strlen(bt_conn_node(g->conn))}};
    struct bt_buf b = BT_BUF_INIT;
    uint32_t arity;
    char text[256];
    const char *node = bt_conn_node(g->conn);
    if (!bt_etf_tuple(r, &arity)) {
        bt_rpc_unexpected(&all, "arming", err);
    } else if (bt_etf_is_atom(r, "no_process") && bt_etf_text(r, text, sizeof text)) {
        bt_err_set(err, BEAMTAP_ENOMATCH, "%s has no process '%s' (-p)", node, text);
    } else if (bt_etf_is_atom(r, "word")) {
        bt_print_erlang(&b, r, &opts);
        bt_err_set(err, BEAMTAP_EBUSY, "somebody else changes the trace control word of %s (now %s); beamtap needs it", node,
            bt_buf_cstr(&b));
    } else if (bt_etf_is_atom(r, "tracer")) {
        bt_print_erlang(&b, r, &opts);
        bt_buf_puts(&b, " traces ");
        bt_print_erlang(&b, r, &opts);
        bt_err_set(err, BEAMTAP_EBUSY,
            "another tracer is active on %s: %s; below OTP 27 a process has one tracer only\n"
            "  stop it first (dbg:stop(), recon_trace:clear()), or: beamtap clear %s --all",
            node, bt_buf_cstr(&b), node);
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

int bt_guard_arm(struct bt_guard *g, const struct bt_arm_opts *o, struct bt_armed *out, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_etf r;
    uint32_t arity;
    int rc = say(g, arm_request(o, &a), err);
    bt_arena_done(&a);
    if (rc == 0)
        rc = await(g, "armed", &arity, &r, err);
    if (rc < 0)
        return -1;
    if (arity == 2)
        return refused(g, &r, err);
    if (arity != 5 || !bt_etf_int64(&r, &out->functions) || !bt_etf_int64(&r, &out->processes) ||
        !bt_etf_int64(&r, &out->mono_ns) || !bt_etf_int64(&r, &out->time_offset_ns))
        return bt_err_set(err, BEAMTAP_EPROTO, "the agent's answer cannot be read");
    return 0;
}

/* ---- verify -------------------------------------------------------------------------------------------------------- */

/* Asks erlang:F(module or name) until the answer is `want`. */
static int await_answer(struct bt_guard *g, const char *f, const char *name, const char *want, int64_t deadline_us,
    struct bt_buf *left, struct beamtap_err *err)
{
    for (;;) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_etf r;
        int rc = ask_erlang(g->conn, f, bt_term_atom(&a, name), &a, &r, err);
        bool is_so = rc == 0 && bt_etf_is_atom(&r, want);
        bt_arena_done(&a);
        if (rc < 0 || is_so)
            return rc;
        if (bt_clock_mono_us() > deadline_us) {
            bt_buf_printf(left, "%s%s(%s)", left->len ? ", " : "", f, name);
            return 0;
        }
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
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
        rc = ask_erlang(g->conn, "system_info", bt_term_atom(&a, "trace_control_word"), &a, &r, err);
    if (rc == 0 && (!bt_etf_uint32(&r, &now) || (word >= 0 && now != word)))
        bt_buf_printf(&left, "%strace control word %" PRIu32 ", it was %" PRId64, left.len ? ", " : "", now, word);
    if (rc == 0 && left.len)
        rc = bt_err_set(err, BEAMTAP_EUNCLEAN, "%s is not clean: %s", bt_conn_node(g->conn), bt_buf_cstr(&left));
    bt_buf_done(&left);
    bt_arena_done(&a);
    return rc;
}
