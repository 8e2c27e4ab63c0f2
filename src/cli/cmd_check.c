/*
 * cmd_check.c - `beamtap check NODE`: the way to the node, step by step; what it is; who traces what; how a trace would be set.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/reach.h"
#include "cli/survey.h"
#include "node/load.h"
#include "node/rpc.h"
#include "out/json.h"
#include "out/text.h"

struct facts {
    char otp[16], erts[32], elixir[32];
    int64_t schedulers, processes, memory, run_queue;
};

struct check {
    const struct bt_cli *cli;
    struct bt_reach reach;
    struct bt_survey survey;
    struct facts facts;
    int otp;
    bool is_reached;
    struct beamtap_err err; /* of the step that failed */
};

/* ---- the way ---- */

static const struct {
    const char *name, *ok;
} steps[] = {
    [BT_STEP_EPMD] = {"epmd", "epmd answers and knows the node"},
    [BT_STEP_PORT] = {"port", "its distribution port takes connections"},
    [BT_STEP_TLS] = {"tls", "TLS: both sides take the other's certificate"},
    [BT_STEP_HANDSHAKE] = {"handshake", "it takes our cookie"},
};

/* What to look at when nothing more is known than the step. */
static const char *cure(enum beamtap_code code)
{
    switch (code) {
    case BEAMTAP_EHOST: return "is the name right? --address HOST says where to connect instead";
    case BEAMTAP_EEPMD:
        return "distribution is off there, epmd is elsewhere (ERL_EPMD_PORT), or a firewall is between: "
               "--address HOST:PORT needs no epmd";
    case BEAMTAP_ENONODE:
        return "the node is down, has another name, or runs without epmd: --address HOST:PORT";
    case BEAMTAP_ECONNECT:
    case BEAMTAP_ETIMEDOUT:
        return "a firewall lets epmd's port through, but not the node's? --ssh, --kubectl and "
               "--proxy-command go around it";
    case BEAMTAP_ECOOKIE: return "the node was started with another cookie: --cookie-file FILE";
    default: return NULL;
    }
}

static bool is_taken(const struct check *c, enum bt_conn_step step)
{
    if (step == BT_STEP_EPMD)
        return c->reach.conn.port == 0;
    return step != BT_STEP_TLS || c->reach.conn.tls;
}

static void say_steps(const struct check *c)
{
    printf("  ok      the cookie: %s\n", c->reach.cookie.from);
    for (int i = BT_STEP_EPMD; i < BT_STEP_DONE && i <= (int)c->reach.step; i++) {
        if (!is_taken(c, (enum bt_conn_step)i))
            continue;
        if (i < (int)c->reach.step) {
            printf("  ok      %s\n", steps[i].ok);
            continue;
        }
        printf("  FAILED  %s: %s\n", steps[i].name, c->err.msg);
        if (cure(c->err.code))
            printf("          %s\n", cure(c->err.code));
    }
}

/* ---- what it is ---- */

static int ask_number(struct bt_conn *conn, struct bt_arena *a, const char *f, const char *what, int64_t *n,
    struct beamtap_err *err)
{
    struct bt_etf r;
    if (bt_rpc_erlang(conn, f, bt_term_atom(a, what), a, &r, err) < 0)
        return -1;
    return bt_etf_int64(&r, n) ? 0 : bt_rpc_unexpected(&r, what, err);
}

static int ask_text(struct bt_conn *conn, struct bt_arena *a, const char *what, char *out, size_t cap,
    struct beamtap_err *err)
{
    struct bt_etf r;
    if (bt_rpc_erlang(conn, "system_info", bt_term_atom(a, what), a, &r, err) < 0)
        return -1;
    return bt_etf_text(&r, out, cap) ? 0 : bt_rpc_unexpected(&r, what, err);
}

/* [{elixir, Description, "1.18.3"}, ...]: asking by name would make the atom on a node that has none. */
static int ask_elixir(struct bt_conn *conn, struct bt_arena *a, struct facts *f, struct beamtap_err *err)
{
    struct bt_etf r;
    uint32_t n;
    if (bt_rpc(conn, "application", "loaded_applications", bt_term_list(a, NULL, 0, NULL), bt_rpc_deadline(),
            &r, err) < 0)
        return -1;
    if (!bt_etf_list(&r, &n))
        return 0;
    while (n-- > 0) {
        struct bt_etf app = r;
        if (!bt_etf_skip(&r))
            return 0;
        if (bt_etf_tuple_of(&app, 3) && bt_etf_is_atom(&app, "elixir") && bt_etf_skip(&app))
            bt_etf_text(&app, f->elixir, sizeof f->elixir);
    }
    return 0;
}

static int ask_facts(struct check *c, struct bt_conn *conn, struct bt_arena *a)
{
    struct facts *f = &c->facts;
    struct beamtap_err *err = &c->err;
    if (ask_text(conn, a, "otp_release", f->otp, sizeof f->otp, err) < 0 ||
        ask_text(conn, a, "version", f->erts, sizeof f->erts, err) < 0 ||
        ask_number(conn, a, "system_info", "schedulers_online", &f->schedulers, err) < 0 ||
        ask_number(conn, a, "system_info", "process_count", &f->processes, err) < 0 ||
        ask_number(conn, a, "memory", "total", &f->memory, err) < 0 ||
        ask_number(conn, a, "statistics", "total_run_queue_lengths_all", &f->run_queue, err) < 0)
        return -1;
    return ask_elixir(conn, a, f, err);
}

/* What a trace would do beside what is there. */
static const char *mode(const struct check *c)
{
    if (c->survey.has_beamtap)
        return "refused: a beamtap traces it now";
    if (c->otp >= 27)
        return "in a trace session of its own; others' tracing is not touched";
    return c->survey.n_others
               ? "refused: somebody else traces, and before OTP 27 there is one tracer for a process"
               : "with the node's one tracer (before OTP 27 nobody else can trace meanwhile)";
}

static void say_node(struct check *c)
{
    const struct facts *f = &c->facts;
    struct bt_buf memory = BT_BUF_INIT;
    bt_text_bytes(&memory, f->memory);
    printf("  OTP %s, ERTS %s%s%s; %" PRId64 " schedulers, %" PRId64
           " processes, memory %s, run queue %" PRId64 "\n",
        f->otp, f->erts, f->elixir[0] ? ", Elixir " : "", f->elixir, f->schedulers, f->processes,
        bt_buf_cstr(&memory), f->run_queue);
    if (c->survey.out.len) {
        printf("  traced by others:\n");
        fputs(bt_buf_cstr(&c->survey.out), stdout);
    } else {
        printf("  nothing is traced by others\n");
    }
    printf("  a trace would be set %s\n", mode(c));
    bt_buf_done(&memory);
}

/* ---- JSON ---- */

static void put_string(struct bt_buf *b, const char *key, const char *text)
{
    bt_buf_printf(b, ",\"%s\":", key);
    bt_json_string(b, text, strlen(text));
}

static void put_node(struct bt_buf *b, struct check *c)
{
    const struct facts *f = &c->facts;
    put_string(b, "otp", f->otp);
    put_string(b, "erts", f->erts);
    if (f->elixir[0])
        put_string(b, "elixir", f->elixir);
    bt_buf_printf(b,
        ",\"schedulers\":%" PRId64 ",\"processes\":%" PRId64 ",\"memory\":%" PRId64 ",\"run_queue\":%" PRId64,
        f->schedulers, f->processes, f->memory, f->run_queue);
    bt_buf_puts(b, ",\"traced_by_others\":[");
    for (const char *p = bt_buf_cstr(&c->survey.out); *p; p += strcspn(p, "\n") + 1) {
        const char *line = p + strspn(p, " ");
        bt_buf_puts(b, p == bt_buf_cstr(&c->survey.out) ? "" : ",");
        bt_json_string(b, line, strcspn(line, "\n"));
    }
    bt_buf_printf(b, "],\"beamtap_is_there\":%s", c->survey.has_beamtap ? "true" : "false");
    put_string(b, "trace", mode(c));
}

static void say_json(struct check *c)
{
    struct bt_buf b = BT_BUF_INIT;
    bt_buf_puts(&b, "{\"node\":");
    bt_json_string(&b, c->reach.node, strlen(c->reach.node));
    bt_buf_printf(&b, ",\"reached\":%s", c->is_reached ? "true" : "false");
    put_string(&b, "step",
        c->is_reached                  ? "done"
        : c->reach.step < BT_STEP_DONE ? steps[c->reach.step].name
                                       : "node");
    put_string(&b, "cookie_from", c->reach.cookie.from);
    if (c->is_reached)
        put_node(&b, c);
    else
        put_string(&b, "error", c->err.msg);
    bt_buf_puts(&b, "}\n");
    fputs(bt_buf_cstr(&b), stdout);
    bt_buf_done(&b);
}

/* ---- the command ---- */

static int look(struct check *c)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_etf done;
    struct bt_conn *conn = bt_reach_open(&c->reach, &c->err);
    int rc = conn ? ask_facts(c, conn, &a) : -1;
    c->survey.conn = conn;
    c->survey.print.home = (struct bt_slice){(const uint8_t *)c->reach.node, strlen(c->reach.node)};
    if (rc == 0)
        rc = bt_load_otp(conn, &a, &c->otp, &c->err);
    if (rc == 0)
        rc = bt_survey_run(&c->survey, "look", c->otp, &a, &done, &c->err);
    if (rc == 0)
        bt_survey_unload(&c->survey, &a);
    c->is_reached = rc == 0;
    bt_conn_close(conn);
    bt_arena_done(&a);
    return rc;
}

static int report(struct check *c)
{
    if (c->cli->opts->json) {
        say_json(c);
    } else {
        printf("%s\n", c->reach.node);
        say_steps(c);
        if (c->is_reached)
            say_node(c);
        else if (c->reach.step == BT_STEP_DONE)
            printf("  FAILED  %s\n", c->err.msg);
    }
    int status = bt_cli_flush();
    return status || c->is_reached ? status : beamtap_code_status(c->err.code);
}

int bt_cmd_check(const struct bt_cli *cli)
{
    struct check c = {.cli = cli};
    size_t used;
    const char *node = bt_reach_node(cli->words, cli->n_words, &used);
    if (!node || used != cli->n_words) {
        bt_cli_say("check takes one node: beamtap check app@host");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    int status;
    if (bt_reach_init(&c.reach, cli, node, &c.err) < 0) {
        status = bt_cli_fail(&c.err);
    } else {
        look(&c);
        status = report(&c);
    }
    bt_buf_done(&c.survey.out);
    bt_reach_done(&c.reach);
    return status;
}
