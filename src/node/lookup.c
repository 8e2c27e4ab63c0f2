/*
 * lookup.c - asking the node for the functions the patterns mean.
 */
#include "node/lookup.h"

#include <stdio.h>
#include <string.h>

#include "node/load.h"
#include "node/rpc.h"
#include "term/print.h"

#define MODULES_AT_ONCE 64 /* an answer is some 100 KB then */
#define MAX_MODULE 255     /* characters of an atom */

struct lookup {
    struct bt_conn *conn;
    struct bt_guard *guard;
    const struct bt_lookup_opts *opts;
    struct bt_planner planner;
    struct beamtap_err *err;
};

static int ask_loaded(struct lookup *l, struct bt_arena *a)
{
    struct bt_etf r;
    if (bt_rpc(l->conn, "erlang", "loaded", bt_term_list(a, NULL, 0, NULL), bt_rpc_deadline(), &r, l->err))
        return -1;
    return bt_rpc_failed(&r) ? bt_rpc_unexpected(&r, "erlang:loaded", l->err)
                             : bt_planner_modules(&l->planner, r);
}

/* ---- modules that are not loaded ---- */

/* Is the module's file on the node's code path? The name travels as text: a typo makes no atom. */
static int has_file(struct lookup *l, const char *module, bool *is_there, struct bt_arena *a)
{
    char file[4 * MAX_MODULE + sizeof ".beam"];
    struct bt_etf r;
    *is_there = false;
    if (strchr(module, '/') || strlen(module) > 4 * MAX_MODULE)
        return 0;
    snprintf(file, sizeof file, "%s.beam", module);
    const struct bt_term *name = bt_term_charlist(a, file);
    if (bt_rpc(
            l->conn, "code", "where_is_file", bt_term_list(a, &name, 1, NULL), bt_rpc_deadline(), &r, l->err))
        return -1;
    *is_there = !bt_rpc_failed(&r) && !bt_etf_is_atom(&r, "non_existing");
    return 0;
}

/* {module, M} | {error, Why} */
static int load(struct lookup *l, const struct bt_trace_pattern *t, struct bt_arena *a)
{
    struct bt_etf r;
    const struct bt_term *name = bt_term_atom(a, t->module);
    if (bt_rpc(
            l->conn, "code", "ensure_loaded", bt_term_list(a, &name, 1, NULL), bt_rpc_deadline(), &r, l->err))
        return -1;
    struct bt_etf answer = r;
    if (!bt_etf_tuple_of(&r, 2) || !bt_etf_is_atom(&r, "module")) {
        struct bt_buf why = BT_BUF_INIT;
        struct bt_print_opts o = {.max_depth = 8};
        bt_print_erlang(&why, &answer, &o);
        *l->planner.bad_spec = t->spec;
        bt_err_at(l->err, BEAMTAP_ENOMATCH, t->module_loc,
            "module '%s' cannot be loaded on %s (--load): %.200s", t->module, bt_conn_node(l->conn),
            bt_buf_cstr(&why));
        bt_buf_done(&why);
        return -1;
    }
    if (l->opts->on_load)
        l->opts->on_load(l->opts->arg, t->module);
    return 0;
}

static int find_missing(struct lookup *l, bool may_load, struct bt_arena *a)
{
    const struct bt_trace_pattern *t;
    bool is_there, has_loaded = false;
    for (size_t i = 0; (t = bt_planner_missing(&l->planner, &i));) {
        if (has_file(l, t->module, &is_there, a))
            return -1;
        if (!is_there || !may_load)
            return bt_planner_no_module(&l->planner, t, is_there);
        if (load(l, t, a) || bt_guard_renew(l->guard, l->err))
            return -1;
        has_loaded = true;
    }
    if (!has_loaded)
        return 0;
    return ask_loaded(l, a) || find_missing(l, false, a) ? -1 : 0;
}

/* ---- functions ---- */

/* One call for `most` modules. One of them may be gone by now: then they are asked one by one, and it is passed over. */
static int ask_part(struct lookup *l, size_t most, size_t *n, struct bt_arena *a)
{
    struct bt_etf r;
    const struct bt_term *args = bt_planner_ask(&l->planner, most, n, a);
    if (*n == 0)
        return 0;
    if (bt_guard_renew(l->guard, l->err) ||
        bt_rpc(l->conn, "lists", "zipwith", args, bt_rpc_deadline(), &r, l->err))
        return -1;
    if (!bt_rpc_failed(&r))
        return bt_planner_add(&l->planner, r);
    if (*n == 1) {
        bt_planner_skip(&l->planner);
        return 0;
    }
    size_t left = *n, one = 1;
    bt_planner_retry(&l->planner);
    while (left-- > 0) {
        if (ask_part(l, 1, &one, a))
            return -1;
    }
    return 0;
}

static int ask_functions(struct lookup *l)
{
    size_t n = 1;
    int rc = 0;
    while (rc == 0 && n > 0) {
        struct bt_arena a = BT_ARENA_INIT;
        rc = ask_part(l, MODULES_AT_ONCE, &n, &a);
        bt_arena_done(&a);
    }
    return rc;
}

int bt_lookup(struct bt_conn *c, struct bt_guard *g, const struct bt_program *prog,
    const struct bt_lookup_opts *opts, struct bt_plan *out, size_t *bad_spec, struct beamtap_err *err)
{
    struct lookup l = {.conn = c, .guard = g, .opts = opts, .err = err};
    struct bt_arena a = BT_ARENA_INIT;
    int rc = bt_planner_init(&l.planner, prog, bt_conn_node(c), opts->max_functions, out, bad_spec, err);
    if (rc == 0)
        rc = ask_loaded(&l, &a);
    if (rc == 0)
        rc = find_missing(&l, opts->loads, &a);
    if (rc == 0)
        rc = ask_functions(&l);
    if (rc == 0)
        rc = bt_planner_end(&l.planner);
    bt_planner_done(&l.planner);
    bt_arena_done(&a);
    return rc;
}
