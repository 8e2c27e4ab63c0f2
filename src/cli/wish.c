/*
 * wish.c - which calls are shown, by how they ended.
 */
#include "cli/wish.h"

#include <stdio.h>

#include "spec/loc.h"

bool bt_wish_is_given(const struct bt_opts *o)
{
    return o->only_raised || o->slower >= 0 || o->returns;
}

/* The first of them, for messages. */
static const char *name_of(const struct bt_opts *o)
{
    return o->only_raised ? "--exceptions" : o->slower >= 0 ? "--slower" : "--returns";
}

static int usage(const char *what, const char *why)
{
    bt_cli_say("%s%s", what, why);
    return beamtap_code_status(BEAMTAP_EUSAGE);
}

static int fail_pattern(const char *text, const struct beamtap_err *err)
{
    struct bt_buf b = BT_BUF_INIT;
    if (err->loc.line == 0) {
        bt_cli_say("--returns: %s", err->msg);
        return beamtap_code_status(err->code);
    }
    bt_buf_printf(&b, "beamtap: --returns:%d:%d: %s\n", err->loc.line, err->loc.col, err->msg);
    bt_loc_excerpt(&b, text, &err->loc);
    fputs(bt_buf_cstr(&b), stderr);
    bt_buf_done(&b);
    return beamtap_code_status(err->code);
}

int bt_wish_read(const struct bt_opts *o, enum bt_syntax syntax, const struct bt_records *records,
    struct bt_arena *arena, struct bt_outcome_wish *out)
{
    struct beamtap_err err = {0};
    struct bt_compile_opts compile = {.records = records};
    *out = (struct bt_outcome_wish){.slower_ns = -1};
    if (!bt_wish_is_given(o))
        return bt_opts_has(o, "scan-rate")
                   ? usage("--scan-rate", " goes with --exceptions, --slower or --returns; else --rate limits what is traced")
                   : 0;
    if (o->only_raised && o->returns)
        return usage("--exceptions", " and --returns: no call ends in both; leave one of them to a second run");
    out->is_on = true;
    out->only_raised = o->only_raised;
    if (o->slower >= 0)
        out->slower_ns = o->slower * 1000;
    if (!o->returns || bt_compile_value(o->returns, syntax, &compile, arena, &out->returns, &err) == 0)
        return 0;
    return fail_pattern(o->returns, &err);
}

int bt_wish_check(const struct bt_opts *o, const struct bt_program *prog, struct beamtap_err *err)
{
    if (!bt_wish_is_given(o))
        return 0;
    if (prog->n_messages + prog->n_events > 0)
        return bt_err_set(err, BEAMTAP_EUSAGE,
            "%s: only calls return or raise; leave messages and events of processes to a second run", name_of(o));
    for (size_t i = 0; i < prog->n_patterns; i++) {
        for (size_t j = 0; j < prog->patterns[i].n_clauses; j++) {
            if (prog->patterns[i].clauses[j].only_counts)
                return bt_err_set(err, BEAMTAP_EUSAGE,
                    "%s: calls that are only counted (-> count) are not looked at; leave them to a second run", name_of(o));
        }
    }
    return 0;
}
