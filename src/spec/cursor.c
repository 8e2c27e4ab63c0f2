/*
 * cursor.c - the parser's place among the tokens: onward, a look ahead, what must come, and what to say when it does
 * not.
 */
#include <stdarg.h>
#include <string.h>

#include "spec/expr.h"
#include "spec/loc.h"

/* ---- tokens ---- */

int bt_parser_next(struct bt_parser *p)
{
    p->prev = p->tok;
    return bt_lex_next(&p->lx, &p->tok, p->err);
}

struct bt_token bt_parser_peek(const struct bt_parser *p)
{
    struct bt_lexer lx = p->lx;
    struct bt_token tok;
    if (bt_lex_next(&lx, &tok, NULL))
        tok = (struct bt_token){.kind = BT_TOK_END};
    return tok;
}

bool bt_parser_is_op(const struct bt_parser *p, enum bt_op op)
{
    return p->tok.kind == BT_TOK_OP && p->tok.op == op;
}

int bt_parser_expect(struct bt_parser *p, enum bt_token_kind kind, const char *what)
{
    return p->tok.kind == kind ? bt_parser_next(p) : bt_parser_unexpected(p, what);
}

int bt_parser_close(
    struct bt_parser *p, enum bt_token_kind kind, const struct bt_token *open, const char *what)
{
    if (p->tok.kind == BT_TOK_END) {
        char shown[80];
        bt_lex_show(&p->lx, open, shown, sizeof shown);
        return bt_parser_fail(p, open->loc, "%s is never closed", shown);
    }
    return bt_parser_expect(p, kind, what);
}

/* ---- errors ---- */

int bt_parser_fail(struct bt_parser *p, struct beamtap_loc loc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    bt_loc_vfail(p->err, BEAMTAP_ESPEC, loc, fmt, ap);
    va_end(ap);
    return -1;
}

const struct bt_token *bt_parser_redirected(const struct bt_parser *p)
{
    const char *rest = p->lx.text + p->lx.off;
    bool is_last = bt_parser_is_op(p, BT_OP_SUB) && rest[strspn(rest, " \t\r\n")] == '\0';
    bool was_last = p->tok.kind == BT_TOK_END && p->prev.kind == BT_TOK_OP && p->prev.op == BT_OP_SUB;
    return is_last ? &p->tok : was_last ? &p->prev : NULL;
}

/* What other languages write here, or Erlang elsewhere; NULL: nothing that is known. */
static const char *cure_for(const struct bt_parser *p, const char *expected)
{
    static const char in_body[] = "of a fun";
    static const struct {
        const char *word;     /* at hand */
        const char *expected; /* a part of what may stand here, or in_body */
        const char *cure;
    } cures[] = {
        {"if", "'when'", "tests stand behind 'when'"},
        {"where", "'when'", "tests stand behind 'when'"},
        {"and", "'->'", "between two tests write ',' or 'andalso'"},
        {"return", "'->'", "write '-> return'"},
        {"=>", "'->'", "actions stand behind '->'"},
        {"in", "operator", "write X =:= a orelse X =:= b"},
        {"case", in_body,
            "there is no 'case' in a match specification; give each case a clause: fun([1]) -> ...; ([2]) -> "
            "... end"},
        {"if", in_body, "there is no 'if' in a match specification; give each case a clause with a guard"},
        {"begin", in_body, "there are no blocks in a match specification"},
        {"receive", in_body, "a match specification cannot receive"},
        {"try", in_body, "a match specification catches nothing; an error in a guard is no match"},
        {"catch", in_body, "a match specification catches nothing; an error in a guard is no match"},
    };
    for (size_t i = 0; i < sizeof cures / sizeof cures[0]; i++) {
        bool is_word = strlen(cures[i].word) == p->tok.loc.len &&
                       memcmp(p->lx.text + p->tok.loc.off, cures[i].word, p->tok.loc.len) == 0;
        bool is_here = cures[i].expected == in_body ? p->in_fun && !p->in_head
                                                    : strstr(expected, cures[i].expected) != NULL;
        if (is_word && is_here)
            return cures[i].cure;
    }
    return NULL;
}

int bt_parser_unexpected(struct bt_parser *p, const char *expected)
{
    const struct bt_token *minus = bt_parser_redirected(p);
    if (minus)
        return bt_parser_fail(p, minus->loc,
            "quote the spec: the shell took \"> return\" as a redirection (and made a file of that name); "
            "write 'mod:fun(X, _) -> return' in quotes");
    char shown[80];
    bt_lex_show(&p->lx, &p->tok, shown, sizeof shown);
    const char *cure = p->lx.syntax == BT_SYNTAX_ERLANG ? cure_for(p, expected) : NULL;
    if (cure)
        return bt_parser_fail(p, p->tok.loc, "%s cannot stand here: %s", shown, cure);
    if (p->tok.kind == BT_TOK_RESERVED && p->lx.syntax == BT_SYNTAX_ELIXIR)
        return bt_parser_fail(p, p->tok.loc, "%s is expected here, not %s; the atom is written :%.*s",
            expected, shown, (int)p->tok.len, p->tok.text);
    if (p->tok.kind == BT_TOK_RESERVED)
        return bt_parser_fail(p, p->tok.loc,
            "%s is a reserved word of Erlang; as an atom it needs quotes: '%.*s'", shown, (int)p->tok.len,
            p->tok.text);
    if (p->tok.kind == BT_TOK_QUESTION)
        return bt_parser_fail(p, p->tok.loc,
            "'?' cannot stand here: macros are not known here; write what the macro stands for");
    if (p->tok.kind == BT_TOK_END)
        return bt_parser_fail(p, p->tok.loc, "the text ends where %s is expected", expected);
    return bt_parser_fail(p, p->tok.loc, "%s is expected here, not %s", expected, shown);
}
