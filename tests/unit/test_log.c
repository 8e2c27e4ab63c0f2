/*
 * test_log.c - debug areas: names, masks, lines.
 */
#include "check.h"

#include <string.h>

#include "base/log.h"

struct lines {
    int n;
    char area[16], text[2048];
};

static void take_line(void *arg, const char *area, const char *text)
{
    struct lines *l = arg;
    l->n++;
    strncpy(l->area, area, sizeof l->area - 1);
    strncpy(l->text, text, sizeof l->text - 1);
}

static void every_area_has_a_name(void **state)
{
    (void)state;
    unsigned all = 0;
#define BT_X(id, name)                                                                                       \
    assert_int_equal(bt_log_mask(name), 1u << BT_LOG_##id);                                                  \
    all |= bt_log_mask(name);
    BT_LOG_AREAS(BT_X)
#undef BT_X
    assert_int_equal(bt_log_mask("all"), all);
    static const char *const unknown[] = {"", "con", "connx", "ALL", "conn,rpc"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++)
        assert_int_equal(bt_log_mask(unknown[i]), 0);
}

static void only_areas_that_are_on_are_heard(void **state)
{
    (void)state;
    struct lines got = {0};
    struct bt_log log = {bt_log_mask("rpc"), take_line, &got};
    assert_true(bt_log_on(&log, BT_LOG_RPC));
    assert_false(bt_log_on(&log, BT_LOG_CONN));
    bt_log(&log, BT_LOG_CONN, "no");
    assert_int_equal(got.n, 0);
    bt_log(&log, BT_LOG_RPC, "%s:%d", "x", 7);
    assert_int_equal(got.n, 1);
    assert_string_equal(got.area, "rpc");
    assert_string_equal(got.text, "x:7");
}

static void off_is_silent(void **state)
{
    (void)state;
    struct bt_log no_callback = {.mask = ~0u};
    bt_log(NULL, BT_LOG_CONN, "x");
    bt_log(&no_callback, BT_LOG_CONN, "x");
    assert_false(bt_log_on(NULL, BT_LOG_CONN));
    assert_false(bt_log_on(&no_callback, BT_LOG_CONN));
}

static void a_long_line_is_cut(void **state)
{
    (void)state;
    struct lines got = {0};
    struct bt_log log = {bt_log_mask("all"), take_line, &got};
    char text[3000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    bt_log(&log, BT_LOG_LIMIT, "%s", text);
    assert_int_equal(strlen(got.text), 1023);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_area_has_a_name),
        cmocka_unit_test(only_areas_that_are_on_are_heard),
        cmocka_unit_test(off_is_silent),
        cmocka_unit_test(a_long_line_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
