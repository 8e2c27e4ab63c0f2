/*
 * check.c - what a tree means. One function per pass, in the order bt_check calls them.
 */
#include "spec/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "spec/constant.h"
#include "spec/ex_expr.h"
#include "spec/guards.h"
#include "spec/loc.h"
#include "spec/raw.h"
#include "spec/suggest.h"

struct checker {
    struct bt_ast_spec *spec;
    struct bt_ast_clause *clause; /* the one at hand */
    enum bt_place place;          /* guard or body */
    struct bt_arena *arena;
    struct beamtap_err *err;
    size_t vars_cap;
};

static bool is_fun(const struct checker *c)
{
    return c->spec->args_kind == BT_ARGS_FUN;
}

/* A fun of Erlang means what ms_transform makes of it; one of Elixir what it means in Elixir. */
static bool is_transformed(const struct checker *c)
{
    return is_fun(c) && c->spec->syntax == BT_SYNTAX_ERLANG;
}

BT_PRINTF(3, 4)
static int fail(struct checker *c, struct beamtap_loc loc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    bt_loc_vfail(c->err, BEAMTAP_ESPEC, loc, fmt, ap);
    va_end(ap);
    return -1;
}

static bool is_elixir(const struct checker *c)
{
    return c->spec->syntax == BT_SYNTAX_ELIXIR;
}

/* The example that is written as the spec is. */
static const char *as(const struct checker *c, const char *erlang, const char *elixir)
{
    return is_elixir(c) ? elixir : erlang;
}

/* How the spec's module is written in it. */
static const char *module_text(const struct checker *c)
{
    const char *text = c->spec->module.text;
    bool is_alias = is_elixir(c) && strncmp(text, "Elixir.", strlen("Elixir.")) == 0;
    return is_alias ? text + strlen("Elixir.") : text;
}

static const char *op_text(const struct checker *c, enum bt_op op)
{
    const char *text = is_elixir(c) ? bt_ex_op_info(op)->text : NULL;
    return text ? text : bt_op_info(op)->text;
}

/* ---- names ---- */

/* A line of a shell: the call that would start another tracer. */
static int check_pasted(struct checker *c)
{
    static const struct {
        const char *module, *function;
    } calls[] = {{"recon_trace", "calls"}, {"recon_trace", "clear"}, {"dbg", "tp"}, {"dbg", "tpl"}, {"dbg", "p"},
        {"dbg", "tracer"}, {"dbg", "fun2ms"}, {"redbug", "start"}, {"redbug", "stop"}, {"rexbug", "start"}};
    const struct bt_ast_spec *s = c->spec;
    for (size_t i = 0; s->args_kind == BT_ARGS_PATTERN && i < sizeof calls / sizeof calls[0]; i++) {
        if (strcmp(s->module.text, calls[i].module) == 0 && strcmp(s->function.text, calls[i].function) == 0)
            return fail(c, s->loc,
                "this would trace %s:%s itself; give only what it is to trace: '{queue, in, 2}', 'queue:in/2 -> "
                "return'",
                calls[i].module, calls[i].function);
    }
    return 0;
}

static int check_names(struct checker *c)
{
    const struct bt_ast_name *m = &c->spec->module, *f = &c->spec->function;
    if (m->kind == BT_NAME_VAR)
        return fail(c, m->loc,
            "module must be an atom, got variable '%s'; the Elixir module %s is written %s.fun(x) in Elixir "
            "notation, 'Elixir.%s':fun(X) in Erlang notation; write '%s' in quotes if the name really is "
            "that",
            m->text, m->text, m->text, m->text, m->text);
    if (f->kind == BT_NAME_VAR)
        return fail(
            c, f->loc, "function must be an atom, got variable '%s'; write _ for every function", f->text);
    return 0;
}

/* ---- too wide ---- */

/* What recon_trace:calls/3 refuses with dangerous_combo: these modules with any arguments. */
static bool is_banned_by_recon(const struct bt_ast_spec *s)
{
    static const char *const banned[] = {"recon_trace", "io", "lists"};
    if (s->notation != BT_NOTATION_RECON || s->args_kind != BT_ARGS_ANY)
        return false;
    for (size_t i = 0; i < sizeof banned / sizeof banned[0]; i++) {
        if (strcmp(s->module.text, banned[i]) == 0)
            return true;
    }
    return false;
}

static int check_width(struct checker *c)
{
    const struct bt_ast_spec *s = c->spec;
    if (s->is_not || s->notation == BT_NOTATION_EVENT)
        return 0;
    if (s->module.kind == BT_NAME_ANY)
        return bt_loc_fail(c->err, BEAMTAP_EWIDE, s->module.loc,
            "module _ is every module of the node, too much to trace safely; name the module, for instance "
            "%s",
            s->notation == BT_NOTATION_RECON ? as(c, "{lists, seq, 2}", "{:lists, :seq, 2}")
                                             : as(c, "lists:seq/2", ":lists.seq/2"));
    if (is_banned_by_recon(s))
        return bt_loc_fail(c->err, BEAMTAP_EWIDE, s->loc,
            "recon bans %s as arguments for module %s, which processes call all the time; give the arity, "
            "for instance {%s%s, %s%s, 2}",
            as(c, "'_'", ":_"), s->module.text, as(c, "", ":"), s->module.text, as(c, "", ":"),
            s->function.kind == BT_NAME_ATOM ? s->function.text : "seq");
    return 0;
}

/* ---- variables ---- */

static struct bt_ast_var *find_var(const struct bt_ast_clause *clause, const char *name, size_t *slot)
{
    for (size_t i = 0; i < clause->n_vars; i++) {
        if (strcmp(clause->vars[i].name, name) == 0) {
            *slot = i;
            return &clause->vars[i];
        }
    }
    return NULL;
}

static int bind_var(struct checker *c, struct bt_ast *e)
{
    struct bt_ast_clause *cl = c->clause;
    struct bt_ast_var *v = find_var(cl, e->u.var.name, &e->u.var.slot);
    if (v) {
        v->n_bound++;
        return 0;
    }
    if (cl->n_vars == BT_SPEC_MAX_VARS)
        return fail(c, e->loc, "more than %d different variables", BT_SPEC_MAX_VARS);
    cl->vars = bt_arena_grow(c->arena, cl->vars, cl->n_vars, &c->vars_cap, sizeof *cl->vars);
    if (!cl->vars)
        return bt_err_nomem(c->err);
    e->u.var.slot = cl->n_vars;
    cl->vars[cl->n_vars++] = (struct bt_ast_var){.name = e->u.var.name, .n_bound = 1};
    return 0;
}

/* ---- patterns ---- */

static int check_pattern(struct checker *c, struct bt_ast *e);

static int check_patterns(struct checker *c, struct bt_ast *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (check_pattern(c, items[i]))
            return -1;
    }
    return 0;
}

/* '$-1' and '$+1' are refused by ms_transform as well: it reads what stands behind the $ as a number. */
static bool is_signed_variable(const struct bt_term *t)
{
    const char *name = t->kind == BT_TERM_ATOM ? t->u.atom.name : "";
    return name[0] == '$' && (name[1] == '-' || name[1] == '+') && name[2] &&
           strspn(name + 2, "0123456789") == t->u.atom.len - 2;
}

/* <0.44.0> and fun lists:map/2 are no Erlang, or none for ms_transform. */
static int check_fun_literal(struct checker *c, const struct bt_ast *e)
{
    switch (e->u.literal->kind) {
    case BT_TERM_PID:
    case BT_TERM_REF:
    case BT_TERM_PORT:
    case BT_TERM_FUN:
        return fail(c, e->loc, "this cannot stand in a fun, only in the notation mod:fun(X, _) when ...");
    default: return 0;
    }
}

static int check_literal(struct checker *c, const struct bt_ast *e)
{
    return is_transformed(c) ? check_fun_literal(c, e) : 0;
}

/* In the head of a match specification '_' and '$1' are no atoms, and there is no way to say that they are
 * meant. */
static int check_head_literal(struct checker *c, const struct bt_ast *e)
{
    const struct bt_term *t = e->u.literal;
    if (check_literal(c, e))
        return -1;
    if (is_transformed(c) && bt_term_is_atom(t, "_")) /* ms_transform takes it for _ */
        return 0;
    if (!bt_constant_is_wild(t) && !(is_transformed(c) && is_signed_variable(t)))
        return 0;
    if (bt_term_is_atom(t, "_"))
        return fail(c, e->loc,
            "the atom %s cannot be matched here; write %s for anything, or %s for the atom itself",
            as(c, "'_'", ":_"), as(c, "_ without quotes", "_ alone"),
            as(c, "X and 'when X =:= '_''", "x and 'when x === :_'"));
    return fail(c, e->loc,
        "the atom '%s' cannot be matched here (it is a variable of match specifications); write %s%s%s",
        t->u.atom.name, as(c, "X and 'when X =:= '", "x and 'when x === :\""), t->u.atom.name,
        as(c, "''", "\"'"));
}

static int check_constant_atoms(struct checker *c, const struct bt_ast *e)
{
    if (e->kind == BT_AST_LITERAL)
        return check_head_literal(c, e);
    if (e->kind == BT_AST_STRING)
        return 0;
    for (size_t i = 0; i < e->u.seq.n; i++) {
        if (check_constant_atoms(c, e->u.seq.items[i]))
            return -1;
    }
    return e->u.seq.tail ? check_constant_atoms(c, e->u.seq.tail) : 0;
}

static bool has_map(const struct bt_ast *e)
{
    if (e->kind != BT_AST_TUPLE && e->kind != BT_AST_LIST)
        return e->kind == BT_AST_MAP;
    for (size_t i = 0; i < e->u.seq.n; i++) {
        if (has_map(e->u.seq.items[i]))
            return true;
    }
    return e->u.seq.tail && has_map(e->u.seq.tail);
}

/* A node does not even read a map that has a key twice. Equal maps can be written in many ways, so there is one at most. */
static int check_map_keys(struct checker *c, const struct bt_ast *map)
{
    bool has_one = false;
    for (size_t i = 0; i < map->u.seq.n; i++) {
        const struct bt_ast *key = map->u.seq.items[2 * i];
        if (!has_map(key))
            continue;
        if (has_one || !is_transformed(c))
            return fail(c, key->loc,
                has_one ? "only one key can be or have a map"
                        : "a key must be a constant here (and not a map): match "
                          "specifications know no other");
        has_one = true;
    }
    return 0;
}

/* Keys must be constants, each once; in a fun the last one counts. */
static int check_keys(struct checker *c, const struct bt_ast *map)
{
    const struct bt_term **keys = bt_arena_array(c->arena, map->u.seq.n, sizeof *keys);
    if (!keys)
        return bt_err_nomem(c->err);
    if (check_map_keys(c, map))
        return -1;
    for (size_t i = 0; i < map->u.seq.n; i++) {
        const struct bt_ast *key = map->u.seq.items[2 * i];
        if (!bt_constant_is(key))
            return fail(c, key->loc,
                "a key must be a constant here (and not a map): match specifications know no other");
        if (check_constant_atoms(c, key))
            return -1;
        keys[i] = bt_constant_term(c->arena, key);
        if (!keys[i])
            return bt_err_nomem(c->err);
        for (size_t j = 0; j < i && !is_transformed(c); j++) {
            if (bt_term_equal(keys[i], keys[j]))
                return fail(c, key->loc, "this key stands twice in the map");
        }
    }
    return 0;
}

static int check_map_pattern(struct checker *c, const struct bt_ast *e)
{
    if (check_keys(c, e))
        return -1;
    for (size_t i = 0; i < e->u.seq.n; i++) {
        if (check_pattern(c, e->u.seq.items[2 * i + 1]))
            return -1;
    }
    return 0;
}

/* R = {ok, _}: of the sides joined by =, one at most may be more than a name. */
static int check_alias(struct checker *c, struct bt_ast *e, const struct bt_ast **pattern)
{
    for (size_t i = 0; i < 2; i++) {
        struct bt_ast *side = e->u.op.args[i];
        if (side->kind == BT_AST_OP && side->u.op.op == BT_OP_MATCH) {
            if (check_alias(c, side, pattern))
                return -1;
            continue;
        }
        if (side->kind != BT_AST_VAR && side->kind != BT_AST_WILD) {
            if (*pattern)
                return fail(c, side->loc, "'=' gives a name to a pattern; one side must be a variable: %s",
                    as(c, "R = {ok, _}", "r = {:ok, _}"));
            *pattern = side;
        }
        if (check_pattern(c, side))
            return -1;
    }
    return 0;
}

/* "abc" ++ T */
static int check_append(struct checker *c, const struct bt_ast *e)
{
    struct bt_ast *left = e->u.op.args[0];
    bool is_list = left->kind == BT_AST_STRING || (left->kind == BT_AST_LIST && !left->u.seq.tail);
    if (!is_list)
        return fail(c, left->loc, "in a pattern, what stands before '++' must be a %s",
            as(c, "string or a list: \"abc\" ++ T", "charlist or a list: ~c\"abc\" ++ t"));
    return check_pattern(c, left) ? -1 : check_pattern(c, e->u.op.args[1]);
}

static int check_pattern_op(struct checker *c, struct bt_ast *e)
{
    const struct bt_ast *pattern = NULL;
    if (e->u.op.op == BT_OP_MATCH && is_transformed(c))
        return fail(c, e->loc, "in a fun only the whole list of arguments can have a name: %s names a part",
            "fun([{ok, _}, X] = Args); mod:fun(R = {ok, _}, X)");
    if (e->u.op.op == BT_OP_MATCH)
        return check_alias(c, e, &pattern);
    if (e->u.op.op == BT_OP_APPEND)
        return check_append(c, e);
    return fail(c, e->loc,
        "'%s' cannot stand in a pattern; bind a variable and test it in a guard: when %s %s ...",
        op_text(c, e->u.op.op), as(c, "X", "x"),
        bt_op_info(e->u.op.op)->strength >= 400 ? as(c, "=:=", "===") : op_text(c, e->u.op.op));
}

/* bt_record_expand leaves no record in a tree. */
static int not_expanded(struct checker *c, const struct bt_ast *e)
{
    return bt_err_at(c->err, BEAMTAP_EINTERNAL, e->loc, "a record that was not looked up");
}

static int check_pattern(struct checker *c, struct bt_ast *e)
{
    switch (e->kind) {
    case BT_AST_LITERAL: return check_head_literal(c, e);
    case BT_AST_STRING:
    case BT_AST_WILD: return 0;
    case BT_AST_VAR: return bind_var(c, e);
    case BT_AST_TUPLE: return check_patterns(c, e->u.seq.items, e->u.seq.n);
    case BT_AST_LIST:
        if (check_patterns(c, e->u.seq.items, e->u.seq.n))
            return -1;
        return e->u.seq.tail ? check_pattern(c, e->u.seq.tail) : 0;
    case BT_AST_MAP: return check_map_pattern(c, e);
    case BT_AST_OP: return check_pattern_op(c, e);
    case BT_AST_CALL:
        return fail(c, e->loc,
            "a function cannot be called in a pattern; bind a variable and test it in a guard: "
            "mod:fun(X) when %s(X)",
            e->u.call.name);
    case BT_AST_RECORD: return not_expanded(c, e);
    }
    return 0;
}

/* Behind a list's last item nothing, or a name for all further arguments; the list may go on in brackets of its own. */
static int check_args_end(struct checker *c, const struct bt_ast *e)
{
    if (e->kind != BT_AST_LIST)
        return 0;
    while (e && (e->kind == BT_AST_LIST || (e->kind == BT_AST_OP && e->u.op.op == BT_OP_APPEND)))
        e = e->kind == BT_AST_LIST ? e->u.seq.tail : e->u.op.args[1];
    bool is_any = e && e->kind == BT_AST_LITERAL && bt_term_is_atom(e->u.literal, "_");
    if (!e || e->kind == BT_AST_STRING || e->kind == BT_AST_WILD || e->kind == BT_AST_VAR || is_any)
        return 0;
    return fail(c, e->loc, "behind the last argument only a variable can stand, for all further ones");
}

/* What a fun takes: [X, _ | T], Args, _, or one of these with a name: [X, _] = Args. */
static int check_fun_head(struct checker *c, struct bt_ast *head)
{
    if (head->kind == BT_AST_OP && head->u.op.op == BT_OP_MATCH) {
        struct bt_ast *left = head->u.op.args[0], *right = head->u.op.args[1];
        struct bt_ast *name = left->kind == BT_AST_VAR || left->kind == BT_AST_WILD ? left : right;
        struct bt_ast *rest = name == left ? right : left;
        bool is_name = name->kind == BT_AST_VAR || name->kind == BT_AST_WILD;
        if (is_name && (rest->kind == BT_AST_LIST || rest->kind == BT_AST_VAR || rest->kind == BT_AST_WILD))
            return check_pattern(c, name) || check_pattern(c, rest) || check_args_end(c, rest) ? -1 : 0;
    }
    if (head->kind == BT_AST_LIST || head->kind == BT_AST_VAR || head->kind == BT_AST_WILD)
        return check_pattern(c, head) || check_args_end(c, head) ? -1 : 0;
    return fail(c, head->loc, "a fun for tracing takes the list of the arguments: %s for any",
        as(c, "fun([X, _]) -> ... end, or fun(_)", "fn [x, _] -> ... end, or fn _"));
}

static int check_head(struct checker *c)
{
    struct bt_ast *head = c->clause->head;
    if (!head)
        return 0;
    return is_fun(c) ? check_fun_head(c, head) : check_pattern(c, head);
}

/* ---- guards ---- */

static int check_test(struct checker *c, struct bt_ast *e);

static int check_tests(struct checker *c, struct bt_ast *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (check_test(c, items[i]))
            return -1;
    }
    return 0;
}

static int check_guard_var(struct checker *c, struct bt_ast *e)
{
    const struct bt_ast_spec *s = c->spec;
    const struct bt_ast_clause *cl = c->clause;
    struct bt_ast_var *v = find_var(cl, e->u.var.name, &e->u.var.slot);
    if (v) {
        v->in_guard = true;
        return 0;
    }
    if (!cl->head)
        return fail(c, e->loc, "variable '%s' is not bound; write the arguments: %s%s%s%s(%s, _) when ...",
            e->u.var.name, is_elixir(c) && module_text(c) == s->module.text ? ":" : "", module_text(c),
            as(c, ":", "."), s->function.kind == BT_NAME_ATOM ? s->function.text : "fun", e->u.var.name);
    if (is_elixir(c) && bt_guard_find(e->u.var.name, c->place))
        return fail(c, e->loc, "a function is called with brackets: %s()", e->u.var.name);
    struct bt_suggestion best = {0};
    for (size_t i = 0; i < cl->n_vars && strlen(e->u.var.name) > 2; i++)
        bt_suggest(&best, e->u.var.name, cl->vars[i].name);
    if (best.word)
        return fail(c, e->loc, "variable '%s' is not bound in the arguments; did you mean '%s'?",
            e->u.var.name, best.word);
    return fail(c, e->loc, "variable '%s' is not bound in the arguments", e->u.var.name);
}

static int check_guard_op(struct checker *c, const struct bt_ast *e)
{
    switch (e->u.op.op) {
    case BT_OP_MATCH:
        return fail(c, e->loc, "'=' compares nothing in a guard; write %s (or ==, where 1 == 1.0)",
            as(c, "=:=", "==="));
    case BT_OP_APPEND:
    case BT_OP_SUBTRACT:
        if (is_transformed(c)) /* of constants only, see bt_bind_expr */
            break;
        return fail(c, e->loc, "'%s' cannot be used in a guard", op_text(c, e->u.op.op));
    default: break;
    }
    if (check_test(c, e->u.op.args[0]))
        return -1;
    return e->u.op.args[1] ? check_test(c, e->u.op.args[1]) : 0;
}

static void note_since(struct bt_ast_spec *s, unsigned since, const char *what)
{
    if (since > s->since) {
        s->since = since;
        s->since_for = what;
    }
}

static int unknown_function(struct checker *c, const struct bt_ast *e)
{
    char shown[80];
    const char *cure = bt_guard_cure(e->u.call.name), *near = bt_guard_suggest(e->u.call.name, c->place);
    bt_loc_quote(shown, sizeof shown, e->u.call.name, strlen(e->u.call.name));
    if (cure)
        return fail(c, e->loc, "%s is no guard function: %s", shown, cure);
    if (e->u.call.is_remote && bt_guard_find(e->u.call.name, BT_PLACE_BODY))
        return fail(c, e->loc, "%s is no function of module erlang here; write it without 'erlang:'", shown);
    if (c->place == BT_PLACE_GUARD && bt_guard_find(e->u.call.name, BT_PLACE_BODY))
        return fail(
            c, e->loc, "%s is done in the body of a fun, behind its '->'; a guard can only test", shown);
    if (near)
        return fail(c, e->loc, "unknown %sfunction %s; did you mean '%s'?",
            c->place == BT_PLACE_BODY ? "" : "guard ", shown, near);
    if (c->place == BT_PLACE_BODY)
        return fail(c, e->loc,
            "%s cannot be called here; the body of a fun becomes a match specification, which can only do "
            "return_trace(), message(X), caller() and the like",
            shown);
    return fail(c, e->loc,
        "unknown guard function %s; a guard can only call guard functions (is_list, length, element "
        "...)",
        shown);
}

static int wrong_arity(struct checker *c, const struct bt_ast *e, const struct bt_guard_fun *fun)
{
    char range[32];
    if (fun->min_arity == fun->max_arity)
        snprintf(range, sizeof range, "%u", fun->min_arity);
    else
        snprintf(range, sizeof range, "%u or %u", fun->min_arity, fun->max_arity);
    if (strcmp(fun->name, "is_record") == 0 && e->u.call.n == 2)
        return fail(c, e->loc,
            "is_record needs the tuple's size too, since the record's definition is not known here: "
            "%s",
            as(c, "is_record(X, state, 4)", ":erlang.is_record(x, :state, 4)"));
    return fail(c, e->loc, "%s takes %s argument%s, not %zu", fun->name, range,
        fun->max_arity == 1 ? "" : "s", e->u.call.n);
}

static bool is_literal_of(const struct bt_ast *e, enum bt_term_kind kind)
{
    return e->kind == BT_AST_LITERAL && e->u.literal->kind == kind;
}

/* Funs have three more in their guards, and none of the body's behind erlang: */
static enum bt_place place_of(const struct checker *c, const struct bt_ast *e)
{
    static const char *const everywhere[] = {"get_tcw", "object", "bindings"};
    if (e->u.call.is_remote)
        return BT_PLACE_GUARD;
    for (size_t i = 0; is_fun(c) && i < sizeof everywhere / sizeof everywhere[0]; i++) {
        if (strcmp(e->u.call.name, everywhere[i]) == 0)
            return BT_PLACE_BODY;
    }
    return c->place;
}

static int check_call(struct checker *c, const struct bt_ast *e)
{
    const struct bt_guard_fun *fun = bt_guard_find(e->u.call.name, place_of(c, e));
    if (!fun)
        return unknown_function(c, e);
    if (e->u.call.n < fun->min_arity || e->u.call.n > fun->max_arity)
        return wrong_arity(c, e, fun);
    if (is_transformed(c) && !e->u.call.is_sized && !bt_guard_is_in_funs(fun, e->u.call.n))
        return fail(c, e->loc,
            "ms_transform does not know %s/%zu, so neither do funs; mod:fun(X) when %s(X) ... takes it",
            fun->name, e->u.call.n, fun->name);
    bool is_widest = e->u.call.n == fun->max_arity && fun->since_max;
    note_since(c->spec, is_widest ? fun->since_max : fun->since, fun->name);
    if (strcmp(fun->name, "is_record") == 0 &&
        (!is_literal_of(e->u.call.args[1], BT_TERM_ATOM) || !is_literal_of(e->u.call.args[2], BT_TERM_INT)))
        return fail(c, e->loc, "is_record needs the record's name and the tuple's size: %s",
            as(c, "is_record(X, state, 4)", ":erlang.is_record(x, :state, 4)"));
    return check_tests(c, e->u.call.args, e->u.call.n);
}

/* In a fun a key is an expression like any other. */
static int check_fun_map(struct checker *c, const struct bt_ast *e)
{
    bool is_plain = bt_constant_is(e);
    if (is_plain) {
        const struct bt_term *t = bt_constant_term(c->arena, e);
        if (!t)
            return bt_err_nomem(c->err);
        is_plain = !bt_constant_needs_const(t);
    }
    if (!is_plain)
        note_since(c->spec, 25, "a tuple or a variable in a map");
    return check_map_keys(c, e) ? -1 : check_tests(c, e->u.seq.items, 2 * e->u.seq.n);
}

static int check_guard_map(struct checker *c, const struct bt_ast *e)
{
    if (is_transformed(c))
        return check_fun_map(c, e);
    if (check_keys(c, e))
        return -1;
    for (size_t i = 0; i < e->u.seq.n; i++) {
        if (check_test(c, e->u.seq.items[2 * i + 1]))
            return -1;
        const struct bt_term *key = bt_constant_term(c->arena, e->u.seq.items[2 * i]);
        if (!key)
            return bt_err_nomem(c->err);
        /* OTP 23 takes a key as it stands, later releases as an expression. */
        if (bt_constant_needs_const(key) && !bt_constant_is(e))
            note_since(c->spec, 25,
                key->kind == BT_TERM_ATOM ? "an atom like '$1' as a map key" : "a tuple as a map key");
    }
    return 0;
}

/* X in Elixir is a module. Where a variable has the same name but for the capital, that was meant. */
static int check_alias_atom(struct checker *c, const struct bt_ast *e)
{
    static const char prefix[] = "Elixir.";
    const struct bt_term *t = e->u.literal;
    if (!is_elixir(c) || t->kind != BT_TERM_ATOM || strncmp(t->u.atom.name, prefix, strlen(prefix)) != 0)
        return 0;
    const char *name = t->u.atom.name + strlen(prefix);
    for (size_t i = 0; i < c->clause->n_vars; i++) {
        const char *var = c->clause->vars[i].name;
        if (var[0] == (*name | 0x20) && strcmp(var + 1, name + 1) == 0)
            return fail(c, e->loc, "%s is the name of a module; did you mean the variable '%s'?", name, var);
    }
    return 0;
}

static int check_test(struct checker *c, struct bt_ast *e)
{
    switch (e->kind) {
    case BT_AST_LITERAL: return check_literal(c, e) ? -1 : check_alias_atom(c, e);
    case BT_AST_STRING: return 0;
    case BT_AST_WILD:
        if (is_transformed(c)) /* ms_transform takes it for the atom */
            return 0;
        return fail(c, e->loc, "'_' has no value in a guard; give the argument a name");
    case BT_AST_VAR: return check_guard_var(c, e);
    case BT_AST_TUPLE: return check_tests(c, e->u.seq.items, e->u.seq.n);
    case BT_AST_LIST:
        if (check_tests(c, e->u.seq.items, e->u.seq.n))
            return -1;
        return e->u.seq.tail ? check_test(c, e->u.seq.tail) : 0;
    case BT_AST_MAP: return check_guard_map(c, e);
    case BT_AST_OP: return check_guard_op(c, e);
    case BT_AST_CALL: return check_call(c, e);
    case BT_AST_RECORD: return not_expanded(c, e);
    }
    return 0;
}

/* atom(X) on its own was once a test; ms_transform still takes it for is_atom(X). */
static void modernise(struct checker *c, struct bt_ast *test)
{
    const char *now = is_transformed(c) && test->kind == BT_AST_CALL && !test->u.call.is_remote
                          ? bt_guard_old_test(test->u.call.name, test->u.call.n)
                          : NULL;
    if (now)
        test->u.call.name = now;
}

static int check_guards(struct checker *c)
{
    c->place = BT_PLACE_GUARD;
    for (size_t i = 0; i < c->clause->n_guards; i++) {
        const struct bt_ast_guard *g = &c->clause->guards[i];
        for (size_t j = 0; j < g->n; j++)
            modernise(c, g->tests[j]);
        if (check_tests(c, g->tests, g->n))
            return -1;
    }
    return 0;
}

static int check_body(struct checker *c)
{
    c->place = BT_PLACE_BODY;
    return check_tests(c, c->clause->body, c->clause->n_body);
}

/* ---- the whole ---- */

static void mark_unwanted(struct checker *c)
{
    for (size_t i = 0; i < c->clause->n_vars; i++) {
        struct bt_ast_var *v = &c->clause->vars[i];
        v->is_unwanted = v->name[0] == '_' && v->n_bound == 1 && !v->in_guard;
    }
}

static int check_clause(struct checker *c)
{
    c->vars_cap = 0;
    if (check_head(c) || check_guards(c) || check_body(c))
        return -1;
    mark_unwanted(c);
    return 0;
}

int bt_check(struct bt_ast_spec *spec, struct bt_arena *arena, struct beamtap_err *err)
{
    struct checker c = {.spec = spec, .arena = arena, .err = err};
    if (check_names(&c) || check_pasted(&c) || check_width(&c))
        return -1;
    for (size_t i = 0; i < spec->n_clauses; i++) {
        c.clause = &spec->clauses[i];
        if (check_clause(&c))
            return -1;
    }
    for (size_t i = 0; i < spec->n_actions; i++) {
        if (spec->actions[i].action == BT_ACTION_STACK)
            note_since(spec, 26, "current_stacktrace");
    }
    return spec->match_spec ? bt_check_match_spec(spec, err) : 0;
}
