/*
 * ast_gen.c - trees made by chance with a fixed seed, and their comparison.
 */
#include "ast_gen.h"

#include <stdlib.h>
#include <string.h>

#include "spec/ex_expr.h"

static uint64_t below(struct ast_gen *g, uint64_t n)
{
    g->seed ^= g->seed << 13;
    g->seed ^= g->seed >> 7;
    g->seed ^= g->seed << 17;
    return g->seed % n;
}

#define PICK(g, list) (list)[below(g, sizeof(list) / sizeof(list)[0])]

static const char *const atoms[] = {"ok", "error", "hello world", "", "and", "when", "fun", "Upper", "_",
    "$1", "a@b", "it's",
    ("\xC3\xBC"
     "ber"),
    "\xD0\xB8\xD0\xBC\xD1\x8F", "a\nb", "erlang", "maybe", "x-y", "0a"};
static const char *const vars[] = {"X", "Y", "_Z", "Longer_Name1",
    ("\xC3\x9C"
     "ber"),
    "__"};
static const char *const globs[] = {
    "*", "my_*", "*-x", "?a?", "Elixir.My.*", "when*", "_*", "*1", "\xC3\xBC*"};
static const char *const regexes[] = {"^my_(web|api)$", "a\\/b", "=", "[", " ", "\xD0\xB8", "'\"%"};
static const char *const strings[] = {"", "abc", "a\"b\\c", "\n\t\x1B\x7F",
    ("gr\xC3\xB6\xC3\x9F"
     "e"),
    "\xE6\xBC\xA2", "%{"};

static const char *const ex_atoms[] = {"ok", "error", "hello world", "", "and", "when", "fn", "Upper", "_",
    "$1", "a@b", "it's", "nil", "true", "empty?", "get!", "Elixir.Foo", "Elixir.My.App", "Elixir.foo",
    "Elixir", "Elixir.", "Elixir.A..B", "Elixir.Elixir.X", "=:=", "*", "a\"b", "#{x}",
    "\xD0\xB8\xD0\xBC\xD1\x8F", "a\nb", "0a", "end"};
static const char *const ex_vars[] = {"x", "y", "_z", "longer_Name1", "empty?", "go!",
    ("\xC3\xBC"
     "ber"),
    "__"};
static const char *const ex_calls[] = {"is_list", "is_map_key", "element", "map_get", "self", "binary_part",
    "hello world", "size", "return_trace", "message", "float", "is_record", "Upper", "elem"};

static bool is_elixir(const struct ast_gen *g)
{
    return g->syntax == BT_SYNTAX_ELIXIR;
}

static const char *gen_atom(struct ast_gen *g)
{
    return is_elixir(g) ? PICK(g, ex_atoms) : PICK(g, atoms);
}

static const char *gen_var(struct ast_gen *g)
{
    return is_elixir(g) ? PICK(g, ex_vars) : PICK(g, vars);
}

static const struct bt_term *gen_identifier(struct ast_gen *g)
{
    struct bt_term *t = bt_term_new(g->arena, below(g, 2) ? BT_TERM_PID : BT_TERM_REF);
    if (t->kind == BT_TERM_PID) {
        t->u.pid.id = (uint32_t)below(g, 100000);
        t->u.pid.serial = (uint32_t)below(g, 10);
        return t;
    }
    t->u.ref.n = 3;
    for (size_t i = 0; i < 3; i++)
        t->u.ref.words[i] = (uint32_t)below(g, UINT32_MAX);
    return t;
}

static const struct bt_term *gen_literal(struct ast_gen *g)
{
    uint8_t bytes[20];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)below(g, 256);
    switch (below(g, 10)) {
    case 0: return bt_term_int(g->arena, (int64_t)below(g, 1000));
    case 1: return bt_term_int(g->arena, (int64_t)below(g, UINT64_MAX));
    case 2: return bt_term_big(g->arena, below(g, 2), bytes, 1 + below(g, sizeof bytes));
    case 3: return bt_term_float(g->arena, ((double)below(g, 2000000) - 1e6) / 1024.0);
    case 4: return bt_term_float(g->arena, 1.0 / (1.0 + (double)below(g, UINT32_MAX)) * 1e30);
    case 5: return bt_term_binary(g->arena, bytes, below(g, sizeof bytes), 1 + (unsigned)below(g, 8));
    case 6: return bt_term_binary(g->arena, "text", below(g, 5), 8);
    case 7: return gen_identifier(g);
    case 8:
        if (is_elixir(g)) /* which has no funs */
            return bt_term_float(g->arena, -0.5);
        return bt_term_fun(g->arena, PICK(g, atoms), PICK(g, atoms), (int64_t)below(g, 256));
    default: return bt_term_atom(g->arena, gen_atom(g));
    }
}

static struct bt_ast *gen(struct ast_gen *g, unsigned depth);

static struct bt_ast **gen_items(struct ast_gen *g, size_t n, unsigned depth)
{
    struct bt_ast **items = bt_arena_array(g->arena, n, sizeof *items);
    for (size_t i = 0; i < n; i++)
        items[i] = gen(g, depth - 1);
    return items;
}

static bool is_number(const struct bt_ast *e)
{
    return e->kind == BT_AST_LITERAL &&
           (e->u.literal->kind == BT_TERM_INT || e->u.literal->kind == BT_TERM_BIG ||
               e->u.literal->kind == BT_TERM_FLOAT);
}

/* A sign before a number would be read as a part of it. */
static void gen_op(struct ast_gen *g, struct bt_ast *e, unsigned depth)
{
    e->kind = BT_AST_OP;
    do
        e->u.op.op = (enum bt_op)below(g, BT_OP_NOT + 1);
    while (is_elixir(g) && g->in_head && !bt_ex_op_info(e->u.op.op)->text); /* a call: div(x, y) */
    e->u.op.args[0] = gen(g, depth - 1);
    if (bt_op_info(e->u.op.op)->assoc != BT_ASSOC_UNARY)
        e->u.op.args[1] = gen(g, depth - 1);
    else if (is_number(e->u.op.args[0]))
        e->u.op.op = BT_OP_NOT;
}

static void gen_record(struct ast_gen *g, struct bt_ast *e, unsigned depth)
{
    struct bt_ast_record *r = bt_arena_alloc(g->arena, sizeof *r);
    e->kind = BT_AST_RECORD;
    e->u.record = r;
    r->form = (enum bt_record_form)below(g, 3);
    r->name = PICK(g, atoms);
    if (r->form == BT_RECORD_NAME || below(g, 3) == 0)
        r->module = PICK(g, atoms);
    else if (below(g, 2))
        r->of = gen(g, depth - 1);
    r->n = r->form == BT_RECORD_FIELDS ? below(g, 3) : r->form == BT_RECORD_INDEX;
    r->fields = bt_arena_array(g->arena, r->n, sizeof *r->fields);
    for (size_t i = 0; i < r->n; i++) {
        r->fields[i].name = PICK(g, atoms);
        r->fields[i].value = r->form == BT_RECORD_FIELDS ? gen(g, depth - 1) : NULL;
    }
    if (r->form == BT_RECORD_FIELDS && below(g, 4) == 0)
        r->other = gen(g, depth - 1);
}

static struct bt_ast *gen(struct ast_gen *g, unsigned depth)
{
    struct bt_ast *e = bt_arena_alloc(g->arena, sizeof *e);
    size_t n = below(g, 4);
    switch (depth ? below(g, 11) : below(g, 4)) {
    case 0: e->kind = BT_AST_WILD; return e;
    case 1:
        e->kind = BT_AST_VAR;
        e->u.var.name = gen_var(g);
        return e;
    case 2:
        e->kind = BT_AST_STRING;
        e->u.string.text = PICK(g, strings);
        e->u.string.len = strlen(e->u.string.text);
        return e;
    case 3:
        e->kind = BT_AST_LITERAL;
        e->u.literal = gen_literal(g);
        return e;
    case 4:
    case 5:
        e->kind = below(g, 2) ? BT_AST_TUPLE : BT_AST_LIST;
        e->u.seq.items = gen_items(g, n, depth);
        e->u.seq.n = n;
        if (e->kind == BT_AST_LIST && n && below(g, 3) == 0)
            e->u.seq.tail = gen(g, depth - 1);
        return e;
    case 6:
        e->kind = BT_AST_MAP;
        e->u.seq.items = gen_items(g, 2 * n, depth);
        e->u.seq.n = n;
        return e;
    case 7:
        if (is_elixir(g) && g->in_head) {
            e->kind = BT_AST_WILD;
            return e;
        }
        e->kind = BT_AST_CALL;
        e->u.call.name = is_elixir(g) ? PICK(g, ex_calls) : PICK(g, atoms);
        e->u.call.args = gen_items(g, n, depth);
        e->u.call.n = n;
        return e;
    case 8:
        if (is_elixir(g))
            gen_op(g, e, depth);
        else
            gen_record(g, e, depth);
        return e;
    default: gen_op(g, e, depth); return e;
    }
}

static struct bt_ast_name gen_name(struct ast_gen *g)
{
    static const enum bt_name_kind kinds[] = {
        BT_NAME_ATOM, BT_NAME_ATOM, BT_NAME_ATOM, BT_NAME_ANY, BT_NAME_VAR, BT_NAME_GLOB, BT_NAME_REGEX};
    struct bt_ast_name name = {.kind = PICK(g, kinds), .loc = {1, 1, 0, 0}};
    switch (name.kind) {
    case BT_NAME_ATOM: name.text = PICK(g, atoms); break;
    case BT_NAME_ANY: name.text = "_"; break;
    case BT_NAME_VAR: name.text = PICK(g, vars); break;
    case BT_NAME_GLOB: name.text = PICK(g, globs); break;
    case BT_NAME_REGEX: name.text = PICK(g, regexes); break;
    }
    if (strcmp(name.text, "_") == 0)
        name.kind = BT_NAME_ANY;
    name.len = strlen(name.text);
    return name;
}

/* The name of a module, or of a function. Globs are not written in tuples. */
static struct bt_ast_name gen_ex_name(struct ast_gen *g, bool is_module, bool is_recon)
{
    static const enum bt_name_kind kinds[] = {BT_NAME_ATOM, BT_NAME_ATOM, BT_NAME_ANY, BT_NAME_GLOB};
    static const char *const module_globs[] = {"Elixir.My.*", "Elixir.My*.App", "Elixir.Web*"};
    static const char *const function_globs[] = {"get_*", "*!", "a*b?", "_*"};
    struct bt_ast_name name = {.kind = PICK(g, kinds), .text = "_", .loc = {1, 1, 0, 0}};
    if (name.kind == BT_NAME_GLOB && is_recon)
        name.kind = BT_NAME_ATOM;
    if (name.kind == BT_NAME_ATOM)
        name.text = gen_atom(g);
    if (name.kind == BT_NAME_GLOB)
        name.text = is_module ? PICK(g, module_globs) : PICK(g, function_globs);
    if (strcmp(name.text, "_") == 0)
        name.kind = BT_NAME_ANY;
    name.len = strlen(name.text);
    return name;
}

static void gen_guards(struct ast_gen *g, struct bt_ast_clause *c, unsigned depth)
{
    c->n_guards = below(g, 3);
    c->guards = bt_arena_array(g->arena, c->n_guards, sizeof *c->guards);
    for (size_t i = 0; i < c->n_guards; i++) {
        c->guards[i].n = is_elixir(g) ? 1 : 1 + below(g, 3);
        c->guards[i].tests = gen_items(g, c->guards[i].n, depth + 1);
    }
}

static struct bt_ast *gen_list(struct ast_gen *g, size_t n, unsigned depth)
{
    struct bt_ast *e = bt_arena_alloc(g->arena, sizeof *e);
    e->kind = BT_AST_LIST;
    e->u.seq.n = n;
    e->u.seq.items = gen_items(g, n, depth + 1);
    return e;
}

static struct bt_ast *gen_head(struct ast_gen *g, unsigned depth)
{
    g->in_head = true;
    struct bt_ast *head = gen(g, depth);
    g->in_head = false;
    return head;
}

static void gen_fun(struct ast_gen *g, struct bt_ast_spec *s, unsigned depth)
{
    s->n_clauses = 1 + below(g, 3);
    s->clauses = bt_arena_array(g->arena, s->n_clauses, sizeof *s->clauses);
    for (size_t i = 0; i < s->n_clauses; i++) {
        struct bt_ast_clause *c = &s->clauses[i];
        c->head = gen_head(g, depth + 1);
        gen_guards(g, c, depth);
        c->n_body = 1 + below(g, 3);
        c->body = gen_items(g, c->n_body, depth + 1);
    }
}

static void gen_recon(struct ast_gen *g, struct bt_ast_spec *s, unsigned depth)
{
    static const enum bt_args_kind kinds[] = {
        BT_ARGS_ANY, BT_ARGS_ARITY, BT_ARGS_RETURN_TRACE, BT_ARGS_FUN, BT_ARGS_MATCH_SPEC};
    s->notation = BT_NOTATION_RECON;
    s->args_kind = PICK(g, kinds);
    if (s->args_kind == BT_ARGS_FUN)
        gen_fun(g, s, depth);
    if (s->args_kind == BT_ARGS_MATCH_SPEC) {
        s->match_spec = gen_list(g, 1 + below(g, 3), depth);
        s->n_clauses = 0;
    }
}

static struct bt_ast *gen_args(struct ast_gen *g, size_t n, unsigned depth)
{
    g->in_head = true;
    struct bt_ast *args = gen_list(g, n, depth);
    g->in_head = false;
    return args;
}

static void gen_call(struct ast_gen *g, struct bt_ast_spec *s, unsigned depth)
{
    s->args_kind = (enum bt_args_kind)below(g, BT_ARGS_PATTERN + 1);
    if (s->args_kind == BT_ARGS_PATTERN)
        s->clauses[0].head = gen_args(g, s->arity, depth);
    gen_guards(g, &s->clauses[0], depth);
    s->n_actions = below(g, 2);
    s->actions = bt_arena_array(g->arena, 1, sizeof *s->actions);
}

struct bt_ast_text ast_gen_text(struct ast_gen *g, unsigned depth)
{
    struct bt_ast_text t = {.n = 1};
    bool is_recon = below(g, 3) == 0;
    if (is_recon && below(g, 4) == 0) {
        t.n = 1 + below(g, 3);
        t.is_list = true;
    }
    t.specs = bt_arena_array(g->arena, t.n, sizeof *t.specs);
    for (size_t i = 0; i < t.n; i++) {
        struct bt_ast_spec *s = &t.specs[i];
        *s = (struct bt_ast_spec){.syntax = g->syntax, .arity = below(g, 4)};
        s->module = is_elixir(g) ? gen_ex_name(g, true, is_recon) : gen_name(g);
        s->function = is_elixir(g) ? gen_ex_name(g, false, is_recon) : gen_name(g);
        s->clauses = bt_arena_alloc(g->arena, sizeof *s->clauses);
        s->n_clauses = 1;
        if (is_recon)
            gen_recon(g, s, depth);
        else
            gen_call(g, s, depth);
    }
    return t;
}

/* ---- comparing ---- */

static bool items_equal(struct bt_ast *const *x, struct bt_ast *const *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!ast_equal(x[i], y[i]))
            return false;
    }
    return true;
}

static bool both_equal(const struct bt_ast *x, const struct bt_ast *y)
{
    return x && y ? ast_equal(x, y) : !x && !y;
}

static bool texts_equal(const char *x, const char *y)
{
    return x && y ? strcmp(x, y) == 0 : !x && !y;
}

static bool records_equal(const struct bt_ast_record *x, const struct bt_ast_record *y)
{
    if (x->form != y->form || !texts_equal(x->module, y->module) || strcmp(x->name, y->name) != 0 ||
        x->n != y->n || !both_equal(x->of, y->of) || !both_equal(x->other, y->other))
        return false;
    for (size_t i = 0; i < x->n; i++) {
        if (strcmp(x->fields[i].name, y->fields[i].name) != 0 ||
            !both_equal(x->fields[i].value, y->fields[i].value))
            return false;
    }
    return true;
}

bool ast_equal(const struct bt_ast *x, const struct bt_ast *y)
{
    if (x->kind != y->kind)
        return false;
    switch (x->kind) {
    case BT_AST_LITERAL: return bt_term_equal(x->u.literal, y->u.literal);
    case BT_AST_STRING:
        return x->u.string.len == y->u.string.len &&
               memcmp(x->u.string.text, y->u.string.text, x->u.string.len) == 0;
    case BT_AST_VAR: return strcmp(x->u.var.name, y->u.var.name) == 0;
    case BT_AST_WILD: return true;
    case BT_AST_TUPLE:
    case BT_AST_LIST:
        return x->u.seq.n == y->u.seq.n && items_equal(x->u.seq.items, y->u.seq.items, x->u.seq.n) &&
               both_equal(x->u.seq.tail, y->u.seq.tail);
    case BT_AST_MAP:
        return x->u.seq.n == y->u.seq.n && items_equal(x->u.seq.items, y->u.seq.items, 2 * x->u.seq.n);
    case BT_AST_OP:
        return x->u.op.op == y->u.op.op && ast_equal(x->u.op.args[0], y->u.op.args[0]) &&
               both_equal(x->u.op.args[1], y->u.op.args[1]);
    case BT_AST_CALL:
        return strcmp(x->u.call.name, y->u.call.name) == 0 && x->u.call.n == y->u.call.n &&
               items_equal(x->u.call.args, y->u.call.args, x->u.call.n);
    case BT_AST_RECORD: return records_equal(x->u.record, y->u.record);
    }
    return false;
}

static bool names_equal(const struct bt_ast_name *x, const struct bt_ast_name *y)
{
    return x->kind == y->kind && strcmp(x->text, y->text) == 0 && !x->loc.line == !y->loc.line;
}

static bool clauses_equal(const struct bt_ast_clause *x, const struct bt_ast_clause *y)
{
    if (!both_equal(x->head, y->head) || x->n_guards != y->n_guards || x->n_body != y->n_body)
        return false;
    for (size_t i = 0; i < x->n_guards; i++) {
        if (x->guards[i].n != y->guards[i].n ||
            !items_equal(x->guards[i].tests, y->guards[i].tests, x->guards[i].n))
            return false;
    }
    return items_equal(x->body, y->body, x->n_body);
}

static bool specs_equal(const struct bt_ast_spec *x, const struct bt_ast_spec *y)
{
    bool has_arity = x->args_kind == BT_ARGS_ARITY || x->args_kind == BT_ARGS_PATTERN;
    if (x->notation != y->notation || x->syntax != y->syntax || !names_equal(&x->module, &y->module) ||
        !names_equal(&x->function, &y->function) || x->args_kind != y->args_kind ||
        (has_arity && x->arity != y->arity) || x->n_clauses != y->n_clauses || x->n_actions != y->n_actions)
        return false;
    for (size_t i = 0; i < x->n_clauses; i++) {
        if (!clauses_equal(&x->clauses[i], &y->clauses[i]))
            return false;
    }
    return both_equal(x->match_spec, y->match_spec);
}

bool ast_text_equal(const struct bt_ast_text *x, const struct bt_ast_text *y)
{
    if (x->n != y->n || x->is_list != y->is_list)
        return false;
    for (size_t i = 0; i < x->n; i++) {
        if (!specs_equal(&x->specs[i], &y->specs[i]))
            return false;
    }
    return true;
}
