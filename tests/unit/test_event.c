/*
 * test_event.c - trace messages to events, and what is none.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "event/event.h"
#include "terms.h"

static struct bt_arena arena;

static int teardown(void **state)
{
    (void)state;
    bt_arena_done(&arena);
    return 0;
}

static struct bt_event decode(const char *text)
{
    struct bt_etf r = bt_test_cursor(&arena, text);
    static struct bt_event ev;
    struct beamtap_err err = {0};
    assert_int_equal(bt_event_decode(&r, &ev, &err), 0);
    assert_int_equal(err.code, BEAMTAP_OK);
    assert_ptr_equal(r.p, r.end);
    return ev;
}

static void assert_term(struct bt_slice got, const char *text)
{
    struct bt_slice want = bt_test_etf(&arena, text);
    assert_true(bt_slice_equal(got, want));
}

static void assert_function(
    const struct bt_event *ev, const char *module, const char *function, uint32_t arity)
{
    assert_true(bt_slice_is(ev->module, module));
    assert_true(bt_slice_is(ev->function, function));
    assert_int_equal(ev->arity, arity);
    assert_int_equal(ev->wall_ns, 0);
    assert_int_equal(ev->duration_ns, -1);
}

static void a_call_with_captures(void **state)
{
    (void)state;
    struct bt_event ev = decode("{trace_ts,<0.44.0>,call,{lists,seq,2},{3,[a],\"xyz\"},{1000,-5}}");
    assert_int_equal(ev.type, BT_EVENT_CALL);
    assert_function(&ev, "lists", "seq", 2);
    assert_term(ev.pid, "<0.44.0>");
    assert_term(ev.mfa, "{lists,seq,2}");
    assert_int_equal(ev.clause, 3);
    assert_int_equal(ev.n_values, 2);
    assert_term(ev.values[0], "[a]");
    assert_term(ev.values[1], "\"xyz\"");
    assert_int_equal(ev.mono_ns, 1000);
    assert_int_equal(ev.unique, -5);
}

static void messages(void **state)
{
    (void)state;
    struct bt_event ev = decode("{trace_ts,<0.44.0>,send,{hello,1},<0.45.0>,{7},{1000,-5}}");
    assert_int_equal(ev.type, BT_EVENT_SEND);
    assert_int_equal(ev.clause, 7);
    assert_term(ev.value, "{hello,1}");
    assert_term(ev.peer, "<0.45.0>");
    ev = decode("{trace_ts,<0.44.0>,send,{hello,1},{name,there},{7},{1000,-5}}");
    assert_term(ev.peer, "{name,there}");
    ev = decode("{trace_ts,<0.44.0>,'receive',{hello,1},{8,<0.45.0>},{1000,-5}}");
    assert_int_equal(ev.type, BT_EVENT_RECEIVE);
    assert_int_equal(ev.clause, 8);
    assert_term(ev.value, "{hello,1}");
    assert_term(ev.peer, "<0.45.0>");
    assert_int_equal(ev.n_values, 0);
}

static void events_of_processes(void **state)
{
    (void)state;
    struct bt_event ev = decode("{trace_ts,<0.44.0>,event,{2,spawn},{<0.45.0>,{m,f,3}},{1000,-5}}");
    assert_int_equal(ev.type, BT_EVENT_SPAWN);
    assert_int_equal(ev.clause, 2);
    assert_term(ev.peer, "<0.45.0>");
    assert_function(&ev, "m", "f", 3);
    ev = decode("{trace_ts,<0.44.0>,event,{2,exit},{bad,reason},{1000,-5}}");
    assert_int_equal(ev.type, BT_EVENT_EXIT);
    assert_term(ev.value, "{bad,reason}");
    ev = decode("{trace_ts,<0.44.0>,event,{2,unlink},<0.45.0>,{1000,-5}}");
    assert_int_equal(ev.type, BT_EVENT_UNLINK);
    assert_term(ev.peer, "<0.45.0>");
    ev = decode("{trace_ts,<0.44.0>,event,{2,register},name,{1000,-5}}");
    assert_int_equal(ev.type, BT_EVENT_REGISTER);
    assert_term(ev.value, "name");
    ev = decode("{trace_ts,<0.44.0>,event,{2,gc},{major,4096,1024,5000},{1000,-5}}");
    assert_int_equal(ev.type, BT_EVENT_GC);
    assert_true(bt_slice_is(ev.class_name, "major"));
    assert_int_equal(ev.before, 4096);
    assert_int_equal(ev.after, 1024);
    assert_int_equal(ev.duration_ns, 5000);
    ev = decode("{trace_ts,<0.44.0>,event,{2,running},{{m,f,1},7000},{1000,-5}}");
    assert_int_equal(ev.type, BT_EVENT_RUNNING);
    assert_int_equal(ev.duration_ns, 7000);
    assert_term(ev.mfa, "{m,f,1}");
    ev = decode("{trace_ts,<0.44.0>,event,{2,running},{0,7000},{1000,-5}}");
    assert_int_equal(ev.mfa.len, 0);
    assert_int_equal(ev.duration_ns, 7000);
}

static void a_call_without_captures(void **state)
{
    (void)state;
    struct bt_event ev = decode("{trace_ts,<0.44.0>,call,{erlang,now,0},{0},{-576460751000000000,1}}");
    assert_int_equal(ev.clause, 0);
    assert_int_equal(ev.n_values, 0);
    assert_function(&ev, "erlang", "now", 0);
    assert_int_equal(ev.mono_ns, INT64_C(-576460751000000000));
}

static void a_return(void **state)
{
    (void)state;
    struct bt_event ev = decode("{trace_ts,<x@y.44.0>,return_from,{lists,seq,2},{ok,<<\"v\">>},{2000,1}}");
    assert_int_equal(ev.type, BT_EVENT_RETURN);
    assert_function(&ev, "lists", "seq", 2);
    assert_term(ev.pid, "<x@y.44.0>");
    assert_term(ev.value, "{ok,<<\"v\">>}");
    assert_int_equal(ev.n_values, 0);
}

static void an_exception(void **state)
{
    (void)state;
    struct bt_event ev =
        decode("{trace_ts,<0.44.0>,exception_from,{lists,seq,2},{error,{badmatch,1}},{2000,1}}");
    assert_int_equal(ev.type, BT_EVENT_EXCEPTION);
    assert_function(&ev, "lists", "seq", 2);
    assert_true(bt_slice_is(ev.class_name, "error"));
    assert_term(ev.value, "{badmatch,1}");
}

static void a_return_to(void **state)
{
    (void)state;
    struct bt_event ev = decode("{trace_ts,<0.44.0>,return_to,{lists,seq,2},{2000,9}}");
    assert_int_equal(ev.type, BT_EVENT_RETURN_TO);
    assert_term(ev.pid, "<0.44.0>");
    assert_term(ev.caller, "{lists,seq,2}");
    assert_int_equal(ev.mono_ns, 2000);
    assert_int_equal(ev.unique, 9);
    assert_int_equal(ev.n_values, 0);
    ev = decode("{trace_ts,<0.44.0>,return_to,undefined,{2000,9}}");
    assert_term(ev.caller, "undefined");
}

static void the_caller_is_the_last_value_of_a_call(void **state)
{
    (void)state;
    struct bt_event ev = decode("{trace_ts,<0.44.0>,call,{lists,seq,2},{3,[a],{m,f,1}},{1000,1}}");
    assert_int_equal(ev.caller.len, 0);
    assert_true(bt_event_take_caller(&ev));
    assert_term(ev.caller, "{m,f,1}");
    assert_int_equal(ev.n_values, 1);
    assert_term(ev.values[0], "[a]");
    ev = decode("{trace_ts,<0.44.0>,call,{lists,seq,2},{3,undefined},{1000,1}}");
    assert_true(bt_event_take_caller(&ev));
    assert_term(ev.caller, "undefined");
    assert_false(bt_event_take_caller(&ev)); /* there is none any more */
    ev = decode("{trace_ts,<0.44.0>,return_from,{lists,seq,2},ok,{2000,1}}");
    assert_false(bt_event_take_caller(&ev));
}

static void events_stand_in_a_row(void **state)
{
    (void)state;
    struct bt_etf r = bt_test_cursor(&arena,
        "[{trace_ts,<0.44.0>,call,{a,b,0},{0},{1,1}},{trace_ts,<0.44.0>,return_from,{a,b,0},ok,{2,2}}]");
    struct bt_event ev;
    uint32_t n;
    assert_true(bt_etf_list(&r, &n));
    assert_int_equal(bt_event_decode(&r, &ev, NULL), 0);
    assert_int_equal(ev.type, BT_EVENT_CALL);
    assert_int_equal(bt_event_decode(&r, &ev, NULL), 0);
    assert_int_equal(ev.type, BT_EVENT_RETURN);
    assert_true(bt_etf_nil(&r));
}

static void what_is_no_event_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "ok",
        "{}",
        "[]",
        "!",
        "!ff",
        "{trace,<0.44.0>,call,{a,b,0},{0}}",
        "{trace_ts,<0.44.0>,call,{a,b,0},{0}}",
        "{trace_ts,<0.44.0>,spawn,{a,b,0},{0},{1,1}}",
        "{trace_ts,<0.44.0>,call,{a,b},{0},{1,1}}",
        "{trace_ts,<0.44.0>,call,{a,b,-1},{0},{1,1}}",
        "{trace_ts,<0.44.0>,call,{a,\"b\",0},{0},{1,1}}",
        "{trace_ts,<0.44.0>,call,{1,b,0},{0},{1,1}}",
        "{trace_ts,<0.44.0>,call,{a,b,c},{0},{1,1}}",
        "{trace_ts,<0.44.0>,call,{a,b,0},{},{1,1}}",
        "{trace_ts,<0.44.0>,call,{a,b,0},{x},{1,1}}",
        "{trace_ts,<0.44.0>,call,{a,b,0},{-1},{1,1}}",
        "{trace_ts,<0.44.0>,call,{a,b,0},[0],{1,1}}",
        "{trace_ts,<0.44.0>,call,{a,b,0},{0},{1}}",
        "{trace_ts,<0.44.0>,call,{a,b,0},{0},1}",
        "{trace_ts,<0.44.0>,call,{a,b,0},{0},{x,1}}",
        "{trace_ts,<0.44.0>,call,{a,b,0},{0},{1,x}}",
        "{trace_ts,<0.44.0>,call,{a,b,0},{0},{9223372036854775807,1}}", /* times are added up later */
        "{trace_ts,<0.44.0>,call,{a,b,0},{0},{-9223372036854775807,1}}",
        "{trace_ts,<0.44.0>,exception_from,{a,b,0},badarg,{1,1}}",
        "{trace_ts,<0.44.0>,exception_from,{a,b,0},{error},{1,1}}",
        "{trace_ts,<0.44.0>,exception_from,{a,b,0},{1,2},{1,1}}",
        "{trace_ts,<0.44.0>,call,{a,b,0},{0,!ff},{1,1}}",
        "{trace_ts,!6805,call,{a,b,0},{0},{1,1}}",
        "{trace_ts,<0.44.0>,return_to,{a,b,0},{1}}",
        "{trace_ts,<0.44.0>,send,msg,<0.45.0>,{x},{1,1}}",
        "{trace_ts,<0.44.0>,send,msg,{0},{1,1}}",
        "{trace_ts,<0.44.0>,'receive',msg,{0},{1,1}}", /* from whom? */
        "{trace_ts,<0.44.0>,'receive',msg,{0,a,b},{1,1}}",
        "{trace_ts,<0.44.0>,event,{0,sleep},msg,{1,1}}",
        "{trace_ts,<0.44.0>,event,{x,exit},msg,{1,1}}",
        "{trace_ts,<0.44.0>,event,{0,spawn},<0.45.0>,{1,1}}",
        "{trace_ts,<0.44.0>,event,{0,gc},{major,-1,1,1},{1,1}}",
        "{trace_ts,<0.44.0>,event,{0,running},{{m,f,1}},{1,1}}",
        "{trace_ts,<0.44.0>,return_to,{a,b,0},{0},{1,1}}",
        "{trace_ts,<0.44.0>,return_to,!ff,{1,1}}",
        "{trace_ts,<0.44.0>,call,{a,b,0},{1,1}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct bt_etf r = bt_test_cursor(&arena, texts[i]);
        struct bt_event ev;
        struct beamtap_err err = {0};
        assert_int_equal(bt_event_decode(&r, &ev, &err), -1);
        assert_err(&err, BEAMTAP_EPROTO, "trace message that cannot be read");
    }
}

/* Each cut of an event is refused, and no byte behind it is touched. */
static void cut_off_events_are_refused(void **state)
{
    (void)state;
    struct bt_slice whole =
        bt_test_etf(&arena, "{trace_ts,<0.44.0>,call,{lists,seq,2},{3,[a],\"xyz\"},{1000,5}}");
    for (size_t len = 0; len < whole.len; len++) {
        uint8_t *exact = malloc(len ? len : 1);
        struct bt_etf r;
        struct bt_event ev;
        assert_non_null(exact);
        memcpy(exact, whole.p, len);
        bt_etf_init(&r, exact, len);
        assert_int_equal(bt_event_decode(&r, &ev, NULL), -1);
        free(exact);
    }
}

/* {Id, Value...} of n values, as large tuple. */
static struct bt_slice event_of(uint32_t n)
{
    struct bt_slice head = bt_test_etf(&arena, "{trace_ts,<0.44.0>,call,{a,b,0},x,{1,1}}");
    size_t before = head.len - 3 - 6; /* 'x' is 3 bytes, {1,1} is 6 */
    uint8_t *out = bt_arena_alloc(&arena, head.len + 16 + 2 * (size_t)n), *p = out;
    const uint8_t tuple[] = {105, 0, 0, (uint8_t)((n + 1) >> 8), (uint8_t)(n + 1)};
    assert_non_null(out);
    memcpy(p, head.p, before);
    p += before;
    memcpy(p, tuple, sizeof tuple);
    p += sizeof tuple;
    for (uint32_t i = 0; i < n + 1; i++, p += 2)
        p[0] = 97, p[1] = 7;
    memcpy(p, head.p + before + 3, 6);
    return (struct bt_slice){out, (size_t)(p + 6 - out)};
}

static void values_are_bounded(void **state)
{
    (void)state;
    for (uint32_t n = BT_EVENT_MAX_VALUES; n <= BT_EVENT_MAX_VALUES + 1; n++) {
        struct bt_slice s = event_of(n);
        struct bt_etf r;
        struct bt_event ev;
        bt_etf_init(&r, s.p, s.len);
        assert_int_equal(bt_event_decode(&r, &ev, NULL), n == BT_EVENT_MAX_VALUES ? 0 : -1);
    }
}

static void a_deep_term_is_a_value_like_others(void **state)
{
    (void)state;
    struct bt_slice head = bt_test_etf(&arena, "{trace_ts,<0.44.0>,return_from,{a,b,0},x,{1,1}}");
    size_t n = 2000000, before = head.len - 9;
    uint8_t *out = malloc(head.len + 2 * n);
    struct bt_etf r;
    struct bt_event ev;
    assert_non_null(out);
    memcpy(out, head.p, before);
    for (size_t i = 0; i < n; i++)
        out[before + 2 * i] = 104, out[before + 2 * i + 1] = 1;
    memcpy(out + before + 2 * n, head.p + before, 9);
    bt_etf_init(&r, out, before + 2 * n + 9);
    assert_int_equal(bt_event_decode(&r, &ev, NULL), 0);
    assert_int_equal(ev.value.len, 2 * n + 3);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_with_captures),
        cmocka_unit_test(messages),
        cmocka_unit_test(events_of_processes),
        cmocka_unit_test(a_call_without_captures),
        cmocka_unit_test(a_return),
        cmocka_unit_test(an_exception),
        cmocka_unit_test(a_return_to),
        cmocka_unit_test(the_caller_is_the_last_value_of_a_call),
        cmocka_unit_test(events_stand_in_a_row),
        cmocka_unit_test(what_is_no_event_is_refused),
        cmocka_unit_test(cut_off_events_are_refused),
        cmocka_unit_test(values_are_bounded),
        cmocka_unit_test(a_deep_term_is_a_value_like_others),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
