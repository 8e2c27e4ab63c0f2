/*
 * parser.c - a whole spec: which notation it is in, module, function, arguments, guards, actions. Recon tuples are
 * in recon.c.
 */
#include "spec/parser.h"

#include <string.h>

#include "spec/constant.h"
#include "spec/ex_expr.h"
#include "spec/expr.h"
#include "spec/loc.h"
#include "spec/suggest.h"

/* ---- arity ---- */

int bt_parse_arity(struct bt_parser *p, size_t *arity)
{
    const struct bt_term *t = p->tok.term;
    if (p->tok.kind != BT_TOK_LITERAL || p->tok.is_char || (t->kind != BT_TERM_INT && t->kind != BT_TERM_BIG))
        return bt_parser_unexpected(p, "an arity (0 to 255)");
    if (t->kind == BT_TERM_BIG || t->u.small > BT_SPEC_MAX_ARITY)
        return bt_parser_fail(p, p->tok.loc, "a function has at most %d arguments", BT_SPEC_MAX_ARITY);
    *arity = (size_t)t->u.small;
    return bt_parser_next(p);
}

/* ---- guards and actions ---- */

int bt_parse_guards(struct bt_parser *p, struct bt_ast_clause *c)
{
    size_t cap = 0;
    c->n_guards = 0;
    p->in_guard = !p->in_fun;
    do {
        struct bt_ast_list tests = {0};
        if (bt_parser_next(p) || bt_parse_list(p, &tests))
            return -1;
        c->guards = bt_arena_grow(p->arena, c->guards, c->n_guards, &cap, sizeof *c->guards);
        if (!c->guards)
            return bt_err_nomem(p->err);
        c->guards[c->n_guards++] = (struct bt_ast_guard){tests.items, tests.n};
    } while (p->tok.kind == BT_TOK_SEMICOLON);
    p->in_guard = false;
    return 0;
}

/* Words that may stand behind `->`. cure NULL: it is the action. */
static const struct {
    const char *name;
    enum bt_action action;
    const char *cure;
} actions[] = {
    {"return", BT_ACTION_RETURN, NULL},
    {"time", BT_ACTION_TIME, NULL},
    {"caller", BT_ACTION_CALLER, NULL},
    {"stack", BT_ACTION_STACK, NULL},
    {"count", BT_ACTION_COUNT, NULL},
    {"return_trace", 0, "write 'return': it shows the value or the exception"},
    {"exception_trace", 0, "write 'return': it shows the value or the exception"},
    {"message", 0,
        "what is shown is what the pattern names: mod:fun({ok, X}, _) shows X and leaves out what is _"},
    {"ok", 0, "'ok' is no action; leave '-> ok' out to see calls only, or write '-> return'"},
    {"true", 0, "'true' is no action; leave '-> true' out to see calls only, or write '-> return'"},
};

static int unknown_action(struct bt_parser *p, const struct bt_token *t)
{
    struct bt_suggestion best = {0};
    char shown[80];
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (!actions[i].cure)
            bt_suggest(&best, t->text, actions[i].name);
    }
    bt_lex_show(&p->lx, t, shown, sizeof shown);
    if (best.word)
        return bt_parser_fail(p, t->loc, "unknown action %s; did you mean '%s'?", shown, best.word);
    return bt_parser_fail(
        p, t->loc, "unknown action %s; there are: return, time, caller, stack, count", shown);
}

static int parse_action(struct bt_parser *p, struct bt_ast_action *out)
{
    struct bt_token t = p->tok;
    if (t.kind == BT_TOK_END)
        return bt_parser_fail(
            p, p->prev.loc, "nothing stands behind '->'; write an action, for instance 'return'");
    bool is_word = t.kind == BT_TOK_ATOM || (t.kind == BT_TOK_VAR && p->lx.syntax == BT_SYNTAX_ELIXIR);
    if (!is_word)
        return bt_parser_unexpected(p, "an action, for instance 'return',");
    for (size_t i = 0; i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(actions[i].name, t.text) != 0)
            continue;
        if (actions[i].cure)
            return bt_parser_fail(p, t.loc, "%s", actions[i].cure);
        *out = (struct bt_ast_action){actions[i].action, t.loc};
        if (bt_parser_next(p))
            return -1;
        return p->tok.kind == BT_TOK_LPAREN
                   ? bt_parser_fail(p, p->tok.loc, "an action has no brackets: write '-> %s'", t.text)
                   : 0;
    }
    return unknown_action(p, &t);
}

static bool has_action(const struct bt_ast_spec *s, enum bt_action action)
{
    for (size_t i = 0; i < s->n_actions; i++) {
        if (s->actions[i].action == action)
            return true;
    }
    return false;
}

/* Behind `->`. An action that is named twice is the same as once. */
int bt_parse_actions(struct bt_parser *p, struct bt_ast_spec *s)
{
    s->actions = bt_arena_array(p->arena, sizeof actions / sizeof actions[0], sizeof *s->actions);
    if (!s->actions)
        return bt_err_nomem(p->err);
    do {
        struct bt_ast_action action;
        if (bt_parser_next(p) || parse_action(p, &action))
            return -1;
        if (!has_action(s, action.action))
            s->actions[s->n_actions++] = action;
    } while (p->tok.kind == BT_TOK_COMMA || p->tok.kind == BT_TOK_SEMICOLON);
    return 0;
}

/* ---- mod:fun(Args) ---- */

static int parse_args(struct bt_parser *p, struct bt_ast_spec *s)
{
    struct bt_token open = p->tok;
    struct bt_ast_list args = {0};
    if (bt_parser_next(p))
        return -1;
    if (p->tok.kind != BT_TOK_RPAREN && bt_parse_list(p, &args))
        return -1;
    if (bt_parser_close(p, BT_TOK_RPAREN, &open, "',' or ')'"))
        return -1;
    s->args_kind = BT_ARGS_PATTERN;
    s->arity = args.n;
    s->args_loc = bt_loc_join(open.loc, p->prev.loc);
    if (s->arity > BT_SPEC_MAX_ARITY)
        return bt_parser_fail(
            p, s->args_loc, "a function has at most %d arguments, here are %zu", BT_SPEC_MAX_ARITY, s->arity);
    s->clauses[0].head = bt_ast_list_node(p, &args, open.loc);
    return s->clauses[0].head ? 0 : -1;
}

/* /2, /_, (X, _) or nothing */
static int parse_args_or_arity(struct bt_parser *p, struct bt_ast_spec *s)
{
    if (p->tok.kind == BT_TOK_LPAREN)
        return parse_args(p, s);
    if (!bt_parser_is_op(p, BT_OP_SLASH))
        return 0;
    struct beamtap_loc slash = p->tok.loc;
    if (bt_parser_next(p))
        return -1;
    if (p->tok.kind == BT_TOK_WILD || bt_parser_is_op(p, BT_OP_MUL))
        return bt_parser_next(p);
    if (bt_parse_arity(p, &s->arity))
        return -1;
    s->args_kind = BT_ARGS_ARITY;
    s->args_loc = bt_loc_join(slash, p->prev.loc);
    return 0;
}

static int parse_call_spec(struct bt_parser *p, struct bt_ast_spec *s)
{
    s->notation = BT_NOTATION_CALL;
    s->function = (struct bt_ast_name){.kind = BT_NAME_ANY, .text = "_", .len = 1};
    if (bt_parse_name(p, "a module", &s->module))
        return -1;
    if (p->tok.kind == BT_TOK_COLON) {
        if (bt_parser_next(p) || bt_parse_name(p, "a function", &s->function) || parse_args_or_arity(p, s))
            return -1;
    } else if (p->tok.kind == BT_TOK_LPAREN || bt_parser_is_op(p, BT_OP_SLASH)) {
        return bt_parser_fail(
            p, s->module.loc, "the module is missing: write mod:%.*s", (int)s->module.len, s->module.text);
    }
    if (p->tok.kind == BT_TOK_WHEN && bt_parse_guards(p, &s->clauses[0]))
        return -1;
    if (p->tok.kind == BT_TOK_ARROW && bt_parse_actions(p, s))
        return -1;
    return 0;
}

/* ---- the whole ---- */

/* Of the token behind the one at hand; a full stop that ends the text is its end. */
static enum bt_token_kind kind_behind(const struct bt_parser *p)
{
    struct bt_parser ahead = *p;
    ahead.err = NULL;
    if (bt_parser_next(&ahead) || (ahead.tok.kind == BT_TOK_DOT && bt_parser_peek(&ahead).kind == BT_TOK_END))
        return BT_TOK_END;
    return ahead.tok.kind;
}

/* send, receive(...) and their like stand alone; `link:f/1` is a module. */
static bool is_event(struct bt_parser *p)
{
    if ((p->tok.kind != BT_TOK_ATOM && p->tok.kind != BT_TOK_RESERVED) || p->tok.is_quoted)
        return false;
    enum bt_token_kind next = kind_behind(p);
    if (next != BT_TOK_END && next != BT_TOK_LPAREN && next != BT_TOK_WHEN && next != BT_TOK_ARROW)
        return false;
    return bt_spec_event_find(p->tok.text) != BT_SPEC_CALL;
}

/* What may follow what was read, for the message when something else does. */
static const char *expected_next(const struct bt_ast_text *t)
{
    const struct bt_ast_spec *s = &t->specs[0];
    if (s->notation == BT_NOTATION_RECON)
        return "the end";
    if (s->notation == BT_NOTATION_EVENT)
        return s->clauses[0].n_guards ? "an operator, ',', ';' or the end" : "'when' or the end";
    if (s->n_actions)
        return "',' and another action, or the end,";
    if (s->clauses[0].n_guards)
        return "an operator, ',', ';' or '->'";
    if (!s->function.loc.line)
        return "':' and a function, 'when' or '->'";
    return s->args_kind == BT_ARGS_ANY ? "'/', '(', 'when' or '->'" : "'when' or '->'";
}

/* One spec, with room for its one clause. */
static struct bt_ast_spec *new_spec(struct bt_parser *p, struct bt_ast_text *t)
{
    t->specs = bt_arena_alloc(p->arena, sizeof *t->specs);
    t->n = 1;
    if (!t->specs || bt_ast_one_clause(p, t->specs))
        return NULL;
    t->specs->loc = p->tok.loc;
    return t->specs;
}

static int fail_event_args(struct bt_parser *p, const struct bt_ast_spec *s)
{
    const struct bt_spec_event_info *info = bt_spec_event_info(s->event);
    static const char *const forms[] = {"", "exit(Reason)", "send(To, Msg)", "receive(Node, From, Msg)"};
    if (info->arity == 0)
        return bt_parser_fail(
            p, s->args_loc, "'%s' takes no patterns: write %s alone", info->name, info->name);
    return bt_parser_fail(p, s->args_loc, "here are %zu pattern%s; write %s", s->arity,
        s->arity == 1 ? "" : "s", forms[info->arity]);
}

/* send(To, Msg) when is_pid(To) */
static int parse_event(struct bt_parser *p, struct bt_ast_spec *s)
{
    s->notation = BT_NOTATION_EVENT;
    s->event = bt_spec_event_find(p->tok.text);
    s->module = s->function = (struct bt_ast_name){.kind = BT_NAME_ATOM, .text = "", .len = 0};
    s->module.loc = p->tok.loc;
    if (bt_parser_next(p) || (p->tok.kind == BT_TOK_LPAREN && parse_args(p, s)))
        return -1;
    if (s->args_kind == BT_ARGS_PATTERN && s->arity != bt_spec_event_info(s->event)->arity)
        return fail_event_args(p, s);
    if (p->tok.kind == BT_TOK_WHEN && s->args_kind != BT_ARGS_PATTERN)
        return bt_parser_fail(p, p->tok.loc, "a guard needs names to test: %s",
            bt_spec_event_info(s->event)->arity
                ? "write them in brackets, for instance send(To, Msg) when ..., exit(Reason) when ..."
                : "this event has none");
    if (p->tok.kind == BT_TOK_WHEN && bt_parse_guards(p, &s->clauses[0]))
        return -1;
    if (p->tok.kind == BT_TOK_ARROW)
        return bt_parser_fail(p, p->tok.loc,
            "an event has no actions: '%s' does not return, and its message is shown as it is",
            bt_spec_event_info(s->event)->name);
    return 0;
}

static int parse_one_event(struct bt_parser *p, struct bt_ast_text *t)
{
    struct bt_ast_spec *s = new_spec(p, t);
    if (!s)
        return bt_err_nomem(p->err);
    if (parse_event(p, s))
        return -1;
    s->loc = bt_loc_join(s->loc, p->prev.loc);
    return 0;
}

static int parse_one_call(struct bt_parser *p, struct bt_ast_text *t)
{
    struct bt_ast_spec *s = new_spec(p, t);
    if (!s)
        return bt_err_nomem(p->err);
    if (parse_call_spec(p, s))
        return -1;
    s->loc = bt_loc_join(s->loc, p->prev.loc);
    return 0;
}

static int parse_notation(struct bt_parser *p, struct bt_ast_text *t)
{
    if (p->lx.syntax == BT_SYNTAX_ELIXIR)
        return bt_ex_parse(p, t);
    if (is_event(p))
        return parse_one_event(p, t);
    switch (p->tok.kind) {
    case BT_TOK_LBRACE:
    case BT_TOK_LBRACKET: return bt_parse_recon(p, t);
    case BT_TOK_STRING:
        return bt_parser_fail(
            p, p->tok.loc, "take the double quotes away: the pattern itself has none around it");
    case BT_TOK_END: return bt_parser_unexpected(p, "a pattern, for instance lists:seq/2,");
    default: return parse_one_call(p, t);
    }
}

static int parse(const char *text, struct bt_arena *arena, struct bt_ast_text *out, struct beamtap_err *err)
{
    struct bt_parser p = {.arena = arena, .err = err};
    struct bt_ast_text t = {0};
    if (bt_lex_init(&p.lx, text, arena, err) || bt_parser_next(&p) || parse_notation(&p, &t))
        return -1;
    if (p.tok.kind == BT_TOK_DOT && bt_parser_next(&p)) /* a form copied from a file ends in one */
        return -1;
    if (p.tok.kind != BT_TOK_END)
        return p.lx.syntax == BT_SYNTAX_ELIXIR ? bt_ex_unexpected(&p, bt_ex_expected_next(&t))
                                               : bt_parser_unexpected(&p, expected_next(&t));
    t.modules = p.modules;
    t.n_modules = p.n_modules;
    *out = t;
    return 0;
}

/* Not every look ahead can say that there was no memory for it. */
int bt_parse(const char *text, struct bt_arena *arena, struct bt_ast_text *out, struct beamtap_err *err)
{
    int rc = parse(text, arena, out, err);
    return arena->failed ? bt_err_only_nomem(err) : rc;
}

/* ---- a value by itself ---- */

static int parse_value_spec(struct bt_parser *p, struct bt_ast_spec *s)
{
    struct bt_ast_list args = {0};
    struct bt_token first = p->tok;
    if (first.kind == BT_TOK_END)
        return bt_parser_unexpected(p, "a pattern, for instance {error, _},");
    if (p->lx.syntax == BT_SYNTAX_ELIXIR)
        return bt_ex_parse_value(p, s);
    struct bt_ast *e = bt_parse_expr(p, 0);
    if (!e || bt_ast_list_add(p, &args, e))
        return -1;
    s->clauses[0].head = bt_ast_list_node(p, &args, first.loc);
    if (!s->clauses[0].head)
        return -1;
    return p->tok.kind == BT_TOK_WHEN ? bt_parse_guards(p, &s->clauses[0]) : 0;
}

static int parse_value(const char *text, enum bt_syntax syntax, struct bt_arena *arena,
    struct bt_ast_text *out, struct beamtap_err *err)
{
    struct bt_parser p = {.arena = arena, .err = err};
    struct bt_ast_text t = {0};
    if (bt_lex_init(&p.lx, text, arena, err))
        return -1;
    p.lx.syntax = syntax;
    struct bt_ast_spec *s = bt_parser_next(&p) ? NULL : new_spec(&p, &t);
    if (!s)
        return -1;
    s->notation = BT_NOTATION_EVENT;
    s->syntax = syntax;
    s->event = BT_SPEC_EXIT; /* the same in all but its name */
    s->args_kind = BT_ARGS_PATTERN;
    s->arity = 1;
    s->module = s->function = (struct bt_ast_name){.kind = BT_NAME_ATOM, .text = "", .len = 0};
    s->module.loc = p.tok.loc;
    if (parse_value_spec(&p, s))
        return -1;
    if (p.tok.kind == BT_TOK_DOT && bt_parser_next(&p))
        return -1;
    if (p.tok.kind != BT_TOK_END)
        return bt_parser_unexpected(&p, "'when' or the end");
    s->loc = s->args_loc = bt_loc_join(s->loc, p.prev.loc);
    t.modules = p.modules;
    t.n_modules = p.n_modules;
    *out = t;
    return 0;
}

int bt_parse_value(const char *text, enum bt_syntax syntax, struct bt_arena *arena, struct bt_ast_text *out,
    struct beamtap_err *err)
{
    int rc = parse_value(text, syntax, arena, out, err);
    return arena->failed ? bt_err_only_nomem(err) : rc;
}

int bt_parse_constant(
    const char *text, struct bt_arena *arena, const struct bt_term **out, struct beamtap_err *err)
{
    struct bt_parser p = {.arena = arena, .err = err, .in_guard = true};
    if (bt_lex_init(&p.lx, text, arena, err) || bt_parser_next(&p))
        return -1;
    const struct bt_ast *e = p.lx.syntax == BT_SYNTAX_ELIXIR ? bt_ex_expr(&p, 0) : bt_parse_expr(&p, 0);
    if (!e)
        return -1;
    if (p.tok.kind != BT_TOK_END)
        return bt_parser_unexpected(&p, "the end of the term");
    if (!bt_constant_is(e))
        return bt_parser_fail(&p, e->loc, "a term without variables is expected here");
    *out = bt_constant_term(arena, e);
    return *out ? 0 : bt_err_nomem(err);
}
