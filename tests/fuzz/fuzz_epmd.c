/*
 * fuzz_epmd.c - bytes nobody checked, as what an epmd answers: to the question for a port, then to that for its names.
 *
 * The first byte is how many bytes arrive at once. libFuzzer calls LLVMFuzzerTestOneInput; as a program of its own see
 * standalone.h.
 */
#include "safe.h"
#include "standalone.h"

#include <assert.h>

#include "base/clock.h"
#include "node/epmd.h"
#include "wire.h"

static void check_error(const struct beamtap_err *err, bool asks_for_a_node)
{
    assert(err->code == BEAMTAP_EEPMD || (asks_for_a_node && err->code == BEAMTAP_ENONODE));
    bt_fuzz_check_err(err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bt_epmd e = {.host = "h", .port = BT_EPMD_PORT};
    struct beamtap_err err = {0};
    struct bt_buf names = BT_BUF_INIT;
    int port = 0;
    if (size == 0)
        return 0;
    bt_wire_start(&(struct bt_wire_opts){.epmd = {data + 1, size - 1}, .chunk = data[0]});
    e.deadline_us = bt_clock_mono_us() + 1000000;
    if (bt_epmd_port(&e, "app", &port, &err) == 0)
        assert(port > 0 && port < 65536);
    else
        check_error(&err, true);
    bt_err_clear(&err);
    if (bt_epmd_names(&e, &names, &err) == 0)
        assert(!names.failed && (names.len == 0 || names.data[names.len - 1] == '\n'));
    else
        check_error(&err, false);
    assert(bt_wire_seen()->n_open == 0);
    bt_buf_done(&names);
    return 0;
}

#ifdef BT_FUZZ_MAIN

const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("\0\x77\0\x12\x67M\0\0\6\0\6\0\3app\0"),
    BT_FUZZ_SEED("\1\x77\1"),
    BT_FUZZ_SEED("\3\0\0\x11\x11name app at port 4711\nname other at port 40000\n"),
    BT_FUZZ_SEED("\0\x77\1\1\1name x at port 1\nname \x1b[2J at port 99999999999\n"),
    BT_FUZZ_SEED("\0HTTP/1.1 400 Bad Request\r\n\r\n"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
