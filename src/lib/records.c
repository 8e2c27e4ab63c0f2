/*
 * records.c - --records and mod#rec: definitions out of files, and those a node must be asked for.
 */
#include "lib/records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/record_fetch.h"
#include "spec/loc.h"
#include "spec/parser.h"

/* ---- files ---- */

static bool ends_in(const char *text, const char *tail)
{
    size_t n = strlen(text), m = strlen(tail);
    return n > m && strcmp(text + n - m, tail) == 0;
}

/* state.hrl, src/srv.erl, ./x; all else is a module. */
static bool is_file(const char *word)
{
    return strchr(word, '/') || ends_in(word, ".hrl") || ends_in(word, ".erl");
}

/* "srv" of "src/srv.erl" */
static const char *base_name(struct bt_arena *a, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    bool has_suffix = ends_in(name, ".hrl") || ends_in(name, ".erl");
    return bt_arena_strndup(a, name, strlen(name) - (has_suffix ? 4 : 0));
}

/* The bytes of a file, one more than are allowed at most; the caller frees them. NULL: error set. */
static char *read_bytes(const char *path, size_t *len, struct beamtap_err *err)
{
    size_t cap = BT_RECORDS_MAX_BYTES + 1;
    FILE *f = fopen(path, "rb");
    char *bytes = f ? malloc(cap) : NULL;
    if (!f)
        bt_err_sys(err, BEAMTAP_EUSAGE, errno, "cannot read %s", path);
    else if (!bytes)
        bt_err_nomem(err);
    if (bytes)
        *len = fread(bytes, 1, cap, f);
    if (bytes && ferror(f)) {
        bt_err_sys(err, BEAMTAP_EUSAGE, errno, "cannot read %s", path);
        free(bytes);
        bytes = NULL;
    }
    if (f)
        fclose(f);
    return bytes;
}

static int read_file(struct bt_lib_records *r, const char *path, struct beamtap_err *err)
{
    size_t n = 0;
    struct bt_records_text text = {
        .from = path, .module = base_name(r->table.arena, path), .is_source = true};
    char *bytes = read_bytes(path, &text.len, err);
    if (!bytes)
        return -1;
    text.text = bytes;
    int rc = text.module ? bt_records_read(&r->table, &text, &n, err) : bt_err_nomem(err);
    free(bytes);
    if (rc == 0 && n == 0)
        return bt_err_set(err, BEAMTAP_EUSAGE,
            "%s defines no record; files that it includes are not read, give them with a --records of their "
            "own",
            path);
    return rc;
}

/* ---- modules ---- */

static int want(struct bt_lib_records *r, const struct bt_lib_module *m, struct beamtap_err *err)
{
    if (bt_records_has_module(&r->table, m->name))
        return 0;
    for (size_t i = 0; i < r->n_wanted; i++) {
        if (strcmp(r->wanted[i].name, m->name) == 0)
            return 0;
    }
    r->wanted = bt_arena_grow(r->table.arena, r->wanted, r->n_wanted, &r->wanted_cap, sizeof *r->wanted);
    if (!r->wanted)
        return bt_err_nomem(err);
    r->wanted[r->n_wanted++] = *m;
    return 0;
}

static int want_all(struct bt_lib_records *r, const char *text, size_t index, struct beamtap_err *err)
{
    struct bt_ast_text tree;
    if (bt_parse(text, r->table.arena, &tree, err) < 0)
        return -1;
    for (size_t i = 0; i < tree.n_modules; i++) {
        struct bt_lib_module m = {tree.modules[i].name, index, tree.modules[i].loc};
        if (want(r, &m, err) < 0)
            return -1;
    }
    return 0;
}

int bt_lib_records_read(const struct bt_lib_names *options, const char *const *texts, size_t n,
    struct bt_arena *a, struct bt_lib_records *out, size_t *bad, struct beamtap_err *err)
{
    *out = (struct bt_lib_records){.n_wanted = 0};
    bt_records_init(&out->table, a);
    for (size_t i = 0; i < options->n; i++) { /* files first: what they define is not asked for */
        if (is_file(options->items[i]) && read_file(out, options->items[i], err) < 0) {
            bt_err_context(err, "--records");
            return -1;
        }
    }
    for (size_t i = 0; i < options->n; i++) {
        struct bt_lib_module m = {.name = options->items[i], .text = SIZE_MAX};
        if (!is_file(m.name) && want(out, &m, err) < 0)
            return -1;
    }
    for (size_t i = 0; i < n; i++) {
        if (want_all(out, texts[i], i, err) < 0) {
            *bad = i;
            return -1;
        }
    }
    return 0;
}

int bt_lib_records_no_node(const struct bt_lib_records *r, struct beamtap_err *err)
{
    for (size_t i = 0; i < r->n_wanted; i++) {
        if (r->wanted[i].text == SIZE_MAX)
            return bt_err_set(err, BEAMTAP_EUSAGE,
                "--records %s: no node is asked here, so a module will not do; give its file, %s.erl or the "
                ".hrl",
                r->wanted[i].name, r->wanted[i].name);
    }
    return 0;
}

static int fetch(struct bt_lib_records *r, struct bt_conn *c, const char *module, int64_t max_memory,
    const struct bt_say *say, struct beamtap_err *err)
{
    struct bt_record_fetched got;
    char name[160];
    size_t n = 0;
    if (bt_record_fetch(c, module, max_memory, r->table.arena, &got, err) < 0 ||
        bt_records_read(&r->table, &got.text, &n, err) < 0)
        return -1;
    bt_loc_quote(name, sizeof name, module, strlen(module));
    if (n == 0)
        return bt_err_set(err, BEAMTAP_ESPEC, "module %s defines no record on %s", name, bt_conn_node(c));
    if (got.is_other)
        bt_say(say,
            "warning: %s runs another version of module %s than the one in its code file, where the "
            "records were "
            "read",
            bt_conn_node(c), name);
    return 0;
}

int bt_lib_records_fetch(struct bt_lib_records *r, struct bt_conn *c, int64_t max_memory,
    const struct bt_say *say, size_t *bad, struct beamtap_err *err)
{
    for (size_t i = 0; i < r->n_wanted; i++) {
        const struct bt_lib_module *m = &r->wanted[i];
        if (fetch(r, c, m->name, max_memory, say, err) == 0)
            continue;
        if (err->code == BEAMTAP_ESPEC && m->text != SIZE_MAX) {
            err->loc = m->loc;
            *bad = m->text;
        } else if (err->code == BEAMTAP_ESPEC) {
            bt_err_context(err, "--records");
        }
        return -1;
    }
    return 0;
}
