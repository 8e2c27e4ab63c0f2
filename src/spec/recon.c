/*
 * recon.c - {mod, fun, Args} as recon_trace:calls takes it, lists of them, and the funs and match specifications in
 * them.
 */
#include <string.h>

#include "spec/expr.h"
#include "spec/loc.h"

/* ---- clauses ---- */

int bt_ast_one_clause(struct bt_parser *p, struct bt_ast_spec *s)
{
    s->clauses = bt_arena_alloc(p->arena, sizeof *s->clauses);
    s->n_clauses = 1;
    return s->clauses ? 0 : -1;
}

/* ---- fun(Head) when Guards -> Body; ... end ---- */

static bool is_end(const struct bt_parser *p)
{
    return p->tok.kind == BT_TOK_RESERVED && strcmp(p->tok.text, "end") == 0;
}

static const char one_argument[] =
    "a fun for tracing takes one argument, the list of the arguments: fun([X, _]) -> ... end";

/* The one argument in its brackets. */
static int parse_head(struct bt_parser *p, struct bt_ast_clause *c)
{
    struct bt_token open = p->tok;
    if (open.kind == BT_TOK_VAR)
        return bt_parser_fail(p, open.loc, "a fun for tracing has no name; leave '%s' out", open.text);
    if (bt_parser_expect(p, BT_TOK_LPAREN, "'('"))
        return -1;
    if (p->tok.kind == BT_TOK_RPAREN)
        return bt_parser_fail(p, bt_loc_join(open.loc, p->tok.loc), "%s", one_argument);
    p->in_head = true;
    c->head = bt_parse_expr(p, 0);
    p->in_head = false;
    if (!c->head)
        return -1;
    if (p->tok.kind == BT_TOK_COMMA)
        return bt_parser_fail(p, p->tok.loc, "%s", one_argument);
    return bt_parser_close(p, BT_TOK_RPAREN, &open, "')'");
}

static int parse_clause(struct bt_parser *p, struct bt_ast_clause *c)
{
    struct bt_ast_list body = {0};
    c->loc = p->tok.loc;
    if (parse_head(p, c))
        return -1;
    if (p->tok.kind == BT_TOK_WHEN && bt_parse_guards(p, c))
        return -1;
    if (p->tok.kind == BT_TOK_OP && p->tok.op == BT_OP_MATCH)
        return bt_parser_fail(p, p->tok.loc, "write '->' between the head and what is done");
    if (bt_parser_expect(p, BT_TOK_ARROW, "'when' or '->'"))
        return -1;
    if (is_end(p))
        return bt_parser_fail(
            p, p->tok.loc, "nothing stands behind '->'; write for instance return_trace(), or ok");
    if (bt_parse_list(p, &body))
        return -1;
    c->body = body.items;
    c->n_body = body.n;
    c->loc = bt_loc_join(c->loc, p->prev.loc);
    return 0;
}

static int parse_fun(struct bt_parser *p, struct bt_ast_spec *s)
{
    struct bt_token fun = p->tok;
    size_t cap = 1;
    s->args_kind = BT_ARGS_FUN;
    s->n_clauses = 0;
    p->in_fun = true;
    do {
        s->clauses = bt_arena_grow(p->arena, s->clauses, s->n_clauses, &cap, sizeof *s->clauses);
        if (!s->clauses)
            return bt_err_nomem(p->err);
        if (bt_parser_next(p) || parse_clause(p, &s->clauses[s->n_clauses++]))
            return -1;
    } while (p->tok.kind == BT_TOK_SEMICOLON);
    if (p->tok.kind == BT_TOK_END)
        return bt_parser_fail(p, fun.loc, "this fun has no 'end'");
    if (!is_end(p))
        return bt_parser_unexpected(p, "',', ';' or 'end'");
    p->in_fun = false;
    return bt_parser_next(p);
}

/* ---- {mod, fun, args} ---- */

static int parse_match_spec(struct bt_parser *p, struct bt_ast_spec *s)
{
    s->match_spec = bt_parse_expr(p, 0);
    s->args_kind = BT_ARGS_MATCH_SPEC;
    s->n_clauses = 0;
    return s->match_spec ? 0 : -1;
}

/* dbg:fun2ms(fun([X, _]) -> ... end), as it stands in shells: the fun is what counts. Tok is on dbg. */
static int parse_fun2ms(struct bt_parser *p, struct bt_ast_spec *s)
{
    if (bt_parser_next(p) || bt_parser_expect(p, BT_TOK_COLON, "':'"))
        return -1;
    if (p->tok.kind != BT_TOK_ATOM || strcmp(p->tok.text, "fun2ms") != 0)
        return bt_parser_unexpected(p, "fun2ms");
    if (bt_parser_next(p))
        return -1;
    struct bt_token open = p->tok;
    if (bt_parser_expect(p, BT_TOK_LPAREN, "'('"))
        return -1;
    if (p->tok.kind != BT_TOK_FUN)
        return bt_parser_unexpected(p, "a fun");
    return parse_fun(p, s) ? -1 : bt_parser_close(p, BT_TOK_RPAREN, &open, "')'");
}

static int parse_args(struct bt_parser *p, struct bt_ast_spec *s)
{
    struct bt_token t = p->tok;
    if (t.kind == BT_TOK_WILD || (t.kind == BT_TOK_ATOM && strcmp(t.text, "_") == 0))
        return bt_parser_next(p);
    if (t.kind == BT_TOK_ATOM && strcmp(t.text, "return_trace") == 0) {
        s->args_kind = BT_ARGS_RETURN_TRACE;
        return bt_parser_next(p);
    }
    if (t.kind == BT_TOK_LBRACKET && bt_parser_peek(p).kind == BT_TOK_RBRACKET)
        return bt_parser_next(p) || bt_parser_next(p) ? -1 : 0; /* recon: as '_' */
    if (t.kind == BT_TOK_LBRACKET)
        return parse_match_spec(p, s);
    if (t.kind == BT_TOK_FUN)
        return parse_fun(p, s);
    if (t.kind == BT_TOK_ATOM && strcmp(t.text, "dbg") == 0)
        return parse_fun2ms(p, s);
    s->args_kind = BT_ARGS_ARITY;
    if (t.kind == BT_TOK_LITERAL)
        return bt_parse_arity(p, &s->arity);
    return bt_parser_unexpected(p, "'_', an arity (0 to 255), return_trace, a fun or a match specification");
}

/* {queue, in} and such. */
static int check_three(struct bt_parser *p)
{
    if (p->tok.kind == BT_TOK_RBRACE)
        return bt_parser_fail(p, p->tok.loc, "a recon tuple has three elements: {mod, fun, '_'}");
    return 0;
}

static int parse_tuple(struct bt_parser *p, struct bt_ast_spec *s)
{
    struct bt_token open = p->tok;
    s->notation = BT_NOTATION_RECON;
    if (bt_ast_one_clause(p, s))
        return bt_err_nomem(p->err);
    if (bt_parser_expect(p, BT_TOK_LBRACE, "a recon tuple, for instance {queue, in, 2},") ||
        bt_parse_name(p, "a module", &s->module) || check_three(p) ||
        bt_parser_expect(p, BT_TOK_COMMA, "','") || bt_parse_name(p, "a function", &s->function) ||
        check_three(p) || bt_parser_expect(p, BT_TOK_COMMA, "','"))
        return -1;
    struct beamtap_loc start = p->tok.loc;
    if (parse_args(p, s))
        return -1;
    s->args_loc = bt_loc_join(start, p->prev.loc);
    if (bt_parser_close(p, BT_TOK_RBRACE, &open, "'}'"))
        return -1;
    s->loc = bt_loc_join(open.loc, p->prev.loc);
    return 0;
}

/* ---- one or several ---- */

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

static int parse_one(struct bt_parser *p, struct bt_ast_text *out)
{
    out->specs = bt_arena_alloc(p->arena, sizeof *out->specs);
    out->n = 1;
    return out->specs ? parse_tuple(p, out->specs) : bt_err_nomem(p->err);
}

static int check_tail(struct bt_parser *p)
{
    if (p->tok.kind == BT_TOK_ARROW || p->tok.kind == BT_TOK_WHEN)
        return bt_parser_fail(p, p->tok.loc,
            "a recon tuple ends with its '}'; write {mod, fun, return_trace}, or "
            "mod:fun(X, _) when is_list(X) -> return");
    if (p->tok.kind == BT_TOK_COMMA)
        return bt_parser_fail(p, p->tok.loc,
            "one tuple only; give each as an argument of its own, in its own quotes, or a list of them: "
            "[{...}, {...}]");
    return 0;
}

int bt_parse_recon(struct bt_parser *p, struct bt_ast_text *out)
{
    if (p->tok.kind == BT_TOK_LBRACKET ? parse_tuples(p, out) : parse_one(p, out))
        return -1;
    return check_tail(p);
}
