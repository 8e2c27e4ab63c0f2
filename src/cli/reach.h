/*
 * reach.h - what the command line says of a node and of the way there, for lib/reach.h.
 */
#ifndef BT_CLI_REACH_H
#define BT_CLI_REACH_H

#include "cli/cmd.h"
#include "lib/reach.h"

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

/* What the options of a session borrow. */
struct bt_cli_way {
    struct bt_cookie cookie;
    char log_areas[80];
};

/* Fills what the options of a session say of the node and of the way there. Else as bt_reach_init(). */
int bt_reach_session(struct beamtap_session_opts *so, struct bt_cli_way *way, const struct bt_cli *cli,
    const char *node, struct beamtap_err *err);

#endif
