/*
 * captured.c - a capture in memory.
 */
#include "captured.h"

#include <assert.h>
#include <string.h>

#include "out/capture_write.h"
#include "terms.h"

static const char *const specs[] = {
    "m:f({ok, X, _}, [Y | T]) -> return",
    "m:g",
    "m:h(#{k := V}, [1, Z, \"abc\"]) -> caller, stack",
    "m:i(X, <0.44.0>, <<\"bin\">>, 1.5) -> time",
    "{m, j, fun([A]) -> message({A, extra}), return_trace() end}",
    "m:k(R = {a, [b, Q | c]}, 123456789012345678901234567890)",
};
#define N_SPECS (sizeof specs / sizeof specs[0])

const struct bt_out_head *bt_test_captured_head(struct bt_arena *a)
{
    struct bt_program prog;
    struct bt_out_head *head = bt_arena_alloc(a, sizeof *head);
    struct beamtap_err err = {0};
    int rc = bt_compile(specs, N_SPECS, NULL, a, &prog, NULL, &err);
    assert(head && rc == 0);
    const struct bt_clause **clauses = bt_arena_array(a, prog.n_patterns, sizeof *clauses);
    assert(clauses);
    for (size_t i = 0; i < prog.n_patterns; i++)
        clauses[i] = &prog.patterns[i].clauses[0];
    *head = (struct bt_out_head){.node = BT_TEST_NODE,
        .otp = 25,
        .specs = specs,
        .n_specs = N_SPECS,
        .clauses = clauses,
        .n_clauses = prog.n_patterns,
        .start_wall_ns = INT64_C(1700000000000000000),
        .utc_offset_s = 3600,
        .options = "-c 10"};
    return head;
}

/* Trace messages, the first ones with the clause of the spec of the same place. */
static const char *const messages[] = {
    "{trace_ts,<0.44.0>,call,{m,f,2},{0,5,y,[z,1]},{1000,1}}",
    "{trace_ts,<0.44.0>,call,{m,g,3},{1,[1,{a,[]},\"text\"]},{1001,2}}",
    "{trace_ts,<0.44.0>,call,{m,h,2},{2,#,{z},{m,caller,1},[]},{1002,3}}",
    "{trace_ts,<0.44.0>,call,{m,i,4},{3,<x@y.44.0>},{1003,4}}",
    "{trace_ts,<0.44.0>,call,{m,j,1},{4,[arg],{arg,extra}},{1004,5}}",
    "{trace_ts,<0.44.0>,call,{m,k,2},{5,{a,[b,q]},q},{1005,6}}",
    "{trace_ts,<0.44.0>,return_from,{m,f,2},{ok,[1,2,300]},{2000,7}}",
    "{trace_ts,<0.44.0>,exception_from,{m,j,1},{error,badarg},{2001,8}}",
    "{trace_ts,<0.44.0>,send,{hello,1},<0.45.0>,{7},{2002,9}}",
    "{trace_ts,<0.44.0>,'receive',{hello,1},{8,<0.45.0>},{2003,10}}",
    "{trace_ts,<0.44.0>,event,{0,spawn},{<0.46.0>,{m,f,2}},{2004,11}}",
    "{trace_ts,<0.44.0>,event,{0,exit},normal,{2005,12}}",
    "{trace_ts,<0.44.0>,event,{0,link},<0.45.0>,{2006,13}}",
    "{trace_ts,<0.44.0>,event,{0,unlink},<0.45.0>,{2007,14}}",
    "{trace_ts,<0.44.0>,event,{0,register},name,{2008,15}}",
    "{trace_ts,<0.44.0>,event,{0,unregister},name,{2009,16}}",
    "{trace_ts,<0.44.0>,event,{0,gc},{minor,20000,1000,77},{2010,17}}",
    "{trace_ts,<0.44.0>,event,{0,running},{{m,f,2},99},{2011,18}}",
    "{trace_ts,<0.44.0>,event,{0,running},{0,99},{2012,19}}",
};
#define N_MESSAGES (sizeof messages / sizeof messages[0])
#define N_MARKS 11u

static void decode(struct bt_arena *a, const char *text, struct bt_event *ev)
{
    char copy[256];
    assert(strlen(text) < sizeof copy);
    strcpy(copy, text);
    char *hash = strchr(copy, '#'); /* terms.h knows no maps; this stands for a value */
    if (hash)
        *hash = '1';
    struct bt_etf r = bt_test_cursor(a, copy);
    int rc = bt_event_decode(&r, ev, NULL);
    assert(rc == 0);
    ev->wall_ns = INT64_C(1700000000123456789) + ev->mono_ns;
    if (ev->unique % 3 == 0)
        ev->name = (struct bt_slice){(const uint8_t *)"checkout", 8};
    if (ev->type == BT_EVENT_RETURN || ev->type == BT_EVENT_EXCEPTION)
        ev->duration_ns = 1000;
}

/* What is no message of the node: timed calls, gaps, what was learnt. */
static void make_mark(
    struct bt_arena *a, enum bt_event_type type, const struct bt_event *call, struct bt_event *ev)
{
    *ev = *call;
    ev->type = type;
    ev->n_values = 0;
    ev->amount = 123456789;
    ev->position = 2;
    ev->is_part = true;
    ev->value = bt_test_etf(a, "{some,<0.45.0>}");
    if (type == BT_EVENT_TIMED)
        ev->duration_ns = 335000;
}

const struct bt_event *bt_test_events(struct bt_arena *a, size_t *n)
{
    static const enum bt_event_type marks[N_MARKS] = {BT_EVENT_TIMED, BT_EVENT_SKIPPED, BT_EVENT_LOST,
        BT_EVENT_REARMED, BT_EVENT_BIG_ARG, BT_EVENT_BIG_RETURN, BT_EVENT_NO_RETURN, BT_EVENT_BIG_MESSAGE,
        BT_EVENT_GONE, BT_EVENT_BACK, BT_EVENT_AWAITED};
    struct bt_event *evs = bt_arena_array(a, N_MESSAGES + N_MARKS + 1, sizeof *evs);
    assert(evs);
    for (size_t i = 0; i < N_MESSAGES; i++)
        decode(a, messages[i], &evs[i]);
    for (size_t i = 0; i < N_MARKS; i++)
        make_mark(a, marks[i], &evs[0], &evs[N_MESSAGES + i]);
    struct bt_event *other = &evs[N_MESSAGES + N_MARKS];
    *other = evs[0];
    other->type = BT_EVENT_OTHER;
    other->class_name = (struct bt_slice){(const uint8_t *)"getting_linked", 14};
    *n = N_MESSAGES + N_MARKS + 1;
    return evs;
}

void bt_test_capture(struct bt_arena *a, struct bt_buf *out)
{
    size_t n;
    const struct bt_event *evs = bt_test_events(a, &n);
    static const struct bt_out_count counts[] = {{"m", "f", 2, 1000000}, {"m", "g", 0, 5}};
    struct bt_out_end end = {.reason = "count", .shown = 10, .received = 12, .skipped = 3, .is_clean = true};
    end.counts = counts;
    end.n_counts = sizeof counts / sizeof counts[0];
    int rc = bt_capture_write_head(out, bt_test_captured_head(a), NULL);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = bt_capture_write_event(out, &evs[i]) ? 0 : -1;
    rc = rc == 0 ? bt_capture_write_end(out, &end, NULL) : rc;
    assert(rc == 0 && !out->failed);
}

ssize_t bt_test_read(void *file, void *buf, size_t n)
{
    struct bt_test_file *f = file;
    size_t left = f->len - f->pos;
    n = n < left ? n : left;
    if (f->most && n > f->most)
        n = f->most;
    if (n)
        memcpy(buf, (const char *)f->bytes + f->pos, n);
    f->pos += n;
    return (ssize_t)n;
}
