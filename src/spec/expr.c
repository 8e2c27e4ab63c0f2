/*
 * expr.c - the recursive descent through terms, patterns and guard expressions.
 */
#include "spec/expr.h"

#include <string.h>

#include "spec/loc.h"
#include "spec/number.h"

#define UNARY_STRENGTH 600

static struct bt_ast *no(int rc)
{
    (void)rc;
    return NULL;
}

/* ---- lists ---- */

int bt_parse_list(struct bt_parser *p, struct bt_ast_list *list)
{
    for (;;) {
        struct bt_ast *item = bt_parse_expr(p, 0);
        if (!item || bt_ast_list_add(p, list, item))
            return -1;
        if (p->tok.kind != BT_TOK_COMMA)
            return 0;
        if (bt_parser_next(p))
            return -1;
    }
}

/* ---- primaries, each with tok on its first token ---- */

static struct bt_ast *parse_literal(struct bt_parser *p)
{
    struct bt_token t = p->tok;
    return bt_parser_next(p) ? NULL : bt_ast_literal(p, t.term, t.loc);
}

/* "abc" "def" is one string. */
static struct bt_ast *parse_string(struct bt_parser *p)
{
    struct bt_ast *e = bt_ast_begin(p, BT_AST_STRING, p->tok.loc);
    char *text = NULL;
    size_t len = 0, cap = 0;
    while (e && p->tok.kind == BT_TOK_STRING) {
        if (!text || cap - len < p->tok.len) {
            char *old = text;
            cap = cap + cap + p->tok.len;
            text = bt_arena_alloc(p->arena, cap + 1);
            if (!text)
                return no(bt_err_nomem(p->err));
            if (old)
                memcpy(text, old, len);
        }
        memcpy(text + len, p->tok.text, p->tok.len);
        len += p->tok.len;
        if (bt_parser_next(p))
            return NULL;
    }
    if (!e)
        return NULL;
    e->u.string.text = text;
    e->u.string.len = len;
    return bt_ast_finish(p, e);
}

static struct bt_ast *parse_var(struct bt_parser *p)
{
    struct bt_token t = p->tok;
    struct bt_ast *e = bt_ast_begin(p, t.kind == BT_TOK_WILD ? BT_AST_WILD : BT_AST_VAR, t.loc);
    if (!e || bt_parser_next(p))
        return NULL;
    if (t.kind == BT_TOK_VAR)
        e->u.var.name = t.text;
    if (p->tok.kind == BT_TOK_LPAREN)
        return no(bt_parser_fail(p, t.loc, "a variable cannot be called"));
    if (p->tok.kind == BT_TOK_DOT && p->lx.off < p->lx.len)
        return no(bt_parser_fail(p, p->tok.loc,
            "a '.' stands behind a whole pattern only; the Elixir name Foo.Bar is 'Elixir.Foo.Bar' in Erlang "
            "notation"));
    return bt_ast_finish(p, e);
}

/* name(Args), with tok on the bracket. */
static struct bt_ast *parse_call(struct bt_parser *p, const struct bt_token *name)
{
    struct bt_token open = p->tok;
    struct bt_ast_list args = {0};
    struct bt_ast *e = bt_ast_begin(p, BT_AST_CALL, name->loc);
    if (!e || bt_parser_next(p))
        return NULL;
    if (p->tok.kind != BT_TOK_RPAREN && bt_parse_list(p, &args))
        return NULL;
    if (bt_parser_close(p, BT_TOK_RPAREN, &open, "',' or ')'"))
        return NULL;
    e->u.call.name = name->text;
    e->u.call.args = args.items;
    e->u.call.n = args.n;
    return bt_ast_finish(p, e);
}

/* erlang:is_list(X); the module is dropped. */
static struct bt_ast *parse_remote_call(struct bt_parser *p, const struct bt_token *module)
{
    if (bt_parser_next(p))
        return NULL;
    struct bt_token name = p->tok;
    if (name.kind != BT_TOK_ATOM)
        return no(bt_parser_unexpected(p, "a function"));
    if (strcmp(module->text, "erlang") != 0) {
        char shown[80];
        bt_lex_show(&p->lx, module, shown, sizeof shown);
        return no(bt_parser_fail(p, bt_loc_join(module->loc, name.loc),
            "only guard functions can be called here, none of module %s", shown));
    }
    if (bt_parser_next(p))
        return NULL;
    if (p->tok.kind != BT_TOK_LPAREN)
        return no(bt_parser_unexpected(p, "'('"));
    struct bt_ast *e = parse_call(p, &name);
    if (!e)
        return NULL;
    e->loc = bt_loc_join(module->loc, e->loc);
    e->u.call.is_remote = true;
    for (enum bt_op op = BT_OP_ORELSE; op <= BT_OP_NOT; op++) { /* erlang:'+'(X, 1) */
        bool is_unary = bt_op_info(op)->assoc == BT_ASSOC_UNARY;
        if (strcmp(bt_op_info(op)->text, name.text) != 0 || e->u.call.n != (is_unary ? 1 : 2))
            continue;
        e = bt_ast_op(p, op, e->loc, e->u.call.args[0], is_unary ? NULL : e->u.call.args[1]);
        if (e)
            e->u.op.is_call = true;
        return e;
    }
    return e;
}

/* ---- records ---- */

/* The name of a record or field, with tok on it. NULL: error set. */
static const char *record_word(struct bt_parser *p, const char *what)
{
    struct bt_token t = p->tok;
    if (t.kind != BT_TOK_ATOM) {
        bt_parser_unexpected(p, what);
        return NULL;
    }
    if (strlen(t.text) != t.len) {
        bt_parser_fail(p, t.loc, "the name of a record or field cannot have a NUL in it");
        return NULL;
    }
    return bt_parser_next(p) ? NULL : t.text;
}

/* n = N, or _ = V */
static int parse_field(struct bt_parser *p, struct bt_ast_record *r, size_t *cap)
{
    struct bt_token t = p->tok;
    struct bt_ast_field f = {.loc = t.loc};
    if (t.kind == BT_TOK_WILD ? bt_parser_next(p) : !(f.name = record_word(p, "the name of a field")))
        return -1;
    if (p->tok.kind == BT_TOK_ASSIGN || p->tok.kind == BT_TOK_TO)
        return bt_parser_fail(p, p->tok.loc, "a field of a record is written with '=': #%s{%s = ...}",
            r->name, f.name ? f.name : "_");
    if (!bt_parser_is_op(p, BT_OP_MATCH))
        return bt_parser_unexpected(p, "'='");
    if (bt_parser_next(p))
        return -1;
    f.value = bt_parse_expr(p, 0);
    if (!f.value)
        return -1;
    if (!f.name) {
        if (r->other)
            return bt_parser_fail(p, t.loc, "'_' stands twice in the record");
        r->other = f.value;
        return 0;
    }
    r->fields = bt_arena_grow(p->arena, r->fields, r->n, cap, sizeof *r->fields);
    if (!r->fields)
        return bt_err_nomem(p->err);
    r->fields[r->n++] = f;
    return 0;
}

/* {n = N, _ = V} */
static int parse_fields(struct bt_parser *p, struct bt_ast_record *r)
{
    struct bt_token open = p->tok;
    size_t cap = 0;
    r->form = BT_RECORD_FIELDS;
    if (bt_parser_next(p))
        return -1;
    while (p->tok.kind != BT_TOK_RBRACE) {
        if (parse_field(p, r, &cap))
            return -1;
        if (p->tok.kind != BT_TOK_COMMA)
            break;
        if (bt_parser_next(p))
            return -1;
        if (p->tok.kind == BT_TOK_RBRACE)
            return bt_parser_unexpected(p, "the name of a field");
    }
    return bt_parser_close(p, BT_TOK_RBRACE, &open, "',' or '}'");
}

/* .n */
static int parse_index(struct bt_parser *p, struct bt_ast_record *r)
{
    r->form = BT_RECORD_INDEX;
    r->fields = bt_arena_alloc(p->arena, sizeof *r->fields);
    if (!r->fields)
        return bt_err_nomem(p->err);
    r->n = 1;
    if (bt_parser_next(p))
        return -1;
    r->fields[0].loc = p->tok.loc;
    r->fields[0].name = record_word(p, "the name of a field");
    return r->fields[0].name ? 0 : -1;
}

/* srv of srv#state */
static int note_module(struct bt_parser *p, const struct bt_token *t)
{
    if (strlen(t->text) != t->len)
        return bt_parser_fail(p, t->loc, "the name of a module cannot have a NUL in it");
    p->modules = bt_arena_grow(p->arena, p->modules, p->n_modules, &p->modules_cap, sizeof *p->modules);
    if (!p->modules)
        return bt_err_nomem(p->err);
    p->modules[p->n_modules++] = (struct bt_ast_module){t->text, t->loc};
    return 0;
}

/* #state and what follows, with tok on the #. module: srv of srv#state; of: S of S#state; either or both NULL. */
static struct bt_ast *parse_record(struct bt_parser *p, const struct bt_token *module, struct bt_ast *of)
{
    struct beamtap_loc hash = p->tok.loc;
    struct bt_ast *e = bt_ast_begin(p, BT_AST_RECORD, module ? module->loc : of ? of->loc : hash);
    struct bt_ast_record *r = bt_arena_alloc(p->arena, sizeof *r);
    if (!e)
        return NULL;
    if (!r)
        return no(bt_err_nomem(p->err));
    r->of = of;
    r->module = module ? module->text : NULL;
    if ((module && note_module(p, module)) || bt_parser_next(p) ||
        !(r->name = record_word(p, "the name of a record")))
        return NULL;
    r->name_loc = bt_loc_join(module ? module->loc : hash, p->prev.loc);
    e->u.record = r;
    if (p->tok.kind == BT_TOK_LBRACE) {
        if (parse_fields(p, r))
            return NULL;
    } else if (p->tok.kind == BT_TOK_DOT && !(module && p->lx.off == p->lx.len)) {
        if (parse_index(p, r))
            return NULL;
    } else if (module) {
        r->form = BT_RECORD_NAME;
    } else {
        return no(bt_parser_unexpected(p, "'{' or '.' behind the name of the record"));
    }
    return bt_ast_finish(p, e);
}

static struct bt_ast *parse_atom(struct bt_parser *p)
{
    struct bt_token t = p->tok;
    if (bt_parser_next(p))
        return NULL;
    if (p->tok.kind == BT_TOK_LPAREN)
        return parse_call(p, &t);
    if (p->tok.kind == BT_TOK_COLON)
        return parse_remote_call(p, &t);
    if (p->tok.kind == BT_TOK_HASH)
        return parse_record(p, &t, NULL);
    return bt_ast_literal(p, bt_term_atom_n(p->arena, t.text, t.len), t.loc);
}

/* Tests with , or ; between them, with tok behind the first one: in brackets , is andalso and ; is orelse. */
static struct bt_ast *parse_tests(struct bt_parser *p, struct bt_ast *first, struct beamtap_loc start)
{
    struct bt_ast *any = NULL, *all = first;
    while (all && (p->tok.kind == BT_TOK_COMMA || p->tok.kind == BT_TOK_SEMICOLON)) {
        bool is_end = p->tok.kind == BT_TOK_SEMICOLON;
        if (bt_parser_next(p))
            return NULL;
        struct bt_ast *test = bt_parse_expr(p, 0);
        if (!test)
            return NULL;
        if (!is_end) {
            all = bt_ast_op(p, BT_OP_ANDALSO, start, all, test);
            continue;
        }
        any = any ? bt_ast_op(p, BT_OP_ORELSE, start, any, all) : all;
        if (!any)
            return NULL;
        all = test;
    }
    return any && all ? bt_ast_op(p, BT_OP_ORELSE, start, any, all) : all;
}

static struct bt_ast *parse_parens(struct bt_parser *p)
{
    struct bt_token open = p->tok;
    if (bt_parser_next(p))
        return NULL;
    struct bt_ast *e = bt_parse_expr(p, 0);
    if (e && p->in_guard)
        e = parse_tests(p, e, e->loc);
    if (!e || bt_parser_close(p, BT_TOK_RPAREN, &open, "')'"))
        return NULL;
    return e;
}

static struct bt_ast *parse_tuple(struct bt_parser *p)
{
    struct bt_token open = p->tok;
    struct bt_ast_list items = {0};
    struct bt_ast *e = bt_ast_begin(p, BT_AST_TUPLE, open.loc);
    if (!e || bt_parser_next(p))
        return NULL;
    if (p->tok.kind != BT_TOK_RBRACE && bt_parse_list(p, &items))
        return NULL;
    if (bt_parser_close(p, BT_TOK_RBRACE, &open, "',' or '}'"))
        return NULL;
    e->u.seq.items = items.items;
    e->u.seq.n = items.n;
    return bt_ast_finish(p, e);
}

static struct bt_ast *parse_bracket_list(struct bt_parser *p)
{
    struct bt_token open = p->tok;
    struct bt_ast_list items = {0};
    struct bt_ast *e = bt_ast_begin(p, BT_AST_LIST, open.loc);
    if (!e || bt_parser_next(p))
        return NULL;
    if (p->tok.kind != BT_TOK_RBRACKET && bt_parse_list(p, &items))
        return NULL;
    if (p->tok.kind == BT_TOK_BAR && items.n) {
        if (bt_parser_next(p))
            return NULL;
        e->u.seq.tail = bt_parse_expr(p, 0);
        if (!e->u.seq.tail)
            return NULL;
    }
    if (bt_parser_close(p, BT_TOK_RBRACKET, &open, e->u.seq.tail ? "']'" : "',', '|' or ']'"))
        return NULL;
    e->u.seq.items = items.items;
    e->u.seq.n = items.n;
    return bt_ast_finish(p, e);
}

/* key := Pattern */
static int parse_pair(struct bt_parser *p, struct bt_ast_list *items)
{
    if (p->tok.kind == BT_TOK_ATOM && bt_parser_peek(p).kind == BT_TOK_COLON &&
        strcmp(p->tok.text, "erlang") != 0)
        return bt_parser_fail(p, bt_parser_peek(p).loc,
            "write := between key and value; 'key: Value' is Elixir notation, and this spec is in Erlang's");
    struct bt_ast *key = bt_parse_expr(p, bt_op_info(BT_OP_MATCH)->strength + 1);
    if (!key || bt_ast_list_add(p, items, key))
        return -1;
    if (p->tok.kind != BT_TOK_ASSIGN && p->tok.kind != BT_TOK_TO)
        return bt_parser_unexpected(p, "':='");
    if (p->tok.kind == BT_TOK_ASSIGN && p->in_fun && !p->in_head)
        return bt_parser_fail(
            p, p->tok.loc, "a map is made with => behind the head of a fun; := only matches");
    if (bt_parser_next(p))
        return -1;
    struct bt_ast *value = bt_parse_expr(p, 0);
    return value ? bt_ast_list_add(p, items, value) : -1;
}

static struct bt_ast *parse_map(struct bt_parser *p)
{
    struct bt_token hash = p->tok;
    struct bt_ast_list items = {0};
    if (bt_parser_peek(p).kind == BT_TOK_ATOM)
        return parse_record(p, NULL, NULL);
    struct bt_ast *e = bt_ast_begin(p, BT_AST_MAP, hash.loc);
    if (!e || bt_parser_next(p))
        return NULL;
    struct bt_token open = p->tok;
    if (bt_parser_expect(p, BT_TOK_LBRACE, "'{' of a map"))
        return NULL;
    while (p->tok.kind != BT_TOK_RBRACE) {
        if (parse_pair(p, &items))
            return NULL;
        if (p->tok.kind != BT_TOK_COMMA)
            break;
        if (bt_parser_next(p))
            return NULL;
        if (p->tok.kind == BT_TOK_RBRACE)
            return no(bt_parser_unexpected(p, "a key"));
    }
    if (bt_parser_close(p, BT_TOK_RBRACE, &open, "',' or '}'"))
        return NULL;
    e->u.seq.items = items.items;
    e->u.seq.n = items.n / 2;
    return bt_ast_finish(p, e);
}

/* fun lists:map/2 */
static struct bt_ast *parse_fun(struct bt_parser *p)
{
    struct bt_token fun = p->tok, module, function;
    if (bt_parser_next(p))
        return NULL;
    module = p->tok;
    if (module.kind != BT_TOK_ATOM || bt_parser_peek(p).kind != BT_TOK_COLON)
        return no(bt_parser_fail(p, fun.loc, "only a fun of the form fun mod:name/1 can stand in a pattern"));
    if (bt_parser_next(p) || bt_parser_next(p))
        return NULL;
    function = p->tok;
    if (function.kind != BT_TOK_ATOM)
        return no(bt_parser_unexpected(p, "a function"));
    if (bt_parser_next(p))
        return NULL;
    if (!bt_parser_is_op(p, BT_OP_SLASH))
        return no(bt_parser_unexpected(p, "'/' and the arity"));
    if (bt_parser_next(p))
        return NULL;
    const struct bt_term *arity = p->tok.term;
    if (p->tok.kind != BT_TOK_LITERAL || arity->kind != BT_TERM_INT || arity->u.small > BT_SPEC_MAX_ARITY)
        return no(bt_parser_unexpected(p, "an arity (0 to 255)"));
    if (bt_parser_next(p))
        return NULL;
    struct bt_term *t = bt_term_new(p->arena, BT_TERM_FUN);
    if (t) {
        t->u.fun.module = bt_term_atom_n(p->arena, module.text, module.len);
        t->u.fun.function = bt_term_atom_n(p->arena, function.text, function.len);
        t->u.fun.arity = arity->u.small;
        if (!t->u.fun.module || !t->u.fun.function)
            t = NULL;
    }
    return bt_ast_literal(p, t, fun.loc);
}

static struct bt_ast *parse_bare(struct bt_parser *p)
{
    struct beamtap_loc start = p->tok.loc;
    switch (p->tok.kind) {
    case BT_TOK_ATOM: return parse_atom(p);
    case BT_TOK_VAR:
    case BT_TOK_WILD: return parse_var(p);
    case BT_TOK_LITERAL: return parse_literal(p);
    case BT_TOK_STRING: return parse_string(p);
    case BT_TOK_LPAREN: return parse_parens(p);
    case BT_TOK_LBRACE: return parse_tuple(p);
    case BT_TOK_LBRACKET: return parse_bracket_list(p);
    case BT_TOK_HASH: return parse_map(p);
    case BT_TOK_FUN: return parse_fun(p);
    case BT_TOK_BIN_OPEN: {
        const struct bt_term *t = bt_parse_binary(p);
        return t ? bt_ast_literal(p, t, start) : NULL;
    }
    case BT_TOK_COLON:
        return no(bt_parser_fail(p, start,
            "Erlang writes the atom :ok as ok; a spec in Elixir notation begins with :mod. or Mod."));
    default: return no(bt_parser_unexpected(p, "a term"));
    }
}

/* A term, and what may follow it: S#state.n, S#state{n = 1} */
static struct bt_ast *parse_primary(struct bt_parser *p)
{
    struct bt_ast *e = parse_bare(p);
    while (e && p->tok.kind == BT_TOK_HASH) {
        if (bt_parser_peek(p).kind == BT_TOK_LBRACE)
            return no(bt_parser_fail(p, p->tok.loc,
                "a map cannot be changed here; name the part you mean in the pattern: #{key := Value}"));
        e = parse_record(p, NULL, e);
    }
    return e;
}

/* ---- operators ---- */

/* In a fun a second sign is an operator: no head has that. */
static bool takes_sign(const struct bt_parser *p, const struct bt_ast *e)
{
    if (e->kind != BT_AST_LITERAL)
        return false;
    char first = p->lx.text[e->loc.off];
    if (p->in_fun && (first == '-' || first == '+'))
        return false;
    enum bt_term_kind kind = e->u.literal->kind;
    return kind == BT_TERM_INT || kind == BT_TERM_BIG || kind == BT_TERM_FLOAT;
}

/* A sign before a number is part of the number. */
static struct bt_ast *parse_unary(struct bt_parser *p)
{
    static const struct {
        enum bt_op token, op;
    } unary[] = {
        {BT_OP_SUB, BT_OP_NEG}, {BT_OP_ADD, BT_OP_POS}, {BT_OP_NOT, BT_OP_NOT}, {BT_OP_BNOT, BT_OP_BNOT}};
    for (size_t i = 0; i < sizeof unary / sizeof unary[0]; i++) {
        if (!bt_parser_is_op(p, unary[i].token) || bt_parser_redirected(p))
            continue;
        struct beamtap_loc start = p->tok.loc;
        if (bt_parser_next(p))
            return NULL;
        struct bt_ast *arg = bt_parse_expr(p, UNARY_STRENGTH);
        if (!arg)
            return NULL;
        if (unary[i].op == BT_OP_NEG && takes_sign(p, arg))
            return bt_ast_literal(p, bt_number_negate(p->arena, arg->u.literal), start);
        if (unary[i].op == BT_OP_POS && takes_sign(p, arg))
            return bt_ast_literal(p, arg->u.literal, start);
        return bt_ast_op(p, unary[i].op, start, arg, NULL);
    }
    return parse_primary(p);
}

/* The operator at hand when it stands between two operands and binds strongly enough; else NULL. */
static const struct bt_op_info *binary_op(const struct bt_parser *p, int least)
{
    if (p->tok.kind != BT_TOK_OP || bt_parser_redirected(p))
        return NULL;
    const struct bt_op_info *info = bt_op_info(p->tok.op);
    return info->assoc != BT_ASSOC_UNARY && info->strength >= least ? info : NULL;
}

static struct bt_ast *parse_binary_ops(struct bt_parser *p, int least)
{
    const struct bt_op_info *info;
    struct bt_ast *left = parse_unary(p);
    while (left && (info = binary_op(p, least))) {
        enum bt_op op = p->tok.op;
        if (bt_parser_next(p))
            return NULL;
        struct bt_ast *right = bt_parse_expr(p, info->strength + (info->assoc != BT_ASSOC_RIGHT));
        if (!right)
            return NULL;
        left = bt_ast_op(p, op, left->loc, left, right);
        const struct bt_op_info *again = left ? binary_op(p, least) : NULL;
        if (again && info->assoc == BT_ASSOC_NONE && again->strength == info->strength)
            return no(bt_parser_fail(
                p, p->tok.loc, "comparisons do not chain; write X < Y andalso Y < Z, or use brackets"));
    }
    return left;
}

struct bt_ast *bt_parse_expr(struct bt_parser *p, int least)
{
    if (p->depth >= BT_PARSER_MAX_RECURSION)
        return no(bt_ast_too_deep(p, p->tok.loc));
    p->depth++;
    struct bt_ast *e = parse_binary_ops(p, least);
    p->depth--;
    return e;
}
