/*
 * test_rpc.c - calls through rex, answered by a scripted node.
 */
#include "check.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "node/rpc.h"
#include "peer.h"
#include "process.h"
#include "terms.h"

static struct bt_arena arena;

static int teardown(void **state)
{
    (void)state;
    bt_arena_done(&arena);
    return 0;
}

/* Connects and calls erlang:node(); the result as text, or the error. */
static struct bt_conn *call(
    const struct bt_peer *p, int ms, struct bt_etf *r, int *rc, struct beamtap_err *err)
{
    struct bt_conn_opts o = {
        .node = BT_TEST_NODE, .cookie = BT_PEER_COOKIE, .port = p->port, .timeout_ms = 5000};
    struct bt_conn *c = bt_conn_open(&o, NULL);
    assert_non_null(c);
    *rc = bt_rpc(
        c, "erlang", "node", bt_test_term(&arena, "[]"), bt_clock_mono_us() + (int64_t)ms * 1000, r, err);
    return c;
}

/* The request is the one rex knows: {From, {call, M, F, Args, user}}. */
static void expect_request(struct bt_link *l)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_etf r = l->message;
    struct bt_slice from, what;
    bt_link_recv_message(l);
    r = l->message;
    BT_PEER_CHECK(bt_etf_tuple_of(&r, 2) && bt_etf_slice(&r, &from) && bt_slice_equal(from, l->client) &&
                  bt_etf_slice(&r, &what));
    BT_PEER_CHECK(bt_slice_equal(what, bt_test_etf(&a, "{call,erlang,node,[],user}")));
    bt_arena_done(&a);
}

static void answers(struct bt_link *l)
{
    bt_link_handshake(l);
    expect_request(l);
    bt_link_say(l, l->arg);
    bt_link_await_eof(l);
}

static void a_call_and_its_result(void **state)
{
    (void)state;
    struct bt_peer p;
    struct bt_etf r;
    int rc;
    bt_peer_start(&p, answers, "{rex,'app@127.0.0.1'}");
    struct bt_conn *c = call(&p, 5000, &r, &rc, NULL);
    assert_int_equal(rc, 0);
    assert_false(bt_rpc_failed(&r));
    assert_true(bt_etf_is_atom(&r, "app@127.0.0.1"));
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
}

static void a_call_that_raised(void **state)
{
    (void)state;
    struct bt_peer p;
    struct bt_etf r;
    struct beamtap_err err = {0};
    int rc;
    bt_peer_start(&p, answers, "{rex,{badrpc,{'EXIT',{undef,[]}}}}");
    struct bt_conn *c = call(&p, 5000, &r, &rc, NULL);
    assert_int_equal(rc, 0);
    assert_true(bt_rpc_failed(&r));
    assert_int_equal(bt_rpc_unexpected(&r, "erlang:node", &err), -1);
    assert_err(&err, BEAMTAP_EPROTO, "unexpected answer to erlang:node: {badrpc,{'EXIT',{undef,[]}}}");
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
}

/* Other messages before it: late events of a trace, somebody's noise, broken terms. */
static void answers_late(struct bt_link *l)
{
    bt_link_handshake(l);
    expect_request(l);
    bt_link_say(l, "{ev,0,0,[]}");
    bt_link_say(l, "rex");
    bt_link_say(l, "{rex}");
    bt_link_say(l, "{rex,1,2}");
    bt_link_say(l, "{xer,1}");
    bt_link_say(l, "!68026800");
    bt_link_say(l, "!ff");
    bt_link_say(l, "{rex,42}");
    bt_link_await_eof(l);
}

static void wrong_tags_are_passed_over(void **state)
{
    (void)state;
    struct bt_peer p;
    struct bt_etf r;
    int64_t v = 0;
    int rc;
    bt_peer_start(&p, answers_late, NULL);
    struct bt_conn *c = call(&p, 5000, &r, &rc, NULL);
    assert_int_equal(rc, 0);
    assert_true(bt_etf_int64(&r, &v));
    assert_int_equal(v, 42);
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
}

static void a_broken_result_is_told(void **state)
{
    (void)state;
    struct bt_peer p;
    struct bt_etf r;
    struct beamtap_err err = {0};
    int rc;
    bt_peer_start(&p, answers, "{rex,!6805ff}");
    struct bt_conn *c = call(&p, 5000, &r, &rc, NULL);
    assert_int_equal(rc, 0);
    assert_false(bt_rpc_failed(&r));
    assert_int_equal(bt_rpc_unexpected(&r, "erlang:node", &err), -1);
    assert_err(&err, BEAMTAP_EPROTO, "unexpected answer to erlang:node: ");
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
}

static void hears_and_is_silent(struct bt_link *l)
{
    bt_link_handshake(l);
    bt_link_recv_message(l);
    bt_link_hang();
}

static void no_answer(void **state)
{
    (void)state;
    struct bt_peer p;
    struct bt_etf r;
    struct beamtap_err err = {0};
    int rc;
    bt_peer_start(&p, hears_and_is_silent, NULL);
    int64_t start = bt_clock_mono_us();
    struct bt_conn *c = call(&p, 150, &r, &rc, &err);
    assert_in_range(bt_test_ms_since(start), 149, 3000);
    assert_int_equal(rc, -1);
    assert_err(&err, BEAMTAP_ETIMEDOUT, "app@127.0.0.1 does not answer erlang:node");
    bt_conn_close(c);
    bt_peer_kill(&p);
}

static void answers_something_else(struct bt_link *l)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf b = BT_BUF_INIT;
    bt_link_handshake(l);
    bt_link_recv_message(l);
    for (int i = 0; i < 1000; i++)
        bt_link_put_send(&b, l->client, bt_test_etf(&a, "{ev,0,0,0,[]}"));
    while (write(l->fd, b.data, b.len) > 0)
        ;
    bt_buf_done(&b);
    bt_arena_done(&a);
}

static void other_messages_do_not_keep_us(void **state)
{
    (void)state;
    struct bt_peer p;
    struct bt_etf r;
    struct beamtap_err err = {0};
    int rc;
    bt_peer_start(&p, answers_something_else, NULL);
    int64_t start = bt_clock_mono_us();
    struct bt_conn *c = call(&p, 150, &r, &rc, &err);
    assert_in_range(bt_test_ms_since(start), 149, 3000);
    assert_int_equal(rc, -1);
    assert_err(&err, BEAMTAP_ETIMEDOUT, "app@127.0.0.1 does not answer erlang:node");
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
}

static void hears_and_leaves(struct bt_link *l)
{
    bt_link_handshake(l);
    bt_link_recv_message(l);
}

static void the_node_goes(void **state)
{
    (void)state;
    struct bt_peer p;
    struct bt_etf r;
    struct beamtap_err err = {0};
    int rc;
    bt_peer_start(&p, hears_and_leaves, NULL);
    struct bt_conn *c = call(&p, 5000, &r, &rc, &err);
    assert_int_equal(rc, -1);
    assert_err(&err, BEAMTAP_ELOST, "closed the connection");
    assert_int_equal(bt_rpc(c, "erlang", "node", NULL, BT_NEVER, &r, &err), -1);
    assert_err(&err, BEAMTAP_ENOMEM, "");
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_and_its_result),
        cmocka_unit_test(a_call_that_raised),
        cmocka_unit_test(wrong_tags_are_passed_over),
        cmocka_unit_test(a_broken_result_is_told),
        cmocka_unit_test(no_answer),
        cmocka_unit_test(other_messages_do_not_keep_us),
        cmocka_unit_test(the_node_goes),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
