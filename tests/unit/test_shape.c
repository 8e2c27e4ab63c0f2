/*
 * test_shape.c - patterns printed with the values they captured.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "term/shape.h"

static struct bt_arena arena;
static const struct bt_term *x, *hole;

static int setup(void **state)
{
    (void)state;
    x = bt_term_new(&arena, BT_TERM_CAPTURE);
    hole = bt_term_new(&arena, BT_TERM_HOLE);
    return x && hole ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    bt_arena_done(&arena);
    return 0;
}

static const struct bt_term *capture(size_t n)
{
    struct bt_term *t = bt_term_new(&arena, BT_TERM_CAPTURE);
    assert_non_null(t);
    t->u.capture = n;
    return t;
}

static const struct bt_term *atom(const char *name)
{
    return bt_term_atom(&arena, name);
}

static const struct bt_term *integer(int64_t v)
{
    return bt_term_int(&arena, v);
}

static const struct bt_term *list2(
    const struct bt_term *a, const struct bt_term *b, const struct bt_term *tail)
{
    const struct bt_term *items[] = {a, b};
    return bt_term_list(&arena, items, b ? 2 : 1, tail);
}

static void check(const struct bt_term *shape, const struct bt_print_opts *opts, const char *etf, size_t len,
    const char *want)
{
    struct bt_buf b = BT_BUF_INIT;
    struct bt_slice value = {(const uint8_t *)etf, len};
    assert_non_null(shape);
    assert_int_equal(bt_shape_print(&b, shape, &value, 1, opts), want != NULL);
    if (want)
        assert_string_equal(bt_buf_cstr(&b), want);
    bt_buf_done(&b);
}

/* The shape, the external term X stands for, and the text; NULL: fails. */
#define SHAPE(shape, etf, want) check((shape), NULL, (etf), sizeof(etf) - 1, (want))

#define TEXT "\x6b\0\2hi"
#define BYTES "\x6b\0\2\1\2"
#define FIVE "\x61\5"

static void holes_and_captures(void **state)
{
    (void)state;
    SHAPE(x, FIVE, "5");
    SHAPE(hole, FIVE, "_");
    SHAPE(bt_term_tuple3(&arena, atom("ok"), x, hole), FIVE, "{ok,5,_}");
    SHAPE(bt_term_tuple2(&arena, x, x), TEXT, "{\"hi\",\"hi\"}");
    SHAPE(bt_term_tuple(&arena, NULL, 0), FIVE, "{}");
}

static void several_captures(void **state)
{
    (void)state;
    struct bt_slice values[] = {{(const uint8_t *)FIVE, 2}, {(const uint8_t *)TEXT, 5}};
    struct bt_buf b = BT_BUF_INIT;
    assert_true(bt_shape_print(&b, bt_term_tuple2(&arena, capture(1), capture(0)), values, 2, NULL));
    assert_string_equal(bt_buf_cstr(&b), "{\"hi\",5}");
    bt_buf_done(&b);
}

static void leaves(void **state)
{
    (void)state;
    static const uint8_t mag[9] = {0, 0, 0, 0, 0, 0, 0, 0, 1};
    struct bt_print_opts opts = {.home = {(const uint8_t *)"a@b", 3}};
    struct bt_term *pid = bt_term_new(&arena, BT_TERM_PID), *port = bt_term_new(&arena, BT_TERM_PORT),
                   *ref = bt_term_new(&arena, BT_TERM_REF);
    pid->u.pid.id = 44;
    port->u.port = 6;
    ref->u.ref.n = 2;
    ref->u.ref.words[1] = 7;
    SHAPE(bt_term_tuple3(&arena, pid, port, ref), FIVE, "{<0.44.0>,#Port<0.6>,#Ref<0.7.0>}");
    check(bt_term_tuple3(&arena, pid, port, ref), &opts, FIVE, 2, "{<0.44.0>,#Port<0.6>,#Ref<0.7.0>}");
    ref->u.ref.n = 6;
    SHAPE(ref, FIVE, NULL);
    SHAPE(bt_term_big(&arena, true, mag, sizeof mag), FIVE, "-18446744073709551616");
    SHAPE(bt_term_float(&arena, 0.1), FIVE, "0.1");
    SHAPE(bt_term_binary(&arena, "a\xf0", 2, 4), FIVE, "<<97,15:4>>");
    SHAPE(bt_term_fun(&arena, "m", "F", 2), FIVE, "fun m:'F'/2");
    SHAPE(bt_term_raw(&arena, TEXT, 5), FIVE, "\"hi\"");
    SHAPE(atom("Foo"), FIVE, "'Foo'");
}

static void maps_are_patterns(void **state)
{
    (void)state;
    const struct bt_term *pairs[] = {atom("k"), x, integer(1), hole};
    SHAPE(bt_term_map(&arena, pairs, 2), FIVE, "#{k := 5,1 := _}");
    SHAPE(bt_term_map(&arena, pairs, 0), FIVE, "#{}");
    SHAPE(bt_term_map(&arena, pairs, 1), "\x74\0\0\0\1\x61\1\x61\2", "#{k := #{1 => 2}}");
}

static void lists(void **state)
{
    (void)state;
    SHAPE(list2(atom("a"), hole, NULL), FIVE, "[a,_]");
    SHAPE(list2(atom("a"), x, NULL), FIVE, "[a,5]");
    SHAPE(list2(atom("a"), NULL, hole), FIVE, "[a|_]");
    SHAPE(list2(hole, NULL, x), FIVE, "[_|5]");
    SHAPE(list2(hole, NULL, x), "\x6a", "[_]");
    SHAPE(list2(hole, NULL, x), BYTES, "[_,1,2]");
    SHAPE(list2(hole, NULL, x), TEXT, "[_,104,105]");
    SHAPE(list2(hole, NULL, x),
        "\x6c\0\0\0\2\x61\1\x77\1"
        "a\x6a",
        "[_,1,a]");
    SHAPE(list2(hole, NULL, x),
        "\x6c\0\0\0\1\x61\1\x77\1"
        "a",
        "[_,1|a]");
    SHAPE(list2(hole, NULL, list2(atom("b"), NULL, x)), BYTES, "[_,b,1,2]");
    SHAPE(list2(hole, NULL, list2(atom("b"), NULL, NULL)), BYTES, "[_,b]");
    SHAPE(list2(hole, NULL, bt_term_list(&arena, NULL, 0, NULL)), BYTES, "[_]");
    SHAPE(list2(hole, NULL, bt_term_list(&arena, NULL, 0, x)), BYTES, "[_,1,2]");
    SHAPE(bt_term_list(&arena, NULL, 0, NULL), FIVE, "[]");
    SHAPE(bt_term_list(&arena, NULL, 0, x), FIVE, "5");
}

/* What the caller gave was a string, so it is shown as one. */
static void lists_that_are_text(void **state)
{
    (void)state;
    SHAPE(bt_term_charlist(&arena, "abc"), FIVE, "\"abc\"");
    SHAPE(list2(x, NULL, NULL),
        "\x61"
        "a",
        "\"a\"");
    SHAPE(list2(integer('a'), NULL, x), TEXT, "\"ahi\"");
    SHAPE(list2(integer('a'), NULL, x), "\x6a", "\"a\"");
    SHAPE(list2(integer('a'), NULL, x), FIVE, "[97|5]");
    SHAPE(list2(integer(1), x, NULL),
        "\x61"
        "a",
        "[1,97]");
    SHAPE(list2(integer(1), NULL, x), TEXT, "[1,104,105]");
    SHAPE(list2(x, integer('b'), bt_term_charlist(&arena, "c")),
        "\x61"
        "a",
        "\"abc\"");
    SHAPE(list2(x, NULL, NULL), TEXT, "[\"hi\"]");
    SHAPE(list2(bt_term_raw(&arena,
                    "\x61"
                    "a",
                    2),
              NULL, x),
        TEXT, "\"ahi\"");
}

static void depth(void **state)
{
    (void)state;
    struct bt_print_opts one = {.max_depth = 1}, two = {.max_depth = 2};
    const struct bt_term *t = bt_term_tuple2(&arena, bt_term_tuple1(&arena, x), x), *l = list2(hole, NULL, x);
    static const char tuple[] = "\x68\1\x68\1\x61\1";
    check(t, &one, tuple, 6, "{...,...}");
    check(t, &two, tuple, 6, "{{...},{...}}");
    check(t, NULL, tuple, 6, "{{{{1}}},{{1}}}");
    check(l, &one, "\x6c\0\0\0\1\x68\1\x61\1\x6a", 10, "[_,...]");
    check(l, &two, "\x6c\0\0\0\1\x68\1\x61\1\x6a", 10, "[_,{1}]");
    check(list2(x, NULL, NULL), &one, tuple, 6, "[...]");
}

static void missing_and_broken_values(void **state)
{
    (void)state;
    SHAPE(capture(1), FIVE, NULL);
    SHAPE(list2(capture(1), NULL, NULL), FIVE, NULL);
    SHAPE(list2(hole, NULL, capture(1)), FIVE, NULL);
    static const char *const broken[] = {"", "\x61", "\x61\5\x61", "\x6b"};
    static const size_t len[] = {0, 1, 3, 1};
    const struct bt_term *pairs[] = {x, hole, atom("k"), x};
    for (size_t i = 0; i < 4; i++) {
        check(x, NULL, broken[i], len[i], NULL);
        check(bt_term_tuple2(&arena, atom("a"), x), NULL, broken[i], len[i], NULL);
        check(list2(x, NULL, NULL), NULL, broken[i], len[i], NULL);
        check(list2(integer(97), NULL, x), NULL, broken[i], len[i], NULL);
        check(list2(hole, x, NULL), NULL, broken[i], len[i], NULL);
        check(list2(hole, NULL, x), NULL, broken[i], len[i], NULL);
        check(list2(hole, NULL, list2(hole, x, NULL)), NULL, broken[i], len[i], NULL);
        check(list2(hole, NULL, bt_term_tuple1(&arena, x)), NULL, broken[i], len[i], NULL);
        check(bt_term_map(&arena, pairs, 1), NULL, broken[i], len[i], NULL);
        check(bt_term_map(&arena, pairs + 2, 1), NULL, broken[i], len[i], NULL);
    }
    struct bt_buf b = BT_BUF_INIT;
    assert_false(bt_shape_print(&b, x, NULL, 0, NULL));
    bt_buf_done(&b);
}

static void every_failing_append(void **state)
{
    (void)state;
    static const char want[] = "{\"ahi\",[_,104,105],#{_ := \"hi\"}}";
    const struct bt_term *pairs[] = {hole, x}, *t = bt_term_tuple3(&arena, list2(integer('a'), NULL, x),
                                                   list2(hole, NULL, x), bt_term_map(&arena, pairs, 1));
    struct bt_slice value = {(const uint8_t *)TEXT, 5};
    for (size_t limit = 1; limit < sizeof want; limit++) {
        struct bt_buf b = {.limit = limit};
        assert_true(bt_shape_print(&b, t, &value, 1, NULL));
        assert_int_equal(b.failed, limit < sizeof want - 1);
        assert_memory_equal(b.data ? b.data : "", want, b.len);
        bt_buf_done(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
        TEST(holes_and_captures),
        TEST(several_captures),
        TEST(leaves),
        TEST(maps_are_patterns),
        TEST(lists),
        TEST(lists_that_are_text),
        TEST(depth),
        TEST(missing_and_broken_values),
        TEST(every_failing_append),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
