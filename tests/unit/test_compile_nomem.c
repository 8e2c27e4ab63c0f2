/*
 * test_compile_nomem.c - memory that runs out at every single allocation of a compilation, once or for good: ENOMEM,
 * or, where it was wanted for a hint nobody needs now, the same result; and all is given back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "match/compile.h"
#include "match/dump.h"
#include "match/instrument.h"
#include "nomem.h"
#include "spec/ast.h"
#include "spec/parser.h"

static const char defined[] =
    "-module(s). -record(r, {a, b = {1, [x | y]}, c = -(2 + 3), d = #{k => 1}, 'e f', g = ?M}).";
static const struct bt_records_text definitions = {defined, sizeof defined - 1, "r.hrl", "r", true};

static char result[1 << 14]; /* of the last run or show */

static void keep(const struct bt_buf *out)
{
    snprintf(result, sizeof result, "%.*s", (int)out->len, out->len ? out->data : "");
}

static int run(const char *spec, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf out = BT_BUF_INIT;
    struct bt_program prog;
    struct bt_instrument_opts opts = {.base = 0, .range = 10, .mode = BT_ARGS_MODE_NAMED};
    size_t id = 1;
    struct bt_records records;
    struct bt_compile_opts compile = {.records = &records};
    bt_records_init(&records, &a);
    int rc = bt_records_read(&records, &definitions, NULL, err);
    if (!rc)
        rc = bt_compile(&spec, 1, &compile, &a, &prog, NULL, err);
    if (!rc)
        rc = bt_program_dump(&out, &prog, err);
    if (!rc) {
        const struct bt_clause *clause = &prog.patterns[0].clauses[0];
        if (!bt_instrument(&a, &clause, &id, 1, &opts))
            rc = bt_err_nomem(err);
    }
    keep(&out);
    bt_buf_done(&out);
    bt_arena_done(&a);
    return rc;
}

/* The tree, as --ast shows it and as text. */
static int show(const char *spec, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf out = BT_BUF_INIT;
    struct bt_ast_text tree;
    int rc = bt_parse(spec, &a, &tree, err);
    if (!rc)
        rc = bt_ast_dump(&out, &tree, err);
    if (!rc)
        rc = bt_ast_print(&out, &tree, err);
    keep(&out);
    bt_buf_done(&out);
    bt_arena_done(&a);
    return rc;
}

static const char *const specs[] = {
    ("m:f(R = {ok, 'atom', [A | _], #{k := V, {a, [1]} := \"str\"}}, <<\"bin\", 1:16, 1.5/float, "
     "\"x\"/utf16>>, "
     "\"s\" ++ T, [1] ++ (U = [_]), _W, R, U) when R =:= {A, #{a => V}}, not ([T | 'x'] > "
     "-123456789012345678901234567890); "
     "is_list(A), element(1, R) =:= '$1' -> return"),
    ("m:f(\"a\" \"b\" \"c\", fun lists:map/2, <0.1.2>, #Ref<0.1.2.3>, 36#zzzzzzzzzzzzzzzzz, 1.5, $a, #{}, "
     "{}, "
     "[])"),
    "{queue, in, return_trace}",
    "m:f(s#r{a = X, _ = Y}) when X#r.b > #r.c, is_record(X, s#r), Y =:= X#r{c = 1}; X =:= #r{g = 1}",
    "my_*:/^f(a|b)+$/(X, _) -> return, caller",
    "[{m, f, fun([X, {Y, _}]) when X > Y; is_list(X) -> message({X, caller()}), return_trace() end}, {n, "
    "'_', 2}]",
    "{m, f, [{['$1', {'_', '$2'}], [{'>', '$1', {const, 1}}], [{return_trace}, {message, {{'$1', '$2'}}}]}]}",
    "m:f(X, #{a := _}) when X > 1 * 2 + 99999999999999999999 * 3 -> stack, time",
    "MyApp.Cart.total(%{id: id, \"k\" => [a, b | _]}, {:ok, x} = y, <<1, 2>>, ?a, 'cl', %Date{year: 1}) "
    "when id > 3 and "
    "x in [1, 2] or not is_nil(y) and rem(b, 2) != 0 -> return",
    ":lists.seq/2 -> return, time",
    ("My.App.f(x, %Foo{a: y, b: [h | t]} = s, ~w(a b)a, 'cd' ++ _, \"e\", ?f, #PID<0.1.2>, <<1::4>>, k: {x, "
     "1.5}) when "
     "x in [1, h] and y not in 1..t//2 and is_struct(x, y) and x.a.b == %{c: [1 | t]} when is_exception(y) "
     "or "
     "elem(s, 0) in 'ab' and is_map_key(x, -1) and x in h..t//y and not x in 9..1 and is_nil(bxor(x, 1)) -> "
     "return"),
    "{:queue, :in, fn [x, _] when x > 1 -> message({x, \"a\"}); return_trace; _ -> :ok end}",
    "My.*.f*/2",
    "m:f(A,B,C,D,E,F,G,H,I,J) when A; B; C; D; E; F; G",
};

/* Fails each allocation in turn; how many there are. */
static size_t fail_each(
    const char *spec, int (*one)(const char *spec, struct beamtap_err *err), bool for_good)
{
    static char want[sizeof result];
    struct beamtap_err err = {0};
    size_t n = 0, n_told = 0;
    if (one(spec, &err))
        fail_msg("%s: %s", spec, err.msg);
    memcpy(want, result, sizeof want);
    for (bool has_failed = true; has_failed; n++) {
        bt_err_clear(&err);
        bt_nomem_begin(n, for_good);
        int rc = one(spec, &err);
        has_failed = bt_nomem_end();
        bool is_good = rc ? err.code == BEAMTAP_ENOMEM : strcmp(want, result) == 0;
        if (!is_good || bt_nomem_left() != 0)
            fail_msg(
                "%.30s: allocation %zu: %d %d %s, %ld left", spec, n, rc, err.code, err.msg, bt_nomem_left());
        n_told += rc != 0;
    }
    assert_true(n_told > (n - 1) * 3 / 4);
    return n - 1;
}

static void one_allocation_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++)
        assert_true(fail_each(specs[i], run, false) > 20);
}

static void memory_is_gone_for_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++)
        assert_true(fail_each(specs[i], run, true) > 20);
}

static void what_shows_a_tree(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++)
        assert_true(fail_each(specs[i], show, false) > 5 && fail_each(specs[i], show, true) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_allocation_fails),
        cmocka_unit_test(memory_is_gone_for_good),
        cmocka_unit_test(what_shows_a_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
