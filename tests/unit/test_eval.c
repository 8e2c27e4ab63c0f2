/*
 * test_eval.c - match specifications for one value, run here. That they mean what the node's mean is tests/e2e/outcome_replay.sh's.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "match/compile.h"
#include "match/eval.h"
#include "term/tree_read.h"
#include "terms.h"

static struct bt_arena arena;

static int teardown(void **state)
{
    (void)state;
    bt_arena_done(&arena);
    return 0;
}

static const struct bt_term *compiled(const char *pattern, enum bt_syntax syntax)
{
    struct beamtap_err err = {0};
    struct bt_value_match m;
    if (bt_compile_value(pattern, syntax, NULL, &arena, &m, &err) < 0)
        fail_msg("%s: %s", pattern, err.msg);
    return m.match_spec;
}

static enum bt_eval result(const char *pattern, const char *value)
{
    struct bt_arena scratch = BT_ARENA_INIT;
    enum bt_eval is_so =
        bt_eval_value(compiled(pattern, BT_SYNTAX_ERLANG), bt_test_etf(&arena, value), &scratch);
    bt_arena_done(&scratch);
    return is_so;
}

static void patterns_and_values(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *value;
        enum bt_eval is_so;
    } all[] = {
        {"_", "a", BT_EVAL_YES}, {"a", "a", BT_EVAL_YES}, {"a", "b", BT_EVAL_NO}, {"1", "1", BT_EVAL_YES},
        {"1.0", "1", BT_EVAL_NO}, {"{ok,_}", "{ok,[1,2]}", BT_EVAL_YES}, {"{ok,_}", "{ok}", BT_EVAL_NO},
        {"{X,X}", "{{a,1},{a,1}}", BT_EVAL_YES}, {"{X,X}", "{{a,1},{a,2}}", BT_EVAL_NO},
        {"[]", "[]", BT_EVAL_YES}, {"[]", "[1]", BT_EVAL_NO},
        {"[1|T] when T =:= \"bc\"", "[1,98,99]", BT_EVAL_YES},
        {"\"ab\" ++ T when length(T) =:= 1", "\"abc\"", BT_EVAL_YES},
        {"[_,_|T] when T =/= []", "[1,2]", BT_EVAL_NO}, {"<<\"abc\">>", "<<\"abc\">>", BT_EVAL_YES},
        {"<<\"abc\">>", "<<\"abd\">>", BT_EVAL_NO}, {"<0.44.0>", "<0.44.0>", BT_EVAL_YES},
        {"<0.45.0>", "<0.44.0>", BT_EVAL_NO}, {"X when is_pid(X)", "<0.44.0>", BT_EVAL_YES},
        {"X when is_list(X)", "\"s\"", BT_EVAL_YES}, {"X when X > 1, X < 3", "2", BT_EVAL_YES},
        {"X when X > 1, X < 3", "3", BT_EVAL_NO}, {"X when X =:= a; X =:= b", "b", BT_EVAL_YES},
        {"X when hd(X) =:= 1", "a", BT_EVAL_NO}, /* a guard that fails is no match */
        {"X when hd(X) =:= 1; is_atom(X)", "a", BT_EVAL_YES},
        {"X when is_atom(X) orelse hd(X) =:= 1", "a", BT_EVAL_YES},
        {"X when is_tuple(X) andalso element(2, X) =:= b", "{a,b}", BT_EVAL_YES},
        {"{X,Y} when X * Y + 1 =:= 7", "{2,3}", BT_EVAL_YES},
        {"{X,Y} when X div Y =:= 1", "{2,0}", BT_EVAL_NO},
        {"{X,Y} when {Y, X} =:= {b, a}", "{a,b}", BT_EVAL_YES},
        {"{X,Y} when X < Y", "{z,{}}", BT_EVAL_YES}, /* an atom is below a tuple */
        {"{X,Y} when X < Y", "{[],\"\"}", BT_EVAL_NO},
        {"{X,Y} when X < Y", "{<<\"ab\">>,<<\"abc\">>}", BT_EVAL_YES},
        {"{X,Y} when X =:= Y", "{<0.44.0>,<0.45.0>}", BT_EVAL_NO},
        {"{X,Y} when X < Y", "{<0.44.0>,<0.45.0>}", BT_EVAL_GAVE_UP},
        {"R = {error, {_, P}} when element(1, R) =:= error, P =:= x", "{error,{a,x}}", BT_EVAL_YES},
        {"2", "!6c000000006102", BT_EVAL_YES}, /* a list of no items is its tail */
        {"_", "!68", BT_EVAL_GAVE_UP},         /* no term */
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (result(all[i].pattern, all[i].value) != all[i].is_so)
            fail_msg("%s and %s", all[i].pattern, all[i].value);
    }
}

/* #{a => 1, b => 2} and the same the other way round */
static void maps_have_no_order(void **state)
{
    (void)state;
    static const char *const maps[] = {"!7400000002770161610177016261"
                                       "02",
        "!7400000002770162610277016161"
        "01"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(result("#{b := 2}", maps[i]), BT_EVAL_YES);
        assert_int_equal(result("#{b := 3}", maps[i]), BT_EVAL_NO);
        assert_int_equal(result("#{c := _}", maps[i]), BT_EVAL_NO);
        assert_int_equal(result("X when X =:= #{a => 1, b => 2}", maps[i]), BT_EVAL_YES);
        assert_int_equal(result("X when map_size(X) =:= 2, map_get(a, X) =:= 1", maps[i]), BT_EVAL_YES);
    }
}

static void elixir(void **state)
{
    (void)state;
    struct bt_slice value = bt_test_etf(&arena, "{error,3}");
    assert_int_equal(
        bt_eval_value(compiled("{:error, n} when n in 1..5", BT_SYNTAX_ELIXIR), value, &arena), BT_EVAL_YES);
    assert_int_equal(
        bt_eval_value(compiled("{:error, n} when n in [1, 2]", BT_SYNTAX_ELIXIR), value, &arena), BT_EVAL_NO);
}

static void what_only_a_node_knows_is_refused(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    assert_int_equal(
        bt_eval_check(compiled("X when is_atom(X), {X, 1} =/= {self, 2}", BT_SYNTAX_ERLANG), &err), 0);
    assert_int_equal(bt_eval_check(compiled("X when X =:= self()", BT_SYNTAX_ERLANG), &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "only a node can tell self/0");
}

static void mistakes_have_a_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int col;
        const char *part;
    } all[] = {{"X when Y", 8, "'Y' is not bound"}, {"{a", 1, "never closed"}, {"", 1, "a pattern"},
        {"a b", 3, "'when' or the end"}, {"X when", 7, ""}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct beamtap_err err = {0};
        struct bt_value_match m;
        assert_int_equal(bt_compile_value(all[i].text, BT_SYNTAX_ERLANG, NULL, &arena, &m, &err), -1);
        if (err.loc.col != all[i].col)
            fail_msg("%s: column %d: %s", all[i].text, err.loc.col, err.msg);
        assert_err(&err, BEAMTAP_ESPEC, all[i].part);
    }
}

/* [[[...]]], deeper than is followed */
static void what_is_too_deep_is_given_up(void **state)
{
    (void)state;
    size_t n = BT_TREE_MAX_DEPTH + 10, len = 0;
    uint8_t *etf = malloc(n * 6 + 1);
    assert_non_null(etf);
    for (size_t i = 0; i < n; i++) {
        static const uint8_t list[] = {108, 0, 0, 0, 1};
        memcpy(etf + len, list, 5);
        len += 5;
    }
    for (size_t i = 0; i <= n; i++)
        etf[len++] = 106;
    assert_int_equal(
        bt_eval_value(compiled("_", BT_SYNTAX_ERLANG), (struct bt_slice){etf, len}, &arena), BT_EVAL_GAVE_UP);
    free(etf);
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        T(patterns_and_values),
        T(maps_have_no_order),
        T(elixir),
        T(what_only_a_node_knows_is_refused),
        T(mistakes_have_a_place),
        T(what_is_too_deep_is_given_up),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
