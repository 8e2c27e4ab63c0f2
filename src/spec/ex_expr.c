/*
 * ex_expr.c - the recursive descent through Elixir's terms, patterns and guard expressions.
 */
#include "spec/ex_expr.h"

#include <string.h>

#include "base/utf8.h"
#include "spec/loc.h"
#include "spec/number.h"

enum { UNARY_STRENGTH = 300, IN_STRENGTH = 170, STEP_STRENGTH = 190, RANGE_STRENGTH = 200 };

static struct bt_ast *no(int rc)
{
    (void)rc;
    return NULL;
}

const struct bt_op_info *bt_ex_op_info(enum bt_op op)
{
    static const struct bt_op_info ops[BT_OP_NOT + 1] = {
#define BT_X(name, text, strength, assoc) [BT_OP_##name] = {text, strength, BT_ASSOC_##assoc},
        BT_EX_OPS(BT_X)
#undef BT_X
    };
    return &ops[op];
}

/* ---- lists of things ---- */

/* {name, value} of `name: value`, with tok on the key. */
static struct bt_ast *parse_pair(struct bt_parser *p)
{
    struct bt_token key = p->tok;
    struct bt_ast *e = bt_ast_begin(p, BT_AST_TUPLE, key.loc);
    struct bt_ast **items = bt_arena_array(p->arena, 2, sizeof *items);
    if (!e || bt_parser_next(p))
        return NULL;
    if (!items)
        return no(bt_err_nomem(p->err));
    items[0] = bt_ast_literal(p, bt_term_atom_n(p->arena, key.text, key.len), key.loc);
    items[1] = items[0] ? bt_ex_expr(p, 0) : NULL;
    if (!items[1])
        return NULL;
    e->u.seq.items = items;
    e->u.seq.n = 2;
    return bt_ast_finish(p, e);
}

/* a: 1, b: 2 to the end of what they stand in. */
static int parse_pairs(struct bt_parser *p, enum bt_token_kind close, struct bt_ast_list *pairs)
{
    for (;;) {
        if (p->tok.kind != BT_TOK_KEY)
            return bt_parser_fail(p, p->tok.loc, "behind 'key: value' can stand only more of these");
        struct bt_ast *pair = parse_pair(p);
        if (!pair || bt_ast_list_add(p, pairs, pair))
            return -1;
        if (p->tok.kind != BT_TOK_COMMA)
            return 0;
        if (bt_parser_next(p))
            return -1;
        if (p->tok.kind == close)
            return 0;
    }
}

/* The keyword list at the end of arguments or a tuple is a list of its own. */
static int parse_keywords(
    struct bt_parser *p, enum bt_token_kind close, bool is_list, struct bt_ast_list *items)
{
    struct beamtap_loc start = p->tok.loc;
    struct bt_ast_list pairs = {0};
    if (is_list)
        return parse_pairs(p, close, items);
    if (parse_pairs(p, close, &pairs))
        return -1;
    struct bt_ast *list = bt_ast_list_node(p, &pairs, start);
    return list ? bt_ast_list_add(p, items, list) : -1;
}

int bt_ex_items(struct bt_parser *p, enum bt_token_kind close, bool is_list, struct bt_ast_list *items)
{
    while (p->tok.kind != close) {
        if (p->tok.kind == BT_TOK_KEY)
            return parse_keywords(p, close, is_list, items);
        struct bt_ast *item = bt_ex_expr(p, 0);
        if (!item || bt_ast_list_add(p, items, item))
            return -1;
        if (p->tok.kind != BT_TOK_COMMA)
            return 0;
        if (bt_parser_next(p))
            return -1;
        if (p->tok.kind == close && close == BT_TOK_RPAREN)
            return bt_parser_unexpected(p, "a term");
    }
    return 0;
}

/* ---- primaries, each with tok on its first token ---- */

static struct bt_ast *parse_literal(struct bt_parser *p)
{
    struct bt_token t = p->tok;
    return bt_parser_next(p) ? NULL : bt_ast_literal(p, t.term, t.loc);
}

static struct bt_ast *charlist(struct bt_parser *p, const char *text, size_t len, struct beamtap_loc loc)
{
    struct bt_ast *e = bt_ast_begin(p, BT_AST_STRING, loc);
    if (!e)
        return NULL;
    e->u.string.text = text;
    e->u.string.len = len;
    return bt_ast_finish(p, e);
}

static struct bt_ast *parse_charlist(struct bt_parser *p)
{
    struct bt_token t = p->tok;
    return bt_parser_next(p) ? NULL : charlist(p, t.text, t.len, t.loc);
}

static struct bt_ast *word(struct bt_parser *p, const struct bt_token *t, const char *text, size_t len)
{
    switch (t->words_as) {
    case 'a':
        if (bt_utf8_count(text, len) > BT_LEX_NAME_MAX)
            return no(bt_parser_fail(p, t->loc, "one of these atoms has more than 255 characters"));
        return bt_ast_literal(p, bt_term_atom_n(p->arena, text, len), t->loc);
    case 'c': return charlist(p, text, len, t->loc);
    default: return bt_ast_literal(p, bt_term_binary(p->arena, text, len, 8), t->loc);
    }
}

/* ~w(a b)a */
static struct bt_ast *parse_words(struct bt_parser *p)
{
    static const char blanks[] = " \t\n\r\v\f";
    struct bt_token t = p->tok;
    struct bt_ast_list items = {0};
    if (bt_parser_next(p))
        return NULL;
    for (const char *s = t.text, *end = t.text + t.len; s < end;) {
        size_t n = 0;
        while (s + n < end && !strchr(blanks, s[n]))
            n++;
        struct bt_ast *item = n ? word(p, &t, s, n) : NULL;
        if (n && (!item || bt_ast_list_add(p, &items, item)))
            return NULL;
        s += n ? n : 1;
    }
    return bt_ast_list_node(p, &items, t.loc);
}

/* (args), with tok on the bracket. */
static int parse_args(struct bt_parser *p, struct bt_ast_list *args)
{
    struct bt_token open = p->tok;
    if (bt_parser_next(p) || bt_ex_items(p, BT_TOK_RPAREN, false, args))
        return -1;
    return bt_parser_close(p, BT_TOK_RPAREN, &open, "',' or ')'");
}

static struct bt_ast *no_call_in_pattern(struct bt_parser *p, struct beamtap_loc loc, const char *name)
{
    return no(bt_parser_fail(p, loc,
        "a function cannot be called in a pattern; bind a variable and test it in a guard: f(x) when %s(x)",
        name));
}

static struct bt_ast *parse_local_call(struct bt_parser *p, const struct bt_token *name)
{
    struct bt_ast_list args = {0};
    if (p->in_head)
        return no_call_in_pattern(p, name->loc, name->text);
    if (strcmp(name->text, "fun") == 0)
        return no(bt_parser_fail(p, name->loc, "Elixir writes a fun as fn [x, _] -> ... end"));
    return parse_args(p, &args) ? NULL : bt_ex_call(p, name->text, &args, name->loc);
}

static struct bt_ast *parse_var(struct bt_parser *p)
{
    struct bt_token t = p->tok;
    if (bt_parser_next(p))
        return NULL;
    if (p->tok.kind == BT_TOK_LPAREN && t.kind == BT_TOK_VAR)
        return parse_local_call(p, &t);
    if (p->tok.kind == BT_TOK_LBRACKET && p->tok.is_glued)
        return no(bt_parser_fail(p, p->tok.loc,
            "x[key] is not known to guards; name the part you mean in the pattern, %%{key: value}, or write "
            "x.key"));
    struct bt_ast *e = bt_ast_begin(p, t.kind == BT_TOK_WILD ? BT_AST_WILD : BT_AST_VAR, t.loc);
    if (!e)
        return NULL;
    if (t.kind == BT_TOK_VAR)
        e->u.var.name = t.text;
    return bt_ast_finish(p, e);
}

/* What a module's functions are here. */
static struct bt_ast *remote_call(
    struct bt_parser *p, const struct bt_token *module, const struct bt_token *name, struct bt_ast_list *args)
{
    struct beamtap_loc start = bt_loc_join(module->loc, name->loc);
    if (strcmp(module->text, "erlang") == 0)
        return bt_ex_erlang_call(p, name->text, args, start);
    if (strcmp(module->text, "Elixir.Kernel") == 0 || strcmp(module->text, "Elixir.Bitwise") == 0)
        return bt_ex_call(p, name->text, args, start);
    char shown[80];
    bt_lex_show(&p->lx, module, shown, sizeof shown);
    return no(bt_parser_fail(p, start, "only guard functions can be called here, none of module %s", shown));
}

/* Foo, :erlang.f(x), Kernel.f(x) */
static struct bt_ast *parse_atom(struct bt_parser *p)
{
    struct bt_token t = p->tok;
    struct bt_ast_list args = {0};
    if (bt_parser_next(p))
        return NULL;
    if (p->tok.kind == BT_TOK_LPAREN && p->tok.is_glued)
        return no(bt_parser_fail(
            p, t.loc, "an atom cannot be called; a function has no ':' and no capital letter"));
    if (p->tok.kind != BT_TOK_DOT)
        return bt_ast_literal(p, bt_term_atom_n(p->arena, t.text, t.len), t.loc);
    if (bt_parser_next(p))
        return NULL;
    struct bt_token name = p->tok;
    if (name.kind != BT_TOK_VAR && name.kind != BT_TOK_ATOM)
        return no(bt_parser_unexpected(p, "a function"));
    if (p->in_head)
        return no_call_in_pattern(p, bt_loc_join(t.loc, name.loc), name.text);
    if (bt_parser_next(p))
        return NULL;
    if (p->tok.kind != BT_TOK_LPAREN)
        return no(bt_parser_unexpected(p, "'('"));
    return parse_args(p, &args) ? NULL : remote_call(p, &t, &name, &args);
}

static struct bt_ast *parse_parens(struct bt_parser *p)
{
    struct bt_token open = p->tok;
    if (bt_parser_next(p))
        return NULL;
    struct bt_ast *e = bt_ex_expr(p, 0);
    return !e || bt_parser_close(p, BT_TOK_RPAREN, &open, "')'") ? NULL : e;
}

static struct bt_ast *parse_tuple(struct bt_parser *p)
{
    struct bt_token open = p->tok;
    struct bt_ast_list items = {0};
    struct bt_ast *e = bt_ast_begin(p, BT_AST_TUPLE, open.loc);
    if (!e || bt_parser_next(p) || bt_ex_items(p, BT_TOK_RBRACE, false, &items) ||
        bt_parser_close(p, BT_TOK_RBRACE, &open, "',' or '}'"))
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
    if (!e || bt_parser_next(p) || bt_ex_items(p, BT_TOK_RBRACKET, true, &items))
        return NULL;
    if (p->tok.kind == BT_TOK_BAR && items.n) {
        if (bt_parser_next(p) || !(e->u.seq.tail = bt_ex_expr(p, 0)))
            return NULL;
    }
    if (bt_parser_close(p, BT_TOK_RBRACKET, &open, e->u.seq.tail ? "']'" : "',', '|' or ']'"))
        return NULL;
    e->u.seq.items = items.items;
    e->u.seq.n = items.n;
    return bt_ast_finish(p, e);
}

/* ---- maps ---- */

/* key: value, or key => value */
static int parse_map_pair(struct bt_parser *p, struct bt_ast_list *items)
{
    struct bt_token t = p->tok;
    struct bt_ast *key;
    if (t.kind == BT_TOK_KEY) {
        if (bt_parser_next(p))
            return -1;
        key = bt_ast_literal(p, bt_term_atom_n(p->arena, t.text, t.len), t.loc);
        if (!key || bt_ast_list_add(p, items, key))
            return -1;
    } else {
        key = bt_ex_expr(p, bt_ex_op_info(BT_OP_MATCH)->strength + 1);
        if (!key || bt_ast_list_add(p, items, key))
            return -1;
        if (p->tok.kind == BT_TOK_BAR)
            return bt_parser_fail(
                p, p->tok.loc, "a map cannot be changed here; a pattern is written %%{key: value}");
        if (bt_parser_expect(p, BT_TOK_TO, "'=>'"))
            return -1;
    }
    struct bt_ast *value = bt_ex_expr(p, 0);
    return value ? bt_ast_list_add(p, items, value) : -1;
}

static int parse_map_pairs(struct bt_parser *p, struct bt_ast_list *items)
{
    while (p->tok.kind != BT_TOK_RBRACE) {
        if (parse_map_pair(p, items))
            return -1;
        if (p->tok.kind != BT_TOK_COMMA)
            return 0;
        if (bt_parser_next(p))
            return -1;
    }
    return 0;
}

/* %Foo{: the key that makes a map a struct, with tok behind the %. */
static int parse_struct_name(struct bt_parser *p, struct bt_ast_list *items)
{
    struct bt_token name = p->tok;
    if (name.kind == BT_TOK_VAR || name.kind == BT_TOK_WILD)
        return bt_parser_fail(
            p, name.loc, "a struct of any kind is written %%{__struct__: name}, with 'when is_atom(name)'");
    if (name.kind != BT_TOK_ALIAS)
        return bt_parser_unexpected(p, "'{' of a map or the name of a struct");
    if (!p->in_head)
        return bt_parser_fail(p, name.loc,
            "what %%%.*s{} holds besides is not known here; match it in the pattern, or write is_struct(x, "
            "%.*s)",
            (int)name.loc.len, p->lx.text + name.loc.off, (int)name.loc.len, p->lx.text + name.loc.off);
    static const char key[] = "__struct__";
    struct bt_ast *k = bt_ast_literal(p, bt_term_atom(p->arena, key), name.loc);
    struct bt_ast *v = bt_ast_literal(p, bt_term_atom_n(p->arena, name.text, name.len), name.loc);
    return !k || !v || bt_ast_list_add(p, items, k) || bt_ast_list_add(p, items, v) ? -1 : bt_parser_next(p);
}

/* %{...}, %Foo{...} */
static struct bt_ast *parse_map(struct bt_parser *p)
{
    struct bt_ast_list items = {0};
    struct bt_ast *e = bt_ast_begin(p, BT_AST_MAP, p->tok.loc);
    if (!e || bt_parser_next(p))
        return NULL;
    if (p->tok.kind != BT_TOK_LBRACE && parse_struct_name(p, &items))
        return NULL;
    struct bt_token open = p->tok;
    if (bt_parser_expect(p, BT_TOK_LBRACE, "'{'") || parse_map_pairs(p, &items) ||
        bt_parser_close(p, BT_TOK_RBRACE, &open, "',' or '}'"))
        return NULL;
    e->u.seq.items = items.items;
    e->u.seq.n = items.n / 2;
    return bt_ast_finish(p, e);
}

/* ---- x.key ---- */

static struct bt_ast *parse_fields(struct bt_parser *p, struct bt_ast *e)
{
    while (e && p->tok.kind == BT_TOK_DOT) {
        struct beamtap_loc dot = p->tok.loc;
        if (bt_parser_next(p))
            return NULL;
        struct bt_token key = p->tok;
        if (key.kind != BT_TOK_VAR && !key.is_quoted)
            return no(bt_parser_unexpected(p, "the name of a field"));
        if (p->in_head)
            return no(bt_parser_fail(
                p, dot, "a part cannot be taken in a pattern; name it there: %%{%s: value}", key.text));
        if (bt_parser_next(p))
            return NULL;
        if (p->tok.kind == BT_TOK_LPAREN && p->tok.is_glued)
            return no(bt_parser_fail(p, e->loc, "a function of a variable's module cannot be called here"));
        e = bt_ex_field(p, e, &key);
    }
    return e;
}

static struct bt_ast *parse_primary(struct bt_parser *p)
{
    struct beamtap_loc start = p->tok.loc;
    switch (p->tok.kind) {
    case BT_TOK_ATOM:
    case BT_TOK_ALIAS: return parse_atom(p);
    case BT_TOK_VAR:
    case BT_TOK_WILD: return parse_var(p);
    case BT_TOK_LITERAL: return parse_literal(p);
    case BT_TOK_STRING: return parse_charlist(p);
    case BT_TOK_WORDS: return parse_words(p);
    case BT_TOK_LPAREN: return parse_parens(p);
    case BT_TOK_LBRACE: return parse_tuple(p);
    case BT_TOK_LBRACKET: return parse_bracket_list(p);
    case BT_TOK_PERCENT: return parse_map(p);
    case BT_TOK_BIN_OPEN: {
        const struct bt_term *t = bt_parse_binary(p);
        return t ? bt_ast_literal(p, t, start) : NULL;
    }
    case BT_TOK_FUN: return no(bt_parser_fail(p, start, "a fun cannot stand in a pattern or a guard"));
    default: return no(bt_parser_unexpected(p, "a term"));
    }
}

/* ---- operators ---- */

static bool is_number(const struct bt_ast *e)
{
    if (e->kind != BT_AST_LITERAL)
        return false;
    enum bt_term_kind kind = e->u.literal->kind;
    return kind == BT_TERM_INT || kind == BT_TERM_BIG || kind == BT_TERM_FLOAT;
}

struct bt_ast *bt_ex_unary(struct bt_parser *p, enum bt_op op, struct beamtap_loc start, struct bt_ast *arg)
{
    if (op == BT_OP_NEG && is_number(arg))
        return bt_ast_literal(p, bt_number_negate(p->arena, arg->u.literal), start);
    if (op == BT_OP_POS && is_number(arg))
        return bt_ast_literal(p, arg->u.literal, start);
    return bt_ast_op(p, op, start, arg, NULL);
}

static struct bt_ast *parse_in(struct bt_parser *p, struct bt_ast *left);

/* `not x in list` is `not (x in list)`. */
static struct bt_ast *parse_unary(struct bt_parser *p)
{
    static const struct {
        enum bt_op token, op;
    } unary[] = {{BT_OP_SUB, BT_OP_NEG}, {BT_OP_ADD, BT_OP_POS}, {BT_OP_NOT, BT_OP_NOT}};
    for (size_t i = 0; i < sizeof unary / sizeof unary[0]; i++) {
        if (!bt_parser_is_op(p, unary[i].token) || bt_parser_redirected(p))
            continue;
        struct beamtap_loc start = p->tok.loc;
        if (bt_parser_next(p))
            return NULL;
        struct bt_ast *arg = bt_ex_expr(p, UNARY_STRENGTH);
        if (arg && unary[i].op == BT_OP_NOT && p->tok.kind == BT_TOK_IN)
            arg = parse_in(p, arg);
        if (!arg)
            return NULL;
        return bt_ex_unary(p, unary[i].op, start, arg);
    }
    return parse_fields(p, parse_primary(p));
}

/* x in right, with tok on `in`. */
static struct bt_ast *parse_in(struct bt_parser *p, struct bt_ast *left)
{
    if (p->in_head)
        return no(bt_parser_fail(
            p, p->tok.loc, "'in' cannot stand in a pattern; bind a variable and test it: when x in [1, 2]"));
    if (bt_parser_next(p))
        return NULL;
    struct bt_ast *right = bt_ex_expr(p, IN_STRENGTH + 1);
    if (!right)
        return NULL;
    if (p->range == right)
        p->range = NULL;
    return bt_ex_in(p, left, right);
}

/* x not in right, with tok on `not`. */
static struct bt_ast *parse_not_in(struct bt_parser *p, struct bt_ast *left)
{
    struct beamtap_loc start = left->loc;
    if (bt_parser_next(p))
        return NULL;
    struct bt_ast *e = parse_in(p, left);
    return e ? bt_ast_op(p, BT_OP_NOT, start, e, NULL) : NULL;
}

static int stray_range(struct bt_parser *p)
{
    return bt_parser_fail(p, p->range->loc, "a range can stand behind 'in' only: when x in 1..10");
}

/* left..right, or the step of such: with tok on the mark. A CALL until its `in` takes it. */
static struct bt_ast *parse_range(struct bt_parser *p, struct bt_ast *left)
{
    bool is_step = p->tok.kind == BT_TOK_STEP;
    struct bt_ast *e = left;
    if (p->range && !(is_step && p->range == left && left->u.call.n == 2))
        return no(stray_range(p));
    if (is_step && !p->range)
        return no(bt_parser_fail(p, p->tok.loc, "'//' is the step of a range: when x in 1..10//2"));
    if (!is_step) {
        e = bt_ast_begin(p, BT_AST_CALL, left->loc);
        struct bt_ast **args = bt_arena_array(p->arena, 3, sizeof *args);
        if (!e || !args)
            return no(bt_err_nomem(p->err));
        args[0] = left;
        e->u.call.name = "..";
        e->u.call.args = args;
        e->u.call.n = 1;
    }
    if (bt_parser_next(p))
        return NULL;
    struct bt_ast *right = bt_ex_expr(p, RANGE_STRENGTH + 1);
    if (!right)
        return NULL;
    e->u.call.args[e->u.call.n++] = right;
    p->range = bt_ast_finish(p, e);
    return p->range;
}

/* "abc" <> rest */
static struct bt_ast *no_concat(struct bt_parser *p, const struct bt_ast *left)
{
    const struct bt_term *t = left->kind == BT_AST_LITERAL ? left->u.literal : NULL;
    bool is_text = t && t->kind == BT_TERM_BINARY && t->u.binary.len > 0 && t->u.binary.len <= 40;
    if (!is_text)
        return no(bt_parser_fail(p, p->tok.loc,
            "a match specification cannot look into a binary; bind all of it and test a part: f(x) when "
            "binary_part(x, 0, 3) == \"abc\""));
    return no(bt_parser_fail(p, p->tok.loc,
        "a match specification cannot look into a binary; bind all of it and test a part: f(x) when "
        "binary_part(x, 0, %zu) == %.*s",
        (size_t)t->u.binary.len, (int)left->loc.len, p->lx.text + left->loc.off));
}

/* How strongly what is at hand binds, where it stands between two operands; -1: it does not. */
static int strength_here(const struct bt_parser *p)
{
    if (bt_parser_redirected(p))
        return -1;
    switch (p->tok.kind) {
    case BT_TOK_IN: return IN_STRENGTH;
    case BT_TOK_STEP: return STEP_STRENGTH;
    case BT_TOK_RANGE:
    case BT_TOK_CONCAT: return RANGE_STRENGTH;
    case BT_TOK_OP: break;
    default: return -1;
    }
    if (p->tok.op == BT_OP_NOT)
        return bt_parser_peek(p).kind == BT_TOK_IN ? IN_STRENGTH : -1;
    /* + and - begin a new line of a body where one stands before them */
    bool is_new_line = p->tok.is_on_new_line && (p->tok.op == BT_OP_ADD || p->tok.op == BT_OP_SUB);
    return is_new_line ? -1 : bt_ex_op_info(p->tok.op)->strength;
}

static struct bt_ast *parse_op(struct bt_parser *p, struct bt_ast *left)
{
    enum bt_op op = p->tok.op;
    const struct bt_op_info *info = bt_ex_op_info(op);
    if (bt_parser_next(p))
        return NULL;
    struct bt_ast *right = bt_ex_expr(p, info->strength + (info->assoc != BT_ASSOC_RIGHT));
    if (!right)
        return NULL;
    struct bt_ast *e = bt_ast_op(p, op, left->loc, left, right);
    if (e && info->assoc == BT_ASSOC_NONE && strength_here(p) == info->strength)
        return no(bt_parser_fail(
            p, p->tok.loc, "comparisons do not chain; write x < y and y < z, or use brackets"));
    return e;
}

static struct bt_ast *parse_binary_ops(struct bt_parser *p, int least)
{
    struct bt_ast *e = parse_unary(p);
    int strength;
    while (e && (strength = strength_here(p)) >= 0 && strength >= least) {
        switch (p->tok.kind) {
        case BT_TOK_IN: e = parse_in(p, e); break;
        case BT_TOK_STEP:
        case BT_TOK_RANGE: e = parse_range(p, e); break;
        case BT_TOK_CONCAT: return no_concat(p, e);
        default: e = p->tok.op == BT_OP_NOT ? parse_not_in(p, e) : parse_op(p, e);
        }
    }
    return e;
}

struct bt_ast *bt_ex_expr(struct bt_parser *p, int least)
{
    if (p->depth >= BT_PARSER_MAX_RECURSION)
        return no(bt_ast_too_deep(p, p->tok.loc));
    p->depth++;
    struct bt_ast *e = parse_binary_ops(p, least);
    p->depth--;
    return e;
}

struct bt_ast *bt_ex_whole_expr(struct bt_parser *p)
{
    struct bt_ast *e = bt_ex_expr(p, 0);
    if (e && p->range)
        return no(stray_range(p));
    return e;
}
