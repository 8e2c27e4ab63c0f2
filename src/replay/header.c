/*
 * header.c - the header of a capture file, and how it ended.
 */
#include "replay/header.h"

#include <string.h>

#include "out/capture_format.h"
#include "term/shape_etf.h"

#define MAX_TEXT 65536u /* a node's name, the options ... */

/* ---- values ---- */

static bool read_text(struct bt_arena *a, struct bt_etf *r, const char **out)
{
    struct bt_slice s;
    if (!bt_etf_binary(r, &s) || s.len > MAX_TEXT || memchr(s.p, 0, s.len))
        return false;
    return (*out = bt_arena_strndup(a, (const char *)s.p, s.len)) != NULL;
}

static bool read_texts(struct bt_arena *a, struct bt_etf *r, const char *const **out, size_t *n_out)
{
    uint32_t n;
    if (!bt_etf_list(r, &n))
        return false;
    const char **items = bt_arena_array(a, (size_t)n + 1, sizeof *items);
    for (uint32_t i = 0; items && i < n; i++) {
        if (!read_text(a, r, &items[i]))
            return false;
    }
    *out = items;
    *n_out = n;
    return items && (n == 0 || bt_etf_nil(r));
}

static bool read_args(struct bt_etf *r, enum bt_args_mode *out)
{
    if (bt_etf_is_atom(r, "named"))
        *out = BT_ARGS_MODE_NAMED;
    else if (bt_etf_is_atom(r, "arity"))
        *out = BT_ARGS_MODE_ARITY;
    else if (bt_etf_is_atom(r, "all"))
        *out = BT_ARGS_MODE_ALL;
    else
        return false;
    return true;
}

static bool read_notes(struct bt_etf *r, struct bt_clause *c)
{
    uint32_t n;
    if (!bt_etf_list(r, &n) || n > BT_MAX_NOTES)
        return false;
    for (c->n_notes = 0; c->n_notes < n; c->n_notes++) {
        enum bt_note *note = &c->notes[c->n_notes];
        if (bt_etf_is_atom(r, "message"))
            *note = BT_NOTE_MESSAGE;
        else if (bt_etf_is_atom(r, "caller"))
            *note = BT_NOTE_CALLER;
        else if (bt_etf_is_atom(r, "stack"))
            *note = BT_NOTE_STACK;
        else
            return false;
    }
    return n == 0 || bt_etf_nil(r);
}

static bool read_shapes(struct bt_arena *a, struct bt_etf *r, struct bt_clause *c)
{
    uint32_t n;
    if (!bt_etf_list(r, &n))
        return false;
    c->shape = bt_arena_array(a, (size_t)n + 1, sizeof *c->shape);
    c->n_args = n;
    for (uint32_t i = 0; c->shape && i < n; i++) {
        if (!(c->shape[i] = bt_shape_from_term(a, r)))
            return false;
    }
    return c->shape && (n == 0 || bt_etf_nil(r));
}

/* {Flags, Spec, NumberOfCaptures, [Shape], [Note]} */
static const struct bt_clause *read_clause(struct bt_arena *a, struct bt_etf *r)
{
    uint32_t flags, spec, n_captures;
    struct bt_clause *c = bt_arena_alloc(a, sizeof *c);
    if (!c || !bt_etf_tuple_of(r, 5) || !bt_etf_uint32(r, &flags) || !bt_etf_uint32(r, &spec) ||
        !bt_etf_uint32(r, &n_captures) || !read_shapes(a, r, c) || !read_notes(r, c))
        return NULL;
    c->captures_all = flags & BT_CAPTURE_CLAUSE_WHOLE;
    c->wants_return = flags & BT_CAPTURE_CLAUSE_RETURN;
    c->wants_time = flags & BT_CAPTURE_CLAUSE_TIME;
    c->only_counts = flags & BT_CAPTURE_CLAUSE_COUNT;
    c->spec = spec;
    c->n_captures = n_captures;
    return c;
}

static bool read_clauses(struct bt_arena *a, struct bt_etf *r, struct bt_out_head *out)
{
    uint32_t n;
    if (!bt_etf_list(r, &n))
        return false;
    const struct bt_clause **items = bt_arena_array(a, (size_t)n + 1, sizeof *items);
    for (uint32_t i = 0; items && i < n; i++) {
        if (!(items[i] = read_clause(a, r)))
            return false;
    }
    out->clauses = items;
    out->n_clauses = n;
    return items && (n == 0 || bt_etf_nil(r));
}

/* [{Name, [Field]}] */
static bool read_records(struct bt_arena *a, struct bt_etf *r, struct bt_out_head *out)
{
    uint32_t n;
    if (!bt_etf_list(r, &n))
        return false;
    struct bt_print_defs *defs = bt_arena_alloc(a, sizeof *defs);
    struct bt_print_def *items = bt_arena_array(a, (size_t)n + 1, sizeof *items);
    for (uint32_t i = 0; defs && items && i < n; i++) {
        if (!bt_etf_tuple_of(r, 2) || !read_text(a, r, &items[i].name) ||
            !read_texts(a, r, &items[i].fields, &items[i].n_fields))
            return false;
    }
    if (!defs || !items || (n > 0 && !bt_etf_nil(r)))
        return false;
    *defs = (struct bt_print_defs){items, n};
    out->records = defs;
    return true;
}

static bool read_number(struct bt_etf *r, int64_t most, int64_t *out)
{
    return bt_etf_int64(r, out) && *out >= -most && *out <= most;
}

/* ---- the header ---- */

static bool read_pair(struct bt_arena *a, struct bt_slice key, struct bt_etf *r, struct bt_out_head *out)
{
    int64_t n = 0;
    uint32_t count = 0;
    if (bt_slice_is(key, "node"))
        return read_text(a, r, &out->node);
    if (bt_slice_is(key, "options"))
        return read_text(a, r, &out->options);
    if (bt_slice_is(key, "specs"))
        return read_texts(a, r, &out->specs, &out->n_specs);
    if (bt_slice_is(key, "clauses"))
        return read_clauses(a, r, out);
    if (bt_slice_is(key, "records"))
        return read_records(a, r, out);
    if (bt_slice_is(key, "args"))
        return read_args(r, &out->args);
    if (bt_slice_is(key, "start_wall_ns"))
        return read_number(r, INT64_C(1) << 62, &out->start_wall_ns);
    if (bt_slice_is(key, "otp") && read_number(r, 1000000, &n)) {
        out->otp = (int)n;
        return true;
    }
    if (bt_slice_is(key, "utc_offset_s") && read_number(r, 86400, &n)) {
        out->utc_offset_s = (int32_t)n;
        return true;
    }
    if (bt_slice_is(key, "n_not") && bt_etf_uint32(r, &count)) {
        out->n_not = count;
        return true;
    }
    return bt_etf_skip(r);
}

/* Of --args all and arity each clause says so too, so that files of several kinds can be shown together. */
static void normalise(const struct bt_out_head *head)
{
    for (size_t i = 0; i < head->n_clauses; i++) {
        struct bt_clause *c = (struct bt_clause *)head->clauses[i]; /* ours: read_clause has made it */
        c->captures_all = c->captures_all || head->args == BT_ARGS_MODE_ALL;
        c->captures_none = head->args == BT_ARGS_MODE_ARITY;
    }
}

bool bt_header_read(struct bt_arena *a, struct bt_slice etf, struct bt_out_head *out)
{
    struct bt_etf r;
    struct bt_slice key;
    uint32_t n;
    struct bt_out_head head = {.options = ""};
    bt_etf_init(&r, etf.p, etf.len);
    if (!bt_etf_list(&r, &n))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!bt_etf_tuple_of(&r, 2) || !bt_etf_atom(&r, &key) || !read_pair(a, key, &r, &head))
            return false;
    }
    normalise(&head);
    if ((n > 0 && !bt_etf_nil(&r)) || r.p != r.end || !head.node || head.n_not > head.n_specs)
        return false;
    *out = head;
    return true;
}

/* ---- the end ---- */

/* [{M, F, Arity, Calls}] */
static bool read_counts(struct bt_arena *a, struct bt_etf *r, struct bt_out_end *e)
{
    uint32_t n;
    int64_t calls;
    if (!bt_etf_list(r, &n))
        return false;
    struct bt_out_count *counts = bt_arena_array(a, (size_t)n + 1, sizeof *counts);
    for (uint32_t i = 0; counts && i < n; i++) {
        if (!bt_etf_tuple_of(r, 4) || !read_text(a, r, &counts[i].module) ||
            !read_text(a, r, &counts[i].function) || !bt_etf_uint32(r, &counts[i].arity) ||
            !bt_etf_int64(r, &calls) || calls < 0)
            return false;
        counts[i].calls = (uint64_t)calls;
    }
    e->counts = counts;
    e->n_counts = n;
    return counts && (n == 0 || bt_etf_nil(r));
}

/* A reason is shown as it is, in JSON too. */
static bool is_word(const char *text)
{
    return strlen(text) <= 20 && strspn(text, "abcdefghijklmnopqrstuvwxyz_") == strlen(text);
}

static bool read_end_pair(struct bt_arena *a, struct bt_slice key, struct bt_etf *r, struct bt_out_end *e)
{
    const struct {
        const char *key;
        uint64_t *at;
    } counts[] = {{"received", &e->received}, {"printed", &e->printed}, {"filtered", &e->filtered},
        {"lost", &e->lost}, {"shown", &e->shown}, {"returns", &e->returns}, {"exceptions", &e->exceptions},
        {"open", &e->open}, {"lost_on_node", &e->lost_on_node}};
    int64_t n;
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        if (!bt_slice_is(key, counts[i].key))
            continue;
        if (!bt_etf_int64(r, &n) || n < 0)
            return false;
        *counts[i].at = (uint64_t)n;
        return true;
    }
    if (bt_slice_is(key, "reason"))
        return read_text(a, r, &e->reason) && is_word(e->reason);
    if (bt_slice_is(key, "error"))
        return read_text(a, r, &e->error);
    if (bt_slice_is(key, "wall_ns"))
        return read_number(r, INT64_C(1) << 62, &e->wall_ns);
    if (bt_slice_is(key, "counts"))
        return read_counts(a, r, e);
    if (bt_slice_is(key, "skipped"))
        return bt_etf_int64(r, &e->skipped);
    if (bt_slice_is(key, "is_clean") && bt_etf_int64(r, &n)) {
        e->is_clean = n != 0;
        return true;
    }
    return bt_etf_skip(r);
}

bool bt_header_read_end(struct bt_arena *a, struct bt_slice etf, struct bt_out_end *out)
{
    struct bt_etf r;
    struct bt_slice key;
    uint32_t n;
    struct bt_out_end end = {.reason = "end", .skipped = -1};
    bt_etf_init(&r, etf.p, etf.len);
    if (!bt_etf_list(&r, &n))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        if (!bt_etf_tuple_of(&r, 2) || !bt_etf_atom(&r, &key) || !read_end_pair(a, key, &r, &end))
            return false;
    }
    if ((n > 0 && !bt_etf_nil(&r)) || r.p != r.end)
        return false;
    *out = end;
    return true;
}
