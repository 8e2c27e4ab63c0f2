/*
 * fuzz_session.c - a node and an agent that answer garbage, in a session from its first question to its last: release, lock,
 * load, plan, probe, arm, events, notes, the end.
 *
 * The first byte chooses the session and how many bytes arrive at once, then come the items of a scripted peer
 * (tests/support/wire.h); what they leave open the script answers well. libFuzzer calls LLVMFuzzerTestOneInput; as a program of
 * its own see standalone.h.
 */
#include "safe.h"
#include "standalone.h"

#include <assert.h>

#include "base/clock.h"
#include "match/compile.h"
#include "node/session.h"
#include "out/text.h"
#include "terms.h"
#include "traced.h"
#include "wire.h"

#define MAX_EVENTS 2000

/* What a node says well; modules and functions are those of the specs. */
#define WELL(loaded, functions, tests)                                                                       \
    {                                                                                                        \
        STARTS, {"erlang:loaded", loaded}, {"lists:zipwith", functions}, {"lists:zipwith3", tests}, ARMS,    \
            CLOSES, FINISHES, IS_CLEAN, END                                                                  \
    }
#define TAKEN "{ok,false,[],[]}"

static const struct bt_peer_answer one[] = WELL("[m,n]", "[[{f,1},{f,2}]]", "[" TAKEN "]");
static const struct bt_peer_answer two[] =
    WELL("[m,n]", "[[{f,2},{xf,1}],[{f,1},{g,0}]]", "[" TAKEN "," TAKEN "]");
static const struct bt_peer_answer timed[] =
    WELL("[m,n]", "[[{f,1}],[{f,1},{g,0}]]", "[" TAKEN "," TAKEN "]");
static const struct bt_peer_answer recon[] = WELL("[m]", "[[{f,1},{f,2}]]", "[" TAKEN "]");
static const struct bt_peer_answer real[] = WELL("[target]", "[[{fails,1},{fac,1},{big,1}]]", "[" TAKEN "]");
static const struct bt_peer_answer loads[] = {STARTS, {"erlang:loaded", "[m,x]"},
    {"code:where_is_file", "\"/lib/o.beam\""}, {"code:ensure_loaded", "{module,o}"},
    {"erlang:loaded", "[m,x,o]"}, {"lists:zipwith", "[[{f,1},{f,2}],[{f,1}]]"},
    {"lists:zipwith3", "[" TAKEN "," TAKEN "]"}, ARMS, CLOSES, FINISHES, IS_CLEAN, END};

/* Which sessions there are. */
static const struct variant {
    const char *specs[3];
    const struct bt_peer_answer *script;
    int64_t count;
    size_t n_not;
    bool loads;
} variants[] = {
    {{"m:f(X) -> return"}, one, 2, 0, false},
    {{"m:f({ok, X}, Y) -> return", "/^[mn]$/:*f/1 -> return"}, two, BT_NO_LIMIT, 0, false},
    {{"m:f(X) -> time", "n:g/0 -> count"}, timed, BT_NO_LIMIT, 0, false},
    {{"x:f(2)", "m*:f/1", "o:f -> return, caller"}, loads, 3, 1, true},
    {{"{m, f, return_trace}"}, recon, BT_NO_LIMIT, 0, false},
    {{"target:fails(X) -> return"}, real, BT_NO_LIMIT, 0, false}, /* as tests/fuzz/record.sh has them */
    {{"target:fac(N) -> time"}, real, BT_NO_LIMIT, 0, false},
};
#define N_VARIANTS (sizeof variants / sizeof variants[0])

/* What was given out, by kind; must be what the summary says. */
struct shown {
    uint64_t calls, returns, exceptions;
};

static void count(struct shown *s, const struct bt_event *ev)
{
    s->calls += ev->type == BT_EVENT_CALL;
    s->returns += ev->type == BT_EVENT_RETURN || ev->type == BT_EVENT_TIMED;
    s->exceptions += ev->type == BT_EVENT_EXCEPTION;
}

static void trace(struct bt_session *s, struct beamtap_err *err)
{
    static struct bt_event ev;
    struct bt_text_opts o = {.print = {.home = {(const uint8_t *)BT_TEST_NODE, strlen(BT_TEST_NODE)}}};
    struct bt_summary sum;
    struct shown shown = {0};
    enum bt_next next = BT_NEXT_EVENT;
    o.clauses = bt_session_clauses(s, &o.n_clauses);
    for (int i = 0; next == BT_NEXT_EVENT && i < MAX_EVENTS; i++) {
        struct bt_buf line = BT_BUF_INIT;
        next = bt_session_next(s, &ev, BT_NEVER, err);
        if (next == BT_NEXT_EVENT) {
            count(&shown, &ev);
            bt_text_event(&line, &ev, &o);
            assert(!line.failed && line.len > 0 && line.data[line.len - 1] == '\n');
            bt_fuzz_check_safe(line.data, line.len - 1, false);
        }
        bt_buf_done(&line);
    }
    assert(next != BT_NEXT_NOTHING && (next == BT_NEXT_ERROR) == (err->code != BEAMTAP_OK));
    bt_session_summary(s, &sum);
    assert(sum.shown == shown.calls && sum.returns == shown.returns && sum.exceptions == shown.exceptions);
    assert(next != BT_NEXT_END || sum.is_clean);
}

/* Each set of specs is compiled once. */
static const struct bt_program *program(size_t i)
{
    static struct bt_arena arena;
    static struct bt_program programs[N_VARIANTS];
    const struct variant *v = &variants[i];
    struct bt_compile_opts o = {.n_not = v->n_not, .to_trace = true};
    size_t n = 0;
    while (n < 3 && v->specs[n])
        n++;
    if (programs[i].n_patterns == 0) {
        int rc = bt_compile(v->specs, n, &o, &arena, &programs[i], NULL, NULL);
        assert(rc == 0);
    }
    return &programs[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bt_session_opts o = bt_traced(NULL).opts;
    struct beamtap_err err = {0};
    size_t bad = 0, chosen = size ? data[0] % N_VARIANTS : 0;
    if (size == 0)
        return 0;
    o.conn.port = 1;
    o.count = variants[chosen].count;
    o.lookup.loads = variants[chosen].loads;
    o.lookup.max_functions = 5;
    o.time_us = 2000000;
    o.names = size % 2;
    bt_wire_start(&(struct bt_wire_opts){.script = variants[chosen].script,
        .items = data + 1,
        .items_len = size - 1,
        .chunk = data[0] / N_VARIANTS});
    struct bt_session *s = bt_session_open(&o, program(chosen), &bad, &err);
    assert((s == NULL) == (err.code != BEAMTAP_OK));
    if (s && bt_session_arm(s, &err) == 0)
        trace(s, &err);
    if (err.code != BEAMTAP_OK)
        bt_fuzz_check_err(&err);
    bt_session_close(s);
    assert(bt_wire_seen()->n_open == 0);
    return 0;
}

#ifdef BT_FUZZ_MAIN

/* Items: what the script has, for all up to arming; an answer, a term. */
#define ARMED "\0\0\0\0\0\0\0\0\0\0"
#define ANSWER "\1\0"
#define SAY "\2\0"
#define EVENT(tag, payload)                                                                                  \
    "\x68\6\x77\10trace_ts\x58\x77\3a@b\0\0\0\x2c\0\0\0\0\0\0\0\1" tag "\x68\3\x77\1m\x77\1f\x61\1" payload  \
    "\x68\2\x62\0\0\3\xe8\x61\1"
#define CALL EVENT("\x77\4call", "\x68\2\x61\0\x77\1y")
#define RETURN EVENT("\x77\x0breturn_from", "\x77\2ok")

/* The length of the last item may be too much. */
const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("\0"),
    BT_FUZZ_SEED("\1"),
    BT_FUZZ_SEED("\2"),
    BT_FUZZ_SEED("\3"),
    BT_FUZZ_SEED("\4"),
    BT_FUZZ_SEED("\5"),
    BT_FUZZ_SEED("\6"),
    BT_FUZZ_SEED("\0" ARMED SAY "\xff\x68\5\x77\2ev\x61\1\x61\1\x61\x32\x6c\0\0\0\1" CALL "\x6a"),
    BT_FUZZ_SEED("\1" ARMED SAY "\xff\x68\5\x77\2ev\x61\2\x61\1\x61\x32\x6c\0\0\0\2" CALL RETURN "\x6a"),
    BT_FUZZ_SEED("\0" ARMED SAY "\xff\x68\2\x77\4stat\x61\x9"),
    BT_FUZZ_SEED("\0" ARMED SAY "\xff\x68\3\x77\4note\x68\2\x77\7rearmed\x68\3\x77\1m\x77\1f\x61\1\x61\0"),
    BT_FUZZ_SEED("\1" ARMED SAY "\xff\x68\3\x77\4note\x68\4\x77\7"
                 "big_arg\x68\3\x77\1m\x77\1f\x61\2\x61\0\x61\1\x62\0\x20\0\0"),
    BT_FUZZ_SEED("\0" ARMED SAY "\xff\x68\3\x77\4lost\x61\1\x61\2"),
    BT_FUZZ_SEED("\0" ARMED SAY "\xff\x68\7\x77\4gate\x61\1\x61\2\x61\3\x61\4\x61\5\x77\4"
                 "cold"),
    BT_FUZZ_SEED("\0" ARMED SAY "\xff\x68\3\x77\6"
                 "closed\x77\x9"
                 "exhausted\x6a"),
    BT_FUZZ_SEED("\0" ARMED SAY "\xff\x68\3\x77\10"
                 "finished\x77\5lease\x6a"),
    BT_FUZZ_SEED("\0" ANSWER "\xff\x6b\0\2\x32\x33"),
    BT_FUZZ_SEED("\0\0\0\0" ANSWER "\xff\x58\x77\3a@b\0\0\0\x2c\0\0\0\0\0\0\0\1"),
    BT_FUZZ_SEED("\0\0\0\0\0\0\0\0\0" ANSWER "\xff\x6c\0\0\0\1\x68\2\x77\5"
                 "error\x6c\0\0\0\1\x68\2\x77\5"
                 "error\x6b\0\40"
                 "Function min/2 does_not_exist..."
                 "\x6a\x6a"),
    BT_FUZZ_SEED("\3\5\x13\x88"),
    BT_FUZZ_SEED("\0\6"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
