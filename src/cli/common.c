/*
 * common.c - what the commands share: messages, connection options, compiling.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cmd.h"
#include "cli/records.h"
#include "cli/wish.h"
#include "spec/loc.h"

int bt_cli_fail(const struct beamtap_err *err)
{
    fprintf(stderr, "beamtap: %s\n", err->msg);
    return beamtap_code_status(err->code);
}

int bt_cli_specs(const struct bt_cli *cli, const char *const *words, size_t n, struct bt_arena *a,
    struct bt_cli_specs *out)
{
    const struct bt_words *nots = &cli->opts->not_specs;
    const char **texts = bt_arena_array(a, nots->n + n + 1, sizeof *texts);
    if (!texts)
        return -1;
    if (nots->n)
        memcpy(texts, nots->items, nots->n * sizeof *texts);
    if (n)
        memcpy(texts + nots->n, words, n * sizeof *texts);
    *out = (struct bt_cli_specs){texts, nots->n + n, nots->n};
    return 0;
}

int bt_cli_fail_spec(const struct beamtap_err *err, const struct bt_cli_specs *specs, size_t index)
{
    struct bt_buf b = BT_BUF_INIT;
    if (err->loc.line == 0 || index >= specs->n)
        return bt_cli_fail(err);
    bool is_not = index < specs->n_not;
    size_t n = is_not ? specs->n_not : specs->n - specs->n_not;
    bt_buf_puts(&b, is_not ? "beamtap: --not" : "beamtap: spec");
    if (n > 1)
        bt_buf_printf(&b, " %zu", 1 + (is_not ? index : index - specs->n_not));
    bt_buf_printf(&b, ":%d:%d: %s\n", err->loc.line, err->loc.col, err->msg);
    bt_loc_excerpt(&b, specs->texts[index], &err->loc);
    fputs(bt_buf_cstr(&b), stderr);
    bt_buf_done(&b);
    return beamtap_code_status(err->code);
}

int bt_cli_flush(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : beamtap_code_status(BEAMTAP_EOUTPUT);
}

void bt_cli_say(const char *fmt, ...)
{
    va_list ap;
    fputs("beamtap: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fputc('\n', stderr);
}

/* The shell took "> return" for a redirection: what is left of the arrow is a lone "-". */
static bool is_cut_arrow(const char *const *specs, size_t n)
{
    return n > 0 && strcmp(specs[n - 1], "-") == 0;
}

/* What the command line says about compiling; on failure the message is out and the exit status returned. */
static int compile_opts(
    const struct bt_cli *cli, const struct bt_cli_specs *specs, bool to_trace, struct bt_compile_opts *o)
{
    const char *scope = cli->opts->scope;
    *o = (struct bt_compile_opts){.has_scope = scope != NULL,
        .add_return = cli->opts->want_return || bt_wish_is_given(cli->opts),
        .add_caller = cli->opts->want_caller || strcmp(cli->opts->by, "caller") == 0,
        .add_stack = cli->opts->want_stack,
        .to_trace = to_trace,
        .n_not = specs->n_not};
    if (specs->n == specs->n_not) {
        bt_cli_say("no trace pattern given; say for instance 'lists:seq/2 -> return'");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    if (is_cut_arrow(specs->texts, specs->n)) {
        bt_cli_say(
            "quote the spec: the shell took '> return' for a redirection, and made a file of that name");
        return beamtap_code_status(BEAMTAP_ESPEC);
    }
    if (scope && strcmp(scope, "global") == 0) {
        o->scope = BT_SCOPE_GLOBAL;
    } else if (scope && strcmp(scope, "local") != 0) {
        bt_cli_say("--scope: '%s' is neither local nor global", scope);
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    return 0;
}

int bt_cli_compile(const struct bt_cli *cli, const struct bt_cli_specs *specs, bool to_trace,
    struct bt_arena *a, struct bt_cli_records *records, struct bt_program *out)
{
    struct beamtap_err err = {0};
    size_t bad = 0;
    struct bt_compile_opts o;
    int status = compile_opts(cli, specs, to_trace, &o);
    if (status != 0)
        return status;
    o.records = &records->table;
    int rc = bt_cli_records_read(&cli->opts->records, specs->texts, specs->n, a, records, &bad, &err);
    if (rc == 0 && !to_trace)
        rc = bt_cli_records_no_node(records, &err);
    if (rc == 0 && !(to_trace && records->n_wanted))
        rc = bt_compile(specs->texts, specs->n, &o, a, out, &bad, &err);
    return rc == 0 ? 0 : bt_cli_fail_spec(&err, specs, bad);
}

int bt_cli_compile_asking(const struct bt_cli *cli, const struct bt_cli_specs *specs, struct bt_conn *c,
    struct bt_arena *a, struct bt_cli_records *records, struct bt_program *out, size_t *bad,
    struct beamtap_err *err)
{
    struct bt_compile_opts o;
    if (compile_opts(cli, specs, true, &o) != 0)
        return bt_err_set(err, BEAMTAP_EINTERNAL, "the options have changed");
    o.records = &records->table;
    if (bt_cli_records_fetch(records, c, cli->opts->max_memory, bad, err) < 0)
        return -1;
    return bt_compile(specs->texts, specs->n, &o, a, out, bad, err);
}
