/*
 * ex_print.c - a tree back to Elixir notation.
 */
#include "spec/ex_print.h"

#include <string.h>

#include "base/utf8.h"
#include "spec/ex_expr.h"
#include "spec/ex_lexer.h"

struct printer {
    struct bt_buf *out;
    struct beamtap_err *err;
};

static int print_expr(struct printer *p, const struct bt_ast *e, int least);

/* ---- text and names ---- */

static bool is_control(uint32_t c)
{
    return c < ' ' || (c >= 0x7F && c < 0xA0);
}

/* Between double quotes, so that the lexer reads the same characters. */
static void put_quoted(struct bt_buf *out, const char *text, size_t len)
{
    bt_buf_putc(out, '"');
    for (size_t i = 0, step; i < len; i += step) {
        uint32_t c = 0;
        step = bt_utf8_decode(text + i, len - i, &c);
        step = step ? step : 1;
        if (c == '"' || c == '\\' || (c == '#' && i + 1 < len && text[i + 1] == '{'))
            bt_buf_printf(out, "\\%c", (char)c);
        else if (is_control(c))
            bt_buf_printf(out, "\\u{%X}", (unsigned)c);
        else
            bt_buf_put(out, text + i, step);
    }
    bt_buf_putc(out, '"');
}

/* Foo.Bar of 'Elixir.Foo.Bar'; NULL: it is no such name. */
static const char *alias_of(const char *name, size_t len)
{
    static const char prefix[] = "Elixir.";
    size_t n = strlen(prefix);
    if (len <= n || memcmp(name, prefix, n) != 0)
        return NULL;
    bool is_start = true;
    for (size_t i = n; i < len; i++) {
        char c = name[i];
        bool is_upper = c >= 'A' && c <= 'Z';
        bool is_other = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        if (!is_upper && (is_start || (!is_other && c != '.')))
            return NULL;
        is_start = c == '.';
    }
    return is_start || strncmp(name + n, prefix, n) == 0 || strcmp(name + n, "Elixir") == 0 ? NULL : name + n;
}

/* An atom that needs no colon. */
static bool is_bare(const char *name, size_t len)
{
    static const char *const bare[] = {"true", "false", "nil"};
    for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++) {
        if (len == strlen(bare[i]) && memcmp(name, bare[i], len) == 0)
            return true;
    }
    return false;
}

static void put_atom(struct bt_buf *out, const char *name, size_t len)
{
    if (is_bare(name, len)) {
        bt_buf_put(out, name, len);
        return;
    }
    const char *alias = alias_of(name, len);
    if (alias) {
        bt_buf_put(out, alias, len - (size_t)(alias - name));
        return;
    }
    bt_buf_putc(out, ':');
    if (bt_ex_is_name(name, len, true))
        bt_buf_put(out, name, len);
    else
        put_quoted(out, name, len);
}

/* Behind a dot. */
static void put_member(struct bt_buf *out, const char *name, size_t len)
{
    if (bt_ex_is_name(name, len, false))
        bt_buf_put(out, name, len);
    else
        put_quoted(out, name, len);
}

/* ---- literals ---- */

static bool is_text(const struct bt_term *t)
{
    const char *bytes = (const char *)t->u.binary.bytes;
    for (size_t i = 0, step; i < t->u.binary.len; i += step) {
        uint32_t c = 0;
        step = bt_utf8_decode(bytes + i, t->u.binary.len - i, &c);
        if (!step || is_control(c))
            return false;
    }
    return t->u.binary.last_bits == 8;
}

static void put_binary(struct bt_buf *out, const struct bt_term *t)
{
    const uint8_t *bytes = t->u.binary.bytes;
    size_t len = t->u.binary.len;
    unsigned last = t->u.binary.last_bits;
    if (is_text(t)) {
        put_quoted(out, (const char *)bytes, len);
        return;
    }
    bt_buf_puts(out, "<<");
    for (size_t i = 0; i < len; i++) {
        bool is_part = i + 1 == len && last < 8;
        bt_buf_printf(out, "%s%u", i ? ", " : "", is_part ? bytes[i] >> (8 - last) : bytes[i]);
        if (is_part)
            bt_buf_printf(out, "::%u", last);
    }
    bt_buf_puts(out, ">>");
}

static int print_literal(struct printer *p, const struct bt_term *t)
{
    switch (t->kind) {
    case BT_TERM_ATOM: put_atom(p->out, t->u.atom.name, t->u.atom.len); return 0;
    case BT_TERM_BINARY: put_binary(p->out, t); return 0;
    case BT_TERM_PID: bt_buf_puts(p->out, "#PID"); break;
    default: break;
    }
    return bt_ast_print_term(p->out, t, p->err);
}

/* ---- expressions ---- */

static int print_list(struct printer *p, struct bt_ast *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            bt_buf_puts(p->out, ", ");
        if (print_expr(p, items[i], 0))
            return -1;
    }
    return 0;
}

static int print_seq(struct printer *p, const struct bt_ast *e, const char *open, const char *close)
{
    bt_buf_puts(p->out, open);
    if (print_list(p, e->u.seq.items, e->u.seq.n))
        return -1;
    if (e->u.seq.tail) {
        bt_buf_puts(p->out, " | ");
        if (print_expr(p, e->u.seq.tail, 0))
            return -1;
    }
    bt_buf_puts(p->out, close);
    return 0;
}

/* An atom that is written id: as a key. */
static bool is_plain_key(const struct bt_ast *key)
{
    return key->kind == BT_AST_LITERAL && key->u.literal->kind == BT_TERM_ATOM &&
           bt_ex_is_name(key->u.literal->u.atom.name, key->u.literal->u.atom.len, false);
}

static int print_map(struct printer *p, const struct bt_ast *e)
{
    bool is_plain = true;
    for (size_t i = 0; i < e->u.seq.n; i++)
        is_plain = is_plain && is_plain_key(e->u.seq.items[2 * i]);
    bt_buf_puts(p->out, "%{");
    for (size_t i = 0; i < e->u.seq.n; i++) {
        const struct bt_ast *key = e->u.seq.items[2 * i];
        if (i)
            bt_buf_puts(p->out, ", ");
        if (is_plain)
            bt_buf_printf(p->out, "%s: ", key->u.literal->u.atom.name);
        else if (print_expr(p, key, bt_ex_op_info(BT_OP_MATCH)->strength + 1))
            return -1;
        if (!is_plain)
            bt_buf_puts(p->out, " => ");
        if (print_expr(p, e->u.seq.items[2 * i + 1], 0))
            return -1;
    }
    bt_buf_putc(p->out, '}');
    return 0;
}

static int print_call_of(struct printer *p, const char *name, struct bt_ast *const *args, size_t n)
{
    bt_buf_printf(p->out, "%s(", name);
    if (print_list(p, args, n))
        return -1;
    bt_buf_putc(p->out, ')');
    return 0;
}

/* div(x, y), :erlang.xor(x, y) */
static int print_op_call(struct printer *p, const struct bt_ast *e)
{
    const char *name = bt_op_info(e->u.op.op)->text;
    if (!bt_ex_is_function(name))
        bt_buf_puts(p->out, ":erlang.");
    return print_call_of(p, name, e->u.op.args, e->u.op.args[1] ? 2 : 1);
}

static int print_op(struct printer *p, const struct bt_ast *e)
{
    const struct bt_op_info *op = bt_ex_op_info(e->u.op.op);
    if (!op->text)
        return print_op_call(p, e);
    if (op->assoc == BT_ASSOC_UNARY) {
        bt_buf_printf(p->out, "%s ", op->text);
        return print_expr(p, e->u.op.args[0], op->strength);
    }
    /* The side on which an equally strong operator would not come back as it was needs brackets. */
    if (print_expr(p, e->u.op.args[0], op->strength + (op->assoc != BT_ASSOC_LEFT)))
        return -1;
    bt_buf_printf(p->out, " %s ", op->text);
    return print_expr(p, e->u.op.args[1], op->strength + (op->assoc != BT_ASSOC_RIGHT));
}

/* element(1, t) is elem(t, 0) */
static bool is_elem(const struct bt_ast *e)
{
    if (strcmp(e->u.call.name, "element") != 0 || e->u.call.n != 2)
        return false;
    const struct bt_ast *at = e->u.call.args[0];
    return at->kind == BT_AST_LITERAL && at->u.literal->kind == BT_TERM_INT && at->u.literal->u.small > 0;
}

/* map_get(key, map) is map.key where both are as simple as that. */
static bool is_field(const struct bt_ast *e)
{
    return strcmp(e->u.call.name, "map_get") == 0 && e->u.call.n == 2 && is_plain_key(e->u.call.args[0]) &&
           e->u.call.args[1]->kind == BT_AST_VAR;
}

static int print_call(struct printer *p, const struct bt_ast *e)
{
    struct bt_ast *const *args = e->u.call.args;
    size_t n = e->u.call.n;
    if (is_field(e)) {
        bt_buf_printf(p->out, "%s.%s", args[1]->u.var.name, args[0]->u.literal->u.atom.name);
        return 0;
    }
    if (is_elem(e)) {
        bt_buf_puts(p->out, "elem(");
        if (print_expr(p, args[1], 0))
            return -1;
        bt_buf_printf(p->out, ", %lld)", (long long)args[0]->u.literal->u.small - 1);
        return 0;
    }
    if (strcmp(e->u.call.name, "is_map_key") == 0 && n == 2) {
        struct bt_ast *turned[] = {args[1], args[0]};
        return print_call_of(p, e->u.call.name, turned, n);
    }
    if (bt_ex_call_form(e->u.call.name) == BT_EX_CALL_PLAIN)
        return print_call_of(p, e->u.call.name, args, n);
    bt_buf_puts(p->out, ":erlang.");
    put_member(p->out, e->u.call.name, strlen(e->u.call.name));
    return print_call_of(p, "", args, n);
}

static int print_bare(struct printer *p, const struct bt_ast *e)
{
    switch (e->kind) {
    case BT_AST_LITERAL: return print_literal(p, e->u.literal);
    case BT_AST_STRING:
        bt_buf_puts(p->out, "~c");
        put_quoted(p->out, e->u.string.text, e->u.string.len);
        return 0;
    case BT_AST_VAR: bt_buf_puts(p->out, e->u.var.name); return 0;
    case BT_AST_WILD: bt_buf_putc(p->out, '_'); return 0;
    case BT_AST_TUPLE: return print_seq(p, e, "{", "}");
    case BT_AST_LIST: return print_seq(p, e, "[", "]");
    case BT_AST_MAP: return print_map(p, e);
    case BT_AST_OP: return print_op(p, e);
    case BT_AST_CALL: return print_call(p, e);
    case BT_AST_RECORD: break; /* of Erlang only */
    }
    return 0;
}

/* least: operators weaker than this need brackets around them. */
static int print_expr(struct printer *p, const struct bt_ast *e, int least)
{
    const struct bt_op_info *op = e->kind == BT_AST_OP ? bt_ex_op_info(e->u.op.op) : NULL;
    bool needs_brackets = op && op->text && op->strength < least;
    if (needs_brackets)
        bt_buf_putc(p->out, '(');
    if (print_bare(p, e))
        return -1;
    if (needs_brackets)
        bt_buf_putc(p->out, ')');
    return 0;
}

/* ---- specs ---- */

static int print_guards(struct printer *p, const struct bt_ast_clause *c)
{
    for (size_t i = 0; i < c->n_guards; i++) {
        bt_buf_puts(p->out, " when ");
        for (size_t j = 0; j < c->guards[i].n; j++) { /* one, as the parser makes them */
            bt_buf_puts(p->out, j ? " and " : "");
            if (print_expr(p, c->guards[i].tests[j], 0))
                return -1;
        }
    }
    return 0;
}

static int print_fn(struct printer *p, const struct bt_ast_spec *s)
{
    bt_buf_puts(p->out, "fn ");
    for (size_t i = 0; i < s->n_clauses; i++) {
        const struct bt_ast_clause *c = &s->clauses[i];
        bt_buf_puts(p->out, i ? "; " : "");
        if (print_expr(p, c->head, 0) || print_guards(p, c))
            return -1;
        for (size_t j = 0; j < c->n_body; j++) {
            bt_buf_puts(p->out, j ? "; " : " -> ");
            if (print_expr(p, c->body[j], 0))
                return -1;
        }
    }
    bt_buf_puts(p->out, " end");
    return 0;
}

static void print_module(struct printer *p, const struct bt_ast_name *name)
{
    static const char prefix[] = "Elixir.";
    bool is_full = name->kind == BT_NAME_GLOB && strncmp(name->text, prefix, strlen(prefix)) == 0;
    const char *rest = is_full ? name->text + strlen(prefix) : "";
    /* MyApp.* needs no more to be taken for Elixir; what begins with the prefix twice keeps it */
    if (bt_ex_begins(rest) && strncmp(rest, prefix, strlen(prefix)) != 0)
        bt_buf_puts(p->out, rest);
    else if (name->kind == BT_NAME_GLOB)
        bt_buf_puts(p->out, name->text);
    else if (name->kind == BT_NAME_ATOM && is_bare(name->text, name->len)) /* how a spec cannot begin */
        bt_buf_printf(p->out, ":%s", name->text);
    else if (name->kind == BT_NAME_ATOM)
        put_atom(p->out, name->text, name->len);
    else
        bt_buf_puts(p->out, ":_");
}

static int print_recon(struct printer *p, const struct bt_ast_spec *s)
{
    bt_buf_putc(p->out, '{');
    print_module(p, &s->module);
    bt_buf_puts(p->out, ", ");
    if (s->function.kind == BT_NAME_ATOM && alias_of(s->function.text, s->function.len)) {
        bt_buf_putc(p->out, ':'); /* an alias would be taken for a slip */
        put_quoted(p->out, s->function.text, s->function.len);
    } else {
        print_module(p, &s->function);
    }
    bt_buf_puts(p->out, ", ");
    switch (s->args_kind) {
    case BT_ARGS_ARITY: bt_buf_printf(p->out, "%zu", s->arity); break;
    case BT_ARGS_RETURN_TRACE: bt_buf_puts(p->out, ":return_trace"); break;
    case BT_ARGS_FUN:
        if (print_fn(p, s))
            return -1;
        break;
    case BT_ARGS_MATCH_SPEC:
        if (print_expr(p, s->match_spec, 0))
            return -1;
        break;
    case BT_ARGS_ANY:
    case BT_ARGS_PATTERN: bt_buf_puts(p->out, ":_"); break;
    }
    bt_buf_putc(p->out, '}');
    return 0;
}

static int print_call_spec(struct printer *p, const struct bt_ast_spec *s)
{
    print_module(p, &s->module);
    if (s->function.loc.line) { /* else MyApp.Cart */
        bt_buf_putc(p->out, '.');
        if (s->function.kind == BT_NAME_ATOM)
            put_member(p->out, s->function.text, s->function.len);
        else
            bt_buf_puts(p->out, s->function.kind == BT_NAME_GLOB ? s->function.text : "*");
    }
    if (s->args_kind == BT_ARGS_ARITY)
        bt_buf_printf(p->out, "/%zu", s->arity);
    if (s->args_kind == BT_ARGS_PATTERN) {
        bt_buf_putc(p->out, '(');
        if (print_list(p, s->clauses[0].head->u.seq.items, s->arity))
            return -1;
        bt_buf_putc(p->out, ')');
    }
    if (print_guards(p, &s->clauses[0]))
        return -1;
    for (size_t i = 0; i < s->n_actions; i++)
        bt_buf_printf(p->out, "%s%s", i ? ", " : " -> ", bt_action_name(s->actions[i].action));
    return 0;
}

int bt_ex_print(struct bt_buf *out, const struct bt_ast_spec *spec, struct beamtap_err *err)
{
    struct printer p = {out, err};
    return spec->notation == BT_NOTATION_RECON ? print_recon(&p, spec) : print_call_spec(&p, spec);
}

int bt_ex_print_expr(struct bt_buf *out, const struct bt_ast *expr, struct beamtap_err *err)
{
    struct printer p = {out, err};
    return print_expr(&p, expr, 0);
}
