/*
 * test_text.c - events as lines of text, to the byte.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "out/text.h"
#include "terms.h"

static struct bt_arena arena;
static struct bt_buf out;
static struct bt_text_opts opts;

#define WALL_NS INT64_C(1700000000123456789) /* 22:13:20.123456 UTC */
#define WHEN "22:13:20.123456 "

static int setup(void **state)
{
    (void)state;
    opts = (struct bt_text_opts){.print = {.home = {(const uint8_t *)BT_TEST_NODE, strlen(BT_TEST_NODE)}}};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bt_buf_done(&out);
    bt_arena_done(&arena);
    return 0;
}

/* The clauses of one spec, as the session numbers them. */
static void compile(const char *spec)
{
    struct bt_program prog;
    struct beamtap_err err = {0};
    assert_int_equal(bt_compile(&spec, 1, NULL, &arena, &prog, NULL, &err), 0);
    const struct bt_trace_pattern *p = &prog.patterns[0];
    const struct bt_clause **clauses = bt_arena_array(&arena, p->n_clauses, sizeof *clauses);
    assert_non_null(clauses);
    for (size_t i = 0; i < p->n_clauses; i++)
        clauses[i] = &p->clauses[i];
    opts.clauses = clauses;
    opts.n_clauses = p->n_clauses;
}

static struct bt_event decode(const char *text)
{
    struct bt_etf r = bt_test_cursor(&arena, text);
    static struct bt_event ev;
    assert_int_equal(bt_event_decode(&r, &ev, NULL), 0);
    ev.wall_ns = WALL_NS;
    return ev;
}

static void assert_line(const char *event, const char *line)
{
    struct bt_event ev = decode(event);
    assert_true(bt_text_event(&out, &ev, &opts));
    assert_text(&out, line);
}

/* ---- calls ---- */

static void a_call_shows_what_its_pattern_names(void **state)
{
    (void)state;
    compile("queue:in({ok, X, _}, _)");
    assert_line("{trace_ts,<0.44.0>,call,{queue,in,2},{0,\"ab\"},{1,1}}",
        WHEN "<0.44.0> queue:in({ok,\"ab\",_}, _)\n");
    compile("queue:in(_, _)");
    assert_line("{trace_ts,<0.44.0>,call,{queue,in,2},{0},{1,1}}", WHEN "<0.44.0> queue:in(_, _)\n");
    compile("queue:new()");
    assert_line("{trace_ts,<0.44.0>,call,{queue,new,0},{0},{1,1}}", WHEN "<0.44.0> queue:new()\n");
}

static void a_call_of_a_bare_function_shows_everything(void **state)
{
    (void)state;
    compile("queue:in");
    assert_line("{trace_ts,<0.44.0>,call,{queue,in,2},{0,[a,{[],[]}]},{1,1}}",
        WHEN "<0.44.0> queue:in(a, {[],[]})\n");
    assert_line("{trace_ts,<0.44.0>,call,{queue,in,2},{0,[1,2]},{1,1}}", WHEN "<0.44.0> queue:in(1, 2)\n");
    assert_line("{trace_ts,<0.44.0>,call,{queue,in,0},{0,[]},{1,1}}", WHEN "<0.44.0> queue:in()\n");
}

static void all_and_arity(void **state)
{
    (void)state;
    compile("queue:in(X, _)");
    opts.whole_args = true;
    assert_line("{trace_ts,<0.44.0>,call,{queue,in,2},{0,[a,b]},{1,1}}", WHEN "<0.44.0> queue:in(a, b)\n");
    opts.whole_args = false;
    opts.no_args = true;
    assert_line("{trace_ts,<0.44.0>,call,{queue,in,2},{0},{1,1}}", WHEN "<0.44.0> queue:in/2\n");
}

/* ---- returns and exceptions ---- */

static void outcome(const char *event, int64_t duration_ns, const char *line)
{
    struct bt_event ev = decode(event);
    ev.duration_ns = duration_ns;
    assert_true(bt_text_event(&out, &ev, &opts));
    assert_text(&out, line);
}

static void returns_and_exceptions(void **state)
{
    (void)state;
    outcome("{trace_ts,<0.44.0>,return_from,{queue,in,2},{[\"ab\"],[]},{1,1}}", 335000,
        WHEN "<0.44.0> queue:in/2 --> {[\"ab\"],[]}  335us\n");
    outcome("{trace_ts,<0.44.0>,return_from,{queue,in,2},ok,{1,1}}", -1, WHEN "<0.44.0> queue:in/2 --> ok\n");
    outcome("{trace_ts,<0.44.0>,exception_from,{queue,in,2},{error,badarg},{1,1}}", 12000,
        WHEN "<0.44.0> queue:in/2 ** error:badarg  12us\n");
    outcome("{trace_ts,<0.44.0>,exception_from,{queue,in,2},{throw,{a,\"b\"}},{1,1}}", -1,
        WHEN "<0.44.0> queue:in/2 ** throw:{a,\"b\"}\n");
}

static void durations_without_values(void **state)
{
    (void)state;
    struct bt_event ev = decode("{trace_ts,<0.44.0>,return_from,{queue,in,2},x,{1,1}}");
    ev.type = BT_EVENT_TIMED;
    ev.value = (struct bt_slice){NULL, 0};
    ev.duration_ns = 335000;
    assert_true(bt_text_event(&out, &ev, &opts));
    assert_text(&out, WHEN "<0.44.0> queue:in/2 took 335us\n");
    ev.duration_ns = 0;
    assert_true(bt_text_event(&out, &ev, &opts));
    assert_text(&out, WHEN "<0.44.0> queue:in/2 took 0ns\n");
}

static void durations_at_the_border_of_each_unit(void **state)
{
    (void)state;
    static const struct {
        int64_t ns;
        const char *text;
    } table[] = {
        {0, "0ns"},
        {999, "999ns"},
        {1000, "1us"},
        {999999, "999us"},
        {1000000, "1.00ms"},
        {2400000, "2.40ms"},
        {12345678, "12.34ms"},
        {999999999, "999.99ms"},
        {1000000000, "1.000s"},
        {1204567890, "1.204s"},
        {INT64_C(3600000000000), "3600.000s"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bt_text_duration(&out, table[i].ns);
        assert_text(&out, table[i].text);
    }
}

static void counts_with_thousands(void **state)
{
    (void)state;
    static const struct {
        uint64_t n;
        const char *text;
    } table[] = {{0, "0"}, {7, "7"}, {999, "999"}, {1000, "1,000"}, {60312882, "60,312,882"},
        {100000, "100,000"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bt_text_count(&out, table[i].n);
        assert_text(&out, table[i].text);
    }
}

/* ---- names, pids, what a terminal would act on ---- */

static void names_are_quoted_where_erlang_quotes_them(void **state)
{
    (void)state;
    opts.no_args = true;
    compile("m:f/0");
    assert_line("{trace_ts,<0.44.0>,call,{'Elixir.App.Cart','total!',0},{0},{1,1}}",
        WHEN "<0.44.0> 'Elixir.App.Cart':'total!'/0\n");
    assert_line("{trace_ts,<0.44.0>,call,{erlang,'+',2},{0},{1,1}}", WHEN "<0.44.0> erlang:'+'/2\n");
    assert_line("{trace_ts,<0.44.0>,call,{m,'\x1b[2J',0},{0},{1,1}}", WHEN "<0.44.0> m:'\\e[2J'/0\n");
}

static void pids_of_the_node_and_of_others(void **state)
{
    (void)state;
    outcome("{trace_ts,<0.44.1>,return_from,{m,f,0},{<0.45.0>,<x@y.46.0>},{1,1}}", -1,
        WHEN "<0.44.1> m:f/0 --> {<0.45.0>,<x@y.46.0>}\n");
    outcome("{trace_ts,<x@y.46.0>,return_from,{m,f,0},\"\x1b[2J\",{1,1}}", -1,
        WHEN "<x@y.46.0> m:f/0 --> \"\\e[2J\"\n");
}

/* ---- what the agent left out, and its remarks ---- */

static void terms_too_big_were_left_out(void **state)
{
    (void)state;
    outcome("{trace_ts,<0.44.0>,return_from,{m,f,1},{'$beamtap_big',101711872},{1,1}}", -1,
        WHEN "<0.44.0> m:f/1 --> <97 MB, left out>\n");
    compile("m:f");
    assert_line("{trace_ts,<0.44.0>,call,{m,f,3},{0,[a,'$beamtap_skip',{'$beamtap_big',2048}]},{1,1}}",
        WHEN "<0.44.0> m:f(a, _, <2 KB, left out>)\n");
    compile("m:f(X, {Y, _})");
    assert_line(
        "{trace_ts,<0.44.0>,call,{m,f,2},{0,'$beamtap_skip',b},{1,1}}", WHEN "<0.44.0> m:f(_, {b,_})\n");
}

static void sizes_at_the_border_of_each_unit(void **state)
{
    (void)state;
    static const struct {
        int64_t bytes;
        const char *text;
    } table[] = {{0, "0 bytes"}, {1023, "1023 bytes"}, {1024, "1 KB"}, {1048575, "1023 KB"},
        {1048576, "1.0 MB"}, {1572864, "1.5 MB"}, {10485760, "10 MB"}, {INT64_C(1) << 40, "1048576 MB"}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bt_text_bytes(&out, table[i].bytes);
        assert_text(&out, table[i].text);
    }
}

static void remarks_stand_between_the_calls(void **state)
{
    (void)state;
    static const struct {
        enum bt_event_type type;
        int64_t amount;
        const char *line;
    } table[] = {
        {BT_EVENT_SKIPPED, 5122, " -- 5,122 calls skipped\n"},
        {BT_EVENT_LOST, 7, " -- 7 events lost\n"},
        {BT_EVENT_BIG_ARG, 101711872, " -- m:f/3: argument 3 is 97 MB, no longer copied (--max-term)\n"},
        {BT_EVENT_BIG_RETURN, 2048, " -- m:f/3: its return value is 2 KB, no longer copied (--max-term)\n"},
        {BT_EVENT_NO_RETURN, 0, " -- m:f/3 calls itself in tail position, returns not followed\n"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct bt_event ev = decode("{trace_ts,<0.44.0>,return_from,{m,f,3},ok,{1,1}}");
        ev.type = table[i].type;
        ev.amount = table[i].amount;
        ev.position = 3;
        assert_true(bt_text_event(&out, &ev, &opts));
        assert_string_equal(bt_buf_cstr(&out) + sizeof WHEN - 2, table[i].line);
        bt_buf_reset(&out);
    }
}

/* ---- what cannot be read ---- */

static void unreadable(struct bt_event ev, const char *line)
{
    assert_false(bt_text_event(&out, &ev, &opts));
    assert_text(&out, line);
}

static void unreadable_terms_are_marked(void **state)
{
    (void)state;
    static const uint8_t broken[] = {104, 2, 97, 1};
    const struct bt_slice bad = {broken, sizeof broken}, nothing = {broken, 0};
    struct bt_event ret = decode("{trace_ts,<0.44.0>,return_from,{m,f,1},ok,{1,1}}");
    ret.value = bad;
    unreadable(ret, WHEN "<0.44.0> m:f/1 --> {1,<unreadable>\n");
    ret.value = nothing;
    unreadable(ret, WHEN "<0.44.0> m:f/1 --> <unreadable>\n");
    compile("m:f");
    struct bt_event call = decode("{trace_ts,<0.44.0>,call,{m,f,1},{0,[a]},{1,1}}");
    call.values[0] = bad;
    unreadable(call, WHEN "<0.44.0> m:f({1,<unreadable>)\n");
    call.values[0] = nothing;
    unreadable(call, WHEN "<0.44.0> m:f(<unreadable>)\n");
    call.n_values = 0;
    unreadable(call, WHEN "<0.44.0> m:f(<unreadable>)\n");
    call.clause = 1; /* none of ours */
    unreadable(call, WHEN "<0.44.0> m:f/1\n");
    call.pid = bad;
    unreadable(call, WHEN "{1,<unreadable> m:f/1\n");
}

static void a_captured_value_that_is_missing_is_marked(void **state)
{
    (void)state;
    compile("m:f({a, X}, Y)");
    struct bt_event call = decode("{trace_ts,<0.44.0>,call,{m,f,2},{0,1},{1,1}}");
    bt_text_event(&out, &call, &opts);
    assert_non_null(strstr(bt_buf_cstr(&out), "m:f({a,1}, <unreadable>)\n"));
    bt_buf_reset(&out);
}

/* ---- messages and processes ---- */

static void messages_show_both_sides(void **state)
{
    (void)state;
    assert_line("{trace_ts,<0.44.0>,send,{hello,\"ab\"},<0.45.0>,{0},{1,1}}",
        WHEN "<0.44.0> ! {hello,\"ab\"} --> <0.45.0>\n");
    assert_line("{trace_ts,<0.44.0>,send,{'$beamtap_big',98304},logger,{0},{1,1}}",
        WHEN "<0.44.0> ! <96 KB, left out> --> logger\n");
    assert_line("{trace_ts,<0.44.0>,'receive',ping,{0,<0.45.0>},{1,1}}", WHEN "<0.44.0> << ping <-- <0.45.0>\n");
}

static void processes_say_what_happened_to_them(void **state)
{
    (void)state;
    assert_line("{trace_ts,<0.44.0>,event,{0,spawn},{<0.45.0>,{m,f,2}},{1,1}}", WHEN "<0.44.0> spawn <0.45.0> m:f/2\n");
    assert_line("{trace_ts,<0.44.0>,event,{0,exit},{bad,reason},{1,1}}", WHEN "<0.44.0> exit {bad,reason}\n");
    assert_line("{trace_ts,<0.44.0>,event,{0,link},<0.45.0>,{1,1}}", WHEN "<0.44.0> link <0.45.0>\n");
    assert_line("{trace_ts,<0.44.0>,event,{0,unlink},<0.45.0>,{1,1}}", WHEN "<0.44.0> unlink <0.45.0>\n");
    assert_line("{trace_ts,<0.44.0>,event,{0,register},'My name',{1,1}}", WHEN "<0.44.0> register 'My name'\n");
    assert_line("{trace_ts,<0.44.0>,event,{0,unregister},name,{1,1}}", WHEN "<0.44.0> unregister name\n");
    assert_line("{trace_ts,<0.44.0>,event,{0,gc},{minor,2097152,1024,12000},{1,1}}",
        WHEN "<0.44.0> gc minor 2.0 MB -> 1 KB  12us\n");
    assert_line("{trace_ts,<0.44.0>,event,{0,running},{{m,f,1},7000},{1,1}}", WHEN "<0.44.0> running until m:f/1  7us\n");
    assert_line("{trace_ts,<0.44.0>,event,{0,running},{0,7000},{1,1}}", WHEN "<0.44.0> running  7us\n");
}

static void assert_remark(enum bt_event_type type, const char *value, int64_t amount, const char *text)
{
    struct bt_event ev = {.type = type, .amount = amount, .value = bt_test_etf(&arena, value)};
    bt_text_remark(&out, &ev);
    assert_text(&out, text);
}

static void watched_processes_come_and_go(void **state)
{
    (void)state;
    assert_remark(BT_EVENT_GONE, "worker", 0, "process worker has ended");
    assert_remark(BT_EVENT_GONE, "\"<0.44.0>\"", 0, "process <0.44.0> has ended");
    assert_remark(BT_EVENT_BACK, "worker", 0, "process worker is there now, and traced");
    assert_remark(BT_EVENT_AWAITED, "worker", 0, "process worker is not there yet; it is traced as soon as it is (-p)");
    assert_remark(BT_EVENT_BIG_MESSAGE, "{big,'_'}", 98304,
        "a message of 96 KB: from now on messages like it are not copied, and not shown (--max-term): {big,'_'}");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        T(a_call_shows_what_its_pattern_names),
        T(a_call_of_a_bare_function_shows_everything),
        T(all_and_arity),
        T(returns_and_exceptions),
        T(durations_without_values),
        T(durations_at_the_border_of_each_unit),
        T(counts_with_thousands),
        T(names_are_quoted_where_erlang_quotes_them),
        T(pids_of_the_node_and_of_others),
        T(terms_too_big_were_left_out),
        T(sizes_at_the_border_of_each_unit),
        T(remarks_stand_between_the_calls),
        T(unreadable_terms_are_marked),
        T(a_captured_value_that_is_missing_is_marked),
        T(messages_show_both_sides),
        T(processes_say_what_happened_to_them),
        T(watched_processes_come_and_go),
    };
#undef T
    setenv("TZ", "UTC0", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, teardown);
}
