/*
 * call_opts.c - the options of a pasted call, one table for each tool, as options of the command line.
 */
#include "spec/call_opts.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "spec/constant.h"
#include "spec/loc.h"

/* ---- what comes out ---- */

static int add(struct bt_parser *p, struct bt_call *c, const char *name, const char *value)
{
    c->settings = bt_arena_grow(p->arena, c->settings, c->n_settings, &c->settings_cap, sizeof *c->settings);
    if (!c->settings)
        return bt_err_nomem(p->err);
    c->settings[c->n_settings++] = (struct bt_call_setting){name, value, false, p->prev.loc.off};
    return 0;
}

static int add_text(struct bt_parser *p, struct bt_call *c, const char *name, const char *value, size_t len)
{
    if (memchr(value, '\0', len))
        return bt_parser_fail(p, p->prev.loc, "a NUL cannot stand here");
    value = bt_arena_strndup(p->arena, value, len);
    return value ? add(p, c, name, value) : bt_err_nomem(p->err);
}

static int add_default(struct bt_parser *p, struct bt_call *c, const char *name, const char *value)
{
    if (add(p, c, name, value))
        return -1;
    c->settings[c->n_settings - 1].is_default = true;
    return 0;
}

static int remark(struct bt_parser *p, struct bt_call *c, const char *option, const char *what)
{
    char text[256];
    int n = snprintf(text, sizeof text, "%s: %s", option, what);
    c->remarks = bt_arena_grow(p->arena, c->remarks, c->n_remarks, &c->remarks_cap, sizeof *c->remarks);
    const char *copy =
        bt_arena_strndup(p->arena, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
    if (!c->remarks || !copy)
        return bt_err_nomem(p->err);
    c->remarks[c->n_remarks++] = copy;
    return 0;
}

int bt_call_redbug_defaults(struct bt_parser *p, struct bt_call *c)
{
    return add_default(p, c, "time", "15s") || add_default(p, c, "count", "10") ||
                   add_default(p, c, "rate", "none")
               ? -1
               : 0;
}

/* ---- values ---- */

static const char *atom_of(const struct bt_ast *e)
{
    bool is_atom = e->kind == BT_AST_LITERAL && e->u.literal->kind == BT_TERM_ATOM;
    return is_atom ? e->u.literal->u.atom.name : NULL;
}

static bool is_atom(const struct bt_ast *e, const char *name)
{
    const char *atom = atom_of(e);
    return atom && strcmp(atom, name) == 0;
}

static bool is_number(const struct bt_ast *e, int64_t least, int64_t most)
{
    return e->kind == BT_AST_LITERAL && e->u.literal->kind == BT_TERM_INT && e->u.literal->u.small >= least &&
           e->u.literal->u.small <= most;
}

static int64_t number_of(const struct bt_ast *e)
{
    return e->u.literal->u.small;
}

#define MAX_NUMBER (INT64_C(1) << 40)

static const char wants_max[] = "how many is expected here: 10, or {50, 1000} for 50 in 1000 ms";

int bt_call_take_max(struct bt_parser *p, struct bt_call *c)
{
    char text[64];
    const struct bt_ast *e = bt_parse_expr(p, 0);
    if (!e)
        return -1;
    if (is_number(e, 1, MAX_NUMBER)) {
        snprintf(text, sizeof text, "%" PRId64, number_of(e));
        return add_default(p, c, "rate", "none") || add_text(p, c, "count", text, strlen(text)) ? -1 : 0;
    }
    if (e->kind != BT_AST_TUPLE || e->u.seq.n != 2)
        return bt_parser_fail(p, e->loc, "%s", wants_max);
    struct bt_ast *const *pair = e->u.seq.items;
    if (!is_number(pair[0], 1, 1000000000) || !is_number(pair[1], 1, 3600000))
        return bt_parser_fail(p, e->loc, "%s", wants_max);
    snprintf(text, sizeof text, "%" PRId64 "/%" PRId64 "ms", number_of(pair[0]), number_of(pair[1]));
    return add_text(p, c, "rate", text, strlen(text)) || add(p, c, "on-rate", "end") ? -1 : 0;
}

/* ---- processes ---- */

static int no_process(struct bt_parser *p, const struct bt_ast *e)
{
    return bt_parser_fail(p, e->loc,
        "a process is expected here: all, new, existing, a registered name, <0.44.0>, \"<0.44.0>\", "
        "{0,44,0}, "
        "{global, Name}, {via, Module, Name}, or a list of these");
}

/* {global, N}, {via, Mod, N} as their own text; -p reads it. */
static int take_registered(struct bt_parser *p, struct bt_call *c, const struct bt_ast *e)
{
    struct bt_buf b = BT_BUF_INIT;
    const struct bt_term *t = bt_constant_term(p->arena, e);
    int rc = t ? bt_ast_print_term(&b, t, p->err) : bt_err_nomem(p->err);
    if (rc == 0)
        rc = add_text(p, c, "process", b.len ? b.data : "", b.len);
    bt_buf_done(&b);
    return rc;
}

static int take_tuple(struct bt_parser *p, struct bt_call *c, const struct bt_ast *e)
{
    struct bt_ast *const *items = e->u.seq.items;
    char text[64];
    bool is_redbugs = e->u.seq.n == 3 && is_atom(items[0], "pid");
    if ((e->u.seq.n == 2 && is_atom(items[0], "global")) ||
        (e->u.seq.n == 3 && is_atom(items[0], "via") && atom_of(items[1])))
        return bt_constant_is(e) ? take_registered(p, c, e) : no_process(p, e);
    if (e->u.seq.n != 3 || !(is_redbugs || is_number(items[0], 0, UINT32_MAX)) ||
        !is_number(items[1], 0, UINT32_MAX) || !is_number(items[2], 0, UINT32_MAX))
        return no_process(p, e);
    snprintf(text, sizeof text, "<%" PRId64 ".%" PRId64 ".%" PRId64 ">", is_redbugs ? 0 : number_of(items[0]),
        number_of(items[1]), number_of(items[2]));
    return add_text(p, c, "process", text, strlen(text));
}

static int take_process(struct bt_parser *p, struct bt_call *c, const struct bt_ast *e)
{
    char text[64];
    if (e->kind == BT_AST_TUPLE)
        return take_tuple(p, c, e);
    if (e->kind == BT_AST_STRING)
        return add_text(p, c, "process", e->u.string.text, e->u.string.len);
    if (e->kind != BT_AST_LITERAL)
        return no_process(p, e);
    const struct bt_term *t = e->u.literal;
    if (t->kind == BT_TERM_PID) {
        snprintf(text, sizeof text, "<0.%" PRIu32 ".%" PRIu32 ">", t->u.pid.id, t->u.pid.serial);
        return add_text(p, c, "process", text, strlen(text));
    }
    if (t->kind != BT_TERM_ATOM)
        return no_process(p, e);
    if (strcmp(c->tool, "redbug") == 0 && strcmp(t->u.atom.name, "running") == 0)
        return add(p, c, "process", "existing");
    return add_text(p, c, "process", t->u.atom.name, t->u.atom.len);
}

/* ---- options ---- */

struct option {
    const char *name;
    int (*take)(struct bt_parser *p, struct bt_call *c, const struct option *o, const struct bt_ast *e);
    const char *to;      /* option of the command line, or a text for the taker */
    const char *choices; /* words that are allowed, with a blank behind each; NULL: any */
};

static int bad_value(struct bt_parser *p, const struct option *o, const struct bt_ast *e, const char *what)
{
    return bt_parser_fail(p, e->loc, "%s: %s is expected", o->name, what);
}

static int take_processes(
    struct bt_parser *p, struct bt_call *c, const struct option *o, const struct bt_ast *e)
{
    (void)o;
    if (e->kind != BT_AST_LIST)
        return take_process(p, c, e);
    if (e->u.seq.tail || e->u.seq.n == 0)
        return no_process(p, e);
    for (size_t i = 0; i < e->u.seq.n; i++) {
        const struct bt_ast *item = e->u.seq.items[i];
        if (item->kind == BT_AST_LIST ? no_process(p, item) : take_process(p, c, item))
            return -1;
    }
    return 0;
}

static bool is_choice(const struct option *o, const char *word)
{
    size_t n = word ? strlen(word) : 0;
    for (const char *s = o->choices; n && s && *s; s += strcspn(s, " ") + 1) {
        if (strcspn(s, " ") == n && memcmp(s, word, n) == 0)
            return true;
    }
    return false;
}

/* One of the words; where `to` says so, the option gets it. */
static int take_choice(struct bt_parser *p, struct bt_call *c, const struct option *o, const struct bt_ast *e)
{
    if (!is_choice(o, atom_of(e)))
        return bad_value(p, o, e, o->choices);
    return o->to ? add(p, c, o->to, atom_of(e)) : 0;
}

static int take_args(struct bt_parser *p, struct bt_call *c, const struct option *o, const struct bt_ast *e)
{
    if (!is_choice(o, atom_of(e)))
        return bad_value(p, o, e, "args or arity");
    return is_atom(e, "arity") ? add(p, c, "args", "arity") : 0;
}

/* true: what `to` says ("quiet", "args arity"); a sentence in brackets becomes a remark. false: nothing. */
static int take_true(struct bt_parser *p, struct bt_call *c, const struct option *o, const struct bt_ast *e)
{
    if (!is_atom(e, "true") && !is_atom(e, "false"))
        return bad_value(p, o, e, "true or false");
    if (is_atom(e, "false") || !o->to)
        return 0;
    if (o->to[0] == '(')
        return remark(p, c, o->name, o->to + 1);
    const char *blank = strchr(o->to, ' ');
    return blank ? add(p, c, bt_arena_strndup(p->arena, o->to, (size_t)(blank - o->to)), blank + 1)
                 : add(p, c, o->to, NULL);
}

/* The same for false. */
static int take_false(struct bt_parser *p, struct bt_call *c, const struct option *o, const struct bt_ast *e)
{
    if (!is_atom(e, "true") && !is_atom(e, "false"))
        return bad_value(p, o, e, "true or false");
    return is_atom(e, "false") ? remark(p, c, o->name, o->to + 1) : 0;
}

static int take_number(struct bt_parser *p, struct bt_call *c, const struct option *o, const struct bt_ast *e)
{
    char text[64];
    if (!is_number(e, 1, MAX_NUMBER))
        return bad_value(p, o, e, "a number from 1 up");
    snprintf(text, sizeof text, "%" PRId64 "%s", number_of(e), strcmp(o->to, "time") == 0 ? "ms" : "");
    return add_text(p, c, o->to, text, strlen(text));
}

static int take_text(struct bt_parser *p, struct bt_call *c, const struct option *o, const struct bt_ast *e)
{
    if (e->kind == BT_AST_LIST && e->u.seq.n == 0 && !e->u.seq.tail)
        return 0; /* [] is "" */
    if (e->kind != BT_AST_STRING)
        return bad_value(p, o, e, "a text in double quotes");
    return e->u.string.len ? add_text(p, c, o->to, e->u.string.text, e->u.string.len) : 0;
}

static int take_node(struct bt_parser *p, struct bt_call *c, const struct option *o, const struct bt_ast *e)
{
    if (!atom_of(e) || strlen(atom_of(e)) != e->u.literal->u.atom.len)
        return bad_value(p, o, e, "a node's name");
    c->node = atom_of(e);
    return 0;
}

static int take_atom(struct bt_parser *p, struct bt_call *c, const struct option *o, const struct bt_ast *e)
{
    if (!atom_of(e))
        return bad_value(p, o, e, "an atom");
    return *atom_of(e) ? add_text(p, c, o->to, atom_of(e), e->u.literal->u.atom.len) : 0;
}

static int take_atoms(struct bt_parser *p, struct bt_call *c, const struct option *o, const struct bt_ast *e)
{
    if (e->kind != BT_AST_LIST || e->u.seq.tail)
        return take_atom(p, c, o, e);
    for (size_t i = 0; i < e->u.seq.n; i++) {
        if (take_atom(p, c, o, e->u.seq.items[i]))
            return -1;
    }
    return 0;
}

/* An option without a taker is not read at all, as its value may be a fun; `to` says why. */
static const struct option recon_options[] = {
    {"pid", take_processes, NULL, NULL},
    {"timestamp", take_choice, NULL, "formatter trace "}, /* ours are the VM's in any case */
    {"args", take_args, NULL, "args arity "},
    {"scope", take_choice, "scope", "local global "},
    {"return_to", take_true, "caller", NULL},
    {"io_server", NULL, "the lines go to standard output, or to the file of `output`", NULL},
    {"formatter", NULL, "the lines have their own form; `format json` is for programs", NULL},
    {NULL, NULL, NULL, NULL},
};

static const struct option redbug_options[] = {
    {"time", take_number, "time", NULL},
    {"msgs", take_number, "count", NULL},
    {"target", take_node, NULL, NULL},
    {"cookie", take_atom, "cookie", NULL},
    {"procs", take_processes, NULL, NULL},
    {"records", take_atoms, "records", NULL},
    {"arity", take_true, "args arity", NULL},
    {"trace_child", take_true, "children", NULL},
    {"print_file", take_text, "output", NULL},
    {"print_re", take_text, "grep", NULL},
    {"print_depth", take_number, "depth", NULL},
    {"blocking", take_true, NULL, NULL}, /* each trace ends before the next line is read */
    {"buffered", take_true, NULL, NULL},
    {"debug", take_true, NULL, NULL},
    {"print_msec", take_true, NULL, NULL}, /* times have microseconds */
    {"print_time_unit", take_choice, NULL, "second millisecond microsecond "},
    {"print_node", take_true, "(the node is in the banner", NULL},
    {"discard", take_true, "(lines are shown; write '-> count' to count only", NULL},
    {"print_calls", take_false, "(calls are shown with their returns", NULL},
    {"print_return", take_false, "(values are shown; write '-> time' to leave them on the node", NULL},
    {"max_queue", NULL, "not needed: the limit is in the VM, no queue grows", NULL},
    {"max_msg_size", NULL, "see `max-term`: a larger argument or value is shown by its size", NULL},
    {"print_fun", NULL, "a fun cannot run here; `format json` is for programs", NULL},
    {"file", NULL, "no trc file is written; `capture` keeps all that is shown, for replay", NULL},
    {"file_size", NULL, "see `rotate-size`", NULL},
    {"file_count", NULL, "see `rotate-count`", NULL},
    {NULL, NULL, NULL, NULL},
};

static void no_option(
    struct bt_parser *p, const struct bt_call *c, const struct bt_token *name, const struct option *known)
{
    struct bt_buf all = BT_BUF_INIT;
    for (const struct option *o = known; o->name; o++)
        bt_buf_printf(&all, "%s%s", o == known ? "" : ", ", o->name);
    bt_parser_fail(p, name->loc, "%s has no option %s; there are %s", c->tool, name->text, bt_buf_cstr(&all));
    bt_buf_done(&all);
}

static const struct option *find(struct bt_parser *p, const struct bt_call *c, const struct bt_token *name)
{
    const struct option *known = strcmp(c->tool, "redbug") == 0 ? redbug_options : recon_options;
    for (const struct option *o = known; o->name; o++) {
        if (strcmp(o->name, name->text) == 0)
            return o;
    }
    no_option(p, c, name, known);
    return NULL;
}

static int take_value(struct bt_parser *p, struct bt_call *c, const struct option *o)
{
    size_t from, to = 0;
    if (!o->take)
        return bt_call_skip(p, &from, &to) || remark(p, c, o->name, o->to) ? -1 : 0;
    const struct bt_ast *e = bt_parse_expr(p, 0);
    return e ? o->take(p, c, o, e) : -1;
}

/* {name, value}, or the name alone, which is {name, true}; tok is on it. */
static int take_option(struct bt_parser *p, struct bt_call *c)
{
    struct bt_token open = p->tok, name;
    bool is_pair = open.kind == BT_TOK_LBRACE;
    if (is_pair && bt_parser_next(p))
        return -1;
    name = p->tok;
    if (name.kind != BT_TOK_ATOM)
        return bt_parser_unexpected(p, "an option, for instance {scope, local},");
    const struct option *o = find(p, c, &name);
    if (!o || bt_parser_next(p))
        return -1;
    if (is_pair)
        return bt_parser_expect(p, BT_TOK_COMMA, "','") || take_value(p, c, o) ||
                       bt_parser_close(p, BT_TOK_RBRACE, &open, "'}'")
                   ? -1
                   : 0;
    if (o->take != take_true && o->take != take_false)
        return bt_parser_fail(p, name.loc, "%s needs a value: {%s, ...}", name.text, name.text);
    struct bt_ast *yes = bt_ast_literal(p, bt_term_atom(p->arena, "true"), name.loc);
    return yes ? o->take(p, c, o, yes) : -1;
}

/* #{msgs => 5}; tok is on the brace. */
static int take_map(struct bt_parser *p, struct bt_call *c)
{
    struct bt_token open = p->tok;
    do {
        if (bt_parser_next(p))
            return -1;
        if (p->tok.kind == BT_TOK_RBRACE && p->prev.kind == BT_TOK_LBRACE)
            break;
        struct bt_token name = p->tok;
        if (name.kind != BT_TOK_ATOM)
            return bt_parser_unexpected(p, "an option, for instance msgs => 5,");
        const struct option *o = find(p, c, &name);
        if (!o || bt_parser_next(p) || bt_parser_expect(p, BT_TOK_TO, "'=>'") || take_value(p, c, o))
            return -1;
    } while (p->tok.kind == BT_TOK_COMMA);
    return bt_parser_close(p, BT_TOK_RBRACE, &open, "',' or '}'");
}

int bt_call_take_opts(struct bt_parser *p, struct bt_call *c)
{
    struct bt_token open = p->tok;
    if (open.kind == BT_TOK_HASH && strcmp(c->tool, "redbug") == 0)
        return bt_parser_next(p) || p->tok.kind != BT_TOK_LBRACE ? bt_parser_unexpected(p, "'{'")
                                                                 : take_map(p, c);
    if (open.kind != BT_TOK_LBRACKET)
        return bt_parser_unexpected(p, "a list of options, for instance [{scope, local}],");
    do {
        if (bt_parser_next(p))
            return -1;
        if (p->tok.kind == BT_TOK_RBRACKET && p->prev.kind == BT_TOK_LBRACKET)
            break;
        if (take_option(p, c))
            return -1;
    } while (p->tok.kind == BT_TOK_COMMA);
    return bt_parser_close(p, BT_TOK_RBRACKET, &open, "',' or ']'");
}
