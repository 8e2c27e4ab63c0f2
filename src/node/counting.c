/*
 * counting.c - a session that has the VM count: the request, and what comes of it.
 */
#include "node/counting.h"

#include "node/session_state.h"

#define MEMORY_SINCE 26 /* OTP: call_memory */

const struct bt_tallies *bt_session_tallies(const struct bt_session *s)
{
    return &s->tallies;
}

static int make_rows(struct bt_session *s, struct beamtap_err *err)
{
    struct bt_tallies *t = &s->tallies;
    size_t n = s->opts.by_process ? 0 : s->plan.n_mfas;
    t->rows = bt_arena_array(&s->arena, n + 1, sizeof *t->rows);
    if (!t->rows)
        return bt_err_nomem(err);
    for (size_t i = 0; i < n; i++) {
        const struct bt_mfa *m = &s->plan.mfas[i];
        t->rows[i] = (struct bt_tally_row){.module = m->module, .function = m->function, .arity = m->arity};
    }
    t->n_rows = n;
    t->has_times = s->opts.kind == BT_SESSION_TIMES;
    t->has_memory = s->opts.kind == BT_SESSION_TIMES && s->info.otp >= MEMORY_SINCE;
    return 0;
}

static const struct bt_term *all_mfas(const struct bt_plan *plan, struct bt_arena *a)
{
    const struct bt_term **mfas = bt_arena_array(a, plan->n_mfas, sizeof *mfas);
    for (size_t i = 0; mfas && i < plan->n_mfas; i++)
        mfas[i] = plan->mfas[i].term;
    return mfas ? bt_term_list(a, mfas, plan->n_mfas, NULL) : NULL;
}

int bt_counting_arm(struct bt_session *s, struct beamtap_err *err)
{
    const struct bt_session_opts *o = &s->opts;
    struct bt_arm_source source = {.processes = o->processes, .n_processes = o->n_processes};
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_count_opts count = {
        .mfas = all_mfas(&s->plan, &a),
        .processes = bt_arm_processes(&source, &a, err),
        .times = o->kind == BT_SESSION_TIMES,
        .memory = s->info.otp >= MEMORY_SINCE,
        .by_process = o->by_process,
        .interval_ms = o->interval_us / 1000,
        .max_load = o->max_load,
        .max_memory = o->max_memory,
    };
    int rc = make_rows(s, err);
    if (rc == 0 && (!count.mfas || !count.processes))
        rc = bt_err_nomem(err); /* or what bt_arm_processes said before */
    if (rc == 0)
        rc = bt_guard_count(s->guard, &count, &s->armed, err);
    bt_arena_done(&a);
    s->tallies.began_us = s->tallies.at_us = s->tallies.before_us = s->armed.mono_ns / 1000;
    return rc;
}

void bt_counting_done(struct bt_session *s)
{
    bt_arena_done(&s->tally_arena);
}

/* {I, Tally} */
static bool take_function(struct bt_tallies *t, struct bt_etf *r)
{
    uint32_t i;
    struct bt_tally now;
    if (!bt_etf_tuple_of(r, 2) || !bt_etf_uint32(r, &i) || !bt_guard_read_tally(r, &now) || i >= t->n_rows)
        return false;
    t->rows[i].now = now;
    return true;
}

static bool keep_slice(struct bt_arena *a, struct bt_slice *x)
{
    const char *copy = bt_arena_strndup(a, (const char *)x->p, x->len);
    x->p = (const uint8_t *)copy;
    return copy != NULL;
}

static struct bt_tally tally_before(const struct bt_tally_row *rows, size_t n, struct bt_slice pid)
{
    for (size_t i = 0; i < n; i++) {
        if (bt_slice_equal(rows[i].pid, pid))
            return rows[i].now;
    }
    return (struct bt_tally){0};
}

/* {{Pid, Name}, Tally}; Name is an atom, or [] where there is none */
static bool take_process(struct bt_arena *a, struct bt_etf *r, struct bt_tally_row *row)
{
    *row = (struct bt_tally_row){0};
    if (!bt_etf_tuple_of(r, 2) || !bt_etf_tuple_of(r, 2) || !bt_etf_slice(r, &row->pid))
        return false;
    if (!bt_etf_nil(r) && (!bt_etf_atom(r, &row->name) || !keep_slice(a, &row->name)))
        return false;
    return bt_guard_read_tally(r, &row->now) && keep_slice(a, &row->pid);
}

static bool take_processes(struct bt_session *s, struct bt_etf *r, uint32_t n)
{
    struct bt_tallies *t = &s->tallies;
    struct bt_arena fresh = BT_ARENA_INIT;
    struct bt_tally_row *rows = bt_arena_array(&fresh, n + (size_t)1, sizeof *rows);
    bool ok = rows != NULL;
    for (uint32_t i = 0; ok && i < n; i++) {
        ok = take_process(&fresh, r, &rows[i]);
        if (ok)
            rows[i].before = tally_before(t->rows, t->n_rows, rows[i].pid);
    }
    bt_arena_done(&s->tally_arena);
    s->tally_arena = fresh;
    t->rows = rows;
    t->n_rows = ok ? n : 0;
    return ok;
}

enum bt_next bt_counting_take(struct bt_session *s, const struct bt_notice *n, struct beamtap_err *err)
{
    struct bt_tallies *t = &s->tallies;
    struct bt_etf r = n->rows;
    uint32_t listed;
    bool ok = bt_etf_list(&r, &listed);
    for (size_t i = 0; ok && !s->opts.by_process && i < t->n_rows; i++)
        t->rows[i].before = t->rows[i].now;
    if (ok && s->opts.by_process)
        ok = take_processes(s, &r, listed);
    for (uint32_t i = 0; ok && !s->opts.by_process && i < listed; i++)
        ok = take_function(t, &r);
    if (!ok) {
        bt_err_set(err, BEAMTAP_EPROTO, "what the agent counted cannot be read");
        return BT_NEXT_ERROR;
    }
    t->before_us = t->at_us;
    t->at_us = n->at_us;
    t->sum_before = t->sum;
    t->sum = n->sum;
    t->n_readings++;
    bt_intake_mark(s, BT_EVENT_COUNTS, 0);
    return BT_NEXT_NOTHING;
}
