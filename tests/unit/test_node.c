/*
 * test_node.c - what is done with a node without a session: check, clear, nodes; what callers may do wrong, and what a node that
 * lies is told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beamtap.h"
#include "surveyed.h"
#include "terms.h"

static struct beamtap_err err;
static struct beamtap_session_opts way;
static char address[32];

static int setup(void **state)
{
    (void)state;
    memset(&err, 0, sizeof err);
    beamtap_session_opts_init(&way, sizeof way);
    way.node = BT_TEST_NODE;
    way.cookie = BT_PEER_COOKIE;
    return 0;
}

#define FAILS(call, why, part)                                                                               \
    do {                                                                                                     \
        memset(&err, 0, sizeof err);                                                                         \
        assert_true(call);                                                                                   \
        assert_err(&err, why, part);                                                                         \
    } while (0)
#define MISUSE(call, part) FAILS(call, BEAMTAP_EUSAGE, part)

static void plays(struct bt_link *l)
{
    bt_link_handshake(l);
    bt_link_converse(l, l->arg);
    bt_link_await_eof(l);
}

static void go_to(struct bt_peer *p, void (*play)(struct bt_link *l), const void *arg)
{
    bt_peer_start(p, play, arg);
    snprintf(address, sizeof address, "127.0.0.1:%d", p->port);
    way.address = address;
}

/* ---- misuse ---- */

static void options_that_are_none(void **state)
{
    (void)state;
    struct beamtap_session_opts bad = {.size = 0};
    MISUSE(!beamtap_node_check(NULL, &err), "NULL");
    MISUSE(!beamtap_node_clear(NULL, false, &err), "NULL");
    MISUSE(!beamtap_nodes(NULL, NULL, &err), "NULL");
    MISUSE(!beamtap_node_check(&bad, &err), "beamtap_session_opts_init");
    MISUSE(!beamtap_node_clear(&bad, true, &err), "beamtap_session_opts_init");
    MISUSE(!beamtap_nodes(&bad, "h", &err), "beamtap_session_opts_init");
    assert_null(beamtap_nodes(&bad, "h", NULL));
    way.node = NULL;
    MISUSE(!beamtap_node_check(&way, &err), "no node");
    way.node = "";
    MISUSE(!beamtap_node_clear(&way, false, &err), "no node");
    way.node = "app@h";
    way.wait_us = -1;
    MISUSE(!beamtap_node_check(&way, &err), "wait_us is -1");
    way.wait_us = 0;
    way.epmd_port = 65536;
    MISUSE(!beamtap_nodes(&way, "h", &err), "epmd_port");
    way.epmd_port = 0;
    way.ssh = "a";
    way.kubectl = "b";
    MISUSE(!beamtap_node_check(&way, &err), "one of");
    way.ssh = way.kubectl = NULL;
    way.log = (void (*)(void *, const char *, const char *))abort;
    way.log_areas = "wrong";
    MISUSE(!beamtap_node_clear(&way, false, &err), "'wrong' is no area");
    way.log = NULL;
    way.cookie_file = "/nowhere/cookie";
    way.cookie = NULL;
    FAILS(!beamtap_node_check(&way, &err), BEAMTAP_ECOOKIE, "/nowhere/cookie");
    char host[600];
    memset(host, 'h', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    MISUSE(!beamtap_nodes(&way, host, &err), "too long");
    beamtap_check_free(NULL);
    beamtap_clear_free(NULL);
    beamtap_nodes_free(NULL);
    assert_string_equal(beamtap_step_text(BEAMTAP_STEP_TLS), "tls");
    assert_string_equal(beamtap_step_text((enum beamtap_step)7), "");
}

/* ---- check ---- */

static void what_a_node_is_and_who_traces_it(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {IS_OTP, IS_SO, IS_OTP, SURVEYS("[]", BY_OTHERS), END};
    struct bt_peer peer;
    go_to(&peer, plays, script);
    struct beamtap_check *c = beamtap_node_check(&way, &err);
    assert_string_equal(err.msg, "");
    assert_non_null(c);
    assert_true(c->is_reached);
    assert_int_equal(c->step, BEAMTAP_STEP_DONE);
    assert_false(c->takes_step[BEAMTAP_STEP_EPMD]);
    assert_false(c->takes_step[BEAMTAP_STEP_TLS]);
    assert_true(c->takes_step[BEAMTAP_STEP_HANDSHAKE]);
    assert_string_equal(c->node, BT_TEST_NODE);
    assert_string_equal(c->cookie_from, "--cookie");
    assert_int_equal(c->err.code, BEAMTAP_OK);
    assert_null(c->cure);
    assert_int_equal(c->otp, 25);
    assert_string_equal(c->otp_release, "25");
    assert_string_equal(c->erts, "13.1");
    assert_string_equal(c->elixir, "1.18.3");
    assert_int_equal(c->schedulers, 4);
    assert_int_equal(c->processes, 57);
    assert_int_equal(c->memory, 12345678);
    assert_int_equal(c->run_queue, 3);
    assert_int_equal(c->n_others, 3);
    assert_string_equal(c->others[0], "pattern {m,f,1} local");
    assert_string_equal(c->others[1], "process <0.9.0> traced by <0.10.0> [call]");
    assert_string_equal(c->others[2], "trace control word 7");
    assert_false(c->has_beamtap);
    assert_true(c->is_refused);
    assert_non_null(strstr(c->trace, "refused: somebody else traces"));
    beamtap_check_free(c);
    assert_int_equal(bt_peer_end(&peer), 0);
}

static void a_node_that_a_beamtap_traces(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {
        IS_OTP, IS_SO, IS_OTP, SURVEYS("[]", "{{<0.5.0>,\"me\",1,tracing},[x],[],[],0,[]}"), END};
    struct bt_peer peer;
    go_to(&peer, plays, script);
    struct beamtap_check *c = beamtap_node_check(&way, &err);
    assert_non_null(c);
    assert_true(c->has_beamtap);
    assert_true(c->is_refused);
    assert_int_equal(c->n_others, 0);
    assert_string_equal(c->trace, "refused: a beamtap traces it now");
    beamtap_check_free(c);
    assert_int_equal(bt_peer_end(&peer), 0);
}

static void leaves_at_once(struct bt_link *l)
{
    bt_link_accept(l);
    bt_link_recv_name(l);
}

static void fails_at(enum beamtap_step step, enum beamtap_code code, const char *cure)
{
    struct beamtap_check *c = beamtap_node_check(&way, &err);
    assert_string_equal(err.msg, "");
    assert_non_null(c);
    assert_false(c->is_reached);
    assert_int_equal(c->step, step);
    assert_int_equal(c->err.code, code);
    assert_true(c->err.msg[0] != '\0');
    if (cure)
        assert_non_null(strstr(c->cure, cure));
    else
        assert_null(c->cure);
    beamtap_check_free(c);
}

static void the_step_that_failed(void **state)
{
    (void)state;
    static const struct bt_peer_epmd names[] = {{"other", 7}, {NULL, 0}};
    struct bt_peer peer;
    go_to(&peer, leaves_at_once, NULL);
    fails_at(BEAMTAP_STEP_HANDSHAKE, BEAMTAP_EPEER, NULL);
    bt_peer_end(&peer);
    fails_at(BEAMTAP_STEP_PORT, BEAMTAP_ECONNECT, "--ssh"); /* nobody is there any more */
    way.address = NULL;
    way.epmd_port = peer.port;
    fails_at(BEAMTAP_STEP_EPMD, BEAMTAP_EEPMD, "--address HOST:PORT");
    bt_peer_start(&peer, bt_play_epmd, names);
    way.epmd_port = peer.port;
    fails_at(BEAMTAP_STEP_EPMD, BEAMTAP_ENONODE, "the node is down");
    bt_peer_kill(&peer);
}

/* Connected, and then something that cannot be read. */
static void a_node_that_makes_no_sense(void **state)
{
    (void)state;
    static const struct bt_peer_answer no_text[] = {{"erlang:system_info", "25"}, END};
    static const struct bt_peer_answer no_survey[] = {IS_OTP, IS_SO, IS_OTP,
        {"erlang:module_loaded", "false"}, {"lists:zipwith", "[{module,x},nonsense]"}, END};
    struct bt_peer peer;
    go_to(&peer, plays, no_text);
    fails_at(BEAMTAP_STEP_DONE, BEAMTAP_EPROTO, NULL);
    assert_int_equal(bt_peer_end(&peer), 0);
    go_to(&peer, plays, no_survey);
    fails_at(BEAMTAP_STEP_DONE, BEAMTAP_EPROTO, NULL);
    assert_int_equal(bt_peer_end(&peer), 0);
}

/* ---- clear ---- */

static void what_was_taken_away(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {
        IS_OTP, SURVEYS("[{guards,1},{modules,0},{patterns,1234}]", BY_OTHERS), END};
    struct bt_peer peer;
    go_to(&peer, plays, script);
    struct beamtap_clear *c = beamtap_node_clear(&way, false, &err);
    assert_string_equal(err.msg, "");
    assert_non_null(c);
    assert_string_equal(c->node, BT_TEST_NODE);
    assert_int_equal(c->n_removed, 2);
    assert_string_equal(c->removed[0].what, "guards");
    assert_int_equal(c->removed[0].n, 1);
    assert_string_equal(c->removed[1].what, "patterns");
    assert_int_equal(c->removed[1].n, 1234);
    assert_int_equal(c->n_others, 3);
    beamtap_clear_free(c);
    assert_int_equal(bt_peer_end(&peer), 0);
}

static void nothing_to_take_away(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {IS_OTP, SURVEYS("[]", BY_NOBODY), END};
    static const struct bt_peer_answer lies[] = {IS_OTP, {"erlang:module_loaded", "false"},
        {"lists:zipwith", "[{module,x},{nonsense," BY_NOBODY "}]"}, END};
    struct bt_peer peer;
    go_to(&peer, plays, script);
    struct beamtap_clear *c = beamtap_node_clear(&way, true, &err);
    assert_non_null(c);
    assert_int_equal(c->n_removed, 0);
    assert_int_equal(c->n_others, 0);
    beamtap_clear_free(c);
    assert_int_equal(bt_peer_end(&peer), 0);
    go_to(&peer, plays, lies);
    FAILS(!beamtap_node_clear(&way, false, &err), BEAMTAP_EPROTO, "clearing");
    bt_peer_end(&peer);
    FAILS(!beamtap_node_clear(&way, false, &err), BEAMTAP_ECONNECT, "");
}

/* ---- nodes ---- */

static void the_nodes_of_an_epmd(void **state)
{
    (void)state;
    static const struct bt_peer_epmd names[] = {{"shop", 4000}, {"ca\033rt", 4001}, {NULL, 0}},
                                     none[] = {{NULL, 0}};
    struct bt_peer peer;
    bt_peer_start(&peer, bt_play_epmd, names);
    way.epmd_port = peer.port;
    way.node = way.cookie = NULL; /* are not needed */
    struct beamtap_nodes *n = beamtap_nodes(&way, "127.0.0.1", &err);
    assert_string_equal(err.msg, "");
    assert_non_null(n);
    assert_string_equal(n->host, "127.0.0.1");
    assert_int_equal(n->n, 2);
    assert_string_equal(n->items[0].name, "shop");
    assert_int_equal(n->items[0].port, 4000);
    assert_string_equal(n->items[1].name, "ca\\ert"); /* an epmd may say anything */
    beamtap_nodes_free(n);
    bt_peer_kill(&peer);
    bt_peer_start(&peer, bt_play_epmd, none);
    way.epmd_port = peer.port;
    n = beamtap_nodes(&way, NULL, &err);
    assert_non_null(n);
    assert_string_equal(n->host, "localhost");
    assert_int_equal(n->n, 0);
    beamtap_nodes_free(n);
    bt_peer_kill(&peer);
    FAILS(!beamtap_nodes(&way, "127.0.0.1", &err), BEAMTAP_EEPMD, "");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        T(options_that_are_none),
        T(what_a_node_is_and_who_traces_it),
        T(a_node_that_a_beamtap_traces),
        T(the_step_that_failed),
        T(a_node_that_makes_no_sense),
        T(what_was_taken_away),
        T(nothing_to_take_away),
        T(the_nodes_of_an_epmd),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
