/*
 * test_names.c - what processes are: asked once each, bounded, and told as text.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/names.h"
#include "terms.h"

static struct bt_arena arena;
static struct bt_names *names;

static int setup(void **state)
{
    (void)state;
    names = bt_names_new(BT_TEST_NODE);
    return names ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bt_names_free(names);
    bt_arena_done(&arena);
    return 0;
}

static struct bt_slice pid_of(unsigned n)
{
    char text[32];
    snprintf(text, sizeof text, "<0.%u.0>", n);
    return bt_test_etf(&arena, text);
}

static void check(unsigned n, const char *answer, const char *want)
{
    struct bt_slice pid = pid_of(n);
    assert_true(bt_names_want(names, pid));
    assert_false(bt_names_want(names, pid));
    assert_int_equal(bt_names_get(names, pid).len, 0);
    bt_names_put(names, pid, bt_test_cursor(&arena, answer));
    assert_false(bt_names_want(names, pid));
    struct bt_slice got = bt_names_get(names, pid);
    if (!bt_slice_is(got, want))
        print_error("got %.*s\n", (int)got.len, (const char *)got.p);
    assert_true(bt_slice_is(got, want));
}

static void answers(void **state)
{
    (void)state;
    check(1, "{name,shop}", "shop");
    check(2, "{name,'a b'}", "'a b'");
    check(3, "{label,{worker,\"eu\",<0.44.0>}}", "{worker,\"eu\",<0.44.0>}");
    check(4, "{call,{shop,init,1}}", "shop:init/1");
    check(5, "none", "");
    check(6, "{call,{shop,init,x}}", "");
    check(7, "{other,1}", "");
    check(8, "{label,!ff}", "");
}

static void answers_nobody_asked_for(void **state)
{
    (void)state;
    bt_names_put(names, pid_of(1), bt_test_cursor(&arena, "{name,shop}"));
    assert_int_equal(bt_names_get(names, pid_of(1)).len, 0);
    check(1, "{name,shop}", "shop");
    bt_names_put(names, pid_of(1), bt_test_cursor(&arena, "{name,other}"));
    assert_true(bt_slice_is(bt_names_get(names, pid_of(1)), "shop"));
}

static void long_names_are_cut_between_characters(void **state)
{
    (void)state;
    char answer[1200] = "{label,<<\"x";
    while (strlen(answer) < 1000)
        strcat(answer, "\xc3\xa9");
    strcat(answer, "\">>}");
    assert_true(bt_names_want(names, pid_of(1)));
    bt_names_put(names, pid_of(1), bt_test_cursor(&arena, answer));
    struct bt_slice got = bt_names_get(names, pid_of(1));
    assert_in_range(got.len, BT_NAMES_MAX_TEXT - 3, BT_NAMES_MAX_TEXT);
    assert_int_equal(got.p[got.len - 2], 0xc3);
}

static void bounds(void **state)
{
    (void)state;
    unsigned n = 0;
    for (; n < BT_NAMES_ASKED; n++)
        assert_true(bt_names_want(names, pid_of(n)));
    assert_false(bt_names_want(names, pid_of(n)));
    bt_names_put(names, pid_of(0), bt_test_cursor(&arena, "none"));
    assert_true(bt_names_want(names, pid_of(n)));
    for (unsigned i = 1; i <= n; i++)
        bt_names_put(names, pid_of(i), bt_test_cursor(&arena, "none"));
    while (++n < BT_NAMES_MAX) {
        assert_true(bt_names_want(names, pid_of(n)));
        bt_names_put(names, pid_of(n), bt_test_cursor(&arena, "none"));
    }
    assert_false(bt_names_want(names, pid_of(n)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_nobody_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(long_names_are_cut_between_characters, setup, teardown),
        cmocka_unit_test_setup_teardown(bounds, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
