/*
 * test_counting.c - a session that counts: what the agent says of functions and processes, and what it may not say.
 */
#include "traced.h"

#include <string.h>

#include "node/counting.h"

#define SAYS(text)                                                                                           \
    {                                                                                                        \
        "", text                                                                                             \
    }
#define COUNTS                                                                                               \
    {                                                                                                        \
        "count", "{armed,<0.92.0>,2,0,1000000,0,[]}"                                                         \
    }
#define ENDS SAYS("{closed,exhausted,[]}"), FINISHES, IS_CLEAN, END

static struct bt_traced counted(const struct bt_peer_answer *script, enum bt_session_kind kind, bool by_process)
{
    struct bt_traced t = bt_traced(script);
    t.spec = "m:f";
    t.opts.kind = kind;
    t.opts.by_process = by_process;
    t.opts.interval_us = 1000000;
    t.opts.count = BT_NO_LIMIT;
    return t;
}

static void functions_by_their_place_in_the_plan(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, FINDS, COUNTS,
        SAYS("{counts,2000,{5,0,0},[{1,{5,0,0}}]}"), SAYS("{counts,3000,{12,0,0},[{0,{4,0,0}},{1,{8,0,0}}]}"), ENDS};
    struct bt_traced t = counted(script, BT_SESSION_COUNTS, false);
    struct beamtap_err err = {0};
    struct bt_buf out = BT_BUF_INIT;
    bt_traced_begin(&t);
    assert_int_equal(bt_traced_run(&t, &out, &err), BT_NEXT_END);
    const struct bt_tallies *c = bt_session_tallies(t.session);
    assert_int_equal(c->n_rows, 2);
    assert_int_equal(c->n_readings, 2);
    assert_int_equal(c->rows[0].now.calls, 4);
    assert_int_equal(c->rows[0].before.calls, 0);
    assert_int_equal(c->rows[1].now.calls, 8);
    assert_int_equal(c->rows[1].before.calls, 5);
    assert_int_equal(c->rows[1].arity, 2);
    assert_int_equal(c->sum.calls, 12);
    assert_int_equal(c->began_us, 1000);
    assert_int_equal(c->before_us, 2000);
    assert_int_equal(c->at_us, 3000);
    bt_traced_end(&t);
    bt_buf_done(&out);
}

static void processes_with_their_names(void **state)
{
    (void)state;
    static const struct bt_peer_answer script[] = {STARTS, FINDS, COUNTS,
        SAYS("{counts,2000,{5,70,0},[{{<0.44.0>,worker},{5,70,0}}]}"),
        SAYS("{counts,3000,{9,150,0},[{{<0.45.0>,[]},{3,80,0}},{{<0.44.0>,worker},{6,70,0}}]}"), ENDS};
    struct bt_traced t = counted(script, BT_SESSION_TIMES, true);
    struct beamtap_err err = {0};
    struct bt_buf out = BT_BUF_INIT;
    bt_traced_begin(&t);
    assert_int_equal(bt_traced_run(&t, &out, &err), BT_NEXT_END);
    const struct bt_tallies *c = bt_session_tallies(t.session);
    assert_true(c->has_times);
    assert_int_equal(c->n_rows, 2);
    assert_int_equal(c->rows[0].name.len, 0);
    assert_int_equal(c->rows[0].now.us, 80);
    assert_true(bt_slice_is(c->rows[1].name, "worker"));
    assert_int_equal(c->rows[1].before.calls, 5);
    assert_int_equal(c->rows[1].now.calls, 6);
    bt_traced_end(&t);
    bt_buf_done(&out);
}

static void assert_unreadable(const char *counts, bool by_process)
{
    const struct bt_peer_answer script[] = {STARTS, FINDS, COUNTS, SAYS(counts), END};
    struct bt_traced t = counted(script, BT_SESSION_TIMES, by_process);
    struct beamtap_err err = {0};
    struct bt_buf out = BT_BUF_INIT;
    bt_traced_begin(&t);
    assert_int_equal(bt_traced_run(&t, &out, &err), BT_NEXT_ERROR);
    assert_int_equal(err.code, BEAMTAP_EPROTO);
    bt_traced_end(&t);
    bt_buf_done(&out);
}

static void what_is_no_count_is_refused(void **state)
{
    (void)state;
    assert_unreadable("{counts,2000,{5,0,0},[{2,{5,0,0}}]}", false); /* there are two functions */
    assert_unreadable("{counts,2000,{5,0,0},[{-1,{5,0,0}}]}", false);
    assert_unreadable("{counts,2000,{5,0,0},[{0,{-5,0,0}}]}", false);
    assert_unreadable("{counts,2000,{5,0,0},[{0,{5,0}}]}", false);
    assert_unreadable("{counts,2000,{5,0},[]}", false);
    assert_unreadable("{counts,2000,{5,0,9007199254740992},[]}", false);
    assert_unreadable("{counts,9007199254740992,{5,0,0},[]}", false);
    assert_unreadable("{counts,2000,{5,0,0},x}", false);
    assert_unreadable("{counts,2000,{5,0,0},[{{<0.44.0>},{5,0,0}}]}", true);
    assert_unreadable("{counts,2000,{5,0,0},[{{<0.44.0>,7},{5,0,0}}]}", true);
    assert_unreadable("{counts,2000,{5,0,0},[{{<0.44.0>,a},{5,0,x}}]}", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_by_their_place_in_the_plan),
        cmocka_unit_test(processes_with_their_names),
        cmocka_unit_test(what_is_no_count_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
