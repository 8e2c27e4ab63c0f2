/*
 * test_loc.c - excerpts and escaping.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "spec/loc.h"

static const struct {
    const char *text;
    size_t off, len;
    const char *excerpt;
} excerpts[] = {
    {"abc", 0, 0, "    abc\n    ^\n"},
    {"abc", 1, 1, "    abc\n     ^\n"},
    {"abc", 1, 2, "    abc\n     ^~\n"},
    {"abc", 3, 0, "    abc\n       ^\n"},
    {"abc", 4, 0, ""},
    {"", 0, 0, ""},
    {"a\nbcd\ne", 3, 2, "    bcd\n     ^~\n"},
    {"a\r\nbcd\r\n", 4, 1, "    bcd\n     ^\n"},
    {"abc\ndef", 1, 5, "    abc\n     ^~\n"}, /* goes on in the next line: underlined as far as shown */
    {"\tab", 1, 2, "     ab\n     ^~\n"},
    {"\xC3\xA4\xC3\xB6x", 4, 1, "    \xC3\xA4\xC3\xB6x\n      ^\n"},
    {"\xE6\xBC\xA2\xE5\xAD\x97 x", 7, 1, "    \xE6\xBC\xA2\xE5\xAD\x97 x\n         ^\n"}, /* two wide ones */
    {"\xE6\xBC\xA2x", 0, 3, "    \xE6\xBC\xA2x\n    ^~\n"},
    {"a\xCC\x88x", 3, 1, "    a\xCC\x88x\n     ^\n"}, /* combining: no column of its own */
    {"\x1B[31mx", 5, 1, "    \\e[31mx\n          ^\n"},
    {"\x01x", 1, 1, "    \\x01x\n        ^\n"},
    {"\xC2\x9Bx", 2, 1, "    \\x9Bx\n        ^\n"},
    {"\xE2\x80\xAEx", 3, 1, "    \\x{202E}x\n            ^\n"}, /* right-to-left override */
    {"\xFFx", 1, 1, "    \\xFFx\n        ^\n"},
};

static void test_excerpts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof excerpts / sizeof excerpts[0]; i++) {
        struct bt_buf out = BT_BUF_INIT;
        struct beamtap_loc loc = {1, 1, excerpts[i].off, excerpts[i].len};
        bt_loc_excerpt(&out, excerpts[i].text, &loc);
        assert_string_equal(bt_buf_cstr(&out), excerpts[i].excerpt);
        bt_buf_done(&out);
    }
}

static void test_no_place(void **state)
{
    (void)state;
    struct bt_buf out = BT_BUF_INIT;
    struct beamtap_loc loc = {0, 0, 0, 0};
    bt_loc_excerpt(&out, "abc", &loc);
    assert_int_equal(out.len, 0);
    bt_buf_done(&out);
}

/* Of a long line, what stands around the place; the caret still stands under it. */
static void test_long_lines(void **state)
{
    (void)state;
    char text[1001];
    memset(text, 'a', 1000);
    text[1000] = '\0';
    for (size_t off = 0; off < 1000; off += 37) {
        struct bt_buf out = BT_BUF_INIT;
        struct beamtap_loc loc = {1, 1, off, 5};
        memset(text, 'a', 1000);
        text[off] = 'X';
        bt_loc_excerpt(&out, text, &loc);
        const char *line = bt_buf_cstr(&out), *end = strchr(line, '\n'), *caret = strchr(line, '^');
        assert_non_null(end);
        assert_non_null(caret);
        assert_true(end - line < 115);
        assert_int_equal(line[caret - end - 1], 'X');
        bt_buf_done(&out);
    }
}

static void test_quote(void **state)
{
    (void)state;
    char out[80], small[4];
    bt_loc_quote(out, sizeof out, "abc", 3);
    assert_string_equal(out, "'abc'");
    bt_loc_quote(out, sizeof out, "'a b'", 5); /* has its own */
    assert_string_equal(out, "'a b'");
    bt_loc_quote(out, sizeof out, "a\x1B", 2);
    assert_string_equal(out, "'a\\e'");
    char name[200];
    memset(name, 'n', sizeof name);
    bt_loc_quote(out, sizeof out, name, sizeof name);
    assert_int_equal(strlen(out), 59);
    assert_string_equal(out + 55, "...'");
    bt_loc_quote(out, 10, name, 4);
    assert_string_equal(out, "'nnnn'");
    bt_loc_quote(small, sizeof small, name, 4);
    assert_string_equal(small, "");
}

static void test_messages_are_safe(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    struct beamtap_loc loc = {1, 2, 1, 1};
    assert_int_equal(bt_loc_fail(&err, BEAMTAP_ESPEC, loc, "got '%s'", "\x1B[2J"), -1);
    assert_string_equal(err.msg, "got '\\e[2J'");
    assert_int_equal(err.loc.col, 2);
    assert_int_equal(bt_loc_fail(NULL, BEAMTAP_ESPEC, loc, "nobody asks"), -1);
}

static void test_join(void **state)
{
    (void)state;
    struct beamtap_loc from = {1, 3, 2, 1}, to = {2, 1, 9, 4}, none = {0, 0, 0, 0};
    struct beamtap_loc both = bt_loc_join(from, to);
    assert_int_equal(both.col, 3);
    assert_int_equal(both.len, 11);
    assert_int_equal(bt_loc_join(from, none).len, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_excerpts),
        cmocka_unit_test(test_no_place),
        cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_quote),
        cmocka_unit_test(test_messages_are_safe),
        cmocka_unit_test(test_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
