/*
 * test_tee.c - several outputs side by side, and their files: names, rotation, failures of one of them.
 */
#include "check.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "out/tee.h"
#include "out/text_out.h"
#include "outs.h"

static struct bt_arena arena;
static struct bt_tee tee;
static struct bt_out_head head;
static char folder[] = "/tmp/bt_tee_XXXXXX", path[96];
static const struct bt_text_style style = {.time = BT_TEXT_TIME_NONE};
static const struct bt_print_opts print;

#define LINE "<0.44.0> shop:put(1, 2)\n" /* 24 bytes */

static int group_setup(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    return mkdtemp(folder) ? 0 : -1;
}

static int group_teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

static int setup(void **state)
{
    static const char *const specs[] = {"shop:put/2"};
    (void)state;
    arena = (struct bt_arena)BT_ARENA_INIT;
    tee = (struct bt_tee){.n = 0};
    head = bt_test_head(&arena, specs, 1);
    snprintf(path, sizeof path, "%s/out", folder);
    return 0;
}

/* The files of the folder, sorted, with a space behind each. */
static const char *files(void)
{
    static char text[512];
    struct dirent **found;
    int n = scandir(folder, &found, NULL, alphasort);
    text[0] = '\0';
    for (int i = 0; i < n; i++) {
        if (found[i]->d_name[0] != '.') {
            strcat(text, found[i]->d_name);
            strcat(text, " ");
        }
        free(found[i]);
    }
    free(found);
    return text;
}

static int teardown(void **state)
{
    (void)state;
    bt_tee_close(&tee);
    bt_tee_done(&tee);
    bt_arena_done(&arena);
    char names[512], whole[700];
    snprintf(names, sizeof names, "%s", files());
    for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) {
        snprintf(whole, sizeof whole, "%s/%s", folder, name);
        unlink(whole);
    }
    return 0;
}

/* An output on a descriptor, or on files where fd is -1. */
static struct bt_out *add(int fd, const char *pattern, uint64_t max_bytes, size_t keep)
{
    struct bt_out *out = bt_text_out_new(&style, &print);
    assert_non_null(out);
    bt_tee_add(&tee, out);
    if (fd >= 0) {
        bt_sink_init(&out->sink, fd, "a pipe");
        return out;
    }
    out->file =
        (struct bt_outfile){.pattern = pattern, .node = "a/b@c", .max_bytes = max_bytes, .keep = keep};
    assert_int_equal(bt_outfile_open(&out->file, &out->sink, false, NULL), 0);
    return out;
}

static void events(size_t n)
{
    for (size_t i = 0; i < n; i++)
        bt_tee_event(&tee, bt_test_event(&arena, "{trace_ts,<0.44.0>,call,{shop,put,2},{0,[1,2]},{1,1}}"));
}

static size_t lines_of(const char *name)
{
    char whole[128];
    snprintf(whole, sizeof whole, "%s/%s", folder, name);
    struct stat st;
    return stat(whole, &st) == 0 ? (size_t)st.st_size / strlen(LINE) : SIZE_MAX;
}

static void all_outputs_get_all_events(void **state)
{
    (void)state;
    char more[112], text[2 * sizeof LINE] = "";
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    snprintf(more, sizeof more, "%s.more", path);
    add(ends[1], NULL, 0, 0);
    add(-1, path, 0, 0);
    add(-1, more, 0, 0);
    bt_tee_begin(&tee, &head);
    events(2);
    assert_true(bt_tee_has_more(&tee));
    assert_int_equal(bt_tee_push(&tee), 0);
    assert_false(bt_tee_has_more(&tee));
    assert_int_equal(lines_of("out"), 2);
    assert_int_equal(lines_of("out.more"), 2);
    assert_int_equal(read(ends[0], text, sizeof text), 2 * strlen(LINE));
    assert_string_equal(text, LINE LINE);
    assert_false(bt_tee_is_over(&tee));
    close(ends[0]);
    close(ends[1]);
}

static void one_that_ends_leaves_the_other_alone(void **state)
{
    (void)state;
    int ends[2], full = open("/dev/full", O_WRONLY);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    struct bt_out *gone = add(ends[1], NULL, 0, 0);
    struct bt_out *failing = add(full, NULL, 0, 0);
    add(-1, path, 0, 0);
    bt_tee_begin(&tee, &head);
    events(1);
    assert_int_equal(bt_tee_push(&tee), 2);
    assert_true(gone->is_gone && !gone->has_failed);
    assert_true(failing->has_failed);
    assert_int_equal(failing->err.sys, ENOSPC);
    assert_ptr_equal(bt_tee_error(&tee), &failing->err);
    assert_false(bt_tee_is_over(&tee) || bt_tee_reader_is_gone(&tee));
    events(2);
    assert_int_equal(bt_tee_push(&tee), 0);
    assert_int_equal(lines_of("out"), 3);
    close(ends[1]);
    close(full);
}

static void a_reader_that_went_away_is_no_failure(void **state)
{
    (void)state;
    int ends[2];
    struct pollfd p[BT_TEE_MAX];
    assert_int_equal(pipe(ends), 0);
    add(ends[1], NULL, 0, 0);
    bt_tee_begin(&tee, &head);
    close(ends[0]);
    bt_tee_poll(&tee, p);
    assert_int_equal(p[0].fd, ends[1]);
    assert_int_equal(p[1].fd, -1);
    assert_int_equal(poll(p, BT_TEE_MAX, 1000), 1);
    assert_int_equal(bt_tee_polled(&tee, p), 1);
    assert_true(bt_tee_is_over(&tee) && bt_tee_reader_is_gone(&tee));
    assert_null(bt_tee_error(&tee));
    close(ends[1]);
}

static void a_stalled_output_loses_and_counts(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct bt_out *stalled = add(ends[1], NULL, 0, 0);
    add(-1, path, 0, 0);
    bt_tee_begin(&tee, &head);
    for (size_t i = 0; i < BT_SINK_HIGH; i++)
        bt_buf_putc(&stalled->sink.buf, 'x');
    assert_true(bt_tee_is_full(&tee));
    assert_false(
        bt_tee_event(&tee, bt_test_event(&arena, "{trace_ts,<0.44.0>,call,{shop,put,2},{0,[1,2]},{1,1}}")));
    assert_int_equal(stalled->lost, 1);
    bt_tee_push(&tee);
    assert_int_equal(lines_of("out"), 1);
    close(ends[0]);
    close(ends[1]);
}

/* ---- files ---- */

static void a_new_file_is_begun_when_one_is_long_enough(void **state)
{
    (void)state;
    add(-1, path, 3 * strlen(LINE), 0);
    bt_tee_begin(&tee, &head);
    events(7);
    bt_tee_push(&tee);
    assert_string_equal(files(), "out out.1 out.2 ");
    assert_int_equal(lines_of("out"), 3);
    assert_int_equal(lines_of("out.1"), 3);
    assert_int_equal(lines_of("out.2"), 1);
}

static void only_the_last_files_stay(void **state)
{
    (void)state;
    add(-1, path, 2 * strlen(LINE), 2);
    bt_tee_begin(&tee, &head);
    events(9);
    bt_tee_push(&tee);
    assert_string_equal(files(), "out.3 out.4 "); /* no name comes twice */
    assert_int_equal(lines_of("out.4"), 1);
}

static void a_file_of_somebody_else_is_passed_over(void **state)
{
    (void)state;
    char other[112];
    snprintf(other, sizeof other, "%s.1", path);
    int fd = open(other, O_CREAT | O_WRONLY | O_EXCL, 0600);
    assert_true(fd >= 0);
    close(fd);
    add(-1, path, strlen(LINE), 1);
    bt_tee_begin(&tee, &head);
    events(2);
    bt_tee_push(&tee);
    assert_string_equal(files(), "out.1 out.3 "); /* .2 was made, and was one too many */
    assert_int_equal(lines_of("out.1"), 0);
}

static void names_are_patterns(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    char pattern[112], want[64];
    time_t before = time(NULL);
    snprintf(pattern, sizeof pattern, "%s/%%n-%%Y-100%%%%", folder);
    assert_int_equal(bt_outfile_check(pattern, &err), 0);
    add(-1, pattern, 0, 0);
    snprintf(want, sizeof want, "a_b@c-%d-100%% ", localtime(&before)->tm_year + 1900);
    assert_string_equal(files(), want);
    assert_int_equal(bt_outfile_check("%Y%m%d-%H%M%S", &err), 0);
    assert_int_equal(bt_outfile_check("50%", &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "%%");
    assert_int_equal(bt_outfile_check("%q", &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "'%q'");
}

static void the_first_file_must_not_be_there(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    struct bt_sink sink;
    struct bt_outfile file = {.pattern = path};
    add(-1, path, 0, 0);
    assert_int_equal(bt_outfile_open(&file, &sink, false, &err), -1);
    assert_err(&err, BEAMTAP_EOUTPUT, "exists");
    bt_outfile_done(&file);
    bt_tee_discard(&tee);
    assert_string_equal(files(), "");
}

static void a_next_file_that_cannot_be_made_is_a_failure(void **state)
{
    (void)state;
    char inner[128];
    snprintf(inner, sizeof inner, "%s/in", folder);
    assert_int_equal(mkdir(inner, 0700), 0);
    snprintf(path, sizeof path, "%s/in/out", folder);
    struct bt_out *out = add(-1, path, strlen(LINE), 0);
    bt_tee_begin(&tee, &head);
    unlink(path);
    assert_int_equal(rmdir(inner), 0);
    events(2);
    assert_true(out->has_failed);
    assert_int_equal(out->err.code, BEAMTAP_EOUTPUT);
    assert_true(bt_tee_is_over(&tee));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_outputs_get_all_events, setup, teardown),
        cmocka_unit_test_setup_teardown(one_that_ends_leaves_the_other_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reader_that_went_away_is_no_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stalled_output_loses_and_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(a_new_file_is_begun_when_one_is_long_enough, setup, teardown),
        cmocka_unit_test_setup_teardown(only_the_last_files_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_of_somebody_else_is_passed_over, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_patterns, setup, teardown),
        cmocka_unit_test_setup_teardown(the_first_file_must_not_be_there, setup, teardown),
        cmocka_unit_test_setup_teardown(a_next_file_that_cannot_be_made_is_a_failure, setup, teardown),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
