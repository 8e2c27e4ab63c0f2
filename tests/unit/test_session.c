/*
 * test_session.c - guard and session against a scripted node: the whole life of a trace, and the ways it ends early.
 */
#include "traced.h"

#include <stdio.h>
#include <string.h>

#include "terms.h"

#define MAX_ANSWERS 64

/* Runs a whole trace against the script; the text of its events and what it ended with. */
static void trace(const struct bt_peer_answer *script, const char *lines, enum beamtap_code code,
    const char *part, struct bt_summary *sum)
{
    struct bt_traced t = bt_traced(script);
    bt_traced_all(&t, lines, code, part);
    *sum = t.sum;
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

/* With a filter each call comes with its end, and the agent says what came to what. */
static void calls_by_how_they_ended(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS,
        {"", "{ev,4,2,100,["
             "{trace_ts,<0.44.0>,call,{m,f,1},{0,a},{1000,1}},"
             "{trace_ts,<0.44.0>,return_from,{m,f,1},{ok,1},{336000,2}},"
             "{trace_ts,<0.45.0>,call,{m,f,1},{0,b},{2000,3}},"
             "{trace_ts,<0.45.0>,exception_from,{m,f,1},{error,badarg},{330000,4}}]}"},
        {"close", NULL}, {"", "{examined,50,45,2,1}"}, {"", "{closed,asked,[{{m,f,1},60}]}"}, FINISHES,
        IS_CLEAN, END};
    struct bt_traced t = bt_traced(script);
    t.opts.filter = (struct bt_outcome_wish){.is_on = true, .slower_ns = 100000};
    bt_traced_all(&t,
        "<0.45.0> m:f(b)\n"
        "<0.45.0> m:f/1 ** error:badarg  328us\n"
        "<0.44.0> m:f(a)\n"
        "<0.44.0> m:f/1 --> {ok,1}  335us\n",
        BEAMTAP_OK, "");
    assert_int_equal(t.sum.reason, BT_STOP_COUNT);
    assert_int_equal(t.sum.shown, 2);
    assert_int_equal(t.sum.examined.calls, 50);
    assert_int_equal(t.sum.examined.filtered, 45);
    assert_int_equal(t.sum.examined.unended, 2);
    assert_int_equal(t.sum.examined.held, 1);
    assert_int_equal(t.sum.open, 0);
    assert_true(t.sum.is_clean);
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
    struct bt_traced t = bt_traced(script);
    struct bt_buf out = BT_BUF_INIT;
    struct beamtap_err err = {0};
    bt_traced_begin(&t);
    bt_session_stop(t.session);
    assert_int_equal(bt_traced_run(&t, &out, &err), BT_NEXT_END);
    assert_text(&out, "");
    bt_traced_end(&t);
    assert_int_equal(t.sum.reason, BT_STOP_ASKED);
    bt_buf_done(&out);
}

static void a_session_that_is_never_armed_dismisses_the_agent(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, FINISHES, IS_CLEAN, END};
    struct bt_traced t = bt_traced(script);
    assert_int_equal(bt_traced_open(&t, NULL), 0);
    assert_int_equal(bt_session_info(t.session)->otp, 25);
    assert_int_equal(bt_session_info(t.session)->processes, 42);
    assert_int_equal(bt_session_info(t.session)->schedulers, 4);
    assert_int_equal(bt_session_plan(t.session)->n_mfas, 1);
    bt_traced_end(&t);
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
        {"{finished,guard_died,[]}", BEAMTAP_ELIMIT,
            "the guard process on " BT_TEST_NODE " was ended by somebody"},
        {"{finished,asked,[]}", BEAMTAP_ELOST, "somebody else ended the trace on " BT_TEST_NODE},
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

/* The agent says that all is taken back; the node knows better. */
static void a_node_that_is_not_clean_after_all(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS, {"", "{closed,exhausted,[]}"},
        FINISHES, {"erlang:whereis", "undefined"}, {"erlang:module_loaded", "false"},
        {"erlang:check_old_code", "false"}, {"erlang:system_info", "7"}, END};
    struct bt_summary sum;
    trace(script, "", BEAMTAP_EUNCLEAN, "is not clean: trace control word 7, it was 0", &sum);
    assert_false(sum.is_clean);
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
    struct bt_traced t = bt_traced(script);
    t.play = leaves_while_tracing;
    bt_traced_all(&t, "", BEAMTAP_ELOST, "");
}

/* ---- starts that are refused ---- */

static void refused_spec(
    const char *spec, const struct bt_peer_answer *script, enum beamtap_code code, const char *part)
{
    struct bt_traced t = bt_traced(script);
    struct beamtap_err err = {0};
    t.spec = spec;
    if (bt_traced_open(&t, &err) == 0)
        assert_int_equal(bt_session_arm(t.session, &err), -1);
    assert_err(&err, code, part);
    bt_traced_end(&t);
}

static void refused(const struct bt_peer_answer *script, enum beamtap_code code, const char *part)
{
    refused_spec("m:f(X) -> return", script, code, part);
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

static void an_agent_that_cannot_be_loaded(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "{badrpc,{'EXIT',nofile}}", "[{error,badfile}]", "[x]", "[]", "ok", "[{module,x},y,z]"};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        const struct bt_peer_answer script[] = {{"erlang:system_info", "\"25\""},
            {"erlang:spawn", "<0.90.0>"}, {"erlang:register", "true"}, {"erlang:whereis", "undefined"},
            {"erlang:module_loaded", "false"}, {"lists:zipwith", answers[i]}, {"code:delete", "true"},
            {"code:purge", "false"}, {"code:delete", "true"}, {"code:purge", "false"},
            {"erlang:exit", "true"}, END};
        char part[128];
        snprintf(part, sizeof part, "unexpected answer to code:load_binary: %s", answers[i]);
        refused(script, BEAMTAP_EPROTO, part);
    }
}

static void arms_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *arm;
        enum beamtap_code code;
        const char *part;
    } table[] = {
        {"{refused,{no_process,\"shop\"}}", BEAMTAP_ENOMATCH, "has no process 'shop'"},
        {"{refused,{word,17}}", BEAMTAP_EBUSY, "(now 17)"},
        {"{refused,{tracer,{<0.7.0>,dbg},<0.8.0>,[call]}}", BEAMTAP_EBUSY, "{<0.7.0>,dbg} traces <0.8.0>"},
        {"{refused,{traced,{m,f,1},local}}", BEAMTAP_EBUSY, "a trace pattern on {m,f,1}"},
        {"{refused,{agent,oops}}", BEAMTAP_EPROTO, "oops"},
        {"{refused,what}", BEAMTAP_EPROTO, "what"},
        {"{armed,x,y,z}", BEAMTAP_EPROTO, "cannot be read"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct bt_peer_answer script[] = {
            STARTS, PLANS, {"arm", table[i].arm}, FINISHES, IS_CLEAN, END};
        refused(script, table[i].code, table[i].part);
    }
}

/* ---- which functions ---- */

#define LEAVES FINISHES, IS_CLEAN, END

static void modules_that_are_not_there(void **state)
{
    (void)state;
    static const struct bt_peer_answer none[] = {
        STARTS, {"erlang:loaded", "[n]"}, {"code:where_is_file", "non_existing"}, LEAVES};
    static const struct bt_peer_answer on_disk[] = {
        STARTS, {"erlang:loaded", "[x]"}, {"code:where_is_file", "\"/lib/m.beam\""}, LEAVES};
    static const struct bt_peer_answer garbage[] = {STARTS, {"erlang:loaded", "{m}"}, LEAVES};
    static const struct bt_peer_answer raised[] = {STARTS, {"erlang:loaded", "{badrpc,nodedown}"}, LEAVES};
    refused(none, BEAMTAP_ENOMATCH, "has no module 'm'; did you mean 'n'?");
    refused(on_disk, BEAMTAP_ENOMATCH, "module 'm' is not loaded on " BT_TEST_NODE);
    refused(on_disk, BEAMTAP_ENOMATCH, "--load");
    refused(garbage, BEAMTAP_EPROTO, "cannot be read");
    refused(raised, BEAMTAP_EPROTO, "erlang:loaded");
}

static void note_loaded(void *arg, const char *module)
{
    snprintf(arg, 32, "%s", module);
}

static void a_module_is_loaded_when_that_is_wanted(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, {"erlang:loaded", "[x]"},
        {"code:where_is_file", "\"/lib/m.beam\""}, {"code:ensure_loaded", "{module,m}"}, PLANS, LEAVES};
    struct beamtap_err err = {0};
    char loaded[32] = "";
    struct bt_traced t = bt_traced(script);
    t.opts.lookup = (struct bt_lookup_opts){1000, true, note_loaded, loaded};
    assert_int_equal(bt_traced_open(&t, &err), 0);
    assert_string_equal(loaded, "m");
    assert_string_equal(bt_session_plan(t.session)->mfas[0].module, "m");
    bt_traced_end(&t);
}

static void a_module_that_cannot_be_loaded(void **state)
{
    (void)state;
    static const struct bt_peer_answer fails[] = {STARTS, {"erlang:loaded", "[]"},
        {"code:where_is_file", "\"/lib/m.beam\""}, {"code:ensure_loaded", "{error,on_load_failure}"}, LEAVES};
    static const struct bt_peer_answer lies[] = {STARTS, {"erlang:loaded", "[]"},
        {"code:where_is_file", "\"/lib/m.beam\""}, {"code:ensure_loaded", "{module,m}"},
        {"erlang:loaded", "[]"}, {"code:where_is_file", "\"/lib/m.beam\""}, LEAVES};
    const struct {
        const struct bt_peer_answer *script;
        const char *part;
    } table[] = {{fails, "module 'm' cannot be loaded on " BT_TEST_NODE " (--load): {error,on_load_failure}"},
        {lies, "is not loaded"}};
    for (size_t i = 0; i < 2; i++) {
        struct beamtap_err err = {0};
        struct bt_traced t = bt_traced(table[i].script);
        t.opts.lookup.loads = true;
        assert_int_equal(bt_traced_open(&t, &err), -1);
        assert_err(&err, BEAMTAP_ENOMATCH, table[i].part);
        bt_traced_end(&t);
    }
}

/* A module that goes away between two questions takes the whole answer with it. */
static void modules_are_asked_one_by_one_when_one_is_gone(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, {"erlang:loaded", "[m,m2,m3]"},
        {"lists:zipwith", "{badrpc,{'EXIT',badarg}}"}, {"lists:zipwith", "[[{f,1}]]"},
        {"lists:zipwith", "{badrpc,{'EXIT',badarg}}"}, {"lists:zipwith", "[[{f,1}]]"},
        {"lists:zipwith3", "[{ok,false,[],[]}]"}, LEAVES};
    struct beamtap_err err = {0};
    struct bt_traced t = bt_traced(script);
    t.spec = "m*:f(X)";
    assert_int_equal(bt_traced_open(&t, &err), 0);
    assert_int_equal(bt_session_plan(t.session)->n_mfas, 2);
    assert_string_equal(bt_session_plan(t.session)->mfas[1].module, "m3");
    bt_traced_end(&t);
}

/* ---- what the release does not know ---- */

static void match_specifications_the_node_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *answer, *part;
    } table[] = {
        {"m:f(X) when min(X, 1) =:= 1", "{error,[{error,\"Function min/2 does_not_exist.\"}]}",
            "'min' in a match specification is known from OTP 26 on; " BT_TEST_NODE " runs OTP 25"},
        {"m:f(X) when is_function(X, 1)",
            "{error,[{warning,\"w\"},{error,\"Function is_function/2 does_not_exist.\"}]}",
            "'is_function' in a match specification is known from OTP 26 on"},
        {"m:f(X) when is_list(X)", "{error,[{error,\"Function is_list/1 does_not_exist.\"}]}",
            "(OTP 25) refuses the match specification: Function is_list/1 does_not_exist."},
        {"m:f(X) when is_list(X)", "{error,[{error,\"it is Friday\"}]}",
            "refuses the match specification: it is Friday"},
        {"m:f(X) when is_list(X)", "{error,[]}", "refuses the match specification: it does not say why"},
        {"m:f(X) when is_list(X)", "{error,what}", "refuses the match specification: it does not say why"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char list[200];
        snprintf(list, sizeof list, "[%s]", table[i].answer);
        const struct bt_peer_answer script[] = {
            STARTS, FINDS, {"lists:zipwith3", list}, {"lists:zipwith3", list}, LEAVES};
        refused_spec(table[i].spec, script, BEAMTAP_ESPEC, table[i].part);
    }
    static const char *const garbage[] = {"[]", "{badrpc,x}", "[{ok,true,[],[]},x]"};
    for (size_t i = 0; i < 3; i++) {
        const struct bt_peer_answer script[] = {STARTS, FINDS, {"lists:zipwith3", garbage[i]}, LEAVES};
        refused(script, BEAMTAP_EPROTO, "erlang:match_spec_test");
    }
}

/* No function is unknown there, so the node takes it, and means something else. */
static void what_an_older_release_means_differently(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {{"erlang:system_info", "\"23\""},
        {"erlang:spawn", "<0.90.0>"}, {"erlang:register", "true"}, {"erlang:whereis", "undefined"},
        {"erlang:module_loaded", "false"}, {"lists:zipwith", "[{module,x},{ok,<0.91.0>,0,42,0,4}]"}, PLANS,
        LEAVES};
    refused_spec("m:f(X) when X =:= #{{a} => X}", script, BEAMTAP_ESPEC,
        "a tuple as a map key in a match specification is known from OTP 25 on; " BT_TEST_NODE
        " runs OTP 23");
}

static void a_word_without_room_above_it(void **state)
{
    (void)state;
    struct bt_peer_answer script[MAX_ANSWERS] = {STARTS};
    static const struct bt_peer_answer ends[] = {PLANS, FINISHES, {"erlang:whereis", "undefined"},
        {"erlang:module_loaded", "false"}, {"erlang:check_old_code", "false"},
        {"erlang:system_info", "4294967295"}, END};
    size_t n = 0;
    while (script[n].to)
        n++;
    script[n - 1].answer = "[{module,x},{ok,<0.91.0>,4294967295,42,0,4}]";
    memcpy(script + n, ends, sizeof ends);
    refused(
        script, BEAMTAP_EBUSY, "the trace control word of " BT_TEST_NODE " is 4294967295: somebody uses it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_and_returns_until_the_count),
        cmocka_unit_test(calls_by_how_they_ended),
        cmocka_unit_test(a_return_that_does_not_come_is_open_after_the_grace),
        cmocka_unit_test(a_trace_that_shows_nothing_is_stopped),
        cmocka_unit_test(a_session_that_is_never_armed_dismisses_the_agent),
        cmocka_unit_test(ends_the_agent_chose),
        cmocka_unit_test(a_node_that_is_not_clean_after_all),
        cmocka_unit_test(messages_that_cannot_be_read),
        cmocka_unit_test(messages_nobody_asked_for_are_passed_over),
        cmocka_unit_test(a_node_that_goes),
        cmocka_unit_test(nodes_that_are_not_fit),
        cmocka_unit_test(another_beamtap_is_there),
        cmocka_unit_test(an_agent_that_does_not_start),
        cmocka_unit_test(an_agent_that_cannot_be_loaded),
        cmocka_unit_test(arms_that_are_refused),
        cmocka_unit_test(modules_that_are_not_there),
        cmocka_unit_test(a_module_is_loaded_when_that_is_wanted),
        cmocka_unit_test(a_module_that_cannot_be_loaded),
        cmocka_unit_test(modules_are_asked_one_by_one_when_one_is_gone),
        cmocka_unit_test(match_specifications_the_node_refuses),
        cmocka_unit_test(what_an_older_release_means_differently),
        cmocka_unit_test(a_word_without_room_above_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
