/*
 * fuzz_fetch.c - a node that answers garbage when it is asked for the records of a module, and garbage as its definitions.
 *
 * The input is the items of a scripted peer (tests/support/wire.h). libFuzzer calls LLVMFuzzerTestOneInput; as a program of its
 * own see standalone.h.
 */
#include "safe.h"
#include "standalone.h"

#include <assert.h>

#include "base/clock.h"
#include "node/record_fetch.h"
#include "terms.h"
#include "wire.h"

static const struct bt_peer_answer script[] = {{"erl_scan:string", "{ok,[{atom,1,x}],1}"},
    {"erl_parse:parse_exprs", "{ok,[{atom,1,x}]}"},
    {"erl_eval:exprs", "{value,{ok,<<\"-record(s,{n = 1}).\n\">>,false},[]}"}, {NULL, NULL}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bt_conn_opts o = {.node = BT_TEST_NODE, .cookie = BT_PEER_COOKIE, .port = 1, .timeout_ms = 5000};
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_record_fetched got;
    struct bt_records table;
    struct beamtap_err err = {0};
    size_t n = 0;
    bt_wire_start(&(struct bt_wire_opts){.script = script, .items = data, .items_len = size});
    struct bt_conn *c = bt_conn_open(&o, &err);
    assert(c);
    if (bt_record_fetch(c, "m", 1 << 20, &a, &got, &err) == 0) {
        bt_records_init(&table, &a);
        assert(err.code == BEAMTAP_OK && bt_records_read(&table, &got.text, &n, &err) == 0 && n == table.n);
    } else {
        bt_fuzz_check_err(&err);
    }
    bt_conn_close(c);
    assert(bt_wire_seen()->n_open == 0);
    bt_arena_done(&a);
    return 0;
}

#ifdef BT_FUZZ_MAIN

#define VALUE "\1\0\x2c\x68\3\x77\5value\x68\3\x77\2ok\x6d\0\0\0\x10-record(s, {n}).\x77\5"

const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("\0"),
    BT_FUZZ_SEED("\0\0" VALUE "false\x6a"),
    BT_FUZZ_SEED("\0\0\1\0\x15\x68\3\x77\5value\x77\x9no_module\x6a"),
    BT_FUZZ_SEED("\0\0\1\0\x11\x68\2\x77\6"
                 "badrpc\x77\5value"),
    BT_FUZZ_SEED("\1\0\6\x77\4true"),
    BT_FUZZ_SEED("\2\0\6\x77\4true"),
    BT_FUZZ_SEED("\5\x30\0"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
