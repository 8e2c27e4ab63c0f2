/*
 * test_sink.c - output that never blocks, and says when it cannot be written.
 */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sink.h"
#include "process.h"

#define SHORT_MS 150

static char folder[] = "/tmp/bt_sink_XXXXXX", path[64];
static int ends[2]; /* of a pipe */

static int group_setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/out.log", folder);
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int remove_file(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

static int open_pipe(void **state)
{
    (void)state;
    return pipe(ends);
}

static int close_pipe(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static void assert_file(const char *text)
{
    char got[256];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t n = fread(got, 1, sizeof got - 1, f);
    fclose(f);
    got[n] = '\0';
    assert_string_equal(got, text);
}

/* ---- files ---- */

static void write_file(bool is_append, const char *text)
{
    struct bt_sink s;
    struct beamtap_err err = {0};
    assert_int_equal(bt_sink_create(&s, path, is_append, &err), 0);
    bt_buf_puts(&s.buf, text);
    assert_int_equal(bt_sink_push(&s, &err), 0);
    assert_int_equal(s.buf.len, 0);
    assert_int_equal(bt_sink_done(&s, &err), 0);
    assert_int_equal(err.code, BEAMTAP_OK);
}

static void a_new_file_is_private(void **state)
{
    (void)state;
    struct stat st;
    write_file(false, "one\n");
    assert_file("one\n");
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0077, 0);
}

static void an_existing_file_is_refused_and_left_alone(void **state)
{
    (void)state;
    struct bt_sink s;
    struct beamtap_err err = {0};
    write_file(false, "one\n");
    assert_int_equal(bt_sink_create(&s, path, false, &err), -1);
    assert_err(&err, BEAMTAP_EOUTPUT, "out.log exists; it is not overwritten");
    assert_file("one\n");
    write_file(true, "two\n");
    assert_file("one\ntwo\n");
}

static void a_file_that_cannot_be_made(void **state)
{
    (void)state;
    struct bt_sink s;
    struct beamtap_err err = {0};
    assert_int_equal(bt_sink_create(&s, "/nonexistent/x.log", false, &err), -1);
    assert_int_equal(err.sys, ENOENT);
    assert_err(&err, BEAMTAP_EOUTPUT, "cannot create /nonexistent/x.log: No such file");
}

static void a_full_disk_is_reported(void **state)
{
    (void)state;
    struct bt_sink s;
    struct beamtap_err err = {0};
    assert_int_equal(bt_sink_create(&s, "/dev/full", true, &err), 0);
    bt_buf_puts(&s.buf, "x");
    assert_int_equal(bt_sink_push(&s, &err), -1);
    assert_int_equal(err.sys, ENOSPC);
    assert_err(&err, BEAMTAP_EOUTPUT, "cannot write to /dev/full: No space left");
    assert_int_equal(bt_sink_drain(&s, bt_clock_mono_us() + 5000000, &err), -1);
    assert_err(&err, BEAMTAP_EOUTPUT, "No space left");
    bt_sink_done(&s, &err);
}

/* ---- pipes ---- */

/* Pushes lots until no more goes in. */
static void fill(struct bt_sink *s, size_t n)
{
    char *lots = calloc(1, n);
    struct beamtap_err err = {0};
    assert_non_null(lots);
    bt_buf_put(&s->buf, lots, n);
    free(lots);
    assert_int_equal(bt_sink_push(s, &err), 0);
    assert_true(s->buf.len - s->pos > 0);
}

static void a_full_pipe_never_blocks(void **state)
{
    (void)state;
    struct bt_sink s;
    struct beamtap_err err = {0};
    bt_sink_init(&s, ends[1], "stdout");
    assert_false(bt_sink_is_full(&s));
    fill(&s, BT_SINK_HIGH * 2);
    assert_true(bt_sink_is_full(&s));
    size_t waiting = s.buf.len - s.pos;
    alarm(5); /* a push that blocks ends the test */
    for (int i = 0; i < 100; i++)
        assert_int_equal(bt_sink_push(&s, &err), 0);
    alarm(0);
    assert_int_equal(s.buf.len - s.pos, waiting);
    assert_int_equal(bt_sink_done(&s, &err), 0);
    assert_int_equal(fcntl(ends[1], F_GETFD) < 0, 0); /* the descriptor is the caller's */
}

static void what_waited_arrives_in_order(void **state)
{
    (void)state;
    struct bt_sink s;
    struct beamtap_err err = {0};
    size_t total = 300000, got = 0;
    bt_sink_init(&s, ends[1], "stdout");
    for (size_t i = 0; i < total; i++)
        bt_buf_putc(&s.buf, (char)(i % 251));
    while (got < total) {
        char bytes[PIPE_BUF];
        assert_int_equal(bt_sink_push(&s, &err), 0);
        ssize_t n = read(ends[0], bytes, sizeof bytes);
        assert_true(n > 0);
        for (ssize_t i = 0; i < n; i++, got++)
            assert_int_equal((unsigned char)bytes[i], got % 251);
    }
    assert_int_equal(s.buf.len, 0);
    bt_sink_done(&s, NULL);
}

static void draining_keeps_its_deadline(void **state)
{
    (void)state;
    struct bt_sink s;
    struct beamtap_err err = {0};
    bt_sink_init(&s, ends[1], "stdout");
    fill(&s, BT_SINK_HIGH);
    int64_t start = bt_clock_mono_us();
    assert_int_equal(bt_sink_drain(&s, start + SHORT_MS * 1000, &err), -1);
    assert_in_range(bt_test_ms_since(start), SHORT_MS - 1, 20 * SHORT_MS);
    assert_int_equal(err.sys, ETIMEDOUT);
    assert_err(&err, BEAMTAP_EOUTPUT, "cannot write to stdout");
    bt_sink_done(&s, NULL);
}

static void draining_writes_everything(void **state)
{
    (void)state;
    struct bt_sink s;
    struct beamtap_err err = {0};
    char bytes[8];
    bt_sink_init(&s, ends[1], "stdout");
    assert_int_equal(bt_sink_drain(&s, bt_clock_mono_us(), &err), 0);
    bt_buf_puts(&s.buf, "line\n");
    assert_int_equal(bt_sink_drain(&s, bt_clock_mono_us() + 5000000, &err), 0);
    assert_int_equal(read(ends[0], bytes, sizeof bytes), 5);
    bt_sink_done(&s, NULL);
}

static void a_reader_that_left_is_told_by_errno(void **state)
{
    (void)state;
    struct bt_sink s;
    struct beamtap_err err = {0};
    bt_sink_init(&s, ends[1], "stdout");
    close(ends[0]);
    bt_buf_puts(&s.buf, "line\n");
    assert_int_equal(bt_sink_push(&s, &err), -1);
    assert_int_equal(err.sys, EPIPE);
    assert_err(&err, BEAMTAP_EOUTPUT, "cannot write to stdout: Broken pipe");
    bt_sink_done(&s, NULL);
    ends[0] = dup(ends[1]); /* for the teardown */
}

static void a_failed_append_is_told(void **state)
{
    (void)state;
    struct bt_sink s;
    struct beamtap_err err = {0};
    bt_sink_init(&s, ends[1], "stdout");
    s.buf.failed = true;
    assert_int_equal(bt_sink_push(&s, &err), -1);
    assert_err(&err, BEAMTAP_ENOMEM, "");
    assert_int_equal(bt_sink_drain(&s, BT_NEVER, &err), -1);
    assert_err(&err, BEAMTAP_ENOMEM, "");
    bt_sink_done(&s, NULL);
}

int main(void)
{
#define ON_PIPE(f) cmocka_unit_test_setup_teardown(f, open_pipe, close_pipe)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_new_file_is_private, remove_file),
        cmocka_unit_test_teardown(an_existing_file_is_refused_and_left_alone, remove_file),
        cmocka_unit_test(a_file_that_cannot_be_made),
        cmocka_unit_test(a_full_disk_is_reported),
        ON_PIPE(a_full_pipe_never_blocks),
        ON_PIPE(what_waited_arrives_in_order),
        ON_PIPE(draining_keeps_its_deadline),
        ON_PIPE(draining_writes_everything),
        ON_PIPE(a_reader_that_left_is_told_by_errno),
        ON_PIPE(a_failed_append_is_told),
    };
#undef ON_PIPE
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
