/*
 * record_read.c - definitions of records out of Erlang text.
 *
 *   -record(state, {n = 0 :: integer(), q, limit = ?MAX}).
 *
 * The text is skimmed (skim.h); only names of records and fields, and defaults, are read by the parser proper.
 */
#include <stdio.h>
#include <string.h>

#include "spec/expr.h"
#include "spec/guards.h"
#include "spec/records.h"
#include "spec/skim.h"

struct reader {
    struct bt_records *table;
    const struct bt_records_text *text;
    const char *module;  /* of -module(Name) */
    size_t first;        /* of this text in the table */
    struct bt_skim skim; /* its token is the one at hand */
    struct beamtap_err *err;
};

/* ---- names and defaults: small pieces of the text, read in earnest ---- */

static int begin_piece(struct reader *r, size_t from, size_t to, struct bt_parser *p, struct beamtap_err *err)
{
    const char *piece = bt_arena_strndup(r->table->arena, r->text->text + from, to - from);
    *p = (struct bt_parser){.arena = r->table->arena, .err = err};
    if (!piece)
        return bt_err_nomem(err);
    if (memchr(piece, '\0', to - from))
        return bt_err_set(err, BEAMTAP_ESPEC, "a NUL");
    return bt_lex_init(&p->lx, piece, r->table->arena, err) || bt_parser_next(p) ? -1 : 0;
}

/* The atom at hand, unescaped; *name NULL: it is none. -1: no memory. */
static int read_name(struct reader *r, const char **name)
{
    struct bt_parser p;
    struct beamtap_err err = {0};
    *name = NULL;
    if (r->skim.kind != BT_SKIM_WORD && r->skim.kind != BT_SKIM_QUOTED)
        return 0;
    if (begin_piece(r, r->skim.start, r->skim.off, &p, &err) < 0)
        return err.code == BEAMTAP_ENOMEM ? bt_err_nomem(r->err) : 0;
    if (p.tok.kind == BT_TOK_ATOM && p.lx.off == p.lx.len && strlen(p.tok.text) == p.tok.len)
        *name = p.tok.text;
    return 0;
}

/* A value that means the same wherever it stands: no variables, and no functions but those of guards. */
static bool is_known(const struct bt_ast *e)
{
    struct bt_ast *const *parts = e->u.seq.items;
    size_t n = e->u.seq.n;
    switch (e->kind) {
    case BT_AST_LITERAL:
    case BT_AST_STRING: return true;
    case BT_AST_TUPLE: break;
    case BT_AST_LIST:
        if (e->u.seq.tail && !is_known(e->u.seq.tail))
            return false;
        break;
    case BT_AST_MAP: n = 2 * e->u.seq.n; break;
    case BT_AST_OP:
        if (e->u.op.op == BT_OP_MATCH || e->u.op.op == BT_OP_APPEND || e->u.op.op == BT_OP_SUBTRACT)
            return false;
        parts = e->u.op.args;
        n = e->u.op.args[1] ? 2 : 1;
        break;
    case BT_AST_CALL:
        if (!bt_guard_find(e->u.call.name, BT_PLACE_GUARD))
            return false;
        parts = e->u.call.args;
        n = e->u.call.n;
        break;
    default: return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (!is_known(parts[i]))
            return false;
    }
    return true;
}

/* The default in text[from..to). */
static int read_default(struct reader *r, size_t from, size_t to, struct bt_record_field *field)
{
    static const char blank[] = " \t\r\n\f\v";
    struct bt_parser p;
    struct beamtap_err err = {0};
    const struct bt_ast *e = NULL;
    while (to > from && memchr(blank, r->text->text[to - 1], sizeof blank - 1))
        to--;
    if (begin_piece(r, from, to, &p, &err) == 0)
        e = bt_parse_expr(&p, 0);
    if (err.code == BEAMTAP_ENOMEM)
        return bt_err_nomem(r->err);
    if (e && p.tok.kind == BT_TOK_END && is_known(e)) {
        field->value = e;
        return 0;
    }
    field->not_known = bt_arena_strndup(r->table->arena, r->text->text + from, to - from);
    return field->not_known ? 0 : bt_err_nomem(r->err);
}

/* A field without a default. */
static int set_undefined(struct reader *r, struct bt_record_field *field)
{
    struct bt_ast *e = bt_arena_alloc(r->table->arena, sizeof *e);
    const struct bt_term *undefined = bt_term_atom(r->table->arena, "undefined");
    if (!e || !undefined)
        return bt_err_nomem(r->err);
    *e = (struct bt_ast){.kind = BT_AST_LITERAL, .depth = 1, .u.literal = undefined};
    field->value = e;
    return 0;
}

/* ---- one definition ---- */

static void next(struct reader *r)
{
    bt_skim_next(&r->skim);
}

static bool is(const struct reader *r, const char *text)
{
    return bt_skim_is(&r->skim, text);
}

/* "-record" at the start of a line: a form begins, however the one before it ended. */
static bool is_first_dash(const struct reader *r)
{
    const struct bt_skim *s = &r->skim;
    return s->is_first && is(r, "-") && s->off < s->len && s->text[s->off] >= 'a' && s->text[s->off] <= 'z';
}

/* A form cannot go on here: it ends, or the next one begins. */
static bool is_form_end(const struct reader *r)
{
    return r->skim.kind == BT_SKIM_END || r->skim.kind == BT_SKIM_DOT || is_first_dash(r);
}

/* fun(X) -> ... end has commas of its own; fun m:f/1 has none. Goes past the word. */
static bool begins_block(struct reader *r)
{
    static const char *const words[] = {"begin", "case", "if", "receive", "try"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (is(r, words[i])) {
            next(r);
            return true;
        }
    }
    bool is_fun = is(r, "fun");
    next(r);
    return is_fun && is(r, "(");
}

static bool opens(const struct reader *r)
{
    return is(r, "(") || is(r, "[") || is(r, "{") || is(r, "<<");
}

static bool closes(const struct reader *r)
{
    return is(r, ")") || is(r, "]") || is(r, "}") || is(r, ">>");
}

/* Past an expression (is_type false) or a type: to the ',' '}' or '::' behind it. False: the form ends before. */
static bool skip_value(struct reader *r, bool is_type)
{
    for (size_t depth = 0; !is_form_end(r);) {
        bool is_end = is(r, "end") && !is_type;
        if (depth == 0 && (is(r, ",") || is(r, "}") || (is(r, "::") && !is_type)))
            return true;
        if (depth == 0 && (closes(r) || is_end))
            return false;
        if (r->skim.kind == BT_SKIM_WORD && !is_end && !is_type) {
            depth += begins_block(r);
            continue;
        }
        if (opens(r))
            depth++;
        else if (closes(r) || is_end)
            depth--;
        next(r);
    }
    return false;
}

static const char BAD_FORM[] = "its definition is not one that can be read";

/* One field, to the ',' or '}' behind it; *trouble is set where it is none. */
static int read_field(struct reader *r, struct bt_record_field *field, const char **trouble)
{
    *field = (struct bt_record_field){.name = NULL};
    if (read_name(r, &field->name) < 0)
        return -1;
    if (!field->name) {
        *trouble = is(r, "?") ? "some of its fields are a macro" : BAD_FORM;
        return 0;
    }
    next(r);
    if (is(r, "=")) {
        next(r);
        size_t from = r->skim.start;
        if (!skip_value(r, false) || r->skim.start == from)
            *trouble = BAD_FORM;
        else if (read_default(r, from, r->skim.start, field) < 0)
            return -1;
    } else if (set_undefined(r, field) < 0) {
        return -1;
    }
    bool is_whole = true;
    if (is(r, "::")) {
        next(r);
        is_whole = skip_value(r, true);
    }
    if (!*trouble && !(is_whole && (is(r, ",") || is(r, "}"))))
        *trouble = BAD_FORM;
    return 0;
}

/* {n = 0, q} with the token on the bracket. */
static int read_fields(struct reader *r, struct bt_record *rec)
{
    size_t cap = 0;
    next(r);
    while (!rec->trouble && !is(r, "}")) {
        struct bt_record_field field;
        if (read_field(r, &field, &rec->trouble) < 0)
            return -1;
        if (rec->n_fields == BT_RECORD_MAX_FIELDS)
            rec->trouble = "it has too many fields";
        if (rec->trouble)
            return 0;
        rec->fields = bt_arena_grow(r->table->arena, rec->fields, rec->n_fields, &cap, sizeof *rec->fields);
        if (!rec->fields)
            return bt_err_nomem(r->err);
        rec->fields[rec->n_fields++] = field;
        if (!is(r, ","))
            break;
        next(r);
    }
    if (!rec->trouble && !is(r, "}"))
        rec->trouble = BAD_FORM;
    return 0;
}

static bool is_there(const struct reader *r, const char *name)
{
    for (size_t i = r->first; i < r->table->n; i++) {
        if (strcmp(r->table->items[i].name, name) == 0)
            return true;
    }
    return false;
}

static int add(struct reader *r, const struct bt_record *rec)
{
    struct bt_records *t = r->table;
    if (is_there(r, rec->name))
        return 0;
    if (t->n == BT_RECORDS_MAX)
        return bt_err_set(
            r->err, BEAMTAP_EUSAGE, "%s: more than %d definitions of records", r->text->from, BT_RECORDS_MAX);
    t->items = bt_arena_grow(t->arena, t->items, t->n, &t->cap, sizeof *t->items);
    if (!t->items)
        return bt_err_nomem(r->err);
    t->items[t->n++] = *rec;
    return 0;
}

/* Where a definition stands, for messages. */
static const char *place(struct reader *r, int line)
{
    char text[300];
    int n = r->text->is_source ? snprintf(text, sizeof text, "%s:%d", r->text->from, line)
                               : snprintf(text, sizeof text, "%s", r->text->from);
    return bt_arena_strndup(r->table->arena, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

/* state, {n = 0, q}). with the token on the name. */
static int read_record(struct reader *r, int line)
{
    struct bt_record rec = {.from = place(r, line), .modules = {r->text->module, r->module}};
    if (!rec.from)
        return bt_err_nomem(r->err);
    if (read_name(r, &rec.name) < 0)
        return -1;
    if (!rec.name)
        return 0;
    next(r);
    if (is(r, ","))
        next(r);
    if (is(r, "?"))
        rec.trouble = "its fields are a macro";
    else if (!is(r, "{"))
        rec.trouble = BAD_FORM;
    else if (read_fields(r, &rec) < 0)
        return -1;
    return add(r, &rec);
}

/* ---- the whole text ---- */

/* Behind the '-' that begins a form. */
static int read_form(struct reader *r)
{
    int line = r->skim.line;
    bool is_record = is(r, "record"), is_module = is(r, "module");
    if (!is_record && !is_module)
        return 0;
    next(r);
    if (!is(r, "("))
        return 0;
    next(r);
    return is_record ? read_record(r, line) : read_name(r, &r->module);
}

int bt_records_read(
    struct bt_records *t, const struct bt_records_text *text, size_t *n_found, struct beamtap_err *err)
{
    struct reader r = {.table = t, .text = text, .first = t->n, .err = err};
    bool is_start = true;
    if (text->len > BT_RECORDS_MAX_BYTES)
        return bt_err_set(
            err, BEAMTAP_EUSAGE, "%s has more than %zu MB", text->from, BT_RECORDS_MAX_BYTES >> 20);
    bt_skim_init(&r.skim, text->text, text->len);
    next(&r);
    while (r.skim.kind != BT_SKIM_END) {
        bool is_form = (is_start && is(&r, "-")) || is_first_dash(&r);
        is_start = r.skim.kind == BT_SKIM_DOT;
        next(&r);
        if (is_form && read_form(&r) < 0)
            return -1;
    }
    if (n_found)
        *n_found = t->n - r.first;
    return 0;
}
