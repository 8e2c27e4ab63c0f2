/*
 * test_print_named.c - records with the names of their fields, in terms and in patterns.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "term/print.h"
#include "term/shape.h"
#include "terms.h"

static struct bt_arena arena;

static const char *const user[] = {"name", "max items"}, *const none[] = {NULL}, *const other[] = {"a", "b"};
static const struct bt_print_def items[] = {
    {"user", user, 2}, {"empty", none, 0}, {"user", other, 2}, {"rec", user, 1}};
static const struct bt_print_defs defs = {items, 4};

static int teardown(void **state)
{
    (void)state;
    bt_arena_done(&arena);
    return 0;
}

static void check_with(const struct bt_print_opts *opts, const char *term, const char *want)
{
    struct bt_buf out = BT_BUF_INIT;
    struct bt_etf r = bt_test_cursor(&arena, term);
    assert_true(bt_print_term(&out, &r, opts));
    assert_ptr_equal(r.p, r.end);
    assert_text(&out, want);
    bt_buf_done(&out);
}

static void check(const char *term, const char *want)
{
    const struct bt_print_opts opts = {.records = &defs};
    check_with(&opts, term, want);
}

static void records(void **state)
{
    (void)state;
    check("{user,bob,5}", "#user{name = bob,'max items' = 5}");
    check("{empty}", "#empty{}");
    check("{rec,1}", "#rec{name = 1}");
    check("[{user,{rec,[{empty}]},#{{rec,1}=>{rec,2}}}|{rec,\"ab\"}]",
        "[#user{name = #rec{name = [#empty{}]},'max items' = #{#rec{name = 1} => #rec{name = 2}}}|#rec{name "
        "= \"ab\"}]");
}

static void what_is_none(void **state)
{
    (void)state;
    check("{user,bob}", "{user,bob}");
    check("{user,bob,5,6}", "{user,bob,5,6}");
    check("{{user},bob,5}", "{{user},bob,5}");
    check("{<<\"user\">>,bob,5}", "{<<\"user\">>,bob,5}");
    check("[user,bob,5]", "[user,bob,5]");
    check("{}", "{}");
    check("#{user=>{a,[1,2|3]}}", "#{user => {a,[1,2|3]}}");
}

static void levels(void **state)
{
    (void)state;
    const struct bt_print_opts two = {.records = &defs, .max_depth = 2};
    check_with(
        &two, "{user,{rec,{rec,1}},{a,{rec,1}}}", "#user{name = #rec{name = ...},'max items' = {a,...}}");
}

static void deeper_than_names_go(void **state)
{
    (void)state;
    struct bt_buf term = BT_BUF_INIT, want = BT_BUF_INIT;
    for (int i = 0; i < 70; i++) {
        bt_buf_puts(&term, "{rec,");
        bt_buf_puts(&want, i < 64 ? "#rec{name = " : "{rec,");
    }
    bt_buf_puts(&term, "1");
    bt_buf_puts(&want, "1");
    for (int i = 0; i < 70; i++) {
        bt_buf_puts(&term, "}");
        bt_buf_puts(&want, "}");
    }
    check(bt_buf_cstr(&term), bt_buf_cstr(&want));
    bt_buf_done(&term);
    bt_buf_done(&want);
}

static void elixir_has_tuples(void **state)
{
    (void)state;
    const struct bt_print_opts opts = {.records = &defs, .syntax = BT_SYNTAX_ELIXIR};
    check_with(&opts, "{user,bob,5}", "{:user, :bob, 5}");
}

static void patterns(void **state)
{
    (void)state;
    const struct bt_print_opts opts = {.records = &defs};
    struct bt_slice value = bt_test_etf(&arena, "{rec,1}");
    struct bt_buf out = BT_BUF_INIT;
    const struct bt_term *parts[] = {bt_term_atom(&arena, "user"), bt_term_new(&arena, BT_TERM_CAPTURE),
        bt_term_new(&arena, BT_TERM_HOLE)};
    assert_true(bt_shape_print(&out, bt_term_tuple(&arena, parts, 3), &value, 1, &opts));
    assert_text(&out, "#user{name = #rec{name = 1},'max items' = _}");
    assert_true(bt_shape_print(&out, bt_term_tuple(&arena, parts, 2), &value, 1, &opts));
    assert_text(&out, "{user,#rec{name = 1}}");
    bt_buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records),
        cmocka_unit_test(what_is_none),
        cmocka_unit_test(levels),
        cmocka_unit_test(deeper_than_names_go),
        cmocka_unit_test(elixir_has_tuples),
        cmocka_unit_test(patterns),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
