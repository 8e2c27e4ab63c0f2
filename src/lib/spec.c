/*
 * spec.c - compiling specs: struct beamtap_spec.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/inside.h"
#include "match/dump.h"
#include "match/instrument.h"
#include "node/arm.h"
#include "spec/ast.h"
#include "spec/ex_lexer.h"
#include "spec/lexer.h"
#include "spec/parser.h"

/* ---- texts ---- */

static bool copy_into(struct bt_arena *a, const char **out, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!(out[i] = bt_arena_strndup(a, texts[i], strlen(texts[i]))))
            return false;
    }
    return true;
}

const char *const *bt_lib_copy_texts(struct bt_arena *a, const char *const *texts, size_t n)
{
    const char **out = bt_arena_array(a, n + 1, sizeof *out);
    return out && copy_into(a, out, texts, n) ? out : NULL;
}

static bool has_null(const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!texts || !texts[i])
            return true;
    }
    return false;
}

static int check(const struct beamtap_spec_opts *o, struct beamtap_err *err)
{
    if (o->n_specs == 0)
        return bt_err_set(
            err, BEAMTAP_EUSAGE, "no trace pattern given; say for instance 'lists:seq/2 -> return'");
    if (has_null(o->specs, o->n_specs) || has_null(o->not_specs, o->n_not_specs) ||
        has_null(o->records, o->n_records))
        return bt_err_set(err, BEAMTAP_EUSAGE, "a text of the spec is NULL");
    if ((int)o->scope < BEAMTAP_SCOPE_AUTO || o->scope > BEAMTAP_SCOPE_GLOBAL)
        return bt_err_set(err, BEAMTAP_EUSAGE, "there is no scope %d", (int)o->scope);
    return 0;
}

static int copy_opts(struct beamtap_spec *s, const struct beamtap_spec_opts *o, struct beamtap_err *err)
{
    const char **texts = bt_arena_array(&s->arena, o->n_not_specs + o->n_specs, sizeof *texts);
    if (!texts || !copy_into(&s->arena, texts, o->not_specs, o->n_not_specs) ||
        !copy_into(&s->arena, texts + o->n_not_specs, o->specs, o->n_specs))
        return bt_err_nomem(err);
    s->texts = texts;
    s->n_texts = o->n_not_specs + o->n_specs;
    s->records = (struct bt_lib_names){bt_lib_copy_texts(&s->arena, o->records, o->n_records), o->n_records};
    s->opts = (struct bt_compile_opts){
        .has_scope = o->scope != BEAMTAP_SCOPE_AUTO,
        .scope = o->scope == BEAMTAP_SCOPE_GLOBAL ? BT_SCOPE_GLOBAL : BT_SCOPE_LOCAL,
        .add_return = o->want_return,
        .add_caller = o->want_caller,
        .add_stack = o->want_stack,
        .to_trace = o->to_trace,
        .n_not = o->n_not_specs,
    };
    s->only_times = o->only_times;
    return s->records.items ? 0 : bt_err_nomem(err);
}

/* ---- compiling ---- */

static int ask(
    struct bt_lib_records *records, const struct bt_lib_asked *asked, size_t *bad, struct beamtap_err *err)
{
    return asked ? bt_lib_records_fetch(records, asked->conn, asked->max_memory, asked->say, bad, err)
                 : bt_lib_records_no_node(records, err);
}

/* The notation of `returns`. */
static enum bt_syntax syntax_of(const struct beamtap_spec *spec)
{
    for (size_t i = spec->opts.n_not; i < spec->n_texts; i++) {
        if (!bt_ex_begins(spec->texts[i]))
            return BT_SYNTAX_ERLANG;
    }
    return BT_SYNTAX_ELIXIR;
}

int bt_lib_compile(const struct beamtap_spec *spec, bool to_trace, const struct bt_lib_asked *asked,
    struct bt_lib_outcome *outcome, struct bt_arena *a, struct bt_program *out, struct beamtap_err *err)
{
    struct bt_lib_records records;
    struct bt_compile_opts opts = spec->opts;
    size_t bad = 0;
    int rc = bt_lib_records_read(&spec->records, spec->texts, spec->n_texts, a, &records, &bad, err);
    if (rc == 0)
        rc = ask(&records, asked, &bad, err);
    opts.to_trace = to_trace;
    opts.records = &records.table;
    opts.add_return = opts.add_return || bt_lib_has_outcome(outcome);
    if (rc == 0)
        rc = bt_compile(spec->texts, spec->n_texts, &opts, a, out, &bad, err);
    if (rc == 0 && outcome) {
        bad = spec->n_texts;
        rc = bt_lib_check_outcome(outcome, out, err);
    }
    if (rc == 0 && outcome)
        rc = bt_lib_read_outcome(outcome, syntax_of(spec), &opts, a, err);
    if (rc < 0)
        err->text = bad;
    else if (spec->only_times)
        bt_program_only_times(out);
    if (rc == 0 && !(out->records = bt_records_names(&records.table, a)))
        rc = bt_err_nomem(err);
    return rc;
}

/* Compiles, or, where that must wait for a node, parses. */
static int begin(struct beamtap_spec *s, struct beamtap_err *err)
{
    struct bt_lib_records records;
    size_t bad = 0;
    int rc = bt_lib_records_read(&s->records, s->texts, s->n_texts, &s->arena, &records, &bad, err);
    s->waits_for_node = rc == 0 && records.n_wanted > 0;
    if (s->waits_for_node)
        return 0;
    s->opts.records = &records.table;
    if (rc == 0)
        rc = bt_compile(s->texts, s->n_texts, &s->opts, &s->arena, &s->prog, &bad, err);
    s->opts.records = NULL;
    if (rc < 0)
        err->text = bad;
    else if (s->only_times)
        bt_program_only_times(&s->prog);
    return rc == 0 ? bt_lib_make_parts(&s->prog, &s->arena, &s->parts, err) : rc;
}

struct beamtap_spec *beamtap_spec_new(const struct beamtap_spec_opts *opts, struct beamtap_err *err)
{
    struct beamtap_spec_opts o;
    struct beamtap_err e = {0};
    struct beamtap_spec *s = calloc(1, sizeof *s);
    int rc = s ? bt_lib_take_opts(&o, sizeof o, sizeof o, opts, "beamtap_spec_opts", &e) : bt_err_nomem(&e);
    if (rc == 0)
        rc = check(&o, &e);
    if (rc == 0)
        rc = copy_opts(s, &o, &e);
    if (rc == 0)
        rc = begin(s, &e);
    if (rc == 0)
        return s;
    beamtap_spec_free(s);
    bt_lib_fail(err, &e);
    return NULL;
}

struct beamtap_spec *beamtap_spec_compile(const char *text, struct beamtap_err *err)
{
    struct beamtap_spec_opts o;
    beamtap_spec_opts_init(&o, sizeof o);
    o.specs = &text;
    o.n_specs = 1;
    return beamtap_spec_new(&o, err);
}

void beamtap_spec_free(struct beamtap_spec *s)
{
    if (!s)
        return;
    bt_arena_done(&s->arena);
    free(s);
}

/* ---- stages as text ---- */

/* What the node gets, with the gate; ids as a session gives them, base 0. */
static int instrument(struct bt_program *prog, struct bt_arena *a, struct beamtap_err *err)
{
    size_t id = 0;
    struct bt_instrument_opts o = {
        .range = BT_GATE_RANGE, .mode = BT_ARGS_MODE_NAMED, .with_caller = prog->wants_time};
    for (size_t i = 0; i < prog->n_patterns; i++) {
        struct bt_trace_pattern *p = &prog->patterns[i];
        const struct bt_clause **clauses = bt_arena_array(a, p->n_clauses + 1, sizeof *clauses);
        size_t *ids = bt_arena_array(a, p->n_clauses + 1, sizeof *ids);
        for (size_t j = 0; clauses && ids && j < p->n_clauses; j++) {
            clauses[j] = &p->clauses[j];
            ids[j] = id++;
        }
        p->match_spec = clauses && ids ? bt_instrument(a, clauses, ids, p->n_clauses, &o) : NULL;
        if (!p->match_spec)
            return bt_err_nomem(err);
    }
    return 0;
}

/* Compiled anew where the program is to be changed, and where it is not there: a spec itself never changes. */
static int dump(
    const struct beamtap_spec *s, enum beamtap_stage stage, struct bt_buf *out, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_program anew = {0};
    bool is_anew = stage == BEAMTAP_STAGE_INSTALLED || s->waits_for_node;
    int rc = is_anew ? bt_lib_compile(s, s->opts.to_trace, NULL, NULL, &a, &anew, err) : 0;
    if (rc == 0 && stage == BEAMTAP_STAGE_INSTALLED)
        rc = instrument(&anew, &a, err);
    if (rc == 0)
        rc = bt_program_dump(out, is_anew ? &anew : &s->prog, err);
    bt_arena_done(&a);
    return rc;
}

/* The buffer to the caller, or the error. */
static ssize_t give(
    struct bt_buf *b, int rc, char *buf, size_t cap, struct beamtap_err *e, struct beamtap_err *err)
{
    ssize_t n = rc == 0 ? bt_lib_give(b, buf, cap, e) : -1;
    if (n < 0)
        bt_lib_fail(err, e);
    bt_buf_done(b);
    return n;
}

ssize_t beamtap_spec_text(
    const struct beamtap_spec *s, enum beamtap_stage stage, char *buf, size_t cap, struct beamtap_err *err)
{
    struct bt_buf b = BT_BUF_INIT;
    struct beamtap_err e = {0};
    if (!s)
        return bt_lib_misuse(err, "the spec is NULL");
    if (stage != BEAMTAP_STAGE_MATCH_SPEC && stage != BEAMTAP_STAGE_INSTALLED)
        return bt_lib_misuse(err, "beamtap_spec_text() knows the stages MATCH_SPEC and INSTALLED");
    return give(&b, dump(s, stage, &b, &e), buf, cap, &e, err);
}

static int dump_tree(struct bt_buf *out, const char *text, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_ast_text tree;
    int rc = bt_parse(text, &a, &tree, err);
    if (rc == 0)
        rc = bt_ast_dump(out, &tree, err);
    bt_arena_done(&a);
    return rc;
}

ssize_t beamtap_spec_stage(
    const char *text, enum beamtap_stage stage, char *buf, size_t cap, struct beamtap_err *err)
{
    struct bt_buf b = BT_BUF_INIT;
    struct beamtap_err e = {0};
    if (!text)
        return bt_lib_misuse(err, "the text is NULL");
    if (stage != BEAMTAP_STAGE_TREE && stage != BEAMTAP_STAGE_TOKENS)
        return bt_lib_misuse(err, "beamtap_spec_stage() knows the stages TREE and TOKENS");
    int rc = stage == BEAMTAP_STAGE_TREE ? dump_tree(&b, text, &e) : bt_tokens_dump(&b, text, &e);
    return give(&b, rc, buf, cap, &e, err);
}
