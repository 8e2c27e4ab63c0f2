/*
 * common.c - what the commands share: messages, connection options, compiling.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "cli/cmd.h"

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
    *out = (struct bt_cli_specs){texts, nots->n + n, nots->n, cli->source, cli->opts->returns};
    return 0;
}

int bt_cli_fail_spec(const struct beamtap_err *err, const struct bt_cli_specs *specs, size_t index)
{
    char where[4096];
    const char *text = index < specs->n ? specs->texts[index] : index == specs->n ? specs->returns : NULL;
    if (err->loc.line == 0 || !text)
        return bt_cli_fail(err);
    struct beamtap_err there = *err;
    if (specs->source && bt_source_locate(specs->source, specs->texts[index], &there.loc))
        return bt_source_fail(specs->source, &there);
    bool is_not = index < specs->n_not;
    size_t n = is_not ? specs->n_not : index < specs->n ? specs->n - specs->n_not : 1;
    fputs(is_not ? "beamtap: --not" : index < specs->n ? "beamtap: spec" : "beamtap: --returns", stderr);
    if (n > 1)
        fprintf(stderr, " %zu", 1 + (is_not ? index : index - specs->n_not));
    fprintf(stderr, ":%d:%d: %s\n", err->loc.line, err->loc.col, err->msg);
    if (beamtap_excerpt(text, &err->loc, where, sizeof where) > 0)
        fputs(where, stderr);
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

void bt_cli_put_atom(struct bt_buf *out, const char *name)
{
    char text[4096]; /* an atom has 255 characters */
    ssize_t n = beamtap_atom_format(name, NULL, text, sizeof text, NULL);
    if (n < 0)
        out->failed = true;
    else
        bt_buf_puts(out, text);
}

void bt_cli_put_mfa(struct bt_buf *out, const char *module, const char *function, uint32_t arity)
{
    bt_cli_put_atom(out, module);
    bt_buf_putc(out, ':');
    bt_cli_put_atom(out, function);
    bt_buf_printf(out, "/%" PRIu32, arity);
}

int bt_cli_set_log(struct bt_log *log, const struct bt_words *areas, struct beamtap_err *err)
{
    log->mask = 0;
    for (size_t i = 0; i < areas->n; i++) {
        unsigned bits = bt_log_mask(areas->items[i]);
        if (bits == 0)
            return bt_err_set(err, BEAMTAP_EUSAGE,
                "--debug: no area '%s'; there are conn, rpc, session, limit, all", areas->items[i]);
        log->mask |= bits;
    }
    return 0;
}

/* The shell took "> return" for a redirection: what is left of the arrow is a lone "-". */
static bool is_cut_arrow(const char *const *specs, size_t n)
{
    return n > 0 && strcmp(specs[n - 1], "-") == 0;
}

int bt_cli_spec_opts(const struct bt_cli *cli, const struct bt_cli_specs *specs, struct beamtap_spec_opts *o)
{
    const char *scope = cli->opts->scope;
    beamtap_spec_opts_init(o, sizeof *o);
    o->specs = specs->texts + specs->n_not;
    o->n_specs = specs->n - specs->n_not;
    o->not_specs = specs->texts;
    o->n_not_specs = specs->n_not;
    o->records = cli->opts->records.items;
    o->n_records = cli->opts->records.n;
    o->want_return = cli->opts->want_return;
    o->want_caller = cli->opts->want_caller || strcmp(cli->opts->by, "caller") == 0;
    o->want_stack = cli->opts->want_stack;
    if (specs->n == specs->n_not) {
        bt_cli_say("no trace pattern given; say for instance 'lists:seq/2 -> return'");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    if (is_cut_arrow(specs->texts, specs->n)) {
        bt_cli_say(
            "quote the spec: the shell took '> return' for a redirection, and made a file of that name");
        return beamtap_code_status(BEAMTAP_ESPEC);
    }
    if (scope && strcmp(scope, "global") != 0 && strcmp(scope, "local") != 0) {
        bt_cli_say("--scope: '%s' is neither local nor global", scope);
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    if (scope)
        o->scope = strcmp(scope, "global") == 0 ? BEAMTAP_SCOPE_GLOBAL : BEAMTAP_SCOPE_LOCAL;
    return 0;
}

int bt_cli_spec_new(
    const struct beamtap_spec_opts *o, const struct bt_cli_specs *specs, struct beamtap_spec **out)
{
    struct beamtap_err err = {0};
    *out = beamtap_spec_new(o, &err);
    return *out ? 0 : bt_cli_fail_spec(&err, specs, err.text);
}

int bt_cli_spec(
    const struct bt_cli *cli, const struct bt_cli_specs *specs, bool to_trace, struct beamtap_spec **out)
{
    struct beamtap_spec_opts o;
    int status = bt_cli_spec_opts(cli, specs, &o);
    o.to_trace = to_trace;
    return status == 0 ? bt_cli_spec_new(&o, specs, out) : status;
}
