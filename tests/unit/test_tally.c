/*
 * test_tally.c - what was counted, as table, lines and JSON.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/tally.h"

static struct beamtap_tally rows[] = {
    {.module = "m",
        .function = "seldom",
        .calls = 10,
        .time_us = 5000,
        .calls_before = 10,
        .time_before_us = 5000},
    {.module = "m",
        .function = "often",
        .arity = 2,
        .calls = 3000000,
        .time_us = 1500000,
        .bytes = 2048,
        .calls_before = 1000000,
        .time_before_us = 500000,
        .bytes_before = 1024},
    {.module = "m", .function = "Never \"x\"", .arity = 1},
};

static struct bt_tallies tallies(void)
{
    return (struct bt_tallies){.rows = rows,
        .n_rows = 3,
        .sum = {.calls = 3000010,
            .time_us = 1505000,
            .bytes = 2048,
            .calls_before = 1000010,
            .time_before_us = 505000,
            .bytes_before = 1024,
            .before_us = 1000000,
            .at_us = 2000000},
        .began_us = 0};
}

static const struct bt_tally_opts opts = {.top = 10, .wall_us = 1700000000000000, .node = "n@h"};

#define ASSERT(out, text)                                                                                    \
    do {                                                                                                     \
        assert_string_equal(bt_buf_cstr(&(out)), text);                                                      \
        bt_buf_reset(&(out));                                                                                \
    } while (0)

static void a_table_of_what_was_called(void **state)
{
    (void)state;
    struct bt_tallies t = tallies();
    struct bt_tally_opts o = opts;
    struct bt_buf out = BT_BUF_INIT;
    assert_int_equal(bt_tally_table(&out, &t, &o), 4);
    ASSERT(out, "          calls        calls/s  function\n"
                "      3,000,000      2,000,000  m:often/2\n"
                "             10              0  m:seldom/0\n"
                "      3,000,010      2,000,000  all\n");
    o.is_total = true;
    o.top = 1;
    assert_int_equal(bt_tally_table(&out, &t, &o), 3);
    ASSERT(out, "          calls        calls/s  function\n"
                "      3,000,000      1,500,000  m:often/2\n"
                "      3,000,010      1,500,005  all, with 1 more that were called (--top)\n");
    bt_buf_done(&out);
}

static void times_have_means_and_shares(void **state)
{
    (void)state;
    struct bt_tallies t = tallies();
    struct bt_buf out = BT_BUF_INIT;
    t.has_times = t.has_memory = true;
    bt_tally_table(&out, &t, &opts);
    ASSERT(out, "          calls        time      mean   share      memory  function\n"
                "      3,000,000      1.500s     500ns   99.7%        2 KB  m:often/2\n"
                "             10      5.00ms     500us    0.3%     0 bytes  m:seldom/0\n"
                "      3,000,010      1.505s     501ns  100.0%        2 KB  all\n");
    bt_buf_done(&out);
}

static void lines_tell_what_is_new(void **state)
{
    (void)state;
    struct bt_tallies t = tallies();
    struct bt_buf out = BT_BUF_INIT;
    bt_tally_lines(&out, &t, &opts);
    ASSERT(out, "22:13:20      3,000,000      2,000,000  m:often/2\n");
    bt_tally_json(&out, &t, &opts);
    ASSERT(out, "{\"event\":\"count\",\"at_us\":1700000000000000,\"node\":\"n@h\",\"function\":\"m:often/"
                "2\",\"calls\":3000000,\"calls_per_s\":2000000}\n"
                "{\"event\":\"total\",\"at_us\":1700000000000000,\"node\":\"n@h\",\"calls\":3000010,\"calls_"
                "per_s\":2000000}\n");
    bt_buf_done(&out);
}

static void processes_have_names_and_are_no_sum(void **state)
{
    (void)state;
    struct bt_tallies t = {.n_rows = 0};
    struct bt_buf out = BT_BUF_INIT;
    static const char *const pids[] = {"<0.9.0>", "<0.10.0>", ""};
    static const char *const names[] = {"my name", "", ""};
    for (int i = 0; i < 3; i++) {
        struct beamtap_tally *row = bt_tallies_add(&t);
        assert_non_null(row);
        row->pid = pids[i];
        row->name = names[i];
        row->calls = 3 - i;
    }
    t.sum.calls = 6;
    assert_int_equal(bt_tally_table(&out, &t, &opts), 5);
    ASSERT(out, "          calls        calls/s  process\n"
                "              3              0  <0.9.0> 'my name'\n"
                "              2              0  <0.10.0>\n"
                "              1              0  \n"
                "              6              0  all\n");
    bt_tally_json(&out, &t, &opts);
    const char *json = bt_buf_cstr(&out);
    assert_non_null(strstr(json, "\"pid\":\"<0.9.0>\",\"name\":\"my name\",\"calls\":3"));
    assert_non_null(
        strstr(json, "{\"event\":\"count\",\"at_us\":1700000000000000,\"node\":\"n@h\",\"pid\":\"\""));
    assert_non_null(
        strstr(json, "{\"event\":\"total\",\"at_us\":1700000000000000,\"node\":\"n@h\",\"calls\":6"));
    bt_buf_done(&out);
    bt_tallies_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_of_what_was_called),
        cmocka_unit_test(times_have_means_and_shares),
        cmocka_unit_test(lines_tell_what_is_new),
        cmocka_unit_test(processes_have_names_and_are_no_sum),
    };
    setenv("TZ", "UTC0", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
