/*
 * fuzz_traceport.c - bytes nobody checked, as a file of OTP's trace port: as they are, and with lengths that fit.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput; as a program of its own see standalone.h.
 */
#include "replayed.h"
#include "standalone.h"

#include "replay/traceport.h"

static void on_damage(void *arg, const struct bt_replay_damage *d)
{
    size_t size = *(const size_t *)arg;
    assert(d->offset < size && d->n_bytes <= size - d->offset && d->what);
}

static void replay(const uint8_t *data, size_t size)
{
    static struct bt_event ev;
    static struct bt_buf line;
    struct beamtap_err err = {0};
    size_t n = 0;
    struct bt_test_file mem = {.bytes = data, .len = size};
    struct bt_replay_ops ops = {on_damage, &size};
    struct bt_input in;
    bt_traceport_knows(data, size);
    bt_input_init(&in, bt_test_read, &mem);
    struct bt_traceport *t = bt_traceport_open(&in, &ops, &err);
    assert(t);
    while (bt_traceport_next(t, &ev, &err) == BT_NEXT_EVENT) {
        bt_buf_reset(&line);
        bt_fuzz_line(&line, &ev, bt_traceport_head(t));
        if (n++ < BT_FUZZ_AGAIN) {
            bt_fuzz_formats(&ev, bt_traceport_head(t));
            bt_fuzz_again(&ev, bt_traceport_head(t), &line);
        }
    }
    assert(err.code == BEAMTAP_OK);
    bt_traceport_close(t);
    bt_input_done(&in);
}

/* A record that claims more than there is takes what is there. */
static void frame(uint8_t *p, size_t size)
{
    for (size_t at = 0; size - at >= 5;) {
        size_t len = (size_t)p[at + 1] << 24 | (size_t)p[at + 2] << 16 | (size_t)p[at + 3] << 8 | p[at + 4];
        size_t left = size - at - 5;
        p[at] &= 1;
        if (p[at] == 0 && len > left) {
            len = left;
            for (int i = 0; i < 4; i++)
                p[at + 1 + (size_t)i] = (uint8_t)(len >> (24 - 8 * i));
        }
        at += 5 + (p[at] == 0 ? len : 0);
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
    frame(copy, size);
    replay(copy, size);
    return 0;
}

#ifdef BT_FUZZ_MAIN

#define PID "\x58\x77\3a@b\0\0\0\x2c\0\0\0\0\0\0\0\1"
#define TRACE "\x83\x68\5\x77\5trace" PID
#define MFA "\x68\3\x77\1m\x77\1f\x6b\0\2ab"

const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("\0\0\0\0\x33" TRACE "\x77\4call" MFA "\x77\4said\1\0\0\0\5"),
    BT_FUZZ_SEED("\0\0\0\0\x32" TRACE "\x77\4send\x77\3"
                 "abc" PID),
    BT_FUZZ_SEED("\0\0\0\0\x0b\x83\x68\2\x77\4drop\x61\3\0\0\0\0\2\x83\x6a"),
    BT_FUZZ_SEED("\0\0\0\0\x18\x83\x68\3\x77\x9seq_trace\x61\1\x68\2\x77\3"
                 "abc\x61\2"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
