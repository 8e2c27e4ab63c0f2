/*
 * fuzz_records.c - any bytes as a file of --records: read, every record used, its definition printed.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput (-dict=tests/fuzz/spec.dict). As a program of its own see standalone.h.
 */
#include "standalone.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "spec/record_expand.h"
#include "spec/parser.h"

/* m:f(X) when X =:= #name{}: its defaults, or why it has none. */
static void use(const struct bt_records *t, const struct bt_record *rec, struct bt_arena *a)
{
    struct bt_ast_text tree;
    struct beamtap_err err = {0};
    struct bt_buf out = BT_BUF_INIT;
    assert(bt_parse("m:f(X) when X =:= #r{}", a, &tree, &err) == 0);
    tree.specs[0].clauses[0].guards[0].tests[0]->u.op.args[1]->u.record->name = rec->name;
    if (bt_record_expand(&tree.specs[0], t, a, &err) == 0)
        assert(bt_ast_print(&out, &tree, &err) == 0);
    else
        assert(err.code == BEAMTAP_ESPEC && err.loc.line == 1);
    bt_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_records t;
    struct beamtap_err err = {0};
    size_t n = 0;
    char *text = malloc(size ? size : 1); /* exactly as long, so that a byte read too many is seen */
    assert(text);
    if (size)
        memcpy(text, data, size);
    struct bt_records_text in = {text, size, "r.hrl", "r", true};
    bt_records_init(&t, &a);
    assert(bt_records_read(&t, &in, &n, &err) == 0);
    assert(n == t.n && n <= size / 9 + 1);
    for (size_t i = 0; i < t.n; i++)
        use(&t, &t.items[i], &a);
    bt_arena_done(&a);
    free(text);
    return 0;
}

#ifdef BT_FUZZ_MAIN

/* Whole forms, and marks to put into them. */
const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("-module(m).\n-record(state, {n = 0 :: integer(), q, limit = ?MAX}).\n"),
    BT_FUZZ_SEED(
        "-record('a b', {x = [1, {a, \"s\"} | t] :: [any()], y = #{k => <<1,2:4>>}, z = 5 * -1000}).\n"),
    BT_FUZZ_SEED("-ifdef(X).\n-record(a, {f = fun(A) -> case A of 1 -> {a, b} end end, g :: fun((a, b) -> "
                 "c)}).\n-endif.\n"),
    BT_FUZZ_SEED("f() -> \"s\", 'q', $\", $\\^A, ~S(x), \"\"\"\n  text\n  \"\"\". % -record(b, "
                 "{}).\n-record(c, {self = self()})."),
    BT_FUZZ_SEED("-record("),
    BT_FUZZ_SEED("{"),
    BT_FUZZ_SEED("}"),
    BT_FUZZ_SEED("<<"),
    BT_FUZZ_SEED(">>"),
    BT_FUZZ_SEED("::"),
    BT_FUZZ_SEED(" = "),
    BT_FUZZ_SEED(","),
    BT_FUZZ_SEED(".\n"),
    BT_FUZZ_SEED("'"),
    BT_FUZZ_SEED("\""),
    BT_FUZZ_SEED("\"\"\"\n"),
    BT_FUZZ_SEED("$"),
    BT_FUZZ_SEED("~"),
    BT_FUZZ_SEED("fun("),
    BT_FUZZ_SEED(" end "),
    BT_FUZZ_SEED("?M"),
    BT_FUZZ_SEED("#a{}"),
    BT_FUZZ_SEED("%"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
