/*
 * test_session.c - guard and session against a scripted node: the whole life of a trace, and the ways it ends early.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "node/session.h"
#include "out/text.h"
#include "peer.h"
#include "process.h"
#include "term/print.h"
#include "terms.h"

#define MAX_ANSWERS 64

static struct bt_arena arena;
static struct bt_program prog;

static int teardown(void **state)
{
    (void)state;
    bt_arena_done(&arena);
    return 0;
}

/* ---- what the node says ---- */

#define STARTS                                                                                               \
    {"erlang:system_info", "\"25\""}, {"erlang:spawn", "<0.90.0>"}, {"erlang:register", "true"},             \
        {"erlang:whereis", "undefined"}, {"erlang:module_loaded", "false"},                                  \
        {"code:load_binary", "{module,x}"},                                                                  \
    {                                                                                                        \
        "agent:start", "{ok,<0.91.0>,0,42,0,4}"                                                              \
    }

#define PLANS                                                                                                \
    {                                                                                                        \
        "plan", "{plan,[{ok,[{m,f,1}]}]}"                                                                    \
    }
#define ARMS                                                                                                 \
    {                                                                                                        \
        "arm", "{armed,<0.92.0>,1,42,1000,0,[]}"                                                             \
    }
#define CLOSES                                                                                               \
    {                                                                                                        \
        "close", "{closed,asked,[{{m,f,1},3}]}"                                                              \
    }
#define FINISHES                                                                                             \
    {                                                                                                        \
        "finish", "{finished,asked,[]}"                                                                      \
    }
#define IS_CLEAN                                                                                             \
    {"erlang:whereis", "undefined"}, {"erlang:module_loaded", "false"}, {"erlang:check_old_code", "false"},  \
    {                                                                                                        \
        "erlang:system_info", "0"                                                                            \
    }
#define END                                                                                                  \
    {                                                                                                        \
        NULL, NULL                                                                                           \
    }

static void plays(struct bt_link *l)
{
    bt_link_handshake(l);
    bt_link_converse(l, l->arg);
    bt_link_await_eof(l);
}

/* ---- what we do ---- */

static struct bt_session_opts opts_at(const struct bt_peer *p)
{
    return (struct bt_session_opts){
        .conn = {.node = BT_TEST_NODE, .cookie = BT_PEER_COOKIE, .port = p->port, .timeout_ms = 5000},
        .count = 2,
        .time_us = BT_NO_LIMIT,
        .grace_ms = 50,
        .lease_ms = 5000,
        .max_functions = 1000,
        .rate = {100000, 1000000},
        .burst = 1000,
        .max_memory = 64 << 20,
        .max_term = 1 << 20,
        .max_load = -1,
        .who = "test",
    };
}

static void compile(const char *spec)
{
    assert_int_equal(bt_compile(&spec, 1, NULL, &arena, &prog, NULL, NULL), 0);
}

static struct bt_session *open_session(const struct bt_session_opts *o)
{
    struct beamtap_err err = {0};
    size_t bad_spec;
    compile("m:f(X) -> return");
    struct bt_session *s = bt_session_open(o, &prog, &bad_spec, &err);
    assert_string_equal(err.msg, "");
    assert_non_null(s);
    return s;
}

static void arm(struct bt_session *s)
{
    struct beamtap_err err = {0};
    int rc = bt_session_arm(s, &err);
    assert_string_equal(err.msg, "");
    assert_int_equal(rc, 0);
}

/* All events until the end, as text without time; the last thing bt_session_next gave. */
static enum bt_next run(struct bt_session *s, struct bt_buf *out, struct beamtap_err *err)
{
    static struct bt_event ev;
    enum bt_next next;
    struct bt_text_opts o = {.print = {.home = {(const uint8_t *)BT_TEST_NODE, strlen(BT_TEST_NODE)}}};
    int64_t until = bt_clock_mono_us() + 6000000;
    o.clauses = bt_session_clauses(s, &o.n_clauses);
    while ((next = bt_session_next(s, &ev, until, err)) == BT_NEXT_EVENT) {
        struct bt_buf line = BT_BUF_INIT;
        bt_text_event(&line, &ev, &o);
        bt_buf_puts(out, bt_buf_cstr(&line) + sizeof "00:00:00.000000");
        bt_buf_done(&line);
    }
    return next;
}

/* Runs a whole trace against the script; the text of its events and what it ended with. */
static void trace(const struct bt_peer_answer *script, const char *lines, enum beamtap_code code,
    const char *part, struct bt_summary *sum)
{
    struct bt_peer p;
    struct bt_buf out = BT_BUF_INIT;
    struct beamtap_err err = {0};
    int fds = bt_test_n_fds();
    bt_peer_start(&p, plays, script);
    struct bt_session_opts o = opts_at(&p);
    struct bt_session *s = open_session(&o);
    arm(s);
    enum bt_next next = run(s, &out, &err);
    assert_text(&out, lines);
    assert_int_equal(next, code == BEAMTAP_OK ? BT_NEXT_END : BT_NEXT_ERROR);
    assert_err(&err, code, part);
    bt_session_summary(s, sum);
    bt_session_close(s);
    assert_int_equal(bt_peer_end(&p), 0);
    assert_int_equal(bt_test_n_fds(), fds);
    bt_buf_done(&out);
}

/* ---- a trace that goes well ---- */

static void calls_and_returns_until_the_count(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS,
        {"", "{ev,3,2,100,["
             "{trace_ts,<0.44.0>,call,{m,f,1},{0,a},{1000,1}},"
             "{trace_ts,<0.44.0>,return_from,{m,f,1},{ok,1},{336000,2}},"
             "{trace_ts,<0.45.0>,call,{m,f,1},{0,b},{400000,3}}]}"},
        {"close", NULL},
        {"", "{ev,1,0,30,[{trace_ts,<0.45.0>,exception_from,{m,f,1},{error,badarg},{412000,4}}]}"},
        {"", "{closed,asked,[{{m,f,1},3}]}"}, FINISHES, IS_CLEAN, END};
    struct bt_summary sum;
    trace(script,
        "<0.44.0> m:f(a)\n"
        "<0.44.0> m:f/1 --> {ok,1}  335us\n"
        "<0.45.0> m:f(b)\n"
        "<0.45.0> m:f/1 ** error:badarg  12us\n",
        BEAMTAP_OK, "", &sum);
    assert_int_equal(sum.reason, BT_STOP_COUNT);
    assert_int_equal(sum.shown, 2);
    assert_int_equal(sum.returns, 1);
    assert_int_equal(sum.exceptions, 1);
    assert_int_equal(sum.received, 2);
    assert_int_equal(sum.called, 3);
    assert_int_equal(sum.open, 0);
    assert_true(sum.is_clean);
}

static void a_return_that_does_not_come_is_open_after_the_grace(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS,
        {"", "{ev,2,2,100,["
             "{trace_ts,<0.44.0>,call,{m,f,1},{0,a},{1000,1}},"
             "{trace_ts,<0.45.0>,call,{m,f,1},{0,b},{2000,2}}]}"},
        CLOSES, FINISHES, IS_CLEAN, END};
    struct bt_summary sum;
    trace(script, "<0.44.0> m:f(a)\n<0.45.0> m:f(b)\n", BEAMTAP_OK, "", &sum);
    assert_int_equal(sum.open, 2);
    assert_int_equal(sum.returns, 0);
}

static void a_trace_that_shows_nothing_is_stopped(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS, CLOSES, FINISHES, IS_CLEAN, END};
    struct bt_peer p;
    struct bt_buf out = BT_BUF_INIT;
    struct beamtap_err err = {0};
    struct bt_summary sum;
    bt_peer_start(&p, plays, script);
    struct bt_session_opts o = opts_at(&p);
    struct bt_session *s = open_session(&o);
    arm(s);
    bt_session_stop(s);
    assert_int_equal(run(s, &out, &err), BT_NEXT_END);
    bt_session_summary(s, &sum);
    assert_int_equal(sum.reason, BT_STOP_ASKED);
    bt_session_close(s);
    assert_int_equal(bt_peer_end(&p), 0);
    bt_buf_done(&out);
}

static void a_session_that_is_never_armed_dismisses_the_agent(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, FINISHES, IS_CLEAN, END};
    struct bt_peer p;
    bt_peer_start(&p, plays, script);
    struct bt_session_opts o = opts_at(&p);
    struct bt_session *s = open_session(&o);
    assert_int_equal(bt_session_info(s)->otp, 25);
    assert_int_equal(bt_session_info(s)->processes, 42);
    assert_int_equal(bt_session_info(s)->schedulers, 4);
    assert_int_equal(bt_session_plan(s)->n_mfas, 1);
    bt_session_close(s);
    assert_int_equal(bt_peer_end(&p), 0);
}

/* ---- traces that end early ---- */

static void ends_the_agent_chose(void **state)
{
    (void)state;
    static const struct {
        const char *finished;
        enum beamtap_code code;
        const char *part;
    } table[] = {
        {"{finished,lease,[]}", BEAMTAP_ELOST, "heard nothing of us for 5000 ms"},
        {"{finished,no_function,[]}", BEAMTAP_ENOMATCH, "their module was unloaded"},
        {"{finished,{foreign_word,7},[]}", BEAMTAP_EBUSY, "somebody else changed the trace control word"},
        {"{finished,{tracer_died,killed},[]}", BEAMTAP_ELIMIT,
            "by the VM for its memory: {tracer_died,killed}"},
        {"{finished,oops,[]}", BEAMTAP_EINTERNAL, "ended the trace: oops"},
        {"{finished,lease,[{pattern,{m,f,1}}]}", BEAMTAP_EUNCLEAN, "[{pattern,{m,f,1}}] remains"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct bt_summary sum;
        const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS, {"", table[i].finished}, IS_CLEAN, END};
        trace(script, "", table[i].code, table[i].part, &sum);
        assert_int_equal(sum.reason, BT_STOP_AGENT);
        assert_int_equal(sum.is_clean, table[i].code != BEAMTAP_EUNCLEAN);
    }
}

static void messages_that_cannot_be_read(void **state)
{
    (void)state;
    static const char *const said[] = {
        "{ev,1,1,1,[x]}",
        "{ev,1,1,1,[{trace_ts,<0.44.0>,call,{m,f,1},{0,a},{x,1}}]}",
        "{ev,1,1,1,[{trace_ts,<0.44.0>,call,{m,f},{0,a},{1,1}}]}",
        "{ev,2,1,1,[{trace_ts,<0.44.0>,call,{m,f,1},{0,a},{1,1}}]}",
        "{ev,x,1,1,[]}",
        "{ev,1,1,1,!6c00000001}",
        "{ev,1,1,1,[!ff]}",
        "{ev,1,1,1,[{trace_ts,!680a,call,{m,f,1},{0,a},{1,1}}]}",
    };
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        struct bt_summary sum;
        const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS, {"", said[i]}, END};
        trace(script, "", BEAMTAP_EPROTO, "", &sum);
        assert_false(sum.is_clean);
    }
}

static void messages_nobody_asked_for_are_passed_over(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS, {"", "hello"}, {"", "{}"},
        {"", "!ff"}, {"", "{ev,x}"}, {"", "{rex,42}"}, {"", "{finished,lease,[]}"}, IS_CLEAN, END};
    struct bt_summary sum;
    trace(script, "", BEAMTAP_ELOST, "heard nothing", &sum);
}

static void leaves_while_tracing(struct bt_link *l)
{
    bt_link_handshake(l);
    bt_link_converse(l, l->arg);
}

static void a_node_that_goes(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS, END};
    struct bt_peer p;
    struct bt_buf out = BT_BUF_INIT;
    struct beamtap_err err = {0};
    bt_peer_start(&p, leaves_while_tracing, script);
    struct bt_session_opts o = opts_at(&p);
    struct bt_session *s = open_session(&o);
    arm(s);
    assert_int_equal(run(s, &out, &err), BT_NEXT_ERROR);
    assert_err(&err, BEAMTAP_ELOST, "");
    bt_session_close(s);
    assert_int_equal(bt_peer_end(&p), 0);
    bt_buf_done(&out);
}

/* ---- starts that are refused ---- */

static void refused(const struct bt_peer_answer *script, enum beamtap_code code, const char *part)
{
    struct bt_peer p;
    struct beamtap_err err = {0};
    size_t bad_spec = 99;
    int fds = bt_test_n_fds();
    bt_peer_start(&p, plays, script);
    struct bt_session_opts o = opts_at(&p);
    compile("m:f(X) -> return");
    struct bt_session *s = bt_session_open(&o, &prog, &bad_spec, &err);
    if (s)
        assert_int_equal(bt_session_arm(s, &err), -1);
    assert_err(&err, code, part);
    bt_session_close(s);
    assert_int_equal(bt_peer_end(&p), 0);
    assert_int_equal(bt_test_n_fds(), fds);
}

static void nodes_that_are_not_fit(void **state)
{
    (void)state;
    static const struct bt_peer_answer old[] = {{"erlang:system_info", "\"22\""}, END};
    static const struct bt_peer_answer odd[] = {{"erlang:system_info", "{badrpc,nodedown}"}, END};
    refused(old, BEAMTAP_EREJECTED, "runs OTP 22; beamtap needs OTP 23");
    refused(odd, BEAMTAP_EPROTO, "unexpected answer to erlang:system_info(otp_release)");
}

static void another_beamtap_is_there(void **state)
{
    (void)state;
    static const struct bt_peer_answer starting[] = {{"erlang:system_info", "\"25\""},
        {"erlang:spawn", "<0.90.0>"}, {"erlang:register", "{badrpc,{'EXIT',badarg}}"},
        {"erlang:exit", "true"}, END};
    refused(starting, BEAMTAP_EBUSY, "another beamtap is starting on " BT_TEST_NODE);
    static const struct bt_peer_answer silent[] = {{"erlang:system_info", "\"25\""},
        {"erlang:spawn", "<0.90.0>"}, {"erlang:register", "true"}, {"erlang:whereis", "<0.77.0>"},
        {"info", "{what}"}, {"erlang:exit", "true"}, END};
    refused(silent, BEAMTAP_EBUSY, "another beamtap traces " BT_TEST_NODE);
}

static void an_agent_that_does_not_start(void **state)
{
    (void)state;
    static const struct bt_peer_answer busy[] = {{"erlang:system_info", "\"25\""},
        {"erlang:spawn", "<0.90.0>"}, {"erlang:register", "true"}, {"erlang:whereis", "undefined"},
        {"erlang:module_loaded", "true"}, {"agent:start", "busy"}, {"erlang:exit", "true"}, END};
    refused(busy, BEAMTAP_EBUSY, "another beamtap is starting");
    static const struct bt_peer_answer odd[] = {{"erlang:system_info", "\"25\""},
        {"erlang:spawn", "<0.90.0>"}, {"erlang:register", "true"}, {"erlang:whereis", "undefined"},
        {"erlang:module_loaded", "true"}, {"agent:start", "{ok,<0.91.0>,-1,42,0,4}"}, {"code:delete", "true"},
        {"code:purge", "false"}, {"erlang:exit", "true"}, END};
    refused(odd, BEAMTAP_EPROTO, "unexpected answer to the start of the agent: {ok,");
}

static void plans_and_arms_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *plan, *arm;
        enum beamtap_code code;
        const char *part;
    } table[] = {
        {"{plan,[{no_module,[]}]}", NULL, BEAMTAP_ENOMATCH, "has no module 'm'"},
        {"{plan,[]}", NULL, BEAMTAP_EPROTO, "plan cannot be read"},
        {"{plan,[{ok,[{m,f,1}]}]}", "{refused,{no_process,\"shop\"}}", BEAMTAP_ENOMATCH,
            "has no process 'shop'"},
        {"{plan,[{ok,[{m,f,1}]}]}", "{refused,{word,17}}", BEAMTAP_EBUSY, "(now 17)"},
        {"{plan,[{ok,[{m,f,1}]}]}", "{refused,{tracer,{<0.7.0>,dbg},<0.8.0>,[call]}}", BEAMTAP_EBUSY,
            "{<0.7.0>,dbg} traces <0.8.0>"},
        {"{plan,[{ok,[{m,f,1}]}]}", "{refused,{traced,{m,f,1},local}}", BEAMTAP_EBUSY,
            "a trace pattern on {m,f,1}"},
        {"{plan,[{ok,[{m,f,1}]}]}", "{refused,{agent,oops}}", BEAMTAP_EPROTO, "oops"},
        {"{plan,[{ok,[{m,f,1}]}]}", "{refused,what}", BEAMTAP_EPROTO, "what"},
        {"{plan,[{ok,[{m,f,1}]}]}", "{armed,x,y,z}", BEAMTAP_EPROTO, "cannot be read"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct bt_peer_answer script[MAX_ANSWERS] = {STARTS, {"plan", table[i].plan}};
        static const struct bt_peer_answer ends[] = {FINISHES, IS_CLEAN};
        size_t n = 0;
        while (script[n].to)
            n++;
        if (table[i].arm)
            script[n++] = (struct bt_peer_answer){"arm", table[i].arm};
        memcpy(script + n, ends, sizeof ends);
        refused(script, table[i].code, table[i].part);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_and_returns_until_the_count),
        cmocka_unit_test(a_return_that_does_not_come_is_open_after_the_grace),
        cmocka_unit_test(a_trace_that_shows_nothing_is_stopped),
        cmocka_unit_test(a_session_that_is_never_armed_dismisses_the_agent),
        cmocka_unit_test(ends_the_agent_chose),
        cmocka_unit_test(messages_that_cannot_be_read),
        cmocka_unit_test(messages_nobody_asked_for_are_passed_over),
        cmocka_unit_test(a_node_that_goes),
        cmocka_unit_test(nodes_that_are_not_fit),
        cmocka_unit_test(another_beamtap_is_there),
        cmocka_unit_test(an_agent_that_does_not_start),
        cmocka_unit_test(plans_and_arms_that_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
