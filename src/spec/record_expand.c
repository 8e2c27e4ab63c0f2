/*
 * record_expand.c - records in a tree to what they stand for.
 */
#include "spec/record_expand.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "spec/loc.h"

#define MAX_NODES 200000 /* of a tree; with _ = V a value is repeated, and that in another value again */

#define MAX_LISTED 8 /* names in a message */
#define LIST_BYTES 160

struct expander {
    const struct bt_records *table;
    struct bt_arena *arena;
    struct beamtap_err *err;
    bool is_pattern;
    size_t n_nodes; /* of all that was expanded so far, repeated ones as often as they stand */
};

BT_PRINTF(3, 4)
static int fail(struct expander *x, struct beamtap_loc loc, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    bt_loc_vfail(x->err, BEAMTAP_ESPEC, loc, fmt, ap);
    va_end(ap);
    return -1;
}

/* ---- nodes ---- */

static struct bt_ast *node(struct expander *x, enum bt_ast_kind kind, struct beamtap_loc loc)
{
    struct bt_ast *e = bt_arena_alloc(x->arena, sizeof *e);
    if (!e) {
        bt_err_nomem(x->err);
        return NULL;
    }
    e->kind = kind;
    e->loc = loc;
    e->depth = 1;
    x->n_nodes++;
    return e;
}

static struct bt_ast *literal(struct expander *x, const struct bt_term *t, struct beamtap_loc loc)
{
    struct bt_ast *e = t ? node(x, BT_AST_LITERAL, loc) : NULL;
    if (e)
        e->u.literal = t;
    else
        bt_err_nomem(x->err);
    return e;
}

static struct bt_ast *atom(struct expander *x, const char *name, struct beamtap_loc loc)
{
    return literal(x, bt_term_atom(x->arena, name), loc);
}

static struct bt_ast *integer(struct expander *x, size_t v, struct beamtap_loc loc)
{
    return literal(x, bt_term_int(x->arena, (int64_t)v), loc);
}

/* A default, as if it stood where the record does. */
static struct bt_ast *copy(struct expander *x, const struct bt_ast *e, struct beamtap_loc loc);

static int copy_all(struct expander *x, struct bt_ast ***items, size_t n, struct beamtap_loc loc)
{
    struct bt_ast **copies = bt_arena_array(x->arena, n, sizeof *copies);
    if (!copies)
        return bt_err_nomem(x->err);
    for (size_t i = 0; i < n; i++) {
        if (!(copies[i] = copy(x, (*items)[i], loc)))
            return -1;
    }
    *items = copies;
    return 0;
}

static struct bt_ast *copy(struct expander *x, const struct bt_ast *e, struct beamtap_loc loc)
{
    struct bt_ast *c = node(x, e->kind, loc);
    int rc = 0;
    if (!c)
        return NULL;
    c->u = e->u;
    c->depth = e->depth;
    if (e->kind == BT_AST_TUPLE || e->kind == BT_AST_LIST) {
        rc = copy_all(x, &c->u.seq.items, e->u.seq.n, loc);
        if (rc == 0 && e->u.seq.tail)
            rc = (c->u.seq.tail = copy(x, e->u.seq.tail, loc)) ? 0 : -1;
    } else if (e->kind == BT_AST_MAP) {
        rc = copy_all(x, &c->u.seq.items, 2 * e->u.seq.n, loc);
    } else if (e->kind == BT_AST_CALL) {
        rc = copy_all(x, &c->u.call.args, e->u.call.n, loc);
    } else if (e->kind == BT_AST_OP) {
        for (size_t i = 0; i < 2 && rc == 0 && e->u.op.args[i]; i++)
            rc = (c->u.op.args[i] = copy(x, e->u.op.args[i], loc)) ? 0 : -1;
    }
    return rc == 0 ? c : NULL;
}

/* ---- definitions ---- */

/* "srv#state" or "#state", for messages. */
static void show(const struct bt_ast_record *r, char *out, size_t cap)
{
    snprintf(out, cap, "%.60s#%.60s", r->module ? r->module : "", r->name);
}

/* "a, b, c ...": names of the first few records of a module (NULL: of any). */
static void list_records(const struct bt_records *t, const char *module, char *out, size_t cap)
{
    size_t n = 0, len = 0;
    for (size_t i = 0; i < t->n && n < MAX_LISTED && len < cap; i++) {
        if (bt_record_is_of(&t->items[i], module))
            len += (size_t)snprintf(out + len, cap - len, "%s%.40s", n++ ? ", " : "", t->items[i].name);
    }
    if (n == MAX_LISTED && len < cap)
        snprintf(out + len, cap - len, " ...");
}

static void list_fields(const struct bt_record *rec, char *out, size_t cap)
{
    size_t len = 0;
    for (size_t i = 0; i < rec->n_fields && i <= MAX_LISTED && len < cap; i++) {
        if (i == MAX_LISTED)
            snprintf(out + len, cap - len, " ...");
        else
            len += (size_t)snprintf(out + len, cap - len, "%s%.40s", i ? ", " : "", rec->fields[i].name);
    }
}

static int unknown_record(struct expander *x, const struct bt_ast_record *r)
{
    char shown[128], known[LIST_BYTES] = "";
    const char *module = r->module ? r->module : "";
    const char *near = x->table ? bt_records_suggest(x->table, r->module, r->name) : NULL;
    show(r, shown, sizeof shown);
    if (near)
        return fail(x, r->name_loc, "record %s is not known; did you mean %s#%s?", shown, module, near);
    if (r->module && x->table && bt_records_has_module(x->table, r->module)) {
        list_records(x->table, r->module, known, sizeof known);
        return fail(
            x, r->name_loc, "module '%s' defines no record '%s'; it has %s", r->module, r->name, known);
    }
    if (r->module)
        return fail(x, r->name_loc,
            "the definition of record %s is not known here; say where it is: --records %s.erl (or the .hrl "
            "file)",
            shown, r->module);
    return fail(x, r->name_loc,
        "record %s is not known; name its module, mod#%s{...}, or say where it is defined: --records "
        "FILE.hrl",
        shown, r->name);
}

/* As for a record that is written as such; here its size would do. */
static int unknown_test(struct expander *x, const struct bt_ast_record *r)
{
    const char *near = x->table ? bt_records_suggest(x->table, NULL, r->name) : NULL;
    if (near)
        return unknown_record(x, r);
    return fail(x, r->name_loc,
        "record '%s' is not known; say its module, is_record(X, mod#%s), the size of its tuple, is_record(X, "
        "%s, 4), or where "
        "it is defined: --records FILE.hrl",
        r->name, r->name, r->name);
}

static const struct bt_record *definition(struct expander *x, const struct bt_ast_record *r)
{
    const struct bt_record *rec = x->table ? bt_records_find(x->table, r->module, r->name) : NULL;
    if (!rec)
        unknown_record(x, r);
    else if (rec->trouble)
        fail(x, r->name_loc, "record '%s' (%s) cannot be used: %s", rec->name, rec->from, rec->trouble);
    return rec && !rec->trouble ? rec : NULL;
}

/* The field's place from 0; n_fields: error set. */
static size_t find_field(struct expander *x, const struct bt_record *rec, const struct bt_ast_field *f)
{
    size_t i = bt_record_field(rec, f->name);
    const char *near = i < rec->n_fields ? NULL : bt_record_suggest(rec, f->name);
    char known[LIST_BYTES] = "";
    list_fields(rec, known, sizeof known);
    if (near)
        fail(x, f->loc, "record '%s' has no field '%s'; did you mean '%s'? (%s)", rec->name, f->name, near,
            rec->from);
    else if (i == rec->n_fields)
        fail(x, f->loc, "record '%s' has no field '%s' (%s); it has %s", rec->name, f->name, rec->from,
            rec->n_fields ? known : "none");
    return i;
}

/* ---- the forms ---- */

static int expand(struct expander *x, struct bt_ast *e);

static struct bt_ast *element_of(struct expander *x, size_t place, struct bt_ast *of, struct beamtap_loc loc)
{
    struct bt_ast *e = node(x, BT_AST_CALL, loc);
    struct bt_ast **args = bt_arena_array(x->arena, 2, sizeof *args);
    if (!e || !args || !(args[0] = integer(x, place, loc))) {
        bt_err_nomem(x->err);
        return NULL;
    }
    args[1] = of;
    x->n_nodes++;
    e->u.call.name = "element";
    e->u.call.args = args;
    e->u.call.n = 2;
    e->depth = of->depth + 1;
    return e;
}

/* #state.n, S#state.n */
static int expand_index(struct expander *x, struct bt_ast *e)
{
    struct bt_ast_record *r = e->u.record;
    const struct bt_record *rec = definition(x, r);
    size_t i = rec ? find_field(x, rec, &r->fields[0]) : 0;
    if (!rec || i == rec->n_fields)
        return -1;
    if (r->of && expand(x, r->of))
        return -1;
    struct bt_ast *value = r->of ? element_of(x, i + 2, r->of, e->loc) : integer(x, i + 2, e->loc);
    if (!value)
        return -1;
    *e = *value;
    return 0;
}

/* The value of a field that is not named. */
static struct bt_ast *missing_field(
    struct expander *x, const struct bt_ast *e, const struct bt_record *rec, size_t i)
{
    const struct bt_ast_record *r = e->u.record;
    const struct bt_record_field *f = &rec->fields[i];
    if (r->of)
        return element_of(x, i + 2, r->of, e->loc);
    if (x->is_pattern)
        return node(x, BT_AST_WILD, e->loc);
    if (f->value)
        return copy(x, f->value, e->loc);
    fail(x, e->loc,
        "field '%s' of record '%s' has a default that is no constant: %.80s (%s); give it a value here: "
        "#%s{%s = ...}",
        f->name, rec->name, f->not_known, rec->from, rec->name, f->name);
    return NULL;
}

/* Puts the fields that are named where they belong; the others stay NULL. */
static int place_fields(
    struct expander *x, const struct bt_ast_record *r, const struct bt_record *rec, struct bt_ast **items)
{
    for (size_t i = 0; i < r->n; i++) {
        size_t at = find_field(x, rec, &r->fields[i]);
        if (at == rec->n_fields)
            return -1;
        if (items[at])
            return fail(x, r->fields[i].loc, "field '%s' stands twice in the record", r->fields[i].name);
        if (expand(x, r->fields[i].value))
            return -1;
        items[at] = r->fields[i].value;
    }
    return 0;
}

/* What all fields share that are not named: `n_used` counts how much of a tree it is. */
static int fill_fields(
    struct expander *x, const struct bt_ast *e, const struct bt_record *rec, struct bt_ast **items)
{
    struct bt_ast *other = e->u.record->other;
    size_t before = x->n_nodes;
    if (other && expand(x, other))
        return -1;
    size_t n_other = x->n_nodes - before;
    for (size_t i = 0; i < rec->n_fields && x->n_nodes <= MAX_NODES; i++) {
        if (items[i])
            continue;
        items[i] = other ? other : missing_field(x, e, rec, i);
        if (!items[i])
            return -1;
        x->n_nodes += other ? n_other : 0;
    }
    return 0;
}

/* #state{n = N}, S#state{n = 1} */
static int expand_fields(struct expander *x, struct bt_ast *e)
{
    struct bt_ast_record *r = e->u.record;
    const struct bt_record *rec = definition(x, r);
    if (!rec)
        return -1;
    if (r->of && r->other)
        return fail(x, r->other->loc, "a copy keeps the fields that are not named; '_' cannot stand in it");
    if (r->of && r->of->kind != BT_AST_VAR)
        return fail(x, r->of->loc, "only a variable can be copied: S#%s{%s = ...}", r->name,
            r->n ? r->fields[0].name : "field");
    struct bt_ast **items = bt_arena_array(x->arena, rec->n_fields + 1, sizeof *items);
    if (!items || !(items[0] = atom(x, rec->name, r->name_loc)))
        return bt_err_nomem(x->err);
    if (place_fields(x, r, rec, items + 1) || fill_fields(x, e, rec, items + 1))
        return -1;
    e->kind = BT_AST_TUPLE;
    e->u.seq.items = items;
    e->u.seq.n = rec->n_fields + 1;
    e->u.seq.tail = NULL;
    return 0;
}

static int expand_record(struct expander *x, struct bt_ast *e)
{
    const struct bt_ast_record *r = e->u.record;
    char shown[128];
    show(r, shown, sizeof shown);
    if (r->form == BT_RECORD_NAME)
        return fail(x, e->loc,
            "a record without fields is written %s{}; only in is_record(X, %s) the name stands alone", shown,
            shown);
    if (r->of && x->is_pattern)
        return fail(x, e->loc, "this cannot stand in a pattern; name the fields you mean: #%s{%s = X}",
            r->name, r->n ? r->fields[0].name : "field");
    return r->form == BT_RECORD_INDEX ? expand_index(x, e) : expand_fields(x, e);
}

/* ---- is_record ---- */

static bool is_name(const struct bt_ast *e)
{
    return e->kind == BT_AST_RECORD && e->u.record->form == BT_RECORD_NAME;
}

/* is_record(S, state), (S, srv#state), (srv#state, S): the size becomes the third argument. */
static int expand_is_record(struct expander *x, struct bt_ast *e)
{
    struct bt_ast *name = e->u.call.args[1], *of = e->u.call.args[0];
    if (is_name(of) && !is_name(name)) {
        name = e->u.call.args[0];
        of = e->u.call.args[1];
    }
    struct bt_ast_record plain = {.form = BT_RECORD_NAME, .name_loc = name->loc};
    if (name->kind == BT_AST_LITERAL && name->u.literal->kind == BT_TERM_ATOM)
        plain.name = name->u.literal->u.atom.name;
    else if (!is_name(name)) /* bt_check knows what to say */
        return expand(x, of) || expand(x, name) ? -1 : 0;
    if (plain.name && !(x->table && bt_records_find(x->table, NULL, plain.name)))
        return unknown_test(x, &plain);
    const struct bt_record *rec = definition(x, plain.name ? &plain : name->u.record);
    struct bt_ast **args = bt_arena_array(x->arena, 3, sizeof *args);
    if (!rec || expand(x, of))
        return -1;
    if (!args || !(args[1] = atom(x, rec->name, name->loc)) ||
        !(args[2] = integer(x, rec->n_fields + 1, name->loc)))
        return bt_err_nomem(x->err);
    args[0] = of;
    e->u.call.name = "is_record";
    e->u.call.is_sized = true;
    e->u.call.args = args;
    e->u.call.n = 3;
    return 0;
}

/* ---- the tree ---- */

static int expand_all(struct expander *x, struct bt_ast *const *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (expand(x, items[i]))
            return -1;
    }
    return 0;
}

static int expand_call(struct expander *x, struct bt_ast *e)
{
    /* record(S, state) is how the test was once called; ms_transform still takes it. */
    bool is_test = strcmp(e->u.call.name, "is_record") == 0 || strcmp(e->u.call.name, "record") == 0;
    return is_test && e->u.call.n == 2 ? expand_is_record(x, e) : expand_all(x, e->u.call.args, e->u.call.n);
}

static int expand(struct expander *x, struct bt_ast *e)
{
    int rc = 0;
    x->n_nodes++;
    switch (e->kind) {
    case BT_AST_LITERAL:
    case BT_AST_STRING:
    case BT_AST_VAR:
    case BT_AST_WILD: break;
    case BT_AST_TUPLE:
    case BT_AST_LIST:
        rc = expand_all(x, e->u.seq.items, e->u.seq.n);
        if (rc == 0 && e->u.seq.tail)
            rc = expand(x, e->u.seq.tail);
        break;
    case BT_AST_MAP: rc = expand_all(x, e->u.seq.items, 2 * e->u.seq.n); break;
    case BT_AST_OP: rc = expand_all(x, e->u.op.args, e->u.op.args[1] ? 2 : 1); break;
    case BT_AST_CALL: rc = expand_call(x, e); break;
    case BT_AST_RECORD: rc = expand_record(x, e); break;
    }
    if (rc == 0 && x->n_nodes > MAX_NODES)
        return fail(x, e->loc, "the records make a pattern of more than %d terms", MAX_NODES);
    return rc;
}

static int expand_clause(struct expander *x, const struct bt_ast_clause *c)
{
    x->is_pattern = true;
    if (c->head && expand(x, c->head))
        return -1;
    x->is_pattern = false;
    for (size_t i = 0; i < c->n_guards; i++) {
        if (expand_all(x, c->guards[i].tests, c->guards[i].n))
            return -1;
    }
    return expand_all(x, c->body, c->n_body);
}

int bt_record_expand(
    struct bt_ast_spec *spec, const struct bt_records *table, struct bt_arena *arena, struct beamtap_err *err)
{
    struct expander x = {.table = table, .arena = arena, .err = err};
    for (size_t i = 0; i < spec->n_clauses; i++) {
        if (expand_clause(&x, &spec->clauses[i]))
            return -1;
    }
    x.is_pattern = false;
    return spec->match_spec ? expand(&x, spec->match_spec) : 0;
}
