/*
 * cmd_compile.c - `beamtap compile SPEC...`: what a spec means, as text; no node is needed.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cmd.h"
#include "match/dump.h"
#include "match/instrument.h"

int bt_cmd_compile(const struct bt_cli *cli)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf out = BT_BUF_INIT;
    struct bt_program prog = {0};
    struct beamtap_err err = {0};
    int status = bt_cli_compile(cli, cli->words, cli->n_words, &a, &prog);
    if (status == 0 && bt_program_dump(&out, &prog, &err) < 0)
        status = bt_cli_fail(&err);
    if (status == 0 && (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)) {
        bt_cli_say("cannot write to stdout");
        status = beamtap_code_status(BEAMTAP_EOUTPUT);
    }
    bt_buf_done(&out);
    bt_arena_done(&a);
    return status;
}
