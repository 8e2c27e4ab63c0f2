/*
 * name.c - the name of a module or function in a spec: an atom, _, a glob or a regular expression.
 */
#include <string.h>

#include "spec/expr.h"
#include "spec/lex_literal.h"
#include "spec/loc.h"

/* ---- globs and regular expressions: read from the text, as their rules are not those of tokens ---- */

void bt_parser_take_text(struct bt_parser *p, size_t len)
{
    p->lx.off = p->tok.loc.off;
    p->lx.line = p->tok.loc.line;
    p->lx.col = p->tok.loc.col;
    bt_lex_advance(&p->lx, len);
    p->tok.loc.len = len;
}

static bool is_glob_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c & 0x80) ||
           (c && strchr("_@*?", c));
}

/* Bytes of the glob at s, 0 when what stands there has no * or ?. Dots and dashes join its parts, as in Elixir.My.* */
static size_t glob_len(const char *s)
{
    size_t n = 0;
    bool is_glob = false;
    while (is_glob_char(s[n]) || ((s[n] == '.' || s[n] == '-') && n > 0 && is_glob_char(s[n + 1]))) {
        is_glob = is_glob || s[n] == '*' || s[n] == '?';
        n++;
    }
    return is_glob ? n : 0;
}

static int no_elixir(struct bt_parser *p, struct beamtap_loc loc)
{
    return bt_parser_fail(p, loc,
        "the Elixir module Foo.Bar is 'Elixir.Foo.Bar' in Erlang notation; in Elixir notation a '.' stands "
        "before "
        "the function: Foo.Bar.fun(x)");
}

static int parse_glob(struct bt_parser *p, size_t len, struct bt_ast_name *name)
{
    const char *text = p->lx.text + p->tok.loc.off;
    bool is_dotted = memchr(text, '.', len) && strncmp(text, "Elixir.", 7) != 0;
    bt_parser_take_text(p, len);
    if (is_dotted && *text >= 'A' && *text <= 'Z')
        return no_elixir(p, p->tok.loc);
    if (is_dotted && text[len] != ':')
        return bt_parser_fail(p, p->tok.loc, "write ':' between module and function: lists:*");
    name->kind = BT_NAME_GLOB;
    name->loc = p->tok.loc;
    name->len = len;
    name->text = bt_arena_strndup(p->arena, text, len);
    return name->text ? bt_parser_next(p) : bt_err_nomem(p->err);
}

/* Bytes between the slashes of the regular expression at s; SIZE_MAX when the second one is missing. */
static size_t regex_len(const char *s)
{
    size_t n = 1;
    while (s[n] && s[n] != '\n' && s[n] != '/')
        n += s[n] == '\\' && s[n + 1] && s[n + 1] != '\n' ? 2 : 1;
    return s[n] == '/' ? n - 1 : SIZE_MAX;
}

static int parse_regex(struct bt_parser *p, const char *what, struct bt_ast_name *name)
{
    const char *text = p->lx.text + p->tok.loc.off;
    size_t len = regex_len(text);
    p->tok.loc.len = 1;
    if (len == SIZE_MAX)
        return bt_parser_fail(p, p->tok.loc,
            "%s is expected here; a regular expression has a '/' on both sides, and is on one line: "
            "/^handle_/",
            what);
    bt_parser_take_text(p, len + 2);
    if (len == 0)
        return bt_parser_fail(
            p, p->tok.loc, "an empty regular expression; write /^handle_/, or _ for every function");
    name->kind = BT_NAME_REGEX;
    name->loc = p->tok.loc;
    name->len = len;
    name->text = bt_arena_strndup(p->arena, text + 1, len);
    return name->text ? bt_parser_next(p) : bt_err_nomem(p->err);
}

/* ---- atoms ---- */

static bool is_word(enum bt_token_kind kind)
{
    return kind == BT_TOK_ATOM || kind == BT_TOK_VAR || kind == BT_TOK_RESERVED;
}

/* my-app, my.mod and Foo.Bar are single words to the people who write them. */
static int check_name_end(struct bt_parser *p, const struct bt_token *name)
{
    struct bt_token after = bt_parser_peek(p);
    struct beamtap_loc both = bt_loc_join(name->loc, after.loc);
    if (!p->tok.is_glued || !after.is_glued || !is_word(after.kind))
        return 0;
    if (bt_parser_is_op(p, BT_OP_SUB))
        return bt_parser_fail(
            p, both, "a name with a '-' needs quotes: '%.*s'", (int)both.len, p->lx.text + both.off);
    if (p->tok.kind != BT_TOK_DOT)
        return 0;
    if (name->kind == BT_TOK_VAR)
        return no_elixir(p, name->loc);
    return bt_parser_fail(p, both,
        "write ':' between module and function: %.*s:%.*s; a name with a '.' needs quotes", (int)name->len,
        name->text, (int)after.len, after.text);
}

static int no_name(struct bt_parser *p, const char *what)
{
    struct bt_token t = p->tok;
    bool is_reserved = t.kind == BT_TOK_WHEN || t.kind == BT_TOK_FUN || t.kind == BT_TOK_OP;
    const char *text = p->lx.text + t.loc.off;
    if (is_reserved && t.loc.len > 1 && *text >= 'a')
        return bt_parser_fail(p, t.loc,
            "'%.*s' is a reserved word of Erlang; as a name it needs quotes: '%.*s'", (int)t.loc.len, text,
            (int)t.loc.len, text);
    return bt_parser_unexpected(p, what);
}

static int parse_atom(struct bt_parser *p, const char *what, struct bt_ast_name *name)
{
    struct bt_token t = p->tok;
    switch (t.kind) {
    case BT_TOK_ATOM: name->kind = BT_NAME_ATOM; break;
    case BT_TOK_VAR: name->kind = BT_NAME_VAR; break;
    case BT_TOK_WILD: name->kind = BT_NAME_ANY; break;
    default: return no_name(p, what);
    }
    if (t.kind == BT_TOK_ATOM && t.len == 1 &&
        t.text[0] == '_') /* '_' of a recon tuple or match specification */
        name->kind = BT_NAME_ANY;
    name->text = name->kind == BT_NAME_ANY ? "_" : t.text;
    name->len = name->kind == BT_NAME_ANY ? 1 : t.len;
    name->loc = t.loc;
    if (memchr(name->text, '\0', name->len))
        return bt_parser_fail(p, t.loc, "the name of a module or function cannot have a NUL in it");
    return bt_parser_next(p) ? -1 : check_name_end(p, &t);
}

int bt_parse_name(struct bt_parser *p, const char *what, struct bt_ast_name *name)
{
    const char *text = p->lx.text + p->tok.loc.off;
    size_t len = p->tok.is_quoted ? 0 : glob_len(text);
    if (len)
        return parse_glob(p, len, name);
    return *text == '/' ? parse_regex(p, what, name) : parse_atom(p, what, name);
}
