/*
 * node_check.c - can a node be traced? The way there step by step, what it is, who traces what, how a trace would be set.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/inside.h"
#include "lib/node.h"
#include "lib/way.h"
#include "node/load.h"
#include "node/rpc.h"

/* The result, and what it points to. */
struct checked {
    struct beamtap_check result; /* first: the caller's pointer is this one's */
    struct bt_arena arena;
};

/* While it is looked at. */
struct looking {
    struct checked *c;
    struct bt_lib_way way;
    struct bt_survey survey;
    struct bt_arena arena; /* terms on the way */
};

/* ---- the way ---- */

_Static_assert(
    (int)BEAMTAP_STEP_EPMD == BT_STEP_EPMD && (int)BEAMTAP_STEP_DONE == BT_STEP_DONE, "the same steps");

const char *beamtap_step_text(enum beamtap_step step)
{
    static const char *const names[] = {"epmd", "port", "tls", "handshake", "done"};
    return (size_t)step < sizeof names / sizeof names[0] ? names[step] : "";
}

/* What to look at when nothing more is known than the step. */
static const char *cure(enum beamtap_code code)
{
    switch (code) {
    case BEAMTAP_EHOST: return "is the name right? --address HOST says where to connect instead";
    case BEAMTAP_EEPMD:
        return "distribution is off there, epmd is elsewhere (ERL_EPMD_PORT), or a firewall is between: "
               "--address HOST:PORT needs no epmd";
    case BEAMTAP_ENONODE:
        return "the node is down, has another name, or runs without epmd: --address HOST:PORT";
    case BEAMTAP_ECONNECT:
    case BEAMTAP_ETIMEDOUT:
        return "a firewall lets epmd's port through, but not the node's? --ssh, --kubectl and "
               "--proxy-command go around it";
    case BEAMTAP_ECOOKIE: return "the node was started with another cookie: --cookie-file FILE";
    default: return NULL;
    }
}

/* ---- what it is ---- */

static int ask_number(struct bt_conn *conn, struct bt_arena *a, const char *f, const char *what, int64_t *n,
    struct beamtap_err *err)
{
    struct bt_etf r;
    if (bt_rpc_erlang(conn, f, bt_term_atom(a, what), a, &r, err) < 0)
        return -1;
    return bt_etf_int64(&r, n) ? 0 : bt_rpc_unexpected(&r, what, err);
}

/* A text at r, to be kept. */
static int take_text(
    struct checked *c, struct bt_etf *r, const char *what, const char **out, struct beamtap_err *err)
{
    char text[32];
    if (!bt_etf_text(r, text, sizeof text))
        return bt_rpc_unexpected(r, what, err);
    *out = bt_lib_safe(&c->arena, text, strlen(text));
    return *out ? 0 : bt_err_nomem(err);
}

static int ask_text(
    struct looking *l, struct bt_conn *conn, const char *what, const char **out, struct beamtap_err *err)
{
    struct bt_etf r;
    if (bt_rpc_erlang(conn, "system_info", bt_term_atom(&l->arena, what), &l->arena, &r, err) < 0)
        return -1;
    return take_text(l->c, &r, what, out, err);
}

/* [{elixir, Description, "1.18.3"}, ...]: asking by name would make the atom on a node that has none. */
static int ask_elixir(struct bt_conn *conn, struct bt_arena *a, struct checked *c, struct beamtap_err *err)
{
    struct bt_etf r;
    uint32_t n;
    if (bt_rpc(conn, "application", "loaded_applications", bt_term_list(a, NULL, 0, NULL), bt_rpc_deadline(),
            &r, err) < 0)
        return -1;
    if (!bt_etf_list(&r, &n))
        return 0;
    while (n-- > 0) {
        struct bt_etf app = r;
        if (!bt_etf_skip(&r))
            return 0;
        if (bt_etf_tuple_of(&app, 3) && bt_etf_is_atom(&app, "elixir") && bt_etf_skip(&app))
            return take_text(c, &app, "the version of Elixir", &c->result.elixir, err);
    }
    return 0;
}

static int ask_facts(struct looking *l, struct bt_conn *conn, struct beamtap_err *err)
{
    struct beamtap_check *r = &l->c->result;
    struct bt_arena *a = &l->arena;
    if (ask_text(l, conn, "otp_release", &r->otp_release, err) < 0 ||
        ask_text(l, conn, "version", &r->erts, err) < 0 ||
        ask_number(conn, a, "system_info", "schedulers_online", &r->schedulers, err) < 0 ||
        ask_number(conn, a, "system_info", "process_count", &r->processes, err) < 0 ||
        ask_number(conn, a, "memory", "total", &r->memory, err) < 0 ||
        ask_number(conn, a, "statistics", "total_run_queue_lengths_all", &r->run_queue, err) < 0)
        return -1;
    return ask_elixir(conn, a, l->c, err);
}

/* What a trace would do beside what is there. */
static void set_trace(struct beamtap_check *r, const struct bt_survey *s)
{
    r->is_refused = s->has_beamtap || (r->otp < 27 && s->n_others);
    if (s->has_beamtap)
        r->trace = "refused: a beamtap traces it now";
    else if (r->otp >= 27)
        r->trace = "in a trace session of its own; others' tracing is not touched";
    else if (s->n_others)
        r->trace = "refused: somebody else traces, and before OTP 27 there is one tracer for a process";
    else
        r->trace = "with the node's one tracer (before OTP 27 nobody else can trace meanwhile)";
}

static int look(struct looking *l, struct bt_conn *conn, struct beamtap_err *err)
{
    struct beamtap_check *r = &l->c->result;
    struct bt_etf done;
    if (ask_facts(l, conn, err) < 0 || bt_load_otp(conn, &l->arena, &r->otp, err) < 0 ||
        bt_survey_run(&l->survey, conn, "look", r->otp, &l->arena, &done, err) < 0)
        return -1;
    bt_survey_unload(conn, &l->arena);
    r->has_beamtap = l->survey.has_beamtap;
    r->others = bt_lib_lines(&l->c->arena, &l->survey.others, &r->n_others);
    set_trace(r, &l->survey);
    return r->others ? 0 : bt_err_nomem(err);
}

/* ---- the result ---- */

static const char *keep(struct checked *c, const char *text)
{
    return bt_arena_strndup(&c->arena, text, strlen(text));
}

/* The way as far as it was gone. */
static int set_way(struct looking *l, struct beamtap_err *err)
{
    struct beamtap_check *r = &l->c->result;
    const struct bt_reach *reach = &l->way.reach;
    r->node = keep(l->c, reach->node);
    r->cookie_from = keep(l->c, reach->cookie.from);
    r->is_cookie_exposed = reach->cookie.is_exposed;
    r->step = (enum beamtap_step)reach->step;
    for (int i = BEAMTAP_STEP_EPMD; i <= BEAMTAP_STEP_DONE; i++)
        r->takes_step[i] = true;
    r->takes_step[BEAMTAP_STEP_EPMD] = reach->conn.port == 0;
    r->takes_step[BEAMTAP_STEP_TLS] = reach->conn.tls;
    return r->node && r->cookie_from ? 0 : bt_err_nomem(err);
}

static int go(struct looking *l, struct beamtap_err *err)
{
    struct beamtap_check *r = &l->c->result;
    struct bt_conn *conn = bt_reach_open(&l->way.reach, &r->err);
    bt_lib_survey_of(&l->survey, l->way.reach.node);
    r->is_reached = conn && look(l, conn, &r->err) == 0;
    bt_conn_close(conn);
    if (r->err.code == BEAMTAP_ENOMEM)
        return bt_lib_fail(err, &r->err);
    r->cure = r->is_reached ? NULL : cure(r->err.code);
    return set_way(l, err);
}

struct beamtap_check *beamtap_node_check(const struct beamtap_session_opts *way, struct beamtap_err *err)
{
    struct beamtap_err e = {0};
    struct looking *l = calloc(1, sizeof *l);
    struct checked *c = calloc(1, sizeof *c);
    int rc = l && c ? 0 : bt_err_nomem(&e);
    if (rc == 0) {
        l->c = c;
        rc = bt_lib_way_init(&l->way, way, &e);
        if (rc == 0)
            rc = go(l, &e);
        bt_lib_way_done(&l->way);
        bt_buf_done(&l->survey.others);
        bt_arena_done(&l->arena);
    }
    free(l);
    if (rc == 0)
        return &c->result;
    beamtap_check_free(c ? &c->result : NULL);
    bt_lib_fail(err, &e);
    return NULL;
}

void beamtap_check_free(struct beamtap_check *check)
{
    if (!check)
        return;
    struct checked *c = (struct checked *)check;
    bt_arena_done(&c->arena);
    free(c);
}
