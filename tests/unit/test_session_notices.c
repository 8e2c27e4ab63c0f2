/*
 * test_session_notices.c - what the agent tells while a trace runs and ends, and what it fails to tell.
 *
 * Linked with --wrap, so that the clock can be put forward.
 */
#include "traced.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "terms.h"

int64_t __wrap_bt_clock_mono_us(void);
int64_t __real_bt_clock_mono_us(void);

static int64_t ahead_us;

int64_t __wrap_bt_clock_mono_us(void)
{
    return __real_bt_clock_mono_us() + ahead_us;
}

static int setup(void **state)
{
    (void)state;
    ahead_us = 0;
    return 0;
}

#define CALL(pid, mono_ns) "{trace_ts," pid ",call,{m,f,1},{0,a},{" #mono_ns ",1}}"
#define RETURN(pid, mono_ns) "{trace_ts," pid ",return_from,{m,f,1},ok,{" #mono_ns ",1}}"
#define SAYS(text)                                                                                           \
    {                                                                                                        \
        "", text                                                                                             \
    }
#define ENDS SAYS("{closed,exhausted,[]}"), FINISHES, IS_CLEAN, END

/* A whole trace of a spec without any limit; what it showed, and its summary. */
static struct bt_summary trace(const char *spec, const struct bt_peer_answer *script, const char *lines)
{
    struct bt_traced t = bt_traced(script);
    t.spec = spec;
    t.opts.count = BT_NO_LIMIT;
    bt_traced_all(&t, lines, BEAMTAP_OK, "");
    assert_true(t.sum.is_clean);
    return t.sum;
}

/* ---- counts ---- */

static void calls_that_were_not_let_through_are_a_gap(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS,
        SAYS("{ev,1,1,50,[" CALL("<0.44.0>", 1000) "]}"), SAYS("{stat,11}"),
        SAYS("{stat,11}"), /* nothing new */
        SAYS("{ev,2,2,90,[" CALL("<0.45.0>", 2000) "," CALL("<0.46.0>", 3000) "]}"),
        SAYS("{stat,13}"), /* the two were shown */
        SAYS("{stat,5122}"), SAYS("{closed,exhausted,[{{m,f,1},5200}]}"), FINISHES, IS_CLEAN, END};
    struct bt_summary sum = trace("m:f(X)", script,
        "<0.44.0> m:f(a)\n"
        "-- 10 calls skipped\n"
        "<0.45.0> m:f(a)\n"
        "<0.46.0> m:f(a)\n"
        "-- 5,109 calls skipped\n");
    assert_int_equal(sum.shown, 3);
    assert_int_equal(sum.received, 3);
    assert_int_equal(sum.called, 5200);
    assert_true(sum.is_exact && sum.has_called);
}

static void where_not_every_call_is_one_to_show_there_is_no_gap(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS, SAYS("{stat,5000}"), ENDS};
    static const struct bt_peer_answer reloaded[] = {
        STARTS, PLANS, ARMS, SAYS("{note,{rearmed,{m,f,1}},0}"), SAYS("{stat,5000}"), ENDS};
    struct bt_summary sum = trace("m:f(a)", script, "");
    assert_int_equal(sum.called, 5000);
    assert_false(sum.is_exact);
    sum = trace("{m, f, 1}", script, "");
    assert_false(sum.has_called);
    sum = trace("m:f", reloaded,
        "-- m:f/1: its module was loaded anew; it is traced again, calls in between were not seen\n");
    assert_false(sum.is_exact); /* the counter began anew */
}

static void notices_that_cannot_be_read(void **state)
{
    (void)state;
    static const char *const texts[] = {"{stat,-1}", "{stat,x}", "{stat,9007199254740992}", "{lost,-1,0}",
        "{lost,0,9007199254740992}", "{lost,x,0}", "{note,{rearmed,!ff},5}", "{gate,1,2,3,4,5,6}",
        "{closed,!ff,[]}"};
    static const struct bt_peer_answer passed_over[] = {
        STARTS, PLANS, ARMS, SAYS("{stat,1,2}"), SAYS("{stat}"), SAYS("{unknown,1}"), SAYS("stat"), ENDS};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS, SAYS(texts[i]), END};
        struct bt_traced t = bt_traced(script);
        bt_traced_all(&t, "", BEAMTAP_EPROTO, "unexpected answer to the trace");
        assert_int_equal(t.sum.called, 0);
        assert_int_equal(t.sum.lost, 0);
        assert_false(t.sum.is_clean);
    }
    trace("m:f", passed_over, "");
}

static void counts_of_several_functions_add_up(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS,
        SAYS("{closed,exhausted,[{{m,f,1},100},{{m,f,2},20},{{m,g,0},3}]}"), FINISHES, IS_CLEAN, END};
    assert_int_equal(trace("m:f", script, "").called, 123);
}

static void events_the_tracer_had_to_drop(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS,
        SAYS("{ev,1,1,50,[" CALL("<0.44.0>", 1000) "]}"), SAYS("{lost,2,3}"), SAYS("{lost,1000,0}"), ENDS};
    struct bt_summary sum = trace("m:f(X)", script,
        "<0.44.0> m:f(a)\n"
        "-- 5 events lost\n"
        "-- 1,000 events lost\n");
    assert_int_equal(sum.lost, 1005);
}

/* What the gate let through beyond what we asked for is received and not shown. */
static void a_flood_meets_our_own_limit(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS,
        SAYS("{ev,12,12,500,[" CALL("<0.1.0>", 1000) "," CALL("<0.2.0>", 1000) "," CALL(
            "<0.3.0>", 1000) "," CALL("<0.4.0>", 1000) "," CALL("<0.5.0>", 1000) "," CALL("<0.6.0>",
            1000) "," CALL("<0.7.0>", 1000) "," CALL("<0.8.0>", 1000) "," CALL("<0.9.0>",
            1000) "," CALL("<0.10.0>", 1000) "," CALL("<0.11.0>", 1000) "," CALL("<0.12.0>", 1000) "]}"),
        ENDS};
    struct bt_traced t = bt_traced(script);
    struct bt_buf out = BT_BUF_INIT;
    t.spec = "m:f(X)";
    t.opts.count = BT_NO_LIMIT;
    t.opts.rate = (struct bt_rate){1, 1000000};
    t.opts.burst = 1;
    bt_traced_begin(&t);
    assert_int_equal(bt_traced_run(&t, &out, NULL), BT_NEXT_END);
    bt_traced_end(&t);
    assert_int_equal(t.sum.received, 12);
    assert_int_equal(t.sum.shown, 10); /* twice the burst, and 8 */
    bt_buf_done(&out);
}

/* ---- what was learnt ---- */

static void what_was_learnt_is_told_between_the_events(void **state)
{
    (void)state;
    static const struct {
        const char *spec, *note, *line;
    } table[] = {
        {"m:f", "{note,{big_arg,{m,f,1},0,1},101711872}",
            "-- m:f/1: argument 1 is 97 MB, no longer copied (--max-term)\n"},
        {"m:f({_, X}, Y)", "{note,{big_arg,{m,f,2},0,1},2048}",
            "-- m:f/2: a part of argument 1 is 2 KB, no longer copied (--max-term)\n"},
        {"m:f({_, X}, Y)", "{note,{big_arg,{m,f,2},0,2},2048}",
            "-- m:f/2: argument 2 is 2 KB, no longer copied (--max-term)\n"},
        {"m:f([a | T], #{k := V})", "{note,{big_arg,{m,f,2},0,1},2048}",
            "-- m:f/2: a part of argument 1 is 2 KB, no longer copied (--max-term)\n"},
        {"m:f([a | T], #{k := V})", "{note,{big_arg,{m,f,2},0,2},2048}",
            "-- m:f/2: a part of argument 2 is 2 KB, no longer copied (--max-term)\n"},
        {"m:f", "{note,{big_return,{m,f,1}},2048}",
            "-- m:f/1: its return value is 2 KB, no longer copied (--max-term)\n"},
        {"m:f", "{note,{no_return,{m,f,1}},0}",
            "-- m:f/1 calls itself in tail position, returns not followed\n"},
        {"m:f", "{note,{rearmed,{m,f,1}},0}",
            "-- m:f/1: its module was loaded anew; it is traced again, calls in between were not seen\n"},
        /* for --debug limit, and what cannot be read */
        {"m:f", "{note,{patterns_off,3},0}", ""},
        {"m:f", "{note,x,0}", ""},
        {"m:f", "{note,{},0}", ""},
        {"m:f", "{note,{big_arg,{m,f},0,1},5}", ""},
        {"m:f", "{note,{big_arg,{m,f,1},x,1},5}", ""},
        {"m:f", "{note,{big_arg,{m,f,1},0,-1},5}", ""},
        {"m:f", "{note,{big_arg,{m,f,1},99,1},5}",
            "-- m:f/1: argument 1 is 5 bytes, no longer copied (--max-term)\n"},
        {"m:f", "{gate,1,2,3,4,5,cold}", ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS,
            SAYS("{ev,1,1,50,[{trace_ts,<0.44.0>,call,{m,f,0},{9},{1000,1}}]}"), SAYS(table[i].note), ENDS};
        char lines[256];
        snprintf(lines, sizeof lines, "<0.44.0> m:f/0\n%s", table[i].line);
        trace(table[i].spec, script, lines);
    }
}

/* ---- returns that are no longer followed ---- */

/* Calls made before the note are paired with returns that come all the same; none is waited for. */
static void a_function_whose_returns_are_no_longer_followed_owes_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *note, *line;
    } table[] = {
        {"{note,{big_return,{m,f,1}},2048}",
            "-- m:f/1: its return value is 2 KB, no longer copied (--max-term)\n"},
        {"{note,{no_return,{m,f,1}},0}", "-- m:f/1 calls itself in tail position, returns not followed\n"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS,
            SAYS("{ev,3,3,50,[" CALL("<0.44.0>", 1000) "," CALL("<0.45.0>", 1001) "," CALL(
                "<0.45.0>", 1002) "]}"),
            SAYS(table[i].note), SAYS("{ev,1,0,50,[" RETURN("<0.44.0>", 5000) "]}"),
            SAYS("{ev,1,1,50,[" CALL("<0.44.0>", 6000) "]}"), ENDS};
        struct bt_traced t = bt_traced(script);
        char lines[512];
        t.opts.count = BT_NO_LIMIT;
        t.opts.grace_ms = 60000;
        snprintf(lines, sizeof lines,
            "<0.44.0> m:f(a)\n<0.45.0> m:f(a)\n<0.45.0> m:f(a)\n%s"
            "<0.44.0> m:f/1 --> ok  4us\n<0.44.0> m:f(a)\n",
            table[i].line);
        bt_traced_all(&t, lines, BEAMTAP_OK, "");
        assert_int_equal(t.sum.open, 0);
        assert_int_equal(t.sum.shown, 4);
        assert_int_equal(t.sum.returns, 1);
    }
}

static void other_functions_still_owe_theirs(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS,
        SAYS("{ev,1,1,50,[" CALL("<0.44.0>", 1000) "]}"), SAYS("{note,{no_return,{m,g,1}},0}"), ENDS};
    assert_int_equal(trace("m:f(X) -> return", script,
                         "<0.44.0> m:f(a)\n-- m:g/1 calls itself in tail position, returns not followed\n")
                         .open,
        1);
}

/* ---- durations without values ---- */

static void durations_out_of_return_to(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS,
        SAYS("{ev,4,2,100,["
             "{trace_ts,<0.44.0>,call,{m,f,1},{0,a,{main,loop,0}},{1000,1}},"
             "{trace_ts,<0.44.0>,call,{m,f,1},{0,b,{main,loop,0}},{2000,2}}," /* in tail position */
             "{trace_ts,<0.44.0>,return_to,{other,one,0},{3000,3}},"
             "{trace_ts,<0.44.0>,return_to,{main,loop,0},{336000,4}}]}"),
        SAYS("{ev,1,1,50,[{trace_ts,<0.45.0>,call,{m,f,1},{0,c,undefined},{400000,5}}]}"), ENDS};
    struct bt_summary sum = trace("m:f(X) -> time", script,
        "<0.44.0> m:f(a)\n<0.44.0> m:f(b)\n"
        "<0.44.0> m:f/1 took 334us\n<0.44.0> m:f/1 took 335us\n"
        "<0.45.0> m:f(c)\n");
    assert_int_equal(sum.shown, 3);
    assert_int_equal(sum.returns, 2);
    assert_int_equal(sum.open, 1);
}

/* ---- ends the agent began ---- */

static void limits_on_the_node(void **state)
{
    (void)state;
    static const struct {
        const char *closed;
        enum bt_stop reason;
        enum beamtap_code code;
        const char *part;
    } table[] = {
        {"{closed,exhausted,[]}", BT_STOP_COUNT, BEAMTAP_OK, ""},
        {"{closed,rate_reached,[]}", BT_STOP_RATE, BEAMTAP_ELIMIT,
            "the rate of 100000 calls per 1000 ms was reached (--on-rate stop)"},
        {"{closed,{run_queue,3,500},[]}", BT_STOP_LOAD, BEAMTAP_ELIMIT,
            BT_TEST_NODE " has a run queue of 500, it was 3 when the trace began (--max-load)"},
        {"{closed,{memory,104857600,524288000},[]}", BT_STOP_LOAD, BEAMTAP_ELIMIT,
            BT_TEST_NODE " uses 500 MB of memory, it was 100 MB when the trace began (--max-load)"},
        {"{closed,{tracer_queue,0,100001},[]}", BT_STOP_LOAD, BEAMTAP_ELIMIT,
            "100001 messages wait at the tracer on " BT_TEST_NODE},
        {"{closed,{memory,x,1},[]}", BT_STOP_COUNT, BEAMTAP_OK, ""},
        {"{closed,{memory},[]}", BT_STOP_COUNT, BEAMTAP_OK, ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS,
            SAYS("{ev,1,1,50,[" CALL("<0.44.0>", 1000) "]}"), SAYS(table[i].closed),
            SAYS("{ev,1,0,50,[" RETURN("<0.44.0>", 3000) "]}"), FINISHES, IS_CLEAN, END};
        struct bt_traced t = bt_traced(script);
        t.opts.grace_ms = 5000;
        t.opts.stops_on_rate = true;
        /* what was let through is shown all the same, with its return */
        bt_traced_all(&t, "<0.44.0> m:f(a)\n<0.44.0> m:f/1 --> ok  2us\n", table[i].code, table[i].part);
        assert_int_equal(t.sum.reason, table[i].reason);
        assert_true(t.sum.is_clean);
    }
}

static void the_time_is_up(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS, CLOSES, FINISHES, IS_CLEAN, END};
    struct bt_traced t = bt_traced(script);
    struct bt_buf out = BT_BUF_INIT;
    static struct bt_event ev;
    t.opts.time_us = 30000000;
    bt_traced_begin(&t);
    assert_int_equal(bt_session_next(t.session, &ev, 0, NULL), BT_NEXT_NOTHING);
    ahead_us += t.opts.time_us;
    assert_int_equal(bt_traced_run(&t, &out, NULL), BT_NEXT_END);
    bt_traced_end(&t);
    assert_int_equal(t.sum.reason, BT_STOP_TIME);
    assert_int_equal(t.sum.called, 3);
    bt_buf_done(&out);
}

/* When to come back although nothing arrives: for the lease, for the limit, for events that wait to be sorted. */
static void what_is_due_next(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS, CLOSES, FINISHES, IS_CLEAN, END};
    struct bt_traced t = bt_traced(script);
    struct bt_buf out = BT_BUF_INIT;
    t.opts.time_us = 500000;
    bt_traced_begin(&t);
    int64_t armed_us = bt_clock_mono_us();
    assert_int_equal(bt_session_tend(t.session, NULL), 0); /* renews the lease */
    assert_true(bt_session_due(t.session) <= armed_us + t.opts.time_us);
    assert_false(bt_session_is_overdue(t.session));
    ahead_us += 600000;
    assert_true(bt_session_due(t.session) <= bt_clock_mono_us());
    assert_int_equal(bt_session_tend(t.session, NULL), 0); /* that ends it, without taking events */
    assert_false(bt_session_is_overdue(t.session));
    ahead_us += (int64_t)t.opts.grace_ms * 1000;
    assert_true(bt_session_is_overdue(t.session));
    assert_int_equal(bt_traced_run(&t, &out, NULL), BT_NEXT_END);
    assert_int_equal(bt_session_tend(t.session, NULL), 0); /* nothing is left to do */
    bt_traced_end(&t);
    assert_int_equal(t.sum.reason, BT_STOP_TIME);
    bt_buf_done(&out);
}

/* A node that is stopped twice: the second one gives up what is owed. */
static void a_second_stop_waits_for_nothing(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS,
        SAYS("{ev,1,1,50,[" CALL("<0.44.0>", 1000) "]}"), CLOSES, FINISHES, IS_CLEAN, END};
    struct bt_traced t = bt_traced(script);
    struct bt_buf out = BT_BUF_INIT;
    static struct bt_event ev;
    int64_t until = bt_clock_mono_us() + 5000000;
    t.opts.grace_ms = 60000;
    bt_traced_begin(&t);
    assert_int_equal(bt_session_next(t.session, &ev, until, NULL), BT_NEXT_EVENT);
    bt_session_stop(t.session);
    bt_session_stop(t.session);
    assert_int_equal(bt_traced_run(&t, &out, NULL), BT_NEXT_END);
    bt_traced_end(&t);
    assert_int_equal(t.sum.open, 1);
    assert_int_equal(t.sum.reason, BT_STOP_ASKED);
    bt_buf_done(&out);
}

/* ---- answers that do not come ---- */

/* Lets n seconds pass, with a look each. */
static enum bt_next wait_s(struct bt_traced *t, int n, struct beamtap_err *err)
{
    static struct bt_event ev;
    enum bt_next next = BT_NEXT_NOTHING;
    for (int i = 0; i < n && next == BT_NEXT_NOTHING; i++) {
        ahead_us += 1000000;
        next = bt_session_next(t->session, &ev, 0, err);
    }
    return next;
}

#define UNHEARD                                                                                              \
    {                                                                                                        \
        "close", NULL                                                                                        \
    }

static void the_end_is_asked_for_again(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {
        STARTS, PLANS, ARMS, UNHEARD, UNHEARD, UNHEARD, CLOSES, FINISHES, IS_CLEAN, END};
    struct bt_traced t = bt_traced(script);
    struct bt_buf out = BT_BUF_INIT;
    bt_traced_begin(&t);
    bt_session_stop(t.session);
    assert_int_equal(wait_s(&t, 2, NULL), BT_NEXT_NOTHING);
    assert_true(bt_session_is_overdue(t.session));
    ahead_us += 1000000;
    assert_int_equal(bt_traced_run(&t, &out, NULL), BT_NEXT_END);
    bt_traced_end(&t);
    assert_int_equal(t.sum.called, 3);
    assert_true(t.sum.is_clean);
    bt_buf_done(&out);
}

/* 50 ms of grace and 10 s: asked at once and after each second, then the node is asked itself. */
#define UNHEARD_TO_THE_END                                                                                   \
    UNHEARD, UNHEARD, UNHEARD, UNHEARD, UNHEARD, UNHEARD, UNHEARD, UNHEARD, UNHEARD, UNHEARD, UNHEARD

static void an_agent_that_never_closes(void **state)
{
    (void)state;
    static const struct bt_peer_answer clean[] = {STARTS, PLANS, ARMS, UNHEARD_TO_THE_END, IS_CLEAN, END};
    static const struct bt_peer_answer unclean[] = {STARTS, PLANS, ARMS, UNHEARD_TO_THE_END,
        {"erlang:whereis", "undefined"}, {"erlang:module_loaded", "false"},
        {"erlang:check_old_code", "false"}, {"erlang:system_info", "7"}, END};
    for (int i = 0; i < 2; i++) {
        struct bt_traced t = bt_traced(i ? unclean : clean);
        struct bt_buf out = BT_BUF_INIT;
        struct beamtap_err err = {0};
        bt_traced_begin(&t);
        bt_session_stop(t.session);
        assert_int_equal(wait_s(&t, 10, &err), BT_NEXT_NOTHING);
        assert_int_equal(bt_traced_run(&t, &out, &err), i ? BT_NEXT_ERROR : BT_NEXT_END);
        if (i)
            assert_err(&err, BEAMTAP_EUNCLEAN,
                "does not answer; it removes everything by itself within 5000 ms (--lease)");
        bt_traced_end(&t);
        assert_int_equal(t.sum.is_clean, !i);
        bt_buf_done(&out);
    }
}

/* Who takes events without a deadline of his own does not wait for ever. */
static void an_end_that_is_not_heard_is_given_up(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, PLANS, ARMS, UNHEARD_TO_THE_END, IS_CLEAN, END};
    struct bt_traced t = bt_traced(script);
    static struct bt_event ev;
    enum bt_next next = BT_NEXT_NOTHING;
    t.opts.lease_ms = 600000; /* renewing it is no reason to look */
    bt_traced_begin(&t);
    bt_session_stop(t.session);
    for (int i = 0; i < 60 && next == BT_NEXT_NOTHING; i++) {
        ahead_us += bt_session_due(t.session) - bt_clock_mono_us(); /* not a moment earlier */
        next = bt_session_next(t.session, &ev, 0, NULL);
    }
    assert_int_equal(next, BT_NEXT_END);
    bt_traced_end(&t);
    assert_true(t.sum.is_clean);
}

static void an_agent_that_never_finishes(void **state)
{
    (void)state;
    static const struct bt_peer_answer clean[] = {
        STARTS, PLANS, ARMS, CLOSES, {"finish", NULL}, IS_CLEAN, END};
    struct bt_traced t = bt_traced(clean);
    struct bt_buf out = BT_BUF_INIT;
    struct beamtap_err err = {0};
    static struct bt_event ev;
    bt_traced_begin(&t);
    bt_session_stop(t.session);
    /* until `closed` has come and `finish` was sent; then the answer stays away */
    assert_int_equal(bt_session_next(t.session, &ev, bt_clock_mono_us() + 200000, &err), BT_NEXT_NOTHING);
    ahead_us += 10000000;
    assert_int_equal(bt_traced_run(&t, &out, &err), BT_NEXT_END);
    assert_int_equal(err.code, BEAMTAP_OK);
    bt_traced_end(&t);
    assert_true(t.sum.is_clean);
    bt_buf_done(&out);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        T(calls_that_were_not_let_through_are_a_gap),
        T(where_not_every_call_is_one_to_show_there_is_no_gap),
        T(notices_that_cannot_be_read),
        T(counts_of_several_functions_add_up),
        T(events_the_tracer_had_to_drop),
        T(a_flood_meets_our_own_limit),
        T(what_was_learnt_is_told_between_the_events),
        T(a_function_whose_returns_are_no_longer_followed_owes_nothing),
        T(other_functions_still_owe_theirs),
        T(durations_out_of_return_to),
        T(limits_on_the_node),
        T(the_time_is_up),
        T(what_is_due_next),
        T(a_second_stop_waits_for_nothing),
        T(the_end_is_asked_for_again),
        T(an_end_that_is_not_heard_is_given_up),
        T(an_agent_that_never_closes),
        T(an_agent_that_never_finishes),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
