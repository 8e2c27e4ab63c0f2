/*
 * arm.c - what is sent to the agent to arm: functions grouped by their clauses, match specifications, processes.
 */
#include "node/arm.h"

#include <stdio.h>
#include <string.h>

#include "match/arity.h"
#include "spec/parser.h"
#include "term/etf_write.h"

/* A set of functions that share their clauses while the groups are made. */
struct group {
    const struct bt_mfa *like; /* the first function of the group */
    enum bt_scope scope;
    const struct bt_term **mfas;
    size_t n, cap;
};

/* Where one pattern says local and another global, local it is: it sees all that global sees. */
static enum bt_scope scope_of(const struct bt_arm_source *s, const struct bt_mfa *m)
{
    for (size_t i = 0; i < m->n_patterns; i++) {
        const struct bt_trace_pattern *p = &s->prog->patterns[m->patterns[i]];
        if (!p->is_not && p->scope == BT_SCOPE_LOCAL)
            return BT_SCOPE_LOCAL;
    }
    return BT_SCOPE_GLOBAL;
}

/* Do they get the same clauses? */
static bool is_alike(const struct bt_arm_source *s, const struct bt_mfa *x, const struct bt_mfa *y)
{
    if (x->n_patterns != y->n_patterns ||
        memcmp(x->patterns, y->patterns, x->n_patterns * sizeof *x->patterns) != 0)
        return false;
    for (size_t i = 0; x->arity != y->arity && i < x->n_patterns; i++) {
        if (bt_pattern_by_arity(&s->prog->patterns[x->patterns[i]]))
            return false;
    }
    return true;
}

/* Sorts the plan's functions into groups; the array has room for one group a function. */
static size_t make_groups(const struct bt_arm_source *s, struct group *groups, struct bt_arena *a)
{
    size_t n = 0;
    for (size_t i = 0; i < s->plan->n_mfas; i++) {
        const struct bt_mfa *m = &s->plan->mfas[i];
        size_t g = 0;
        while (g < n && !is_alike(s, groups[g].like, m))
            g++;
        if (g == n) {
            groups[n++] = (struct group){.like = m, .scope = scope_of(s, m)};
            groups[g].mfas = bt_arena_array(a, s->plan->n_mfas - i, sizeof *groups[g].mfas);
            if (!groups[g].mfas)
                return 0;
        }
        groups[g].mfas[groups[g].n++] = m->term;
    }
    return n;
}

/* The first clause's id. */
static size_t id_of(const struct bt_arm_source *s, size_t pattern)
{
    size_t id = 0;
    for (size_t i = 0; i < pattern; i++)
        id += s->prog->patterns[i].n_clauses;
    return id;
}

static struct bt_instrument_opts instrument_opts(const struct bt_arm_source *s)
{
    return (struct bt_instrument_opts){
        s->base, BT_GATE_RANGE, s->args, s->max_message, s->plan->n_mfas > 0 && s->prog->wants_time};
}

const struct bt_term *bt_arm_spec(const struct bt_arm_source *s, const struct bt_mfa *m,
    const size_t *patterns, size_t n_patterns, struct bt_arena *a)
{
    struct bt_instrument_opts o = instrument_opts(s);
    const struct bt_clause **clauses = bt_arena_array(a, s->n_clauses, sizeof *clauses);
    size_t *ids = bt_arena_array(a, s->n_clauses, sizeof *ids);
    size_t n = 0;
    if (!clauses || !ids)
        return NULL;
    for (size_t i = 0; i < n_patterns; i++) {
        const struct bt_trace_pattern *p = &s->prog->patterns[patterns[i]];
        size_t id = id_of(s, patterns[i]);
        for (size_t j = 0; j < p->n_clauses; j++) {
            if (p->clauses[j].only_counts || !bt_clause_fits(&p->clauses[j], m->arity))
                continue;
            ids[n] = id + j;
            if (!(clauses[n++] = bt_clause_at(&p->clauses[j], m->arity, a)))
                return NULL;
        }
    }
    return n ? bt_instrument(a, clauses, ids, n, &o) : bt_term_atom(a, "count");
}

bool bt_arm_only_counts(const struct bt_program *prog, const struct bt_mfa *m)
{
    for (size_t i = 0; i < m->n_patterns; i++) {
        const struct bt_trace_pattern *p = &prog->patterns[m->patterns[i]];
        for (size_t j = 0; j < p->n_clauses; j++) {
            if (!p->clauses[j].only_counts && bt_clause_fits(&p->clauses[j], m->arity))
                return false;
        }
    }
    return true;
}

static bool is_pid_text(const char *p)
{
    return *p == '<' || *p == '#' || (*p >= '0' && *p <= '9');
}

/* "<0.44.0>", "0.44.0", "#PID<0.44.0>" as {pid, "<0.44.0>"}. */
static const struct bt_term *pid_term(const char *given, struct bt_arena *a, struct beamtap_err *err)
{
    unsigned x, y, z;
    int used = 0;
    char text[64];
    const char *p = strncmp(given, "#PID", 4) == 0 ? given + 4 : given;
    const char *inner = *p == '<' ? p + 1 : p;
    if (inner[strspn(inner, "0123456789.>")] != '\0' || /* sscanf takes signs and spaces too */
        sscanf(inner, "%9u.%9u.%9u%n", &x, &y, &z, &used) != 3 ||
        strcmp(inner + used, *p == '<' ? ">" : "") != 0) {
        bt_err_set(err, BEAMTAP_EUSAGE, "'%s' is no process; a pid looks like <0.44.0> (-p)", given);
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

/* {global, Name} and {via, Module, Name} as {via, Text, "module", Name}, with the name in external form: the node reads it
 * in a way that makes no atoms. */
static const struct bt_term *via_term(const char *given, struct bt_arena *a, struct beamtap_err *err)
{
    static const uint8_t version = 131;
    const struct bt_term *t = NULL;
    struct bt_buf etf = BT_BUF_INIT;
    struct beamtap_err why = {0};
    if (bt_parse_constant(given, a, &t, &why) < 0) {
        bt_err_set(err, why.code == BEAMTAP_ENOMEM ? why.code : BEAMTAP_EUSAGE, "'%s' is no process (-p): %s",
            given, why.msg);
        return NULL;
    }
    size_t n = t->kind == BT_TERM_TUPLE ? t->u.seq.n : 0;
    const struct bt_term *const *items = t->u.seq.items;
    bool is_global = n == 2 && bt_term_is_atom(items[0], "global");
    bool is_via = n == 3 && bt_term_is_atom(items[0], "via") && items[1]->kind == BT_TERM_ATOM;
    if (!is_global && !is_via) {
        bt_err_set(err, BEAMTAP_EUSAGE,
            "'%s' is no process; in braces there are {global, Name} and {via, Module, Name} (-p)", given);
        return NULL;
    }
    bt_buf_put(&etf, &version, 1);
    if (bt_etf_write(&etf, items[n - 1], NULL, err) < 0) {
        bt_buf_done(&etf);
        return NULL;
    }
    const struct bt_term *parts[] = {bt_term_atom(a, "via"), bt_term_charlist(a, given),
        bt_term_charlist(a, is_via ? items[1]->u.atom.name : "global"),
        bt_term_binary(a, etf.data, etf.len, 8)};
    bt_buf_done(&etf);
    return bt_term_tuple(a, parts, 4);
}

static const struct bt_term *process_term(const char *p, struct bt_arena *a, struct beamtap_err *err)
{
    if (strcmp(p, "all") == 0 || strcmp(p, "new") == 0 || strcmp(p, "existing") == 0)
        return bt_term_atom(a, p);
    if (is_pid_text(p))
        return pid_term(p, a, err);
    if (*p == '{')
        return via_term(p, a, err);
    return bt_term_tuple2(a, bt_term_atom(a, "name"), bt_term_charlist(a, p));
}

const struct bt_term *bt_arm_processes(
    const struct bt_arm_source *s, struct bt_arena *a, struct beamtap_err *err)
{
    size_t n = s->n_processes;
    const struct bt_term **items = bt_arena_array(a, n + 1, sizeof(const struct bt_term *));
    if (!items)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        items[i] = process_term(s->processes[i], a, err);
        if (!items[i])
            return NULL;
    }
    if (n == 0)
        items[n++] = bt_term_atom(a, "all");
    return bt_term_list(a, items, n, NULL);
}

bool bt_arm_is_exact(const struct bt_arm_source *s)
{
    for (size_t i = 0; i < s->n_clauses; i++) {
        const struct bt_clause *c = s->clauses[i];
        if (c->event != BT_SPEC_CALL ||
            !bt_clause_takes_all(c)) /* with excludes: what it takes is counted and not shown */
            return false;
    }
    return s->n_processes == 0 || (s->n_processes == 1 && strcmp(s->processes[0], "all") == 0);
}

static bool is_whole(const struct bt_arm_source *s, const struct bt_clause *c)
{
    return c->event == BT_SPEC_CALL && !c->excludes && bt_instrument_is_whole(c, s->args);
}

static bool is_mute(const struct bt_arm_source *s, const struct bt_clause *c)
{
    (void)s;
    return c->event == BT_SPEC_CALL && !c->excludes && !c->wants_return && !c->wants_time;
}

static bool is_returning(const struct bt_arm_source *s, const struct bt_clause *c)
{
    (void)s;
    return c->wants_return;
}

/* [Id] of the clauses of which `is_one` is true. */
static const struct bt_term *ids_of(const struct bt_arm_source *s, struct bt_arena *a,
    bool (*is_one)(const struct bt_arm_source *s, const struct bt_clause *c))
{
    const struct bt_term **ids = bt_arena_array(a, s->n_clauses + 1, sizeof(const struct bt_term *));
    size_t n = 0;
    for (size_t i = 0; ids && i < s->n_clauses; i++) {
        if (is_one(s, s->clauses[i]))
            ids[n++] = bt_term_int(a, (int64_t)i);
    }
    return ids ? bt_term_list(a, ids, n, NULL) : NULL;
}

size_t bt_arm_groups(const struct bt_arm_source *s, struct bt_arena *a, struct bt_install_group **out)
{
    struct group *groups = bt_arena_array(a, s->plan->n_mfas, sizeof *groups);
    struct bt_install_group *install = bt_arena_array(a, s->plan->n_mfas, sizeof *install);
    size_t n = groups && install ? make_groups(s, groups, a) : 0;
    for (size_t i = 0; i < n; i++) {
        install[i] = (struct bt_install_group){
            .match_spec =
                bt_arm_spec(s, groups[i].like, groups[i].like->patterns, groups[i].like->n_patterns, a),
            .scope = groups[i].scope,
            .mfas = bt_term_list(a, groups[i].mfas, groups[i].n, NULL),
            .like = groups[i].like,
        };
        if (!install[i].match_spec || !install[i].mfas)
            return 0;
    }
    *out = install;
    return n;
}

/* ---- messages and processes ---- */

/* {send, MatchSpec} of all clauses about it; NULL: there is none, or no memory. */
static const struct bt_term *message_term(
    const struct bt_arm_source *s, enum bt_spec_event event, struct bt_arena *a)
{
    struct bt_instrument_opts o = instrument_opts(s);
    const struct bt_clause **clauses = bt_arena_array(a, s->n_clauses + 1, sizeof *clauses);
    size_t *ids = bt_arena_array(a, s->n_clauses + 1, sizeof *ids), n = 0;
    for (size_t i = 0; clauses && ids && i < s->n_clauses; i++) {
        if (s->clauses[i]->event != event)
            continue;
        clauses[n] = s->clauses[i];
        ids[n++] = i;
    }
    return n == 0 ? NULL
                  : bt_term_tuple2(a, bt_term_atom(a, bt_spec_event_info(event)->name),
                        bt_instrument(a, clauses, ids, n, &o));
}

const struct bt_term *bt_arm_messages(const struct bt_arm_source *s, struct bt_arena *a)
{
    const struct bt_term *items[2];
    size_t n = 0;
    for (enum bt_spec_event e = BT_SPEC_SEND; e <= BT_SPEC_RECEIVE; e++) {
        const struct bt_term *t = message_term(s, e, a);
        if (t)
            items[n++] = t;
    }
    return bt_term_list(a, items, n, NULL);
}

/* {exit, Id, [{{Reason}, Guards, [true]}]}; none where everything matches */
static const struct bt_term *event_term(const struct bt_clause *c, size_t id, struct bt_arena *a)
{
    const struct bt_term *yes = bt_term_atom(a, "true"), *spec = bt_term_atom(a, "none");
    if (!bt_clause_takes_all(c)) {
        const struct bt_term *head =
            c->head->kind == BT_TERM_LIST ? bt_term_tuple1(a, c->head->u.seq.items[0]) : c->head;
        const struct bt_term *clause = bt_term_tuple3(a, head, c->guards, bt_term_list(a, &yes, 1, NULL));
        spec = bt_term_list(a, &clause, 1, NULL);
    }
    return bt_term_tuple3(
        a, bt_term_atom(a, bt_spec_event_info(c->event)->name), bt_term_int(a, (int64_t)id), spec);
}

static const struct bt_term *events_term(const struct bt_arm_source *s, struct bt_arena *a)
{
    const struct bt_term **items = bt_arena_array(a, s->n_clauses + 1, sizeof(const struct bt_term *));
    size_t n = 0;
    for (size_t i = 0; items && i < s->n_clauses; i++) {
        if (s->clauses[i]->event > BT_SPEC_RECEIVE)
            items[n++] = event_term(s->clauses[i], i, a);
    }
    return items ? bt_term_list(a, items, n, NULL) : NULL;
}

static void add_flag(const char **flags, size_t *n, const char *name)
{
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(flags[i], name) == 0)
            return;
    }
    flags[(*n)++] = name;
}

/* What the VM is to tell of processes; times as the agent sorts by. */
static const struct bt_term *flags_term(const struct bt_arm_source *s, struct bt_arena *a)
{
    const char *names[10];
    const struct bt_term *flags[10];
    size_t n = 0;
    if (s->plan->n_mfas > 0) {
        add_flag(names, &n, "call");
        add_flag(names, &n, "arity");
        if (s->prog->wants_time)
            add_flag(names, &n, "return_to");
    }
    for (size_t i = 0; i < s->n_clauses; i++) {
        if (s->clauses[i]->event != BT_SPEC_CALL)
            add_flag(names, &n, bt_spec_event_info(s->clauses[i]->event)->flag);
    }
    if (s->with_children)
        add_flag(names, &n, "set_on_spawn");
    add_flag(names, &n, "strict_monotonic_timestamp");
    for (size_t i = 0; i < n; i++)
        flags[i] = bt_term_atom(a, names[i]);
    return bt_term_list(a, flags, n, NULL);
}

int bt_arm_build(const struct bt_arm_source *s, struct bt_arena *a, struct bt_arm_opts *out, bool *all_local,
    struct beamtap_err *err)
{
    struct bt_install_group *groups = NULL;
    size_t n = bt_arm_groups(s, a, &groups);
    out->processes = bt_arm_processes(s, a, err);
    out->messages = bt_arm_messages(s, a);
    out->events = events_term(s, a);
    out->flags = flags_term(s, a);
    if (a->failed || (n == 0 && s->plan->n_mfas > 0) || !out->processes || !out->messages || !out->events || !out->flags)
        return bt_err_nomem(err);
    *all_local = true;
    for (size_t i = 0; i < n; i++)
        *all_local = *all_local && groups[i].scope == BT_SCOPE_LOCAL;
    out->groups = groups;
    out->n_groups = n;
    out->whole_ids = ids_of(s, a, is_whole);
    out->mute_ids = ids_of(s, a, is_mute);
    out->returning_ids = ids_of(s, a, is_returning);
    out->base = s->base;
    out->range = BT_GATE_RANGE;
    return 0;
}
