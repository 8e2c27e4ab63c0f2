/*
 * reach.h - what the command line says of a node and of the way there, as options for the library.
 */
#ifndef BT_CLI_REACH_H
#define BT_CLI_REACH_H

#include "cli/cmd.h"
#include "cli/cookie.h"

/*
 * The node the words begin with, and how many of them it takes (1, or 0 where it is RELEASE_NODE's). A node has an @, or, behind
 * a command, is a word of letters, digits, - and _ (on this host), or a glob of that. NULL: there is none.
 */
const char *bt_reach_node(const char *const *words, size_t n, size_t *used);

/* What the options of a session borrow; the caller wipes it. */
struct bt_cli_way {
    struct bt_cli_cookie cookie;
    char log_areas[80];
};

/*
 * Fills what the options of a session say of the node and of the way there. Warns on stderr of a cookie that others can see.
 * ECOOKIE.
 */
int bt_reach_session(struct beamtap_session_opts *so, struct bt_cli_way *way, const struct bt_cli *cli,
    const char *node, struct beamtap_err *err);

/* The same without a cookie: enough to ask epmd. */
void bt_reach_route(
    struct beamtap_session_opts *so, struct bt_cli_way *way, const struct bt_cli *cli, const char *node);

#endif
