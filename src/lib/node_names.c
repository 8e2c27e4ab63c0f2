/*
 * node_names.c - the nodes that the epmd of a host knows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/inside.h"
#include "lib/node.h"
#include "lib/way.h"

/* The result, and what it points to. */
struct known {
    struct beamtap_nodes result; /* first: the caller's pointer is this one's */
    struct bt_arena arena;
};

/* "name port\n" a line */
static int take_names(struct known *k, const struct bt_buf *names, struct beamtap_err *err)
{
    size_t n_lines = 0;
    if (names->failed)
        return bt_err_nomem(err);
    for (size_t i = 0; i < names->len; i++)
        n_lines += names->data[i] == '\n';
    struct beamtap_named *items = bt_arena_array(&k->arena, n_lines + 1, sizeof *items);
    k->result.items = items;
    if (!items)
        return bt_err_nomem(err);
    for (const char *p = names->len ? names->data : ""; k->result.n < n_lines; p += strcspn(p, "\n") + 1) {
        size_t len = strcspn(p, " ");
        struct beamtap_named *to = &items[k->result.n++];
        to->name = bt_lib_safe(&k->arena, p, len);
        to->port = atoi(p + len);
        if (!to->name)
            return bt_err_nomem(err);
    }
    return 0;
}

static int ask(struct known *k, struct bt_lib_way *w, struct beamtap_err *err)
{
    const struct bt_reach *r = &w->reach;
    const char *host = r->conn.host ? r->conn.host : strchr(r->node, '@') + 1;
    struct bt_buf names = BT_BUF_INIT;
    int rc = bt_reach_names(&w->reach, &names, err);
    if (rc == 0)
        rc = take_names(k, &names, err);
    bt_buf_done(&names);
    k->result.host = bt_arena_strndup(&k->arena, host, strlen(host));
    return rc < 0 || k->result.host ? rc : bt_err_nomem(err);
}

struct beamtap_nodes *beamtap_nodes(
    const struct beamtap_session_opts *way, const char *host, struct beamtap_err *err)
{
    struct beamtap_err e = {0};
    struct bt_lib_way *w = calloc(1, sizeof *w);
    struct known *k = calloc(1, sizeof *k);
    char node[512]; /* whose name does not matter */
    int n = snprintf(node, sizeof node, host && *host ? "any@%s" : "any%s", host ? host : "");
    int rc = w && k ? 0 : bt_err_nomem(&e);
    if (rc == 0 && n >= (int)sizeof node)
        rc = bt_err_set(&e, BEAMTAP_EUSAGE, "the host's name is too long");
    if (rc == 0) {
        rc = bt_lib_way_set(w, way, node, &e);
        if (rc == 0)
            rc = ask(k, w, &e);
        bt_lib_way_done(w);
    }
    free(w);
    if (rc == 0)
        return &k->result;
    beamtap_nodes_free(k ? &k->result : NULL);
    bt_lib_fail(err, &e);
    return NULL;
}

void beamtap_nodes_free(struct beamtap_nodes *nodes)
{
    if (!nodes)
        return;
    struct known *k = (struct known *)nodes;
    bt_arena_done(&k->arena);
    free(k);
}
