/*
 * test_reach.c - from the command line to a connection: words that are nodes, addresses, commands, a node's TLS options; what
 * connects is tested by tests/e2e/.
 */
#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/reach.h"
#include "lib/optfile.h"
#include "lib/way.h"
#include "node/helper.h"
#include "node/route.h"
#include "node/sock.h"

static volatile sig_atomic_t stops;
static struct bt_opts opts;
static struct bt_cli cli;
static struct bt_lib_way way;

static int setup(void **state)
{
    (void)state;
    opts = (struct bt_opts){.cookie = "c"};
    cli = (struct bt_cli){.opts = &opts, .stops = &stops};
    unsetenv("RELEASE_NODE");
    unsetenv("ERL_EPMD_PORT");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bt_lib_way_done(&way);
    return 0;
}

/* What the command line says, as the library takes it. */
static int set_way(const char *node, struct beamtap_err *err)
{
    struct bt_cli_way texts;
    struct beamtap_session_opts so;
    beamtap_session_opts_init(&so, sizeof so);
    bt_reach_route(&so, &texts, &cli, node);
    bt_lib_way_done(&way);
    return bt_lib_way_set(&way, &so, NULL, err);
}

static void node_is(const char *release, const char *first, const char *second, const char *node, size_t used)
{
    const char *words[] = {first, second};
    size_t n = 0;
    if (release)
        setenv("RELEASE_NODE", release, 1);
    const char *got = bt_reach_node(words, (first ? 1u : 0u) + (second ? 1u : 0u), &n);
    unsetenv("RELEASE_NODE");
    if (node)
        assert_string_equal(got, node);
    else
        assert_null(got);
    assert_int_equal(n, used);
}

static void which_word_is_the_node(void **state)
{
    (void)state;
    node_is(NULL, "app@host", "lists", "app@host", 1);
    node_is(NULL, "app@::1", "lists", "app@::1", 1);
    node_is(NULL, "a@b:seq/2", NULL, NULL, 0); /* a module of that name */
    node_is(NULL, "app", "lists", "app", 1);
    node_is(NULL, "app-*", "lists", "app-*", 1);
    node_is(NULL, "app", NULL, "app", 1);
    node_is(NULL, "lists:seq/2", NULL, NULL, 0);
    node_is(NULL, NULL, NULL, NULL, 0);
    node_is("shop@h", "lists:seq/2", NULL, "shop@h", 0);
    node_is("shop@h", "lists", NULL, "shop@h", 0); /* a lone word is a spec then */
    node_is("shop@h", "app", "lists", "app", 1);
    node_is("shop@h", NULL, NULL, "shop@h", 0);
    node_is("shop@h", "{lists, seq, fun([a@b]) -> ok end}", NULL, "shop@h", 0);
}

static void address_is(const char *text, const char *host, int port)
{
    struct beamtap_err err = {0};
    opts.address = text;
    if (!host) {
        assert_int_equal(set_way("a@b", &err), -1);
        assert_err(&err, BEAMTAP_EUSAGE, "--address");
        return;
    }
    assert_int_equal(set_way("a@b", &err), 0);
    assert_string_equal(way.reach.conn.host, host);
    assert_int_equal(way.reach.conn.port, port);
}

static void addresses(void **state)
{
    (void)state;
    address_is("10.0.0.5", "10.0.0.5", 0);
    address_is("10.0.0.5:9100", "10.0.0.5", 9100);
    address_is("node.example:1", "node.example", 1);
    address_is("::1", "::1", 0);
    address_is("[::1]", "::1", 0);
    address_is("[::1]:9100", "::1", 9100);
    address_is(":9100", NULL, 0);
    address_is("h:0", NULL, 0);
    address_is("h:65536", NULL, 0);
    address_is("h:x", NULL, 0);
    address_is("h:1x", NULL, 0);
    address_is("[::1]9100", NULL, 0);
}

static void names_without_a_host_are_on_this_one(void **state)
{
    (void)state;
    assert_int_equal(set_way("app", NULL), 0);
    assert_string_equal(way.reach.node, "app@");
    assert_string_equal(way.reach.conn.host, "localhost");
    assert_int_equal(set_way("app@far", NULL), 0);
    assert_null(way.reach.conn.host);
    opts.pod = "web-0"; /* the host of its name is known inside the pod, at best */
    assert_int_equal(set_way("app@far", NULL), 0);
    assert_string_equal(way.reach.conn.host, "127.0.0.1");
}

static void options_that_do_not_go_together(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    opts.ssh = "bastion";
    opts.pod = "web-0";
    assert_int_equal(set_way("a@b", &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "one of --proxy-command, --ssh and --kubectl");
    err = (struct beamtap_err){0};
    opts.pod = NULL;
    opts.pod_namespace = "prod";
    assert_int_equal(set_way("a@b", &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "--namespace goes with --kubectl");
    err = (struct beamtap_err){0};
    opts.pod_namespace = NULL;
    opts.connect_timeout = 1;
    assert_int_equal(set_way("a@b", &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "--connect-timeout");
}

static void a_helper_gets_more_time(void **state)
{
    (void)state;
    assert_int_equal(set_way("a@b", NULL), 0);
    assert_int_equal(way.reach.conn.timeout_ms, 5000);
    opts.ssh = "bastion";
    assert_int_equal(set_way("a@b", NULL), 0);
    assert_int_equal(way.reach.conn.timeout_ms, 60000);
}

/* ---- commands ---- */

static void expands(const char *command, const char *host, const char *node, const char *want)
{
    struct bt_buf out = BT_BUF_INIT;
    struct beamtap_err err = {0};
    int rc = bt_route_expand(&out, command, host, 4369, node, &err);
    if (want) {
        assert_string_equal(err.msg, "");
        assert_int_equal(rc, 0);
        assert_string_equal(bt_buf_cstr(&out), want);
    } else {
        assert_int_equal(rc, -1);
        assert_int_equal(err.code, BEAMTAP_EUSAGE);
    }
    bt_buf_done(&out);
}

static void commands_get_what_they_ask_for(void **state)
{
    (void)state;
    expands("socat - TCP:%h:%p", "10.0.0.5", NULL, "socat - TCP:10.0.0.5:4369");
    expands("x %n 100%%", "h", "app-1@h.example", "x app-1@h.example 100%");
    expands("x", "$(reboot)", "`", "x"); /* what is not asked for is not looked at */
    expands("x %q", "h", NULL, NULL);
    expands("x %", "h", NULL, NULL);
    expands("x %n", "h", NULL, NULL);
}

static void nothing_a_shell_acts_on_is_passed_on(void **state)
{
    (void)state;
    static const char *const hosts[] = {"h;x", "$(x)", "`x`", "h x", "h|x", "h&x", "h>x", "h\nx", "'h'",
        "\"h\"", "h*", "-oProxyCommand=x", "", "h\\x", "\xC3\xA4"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        expands("x %h", hosts[i], NULL, NULL);
    expands("x %n", "h", "app@$(x)", NULL);
}

/* ---- helpers ---- */

static void read_all(struct bt_sock *s, char *out, size_t cap)
{
    size_t n = 0;
    ssize_t got;
    while (n + 1 < cap && (got = bt_sock_read(s, out + n, cap - 1 - n, bt_clock_mono_us() + 20000000)) > 0)
        n += (size_t)got;
    out[n] = '\0';
}

static void a_helper_is_a_stream_without_secrets(void **state)
{
    (void)state;
    char text[4096];
    setenv("BEAMTAP_COOKIE", "hush", 1);
    setenv("RELEASE_COOKIE", "hush", 1);
    struct bt_route r = {.command = "read line; echo \"got $line %h %p\"; env"};
    struct bt_sock s = {.fd = -1};
    assert_int_equal(bt_route_connect(&r, &s, "h", 1, 0, NULL), 0);
    assert_int_equal(bt_sock_write(&s, "hello\n", 6, bt_clock_mono_us() + 20000000), 0);
    read_all(&s, text, sizeof text);
    bt_sock_close(&s);
    unsetenv("BEAMTAP_COOKIE");
    unsetenv("RELEASE_COOKIE");
    assert_non_null(strstr(text, "got hello h 1\n"));
    assert_non_null(strstr(text, "PATH="));
    assert_null(strstr(text, "hush"));
    assert_null(strstr(text, "_COOKIE"));
}

static void what_a_helper_said_last_is_told(void **state)
{
    (void)state;
    char text[16];
    struct beamtap_err err = {0};
    struct bt_route r = {.command = "i=0; while [ $i -lt 3000 ]; do echo \"line $i, and some more\" >&2; "
                                    "i=$((i+1)); done; echo '\033[31mthe reason' >&2; exit 3"};
    struct bt_sock s = {.fd = -1};
    assert_int_equal(bt_route_connect(&r, &s, "h", 1, 0, NULL), 0);
    read_all(&s, text, sizeof text);
    assert_string_equal(text, "");
    assert_true(bt_sock_explain(&s, &err));
    assert_non_null(strstr(err.msg, "the reason"));
    assert_null(strchr(err.msg, '\033'));
    assert_err(&err, BEAMTAP_ECONNECT, "exit status 3");
    bt_sock_close(&s);
}

static void all_that_a_helper_started_ends_with_it(void **state)
{
    (void)state;
    char text[32];
    struct bt_route r = {.command = "(trap '' TERM; sleep 1000) & echo $!; trap '' TERM HUP; sleep 1000"};
    struct bt_sock s = {.fd = -1};
    assert_int_equal(bt_route_connect(&r, &s, "h", 1, 0, NULL), 0);
    ssize_t n = bt_sock_read(&s, text, sizeof text - 1, bt_clock_mono_us() + 20000000);
    assert_true(n > 1);
    text[n] = '\0';
    pid_t pid = (pid_t)atoi(text);
    assert_int_equal(kill(pid, 0), 0);
    bt_sock_close(&s);
    for (int i = 0; i < 100 && kill(pid, 0) == 0; i++) /* killed, and then init waits for it */
        bt_clock_pause_ms(20);
    assert_int_equal(kill(pid, 0), -1);
}

/* ---- a node's TLS options ---- */

static void optfile(const char *text, const char *ca, const char *cert, const char *key, const char *password)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_tls_opts o = {0};
    struct beamtap_err err = {0};
    assert_int_equal(bt_optfile_read(text, &a, &o, &err), 0);
    const char *got[] = {o.ca, o.cert, o.key, o.password}, *want[] = {ca, cert, key, password};
    for (int i = 0; i < 4; i++) {
        if (want[i])
            assert_string_equal(got[i], want[i]);
        else
            assert_null(got[i]);
    }
    bt_arena_done(&a);
}

static void optfiles(void **state)
{
    (void)state;
    optfile("[{server, [{certfile, \"/c.pem\"}, {keyfile, <<\"/k.pem\">>}, {secure_renegotiate, true}]},\n"
            " {client, [{cacertfile, \"/ca.pem\"}, {verify, verify_peer}]}].\n",
        "/ca.pem", "/c.pem", "/k.pem", NULL);
    /* the client's certificate wins, and the server's key does not go with it */
    optfile("[{server, [{certfile, \"/s.pem\"}, {keyfile, \"/sk.pem\"}]}, {client, [{certfile, \"/c.pem\"}, "
            "{password, \"x\"}]}].",
        NULL, "/c.pem", NULL, "x");
    optfile("% nothing\n[].", NULL, NULL, NULL, NULL);
    optfile("[{client, [{verify_fun, {m, f, []}}, {ciphers, [\"a\", \"b\"]}, {customize_hostname_check, "
            "[{match_fun, x}]}]}].",
        NULL, NULL, NULL, NULL);
}

static void optfiles_that_are_none(void **state)
{
    (void)state;
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_tls_opts o = {0};
    struct beamtap_err err = {0};
    assert_int_equal(bt_optfile_read("[{server, [{certfile, \"x}]}].", &a, &o, &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "no closing");
    err = (struct beamtap_err){0};
    assert_int_equal(bt_optfile_read("\xFF", &a, &o, &err), -1);
    assert_int_equal(err.code, BEAMTAP_EUSAGE);
    bt_arena_done(&a);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(which_word_is_the_node),
        T(addresses),
        T(names_without_a_host_are_on_this_one),
        T(options_that_do_not_go_together),
        T(a_helper_gets_more_time),
        T(commands_get_what_they_ask_for),
        T(nothing_a_shell_acts_on_is_passed_on),
        T(a_helper_is_a_stream_without_secrets),
        T(what_a_helper_said_last_is_told),
        T(all_that_a_helper_started_ends_with_it),
        T(optfiles),
        T(optfiles_that_are_none),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
