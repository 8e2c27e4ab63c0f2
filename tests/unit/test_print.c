/*
 * test_print.c - external terms as Erlang text. That the text is OTP's own is for tests/oracle to show; here
 * are the options, depth, broken and hostile terms, and buffers that fail.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "term/digits.h"
#include "term/print.h"
#include "term/quote.h"
#include "term/walk.h"

#define A_B                                                                                                  \
    "\x77\3"                                                                                                 \
    "a@b"

static struct bt_print_opts at_home = {.home = {(const uint8_t *)"a@b", 3}};

/* Directly, and by way of the walker, which prints into a buffer that has a limit (print_direct.h). */
static void check(const char *etf, size_t len, const struct bt_print_opts *opts, const char *want)
{
    for (size_t limit = 0; limit < 2; limit++) {
        struct bt_buf b = {.limit = limit << 20};
        struct bt_etf r;
        bt_etf_init(&r, etf, len);
        assert_true(bt_print_erlang(&b, &r, opts));
        assert_ptr_equal(r.p, r.end);
        assert_string_equal(bt_buf_cstr(&b), want);
        bt_buf_done(&b);
    }
}

#define PRINTS(etf, opts, want) check((etf), sizeof(etf) - 1, (opts), (want))

static void terms(void **state)
{
    (void)state;
    PRINTS("\x68\3\x77\1"
           "a\x6c\0\0\0\1\x61\1\x61\2\x74\0\0\0\2\x77\1k\x77\1v\x61\1\x68\0",
        NULL, "{a,[1|2],#{k => v,1 => {}}}");
    PRINTS("\x6b\0\3"
           "a\nb",
        NULL, "\"a\\nb\"");
    PRINTS("\x6b\0\3\1\2\xff", NULL, "[1,2,255]");
    PRINTS("\x6d\0\0\0\3"
           "a\xc3\xa9",
        NULL, "<<\"a\xc3\xa9\"/utf8>>");
    PRINTS("\x6d\0\0\0\1\xe9", NULL, "<<\"\xc3\xa9\">>");
    PRINTS("\x4d\0\0\0\1\3\xa0", NULL, "<<5:3>>");
    PRINTS("\x64\0\1\xe9", NULL, "\xc3\xa9");
    PRINTS("\x77\0", NULL, "''");
    PRINTS("\x46\x3e\xe4\xf8\xb5\x88\xe3\x68\xf1", NULL, "1.0e-5");
    PRINTS("\x6f\0\0\0\x9\1\0\0\0\0\0\0\0\0\1", NULL, "-18446744073709551616");
}

/* Forms no OTP sends, but which mean the same. */
static void lists_that_go_on_in_their_tail(void **state)
{
    (void)state;
    PRINTS("\x6c\0\0\0\1\x61"
           "a\x6c\0\0\0\1\x61"
           "b\x6a",
        NULL, "\"ab\"");
    PRINTS("\x6c\0\0\0\1\x61"
           "a\x6b\0\2"
           "bc",
        NULL, "\"abc\"");
    PRINTS("\x6c\0\0\0\1\x61\1\x6b\0\2"
           "bc",
        NULL, "[1,98,99]");
    PRINTS("\x6c\0\0\0\1\x61\1\x6b\0\0", NULL, "[1]");
    PRINTS("\x6c\0\0\0\1\x61\1\x6c\0\0\0\1\x61\2\x61\3", NULL, "[1,2|3]");
    PRINTS("\x6c\0\0\0\1\x61\1\x6c\0\0\0\0\x6a", NULL, "[1]");
    PRINTS("\x6c\0\0\0\1\x61\1\x6c\0\0\0\0\x61\2", NULL, "[1|2]");
    PRINTS("\x6c\0\0\0\0\x6b\0\1"
           "a",
        NULL, "\"a\"");
    PRINTS("\x6c\0\0\0\0\x6c\0\0\0\0\x61\1", NULL, "1");
    PRINTS("\x6b\0\0", NULL, "[]");
}

static void nodes(void **state)
{
    (void)state;
    PRINTS("\x58" A_B "\0\0\0\x2c\0\0\0\1\0\0\0\2", &at_home, "<0.44.1>");
    PRINTS("\x58" A_B "\0\0\0\x2c\0\0\0\1\0\0\0\2", NULL, "<a@b.44.1>");
    PRINTS("\x58\x77\3"
           "a@c\0\0\0\x2c\0\0\0\1\0\0\0\2",
        &at_home, "<a@c.44.1>");
    PRINTS("\x58\x73\3"
           "a@b\0\0\0\x2c\0\0\0\1\0\0\0\2",
        &at_home, "<0.44.1>");
    PRINTS("\x58\x73\3"
           "a@\xe9\0\0\0\x2c\0\0\0\1\0\0\0\2",
        &at_home, "<a@\xc3\xa9.44.1>");
    PRINTS("\x58\x77\0\0\0\0\x2c\0\0\0\1\0\0\0\2", NULL, "<.44.1>");
    PRINTS("\x58\x77\5"
           "a\x1b\x7f\xc2\x9b\0\0\0\x2c\0\0\0\1\0\0\0\2",
        &at_home, "<a\\e\\d\\233.44.1>");
    PRINTS("\x78" A_B "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\2", &at_home, "#Port<0.18446744073709551615>");
    PRINTS("\x5a\0\2" A_B "\0\0\0\2\0\0\0\1\xff\xff\xff\xff", &at_home, "#Ref<0.4294967295.1>");
}

static void latin1_home(void **state)
{
    (void)state;
    struct bt_print_opts home = {.home = {(const uint8_t *)"a@\xc3\xa9", 4}};
    PRINTS("\x58\x73\3"
           "a@\xe9\0\0\0\x2c\0\0\0\1\0\0\0\2",
        &home, "<0.44.1>");
    PRINTS("\x58\x73\4"
           "a@\xe9x\0\0\0\x2c\0\0\0\1\0\0\0\2",
        &home, "<a@\xc3\xa9x.44.1>");
}

static void funs(void **state)
{
    (void)state;
    PRINTS("\x71\x77\1m\x77\3"
           "a@b\x61\2",
        NULL, "fun m:'a@b'/2");
    PRINTS("\x71\x77\3"
           "end\x77\3\x1b\x7f\n\x61\2",
        NULL, "fun end:'\\033\\177\\n'/2");
    PRINTS("\x71\x64\0\1\xe9\x77\2\xc3\xa9\x61\2", NULL, "fun \xc3\xa9:\xc3\xa9/2");
    PRINTS("\x70\0\0\0\x39\1"
           "0123456789abcdef"
           "\0\0\0\1\0\0\0\0"
           "\x77\1m\x61\1\x62\xff\xff\xff\xfb"
           "\x58" A_B "\0\0\0\x2c\0\0\0\1\0\0\0\2",
        NULL, "#Fun<m.1.-5>");
}

/* Atoms, strings and binaries of len times b, with another byte at one place: what the walker prints. */
static void check_length(uint8_t len, uint8_t at, char odd)
{
    static const uint8_t tags[] = {0x77, 0x64, 0x6b, 0x6d}, heads[] = {2, 3, 3, 5};
    for (size_t t = 0; t < sizeof tags; t++) {
        char etf[64] = {(char)tags[t]};
        struct bt_buf walked = {.limit = 1000};
        struct bt_etf r;
        etf[heads[t] - 1] = (char)len;
        memset(etf + heads[t], 'b', len);
        if (at < len)
            etf[heads[t] + at] = odd;
        bt_etf_init(&r, etf, heads[t] + (size_t)len);
        assert_true(bt_print_erlang(&walked, &r, NULL));
        check(etf, heads[t] + (size_t)len, NULL, bt_buf_cstr(&walked));
        bt_buf_done(&walked);
    }
}

/* Names and texts of each length around the eight bytes that are looked at at once, with each place odd in turn. */
static void lengths(void **state)
{
    (void)state;
    static const char odd[] = "az_9@Z-'\"\\\n\x1f\x7f~ \xc3";
    for (uint8_t len = 0; len <= 40; len++) {
        check_length(len, len, 'b');
        for (uint8_t at = 0; at < len; at++) {
            for (size_t o = 0; o < sizeof odd - 1; o++)
                check_length(len, at, odd[o]);
        }
    }
}

static void atoms(void **state)
{
    (void)state;
    static const struct {
        const char *name, *want;
    } t[] = {
        {"ok", "ok"},
        {"Ok", "'Ok'"},
        {"a@b_C9", "a@b_C9"},
        {"if", "'if'"},
        {"iff", "iff"},
        {"andalso", "'andalso'"},
        {"maybe", "maybe"},
        {"it's", "'it\\'s'"},
        {"a\\b", "'a\\\\b'"},
        {"\"", "'\"'"},
        {"_a", "'_a'"},
        {"Elixir.Foo", "'Elixir.Foo'"},
        {"\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9"},
        {"\xc3\x89", "'\xc3\x89'"},
        {"a\xc3\x97", "'a\xc3\x97'"},
        {"\xd0\xb4\xd0\xb0", "'\xd0\xb4\xd0\xb0'"},
        {"\x1b[31m", "'\\e[31m'"},
        {"a\xff", "'a\\377'"},
        {"\xed\xa0\x80", "'\\355\\240\\200'"},
        {"a\x01\x7f", "'a\\001\\d'"},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct bt_buf b = BT_BUF_INIT;
        bt_print_atom(&b, (struct bt_slice){(const uint8_t *)t[i].name, strlen(t[i].name)});
        assert_string_equal(bt_buf_cstr(&b), t[i].want);
        bt_buf_done(&b);
    }
}

static void depth(void **state)
{
    (void)state;
    struct bt_print_opts one = {.max_depth = 1}, two = {.max_depth = 2};
    static const char t[] = "\x68\4\x61\1\x68\1\x6a\x6b\0\2hi\x6c\0\0\0\1\x6b\0\1\1\x74\0\0\0\1\x61\1\x61\2";
    check(t, sizeof t - 1, NULL, "{1,{[]},\"hi\",[[1]|#{1 => 2}]}");
    check(t, sizeof t - 1, &two, "{1,{[]},\"hi\",[...|...]}");
    check(t, sizeof t - 1, &one, "{1,...,\"hi\",...}");
    PRINTS("\x6b\0\1\1", &one, "[1]");
    PRINTS("\x68\1\x68\0", &one, "{{}}");
}

/* depth levels of {...}, and a number inside */
static char *nest(size_t levels, const char *head, size_t head_len, const char *end, size_t end_len)
{
    char *etf = malloc(levels * (head_len + end_len) + 2);
    assert_non_null(etf);
    for (size_t i = 0; i < levels; i++) {
        memcpy(etf + i * head_len, head, head_len);
        if (end_len)
            memcpy(etf + levels * head_len + 2 + i * end_len, end, end_len);
    }
    memcpy(etf + levels * head_len, "\x61\7", 2);
    return etf;
}

static void very_deep_terms(void **state)
{
    (void)state;
    size_t n = BT_ETF_MAX_DEPTH;
    char *etf = nest(n, "\x6c\0\0\0\1", 5, "\x6a", 1);
    struct bt_buf b = BT_BUF_INIT;
    struct bt_etf r;
    bt_etf_init(&r, etf, n * 6 + 2);
    assert_true(bt_print_erlang(&b, &r, NULL));
    assert_int_equal(b.len, 2 * n + 1);
    assert_int_equal(b.data[n - 1], '[');
    assert_int_equal(b.data[n], '7');
    assert_int_equal(b.data[n + 1], ']');
    free(etf);
    etf = nest(n + 1, "\x68\1", 2, "", 0);
    bt_buf_reset(&b);
    bt_etf_init(&r, etf, (n + 1) * 2 + 2);
    assert_true(bt_print_erlang(&b, &r, NULL));
    assert_int_equal(b.len, 2 * n + 3);
    assert_memory_equal(b.data + n, "...}", 4);
    assert_ptr_equal(r.p, r.end);
    free(etf);
    bt_buf_done(&b);
}

/* Appends a map of 33 pairs, 0 => 0 to 31 => 31 and 32 => what comes behind. */
static void put_large_map(struct bt_buf *b)
{
    bt_buf_put(b, "\x74\0\0\0\x21", 5);
    for (int i = 0; i < 32; i++) {
        char pair[] = {0x61, (char)i, 0x61, (char)i};
        bt_buf_put(b, pair, sizeof pair);
    }
    bt_buf_put(b, "\x61\x20", 2);
}

static void large_maps_in_large_maps(void **state)
{
    (void)state;
    struct bt_buf etf = BT_BUF_INIT, text = BT_BUF_INIT;
    struct bt_etf r;
    for (int i = 0; i < 2000; i++)
        put_large_map(&etf);
    bt_buf_put(&etf, "\x61\7", 2);
    bt_etf_init(&r, etf.data, etf.len);
    assert_true(bt_print_erlang(&text, &r, NULL));
    assert_ptr_equal(r.p, r.end);
    assert_memory_equal(bt_buf_cstr(&text), "#{32 => #{32 => ", 16); /* reversed, for the first sixteen */
    assert_non_null(strstr(bt_buf_cstr(&text), "#{32 => #{0 => 0,1 => 1"));
    const char *tail = bt_buf_cstr(&text) + text.len - 23;
    assert_string_equal(tail, "3,2 => 2,1 => 1,0 => 0}");
    for (size_t cut = 1; cut < etf.len; cut += 997) {
        bt_buf_reset(&text);
        bt_etf_init(&r, etf.data, etf.len - cut);
        assert_false(bt_print_erlang(&text, &r, NULL));
    }
    bt_buf_done(&etf);
    bt_buf_done(&text);
}

static void small_maps_keep_their_order(void **state)
{
    (void)state;
    struct bt_buf b = BT_BUF_INIT, w = BT_BUF_INIT;
    bt_buf_put(&b, "\x74\0\0\0\x20", 5);
    bt_buf_puts(&w, "#{");
    for (int i = 0; i < 32; i++) {
        char pair[] = {0x61, (char)i, 0x6a};
        bt_buf_put(&b, pair, sizeof pair);
        bt_buf_printf(&w, "%s%d => []", i ? "," : "", i);
    }
    bt_buf_putc(&w, '}');
    check(b.data, b.len, NULL, bt_buf_cstr(&w));
    bt_buf_done(&b);
    bt_buf_done(&w);
}

static void cut_off_terms(void **state)
{
    (void)state;
    static const char t[] = "\x68\5\x77\1"
                            "a\x6c\0\0\0\2\x61"
                            "a\x61"
                            "b\x61\2\x74\0\0\0\1\x77\1k\x6d\0\0\0\2xy"
                            "\x6c\0\0\0\2\x61"
                            "a\x61"
                            "b\x6a\x58" A_B "\0\0\0\x2c\0\0\0\1\0\0\0\2";
    PRINTS("\x68\5\x77\1"
           "a\x6c\0\0\0\2\x61"
           "a\x61"
           "b\x61\2\x74\0\0\0\1\x77\1k\x6d\0\0\0\2xy"
           "\x6c\0\0\0\2\x61"
           "a\x61"
           "b\x6a\x58" A_B "\0\0\0\x2c\0\0\0\1\0\0\0\2",
        &at_home, "{a,[97,98|2],#{k => <<\"xy\">>},\"ab\",<0.44.1>}");
    for (size_t len = 0; len < sizeof t - 1; len++) {
        struct bt_buf b = BT_BUF_INIT;
        struct bt_etf r;
        char *exact = malloc(len ? len : 1);
        assert_non_null(exact);
        memcpy(exact, t, len);
        bt_etf_init(&r, exact, len);
        assert_false(bt_print_erlang(&b, &r, NULL));
        assert_false(b.failed);
        bt_buf_done(&b);
        free(exact);
    }
}

static void every_failing_append(void **state)
{
    (void)state;
    static const char t[] = "\x68\6\x46\x3f\xf8\0\0\0\0\0\0\x6b\0\2hi\x6b\0\2\1\2\x77\2'!\x4d\0\0\0\2\4\1\xf0"
                            "\x74\0\0\0\1\x71\x77\1m\x77\1f\x61\2\x6f\0\0\0\x9\1\0\0\0\0\0\0\0\0\1";
    static const char want[] = "{1.5,\"hi\",[1,2],'\\'!',<<1,15:4>>,#{fun m:f/2 => -18446744073709551616}}";
    PRINTS("\x68\6\x46\x3f\xf8\0\0\0\0\0\0\x6b\0\2hi\x6b\0\2\1\2\x77\2'!\x4d\0\0\0\2\4\1\xf0"
           "\x74\0\0\0\1\x71\x77\1m\x77\1f\x61\2\x6f\0\0\0\x9\1\0\0\0\0\0\0\0\0\1",
        NULL, want);
    for (size_t limit = 1; limit < sizeof want; limit++) {
        struct bt_buf b = {.limit = limit};
        struct bt_etf r;
        bt_etf_init(&r, t, sizeof t - 1);
        assert_true(bt_print_erlang(&b, &r, NULL));
        assert_ptr_equal(r.p, r.end);
        assert_int_equal(b.failed, limit < sizeof want - 1);
        assert_true(b.len <= limit);
        assert_memory_equal(b.data ? b.data : "", want, b.len);
        bt_buf_done(&b);
    }
}

static void huge_integers(void **state)
{
    (void)state;
    uint8_t *mag = calloc(1, BT_DIGITS_MAX_BIG + 1);
    struct bt_buf b = BT_BUF_INIT;
    assert_non_null(mag);
    mag[BT_DIGITS_MAX_BIG] = 0x0a;
    bt_digits_big(&b, true, (struct bt_slice){mag, BT_DIGITS_MAX_BIG + 1});
    assert_int_equal(b.len, 5 + 2 * BT_DIGITS_MAX_BIG);
    assert_memory_equal(b.data, "-16#A00", 7);
    bt_buf_reset(&b);
    mag[BT_DIGITS_MAX_BIG - 1] = 1;
    bt_digits_big(&b, false, (struct bt_slice){mag, BT_DIGITS_MAX_BIG});
    assert_int_equal(b.len, 78911); /* digits of 2^(8*32767) */
    bt_buf_reset(&b);
    bt_digits_big(&b, true, (struct bt_slice){mag, 3});
    assert_string_equal(bt_buf_cstr(&b), "0");
    bt_buf_done(&b);
    free(mag);
}

/* Without the zeros in front and at the end. */
static int significant_digits(const char *text)
{
    int n = 0, zeros = 0;
    for (; *text && *text != 'e'; text++) {
        if (*text == '0') {
            zeros += n > 0;
        } else if (*text >= '1' && *text <= '9') {
            n += zeros + 1;
            zeros = 0;
        }
    }
    return n;
}

/* Reading the text back gives the same float, and no shorter text does. */
static void floats_round_trip(void **state)
{
    (void)state;
    uint64_t x = 88172645463325252u;
    struct bt_buf b = BT_BUF_INIT;
    for (int i = 0; i < 20000; i++) {
        double v, back;
        char shorter[64];
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        memcpy(&v, &x, sizeof v);
        if (!isfinite(v))
            continue;
        bt_buf_reset(&b);
        bt_digits_float(&b, v);
        back = strtod(bt_buf_cstr(&b), NULL);
        assert_memory_equal(&back, &v, sizeof v);
        int digits = significant_digits(bt_buf_cstr(&b));
        snprintf(shorter, sizeof shorter, "%.*e", digits > 2 ? digits - 2 : 0, v);
        assert_true(digits == 1 || strtod(shorter, NULL) != v);
    }
    bt_buf_done(&b);
}

static void limits_of_the_walker(void **state)
{
    (void)state;
    struct bt_buf b = BT_BUF_INIT;
    struct bt_erlang e = {.out = &b};
    struct bt_etf r;
    bt_etf_init(&r, "\x68\1\x6a", 3);
    assert_int_equal(bt_walk(&r, &bt_erlang_receiver, &e, 0), BT_WALK_OK);
    bt_etf_init(&r, "\x6b\0\1\1", 4);
    assert_int_equal(bt_walk(&r, &bt_erlang_receiver, &e, 0), BT_WALK_OK);
    bt_etf_init(&r, "\x61", 1);
    assert_int_equal(bt_walk(&r, &bt_erlang_receiver, &e, 0), BT_WALK_BAD);
    assert_string_equal(bt_buf_cstr(&b), "......");
    bt_buf_done(&b);
}

static void random_bytes(void **state)
{
    (void)state;
    uint32_t x = 4711;
    struct bt_buf b = {.limit = 10000};
    for (int i = 0; i < 100000; i++) {
        uint8_t raw[64];
        size_t len = (size_t)(i % 64);
        for (size_t k = 0; k < len; k++) {
            x = x * 1664525u + 1013904223u;
            raw[k] = (uint8_t)(x >> 28 < 6 ? x >> 20 & 3 : 70 + (x >> 20) % 62);
        }
        uint8_t *exact = malloc(len ? len : 1);
        assert_non_null(exact);
        memcpy(exact, raw, len);
        struct bt_etf r, skipped;
        bt_etf_init(&r, exact, len);
        skipped = r;
        bt_buf_reset(&b);
        bool whole = bt_etf_skip(&skipped);
        assert_int_equal(bt_print_erlang(&b, &r, &at_home), whole);
        assert_true(!whole || r.p == skipped.p);
        for (size_t k = 0; k < b.len; k++)
            assert_true((unsigned char)b.data[k] >= 32 && b.data[k] != 127);
        free(exact);
    }
    bt_buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms),
        cmocka_unit_test(lists_that_go_on_in_their_tail),
        cmocka_unit_test(nodes),
        cmocka_unit_test(latin1_home),
        cmocka_unit_test(funs),
        cmocka_unit_test(lengths),
        cmocka_unit_test(atoms),
        cmocka_unit_test(depth),
        cmocka_unit_test(very_deep_terms),
        cmocka_unit_test(large_maps_in_large_maps),
        cmocka_unit_test(small_maps_keep_their_order),
        cmocka_unit_test(cut_off_terms),
        cmocka_unit_test(every_failing_append),
        cmocka_unit_test(huge_integers),
        cmocka_unit_test(floats_round_trip),
        cmocka_unit_test(limits_of_the_walker),
        cmocka_unit_test(random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
