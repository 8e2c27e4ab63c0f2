/*
 * test_pump.c - events of a capture into a file, as options of the command line say: what is counted, how it ends.
 */
#include "check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/pump.h"
#include "outs.h"

static struct bt_opts opts;
static struct bt_pump pump;
static struct beamtap_session *session;
static volatile sig_atomic_t stops, asks;
static struct bt_cli cli;
static char folder[64], path[80], second[80], from[80];
static int n_totals;

#define CALL(x) "{trace_ts,<0.44.0>,call,{shop,put,2},{0,[" #x ",b]},{1,1}}"
#define RETURN(x) "{trace_ts,<0.44.0>,return_from,{shop,put,2}," #x ",{1,1}}"
#define SENT "{trace_ts,<0.44.0>,send,hello,<0.45.0>,{0},{1,1}}"

static int setup(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/bt_pump_XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/out", folder);
    snprintf(second, sizeof second, "%s/copy", folder);
    snprintf(from, sizeof from, "%s/in", folder);
    bt_opts_defaults(&opts);
    opts.output = path;
    opts.timestamps = "none";
    stops = asks = n_totals = 0;
    cli = (struct bt_cli){.opts = &opts, .stops = &stops, .asks = &asks};
    pump = (struct bt_pump){.has_profile = false};
    session = NULL;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bt_pump_done(&pump);
    beamtap_session_close(session);
    unlink(path);
    unlink(second);
    unlink(from);
    return rmdir(folder);
}

static void open_capture(const char *const *events, size_t n)
{
    static const char *const specs[] = {"shop:put/2 -> return"}, *file = from;
    struct beamtap_replay_opts o;
    bt_test_capture_file(from, specs, 1, events, n);
    beamtap_replay_opts_init(&o, sizeof o);
    o.paths = &file;
    o.n_paths = 1;
    o.style = &pump.outputs.lines;
    o.grep = opts.grep.items;
    o.n_grep = opts.grep.n;
    session = beamtap_replay_open(&o, NULL);
    assert_non_null(session);
}

static void count_totals(void *self)
{
    ++*(int *)self;
}

/* What bt_pump_run() says; -1: it did not come so far. */
static int run(const char *const *events, size_t n)
{
    if (bt_pump_read(&pump, &cli, &pump.err) < 0)
        return -1;
    open_capture(events, n);
    if (bt_pump_open(&pump, session, &pump.err) < 0)
        return -1;
    assert_int_equal(beamtap_session_start(session, NULL), 0);
    pump.say_totals = count_totals;
    pump.self = &n_totals;
    bool ok = bt_pump_run(&pump);
    bt_pump_end(&pump);
    return ok;
}

static void assert_file(const char *name, const char *want)
{
    char got[2048] = "";
    FILE *f = fopen(name, "r");
    assert_non_null(f);
    got[fread(got, 1, sizeof got - 1, f)] = '\0';
    fclose(f);
    assert_string_equal(got, want);
}

static void everything_is_written(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), RETURN(x), SENT};
    assert_int_equal(run(events, 3), 1);
    assert_file(path, "<0.44.0> shop:put(1, b)\n<0.44.0> shop:put/2 --> x\n<0.44.0> ! hello --> <0.45.0>\n");
    assert_int_equal(pump.printed, 3);
    assert_int_equal(pump.lost, 0);
    assert_false(pump.is_stopped);
}

/* A capture of what was chosen is beside the lines, and of them. */
static void two_outputs(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), RETURN(x), CALL(2), RETURN(y)};
    static const char *wanted[] = {"x$"}, *copy = second;
    const struct beamtap_event *ev;
    struct beamtap_replay_opts o;
    opts.grep = (struct bt_words){wanted, 1};
    opts.capture = second;
    assert_int_equal(run(events, 4), 1);
    assert_file(path, "<0.44.0> shop:put/2 --> x\n");
    beamtap_replay_opts_init(&o, sizeof o);
    o.paths = &copy;
    o.n_paths = 1;
    struct beamtap_session *s = beamtap_replay_open(&o, NULL);
    assert_non_null(s);
    assert_int_equal(beamtap_session_start(s, NULL), 0);
    assert_int_equal(beamtap_session_next(s, &ev, 0, NULL), BEAMTAP_NEXT_EVENT);
    assert_int_equal(ev->type, BEAMTAP_EVENT_RETURN);
    assert_int_equal(beamtap_session_next(s, &ev, 0, NULL), BEAMTAP_NEXT_END);
    beamtap_session_close(s);
}

/* What was filtered and lost when it was traced, and now besides. */
static void the_last_record_has_all_counts(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), RETURN(x), CALL(2), RETURN(y)};
    static const char *wanted[] = {"x$"};
    char got[4096] = "";
    opts.grep = (struct bt_words){wanted, 1};
    opts.json = true;
    assert_int_equal(run(events, 4), 1);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    got[fread(got, 1, sizeof got - 1, f)] = '\0';
    fclose(f);
    const char *end = strstr(got, "{\"event\":\"summary\"");
    assert_non_null(end);
    assert_non_null(strstr(end, "\"received\":5,\"printed\":1,\"filtered\":3,\"lost\":1,"));
    assert_non_null(strstr(end, "\"reason\":\"count\""));
}

static void a_full_disk_stops_the_session(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1)};
    opts.append = true;
    opts.output = "/dev/full";
    run(events, 1);
    assert_true(pump.has_failed);
    assert_err(&pump.err, BEAMTAP_EOUTPUT, "/dev/full");
}

static void one_output_fails_and_the_other_goes_on(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), RETURN(x)};
    opts.append = true;
    opts.output = "/dev/full";
    opts.capture = second;
    run(events, 2);
    assert_true(pump.has_failed); /* in the end it is said by the status */
    assert_int_equal(pump.printed, 2);
    assert_false(pump.is_stopped);
    assert_int_equal(access(second, F_OK), 0);
}

static void a_file_that_exists(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1)};
    opts.capture = path; /* the second of two */
    assert_int_equal(run(events, 1), -1);
    assert_err(&pump.err, BEAMTAP_EOUTPUT, "exists");
    bt_pump_done(&pump);
    assert_int_equal(access(path, F_OK), -1); /* nothing was traced: the first one is gone again */
    pump = (struct bt_pump){.has_profile = false};
}

static void ctrl_c(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), CALL(2)};
    stops = 1;
    assert_int_equal(run(events, 2), 1);
    assert_true(pump.is_stopped);
    assert_int_equal(pump.printed, 0);
}

static void ctrl_c_twice(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), CALL(2)};
    stops = 2;
    assert_int_equal(run(events, 2), 0);
    assert_false(pump.has_failed);
}

static void totals_are_said_once_for_each_time_asked(void **state)
{
    (void)state;
    static const char *const events[] = {CALL(1), CALL(2), CALL(3)};
    asks = 1;
    assert_int_equal(run(events, 3), 1);
    assert_int_equal(n_totals, 1);
}

static void options_that_make_no_sense(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    static const struct {
        const char *option, *value, *says;
    } cases[] = {{"format", "xml", "text, json, perfetto"},
        {"timestamps", "gmt", "local, utc, relative, none"}, {"color", "red", "auto, always, never"},
        {"syntax", "lisp", "erlang, elixir"}, {"output", "/tmp/%q", "%q"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bt_opts o = opts;
        const char **const at[] = {&o.format, &o.timestamps, &o.color, &o.syntax, &o.output};
        *at[i] = cases[i].value;
        cli.opts = &o;
        pump = (struct bt_pump){.has_profile = false};
        assert_int_equal(bt_pump_read(&pump, &cli, &err), -1);
        assert_err(&err, BEAMTAP_EUSAGE, cases[i].says);
    }
    cli.opts = &opts;
    opts.rotate_count = 2;
    assert_int_equal(bt_pump_read(&pump, &cli, &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "--rotate-size");
    opts.rotate_count = 0;
    opts.append = true;
    opts.format = "perfetto";
    assert_int_equal(bt_pump_read(&pump, &cli, &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "--append");
    opts.append = false;
    opts.output = NULL;
    cli.stdout_closed = true;
    assert_int_equal(bt_pump_read(&pump, &cli, &err), -1);
    assert_err(&err, BEAMTAP_EOUTPUT, "stdout is closed");
    opts.dry_run = true; /* nothing is written then */
    opts.format = "text";
    pump = (struct bt_pump){.has_profile = false};
    assert_int_equal(bt_pump_read(&pump, &cli, &err), 0);
    assert_int_equal(pump.outputs.n_wanted, 0);
    assert_int_equal(access(path, F_OK), -1); /* no file was made */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(everything_is_written),
        T(two_outputs),
        T(the_last_record_has_all_counts),
        T(a_full_disk_stops_the_session),
        T(one_output_fails_and_the_other_goes_on),
        T(a_file_that_exists),
        T(ctrl_c),
        T(ctrl_c_twice),
        T(totals_are_said_once_for_each_time_asked),
        T(options_that_make_no_sense),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
