/*
 * test_order.c - events in the order they happened.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event/order.h"
#include "terms.h"

#define MS INT64_C(1000000)

static struct bt_arena arena;
static struct bt_order *order;

static int setup(void **state)
{
    (void)state;
    order = bt_order_new();
    return order ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bt_order_free(order);
    bt_arena_done(&arena);
    return 0;
}

static bool put_one(struct bt_slice event)
{
    struct bt_etf r;
    bt_etf_init(&r, event.p, event.len);
    return bt_order_put(order, &r, 1) && r.p == r.end;
}

static bool put_text(const char *text)
{
    return put_one(bt_test_etf(&arena, text));
}

static void put(int64_t mono_ns, int64_t unique)
{
    char text[128];
    snprintf(text, sizeof text, "{trace_ts,<0.44.0>,call,{m,f,1},{0},{%lld,%lld}}", (long long)mono_ns,
        (long long)unique);
    assert_true(put_text(text));
}

/* The event given out is the one that was put in with this stamp. */
static void assert_stamp(struct bt_slice event, int64_t mono_ns, int64_t unique)
{
    char text[64];
    snprintf(text, sizeof text, "{%lld,%lld}", (long long)mono_ns, (long long)unique);
    struct bt_slice stamp = bt_test_etf(&arena, text);
    assert_true(event.len > stamp.len);
    assert_memory_equal(event.p + event.len - stamp.len, stamp.p, stamp.len);
}

static void takes(bool all, int64_t mono_ns, int64_t unique)
{
    struct bt_slice event;
    assert_true(bt_order_take(order, all, &event));
    assert_stamp(event, mono_ns, unique);
}

static void takes_nothing(bool all)
{
    struct bt_slice event = {NULL, 42};
    assert_false(bt_order_take(order, all, &event));
    assert_int_equal(event.len, 42);
}

static void an_empty_buffer_has_nothing(void **state)
{
    (void)state;
    assert_true(bt_order_is_empty(order));
    takes_nothing(false);
    takes_nothing(true);
}

static void an_event_is_held_for_50_ms_of_the_nodes_time(void **state)
{
    (void)state;
    put(1000, 1);
    takes_nothing(false);
    put(1000 + 50 * MS - 1, 2);
    takes_nothing(false);
    put(1000 + 50 * MS, 3);
    takes(false, 1000, 1);
    takes_nothing(false);
    assert_false(bt_order_is_empty(order));
    takes(true, 1000 + 50 * MS - 1, 2);
    takes(true, 1000 + 50 * MS, 3);
    assert_true(bt_order_is_empty(order));
}

static void all_of_it_comes_out_in_order(void **state)
{
    (void)state;
    static const int64_t stamps[] = {5, -3, 9, 0, 7, -576460751000000000, 8};
    static const int64_t sorted[] = {-576460751000000000, -3, 0, 5, 7, 8, 9};
    for (size_t i = 0; i < 7; i++)
        put(stamps[i], 1);
    for (size_t i = 0; i < 7; i++)
        takes(true, sorted[i], 1);
    takes_nothing(true);
}

static void equal_times_are_told_apart_by_the_unique_number(void **state)
{
    (void)state;
    static const int64_t uniques[] = {3, -7, 1, 0, 2};
    for (size_t i = 0; i < 5; i++)
        put(1000, uniques[i]);
    put(999, 100);
    takes(true, 999, 100);
    takes(true, 1000, -7);
    for (int64_t u = 0; u < 4; u++)
        takes(true, 1000, u);
}

static void after_it_was_empty_time_begins_anew(void **state)
{
    (void)state;
    put(1000 * MS, 1);
    takes(true, 1000 * MS, 1);
    put(10 * MS, 2); /* far behind the newest there ever was, and still held */
    takes_nothing(false);
    takes(true, 10 * MS, 2);
}

/* Where a stream of events is out of order by less than the hold it comes out sorted, without ever asking for all. */
#define N 3000

struct sent {
    int64_t mono_ns, arrives_ns, unique;
};

static int by_arrival(const void *x, const void *y)
{
    const struct sent *a = x, *b = y;
    return a->arrives_ns != b->arrives_ns ? (a->arrives_ns < b->arrives_ns ? -1 : 1) : 0;
}

static void streams_out_of_order_come_out_sorted(void **state)
{
    (void)state;
    static struct sent sent[N];
    for (unsigned seed = 1; seed <= 10; seed++) {
        int64_t now = 0, last_ns = INT64_MIN, last_unique = 0, n = 0, early = 0;
        srand(seed);
        for (size_t i = 0; i < N; i++) {
            now += rand() % (int)(seed * MS / 2);
            sent[i] = (struct sent){now, now + rand() % (50 * MS), (int64_t)i};
        }
        qsort(sent, N, sizeof sent[0], by_arrival);
        for (size_t i = 0; i <= N; i++) {
            struct bt_slice event;
            if (i < N)
                put(sent[i].mono_ns, sent[i].unique);
            while (bt_order_take(order, i == N, &event)) {
                struct bt_etf r;
                int64_t mono_ns = 0, unique = 0;
                bt_etf_init(&r, event.p, event.len);
                assert_true(bt_etf_tuple_of(&r, 6));
                for (int skipped = 0; skipped < 5; skipped++)
                    assert_true(bt_etf_skip(&r));
                assert_true(
                    bt_etf_tuple_of(&r, 2) && bt_etf_int64(&r, &mono_ns) && bt_etf_int64(&r, &unique));
                assert_true(mono_ns > last_ns || (mono_ns == last_ns && unique > last_unique));
                last_ns = mono_ns, last_unique = unique;
                n++;
                early += i < N;
            }
        }
        assert_int_equal(n, N);
        assert_true(early > N / 2); /* the rest was held to the end */
        bt_arena_done(&arena);
    }
}

/* A binary of `bytes` as the captured value. */
static bool put_big(int64_t mono_ns, size_t bytes)
{
    char text[64];
    uint8_t *out, *p;
    snprintf(text, sizeof text, "{%lld,1}", (long long)mono_ns);
    struct bt_slice stamp = bt_test_etf(&arena, text);
    struct bt_slice small = bt_test_etf(&arena, "{trace_ts,<0.44.0>,call,{m,f,1},a,{1,1}}");
    size_t before = small.len - 6 - 3; /* {1,1} is 6 bytes, a is 3 */
    out = p = malloc(before + 5 + bytes + stamp.len);
    assert_non_null(out);
    memcpy(p, small.p, before);
    p += before;
    const uint8_t binary[] = {
        109, (uint8_t)(bytes >> 24), (uint8_t)(bytes >> 16), (uint8_t)(bytes >> 8), (uint8_t)bytes};
    memcpy(p, binary, 5);
    memset(p + 5, 0, bytes);
    memcpy(p + 5 + bytes, stamp.p, stamp.len);
    bool ok = put_one((struct bt_slice){out, before + 5 + bytes + stamp.len});
    free(out);
    return ok;
}

static void past_its_bytes_the_oldest_comes_out_at_once(void **state)
{
    (void)state;
    const size_t quarter = BT_ORDER_MAX_BYTES / 4;
    for (int64_t i = 0; i < 3; i++)
        assert_true(put_big(10 - i, quarter));
    takes_nothing(false);
    assert_true(put_big(20, quarter));
    takes(false, 8, 1);
    takes_nothing(false); /* below the cap again */
    assert_true(put_big(30, 5 * quarter));
    takes(false, 9, 1);
    takes(false, 10, 1);
    takes(false, 20, 1);
    takes(false, 30, 1);
    assert_true(bt_order_is_empty(order));
}

static void a_return_to_has_its_stamp_at_another_place(void **state)
{
    (void)state;
    assert_true(put_text("{trace_ts,<0.44.0>,return_to,{m,g,0},{20,2}}"));
    assert_true(put_text("{trace_ts,<0.44.0>,return_to,undefined,{30,3}}"));
    assert_true(put_text("{trace_ts,<0.44.0>,call,{m,f,1},{0},{10,1}}"));
    takes(true, 10, 1);
    takes(true, 20, 2);
    takes(true, 30, 3);
}

static void what_has_no_stamp_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"ok", "{}", "{{1,1}}", "[a,{1,1}]", "!", "!ff", "!6805", "{a,1}",
        "{a,{}}", "{a,{1}}", "{a,{1,1,1}}", "{a,{x,1}}", "{a,{1,x}}", "{a,[1,1]}", "{a,!ff,{1,1}}",
        "{{1,1},a}", "{a,{!6e09000000000000000001,1}}", /* 2^64 */
        "!68ff77016178", "!69ffffffff6101",
        /* times are added up later: event.c refuses these too */
        "{a,{9223372036854775807,1}}", "{a,{-9223372036854775808,1}}", "{a,{2305843009213693953,1}}"};
    put(5, 1);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (put_text(texts[i]))
            fail_msg("taken: %s", texts[i]);
    }
    takes(true, 5, 1);
    assert_true(bt_order_is_empty(order));
}

static void stamps_at_the_ends_of_time(void **state)
{
    (void)state;
    const int64_t end = INT64_C(1) << 61;
    put(-end, 1);
    put(end, INT64_MAX);
    put(end, INT64_MIN);
    takes(false, -end, 1);
    takes(true, end, INT64_MIN);
    takes(true, end, INT64_MAX);
}

static void each_cut_of_an_event_is_refused(void **state)
{
    (void)state;
    struct bt_slice whole = bt_test_etf(&arena, "{trace_ts,<0.44.0>,call,{m,f,1},{0,[a],\"xyz\"},{1000,5}}");
    for (size_t len = 0; len < whole.len; len++) {
        uint8_t *exact = malloc(len ? len : 1);
        assert_non_null(exact);
        memcpy(exact, whole.p, len);
        assert_false(put_one((struct bt_slice){exact, len}));
        free(exact);
    }
    assert_true(bt_order_is_empty(order));
}

static void a_batch_is_taken_as_a_whole(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{trace_ts,<0.44.0>,call,{m,f,1},{0},{30,1}}",
        "{trace_ts,<0.45.0>,call,{m,f,1},{0},{10,1}}",
        "{trace_ts,<0.44.0>,return_from,{m,f,1},\"value\",{40,1}}",
        "{trace_ts,<0.45.0>,return_from,{m,f,1},ok,{20,1}}",
    };
    struct bt_buf batch = BT_BUF_INIT;
    struct bt_etf r;
    for (size_t i = 0; i < 4; i++) {
        struct bt_slice event = bt_test_etf(&arena, texts[i]);
        bt_buf_put(&batch, event.p, event.len);
    }
    size_t len = batch.len;
    bt_buf_puts(&batch, "behind");
    bt_etf_init(&r, batch.data, batch.len);
    assert_true(bt_order_put(order, &r, 4));
    assert_ptr_equal(r.p, batch.data + len);
    bt_etf_init(&r, batch.data, len - 1); /* the last stamp is cut: nothing is taken, the cursor stays */
    assert_false(bt_order_put(order, &r, 4));
    assert_ptr_equal(r.p, batch.data);
    assert_false(bt_order_put(order, &r, UINT32_MAX));
    assert_true(bt_order_put(order, &r, 0));
    assert_int_equal(bt_order_count(order), 4);
    assert_false(bt_order_failed(order));
    bt_buf_done(&batch);
    for (int64_t stamp = 10; stamp <= 40; stamp += 10)
        takes(true, stamp, 1);
    takes_nothing(true);
}

/* A call with its end, which came long after it: both stand where the end does. */
static void pairs_stay_together(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{trace_ts,<0.44.0>,call,{m,f,1},{0},{30,1}}",
        "{trace_ts,<0.44.0>,return_from,{m,f,1},a,{40,1}}",
        "{trace_ts,<0.45.0>,call,{m,f,1},{0},{10,1}}",
        "{trace_ts,<0.45.0>,return_from,{m,f,1},b,{35,1}}",
        "{trace_ts,<0.46.0>,call,{m,f,1},{0},{20,1}}",
        "{trace_ts,<0.46.0>,return_from,{m,f,1},c,{50,1}}",
    };
    struct bt_buf batch = BT_BUF_INIT;
    struct bt_etf r;
    for (size_t i = 0; i < 6; i++) {
        struct bt_slice event = bt_test_etf(&arena, texts[i]);
        bt_buf_put(&batch, event.p, event.len);
    }
    bt_order_in_pairs(order);
    bt_etf_init(&r, batch.data, batch.len);
    assert_true(bt_order_put(order, &r, 6));
    bt_buf_done(&batch);
    static const int64_t want[] = {10, 35, 30, 40, 20, 50};
    for (size_t i = 0; i < 6; i++)
        takes(true, want[i], 1);
    takes_nothing(true);
}

static void what_is_left_is_freed(void **state)
{
    (void)state;
    struct bt_slice event;
    for (int64_t i = 0; i < 1000; i++)
        put(i, i);
    assert_true(bt_order_take(order, true, &event));
    bt_order_free(NULL); /* teardown frees the others; the sanitizer looks */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(an_empty_buffer_has_nothing),
        T(an_event_is_held_for_50_ms_of_the_nodes_time),
        T(all_of_it_comes_out_in_order),
        T(equal_times_are_told_apart_by_the_unique_number),
        T(after_it_was_empty_time_begins_anew),
        T(streams_out_of_order_come_out_sorted),
        T(past_its_bytes_the_oldest_comes_out_at_once),
        T(a_return_to_has_its_stamp_at_another_place),
        T(what_has_no_stamp_is_refused),
        T(stamps_at_the_ends_of_time),
        T(each_cut_of_an_event_is_refused),
        T(a_batch_is_taken_as_a_whole),
        T(pairs_stay_together),
        T(what_is_left_is_freed),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
