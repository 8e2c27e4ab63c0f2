/*
 * fuzz_connect.c - a node that speaks garbage: the whole handshake, by our watcher and by ei, and then frames of any kind.
 *
 * The first byte is how many bytes arrive at once, then come the items of a scripted peer (tests/support/wire.h). libFuzzer
 * calls LLVMFuzzerTestOneInput; as a program of its own see standalone.h.
 */
#include "safe.h"
#include "standalone.h"

#include <assert.h>

#include "base/clock.h"
#include "node/conn.h"
#include "terms.h"
#include "wire.h"

#define MAX_MESSAGES 50

static const struct bt_peer_answer nothing[] = {{NULL, NULL}};

/* Makes the client known to the node, as any program does first. */
static int greet(struct bt_conn *c, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    const struct bt_term *hello = bt_term_tuple2(&a, bt_term_atom(&a, "hello"), bt_conn_self(c, &a));
    int rc = bt_conn_send_name(c, "rex", hello, err);
    bt_arena_done(&a);
    return rc;
}

/* Hears until there is nothing more, or the link is lost. */
static void hear(struct bt_conn *c, struct beamtap_err *err)
{
    struct bt_msg msg;
    int64_t until = bt_clock_mono_us() + 60000000;
    int rc = 1;
    for (int i = 0; rc > 0 && i < MAX_MESSAGES; i++) {
        rc = bt_conn_next(c, &msg, until, err);
        assert(rc != 1 || msg.term.p <= msg.term.end);
        if (rc > 0)
            bt_etf_skip(&msg.term);
    }
    assert((rc < 0) == (err->code != BEAMTAP_OK));
    if (rc < 0) {
        assert(err->code == BEAMTAP_ELOST || err->code == BEAMTAP_EPROTO);
        bt_fuzz_check_err(err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bt_conn_opts o = {.node = BT_TEST_NODE, .cookie = BT_PEER_COOKIE, .port = 1, .timeout_ms = 5000};
    struct beamtap_err err = {0};
    if (size == 0)
        return 0;
    bt_wire_start(&(struct bt_wire_opts){
        .script = nothing, .items = data + 1, .items_len = size - 1, .shakes_hands = true, .chunk = data[0]});
    struct bt_conn *c = bt_conn_open(&o, &err);
    assert((c == NULL) == (err.code != BEAMTAP_OK));
    if (!c) {
        assert(beamtap_code_status(err.code) == 3);
        bt_fuzz_check_err(&err);
    } else if (greet(c, &err) == 0) {
        hear(c, &err);
    }
    bt_conn_close(c);
    assert(bt_wire_seen()->n_open == 0);
    return 0;
}

#ifdef BT_FUZZ_MAIN

/* Items: what the script has, an answer, a term, a frame, bytes, an end. */
#define GIVEN "\0"
#define WELL GIVEN GIVEN GIVEN
#define ANSWER "\1\0"
#define SAY "\2\0"
#define FRAME "\3\0"
#define BYTES "\4\0"
#define HANG_UP "\6"

const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("\0" WELL SAY "\6\x77\4true"),
    BT_FUZZ_SEED("\1" WELL BYTES "\4\0\0\0\0" SAY "\2\x68\0" HANG_UP),
    BT_FUZZ_SEED("\0" ANSWER "\4snok"),
    BT_FUZZ_SEED("\0" ANSWER "\14snot_allowed"),
    BT_FUZZ_SEED("\0" ANSWER "\3sok"),
    BT_FUZZ_SEED("\0" BYTES "\x18HTTP/1.1 400 Bad Request"),
    BT_FUZZ_SEED("\0" GIVEN ANSWER "\x20N\0\0\0\xd\7\xdf\x7f\xbd\1\2\3\4\0\0\0\2\0\xd"
                 "app@127.0.0.1"),
    BT_FUZZ_SEED("\0" GIVEN GIVEN ANSWER "\x11"
                 "a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" SAY "\1\x6a"),
    BT_FUZZ_SEED("\0" GIVEN GIVEN ANSWER "\x11"
                 "a0123456789abcdef"),
    BT_FUZZ_SEED("\0" GIVEN GIVEN HANG_UP),
    BT_FUZZ_SEED("\2" WELL FRAME "\x11\x70\x83\x68\3\x61\2\x77\0\x77\1x\x83\x6a"),
    BT_FUZZ_SEED("\0" WELL BYTES "\4\x40\0\0\0"),
    BT_FUZZ_SEED("\5\x7\xd0"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
