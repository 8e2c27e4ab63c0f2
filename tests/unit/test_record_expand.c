/*
 * test_record_expand.c - records in a spec to the tuples they stand for, seen in the spec printed back.
 */
#include "check.h"

#include <string.h>

#include "spec/parser.h"
#include "spec/record_expand.h"

static const char definitions[] =
    "-record(state, {n = 0, q, t = {a, [1]}, limit = 5 * 1000}).\n"
    "-record(empty, {}).\n"
    "-record(call, {id = make_ref(), from = #state{}, at}).\n"
    "-record(odd, ?FIELDS).\n"
    "-record('odd name', {'a b', x = \"s\", m = #{k => [v | w]}, s = self(), big = -(1 + 2)}).\n";

/* Parses, expands with these definitions as file srv.erl, and prints into out, or fills err. */
static int expand(const char *text, struct bt_buf *out, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_ast_text tree;
    struct bt_records table;
    struct bt_records_text in = {definitions, strlen(definitions), "srv.erl", "srv", true};
    bt_records_init(&table, &a);
    assert_int_equal(bt_records_read(&table, &in, NULL, err), 0);
    if (bt_parse(text, &a, &tree, err))
        fail_msg("%s: %s", text, err->msg);
    int rc = 0;
    for (size_t i = 0; i < tree.n && rc == 0; i++)
        rc = bt_record_expand(&tree.specs[i], &table, &a, err);
    if (rc == 0)
        assert_int_equal(bt_ast_print(out, &tree, err), 0);
    bt_arena_done(&a);
    return rc;
}

static const struct {
    const char *text, *expanded;
} good[] = {
    /* heads */
    {"m:f(#state{})", "m:f({state, _, _, _, _})"},
    {"m:f(#state{n = N, t = {a, B}})", "m:f({state, N, _, {a, B}, _})"},
    {"m:f(#state{q = 1, n = X, _ = X})", "m:f({state, X, 1, X, X})"},
    {"m:f(#state{_ = _})", "m:f({state, _, _, _, _})"},
    {"m:f(srv#state{n = N}, S = srv#empty{})", "m:f({state, N, _, _, _}, S = {empty})"},
    {"m:f(#'odd name'{'a b' = A})", "m:f({'odd name', A, _, _, _, _})"},
    {"m:f([#empty{}, {#call{from = #state{n = N}}}], #{k := #empty{}})",
        "m:f([{empty}, {{call, _, {state, N, _, _, _}, _}}], #{k := {empty}})"},
    {"m:f(#state.limit)", "m:f(5)"},
    {"m:f([a | #empty{}], \"x\" ++ #empty{})", "m:f([a | {empty}], \"x\" ++ {empty})"},
    /* guards: what is not named has its default */
    {"m:f(X) when X =:= #state{}", "m:f(X) when X =:= {state, 0, undefined, {a, [1]}, 5 * 1000}"},
    {"m:f(X) when X =:= #state{limit = 1, q = X}", "m:f(X) when X =:= {state, 0, X, {a, [1]}, 1}"},
    {"m:f(X) when X =:= #call{_ = X, at = 1}", "m:f(X) when X =:= {call, X, X, 1}"},
    {"m:f(X) when X =:= #'odd name'{}",
        "m:f(X) when X =:= {'odd name', undefined, \"s\", #{k => [v | w]}, self(), - (1 + 2)}"},
    {"m:f(X) when X =:= {#empty{}, [#empty{} | X], #{a => srv#empty{}}}",
        "m:f(X) when X =:= {{empty}, [{empty} | X], #{a => {empty}}}"},
    {"m:f(X) when X#state.n > #state.q", "m:f(X) when element(2, X) > 3"},
    {"m:f(X) when X#call.from#state.t =:= 1; X#state.n",
        "m:f(X) when element(4, element(3, X)) =:= 1; element(2, X)"},
    {"m:f(X) when #state{n = X}#state.n",
        "m:f(X) when element(2, {state, X, undefined, {a, [1]}, 5 * 1000})"},
    {"m:f(X) when X =:= X#state{q = 1}",
        "m:f(X) when X =:= {state, element(2, X), 1, element(4, X), element(5, X)}"},
    {"m:f(X) when is_record(X, state), is_record(X, srv#empty), is_record(srv#state, X)",
        "m:f(X) when is_record(X, state, 5), is_record(X, empty, 1), is_record(X, state, 5)"},
    {"m:f(X) when is_record(X, other, 3), not is_record(element(1, X#call.at), empty)",
        "m:f(X) when is_record(X, other, 3), not is_record(element(1, element(4, X)), empty, 1)"},
    /* funs, and match specifications written as such */
    {"{m, f, fun([#state{n = N}]) when N > #state.n -> message(#empty{}); (_) -> ok end}",
        "{m, f, fun([{state, N, _, _, _}]) when N > 2 -> message({empty}); (_) -> ok end}"},
    {"{m, f, fun([A]) when record(A, empty) -> A#state.q end}",
        "{m, f, fun([A]) when is_record(A, empty, 1) -> element(3, A) end}"},
    {"{m, f, [{[#state{n = '$1', _ = '_'}], [], [#empty{}]}]}",
        "{m, f, [{[{state, '$1', '_', '_', '_'}], [], [{empty}]}]}"},
    {"[{m, f, fun([#empty{}]) -> ok end}, {m, g, 1}]", "[{m, f, fun([{empty}]) -> ok end}, {m, g, 1}]"},
    /* no records */
    {"m:f(X, {a}) when is_list(X) -> return", "m:f(X, {a}) when is_list(X) -> return"},
    {"m:f(X) when is_record(X, Y)", "m:f(X) when is_record(X, Y)"},
};

static void records_become_tuples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct bt_buf b = BT_BUF_INIT;
        struct beamtap_err err = {0};
        if (expand(good[i].text, &b, &err))
            fail_msg("%s: %s", good[i].text, err.msg);
        if (strcmp(bt_buf_cstr(&b), good[i].expanded) != 0)
            fail_msg("%s\n  gives %s\n  not   %s", good[i].text, bt_buf_cstr(&b), good[i].expanded);
        bt_buf_done(&b);
    }
}

static const struct {
    const char *text;
    int col;
    const char *part;
} bad[] = {
    {"m:f(#stat{})", 5, "record #stat is not known; did you mean #state?"},
    {"m:f(#nowhere{})", 5,
        "name its module, mod#nowhere{...}, or say where it is defined: --records FILE.hrl"},
    {"m:f(srv#stat{})", 5, "did you mean srv#state?"},
    {"m:f(srv#nowhere{})", 5,
        "module 'srv' defines no record 'nowhere'; it has state, empty, call, odd, odd name"},
    {"m:f(other#state{})", 5, "say where it is: --records other.erl"},
    {"m:f(#state{m = 1})", 12, "record 'state' has no field 'm'; did you mean 'n'? (srv.erl:1)"},
    {"m:f(#state{elsewhere = 1})", 12,
        "record 'state' has no field 'elsewhere' (srv.erl:1); it has n, q, t, limit"},
    {"m:f(#empty{n = 1})", 12, "has no field 'n' (srv.erl:2); it has none"},
    {"m:f(#state{n = 1, q = 2, n = 3})", 26, "field 'n' stands twice"},
    {"m:f(#state.limits)", 12, "did you mean 'limit'?"},
    {"m:f(#odd{})", 5, "record 'odd' (srv.erl:4) cannot be used: its fields are a macro"},
    {"m:f(srv#state)", 5, "written srv#state{}"},
    {"m:f(X) when X =:= srv#state", 19, "in is_record(X, srv#state) the name stands alone"},
    {"m:f(X#state.n)", 5, "cannot stand in a pattern; name the fields you mean: #state{n = X}"},
    {"m:f(X#state{q = 1})", 5, "name the fields you mean: #state{q = X}"},
    {"m:f(X) when X =:= #call{at = 1}", 19,
        "field 'id' of record 'call' has a default that is no constant: make_ref() (srv.erl:3)"},
    {"m:f(X) when X =:= #call{id = 1}", 19, "field 'from' of record 'call'"},
    {"m:f(X) when X =:= X#state{n = 1, _ = 2}", 38, "a copy keeps the fields"},
    {"m:f(X) when X =:= element(1, X)#state{n = 1}", 19, "only a variable can be copied"},
    {"m:f(X) when X#stat.n", 14, "record #stat is not known"},
    {"m:f(X) when is_record(X, stat)", 26, "did you mean #state?"},
    {"m:f(X) when is_record(X, nowhere)", 26, "the size of its tuple, is_record(X, nowhere, 4)"},
    {"m:f(X) when is_record(X, other#state)", 26, "--records other.erl"},
    {"m:f(X) when is_record(srv#state, srv#state)", 23, "written srv#state{}"},
    {"m:f(X) when [{#{a => #stat{}}}]", 22, "#stat is not known"},
};

static void errors_have_a_place_and_a_cure(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bt_buf b = BT_BUF_INIT;
        struct beamtap_err err = {0};
        if (expand(bad[i].text, &b, &err) == 0)
            fail_msg("%s: no error but %s", bad[i].text, bt_buf_cstr(&b));
        if (err.loc.col != bad[i].col)
            fail_msg("%s: column %d: %s", bad[i].text, err.loc.col, err.msg);
        assert_err(&err, BEAMTAP_ESPEC, bad[i].part);
        bt_buf_done(&b);
    }
}

static void without_definitions(void **state)
{
    (void)state;
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_ast_text tree;
    struct beamtap_err err = {0};
    assert_int_equal(bt_parse("m:f(#state{})", &a, &tree, &err), 0);
    assert_int_equal(bt_record_expand(&tree.specs[0], NULL, &a, &err), -1);
    assert_err(&err, BEAMTAP_ESPEC, "record #state is not known; name its module");
    assert_int_equal(bt_parse("m:f(X) when is_record(X, a#b), #c.d", &a, &tree, &err), 0);
    assert_int_equal(tree.n_modules, 1);
    assert_string_equal(tree.modules[0].name, "a");
    assert_int_equal(tree.modules[0].loc.col, 26);
    assert_int_equal(bt_record_expand(&tree.specs[0], NULL, &a, &err), -1);
    assert_err(&err, BEAMTAP_ESPEC, "--records a.erl");
    bt_arena_done(&a);
}

/* A value that is repeated for each field, and in it another: no more than so much is built. */
static void growth_is_bounded(void **state)
{
    (void)state;
    struct bt_buf text = BT_BUF_INIT, out = BT_BUF_INIT;
    struct beamtap_err err = {0};
    bt_buf_puts(&text, "m:f(");
    for (int i = 0; i < 60; i++)
        bt_buf_puts(&text, "#state{_ = ");
    bt_buf_puts(&text, "X");
    for (int i = 0; i < 60; i++)
        bt_buf_puts(&text, "}");
    bt_buf_puts(&text, ")");
    assert_int_equal(expand(bt_buf_cstr(&text), &out, &err), -1);
    assert_err(&err, BEAMTAP_ESPEC, "more than 200000 terms");
    bt_buf_done(&text);
    bt_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_become_tuples),
        cmocka_unit_test(errors_have_a_place_and_a_cure),
        cmocka_unit_test(without_definitions),
        cmocka_unit_test(growth_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
