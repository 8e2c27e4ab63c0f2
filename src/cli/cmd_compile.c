/*
 * cmd_compile.c - `beamtap compile SPEC...`: what a spec means, as text; no node is needed.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cmd.h"
#include "lib/records.h"
#include "match/dump.h"
#include "match/instrument.h"
#include "node/arm.h"
#include "spec/ast.h"
#include "spec/lexer.h"
#include "spec/parser.h"

/* --tokens, --ast: the stages before, text by text. */
static int dump_stage(
    const struct bt_cli *cli, const struct bt_cli_specs *specs, struct bt_arena *a, struct bt_buf *out)
{
    for (size_t i = 0; i < specs->n; i++) {
        struct beamtap_err err = {0};
        struct bt_ast_text text;
        int rc = cli->opts->tokens ? bt_tokens_dump(out, specs->texts[i], &err)
                                   : bt_parse(specs->texts[i], a, &text, &err);
        if (rc == 0 && !cli->opts->tokens)
            rc = bt_ast_dump(out, &text, &err);
        if (rc < 0)
            return bt_cli_fail_spec(&err, specs, i);
    }
    return 0;
}

/* --installed: what the node gets, with the gate; ids as a session gives them, base 0. */
static int dump_installed(struct bt_program *prog, struct bt_arena *a, struct bt_buf *out)
{
    struct beamtap_err err = {0};
    size_t id = 0;
    struct bt_instrument_opts o = {
        .range = BT_GATE_RANGE, .mode = BT_ARGS_MODE_NAMED, .with_caller = prog->wants_time};
    for (size_t i = 0; i < prog->n_patterns; i++) {
        struct bt_trace_pattern *p = &prog->patterns[i];
        const struct bt_clause **clauses = bt_arena_array(a, p->n_clauses, sizeof *clauses);
        size_t *ids = bt_arena_array(a, p->n_clauses, sizeof *ids);
        for (size_t j = 0; clauses && ids && j < p->n_clauses; j++) {
            clauses[j] = &p->clauses[j];
            ids[j] = id++;
        }
        p->match_spec = clauses && ids ? bt_instrument(a, clauses, ids, p->n_clauses, &o) : NULL;
        if (!p->match_spec) {
            bt_err_nomem(&err);
            return bt_cli_fail(&err);
        }
    }
    return bt_program_dump(out, prog, &err) < 0 ? bt_cli_fail(&err) : 0;
}

static int dump_program(
    const struct bt_cli *cli, const struct bt_cli_specs *specs, struct bt_arena *a, struct bt_buf *out)
{
    struct bt_program prog = {0};
    struct beamtap_err err = {0};
    struct bt_lib_records records;
    int status = bt_cli_compile(cli, specs, false, a, &records, &prog);
    if (status != 0)
        return status;
    if (cli->opts->installed)
        return dump_installed(&prog, a, out);
    return bt_program_dump(out, &prog, &err) < 0 ? bt_cli_fail(&err) : 0;
}

int bt_cmd_compile(const struct bt_cli *cli)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf out = BT_BUF_INIT;
    bool is_stage = cli->n_words > 0 && (cli->opts->tokens || cli->opts->ast);
    struct bt_cli_specs specs;
    int status = beamtap_code_status(BEAMTAP_ENOMEM);
    if (bt_cli_specs(cli, cli->words, cli->n_words, &a, &specs) == 0)
        status = is_stage ? dump_stage(cli, &specs, &a, &out) : dump_program(cli, &specs, &a, &out);
    if (status == 0 && (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)) {
        bt_cli_say("cannot write to stdout");
        status = beamtap_code_status(BEAMTAP_EOUTPUT);
    }
    bt_buf_done(&out);
    bt_arena_done(&a);
    return status;
}
