/*
 * test_profile.c - the tables at the end, to the byte.
 */
#include "check.h"

#include <stdio.h>

#include "cli/profile.h"

static struct bt_buf out;
static struct bt_profile *p;
static const struct beamtap_event call = {.type = BEAMTAP_EVENT_CALL, .duration_ns = -1};

static int setup(void **state)
{
    (void)state;
    p = bt_profile_new();
    return p ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bt_profile_free(p);
    bt_buf_done(&out);
    return 0;
}

static void a_row_for_each_function(void **state)
{
    (void)state;
    const struct beamtap_event raised = {.type = BEAMTAP_EVENT_EXCEPTION, .duration_ns = 2400000},
                               returned = {.type = BEAMTAP_EVENT_RETURN, .duration_ns = 1000};
    bt_profile_put(&out, p, 10, "function", NULL);
    assert_text(&out, "");
    for (int i = 0; i < 1200; i++)
        bt_profile_add(p, "shop", "put", 2, &call);
    bt_profile_add(p, "shop", "put", 2, &raised);
    bt_profile_add(p, "shop", "put", 2, &returned);
    bt_profile_add(p, "shop", "get", 1, &call);
    assert_int_equal(bt_profile_count(p), 2);
    bt_profile_put(&out, p, 10, "function", NULL);
    assert_text(&out, "          calls   raised       min      mean       max  function\n"
                      "          1,200        1       1us    1.20ms    2.40ms  shop:put/2\n"
                      "              1        0         -         -         -  shop:get/1\n");
    bt_profile_put(&out, p, 1, "function", NULL);
    assert_text(&out, "          calls   raised       min      mean       max  function\n"
                      "          1,200        1       1us    1.20ms    2.40ms  shop:put/2\n"
                      "                 and 1 more\n");
}

/* Names that share letters and lengths are not taken for each other; of equal counts short names stand first. */
static void names_that_are_alike(void **state)
{
    (void)state;
    struct beamtap_style style;
    bt_profile_add(p, "b", "f", 1, &call);
    bt_profile_add(p, "a", "bf", 1, &call);
    bt_profile_add(p, "ab", "f", 1, &call);
    bt_profile_add(p, "ab", "f", 2, &call);
    bt_profile_add(p, "Elixir.Ab", "f!", 2, &call);
    assert_int_equal(bt_profile_count(p), 5);
    beamtap_style_init(&style, sizeof style);
    style.syntax = BEAMTAP_SYNTAX_ELIXIR;
    bt_profile_put(&out, p, 10, "function", &style);
    assert_text(&out, "          calls  function\n"
                      "              1  :a.bf/1\n"
                      "              1  :b.f/1\n"
                      "              1  :ab.f/1\n"
                      "              1  :ab.f/2\n"
                      "              1  Ab.f!/2\n");
}

static void callers(void **state)
{
    (void)state;
    bt_profile_add(p, NULL, NULL, 0, &call);
    bt_profile_add(p, "web", "get", 1, &call);
    bt_profile_add(p, "web", "get", 1, &call);
    bt_profile_put(&out, p, 10, "caller", NULL);
    assert_text(&out, "          calls  caller\n"
                      "              2  web:get/1\n"
                      "              1  none\n");
}

static void too_many_are_others(void **state)
{
    (void)state;
    char name[16];
    for (int i = 0; i < BT_PROFILE_MAX_ROWS + 2; i++) {
        snprintf(name, sizeof name, "f%d", i);
        bt_profile_add(p, "m", name, 0, &call);
    }
    assert_int_equal(bt_profile_count(p), BT_PROFILE_MAX_ROWS);
    bt_profile_put(&out, p, 1, "function", NULL);
    assert_text(&out, "          calls  function\n"
                      "              2  others\n"
                      "                 and 10000 more\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_for_each_function, setup, teardown),
        cmocka_unit_test_setup_teardown(names_that_are_alike, setup, teardown),
        cmocka_unit_test_setup_teardown(callers, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_are_others, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
