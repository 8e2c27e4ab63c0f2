/*
 * cmd_clear.c - `beamtap clear NODE`: remove what a beamtap left, list everything else that is traced there.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/cmd.h"
#include "cli/reach.h"
#include "cli/survey.h"
#include "node/load.h"
#include "node/rpc.h"
#include "out/text.h"

struct clear {
    const struct bt_cli *cli;
    const char *node;
    struct bt_reach reach;
    struct bt_conn *conn;
    struct bt_survey survey;
    struct bt_buf out; /* what was removed */
};

/* [{What, Count}] as "1 guard, 2 patterns". */
static int put_done(struct clear *c, struct bt_etf r, struct beamtap_err *err)
{
    struct bt_etf answer = r;
    struct bt_slice what;
    int64_t count;
    uint32_t n;
    size_t before = c->out.len;
    if (!bt_etf_list(&r, &n))
        return bt_rpc_unexpected(&answer, "clearing", err);
    while (n-- > 0 && bt_etf_tuple_of(&r, 2) && bt_etf_atom(&r, &what) && bt_etf_int64(&r, &count)) {
        if (count == 0)
            continue;
        bt_buf_puts(&c->out, c->out.len > before ? ", " : "");
        bt_text_count(&c->out, (uint64_t)count);
        bt_buf_printf(&c->out, " %.*s", (int)(what.len - (count == 1 && what.len > 0)),
            (const char *)what.p); /* all end in s */
    }
    if (c->out.len == before)
        bt_buf_puts(&c->out, "nothing");
    return 0;
}

static bool is_confirmed(const struct clear *c)
{
    char answer[16] = "";
    if (c->cli->opts->yes)
        return true;
    if (!isatty(STDIN_FILENO)) {
        bt_cli_say("--all removes everybody's tracing on %s; say --yes", c->node);
        return false;
    }
    fprintf(stderr, "beamtap: remove everybody's tracing on %s? [y/N] ", c->node);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int sweep(struct clear *c, int otp, struct bt_arena *a, struct beamtap_err *err)
{
    struct bt_etf done;
    struct bt_survey *s = &c->survey;
    s->conn = c->conn;
    if (bt_survey_run(s, c->cli->opts->all ? "true" : "false", otp, a, &done, err) < 0 ||
        put_done(c, done, err) < 0)
        return -1;
    bt_cli_say("%s: removed %s", c->node, bt_buf_cstr(&c->out));
    if (s->out.len == 0) {
        bt_cli_say("%s: nothing is traced", c->node);
    } else {
        bt_cli_say("%s: still there, by others (--all removes it):", c->node);
        fputs(bt_buf_cstr(&s->out), stdout);
    }
    bt_survey_unload(s, a);
    return bt_cli_flush() == 0 ? 0 : bt_err_set(err, BEAMTAP_EOUTPUT, "cannot write to stdout");
}

static int run(struct clear *c, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    int otp, rc = bt_reach_init(&c->reach, c->cli, c->node, err);
    if (rc == 0)
        rc = (c->conn = bt_reach_open(&c->reach, err)) ? 0 : -1;
    c->node = c->reach.node;
    c->survey.print.home = (struct bt_slice){(const uint8_t *)c->node, strlen(c->node)};
    if (rc == 0)
        rc = bt_load_otp(c->conn, &a, &otp, err);
    if (rc == 0)
        rc = sweep(c, otp, &a, err);
    bt_conn_close(c->conn);
    bt_reach_done(&c->reach);
    bt_arena_done(&a);
    return rc;
}

int bt_cmd_clear(const struct bt_cli *cli)
{
    struct clear c = {.cli = cli};
    struct beamtap_err err = {0};
    size_t used;
    const char *node = bt_reach_node(cli->words, cli->n_words, &used);
    if (!node || used != cli->n_words) {
        bt_cli_say("clear takes one node: beamtap clear app@host");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    c.node = node;
    if (cli->opts->all && !is_confirmed(&c))
        return beamtap_code_status(BEAMTAP_EUSAGE);
    int rc = run(&c, &err);
    bt_buf_done(&c.out);
    bt_buf_done(&c.survey.out);
    return rc == 0 ? 0 : bt_cli_fail(&err);
}
