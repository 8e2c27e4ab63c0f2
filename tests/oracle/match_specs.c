/*
 * match_specs.c - spec texts on stdin, one per line, to external terms on stdout, for the oracles.
 *
 * One line of output per line of input: hexadecimal of {ok, Plain, Installed, Based, ReturnWanted, MinOtp} or
 * {error, Code}, each with its version byte. Installed: gate at 0, clause numbers from 1; Based: gate (1000,
 * 1010]. With the argument -a all patterns of a text: {ok, [{Module, Function, Arity, Scope, Plain,
 * Installed, Actions}]} or {error, Code, Message}. Pids and references are those of nonode@nohost, so a node without a
 * name reads them as its own.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "match/compile.h"
#include "match/instrument.h"
#include "term/etf_write.h"

static const struct bt_term *installed(struct bt_arena *a, const struct bt_trace_pattern *p, uint32_t base)
{
    size_t n = p->n_clauses;
    const struct bt_clause **clauses = bt_arena_array(a, n, sizeof *clauses);
    size_t *ids = bt_arena_array(a, n, sizeof *ids);
    struct bt_instrument_opts opts = {.base = base, .range = 10, .mode = BT_ARGS_MODE_NAMED};
    for (size_t i = 0; clauses && ids && i < n; i++) {
        clauses[i] = &p->clauses[i];
        ids[i] = i + 1;
    }
    return clauses && ids ? bt_instrument(a, clauses, ids, n, &opts) : NULL;
}

static const struct bt_term *result(struct bt_arena *a, const char *text)
{
    struct bt_program prog;
    struct beamtap_err err = {0};
    if (bt_compile(&text, 1, NULL, a, &prog, NULL, &err))
        return bt_term_tuple2(a, bt_term_atom(a, "error"), bt_term_int(a, err.code));
    const struct bt_trace_pattern *p = &prog.patterns[0];
    const struct bt_term *items[] = {bt_term_atom(a, "ok"), p->match_spec, installed(a, p, 0),
        installed(a, p, 1000), bt_term_atom(a, prog.wants_return ? "true" : "false"),
        bt_term_int(a, p->min_otp)};
    return bt_term_tuple(a, items, sizeof items / sizeof items[0]);
}

static const struct bt_term *name_of(struct bt_arena *a, const char *name)
{
    return bt_term_atom(a, name ? name : "_");
}

static const struct bt_term *actions(struct bt_arena *a, const struct bt_clause *clause)
{
    const struct bt_term **items = bt_arena_array(a, 3 + clause->n_notes, sizeof *items);
    size_t n = 0;
    if (!items)
        return NULL;
    if (clause->wants_return)
        items[n++] = bt_term_atom(a, "return");
    if (clause->wants_time)
        items[n++] = bt_term_atom(a, "time");
    if (clause->only_counts)
        items[n++] = bt_term_atom(a, "count");
    for (size_t i = 0; i < clause->n_notes; i++)
        items[n++] = bt_term_atom(a, clause->notes[i] == BT_NOTE_STACK ? "stack" : "caller");
    return bt_term_list(a, items, n, NULL);
}

static const struct bt_term *pattern(struct bt_arena *a, const struct bt_trace_pattern *p)
{
    const struct bt_term *items[] = {name_of(a, p->module), name_of(a, p->function),
        p->arity < 0 ? bt_term_atom(a, "_") : bt_term_int(a, p->arity),
        bt_term_atom(a, p->scope == BT_SCOPE_GLOBAL ? "global" : "local"), p->match_spec, installed(a, p, 0),
        actions(a, &p->clauses[0])};
    return bt_term_tuple(a, items, sizeof items / sizeof items[0]);
}

static const struct bt_term *all_patterns(struct bt_arena *a, const char *text)
{
    struct bt_program prog;
    struct beamtap_err err = {0};
    if (bt_compile(&text, 1, NULL, a, &prog, NULL, &err))
        return bt_term_tuple3(
            a, bt_term_atom(a, "error"), bt_term_int(a, err.code), bt_term_atom(a, err.msg));
    const struct bt_term **items = bt_arena_array(a, prog.n_patterns, sizeof *items);
    for (size_t i = 0; items && i < prog.n_patterns; i++)
        items[i] = pattern(a, &prog.patterns[i]);
    return items ? bt_term_tuple2(a, bt_term_atom(a, "ok"), bt_term_list(a, items, prog.n_patterns, NULL))
                 : NULL;
}

static int put_hex(const struct bt_term *t)
{
    static const struct bt_etf_home home = {"nonode@nohost", 0};
    struct bt_buf b = BT_BUF_INIT;
    struct beamtap_err err = {0};
    if (!t || bt_etf_write(&b, t, &home, &err)) {
        fprintf(stderr, "match_specs: %s\n", t ? err.msg : "out of memory");
        return -1;
    }
    printf("83");
    for (size_t i = 0; i < b.len; i++)
        printf("%02x", (unsigned char)b.data[i]);
    printf("\n");
    bt_buf_done(&b);
    return 0;
}

int main(int argc, char **argv)
{
    bool wants_all = argc > 1 && strcmp(argv[1], "-a") == 0;
    char *line = NULL;
    size_t cap = 0;
    int status = 0;
    while (!status && getline(&line, &cap, stdin) > 0) {
        struct bt_arena a = BT_ARENA_INIT;
        line[strcspn(line, "\n")] = '\0';
        status = put_hex(wants_all ? all_patterns(&a, line) : result(&a, line)) ? 1 : 0;
        bt_arena_done(&a);
    }
    free(line);
    return status || fflush(stdout) != 0;
}
