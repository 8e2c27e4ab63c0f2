/*
 * call_line.c - recon_trace:calls(...), redbug:start(...) and their like, as they stand. Their options are in
 * call_opts.c.
 */
#include "spec/call_line.h"

#include <string.h>

#include "spec/call_opts.h"
#include "spec/loc.h"
#include "spec/skim.h"

/* ---- which text is one ---- */

static const char *past(const char *s, const char *word)
{
    s += strspn(s, " \t\r\n");
    size_t n = strlen(word);
    return strncmp(s, word, n) == 0 ? s + n : NULL;
}

static const struct form {
    const char *tool, *function;
    const char *first; /* how its arguments may begin */
} forms[] = {
    {"recon_trace", "calls", "{["},
    {"recon_trace", "clear", ")"},
    {"redbug", "start", "\"[sr'"},
    {"redbug", "stop", ")'abcdefghijklmnopqrstuvwxyz"},
};

bool bt_call_begins(const char *text)
{
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const char *s = past(text, forms[i].tool);
        s = s ? past(s, ":") : NULL;
        s = s ? past(s, forms[i].function) : NULL;
        s = s ? past(s, "(") : NULL;
        if (!s)
            continue;
        s += strspn(s, " \t\r\n");
        return *s && strchr(forms[i].first, *s) != NULL;
    }
    return false;
}

/* ---- variables ---- */

static bool is_variable(const struct bt_skim *s)
{
    char c = s->text[s->start];
    return s->kind == BT_SKIM_WORD && c >= 'A' && c <= 'Z';
}

static int no_value(const struct bt_skim *s, struct beamtap_err *err)
{
    struct beamtap_loc loc = {.line = s->line, .off = s->start, .len = s->off - s->start};
    int len = (int)loc.len;
    loc.col = 1;
    return bt_loc_fail(err, BEAMTAP_ESPEC, loc, "variable '%.*s' has no value; give it one: --set '%.*s=...'",
        len, s->text + s->start, len, s->text + s->start);
}

int bt_call_bind(const char *text, size_t len, size_t from, bt_call_value *value, void *arg,
    struct bt_arena *a, struct bt_placed *out, struct beamtap_err *err)
{
    struct bt_buf buf = BT_BUF_INIT;
    struct bt_skim s;
    struct bt_skim_nest nest = {0};
    size_t done = 0; /* bytes taken */
    int rc = 0;
    *out = (struct bt_placed){0};
    bt_skim_init(&s, text, len);
    for (bt_skim_next(&s); rc == 0 && s.kind != BT_SKIM_END; bt_skim_next(&s)) {
        bt_skim_nest(&nest, &s);
        if (nest.blocks > 0 || !is_variable(&s))
            continue;
        const char *v = value(arg, text + s.start, s.off - s.start);
        if (!v) {
            bt_buf_done(&buf);
            return no_value(&s, err);
        }
        rc = bt_placed_add(
            out, &buf, a, text + done, s.start - done, (struct bt_placed_piece){.from = from + done});
        if (rc == 0)
            rc = bt_placed_add(out, &buf, a, v, strlen(v),
                (struct bt_placed_piece){.from = from + s.start, .is_value = true});
        done = s.off;
    }
    if (rc == 0)
        rc = bt_placed_add(
            out, &buf, a, text + done, len - done, (struct bt_placed_piece){.from = from + done});
    if (bt_placed_end(out, &buf, a) < 0 || rc < 0)
        return bt_err_nomem(err);
    return 0;
}

/* ---- arguments ---- */

static bool is_reserved(const struct bt_parser *p, const char *word)
{
    return p->tok.kind == BT_TOK_RESERVED && strcmp(p->tok.text, word) == 0;
}

/* What the token at hand adds to the brackets that are open. */
static int opens(const struct bt_parser *p)
{
    static const char *const blocks[] = {"case", "if", "begin", "receive", "try"};
    switch (p->tok.kind) {
    case BT_TOK_LPAREN:
    case BT_TOK_LBRACE:
    case BT_TOK_LBRACKET:
    case BT_TOK_BIN_OPEN: return 1;
    case BT_TOK_RPAREN:
    case BT_TOK_RBRACE:
    case BT_TOK_RBRACKET:
    case BT_TOK_BIN_CLOSE: return -1;
    case BT_TOK_FUN: return bt_parser_peek(p).kind == BT_TOK_LPAREN;
    default: break;
    }
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        if (is_reserved(p, blocks[i]))
            return 1;
    }
    return is_reserved(p, "end") ? -1 : 0;
}

int bt_call_skip(struct bt_parser *p, size_t *from, size_t *to)
{
    struct bt_token first = p->tok;
    int depth = 0;
    *from = first.loc.off;
    for (;;) {
        int step = opens(p);
        bool is_end = depth == 0 && (step < 0 || p->tok.kind == BT_TOK_COMMA || p->tok.kind == BT_TOK_DOT);
        if (p->tok.kind == BT_TOK_END && depth > 0)
            return bt_parser_close(p, BT_TOK_RPAREN, &first, "')'");
        if (is_end || p->tok.kind == BT_TOK_END)
            break;
        depth += step;
        *to = p->tok.loc.off + p->tok.loc.len;
        if (bt_parser_next(p))
            return -1;
    }
    return p->tok.loc.off == first.loc.off ? bt_parser_unexpected(p, "an argument") : 0;
}

int bt_call_add_spec(struct bt_parser *p, struct bt_call *c, struct bt_call_spec spec)
{
    c->specs = bt_arena_grow(p->arena, c->specs, c->n_specs, &c->specs_cap, sizeof *c->specs);
    if (!c->specs || !spec.text)
        return bt_err_nomem(p->err);
    c->specs[c->n_specs++] = spec;
    return 0;
}

/* {queue, in, 2} or [{...}, ...]: taken as it stands. */
static int take_tuples(struct bt_parser *p, struct bt_call *c)
{
    size_t from, to = 0;
    if (p->tok.kind != BT_TOK_LBRACE && p->tok.kind != BT_TOK_LBRACKET)
        return bt_parser_unexpected(p, "{mod, fun, args}, or a list of such tuples,");
    if (bt_call_skip(p, &from, &to))
        return -1;
    const char *text = bt_arena_strndup(p->arena, p->lx.text + from, to - from);
    return bt_call_add_spec(p, c, (struct bt_call_spec){text, from, true});
}

/* "queue:in -> return", or the bare words send and 'receive'. */
static int take_pattern(struct bt_parser *p, struct bt_call *c)
{
    struct bt_token t = p->tok;
    bool is_word = t.kind == BT_TOK_ATOM && (strcmp(t.text, "send") == 0 || strcmp(t.text, "receive") == 0);
    if (t.kind != BT_TOK_STRING && !is_word)
        return bt_parser_unexpected(p, "a pattern in double quotes, for instance \"queue:in -> return\",");
    if (memchr(t.text, '\0', t.len))
        return bt_parser_fail(p, t.loc, "a NUL cannot stand in a pattern");
    size_t quote = is_word && !t.is_quoted ? 0 : 1;
    bool is_exact =
        t.len + 2 * quote == t.loc.len && memcmp(p->lx.text + t.loc.off + quote, t.text, t.len) == 0;
    if (bt_call_add_spec(p, c, (struct bt_call_spec){t.text, t.loc.off + quote, is_exact}))
        return -1;
    return bt_parser_next(p);
}

static int take_patterns(struct bt_parser *p, struct bt_call *c)
{
    struct bt_token open = p->tok;
    if (open.kind != BT_TOK_LBRACKET)
        return take_pattern(p, c);
    do {
        if (bt_parser_next(p) || take_pattern(p, c))
            return -1;
    } while (p->tok.kind == BT_TOK_COMMA);
    return bt_parser_close(p, BT_TOK_RBRACKET, &open, "',' or ']'");
}

/* ---- the calls ---- */

static int parse_calls(struct bt_parser *p, struct bt_call *c)
{
    c->kind = BT_CALL_TRACE;
    if (take_tuples(p, c))
        return -1;
    if (p->tok.kind != BT_TOK_COMMA)
        return bt_parser_unexpected(p, "',' and how many, for instance 10 or {50, 1000},");
    if (bt_parser_next(p) || bt_call_take_max(p, c))
        return -1;
    return p->tok.kind == BT_TOK_COMMA ? bt_parser_next(p) || bt_call_take_opts(p, c) : 0;
}

static int parse_start(struct bt_parser *p, struct bt_call *c)
{
    c->kind = BT_CALL_TRACE;
    if (bt_call_redbug_defaults(p, c) || take_patterns(p, c))
        return -1;
    return p->tok.kind == BT_TOK_COMMA ? bt_parser_next(p) || bt_call_take_opts(p, c) : 0;
}

static int parse_clear(struct bt_parser *p, struct bt_call *c)
{
    (void)p;
    c->kind = BT_CALL_CLEAR;
    return 0;
}

/* redbug:stop(Node) too. */
static int parse_stop(struct bt_parser *p, struct bt_call *c)
{
    size_t from, to = 0;
    c->kind = BT_CALL_NOTHING;
    return p->tok.kind == BT_TOK_RPAREN ? 0 : bt_call_skip(p, &from, &to);
}

static const struct {
    const char *tool, *function;
    int (*parse)(struct bt_parser *p, struct bt_call *c);
} functions[] = {
    {"recon_trace", "calls", parse_calls},
    {"recon_trace", "clear", parse_clear},
    {"redbug", "start", parse_start},
    {"redbug", "stop", parse_stop},
};

static int parse_call(struct bt_parser *p, struct bt_call *c)
{
    static const char known[] =
        "recon_trace:calls(...), recon_trace:clear(), redbug:start(...) or redbug:stop()";
    struct bt_token tool = p->tok, function;
    c->off = tool.loc.off;
    if (tool.kind != BT_TOK_ATOM)
        return bt_parser_unexpected(p, known);
    if (bt_parser_next(p) || bt_parser_expect(p, BT_TOK_COLON, "':'"))
        return -1;
    function = p->tok;
    if (function.kind != BT_TOK_ATOM)
        return bt_parser_unexpected(p, "a function");
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (strcmp(functions[i].tool, tool.text) != 0 || strcmp(functions[i].function, function.text) != 0)
            continue;
        c->tool = functions[i].tool;
        if (bt_parser_next(p))
            return -1;
        struct bt_token open = p->tok;
        if (bt_parser_expect(p, BT_TOK_LPAREN, "'('") || functions[i].parse(p, c))
            return -1;
        return bt_parser_close(p, BT_TOK_RPAREN, &open, "')'");
    }
    return bt_parser_fail(p, bt_loc_join(tool.loc, function.loc), "only %s can be run here", known);
}

static int parse(struct bt_parser *p, struct bt_calls *out)
{
    do {
        out->items = bt_arena_grow(p->arena, out->items, out->n, &out->cap, sizeof *out->items);
        if (!out->items)
            return bt_err_nomem(p->err);
        if (parse_call(p, &out->items[out->n++]))
            return -1;
        if (p->tok.kind != BT_TOK_DOT && p->tok.kind != BT_TOK_END)
            return bt_parser_unexpected(p, "'.' and another call, or the end,");
        if (p->tok.kind == BT_TOK_DOT && bt_parser_next(p))
            return -1;
    } while (p->tok.kind != BT_TOK_END);
    return 0;
}

int bt_call_parse(const char *text, struct bt_arena *a, struct bt_calls *out, struct beamtap_err *err)
{
    struct bt_parser p = {.arena = a, .err = err};
    *out = (struct bt_calls){0};
    int rc = bt_lex_init(&p.lx, text, a, err) || bt_parser_next(&p) || parse(&p, out) ? -1 : 0;
    return a->failed ? bt_err_only_nomem(err) : rc;
}
