/*
 * reach.h - from what the user said to a connection: the node's name, its address, the way there, TLS, the cookie.
 */
#ifndef BT_CLI_REACH_H
#define BT_CLI_REACH_H

#include "cli/cmd.h"
#include "cli/cookie.h"
#include "node/conn.h"

struct bt_reach {
    const struct bt_cli *cli;
    char node[256]; /* as the user gave it; once connected, as the node calls itself */
    char host[256]; /* of --address, else "" */
    struct bt_route route;
    struct bt_tls_opts tls;
    struct bt_cookie cookie;
    struct bt_conn_opts conn; /* borrows from all above: the struct must stay where it is */
    enum bt_conn_step step;
    struct bt_arena arena;
};

/*
 * The node the words begin with, and how many of them it takes (1, or 0 where it is RELEASE_NODE's). A node has an @, or, behind
 * a command, is a word of letters, digits, - and _ (on this host), or a glob of that. NULL: there is none.
 */
const char *bt_reach_node(const char *const *words, size_t n, size_t *used);

/* Reads options, environment and files; connects to nothing. Warns on stderr of cookies that others can see. */
int bt_reach_init(struct bt_reach *r, const struct bt_cli *cli, const char *node, struct beamtap_err *err);

/* The same without a cookie: enough to ask epmd. */
int bt_reach_init_route(
    struct bt_reach *r, const struct bt_cli *cli, const char *node, struct beamtap_err *err);

/* Connects; with --wait again and again, as long as the node is not there. Globs and names without a host become whole. NULL: err
 * is filled. */
struct bt_conn *bt_reach_open(struct bt_reach *r, struct beamtap_err *err);

/* What epmd on the host knows, "name port\n" a line. */
int bt_reach_names(struct bt_reach *r, struct bt_buf *out, struct beamtap_err *err);

/* Wipes the cookie, frees. */
void bt_reach_done(struct bt_reach *r);

#endif
