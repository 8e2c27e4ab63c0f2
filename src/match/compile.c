/*
 * compile.c - spec texts to match specifications.
 *
 * Passes, in order; each is one function over the tree and returns 0 or -1:
 *
 *   bt_parse          text to tree                                             spec/parser.c
 *   bt_record_expand  records to tuples                                        spec/record_expand.c
 *   bt_check          names, variables, guard functions; too wide?             spec/check.c
 *   make_names        globs and regular expressions made ready; too wide?
 *   bt_bind_head      arguments to the head; what each variable stands for     match/bind.c
 *   bt_bind_captures  arguments to captures and shape                          match/bind.c
 *   compile_clause    one clause per alternative of the guards, with its body
 *   make_match_spec   [{Head, Guards, Body}]
 *   check_size        is it still small enough for a node?
 */
#include "match/compile.h"

#include <string.h>

#include "match/bind.h"
#include "match/merge.h"
#include "spec/check.h"
#include "spec/constant.h"
#include "spec/loc.h"
#include "spec/parser.h"
#include "spec/safe.h"
#include "spec/record_expand.h"

#define MAX_NODES 200000 /* terms in one match specification: a clause per alternative repeats the head */

struct compiler {
    const struct bt_compile_opts *opts;
    struct bt_arena *arena;
    struct beamtap_err *err;
    size_t index; /* of the spec text */
    const struct bt_ast_spec *spec;
    struct bt_bindings bindings; /* of the clause at hand */
    struct bt_trace_pattern *out;
    size_t clauses_cap;
};

/* ---- bodies ---- */

static bool has_action(const struct compiler *c, enum bt_action action)
{
    for (size_t i = 0; i < c->spec->n_actions; i++) {
        if (c->spec->actions[i].action == action)
            return true;
    }
    return false;
}

static int check_time(struct compiler *c)
{
    if (!has_action(c, BT_ACTION_TIME) || c->out->scope == BT_SCOPE_LOCAL)
        return 0;
    return bt_err_at(c->err, BEAMTAP_ESPEC, c->spec->actions[0].loc,
        "action 'time' needs --scope local: the VM tells of returns to a caller for local calls only");
}

/* The VM counts every call, whatever its arguments, and so many calls are no lines. */
static int check_count(struct compiler *c)
{
    const struct bt_ast_spec *s = c->spec;
    if (!has_action(c, BT_ACTION_COUNT))
        return 0;
    if (s->args_kind == BT_ARGS_PATTERN || s->clauses[0].n_guards)
        return bt_err_at(c->err, BEAMTAP_ESPEC, s->actions[0].loc,
            "action 'count' counts all calls, whatever their arguments: write mod:fun/2 -> count");
    if (s->n_actions > 1)
        return bt_err_at(c->err, BEAMTAP_ESPEC, s->actions[1].loc,
            "action 'count' shows no calls, so it stands alone; give what is to be shown as a spec of its "
            "own");
    if (c->out->scope == BT_SCOPE_GLOBAL)
        return bt_err_at(c->err, BEAMTAP_ESPEC, s->actions[0].loc,
            "action 'count' needs --scope local: the VM counts the calls of a function, from wherever they "
            "come");
    return 0;
}

/* {message, {caller}}; with both actions one message that is a tuple. */
static const struct bt_term *message_of_actions(struct compiler *c)
{
    struct bt_arena *a = c->arena;
    const struct bt_term *caller = bt_term_tuple1(a, bt_term_atom(a, "caller"));
    const struct bt_term *stack = bt_term_tuple1(a, bt_term_atom(a, "current_stacktrace"));
    bool has_caller = has_action(c, BT_ACTION_CALLER), has_stack = has_action(c, BT_ACTION_STACK);
    const struct bt_term *x = has_caller ? caller : stack;
    if (has_caller && has_stack)
        x = bt_term_tuple1(a, bt_term_tuple2(a, caller, stack));
    return bt_term_tuple2(a, bt_term_atom(a, "message"), x);
}

/* [{message,false}]: the VM says nothing of the call, and tries no later clause. */
static const struct bt_term *silent_body(struct compiler *c)
{
    struct bt_arena *a = c->arena;
    const struct bt_term *call = bt_term_tuple2(a, bt_term_atom(a, "message"), bt_term_atom(a, "false"));
    return bt_term_list(a, &call, 1, NULL);
}

static int check_not(struct compiler *c)
{
    if (c->spec->is_not && c->spec->event != BT_SPEC_CALL)
        return bt_err_at(c->err, BEAMTAP_ESPEC, c->spec->loc,
            "--not keeps functions out; write a guard into the event's own spec");
    if (!c->spec->is_not || c->spec->n_actions == 0)
        return 0;
    return bt_err_at(c->err, BEAMTAP_ESPEC, c->spec->actions[0].loc,
        "what --not matches is not traced; no action can stand here");
}

/* What the actions of a call spec, or recon's return_trace, are as a body. */
static const struct bt_term *body_of_actions(struct compiler *c)
{
    struct bt_arena *a = c->arena;
    const struct bt_term *calls[2];
    size_t n = 0;
    bool is_recon = c->spec->args_kind == BT_ARGS_RETURN_TRACE;
    if (has_action(c, BT_ACTION_CALLER) || has_action(c, BT_ACTION_STACK))
        calls[n++] = message_of_actions(c);
    if (c->spec->event != BT_SPEC_CALL) /* nothing returns */
        return bt_term_list(a, NULL, 0, NULL);
    if (is_recon || has_action(c, BT_ACTION_RETURN) || c->opts->add_return)
        calls[n++] = bt_term_tuple1(a, bt_term_atom(a, is_recon ? "return_trace" : "exception_trace"));
    return bt_term_list(a, calls, n, NULL);
}

/* What a fun says is to be done; --return asks for returns besides. */
static const struct bt_term *body_of_fun(struct compiler *c, const struct bt_ast_clause *clause)
{
    struct bt_arena *a = c->arena;
    const struct bt_term **items = bt_arena_array(a, clause->n_body + 1, sizeof *items);
    size_t n = clause->n_body;
    for (size_t i = 0; items && i < n; i++) {
        if (!(items[i] = bt_bind_expr(&c->bindings, clause->body[i])))
            return NULL;
    }
    if (items && c->opts->add_return)
        items[n++] = bt_term_tuple1(a, bt_term_atom(a, "exception_trace"));
    return items ? bt_term_list(a, items, n, NULL) : NULL;
}

/* ---- clauses ---- */

static void add_notes(const struct compiler *c, struct bt_clause *clause)
{
    clause->only_counts = has_action(c, BT_ACTION_COUNT);
    clause->is_own = c->spec->args_kind == BT_ARGS_FUN || c->spec->args_kind == BT_ARGS_MATCH_SPEC;
    clause->excludes = c->spec->is_not || (clause->is_own && bt_merge_excludes(clause->body));
    if (clause->is_own && bt_merge_has_message(clause->body))
        clause->notes[clause->n_notes++] = BT_NOTE_MESSAGE;
    if (has_action(c, BT_ACTION_CALLER))
        clause->notes[clause->n_notes++] = BT_NOTE_CALLER;
    if (has_action(c, BT_ACTION_STACK))
        clause->notes[clause->n_notes++] = BT_NOTE_STACK;
}

static int add_clause(
    struct compiler *c, const struct bt_term *head, const struct bt_term *guards, const struct bt_term *body)
{
    if (!head || !guards || !body)
        return bt_err_nomem(c->err);
    const struct bt_bindings *b = &c->bindings;
    struct bt_trace_pattern *out = c->out;
    out->clauses =
        bt_arena_grow(c->arena, out->clauses, out->n_clauses, &c->clauses_cap, sizeof *out->clauses);
    if (!out->clauses)
        return bt_err_nomem(c->err);
    bool is_pattern = c->spec->args_kind == BT_ARGS_PATTERN, wants_return = bt_merge_wants_return(body);
    out->clauses[out->n_clauses++] = (struct bt_clause){
        .event = c->spec->event,
        .head = head,
        .guards = guards,
        .body = body,
        .wants_return = wants_return,
        .wants_time = has_action(c, BT_ACTION_TIME) && !wants_return, /* a return has its duration too */
        .captures_all = !is_pattern,
        .captures = is_pattern ? b->captures : NULL,
        .n_captures = is_pattern ? b->n_captures : 0,
        .shape = is_pattern ? b->shape : NULL,
        .n_args = is_pattern ? c->spec->arity : 0,
        .spec = c->index,
    };
    add_notes(c, &out->clauses[out->n_clauses - 1]);
    return 0;
}

bool bt_clause_takes_all(const struct bt_clause *c)
{
    if (c->guards->u.seq.n != 0)
        return false;
    if (c->head->kind == BT_TERM_ATOM)
        return true;
    for (size_t i = 0; i < c->head->u.seq.n; i++) {
        const struct bt_term *t = c->head->u.seq.items[i];
        if (t->kind != BT_TERM_ATOM || (t->u.atom.name[0] != '$' && strcmp(t->u.atom.name, "_") != 0))
            return false;
        for (size_t j = 0; t->u.atom.name[0] == '$' && j < i; j++) {
            if (bt_term_equal(t, c->head->u.seq.items[j]))
                return false;
        }
    }
    return c->head->u.seq.tail == NULL;
}

void bt_program_only_times(struct bt_program *prog)
{
    prog->wants_time = true;
    prog->wants_return = prog->only_counts = false;
    for (size_t i = 0; i < prog->n_patterns; i++) {
        prog->patterns[i].scope = BT_SCOPE_LOCAL;
        for (size_t j = 0; j < prog->patterns[i].n_clauses; j++) {
            struct bt_clause *c = &prog->patterns[i].clauses[j];
            c->only_counts = c->is_own = c->wants_return = false;
            c->wants_time = !c->excludes;
            c->n_notes = 0;
        }
    }
}

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

/* One clause of the text is one per alternative of its guards. */
static int compile_clause(struct compiler *c, const struct bt_ast_clause *clause)
{
    c->bindings = (struct bt_bindings){.clause = clause,
        .kind = c->spec->args_kind,
        .syntax = c->spec->syntax,
        .arena = c->arena,
        .err = c->err};
    if (bt_bind_head(&c->bindings) || bt_bind_captures(&c->bindings))
        return -1;
    const struct bt_term *body = c->spec->is_not                     ? silent_body(c)
                                 : c->spec->args_kind == BT_ARGS_FUN ? body_of_fun(c, clause)
                                                                     : body_of_actions(c);
    for (size_t i = 0; i < (clause->n_guards ? clause->n_guards : 1); i++) {
        const struct bt_term *guards = make_guards(c, clause->n_guards ? &clause->guards[i] : NULL);
        if (add_clause(c, c->bindings.head, guards, body))
            return -1;
    }
    return 0;
}

/* The user's own match specification, as it stands. */
static int compile_match_spec(struct compiler *c)
{
    struct bt_arena *a = c->arena;
    const struct bt_term *ms = bt_constant_term(a, c->spec->match_spec);
    if (!ms)
        return bt_err_nomem(c->err);
    for (size_t i = 0; i < ms->u.seq.n; i++) {
        const struct bt_term *const *parts = ms->u.seq.items[i]->u.seq.items;
        const struct bt_term *body = parts[2];
        const struct bt_term *more = bt_term_tuple1(a, bt_term_atom(a, "exception_trace"));
        if (c->spec->is_not)
            body = silent_body(c);
        else if (c->opts->add_return)
            body = bt_constant_list(a, body->u.seq.items, body->u.seq.n, bt_term_list(a, &more, 1, NULL));
        if (add_clause(c, parts[0], parts[1], body))
            return -1;
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
    return bt_err_at(c->err, BEAMTAP_ESPEC, c->spec->loc,
        "the pattern makes a match specification of more than %d terms; use fewer alternatives or smaller "
        "terms",
        MAX_NODES);
}

/* ---- one text ---- */

static const char *name_or_null(const struct bt_ast_name *name)
{
    return name->kind == BT_NAME_ATOM ? name->text : NULL;
}

/* Names to be asked for. A module must be chosen: a trace of all modules is a trace of all that the node does. */
static int make_names(struct compiler *c)
{
    struct bt_trace_pattern *p = c->out;
    if (p->event != BT_SPEC_CALL) { /* no atom is the name of these */
        p->module_match = p->function_match = (struct bt_name_match){.kind = BT_NAME_ATOM, .text = ""};
        return 0;
    }
    if (bt_name_match_init(&p->module_match, &c->spec->module, c->arena, c->err) ||
        bt_name_match_init(&p->function_match, &c->spec->function, c->arena, c->err))
        return -1;
    if (c->spec->is_not || !bt_name_match_is_wide(&p->module_match))
        return 0;
    return bt_loc_fail(c->err, BEAMTAP_EWIDE, c->spec->module.loc,
        "this is every module of the node, or nearly, too much to trace safely; name the module, for "
        "instance "
        "lists:seq/2, or a part of its name: my_app_*");
}

static void describe(struct compiler *c)
{
    const struct bt_ast_spec *s = c->spec;
    enum bt_scope implied = s->notation == BT_NOTATION_RECON ? BT_SCOPE_GLOBAL : BT_SCOPE_LOCAL;
    bool has_arity = s->args_kind == BT_ARGS_ARITY || s->args_kind == BT_ARGS_PATTERN;
    c->out->event = s->event;
    if (s->event != BT_SPEC_CALL) {
        c->out->arity = -1;
        c->out->spec = c->index;
        c->out->min_otp = s->since;
        c->out->min_otp_for = s->since_for;
        c->out->loc = c->out->module_loc = s->loc;
        return;
    }
    c->out->module = name_or_null(&s->module);
    c->out->function = name_or_null(&s->function);
    c->out->arity = has_arity ? (int)s->arity : -1;
    c->out->scope = c->opts->has_scope ? c->opts->scope : implied;
    c->out->is_not = s->is_not;
    c->out->min_otp = s->since;
    c->out->min_otp_for = s->since_for;
    c->out->spec = c->index;
    c->out->loc = s->loc;
    c->out->module_loc = s->module.loc;
    c->out->function_loc = s->function.loc;
}

static int compile_spec(struct compiler *c)
{
    describe(c);
    if (c->opts->to_trace && bt_check_safe(c->spec, c->err))
        return -1;
    if (make_names(c) || check_time(c) || check_count(c) || check_not(c) ||
        (c->spec->match_spec && compile_match_spec(c)))
        return -1;
    for (size_t i = 0; i < c->spec->n_clauses; i++) {
        if (compile_clause(c, &c->spec->clauses[i]))
            return -1;
    }
    return make_match_spec(c) ? -1 : check_size(c);
}

static void note_wants(struct bt_program *prog, const struct bt_trace_pattern *p)
{
    prog->n_messages += p->event == BT_SPEC_SEND || p->event == BT_SPEC_RECEIVE;
    prog->n_events += p->event > BT_SPEC_RECEIVE;
    for (size_t i = 0; i < p->n_clauses; i++) {
        prog->wants_return = prog->wants_return || p->clauses[i].wants_return;
        prog->wants_time = prog->wants_time || p->clauses[i].wants_time;
        prog->only_counts = prog->only_counts && (p->clauses[i].only_counts || p->is_not);
    }
}

static int add_action(struct compiler *c, struct bt_ast_spec *s, enum bt_action action)
{
    struct bt_ast_action *more = bt_arena_array(c->arena, s->n_actions + 1, sizeof *more);
    for (size_t i = 0; i < s->n_actions; i++) {
        if (s->actions[i].action == action || s->actions[i].action == BT_ACTION_COUNT)
            return 0;
    }
    if (!more)
        return bt_err_nomem(c->err);
    if (s->n_actions)
        memcpy(more, s->actions, s->n_actions * sizeof *more);
    more[s->n_actions++] = (struct bt_ast_action){action, s->loc};
    s->actions = more;
    return 0;
}

/* --caller and --stack. */
static int add_actions(struct compiler *c, struct bt_ast_spec *s)
{
    bool is_own = s->args_kind == BT_ARGS_FUN || s->args_kind == BT_ARGS_MATCH_SPEC;
    if (s->event != BT_SPEC_CALL || s->is_not || is_own)
        return 0;
    if (c->opts->add_caller && add_action(c, s, BT_ACTION_CALLER))
        return -1;
    return c->opts->add_stack ? add_action(c, s, BT_ACTION_STACK) : 0;
}

static int compile_tree(struct compiler *c, const struct bt_ast_text *tree, struct bt_program *prog, size_t *cap)
{
    for (size_t i = 0; i < tree->n; i++) {
        struct bt_ast_spec *spec = &tree->specs[i];
        prog->patterns =
            bt_arena_grow(c->arena, prog->patterns, prog->n_patterns, cap, sizeof *prog->patterns);
        if (!prog->patterns)
            return bt_err_nomem(c->err);
        spec->is_not = c->index < c->opts->n_not;
        c->spec = spec;
        c->out = &prog->patterns[prog->n_patterns++];
        c->clauses_cap = 0;
        if (add_actions(c, spec) || bt_record_expand(spec, c->opts->records, c->arena, c->err) ||
            bt_check(spec, c->arena, c->err) || compile_spec(c))
            return -1;
        note_wants(prog, c->out);
    }
    return 0;
}

static int compile_text(struct compiler *c, const char *text, struct bt_program *prog, size_t *cap)
{
    struct bt_ast_text tree;
    return bt_parse(text, c->arena, &tree, c->err) || compile_tree(c, &tree, prog, cap) ? -1 : 0;
}

/* The VM has no gate for what happens to processes: the agent catches it with a tracer of its own, and a process has one. */
static int check_mix(const struct bt_program *prog, size_t *bad_text, struct beamtap_err *err)
{
    for (size_t i = 0; prog->n_events && i < prog->n_patterns; i++) {
        const struct bt_trace_pattern *p = &prog->patterns[i];
        if (p->event > BT_SPEC_RECEIVE)
            continue;
        if (bad_text)
            *bad_text = p->spec;
        return bt_err_at(err, BEAMTAP_ESPEC, p->loc,
            "spawn, exit, link, register, gc and running are traced by themselves: leave this one to a "
            "second run");
    }
    return 0;
}

int bt_compile(const char *const *texts, size_t n_texts, const struct bt_compile_opts *opts,
    struct bt_arena *arena, struct bt_program *out, size_t *bad_text, struct beamtap_err *err)
{
    static const struct bt_compile_opts defaults = {.has_scope = false};
    struct bt_program prog = {.only_counts = true};
    size_t cap = 0;
    for (size_t i = 0; i < n_texts; i++) {
        struct compiler c = {.opts = opts ? opts : &defaults, .arena = arena, .err = err, .index = i};
        int rc = compile_text(&c, texts[i], &prog, &cap);
        if (arena->failed)
            rc = bt_err_only_nomem(err);
        if (rc) {
            if (bad_text)
                *bad_text = i;
            return -1;
        }
    }
    *out = prog;
    return opts && opts->to_trace ? check_mix(out, bad_text, err) : 0;
}

/* ---- a value by itself ---- */

/* [{{Pattern}, Guards, [true]}] */
static const struct bt_term *value_spec(const struct bt_trace_pattern *p, struct bt_arena *a)
{
    const struct bt_term *yes = bt_term_atom(a, "true");
    const struct bt_term **items = bt_arena_array(a, p->n_clauses, sizeof *items);
    for (size_t i = 0; items && i < p->n_clauses; i++) {
        const struct bt_clause *c = &p->clauses[i];
        const struct bt_term *head = bt_term_tuple1(a, c->head->u.seq.items[0]);
        items[i] = bt_term_tuple3(a, head, c->guards, bt_term_list(a, &yes, 1, NULL));
    }
    return items ? bt_term_list(a, items, p->n_clauses, NULL) : NULL;
}

int bt_compile_value(const char *text, enum bt_syntax syntax, const struct bt_compile_opts *opts,
    struct bt_arena *arena, struct bt_value_match *out, struct beamtap_err *err)
{
    struct bt_compile_opts o = {.records = opts ? opts->records : NULL};
    struct compiler c = {.opts = &o, .arena = arena, .err = err};
    struct bt_program prog = {0};
    struct bt_ast_text tree;
    size_t cap = 0;
    int rc = bt_parse_value(text, syntax, arena, &tree, err) || compile_tree(&c, &tree, &prog, &cap) ? -1 : 0;
    if (arena->failed)
        return bt_err_only_nomem(err);
    if (rc)
        return -1;
    const struct bt_trace_pattern *p = &prog.patterns[0];
    *out = (struct bt_value_match){value_spec(p, arena), p->min_otp, p->min_otp_for};
    return out->match_spec ? 0 : bt_err_nomem(err);
}
