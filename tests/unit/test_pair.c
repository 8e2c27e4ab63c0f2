/*
 * test_pair.c - calls joined with their returns.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "event/pair.h"
#include "terms.h"

static struct bt_arena arena;
static struct bt_pairs *pairs;

static int setup(void **state)
{
    (void)state;
    pairs = bt_pairs_new();
    return pairs ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bt_pairs_free(pairs);
    bt_arena_done(&arena);
    return 0;
}

/* An event of a process and a function, both as text. */
static const struct bt_event *event(const char *pid, const char *mfa, int64_t mono_ns)
{
    static struct bt_event ev;
    ev = (struct bt_event){
        .pid = bt_test_etf(&arena, pid), .mfa = bt_test_etf(&arena, mfa), .mono_ns = mono_ns};
    return &ev;
}

static void call(const char *pid, const char *mfa, int64_t mono_ns)
{
    assert_true(bt_pairs_call(pairs, event(pid, mfa, mono_ns), true));
}

/* The return belongs to the call made at call_ns. */
static void returns(const char *pid, const char *mfa, int64_t call_ns)
{
    struct bt_pair pair = {0};
    assert_true(bt_pairs_return(pairs, event(pid, mfa, 0), &pair));
    assert_int_equal(pair.call_ns, call_ns);
    assert_true(pair.is_shown);
}

static void returns_nothing(const char *pid, const char *mfa)
{
    struct bt_pair pair = {.call_ns = 42};
    assert_false(bt_pairs_return(pairs, event(pid, mfa, 0), &pair));
    assert_int_equal(pair.call_ns, 42);
}

static void a_call_and_its_return(void **state)
{
    (void)state;
    call("<0.1.0>", "{m,f,1}", 10);
    assert_int_equal(bt_pairs_owed(pairs), 1);
    returns("<0.1.0>", "{m,f,1}", 10);
    assert_int_equal(bt_pairs_owed(pairs), 0);
    returns_nothing("<0.1.0>", "{m,f,1}");
}

static void nested_functions(void **state)
{
    (void)state;
    call("<0.1.0>", "{m,f,1}", 10);
    call("<0.1.0>", "{m,g,1}", 20);
    call("<0.1.0>", "{m,f,2}", 30);
    returns("<0.1.0>", "{m,f,2}", 30);
    returns("<0.1.0>", "{m,g,1}", 20);
    returns("<0.1.0>", "{m,f,1}", 10);
}

static void recursion(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 1000; i++)
        call("<0.1.0>", "{m,f,1}", i);
    assert_int_equal(bt_pairs_owed(pairs), 1000);
    for (int64_t i = 999; i >= 0; i--)
        returns("<0.1.0>", "{m,f,1}", i);
    returns_nothing("<0.1.0>", "{m,f,1}");
}

static void interleaved_processes(void **state)
{
    (void)state;
    call("<0.1.0>", "{m,f,1}", 10);
    call("<0.2.0>", "{m,f,1}", 20);
    call("<x@y.1.0>", "{m,f,1}", 30);
    call("<0.1.0>", "{m,f,1}", 40);
    returns("<0.2.0>", "{m,f,1}", 20);
    returns("<0.1.0>", "{m,f,1}", 40);
    returns("<x@y.1.0>", "{m,f,1}", 30);
    returns("<0.1.0>", "{m,f,1}", 10);
}

static void returns_of_calls_we_did_not_see(void **state)
{
    (void)state;
    returns_nothing("<0.1.0>", "{m,f,1}");
    call("<0.1.0>", "{m,f,1}", 10);
    returns_nothing("<0.2.0>", "{m,f,1}");
    returns_nothing("<0.1.0>", "{m,f,2}");
    returns_nothing("<0.1.0>", "{m,g,1}");
    assert_int_equal(bt_pairs_owed(pairs), 1);
    returns("<0.1.0>", "{m,f,1}", 10);
}

static void calls_that_are_not_shown_are_paired_and_not_owed(void **state)
{
    (void)state;
    struct bt_pair pair;
    assert_true(bt_pairs_call(pairs, event("<0.1.0>", "{m,f,1}", 10), false));
    assert_int_equal(bt_pairs_owed(pairs), 0);
    call("<0.1.0>", "{m,f,1}", 20);
    assert_int_equal(bt_pairs_owed(pairs), 1);
    returns("<0.1.0>", "{m,f,1}", 20);
    assert_true(bt_pairs_return(pairs, event("<0.1.0>", "{m,f,1}", 0), &pair));
    assert_false(pair.is_shown);
    assert_int_equal(pair.call_ns, 10);
    assert_int_equal(bt_pairs_owed(pairs), 0);
}

static void the_depth_of_a_recursion_is_told(void **state)
{
    (void)state;
    for (size_t i = 1; i <= 100; i++)
        assert_int_equal(bt_pairs_call(pairs, event("<0.1.0>", "{m,f,1}", 0), true), i);
    assert_int_equal(bt_pairs_call(pairs, event("<0.2.0>", "{m,f,1}", 0), true), 1);
    returns("<0.1.0>", "{m,f,1}", 0);
    assert_int_equal(bt_pairs_call(pairs, event("<0.1.0>", "{m,f,1}", 0), true), 100);
}

static void returns_that_are_forgiven_are_not_owed(void **state)
{
    (void)state;
    call("<0.1.0>", "{m,f,1}", 10);
    call("<0.1.0>", "{m,f,1}", 20);
    call("<0.2.0>", "{m,f,1}", 30);
    call("<0.1.0>", "{m,g,1}", 40);
    bt_pairs_forgive(pairs, bt_test_etf(&arena, "{m,f,1}"));
    assert_int_equal(bt_pairs_owed(pairs), 1);
    bt_pairs_forgive(pairs, bt_test_etf(&arena, "{m,f,1}"));
    bt_pairs_forgive(pairs, bt_test_etf(&arena, "{m,h,1}"));
    assert_int_equal(bt_pairs_owed(pairs), 1);
    returns("<0.1.0>", "{m,f,1}", 20); /* one that comes all the same is paired */
    assert_int_equal(bt_pairs_owed(pairs), 1);
    returns("<0.1.0>", "{m,g,1}", 40);
    assert_int_equal(bt_pairs_owed(pairs), 0);
}

static void there_is_a_cap(void **state)
{
    (void)state;
    struct bt_event ev = *event("<0.1.0>", "{m,f,1}", 0);
    struct bt_event other = *event("<0.2.0>", "{m,f,1}", 0);
    struct bt_pair pair;
    for (size_t i = 0; i < BT_PAIRS_MAX_OPEN; i++)
        assert_true(bt_pairs_call(pairs, &ev, true));
    assert_false(bt_pairs_call(pairs, &ev, true));
    assert_false(bt_pairs_call(pairs, &other, true));
    assert_int_equal(bt_pairs_owed(pairs), BT_PAIRS_MAX_OPEN);
    assert_true(bt_pairs_return(pairs, &ev, &pair));
    assert_true(bt_pairs_call(pairs, &other, true));
    assert_false(bt_pairs_call(pairs, &other, true));
}

static void an_absurd_name_is_not_remembered(void **state)
{
    (void)state;
    static uint8_t bytes[2000];
    struct bt_event ev = {.pid = {bytes, 1000}, .mfa = {bytes, 25}};
    struct bt_pair pair;
    assert_false(bt_pairs_call(pairs, &ev, true));
    assert_false(bt_pairs_return(pairs, &ev, &pair));
    ev.mfa.len = 24;
    assert_true(bt_pairs_call(pairs, &ev, true));
    assert_true(bt_pairs_return(pairs, &ev, &pair));
}

static void open_calls_are_freed(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        char pid[32];
        snprintf(pid, sizeof pid, "<0.%d.0>", i);
        call(pid, "{m,f,1}", i);
    }
    bt_pairs_free(NULL); /* teardown frees the others; the sanitizer looks */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_call_and_its_return),
        T(nested_functions),
        T(recursion),
        T(interleaved_processes),
        T(returns_of_calls_we_did_not_see),
        T(calls_that_are_not_shown_are_paired_and_not_owed),
        T(the_depth_of_a_recursion_is_told),
        T(returns_that_are_forgiven_are_not_owed),
        T(there_is_a_cap),
        T(an_absurd_name_is_not_remembered),
        T(open_calls_are_freed),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
