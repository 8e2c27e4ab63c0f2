/*
 * test_bigint.c - whole numbers of any size, against numbers that were worked out by Erlang.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "spec/number.h"
#include "term/bigint.h"

static struct bt_arena arena;

static int teardown(void **state)
{
    (void)state;
    bt_arena_done(&arena);
    return 0;
}

/* "-ff": hexadecimal */
static const struct bt_term *number(const char *text)
{
    bool negative = text[0] == '-';
    const struct bt_term *t = bt_number_int(&arena, text + negative, strlen(text + negative), 16);
    assert_non_null(t);
    return negative ? bt_number_negate(&arena, t) : t;
}

static struct bt_bigint big(const char *text)
{
    struct bt_bigint x;
    assert_true(bt_bigint_of(&arena, number(text), &x));
    return x;
}

static void assert_is(const struct bt_bigint *x, const char *text)
{
    const struct bt_term *t = bt_bigint_term(&arena, x);
    assert_non_null(t);
    assert_true(bt_term_equal(t, number(text)));
}

static void calculates(void **state)
{
    (void)state;
    static const struct {
        enum bt_bigint_op op;
        const char *x, *y, *result;
    } cases[] = {
        {BT_BIGINT_ADD, "ffffffffffffffff", "1", "10000000000000000"},
        {BT_BIGINT_ADD, "-10000000000000000", "1", "-ffffffffffffffff"},
        {BT_BIGINT_ADD, "123456789abcdef0", "-123456789abcdef0", "0"},
        {BT_BIGINT_SUB, "0", "8000000000000000", "-8000000000000000"},
        {BT_BIGINT_SUB, "-1", "-100000000000000000000", "ffffffffffffffffffff"},
        {BT_BIGINT_MUL, "ffffffffffffffff", "ffffffffffffffff", "fffffffffffffffe0000000000000001"},
        {BT_BIGINT_MUL, "-fedcba9876543210", "123456789", "-121fa00accccccccce1833a90"},
        {BT_BIGINT_MUL, "-5", "0", "0"},
        {BT_BIGINT_DIV, "100000000000000000000", "ffffffff", "1000000010000"},
        {BT_BIGINT_DIV, "-7", "2", "-3"},
        {BT_BIGINT_DIV, "7", "100000000000000000", "0"},
        {BT_BIGINT_REM, "-7", "2", "-1"},
        {BT_BIGINT_REM, "7", "-2", "1"},
        {BT_BIGINT_REM, "-100000000000000000000", "ffffffff", "-10000"},
        {BT_BIGINT_AND, "-100000000000000000001", "ffffffffffffffffffffff", "feffffffffffffffffffff"},
        {BT_BIGINT_AND, "-8", "-5", "-8"},
        {BT_BIGINT_OR, "-100000000000000000000", "f", "-fffffffffffffffffff1"},
        {BT_BIGINT_XOR, "100000000000000000000", "-1", "-100000000000000000001"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bt_bigint x = big(cases[i].x), y = big(cases[i].y), result;
        assert_true(bt_bigint_calc(&arena, cases[i].op, &x, &y, &result));
        assert_is(&result, cases[i].result);
    }
}

static void shifts(void **state)
{
    (void)state;
    static const struct {
        const char *x;
        int64_t by;
        const char *result;
    } cases[] = {
        {"1", 64, "10000000000000000"},
        {"-3", 33, "-600000000"},
        {"0", INT64_MAX, "0"},
        {"5", 0, "5"},
        {"ffffffffffffffffff", -68, "f"},
        {"-1", -1, "-1"},
        {"-10000000000000001", -64, "-2"},
        {"-10000000000000000", -64, "-1"},
        {"10000000000000000", -INT64_MAX, "0"},
        {"-10000000000000000", INT64_MIN, "-1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bt_bigint x = big(cases[i].x), result;
        assert_true(bt_bigint_shift(&arena, &x, cases[i].by, &result));
        assert_is(&result, cases[i].result);
    }
}

static void has_limits(void **state)
{
    (void)state;
    struct bt_bigint one = big("1"), none = big("0"), x, y;
    assert_false(bt_bigint_calc(&arena, BT_BIGINT_DIV, &one, &none, &x));
    assert_false(bt_bigint_calc(&arena, BT_BIGINT_REM, &one, &none, &x));
    assert_true(bt_bigint_shift(&arena, &one, BT_BIGINT_MAX_BITS - 1, &x));
    assert_false(bt_bigint_shift(&arena, &one, BT_BIGINT_MAX_BITS, &y));
    assert_false(bt_bigint_calc(&arena, BT_BIGINT_ADD, &x, &x, &y));
    assert_false(bt_bigint_calc(&arena, BT_BIGINT_MUL, &x, &x, &y));
    assert_false(bt_bigint_of(&arena, bt_term_float(&arena, 1.0), &x));
}

static void compares(void **state)
{
    (void)state;
    static const char *const ascending[] = {"-100000000000000000000", "-ffffffffffffffff", "-1", "0", "1",
        "ffffffff", "100000000", "100000000000000000000"};
    for (size_t i = 0; i < 8; i++) {
        for (size_t j = 0; j < 8; j++) {
            struct bt_bigint x = big(ascending[i]), y = big(ascending[j]);
            assert_int_equal(bt_bigint_compare(&x, &y), i < j ? -1 : i > j);
        }
    }
}

static void compares_with_floats(void **state)
{
    (void)state;
    static const struct {
        const char *x;
        double y;
        int order;
    } cases[] = {
        {"0", 0.0, 0},
        {"0", -0.0, 0},
        {"0", 0.5, -1},
        {"-1", -0.5, -1},
        {"-1", -1.5, 1},
        {"20000000000001", 9007199254740992.0, 1},
        {"20000000000000", 9007199254740992.0, 0},
        {"10000000000000000", 18446744073709551616.0, 0},
        {"10000000000000001", 18446744073709551616.0, 1},
        {"-10000000000000001", -18446744073709551616.0, -1},
        {"1", 1.7976931348623157e308, -1},
        {"1", 5e-324, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bt_bigint x = big(cases[i].x);
        int order = 9;
        assert_true(bt_bigint_compare_float(&arena, &x, cases[i].y, &order));
        assert_int_equal(order, cases[i].order);
    }
}

static void becomes_a_float(void **state)
{
    (void)state;
    struct bt_bigint x = big("-10000000000000000"), one = big("1"), large;
    assert_true(bt_bigint_to_float(&x) == -18446744073709551616.0);
    x = big("123456789abcdef");
    assert_true(bt_bigint_to_float(&x) == 81985529216486895.0);
    assert_true(bt_bigint_shift(&arena, &one, 1024, &large));
    assert_true(bt_bigint_to_float(&large) > 1.7976931348623157e308);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(calculates, teardown),
        cmocka_unit_test_teardown(shifts, teardown),
        cmocka_unit_test_teardown(has_limits, teardown),
        cmocka_unit_test_teardown(compares, teardown),
        cmocka_unit_test_teardown(compares_with_floats, teardown),
        cmocka_unit_test_teardown(becomes_a_float, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
