/*
 * test_support.c - the tests' own tools: MD5 against RFC 1321, terms from text.
 */
#include "check.h"

#include <string.h>

#include "md5.h"
#include "term/print.h"
#include "terms.h"

static void md5_of_rfc_1321(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint8_t digest[4]; /* the first bytes */
    } table[] = {
        {"", {0xd4, 0x1d, 0x8c, 0xd9}},
        {"abc", {0x90, 0x01, 0x50, 0x98}},
        {"abcdefghijklmnopqrstuvwxyz", {0xc3, 0xfc, 0xd3, 0xd7}},
        {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
            {0x57, 0xed, 0xf4, 0xa2}},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint8_t digest[16];
        bt_test_md5(table[i].text, strlen(table[i].text), digest);
        assert_memory_equal(digest, table[i].digest, 4);
    }
}

static void terms_from_text(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "ok",
        "'hello world'",
        "-42",
        "{}",
        "[]",
        "{a,{b},[1,c|d]}",
        "[a,\"abc\"]",
        "<<\"abc\">>",
        "{<0.44.1>,<x@y.44.0>}",
    };
    struct bt_print_opts opts = {.home = {(const uint8_t *)BT_TEST_NODE, strlen(BT_TEST_NODE)}};
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf out = BT_BUF_INIT;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct bt_etf r = bt_test_cursor(&a, texts[i]);
        assert_true(bt_print_erlang(&out, &r, &opts));
        assert_text(&out, texts[i]);
    }
    struct bt_slice raw = bt_test_etf(&a, "{!ff00}");
    assert_int_equal(raw.len, 4);
    assert_memory_equal(raw.p, "\x68\1\xff\0", 4);
    bt_buf_done(&out);
    bt_arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(md5_of_rfc_1321),
        cmocka_unit_test(terms_from_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
