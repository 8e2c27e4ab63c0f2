/*
 * test_mask.c - what is secret in an event is masked: in all its parts, and by the keys of the pattern too.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "out/mask.h"
#include "out/text.h"
#include "outs.h"

static struct bt_arena arena;
static struct bt_mask mask;

static int setup(void **state)
{
    static const struct bt_regex *key;
    size_t at;
    (void)state;
    key = bt_regex_new(&arena, "password|token", 14, &at, NULL);
    assert_non_null(key);
    mask.redact.keys = &key;
    mask.redact.n_keys = 1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bt_mask_done(&mask);
    bt_arena_done(&arena);
    return 0;
}

static const struct bt_print_defs *records;

/* The line of a trace message, of a trace of this spec, behind its time. */
static void check(const char *spec, enum bt_args_mode mode, const char *message, const char *want)
{
    struct bt_out_head head = bt_test_head(&arena, &spec, 1);
    struct bt_text_opts opts = {0};
    struct bt_buf line = BT_BUF_INIT;
    head.args = mode;
    head.records = records;
    bt_text_opts_init(&opts, &head);
    struct bt_event *ev = bt_test_event(&arena, message);
    ev->wall_ns = 0;
    bt_mask_begin(&mask, &head);
    bt_mask_event(&mask, ev);
    assert_true(bt_text_event(&line, ev, &opts));
    assert_text(&line, want);
    bt_buf_done(&line);
}

static void arguments(void **state)
{
    (void)state;
    check("m:f/1", BT_ARGS_MODE_NAMED,
        "{trace_ts,<0.44.0>,call,{m,f,1},{0,[#{password=>1,a=>{token,2}}]},{5,1}}",
        "<0.44.0> m:f(#{password => '***',a => {token,'***'}})\n");
    check("m:f(X,_)", BT_ARGS_MODE_NAMED, "{trace_ts,<0.44.0>,call,{m,f,2},{0,{token,2}},{5,1}}",
        "<0.44.0> m:f({token,'***'}, _)\n");
    check("m:f(X,_)", BT_ARGS_MODE_ALL, "{trace_ts,<0.44.0>,call,{m,f,2},{0,[<<\"token=x\">>,y]},{5,1}}",
        "<0.44.0> m:f(<<\"token=***\">>, y)\n");
    check("m:f(X,_)", BT_ARGS_MODE_ARITY, "{trace_ts,<0.44.0>,call,{m,f,2},{0},{5,1}}", "<0.44.0> m:f/2\n");
}

static void captured_under_a_key_of_the_pattern(void **state)
{
    (void)state;
    check("m:f(#{password := P, a := Q})", BT_ARGS_MODE_NAMED,
        "{trace_ts,<0.44.0>,call,{m,f,1},{0,<<\"x\">>,y},{5,1}}",
        "<0.44.0> m:f(#{password := <<\"***\">>,a := y})\n");
    check("m:f([{token, {A, B}} | T])", BT_ARGS_MODE_NAMED,
        "{trace_ts,<0.44.0>,call,{m,f,1},{0,a,b,[{token,3}]},{5,1}}",
        "<0.44.0> m:f([{token,{'***','***'}},{token,'***'}])\n");
    check("m:f({\"token\", A}, {<<\"token\">>, B}, {A})", BT_ARGS_MODE_NAMED,
        "{trace_ts,<0.44.0>,call,{m,f,3},{0,a,b},{5,1}}",
        "<0.44.0> m:f({\"token\",'***'}, {<<\"token\">>,'***'}, {'***'})\n");
    check("m:f({K, V})", BT_ARGS_MODE_NAMED, "{trace_ts,<0.44.0>,call,{m,f,1},{0,token,b},{5,1}}",
        "<0.44.0> m:f({token,'***'})\n");
    check("m:f({K, V})", BT_ARGS_MODE_NAMED, "{trace_ts,<0.44.0>,call,{m,f,1},{0,other,b},{5,1}}",
        "<0.44.0> m:f({other,b})\n");
}

static void records_of_the_pattern(void **state)
{
    (void)state;
    static const char *const fields[] = {"name", "password"};
    static const struct bt_print_def items[] = {{"user", fields, 2}};
    static const struct bt_print_defs defs = {items, 1};
    records = &defs;
    check("m:f({user, N, P})", BT_ARGS_MODE_NAMED, "{trace_ts,<0.44.0>,call,{m,f,1},{0,bob,x},{5,1}}",
        "<0.44.0> m:f({user,bob,'***'})\n");
    records = NULL;
}

static void outcomes(void **state)
{
    (void)state;
    check("m:f/1 -> return", BT_ARGS_MODE_NAMED,
        "{trace_ts,<0.44.0>,return_from,{m,f,1},{ok,[{password,\"x\"}]},{5,1}}",
        "<0.44.0> m:f/1 --> {ok,[{password,\"***\"}]}\n");
    check("m:f/1 -> return", BT_ARGS_MODE_NAMED,
        "{trace_ts,<0.44.0>,exception_from,{m,f,1},{error,{badmatch,{token,1}}},{5,1}}",
        "<0.44.0> m:f/1 ** error:{badmatch,{token,'***'}}\n");
}

static void messages_and_exits(void **state)
{
    (void)state;
    check("send", BT_ARGS_MODE_NAMED, "{trace_ts,<0.44.0>,send,{token,1},<0.45.0>,{0},{5,1}}",
        "<0.44.0> ! {token,'***'} --> <0.45.0>\n");
    check("receive", BT_ARGS_MODE_NAMED, "{trace_ts,<0.44.0>,'receive',[{token,1}],{0,<0.45.0>},{5,1}}",
        "<0.44.0> << [{token,'***'}] <-- <0.45.0>\n");
    check("exit", BT_ARGS_MODE_NAMED, "{trace_ts,<0.44.0>,event,{0,exit},{shutdown,#{token=>1}},{5,1}}",
        "<0.44.0> exit {shutdown,#{token => '***'}}\n");
}

static void callers_stay(void **state)
{
    (void)state;
    check("m:f(X) -> caller, stack", BT_ARGS_MODE_NAMED,
        "{trace_ts,<0.44.0>,call,{m,f,1},{0,x,{m,g,0},[{token,p,1,[{file,!6b0005612e65726c},{line,5}]}]},{5,"
        "1}}",
        "<0.44.0> m:f(x) <- m:g/0 <- token:p/1 (a.erl:5)\n");
}

static void without_memory_all_is_masked(void **state)
{
    (void)state;
    const char *spec = "m:f(A, B)";
    struct bt_out_head head = bt_test_head(&arena, &spec, 1);
    struct bt_text_opts opts = {0};
    struct bt_buf line = BT_BUF_INIT;
    bt_text_opts_init(&opts, &head);
    struct bt_event *ev =
        bt_test_event(&arena, "{trace_ts,<0.44.0>,call,{m,f,2},{0,{token,1},{a,secret}},{5,1}}");
    ev->wall_ns = 0;
    mask.bytes.limit = 12;
    bt_mask_begin(&mask, &head);
    bt_mask_event(&mask, ev);
    mask.bytes.limit = 0;
    bt_text_event(&line, ev, &opts);
    assert_text(&line, "<0.44.0> m:f('***', '***')\n");
    bt_buf_done(&line);
}

static void names_are_text(void **state)
{
    (void)state;
    const char *spec = "m:f/1";
    struct bt_out_head head = bt_test_head(&arena, &spec, 1);
    struct bt_event *ev = bt_test_event(&arena, "{trace_ts,<0.44.0>,call,{m,f,1},{0,[x]},{5,1}}");
    ev->name = (struct bt_slice){(const uint8_t *)"job token=abc", 13};
    bt_mask_begin(&mask, &head);
    bt_mask_event(&mask, ev);
    assert_true(bt_slice_is(ev->name, "job token=***"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(arguments, setup, teardown),
        cmocka_unit_test_setup_teardown(captured_under_a_key_of_the_pattern, setup, teardown),
        cmocka_unit_test_setup_teardown(records_of_the_pattern, setup, teardown),
        cmocka_unit_test_setup_teardown(outcomes, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_and_exits, setup, teardown),
        cmocka_unit_test_setup_teardown(callers_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(without_memory_all_is_masked, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_text, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
