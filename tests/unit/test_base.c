/*
 * test_base.c - error record, buffer, arena, UTF-8, numbers for people.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/human.h"
#include "base/utf8.h"

/* ---- err -------------------------------------------------------------------------------------------------
 */

static void first_error_wins(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    assert_int_equal(bt_err_set(&err, BEAMTAP_ESPEC, "first %d", 1), -1);
    assert_int_equal(bt_err_nomem(&err), -1);
    assert_int_equal(err.code, BEAMTAP_ESPEC);
    assert_string_equal(err.msg, "first 1");
    bt_err_clear(&err);
    assert_int_equal(err.code, BEAMTAP_OK);
    assert_int_equal(bt_err_nomem(&err), -1);
    assert_int_equal(err.code, BEAMTAP_ENOMEM);
}

static void null_error_is_fine(void **state)
{
    (void)state;
    struct beamtap_loc loc = {0};
    bt_err_clear(NULL);
    assert_int_equal(bt_err_set(NULL, BEAMTAP_ESPEC, "x"), -1);
    assert_int_equal(bt_err_at(NULL, BEAMTAP_ESPEC, loc, "x"), -1);
    assert_int_equal(bt_err_sys(NULL, BEAMTAP_EHOST, ENOENT, "x"), -1);
    assert_int_equal(bt_err_nomem(NULL), -1);
    bt_err_context(NULL, "x");
}

static void error_with_place_and_errno(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    struct beamtap_loc loc = {.line = 2, .col = 14, .off = 20, .len = 3};
    bt_err_at(&err, BEAMTAP_ESPEC, loc, "no");
    assert_int_equal(err.loc.line, 2);
    assert_int_equal(err.loc.len, 3);
    bt_err_clear(&err);
    bt_err_sys(&err, BEAMTAP_EHOST, ENOENT, "file %s", "f");
    assert_int_equal(err.sys, ENOENT);
    assert_string_equal(err.msg, "file f: No such file or directory");
}

static void context_goes_in_front(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    bt_err_set(&err, BEAMTAP_ESPEC, "inner");
    bt_err_context(&err, "script %s", "a");
    assert_string_equal(err.msg, "script a: inner");
}

static void long_message_ends_with_a_whole_character(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    char text[2 * sizeof err.msg];
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    text[sizeof text - 2] = '\0';
    bt_err_set(&err, BEAMTAP_ESPEC, "%s", text);
    size_t len = strlen(err.msg);
    assert_true(len > sizeof err.msg - 4 && len % 2 == 0);
    bt_err_context(&err, "x");
    assert_int_equal(bt_utf8_whole(err.msg, strlen(err.msg)), strlen(err.msg));
}

static void control_bytes_do_not_reach_a_terminal(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    bt_err_set(&err, BEAMTAP_ENONODE, "called %s\n  \xc3\xa9 %s", "\x1b[2J\x7f\r",
        "\xc2\x9b"
        "1m\xc2\xa0");
    assert_string_equal(err.msg, "called ?[2J??\n  \xc3\xa9 ??1m\xc2\xa0");
    bt_err_context(&err, "%s", "\x07");
    assert_int_equal(err.msg[0], '?');
    bt_err_clear(&err);
    bt_err_set(&err, BEAMTAP_ENONODE, "8 bits: %s",
        "\x9b"
        "2J\xc2(\xff\xc3\xa9\xe2\x82");
    assert_string_equal(err.msg, "8 bits: ?2J?(?\xc3\xa9");
}

static void every_code_has_text_and_status(void **state)
{
    (void)state;
#define BEAMTAP_X(name, status, text)                                                                        \
    assert_int_equal(beamtap_code_status(BEAMTAP_##name), status);                                           \
    assert_string_equal(beamtap_code_text(BEAMTAP_##name), text);
    BEAMTAP_ERRORS(BEAMTAP_X)
#undef BEAMTAP_X
    assert_int_equal(beamtap_code_status((enum beamtap_code)9999), 1);
    assert_string_equal(beamtap_code_text((enum beamtap_code)9999), "unknown error");
}

/* ---- buf -------------------------------------------------------------------------------------------------
 */

static void buffer_grows_and_is_reset(void **state)
{
    (void)state;
    struct bt_buf b = BT_BUF_INIT;
    assert_string_equal(bt_buf_cstr(&b), "");
    for (int i = 0; i < 5000; i++)
        bt_buf_putc(&b, (char)('a' + i % 26));
    bt_buf_puts(&b, "end");
    bt_buf_put(&b, NULL, 0);
    assert_int_equal(b.len, 5003);
    assert_string_equal(bt_buf_cstr(&b) + 5000, "end");
    bt_buf_drop(&b, 5000);
    assert_string_equal(bt_buf_cstr(&b), "end");
    bt_buf_drop(&b, 0);
    bt_buf_reset(&b);
    bt_buf_printf(&b, "%d-%s", 7, "x");
    assert_string_equal(bt_buf_cstr(&b), "7-x");
    bt_buf_done(&b);
    assert_null(b.data);
}

static void limit_is_remembered(void **state)
{
    (void)state;
    struct bt_buf b = {.limit = 4};
    bt_buf_puts(&b, "abcd");
    assert_false(b.failed);
    assert_string_equal(bt_buf_cstr(&b), "abcd");
    assert_int_equal(b.limit, 4);
    bt_buf_putc(&b, 'e');
    assert_true(b.failed);
    bt_buf_drop(&b, 4);
    bt_buf_putc(&b, 'x'); /* there would be room now, but a part is already lost */
    assert_int_equal(b.len, 0);
    bt_buf_reset(&b);
    bt_buf_printf(&b, "%s", "abcd"); /* the NUL of vsnprintf does not count */
    assert_false(b.failed);
    assert_int_equal(b.len, 4);
    bt_buf_printf(&b, "%s", "e");
    assert_true(b.failed);
    assert_int_equal(b.len, 4);
    bt_buf_done(&b);
}

static void absurd_sizes_fail(void **state)
{
    (void)state;
    struct bt_buf b = BT_BUF_INIT;
    bt_buf_putc(&b, 'a');
    assert_false(bt_buf_reserve(&b, SIZE_MAX));
    assert_true(b.failed);
    assert_string_equal(bt_buf_cstr(&b), "a");
    bt_buf_done(&b);
}

/* ---- arena -----------------------------------------------------------------------------------------------
 */

static void arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    struct bt_arena a = BT_ARENA_INIT;
    for (size_t n = 0; n < 6000; n += 37) {
        unsigned char *p = bt_arena_alloc(&a, n);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % sizeof(void *), 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, n);
    }
    assert_string_equal(bt_arena_strndup(&a, "abcdef", 3), "abc");
    assert_string_equal(bt_arena_strndup(&a, NULL, 0), "");
    bt_arena_done(&a);
    assert_null(a.blocks);
    assert_non_null(bt_arena_alloc(&a, 1));
    bt_arena_done(&a);
}

static void arena_checks_sizes(void **state)
{
    (void)state;
    struct bt_arena a = BT_ARENA_INIT;
    assert_null(bt_arena_alloc(&a, SIZE_MAX));
    assert_null(bt_arena_array(&a, SIZE_MAX / 2, 4));
    assert_null(bt_arena_strndup(&a, "x", SIZE_MAX));
    assert_non_null(bt_arena_array(&a, 3, 0));
    bt_arena_done(&a);
}

/* ---- utf8 ------------------------------------------------------------------------------------------------
 */

static void every_character_round_trips(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x110010; cp++) {
        char out[4];
        uint32_t back = 0;
        size_t n = bt_utf8_encode(cp, out);
        bool is_char = cp <= 0x10FFFF && (cp < 0xD800 || cp > 0xDFFF);
        assert_int_equal(n != 0, is_char);
        if (!is_char)
            continue;
        assert_int_equal(bt_utf8_decode(out, n, &back), n);
        assert_int_equal(back, cp);
        for (size_t cut = 0; cut < n; cut++)
            assert_int_equal(bt_utf8_decode(out, cut, &back), 0);
    }
}

static void wrong_bytes_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
        "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80", "\xff", "\xc3(", "\xe2\x82(",
        "\xf0\x9f\x98("};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        uint32_t cp = 42;
        assert_int_equal(bt_utf8_decode(bad[i], strlen(bad[i]), &cp), 0);
        assert_int_equal(cp, 42);
    }
}

static void whole_and_count(void **state)
{
    (void)state;
    const char *s = "a\xc3\xa9\xf0\x9f\x98\x80";
    static const size_t whole[] = {0, 1, 1, 3, 3, 3, 3, 7};
    for (size_t n = 0; n <= 7; n++)
        assert_int_equal(bt_utf8_whole(s, n), whole[n]);
    assert_int_equal(bt_utf8_count(s, 7), 3);
    assert_int_equal(bt_utf8_count("\xff\xfe"
                                   "a",
                         3),
        3);
}

/* ---- human -----------------------------------------------------------------------------------------------
 */

static void numbers_for_people(void **state)
{
    (void)state;
    static const struct {
        void (*put)(struct bt_buf *out, int64_t n);
        int64_t n;
        const char *want;
    } table[] = {{bt_human_time, 250000, "250ms"}, {bt_human_time, 30000000, "30s"},
        {bt_human_time, 90000000, "90s"}, {bt_human_time, 300000000, "5m"}, {bt_human_bytes, 90, "90 bytes"},
        {bt_human_bytes, 12 << 10, "12 KB"}, {bt_human_bytes, 3 << 19, "1.5 MB"},
        {bt_human_duration, -1, "-1ns"}, {bt_human_duration, 0, "0ns"}, {bt_human_duration, 999999, "999us"},
        {bt_human_duration, 999999999, "999.99ms"}};
    static const struct {
        uint64_t n;
        const char *want;
    } counts[] = {{0, "0"}, {999, "999"}, {1000, "1,000"}, {UINT64_MAX, "18,446,744,073,709,551,615"}};
    struct bt_buf b = BT_BUF_INIT;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bt_buf_reset(&b);
        table[i].put(&b, table[i].n);
        assert_string_equal(bt_buf_cstr(&b), table[i].want);
    }
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        bt_buf_reset(&b);
        bt_human_count(&b, counts[i].n);
        assert_string_equal(bt_buf_cstr(&b), counts[i].want);
    }
    bt_buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_for_people),
        cmocka_unit_test(first_error_wins),
        cmocka_unit_test(null_error_is_fine),
        cmocka_unit_test(error_with_place_and_errno),
        cmocka_unit_test(context_goes_in_front),
        cmocka_unit_test(long_message_ends_with_a_whole_character),
        cmocka_unit_test(control_bytes_do_not_reach_a_terminal),
        cmocka_unit_test(every_code_has_text_and_status),
        cmocka_unit_test(buffer_grows_and_is_reset),
        cmocka_unit_test(limit_is_remembered),
        cmocka_unit_test(absurd_sizes_fail),
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(arena_checks_sizes),
        cmocka_unit_test(every_character_round_trips),
        cmocka_unit_test(wrong_bytes_are_refused),
        cmocka_unit_test(whole_and_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
