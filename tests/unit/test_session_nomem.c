/*
 * test_session_nomem.c - memory that runs out at every single allocation of a whole session, from the question to epmd to
 * the last answer of the node: once, and from there on for good. Each ends with ENOMEM, or as if nothing had been; the node always sees
 * the end of the connection, nothing is kept, and nobody waits longer.
 */
#include "traced.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "match/compile.h"
#include "node/epmd.h"
#include "node/record_fetch.h"
#include "nomem.h"
#include "out/text.h"
#include "terms.h"
#include "wire.h"

/* One session from beginning to end. */
struct story {
    const char *name;
    const struct bt_peer_answer *script;
    const char *specs[5];
    bool loads, has_not;
    const char *records_of; /* a module whose records are asked for first */
    enum beamtap_code code; /* how it ends with enough memory */
    const char *lines;
};

#define FETCHES                                                                                              \
    {"erl_scan:string", "{ok,[{atom,1,x}],1}"}, {"erl_parse:parse_exprs", "{ok,[{atom,1,x}]}"},              \
    {                                                                                                        \
        "erl_eval:exprs", "{value,{ok,<<\"-record(s,{n = 1}).\n\">>,false},[]}"                              \
    }
#define CALL(pid, stamp, message) "{trace_ts," pid ",call,{m,f,1}," message ",{" stamp ",1}}"
#define RETURN(pid, stamp) "{trace_ts," pid ",return_from,{m,f,1},{ok,1},{" stamp ",2}}"

static const struct bt_peer_answer returns[] = {STARTS, PLANS, ARMS, {"", "{note,{big_return,{m,g,1}},5000}"},
    {"", "{note,{patterns_on,1},0}"},
    {"", "{ev,3,2,100,[" CALL("<0.44.0>", "1000", "{0,a}") "," RETURN("<0.44.0>", "336000") "," CALL(
             "<0.45.0>", "400000", "{0,\"b\"}") "]}"},
    {"close", NULL}, {"", "{stat,3}"},
    {"", "{ev,1,0,30,[{trace_ts,<0.45.0>,exception_from,{m,f,1},{error,badarg},{412000,4}}]}"},
    {"", "{lost,1,2}"}, {"", "{closed,asked,[{{m,f,1},3}]}"}, FINISHES, IS_CLEAN, END};

static const struct bt_peer_answer times[] = {FETCHES, STARTS, PLANS, ARMS,
    {"", "{ev,1,1,50,[" CALL("<0.44.0>", "1000", "{0,a,{x,y,0}}") "]}"},
    {"", "{ev,1,1,50,[" CALL("<0.45.0>", "2000", "{0,a,{x,y,0}}") "]}"}, {"close", NULL},
    {"", "{ev,1,0,30,[{trace_ts,<0.44.0>,return_to,{x,y,0},{412000,4}}]}"},
    {"", "{ev,1,0,30,[{trace_ts,<0.45.0>,return_to,{x,y,0},{413000,5}}]}"},
    {"", "{closed,asked,[{{m,f,1},2}]}"}, FINISHES, IS_CLEAN, END};

/* Globs, regular expressions, --not, --load and a module that goes away between two questions. */
static const struct bt_peer_answer chooses[] = {STARTS, {"erlang:loaded", "[m,m2,m3]"},
    {"code:where_is_file", "\"/lib/n.beam\""}, {"code:ensure_loaded", "{module,n}"},
    {"erlang:loaded", "[m,m2,m3,n]"}, {"lists:zipwith", "{badrpc,{'EXIT',badarg}}"},
    {"lists:zipwith", "[[{f,1},{g,1}]]"}, {"lists:zipwith", "[[{f,1},{f,2}]]"},
    {"lists:zipwith", "{badrpc,{'EXIT',badarg}}"}, {"lists:zipwith", "[[{g,1},{f,1}]]"},
    {"lists:zipwith3", "[{ok,false,[],[]},{ok,false,[],[]},{ok,false,[],[]}]"}, ARMS,
    {"", "{ev,2,2,100,[" CALL("<0.44.0>", "1000", "{1,a}") "," CALL("<0.44.0>", "2000", "{2,a}") "]}"},
    CLOSES, FINISHES, IS_CLEAN, END};

static const struct bt_peer_answer is_refused[] = {{"erlang:system_info", "\"25\""},
    {"erlang:spawn", "<0.90.0>"}, {"erlang:register", "true"}, {"erlang:whereis", "<0.77.0>"},
    {"info", "{beamtap_info,{{\"alice\",1700000000},1700000000},tracing}"}, {"erlang:exit", "true"}, END};

static const struct bt_peer_answer is_not_there[] = {
    STARTS, {"erlang:loaded", "[x,mm]"}, {"code:where_is_file", "non_existing"}, FINISHES, IS_CLEAN, END};

static const struct bt_peer_answer is_too_old[] = {STARTS, FINDS,
    {"lists:zipwith3", "[{error,[{error,\"Function min/2 does_not_exist.\"}]}]"},
    {"lists:zipwith3", "[{error,[{error,\"Function min/2 does_not_exist.\"}]}]"}, FINISHES, IS_CLEAN, END};

static const struct bt_peer_answer is_traced[] = {
    STARTS, PLANS, {"arm", "{refused,{tracer,{<0.7.0>,dbg},<0.8.0>,[call]}}"}, FINISHES, IS_CLEAN, END};

static const struct bt_peer_answer ends[] = {
    STARTS, PLANS, ARMS, {"", "{finished,{tracer_died,killed},[{pattern,{m,f,1}}]}"}, IS_CLEAN, END};

static const struct story stories[] = {
    {.name = "calls and returns",
        .script = returns,
        .specs = {"m:f(X) -> return"},
        .lines = "-- m:g/1: its return value is 4 KB, no longer copied (--max-term)\n"
                 "<0.44.0> m:f(a)\n"
                 "<0.44.0> m:f/1 --> {ok,1}  335us\n"
                 "<0.45.0> m:f(\"b\")\n"
                 "<0.45.0> m:f/1 ** error:badarg  12us\n"
                 "-- 3 events lost\n"},
    {.name = "durations, records",
        .script = times,
        .specs = {"m:f(X) -> time"},
        .records_of = "m",
        .lines = "<0.44.0> m:f(a)\n<0.45.0> m:f(a)\n<0.44.0> m:f/1 took 411us\n<0.45.0> m:f/1 took 411us\n"},
    {.name = "names",
        .script = chooses,
        .specs = {"m2:f(_)", "m*:f(X)", "/^n$/:/^[fg]/(X)", "n:g(X)"},
        .loads = true,
        .has_not = true,
        .lines = "<0.44.0> m:f(a)\n<0.44.0> m:f(a)\n"},
    {.name = "another beamtap",
        .script = is_refused,
        .specs = {"m:f(X)"},
        .lines = "",
        .code = BEAMTAP_EBUSY},
    {.name = "no module", .script = is_not_there, .specs = {"m:f(X)"}, .lines = "", .code = BEAMTAP_ENOMATCH},
    {.name = "an old node",
        .script = is_too_old,
        .specs = {"m:f(X) when min(X, 1) =:= 1"},
        .lines = "",
        .code = BEAMTAP_ESPEC},
    {.name = "another tracer", .script = is_traced, .specs = {"m:f(X)"}, .lines = "", .code = BEAMTAP_EBUSY},
    {.name = "an end of the agent's",
        .script = ends,
        .specs = {"m:f(X)"},
        .lines = "",
        .code = BEAMTAP_EUNCLEAN},
};

static const uint8_t epmd_says[] = "\x77\0\x10\x68M\0\0\6\0\6\0\3app\0";

#define TIME_LEN (sizeof "00:00:00.000000")
#define LONGEST_US INT64_C(30000000) /* ten seconds for each of three answers that never come */

static struct bt_session_opts options(const struct story *s)
{
    struct bt_session_opts o = bt_traced(s->script).opts;
    o.lookup.loads = s->loads;
    o.conn.epmd_port = BT_EPMD_PORT;
    return o;
}

/* Asks a node for records as the program does before it compiles; the connection goes on to the session. */
static int ask_records(const struct story *s, struct bt_session_opts *o, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_record_fetched got;
    if (!s->records_of)
        return 0;
    o->link = bt_conn_open(&o->conn, err);
    int rc = o->link ? bt_record_fetch(o->link, s->records_of, 64 << 20, &a, &got, err) : -1;
    bt_arena_done(&a);
    if (rc < 0)
        bt_conn_close(o->link);
    return rc;
}

/* All events as lines without their times. */
static enum bt_next show(struct bt_session *session, struct bt_buf *out, struct beamtap_err *err)
{
    static struct bt_event ev;
    struct bt_text_opts o = {.print = {.home = {(const uint8_t *)BT_TEST_NODE, strlen(BT_TEST_NODE)}}};
    enum bt_next next;
    o.clauses = bt_session_clauses(session, &o.n_clauses);
    while ((next = bt_session_next(session, &ev, BT_NEVER, err)) == BT_NEXT_EVENT) {
        struct bt_buf line = BT_BUF_INIT;
        bt_text_event(&line, &ev, &o);
        if (!line.failed)
            bt_buf_put(out, line.data + TIME_LEN, line.len - TIME_LEN);
        if (line.failed || out->failed)
            bt_err_nomem(err);
        bt_buf_done(&line);
    }
    return next;
}

/* The whole session; its lines in out[0..cap). */
static void tell(
    const struct story *s, const struct bt_program *prog, char *out, size_t cap, struct beamtap_err *err)
{
    struct bt_session_opts o = options(s);
    struct bt_session *session = NULL;
    struct bt_buf lines = BT_BUF_INIT;
    size_t bad = 0;
    bt_wire_start(&(struct bt_wire_opts){.script = s->script, .epmd = {epmd_says, sizeof epmd_says}});
    if (ask_records(s, &o, err) == 0)
        session = bt_session_open(&o, prog, &bad, err);
    if (session && bt_session_arm(session, err) == 0)
        show(session, &lines, err);
    bt_session_close(session);
    snprintf(out, cap, "%.*s", (int)lines.len, lines.len ? lines.data : "");
    bt_buf_done(&lines);
}

/* Is what came of allocation k failing as it should be? Says what is not. */
static bool check(const struct story *s, size_t k, const struct beamtap_err *err, const char *lines)
{
    const struct bt_wire_seen *seen = bt_wire_seen();
    bool ended_well = err->code == BEAMTAP_ENOMEM || (err->code == s->code && strcmp(lines, s->lines) == 0);
    bool left_nothing = seen->n_open == 0 && bt_nomem_left() == 0 && seen->took_us <= LONGEST_US;
    if (!ended_well)
        print_error("%s, allocation %zu: %d '%s', lines:\n%s\n", s->name, k, err->code, err->msg, lines);
    if (!left_nothing)
        print_error("%s, allocation %zu: %d connections and %ld blocks left after %lld us, '%s'\n", s->name,
            k, seen->n_open, bt_nomem_left(), (long long)seen->took_us, err->msg);
    return ended_well && left_nothing;
}

static void fail_each(const struct story *s, bool for_good)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_program prog;
    struct bt_compile_opts o = {.n_not = s->has_not};
    struct beamtap_err err = {0};
    char lines[1000];
    size_t n_specs = 0, n_wrong = 0, n_told = 0, k = 0;
    while (s->specs[n_specs])
        n_specs++;
    assert_int_equal(bt_compile(s->specs, n_specs, &o, &a, &prog, NULL, NULL), 0);
    tell(s, &prog, lines, sizeof lines, &err); /* ei, libc and the wire take some for good */
    assert_int_equal(err.code, s->code);
    assert_string_equal(lines, s->lines);
    for (bool has_failed = true; has_failed; k++) {
        bt_err_clear(&err);
        bt_nomem_begin(k, for_good);
        tell(s, &prog, lines, sizeof lines, &err);
        has_failed = bt_nomem_end();
        n_wrong += !check(s, k, &err, lines);
        n_told += err.code == BEAMTAP_ENOMEM;
    }
    print_message("%s: %zu allocations, %zu sessions ended with ENOMEM\n", s->name, k - 1, n_told);
    assert_int_equal(n_wrong, 0);
    assert_true(n_told > k / 2); /* of these failures most cannot be made good */
    bt_arena_done(&a);
}

static void one_allocation_fails(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++)
        fail_each(&stories[i], false);
}

static void memory_is_gone_for_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++)
        fail_each(&stories[i], true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_allocation_fails),
        cmocka_unit_test(memory_is_gone_for_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
