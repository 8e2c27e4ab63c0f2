/*
 * test_check.c - what a tree means: variables, guard functions, what is too wide.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "spec/check.h"
#include "spec/guards.h"
#include "spec/parser.h"
#include "spec/suggest.h"

static int check(const char *text, struct bt_arena *a, struct bt_ast_spec *s, struct beamtap_err *err)
{
    struct bt_ast_text t;
    bt_err_clear(err);
    if (bt_parse(text, a, &t, err))
        fail_msg("%s: %s", text, err->msg);
    *s = t.specs[t.n - 1];
    return bt_check(s, a, err);
}

/* Text, the place of the error, its code, a part of its message. Longer ones are in tests/golden. */
static const struct {
    const char *text;
    int col;
    enum beamtap_code code;
    const char *part;
} bad[] = {
    {"_", 1, BEAMTAP_EWIDE, "every module"},
    {"_:_", 1, BEAMTAP_EWIDE, "lists:seq/2"},
    {"_:f/1", 1, BEAMTAP_EWIDE, "every module"},
    {"'_':f/1", 1, BEAMTAP_EWIDE, "every module"},
    {"_:f(X) when Y", 1, BEAMTAP_EWIDE, "every module"},
    {"{'_', '_', '_'}", 2, BEAMTAP_EWIDE, "{lists, seq, 2}"},
    {"{'_', f, return_trace}", 2, BEAMTAP_EWIDE, "every module"},
    {"{lists, seq, '_'}", 1, BEAMTAP_EWIDE, "{lists, seq, 2}"},
    {"{lists, '_', []}", 1, BEAMTAP_EWIDE, "recon bans"},
    {"{io, format, '_'}", 1, BEAMTAP_EWIDE, "{io, format, 2}"},
    {"{recon_trace, '_', '_'}", 1, BEAMTAP_EWIDE, "recon bans"},
    {"Queue:in/2", 1, BEAMTAP_ESPEC, "module must be an atom, got variable 'Queue'"},
    {"Queue:in/2", 1, BEAMTAP_ESPEC, "'Elixir.Queue'"},
    {"queue:In/2", 7, BEAMTAP_ESPEC, "function must be an atom"},
    {"{Queue, in, 2}", 2, BEAMTAP_ESPEC, "module must be an atom"},
    {"m:f(X) when Y", 13, BEAMTAP_ESPEC, "'Y' is not bound in the arguments"},
    {"m:f(X) when {X, [Y]} =:= 1", 18, BEAMTAP_ESPEC, "'Y' is not bound"},
    {"m:f(X) when X =:= #{a => Y}", 26, BEAMTAP_ESPEC, "'Y' is not bound"},
    {"m:f(X) when X =:= [a | Y]", 24, BEAMTAP_ESPEC, "'Y' is not bound"},
    {"m:f(Item) when Itme", 16, BEAMTAP_ESPEC, "did you mean 'Item'"},
    {"m:f/1 when X", 12, BEAMTAP_ESPEC, "write the arguments: m:f(X, _)"},
    {"m:_ when X", 10, BEAMTAP_ESPEC, "write the arguments"},
    {"m:f(X) when _", 13, BEAMTAP_ESPEC, "give the argument a name"},
    {"m:f(X) when X = 1", 13, BEAMTAP_ESPEC, "=:="},
    {"m:f(X) when X ++ [1] =:= 1", 13, BEAMTAP_ESPEC, "'++' cannot be used in a guard"},
    {"m:f(X) when X -- [1] =:= 1", 13, BEAMTAP_ESPEC, "'--' cannot be used in a guard"},
    {"m:f(X) when is_lst(X)", 13, BEAMTAP_ESPEC, "did you mean 'is_list'"},
    {"m:f(X) when atom(X)", 13, BEAMTAP_ESPEC, "did you mean 'is_atom'"},
    {"m:f(X) when frobnicate(X)", 13, BEAMTAP_ESPEC, "can only call guard functions"},
    {"m:f(X) when get_tcw() > 1", 13, BEAMTAP_ESPEC, "gate"},
    {"m:f(X) when is_nil(X)", 13, BEAMTAP_ESPEC, "X =:= nil"},
    {"m:f(X) when is_list()", 13, BEAMTAP_ESPEC, "takes 1 argument, not 0"},
    {"m:f(X) when element(X)", 13, BEAMTAP_ESPEC, "takes 2 arguments, not 1"},
    {"m:f(X) when binary_part(X)", 13, BEAMTAP_ESPEC, "takes 2 or 3 arguments"},
    {"m:f(X) when node(X, X)", 13, BEAMTAP_ESPEC, "takes 0 or 1 argument"},
    {"m:f(X) when is_record(X, r)", 13, BEAMTAP_ESPEC, "size"},
    {"m:f(X) when is_record(X, X, 1)", 13, BEAMTAP_ESPEC, "is_record(X, state, 4)"},
    {"m:f(X) when is_record(X, r, X)", 13, BEAMTAP_ESPEC, "is_record(X, state, 4)"},
    {"m:f(X) when X =:= #{X => 1}", 21, BEAMTAP_ESPEC, "must be a constant"},
    {"m:f(X) when X =:= #{a => 1, a => 2}", 29, BEAMTAP_ESPEC, "stands twice"},
    {"m:f('_')", 5, BEAMTAP_ESPEC, "without quotes"},
    {"m:f({'_'})", 6, BEAMTAP_ESPEC, "without quotes"},
    {"m:f('$1')", 5, BEAMTAP_ESPEC, "when X =:= '$1'"},
    {"m:f(['$0' | _])", 6, BEAMTAP_ESPEC, "'$0'"},
    {"m:f('$123456789012')", 5, BEAMTAP_ESPEC, "cannot be matched"},
    {"m:f(#{'_' := X})", 7, BEAMTAP_ESPEC, "without quotes"},
    {"m:f(#{{a, ['$1']} := X})", 12, BEAMTAP_ESPEC, "'$1'"},
    {"m:f(1 + X)", 5, BEAMTAP_ESPEC, "'+' cannot stand in a pattern"},
    {"m:f(not X)", 5, BEAMTAP_ESPEC, "'not' cannot stand in a pattern"},
    {"m:f(- X)", 5, BEAMTAP_ESPEC, "'-' cannot stand in a pattern"},
    {"m:f(X > 1)", 5, BEAMTAP_ESPEC, "when X > ..."},
    {"m:f(is_list(X))", 5, BEAMTAP_ESPEC, "when is_list(X)"},
    {"m:f(X ++ Y)", 5, BEAMTAP_ESPEC, "must be a string or a list"},
    {"m:f([a | b] ++ Y)", 5, BEAMTAP_ESPEC, "must be a string or a list"},
    {"m:f({a} = {b})", 11, BEAMTAP_ESPEC, "one side must be a variable"},
    {"m:f(X = {a} = Y = [b])", 19, BEAMTAP_ESPEC, "one side must be a variable"},
    {"m:f(#{X := 1})", 7, BEAMTAP_ESPEC, "must be a constant"},
    {"m:f(#{_ := 1})", 7, BEAMTAP_ESPEC, "must be a constant"},
    {"m:f(#{#{} := 1})", 7, BEAMTAP_ESPEC, "not a map"},
    {"m:f(#{a := 1, 'a' := 1})", 15, BEAMTAP_ESPEC, "stands twice"},
    {"m:f(#{\"ab\" := 1, [97 | \"b\"] := 1})", 18, BEAMTAP_ESPEC, "stands twice"},
    {"m:f(#{0.0 := 1, -0.0 := 1})", 17, BEAMTAP_ESPEC, "stands twice"},
};

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_ast_spec s;
        struct beamtap_err err;
        if (!check(bad[i].text, &a, &s, &err))
            fail_msg("%s: no error", bad[i].text);
        if (err.code != bad[i].code || err.loc.line != 1 || err.loc.col != bad[i].col ||
            !strstr(err.msg, bad[i].part))
            fail_msg("%s: %d:%d: %s", bad[i].text, err.loc.line, err.loc.col, err.msg);
        assert_int_equal(bt_check(&s, &a, NULL), -1);
        bt_arena_done(&a);
    }
}

static const char *const good[] = {"m:f('$', '$a', '$_', '$$', '$1x', '')", "m:f(#{1 := X, 1.0 := Y})",
    "{lists, seq, return_trace}", "{io, format, 2}", "{recon_trace, calls, 3}", "lists:_", "io",
    "m:_(X) when X > 1", "m:f(_ = _ = {a})", "m:f(A = (B = {a}) = C)", "m:f(X) when X =:= '_'",
    "m:f/2 when self() =:= self()", "m:f(X) when is_record(X, state, 4)",
    "m:f(X) when is_function(X, 2), is_function(X)", "m:f(X) when X =:= {} ; []"};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_ast_spec s;
        struct beamtap_err err;
        if (check(good[i], &a, &s, &err))
            fail_msg("%s: %s", good[i], err.msg);
        bt_arena_done(&a);
    }
}

static void test_variables(void **state)
{
    (void)state;
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_ast_spec s;
    struct beamtap_err err;
    assert_int_equal(check("m:f(B, {A, B}, _U, _V, _W, _W, __) when A > _V", &a, &s, &err), 0);
    static const struct {
        const char *name;
        size_t n_bound;
        bool in_guard, is_unwanted;
    } want[] = {{"B", 2, false, false}, {"A", 1, true, false}, {"_U", 1, false, true}, {"_V", 1, true, false},
        {"_W", 2, false, false}, {"__", 1, false, true}};
    assert_int_equal(s.clauses[0].n_vars, sizeof want / sizeof want[0]);
    for (size_t i = 0; i < s.clauses[0].n_vars; i++) {
        assert_string_equal(s.clauses[0].vars[i].name, want[i].name);
        assert_int_equal(s.clauses[0].vars[i].n_bound, want[i].n_bound);
        assert_int_equal(s.clauses[0].vars[i].in_guard, want[i].in_guard);
        assert_int_equal(s.clauses[0].vars[i].is_unwanted, want[i].is_unwanted);
    }
    bt_arena_done(&a);
}

static void test_many_variables(void **state)
{
    (void)state;
    for (int n = BT_SPEC_MAX_VARS; n <= BT_SPEC_MAX_VARS + 1; n++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_buf text = BT_BUF_INIT;
        struct bt_ast_spec s;
        struct beamtap_err err;
        bt_buf_puts(&text, "m:f([x");
        for (int i = 0; i < n; i++)
            bt_buf_printf(&text, ",V%d", i);
        bt_buf_puts(&text, "])");
        assert_int_equal(check(bt_buf_cstr(&text), &a, &s, &err), n == BT_SPEC_MAX_VARS ? 0 : -1);
        bt_buf_done(&text);
        bt_arena_done(&a);
    }
}

static void test_since(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned since;
        const char *fun;
    } rows[] = {{"m:f(X) when is_list(X)", 0, NULL}, {"m:f(X) when byte_size(X) > 1", 25, "byte_size"},
        {"m:f(X) when byte_size(X) > 1; is_boolean(X)", 26, "is_boolean"},
        {"m:f(X) when is_function(X)", 0, NULL}, {"m:f(X) when is_function(X, 1)", 26, "is_function"},
        {"m:f(X) when X =:= #{{a} => 1}", 0, NULL},
        {"m:f(X) when X =:= #{{a} => X}", 25, "a tuple as a map key"},
        {"m:f(X) when max(1, {min(X, 1)}) > 1", 26, "max"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_ast_spec s;
        struct beamtap_err err;
        assert_int_equal(check(rows[i].text, &a, &s, &err), 0);
        assert_int_equal(s.since, rows[i].since);
        if (rows[i].fun)
            assert_string_equal(s.since_for, rows[i].fun);
        else
            assert_null(s.since_for);
        bt_arena_done(&a);
    }
}

static void test_suggestions(void **state)
{
    (void)state;
    assert_string_equal(bt_guard_suggest("is_lsit", BT_PLACE_GUARD), "is_list");
    assert_string_equal(bt_guard_suggest("lenght", BT_PLACE_GUARD), "length");
    assert_string_equal(bt_guard_suggest("is_interger", BT_PLACE_GUARD), "is_integer");
    assert_string_equal(bt_guard_suggest("map", BT_PLACE_GUARD), "is_map");
    assert_null(bt_guard_suggest("something_else", BT_PLACE_GUARD));
    assert_null(bt_guard_suggest("", BT_PLACE_GUARD));
    assert_null(bt_guard_suggest("a_name_much_longer_than_any_guard_function_there_is_and_then_some", BT_PLACE_GUARD));
    struct bt_suggestion best = {0};
    bt_suggest(&best, "abcd", "abxy");
    assert_null(best.word);
    bt_suggest(&best, "abcd", "abdc");
    assert_string_equal(best.word, "abdc");
    bt_suggest(&best, "abcd", "abcd");
    assert_string_equal(best.word, "abcd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_variables),
        cmocka_unit_test(test_many_variables),
        cmocka_unit_test(test_since),
        cmocka_unit_test(test_suggestions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
