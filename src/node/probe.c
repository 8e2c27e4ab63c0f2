/*
 * probe.c - asking the node whether it knows all that the match specifications use.
 */
#include "node/probe.h"

#include <stdio.h>
#include <string.h>

#include "node/load.h"
#include "node/rpc.h"
#include "spec/guards.h"
#include "spec/loc.h"

struct probe {
    struct bt_conn *conn;
    const struct bt_arm_source *source;
    int otp;
    size_t *bad_spec;
    struct beamtap_err *err;
};

static int refuse(struct probe *p, const struct bt_trace_pattern *t)
{
    *p->bad_spec = t->spec;
    return -1;
}

static int needs(struct probe *p, const struct bt_trace_pattern *t, const char *what, unsigned since)
{
    bt_err_at(p->err, BEAMTAP_ESPEC, t->loc,
        "%s in a match specification is known from OTP %u on; %s runs OTP %d", what, since,
        bt_conn_node(p->conn), p->otp);
    return refuse(p, t);
}

/* lists:zipwith3(fun erlang:match_spec_test/3, [[] ..], Specs, [trace ..]): nothing is set, whatever the bodies do.
 * *out is left at the first of n answers. */
static int test(
    struct probe *p, const struct bt_term *const *specs, size_t n, struct bt_arena *a, struct bt_etf *out)
{
    const struct bt_term **none = bt_arena_array(a, n, sizeof *none);
    const struct bt_term **trace = bt_arena_array(a, n, sizeof *trace);
    if (!none || !trace)
        return bt_err_nomem(p->err);
    for (size_t i = 0; i < n; i++) {
        none[i] = bt_term_list(a, NULL, 0, NULL);
        trace[i] = bt_term_atom(a, "trace");
    }
    const struct bt_term *args[] = {
        bt_term_fun(a, "erlang", "match_spec_test", 3),
        bt_term_list(a, none, n, NULL),
        bt_term_list(a, specs, n, NULL),
        bt_term_list(a, trace, n, NULL),
    };
    if (bt_rpc(p->conn, "lists", "zipwith3", bt_term_list(a, args, 4, NULL), bt_rpc_deadline(), out, p->err))
        return -1;
    struct bt_etf answer = *out;
    uint32_t listed;
    if (!bt_etf_list(out, &listed) || listed != n)
        return bt_rpc_unexpected(&answer, "erlang:match_spec_test", p->err);
    return 0;
}

/* {error, [{error | warning, Text}]}: the first error's text. False: it is taken. */
static bool is_refused(struct bt_etf r, char *why, size_t cap)
{
    uint32_t n;
    if (!bt_etf_tuple_of(&r, 2) || !bt_etf_is_atom(&r, "error"))
        return false;
    snprintf(why, cap, "it does not say why");
    if (!bt_etf_list(&r, &n))
        return true;
    while (n-- > 0 && bt_etf_tuple_of(&r, 2)) {
        bool is_error = bt_etf_is_atom(&r, "error");
        if ((!is_error && !bt_etf_skip(&r)) || !bt_etf_text(&r, why, cap) || is_error)
            break;
    }
    return true;
}

/* "Function min/2 does_not_exist.": the guard function it names, where that came with a later release. */
static unsigned later_guard(const char *why, char name[48])
{
    unsigned arity;
    if (sscanf(why, "Function %47[a-z_]/%u", name, &arity) != 2)
        return 0;
    const struct bt_guard_fun *fun = bt_guard_find(name, BT_PLACE_BODY);
    if (!fun)
        return 0;
    return arity == fun->max_arity && fun->since_max ? fun->since_max : fun->since;
}

static int refused(struct probe *p, const struct bt_trace_pattern *t, const char *why)
{
    char name[48], quoted[56];
    unsigned since = later_guard(why, name);
    snprintf(quoted, sizeof quoted, "'%s'", since ? name : "");
    if (since > (unsigned)p->otp)
        return needs(p, t, quoted, since);
    bt_loc_fail(p->err, BEAMTAP_ESPEC, t->loc, "%s (OTP %d) refuses the match specification: %s",
        bt_conn_node(p->conn), p->otp, why);
    return refuse(p, t);
}

/* Which of a group's patterns is it? The last one, when each is taken by itself. */
static int find_culprit(struct probe *p, const struct bt_mfa *m, const char *group_why, struct bt_arena *a)
{
    struct bt_etf r;
    char why[200];
    for (size_t i = 0; i < m->n_patterns; i++) {
        const struct bt_trace_pattern *t = &p->source->prog->patterns[m->patterns[i]];
        const struct bt_term *spec = bt_arm_spec(p->source, m, &m->patterns[i], 1, a);
        if (!spec)
            return bt_err_nomem(p->err);
        if (spec->kind == BT_TERM_ATOM) /* count */
            continue;
        if (test(p, &spec, 1, a, &r))
            return -1;
        if (is_refused(r, why, sizeof why))
            return refused(p, t, why);
    }
    return refused(p, &p->source->prog->patterns[m->patterns[m->n_patterns - 1]], group_why);
}

static int probe_groups(struct probe *p, struct bt_arena *a)
{
    struct bt_install_group *groups;
    struct bt_etf r;
    char why[200];
    size_t n = bt_arm_groups(p->source, a, &groups);
    const struct bt_term **specs = bt_arena_array(a, n, sizeof *specs);
    if (n == 0 && p->source->plan->n_mfas == 0)
        return 0;
    if (n == 0 || !specs)
        return bt_err_nomem(p->err);
    const struct bt_term *empty = bt_term_list(a, NULL, 0, NULL);
    const struct bt_term *plain = bt_term_tuple3(a, bt_term_atom(a, "_"), empty, empty);
    const struct bt_term *none = bt_term_list(a, &plain, 1, NULL);
    for (size_t i = 0; i < n; i++) /* a function that is only counted has none */
        specs[i] = groups[i].match_spec->kind == BT_TERM_ATOM ? none : groups[i].match_spec;
    if (test(p, specs, n, a, &r))
        return -1;
    for (size_t i = 0; i < n; i++) {
        struct bt_etf one = r;
        if (!bt_etf_skip(&r))
            return bt_rpc_unexpected(&one, "erlang:match_spec_test", p->err);
        if (is_refused(one, why, sizeof why))
            return find_culprit(p, groups[i].like, why, a);
    }
    return 0;
}

static const struct bt_trace_pattern *pattern_about(const struct probe *p, const struct bt_term *event)
{
    const struct bt_program *prog = p->source->prog;
    size_t i = 0;
    while (i + 1 < prog->n_patterns &&
           (prog->patterns[i].event == BT_SPEC_CALL ||
               !bt_term_is_atom(event, bt_spec_event_info(prog->patterns[i].event)->name)))
        i++;
    return &prog->patterns[i];
}

static int probe_messages(struct probe *p, struct bt_arena *a)
{
    struct bt_etf r;
    char why[200];
    const struct bt_term *messages = bt_arm_messages(p->source, a);
    if (!messages)
        return bt_err_nomem(p->err);
    for (size_t i = 0; i < messages->u.seq.n; i++) {
        const struct bt_term *const *pair = messages->u.seq.items[i]->u.seq.items;
        if (test(p, &pair[1], 1, a, &r))
            return -1;
        if (is_refused(r, why, sizeof why))
            return refused(p, pattern_about(p, pair[0]), why);
    }
    return 0;
}

/* exit(Reason) when ...: evaluated by the agent, in the same language. */
static int probe_events(struct probe *p, struct bt_arena *a)
{
    struct bt_etf r;
    char why[200];
    for (size_t i = 0; i < p->source->prog->n_patterns; i++) {
        const struct bt_trace_pattern *t = &p->source->prog->patterns[i];
        if (t->event <= BT_SPEC_RECEIVE)
            continue;
        if (test(p, &t->match_spec, 1, a, &r))
            return -1;
        if (is_refused(r, why, sizeof why))
            return refused(p, t, why);
    }
    return 0;
}

/* What an older release takes without a word and means differently: no function, so no answer tells of it. */
static int check_meaning(struct probe *p)
{
    for (size_t i = 0; i < p->source->prog->n_patterns; i++) {
        const struct bt_trace_pattern *t = &p->source->prog->patterns[i];
        if (t->min_otp > (unsigned)p->otp && !bt_guard_find(t->min_otp_for, BT_PLACE_BODY))
            return needs(p, t, t->min_otp_for, t->min_otp);
    }
    return 0;
}

int bt_probe(
    struct bt_conn *c, const struct bt_arm_source *source, int otp, size_t *bad_spec, struct beamtap_err *err)
{
    struct probe p = {c, source, otp, bad_spec, err};
    struct bt_arena a = BT_ARENA_INIT;
    int rc = probe_groups(&p, &a);
    if (rc == 0)
        rc = probe_messages(&p, &a);
    if (rc == 0)
        rc = probe_events(&p, &a);
    bt_arena_done(&a);
    return rc ? rc : check_meaning(&p);
}
