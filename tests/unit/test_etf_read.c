/*
 * test_etf_read.c - the bounded reader: every tag, and everything that can be wrong with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "term/etf_read.h"

/* A cursor over a string literal, its NUL not included. */
#define ETF(r, literal) bt_etf_init(&(r), literal, sizeof(literal) - 1)

#define NODE                                                                                                 \
    "\x77\x03"                                                                                               \
    "a@b"

/* One valid term of each tag and of each way to nest. */
static const struct {
    const char *bytes;
    size_t len;
    enum bt_etf_kind kind;
} valid[] = {
#define V(literal, kind)                                                                                     \
    {                                                                                                        \
        literal, sizeof(literal) - 1, kind                                                                   \
    }
    V("\x61\xff", BT_ETF_INT),
    V("\x62\xff\xff\xff\xfe", BT_ETF_INT),
    V("\x46\x3f\xf8\0\0\0\0\0\0", BT_ETF_FLOAT),
    V("\x63"
      "1.50000000000000000000e+00\0\0\0\0\0",
        BT_ETF_FLOAT),
    V("\x64\0\2ok", BT_ETF_ATOM),
    V("\x73\2ok", BT_ETF_ATOM),
    V("\x76\0\2ok", BT_ETF_ATOM),
    V("\x77\2ok", BT_ETF_ATOM),
    V("\x67" NODE "\0\0\0\x2c\0\0\0\1\2", BT_ETF_PID),
    V("\x58" NODE "\0\0\0\x2c\0\0\0\1\0\0\0\2", BT_ETF_PID),
    V("\x66" NODE "\0\0\0\6\2", BT_ETF_PORT),
    V("\x59" NODE "\0\0\0\6\0\0\0\2", BT_ETF_PORT),
    V("\x78" NODE "\1\0\0\0\0\0\0\6\0\0\0\2", BT_ETF_PORT),
    V("\x65" NODE "\0\0\0\7\2", BT_ETF_REF),
    V("\x72\0\2" NODE "\2\0\0\0\1\0\0\0\2", BT_ETF_REF),
    V("\x5a\0\3" NODE "\0\0\0\2\0\0\0\1\0\0\0\2\0\0\0\3", BT_ETF_REF),
    V("\x68\2\x61\1\x77\1"
      "b",
        BT_ETF_TUPLE),
    V("\x69\0\0\0\1\x6a", BT_ETF_TUPLE),
    V("\x6a", BT_ETF_NIL),
    V("\x6b\0\3"
      "abc",
        BT_ETF_STRING),
    V("\x6c\0\0\0\2\x61\1\x61\2\x6a", BT_ETF_LIST),
    V("\x6c\0\0\0\1\x61\1\x61\2", BT_ETF_LIST),
    V("\x6d\0\0\0\3"
      "abc",
        BT_ETF_BINARY),
    V("\x4d\0\0\0\2\4"
      "a\xf0",
        BT_ETF_BINARY),
    V("\x4d\0\0\0\0\0", BT_ETF_BINARY),
    V("\x6e\x9\1"
      "\1\2\3\4\5\6\7\x8\x9",
        BT_ETF_BIG),
    V("\x6f\0\0\0\x9\0"
      "\1\2\3\4\5\6\7\x8\x9",
        BT_ETF_BIG),
    V("\x71\x77\1m\x77\1"
      "f\x61\2",
        BT_ETF_EXPORT),
    V("\x70\0\0\0\x3b\1"
      "0123456789abcdef"
      "\0\0\0\1\0\0\0\1"
      "\x77\1m\x61\1\x62\0\0\0\1"
      "\x58" NODE "\0\0\0\x2c\0\0\0\1\0\0\0\2"
      "\x61\7",
        BT_ETF_FUN),
    V("\x74\0\0\0\1\x77\1k\x61\1", BT_ETF_MAP),
    V("\x68\1\x6c\0\0\0\1\x74\0\0\0\1\x61\1\x68\0\x6a", BT_ETF_TUPLE),
#undef V
};

#define N_VALID (sizeof valid / sizeof valid[0])

/* A copy of exactly the bytes, so that the sanitizer sees a read past them. */
static uint8_t *exact(const void *bytes, size_t len)
{
    uint8_t *p = malloc(len ? len : 1);
    assert_non_null(p);
    memcpy(p, bytes, len);
    return p;
}

static void every_tag(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VALID; i++) {
        struct bt_etf r;
        struct bt_etf_token tok;
        struct bt_slice s;
        bt_etf_init(&r, valid[i].bytes, valid[i].len);
        assert_true(bt_etf_next(&r, &tok));
        assert_int_equal(tok.kind, valid[i].kind);
        bt_etf_init(&r, valid[i].bytes, valid[i].len);
        assert_true(bt_etf_slice(&r, &s));
        assert_int_equal(s.len, valid[i].len);
        assert_ptr_equal(r.p, r.end);
        assert_false(bt_etf_skip(&r));
        assert_false(bt_etf_next(&r, &tok));
    }
}

static void every_cut_off_term_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_VALID; i++) {
        for (size_t len = 0; len < valid[i].len; len++) {
            uint8_t *bytes = exact(valid[i].bytes, len);
            struct bt_etf r;
            struct bt_etf_token tok;
            bt_etf_init(&r, bytes, len);
            assert_false(bt_etf_skip(&r));
            assert_ptr_equal(r.p, bytes);
            if (!bt_etf_next(&r, &tok))
                assert_ptr_equal(r.p, bytes);
            free(bytes);
        }
    }
}

static void values(void **state)
{
    (void)state;
    struct bt_etf r;
    struct bt_etf_token tok;
    ETF(r, "\x62\xff\xff\xff\xfe");
    assert_true(bt_etf_next(&r, &tok) && tok.integer == -2);
    ETF(r, "\x63"
           "-1.50000000000000000000e+01\0\0\0\0");
    assert_true(bt_etf_next(&r, &tok) && tok.real == -15.0);
    ETF(r, "\x58" NODE "\0\0\0\x2c\0\0\0\1\0\0\0\2");
    assert_true(bt_etf_next(&r, &tok) && bt_slice_is(tok.node, "a@b"));
    assert_true(tok.ids[0] == 44 && tok.ids[1] == 1 && tok.creation == 2 && !tok.node_latin1);
    ETF(r, "\x78\x73\3"
           "a@b"
           "\1\0\0\0\0\0\0\6\0\0\0\2");
    assert_true(
        bt_etf_next(&r, &tok) && tok.port == 0x100000000000006 && tok.creation == 2 && tok.node_latin1);
    ETF(r, "\x65" NODE "\0\0\0\7\2");
    assert_true(bt_etf_next(&r, &tok) && tok.arity == 1 && tok.ids[0] == 7 && tok.creation == 2);
    ETF(r, "\x5a\0\2" NODE "\0\0\0\2\0\0\0\1\0\0\0\3");
    assert_true(bt_etf_next(&r, &tok) && tok.arity == 2 && tok.ids[1] == 3 && tok.creation == 2);
    ETF(r, "\x4d\0\0\0\2\4"
           "a\xf0");
    assert_true(bt_etf_next(&r, &tok) && tok.bytes.len == 2 && tok.last_bits == 4);
    ETF(r, "\x71\x77\1m\x77\1"
           "f\x61\2");
    assert_true(bt_etf_next(&r, &tok) && bt_slice_is(tok.module, "m") && bt_slice_is(tok.function, "f"));
    assert_int_equal(tok.arity, 2);
}

/* A closure is one token; what it closes over belongs to it. */
static void closures(void **state)
{
    (void)state;
    static const char fun[] = "\x70\0\0\0\x3b\1"
                              "0123456789abcdef"
                              "\0\0\0\1\0\0\0\1"
                              "\x77\1m\x61\1\x62\0\0\0\5"
                              "\x58" NODE "\0\0\0\x2c\0\0\0\1\0\0\0\2";
    char bytes[sizeof fun * 1000];
    struct bt_etf r;
    struct bt_etf_token tok;
    size_t len = 0;
    for (int i = 0; i < 1000; i++, len += sizeof fun - 1) /* each closes over the next: no recursion */
        memcpy(bytes + len, fun, sizeof fun - 1);
    memcpy(bytes + len, "\x61\7\x61\x8", 4);
    bt_etf_init(&r, bytes, len + 4);
    assert_true(bt_etf_next(&r, &tok));
    assert_int_equal(tok.kind, BT_ETF_FUN);
    assert_true(bt_slice_is(tok.module, "m") && tok.index == 1 && tok.old_uniq == 5 && tok.arity == 1);
    assert_int_equal(r.end - r.p, 2);
}

static void integers(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        bool is_int;
        int64_t value;
    } t[] = {
        {"\x6e\0\0", 3, true, 0},
        {"\x6e\0\1", 3, true, 0},
        {"\x6e\1\1\5", 4, true, -5},
        {"\x6e\x8\0\xff\xff\xff\xff\xff\xff\xff\x7f", 11, true, INT64_MAX},
        {"\x6e\x8\1\0\0\0\0\0\0\0\x80", 11, true, INT64_MIN},
        {"\x6e\x8\0\0\0\0\0\0\0\0\x80", 11, false, 0},
        {"\x6e\x8\1\1\0\0\0\0\0\0\x80", 11, false, 0},
        {"\x6e\xa\2\7\0\0\0\0\0\0\0\0\0", 13, true, -7},
        {"\x6f\0\0\0\1\0\x9", 7, true, 9},
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct bt_etf r;
        int64_t v = 42;
        bt_etf_init(&r, t[i].bytes, t[i].len);
        assert_int_equal(bt_etf_int64(&r, &v), t[i].is_int);
        assert_int_equal(v, t[i].is_int ? t[i].value : 42);
    }
}

static void uint32_range(void **state)
{
    (void)state;
    struct bt_etf r;
    uint32_t v = 42;
    ETF(r, "\x62\xff\xff\xff\xff");
    assert_false(bt_etf_uint32(&r, &v));
    ETF(r, "\x6e\5\0\0\0\0\0\1");
    assert_false(bt_etf_uint32(&r, &v));
    assert_int_equal(v, 42);
    ETF(r, "\x6e\4\0\xff\xff\xff\xff");
    assert_true(bt_etf_uint32(&r, &v));
    assert_int_equal(v, UINT32_MAX);
}

static void hostile(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
    } t[] = {
#define H(literal) {literal, sizeof(literal) - 1}
        H("\x6c\xff\xff\xff\xff\x6a\x6a\x6a\x6a\x6a"), /* a list of 2^32-1 items in ten bytes */
        H("\x69\xff\xff\xff\xff\x6a\x6a"),
        H("\x74\xff\xff\xff\xff\x6a\x6a"),
        H("\x74\0\0\0\2\x6a\x6a\x6a"),
        H("\x68\xff\x6a"),
        H("\x6c\0\0\0\1\x6a"), /* no room for the tail */
        H("\x6d\xff\xff\xff\xff"
          "a"),
        H("\x6d\x7f\xff\xff\xff"
          "a"),
        H("\x4d\0\0\0\1\x9"
          "a"), /* 9 bits in a byte */
        H("\x4d\0\0\0\1\0"
          "a"),
        H("\x4d\0\0\0\0\1"),
        H("\x6b\xff\xff"
          "a"),
        H("\x6f\xff\xff\xff\xff\0\1"),
        H("\x6e\xff\0\1"),
        H("\x76\xff\xff"
          "a"),
        H("\x77\xff"
          "a"),
        H("\x5a\0\0" NODE "\0\0\0\2\0\0\0\1"), /* a reference of no words */
        H("\x5a\0\6" NODE "\0\0\0\2\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1"),
        H("\x5a\xff\xff" NODE "\0\0\0\2\0\0\0\1"),
        H("\x58\x61\1\0\0\0\0\0\0\0\0\0\0\0\0"), /* node is no atom */
        H("\x71\x61\1\x77\1"
          "f\x61\2"),
        H("\x71\x77\1m\x77\1"
          "f\x6a"),
        H("\x70\xff\xff\xff\xff\1"
          "0123456789abcdef"
          "\0\0\0\1\0\0\0\0"
          "\x77\1m\x61\1\x61\1"
          "\x58" NODE "\0\0\0\x2c\0\0\0\1\0\0\0\2"),
        H("\x70\0\0\0\x36\1"
          "0123456789abcdef"
          "\0\0\0\1\xff\xff\xff\xff"
          "\x77\1m\x61\1\x61\1"
          "\x58" NODE "\0\0\0\x2c\0\0\0\1\0\0\0\2"),
        H("\x70\0\0\0\x20\1"
          "0123456789abcdef"
          "\0\0\0\1\0\0\0\0"
          "\x77\1m\x61\1\x61\1\x6a"),
        H("\x46\x7f\xf0\0\0\0\0\0\0"), /* infinity, NaN */
        H("\x46\x7f\xf8\0\0\0\0\0\0"),
        H("\x63inf\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        H("\x63\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        H("\x63"
          "1.0e999\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        H("\x63"
          "1.5e1e1e1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
        H("\x50\0\0\0\1\x78\x9c\x4b\4\0"), /* compressed */
        H("\x52\0"),                       /* atom cache */
        H("\x83\x61\1"),                   /* a version byte inside */
        H("\0"),
        H("\xff"),
#undef H
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        uint8_t *bytes = exact(t[i].bytes, t[i].len);
        struct bt_etf r;
        struct bt_slice s = {NULL, 7};
        bt_etf_init(&r, bytes, t[i].len);
        assert_false(bt_etf_skip(&r));
        assert_false(bt_etf_slice(&r, &s));
        assert_int_equal(s.len, 7);
        assert_ptr_equal(r.p, bytes);
        free(bytes);
    }
}

/* A million levels: neither a stack nor more than one look at each byte. */
static void depth_does_not_matter(void **state)
{
    (void)state;
    size_t n = 1000000;
    uint8_t *bytes = malloc(2 * n + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < n; i++)
        memcpy(bytes + 2 * i, "\x68\1", 2);
    bytes[2 * n] = 0x6a;
    struct bt_etf r;
    bt_etf_init(&r, bytes, 2 * n + 1);
    assert_true(bt_etf_skip(&r));
    bt_etf_init(&r, bytes, 2 * n);
    assert_false(bt_etf_skip(&r));
    free(bytes);
}

static void typed_readers_stay_on_failure(void **state)
{
    (void)state;
    uint32_t n = 42;
    int64_t v = 42;
    struct bt_slice s = {NULL, 42};
    char text[8] = "before";
    for (size_t i = 0; i < N_VALID; i++) {
        enum bt_etf_kind kind = valid[i].kind;
        struct bt_etf r;
        bt_etf_init(&r, valid[i].bytes, valid[i].len);
        const uint8_t *start = r.p;
        if (kind != BT_ETF_TUPLE)
            assert_false(bt_etf_tuple(&r, &n));
        assert_false(bt_etf_tuple_of(&r, 9));
        if (kind != BT_ETF_LIST && kind != BT_ETF_NIL)
            assert_false(bt_etf_list(&r, &n));
        if (kind != BT_ETF_NIL)
            assert_false(bt_etf_nil(&r));
        if (kind != BT_ETF_ATOM)
            assert_false(bt_etf_atom(&r, &s));
        assert_false(bt_etf_is_atom(&r, "no"));
        if (kind != BT_ETF_INT) {
            assert_false(bt_etf_int64(&r, &v));
            assert_false(bt_etf_uint32(&r, &n));
        }
        if (kind != BT_ETF_BINARY)
            assert_false(bt_etf_binary(&r, &s));
        if (kind == BT_ETF_TUPLE || kind == BT_ETF_ATOM || kind == BT_ETF_PID || kind == BT_ETF_MAP)
            assert_false(bt_etf_text(&r, text, sizeof text));
        assert_ptr_equal(r.p, start);
    }
    assert_true(n == 42 && v == 42 && s.len == 42);
    assert_string_equal(text, "before");
}

static void typed_readers(void **state)
{
    (void)state;
    struct bt_etf r;
    struct bt_slice s;
    uint32_t n;
    ETF(r, "\x83\x68\3\x6c\0\0\0\2\x77\1"
           "a\x64\0\1"
           "b\x6a\x6d\0\0\0\2xy\x6a");
    assert_true(bt_etf_version(&r));
    assert_false(bt_etf_version(&r));
    assert_false(bt_etf_tuple_of(&r, 2));
    assert_true(bt_etf_tuple_of(&r, 3));
    assert_true(bt_etf_list(&r, &n) && n == 2);
    assert_false(bt_etf_is_atom(&r, "ab"));
    assert_true(bt_etf_is_atom(&r, "a"));
    assert_true(bt_etf_atom(&r, &s) && bt_slice_is(s, "b"));
    assert_true(bt_etf_nil(&r));
    assert_true(bt_etf_binary(&r, &s) && bt_slice_is(s, "xy"));
    assert_true(bt_etf_list(&r, &n) && n == 0);
    ETF(r, "\x64\0\1\xe9"); /* latin-1 cannot be handed out as UTF-8 */
    assert_false(bt_etf_atom(&r, &s));
    ETF(r, "\x6c\0\0\0\0\x6a");
    assert_false(bt_etf_list(&r, &n));
    ETF(r, "\x4d\0\0\0\1\4\xf0");
    assert_false(bt_etf_binary(&r, &s));
    bt_etf_init(&r, NULL, 0);
    assert_false(bt_etf_version(&r));
    assert_false(bt_etf_skip(&r));
}

static void text(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        size_t cap;
        const char *want; /* NULL: refused */
    } t[] = {
#define T(literal, cap, want) {literal, sizeof(literal) - 1, cap, want}
        T("\x6a", 16, ""),
        T("\x6b\0\3"
          "abc",
            16, "abc"),
        T("\x6b\0\3"
          "abc",
            4, "abc"),
        T("\x6b\0\3"
          "abc",
            3, "ab"),
        T("\x6b\0\3"
          "abc",
            1, ""),
        T("\x6b\0\3"
          "abc",
            0, NULL),
        T("\x6b\0\2"
          "a\xe9",
            16, "a\xc3\xa9"),
        T("\x6b\0\3"
          "a\xe9z",
            3, "a"), /* no half characters, and nothing behind what was left out */
        T("\x6d\0\0\0\3"
          "a\xc3\xa9",
            16, "a\xc3\xa9"),
        T("\x6d\0\0\0\2"
          "a\xe9",
            16, "a\xc3\xa9"),
        T("\x6c\0\0\0\2\x61"
          "a\x62\0\0\x20\xac\x6a",
            16, "a\xe2\x82\xac"),
        T("\x6c\0\0\0\2\x61"
          "a\x62\0\0\xd8\x00\x6a",
            16, NULL),
        T("\x6c\0\0\0\2\x61"
          "a\x62\xff\xff\xff\xff\x6a",
            16, NULL),
        T("\x6c\0\0\0\1\x61"
          "a\x61"
          "b",
            16, NULL),
        T("\x6c\0\0\0\1\x6a\x6a", 16, NULL),
        T("\x4d\0\0\0\1\4"
          "a",
            16, NULL),
        T("\x77\1"
          "a",
            16, NULL),
#undef T
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        struct bt_etf r;
        char out[16] = "before";
        bt_etf_init(&r, t[i].bytes, t[i].len);
        const uint8_t *start = r.p;
        assert_int_equal(bt_etf_text(&r, out, t[i].cap), t[i].want != NULL);
        assert_string_equal(out, t[i].want ? t[i].want : "before");
        assert_ptr_equal(r.p, t[i].want ? r.end : start);
    }
}

static void slices(void **state)
{
    (void)state;
    struct bt_slice none = {NULL, 0}, ab = {(const uint8_t *)"ab", 2};
    assert_true(bt_slice_is(none, ""));
    assert_false(bt_slice_is(ab, "a"));
    assert_true(bt_slice_equal(none, none));
    assert_false(bt_slice_equal(ab, none));
}

static void random_bytes(void **state)
{
    (void)state;
    uint32_t x = 12345;
    for (int i = 0; i < 100000; i++) {
        uint8_t raw[64];
        size_t len = (size_t)(i % 64);
        for (size_t k = 0; k < len; k++) {
            x = x * 1664525u + 1013904223u;
            raw[k] = (uint8_t)(k % 3 ? x >> 24 : 70 + (x >> 24) % 62);
        }
        uint8_t *bytes = exact(raw, len);
        struct bt_etf r, skipped;
        struct bt_etf_token tok;
        bt_etf_init(&r, bytes, len);
        skipped = r;
        bool whole = bt_etf_skip(&skipped);
        assert_true(whole ? skipped.p > bytes && skipped.p <= skipped.end : skipped.p == bytes);
        while (bt_etf_next(&r, &tok))
            assert_true(r.p <= r.end);
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tag),
        cmocka_unit_test(every_cut_off_term_fails),
        cmocka_unit_test(values),
        cmocka_unit_test(closures),
        cmocka_unit_test(integers),
        cmocka_unit_test(uint32_range),
        cmocka_unit_test(hostile),
        cmocka_unit_test(depth_does_not_matter),
        cmocka_unit_test(typed_readers_stay_on_failure),
        cmocka_unit_test(typed_readers),
        cmocka_unit_test(text),
        cmocka_unit_test(slices),
        cmocka_unit_test(random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
