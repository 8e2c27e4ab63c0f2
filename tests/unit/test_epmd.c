/*
 * test_epmd.c - asking an epmd, and everything that is none.
 */
#include "check.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "node/epmd.h"
#include "peer.h"
#include "process.h"

#define SHORT_MS 150

static const struct bt_peer_epmd nodes[] = {{"app", 4711}, {"other", 40000}, {NULL, 0}};
static const struct bt_peer_epmd no_nodes[] = {{NULL, 0}};

static struct bt_epmd at(int port, int ms)
{
    return (struct bt_epmd){
        .host = "127.0.0.1", .port = port, .deadline_us = bt_clock_mono_us() + (int64_t)ms * 1000};
}

/* Asks the peer for app's port; descriptors are as before. */
static int ask(const struct bt_peer *p, int ms, int *port, struct beamtap_err *err)
{
    struct bt_epmd e = at(p->port, ms);
    int fds = bt_test_n_fds(), rc = bt_epmd_port(&e, "app", port, err);
    assert_int_equal(bt_test_n_fds(), fds);
    return rc;
}

static void a_port_of_a_node(void **state)
{
    (void)state;
    struct bt_peer p;
    struct beamtap_err err = {0};
    int port = 0;
    bt_peer_start(&p, bt_play_epmd, nodes);
    assert_int_equal(ask(&p, 5000, &port, &err), 0);
    assert_int_equal(port, 4711);
    struct bt_epmd e = at(p.port, 5000);
    assert_int_equal(bt_epmd_port(&e, "other", &port, &err), 0);
    assert_int_equal(port, 40000);
    bt_peer_kill(&p);
}

static void the_names_it_has(void **state)
{
    (void)state;
    struct bt_peer p;
    struct bt_buf out = BT_BUF_INIT;
    bt_peer_start(&p, bt_play_epmd, nodes);
    struct bt_epmd e = at(p.port, 5000);
    assert_int_equal(bt_epmd_names(&e, &out, NULL), 0);
    assert_text(&out, "app 4711\nother 40000\n");
    bt_buf_done(&out);
    bt_peer_kill(&p);
}

static void an_unknown_node_lists_the_known_ones(void **state)
{
    (void)state;
    struct bt_peer p;
    struct beamtap_err err = {0};
    int port = 42;
    bt_peer_start(&p, bt_play_epmd, nodes);
    struct bt_epmd e = at(p.port, 5000);
    assert_int_equal(bt_epmd_port(&e, "apo", &port, &err), -1);
    assert_err(&err, BEAMTAP_ENONODE, "epmd on 127.0.0.1 knows no node 'apo'; it knows: app, other");
    bt_peer_kill(&p);
    bt_peer_start(&p, bt_play_epmd, no_nodes);
    assert_int_equal(ask(&p, 5000, &port, &err), -1);
    assert_err(&err, BEAMTAP_ENONODE, "it knows: none");
    assert_int_equal(port, 42);
    bt_peer_kill(&p);
}

static void a_long_list_of_names_is_cut(void **state)
{
    (void)state;
    static const struct bt_peer_epmd n = {"a_node_with_quite_a_long_name_for_the_list", 1};
    struct bt_peer_epmd many[20] = {n, n, n, n, n, n, n, n, n, n};
    struct bt_peer p;
    struct beamtap_err err = {0};
    int port;
    bt_peer_start(&p, bt_play_epmd, many);
    assert_int_equal(ask(&p, 5000, &port, &err), -1);
    assert_err(&err, BEAMTAP_ENONODE, "for_the_list, ...");
    bt_peer_kill(&p);
}

static void no_epmd_at_all(void **state)
{
    (void)state;
    struct bt_peer nobody = {.port = bt_test_closed_port()};
    struct beamtap_err err = {0};
    int port;
    assert_int_equal(ask(&nobody, 5000, &port, &err), -1);
    assert_err(&err, BEAMTAP_EEPMD, "is an Erlang node running there");
}

static void an_unknown_host(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    int port;
    struct bt_epmd e = at(1, 5000);
    e.host = "no..such..host";
    assert_int_equal(bt_epmd_port(&e, "app", &port, &err), -1);
    assert_err(&err, BEAMTAP_EHOST, "no..such..host");
}

static void a_name_too_long(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    char name[300];
    int port;
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct bt_epmd e = at(1, 5000);
    assert_int_equal(bt_epmd_port(&e, name, &port, &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "too long");
}

/* ---- peers that are no epmd ---- */

static void sends(struct bt_link *l)
{
    const struct bt_slice *s = l->arg;
    char request[6]; /* 0, 4, 122, "app" */
    bt_link_accept(l);
    bt_link_recv(l, request, sizeof request);
    BT_PEER_CHECK(memcmp(request, "\0\4\172app", 6) == 0);
    bt_link_send(l, s->p, s->len);
}

static void answers_that_are_none(void **state)
{
    (void)state;
#define S(literal)                                                                                           \
    {                                                                                                        \
        (const uint8_t *)literal, sizeof(literal) - 1                                                        \
    }
    static const struct bt_slice garbage[] = {
        S(""), S("\x77"), S("\x77\0"), S("\x77\0\x12"), S("x\0\x12\x67M"),
        S("HTTP/1.1 400 Bad Request\r\n\r\n"),
        S("\x77\0\0\0M\0\0\6\0\6\0\3"
          "app\0\0"), /* port 0 */
    };
#undef S
    for (size_t i = 0; i < sizeof garbage / sizeof garbage[0]; i++) {
        struct bt_peer p;
        struct beamtap_err err = {0};
        int port = 42;
        bt_peer_start(&p, sends, &garbage[i]);
        assert_int_equal(ask(&p, 5000, &port, &err), -1);
        assert_err(&err, BEAMTAP_EEPMD, "does not answer as epmd does");
        assert_int_equal(port, 42);
        assert_int_equal(bt_peer_end(&p), 0);
    }
}

static void sends_without_end(struct bt_link *l)
{
    char bytes[4096] = {119};
    bt_link_accept(l);
    while (write(l->fd, bytes, sizeof bytes) > 0)
        ;
}

static void an_answer_without_end_is_given_up(void **state)
{
    (void)state;
    struct bt_peer p;
    struct beamtap_err err = {0};
    int port;
    bt_peer_start(&p, sends_without_end, NULL);
    assert_int_equal(ask(&p, 5000, &port, &err), -1);
    assert_err(&err, BEAMTAP_EEPMD, "does not answer as epmd does");
    assert_int_equal(bt_peer_end(&p), 0);
}

static void is_silent(struct bt_link *l)
{
    bt_link_accept(l);
    bt_link_hang();
}

/* A byte each 10 ms, and never the end. */
static void trickles(struct bt_link *l)
{
    bt_link_accept(l);
    for (;;) {
        bt_link_send(l, "x", 1);
        bt_link_pause_ms(10);
    }
}

static void the_deadline_holds(void **state)
{
    (void)state;
    void (*const plays[])(struct bt_link *) = {is_silent, trickles};
    for (size_t i = 0; i < 2; i++) {
        struct bt_peer p;
        struct beamtap_err err = {0};
        int port;
        bt_peer_start(&p, plays[i], NULL);
        int64_t start = bt_clock_mono_us();
        assert_int_equal(ask(&p, SHORT_MS, &port, &err), -1);
        assert_in_range(bt_test_ms_since(start), SHORT_MS - 1, 20 * SHORT_MS);
        assert_err(&err, BEAMTAP_ETIMEDOUT, "epmd on 127.0.0.1 does not answer");
        bt_peer_kill(&p);
    }
}

static void it_can_be_cancelled(void **state)
{
    (void)state;
    struct bt_peer p;
    struct beamtap_err err = {0};
    int port;
    bt_peer_start(&p, is_silent, NULL);
    struct bt_epmd e = at(p.port, 60000);
    e.cancel = (struct bt_cancel){&bt_test_alarms, 1};
    int fds = bt_test_n_fds();
    bt_test_alarm_in_ms(50);
    assert_int_equal(bt_epmd_port(&e, "app", &port, &err), -1);
    assert_err(&err, BEAMTAP_EINTR, "interrupted");
    assert_int_equal(bt_test_n_fds(), fds);
    bt_peer_kill(&p);
}

/* Knows no node, and does not tell the names either. */
static void says_no_and_is_silent(struct bt_link *l)
{
    char request[6];
    bt_link_accept(l);
    bt_link_recv(l, request, sizeof request);
    bt_link_send(l, "\x77\1", 2);
    bt_link_close(l);
    bt_link_accept(l);
    bt_link_hang();
}

static void an_unknown_node_is_told_without_the_names_too(void **state)
{
    (void)state;
    struct bt_peer p;
    struct beamtap_err err = {0};
    int port;
    bt_peer_start(&p, says_no_and_is_silent, NULL);
    assert_int_equal(ask(&p, SHORT_MS, &port, &err), -1);
    assert_err(&err, BEAMTAP_ENONODE, "it knows: none");
    bt_peer_kill(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_of_a_node),
        cmocka_unit_test(the_names_it_has),
        cmocka_unit_test(an_unknown_node_lists_the_known_ones),
        cmocka_unit_test(a_long_list_of_names_is_cut),
        cmocka_unit_test(no_epmd_at_all),
        cmocka_unit_test(an_unknown_host),
        cmocka_unit_test(a_name_too_long),
        cmocka_unit_test(answers_that_are_none),
        cmocka_unit_test(an_answer_without_end_is_given_up),
        cmocka_unit_test(the_deadline_holds),
        cmocka_unit_test(it_can_be_cancelled),
        cmocka_unit_test(an_unknown_node_is_told_without_the_names_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
