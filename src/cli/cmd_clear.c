/*
 * cmd_clear.c - `beamtap clear NODE`: remove what a beamtap left, list everything else that is traced there.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/buf.h"
#include "cli/cmd.h"
#include "cli/cookie.h"
#include "node/load.h"
#include "node/rpc.h"
#include "out/text.h"
#include "term/print.h"

#define MAX_LISTED 50 /* lines of each kind */

struct clear {
    const struct bt_cli *cli;
    const char *node;
    struct bt_conn *conn;
    struct bt_print_opts print;
    struct bt_buf out;
    uint32_t n_others; /* what others trace: sessions, flags, patterns */
};

static void put_term(struct clear *c, struct bt_etf *r)
{
    bt_print_erlang(&c->out, r, &c->print);
}

/* [{MFA, Kind, Base}]: those that are no beamtap's. */
static void put_patterns(struct clear *c, struct bt_etf *r)
{
    uint32_t n, listed = 0;
    if (!bt_etf_list(r, &n) || n == 0)
        return;
    while (n-- > 0 && bt_etf_tuple_of(r, 3)) {
        struct bt_etf mfa = *r, kind;
        bool ok = bt_etf_skip(r);
        kind = *r;
        ok = ok && bt_etf_skip(r);
        bool is_other = ok && bt_etf_is_atom(r, "none");
        if (!is_other) {
            bt_etf_skip(r);
            continue;
        }
        c->n_others++;
        if (listed++ < MAX_LISTED) {
            bt_buf_puts(&c->out, "  pattern ");
            put_term(c, &mfa);
            bt_buf_putc(&c->out, ' ');
            put_term(c, &kind);
            bt_buf_putc(&c->out, '\n');
        }
    }
    if (listed > MAX_LISTED)
        bt_buf_printf(&c->out, "  and %u more patterns\n", listed - MAX_LISTED);
    bt_etf_nil(r);
}

/* [{Process, Tracer, Flags}] */
static void put_flags(struct clear *c, struct bt_etf *r)
{
    uint32_t n, listed = 0;
    if (!bt_etf_list(r, &n) || n == 0)
        return;
    c->n_others += n;
    while (n-- > 0 && bt_etf_tuple_of(r, 3)) {
        if (listed++ >= MAX_LISTED) {
            if (!bt_etf_skip(r) || !bt_etf_skip(r) || !bt_etf_skip(r))
                return;
            continue;
        }
        bt_buf_puts(&c->out, "  process ");
        put_term(c, r);
        bt_buf_puts(&c->out, " traced by ");
        put_term(c, r);
        bt_buf_putc(&c->out, ' ');
        put_term(c, r);
        bt_buf_putc(&c->out, '\n');
    }
    if (listed > MAX_LISTED)
        bt_buf_printf(&c->out, "  and %u more processes\n", listed - MAX_LISTED);
    bt_etf_nil(r);
}

static void put_sessions(struct clear *c, struct bt_etf *r)
{
    uint32_t n;
    if (!bt_etf_list(r, &n) || n == 0)
        return;
    c->n_others += n;
    while (n-- > 0) {
        bt_buf_puts(&c->out, "  session ");
        put_term(c, r);
        bt_buf_putc(&c->out, '\n');
    }
    bt_etf_nil(r);
}

/* {Guard, Modules, Patterns, Flags, Word, Sessions}: lists what is not ours. */
static int put_survey(struct clear *c, struct bt_etf r, struct beamtap_err *err)
{
    struct bt_etf answer = r;
    uint32_t word;
    if (!bt_etf_tuple_of(&r, 6) || !bt_etf_skip(&r) || !bt_etf_skip(&r))
        return bt_rpc_unexpected(&answer, "the survey of the node", err);
    put_patterns(c, &r);
    put_flags(c, &r);
    if (!bt_etf_uint32(&r, &word))
        return bt_rpc_unexpected(&answer, "the survey of the node", err);
    put_sessions(c, &r);
    if (word != 0)
        bt_buf_printf(&c->out, "  trace control word %u\n", word);
    return 0;
}

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
        bt_buf_printf(&c->out, " %.*s", (int)(what.len - (count == 1 && what.len > 0)), (const char *)what.p); /* all end in s */
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

/* {Done, Survey} of beamtap_sweep:run/1, which unloads itself. */
static int sweep(struct clear *c, int otp, struct bt_arena *a, struct beamtap_err *err)
{
    struct bt_etf r, survey;
    const struct bt_term *all = bt_term_atom(a, c->cli->opts->all ? "true" : "false");
    if (bt_load_and_call(c->conn, &bt_beam_sweep, otp, "run", bt_term_list(a, &all, 1, NULL), a, &r, err) < 0)
        return -1;
    if (bt_rpc_failed(&r) || !bt_etf_tuple_of(&r, 2))
        return bt_rpc_unexpected(&r, "clearing", err);
    survey = r;
    if (!bt_etf_skip(&survey))
        return bt_rpc_unexpected(&r, "clearing", err);
    if (put_done(c, r, err) < 0)
        return -1;
    bt_cli_say("%s: removed %s", c->node, bt_buf_cstr(&c->out));
    bt_buf_reset(&c->out);
    if (put_survey(c, survey, err) < 0)
        return -1;
    if (c->out.len == 0) {
        bt_cli_say("%s: nothing is traced", c->node);
    } else {
        bt_cli_say("%s: still there, by others (--all removes it):", c->node);
        fputs(bt_buf_cstr(&c->out), stdout);
    }
    /* It purges itself a little later; now is better, for the next command to find nothing. */
    const struct bt_term *module = bt_term_atom(a, bt_beam_sweep.module);
    bt_rpc(c->conn, "code", "purge", bt_term_list(a, &module, 1, NULL), bt_rpc_deadline(), &r, NULL);
    return fflush(stdout) == 0 ? 0 : bt_err_set(err, BEAMTAP_EOUTPUT, "cannot write to stdout");
}

static int run(struct clear *c, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_conn_opts o;
    char cookie[BT_COOKIE_MAX];
    int otp, rc = bt_cli_conn_opts(c->cli, c->node, cookie, &o, err);
    if (rc == 0)
        rc = (c->conn = bt_conn_open(&o, err)) ? 0 : -1;
    memset(cookie, 0, sizeof cookie);
    if (rc == 0)
        rc = bt_load_otp(c->conn, &a, &otp, err);
    if (rc == 0)
        rc = sweep(c, otp, &a, err);
    bt_conn_close(c->conn);
    bt_arena_done(&a);
    return rc;
}

int bt_cmd_clear(const struct bt_cli *cli)
{
    struct clear c = {.cli = cli};
    struct beamtap_err err = {0};
    if (cli->n_words != 1) {
        bt_cli_say("clear takes one node: beamtap clear app@host");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    c.node = cli->words[0];
    c.print.home = (struct bt_slice){(const uint8_t *)c.node, strlen(c.node)};
    if (cli->opts->all && !is_confirmed(&c))
        return beamtap_code_status(BEAMTAP_EUSAGE);
    int rc = run(&c, &err);
    bt_buf_done(&c.out);
    return rc == 0 ? 0 : bt_cli_fail(&err);
}
