/*
 * test_conn.c - connecting to a node and hearing it, against a scripted peer: each stage, and each way it can
 * go wrong.
 */
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "node/conn.h"
#include "peer.h"
#include "process.h"
#include "term/print.h"
#include "terms.h"

#define SHORT_MS 150

static struct bt_conn_opts opts_at(int port, int timeout_ms)
{
    return (struct bt_conn_opts){
        .node = BT_TEST_NODE, .cookie = BT_PEER_COOKIE, .port = port, .timeout_ms = timeout_ms};
}

static struct bt_conn *open_at(int port)
{
    struct bt_conn_opts o = opts_at(port, 5000);
    struct beamtap_err err = {0};
    struct bt_conn *c = bt_conn_open(&o, &err);
    assert_string_equal(err.msg, "");
    assert_non_null(c);
    return c;
}

static int64_t soon(void)
{
    return bt_clock_mono_us() + 5000000;
}

/* Tells the peer our pid: it learns it from the first message. */
static void say_hello(struct bt_conn *c)
{
    struct bt_arena a = BT_ARENA_INIT;
    assert_int_equal(bt_conn_send_name(c, "peer", bt_term_tuple1(&a, bt_term_atom(&a, "hello")), NULL), 0);
    bt_arena_done(&a);
}

static void assert_message(struct bt_conn *c, const char *text)
{
    struct bt_msg msg;
    struct beamtap_err err = {0};
    struct bt_buf out = BT_BUF_INIT;
    int rc = bt_conn_next(c, &msg, soon(), &err);
    assert_string_equal(err.msg, "");
    assert_int_equal(rc, 1);
    assert_true(bt_print_erlang(&out, &msg.term, NULL));
    assert_text(&out, text);
    bt_buf_done(&out);
}

/* ---- a way that leads to the node ---- */

static void talks(struct bt_link *l)
{
    struct bt_arena a = BT_ARENA_INIT;
    bt_link_handshake(l);
    bt_link_recv_message(l);
    BT_PEER_CHECK(bt_slice_equal(bt_test_etf(&a, "{hello}"),
        (struct bt_slice){l->message.p, (size_t)(l->message.end - l->message.p)}));
    bt_link_say(l, "{welcome,<0.44.0>}");
    bt_link_await_eof(l);
    bt_arena_done(&a);
}

static void hello_and_welcome(void **state)
{
    (void)state;
    struct bt_peer p;
    struct bt_arena a = BT_ARENA_INIT;
    int fds = bt_test_n_fds();
    bt_peer_start(&p, talks, NULL);
    struct bt_conn *c = open_at(p.port);
    assert_string_equal(bt_conn_node(c), BT_TEST_NODE);
    assert_string_equal(bt_conn_home(c)->node, BT_TEST_NODE);
    assert_int_equal(bt_conn_home(c)->creation, BT_TEST_CREATION);
    assert_true(bt_conn_fd(c) >= 0);
    assert_null(bt_conn_log(c));
    assert_non_null(bt_conn_self(c, &a));
    say_hello(c);
    assert_message(c, "{welcome,<app@127.0.0.1.44.0>}");
    assert_true(bt_conn_received(c) > 0);
    assert_in_range(bt_conn_heard_at_us(c), 1, bt_clock_mono_us());
    assert_false(bt_conn_pending(c));
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
    assert_int_equal(bt_test_n_fds(), fds);
    bt_arena_done(&a);
    bt_conn_close(NULL);
}

static void by_way_of_epmd(void **state)
{
    (void)state;
    struct bt_peer node, epmd;
    bt_peer_start(&node, talks, NULL);
    struct bt_peer_epmd names[] = {{"app", node.port}, {NULL, 0}};
    bt_peer_start(&epmd, bt_play_epmd, names);
    struct bt_conn_opts o = opts_at(0, 5000);
    o.epmd_port = epmd.port;
    struct bt_conn *c = bt_conn_open(&o, NULL);
    assert_non_null(c);
    say_hello(c);
    assert_message(c, "{welcome,<app@127.0.0.1.44.0>}");
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&node), 0);
    bt_peer_kill(&epmd);
}

/* ---- ways that do not ---- */

static void not_a_node_name(void **state)
{
    (void)state;
    static const char *const names[] = {NULL, "", "app", "@host", "app@", "a@b@c"};
    char too_long[300];
    memset(too_long, 'a', sizeof too_long - 1);
    too_long[1] = '@';
    too_long[sizeof too_long - 1] = '\0';
    for (size_t i = 0; i <= sizeof names / sizeof names[0]; i++) {
        struct bt_conn_opts o = opts_at(1, 1000);
        struct beamtap_err err = {0};
        o.node = i < sizeof names / sizeof names[0] ? names[i] : too_long;
        assert_null(bt_conn_open(&o, &err));
        assert_err(&err, BEAMTAP_EUSAGE, "is not a node name; it looks like app@host");
    }
}

static void errors_on_the_way(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    struct bt_conn_opts o = opts_at(bt_test_closed_port(), 5000);
    assert_null(bt_conn_open(&o, &err));
    assert_int_equal(err.sys, ECONNREFUSED);
    assert_err(&err, BEAMTAP_ECONNECT, "app@127.0.0.1: cannot connect to 127.0.0.1 port");
    o.port = 0;
    o.epmd_port = bt_test_closed_port();
    assert_null(bt_conn_open(&o, &err));
    assert_err(&err, BEAMTAP_EEPMD, "no epmd on 127.0.0.1");
    o.node = "app@no..such..host";
    assert_null(bt_conn_open(&o, &err));
    assert_err(&err, BEAMTAP_EHOST, "no..such..host");
}

static void epmd_knows_another_one_only(void **state)
{
    (void)state;
    static const struct bt_peer_epmd names[] = {{"shop", 1}, {NULL, 0}};
    struct bt_peer epmd;
    struct beamtap_err err = {0};
    bt_peer_start(&epmd, bt_play_epmd, names);
    struct bt_conn_opts o = opts_at(0, 5000);
    o.epmd_port = epmd.port;
    assert_null(bt_conn_open(&o, &err));
    assert_err(&err, BEAMTAP_ENONODE, "it knows: shop");
    bt_peer_kill(&epmd);
}

static void a_cookie_too_long(void **state)
{
    (void)state;
    struct bt_peer p;
    struct beamtap_err err = {0};
    char cookie[700];
    memset(cookie, 'c', sizeof cookie - 1);
    cookie[sizeof cookie - 1] = '\0';
    bt_peer_start(&p, talks, NULL);
    struct bt_conn_opts o = opts_at(p.port, 5000);
    o.cookie = cookie;
    assert_null(bt_conn_open(&o, &err));
    assert_err(&err, BEAMTAP_ECOOKIE, "longer than 512");
    bt_peer_kill(&p);
}

/* ---- the handshake goes wrong ---- */

/* Takes the client's name, then sends the bytes and waits for the client to leave. */
static void answers_with(struct bt_link *l)
{
    const struct bt_slice *s = l->arg;
    bt_link_accept(l);
    bt_link_recv_name(l);
    bt_link_send(l, s->p, s->len);
    bt_link_await_eof(l);
}

static void assert_refused(
    void (*play)(struct bt_link *), const void *arg, enum beamtap_code code, const char *part)
{
    struct bt_peer p;
    struct beamtap_err err = {0};
    int fds = bt_test_n_fds();
    bt_peer_start(&p, play, arg);
    struct bt_conn_opts o = opts_at(p.port, 5000);
    assert_null(bt_conn_open(&o, &err));
    assert_err(&err, code, part);
    assert_int_equal(bt_peer_end(&p), 0);
    assert_int_equal(bt_test_n_fds(), fds);
}

static void first_answers_that_are_refused(void **state)
{
    (void)state;
#define S(literal)                                                                                           \
    {                                                                                                        \
        (const uint8_t *)literal, sizeof(literal) - 1                                                        \
    }
    static const struct {
        struct bt_slice bytes;
        enum beamtap_code code;
        const char *part;
    } table[] = {
        {S("\0\4snok"), BEAMTAP_EREJECTED, "another one is being set up"},
        {S("\0\6salive"), BEAMTAP_EREJECTED, "our name is in use"},
        {S("\0\14snot_allowed"), BEAMTAP_EREJECTED, "net_kernel:allow"},
        {S("\0\3sok"), BEAMTAP_EPEER, "OTP 22"},
        {S("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"), BEAMTAP_EPEER,
            "it says \"HTTP/1.1 400 Bad Request\""},
        {S("SSH-2.0-OpenSSH_9.2\r\n"), BEAMTAP_EPEER, "it says \"SSH-2.0-OpenSSH_9.2\""},
        {S("\x15\3\3\0\2\2\x28"), BEAMTAP_ETLS, "say --tls"},
        {S("\0\0"), BEAMTAP_EPEER, "does not speak"},
        {S("\xff\xff\xff"), BEAMTAP_EPEER, "does not speak"},
        {S("\0\20snamed:\0\4"
           "a@b\0\0\0\1"),
            BEAMTAP_EPEER, "does not speak"},
    };
#undef S
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_refused(answers_with, &table[i].bytes, table[i].code, table[i].part);
}

static void leaves_at_once(struct bt_link *l)
{
    bt_link_accept(l);
    bt_link_recv_name(l);
}

static void leaves_in_the_first_frame(struct bt_link *l)
{
    bt_link_accept(l);
    bt_link_recv_name(l);
    bt_link_send(l, "\0\20sna", 5);
}

static void leaves_after_the_status(struct bt_link *l)
{
    bt_link_accept(l);
    bt_link_recv_name(l);
    bt_link_status_named(l);
}

static void leaves_before_the_ack(struct bt_link *l)
{
    leaves_after_the_status(l);
    bt_link_challenge(l, BT_TEST_NODE);
    bt_link_recv_reply(l);
}

static void is_another_node(struct bt_link *l)
{
    leaves_after_the_status(l);
    bt_link_challenge(l, "shop@127.0.0.1");
    bt_link_await_eof(l);
}

static void is_old(struct bt_link *l)
{
    leaves_after_the_status(l);
    bt_link_send_frame2(l, "n\0\5\0\0\0\0\1\2\3\4app@127.0.0.1", 24);
    bt_link_await_eof(l);
}

static void acks_too_short(struct bt_link *l)
{
    leaves_before_the_ack(l);
    bt_link_send_frame2(l, "a0123456789", 11);
    bt_link_await_eof(l);
}

static void acks_without_the_cookie(struct bt_link *l)
{
    leaves_before_the_ack(l);
    bt_link_send_frame2(l, "a0123456789abcdef", 17);
    bt_link_await_eof(l);
}

static void later_stages_that_go_wrong(void **state)
{
    (void)state;
    assert_refused(leaves_at_once, NULL, BEAMTAP_EPEER, "closed the connection at once");
    assert_refused(leaves_in_the_first_frame, NULL, BEAMTAP_EPEER, "closed the connection at once");
    assert_refused(
        leaves_after_the_status, NULL, BEAMTAP_EPEER, "closed the connection during the handshake");
    assert_refused(is_another_node, NULL, BEAMTAP_ENONODE, "called shop@127.0.0.1, not " BT_TEST_NODE);
    assert_refused(is_old, NULL, BEAMTAP_EPEER, "OTP 22 or older");
    assert_refused(leaves_before_the_ack, NULL, BEAMTAP_ECOOKIE, "refused the cookie");
    assert_refused(acks_too_short, NULL, BEAMTAP_EPEER, "does not speak");
    assert_refused(acks_without_the_cookie, NULL, BEAMTAP_ECOOKIE, "does not know the cookie");
}

/* What a node does with another cookie: it sees a wrong digest and leaves. */
static void checks_the_cookie(struct bt_link *l)
{
    leaves_after_the_status(l);
    bt_link_challenge(l, BT_TEST_NODE);
    BT_PEER_CHECK(!bt_link_recv_reply(l));
}

static void a_wrong_cookie(void **state)
{
    (void)state;
    struct bt_peer p;
    struct beamtap_err err = {0};
    bt_peer_start(&p, checks_the_cookie, NULL);
    struct bt_conn_opts o = opts_at(p.port, 5000);
    o.cookie = "wrong";
    assert_null(bt_conn_open(&o, &err));
    assert_null(strstr(err.msg, "wrong"));
    assert_err(&err, BEAMTAP_ECOOKIE, "app@127.0.0.1 refused the cookie");
    assert_int_equal(bt_peer_end(&p), 0);
}

/* ---- silence ---- */

static void is_silent(struct bt_link *l)
{
    bt_link_accept(l);
    bt_link_hang();
}

static void is_silent_in_a_frame(struct bt_link *l)
{
    bt_link_accept(l);
    bt_link_send(l, "\0\20sna", 5);
    bt_link_hang();
}

static void is_silent_after_the_status(struct bt_link *l)
{
    leaves_after_the_status(l);
    bt_link_hang();
}

static void is_silent_instead_of_the_ack(struct bt_link *l)
{
    leaves_before_the_ack(l);
    bt_link_hang();
}

/* An honest status, a byte each 10 ms. */
static void trickles(struct bt_link *l)
{
    bt_link_accept(l);
    bt_link_send(l, "\1\0s", 3);
    for (;;) {
        bt_link_send(l, "n", 1);
        bt_link_pause_ms(10);
    }
}

static void (*const silent[])(struct bt_link *) = {
    is_silent, is_silent_in_a_frame, is_silent_after_the_status, is_silent_instead_of_the_ack, trickles};

#define N_SILENT (sizeof silent / sizeof silent[0])

static void the_deadline_holds_at_each_stage(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SILENT; i++) {
        struct bt_peer p;
        struct beamtap_err err = {0};
        int fds = bt_test_n_fds();
        bt_peer_start(&p, silent[i], NULL);
        struct bt_conn_opts o = opts_at(p.port, SHORT_MS);
        int64_t start = bt_clock_mono_us();
        assert_null(bt_conn_open(&o, &err));
        assert_in_range(bt_test_ms_since(start), SHORT_MS - 1, 20 * SHORT_MS);
        assert_err(&err, BEAMTAP_ETIMEDOUT, "app@127.0.0.1 does not answer the handshake");
        assert_int_equal(bt_test_n_fds(), fds);
        bt_peer_kill(&p);
    }
}

static void each_stage_can_be_cancelled(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_SILENT; i++) {
        struct bt_peer p;
        struct beamtap_err err = {0};
        int fds = bt_test_n_fds();
        bt_peer_start(&p, silent[i], NULL);
        struct bt_conn_opts o = opts_at(p.port, 60000);
        o.cancel = (struct bt_cancel){&bt_test_alarms, 1};
        bt_test_alarm_in_ms(50);
        assert_null(bt_conn_open(&o, &err));
        assert_err(&err, BEAMTAP_EINTR, "interrupted");
        assert_int_equal(bt_test_n_fds(), fds);
        bt_peer_kill(&p);
    }
}

/* ---- connected ---- */

static void ticks(struct bt_link *l)
{
    char tick[4];
    bt_link_handshake(l);
    bt_link_recv_message(l);
    bt_link_tick(l);
    bt_link_recv(l, tick, 4);
    BT_PEER_CHECK(memcmp(tick, "\0\0\0\0", 4) == 0);
    bt_link_say(l, "after");
    bt_link_await_eof(l);
}

static void a_tick_is_answered(void **state)
{
    (void)state;
    struct bt_peer p;
    bt_peer_start(&p, ticks, NULL);
    struct bt_conn *c = open_at(p.port);
    say_hello(c);
    assert_message(c, "'after'");
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
}

/* Our pid with its last byte, which is the creation's, changed: the one of an earlier program. */
static void says_to_an_earlier_one(struct bt_link *l)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf b = BT_BUF_INIT;
    struct bt_slice earlier = l->client;
    l->client_bytes[l->client.len - 1] ^= 1;
    bt_link_put_send(&b, earlier, bt_test_etf(&a, "earlier"));
    bt_link_send(l, b.data, b.len);
    l->client_bytes[l->client.len - 1] ^= 1;
    bt_buf_done(&b);
    bt_arena_done(&a);
}

static void says_what_is_not_for_us(struct bt_link *l)
{
    static const char *const controls[] = {
        "{6,<0.44.0>,'',someone}", /* REG_SEND */
        "{1,<0.44.0>,<0.45.0>}",   /* LINK */
        "{22,'',someone}",         /* an operation of later releases */
        "{2}",
        "{}",
        "hello",
        "{2,'',hello}",
        "{2,'',someone,token}",
    };
    bt_link_handshake(l);
    bt_link_recv_message(l);
    says_to_an_earlier_one(l);
    bt_link_say_to(l, "<0.44.0>", "no");
    bt_link_say_to(l, "<x@y.44.0>", "no");
    for (size_t i = 0; i < sizeof controls / sizeof controls[0]; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_slice control = bt_test_etf(&a, controls[i]);
        struct bt_buf b = BT_BUF_INIT;
        bt_buf_puts(&b, "\x70\x83");
        bt_buf_put(&b, control.p, control.len);
        bt_link_send_frame4(l, b.data, b.len);
        bt_buf_done(&b);
        bt_arena_done(&a);
    }
    bt_link_say(l, "yes");
    bt_link_await_eof(l);
}

static void what_is_not_for_us_is_passed_over(void **state)
{
    (void)state;
    struct bt_peer p;
    bt_peer_start(&p, says_what_is_not_for_us, NULL);
    struct bt_conn *c = open_at(p.port);
    say_hello(c);
    assert_message(c, "yes");
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
}

static void sends_in_pieces(struct bt_link *l)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf b = BT_BUF_INIT;
    bt_link_handshake(l);
    bt_link_recv_message(l);
    bt_link_put_send(&b, l->client, bt_test_etf(&a, "{one}"));
    bt_link_put_send(&b, l->client, bt_test_etf(&a, "{two}"));
    for (size_t i = 0; i < b.len; i++) {
        bt_link_send(l, b.data + i, 1);
        if (i % 16 == 0)
            bt_link_pause_ms(1); /* so that the pieces arrive as pieces */
    }
    bt_link_put_send(&b, l->client, bt_test_etf(&a, "{three}"));
    bt_link_send(l, b.data, b.len);
    bt_link_await_eof(l);
    bt_buf_done(&b);
    bt_arena_done(&a);
}

static void pieces_become_messages(void **state)
{
    (void)state;
    struct bt_peer p;
    bt_peer_start(&p, sends_in_pieces, NULL);
    struct bt_conn *c = open_at(p.port);
    say_hello(c);
    assert_message(c, "{one}");
    assert_message(c, "{two}");
    assert_message(c, "{one}");
    assert_message(c, "{two}");
    assert_message(c, "{three}");
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
}

/* Each message longer than what is read at once. */
static void sends_much(struct bt_link *l)
{
    struct bt_arena a = BT_ARENA_INIT;
    static char bytes[700001];
    memset(bytes, 'x', sizeof bytes - 1);
    bt_link_handshake(l);
    bt_link_recv_message(l);
    for (int i = 0; i < 5; i++) {
        struct bt_buf term = BT_BUF_INIT, b = BT_BUF_INIT;
        uint32_t n = sizeof bytes - 1;
        const uint8_t head[] = {109, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};
        bt_buf_put(&term, head, sizeof head);
        bt_buf_put(&term, bytes, n);
        bt_link_put_send(&b, l->client, (struct bt_slice){(const uint8_t *)term.data, term.len});
        bt_link_send(l, b.data, b.len);
        bt_link_say(l, "small");
        bt_buf_done(&b);
        bt_buf_done(&term);
    }
    bt_arena_done(&a);
    bt_link_await_eof(l);
}

static void large_messages_arrive_whole(void **state)
{
    (void)state;
    struct bt_peer p;
    bt_peer_start(&p, sends_much, NULL);
    struct bt_conn *c = open_at(p.port);
    say_hello(c);
    for (int i = 0; i < 5; i++) {
        struct bt_msg msg;
        struct bt_slice bytes;
        assert_int_equal(bt_conn_next(c, &msg, soon(), NULL), 1);
        assert_true(bt_etf_binary(&msg.term, &bytes));
        assert_int_equal(bytes.len, 700000);
        assert_int_equal(bytes.p[699999], 'x');
        assert_message(c, "small");
    }
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
}

/* ---- the connection goes wrong ---- */

static void sends_bytes(struct bt_link *l)
{
    const struct bt_slice *s = l->arg;
    bt_link_handshake(l);
    bt_link_recv_message(l);
    bt_link_send(l, s->p, s->len);
}

static void assert_lost(const struct bt_slice *bytes, enum beamtap_code code, const char *part)
{
    struct bt_peer p;
    struct bt_msg msg;
    struct beamtap_err err = {0};
    bt_peer_start(&p, sends_bytes, bytes);
    struct bt_conn *c = open_at(p.port);
    say_hello(c);
    assert_int_equal(bt_conn_next(c, &msg, soon(), &err), -1);
    assert_err(&err, code, part);
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
}

static void frames_that_end_a_connection(void **state)
{
    (void)state;
#define S(literal)                                                                                           \
    {                                                                                                        \
        (const uint8_t *)literal, sizeof(literal) - 1                                                        \
    }
    static const struct {
        struct bt_slice bytes;
        enum beamtap_code code;
        const char *part;
    } table[] = {
        {S(""), BEAMTAP_ELOST, "app@127.0.0.1 closed the connection"},
        {S("\0\0"), BEAMTAP_ELOST, "closed the connection"},
        {S("\0\0\0\20\x70\x83\x68"), BEAMTAP_ELOST, "closed the connection"},
        {S("\xff\xff\xff\xff\x70\x83"), BEAMTAP_EPROTO, "4095 MB; the connection is given up"},
        {S("\x20\0\0\1\x70\x83"), BEAMTAP_EPROTO, "512 MB; the connection is given up"},
        {S("\0\0\0\1\x70"), BEAMTAP_EPROTO, "not the distribution protocol"},
        {S("\0\0\0\2\x70\x83"), BEAMTAP_EPROTO, "not the distribution protocol"},
        {S("\0\0\0\4\x83\x44\0\0"), BEAMTAP_EPROTO,
            "not the distribution protocol"}, /* a header with atom cache */
        {S("\0\0\0\4\x70\x83\x68\xff"), BEAMTAP_EPROTO, "not the distribution protocol"},
        {S("\0\0\0\6\x70\x83\x6c\xff\xff\xff"), BEAMTAP_EPROTO, "not the distribution protocol"},
        {S("\0\0\0\3\x70\x82\x6a"), BEAMTAP_EPROTO, "not the distribution protocol"},
        {S("HTTP/1.1 200 OK\r\n"), BEAMTAP_EPROTO, "the connection is given up"},
    };
#undef S
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        assert_lost(&table[i].bytes, table[i].code, table[i].part);
}

static void sends_a_message_of_nothing(struct bt_link *l)
{
    bt_link_handshake(l);
    bt_link_recv_message(l);
    struct bt_buf b = BT_BUF_INIT;
    bt_buf_put(&b, "\x70\x83\x68\3\x61\2\x77\0", 8);
    bt_buf_put(&b, l->client.p, l->client.len);
    bt_link_send_frame4(l, b.data, b.len);
    bt_link_await_eof(l);
    bt_buf_done(&b);
}

static void a_send_without_a_message_is_not_the_protocol(void **state)
{
    (void)state;
    struct bt_peer p;
    struct bt_msg msg;
    struct beamtap_err err = {0};
    bt_peer_start(&p, sends_a_message_of_nothing, NULL);
    struct bt_conn *c = open_at(p.port);
    say_hello(c);
    assert_int_equal(bt_conn_next(c, &msg, soon(), &err), -1);
    assert_err(&err, BEAMTAP_EPROTO, "not the distribution protocol");
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
}

static void stops_in_a_frame(struct bt_link *l)
{
    bt_link_handshake(l);
    bt_link_recv_message(l);
    bt_link_send(l, "\0\0\0\20\x70\x83\x68", 7);
    bt_link_hang();
}

static void waiting_for_a_message(void **state)
{
    (void)state;
    struct bt_peer p;
    struct bt_msg msg;
    struct beamtap_err err = {0};
    bt_peer_start(&p, stops_in_a_frame, NULL);
    struct bt_conn_opts o = opts_at(p.port, 5000);
    o.cancel = (struct bt_cancel){&bt_test_alarms, 1};
    bt_test_alarms = 0;
    struct bt_conn *c = bt_conn_open(&o, &err);
    assert_non_null(c);
    assert_int_equal(bt_conn_next(c, &msg, 0, &err), 0);
    say_hello(c);
    int64_t start = bt_clock_mono_us();
    assert_int_equal(bt_conn_next(c, &msg, start + SHORT_MS * 1000, &err), 0);
    assert_in_range(bt_test_ms_since(start), SHORT_MS - 1, 20 * SHORT_MS);
    assert_false(bt_conn_pending(c));
    bt_test_alarm_in_ms(50);
    assert_int_equal(bt_conn_next(c, &msg, BT_NEVER, &err), -1);
    assert_err(&err, BEAMTAP_EINTR, "interrupted");
    bt_conn_cancel_at(c, 2);
    assert_int_equal(bt_conn_next(c, &msg, bt_clock_mono_us() + 10000, &err), 0);
    bt_conn_close(c);
    bt_peer_kill(&p);
}

/* Frames for others, faster than they can be read, until the client leaves. */
static void chatters(struct bt_link *l)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf b = BT_BUF_INIT;
    bt_link_handshake(l);
    for (int i = 0; i < 1000; i++)
        bt_link_put_send(&b, bt_test_etf(&a, "<x@y.44.0>"), bt_test_etf(&a, "chatter"));
    while (write(l->fd, b.data, b.len) > 0)
        ;
    bt_buf_done(&b);
    bt_arena_done(&a);
}

static void chatter_does_not_keep_us(void **state)
{
    (void)state;
    struct bt_peer p;
    struct bt_msg msg;
    struct beamtap_err err = {0};
    bt_peer_start(&p, chatters, NULL);
    struct bt_conn_opts o = opts_at(p.port, 5000);
    o.cancel = (struct bt_cancel){&bt_test_alarms, 1};
    bt_test_alarms = 0;
    struct bt_conn *c = bt_conn_open(&o, &err);
    assert_non_null(c);
    assert_int_equal(bt_conn_next(c, &msg, 0, &err), 0);
    int64_t start = bt_clock_mono_us();
    assert_int_equal(bt_conn_next(c, &msg, start + SHORT_MS * 1000, &err), 0);
    assert_in_range(bt_test_ms_since(start), SHORT_MS - 1, 20 * SHORT_MS);
    bt_test_alarm_in_ms(50);
    assert_int_equal(bt_conn_next(c, &msg, BT_NEVER, &err), -1);
    assert_err(&err, BEAMTAP_EINTR, "interrupted");
    bt_conn_close(c);
    assert_int_equal(bt_peer_end(&p), 0);
}

static void leaves(struct bt_link *l)
{
    bt_link_handshake(l);
}

static void sending_to_one_that_is_gone(void **state)
{
    (void)state;
    struct bt_peer p;
    struct bt_arena a = BT_ARENA_INIT;
    struct beamtap_err err = {0};
    bt_peer_start(&p, leaves, NULL);
    struct bt_conn *c = open_at(p.port);
    assert_int_equal(bt_peer_end(&p), 0);
    const struct bt_term *t = bt_term_atom(&a, "x");
    while (bt_conn_send_name(c, "peer", t, &err) == 0)
        ;
    assert_err(&err, BEAMTAP_ELOST, "lost the connection to app@127.0.0.1 while sending");
    bt_conn_close(c);
    bt_arena_done(&a);
}

static void sending_what_cannot_be_sent(void **state)
{
    (void)state;
    struct bt_peer p;
    struct bt_arena a = BT_ARENA_INIT;
    struct beamtap_err err = {0};
    struct bt_slice no_pid = bt_test_etf(&a, "ok"), cut = bt_test_etf(&a, "<0.44.0>");
    cut.len--;
    bt_peer_start(&p, stops_in_a_frame, NULL);
    struct bt_conn *c = open_at(p.port);
    assert_int_equal(bt_conn_send_name(c, "peer", NULL, &err), -1);
    assert_err(&err, BEAMTAP_ENOMEM, "");
    assert_int_equal(bt_conn_send_pid(c, no_pid, bt_term_atom(&a, "x"), &err), -1);
    assert_err(&err, BEAMTAP_EPROTO, "cannot be read");
    assert_int_equal(bt_conn_send_pid(c, cut, bt_term_atom(&a, "x"), &err), -1);
    assert_err(&err, BEAMTAP_EPROTO, "cannot be read");
    bt_conn_close(c);
    bt_arena_done(&a);
    bt_peer_kill(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_and_welcome),
        cmocka_unit_test(by_way_of_epmd),
        cmocka_unit_test(not_a_node_name),
        cmocka_unit_test(errors_on_the_way),
        cmocka_unit_test(epmd_knows_another_one_only),
        cmocka_unit_test(a_cookie_too_long),
        cmocka_unit_test(first_answers_that_are_refused),
        cmocka_unit_test(later_stages_that_go_wrong),
        cmocka_unit_test(a_wrong_cookie),
        cmocka_unit_test(the_deadline_holds_at_each_stage),
        cmocka_unit_test(each_stage_can_be_cancelled),
        cmocka_unit_test(a_tick_is_answered),
        cmocka_unit_test(what_is_not_for_us_is_passed_over),
        cmocka_unit_test(pieces_become_messages),
        cmocka_unit_test(large_messages_arrive_whole),
        cmocka_unit_test(frames_that_end_a_connection),
        cmocka_unit_test(a_send_without_a_message_is_not_the_protocol),
        cmocka_unit_test(waiting_for_a_message),
        cmocka_unit_test(chatter_does_not_keep_us),
        cmocka_unit_test(sending_to_one_that_is_gone),
        cmocka_unit_test(sending_what_cannot_be_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
