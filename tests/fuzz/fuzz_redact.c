/*
 * fuzz_redact.c - bytes nobody checked, as a term and as text of which the values of some keys are masked.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput; as a program of its own see standalone.h.
 */
#include "safe.h"
#include "standalone.h"

#include <assert.h>
#include <string.h>

#include "term/redact.h"

#define SECRET "Zq9SECRETq9Z"
#define MAX_DEPTH 2000 /* of the check; masked terms are flatter than that */

static bool is_mask(struct bt_slice value)
{
    return bt_slice_equal(value, bt_redact_mask(value));
}

/* Not by bt_redact's own means: does the key have "pass" in it? */
static bool is_key(struct bt_etf at)
{
    struct bt_etf_token tok;
    if (!bt_etf_next(&at, &tok) ||
        (tok.kind != BT_ETF_ATOM && tok.kind != BT_ETF_BINARY && tok.kind != BT_ETF_STRING))
        return false;
    if (tok.bytes.len > BT_REDACT_MAX_KEY / 3 || (tok.kind == BT_ETF_BINARY && tok.last_bits != 8))
        return false;
    for (size_t i = 0; i < tok.bytes.len; i++) {
        if (tok.bytes.p[i] >= 0x80)
            return false;
    }
    for (size_t i = 0; i + 4 <= tok.bytes.len; i++) {
        if (memcmp(tok.bytes.p + i, "pass", 4) == 0)
            return true;
    }
    return false;
}

static void check_term(struct bt_etf *r, unsigned depth);

static void check_pair(struct bt_etf *r, unsigned depth)
{
    struct bt_etf at = *r;
    struct bt_slice value;
    bool has_key = is_key(*r);
    check_term(r, depth);
    at = *r;
    assert(bt_etf_slice(&at, &value));
    assert(!has_key || is_mask(value));
    check_term(r, depth);
}

/* No value under a key is left in it. */
static void check_term(struct bt_etf *r, unsigned depth)
{
    struct bt_etf_token tok;
    assert(depth < MAX_DEPTH);
    assert(bt_etf_next(r, &tok));
    if (tok.kind == BT_ETF_TUPLE && tok.arity == 2) {
        check_pair(r, depth + 1);
    } else if (tok.kind == BT_ETF_MAP) {
        for (uint32_t i = 0; i < tok.arity; i++)
            check_pair(r, depth + 1);
    } else if (tok.kind == BT_ETF_TUPLE || tok.kind == BT_ETF_LIST) {
        uint32_t n = tok.arity + (tok.kind == BT_ETF_LIST);
        for (uint32_t i = 0; i < n; i++)
            check_term(r, depth + 1);
    }
}

static void as_term(struct bt_redact *redact, const uint8_t *data, size_t size)
{
    struct bt_buf out = BT_BUF_INIT;
    struct bt_etf r, whole;
    struct bt_slice in = {data, size};
    bt_etf_init(&whole, data, size);
    bool is_whole = bt_etf_skip(&whole) && whole.p == whole.end;
    if (bt_redact_term(redact, in, &out))
        in = (struct bt_slice){(const uint8_t *)out.data, out.len};
    else
        assert(is_whole && out.len == 0);
    assert(is_whole || is_mask(in));
    bt_etf_init(&r, in.p, in.len);
    check_term(&r, 0);
    assert(r.p == r.end);
    bt_buf_done(&out);
}

static bool has_secret(const struct bt_buf *b)
{
    size_t n = strlen(SECRET);
    for (size_t i = 0; i + n <= b->len; i++) {
        if (memcmp(b->data + i, SECRET, n) == 0)
            return true;
    }
    return false;
}

/*
 * Whatever stands before it, but for what opens something, which could well end within the secret, and for the secret itself,
 * which libFuzzer learns from memcmp().
 */
static void behind(struct bt_redact *redact, const uint8_t *data, size_t size)
{
    static const char *const ends[] = {"password=" SECRET, "my.passwd : a " SECRET ", " SECRET,
        "\"pass\":\"" SECRET "\"", "{\\\"pass\\\": \\\"\\\\\\\"" SECRET "\\\"}",
        "pass => <<\"" SECRET "\">>, a => b", "pass=~c\"a " SECRET "\"", "pass=\"a " SECRET "\" x",
        "'pass' => {a, [" SECRET "]}", "u[pass]=" SECRET "&a=b"};
    struct bt_buf in = BT_BUF_INIT, out = BT_BUF_INIT;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        bt_buf_reset(&in);
        bt_buf_reset(&out);
        bt_buf_put(&in, data, size);
        for (size_t j = 0; j < in.len; j++) {
            if (in.data[j] && strchr("\"'{[(<", in.data[j]))
                in.data[j] = '.';
        }
        if (has_secret(&in))
            break;
        bt_buf_putc(&in, '\n');
        bt_buf_puts(&in, ends[i]);
        assert(bt_redact_text(redact, in.data, in.len, &out, NULL));
        assert(!has_secret(&out));
    }
    bt_buf_done(&in);
    bt_buf_done(&out);
}

static void as_text(struct bt_redact *redact, const char *text, size_t len)
{
    struct bt_buf out = BT_BUF_INIT;
    bool is_open = false;
    assert(bt_redact_text(redact, text, len, &out, &is_open) || out.len == 0);
    assert(!is_open || len > 0);
    bt_buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const fields[] = {"name", "pass"};
    static const struct bt_print_def items[] = {{"user", fields, 2}};
    static const struct bt_print_defs defs = {items, 1};
    struct bt_arena arena = BT_ARENA_INIT;
    size_t at;
    const struct bt_regex *key = bt_regex_new(&arena, "pass", 4, &at, NULL);
    struct bt_redact redact = {.keys = &key, .n_keys = 1, .records = &defs};
    assert(key);
    if (size > 0 && data[0] == 131) /* the version byte */
        data++, size--;
    as_term(&redact, data, size);
    as_text(&redact, (const char *)data, size);
    behind(&redact, data, size);
    bt_redact_done(&redact);
    bt_arena_done(&arena);
    return 0;
}

#ifdef BT_FUZZ_MAIN

const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("\x68\2\x77\4pass\x61\1"),
    BT_FUZZ_SEED("\x6c\0\0\0\2\x68\2\x77\4pass\x6b\0\3abc\x68\2\x77\1k\x61\1\x6a"),
    BT_FUZZ_SEED("\x74\0\0\0\2\x6d\0\0\0\4pass\x6d\0\0\0\2ab\x77\1k\x74\0\0\0\1\x73\4pass\x6a"),
    BT_FUZZ_SEED("\x68\3\x77\4user\x77\3"
                 "bob\x77\2pw"),
    BT_FUZZ_SEED("\x68\2\x6b\0\4pass\x6d\0\0\0\x9pass=abcd"),
    BT_FUZZ_SEED("\x6c\0\0\0\2\x6d\0\0\0\5pass=\x6b\0\4abcd\x6d\0\0\0\xcpass: a b\nc=d"),
    BT_FUZZ_SEED("\x6c\0\0\0\5\x61p\x61"
                 "a\x61s\x61s\x61=\x6a"),
    BT_FUZZ_SEED("\x70\0\0\0\x33\1\0\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\0\0\0\0\0\0\0\1\x77\1m\x61\0\x61\1\x58"
                 "\x77\3a@b\0\0\0\1\0\0\0\0\0\0\0\1\x6b\0\2pw"),
    BT_FUZZ_SEED("{\"pass\":\"a\\\"b\",\"c\":{\"pass\": [1,\"]\"]}}"),
    BT_FUZZ_SEED("{\"b\":\"{\\\"pass\\\":\\\"a\\\\\\\"b\\\"}\"}"),
    BT_FUZZ_SEED("pass=~c\"a\" pass=<<\"x\">> 'pass' => #{a => 'b'} u[pass]=x&a:pass::=>y"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
