/*
 * parts.c - what specs ask for, one by one.
 */
#include "lib/inside.h"

_Static_assert(BEAMTAP_EVENT_SEND + (int)BT_SPEC_RUNNING - (int)BT_SPEC_SEND == BEAMTAP_EVENT_RUNNING,
    "events and what is said of them stand in the same order");

static enum beamtap_event_type type_of(enum bt_spec_event e)
{
    return e == BT_SPEC_CALL ? BEAMTAP_EVENT_CALL
                             : (enum beamtap_event_type)(BEAMTAP_EVENT_SEND + (int)e - (int)BT_SPEC_SEND);
}

static struct beamtap_part part_of(const struct bt_trace_pattern *p)
{
    struct beamtap_part part = {
        .text = p->spec, .is_not = p->is_not, .type = type_of(p->event), .takes_all = true};
    for (size_t i = 0; i < p->n_clauses; i++) {
        const struct bt_clause *c = &p->clauses[i];
        part.takes_all = part.takes_all && bt_clause_takes_all(c);
        part.has_actions = part.has_actions || (!p->is_not && !c->only_counts && c->body->u.seq.n > 0);
    }
    return part;
}

int bt_lib_make_parts(
    const struct bt_program *prog, struct bt_arena *a, struct bt_lib_parts *out, struct beamtap_err *err)
{
    struct beamtap_part *items = bt_arena_array(a, prog->n_patterns + 1, sizeof *items);
    if (!items)
        return bt_err_nomem(err);
    for (size_t i = 0; i < prog->n_patterns; i++)
        items[i] = part_of(&prog->patterns[i]);
    *out = (struct bt_lib_parts){items, prog->n_patterns};
    return 0;
}

static const struct beamtap_part *get(const struct bt_lib_parts *parts, size_t i)
{
    return i < parts->n ? &parts->items[i] : NULL;
}

const struct beamtap_part *beamtap_spec_part(const struct beamtap_spec *spec, size_t i)
{
    return spec ? get(&spec->parts, i) : NULL;
}

const struct beamtap_part *beamtap_session_part(const struct beamtap_session *s, size_t i)
{
    return s ? get(&s->parts, i) : NULL;
}
