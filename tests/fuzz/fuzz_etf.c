/*
 * fuzz_etf.c - bytes nobody checked, as one external term: skipped, taken apart and printed.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput; as a program of its own see standalone.h.
 */
#include "safe.h"
#include "standalone.h"

#include <assert.h>
#include <string.h>

#include "term/print.h"
#include "term/shape.h"

#define MAX_TEXT ((size_t)4 << 20)

static void typed_readers(struct bt_etf r)
{
    struct bt_slice s;
    char text[16];
    uint32_t n;
    int64_t v;
    const uint8_t *start = r.p;
    assert(bt_etf_tuple(&r, &n) || r.p == start);
    r.p = start;
    assert(bt_etf_list(&r, &n) || r.p == start);
    r.p = start;
    assert(bt_etf_atom(&r, &s) || r.p == start);
    r.p = start;
    assert(bt_etf_int64(&r, &v) || r.p == start);
    r.p = start;
    assert(bt_etf_binary(&r, &s) || r.p == start);
    r.p = start;
    assert(bt_etf_text(&r, text, sizeof text) ? memchr(text, 0, sizeof text) != NULL : r.p == start);
}

/* [a|Value], so that captured tails are walked too. */
static void as_tail(const uint8_t *data, size_t size)
{
    struct bt_arena arena = BT_ARENA_INIT;
    struct bt_slice value = {data, size};
    struct bt_buf text = {.limit = MAX_TEXT};
    const struct bt_term *a = bt_term_atom(&arena, "a"), *tail = bt_term_new(&arena, BT_TERM_CAPTURE);
    const struct bt_term *list = tail ? bt_term_list(&arena, &a, 1, tail) : NULL;
    if (list)
        bt_shape_print(&text, list, &value, 1, NULL);
    bt_fuzz_check_safe(text.data, text.len, false);
    bt_buf_done(&text);
    bt_arena_done(&arena);
}

/*
 * The walker, which prints into a buffer that has a limit, and the printer that does without are of one mind (print_direct.h);
 * also about what was printed before something broken.
 */
static void both_ways(const struct bt_etf *at, const struct bt_print_opts *opts)
{
    struct bt_buf walked = {.limit = MAX_TEXT}, direct = BT_BUF_INIT;
    struct bt_etf r1 = *at, r2 = *at;
    bool ok1 = bt_print_erlang(&walked, &r1, opts), ok2 = bt_print_erlang(&direct, &r2, opts);
    if (!walked.failed && !direct.failed) {
        assert(ok1 == ok2 && (!ok1 || r1.p == r2.p));
        assert(
            walked.len == direct.len && memcmp(bt_buf_cstr(&walked), bt_buf_cstr(&direct), walked.len) == 0);
    }
    bt_buf_done(&walked);
    bt_buf_done(&direct);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const fields[] = {"a b", "\x1b"};
    static const struct bt_print_def items[] = {{"ok", fields, 1}, {"dont", fields, 2}, {"t", fields, 0}};
    static const struct bt_print_defs defs = {items, 3};
    struct bt_buf text = {.limit = MAX_TEXT}, shallow = {.limit = 100}, named = {.limit = MAX_TEXT};
    struct bt_print_opts three_levels = {.max_depth = 3}, with_names = {.records = &defs};
    struct bt_print_opts two_levels = {.max_depth = 2, .home = {(const uint8_t *)"a@b", 3}};
    struct bt_etf r, skipped;
    bt_etf_init(&r, data, size);
    bt_etf_version(&r);
    skipped = r;
    typed_readers(r);
    as_tail(r.p, (size_t)(r.end - r.p));
    struct bt_etf again = r;
    both_ways(&r, NULL);
    both_ways(&r, &two_levels);
    bool whole = bt_etf_skip(&skipped), printed = bt_print_erlang(&text, &r, NULL);
    /* what can be skipped can be printed, and ends at the same place; the other way too */
    assert(whole == printed || text.failed);
    assert(!whole || text.failed || skipped.p == r.p);
    struct bt_etf third = again;
    bt_print_erlang(&shallow, &again, &three_levels);
    assert(bt_print_erlang(&named, &third, &with_names) == printed || text.failed || named.failed);
    bt_fuzz_check_safe(named.data, named.len, false);
    bt_buf_done(&named);
    bt_fuzz_check_safe(text.data, text.len, false);
    bt_fuzz_check_safe(shallow.data, shallow.len, false);
    bt_buf_done(&text);
    bt_buf_done(&shallow);
    return 0;
}

#ifdef BT_FUZZ_MAIN

/* At least one of each tag; what they hold, so that most changes leave something to read. */
const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("\x83\x68\3\x61\xff\x62\x80\0\0\1\x46\x3f\xf8\0\0\0\0\0\0"),
    BT_FUZZ_SEED("\x83\x6c\0\0\0\3\x77\2ok\x64\0\4dont\x73\1x\x6a"),
    BT_FUZZ_SEED("\x6c\0\0\0\2\x76\0\4\xD0\xB8\xC3\xA9\x6b\0\5\x1b[2J\n\x77\1t"),
    BT_FUZZ_SEED("\x69\0\0\0\2\x6d\0\0\0\4\xE6\xBC\xA2\0\x4d\0\0\0\3\3\1\2\xe0"),
    BT_FUZZ_SEED("\x74\0\0\0\2\x77\1k\x6e\x9\1\1\2\3\4\5\6\7\10\x9\x6f\0\0\0\2\0\xff\xff\x6a"),
    BT_FUZZ_SEED("\x68\2\x58\x77\3a@b\0\0\0\x2c\0\0\0\0\0\0\0\1\x67\x77\3a@b\0\0\0\x2c\0\0\0\0\1"),
    BT_FUZZ_SEED("\x68\3\x59\x77\3a@b\0\0\0\6\0\0\0\1\x66\x77\3a@b\0\0\0\6\1\x78\x77\3a@b\0\0\0\0\0\0\0"
                 "\6\0\0\0\1"),
    BT_FUZZ_SEED("\x68\3\x5a\0\2\x77\3a@b\0\0\0\1\0\0\0\2\0\0\0\3\x72\0\1\x77\3a@b\1\0\0\0\2\x65\x77\3"
                 "a@b\0\0\0\2\1"),
    BT_FUZZ_SEED("\x68\2\x77\2ok\x68\3\x77\4"
                 "dont\x68\1\x77\1t\x6c\0\0\0\1\x68\2\x77\2ok\x61\1\x6a"),
    BT_FUZZ_SEED("\x71\x77\5lists\x77\3map\x61\2"),
    BT_FUZZ_SEED("\x70\0\0\0\x33\1\0\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\0\0\0\0\0\0\0\0\x77\1m\x61\0\x61\1\x58"
                 "\x77\3a@b\0\0\0\1\0\0\0\0\0\0\0\1"),
    BT_FUZZ_SEED("\x63"
                 "1.50000000000000000000e+00\0\0\0\0\0"),
    BT_FUZZ_SEED("\x68\1\x68\1\x68\1\x6c\0\0\0\1\x68\1\x74\0\0\0\1\x6a\x68\0\x6a"),
    BT_FUZZ_SEED("\x6c\xff\xff\xff\xff\x69\xff\xff\xff\xff\x6d\xff\xff\xff\xff"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
