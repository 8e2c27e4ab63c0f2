/*
 * fuzz_capture.c - bytes nobody checked, as a capture file: as they are, and once more with sums that are right, so that what is behind
 * them is reached.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput; as a program of its own see standalone.h.
 */
#include "replayed.h"
#include "standalone.h"

#include "base/crc32c.h"

struct told {
    size_t size;
    uint64_t last;
};

static void on_damage(void *arg, const struct bt_replay_damage *d)
{
    struct told *t = arg;
    assert(d->offset >= t->last && d->offset < t->size && d->n_bytes <= t->size - d->offset && d->what);
    t->last = d->offset;
}

static void check_head(const struct bt_out_head *head)
{
    assert(head->node && head->options && head->n_not <= head->n_specs);
    for (size_t i = 0; i < head->n_specs; i++)
        assert(strlen(head->specs[i]) <= 65536);
}

static void replay(const uint8_t *data, size_t size)
{
    static struct bt_event ev;
    static struct bt_buf line;
    struct beamtap_err err = {0};
    size_t n = 0;
    struct told told = {size, 0};
    struct bt_test_file mem = {.bytes = data, .len = size};
    struct bt_replay_ops ops = {on_damage, &told};
    struct bt_input in;
    bt_input_init(&in, bt_test_read, &mem);
    struct bt_reader *r = bt_reader_open(&in, &ops, &err);
    if (!r) {
        bt_fuzz_check_err(&err);
        assert(err.code == BEAMTAP_EUSAGE);
        bt_input_done(&in);
        return;
    }
    const struct bt_out_head *head = bt_reader_head(r);
    check_head(head);
    while (bt_reader_next(r, &ev, &err) == BT_NEXT_EVENT) {
        bt_buf_reset(&line);
        bt_fuzz_line(&line, &ev, head);
        if (n++ < BT_FUZZ_AGAIN) {
            bt_fuzz_formats(&ev, head);
            bt_fuzz_again(&ev, head, &line);
        }
    }
    assert(err.code == BEAMTAP_OK);
    bt_reader_close(r);
    bt_input_done(&in);
}

/* Gives the file and each of its records the sums they should have; a length that is too large becomes one that fits. */
static void seal(uint8_t *p, size_t size)
{
    if (size < BT_CAPTURE_PREFIX_LEN)
        return;
    size_t len = bt_get_le32(p + 16), at = BT_CAPTURE_PREFIX_LEN;
    memcpy(p, BT_CAPTURE_MAGIC, BT_CAPTURE_MAGIC_LEN);
    if (len > size - at)
        bt_put_le32(p + 16, (uint32_t)(len = size - at));
    bt_put_le32(p + 20, bt_crc32c(bt_crc32c(0, p, 20), p + at, len));
    for (at += len; size - at >= BT_CAPTURE_HEAD_LEN; at += BT_CAPTURE_HEAD_LEN + len) {
        size_t left = size - at - BT_CAPTURE_HEAD_LEN;
        bt_put_le16(p + at, BT_CAPTURE_MARK);
        len = bt_get_le32(p + at + 4);
        if (len > left)
            bt_put_le32(p + at + 4, (uint32_t)(len = left));
        bt_put_le32(p + at + 8, bt_crc32c(0, p + at + BT_CAPTURE_HEAD_LEN, len));
        bt_put_le32(p + at + 12, bt_crc32c(0, p + at, 12));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t copy[65536];
    replay(data, size);
    if (size > sizeof copy)
        return 0;
    if (size)
        memcpy(copy, data, size);
    seal(copy, size);
    replay(copy, size);
    return 0;
}

#ifdef BT_FUZZ_MAIN

/* [{node, <<"a@b">>}], then an exit of a process: <0.44.0> exit x */
#define FILE_HEAD                                                                                            \
    "\x89"                                                                                                   \
    "BTC\r\n\x1a\n\1\0\0\0\0\0\0\0\x17\0\0\0\0\0\0\0"                                                        \
    "\x6c\0\0\0\1\x68\2\x77\4node\x6d\0\0\0\3a@b\x6a\0"
#define PID "\x58\x77\3a@b\0\0\0\x2c\0\0\0\0\0\0\0\1"
#define TIMES "\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"

const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED(FILE_HEAD "\xc3\xb7\1\0\x35\0\0\0\0\0\0\0\0\0\0\0\10\0\x50\0\0\0\0\0" TIMES PID "\x77\1x"),
    BT_FUZZ_SEED(
        FILE_HEAD "\xc3\xb7\1\0\x28\0\0\0\0\0\0\0\0\0\0\0\x20\0\2\0\0\0\0\0" TIMES "\5\0\0\0\0\0\0\0"),
    BT_FUZZ_SEED(FILE_HEAD "\xc3\xb7\4\0\1\0\0\0\0\0\0\0\0\0\0\0\x6a"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
