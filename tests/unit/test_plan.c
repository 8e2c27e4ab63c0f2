/*
 * test_plan.c - the request for a plan, and the agent's answers to it, right and hostile ones.
 */
#include "check.h"

#include <string.h>

#include "node/plan.h"
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

static void compile(const char *const *specs, size_t n)
{
    struct beamtap_err err = {0};
    assert_int_equal(bt_compile(specs, n, NULL, &arena, &prog, NULL, &err), 0);
}

static void compile1(const char *spec)
{
    compile(&spec, 1);
}

static int read_plan(const char *answer, size_t *bad_spec, struct beamtap_err *err)
{
    struct bt_etf r = bt_test_cursor(&arena, answer);
    bt_plan_done(&plan);
    return bt_plan_read(&r, &prog, BT_TEST_NODE, 1000, &plan, bad_spec, err);
}

static void good(const char *answer)
{
    struct beamtap_err err = {0};
    size_t bad_spec = 99;
    int rc = read_plan(answer, &bad_spec, &err);
    assert_string_equal(err.msg, "");
    assert_int_equal(rc, 0);
    assert_int_equal(bad_spec, 99);
}

static void bad(const char *answer, enum beamtap_code code, const char *part)
{
    struct beamtap_err err = {0};
    size_t bad_spec = 99;
    assert_int_equal(read_plan(answer, &bad_spec, &err), -1);
    assert_err(&err, code, part);
}

/* ---- request ---- */

static void assert_request(const char *text)
{
    struct bt_buf etf = BT_BUF_INIT, out = BT_BUF_INIT;
    struct bt_etf r;
    assert_int_equal(bt_etf_write(&etf, bt_plan_request(&prog, 1000, &arena), NULL, NULL), 0);
    bt_etf_init(&r, etf.data, etf.len);
    assert_true(bt_print_erlang(&out, &r, NULL));
    assert_text(&out, text);
    bt_buf_done(&out);
    bt_buf_done(&etf);
}

static void names_travel_as_strings(void **state)
{
    (void)state;
    compile1("queue:in/2");
    assert_request("{plan,[{\"queue\",\"in\",2,local}],1000}");
    compile1("queue");
    assert_request("{plan,[{\"queue\",'_','_',local}],1000}");
    compile1("{queue, in, 2}");
    assert_request("{plan,[{\"queue\",\"in\",2,global}],1000}");
    compile((const char *const[]){"a:b/1", "c:d"}, 2);
    assert_request("{plan,[{\"a\",\"b\",1,local},{\"c\",\"d\",'_',local}],1000}");
}

/* ---- answers that are plans ---- */

static void functions_that_were_found(void **state)
{
    (void)state;
    compile1("queue:in");
    good("[{ok,[{queue,in,2},{queue,in,3}]}]");
    assert_int_equal(plan.n_mfas, 2);
    assert_string_equal(plan.mfas[1].module, "queue");
    assert_string_equal(plan.mfas[1].function, "in");
    assert_int_equal(plan.mfas[1].arity, 3);
    assert_int_equal(plan.mfas[1].n_patterns, 1);
    assert_int_equal(plan.mfas[1].patterns[0], 0);
    assert_int_equal(plan.mfas[1].term->kind, BT_TERM_RAW);
    good("[{ok,[]}]");
    assert_int_equal(plan.n_mfas, 0);
}

static void a_function_of_several_patterns_stands_once(void **state)
{
    (void)state;
    compile((const char *const[]){"m:f", "m:f/1", "m:g"}, 3);
    good("[{ok,[{m,f,1},{m,f,2}]},{ok,[{m,f,1}]},{ok,[{m,g,0},{m,f,1}]}]");
    assert_int_equal(plan.n_mfas, 3);
    assert_int_equal(plan.mfas[0].n_patterns, 3);
    assert_int_equal(plan.mfas[0].patterns[2], 2);
    assert_int_equal(plan.mfas[1].n_patterns, 1);
    assert_int_equal(plan.mfas[2].patterns[0], 2);
}

static void a_function_told_twice_for_a_pattern_stands_once(void **state)
{
    (void)state;
    compile((const char *const[]){"m:f", "m:g"}, 2);
    good("[{ok,[{m,f,1},{m,f,1},{m,f,1},{m,f,1},{m,f,1},{m,f,1},{m,f,1},{m,f,1}]},{ok,[{m,f,1}]}]");
    assert_int_equal(plan.n_mfas, 1);
    assert_int_equal(plan.mfas[0].n_patterns, 2);
}

/* ---- answers that are refusals ---- */

static void no_such_module(void **state)
{
    (void)state;
    compile1("quue:in/2");
    bad("[{no_module,[lists,queue,queues]}]", BEAMTAP_ENOMATCH,
        BT_TEST_NODE " has no module 'quue'; did you mean 'queue'?");
    bad("[{no_module,[zzz]}]", BEAMTAP_ENOMATCH, "has no module 'quue'");
    bad("[{no_module,[]}]", BEAMTAP_ENOMATCH, "has no module 'quue'");
    bad("[not_loaded]", BEAMTAP_ENOMATCH, "module 'quue' is not loaded on " BT_TEST_NODE);
}

static void near_names(void **state)
{
    (void)state;
    compile1("payments:f");
    bad("[{no_module,[payment]}]", BEAMTAP_ENOMATCH, "'payment'?");   /* one less */
    bad("[{no_module,[paymenst]}]", BEAMTAP_ENOMATCH, "'paymenst'?"); /* two swapped */
    bad("[{no_module,[paXYents]}]", BEAMTAP_ENOMATCH, "'paXYents'?"); /* two others */
    bad("[{no_module,[pax_yzents]}]", BEAMTAP_ENOMATCH, "has no module 'payments'");
    bad("[{no_module,"
        "[aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
        "]}]",
        BEAMTAP_ENOMATCH, "has no module 'payments'");
}

static void no_such_function(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    size_t bad_spec = 99;
    compile((const char *const[]){"queue:in/2", "queue:int/2"}, 2);
    assert_int_equal(
        read_plan("[{ok,[{queue,in,2}]},{no_function,[{in,2},{in_r,2},{init,1},{len,1}]}]", &bad_spec, &err),
        -1);
    assert_int_equal(bad_spec, 1);
    assert_int_equal(err.loc.line, 1);
    assert_int_equal(err.loc.col, 7);
    assert_err(&err, BEAMTAP_ENOMATCH, "module queue has no function int/2; did you mean in/2, init/1?");
    compile1("queue:in/7");
    bad("[{no_function,[{in,2},{in,3},{out,1}]}]", BEAMTAP_ENOMATCH, "no function in/7; it has in/2, in/3");
    compile1("{queue, in, 7}");
    bad("[{no_function,[]}]", BEAMTAP_ENOMATCH, "no exported function in/7");
}

static void too_many_functions(void **state)
{
    (void)state;
    compile1("queue");
    bad("[{too_many,5122}]", BEAMTAP_EWIDE, "matches 5122 functions, more than the 1000 of --max-functions");
}

/* ---- answers that are none ---- */

static void garbage(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "ok",
        "[]",
        "[{ok,[]},{ok,[]},{ok,[]}]",
        "[ok]",
        "[{ok}]",
        "[{ok,x}]",
        "[{ok,[{m,f,1}|x]}]",
        "[{ok,[x]}]",
        "[{ok,[{m,f}]}]",
        "[{ok,[{m,f,x}]}]",
        "[{ok,[{m,f,-1}]}]",
        "[{ok,[{1,f,1}]}]",
        "[{ok,[{m,\"f\",1}]}]",
        "[{ok,\"abc\"}]",
        "[{too_many,x}]",
        "[{what,1}]",
        "[!ff]",
        "[{ok,!6cffffffff}]",
        "!6cffffffff",
        "!",
    };
    compile1("queue:in");
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        bad(answers[i], BEAMTAP_EPROTO, "the agent's plan cannot be read");
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        T(names_travel_as_strings),
        T(functions_that_were_found),
        T(a_function_of_several_patterns_stands_once),
        T(a_function_told_twice_for_a_pattern_stands_once),
        T(no_such_module),
        T(near_names),
        T(no_such_function),
        T(too_many_functions),
        T(garbage),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
