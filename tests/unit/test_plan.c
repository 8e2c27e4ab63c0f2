/*
 * test_plan.c - which functions patterns mean, from what the node says of its modules, right and hostile.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "planned.h"
#include "term/etf_write.h"
#include "term/print.h"
#include "terms.h"

static struct bt_arena arena;
static struct bt_program prog;
static struct bt_plan plan;

static int teardown(void **state)
{
    (void)state;
    bt_plan_done(&plan);
    bt_arena_done(&arena);
    return 0;
}

/* The first n_not specs are those of --not. */
static void compile_not(const char *const *specs, size_t n, size_t n_not)
{
    struct beamtap_err err = {0};
    struct bt_compile_opts o = {.n_not = n_not};
    assert_int_equal(bt_compile(specs, n, &o, &arena, &prog, NULL, &err), 0);
}

static void compile(const char *const *specs, size_t n)
{
    compile_not(specs, n, 0);
}

static void compile1(const char *spec)
{
    compile(&spec, 1);
}

/* The functions of the plan, with the patterns that mean each: "m:f/1 0,2". */
static void assert_plan(const char *loaded, const char *answers, const char *functions)
{
    struct beamtap_err err = {0};
    struct bt_buf b = BT_BUF_INIT;
    size_t bad_spec = 99;
    bt_plan_done(&plan);
    int rc = bt_test_plan(&prog, 1000, loaded, answers, &plan, &bad_spec, &err);
    assert_string_equal(err.msg, "");
    assert_int_equal(rc, 0);
    assert_int_equal(bad_spec, 99);
    for (size_t i = 0; i < plan.n_mfas; i++) {
        const struct bt_mfa *m = &plan.mfas[i];
        bt_buf_printf(&b, "%s%s:%s/%u", i ? "; " : "", m->module, m->function, m->arity);
        for (size_t j = 0; j < m->n_patterns; j++)
            bt_buf_printf(&b, "%c%zu", j ? ',' : ' ', m->patterns[j]);
    }
    assert_text(&b, functions);
    bt_buf_done(&b);
}

static void assert_bad(const char *loaded, const char *answers, enum beamtap_code code, const char *part)
{
    struct beamtap_err err = {0};
    size_t bad_spec = 99;
    bt_plan_done(&plan);
    assert_int_equal(bt_test_plan(&prog, 3, loaded, answers, &plan, &bad_spec, &err), -1);
    assert_err(&err, code, part);
}

/* ---- questions ---- */

static void assert_questions(const char *loaded, size_t most, const char *text)
{
    struct bt_planner p;
    struct bt_buf etf = BT_BUF_INIT, out = BT_BUF_INIT;
    struct bt_etf r;
    size_t n, bad_spec;
    bt_plan_done(&plan);
    assert_int_equal(bt_planner_init(&p, &prog, BT_TEST_NODE, 10, &plan, &bad_spec, NULL), 0);
    assert_int_equal(bt_planner_modules(&p, bt_test_cursor(&arena, loaded)), 0);
    assert_int_equal(bt_etf_write(&etf, bt_planner_ask(&p, most, &n, &arena), NULL, NULL), 0);
    bt_etf_init(&r, etf.data, etf.len);
    assert_true(bt_print_erlang(&out, &r, NULL));
    assert_text(&out, text);
    bt_buf_done(&out);
    bt_buf_done(&etf);
    bt_planner_done(&p);
}

static void modules_in_question_are_asked(void **state)
{
    (void)state;
#define ASK(modules, keys) "[fun erlang:get_module_info/2,[" modules "],[" keys "]]"
    compile1("queue:in/2");
    assert_questions("[lists,queue]", 64, ASK("queue", "functions"));
    compile1("{queue, in, 2}");
    assert_questions("[lists,queue]", 64, ASK("queue", "exports"));
    compile1("my_*:in");
    assert_questions("[my_a,lists,my_b,my_c]", 64, ASK("my_a,my_b,my_c", "functions,functions,functions"));
    assert_questions("[my_a,lists,my_b,my_c]", 2, ASK("my_a,my_b", "functions,functions"));
    assert_questions("[lists]", 64, ASK("", ""));
    compile((const char *const[]){"{m, f, 1}", "m:g", "/^m$/:h", "n:x"}, 4);
    assert_questions("[m,n]", 64, ASK("m,m,n", "functions,exports,functions"));
    compile_not(
        (const char *const[]){"_:x", "m:y", "n:x"}, 3, 2); /* nothing is asked for the sake of --not */
    assert_questions("[m,n,o]", 64, ASK("n", "functions"));
}

static void names_of_a_node_are_asked_as_they_came(void **state)
{
    (void)state;
    compile1("'größe*':f");
    assert_bad("[lists]", NULL, BEAMTAP_ENOMATCH, "has no module 'größe*'");
    compile1("gr*:f");
    assert_questions("['größe']", 64, ASK("größe", "functions"));
#undef ASK
}

/* ---- functions ---- */

static void functions_that_are_found(void **state)
{
    (void)state;
    compile1("queue:in");
    assert_plan("[queue]", "[[{in,2},{out,1},{in,3}]]", "queue:in/2 0; queue:in/3 0");
    assert_int_equal(plan.mfas[1].term->kind, BT_TERM_TUPLE);
    compile1("queue:in/3");
    assert_plan("[queue]", "[[{in,2},{out,1},{in,3}]]", "queue:in/3 0");
    compile1("queue:_/1");
    assert_plan("[queue]", "[[{in,2},{out,1},{module_info,1}]]", "queue:out/1 0");
    compile1("queue:module_info");
    assert_plan("[queue]", "[[{in,2},{out,1},{module_info,1}]]", "queue:module_info/1 0");
}

static void globs_and_regular_expressions(void **state)
{
    (void)state;
    compile1("my_*:handle_*/2");
    assert_plan("[my_a,x,my_b]", "[[{handle_call,3},{handle_cast,2}],[{handle_info,2},{module_info,0}]]",
        "my_a:handle_cast/2 0; my_b:handle_info/2 0");
    compile1("/^my_(web|api)$/:/^handle_/");
    assert_plan("[my_web,my_apis]", "[[{handle_call,3},{init,1}]]", "my_web:handle_call/3 0");
    compile1("queue:*");
    assert_plan("[queue]", "[[{in,2},{module_info,1}]]", "queue:in/2 0");
}

static void a_function_of_several_patterns_stands_once(void **state)
{
    (void)state;
    compile((const char *const[]){"m:f", "m:f/1", "m:g", "m:*"}, 4);
    assert_plan("[m]", "[[{f,1},{f,2},{g,0}]]", "m:f/1 0,1,3; m:f/2 0,3; m:g/0 2,3");
    /* local first, then what is exported; patterns stay in their order */
    compile((const char *const[]){"{m, f, '_'}", "m:f/1", "{m, f, 1}"}, 3);
    assert_plan("[m]", "[[{f,1},{f,2}],[{f,1}]]", "m:f/1 0,1,2");
    assert_plan("[m]", "[[{f,1}],[{f,1},{f,2}]]", "m:f/1 0,1,2; m:f/2 0");
}

static void heads_choose_arities(void **state)
{
    (void)state;
    compile1("{m, f, fun([_, _ | _]) -> ok end}");
    assert_plan("[m]", "[[{f,0},{f,1},{f,2},{f,5}]]", "m:f/2 0; m:f/5 0");
    compile1("{m, f, fun([_]) -> ok; ([_, a, _]) -> ok end}");
    assert_plan("[m]", "[[{f,0},{f,1},{f,2},{f,3}]]", "m:f/1 0; m:f/3 0");
    compile1("{m, f, fun(_) -> ok end}");
    assert_plan("[m]", "[[{f,0},{f,3}]]", "m:f/0 0; m:f/3 0");
    compile1("{m, f, fun([_]) -> ok end}");
    assert_bad("[m]", "[[{f,0},{f,2}]]", BEAMTAP_ENOMATCH,
        "module m has no exported function f of that arity; it has f/0, f/2");
}

/* ---- --not ---- */

static void what_is_not_wanted_is_left_out(void **state)
{
    (void)state;
    compile_not((const char *const[]){"_:g", "m:h(a)", "m:_"}, 3, 2);
    assert_plan("[m]", "[[{f,1},{g,0},{g,7},{h,1},{h,2}]]", "m:f/1 2; m:h/1 1,2; m:h/2 2");
    assert_int_equal(plan.n_meant[0], 2);
    assert_int_equal(plan.n_meant[1], 1);
    compile_not((const char *const[]){"m:f(_, _)", "m:f"}, 2, 1);
    assert_plan("[m]", "[[{f,1},{f,2}]]", "m:f/1 1");
    /* what takes all calls of one arity says nothing of the other */
    compile_not((const char *const[]){"{m, f, fun([_]) -> ok; ([_, a]) -> ok end}", "m:f"}, 2, 1);
    assert_plan("[m]", "[[{f,1},{f,2}]]", "m:f/2 0,1");
    /* in whatever scope */
    compile_not((const char *const[]){"{m, g, '_'}", "m:_"}, 2, 1);
    assert_plan("[m]", "[[{f,1},{g,2}]]", "m:f/1 1");
    compile_not((const char *const[]){"m:nothing", "m:_"}, 2, 1);
    assert_plan("[m]", "[[{f,1}]]", "m:f/1 1");
    assert_int_equal(plan.n_meant[0], 0);
}

static void nothing_is_left(void **state)
{
    (void)state;
    compile_not((const char *const[]){"m:f", "m:f/1"}, 2, 1);
    assert_bad("[m]", "[[{f,1}]]", BEAMTAP_ENOMATCH,
        "nothing is left to trace: --not excludes the 1 function it matches");
    compile_not((const char *const[]){"m:f", "m:f/1", "m:g"}, 3, 1);
    assert_plan("[m]", "[[{f,1},{g,1}]]", "m:g/1 2");
    compile_not((const char *const[]){"m:_", "m:f*"}, 2, 1);
    assert_bad("[m]", "[[{f,1},{f,2},{g,1}]]", BEAMTAP_ENOMATCH, "--not excludes the 2 functions it matches");
}

/* ---- patterns that mean nothing ---- */

static void no_such_module(void **state)
{
    (void)state;
    compile1("quue:in/2");
    assert_bad("[lists,queue,queues]", NULL, BEAMTAP_ENOMATCH,
        BT_TEST_NODE " has no module 'quue'; did you mean 'queue'?");
    assert_bad("[zzz]", NULL, BEAMTAP_ENOMATCH, "has no module 'quue'");
    assert_bad("[]", NULL, BEAMTAP_ENOMATCH, "has no module 'quue'");
}

static void near_names(void **state)
{
    (void)state;
    compile1("payments:f");
    assert_bad("[payment]", NULL, BEAMTAP_ENOMATCH, "'payment'?");   /* one less */
    assert_bad("[paymenst]", NULL, BEAMTAP_ENOMATCH, "'paymenst'?"); /* two swapped */
    assert_bad("[paXYents]", NULL, BEAMTAP_ENOMATCH, "'paXYents'?"); /* two others */
    assert_bad("[pax_yzents]", NULL, BEAMTAP_ENOMATCH, "has no module 'payments'");
    assert_bad("[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
               "aaaaaaaa]",
        NULL, BEAMTAP_ENOMATCH, "has no module 'payments'");
}

static void no_such_function(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    size_t bad_spec = 99;
    compile((const char *const[]){"queue:in/2", "queue:int/2"}, 2);
    assert_int_equal(
        bt_test_plan(&prog, 10, "[queue]", "[[{in,2},{in_r,2},{init,1},{len,1}]]", &plan, &bad_spec, &err),
        -1);
    assert_int_equal(bad_spec, 1);
    assert_int_equal(err.loc.line, 1);
    assert_int_equal(err.loc.col, 7);
    assert_err(&err, BEAMTAP_ENOMATCH, "module queue has no function int/2; did you mean in/2, init/1?");
    compile1("queue:in/7");
    assert_bad(
        "[queue]", "[[{in,2},{in,3},{out,1}]]", BEAMTAP_ENOMATCH, "no function in/7; it has in/2, in/3");
    compile1("{queue, in, 7}");
    assert_bad("[queue]", "[[]]", BEAMTAP_ENOMATCH, "no exported function in/7");
    compile1("queue:_/7");
    assert_bad("[queue]", "[[{in,2}]]", BEAMTAP_ENOMATCH, "queue has no function of that arity");
}

static void globs_that_hit_nothing(void **state)
{
    (void)state;
    compile1("my_*:f");
    assert_bad("[lists,queue]", NULL, BEAMTAP_ENOMATCH,
        "matches no function: none of the 2 modules loaded on " BT_TEST_NODE " has such a name");
    assert_bad("[my_a,queue]", "[[{g,1}]]", BEAMTAP_ENOMATCH,
        "matches no function: 1 module matches, none with such a function");
    compile1("{/^m/, f, '_'}");
    assert_bad("[m,m2]", "[[{g,1}],[]]", BEAMTAP_ENOMATCH,
        "matches no function: 2 modules match, none with such an exported function");
    compile1("m:/^f/");
    assert_bad("[m]", "[[{g,1}]]", BEAMTAP_ENOMATCH, "matches no function: module m has no such function");
}

static void too_many_functions(void **state)
{
    (void)state;
    compile1("m:_");
    assert_bad("[m]", "[[{a,0},{b,0},{c,0},{d,0},{e,0}]]", BEAMTAP_EWIDE,
        "matches 5 functions, more than the 3 of --max-functions");
    compile((const char *const[]){"m:a", "m:b*"}, 2);
    assert_bad("[m]", "[[{a,0},{a,1},{b,0},{b,1}]]", BEAMTAP_EWIDE,
        "with this there are more than the 3 functions of --max-functions");
    compile((const char *const[]){"m:a", "m:_/0", "m:a/0"}, 3); /* each counts once */
    assert_plan("[m]", "[[{a,0},{b,0},{c,0}]]", "m:a/0 0,1,2; m:b/0 1; m:c/0 1");
}

static void a_regular_expression_that_takes_too_long(void **state)
{
    (void)state;
    compile1("/(.|.)*(.|.)*(.|.)*(.|.)*[xy]$/:f");
    assert_bad("[lists,aaaaaaaaaaaaaaaaaaaaaaaa]", NULL, BEAMTAP_ESPEC, "too many steps on the name");
}

/* ---- answers that are none ---- */

static void garbage(void **state)
{
    (void)state;
    static const char *const modules[] = {"ok", "[1]", "[\"m\"]", "[!ff]", "!6cffffffff", "!"};
    static const char *const answers[] = {
        "ok",
        "[]",
        "[[],[]]",
        "[ok]",
        "[{ok}]",
        "[[x]]",
        "[[{f,1}|x]]",
        "[[{f}]]",
        "[[{f,x}]]",
        "[[{f,-1}]]",
        "[[{f,1},{1,1}]]",
        "[[{\"f\",1}]]",
        "[\"abc\"]",
        "[!ff]",
        "[!6cffffffff]",
        "!6cffffffff",
        "!",
    };
    compile1("m:f");
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++)
        assert_bad(modules[i], NULL, BEAMTAP_EPROTO, "cannot be read");
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        assert_bad("[m]", answers[i], BEAMTAP_EPROTO, "cannot be read");
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        T(modules_in_question_are_asked),
        T(names_of_a_node_are_asked_as_they_came),
        T(functions_that_are_found),
        T(globs_and_regular_expressions),
        T(a_function_of_several_patterns_stands_once),
        T(heads_choose_arities),
        T(what_is_not_wanted_is_left_out),
        T(nothing_is_left),
        T(no_such_module),
        T(near_names),
        T(no_such_function),
        T(globs_that_hit_nothing),
        T(too_many_functions),
        T(a_regular_expression_that_takes_too_long),
        T(garbage),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
