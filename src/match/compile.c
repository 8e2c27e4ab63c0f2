/*
 * compile.c - spec texts to match specifications.
 *
 * Passes, in order; each is one function over the tree and returns 0 or -1:
 *
 *   bt_parse          text to tree                                             spec/parser.c
 *   bt_check          names, variables, guard functions; too wide?             spec/check.c
 *   bt_bind_head      arguments to the head; what each variable stands for     match/bind.c
 *   bt_bind_captures  arguments to captures and shape                          match/bind.c
 *   make_body         actions to the body
 *   make_clauses      one clause per alternative of the guards
 *   make_match_spec   [{Head, Guards, Body}]
 *   check_size        is it still small enough for a node?
 */
#include "match/compile.h"

#include <string.h>

#include "match/bind.h"
#include "spec/check.h"
#include "spec/parser.h"

#define MAX_NODES 200000 /* terms in one match specification: a clause per alternative repeats the head */

struct compiler {
    const struct bt_compile_opts *opts;
    struct bt_arena *arena;
    struct beamtap_err *err;
    size_t index; /* of the spec text */
    struct bt_ast_spec spec;
    struct bt_bindings bindings;
    const struct bt_term *body;
    bool wants_return, wants_time;
    struct bt_trace_pattern *out;
};

/* ---- body ---- */

static int make_body(struct compiler *c)
{
    struct bt_arena *a = c->arena;
    const struct bt_term *call = NULL;
    c->wants_return = c->opts->add_return || c->spec.args_kind == BT_ARGS_RETURN_TRACE;
    c->wants_time = false;
    for (size_t i = 0; i < c->spec.n_actions; i++) {
        c->wants_return = c->wants_return || c->spec.actions[i].action == BT_ACTION_RETURN;
        c->wants_time = c->wants_time || c->spec.actions[i].action == BT_ACTION_TIME;
    }
    c->wants_time = c->wants_time && !c->wants_return; /* a return has its duration too */
    if (c->wants_time && c->out->scope == BT_SCOPE_GLOBAL)
        return bt_err_at(c->err, BEAMTAP_ESPEC, c->spec.actions[0].loc,
            "action 'time' needs --scope local: the VM tells of returns to a caller for local calls only");
    if (c->wants_return) {
        bool as_recon = c->spec.args_kind == BT_ARGS_RETURN_TRACE;
        call = bt_term_tuple1(a, bt_term_atom(a, as_recon ? "return_trace" : "exception_trace"));
        if (!call)
            return bt_err_nomem(c->err);
    }
    c->body = bt_term_list(a, &call, call ? 1 : 0, NULL);
    return c->body ? 0 : bt_err_nomem(c->err);
}

/* ---- clauses ---- */

/* The tests of one alternative behind the comparisons that stand for the head. */
static const struct bt_term *make_guards(struct compiler *c, const struct bt_ast_guard *guard)
{
    struct bt_bindings *b = &c->bindings;
    size_t n_tests = guard ? guard->n : 0;
    const struct bt_term **tests = bt_arena_array(c->arena, b->n_equal + n_tests, sizeof *tests);
    if (!tests)
        return NULL;
    if (b->n_equal)
        memcpy(tests, b->equal, b->n_equal * sizeof *tests);
    for (size_t i = 0; i < n_tests; i++) {
        if (!(tests[b->n_equal + i] = bt_bind_expr(b, guard->tests[i])))
            return NULL;
    }
    return bt_term_list(c->arena, tests, b->n_equal + n_tests, NULL);
}

static int make_clauses(struct compiler *c)
{
    size_t n = c->spec.n_guards ? c->spec.n_guards : 1;
    const struct bt_bindings *b = &c->bindings;
    c->out->clauses = bt_arena_array(c->arena, n, sizeof *c->out->clauses);
    if (!c->out->clauses)
        return bt_err_nomem(c->err);
    c->out->n_clauses = n;
    for (size_t i = 0; i < n; i++) {
        const struct bt_term *guards = make_guards(c, c->spec.n_guards ? &c->spec.guards[i] : NULL);
        if (!guards)
            return bt_err_nomem(c->err);
        c->out->clauses[i] = (struct bt_clause){
            .head = b->head,
            .guards = guards,
            .body = c->body,
            .wants_return = c->wants_return,
            .wants_time = c->wants_time,
            .captures_all = c->spec.args_kind != BT_ARGS_PATTERN,
            .captures = b->captures,
            .n_captures = b->n_captures,
            .shape = b->shape,
            .n_args = c->spec.args_kind == BT_ARGS_PATTERN ? c->spec.arity : 0,
            .spec = c->index,
        };
    }
    return 0;
}

static int make_match_spec(struct compiler *c)
{
    const struct bt_term **items = bt_arena_array(c->arena, c->out->n_clauses, sizeof *items);
    if (!items)
        return bt_err_nomem(c->err);
    for (size_t i = 0; i < c->out->n_clauses; i++) {
        const struct bt_clause *clause = &c->out->clauses[i];
        items[i] = bt_term_tuple3(c->arena, clause->head, clause->guards, clause->body);
    }
    c->out->match_spec = bt_term_list(c->arena, items, c->out->n_clauses, NULL);
    return c->out->match_spec ? 0 : bt_err_nomem(c->err);
}

/* Counts down `left` for each term; false when nothing is left. A term may be a part of several others. */
static bool count_nodes(const struct bt_term *t, size_t *left)
{
    if (*left == 0)
        return false;
    --*left;
    if (t->kind != BT_TERM_TUPLE && t->kind != BT_TERM_LIST && t->kind != BT_TERM_MAP)
        return true;
    size_t n = t->kind == BT_TERM_MAP ? 2 * t->u.seq.n : t->u.seq.n;
    for (size_t i = 0; i < n; i++) {
        if (!count_nodes(t->u.seq.items[i], left))
            return false;
    }
    return !t->u.seq.tail || count_nodes(t->u.seq.tail, left);
}

static int check_size(struct compiler *c)
{
    size_t left = MAX_NODES;
    if (count_nodes(c->out->match_spec, &left))
        return 0;
    return bt_err_at(c->err, BEAMTAP_ESPEC, c->spec.loc,
        "the pattern makes a match specification of more than %d terms; use fewer alternatives or smaller "
        "terms",
        MAX_NODES);
}

/* ---- one text ---- */

static const char *name_or_null(const struct bt_ast_name *name)
{
    return name->kind == BT_NAME_ATOM ? name->text : NULL;
}

static void describe(struct compiler *c)
{
    const struct bt_ast_spec *s = &c->spec;
    enum bt_scope implied = s->notation == BT_NOTATION_RECON ? BT_SCOPE_GLOBAL : BT_SCOPE_LOCAL;
    bool has_arity = s->args_kind == BT_ARGS_ARITY || s->args_kind == BT_ARGS_PATTERN;
    c->out->module = name_or_null(&s->module);
    c->out->function = name_or_null(&s->function);
    c->out->arity = has_arity ? (int)s->arity : -1;
    c->out->scope = c->opts->has_scope ? c->opts->scope : implied;
    c->out->min_otp = s->since;
    c->out->min_otp_for = s->since_for;
    c->out->spec = c->index;
    c->out->loc = s->loc;
    c->out->module_loc = s->module.loc;
    c->out->function_loc = s->function.loc;
}

static int compile_text(struct compiler *c, const char *text)
{
    if (bt_parse(text, c->arena, &c->spec, c->err) || bt_check(&c->spec, c->arena, c->err))
        return -1;
    c->bindings = (struct bt_bindings){.spec = &c->spec, .arena = c->arena, .err = c->err};
    describe(c);
    if (bt_bind_head(&c->bindings) || bt_bind_captures(&c->bindings) || make_body(c) || make_clauses(c) ||
        make_match_spec(c))
        return -1;
    return check_size(c);
}

int bt_compile(const char *const *texts, size_t n_texts, const struct bt_compile_opts *opts,
    struct bt_arena *arena, struct bt_program *out, size_t *bad_text, struct beamtap_err *err)
{
    static const struct bt_compile_opts defaults = {.has_scope = false};
    struct bt_program prog = {.patterns = bt_arena_array(arena, n_texts, sizeof *prog.patterns)};
    if (!prog.patterns)
        return bt_err_nomem(err);
    for (size_t i = 0; i < n_texts; i++) {
        struct compiler c = {.opts = opts ? opts : &defaults,
            .arena = arena,
            .err = err,
            .index = i,
            .out = &prog.patterns[i]};
        if (compile_text(&c, texts[i])) {
            if (bad_text)
                *bad_text = i;
            return -1;
        }
        prog.n_patterns++;
        prog.wants_return = prog.wants_return || c.wants_return;
        prog.wants_time = prog.wants_time || c.wants_time;
    }
    *out = prog;
    return 0;
}
