/*
 * fuzz_survey.c - a node that answers garbage when it is checked, or cleared.
 *
 * The input is the items of a scripted peer (tests/support/wire.h), behind a byte: even: check, odd: clear. libFuzzer calls
 * LLVMFuzzerTestOneInput; as a program of its own see standalone.h.
 */
#include "safe.h"
#include "standalone.h"

#include <assert.h>
#include <stdlib.h>

#include "beamtap.h"
#include "surveyed.h"
#include "terms.h"
#include "wire.h"

static void see(const char *text)
{
    assert(text);
    bt_fuzz_check_safe(text, strlen(text), false);
}

static void see_all(const char *const *texts, size_t n)
{
    assert(n <= 3 * 51 + 1 && texts);
    for (size_t i = 0; i < n; i++)
        see(texts[i]);
}

static void check(const struct beamtap_session_opts *way)
{
    struct beamtap_err err = {0};
    struct beamtap_check *c = beamtap_node_check(way, &err);
    assert(c && err.code == BEAMTAP_OK && c->step == BEAMTAP_STEP_DONE);
    see(c->node);
    if (c->is_reached) {
        assert(c->err.code == BEAMTAP_OK && c->otp >= 23);
        see(c->otp_release);
        see(c->erts);
        see(c->trace);
        see(c->elixir ? c->elixir : "");
        see_all(c->others, c->n_others);
    } else {
        bt_fuzz_check_err(&c->err);
    }
    beamtap_check_free(c);
}

static void clear(const struct beamtap_session_opts *way)
{
    struct beamtap_err err = {0};
    struct beamtap_clear *c = beamtap_node_clear(way, false, &err);
    if (!c) {
        bt_fuzz_check_err(&err);
        return;
    }
    for (size_t i = 0; i < c->n_removed; i++) {
        see(c->removed[i].what);
        assert(c->removed[i].n > 0);
    }
    see_all(c->others, c->n_others);
    beamtap_clear_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct bt_peer_answer checks[] = {IS_OTP, IS_SO, IS_OTP, SURVEYS("[]", BY_OTHERS), END};
    static const struct bt_peer_answer clears[] = {IS_OTP, SURVEYS("[{guards,1}]", BY_OTHERS), END};
    struct beamtap_session_opts way;
    if (size == 0)
        return 0;
    bool is_clear = data[0] % 2;
    beamtap_session_opts_init(&way, sizeof way);
    way.node = BT_TEST_NODE;
    way.cookie = BT_PEER_COOKIE;
    way.address = "127.0.0.1:1";
    bt_wire_start(&(struct bt_wire_opts){
        .script = is_clear ? clears : checks, .items = data + 1, .items_len = size - 1});
    if (is_clear)
        clear(&way);
    else
        check(&way);
    assert(bt_wire_seen()->n_open == 0);
    return 0;
}

#ifdef BT_FUZZ_MAIN

/* [x, {Done, {none, [], Patterns, Flags, 0, Sessions}}] */
#define SURVEY(len, done, patterns, flags, sessions)                                                         \
    "\1\0" len "\x6c\0\0\0\2\x77\1x\x68\2" done "\x68\6\x77\4none\x6a" patterns flags "\x61\0" sessions "\x6a"
#define MFA "\x68\3\x77\1m\x77\1\x1b\x61\1"
#define PATTERNS "\x6c\0\0\0\1\x68\3" MFA "\x77\5local\x77\4none\x6a"
#define DONE "\x6c\0\0\0\1\x68\2\x77\6guards\x61\2\x6a"

const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("\0"),
    BT_FUZZ_SEED("\1"),
    BT_FUZZ_SEED("\0\1\0\6\x6b\0\2\x1b[\0\0\0\0"),
    BT_FUZZ_SEED("\0\0\1\0\x0e\x6b\0\x0b\x1b[2J\x1b[1;31m"),
    BT_FUZZ_SEED("\0\0\0\0\0\0\0\1\0\1\x6a\0"),
    BT_FUZZ_SEED("\1\0\0" SURVEY("\x49", DONE, PATTERNS, "\x6a", "\x6a")),
    BT_FUZZ_SEED("\1\0\0" SURVEY("\x38", "\x6a", "\x6a", PATTERNS, "\x6a")),
    BT_FUZZ_SEED("\1\0\0\1\0\x11\x68\2\x77\6"
                 "badrpc\x77\5value"),
    BT_FUZZ_SEED("\0\0\6"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
