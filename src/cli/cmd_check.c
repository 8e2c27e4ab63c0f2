/*
 * cmd_check.c - `beamtap check NODE`: the way to the node, step by step; what it is; who traces what; how a trace would be set.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/human.h"
#include "base/json.h"
#include "base/wipe.h"
#include "cli/reach.h"

/* ---- text ---- */

static void say_steps(const struct beamtap_check *c)
{
    static const char *const taken[] = {
        [BEAMTAP_STEP_EPMD] = "epmd answers and knows the node",
        [BEAMTAP_STEP_PORT] = "its distribution port takes connections",
        [BEAMTAP_STEP_TLS] = "TLS: both sides take the other's certificate",
        [BEAMTAP_STEP_HANDSHAKE] = "it takes our cookie",
    };
    printf("  ok      the cookie: %s\n", c->cookie_from);
    for (int i = BEAMTAP_STEP_EPMD; i < BEAMTAP_STEP_DONE && i <= (int)c->step; i++) {
        if (!c->takes_step[i])
            continue;
        if (i < (int)c->step) {
            printf("  ok      %s\n", taken[i]);
            continue;
        }
        printf("  FAILED  %s: %s\n", beamtap_step_text(c->step), c->err.msg);
        if (c->cure)
            printf("          %s\n", c->cure);
    }
}

static void say_node(const struct beamtap_check *c)
{
    struct bt_buf memory = BT_BUF_INIT;
    bt_human_bytes(&memory, c->memory);
    printf("  OTP %s, ERTS %s%s%s; %" PRId64 " schedulers, %" PRId64
           " processes, memory %s, run queue %" PRId64 "\n",
        c->otp_release, c->erts, c->elixir ? ", Elixir " : "", c->elixir ? c->elixir : "", c->schedulers,
        c->processes, bt_buf_cstr(&memory), c->run_queue);
    bt_buf_done(&memory);
    printf(c->n_others ? "  traced by others:\n" : "  nothing is traced by others\n");
    for (size_t i = 0; i < c->n_others; i++)
        printf("  %s\n", c->others[i]);
    printf("  a trace would be set %s\n", c->trace);
}

static void say_text(const struct beamtap_check *c)
{
    printf("%s\n", c->node);
    say_steps(c);
    if (c->is_reached)
        say_node(c);
    else if (c->step == BEAMTAP_STEP_DONE)
        printf("  FAILED  %s\n", c->err.msg);
}

/* ---- JSON ---- */

static void put_string(struct bt_buf *b, const char *key, const char *text)
{
    bt_buf_printf(b, ",\"%s\":", key);
    bt_json_string(b, text, strlen(text));
}

static void put_node(struct bt_buf *b, const struct beamtap_check *c)
{
    put_string(b, "otp", c->otp_release);
    put_string(b, "erts", c->erts);
    if (c->elixir)
        put_string(b, "elixir", c->elixir);
    bt_buf_printf(b,
        ",\"schedulers\":%" PRId64 ",\"processes\":%" PRId64 ",\"memory\":%" PRId64 ",\"run_queue\":%" PRId64,
        c->schedulers, c->processes, c->memory, c->run_queue);
    bt_buf_puts(b, ",\"traced_by_others\":[");
    for (size_t i = 0; i < c->n_others; i++) {
        bt_buf_puts(b, i > 0 ? "," : "");
        bt_json_string(b, c->others[i], strlen(c->others[i]));
    }
    bt_buf_printf(b, "],\"beamtap_is_there\":%s", c->has_beamtap ? "true" : "false");
    put_string(b, "trace", c->trace);
}

static void say_json(const struct beamtap_check *c)
{
    struct bt_buf b = BT_BUF_INIT;
    bool is_cut_short = c->step == BEAMTAP_STEP_DONE && !c->is_reached;
    bt_buf_puts(&b, "{\"node\":");
    bt_json_string(&b, c->node, strlen(c->node));
    bt_buf_printf(&b, ",\"reached\":%s", c->is_reached ? "true" : "false");
    put_string(&b, "step", is_cut_short ? "node" : beamtap_step_text(c->step));
    put_string(&b, "cookie_from", c->cookie_from);
    if (c->is_reached)
        put_node(&b, c);
    else
        put_string(&b, "error", c->err.msg);
    bt_buf_puts(&b, "}\n");
    fputs(bt_buf_cstr(&b), stdout);
    bt_buf_done(&b);
}

/* ---- the command ---- */

static int report(const struct bt_cli *cli, const struct beamtap_check *c)
{
    if (cli->opts->json)
        say_json(c);
    else
        say_text(c);
    int status = bt_cli_flush();
    return status || c->is_reached ? status : beamtap_code_status(c->err.code);
}

int bt_cmd_check(const struct bt_cli *cli)
{
    struct bt_cli_way way = {.log_areas = ""};
    struct beamtap_session_opts so;
    struct beamtap_err err = {0};
    size_t used;
    const char *node = bt_reach_node(cli->words, cli->n_words, &used);
    if (!node || used != cli->n_words) {
        bt_cli_say("check takes one node: beamtap check app@host");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    beamtap_session_opts_init(&so, sizeof so);
    int rc = bt_reach_session(&so, &way, cli, node, &err);
    struct beamtap_check *c = rc == 0 ? beamtap_node_check(&so, &err) : NULL;
    bt_wipe(&way, sizeof way);
    int status = c ? report(cli, c) : bt_cli_fail(&err);
    beamtap_check_free(c);
    return status;
}
