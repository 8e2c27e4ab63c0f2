/*
 * cmd_clear.c - `beamtap clear NODE`: remove what a beamtap left, list everything else that is traced there.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/human.h"
#include "base/wipe.h"
#include "cli/reach.h"

/* "1 guard, 2 patterns" */
static void put_removed(struct bt_buf *out, const struct beamtap_clear *c)
{
    for (size_t i = 0; i < c->n_removed; i++) {
        const struct beamtap_removed *r = &c->removed[i];
        size_t len = strlen(r->what);
        bt_buf_puts(out, i > 0 ? ", " : "");
        bt_human_count(out, (uint64_t)r->n);
        bt_buf_printf(out, " %.*s", (int)(len - (r->n == 1 && len > 0)), r->what); /* all end in s */
    }
    if (c->n_removed == 0)
        bt_buf_puts(out, "nothing");
}

static bool is_confirmed(const struct bt_cli *cli, const char *node)
{
    char answer[16] = "";
    if (cli->opts->yes)
        return true;
    if (!isatty(STDIN_FILENO)) {
        bt_cli_say("--all removes everybody's tracing on %s; say --yes", node);
        return false;
    }
    fprintf(stderr, "beamtap: remove everybody's tracing on %s? [y/N] ", node);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int show(const struct beamtap_clear *c)
{
    struct bt_buf b = BT_BUF_INIT;
    put_removed(&b, c);
    bt_cli_say("%s: removed %s", c->node, bt_buf_cstr(&b));
    bt_buf_done(&b);
    if (c->n_others == 0)
        bt_cli_say("%s: nothing is traced", c->node);
    else
        bt_cli_say("%s: still there, by others (--all removes it):", c->node);
    for (size_t i = 0; i < c->n_others; i++)
        printf("  %s\n", c->others[i]);
    if (bt_cli_flush() == 0)
        return 0;
    bt_cli_say("cannot write to stdout");
    return beamtap_code_status(BEAMTAP_EOUTPUT);
}

static int run(const struct bt_cli *cli, const char *node)
{
    struct bt_cli_way way = {.log_areas = ""};
    struct beamtap_session_opts so;
    struct beamtap_err err = {0};
    beamtap_session_opts_init(&so, sizeof so);
    int rc = bt_reach_session(&so, &way, cli, node, &err);
    struct beamtap_clear *c = rc == 0 ? beamtap_node_clear(&so, cli->opts->all, &err) : NULL;
    bt_wipe(&way, sizeof way);
    int status = c ? show(c) : bt_cli_fail(&err);
    beamtap_clear_free(c);
    return status;
}

int bt_cmd_clear(const struct bt_cli *cli)
{
    size_t used;
    const char *node = bt_reach_node(cli->words, cli->n_words, &used);
    if (!node || used != cli->n_words) {
        bt_cli_say("clear takes one node: beamtap clear app@host");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    if (cli->opts->all && !is_confirmed(cli, node))
        return beamtap_code_status(BEAMTAP_EUSAGE);
    return run(cli, node);
}
