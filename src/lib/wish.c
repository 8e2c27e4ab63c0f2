/*
 * wish.c - which calls are shown, by how they ended.
 */
#include "lib/wish.h"

bool bt_wish_is_given(const struct bt_wish_opts *o)
{
    return o->exceptions || o->slower_us >= 0 || o->returns;
}

/* The first of them, for messages. */
static const char *name_of(const struct bt_wish_opts *o)
{
    return o->exceptions ? "--exceptions" : o->slower_us >= 0 ? "--slower" : "--returns";
}

int bt_wish_read(const struct bt_wish_opts *o, enum bt_syntax syntax, const struct bt_records *records,
    struct bt_arena *arena, struct bt_outcome_wish *out, struct beamtap_err *err)
{
    struct bt_compile_opts compile = {.records = records};
    *out = (struct bt_outcome_wish){.slower_ns = -1};
    if (o->exceptions && o->returns)
        return bt_err_set(err, BEAMTAP_EUSAGE,
            "--exceptions and --returns: no call ends in both; leave one of them to a second run");
    out->is_on = bt_wish_is_given(o);
    out->only_raised = o->exceptions;
    if (o->slower_us >= 0)
        out->slower_ns = o->slower_us * 1000;
    if (!o->returns || bt_compile_value(o->returns, syntax, &compile, arena, &out->returns, err) == 0)
        return 0;
    err->text = BT_TEXT_RETURNS;
    return -1;
}

int bt_wish_check(const struct bt_wish_opts *o, const struct bt_program *prog, struct beamtap_err *err)
{
    if (!bt_wish_is_given(o))
        return 0;
    if (prog->n_messages + prog->n_events > 0)
        return bt_err_set(err, BEAMTAP_EUSAGE,
            "%s: only calls return or raise; leave messages and events of processes to a second run",
            name_of(o));
    for (size_t i = 0; i < prog->n_patterns; i++) {
        for (size_t j = 0; j < prog->patterns[i].n_clauses; j++) {
            if (prog->patterns[i].clauses[j].only_counts)
                return bt_err_set(err, BEAMTAP_EUSAGE,
                    "%s: calls that are only counted (-> count) are not looked at; leave them to a second "
                    "run",
                    name_of(o));
        }
    }
    return 0;
}
