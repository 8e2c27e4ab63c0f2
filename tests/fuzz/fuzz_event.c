/*
 * fuzz_event.c - bytes nobody checked, as trace messages: put in order, decoded, paired, timed and shown as lines of text.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput; as a program of its own see standalone.h.
 */
#include "safe.h"
#include "standalone.h"

#include <assert.h>
#include <string.h>

#include "event/event.h"
#include "event/order.h"
#include "event/pair.h"
#include "event/timed.h"
#include "out/text.h"

#define N_CLAUSES 4

/* One line, nothing in it that a terminal would act on. */
static void check_line(const struct bt_buf *line)
{
    assert(!line->failed && line->len > 0 && line->data[line->len - 1] == '\n');
    bt_fuzz_check_safe(line->data, line->len - 1, false);
}

/* Patterns of each kind an event can belong to. */
static size_t make_clauses(struct bt_arena *a, const struct bt_clause *clauses[N_CLAUSES])
{
    static const char *const specs[N_CLAUSES] = {
        "m:f({ok, X, _}, [Y | T]) -> return", "m:f", "m:f(_, _)", "m:f(#{k := X}, X)"};
    struct bt_program prog;
    int rc = bt_compile(specs, N_CLAUSES, NULL, a, &prog, NULL, NULL);
    assert(rc == 0 && prog.n_patterns == N_CLAUSES);
    for (size_t i = 0; i < N_CLAUSES; i++)
        clauses[i] = &prog.patterns[i].clauses[0];
    return N_CLAUSES;
}

static void show(const struct bt_event *ev, const struct bt_clause *const *clauses)
{
    struct bt_text_opts opts = {
        .print = {.home = {(const uint8_t *)"a@b", 3}}, .clauses = clauses, .n_clauses = N_CLAUSES};
    for (int mode = 0; mode < 3; mode++) {
        struct bt_buf line = BT_BUF_INIT;
        opts.whole_args = mode == 1;
        opts.no_args = mode == 2;
        bt_text_event(&line, ev, &opts);
        check_line(&line);
        bt_buf_done(&line);
    }
}

static void pair(const struct bt_event *ev)
{
    struct bt_pairs *pairs = bt_pairs_new();
    struct bt_pair got;
    assert(pairs);
    bool remembered = bt_pairs_call(pairs, ev, true);
    assert(bt_pairs_return(pairs, ev, &got) == remembered);
    assert(bt_pairs_owed(pairs) == 0);
    bt_pairs_free(pairs);
}

/* As a call that returns to the last of its values. */
static void time_it(struct bt_event ev)
{
    static struct bt_event out;
    struct bt_timed *timed = bt_timed_new();
    assert(timed);
    if (bt_event_take_caller(&ev)) {
        bt_timed_call(timed, &ev, true);
        assert(bt_timed_owed(timed) == 1);
        bt_timed_return_to(timed, &ev);
        assert(bt_timed_next(timed, &out) && out.type == BT_EVENT_TIMED && out.duration_ns == 0);
    }
    assert(bt_timed_owed(timed) == 0);
    bt_timed_free(timed);
}

static void order(const uint8_t *data, size_t size)
{
    struct bt_order *o = bt_order_new();
    struct bt_slice back;
    struct bt_etf r;
    assert(o);
    bt_etf_init(&r, data, size);
    if (bt_order_put(o, &r, 1)) {
        assert(bt_order_take(o, true, &back));
        assert(back.len <= size && bt_slice_equal(back, (struct bt_slice){data, back.len}));
        bt_order_put(o, &r, 2);
    }
    while (bt_order_take(o, true, &back)) { }
    assert(bt_order_is_empty(o));
    bt_order_free(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bt_arena arena; /* the clauses are made once */
    static const struct bt_clause *clauses[N_CLAUSES];
    static size_t n_clauses;
    static struct bt_event ev;
    struct beamtap_err err = {0};
    struct bt_etf r;
    if (n_clauses == 0)
        n_clauses = make_clauses(&arena, clauses);
    order(data, size);
    bt_etf_init(&r, data, size);
    if (bt_event_decode(&r, &ev, &err) < 0) {
        assert(err.code == BEAMTAP_EPROTO);
        return 0;
    }
    assert(r.p <= r.end && err.code == BEAMTAP_OK);
    if (ev.type == BT_EVENT_RETURN_TO) { /* never shown: it has no function */
        assert(ev.caller.len > 0);
        return 0;
    }
    ev.duration_ns = ev.mono_ns;
    ev.wall_ns = ev.mono_ns + INT64_C(1700000000000000000);
    show(&ev, clauses);
    if (bt_event_is_single(ev.type)) /* no call */
        return 0;
    pair(&ev);
    time_it(ev);
    return 0;
}

#ifdef BT_FUZZ_MAIN

/* {trace_ts, <0.44.0>, ... */
#define HEAD "\x68\6" HEAD_REST
#define HEAD_REST "\x77\10trace_ts\x58\x77\3a@b\0\0\0\x2c\0\0\0\0\0\0\0\1"
#define MFA "\x68\3\x77\1m\x77\1f\x61\2"
#define STAMP "\x68\2\x62\0\0\3\xe8\x61\1"

const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    /* {0, X, Y, T} and so on */
    BT_FUZZ_SEED(HEAD "\x77\4call" MFA "\x68\4\x61\0\x6b\0\2ab\x77\1y\x6a" STAMP),
    BT_FUZZ_SEED(HEAD "\x77\4call" MFA "\x68\2\x61\1\x6c\0\0\0\2\x77\1a\x6d\0\0\0\3xyz\x6a" STAMP),
    BT_FUZZ_SEED(HEAD "\x77\4call" MFA "\x68\1\x61\2" STAMP),
    BT_FUZZ_SEED(HEAD "\x77\4call" MFA "\x68\2\x61\3\x74\0\0\0\1\x77\1k\x61\1" STAMP),
    BT_FUZZ_SEED(HEAD "\x77\x0breturn_from" MFA "\x68\2\x77\2ok\x46\x3f\xf8\0\0\0\0\0\0" STAMP),
    BT_FUZZ_SEED(HEAD "\x77\x0e"
                      "exception_from" MFA "\x68\2\x77\5"
                      "error\x68\2\x77\10"
                      "badmatch\x6e\x9\1\1\2\3\4\5\6\7\10\x9" STAMP),
    BT_FUZZ_SEED(HEAD "\x77\x0breturn_from" MFA "\x68\2\x77\xc$beamtap_big\x62\0\x20\0\0" STAMP),
    BT_FUZZ_SEED(HEAD "\x77\4call" MFA "\x68\3\x61\3\x77\1y" MFA STAMP),
    BT_FUZZ_SEED("\x68\5" HEAD_REST "\x77\x9return_to" MFA STAMP),
    BT_FUZZ_SEED("\x68\5" HEAD_REST "\x77\x9return_to\x77\x9undefined" STAMP),
    BT_FUZZ_SEED(HEAD "\x77\x0breturn_from" MFA "\x6b\0\4\x1b[2J" STAMP),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
