/*
 * test_etf_write.c - term trees to bytes: the exact form of each kind, and what is refused.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "term/etf_read.h"
#include "term/etf_write.h"

static struct bt_arena arena;
static const struct bt_etf_home home = {.node = "a@b", .creation = 0x01020304};

static int teardown(void **state)
{
    (void)state;
    bt_arena_done(&arena);
    return 0;
}

static void check_bytes(const struct bt_term *t, const struct bt_etf_home *of, const char *want, size_t len)
{
    struct bt_buf b = BT_BUF_INIT;
    struct beamtap_err err = {0};
    struct bt_etf r;
    assert_non_null(t);
    assert_int_equal(bt_etf_write(&b, t, of, &err), 0);
    assert_int_equal(b.len, len);
    assert_memory_equal(b.data, want, len);
    bt_etf_init(&r, b.data, b.len);
    assert_true(bt_etf_skip(&r) && r.p == r.end);
    bt_buf_done(&b);
}

#define BYTES(t, want) check_bytes((t), &home, want, sizeof(want) - 1)

static void check_refused(const struct bt_term *t, const struct bt_etf_home *of, enum beamtap_code code)
{
    struct bt_buf b = BT_BUF_INIT;
    struct beamtap_err err = {0};
    assert_non_null(t);
    assert_int_equal(bt_etf_write(&b, t, of, &err), -1);
    assert_int_equal(err.code, code);
    assert_int_equal(bt_etf_write(&b, t, of, NULL), -1);
    bt_buf_done(&b);
}

static void numbers(void **state)
{
    (void)state;
    static const uint8_t mag[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    BYTES(bt_term_int(&arena, 0), "\x61\0");
    BYTES(bt_term_int(&arena, 255), "\x61\xff");
    BYTES(bt_term_int(&arena, 256), "\x62\0\0\1\0");
    BYTES(bt_term_int(&arena, -1), "\x62\xff\xff\xff\xff");
    BYTES(bt_term_int(&arena, INT32_MAX), "\x62\x7f\xff\xff\xff");
    BYTES(bt_term_int(&arena, INT32_MIN), "\x62\x80\0\0\0");
    BYTES(bt_term_int(&arena, (int64_t)INT32_MAX + 1), "\x6e\4\0\0\0\0\x80");
    BYTES(bt_term_int(&arena, -((int64_t)1 << 40)), "\x6e\6\1\0\0\0\0\0\1");
    BYTES(bt_term_int(&arena, INT64_MAX), "\x6e\x8\0\xff\xff\xff\xff\xff\xff\xff\x7f");
    BYTES(bt_term_int(&arena, INT64_MIN), "\x6e\x8\1\0\0\0\0\0\0\0\x80");
    BYTES(bt_term_big(&arena, true, mag, sizeof mag), "\x6e\x9\1\1\2\3\4\5\6\7\x8\x9");
    BYTES(bt_term_float(&arena, 1.5), "\x46\x3f\xf8\0\0\0\0\0\0");
    check_refused(bt_term_float(&arena, (double)INFINITY), NULL, BEAMTAP_EUSAGE);
    check_refused(bt_term_float(&arena, (double)NAN), NULL, BEAMTAP_EUSAGE);
}

static void large_integer(void **state)
{
    (void)state;
    uint8_t mag[300];
    char want[306] = {0x6f, 0, 0, 1, 0x2c, 0};
    memset(mag, 7, sizeof mag);
    memset(want + 6, 7, sizeof mag);
    check_bytes(bt_term_big(&arena, false, mag, sizeof mag), NULL, want, sizeof want);
}

static void atoms(void **state)
{
    (void)state;
    char name[600], want[600] = {0x77, (char)0xff};
    memset(name, 'x', 256);
    memset(want + 2, 'x', 255);
    BYTES(bt_term_atom(&arena, ""), "\x77\0");
    BYTES(bt_term_atom(&arena, "ok"), "\x77\2ok");
    BYTES(bt_term_atom(&arena, "\xc3\xa9"), "\x77\2\xc3\xa9");
    check_bytes(bt_term_atom_n(&arena, name, 255), NULL, want, 257);
    check_refused(bt_term_atom_n(&arena, name, 256), NULL, BEAMTAP_EUSAGE);
    check_refused(bt_term_atom(&arena, "a\xff"), NULL, BEAMTAP_EUSAGE);
    for (size_t i = 0; i < 512; i += 2)
        memcpy(name + i, "\xc3\xa9", 2);
    memcpy(want, "\x76\x01\xfe", 3);
    memcpy(want + 3, name, 510);
    check_bytes(bt_term_atom_n(&arena, name, 510), NULL, want, 513); /* 255 characters, 510 bytes */
    check_refused(bt_term_atom_n(&arena, name, 512), NULL, BEAMTAP_EUSAGE);
}

static void binaries(void **state)
{
    (void)state;
    BYTES(bt_term_binary(&arena, "", 0, 8), "\x6d\0\0\0\0");
    BYTES(bt_term_binary(&arena, "a\0b", 3, 8), "\x6d\0\0\0\3a\0b");
    BYTES(bt_term_binary(&arena, "a\xff", 2, 3), "\x4d\0\0\0\2\3"
                                                 "a\xe0");
}

static void sequences(void **state)
{
    (void)state;
    const struct bt_term *one = bt_term_int(&arena, 1), *items[300];
    for (size_t i = 0; i < 300; i++)
        items[i] = one;
    const struct bt_term *nil = bt_term_list(&arena, NULL, 0, NULL);
    BYTES(bt_term_tuple(&arena, NULL, 0), "\x68\0");
    BYTES(bt_term_tuple2(&arena, one, nil), "\x68\2\x61\1\x6a");
    BYTES(bt_term_list(&arena, items, 2, NULL), "\x6c\0\0\0\2\x61\1\x61\1\x6a");
    BYTES(bt_term_list(&arena, items, 1, one), "\x6c\0\0\0\1\x61\1\x61\1");
    BYTES(bt_term_list(&arena, items, 0, one), "\x61\1");
    BYTES(bt_term_map(&arena, items, 1), "\x74\0\0\0\1\x61\1\x61\1");
    BYTES(bt_term_map(&arena, NULL, 0), "\x74\0\0\0\0");
    BYTES(bt_term_charlist(&arena, "\xe2\x82\xac"), "\x6c\0\0\0\1\x62\0\0\x20\xac\x6a");
    struct bt_buf b = BT_BUF_INIT;
    assert_int_equal(bt_etf_write(&b, bt_term_tuple(&arena, items, 300), NULL, NULL), 0);
    assert_int_equal(b.len, 605);
    assert_memory_equal(b.data, "\x69\0\0\1\x2c", 5);
    bt_buf_done(&b);
}

static void identifiers(void **state)
{
    (void)state;
    struct bt_term *pid = bt_term_new(&arena, BT_TERM_PID), *port = bt_term_new(&arena, BT_TERM_PORT),
                   *ref = bt_term_new(&arena, BT_TERM_REF);
    pid->u.pid.id = 44;
    pid->u.pid.serial = 1;
    BYTES(pid, "\x58\x77\3"
               "a@b\0\0\0\x2c\0\0\0\1\1\2\3\4");
    port->u.port = 6;
    BYTES(port, "\x59\x77\3"
                "a@b\0\0\0\6\1\2\3\4");
    port->u.port = (uint64_t)1 << 40;
    BYTES(port, "\x78\x77\3"
                "a@b\0\0\1\0\0\0\0\0\1\2\3\4");
    check_refused(ref, &home, BEAMTAP_EINTERNAL);
    ref->u.ref.n = 3;
    ref->u.ref.words[0] = 1;
    ref->u.ref.words[2] = 0xfffffff0;
    BYTES(ref, "\x5a\0\3\x77\3"
               "a@b\1\2\3\4\0\0\0\1\0\0\0\0\xff\xff\xff\xf0");
    ref->u.ref.n = 5;
    BYTES(ref, "\x5a\0\5\x77\3"
               "a@b\1\2\3\4\0\0\0\1\0\0\0\0\xff\xff\xff\xf0\0\0\0\0\0\0\0\0");
    check_bytes(pid, NULL, "\x58\x77\15nonode@nohost\0\0\0\x2c\0\0\0\1\0\0\0\0", 28);
}

static void long_node_name_is_refused(void **state)
{
    (void)state;
    char name[2000];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct bt_etf_home far = {.node = name};
    check_refused(bt_term_new(&arena, BT_TERM_PID), &far, BEAMTAP_EUSAGE);
}

static void funs(void **state)
{
    (void)state;
    BYTES(bt_term_fun(&arena, "m", "f", 2), "\x71\x77\1m\x77\1f\x61\2");
    check_refused(bt_term_fun(&arena, "m", "f", -1), NULL, BEAMTAP_EUSAGE);
    check_refused(bt_term_fun(&arena, "m", "f", 256), NULL, BEAMTAP_EUSAGE);
}

static void raw_terms(void **state)
{
    (void)state;
    BYTES(bt_term_tuple1(&arena, bt_term_raw(&arena, "\x61\7", 2)), "\x68\1\x61\7");
    check_refused(bt_term_raw(&arena, "\x61", 1), NULL, BEAMTAP_EINTERNAL);
    check_refused(bt_term_raw(&arena, "\x61\7\x61", 3), NULL, BEAMTAP_EINTERNAL);
    check_refused(bt_term_raw(&arena, "", 0), NULL, BEAMTAP_EINTERNAL);
}

static void shapes_are_no_terms(void **state)
{
    (void)state;
    check_refused(bt_term_new(&arena, BT_TERM_HOLE), NULL, BEAMTAP_EINTERNAL);
    check_refused(bt_term_tuple1(&arena, bt_term_new(&arena, BT_TERM_CAPTURE)), NULL, BEAMTAP_EINTERNAL);
}

static void too_deep_is_refused(void **state)
{
    (void)state;
    const struct bt_term *t = bt_term_int(&arena, 1);
    for (int i = 0; i < 10000; i++)
        t = bt_term_tuple1(&arena, t);
    check_refused(t, NULL, BEAMTAP_EUSAGE);
}

/* Wherever memory ends, the writer says so and does nothing worse. */
static void every_failing_append(void **state)
{
    (void)state;
    struct bt_term *pid = bt_term_new(&arena, BT_TERM_PID), *ref = bt_term_new(&arena, BT_TERM_REF);
    ref->u.ref.n = 3;
    const struct bt_term *one = bt_term_int(&arena, 1 << 20), *a = bt_term_atom(&arena, "a"),
                         *items[] = {one, a, bt_term_float(&arena, 2.5), bt_term_binary(&arena, "xyz", 3, 8),
                             pid, ref, bt_term_fun(&arena, "m", "f", 1), bt_term_int(&arena, INT64_MAX),
                             bt_term_raw(&arena, "\x61\7", 2), bt_term_new(&arena, BT_TERM_PORT)};
    const struct bt_term *t =
        bt_term_tuple2(&arena, bt_term_list(&arena, items, 10, a), bt_term_map(&arena, items, 5));
    struct bt_buf whole = BT_BUF_INIT;
    assert_int_equal(bt_etf_write(&whole, t, &home, NULL), 0);
    for (size_t limit = 1; limit <= whole.len; limit++) {
        struct bt_buf b = {.limit = limit};
        struct beamtap_err err = {0};
        int rc = bt_etf_write(&b, t, &home, &err);
        assert_int_equal(rc, limit < whole.len ? -1 : 0);
        assert_int_equal(err.code, limit < whole.len ? BEAMTAP_ENOMEM : BEAMTAP_OK);
        assert_true(b.len <= limit);
        assert_memory_equal(b.data ? b.data : "", whole.data, b.len);
        bt_buf_done(&b);
    }
    bt_buf_done(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(numbers, teardown),
        cmocka_unit_test_teardown(large_integer, teardown),
        cmocka_unit_test_teardown(atoms, teardown),
        cmocka_unit_test_teardown(binaries, teardown),
        cmocka_unit_test_teardown(sequences, teardown),
        cmocka_unit_test_teardown(identifiers, teardown),
        cmocka_unit_test_teardown(long_node_name_is_refused, teardown),
        cmocka_unit_test_teardown(funs, teardown),
        cmocka_unit_test_teardown(raw_terms, teardown),
        cmocka_unit_test_teardown(shapes_are_no_terms, teardown),
        cmocka_unit_test_teardown(too_deep_is_refused, teardown),
        cmocka_unit_test_teardown(every_failing_append, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
