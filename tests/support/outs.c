/*
 * outs.c - what tests of outputs share.
 */
#include "outs.h"

#include <stdio.h>
#include <stdlib.h>

#include "match/compile.h"
#include "out/capture_write.h"
#include "terms.h"

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "outs.c: %s\n", what);
    abort();
}

struct bt_out_head bt_test_head(struct bt_arena *a, const char *const *specs, size_t n)
{
    struct bt_program prog;
    struct beamtap_err err = {0};
    size_t n_clauses = 0;
    need(bt_compile(specs, n, NULL, a, &prog, NULL, &err) == 0, err.msg);
    for (size_t i = 0; i < prog.n_patterns; i++)
        n_clauses += prog.patterns[i].n_clauses;
    const struct bt_clause **clauses = bt_arena_array(a, n_clauses + 1, sizeof *clauses);
    need(clauses != NULL, "no memory");
    n_clauses = 0;
    for (size_t i = 0; i < prog.n_patterns; i++) {
        for (size_t j = 0; j < prog.patterns[i].n_clauses; j++)
            clauses[n_clauses++] = &prog.patterns[i].clauses[j];
    }
    return (struct bt_out_head){.node = BT_TEST_NODE,
        .otp = 25,
        .specs = specs,
        .n_specs = n,
        .clauses = clauses,
        .n_clauses = n_clauses,
        .start_wall_ns = BT_TEST_WALL_NS - 1000000000,
        .options = ""};
}

struct bt_event *bt_test_event(struct bt_arena *a, const char *text)
{
    static struct bt_event ev;
    struct bt_etf r = bt_test_cursor(a, text);
    struct beamtap_err err = {0};
    need(bt_event_decode(&r, &ev, &err) == 0, text);
    ev.wall_ns = BT_TEST_WALL_NS;
    return &ev;
}

void bt_test_capture_file(
    const char *path, const char *const *specs, size_t n_specs, const char *const *events, size_t n)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf b = BT_BUF_INIT;
    struct bt_out_head head = bt_test_head(&a, specs, n_specs);
    struct bt_out_end end = {.reason = "count", .shown = 7, .skipped = 3, .lost = 1, .lost_on_node = 1};
    need(bt_capture_write_head(&b, &head, NULL) == 0, "head of a capture");
    for (size_t i = 0; i < n; i++)
        need(bt_capture_write_event(&b, bt_test_event(&a, events[i])), "event of a capture");
    need(bt_capture_write_end(&b, &end, NULL) == 0, "end of a capture");
    FILE *f = fopen(path, "wx");
    need(f && fwrite(b.data, 1, b.len, f) == b.len && fclose(f) == 0, path);
    bt_buf_done(&b);
    bt_arena_done(&a);
}
