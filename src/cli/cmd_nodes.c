/*
 * cmd_nodes.c - `beamtap nodes [HOST]`: the nodes an epmd knows.
 */
#include <stdio.h>
#include <string.h>

#include "cli/reach.h"

/* "name port\n" a line, as a table. */
static int show(const char *names, const char *host)
{
    if (!*names)
        bt_cli_say("epmd on %s knows no node", host);
    for (const char *p = names; *p; p += strcspn(p, "\n") + 1) {
        int name = (int)strcspn(p, " "), rest = (int)strcspn(p, "\n");
        printf("%-24.*s port %.*s\n", name, p, rest - name - 1, p + name + 1);
    }
    return bt_cli_flush();
}

int bt_cmd_nodes(const struct bt_cli *cli)
{
    struct bt_reach r;
    struct bt_buf names = BT_BUF_INIT;
    struct beamtap_err err = {0};
    char node[256];
    if (cli->n_words > 1) {
        bt_cli_say("nodes takes one host: beamtap nodes [HOST]");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    const char *word = cli->n_words ? cli->words[0] : "", *at = strchr(word, '@');
    const char *host = at ? at + 1 : word; /* a node is taken for its host */
    snprintf(node, sizeof node, *host ? "any@%s" : "any%s", host);
    int rc = bt_reach_init_route(&r, cli, node, &err);
    if (rc == 0)
        rc = bt_reach_names(&r, &names, &err);
    int status = rc == 0 ? show(bt_buf_cstr(&names), r.conn.host ? r.conn.host : strchr(r.node, '@') + 1)
                         : bt_cli_fail(&err);
    bt_buf_done(&names);
    bt_reach_done(&r);
    return status;
}
