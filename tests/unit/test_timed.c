/*
 * test_timed.c - durations out of calls with their callers and of return_to.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "event/timed.h"
#include "terms.h"

#define P "<0.1.0>"
#define MAIN "{main,loop,0}"
#define F "{m,f,1}"
#define G "{m,g,2}"
#define H "{m,h,3}"

static struct bt_arena arena;
static struct bt_timed *timed;

static int setup(void **state)
{
    (void)state;
    timed = bt_timed_new();
    return timed ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bt_timed_free(timed);
    bt_arena_done(&arena);
    return 0;
}

static struct bt_event event(const char *pid, const char *mfa, const char *caller, int64_t mono_ns)
{
    static struct bt_event ev;
    ev = (struct bt_event){.pid = bt_test_etf(&arena, pid),
        .mfa = bt_test_etf(&arena, mfa),
        .caller = bt_test_etf(&arena, caller),
        .mono_ns = mono_ns};
    return ev;
}

static void call_in(const char *pid, const char *mfa, const char *caller, int64_t mono_ns)
{
    struct bt_event ev = event(pid, mfa, caller, mono_ns);
    bt_timed_call(timed, &ev, true);
}

static void call(const char *mfa, const char *caller, int64_t mono_ns)
{
    call_in(P, mfa, caller, mono_ns);
}

static void return_to_in(const char *pid, const char *target, int64_t mono_ns)
{
    struct bt_event ev = event(pid, "x", target, mono_ns);
    ev.wall_ns = mono_ns + 1000000;
    ev.unique = 77;
    bt_timed_return_to(timed, &ev);
}

static void return_to(const char *target, int64_t mono_ns)
{
    return_to_in(P, target, mono_ns);
}

static void ended_in(const char *pid, const char *mfa, int64_t mono_ns, int64_t duration_ns)
{
    static struct bt_event ev;
    assert_true(bt_timed_next(timed, &ev));
    assert_int_equal(ev.type, BT_EVENT_TIMED);
    assert_true(bt_slice_equal(ev.pid, bt_test_etf(&arena, pid)));
    assert_true(bt_slice_equal(ev.mfa, bt_test_etf(&arena, mfa)));
    assert_int_equal(ev.mono_ns, mono_ns);
    assert_int_equal(ev.wall_ns, mono_ns + 1000000);
    assert_int_equal(ev.unique, 77);
    assert_int_equal(ev.duration_ns, duration_ns);
    assert_int_equal(ev.n_values, 0);
}

static void ended(const char *mfa, int64_t mono_ns, int64_t duration_ns)
{
    ended_in(P, mfa, mono_ns, duration_ns);
}

static void no_more(void)
{
    static struct bt_event ev;
    assert_false(bt_timed_next(timed, &ev));
}

static void a_call_and_the_return_to_its_caller(void **state)
{
    (void)state;
    static struct bt_event ev;
    no_more();
    call(F, MAIN, 100);
    assert_int_equal(bt_timed_owed(timed), 1);
    no_more();
    return_to(MAIN, 350);
    assert_int_equal(bt_timed_owed(timed), 0);
    assert_true(bt_timed_next(timed, &ev));
    assert_true(bt_slice_is(ev.module, "m"));
    assert_true(bt_slice_is(ev.function, "f"));
    assert_int_equal(ev.arity, 1);
    assert_int_equal(ev.duration_ns, 250);
    no_more();
    return_to(MAIN, 400);
    no_more();
}

static void nested_calls_end_from_within(void **state)
{
    (void)state;
    call(F, MAIN, 100);
    call(G, F, 110);
    call(H, G, 120);
    return_to(G, 130);
    ended(H, 130, 10);
    no_more();
    call(H, G, 140);
    return_to(G, 150);
    ended(H, 150, 10);
    return_to(F, 160);
    ended(G, 160, 50);
    return_to(MAIN, 170);
    ended(F, 170, 70);
    no_more();
    assert_int_equal(bt_timed_owed(timed), 0);
}

static void each_level_of_a_body_recursion_ends_by_itself(void **state)
{
    (void)state;
    call(F, MAIN, 100);
    for (int64_t i = 1; i < 100; i++)
        call(F, F, 100 + i);
    for (int64_t i = 99; i >= 1; i--) {
        return_to(F, 1000 - i);
        ended(F, 1000 - i, 900 - 2 * i);
        no_more();
    }
    return_to(MAIN, 1000);
    ended(F, 1000, 900);
    no_more();
}

static void two_functions_that_call_each_other(void **state)
{
    (void)state;
    call(F, MAIN, 100);
    call(G, F, 110);
    call(F, G, 120);
    call(G, F, 130);
    return_to(F, 140);
    ended(G, 140, 10);
    no_more();
    return_to(G, 150);
    ended(F, 150, 30);
    no_more();
    return_to(F, 160);
    ended(G, 160, 50);
    no_more();
    return_to(MAIN, 170);
    ended(F, 170, 70);
}

static void a_tail_call_ends_with_the_one_that_made_it(void **state)
{
    (void)state;
    call(F, MAIN, 100);
    call(G, MAIN, 110);
    call(H, MAIN, 120);
    return_to(MAIN, 150);
    ended(H, 150, 30);
    ended(G, 150, 40);
    ended(F, 150, 50);
    no_more();
}

static void a_tail_call_below_one_that_waits(void **state)
{
    (void)state;
    call(F, MAIN, 100); /* F calls G, which ends in H */
    call(G, F, 110);
    call(H, F, 120);
    return_to(F, 130);
    ended(H, 130, 10);
    ended(G, 130, 20);
    no_more();
    assert_int_equal(bt_timed_owed(timed), 1);
    return_to(MAIN, 140);
    ended(F, 140, 40);
    no_more();
}

static void all_rounds_of_a_tail_recursion_end_together(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 50; i++)
        call(F, MAIN, i);
    return_to(MAIN, 100);
    for (int64_t i = 49; i >= 0; i--)
        ended(F, 100, 100 - i);
    no_more();
}

static void an_exception_ends_all_it_passes_through(void **state)
{
    (void)state;
    call(F, MAIN, 100);
    call(G, F, 110);
    call(H, G, 120);
    return_to(MAIN, 200); /* caught there */
    ended(H, 200, 80);
    ended(G, 200, 90);
    ended(F, 200, 100);
    no_more();
    call(F, MAIN, 300);
    call(G, F, 310);
    call(H, G, 320);
    return_to(F, 400); /* F catches, and goes on */
    ended(H, 400, 80);
    ended(G, 400, 90);
    no_more();
    return_to(MAIN, 500);
    ended(F, 500, 200);
    no_more();
}

static void returns_of_calls_that_are_not_traced(void **state)
{
    (void)state;
    return_to(MAIN, 50);
    no_more();
    call(F, MAIN, 100);
    return_to(F, 110); /* a function F called returned */
    return_to(H, 120);
    return_to("undefined", 130);
    no_more();
    assert_int_equal(bt_timed_owed(timed), 1);
    return_to(MAIN, 140);
    ended(F, 140, 40);
    no_more();
}

static void a_call_without_a_caller(void **state)
{
    (void)state;
    call(F, "undefined", 100); /* the first function of its process */
    call(G, F, 110);
    return_to(F, 120);
    ended(G, 120, 10);
    return_to("undefined", 130);
    ended(F, 130, 30);
    no_more();
}

static void processes_do_not_mix(void **state)
{
    (void)state;
    call_in("<0.1.0>", F, MAIN, 100);
    call_in("<0.2.0>", F, MAIN, 110);
    call_in("<x@y.1.0>", F, MAIN, 120);
    call_in("<0.2.0>", G, F, 130);
    return_to_in("<0.1.0>", F, 135);
    no_more();
    return_to_in("<x@y.1.0>", MAIN, 140);
    ended_in("<x@y.1.0>", F, 140, 20);
    no_more();
    return_to_in("<0.2.0>", F, 150);
    ended_in("<0.2.0>", G, 150, 20);
    no_more();
    return_to_in("<0.1.0>", MAIN, 160);
    ended_in("<0.1.0>", F, 160, 60);
    return_to_in("<0.2.0>", MAIN, 170);
    ended_in("<0.2.0>", F, 170, 60);
    no_more();
}

static void calls_that_are_not_wanted_are_followed_and_not_told(void **state)
{
    (void)state;
    struct bt_event ev = event(P, F, MAIN, 100);
    bt_timed_call(timed, &ev, false);
    assert_int_equal(bt_timed_owed(timed), 0);
    call(G, F, 110);
    ev = event(P, H, F, 120);
    bt_timed_call(timed, &ev, false);
    assert_int_equal(bt_timed_owed(timed), 1);
    return_to(F, 130);
    ended(G, 130, 20);
    no_more();
    return_to(MAIN, 140);
    no_more();
    assert_int_equal(bt_timed_owed(timed), 0);
}

static void ended_calls_come_in_the_order_of_their_ends(void **state)
{
    (void)state;
    call(F, MAIN, 100);
    call(G, MAIN, 100);
    call_in("<0.2.0>", F, MAIN, 100);
    return_to(MAIN, 150);
    ended(G, 150, 50);
    return_to_in("<0.2.0>", MAIN, 150); /* before all was taken */
    ended(F, 150, 50);
    ended_in("<0.2.0>", F, 150, 50);
    no_more();
}

static void there_is_a_cap(void **state)
{
    (void)state;
    struct bt_event ev = event(P, F, F, 0), other = event("<0.2.0>", F, MAIN, 0);
    for (size_t i = 0; i < BT_TIMED_MAX_OPEN; i++)
        bt_timed_call(timed, &ev, true);
    assert_int_equal(bt_timed_owed(timed), BT_TIMED_MAX_OPEN);
    bt_timed_call(timed, &ev, true);
    bt_timed_call(timed, &other, true);
    assert_int_equal(bt_timed_owed(timed), BT_TIMED_MAX_OPEN);
    return_to_in("<0.2.0>", MAIN, 10);
    no_more();
    return_to(F, 20);
    ended(F, 20, 20);
    no_more();
    bt_timed_call(timed, &other, true);
    return_to_in("<0.2.0>", MAIN, 30);
    ended_in("<0.2.0>", F, 30, 30);
    no_more();
    assert_int_equal(bt_timed_owed(timed), BT_TIMED_MAX_OPEN - 1);
}

static void a_function_that_cannot_be_read_is_not_told(void **state)
{
    (void)state;
    call("{m,f}", MAIN, 100);
    call("!ff", MAIN, 100);
    return_to(MAIN, 150);
    no_more();
    no_more();
    no_more();
    assert_int_equal(bt_timed_owed(timed), 0);
}

static void open_and_ended_calls_are_freed(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        char pid[32];
        snprintf(pid, sizeof pid, "<0.%d.0>", i);
        call_in(pid, F, MAIN, i);
        call_in(pid, G, i % 2 ? F : MAIN, i);
        return_to_in(pid, i % 2 ? F : MAIN, 200);
    }
    bt_timed_free(NULL); /* teardown frees the others; the sanitizer looks */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_call_and_the_return_to_its_caller),
        T(nested_calls_end_from_within),
        T(each_level_of_a_body_recursion_ends_by_itself),
        T(two_functions_that_call_each_other),
        T(a_tail_call_ends_with_the_one_that_made_it),
        T(a_tail_call_below_one_that_waits),
        T(all_rounds_of_a_tail_recursion_end_together),
        T(an_exception_ends_all_it_passes_through),
        T(returns_of_calls_that_are_not_traced),
        T(a_call_without_a_caller),
        T(processes_do_not_mix),
        T(calls_that_are_not_wanted_are_followed_and_not_told),
        T(ended_calls_come_in_the_order_of_their_ends),
        T(there_is_a_cap),
        T(a_function_that_cannot_be_read_is_not_told),
        T(open_and_ended_calls_are_freed),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
