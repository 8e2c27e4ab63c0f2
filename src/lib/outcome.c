/*
 * outcome.c - which calls are given, by how they ended: the options exceptions, slower_us and returns.
 */
#include "lib/inside.h"

bool bt_lib_has_outcome(const struct bt_lib_outcome *o)
{
    return o && (o->only_raised || o->slower_us >= 0 || o->returns);
}

/* The first of them, as the program calls it. */
static const char *name_of(const struct bt_lib_outcome *o)
{
    return o->only_raised ? "--exceptions" : o->slower_us >= 0 ? "--slower" : "--returns";
}

int bt_lib_read_outcome(struct bt_lib_outcome *o, enum bt_syntax syntax, const struct bt_compile_opts *compile,
    struct bt_arena *a, struct beamtap_err *err)
{
    o->wish = (struct bt_outcome_wish){.slower_ns = -1};
    if (!bt_lib_has_outcome(o))
        return 0;
    if (o->slower_us > INT64_MAX / 1000)
        return bt_err_set(err, BEAMTAP_EUSAGE, "--slower: no call takes that long");
    if (o->only_raised && o->returns)
        return bt_err_set(err, BEAMTAP_EUSAGE,
            "--exceptions and --returns: no call ends in both; leave one of them to a second run");
    o->wish.is_on = true;
    o->wish.only_raised = o->only_raised;
    o->wish.slower_ns = o->slower_us < 0 ? -1 : o->slower_us * 1000;
    return o->returns ? bt_compile_value(o->returns, syntax, compile, a, &o->wish.returns, err) : 0;
}

int bt_lib_check_outcome(
    const struct bt_lib_outcome *o, const struct bt_program *prog, struct beamtap_err *err)
{
    if (!bt_lib_has_outcome(o))
        return 0;
    if (prog->n_messages + prog->n_events > 0)
        return bt_err_set(err, BEAMTAP_EUSAGE,
            "%s: only calls return or raise; leave messages and events of processes to a second run",
            name_of(o));
    for (size_t i = 0; i < prog->n_patterns; i++) {
        for (size_t j = 0; j < prog->patterns[i].n_clauses; j++) {
            if (prog->patterns[i].clauses[j].only_counts)
                return bt_err_set(err, BEAMTAP_EUSAGE,
                    "%s: calls that are only counted (-> count) are not looked at; leave them to a second run",
                    name_of(o));
        }
    }
    return 0;
}
