/*
 * cmd_compile.c - `beamtap compile SPEC...`: what a spec means, as text; no node is needed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "cli/cmd.h"

/* A stage of the specs, or of one text, as the library gives it. */
struct stage {
    const struct beamtap_spec *spec; /* NULL: of the text */
    const char *text;
    enum beamtap_stage stage;
};

static ssize_t get(const struct stage *s, char *buf, size_t cap, struct beamtap_err *err)
{
    return s->spec ? beamtap_spec_text(s->spec, s->stage, buf, cap, err)
                   : beamtap_spec_stage(s->text, s->stage, buf, cap, err);
}

/* 0: it is on stdout. -1: err is filled. */
static int print(const struct stage *s, struct beamtap_err *err)
{
    ssize_t n = get(s, NULL, 0, err);
    char *buf = n < 0 ? NULL : malloc((size_t)n + 1);
    if (n >= 0 && !buf)
        *err = (struct beamtap_err){.code = BEAMTAP_ENOMEM, .msg = "out of memory"};
    int rc = buf && get(s, buf, (size_t)n + 1, err) == n ? 0 : -1;
    if (rc == 0)
        fwrite(buf, 1, (size_t)n, stdout); /* what fails is known once it is flushed */
    free(buf);
    return rc;
}

/* --tokens, --ast: the stages before, text by text; nothing where one of them is wrong. */
static int print_texts(const struct bt_cli *cli, const struct bt_cli_specs *specs)
{
    enum beamtap_stage stage = cli->opts->tokens ? BEAMTAP_STAGE_TOKENS : BEAMTAP_STAGE_TREE;
    for (size_t i = 0; i < 2 * specs->n; i++) { /* first all are looked at */
        struct beamtap_err err = {0};
        struct stage s = {.text = specs->texts[i % specs->n], .stage = stage};
        if (get(&s, NULL, 0, &err) < 0 || (i >= specs->n && print(&s, &err) < 0))
            return bt_cli_fail_spec(&err, specs, i % specs->n);
    }
    return 0;
}

static int print_specs(const struct bt_cli *cli, const struct bt_cli_specs *specs)
{
    struct beamtap_spec *spec = NULL;
    struct beamtap_err err = {0};
    int status = bt_cli_spec(cli, specs, false, &spec);
    struct stage s = {
        .spec = spec, .stage = cli->opts->installed ? BEAMTAP_STAGE_INSTALLED : BEAMTAP_STAGE_MATCH_SPEC};
    if (status == 0 && print(&s, &err) < 0)
        status = bt_cli_fail_spec(&err, specs, err.text);
    beamtap_spec_free(spec);
    return status;
}

int bt_cmd_compile(const struct bt_cli *cli)
{
    struct bt_arena a = BT_ARENA_INIT;
    bool is_stage = cli->n_words > 0 && (cli->opts->tokens || cli->opts->ast);
    struct bt_cli_specs specs;
    int status = beamtap_code_status(BEAMTAP_ENOMEM);
    if (bt_cli_specs(cli, cli->words, cli->n_words, &a, &specs) == 0)
        status = is_stage ? print_texts(cli, &specs) : print_specs(cli, &specs);
    if (status == 0 && bt_cli_flush() != 0) {
        bt_cli_say("cannot write to stdout");
        status = beamtap_code_status(BEAMTAP_EOUTPUT);
    }
    bt_arena_done(&a);
    return status;
}
