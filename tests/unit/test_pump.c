/*
 * test_pump.c - events of a scripted source into a file: what is counted, when it is enough, how it ends.
 */
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/pump.h"
#include "outs.h"

/* A source that gives the events of a script, then the end. After stop() it goes on, as returns are owed. */
struct script {
    const char *const *events;
    size_t n, at;
    int n_stops;
    bool was_complete;
};

static struct bt_arena arena;
static struct bt_opts opts;
static struct bt_out_head head;
static struct script script;
static struct bt_pump pump;
static volatile sig_atomic_t stops, asks;
static struct bt_cli cli;
static char path[] = "/tmp/bt_pump_XXXXXX";

#define CALL(x) "{trace_ts,<0.44.0>,call,{shop,put,2},{0,[" #x ",b]},{1,1}}"
#define RETURN(x) "{trace_ts,<0.44.0>,return_from,{shop,put,2}," #x ",{1,1}}"
#define SENT "{trace_ts,<0.44.0>,send,hello,<0.45.0>,{0},{1,1}}"

static enum bt_next next(void *self, struct bt_event *ev, struct beamtap_err *err)
{
    struct script *s = self;
    if (s->at == s->n)
        return BT_NEXT_END;
    if (strcmp(s->events[s->at], "broken") == 0) {
        bt_err_set(err, BEAMTAP_ELOST, "the link is cut");
        return BT_NEXT_ERROR;
    }
    *ev = *bt_test_event(&arena, s->events[s->at++]);
    return BT_NEXT_EVENT;
}

static void stop(void *self, bool is_complete)
{
    struct script *s = self;
    s->n_stops++;
    s->was_complete = is_complete;
}

static int setup(void **state)
{
    static const char *const specs[] = {"shop:put/2 -> return"};
    (void)state;
    arena = (struct bt_arena)BT_ARENA_INIT;
    strcpy(path + strlen(path) - 6, "XXXXXX");
    int fd = mkstemp(path);
    if (fd < 0)
        return -1;
    close(fd);
    unlink(path);
    bt_opts_defaults(&opts);
    opts.output = path;
    opts.timestamps = "none";
    stops = asks = 0;
    cli = (struct bt_cli){.opts = &opts, .stops = &stops, .asks = &asks};
    head = bt_test_head(&arena, specs, 1);
    pump = (struct bt_pump){.count = 0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bt_pump_done(&pump);
    bt_arena_done(&arena);
    unlink(path);
    return 0;
}

static void set(struct bt_words *w, const char **items, size_t n)
{
    w->items = items;
    w->n = n;
}

static bool run(const char *const *events, size_t n)
{
    struct bt_out_end end = {.reason = "end", .skipped = -1};
    struct beamtap_err err = {0};
    assert_int_equal(bt_pump_open(&pump, &cli, &err), 0);
    script = (struct script){.events = events, .n = n};
    pump.source = (struct bt_source){.self = &script, .next = next, .stop = stop, .fd = -1};
    bool ok = bt_pump_run(&pump, &head);
    bt_pump_end(&pump, &end);
    return ok;
}

static void assert_file(const char *want)
{
    char got[2048] = "";
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    got[fread(got, 1, sizeof got - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(got, want);
}

static void assert_counts(uint64_t printed, uint64_t filtered, uint64_t shown)
{
    assert_int_equal(pump.n.printed, printed);
    assert_int_equal(pump.n.filtered, filtered);
    assert_int_equal(pump.n.lost, 0);
    assert_int_equal(pump.n.received, printed + filtered);
    assert_int_equal(pump.n.shown, shown);
}

static void everything_is_written(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), RETURN(x), SENT};
    opts.count = 1; /* is the source's to keep */
    assert_true(run(events, 3));
    assert_file("<0.44.0> shop:put(1, b)\n<0.44.0> shop:put/2 --> x\n<0.44.0> ! hello --> <0.45.0>\n");
    assert_counts(3, 0, 0);
    assert_int_equal(script.n_stops, 0);
}

static void each_line_is_tested_alone_and_a_call_counts_once(void **state)
{
    (void)state;
    static const char *const events[] = {
        CALL(1), RETURN(yes), CALL(yes), RETURN(yes), CALL(yes), RETURN(2), CALL(3), RETURN(3), SENT};
    static const char *wanted[] = {"yes"};
    set(&opts.grep, wanted, 1);
    assert_true(run(events, 9));
    assert_file("<0.44.0> shop:put/2 --> yes\n<0.44.0> shop:put(yes, b)\n<0.44.0> shop:put/2 --> yes\n"
                "<0.44.0> shop:put(yes, b)\n");
    assert_counts(4, 5, 3);
    assert_int_equal(pump.n.examined, 5);
    assert_int_equal(pump.n.returns, 2);
}

static void the_count_is_of_what_is_shown(void **state)
{
    (void)state;
    static const char *const events[] = {
        CALL(1), RETURN(1), CALL(yes), CALL(yes), CALL(yes), RETURN(yes), RETURN(yes), RETURN(yes)};
    static const char *wanted[] = {"yes"};
    set(&opts.grep, wanted, 1);
    opts.count = 2;
    assert_true(run(events, 8));
    assert_int_equal(script.n_stops, 1);
    assert_true(script.was_complete);
    /* the third call is too many, and so is its return; those of calls that were shown still come */
    assert_file("<0.44.0> shop:put(yes, b)\n<0.44.0> shop:put(yes, b)\n<0.44.0> shop:put/2 --> yes\n"
                "<0.44.0> shop:put/2 --> yes\n");
    assert_counts(4, 4, 2);
}

static void a_source_without_a_count(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), RETURN(1), CALL(2), RETURN(2)};
    struct bt_out_end end = {.reason = "end"};
    opts.count = 1;
    assert_int_equal(bt_pump_open(&pump, &cli, NULL), 0);
    assert_false(pump.counts_here);
    pump.counts_here = true;
    script = (struct script){.events = events, .n = 4};
    pump.source = (struct bt_source){.self = &script, .next = next, .stop = stop, .fd = -1};
    assert_true(bt_pump_run(&pump, &head));
    bt_pump_end(&pump, &end);
    assert_file("<0.44.0> shop:put(1, b)\n<0.44.0> shop:put/2 --> 1\n");
    assert_int_equal(pump.n.shown, 1);
}

static void what_fails_is_told_and_lines_stay(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), "broken"};
    assert_false(run(events, 2));
    assert_true(pump.has_failed);
    assert_err(&pump.err, BEAMTAP_ELOST, "cut");
    assert_file("<0.44.0> shop:put(1, b)\n");
}

static void a_full_disk_stops_the_source(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1)};
    opts.append = true;
    opts.output = "/dev/full";
    assert_false(run(events, 1) && !pump.has_failed);
    assert_err(&pump.err, BEAMTAP_EOUTPUT, "/dev/full");
}

static void ctrl_c(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), CALL(2)};
    stops = 1;
    assert_true(run(events, 2));
    assert_int_equal(script.n_stops, 1);
    assert_false(script.was_complete);
    assert_counts(2, 0, 0);
}

static void options_that_make_no_sense(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    static const char *bad[] = {"("};
    static const struct {
        const char *option, *value, *says;
    } cases[] = {{"format", "xml", "text, json, perfetto"},
        {"timestamps", "gmt", "local, utc, relative, none"}, {"color", "red", "auto, always, never"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bt_opts o = opts;
        *(i == 0 ? &o.format : i == 1 ? &o.timestamps : &o.color) = cases[i].value;
        cli.opts = &o;
        assert_int_equal(bt_pump_open(&pump, &cli, &err), -1);
        assert_err(&err, BEAMTAP_EUSAGE, cases[i].says);
    }
    cli.opts = &opts;
    opts.rotate_count = 2;
    assert_int_equal(bt_pump_open(&pump, &cli, &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "--rotate-size");
    opts.rotate_count = 0;
    opts.append = true;
    opts.format = "perfetto";
    assert_int_equal(bt_pump_open(&pump, &cli, &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "--append");
    opts.append = false;
    set(&opts.grep_not, bad, 1);
    assert_int_equal(bt_pump_open(&pump, &cli, &err), -1);
    assert_err(&err, BEAMTAP_ESPEC, "--grep-not: '(', at character 2");
    assert_int_equal(access(path, F_OK), -1); /* no file was made */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_is_written, setup, teardown),
        cmocka_unit_test_setup_teardown(each_line_is_tested_alone_and_a_call_counts_once, setup, teardown),
        cmocka_unit_test_setup_teardown(the_count_is_of_what_is_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(a_source_without_a_count, setup, teardown),
        cmocka_unit_test_setup_teardown(what_fails_is_told_and_lines_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_stops_the_source, setup, teardown),
        cmocka_unit_test_setup_teardown(ctrl_c, setup, teardown),
        cmocka_unit_test_setup_teardown(options_that_make_no_sense, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
