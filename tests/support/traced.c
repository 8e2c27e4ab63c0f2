/*
 * traced.c - a whole trace against a scripted node.
 */
#include "traced.h"

#include <string.h>

#include "base/clock.h"
#include "out/text.h"
#include "process.h"
#include "terms.h"

#define RUN_US 6000000

static void plays(struct bt_link *l)
{
    bt_link_handshake(l);
    bt_link_converse(l, l->arg);
    bt_link_await_eof(l);
}

struct bt_traced bt_traced(const struct bt_peer_answer *script)
{
    return (struct bt_traced){
        .script = script,
        .play = plays,
        .spec = "m:f(X) -> return",
        .opts =
            {
                .conn = {.node = BT_TEST_NODE, .cookie = BT_PEER_COOKIE, .timeout_ms = 5000},
                .count = 2,
                .time_us = BT_NO_LIMIT,
                .grace_ms = 50,
                .lease_ms = 5000,
                .lookup = {.max_functions = 1000},
                .rate = {100000, 1000000},
                .burst = 1000,
                .max_memory = 64 << 20,
                .max_term = 1 << 20,
                .max_load = -1,
                .who = "test",
            },
        .bad_spec = 99,
        .arena = BT_ARENA_INIT,
    };
}

int bt_traced_open(struct bt_traced *t, struct beamtap_err *err)
{
    assert_int_equal(bt_compile(&t->spec, 1, NULL, &t->arena, &t->prog, NULL, NULL), 0);
    t->n_fds = bt_test_n_fds();
    bt_peer_start(&t->peer, t->play, t->script);
    t->opts.conn.port = t->peer.port;
    t->session = bt_session_open(&t->opts, &t->prog, &t->bad_spec, err);
    return t->session ? 0 : -1;
}

void bt_traced_begin(struct bt_traced *t)
{
    struct beamtap_err err = {0};
    int rc = bt_traced_open(t, &err);
    if (rc == 0)
        rc = bt_session_arm(t->session, &err);
    assert_string_equal(err.msg, "");
    assert_int_equal(rc, 0);
}

enum bt_next bt_traced_run(struct bt_traced *t, struct bt_buf *out, struct beamtap_err *err)
{
    static struct bt_event ev;
    enum bt_next next;
    struct bt_text_opts o = {.print = {.home = {(const uint8_t *)BT_TEST_NODE, strlen(BT_TEST_NODE)}}};
    int64_t until = bt_clock_mono_us() + RUN_US;
    o.clauses = bt_session_clauses(t->session, &o.n_clauses);
    while ((next = bt_session_next(t->session, &ev, until, err)) == BT_NEXT_EVENT) {
        struct bt_buf line = BT_BUF_INIT;
        bt_text_event(&line, &ev, &o);
        bt_buf_puts(out, bt_buf_cstr(&line) + sizeof "00:00:00.000000");
        bt_buf_done(&line);
    }
    return next;
}

void bt_traced_end(struct bt_traced *t)
{
    if (t->session)
        bt_session_summary(t->session, &t->sum);
    bt_session_close(t->session);
    assert_int_equal(bt_peer_end(&t->peer), 0);
    assert_int_equal(bt_test_n_fds(), t->n_fds);
    bt_arena_done(&t->arena);
}

void bt_traced_all(struct bt_traced *t, const char *lines, enum beamtap_code code, const char *part)
{
    struct bt_buf out = BT_BUF_INIT;
    struct beamtap_err err = {0};
    bt_traced_begin(t);
    enum bt_next next = bt_traced_run(t, &out, &err);
    assert_text(&out, lines);
    assert_int_equal(next, code == BEAMTAP_OK ? BT_NEXT_END : BT_NEXT_ERROR);
    assert_err(&err, code, part);
    bt_traced_end(t);
    bt_buf_done(&out);
}
