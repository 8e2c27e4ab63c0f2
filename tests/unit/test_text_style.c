/*
 * test_text_style.c - what options change of a line, and which lines are shown, to the byte.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "out/filter.h"
#include "outs.h"
#include "terms.h"

static struct bt_arena arena;
static struct bt_buf out;
static struct bt_text_opts opts;
static struct bt_text_style style;
static struct bt_out_head head;

#define CALL "{trace_ts,<0.44.0>,call,{shop,put,2},{0,[1,abc]},{1,1}}"
#define RAISED "{trace_ts,<0.44.0>,exception_from,{shop,put,2},{error,badarg},{1,1}}"

static int setup(void **state)
{
    static const char *const specs[] = {"shop:put/2 -> return"};
    (void)state;
    arena = (struct bt_arena)BT_ARENA_INIT;
    head = bt_test_head(&arena, specs, 1);
    style = (struct bt_text_style){.start_ns = head.start_wall_ns};
    opts = (struct bt_text_opts){.style = &style};
    bt_text_opts_init(&opts, &head);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bt_buf_done(&out);
    bt_arena_done(&arena);
    return 0;
}

static void assert_line(const struct bt_event *ev, const char *line)
{
    assert_true(bt_text_event(&out, ev, &opts));
    assert_text(&out, line);
}

static void times(void **state)
{
    (void)state;
    assert_true(bt_text_style_is_plain(&style));
    assert_line(bt_test_event(&arena, CALL), "22:13:20.123456 <0.44.0> shop:put(1, abc)\n");
    style.time = BT_TEXT_TIME_UTC;
    assert_false(bt_text_style_is_plain(&style));
    assert_line(bt_test_event(&arena, CALL), "22:13:20.123456Z <0.44.0> shop:put(1, abc)\n");
    style.time = BT_TEXT_TIME_RELATIVE;
    assert_line(bt_test_event(&arena, CALL), "+1.000000 <0.44.0> shop:put(1, abc)\n");
    style.start_ns = BT_TEST_WALL_NS + 2500000;
    assert_line(bt_test_event(&arena, CALL), "-0.002500 <0.44.0> shop:put(1, abc)\n");
    style.time = BT_TEXT_TIME_NONE;
    assert_line(bt_test_event(&arena, CALL), "<0.44.0> shop:put(1, abc)\n");
}

static void elixir(void **state)
{
    (void)state;
    style.time = BT_TEXT_TIME_NONE;
    head.syntax = BT_SYNTAX_ELIXIR;
    bt_text_opts_init(&opts, &head);
    assert_line(
        bt_test_event(&arena, "{trace_ts,<0.44.0>,call,{'Elixir.Shop','put!',2},{0,[nil,{a,'B c'}]},{1,1}}"),
        "#PID<0.44.0> Shop.put!(nil, {:a, :\"B c\"})\n");
    assert_line(bt_test_event(&arena, "{trace_ts,<0.44.0>,return_from,{shop,'a b',2},{ok,true},{1,1}}"),
        "#PID<0.44.0> :shop.\"a b\"/2 --> {:ok, true}\n");
}

static void names_stand_beside_the_pid(void **state)
{
    (void)state;
    style.time = BT_TEXT_TIME_NONE;
    style.has_names = true;
    struct bt_event *ev = bt_test_event(&arena, CALL);
    ev->name = (struct bt_slice){(const uint8_t *)"ti\x1bll", 5};
    assert_line(ev, "<0.44.0>(ti\\ell) shop:put(1, abc)\n");
    assert_line(bt_test_event(&arena, CALL), "<0.44.0> shop:put(1, abc)\n");
}

static void colours(void **state)
{
    (void)state;
    struct bt_event gap = {.type = BT_EVENT_LOST, .amount = 2, .wall_ns = BT_TEST_WALL_NS};
    style.has_color = true;
    assert_line(bt_test_event(&arena, RAISED), "\x1b[2m22:13:20.123456 \x1b[0m\x1b[36m<0.44.0>\x1b[0m "
                                               "\x1b[1mshop:put\x1b[0m\x1b[31m/2 ** error:badarg\x1b[0m\n");
    style.time = BT_TEXT_TIME_NONE;
    assert_line(&gap, "\x1b[33m-- 2 events lost\x1b[0m\n");
    style.max_line = 12;
    assert_line(bt_test_event(&arena, CALL), "\x1b[36m<0.44.0>\x1b[0m \x1b[1msho\x1b[0m...+13\n");
}

static void cut(const char *text, uint32_t most, const char *want)
{
    bt_buf_puts(&out, text);
    bt_text_cut(&out, 0, most);
    assert_text(&out, want);
}

static void long_lines_are_cut_between_characters(void **state)
{
    (void)state;
    cut("abc", 3, "abc");
    cut("abcd", 3, "abc...+1");
    cut("\xC3\xA4\xC3\xB6\xC3\xBC\xE2\x82\xAC", 2, "\xC3\xA4\xC3\xB6...+2");
    cut("", 1, "");
}

static void broken(const char *text, size_t width, const char *want)
{
    bt_buf_puts(&out, text);
    bt_text_break(&out, 0, width);
    assert_text(&out, want);
}

static void long_lines_are_broken_at_brackets(void **state)
{
    (void)state;
    broken("f({a,b}, [1,2])", 40, "f({a,b}, [1,2])");
    broken("f({a,b}, [1,2])", 10, "f(\n    {a,b},\n    [1,2]\n  )");
    broken("f({aaaa,bbbb}, c)", 12, "f(\n    {\n      aaaa,\n      bbbb\n    },\n    c\n  )");
    broken("x --> #{k => <<1,2>>,l => \"a,(b\"}", 20, "x --> #{\n    k => <<1,2>>,\n    l => \"a,(b\"\n  }");
    broken("%{a: ~r/(,/, b: \"\\\",\"}", 10, "%{\n    a: ~r/(,/,\n    b: \"\\\",\"\n  }");
}

static void what_has_no_partner_is_left_alone(void **state)
{
    (void)state;
    broken("<0.1.0> << {a,b,ccccccc} <-- <0.2.0>", 20,
        "<0.1.0> << {\n    a,\n    b,\n    ccccccc\n  } <-- <0.2.0>");
    broken(")]}>> a, b, c, d, e, f, g", 10, ")]}>> a, b, c, d, e, f, g");
    broken("([{<<<<((((((((([[[[[ a, b, c", 10, "([{<<<<((((((((([[[[[ a, b, c");
    broken("\"unfinished, (a, b", 5, "\"unfinished, (a, b");
    broken("(a, b] c), ddddddddd", 8, "(\n    a,\n    b] c\n  ), ddddddddd");
}

/* ---- which lines are shown ---- */

static const struct bt_regex *regex(const char *text)
{
    size_t at;
    const struct bt_regex *re = bt_regex_new(&arena, text, strlen(text), &at, NULL);
    assert_non_null(re);
    return re;
}

static bool takes(struct bt_filter *f, const char *event)
{
    return bt_filter_takes(f, bt_test_event(&arena, event));
}

static void lines_that_match_are_shown(void **state)
{
    (void)state;
    const struct bt_regex *wanted[] = {regex("abc\\)$"), regex("error:")}, *unwanted[] = {regex("badarg")};
    struct bt_print_opts print = {.max_depth = 0};
    struct bt_filter f = {.wanted = wanted, .unwanted = unwanted};
    style.has_color = true; /* it is not looked at */
    style.max_line = 5;
    assert_false(bt_filter_is_on(&f));
    bt_filter_begin(&f, &head, &style, &print);
    assert_true(takes(&f, CALL));
    f.n_wanted = 2;
    assert_true(bt_filter_is_on(&f));
    assert_true(takes(&f, CALL));
    assert_true(takes(&f, RAISED));
    assert_false(takes(&f, "{trace_ts,<0.44.0>,call,{shop,put,2},{0,[1,xyz]},{1,1}}"));
    f.n_unwanted = 1;
    assert_false(takes(&f, RAISED));
    assert_true(takes(&f, CALL));
    assert_false(f.has_failed);
    bt_filter_done(&f);
}

int main(void)
{
    setenv("TZ", "UTC", 1);
    tzset();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(times, setup, teardown),
        cmocka_unit_test_setup_teardown(elixir, setup, teardown),
        cmocka_unit_test_setup_teardown(names_stand_beside_the_pid, setup, teardown),
        cmocka_unit_test_setup_teardown(colours, setup, teardown),
        cmocka_unit_test_setup_teardown(long_lines_are_cut_between_characters, setup, teardown),
        cmocka_unit_test_setup_teardown(long_lines_are_broken_at_brackets, setup, teardown),
        cmocka_unit_test_setup_teardown(what_has_no_partner_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_that_match_are_shown, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
