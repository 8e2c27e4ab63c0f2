/*
 * fuzz_tree.c - bytes nobody checked, as a term that is made into a tree, and written again.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput; as a program of its own see standalone.h.
 */
#include "standalone.h"

#include <assert.h>
#include <string.h>

#include "match/eval_fun.h"
#include "term/etf_write.h"
#include "term/print.h"
#include "term/tree_read.h"

/* Appends what is printed of a term; false: it is broken. */
static bool print(struct bt_buf *text, const void *etf, size_t len)
{
    struct bt_etf r;
    bt_etf_init(&r, etf, len);
    return bt_print_erlang(text, &r, NULL);
}

/* The tree means what the bytes do: what is written of it is printed as they are, and is the same tree again. */
static void check_tree(const struct bt_term *t, struct bt_slice in, struct bt_arena *a)
{
    struct bt_buf etf = BT_BUF_INIT, before = BT_BUF_INIT, after = BT_BUF_INIT;
    assert(print(&before, in.p, in.len));
    if (bt_etf_write(&etf, t, NULL, NULL) == 0) { /* not an atom of more than 255 characters */
        const struct bt_term *again = bt_tree_read((struct bt_slice){(const uint8_t *)etf.data, etf.len}, a);
        assert(print(&after, etf.data, etf.len));
        assert(after.len == before.len && memcmp(bt_buf_cstr(&after), bt_buf_cstr(&before), after.len) == 0);
        assert(again &&
               bt_eval_same(t, again) == bt_eval_same(t, t)); /* not with a key twice, which no node sends */
    }
    bt_buf_done(&etf);
    bt_buf_done(&before);
    bt_buf_done(&after);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_etf whole;
    const struct bt_term *t = bt_tree_read((struct bt_slice){data, size}, &a);
    bt_etf_init(&whole, data, size);
    assert(bt_etf_skip(&whole) || !t);
    if (t)
        check_tree(t, (struct bt_slice){data, size}, &a);
    bt_arena_done(&a);
    return 0;
}

#ifdef BT_FUZZ_MAIN

const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("\x68\3\x61\xff\x62\x80\0\0\1\x46\x3f\xf8\0\0\0\0\0\0"),
    BT_FUZZ_SEED("\x6c\0\0\0\3\x77\2ok\x64\0\4dont\x73\1\xe9\x6a"),
    BT_FUZZ_SEED("\x6c\0\0\0\2\x76\0\4\xD0\xB8\xC3\xA9\x6b\0\5\x1b[2J\n\x77\1t"),
    BT_FUZZ_SEED("\x6c\0\0\0\1\x61\1\x6c\0\0\0\1\x61\2\x6b\0\2\3\4"),
    BT_FUZZ_SEED("\x69\0\0\0\2\x6d\0\0\0\4\xE6\xBC\xA2\0\x4d\0\0\0\3\3\1\2\xe0"),
    BT_FUZZ_SEED("\x74\0\0\0\2\x77\1k\x6e\x9\1\1\2\3\4\5\6\7\10\x9\x6f\0\0\0\2\0\xff\xff\x6a"),
    BT_FUZZ_SEED("\x68\2\x58\x77\3a@b\0\0\0\x2c\0\0\0\0\0\0\0\1\x67\x77\3a@b\0\0\0\x2c\0\0\0\0\1"),
    BT_FUZZ_SEED("\x68\2\x59\x77\3a@b\0\0\0\6\0\0\0\1\x5a\0\2\x77\3a@b\0\0\0\1\0\0\0\2\0\0\0\3"),
    BT_FUZZ_SEED("\x71\x77\5lists\x73\3map\x61\2"),
    BT_FUZZ_SEED("\x70\0\0\0\x33\1\0\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\0\0\0\0\0\0\0\0\x77\1m\x61\0\x61\1\x58"
                 "\x77\3a@b\0\0\0\1\0\0\0\0\0\0\0\1"),
    BT_FUZZ_SEED("\x63"
                 "1.50000000000000000000e+00\0\0\0\0\0"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
