/*
 * test_sock.c - a stream with deadlines: connecting, waiting, reading, writing, and being cancelled.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "node/sock.h"
#include "peer.h"
#include "process.h"

#define SHORT_MS 150

static int64_t in_ms(int ms)
{
    return bt_clock_mono_us() + (int64_t)ms * 1000;
}

/* A wait of SHORT_MS took that long, and not another one on top of much more. */
static void assert_waited(int64_t start_us)
{
    int64_t ms = bt_test_ms_since(start_us);
    assert_in_range(ms, SHORT_MS - 1, 20 * SHORT_MS);
}

static struct bt_sock connect_to(int port)
{
    struct bt_sock s;
    memset(&s, 0, sizeof s);
    assert_int_equal(bt_sock_connect(&s, "127.0.0.1", port, in_ms(5000), NULL), 0);
    return s;
}

/* ---- connect ---- */

static void an_unknown_host_is_told(void **state)
{
    (void)state;
    struct bt_sock s = {.fd = -1};
    struct beamtap_err err = {0};
    assert_int_equal(bt_sock_connect(&s, "no..such..host", 1, in_ms(5000), &err), -1);
    assert_err(&err, BEAMTAP_EHOST, "'no..such..host' cannot be found");
    assert_int_equal(s.fd, -1);
}

static void a_closed_port_is_told(void **state)
{
    (void)state;
    struct bt_sock s = {.fd = -1};
    struct beamtap_err err = {0};
    assert_int_equal(bt_sock_connect(&s, "127.0.0.1", bt_test_closed_port(), in_ms(5000), &err), -1);
    assert_int_equal(err.sys, ECONNREFUSED);
    assert_err(&err, BEAMTAP_ECONNECT, "cannot connect to 127.0.0.1 port");
    assert_int_equal(s.fd, -1);
}

/* A listener whose queue is full does not answer: connections of ours wait in it. */
static int full_listener(int *port, int waiting[4])
{
    int fd = bt_test_listen(0, port);
    for (int i = 0; i < 4; i++) {
        struct bt_sock s = {.fd = -1};
        bt_sock_connect(&s, "127.0.0.1", *port, in_ms(20), NULL);
        waiting[i] = s.fd;
    }
    return fd;
}

static void close_all(int listener, const int waiting[4])
{
    close(listener);
    for (int i = 0; i < 4; i++) {
        if (waiting[i] >= 0)
            close(waiting[i]);
    }
}

static void connecting_keeps_its_deadline(void **state)
{
    (void)state;
    int port, waiting[4], listener = full_listener(&port, waiting), fds = bt_test_n_fds();
    struct bt_sock s = {.fd = -1};
    struct beamtap_err err = {0};
    int64_t start = bt_clock_mono_us();
    assert_int_equal(bt_sock_connect(&s, "127.0.0.1", port, in_ms(SHORT_MS), &err), -1);
    assert_waited(start);
    assert_err(&err, BEAMTAP_ETIMEDOUT, "no answer from 127.0.0.1 port");
    assert_int_equal(bt_test_n_fds(), fds);
    close_all(listener, waiting);
}

static void connecting_can_be_cancelled(void **state)
{
    (void)state;
    int port, waiting[4], listener = full_listener(&port, waiting), fds = bt_test_n_fds();
    struct bt_sock s = {.fd = -1, .cancel = {&bt_test_alarms, 1}};
    struct beamtap_err err = {0};
    bt_test_alarm_in_ms(50);
    assert_int_equal(bt_sock_connect(&s, "127.0.0.1", port, in_ms(60000), &err), -1);
    assert_err(&err, BEAMTAP_EINTR, "interrupted");
    assert_int_equal(bt_test_n_fds(), fds);
    close_all(listener, waiting);
}

/* ---- read and write ---- */

static void says_hello_in_parts(struct bt_link *l)
{
    char bytes[4];
    bt_link_accept(l);
    bt_link_send(l, "he", 2);
    bt_link_recv(l, bytes, 2); /* the client has the first part */
    bt_link_send(l, "llo", 3);
}

static void reading_gives_what_is_there_and_then_the_end(void **state)
{
    (void)state;
    struct bt_peer p;
    char buf[16];
    bt_peer_start(&p, says_hello_in_parts, NULL);
    struct bt_sock s = connect_to(p.port);
    assert_int_equal(bt_sock_read(&s, buf, sizeof buf, in_ms(5000)), 2);
    assert_int_equal(bt_sock_read_now(&s, buf, sizeof buf), -EAGAIN);
    assert_int_equal(bt_sock_write(&s, "ok", 2, in_ms(5000)), 0);
    assert_int_equal(bt_sock_read(&s, buf, 3, in_ms(5000)), 3);
    assert_memory_equal(buf, "llo", 3);
    assert_int_equal(bt_sock_read(&s, buf, sizeof buf, in_ms(5000)), 0);
    bt_sock_close(&s);
    bt_sock_close(&s);
    assert_int_equal(s.fd, -1);
    assert_int_equal(bt_peer_end(&p), 0);
}

static void is_silent(struct bt_link *l)
{
    bt_link_accept(l);
    bt_link_hang();
}

static void waits_keep_their_deadline(void **state)
{
    (void)state;
    struct bt_peer p;
    char buf[16];
    bt_peer_start(&p, is_silent, NULL);
    struct bt_sock s = connect_to(p.port);
    int64_t start = bt_clock_mono_us();
    assert_int_equal(bt_sock_read(&s, buf, sizeof buf, in_ms(SHORT_MS)), -ETIMEDOUT);
    assert_waited(start);
    start = bt_clock_mono_us();
    assert_int_equal(bt_sock_wait(&s, POLLIN, in_ms(SHORT_MS)), ETIMEDOUT);
    assert_waited(start);
    assert_int_equal(bt_sock_wait(&s, POLLIN, 0), ETIMEDOUT);
    assert_int_equal(bt_sock_wait(&s, POLLOUT, in_ms(5000)), 0);
    bt_sock_close(&s);
    bt_peer_kill(&p);
}

static void writing_to_one_that_does_not_read_keeps_its_deadline(void **state)
{
    (void)state;
    static char lots[8 << 20];
    struct bt_peer p;
    bt_peer_start(&p, is_silent, NULL);
    struct bt_sock s = connect_to(p.port);
    int64_t start = bt_clock_mono_us();
    assert_int_equal(bt_sock_write(&s, lots, sizeof lots, in_ms(SHORT_MS)), ETIMEDOUT);
    assert_waited(start);
    bt_sock_close(&s);
    bt_peer_kill(&p);
}

static void waits_can_be_cancelled(void **state)
{
    (void)state;
    struct bt_peer p;
    char buf[16];
    bt_peer_start(&p, is_silent, NULL);
    struct bt_sock s = connect_to(p.port);
    s.cancel = (struct bt_cancel){&bt_test_alarms, 1};
    bt_test_alarm_in_ms(50);
    assert_int_equal(bt_sock_read(&s, buf, sizeof buf, in_ms(60000)), -EINTR);
    assert_int_equal(bt_sock_wait(&s, POLLIN, BT_NEVER), EINTR);
    s.cancel.at = 2; /* one more request is needed now, so this signal passes */
    bt_test_alarm_in_ms(20);
    assert_int_equal(bt_sock_wait(&s, POLLIN, in_ms(SHORT_MS)), ETIMEDOUT);
    assert_int_equal(bt_test_alarms, 1);
    bt_sock_close(&s);
    bt_peer_kill(&p);
}

static void accepts_and_leaves(struct bt_link *l)
{
    bt_link_accept(l);
}

static void writing_to_one_that_is_gone_is_an_error_and_no_signal(void **state)
{
    (void)state;
    struct bt_peer p;
    bt_peer_start(&p, accepts_and_leaves, NULL);
    struct bt_sock s = connect_to(p.port);
    assert_int_equal(bt_peer_end(&p), 0);
    int rc = 0;
    while (rc == 0)
        rc = bt_sock_write(&s, "x", 1, in_ms(5000));
    assert_true(rc == EPIPE || rc == ECONNRESET);
    bt_sock_close(&s);
}

static void a_socket_is_closed_on_exec_and_never_blocks(void **state)
{
    (void)state;
    struct bt_peer p;
    bt_peer_start(&p, is_silent, NULL);
    struct bt_sock s = connect_to(p.port);
    assert_true(fcntl(s.fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(s.fd, F_GETFL) & O_NONBLOCK);
    bt_sock_close(&s);
    bt_peer_kill(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_host_is_told),
        cmocka_unit_test(a_closed_port_is_told),
        cmocka_unit_test(connecting_keeps_its_deadline),
        cmocka_unit_test(connecting_can_be_cancelled),
        cmocka_unit_test(reading_gives_what_is_there_and_then_the_end),
        cmocka_unit_test(waits_keep_their_deadline),
        cmocka_unit_test(writing_to_one_that_does_not_read_keeps_its_deadline),
        cmocka_unit_test(waits_can_be_cancelled),
        cmocka_unit_test(writing_to_one_that_is_gone_is_an_error_and_no_signal),
        cmocka_unit_test(a_socket_is_closed_on_exec_and_never_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
