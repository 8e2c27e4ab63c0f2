/*
 * test_bucket.c - the token bucket: exact over any time, and within its limits.
 */
#include "check.h"

#include "limit/bucket.h"

#define HOUR_US INT64_C(3600000000)

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Takes all there is. */
static int64_t drain(struct bt_bucket *b, int64_t now_us)
{
    int64_t n = 0;
    while (bt_bucket_take(b, now_us))
        n++;
    return n;
}

static void an_hour_gives_the_exact_count(void **state)
{
    (void)state;
    static const struct {
        int64_t n, interval_us, step_us;
    } table[] = {{3, 7000, 1000}, {3, 7000, 999}, {7, 3000, 1234}, {1, 1000, 977}, {100, 1000000, 3001},
        {1, 86400000000, 500000}, {100000, 1000000, 500}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct bt_bucket b;
        const int64_t start = -576460751000000, burst = 1000;
        int64_t n = 0, us;
        bt_bucket_init(&b, (struct bt_rate){table[i].n, table[i].interval_us}, burst, start);
        for (us = 0; us <= HOUR_US; us += table[i].step_us)
            n += drain(&b, start + us);
        us -= table[i].step_us;
        assert_int_equal(n, burst + us * table[i].n / table[i].interval_us);
    }
}

static void a_full_bucket_gives_its_burst_at_once(void **state)
{
    (void)state;
    struct bt_bucket b;
    bt_bucket_init(&b, (struct bt_rate){100, 1000000}, 10, 0);
    assert_int_equal(drain(&b, 0), 10);
    assert_int_equal(drain(&b, 9999), 0);
    assert_int_equal(drain(&b, 10000), 1);
    assert_int_equal(drain(&b, 10000 + 49999), 4);
    assert_int_equal(drain(&b, 10000 + 50000), 1);
    assert_int_equal(drain(&b, HOUR_US), 10); /* it never holds more */
    assert_int_equal(drain(&b, HOUR_US), 0);
    assert_int_equal(drain(&b, INT64_MAX), 10);
}

static void a_clock_that_goes_back_gives_nothing(void **state)
{
    (void)state;
    struct bt_bucket b;
    bt_bucket_init(&b, (struct bt_rate){1, 1000}, 2, 5000);
    assert_int_equal(drain(&b, 0), 2); /* what there was is still there */
    assert_int_equal(drain(&b, 4000), 0);
    assert_int_equal(drain(&b, 5999), 0);
    assert_int_equal(drain(&b, 1000), 0);
    assert_int_equal(drain(&b, 6000), 1); /* the time that is made up for is not counted twice */
    assert_int_equal(drain(&b, 6000), 0);
}

static void no_limit(void **state)
{
    (void)state;
    struct bt_bucket b;
    bt_bucket_init(&b, (struct bt_rate){-1, 1000000}, 1, 0);
    for (int i = 0; i < 100000; i++)
        assert_true(bt_bucket_take(&b, 0));
    assert_true(bt_bucket_take(&b, INT64_MIN));
}

static void arguments_are_brought_within_their_limits(void **state)
{
    (void)state;
    static const struct {
        int64_t n, interval_us, burst;
        int64_t want_n, want_interval_us, want_burst;
    } table[] = {
        {0, 1000, 1, 0, 1000, 1},
        {1, 0, 1, 1, 1, 1},
        {1, -5, -5, 1, 1, 1},
        {INT64_MIN, 1000, INT64_MIN, -1, 1000, 1},
        {INT64_MAX, 1, INT64_MAX, INT64_C(1) << 31, 1, INT64_C(1) << 31},
        {1, INT64_MAX, 1, 1, INT64_C(86400000000), 1},
        {1, INT64_MAX, INT64_MAX, 1, INT64_C(86400000000), INT64_MAX / 2 / INT64_C(86400000000)},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct bt_bucket b;
        bt_bucket_init(&b, (struct bt_rate){table[i].n, table[i].interval_us}, table[i].burst, 0);
        assert_int_equal(b.rate.n, table[i].want_n);
        assert_int_equal(b.rate.interval_us, table[i].want_interval_us);
        assert_int_equal(b.burst, table[i].want_burst);
        for (int64_t us = 1; us > 0 && us < INT64_MAX / 3; us *= 3)
            assert_true(bt_bucket_take(&b, us) || b.level < b.rate.interval_us);
    }
}

static void a_rate_of_nothing_gives_its_burst_only(void **state)
{
    (void)state;
    struct bt_bucket b;
    bt_bucket_init(&b, (struct bt_rate){0, 1000}, 3, 0);
    assert_int_equal(drain(&b, 0), 3);
    assert_int_equal(drain(&b, INT64_MAX), 0);
}

static void the_burst_when_none_is_given(void **state)
{
    (void)state;
    static const int64_t table[][2] = {{-1, 1}, {1, 1}, {9, 1}, {10, 1}, {19, 1}, {20, 2}, {10000, 1000}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_int_equal(bt_bucket_default_burst((struct bt_rate){table[i][0], 1000000}), table[i][1]);
}

/* The same, microsecond by microsecond. */
struct naive {
    int64_t n, interval_us, full, level, at_us;
};

static bool naive_take(struct naive *x, int64_t now_us)
{
    for (; x->at_us < now_us; x->at_us++)
        x->level = x->level + x->n > x->full ? x->full : x->level + x->n;
    if (x->level < x->interval_us)
        return false;
    x->level -= x->interval_us;
    return true;
}

static void as_a_naive_one_does_it(void **state)
{
    (void)state;
    uint64_t seed = 0x9E3779B97F4A7C15u;
    for (int run = 0; run < 300; run++) {
        int64_t n = (int64_t)(next_random(&seed) % 50) + 1,
                interval_us = (int64_t)(next_random(&seed) % 3000) + 1;
        int64_t burst = (int64_t)(next_random(&seed) % 20) + 1, longest = 3 * interval_us / n + 2, us = 0;
        struct bt_bucket b;
        struct naive x = {n, interval_us, burst * interval_us, burst * interval_us, 0};
        bt_bucket_init(&b, (struct bt_rate){n, interval_us}, burst, 0);
        for (int i = 0; i < 200; i++) {
            int64_t step = (int64_t)(next_random(&seed) % (uint64_t)longest);
            int64_t back = next_random(&seed) % 8 == 0 ? step : 0; /* now and then a look at the past */
            us += step;
            bool is_there = naive_take(&x, us);
            assert_int_equal(bt_bucket_take(&b, us), is_there);
            assert_int_equal(bt_bucket_take(&b, us - back), naive_take(&x, us - back));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_hour_gives_the_exact_count),
        cmocka_unit_test(a_full_bucket_gives_its_burst_at_once),
        cmocka_unit_test(a_clock_that_goes_back_gives_nothing),
        cmocka_unit_test(no_limit),
        cmocka_unit_test(arguments_are_brought_within_their_limits),
        cmocka_unit_test(a_rate_of_nothing_gives_its_burst_only),
        cmocka_unit_test(the_burst_when_none_is_given),
        cmocka_unit_test(as_a_naive_one_does_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
