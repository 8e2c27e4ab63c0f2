/*
 * node_clear.c - taking away what a beamtap left on a node, or everybody's tracing.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/inside.h"
#include "lib/node.h"
#include "lib/way.h"
#include "node/load.h"
#include "node/rpc.h"

/* The result, and what it points to. */
struct cleared {
    struct beamtap_clear result; /* first: the caller's pointer is this one's */
    struct bt_arena arena;
};

/* While it is done. */
struct clearing {
    struct cleared *c;
    struct bt_lib_way way;
    struct bt_survey survey;
    struct bt_arena arena; /* terms on the way */
};

/* [{What, Count}] */
static int take_removed(struct cleared *c, struct bt_etf r, struct beamtap_err *err)
{
    struct bt_etf answer = r;
    struct bt_slice what;
    int64_t count;
    uint32_t n;
    if (!bt_etf_list(&r, &n))
        return bt_rpc_unexpected(&answer, "clearing", err);
    struct beamtap_removed *items = bt_arena_array(&c->arena, n + (size_t)1, sizeof *items);
    c->result.removed = items;
    if (!items)
        return bt_err_nomem(err);
    while (n-- > 0 && bt_etf_tuple_of(&r, 2) && bt_etf_atom(&r, &what) && bt_etf_int64(&r, &count)) {
        const char *text = bt_lib_safe(&c->arena, (const char *)what.p, what.len);
        if (!text)
            return bt_err_nomem(err);
        if (count > 0)
            items[c->result.n_removed++] = (struct beamtap_removed){text, count};
    }
    return 0;
}

static int sweep(struct clearing *l, struct bt_conn *conn, bool all, struct beamtap_err *err)
{
    struct bt_etf done;
    struct beamtap_clear *r = &l->c->result;
    int otp;
    bt_lib_survey_of(&l->survey, l->way.reach.node);
    if (bt_load_otp(conn, &l->arena, &otp, err) < 0 ||
        bt_survey_run(&l->survey, conn, all ? "true" : "false", otp, &l->arena, &done, err) < 0 ||
        take_removed(l->c, done, err) < 0)
        return -1;
    bt_survey_unload(conn, &l->arena);
    r->others = bt_lib_lines(&l->c->arena, &l->survey.others, &r->n_others);
    r->node = bt_arena_strndup(&l->c->arena, l->way.reach.node, strlen(l->way.reach.node));
    return r->others && r->node ? 0 : bt_err_nomem(err);
}

static int go(struct clearing *l, const struct beamtap_session_opts *way, bool all, struct beamtap_err *err)
{
    int rc = bt_lib_way_init(&l->way, way, err);
    struct bt_conn *conn = rc == 0 ? bt_reach_open(&l->way.reach, err) : NULL;
    rc = conn ? sweep(l, conn, all, err) : -1;
    bt_conn_close(conn);
    bt_lib_way_done(&l->way);
    bt_buf_done(&l->survey.others);
    bt_arena_done(&l->arena);
    return rc;
}

struct beamtap_clear *beamtap_node_clear(
    const struct beamtap_session_opts *way, bool all, struct beamtap_err *err)
{
    struct beamtap_err e = {0};
    struct clearing *l = calloc(1, sizeof *l);
    struct cleared *c = calloc(1, sizeof *c);
    int rc = l && c ? 0 : bt_err_nomem(&e);
    if (rc == 0) {
        l->c = c;
        rc = go(l, way, all, &e);
    }
    free(l);
    if (rc == 0)
        return &c->result;
    beamtap_clear_free(c ? &c->result : NULL);
    bt_lib_fail(err, &e);
    return NULL;
}

void beamtap_clear_free(struct beamtap_clear *clear)
{
    if (!clear)
        return;
    struct cleared *c = (struct cleared *)clear;
    bt_arena_done(&c->arena);
    free(c);
}
