/*
 * test_histogram.c - percentiles within 1 %, whatever the range; and how they are shown.
 */
#include "check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/histogram.h"
#include "cli/latency.h"

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static int ascending(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return a < b ? -1 : a > b;
}

static void assert_near(int64_t got, int64_t want)
{
    double error = want ? fabs((double)(got - want)) / (double)want : (double)got;
    if (error > 0.01)
        fail_msg("got %lld, want %lld within 1 %%", (long long)got, (long long)want);
}

#define N 20000

/* Values spread over `bits` powers of two, compared with those of the sorted list. */
static void assert_percentiles(unsigned bits, uint64_t seed)
{
    static const double shares[] = {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1};
    static int64_t values[N];
    struct bt_histogram h = {.n = 0};
    for (size_t i = 0; i < N; i++) {
        values[i] = (int64_t)(next_random(&seed) >> (64 - bits + next_random(&seed) % bits));
        assert_true(bt_histogram_add(&h, values[i]));
    }
    qsort(values, N, sizeof *values, ascending);
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        assert_near(bt_histogram_at(&h, shares[i]), values[(size_t)ceil(shares[i] * N) - 1]);
    assert_int_equal(bt_histogram_at(&h, 1), values[N - 1]);
    assert_int_equal(bt_histogram_at(&h, 0), values[0]);
    bt_histogram_done(&h);
}

static void percentiles_are_within_one_percent(void **state)
{
    (void)state;
    for (unsigned bits = 4; bits < 60; bits += 5)
        assert_percentiles(bits, 88172645463325252u + bits);
}

static void outliers_are_not_lost(void **state)
{
    (void)state;
    struct bt_histogram h = {.n = 0};
    for (int64_t i = 1; i <= 10000; i++)
        bt_histogram_add(&h, i % 500 == 0 ? 10000000 : 100000);
    assert_near(bt_histogram_at(&h, 0.99), 100000);
    assert_near(bt_histogram_at(&h, 0.999), 10000000);
    bt_histogram_done(&h);
}

static void the_ends_of_the_range(void **state)
{
    (void)state;
    struct bt_histogram h = {.n = 0};
    assert_int_equal(bt_histogram_at(&h, 0.5), 0);
    bt_histogram_add(&h, -5);
    bt_histogram_add(&h, 0);
    bt_histogram_add(&h, INT64_MAX);
    assert_int_equal(h.least, 0);
    assert_int_equal(bt_histogram_at(&h, 0.5), 0);
    assert_int_equal(bt_histogram_at(&h, 1), INT64_MAX);
    assert_int_equal(bt_histogram_between(&h, 0, 1), 2);
    bt_histogram_done(&h);
}

static void each_value_is_in_one_line_of_bars(void **state)
{
    (void)state;
    struct bt_latency row = {.module = "m", .function = "f", .arity = 1, .calls = 5};
    struct bt_buf out = BT_BUF_INIT;
    bt_histogram_add(&row.h, 1024);
    bt_histogram_add(&row.h, 2047);
    bt_histogram_add(&row.h, 2048);
    bt_histogram_add(&row.h, 1000);
    bt_latency_bars(&out, &row);
    assert_string_equal(bt_buf_cstr(&out),
        "m:f/1\n"
        "       512ns to      1us |####################                    |           1\n"
        "         1us to      2us |########################################|           2\n"
        "         2us to      4us |####################                    |           1\n");
    bt_buf_reset(&out);
    const struct bt_latency *rows[] = {&row};
    assert_int_equal(bt_latency_table(&out, rows, 1, 1), 2);
    assert_non_null(strstr(bt_buf_cstr(&out),
        "             5          4       1us       1us       2us       2us       2us       2us  m:f/1\n"));
    bt_buf_reset(&out);
    bt_latency_json(&out, &row, "n@h", 7);
    assert_string_equal(bt_buf_cstr(&out), "{\"event\":\"latency\",\"at_us\":7,\"node\":\"n@h\",\"function\":"
                                           "\"m:f/1\",\"calls\":5,\"sampled\":4,"
                                           "\"mean_ns\":1529,\"p50_ns\":1028,\"p90_ns\":2048,\"p99_ns\":2048,"
                                           "\"p99_9_ns\":2048,\"max_ns\":2048}\n");
    bt_buf_done(&out);
    bt_histogram_done(&row.h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_within_one_percent),
        cmocka_unit_test(outliers_are_not_lost),
        cmocka_unit_test(the_ends_of_the_range),
        cmocka_unit_test(each_value_is_in_one_line_of_bars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
