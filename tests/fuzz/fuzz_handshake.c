/*
 * fuzz_handshake.c - bytes nobody checked, as the frames a node sends in a handshake, and as an epmd's or a node's
 * name in the message that refuses it.
 *
 * The first byte is the stage, then come frames with two bytes of length. libFuzzer calls LLVMFuzzerTestOneInput; as
 * a program of its own see standalone.h.
 */
#include "safe.h"
#include "standalone.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "node/handshake.h"

/* A message goes to a terminal. */
static void check_message(const struct beamtap_err *err)
{
    assert(err->code == BEAMTAP_EPEER || err->code == BEAMTAP_EREJECTED || err->code == BEAMTAP_ENONODE ||
           err->code == BEAMTAP_ECOOKIE || err->code == BEAMTAP_ETLS);
    bt_fuzz_check_err(err);
}

/* One frame, in memory of exactly its length. */
static int take(struct bt_handshake *h, const uint8_t *frame, size_t len)
{
    struct beamtap_err err = {0};
    enum bt_handshake_stage before = h->stage;
    uint8_t *exact = malloc(len ? len : 1);
    assert(exact);
    if (len)
        memcpy(exact, frame, len);
    int rc = bt_handshake_frame(h, exact, len, &err);
    free(exact);
    assert(h->stage == before + (rc == 0));
    assert(memchr(h->our_name, 0, sizeof h->our_name));
    assert(memchr(h->node, 0, sizeof h->node));
    if (rc < 0)
        check_message(&err);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bt_handshake h = {.expected = "x@y"};
    struct beamtap_err err = {0};
    if (size == 0)
        return 0;
    h.stage = (enum bt_handshake_stage)(data[0] % (BT_HS_DONE + 1));
    data++, size--;
    while (size >= 2) {
        size_t len = (size_t)data[0] << 8 | data[1];
        data += 2, size -= 2;
        len = len < size ? len : size;
        if (take(&h, data, len) < 0)
            return 0;
        data += len, size -= len;
    }
    bt_handshake_eof(&h, &err);
    check_message(&err);
    return 0;
}

#ifdef BT_FUZZ_MAIN

#define CHALLENGE "\0\x16N\0\0\0\xd\7\xdf\x7f\xbd\1\2\3\4\0\0\0\2\0\3x@y"

const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("\0\0\20snamed:\0\3a@b\0\0\0\1" CHALLENGE "\0\x11"
                 "a0123456789abcdef"),
    BT_FUZZ_SEED("\0\0\4snok"),
    BT_FUZZ_SEED("\0\0\6salive"),
    BT_FUZZ_SEED("\0\0\14snot_allowed"),
    BT_FUZZ_SEED("\0\0\3sok"),
    BT_FUZZ_SEED("\0\0\x18HTTP/1.1 400 Bad Request"),
    BT_FUZZ_SEED("\1" CHALLENGE),
    BT_FUZZ_SEED("\1\0\x19n\0\5\0\0\0\0\1\2\3\4app@127.0.0.1"),
    BT_FUZZ_SEED("\1\0\x18N\0\0\0\xd\7\xdf\x7f\xbd\1\2\3\4\0\0\0\2\0\5\x1b[2J\x7f"),
    BT_FUZZ_SEED("\2\0\x11"
                 "a0123456789abcdef"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
