/*
 * cmd_nodes.c - `beamtap nodes [HOST]`: the nodes an epmd knows.
 */
#include <stdio.h>
#include <string.h>

#include "cli/reach.h"

static int show(const struct beamtap_nodes *nodes)
{
    if (nodes->n == 0)
        bt_cli_say("epmd on %s knows no node", nodes->host);
    for (size_t i = 0; i < nodes->n; i++)
        printf("%-24s port %d\n", nodes->items[i].name, nodes->items[i].port);
    return bt_cli_flush();
}

int bt_cmd_nodes(const struct bt_cli *cli)
{
    struct bt_cli_way way = {.log_areas = ""};
    struct beamtap_session_opts so;
    struct beamtap_err err = {0};
    if (cli->n_words > 1) {
        bt_cli_say("nodes takes one host: beamtap nodes [HOST]");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    const char *word = cli->n_words ? cli->words[0] : "", *at = strchr(word, '@');
    beamtap_session_opts_init(&so, sizeof so);
    bt_reach_route(&so, &way, cli, NULL);
    struct beamtap_nodes *nodes =
        beamtap_nodes(&so, at ? at + 1 : word, &err); /* a node is taken for its host */
    int status = nodes ? show(nodes) : bt_cli_fail(&err);
    beamtap_nodes_free(nodes);
    return status;
}
