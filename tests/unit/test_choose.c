/*
 * test_choose.c - which events a session gives: grep, grep_not, count, redact, style, of a capture and of a node.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "beamtap.h"
#include "outs.h"
#include "terms.h"
#include "traced.h"

#define CALL(x) "{trace_ts,<0.44.0>,call,{shop,put,2},{0,[" #x ",b]},{1,1}}"
#define RETURN(x) "{trace_ts,<0.44.0>,return_from,{shop,put,2}," #x ",{1,1}}"
#define PIN "{trace_ts,<0.44.0>,call,{shop,put,2},{0,[#{pin=>4711},b]},{1,1}}"
#define DOOR "{trace_ts,<0.44.0>,call,{shop,put,2},{0,[#{door=>3,pin=>4712},b]},{1,1}}"
#define SENT "{trace_ts,<0.44.0>,send,hello,<0.45.0>,{0},{1,1}}"

static char folder[64], from[80];
static const char *file = from;
static struct beamtap_replay_opts opts;
static struct beamtap_style style;
static struct beamtap_session *session;
static struct beamtap_summary sum;
static struct beamtap_err err;
static struct bt_buf lines;

static int setup(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/bt_choose_XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(from, sizeof from, "%s/in", folder);
    beamtap_replay_opts_init(&opts, sizeof opts);
    beamtap_style_init(&style, sizeof style);
    style.time = BEAMTAP_TIME_NONE;
    opts.paths = &file;
    opts.n_paths = 1;
    opts.style = &style;
    sum = (struct beamtap_summary){.size = sizeof sum};
    memset(&err, 0, sizeof err);
    session = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    beamtap_session_close(session);
    bt_buf_done(&lines);
    unlink(from);
    return rmdir(folder);
}

static void capture(const char *const *events, size_t n)
{
    static const char *const specs[] = {"shop:put/2 -> return"};
    bt_test_capture_file(from, specs, 1, events, n);
}

/* Takes events until something else comes, as lines. */
static enum beamtap_next take(struct beamtap_session *s)
{
    const struct beamtap_event *ev;
    enum beamtap_next next;
    char line[512];
    while ((next = beamtap_session_next(s, &ev, -1, &err)) == BEAMTAP_NEXT_EVENT) {
        if (ev->type <= BEAMTAP_EVENT_OTHER && beamtap_event_format(ev, &style, line, sizeof line, &err) > 0)
            bt_buf_puts(&lines, line);
    }
    beamtap_session_summary(s, &sum, NULL);
    return next;
}

static void run(const char *const *events, size_t n)
{
    capture(events, n);
    session = beamtap_replay_open(&opts, &err);
    assert_string_equal(err.msg, "");
    assert_int_equal(beamtap_session_start(session, &err), 0);
    assert_int_equal(take(session), BEAMTAP_NEXT_END);
}

static void set_grep(const char *const *text)
{
    opts.grep = text;
    opts.n_grep = 1;
}

static void nothing_is_asked_for(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), RETURN(x), SENT};
    run(events, 3);
    assert_text(
        &lines, "<0.44.0> shop:put(1, b)\n<0.44.0> shop:put/2 --> x\n<0.44.0> ! hello --> <0.45.0>\n");
    assert_int_equal(sum.calls, 2);
    assert_int_equal(sum.lines_filtered + sum.lines_examined, 0);
    assert_false(sum.is_complete);
    assert_string_equal(sum.file_reason, "count");
    assert_int_equal(sum.file_calls, 7);
    assert_int_equal(sum.file_lost, 2);
    assert_int_equal(sum.skipped, 3);
    const struct beamtap_info *info = beamtap_session_info(session);
    assert_true(info->is_capture && !info->is_live);
    assert_int_equal(info->traces, 1);
    assert_int_equal(info->syntax, BEAMTAP_SYNTAX_ERLANG);
    assert_string_equal(info->events, "");
}

static void each_line_is_tested_alone_and_a_call_counts_once(void **state)
{
    (void)state;
    static const char *const events[] = {
        CALL(1), RETURN(yes), CALL(yes), RETURN(yes), CALL(yes), RETURN(2), CALL(3), RETURN(3), SENT};
    static const char *const yes = "yes";
    set_grep(&yes);
    run(events, 9);
    assert_text(&lines,
        "<0.44.0> shop:put/2 --> yes\n<0.44.0> shop:put(yes, b)\n<0.44.0> shop:put/2 --> yes\n"
        "<0.44.0> shop:put(yes, b)\n");
    assert_int_equal(sum.calls, 3);
    assert_int_equal(sum.returns, 2);
    assert_int_equal(sum.lines_examined, 5);
    assert_int_equal(sum.lines_filtered, 5);
}

static void the_count_is_of_what_is_given(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), RETURN(1), CALL(yes), CALL(yes), CALL(yes), RETURN(yes),
        RETURN(yes), RETURN(yes), CALL(yes)};
    static const char *const yes = "yes";
    set_grep(&yes);
    opts.count = 2;
    run(events, 9);
    /* the third call is too many, and so is its return; those of calls that were given still come, then it ends */
    assert_text(&lines, "<0.44.0> shop:put(yes, b)\n<0.44.0> shop:put(yes, b)\n<0.44.0> shop:put/2 --> yes\n"
                        "<0.44.0> shop:put/2 --> yes\n");
    assert_true(sum.is_complete);
    assert_int_equal(sum.calls, 2);
    assert_int_equal(sum.reason, BEAMTAP_REASON_COUNT);
    assert_null(sum.file_reason); /* the end of the file was not read */
}

static void a_count_alone(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), RETURN(1), CALL(2), RETURN(2)};
    opts.count = 1;
    run(events, 4);
    assert_text(&lines, "<0.44.0> shop:put(1, b)\n<0.44.0> shop:put/2 --> 1\n");
    assert_int_equal(sum.calls, 1);
}

static void the_line_is_what_the_style_shows(void **state)
{
    (void)state;
    static const char *const events[] = {
        CALL(yes), "{trace_ts,<0.44.0>,return_from,{shop,put,2},{a,{b,deep}},{1,1}}"};
    static const char *const grep[] = {"^#PID<0\\.44\\.0> :shop\\.put\\(:yes", "deep"}, *const not = "nobody";
    style.syntax = BEAMTAP_SYNTAX_ELIXIR;
    style.color = true; /* no part of what is looked at */
    style.max_line = 5;
    style.depth = 1;
    opts.grep = grep;
    opts.n_grep = 2;
    opts.grep_not = &not ;
    opts.n_grep_not = 1;
    run(events, 2);
    bt_buf_reset(&lines);
    assert_int_equal(sum.calls, 1);
    assert_int_equal(sum.lines_filtered, 1); /* what lies deeper than `depth` is not in the line */
}

static void lines_nobody_wants(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), RETURN(x), CALL(2), SENT};
    static const char *const not [] = {"put\\(1", "hello"};
    opts.grep_not = not ;
    opts.n_grep_not = 2;
    run(events, 4);
    assert_text(&lines, "<0.44.0> shop:put/2 --> x\n<0.44.0> shop:put(2, b)\n");
}

/* Masked before anybody sees it: grep, who takes the event, and its arguments. */
static void secrets(void **state)
{
    (void)state;
    static const char *const events[] = {
        PIN, "{trace_ts,<0.44.0>,return_from,{shop,put,2},{pin,4711},{1,1}}", DOOR};
    static const char *const pin = "pin", *const digits = "471|door";
    opts.redact = &pin;
    opts.n_redact = 1;
    set_grep(&digits);
    run(events, 3);
    assert_null(strstr(bt_buf_cstr(&lines), "471"));
    assert_non_null(strstr(bt_buf_cstr(&lines), "door => 3"));
    assert_int_equal(sum.lines_filtered, 2);
    bt_buf_reset(&lines);
}

static void what_is_no_choice(void **state)
{
    (void)state;
    static const char *const bad = "(", *const null = NULL, *const nowhere = "/nowhere/x.hrl";
    struct beamtap_style wrong = {.size = 0};
    capture(NULL, 0);
    set_grep(&bad);
    assert_null(beamtap_replay_open(&opts, &err));
    assert_err(&err, BEAMTAP_ESPEC, "--grep: '(', at character 2");
    assert_int_equal(err.loc.line, 0);
    set_grep(&null);
    assert_null(beamtap_replay_open(&opts, &err));
    assert_err(&err, BEAMTAP_EUSAGE, "--grep: a text is NULL");
    opts.grep = NULL;
    assert_null(beamtap_replay_open(&opts, &err));
    assert_err(&err, BEAMTAP_EUSAGE, "--grep: a text is NULL");
    opts.n_grep = 0;
    opts.grep_not = &bad;
    opts.n_grep_not = 1;
    assert_null(beamtap_replay_open(&opts, &err));
    assert_err(&err, BEAMTAP_ESPEC, "--grep-not: '('");
    opts.n_grep_not = 0;
    opts.redact = &bad;
    opts.n_redact = 1;
    assert_null(beamtap_replay_open(&opts, &err));
    assert_err(&err, BEAMTAP_ESPEC, "--redact: '('");
    opts.n_redact = 0;
    opts.style = &wrong;
    assert_null(beamtap_replay_open(&opts, &err));
    assert_err(&err, BEAMTAP_EUSAGE, "beamtap_style_init");
    opts.style = NULL;
    opts.count = 0;
    assert_null(beamtap_replay_open(&opts, &err));
    assert_err(&err, BEAMTAP_EUSAGE, "count is 0");
    opts.count = 1;
    opts.n_records = 1;
    opts.records = &null;
    assert_null(beamtap_replay_open(&opts, &err));
    assert_err(&err, BEAMTAP_EUSAGE, "records");
    opts.records = &nowhere;
    assert_null(beamtap_replay_open(&opts, &err));
    assert_err(&err, BEAMTAP_EUSAGE, "/nowhere/x.hrl");
}

/* A caller who has more to do gets the chance, also where nothing is given for long. */
static void many_that_are_passed_over(void **state)
{
    (void)state;
    static const char *events[1001];
    static const char *const yes = "yes";
    const struct beamtap_event *ev;
    int n_nothing = 0;
    for (int i = 0; i < 1000; i++)
        events[i] = CALL(1);
    events[1000] = CALL(yes);
    capture(events, 1001);
    set_grep(&yes);
    session = beamtap_replay_open(&opts, &err);
    assert_int_equal(beamtap_session_start(session, &err), 0);
    while (beamtap_session_next(session, &ev, 0, &err) == BEAMTAP_NEXT_NOTHING) {
        assert_int_equal(beamtap_session_wait_ms(session), 0);
        n_nothing++;
    }
    assert_true(n_nothing > 1 && n_nothing < 100);
    assert_int_equal(ev->type, BEAMTAP_EVENT_CALL);
    assert_int_equal(ev->seq, 1);
    assert_int_equal(beamtap_session_next(session, &ev, 0, &err), BEAMTAP_NEXT_END);
}

/* ---- of a node ---- */

#define EVENTS                                                                                               \
    {                                                                                                        \
        "", "{ev,4,1,100,[{trace_ts,<0.44.0>,call,{m,f,1},{0,a},{1000,1}},"                                  \
            "{trace_ts,<0.44.0>,return_from,{m,f,1},{ok,1},{336000,2}},"                                     \
            "{trace_ts,<0.44.0>,call,{m,f,1},{0,b},{400000,3}},"                                             \
            "{trace_ts,<0.44.0>,return_from,{m,f,1},{ok,2},{500000,4}}]}"                                    \
    }

static void plays(struct bt_link *l)
{
    bt_link_handshake(l);
    bt_link_converse(l, l->arg);
    bt_link_await_eof(l);
}

static struct beamtap_session_opts node_opts;
static char address[32];
static struct beamtap_spec *spec;

static void start_node(struct bt_peer *p, const struct bt_peer_answer *script)
{
    bt_peer_start(p, plays, script);
    snprintf(address, sizeof address, "127.0.0.1:%d", p->port);
    spec = beamtap_spec_compile("m:f(X) -> return", NULL);
    beamtap_session_opts_init(&node_opts, sizeof node_opts);
    node_opts.node = BT_TEST_NODE;
    node_opts.address = address;
    node_opts.cookie = BT_PEER_COOKIE;
    node_opts.spec = spec;
    node_opts.style = &style;
}

static void run_node(struct bt_peer *p, enum beamtap_next end)
{
    struct beamtap_session *s = beamtap_session_open(&node_opts, &err);
    beamtap_spec_free(spec);
    assert_string_equal(err.msg, "");
    assert_int_equal(beamtap_session_info(s)->functions, 1);
    assert_true(beamtap_session_info(s)->shows_ends);
    assert_false(beamtap_session_function(s, 0)->is_inlined);
    assert_int_equal(beamtap_session_start(s, &err), 0);
    assert_int_equal(take(s), end);
    beamtap_session_close(s);
    assert_int_equal(bt_peer_end(p), 0);
}

/* With a filter the count is kept here: the node is told to end when as many were given. */
static void a_filtered_trace(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {
        STARTS, PLANS, ARMS, EVENTS, CLOSES, FINISHES, IS_CLEAN, END};
    static const char *const b = "f\\(b\\)";
    struct bt_peer peer;
    start_node(&peer, script);
    node_opts.grep = &b;
    node_opts.n_grep = 1;
    node_opts.count = 1;
    run_node(&peer, BEAMTAP_NEXT_END);
    assert_text(&lines, "<0.44.0> m:f(b)\n");
    assert_int_equal(sum.reason, BEAMTAP_REASON_COUNT);
    assert_true(sum.is_complete && sum.is_clean);
    assert_int_equal(sum.calls, 1);
    assert_int_equal(sum.lines_examined, 2);
    assert_int_equal(sum.lines_filtered, 3);
    assert_true(sum.has_called);
    assert_int_equal(sum.called, 3);
    assert_int_equal(sum.skipped, 1); /* of three the VM counted two were looked at */
}

static void a_rate_that_is_an_end(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {
        STARTS, PLANS, ARMS, EVENTS, {"", "{closed,rate_reached,[]}"}, FINISHES, IS_CLEAN, END};
    for (int is_end = 0; is_end < 2; is_end++) {
        struct bt_peer peer;
        start_node(&peer, script);
        node_opts.stop_on_rate = true;
        node_opts.end_on_rate = is_end;
        run_node(&peer, is_end ? BEAMTAP_NEXT_END : BEAMTAP_NEXT_ERROR);
        assert_int_equal(sum.reason, BEAMTAP_REASON_RATE);
        if (!is_end)
            assert_err(&err, BEAMTAP_ELIMIT, "rate");
        bt_buf_reset(&lines);
    }
}

static void what_the_vm_counts_has_no_lines(void **state)
{
    (void)state;
    static const char *const b = "b";
    beamtap_session_opts_init(&node_opts, sizeof node_opts);
    spec = beamtap_spec_compile("m:f(X) -> return", NULL);
    node_opts.node = "x@y";
    node_opts.spec = spec;
    node_opts.kind = BEAMTAP_KIND_COUNT;
    node_opts.redact = &b;
    node_opts.n_redact = 1;
    assert_null(beamtap_session_open(&node_opts, &err));
    assert_err(&err, BEAMTAP_EUSAGE, "go with TRACE");
    beamtap_spec_free(spec);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(nothing_is_asked_for),
        T(each_line_is_tested_alone_and_a_call_counts_once),
        T(the_count_is_of_what_is_given),
        T(a_count_alone),
        T(the_line_is_what_the_style_shows),
        T(lines_nobody_wants),
        T(secrets),
        T(what_is_no_choice),
        T(many_that_are_passed_over),
        T(a_filtered_trace),
        T(a_rate_that_is_an_end),
        T(what_the_vm_counts_has_no_lines),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
