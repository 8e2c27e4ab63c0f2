/*
 * dump.c - a compiled program as Erlang text that file:consult/1 reads (save where a spec names a pid, a port
 * or a reference: these have no text that Erlang reads).
 */
#include "match/dump.h"

#include <string.h>

#include "spec/ast.h"

/* An atom, '_', {glob,"my_*"} or {regex,"^my_"}. */
static const struct bt_term *name_term(struct bt_arena *a, const struct bt_name_match *name)
{
    if (name->kind != BT_NAME_GLOB && name->kind != BT_NAME_REGEX)
        return bt_term_atom_n(a, name->text, name->len);
    const char *kind = name->kind == BT_NAME_GLOB ? "glob" : "regex";
    return bt_term_tuple2(a, bt_term_atom(a, kind), bt_term_charlist(a, name->text));
}

/* {{Mod,Fun,Arity},MatchSpec,Flags} */
static const struct bt_term *pattern_term(struct bt_arena *a, const struct bt_trace_pattern *p)
{
    if (p->event != BT_SPEC_CALL) {
        const struct bt_spec_event_info *info = bt_spec_event_info(p->event);
        const struct bt_term *flag = bt_term_atom(a, info->flag);
        return bt_term_tuple3(a, bt_term_atom(a, info->name), p->match_spec, bt_term_list(a, &flag, 1, NULL));
    }
    const struct bt_term *arity = p->arity < 0 ? bt_term_atom(a, "_") : bt_term_int(a, p->arity);
    const struct bt_term *mfa =
        bt_term_tuple3(a, name_term(a, &p->module_match), name_term(a, &p->function_match), arity);
    const struct bt_term *flags[2] = {bt_term_atom(a, p->scope == BT_SCOPE_LOCAL ? "local" : "global")};
    size_t n_flags = 1;
    if (p->n_clauses > 0 && p->clauses[0].wants_time)
        flags[n_flags++] = bt_term_atom(a, "return_to");
    if (p->n_clauses > 0 && p->clauses[0].only_counts)
        flags[n_flags++] = bt_term_atom(a, "call_count");
    return bt_term_tuple3(a, mfa, p->match_spec, bt_term_list(a, flags, n_flags, NULL));
}

int bt_program_dump(struct bt_buf *out, const struct bt_program *prog, struct beamtap_err *err)
{
    struct bt_arena arena = BT_ARENA_INIT;
    int rc = 0;
    for (size_t i = 0; i < prog->n_patterns && !rc; i++) {
        const struct bt_term *t = pattern_term(&arena, &prog->patterns[i]);
        rc = t ? bt_ast_print_term(out, t, err) : bt_err_nomem(err);
        bt_buf_puts(out, ".\n");
    }
    bt_arena_done(&arena);
    return rc ? rc : out->failed ? bt_err_nomem(err) : 0;
}
