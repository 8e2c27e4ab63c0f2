/*
 * ending.c - how a session ended: what the agent's last words mean, and whether the node is clean.
 */
#include <inttypes.h>

#include "node/session_state.h"
#include "term/print.h"

/* The function of the plan that {M, F, Arity} names. */
static struct bt_mfa *find_mfa(struct bt_session *s, struct bt_slice mfa)
{
    struct bt_etf r;
    struct bt_slice module, function;
    uint32_t arity;
    bt_etf_init(&r, mfa.p, mfa.len);
    if (!bt_etf_tuple_of(&r, 3) || !bt_etf_atom(&r, &module) || !bt_etf_atom(&r, &function) ||
        !bt_etf_uint32(&r, &arity))
        return NULL;
    for (size_t i = 0; i < s->plan.n_mfas; i++) {
        struct bt_mfa *m = &s->plan.mfas[i];
        if (m->arity == arity && bt_slice_is(module, m->module) && bt_slice_is(function, m->function))
            return m;
    }
    return NULL;
}

/* [{MFA, Calls}] */
void bt_ending_counts(struct bt_session *s, struct bt_etf r)
{
    uint32_t n;
    int64_t calls;
    uint64_t sum = 0;
    struct bt_slice mfa;
    if (!bt_etf_list(&r, &n) || n == 0)
        return;
    while (n-- > 0 && bt_etf_tuple_of(&r, 2) && bt_etf_slice(&r, &mfa) && bt_etf_int64(&r, &calls)) {
        struct bt_mfa *m = s->sum.n_counted || s->opts.keeps_counts ? find_mfa(s, mfa) : NULL;
        if (m && s->opts.keeps_counts)
            m->calls = calls;
        if (m && bt_arm_only_counts(s->prog, m))
            m->calls = calls;
        else
            sum += (uint64_t)calls;
    }
    s->sum.called = sum;
}

/* The agent closed the gate by itself; most of its reasons are safety limits. */
enum bt_stop bt_ending_why_closed(struct bt_session *s, struct bt_etf r)
{
    const char *node = bt_conn_node(s->conn);
    int64_t before, now;
    uint32_t arity;
    struct bt_slice what;
    if (bt_etf_is_atom(&r, "rate_reached")) {
        bt_err_set(&s->limit, BEAMTAP_ELIMIT,
            "the rate of %" PRId64 " calls per %" PRId64 " ms was reached (--on-rate stop)", s->opts.rate.n,
            s->opts.rate.interval_us / 1000);
        return BT_STOP_RATE;
    }
    if (!bt_etf_tuple(&r, &arity) || arity != 3 || !bt_etf_atom(&r, &what) || !bt_etf_int64(&r, &before) ||
        !bt_etf_int64(&r, &now))
        return BT_STOP_COUNT;
    if (bt_slice_is(what, "other_tracer")) {
        bt_err_set(&s->limit, BEAMTAP_EBUSY,
            "somebody else began to trace on %s: gc is not traced beside that", node);
        return BT_STOP_LOAD;
    }
    if (bt_slice_is(what, "entries")) {
        bt_err_set(&s->limit, BEAMTAP_ELIMIT,
            "%" PRId64
            " processes have called the functions; %s keeps the times of each of them, also of those "
            "that have ended (--max-memory)",
            now, node);
        return BT_STOP_ENTRIES;
    }
    if (bt_slice_is(what, "run_queue"))
        bt_err_set(&s->limit, BEAMTAP_ELIMIT,
            "%s has a run queue of %" PRId64 ", it was %" PRId64 " when the trace began (--max-load)", node,
            now, before);
    else if (bt_slice_is(what, "memory"))
        bt_err_set(&s->limit, BEAMTAP_ELIMIT,
            "%s uses %" PRId64 " MB of memory, it was %" PRId64 " MB when the trace began (--max-load)", node,
            now >> 20, before >> 20);
    else
        bt_err_set(&s->limit, BEAMTAP_ELIMIT, "%" PRId64 " messages wait at the tracer on %s", now, node);
    return BT_STOP_LOAD;
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
    else if (bt_etf_is_atom(&why, "guard_died"))
        bt_err_set(err, BEAMTAP_ELIMIT,
            "the guard process on %s was ended by somebody; its tracer has cleaned up", node);
    else if (bt_etf_is_atom(&why, "both_died"))
        bt_err_set(err, BEAMTAP_ELIMIT,
            "guard and tracer on %s were ended by somebody, or their code was purged; the third process has "
            "cleaned up",
            node);
    else if (bt_etf_is_atom(&why, "no_function"))
        bt_err_set(err, BEAMTAP_ENOMATCH, "the functions are gone: their module was unloaded on %s", node);
    else if (bt_etf_is_atom(&why, "asked"))
        bt_err_set(err, BEAMTAP_ELOST, "somebody else ended the trace on %s (beamtap clear)", node);
    else if (bt_etf_tuple(&why, &arity) && bt_etf_is_atom(&why, "foreign_word")) {
        s->verify_word = false;
        bt_err_set(err, BEAMTAP_EBUSY,
            "somebody else changed the trace control word of %s; the trace was ended", node);
    } else if (bt_etf_is_atom(&why, "foreign_message_pattern")) {
        struct bt_slice what = {NULL, 0};
        bt_etf_atom(&why, &what);
        bt_err_set(err, BEAMTAP_EBUSY,
            "somebody else has set the trace pattern of '%.*s' on %s, of which there is one for the whole "
            "node; the trace was ended",
            (int)what.len, what.len ? (const char *)what.p : "", node);
    } else if (bt_etf_is_atom(&why, "tracer_died"))
        bt_err_set(err, BEAMTAP_ELIMIT,
            "the tracer process on %s was ended, by somebody or by the VM for its memory: %s", node,
            bt_buf_cstr(&text));
    else
        bt_err_set(err, BEAMTAP_EINTERNAL, "the agent on %s ended the trace: %s", node, bt_buf_cstr(&text));
    bt_buf_done(&text);
    return -1;
}

/* {finished, Why, Left}: the last word of the agent. Then the node itself is asked. */
enum bt_next bt_ending_finished(struct bt_session *s, const struct bt_notice *n, struct beamtap_err *err)
{
    struct bt_etf why = n->why, left = n->rest;
    struct bt_buf text = BT_BUF_INIT;
    struct beamtap_err verify = {0};
    if (s->state != BT_SESSION_FINISHING || !bt_etf_is_atom(&why, "asked")) {
        s->reason = BT_STOP_AGENT;
        agent_ended(s, n->why, &s->limit);
    }
    bool agent_clean = bt_etf_nil(&left);
    if (!agent_clean)
        bt_print_erlang(&text, &left, NULL);
    s->state = BT_SESSION_ENDED;
    bool node_clean = bt_guard_verify(s->guard, s->verify_word ? (int64_t)s->info.word : -1, &verify) == 0;
    s->sum.is_clean = agent_clean && node_clean;
    if (!agent_clean)
        bt_err_set(
            err, BEAMTAP_EUNCLEAN, "%s is not clean: %s remains", bt_conn_node(s->conn), bt_buf_cstr(&text));
    else if (!node_clean && err && err->code == BEAMTAP_OK)
        *err = verify;
    bt_buf_done(&text);
    return s->sum.is_clean ? BT_NEXT_NOTHING : BT_NEXT_ERROR;
}

/* Everything has been given out: how did it end? */
enum bt_next bt_ending_result(const struct bt_session *s, struct beamtap_err *err)
{
    if (s->limit.code == BEAMTAP_OK)
        return BT_NEXT_END;
    if (err && err->code == BEAMTAP_OK)
        *err = s->limit;
    return BT_NEXT_ERROR;
}
/* The agent did not say that it has finished: is the node clean all the same? */
int bt_ending_give_up(struct bt_session *s, struct beamtap_err *err)
{
    if (bt_guard_verify(s->guard, s->info.word, NULL) == 0) {
        s->state = BT_SESSION_ENDED;
        s->sum.is_clean = true;
        return 0;
    }
    return bt_err_set(err, BEAMTAP_EUNCLEAN,
        "the agent on %s does not answer; it removes everything by itself within %d ms (--lease)",
        bt_conn_node(s->conn), s->opts.lease_ms);
}
