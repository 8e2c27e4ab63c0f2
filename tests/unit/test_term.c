/*
 * test_term.c - terms as a tree: constructors, missing members, equality.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "term/term.h"

static struct bt_arena arena;

static int teardown(void **state)
{
    (void)state;
    bt_arena_done(&arena);
    return 0;
}

static void leaves(void **state)
{
    (void)state;
    const struct bt_term *t = bt_term_atom_n(&arena, "hello world", 5);
    assert_int_equal(t->kind, BT_TERM_ATOM);
    assert_string_equal(t->u.atom.name, "hello");
    assert_int_equal(t->u.atom.len, 5);
    assert_true(bt_term_is_atom(t, "hello"));
    assert_false(bt_term_is_atom(t, "hell"));
    assert_false(bt_term_is_atom(bt_term_int(&arena, 1), "hello"));
    assert_false(bt_term_is_atom(NULL, "hello"));
    assert_int_equal(bt_term_int(&arena, INT64_MIN)->u.small, INT64_MIN);
    assert_true(bt_term_float(&arena, 1.5)->u.real == 1.5);
}

static void big_becomes_int_where_it_fits(void **state)
{
    (void)state;
    static const uint8_t max[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0};
    static const uint8_t above[] = {0, 0, 0, 0, 0, 0, 0, 0x80};
    assert_int_equal(bt_term_big(&arena, false, max, sizeof max)->u.small, INT64_MAX);
    assert_int_equal(bt_term_big(&arena, true, max, sizeof max)->u.small, -INT64_MAX);
    assert_int_equal(bt_term_big(&arena, true, above, sizeof above)->u.small, INT64_MIN);
    assert_int_equal(bt_term_big(&arena, true, max + 8, 2)->u.small, 0);
    assert_int_equal(bt_term_big(&arena, false, NULL, 0)->u.small, 0);
    const struct bt_term *t = bt_term_big(&arena, false, above, sizeof above);
    assert_int_equal(t->kind, BT_TERM_BIG);
    assert_int_equal(t->u.big.n_bytes, 8);
}

static void unused_bits_are_zero(void **state)
{
    (void)state;
    const struct bt_term *x = bt_term_binary(&arena, "\x12\xff", 2, 4),
                         *y = bt_term_binary(&arena, "\x12\xf0", 2, 4);
    assert_int_equal(x->u.binary.bytes[1], 0xf0);
    assert_true(bt_term_equal(x, y));
    assert_int_equal(bt_term_binary(&arena, NULL, 0, 8)->u.binary.len, 0);
}

static void a_missing_member_is_a_missing_term(void **state)
{
    (void)state;
    const struct bt_term *a = bt_term_atom(&arena, "a"), *items[] = {a, NULL};
    assert_null(bt_term_tuple(&arena, items, 2));
    assert_null(bt_term_list(&arena, items, 2, NULL));
    assert_null(bt_term_map(&arena, items, 1));
    assert_null(bt_term_tuple1(&arena, NULL));
    assert_null(bt_term_tuple2(&arena, a, NULL));
    assert_null(bt_term_tuple3(&arena, a, NULL, a));
    assert_null(bt_term_map(&arena, items, SIZE_MAX / 2 + 1));
    assert_non_null(bt_term_tuple(&arena, NULL, 0));
}

static void text_and_ready_made_terms(void **state)
{
    (void)state;
    const struct bt_term *t = bt_term_charlist(&arena, "a\xc3\xa9\xff");
    assert_int_equal(t->u.seq.n, 3);
    assert_int_equal(t->u.seq.items[1]->u.small, 0xe9);
    assert_int_equal(t->u.seq.items[2]->u.small, 0xff);
    assert_int_equal(bt_term_charlist(&arena, "")->u.seq.n, 0);
    char etf[] = {97, 1};
    t = bt_term_raw(&arena, etf, sizeof etf);
    etf[0] = 0;
    assert_int_equal(t->u.raw.len, 2);
    assert_int_equal(t->u.raw.etf[0], 97);
}

/* One term of each kind; all of them differ. */
static size_t one_of_each(struct bt_arena *a, const struct bt_term *out[32])
{
    static const uint8_t mag[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    size_t n = 0;
    const struct bt_term *x = bt_term_atom(a, "x"), *y = bt_term_atom(a, "y"), *xy[] = {x, y};
    struct bt_term *pid = bt_term_new(a, BT_TERM_PID), *ref = bt_term_new(a, BT_TERM_REF),
                   *port = bt_term_new(a, BT_TERM_PORT), *capture = bt_term_new(a, BT_TERM_CAPTURE);
    pid->u.pid.id = 44;
    ref->u.ref.n = 2;
    ref->u.ref.words[1] = 9;
    port->u.port = 6;
    capture->u.capture = 1;
    out[n++] = x;
    out[n++] = y;
    out[n++] = bt_term_int(a, 1);
    out[n++] = bt_term_int(a, 2);
    out[n++] = bt_term_float(a, 1.0);
    out[n++] = bt_term_big(a, false, mag, sizeof mag);
    out[n++] = bt_term_big(a, true, mag, sizeof mag);
    out[n++] = bt_term_binary(a, "ab", 2, 8);
    out[n++] = bt_term_binary(a, "a`", 2, 4);
    out[n++] = bt_term_tuple(a, xy, 2);
    out[n++] = bt_term_tuple(a, xy, 1);
    out[n++] = bt_term_list(a, xy, 2, NULL);
    out[n++] = bt_term_list(a, xy, 1, NULL);
    out[n++] = bt_term_list(a, xy, 1, y);
    out[n++] = bt_term_list(a, xy, 1, x);
    out[n++] = bt_term_map(a, xy, 1);
    out[n++] = bt_term_map(a, xy, 0);
    out[n++] = pid;
    out[n++] = ref;
    out[n++] = port;
    out[n++] = bt_term_fun(a, "m", "f", 1);
    out[n++] = bt_term_fun(a, "m", "f", 2);
    out[n++] = bt_term_fun(a, "m", "g", 1);
    out[n++] = bt_term_raw(a, "j", 1);
    out[n++] = bt_term_new(a, BT_TERM_HOLE);
    out[n++] = bt_term_new(a, BT_TERM_CAPTURE);
    out[n++] = capture;
    return n;
}

static void equality(void **state)
{
    (void)state;
    const struct bt_term *a[32], *b[32];
    size_t n = one_of_each(&arena, a);
    assert_int_equal(one_of_each(&arena, b), n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            assert_int_equal(bt_term_equal(a[i], b[j]), i == j);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(leaves, teardown),
        cmocka_unit_test_teardown(big_becomes_int_where_it_fits, teardown),
        cmocka_unit_test_teardown(unused_bits_are_zero, teardown),
        cmocka_unit_test_teardown(a_missing_member_is_a_missing_term, teardown),
        cmocka_unit_test_teardown(text_and_ready_made_terms, teardown),
        cmocka_unit_test_teardown(equality, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
