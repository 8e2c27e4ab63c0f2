/*
 * ex_parser.c - a whole spec in Elixir notation: MyApp.Cart.total(x, _) when x > 3 -> return, and recon tuples with
 * Elixir's terms and fn.
 */
#include <string.h>

#include "spec/ex_expr.h"
#include "spec/guards.h"
#include "spec/loc.h"

/* ---- errors ---- */

static bool begins_term(enum bt_token_kind kind)
{
    return kind == BT_TOK_VAR || kind == BT_TOK_LITERAL || kind == BT_TOK_ATOM || kind == BT_TOK_STRING ||
           kind == BT_TOK_LBRACKET || kind == BT_TOK_LBRACE || kind == BT_TOK_PERCENT;
}

int bt_ex_unexpected(struct bt_parser *p, const char *expected)
{
    const struct bt_token *t = &p->tok, *before = &p->prev;
    if (t->kind == BT_TOK_VAR && (bt_ex_is_function(t->text) || strcmp(t->text, "xor") == 0))
        return bt_parser_fail(p, t->loc, "'%s' is a function in Elixir, not an operator: %s(x, y)", t->text,
            strcmp(t->text, "xor") == 0 ? ":erlang.xor" : t->text);
    if (before->kind == BT_TOK_VAR && bt_ex_is_function(before->text) && begins_term(t->kind))
        return bt_parser_fail(p, before->loc, "a call needs its brackets here: %s(...)", before->text);
    return bt_parser_unexpected(p, expected);
}

/* ---- names ---- */

static int fill_name(struct bt_parser *p, const struct bt_token *t, struct bt_ast_name *name)
{
    bool is_any = t->kind == BT_TOK_WILD || t->kind == BT_TOK_OP || (t->len == 1 && t->text[0] == '_');
    name->kind = is_any ? BT_NAME_ANY : BT_NAME_ATOM;
    name->text = is_any ? "_" : t->text;
    name->len = is_any ? 1 : t->len;
    name->loc = t->loc;
    if (memchr(name->text, '\0', name->len))
        return bt_parser_fail(p, t->loc, "the name of a module or function cannot have a NUL in it");
    return bt_parser_next(p);
}

/* MyApp.Cart, :lists */
static int parse_module(struct bt_parser *p, struct bt_ast_name *name)
{
    struct bt_token t = p->tok;
    if (t.kind == BT_TOK_VAR)
        return bt_parser_fail(p, t.loc, "a module is written Foo.Bar, or :%s for one of Erlang", t.text);
    if (t.kind != BT_TOK_ALIAS && t.kind != BT_TOK_ATOM && t.kind != BT_TOK_WILD)
        return bt_parser_unexpected(p, "a module");
    return fill_name(p, &t, name);
}

static bool is_glob_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) ||
           (c && strchr("_*?!", c));
}

static int take_glob(struct bt_parser *p, const char *prefix, size_t len, struct bt_ast_name *name)
{
    size_t before = strlen(prefix);
    char *text = bt_arena_alloc(p->arena, before + len + 1);
    if (!text)
        return bt_err_nomem(p->err);
    memcpy(text, prefix, before);
    memcpy(text + before, p->lx.text + p->tok.loc.off, len);
    bt_parser_take_text(p, len);
    *name = (struct bt_ast_name){.kind = BT_NAME_GLOB, .text = text, .len = before + len, .loc = p->tok.loc};
    return bt_parser_next(p);
}

/* Bytes of the module at s where it is a glob, MyApp.*.total or MyApp.Web*; else 0. MyApp.* is one module. */
static size_t module_glob_len(const char *s)
{
    size_t n = 0, last = 0;
    for (; is_glob_char(s[n]) || (s[n] == '.' && is_glob_char(s[n + 1])); n++)
        last = s[n] == '.' ? n + 1 : last;
    bool is_module = (s[last] >= 'A' && s[last] <= 'Z') || s[n] == '.'; /* My.*."a b" */
    size_t len = is_module || !last ? n : last - 1;
    return memchr(s, '*', len) ? len : 0;
}

/* total, get!, "quoted", get_*, * and _ for all of them, with tok behind the dot. */
static int parse_member(struct bt_parser *p, struct bt_ast_name *name)
{
    struct bt_token t = p->tok;
    const char *text = p->lx.text + t.loc.off;
    size_t len = 0;
    while (!t.is_quoted && is_glob_char(text[len]))
        len++;
    if (len > 1 && memchr(text, '*', len)) {
        if (text[0] >= 'A' && text[0] <= 'Z')
            return bt_parser_unexpected(p, "a function, whose name begins with a small letter,");
        return take_glob(p, "", len, name);
    }
    bool is_all = bt_parser_is_op(p, BT_OP_MUL);
    if (t.kind != BT_TOK_VAR && t.kind != BT_TOK_ATOM && t.kind != BT_TOK_WILD && !is_all)
        return bt_parser_unexpected(p, "a function, or * for all of them,");
    return fill_name(p, &t, name);
}

/* :in of a recon tuple */
static int parse_function(struct bt_parser *p, struct bt_ast_name *name)
{
    struct bt_token t = p->tok;
    if (t.kind == BT_TOK_VAR || t.kind == BT_TOK_IN || t.kind == BT_TOK_RESERVED || t.kind == BT_TOK_ALIAS ||
        t.kind == BT_TOK_WHEN || (t.kind == BT_TOK_OP && t.loc.len > 1))
        return bt_parser_fail(
            p, t.loc, "a function is written as an atom here: :%.*s", (int)t.loc.len, p->lx.text + t.loc.off);
    if (t.kind != BT_TOK_ATOM && t.kind != BT_TOK_WILD)
        return bt_parser_unexpected(p, "a function");
    return fill_name(p, &t, name);
}

/* ---- guards ---- */

static int parse_guards(struct bt_parser *p, struct bt_ast_clause *c)
{
    size_t cap = 0;
    do {
        struct bt_ast_list tests = {0};
        if (bt_parser_next(p))
            return -1;
        if (p->tok.kind == BT_TOK_ARROW || p->tok.kind == BT_TOK_END)
            return bt_parser_unexpected(p, "a test, for instance is_list(x),");
        struct bt_ast *test = bt_ex_whole_expr(p);
        if (!test || bt_ast_list_add(p, &tests, test))
            return -1;
        c->guards = bt_arena_grow(p->arena, c->guards, c->n_guards, &cap, sizeof *c->guards);
        if (!c->guards)
            return bt_err_nomem(p->err);
        c->guards[c->n_guards++] = (struct bt_ast_guard){tests.items, tests.n};
    } while (p->tok.kind == BT_TOK_WHEN);
    if (p->tok.kind == BT_TOK_COMMA)
        return bt_parser_fail(p, p->tok.loc, "write 'and' between two tests that must both hold");
    if (p->tok.kind == BT_TOK_SEMICOLON)
        return bt_parser_fail(p, p->tok.loc, "write 'or', or another 'when', between alternatives");
    return 0;
}

/* Patterns, where nothing can be called. */
static int check_range(struct bt_parser *p)
{
    if (p->range)
        return bt_parser_fail(p, p->range->loc,
            "a range cannot stand in a pattern; bind a variable and test it: when x in 1..10");
    return 0;
}

/* ---- Mod.fun(args) ---- */

static int parse_args(struct bt_parser *p, struct bt_ast_spec *s)
{
    struct bt_token open = p->tok;
    struct bt_ast_list args = {0};
    p->in_head = true;
    if (bt_parser_next(p) || bt_ex_items(p, BT_TOK_RPAREN, false, &args))
        return -1;
    if (p->tok.kind != BT_TOK_RPAREN && p->tok.kind != BT_TOK_END)
        return bt_ex_unexpected(p, "',' or ')'");
    if (bt_parser_close(p, BT_TOK_RPAREN, &open, "',' or ')'") || check_range(p))
        return -1;
    p->in_head = false;
    s->args_kind = BT_ARGS_PATTERN;
    s->arity = args.n;
    s->args_loc = bt_loc_join(open.loc, p->prev.loc);
    if (s->arity > BT_SPEC_MAX_ARITY)
        return bt_parser_fail(
            p, s->args_loc, "a function has at most %d arguments, here are %zu", BT_SPEC_MAX_ARITY, s->arity);
    s->clauses[0].head = bt_ast_list_node(p, &args, open.loc);
    return s->clauses[0].head ? 0 : -1;
}

/* /2, /_, (x, _) or nothing */
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

/* Behind a module: what shows that its last part was meant as a function. */
static int check_module_end(struct bt_parser *p, const struct bt_ast_name *m)
{
    if (p->tok.kind != BT_TOK_LPAREN && !bt_parser_is_op(p, BT_OP_SLASH) && p->tok.kind != BT_TOK_ATOM)
        return 0;
    const char *text = p->lx.text + m->loc.off;
    int len = (int)m->loc.len;
    return bt_parser_fail(
        p, m->loc, "%.*s is a module; its function stands behind a dot: %.*s.fun/2", len, text, len, text);
}

static int parse_call_spec(struct bt_parser *p, struct bt_ast_spec *s)
{
    s->notation = BT_NOTATION_CALL;
    s->function = (struct bt_ast_name){.kind = BT_NAME_ANY, .text = "_", .len = 1};
    size_t glob = p->tok.kind == BT_TOK_ALIAS ? module_glob_len(p->lx.text + p->tok.loc.off) : 0;
    bool is_full = strncmp(p->lx.text + p->tok.loc.off, "Elixir.", strlen("Elixir.")) == 0;
    if (glob ? take_glob(p, is_full ? "" : "Elixir.", glob, &s->module) : parse_module(p, &s->module))
        return -1;
    if (p->tok.kind == BT_TOK_DOT) {
        if (bt_parser_next(p) || parse_member(p, &s->function) || parse_args_or_arity(p, s))
            return -1;
    } else if (check_module_end(p, &s->module)) {
        return -1;
    }
    if (p->tok.kind == BT_TOK_WHEN && parse_guards(p, &s->clauses[0]))
        return -1;
    if (p->tok.kind == BT_TOK_ARROW && bt_parse_actions(p, s))
        return -1;
    s->loc = bt_loc_join(s->loc, p->prev.loc);
    return 0;
}

/* ---- fn head when guard -> body; ... end ---- */

static const char one_argument[] =
    "a fn for tracing takes one argument, the list of the arguments: fn [x, _] -> ... end";

static bool is_end(const struct bt_parser *p)
{
    return p->tok.kind == BT_TOK_RESERVED && strcmp(p->tok.text, "end") == 0;
}

static bool opens(enum bt_token_kind kind)
{
    return kind == BT_TOK_LPAREN || kind == BT_TOK_LBRACKET || kind == BT_TOK_LBRACE ||
           kind == BT_TOK_BIN_OPEN;
}

static bool closes(enum bt_token_kind kind)
{
    return kind == BT_TOK_RPAREN || kind == BT_TOK_RBRACKET || kind == BT_TOK_RBRACE ||
           kind == BT_TOK_BIN_CLOSE;
}

/* Does what is at hand, up to the next line or `;`, lead to a `->`? Then it is the head of a clause. */
static bool is_clause(const struct bt_parser *p)
{
    struct bt_lexer lx = p->lx;
    struct bt_token t = p->tok;
    size_t depth = 0;
    for (bool is_first = true;; is_first = false) {
        bool continues = t.kind == BT_TOK_WHEN || t.kind == BT_TOK_OP || t.kind == BT_TOK_IN;
        if (depth == 0 && (t.kind == BT_TOK_ARROW || t.kind == BT_TOK_WHEN))
            return true;
        if (depth == 0 && (t.kind == BT_TOK_SEMICOLON || (t.is_on_new_line && !is_first && !continues)))
            return false;
        if (t.kind == BT_TOK_END || t.kind == BT_TOK_RESERVED || (closes(t.kind) && depth == 0))
            return false;
        depth += opens(t.kind);
        depth -= closes(t.kind);
        if (bt_lex_next(&lx, &t, NULL))
            return false;
    }
}

static int parse_head(struct bt_parser *p, struct bt_ast_clause *c)
{
    if (p->tok.kind == BT_TOK_ARROW || p->tok.kind == BT_TOK_WHEN)
        return bt_parser_fail(p, p->tok.loc, "%s", one_argument);
    p->in_head = true;
    c->head = bt_ex_expr(p, 0);
    if (!c->head)
        return -1;
    if (p->tok.kind == BT_TOK_COMMA)
        return bt_parser_fail(p, p->tok.loc, "%s", one_argument);
    p->in_head = false;
    return check_range(p);
}

/* The node of what recon users write without brackets: return_trace, :return_trace. */
static struct bt_ast *action_call(struct bt_parser *p, struct bt_ast *e)
{
    static const char *const actions[] = {"return_trace", "exception_trace"};
    const char *name = e->kind == BT_AST_VAR ? e->u.var.name : NULL;
    if (e->kind == BT_AST_LITERAL && e->u.literal->kind == BT_TERM_ATOM)
        name = e->u.literal->u.atom.name;
    for (size_t i = 0; name && i < sizeof actions / sizeof actions[0]; i++) {
        if (strcmp(name, actions[i]) == 0) {
            struct bt_ast_list none = {0};
            return bt_ex_call(p, actions[i], &none, e->loc);
        }
    }
    return e;
}

/* Expressions, each on its line or behind a `;`, up to the next clause or the end. */
static int parse_body(struct bt_parser *p, struct bt_ast_clause *c)
{
    struct bt_ast_list body = {0};
    p->in_body = true;
    do {
        while (body.n && p->tok.kind == BT_TOK_SEMICOLON) {
            if (bt_parser_next(p))
                return -1;
        }
        if (is_end(p) || p->tok.kind == BT_TOK_RBRACE || (body.n && is_clause(p)))
            break;
        struct bt_ast *e = bt_ex_whole_expr(p);
        if (!e || !(e = action_call(p, e)) || bt_ast_list_add(p, &body, e))
            return -1;
    } while (p->tok.kind == BT_TOK_SEMICOLON || (p->tok.is_on_new_line && p->tok.kind != BT_TOK_END));
    p->in_body = false;
    if (p->tok.kind == BT_TOK_COMMA)
        return bt_parser_fail(p, p->tok.loc, "write ';' or a line break between what is done");
    if (!body.n)
        return bt_parser_fail(
            p, p->tok.loc, "nothing stands behind '->'; write for instance return_trace(), or :ok");
    c->body = body.items;
    c->n_body = body.n;
    return 0;
}

static int parse_clause(struct bt_parser *p, struct bt_ast_clause *c)
{
    c->loc = p->tok.loc;
    if (parse_head(p, c) || (p->tok.kind == BT_TOK_WHEN && parse_guards(p, c)))
        return -1;
    if (p->tok.kind != BT_TOK_ARROW)
        return bt_ex_unexpected(p, "'when' or '->'");
    if (bt_parser_next(p) || parse_body(p, c))
        return -1;
    c->loc = bt_loc_join(c->loc, p->prev.loc);
    return 0;
}

static int parse_fn(struct bt_parser *p, struct bt_ast_spec *s)
{
    struct bt_token fn = p->tok;
    size_t cap = 1;
    s->args_kind = BT_ARGS_FUN;
    s->n_clauses = 0;
    if (bt_parser_next(p))
        return -1;
    do {
        s->clauses = bt_arena_grow(p->arena, s->clauses, s->n_clauses, &cap, sizeof *s->clauses);
        if (!s->clauses)
            return bt_err_nomem(p->err);
        if (parse_clause(p, &s->clauses[s->n_clauses++]))
            return -1;
    } while (!is_end(p) && is_clause(p));
    if (p->tok.kind == BT_TOK_END || p->tok.kind == BT_TOK_RBRACE)
        return bt_parser_fail(p, fn.loc, "this fn has no 'end'");
    if (!is_end(p))
        return bt_ex_unexpected(p, "';', a new line or 'end'");
    return bt_parser_next(p);
}

/* ---- {Mod, :fun, args} ---- */

static int parse_match_spec(struct bt_parser *p, struct bt_ast_spec *s)
{
    s->match_spec = bt_ex_whole_expr(p);
    s->args_kind = BT_ARGS_MATCH_SPEC;
    s->n_clauses = 0;
    return s->match_spec ? 0 : -1;
}

static bool is_word(const struct bt_token *t, const char *word)
{
    return (t->kind == BT_TOK_ATOM || t->kind == BT_TOK_VAR) && strcmp(t->text, word) == 0;
}

static int parse_tuple_args(struct bt_parser *p, struct bt_ast_spec *s)
{
    struct bt_token t = p->tok;
    if (t.kind == BT_TOK_WILD || is_word(&t, "_"))
        return bt_parser_next(p);
    if (is_word(&t, "return_trace")) {
        s->args_kind = BT_ARGS_RETURN_TRACE;
        return bt_parser_next(p);
    }
    if (t.kind == BT_TOK_LBRACKET && bt_parser_peek(p).kind == BT_TOK_RBRACKET)
        return bt_parser_next(p) || bt_parser_next(p) ? -1 : 0; /* recon: as :_ */
    if (t.kind == BT_TOK_LBRACKET)
        return parse_match_spec(p, s);
    if (t.kind == BT_TOK_FUN)
        return parse_fn(p, s);
    if (is_word(&t, "fun"))
        return bt_parser_fail(p, t.loc, "Elixir writes a fun as fn [x, _] -> ... end");
    s->args_kind = BT_ARGS_ARITY;
    if (t.kind == BT_TOK_LITERAL)
        return bt_parse_arity(p, &s->arity);
    return bt_parser_unexpected(p, ":_, an arity (0 to 255), :return_trace, a fn or a match specification");
}

static int next_element(struct bt_parser *p)
{
    if (p->tok.kind == BT_TOK_RBRACE)
        return bt_parser_fail(p, p->tok.loc, "a recon tuple has three elements: {Mod, :fun, :_}");
    if (p->tok.kind != BT_TOK_COMMA)
        return bt_ex_unexpected(p, "','");
    return bt_parser_next(p);
}

static int parse_tuple(struct bt_parser *p, struct bt_ast_spec *s)
{
    struct bt_token open = p->tok;
    s->notation = BT_NOTATION_RECON;
    s->syntax = BT_SYNTAX_ELIXIR;
    if (bt_ast_one_clause(p, s))
        return bt_err_nomem(p->err);
    if (bt_parser_expect(p, BT_TOK_LBRACE, "a recon tuple, for instance {:queue, :in, 2},") ||
        parse_module(p, &s->module) || next_element(p) || parse_function(p, &s->function) || next_element(p))
        return -1;
    struct beamtap_loc start = p->tok.loc;
    if (parse_tuple_args(p, s))
        return -1;
    s->args_loc = bt_loc_join(start, p->prev.loc);
    if (bt_parser_close(p, BT_TOK_RBRACE, &open, "'}'"))
        return -1;
    s->loc = bt_loc_join(open.loc, p->prev.loc);
    return 0;
}

static int parse_tuples(struct bt_parser *p, struct bt_ast_text *out)
{
    struct bt_token open = p->tok;
    size_t cap = 0;
    do {
        out->specs = bt_arena_grow(p->arena, out->specs, out->n, &cap, sizeof *out->specs);
        if (!out->specs)
            return bt_err_nomem(p->err);
        if (bt_parser_next(p) || parse_tuple(p, &out->specs[out->n++]))
            return -1;
    } while (p->tok.kind == BT_TOK_COMMA);
    out->is_list = true;
    return bt_parser_close(p, BT_TOK_RBRACKET, &open, "',' or ']'");
}

/* ---- a value by itself ---- */

int bt_ex_parse_value(struct bt_parser *p, struct bt_ast_spec *s)
{
    struct bt_ast_list args = {0};
    struct bt_token first = p->tok;
    p->in_head = true;
    struct bt_ast *e = bt_ex_expr(p, 0);
    if (!e || bt_ast_list_add(p, &args, e) || check_range(p))
        return -1;
    p->in_head = false;
    s->clauses[0].head = bt_ast_list_node(p, &args, first.loc);
    if (!s->clauses[0].head)
        return -1;
    return p->tok.kind == BT_TOK_WHEN ? parse_guards(p, &s->clauses[0]) : 0;
}

/* ---- the whole ---- */

const char *bt_ex_expected_next(const struct bt_ast_text *t)
{
    const struct bt_ast_spec *s = &t->specs[0];
    if (s->notation == BT_NOTATION_RECON)
        return "the end";
    if (s->n_actions)
        return "',' and another action, or the end,";
    if (s->clauses[0].n_guards)
        return "an operator, 'when' or '->'";
    if (!s->function.loc.line)
        return "'.' and a function, 'when' or '->'";
    return s->args_kind == BT_ARGS_ANY ? "'/', '(', 'when' or '->'" : "'when' or '->'";
}

static int check_tail(struct bt_parser *p)
{
    if (p->tok.kind == BT_TOK_ARROW || p->tok.kind == BT_TOK_WHEN)
        return bt_parser_fail(p, p->tok.loc,
            "a recon tuple ends with its '}'; write {Mod, :fun, :return_trace}, or "
            "Mod.fun(x, _) when is_list(x) -> return");
    if (p->tok.kind == BT_TOK_COMMA)
        return bt_parser_fail(p, p->tok.loc,
            "one tuple only; give each as an argument of its own, in its own quotes, or a list of them: "
            "[{...}, {...}]");
    return 0;
}

int bt_ex_parse(struct bt_parser *p, struct bt_ast_text *out)
{
    if (p->tok.kind == BT_TOK_LBRACKET)
        return parse_tuples(p, out) || check_tail(p) ? -1 : 0;
    out->specs = bt_arena_alloc(p->arena, sizeof *out->specs);
    out->n = 1;
    if (!out->specs)
        return bt_err_nomem(p->err);
    if (p->tok.kind == BT_TOK_LBRACE)
        return parse_tuple(p, out->specs) || check_tail(p) ? -1 : 0;
    out->specs->syntax = BT_SYNTAX_ELIXIR;
    out->specs->loc = p->tok.loc;
    return bt_ast_one_clause(p, out->specs) ? bt_err_nomem(p->err) : parse_call_spec(p, out->specs);
}
