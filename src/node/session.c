/*
 * session.c - one trace of one node: an explicit state machine with its limits.
 */
#include "node/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "event/pair.h"
#include "term/print.h"

#define WINDOW 8                   /* calls in flight at most */
#define RANGE 65536u               /* of the control word above its base that the gate may use */
#define ENDLESS ((int64_t)1 << 40) /* credit when no count limits */
#define CLOSE_TIMEOUT_US                                                                                     \
    ((int64_t)10000000) /* for the agent's answers at the end; taking off 1,000 patterns takes 1 s */

enum state { OPEN, TRACING, CLOSING, FINISHING, ENDED };

struct bt_session {
    enum state state;
    enum bt_stop reason;
    const struct bt_log *log;
    const struct bt_program *prog;
    struct bt_session_opts
        opts; /* strings in it are not used after bt_session_open returns, but processes and who are */
    struct bt_conn *conn;
    struct bt_guard *guard;
    struct bt_guard_info info;
    struct bt_plan plan;
    struct bt_armed armed;
    struct bt_arena arena; /* clauses by id */
    const struct bt_clause **clauses;
    size_t n_clauses;
    struct bt_pairs *pairs;
    struct bt_notice batch; /* events not yet given out */
    bool has_batch;
    bool has_closed; /* the agent said: patterns are off */
    bool verify_word;
    int64_t renew_at_us, limit_at_us, grace_at_us, give_up_at_us;
    struct bt_summary sum;
};

/* ---- open and close
 * ------------------------------------------------------------------------------------------------ */

/* Gives every clause of the program its id. */
static int number_clauses(struct bt_session *s, struct beamtap_err *err)
{
    size_t n = 0;
    for (size_t i = 0; i < s->prog->n_patterns; i++)
        n += s->prog->patterns[i].n_clauses;
    s->clauses = bt_arena_array(&s->arena, n + 1, sizeof *s->clauses);
    if (!s->clauses)
        return bt_err_nomem(err);
    for (size_t i = 0; i < s->prog->n_patterns; i++) {
        const struct bt_trace_pattern *p = &s->prog->patterns[i];
        for (size_t j = 0; j < p->n_clauses; j++) {
            if (p->clauses[j].n_captures > BT_EVENT_MAX_VALUES)
                return bt_err_at(
                    err, BEAMTAP_ESPEC, p->loc, "names more than %d values", BT_EVENT_MAX_VALUES);
            s->clauses[s->n_clauses++] = &p->clauses[j];
        }
    }
    return 0;
}

struct bt_session *bt_session_open(
    const struct bt_session_opts *o, const struct bt_program *prog, size_t *bad_spec, struct beamtap_err *err)
{
    struct bt_guard_opts guard = {o->lease_ms, o->who, o->conn.log};
    struct bt_session *s = calloc(1, sizeof *s);
    if (!s || !(s->pairs = bt_pairs_new())) {
        free(s);
        bt_err_nomem(err);
        return NULL;
    }
    s->log = o->conn.log;
    s->prog = prog;
    s->opts = *o;
    s->verify_word = true;
    int rc = number_clauses(s, err);
    if (rc == 0)
        rc = (s->conn = bt_conn_open(&o->conn, err)) ? 0 : -1;
    if (rc == 0)
        rc = (s->guard = bt_guard_start(s->conn, &guard, &s->info, err)) ? 0 : -1;
    if (rc == 0)
        rc = bt_guard_plan(s->guard, prog, o->max_functions, &s->plan, bad_spec, err);
    if (rc == 0) {
        s->renew_at_us = bt_clock_mono_us();
        return s;
    }
    bt_session_close(s);
    return NULL;
}

/* Has the guard leave and waits until it has: a session that never traced leaves nothing either. */
static void dismiss(struct bt_session *s)
{
    struct bt_notice n;
    int64_t until = bt_clock_mono_us() + CLOSE_TIMEOUT_US;
    if (bt_guard_finish(s->guard, NULL) < 0)
        return;
    while (bt_guard_hear(s->guard, &n, until, NULL) == 1) {
        if (n.kind == BT_HEARD_FINISHED) {
            bt_guard_verify(s->guard, -1, NULL);
            return;
        }
    }
}

void bt_session_close(struct bt_session *s)
{
    if (!s)
        return;
    if (s->guard && s->state == OPEN)
        dismiss(s);
    bt_guard_free(s->guard);
    bt_conn_close(s->conn);
    bt_pairs_free(s->pairs);
    bt_plan_done(&s->plan);
    bt_arena_done(&s->arena);
    free(s);
}

const struct bt_guard_info *bt_session_info(const struct bt_session *s)
{
    return &s->info;
}

const struct bt_plan *bt_session_plan(const struct bt_session *s)
{
    return &s->plan;
}

const struct bt_armed *bt_session_armed(const struct bt_session *s)
{
    return &s->armed;
}

const struct bt_clause *const *bt_session_clauses(const struct bt_session *s, size_t *n)
{
    *n = s->n_clauses;
    return s->clauses;
}

int bt_session_fd(const struct bt_session *s)
{
    return bt_conn_fd(s->conn);
}

/* ---- arm
 * -----------------------------------------------------------------------------------------------------------
 */

/* A set of functions that share their clauses while the groups are made. */
struct group {
    const struct bt_mfa *like; /* the first function of the group */
    enum bt_scope scope;
    const struct bt_term **mfas;
    size_t n, cap;
};

/* Where one pattern says local and another global, local it is: it sees all that global sees. */
static enum bt_scope scope_of(const struct bt_session *s, const struct bt_mfa *m)
{
    for (size_t i = 0; i < m->n_patterns; i++) {
        if (s->prog->patterns[m->patterns[i]].scope == BT_SCOPE_LOCAL)
            return BT_SCOPE_LOCAL;
    }
    return BT_SCOPE_GLOBAL;
}

static bool is_alike(const struct bt_mfa *x, const struct bt_mfa *y)
{
    return x->n_patterns == y->n_patterns &&
           memcmp(x->patterns, y->patterns, x->n_patterns * sizeof *x->patterns) == 0;
}

/* Sorts the plan's functions into groups; the array has room for one group a function. */
static size_t make_groups(struct bt_session *s, struct group *groups, struct bt_arena *a)
{
    size_t n = 0;
    for (size_t i = 0; i < s->plan.n_mfas; i++) {
        const struct bt_mfa *m = &s->plan.mfas[i];
        size_t g = 0;
        while (g < n && !is_alike(groups[g].like, m))
            g++;
        if (g == n) {
            groups[n++] = (struct group){.like = m, .scope = scope_of(s, m)};
            groups[g].mfas = bt_arena_array(a, s->plan.n_mfas - i, sizeof *groups[g].mfas);
            if (!groups[g].mfas)
                return 0;
        }
        groups[g].mfas[groups[g].n++] = m->term;
    }
    return n;
}

/* The instrumented match specification of a group: the clauses of all its patterns, in the order the user
 * gave them. */
static const struct bt_term *group_spec(struct bt_session *s, const struct bt_mfa *m, struct bt_arena *a)
{
    struct bt_instrument_opts o = {s->info.word, RANGE, s->opts.args};
    const struct bt_clause **clauses = bt_arena_array(a, s->n_clauses, sizeof *clauses);
    size_t *ids = bt_arena_array(a, s->n_clauses, sizeof *ids);
    size_t n = 0, id = 0;
    if (!clauses || !ids)
        return NULL;
    for (size_t i = 0, k = 0; i < s->prog->n_patterns; i++) {
        const struct bt_trace_pattern *p = &s->prog->patterns[i];
        bool is_in = k < m->n_patterns && m->patterns[k] == i;
        for (size_t j = 0; j < p->n_clauses; j++, id++) {
            if (is_in) {
                clauses[n] = &p->clauses[j];
                ids[n++] = id;
            }
        }
        k += is_in;
    }
    return bt_instrument(a, clauses, ids, n, &o);
}

static bool is_pid_text(const char *p)
{
    return *p == '<' || *p == '#' || (*p >= '0' && *p <= '9');
}

/* "<0.44.0>", "0.44.0", "#PID<0.44.0>" as {pid, "<0.44.0>"}. */
static const struct bt_term *pid_term(const char *p, struct bt_arena *a, struct beamtap_err *err)
{
    unsigned x, y, z;
    int used = 0;
    char text[64];
    if (strncmp(p, "#PID", 4) == 0)
        p += 4;
    const char *inner = *p == '<' ? p + 1 : p;
    if (sscanf(inner, "%9u.%9u.%9u%n", &x, &y, &z, &used) != 3 ||
        strcmp(inner + used, *p == '<' ? ">" : "") != 0) {
        bt_err_set(err, BEAMTAP_EUSAGE, "'%s' is no process; a pid looks like <0.44.0> (-p)", p);
        return NULL;
    }
    if (x != 0) {
        bt_err_set(err, BEAMTAP_EUSAGE,
            "<%u.%u.%u> is a process of another node, as the node that printed it saw it; "
            "trace it on its own node, where it is <0.%u.%u> (-p)",
            x, y, z, y, z);
        return NULL;
    }
    snprintf(text, sizeof text, "<0.%u.%u>", y, z);
    return bt_term_tuple2(a, bt_term_atom(a, "pid"), bt_term_charlist(a, text));
}

static const struct bt_term *process_term(const char *p, struct bt_arena *a, struct beamtap_err *err)
{
    if (strcmp(p, "all") == 0 || strcmp(p, "new") == 0 || strcmp(p, "existing") == 0)
        return bt_term_atom(a, p);
    if (is_pid_text(p))
        return pid_term(p, a, err);
    return bt_term_tuple2(a, bt_term_atom(a, "name"), bt_term_charlist(a, p));
}

static const struct bt_term *processes_term(struct bt_session *s, struct bt_arena *a, struct beamtap_err *err)
{
    size_t n = s->opts.n_processes;
    const struct bt_term **items = bt_arena_array(a, n + 1, sizeof(const struct bt_term *));
    if (!items)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        items[i] = process_term(s->opts.processes[i], a, err);
        if (!items[i])
            return NULL;
    }
    if (n == 0)
        items[n++] = bt_term_atom(a, "all");
    return bt_term_list(a, items, n, NULL);
}

/* A clause that takes every call: no guard, and nothing in its head but '_' and variables that stand once. */
static bool takes_all(const struct bt_clause *c)
{
    if (c->guards->u.seq.n != 0)
        return false;
    if (c->head->kind == BT_TERM_ATOM)
        return true;
    for (size_t i = 0; i < c->head->u.seq.n; i++) {
        const struct bt_term *t = c->head->u.seq.items[i];
        if (t->kind != BT_TERM_ATOM || (t->u.atom.name[0] != '$' && strcmp(t->u.atom.name, "_") != 0))
            return false;
        for (size_t j = 0; t->u.atom.name[0] == '$' && j < i; j++) {
            if (bt_term_equal(t, c->head->u.seq.items[j]))
                return false;
        }
    }
    return c->head->u.seq.tail == NULL;
}

static bool is_exact(const struct bt_session *s)
{
    for (size_t i = 0; i < s->n_clauses; i++) {
        if (!takes_all(s->clauses[i]))
            return false;
    }
    return s->opts.n_processes == 0 || (s->opts.n_processes == 1 && strcmp(s->opts.processes[0], "all") == 0);
}

static int send_arm(
    struct bt_session *s, const struct bt_term *processes, struct bt_arena *a, struct beamtap_err *err)
{
    struct group *groups = bt_arena_array(a, s->plan.n_mfas, sizeof *groups);
    struct bt_install_group *install = bt_arena_array(a, s->plan.n_mfas, sizeof *install);
    size_t n = groups && install ? make_groups(s, groups, a) : 0;
    if (n == 0)
        return bt_err_nomem(err);
    s->sum.has_called = true;
    for (size_t i = 0; i < n; i++) {
        install[i].match_spec = group_spec(s, groups[i].like, a);
        install[i].scope = groups[i].scope;
        install[i].mfas = bt_term_list(a, groups[i].mfas, groups[i].n, NULL);
        if (groups[i].scope == BT_SCOPE_GLOBAL)
            s->sum.has_called = false; /* call_count would end a global trace */
    }
    struct bt_arm_opts o = {
        .groups = install,
        .n_groups = n,
        .processes = processes,
        .base = s->info.word,
        .range = RANGE,
        .window = WINDOW,
        .credit = s->opts.count < 0 ? ENDLESS : s->opts.count,
        .wants_return = s->prog->wants_return,
        .is_final = s->opts.count >= 0,
    };
    return bt_guard_arm(s->guard, &o, &s->armed, err);
}

int bt_session_arm(struct bt_session *s, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    if (s->info.word > UINT32_MAX - RANGE)
        return bt_err_set(err, BEAMTAP_EBUSY,
            "the trace control word of %s is %u: somebody uses it, and there is no room above it for "
            "beamtap's gate",
            bt_conn_node(s->conn), s->info.word);
    const struct bt_term *processes = processes_term(s, &a, err);
    int rc = processes ? send_arm(s, processes, &a, err) : bt_err_nomem(err);
    bt_arena_done(&a);
    if (rc < 0)
        return -1;
    int64_t now = bt_clock_mono_us();
    s->state = TRACING;
    s->sum.is_exact = is_exact(s);
    s->limit_at_us = s->opts.time_us < 0 ? BT_NEVER : now + s->opts.time_us;
    bt_conn_cancel_at(s->conn, 2); /* the first Ctrl-C asks for an orderly end, which needs the connection */
    bt_log(s->log, BT_LOG_SESSION, "armed: %lld functions, %lld processes", (long long)s->armed.functions,
        (long long)s->armed.processes);
    return 0;
}

/* ---- end
 * -----------------------------------------------------------------------------------------------------------
 */

static void begin_close(struct bt_session *s, enum bt_stop reason, int64_t now)
{
    s->state = CLOSING;
    s->reason = reason;
    s->grace_at_us = now + (int64_t)s->opts.grace_ms * 1000;
    s->give_up_at_us = now + CLOSE_TIMEOUT_US;
    bt_log(s->log, BT_LOG_SESSION, "closing: %zu returns are owed", bt_pairs_owed(s->pairs));
}

static int stop(struct bt_session *s, enum bt_stop reason, struct beamtap_err *err)
{
    begin_close(s, reason, bt_clock_mono_us());
    return bt_guard_close(s->guard, err);
}

void bt_session_stop(struct bt_session *s)
{
    if (s->state == TRACING)
        stop(s, BT_STOP_ASKED, NULL);
    else if (s->state == CLOSING)
        s->grace_at_us = 0;
}

/* [{MFA, Calls}] */
static void read_counts(struct bt_session *s, struct bt_etf r)
{
    uint32_t n;
    int64_t calls;
    if (!bt_etf_list(&r, &n) || n == 0)
        return;
    while (n-- > 0 && bt_etf_tuple_of(&r, 2) && bt_etf_skip(&r) && bt_etf_int64(&r, &calls))
        s->sum.called += (uint64_t)calls;
}

/* What the agent's reason for ending by itself means to the user. */
static int agent_ended(struct bt_session *s, struct bt_etf why, struct beamtap_err *err)
{
    struct bt_buf text = BT_BUF_INIT;
    struct bt_etf r = why;
    uint32_t arity;
    const char *node = bt_conn_node(s->conn);
    struct bt_print_opts opts = {.max_depth = 8};
    bt_print_erlang(&text, &r, &opts);
    if (bt_etf_is_atom(&why, "lease"))
        bt_err_set(err, BEAMTAP_ELOST, "%s heard nothing of us for %d ms (--lease) and ended the trace", node,
            s->opts.lease_ms);
    else if (bt_etf_is_atom(&why, "no_function"))
        bt_err_set(err, BEAMTAP_ENOMATCH, "the functions are gone: their module was unloaded on %s", node);
    else if (bt_etf_tuple(&why, &arity) && bt_etf_is_atom(&why, "foreign_word")) {
        s->verify_word = false;
        bt_err_set(err, BEAMTAP_EBUSY,
            "somebody else changed the trace control word of %s; the trace was ended", node);
    } else if (bt_etf_is_atom(&why, "tracer_died"))
        bt_err_set(err, BEAMTAP_ELIMIT, "the tracer process on %s was ended (%s)", node, bt_buf_cstr(&text));
    else
        bt_err_set(err, BEAMTAP_EINTERNAL, "the agent on %s ended the trace: %s", node, bt_buf_cstr(&text));
    bt_buf_done(&text);
    return -1;
}

/* {finished, Why, Left}: the last word of the agent. Then the node itself is asked. */
static enum bt_next finished(struct bt_session *s, const struct bt_notice *n, struct beamtap_err *err)
{
    struct bt_etf why = n->why, left = n->rest;
    struct bt_buf text = BT_BUF_INIT;
    bool was_asked = s->state == FINISHING && bt_etf_is_atom(&why, "asked");
    if (!was_asked) {
        s->reason = BT_STOP_AGENT;
        agent_ended(s, why, err);
    }
    bool agent_clean = bt_etf_nil(&left);
    if (!agent_clean)
        bt_print_erlang(&text, &left, NULL);
    s->state = ENDED;
    s->sum.open = bt_pairs_owed(s->pairs);
    struct beamtap_err verify = {0};
    bool node_clean = bt_guard_verify(s->guard, s->verify_word ? (int64_t)s->info.word : -1, &verify) == 0;
    s->sum.is_clean = agent_clean && node_clean;
    if (!agent_clean)
        bt_err_set(
            err, BEAMTAP_EUNCLEAN, "%s is not clean: %s remains", bt_conn_node(s->conn), bt_buf_cstr(&text));
    else if (!node_clean && err && err->code == BEAMTAP_OK)
        *err = verify;
    bt_buf_done(&text);
    return was_asked && s->sum.is_clean ? BT_NEXT_END : BT_NEXT_ERROR;
}

/* ---- step
 * ----------------------------------------------------------------------------------------------------------
 */

/* A call is shown while the count allows; what came beyond it through the gate counts as skipped. */
static bool take_call(struct bt_session *s, const struct bt_event *ev)
{
    const struct bt_clause *c = ev->clause < s->n_clauses ? s->clauses[ev->clause] : NULL;
    bool is_shown = s->opts.count < 0 || s->sum.shown < (uint64_t)s->opts.count;
    s->sum.received++;
    s->sum.shown += is_shown;
    if (c && c->wants_return)
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

/* The next event of the batch that is to be shown. */
static enum bt_next from_batch(struct bt_session *s, struct bt_event *ev, struct beamtap_err *err)
{
    while (s->batch.n_events > 0) {
        s->batch.n_events--;
        if (bt_event_decode(&s->batch.events, ev, err) < 0)
            return BT_NEXT_ERROR;
        ev->wall_ns = ev->mono_ns + s->armed.time_offset_ns;
        bool is_shown = ev->type == BT_EVENT_CALL ? take_call(s, ev) : take_return(s, ev);
        if (s->state == TRACING && s->opts.count >= 0 && s->sum.shown == (uint64_t)s->opts.count &&
            stop(s, BT_STOP_COUNT, err) < 0)
            return BT_NEXT_ERROR;
        if (is_shown)
            return BT_NEXT_EVENT;
    }
    s->has_batch = false;
    if (s->state == TRACING && s->batch.n_calls > 0 && bt_guard_ack(s->guard, s->batch.n_calls, 0, err) < 0)
        return BT_NEXT_ERROR;
    return BT_NEXT_NOTHING;
}

static int renew(struct bt_session *s, int64_t now, struct beamtap_err *err)
{
    if (now < s->renew_at_us)
        return 0;
    s->renew_at_us = now + (int64_t)s->opts.lease_ms * 1000 / 5;
    return bt_guard_renew(s->guard, err);
}

/* Limits, and the steps of the end that are due. */
static int on_time(struct bt_session *s, int64_t now, struct beamtap_err *err)
{
    if (s->state == TRACING && now >= s->limit_at_us)
        return stop(s, BT_STOP_TIME, err);
    if (s->state == CLOSING && s->has_closed && (bt_pairs_owed(s->pairs) == 0 || now >= s->grace_at_us)) {
        s->state = FINISHING;
        bt_log(s->log, BT_LOG_SESSION, "finishing: %zu returns are owed", bt_pairs_owed(s->pairs));
        s->give_up_at_us = now + CLOSE_TIMEOUT_US;
        return bt_guard_finish(s->guard, err);
    }
    if (s->state >= CLOSING && now >= s->give_up_at_us)
        return bt_err_set(err, BEAMTAP_EUNCLEAN,
            "the agent on %s does not answer; it removes everything by itself within %d ms (--lease)",
            bt_conn_node(s->conn), s->opts.lease_ms);
    return 0;
}

int bt_session_tend(struct bt_session *s, struct beamtap_err *err)
{
    int64_t now = bt_clock_mono_us();
    if (s->state == ENDED)
        return 0;
    return renew(s, now, err) < 0 ? -1 : on_time(s, now, err);
}

int64_t bt_session_due(const struct bt_session *s)
{
    int64_t own = s->give_up_at_us;
    if (s->state == TRACING)
        own = s->limit_at_us;
    else if (s->state == CLOSING && s->has_closed)
        own = s->grace_at_us;
    return own < s->renew_at_us ? own : s->renew_at_us;
}

bool bt_session_is_overdue(const struct bt_session *s)
{
    return s->state >= CLOSING && bt_clock_mono_us() >= s->grace_at_us;
}

static enum bt_next on_notice(struct bt_session *s, const struct bt_notice *n, struct beamtap_err *err)
{
    switch (n->kind) {
    case BT_HEARD_EVENTS:
        s->batch = *n;
        s->has_batch = true;
        break;
    case BT_HEARD_CLOSED:
        bt_log(s->log, BT_LOG_SESSION, "closed: patterns are off, %zu returns are owed", bt_pairs_owed(s->pairs));
        s->has_closed = true;
        read_counts(s, n->rest);
        if (s->state == TRACING)
            begin_close(s, BT_STOP_COUNT, bt_clock_mono_us());
        break;
    case BT_HEARD_FINISHED: return finished(s, n, err);
    case BT_HEARD_OTHER: break;
    }
    return BT_NEXT_NOTHING;
}

enum bt_next bt_session_next(
    struct bt_session *s, struct bt_event *ev, int64_t deadline_us, struct beamtap_err *err)
{
    for (;;) {
        int64_t now = bt_clock_mono_us(), due = bt_session_due(s);
        if (s->state == ENDED)
            return BT_NEXT_END;
        if (bt_session_tend(s, err) < 0)
            return BT_NEXT_ERROR;
        enum bt_next next = s->has_batch ? from_batch(s, ev, err) : BT_NEXT_NOTHING;
        if (next != BT_NEXT_NOTHING)
            return next;
        struct bt_notice n;
        int rc = bt_guard_hear(s->guard, &n, due < deadline_us ? due : deadline_us, err);
        if (rc < 0)
            return BT_NEXT_ERROR;
        if (rc == 0 && (deadline_us == 0 || now >= deadline_us))
            return BT_NEXT_NOTHING;
        if (rc > 0 && (next = on_notice(s, &n, err)) != BT_NEXT_NOTHING)
            return next;
    }
}

void bt_session_summary(const struct bt_session *s, struct bt_summary *out)
{
    *out = s->sum;
    out->reason = s->reason;
    if (s->state != ENDED)
        out->open = bt_pairs_owed(s->pairs);
}
