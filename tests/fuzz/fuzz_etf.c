/*
 * fuzz_etf.c - bytes nobody checked, as one external term: skipped, taken apart and printed.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput. With -DBT_FUZZ_MAIN it is a program of its own: files given as
 * arguments are run once; without arguments a fixed sequence of random inputs is (count in BT_FUZZ_RUNS,
 * default 100000).
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "term/print.h"
#include "term/shape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_TEXT ((size_t)4 << 20)

/* A terminal must not see these, whatever comes in. */
static void check_text(const struct bt_buf *text)
{
    for (size_t i = 0; i < text->len; i++) {
        unsigned char c = (unsigned char)text->data[i];
        assert(c >= 32 && c != 127);
        assert(c != 0xC2 || i + 1 == text->len || (unsigned char)text->data[i + 1] >= 0xA0);
    }
}

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
    check_text(&text);
    bt_buf_done(&text);
    bt_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bt_buf text = {.limit = MAX_TEXT}, shallow = {.limit = 100};
    struct bt_print_opts three_levels = {.max_depth = 3};
    struct bt_etf r, skipped;
    bt_etf_init(&r, data, size);
    bt_etf_version(&r);
    skipped = r;
    typed_readers(r);
    as_tail(r.p, (size_t)(r.end - r.p));
    struct bt_etf again = r;
    bool whole = bt_etf_skip(&skipped), printed = bt_print_erlang(&text, &r, NULL);
    /* what can be skipped can be printed, and ends at the same place; the other way too */
    assert(whole == printed || text.failed);
    assert(!whole || text.failed || skipped.p == r.p);
    bt_print_erlang(&shallow, &again, &three_levels);
    check_text(&text);
    check_text(&shallow);
    bt_buf_done(&text);
    bt_buf_done(&shallow);
    return 0;
}

#ifdef BT_FUZZ_MAIN
#include <stdio.h>

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Mostly tags and small numbers, or else nearly every input would end at its first byte. */
static size_t make_input(uint64_t *state, uint8_t *data, size_t cap)
{
    static const uint8_t tags[] = {70, 77, 88, 89, 90, 97, 98, 99, 100, 101, 102, 103, 104, 105, 106, 107,
        108, 109, 110, 111, 112, 113, 114, 115, 116, 118, 119, 120, 131};
    size_t n = next_random(state) % cap;
    for (size_t i = 0; i < n; i++) {
        uint64_t x = next_random(state);
        switch (x % 4) {
        case 0: data[i] = (uint8_t)(x >> 8); break;
        case 1: data[i] = (uint8_t)(x >> 8 & 3); break;
        default: data[i] = tags[(x >> 8) % sizeof tags]; break;
        }
    }
    return n;
}

static int run_file(const char *name)
{
    FILE *f = fopen(name, "rb");
    struct bt_buf b = BT_BUF_INIT;
    if (!f) {
        perror(name);
        return 1;
    }
    while (bt_buf_reserve(&b, 4096)) {
        size_t n = fread(b.data + b.len, 1, 4096, f);
        if (n == 0)
            break;
        b.len += n;
    }
    fclose(f);
    LLVMFuzzerTestOneInput((const uint8_t *)b.data, b.len);
    bt_buf_done(&b);
    return 0;
}

int main(int argc, char **argv)
{
    int rc = 0;
    for (int i = 1; i < argc; i++)
        rc |= run_file(argv[i]);
    if (argc > 1)
        return rc;
    const char *runs = getenv("BT_FUZZ_RUNS");
    unsigned long n = runs ? strtoul(runs, NULL, 10) : 100000;
    uint64_t state = 0x9E3779B97F4A7C15u;
    for (unsigned long i = 0; i < n; i++) {
        uint8_t data[200];
        size_t len = make_input(&state, data, sizeof data);
        uint8_t *exact = malloc(len ? len : 1); /* so that a byte read too many is seen */
        if (!exact)
            return 1;
        memcpy(exact, data, len);
        LLVMFuzzerTestOneInput(exact, len);
        free(exact);
    }
    printf("%lu inputs\n", n);
    return 0;
}
#endif
