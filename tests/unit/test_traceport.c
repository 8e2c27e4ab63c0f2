/*
 * test_traceport.c - files of OTP's trace port, to the line; wrap sets in order; several files by time.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "captured.h"
#include "out/capture_write.h"
#include "out/text.h"
#include "replay/merge.h"
#include "replay/traceport.h"
#include "replay/wrap.h"
#include "terms.h"

static struct bt_arena arena;

static int teardown(void **state)
{
    (void)state;
    bt_arena_done(&arena);
    return 0;
}

/* ---- files ---- */

/* Appends a record with this term. */
static void put_term(struct bt_buf *file, const char *text)
{
    struct bt_slice etf = bt_test_etf(&arena, text);
    size_t n = etf.len + 1;
    uint8_t head[6] = {0, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n, 131};
    bt_buf_put(file, head, sizeof head);
    bt_buf_put(file, etf.p, etf.len);
}

struct damages {
    size_t n, n_cuts;
    uint64_t offset;
};

static void on_damage(void *arg, const struct bt_replay_damage *d)
{
    struct damages *all = arg;
    all->n++;
    all->n_cuts += d->is_cut;
    all->offset = d->offset;
}

static void put_line(struct bt_buf *out, const struct bt_event *ev, const struct bt_out_head *head)
{
    struct bt_text_opts opts = {.clauses = head->clauses,
        .n_clauses = head->n_clauses,
        .print = {.home = {(const uint8_t *)head->node, strlen(head->node)}}};
    bt_text_event(out, ev, &opts);
}

/* The lines of a file in memory; what is wrong with it. */
static struct bt_buf replay(const struct bt_buf *file, struct damages *all)
{
    static struct bt_event ev;
    struct bt_buf out = BT_BUF_INIT;
    struct bt_test_file mem = {.bytes = file->data, .len = file->len, .most = 7};
    struct bt_replay_ops ops = {on_damage, all};
    struct bt_input in;
    *all = (struct damages){0, 0, 0};
    bt_input_init(&in, bt_test_read, &mem);
    struct bt_traceport *t = bt_traceport_open(&in, &ops, NULL);
    assert_non_null(t);
    enum bt_next next;
    while ((next = bt_traceport_next(t, &ev, NULL)) == BT_NEXT_EVENT)
        put_line(&out, &ev, bt_traceport_head(t));
    assert_int_equal(next, BT_NEXT_END);
    bt_traceport_close(t);
    bt_input_done(&in);
    return out;
}

static void assert_line(const char *term, const char *line)
{
    struct damages all;
    struct bt_buf file = BT_BUF_INIT;
    put_term(&file, term);
    assert_true(bt_traceport_knows((const uint8_t *)file.data, file.len));
    struct bt_buf out = replay(&file, &all);
    assert_int_equal(all.n, 0);
    assert_text(&out, line);
    bt_buf_done(&out);
    bt_buf_done(&file);
}

/* ---- messages ---- */

static void each_kind(void **state)
{
    (void)state;
    assert_line("{trace,<0.44.0>,call,{m,f,[1,abc]}}", "<0.44.0> m:f(1, abc)\n");
    assert_line("{trace,<0.44.0>,call,{m,f,2}}", "<0.44.0> m:f/2\n");
    assert_line("{trace,<0.44.0>,call,{m,f,\"ab\"},said}", "<0.44.0> m:f(97, 98) (said)\n");
    assert_line("{trace,<0.44.0>,call,{m,f,[]},said}", "<0.44.0> m:f() (said)\n");
    assert_line("{trace,<0.44.0>,call,{m,f,2},said}", "<0.44.0> m:f/2 (said)\n");
    assert_line("{trace,<0.44.0>,return_from,{m,f,2},ok}", "<0.44.0> m:f/2 --> ok\n");
    assert_line("{trace,<0.44.0>,exception_from,{m,f,2},{error,badarg}}", "<0.44.0> m:f/2 ** error:badarg\n");
    assert_line("{trace,<0.44.0>,return_to,{m,f,2}}", "<0.44.0> return_to m:f/2\n");
    assert_line("{trace,<0.44.0>,return_to,undefined}", "<0.44.0> return_to undefined\n");
    assert_line("{trace,<0.44.0>,send,{hi,1},<0.45.0>}", "<0.44.0> ! {hi,1} --> <0.45.0>\n");
    assert_line("{trace,<0.44.0>,send_to_non_existing_process,hi,<0.45.0>}",
        "<0.44.0> send_to_non_existing_process hi <0.45.0>\n");
    assert_line("{trace,<0.44.0>,'receive',{hi,1}}", "<0.44.0> << {hi,1}\n");
    assert_line("{trace,<0.44.0>,spawn,<0.45.0>,{m,f,[1]}}", "<0.44.0> spawn <0.45.0> m:f/1\n");
    assert_line("{trace,<0.44.0>,spawned,<0.45.0>,{m,f,[1]}}", "<0.44.0> spawned <0.45.0> {m,f,[1]}\n");
    assert_line("{trace,<0.44.0>,exit,{shutdown,x}}", "<0.44.0> exit {shutdown,x}\n");
    assert_line("{trace,<0.44.0>,link,<0.45.0>}", "<0.44.0> link <0.45.0>\n");
    assert_line("{trace,<0.44.0>,getting_unlinked,<0.45.0>}", "<0.44.0> getting_unlinked <0.45.0>\n");
    assert_line("{trace,<0.44.0>,register,name}", "<0.44.0> register name\n");
    assert_line("{trace,<0.44.0>,in,{m,f,2}}", "<0.44.0> in m:f/2\n");
    assert_line("{trace,<0.44.0>,gc_minor_end,[{heap_size,5}]}", "<0.44.0> gc_minor_end [{heap_size,5}]\n");
    assert_line("{trace,<0.44.0>,out_exited,0}", "<0.44.0> out_exited 0\n");
    assert_line("{trace,<0.44.0>,new_kind}", "<0.44.0> new_kind\n");
}

static void strange_terms(void **state)
{
    (void)state;
    assert_line("{drop,1234567}", "-- 1,234,567 events lost\n");
    assert_line("{seq_trace,17,{send,{0,1},<0.44.0>,<0.45.0>,hi}}",
        "seq_trace 17 {send,{0,1},<" BT_TEST_NODE ".44.0>,<" BT_TEST_NODE ".45.0>,hi}\n");
    assert_line("{trace,<0.44.0>,call,nonsense}", "<0.44.0> call nonsense\n");
    assert_line("{trace,<0.44.0>,call,{m,f,[1|2]}}", "<0.44.0> call {m,f,[1|2]}\n");
    assert_line("{trace,<0.44.0>,exception_from,{m,f,2},odd}", "<0.44.0> exception_from m:f/2 odd\n");
    assert_line("{something,else,x}", "unknown {something,else,x}\n");
    assert_line("{trace_ts,<0.44.0>,exit,normal,no_stamp}",
        "unknown {trace_ts,<" BT_TEST_NODE ".44.0>,exit,normal,no_stamp}\n");
}

static void stamps_and_durations(void **state)
{
    struct damages all;
    struct bt_buf file = BT_BUF_INIT;
    (void)state;
    assert_line("{trace_ts,<0.44.0>,exit,normal,{1700,0,123456}}", "22:13:20.123456 <0.44.0> exit normal\n");
    put_term(&file, "{trace_ts,<0.44.0>,call,{m,f,[1]},{1700,0,1}}");
    put_term(&file, "{trace_ts,<0.45.0>,call,{m,f,[2]},{1700,0,2}}");
    put_term(&file, "{trace_ts,<0.44.0>,call,{m,f,[0]},{1700,0,3}}");
    put_term(&file, "{trace_ts,<0.44.0>,return_from,{m,f,1},a,{1700,0,10}}");
    put_term(&file, "{trace_ts,<0.44.0>,exception_from,{m,f,1},{exit,b},{1700,0,21}}");
    struct bt_buf out = replay(&file, &all);
    assert_text(&out, "22:13:20.000001 <0.44.0> m:f(1)\n"
                      "22:13:20.000002 <0.45.0> m:f(2)\n"
                      "22:13:20.000003 <0.44.0> m:f(0)\n"
                      "22:13:20.000010 <0.44.0> m:f/1 --> a  7us\n"
                      "22:13:20.000021 <0.44.0> m:f/1 ** exit:b  20us\n");
    bt_buf_done(&out);
    bt_buf_reset(&file);
    put_term(&file, "{trace_ts,<0.44.0>,call,{m,f,[1]},-5000}");
    put_term(&file, "{trace_ts,<0.44.0>,return_from,{m,f,1},a,{-3000,7}}");
    out = replay(&file, &all);
    assert_text(&out, "<0.44.0> m:f(1)\n<0.44.0> m:f/1 --> a  2us\n");
    bt_buf_done(&out);
    bt_buf_done(&file);
}

/* ---- damage ---- */

static void cut_at_every_byte(void **state)
{
    struct damages all;
    struct bt_buf file = BT_BUF_INIT;
    (void)state;
    put_term(&file, "{trace,<0.44.0>,exit,a}");
    size_t first = file.len;
    bt_buf_put(&file, "\1\0\0\0\5", 5);
    size_t second = file.len;
    put_term(&file, "{trace,<0.44.0>,exit,c}");
    size_t whole = file.len;
    for (file.len = 0; file.len < whole; file.len++) {
        struct bt_buf out = replay(&file, &all);
        const char *want = file.len < first    ? ""
                           : file.len < second ? "<0.44.0> exit a\n"
                                               : "<0.44.0> exit a\n-- 5 events lost\n";
        bool is_border = file.len == 0 || file.len == first || file.len == second;
        assert_int_equal(all.n_cuts, !is_border);
        assert_int_equal(all.n, !is_border);
        assert_text(&out, want);
        bt_buf_done(&out);
    }
    bt_buf_done(&file);
}

static void damaged(void **state)
{
    struct damages all;
    struct bt_buf file = BT_BUF_INIT;
    (void)state;
    put_term(&file, "{trace,<0.44.0>,exit,a}");
    size_t first = file.len;
    put_term(&file, "{trace,<0.44.0>,exit,b}");
    put_term(&file, "{trace,<0.44.0>,exit,c}");
    file.data[first + 7] = 99; /* the tuple's arity: that message only */
    struct bt_buf out = replay(&file, &all);
    assert_int_equal(all.n, 1);
    assert_int_equal(all.offset, first);
    assert_text(&out, "<0.44.0> exit a\n<0.44.0> exit c\n");
    file.data[first] = 7; /* what it is: nothing behind it */
    bt_buf_done(&out);
    out = replay(&file, &all);
    assert_int_equal(all.n, 1);
    assert_int_equal(all.n_cuts, 0);
    assert_text(&out, "<0.44.0> exit a\n");
    bt_buf_done(&out);
    bt_buf_done(&file);
}

static void known_by_content(void **state)
{
    (void)state;
    assert_false(bt_traceport_knows((const uint8_t *)"", 0));
    assert_false(bt_traceport_knows((const uint8_t *)"13:15:27 <0.44.0>", 17));
    assert_false(bt_traceport_knows((const uint8_t *)"\0\0\0\0\5\x83\x6d\0\0\0\0", 11));
    assert_true(bt_traceport_knows((const uint8_t *)"\0\0\0\0\5\x83\x68\2\x6a\x6a", 10));
    assert_true(bt_traceport_knows((const uint8_t *)"\1\0\0\0\5\0\0\0\0\5\x83\x68\2\x6a\x6a", 15));
    assert_false(bt_traceport_knows((const uint8_t *)"\1\0\0\0\5hello", 10));
}

/* ---- wrap sets ---- */

static void assert_groups(const struct bt_wrap_file *files, size_t n, const char *want)
{
    size_t n_groups;
    struct bt_buf b = BT_BUF_INIT;
    const struct bt_wrap_group *g = bt_wrap_groups(&arena, files, n, &n_groups);
    assert_non_null(g);
    for (size_t i = 0; i < n_groups; i++) {
        bt_buf_puts(&b, i ? "; " : "");
        for (size_t j = 0; j < g[i].n; j++)
            bt_buf_printf(&b, "%s%s", j ? " " : "", g[i].paths[j]);
    }
    assert_text(&b, want);
    bt_buf_done(&b);
}

static void wrap_sets(void **state)
{
    (void)state;
    const struct bt_wrap_file behind_gap[] = {{"d/t0.trc", "a@b", 0}, {"d/t1.trc", "a@b", 0},
        {"d/t10.trc", "a@b", 0}, {"d/t3.trc", "a@b", 0}, {"d/t4.trc", "a@b", 0}};
    const struct bt_wrap_file no_gap[] = {{"t2", "a@b", 0}, {"t1", "a@b", 0}, {"t0", "a@b", 0}};
    const struct bt_wrap_file stamped[] = {{"t0", "a@b", 30}, {"t1", "a@b", 10}, {"t2", "a@b", 20}};
    const struct bt_wrap_file others[] = {{"t0", "a@b", 0}, {"c.btc", NULL, 0}, {"t1", "c@d", 0},
        {"x/t2", "a@b", 0}, {"t3", "a@b", 0}, {"t", "a@b", 0}, {"t3.x", "a@b", 0}};
    assert_groups(behind_gap, 2, "d/t0.trc d/t1.trc");
    assert_groups(behind_gap + 3, 2, "d/t3.trc d/t4.trc");
    assert_groups(behind_gap, 5, "d/t3.trc d/t4.trc d/t10.trc d/t0.trc d/t1.trc");
    assert_groups(no_gap, 3, "t0 t1 t2");
    assert_groups(stamped, 3, "t1 t2 t0");
    assert_groups(others, 7, "t3 t0; c.btc; t1; x/t2; t; t3.x");
}

/* ---- several files ---- */

static const char *write_file(const struct bt_buf *b)
{
    char *path = bt_arena_strndup(&arena, "/tmp/beamtap-unit-XXXXXX", 24);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, b->data, b->len), (ssize_t)b->len);
    close(fd);
    return path;
}

/* A capture of one node with calls of m:g at these microseconds. */
static const char *capture_of(const char *node, enum bt_args_mode args, const int *us, size_t n)
{
    static struct bt_event ev;
    struct bt_buf b = BT_BUF_INIT;
    struct bt_out_head head = *bt_test_captured_head(&arena);
    head.node = node;
    head.args = args;
    assert_int_equal(bt_capture_write_head(&b, &head, NULL), 0);
    for (size_t i = 0; i < n; i++) {
        struct bt_etf r = bt_test_cursor(&arena, "{trace_ts,<0.44.0>,call,{m,f,2},{0,5,y,[z,1]},{1000,1}}");
        assert_int_equal(bt_event_decode(&r, &ev, NULL), 0);
        ev.wall_ns = INT64_C(1700000000000000000) + us[i] * 1000;
        if (args == BT_ARGS_MODE_ARITY)
            ev.n_values = 0;
        assert_true(bt_capture_write_event(&b, &ev));
    }
    const char *path = write_file(&b);
    bt_buf_done(&b);
    return path;
}

static struct bt_buf merged(const char *const *paths, size_t n)
{
    static struct bt_event ev;
    struct bt_buf out = BT_BUF_INIT;
    static const struct bt_stream_ops ops = {NULL, NULL};
    struct beamtap_err err = {0};
    struct bt_merge *m = bt_merge_open(paths, n, &ops, &err);
    assert_non_null(m);
    while (bt_merge_next(m, &ev, &err) == BT_NEXT_EVENT)
        put_line(&out, &ev, bt_merge_head(m));
    assert_int_equal(err.code, BEAMTAP_OK);
    bt_merge_close(m);
    for (size_t i = 0; i < n; i++)
        unlink(paths[i]);
    return out;
}

static void by_time(void **state)
{
    (void)state;
    const char *paths[] = {
        capture_of(BT_TEST_NODE, BT_ARGS_MODE_NAMED, (const int[]){2, 5, 9}, 3),
        capture_of("other@host", BT_ARGS_MODE_ARITY, (const int[]){1, 5, 10}, 3),
        capture_of(BT_TEST_NODE, BT_ARGS_MODE_NAMED, NULL, 0),
    };
    struct bt_buf out = merged(paths, 3);
    assert_text(&out, "22:13:20.000001 other@host <" BT_TEST_NODE ".44.0> m:f/2\n"
                      "22:13:20.000002 " BT_TEST_NODE " <0.44.0> m:f({ok,5,_}, [y,z,1])\n"
                      "22:13:20.000005 " BT_TEST_NODE " <0.44.0> m:f({ok,5,_}, [y,z,1])\n"
                      "22:13:20.000005 other@host <" BT_TEST_NODE ".44.0> m:f/2\n"
                      "22:13:20.000009 " BT_TEST_NODE " <0.44.0> m:f({ok,5,_}, [y,z,1])\n"
                      "22:13:20.000010 other@host <" BT_TEST_NODE ".44.0> m:f/2\n");
    bt_buf_done(&out);
}

static void of_one_node(void **state)
{
    (void)state;
    const char *paths[] = {
        capture_of(BT_TEST_NODE, BT_ARGS_MODE_NAMED, (const int[]){2}, 1),
        capture_of(BT_TEST_NODE, BT_ARGS_MODE_NAMED, (const int[]){1}, 1),
    };
    struct bt_buf out = merged(paths, 2);
    assert_text(&out, "22:13:20.000001 <0.44.0> m:f({ok,5,_}, [y,z,1])\n"
                      "22:13:20.000002 <0.44.0> m:f({ok,5,_}, [y,z,1])\n");
    bt_buf_done(&out);
}

static void files_that_are_none(void **state)
{
    (void)state;
    static const struct bt_stream_ops ops = {NULL, NULL};
    struct beamtap_err err = {0};
    const char *nowhere = "/nowhere/at/all.btc", *folder = "/tmp";
    assert_null(bt_merge_open(&nowhere, 1, &ops, &err));
    assert_err(&err, BEAMTAP_EUSAGE, "cannot open /nowhere/at/all.btc: No such file");
    assert_null(bt_merge_open(&folder, 1, &ops, &err));
    assert_err(&err, BEAMTAP_EUSAGE, "cannot read /tmp: Is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_kind, teardown),
        cmocka_unit_test_teardown(strange_terms, teardown),
        cmocka_unit_test_teardown(stamps_and_durations, teardown),
        cmocka_unit_test_teardown(cut_at_every_byte, teardown),
        cmocka_unit_test_teardown(damaged, teardown),
        cmocka_unit_test_teardown(known_by_content, teardown),
        cmocka_unit_test_teardown(wrap_sets, teardown),
        cmocka_unit_test_teardown(by_time, teardown),
        cmocka_unit_test_teardown(of_one_node, teardown),
        cmocka_unit_test_teardown(files_that_are_none, teardown),
    };
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
