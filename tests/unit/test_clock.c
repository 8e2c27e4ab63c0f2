/*
 * test_clock.c - the clocks go forward; the time left for a wait.
 */
#include "check.h"

#include <limits.h>

#include "base/clock.h"

static void clocks_go_forward(void **state)
{
    (void)state;
    int64_t last = bt_clock_mono_us();
    for (int i = 0; i < 1000; i++) {
        int64_t now = bt_clock_mono_us();
        assert_true(now >= last);
        last = now;
    }
    assert_true(bt_clock_wall_us() > INT64_C(1600000000000000)); /* after 2020, in microseconds */
}

static void time_left_for_a_wait(void **state)
{
    (void)state;
    static const struct {
        int64_t deadline, now;
        int ms;
    } table[] = {
        {BT_NEVER, 0, -1},
        {BT_NEVER, INT64_MAX, -1},
        {0, 0, 0},
        {5, 10, 0},
        {INT64_MIN, 10, 0},
        {1, 0, 1}, /* rounded up: a wait of 0 ms would spin */
        {1000, 0, 1},
        {1001, 0, 2},
        {5000000, 4000000, 1000},
        {INT64_C(1) << 60, 0, INT_MAX},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(bt_clock_left_ms(table[i].deadline, table[i].now), table[i].ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clocks_go_forward),
        cmocka_unit_test(time_left_for_a_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
