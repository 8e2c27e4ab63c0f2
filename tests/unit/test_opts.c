/*
 * test_opts.c - the command line: every option, in every form, and what is wrong with some.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "cli/opts.h"

static struct bt_opts opts;

static int setup(void **state)
{
    (void)state;
    bt_opts_defaults(&opts);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bt_opts_done(&opts);
    return 0;
}

/* Parses the words of a line, split at spaces, into `opts`. */
static int parse(const char *line, struct beamtap_err *err)
{
    static char copies[64][256]; /* the options point into argv */
    static size_t next;
    char *argv[32] = {NULL}, *copy = copies[next++ % 64];
    int argc = 1;
    snprintf(copy, sizeof copies[0], "%s", line);
    for (char *p = strtok(copy, " "); p; p = strtok(NULL, " "))
        argv[argc++] = p;
    return bt_opts_parse(&opts, argc, argv, err);
}

static void good(const char *line)
{
    struct beamtap_err err = {0};
    bt_opts_done(&opts);
    bt_opts_defaults(&opts);
    int rc = parse(line, &err);
    assert_string_equal(err.msg, "");
    assert_int_equal(rc, 0);
}

static void bad(const char *line, const char *part)
{
    struct beamtap_err err = {0};
    bt_opts_done(&opts);
    bt_opts_defaults(&opts);
    assert_int_equal(parse(line, &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, part);
}

/* ---- each option ---- */

static void defaults(void **state)
{
    (void)state;
    assert_int_equal(opts.count, 100);
    assert_int_equal(opts.time, 30000000);
    assert_int_equal(opts.connect_timeout, 0); /* what suits the way */
    assert_int_equal(opts.grace, 1000000);
    assert_int_equal(opts.lease, 5000000);
    assert_int_equal(opts.max_functions, 1000);
    assert_string_equal(opts.args, "named");
    assert_int_equal(opts.rate.n, 100);
    assert_int_equal(opts.rate.interval_us, 1000000);
    assert_int_equal(opts.burst, 0);
    assert_string_equal(opts.on_rate, "skip");
    assert_int_equal(opts.max_memory, 64 << 20);
    assert_int_equal(opts.max_term, 1 << 20);
    assert_int_equal(opts.max_load, 300);
    assert_null(opts.scope);
    assert_null(opts.output);
    assert_int_equal(opts.words.n, 0);
}

static void flags(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool *flag;
    } table[] = {
        {"--return", &opts.want_return},
        {"--append", &opts.append},
        {"--quiet", &opts.quiet},
        {"-q", &opts.quiet},
        {"--verbose", &opts.verbose},
        {"-v", &opts.verbose},
        {"--fail-empty", &opts.fail_empty},
        {"--dry-run", &opts.dry_run},
        {"--installed", &opts.installed},
        {"--tokens", &opts.tokens},
        {"--ast", &opts.ast},
        {"--all", &opts.all},
        {"--yes", &opts.yes},
        {"--help", &opts.help},
        {"-h", &opts.help},
        {"--version", &opts.version},
        {"-V", &opts.version},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char with_value[64];
        good(table[i].line);
        assert_true(*table[i].flag);
        good("x");
        assert_false(*table[i].flag);
        if (table[i].line[1] != '-')
            continue;
        snprintf(with_value, sizeof with_value, "%s=yes", table[i].line);
        bad(with_value, "takes no value");
    }
}

static void texts(void **state)
{
    (void)state;
    static const struct {
        const char *lines[4];
        const char **text;
    } table[] = {
        {{"--cookie-file F", "--cookie-file=F"}, &opts.cookie_file},
        {{"--cookie F", "--cookie=F"}, &opts.cookie},
        {{"--scope F", "--scope=F"}, &opts.scope},
        {{"--args F", "--args=F"}, &opts.args},
        {{"--on-rate F", "--on-rate=F"}, &opts.on_rate},
        {{"--output F", "--output=F", "-o F", "-oF"}, &opts.output},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        for (size_t j = 0; j < 4 && table[i].lines[j]; j++) {
            good(table[i].lines[j]);
            assert_string_equal(*table[i].text, "F");
        }
    }
    good("--cookie=a=b");
    assert_string_equal(opts.cookie, "a=b");
    good("--cookie=");
    assert_string_equal(opts.cookie, "");
    good("--output -");
    assert_string_equal(opts.output, "-");
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t *number, value;
    } table[] = {
        {"--count 7", &opts.count, 7},
        {"--count=7", &opts.count, 7},
        {"-c 7", &opts.count, 7},
        {"-c7", &opts.count, 7},
        {"-c none", &opts.count, BT_CLI_NONE},
        {"-cnone", &opts.count, BT_CLI_NONE},
        {"--count=none", &opts.count, BT_CLI_NONE},
        {"--max-functions 5000", &opts.max_functions, 5000},
        {"--burst 5", &opts.burst, 5},
        {"--burst=1000000", &opts.burst, 1000000},
        {"--max-load 50", &opts.max_load, 50},
        {"--max-load=1000", &opts.max_load, 1000},
        {"--max-load none", &opts.max_load, BT_CLI_NONE},
        {"--time 2m", &opts.time, 120000000},
        {"--time=2m", &opts.time, 120000000},
        {"-t 2m", &opts.time, 120000000},
        {"-t2m", &opts.time, 120000000},
        {"-t none", &opts.time, BT_CLI_NONE},
        {"--grace 250ms", &opts.grace, 250000},
        {"--lease=10s", &opts.lease, 10000000},
        {"--connect-timeout 1.5s", &opts.connect_timeout, 1500000},
        {"-c 1 -c 2", &opts.count, 2},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        good(table[i].line);
        assert_int_equal(*table[i].number, table[i].value);
    }
}

static void rates(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t n, interval_us;
    } table[] = {
        {"--rate 50", 50, 1000000},
        {"--rate 50/s", 50, 1000000},
        {"--rate=10/100ms", 10, 100000},
        {"--rate 10k/s", 10000, 1000000},
        {"--rate 7/2m", 7, 120000000},
        {"--rate 1/1ms", 1, 1000},
        {"--rate 1/ms", 1, 1000},
        {"--rate 1/h", 1, INT64_C(3600000000)},
        {"--rate 1/1h", 1, INT64_C(3600000000)},
        {"--rate 1/1.5s", 1, 1500000},
        {"--rate 1/60m", 1, INT64_C(3600000000)},
        {"--rate 1M", 1000000, 1000000},
        {"--rate 1G/s", 1000000000, 1000000},
        {"--rate 5 --rate none", -1, 1000000},
        {"--rate none --rate 5", 5, 1000000},
        {"--rate none", -1, 1000000},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        good(table[i].line);
        assert_int_equal(opts.rate.n, table[i].n);
        assert_int_equal(opts.rate.interval_us, table[i].interval_us);
    }
    static const char *const wrong[] = {"0", "-1", "x", "5x", "5/", "5/0s", "5/0ms", "5/1us", "5/999us",
        "5/2h", "1/61m", "0/s", "none/s", "1.5", "5//s", "5/s/s", "5/1e400s", "5kk", "5T", "2G", "5/10", "/s",
        "99999999999", "5/sssssssssssssssssssssssssssssssssssssssss"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char line[80];
        snprintf(line, sizeof line, "--rate %s", wrong[i]);
        bad(line, "--rate: ");
    }
}

static void sizes(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int64_t bytes;
    } table[] = {{"--max-term 1", 1}, {"--max-term 64K", 65536}, {"--max-term=10M", 10 << 20},
        {"--max-term 1G", 1 << 30}, {"--max-term 64k", 65536}, {"--max-term 1024G", INT64_C(1) << 40},
        {"--max-term 1099511627776", INT64_C(1) << 40}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        good(table[i].line);
        assert_int_equal(opts.max_term, table[i].bytes);
    }
    static const char *const wrong[] = {"0", "-1", "K", "1T", "1KB", "1Kk", "9999999999G", "1025G", "1.5M",
        "none", "1099511627777", "99999999999999999999"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char line[80];
        snprintf(line, sizeof line, "--max-memory %s", wrong[i]);
        bad(line, "is no size; write 64K, 10M, 1G");
    }
}

static void words_that_repeat(void **state)
{
    (void)state;
    good("-p new --process=shop -p<0.44.0> --debug conn --debug=rpc");
    assert_int_equal(opts.processes.n, 3);
    assert_string_equal(opts.processes.items[0], "new");
    assert_string_equal(opts.processes.items[1], "shop");
    assert_string_equal(opts.processes.items[2], "<0.44.0>");
    assert_int_equal(opts.debug.n, 2);
    assert_string_equal(opts.debug.items[1], "rpc");
}

/* Parses one line of --help, "  -c, --count N          stop after ...", and tries the option in each form. */
static void try_option(char letter, const char *name, const char *value)
{
    static const struct {
        const char *name, *example;
    } values[] = {{"TIME", "5s"}, {"N", "7"}, {"N/TIME", "10/100ms"}, {"SIZE", "64K"}, {"PERCENT", "50"}};
    char line[128];
    const char *example = "x";
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (strcmp(values[i].name, value) == 0)
            example = values[i].example;
    }
    snprintf(line, sizeof line, "--%s %s", name, *value ? example : "");
    good(line);
    if (*value) {
        snprintf(line, sizeof line, "--%s=%s", name, example);
        good(line);
        snprintf(line, sizeof line, "--%s", name);
        bad(line, "needs a value");
    }
    if (letter) {
        snprintf(line, sizeof line, "-%c%s", letter, *value ? example : "");
        good(line);
        snprintf(line, sizeof line, "-%c", letter);
        if (*value)
            bad(line, "needs a value");
    }
}

static void help_lists_options_that_exist(void **state)
{
    (void)state;
    struct bt_buf help = BT_BUF_INIT;
    int n = 0;
    bt_opts_help(&help);
    for (const char *p = bt_buf_cstr(&help); *p; p += strcspn(p, "\n") + 1) {
        char letter = 0, name[32] = "", value[32] = "";
        const char *dashes = strstr(p, "--");
        if (strncmp(p, "  -", 3) != 0)
            continue;
        if (p[3] != '-')
            letter = p[3];
        assert_true(sscanf(dashes, "--%31s%31[^ ]", name, value) >= 1);
        const char *after = dashes + 2 + strlen(name);
        if (after[0] == ' ' && after[1] != ' ' && p + 25 > after)
            sscanf(after, " %31s", value);
        try_option(letter, name, value);
        n++;
    }
    assert_true(n >= 25);
    bt_buf_done(&help);
}

/* ---- how they stand ---- */

static void options_stand_anywhere(void **state)
{
    (void)state;
    good("-q app@host -c 5 m:f/1 --return - m:g/2");
    assert_true(opts.quiet && opts.want_return);
    assert_int_equal(opts.count, 5);
    assert_int_equal(opts.words.n, 4);
    assert_string_equal(opts.words.items[0], "app@host");
    assert_string_equal(opts.words.items[2], "-");
    assert_string_equal(opts.words.items[3], "m:g/2");
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    good("-q -- -c --count -- x");
    assert_true(opts.quiet);
    assert_int_equal(opts.count, 100);
    assert_int_equal(opts.words.n, 4);
    assert_string_equal(opts.words.items[0], "-c");
    assert_string_equal(opts.words.items[2], "--");
}

static void letters_stand_together(void **state)
{
    (void)state;
    good("-qvc5 -vt 1s");
    assert_true(opts.quiet && opts.verbose);
    assert_int_equal(opts.count, 5);
    assert_int_equal(opts.time, 1000000);
    bad("-qz", "unknown option -z");
    bad("-qc", "--count needs a value: --count N");
}

static void unknown_options(void **state)
{
    (void)state;
    bad("--cuont 5", "unknown option --cuont; did you mean --count?");
    bad("--cuont=5", "unknown option --cuont; did you mean --count?");
    bad("--exeptions", "unknown option --exeptions; did you mean --exceptions?");
    bad("--no-such-option", "unknown option --no-such-option; try beamtap --help");
    bad("--coun 5", "unknown option --coun;");
    bad("--=5", "unknown option --;");
    bad("-x", "unknown option -x; try beamtap --help");
}

static void values_that_are_missing_or_wrong(void **state)
{
    (void)state;
    bad("-c", "--count needs a value: --count N");
    bad("--time", "--time needs a value: --time TIME");
    bad("--count=", "--count: '' is no number from 1 up");
    bad("--count 0", "--count: '0' is no number from 1 up");
    bad("--count -5", "'-5' is no number");
    bad("--count 5x", "'5x' is no number");
    bad("--count 99999999999999999999", "is no number");
    bad("--burst 0", "--burst: '0' is no number from 1 up");
    bad("--burst none", "--burst: 'none' is no number from 1 up");
    bad("--burst", "--burst needs a value: --burst N");
    bad("--max-load 0", "--max-load: '0' is no number from 1 up");
    bad("--max-load 50%", "--max-load: '50%' is no number");
    bad("--on-rate", "--on-rate needs a value: --on-rate WHAT");
    bad("--max-functions none", "--max-functions: 'none' is no number");
    bad("--time 20000", "--time: '20000' has no unit: say 20s or 20000ms");
    bad("--grace none", "--grace: 'none' is no time");
    bad("--lease -1s", "--lease: '-1s' is no time");
}

/* ---- durations ---- */

static void durations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t us;
    } table[] = {{"1us", 1}, {"0s", 0}, {"250ms", 250000}, {"30s", 30000000}, {"0.5s", 500000},
        {"5m", 300000000}, {"2h", INT64_C(7200000000)}, {"100000h", INT64_C(360000000000000)}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int64_t us = -1;
        assert_int_equal(bt_opts_duration(table[i].text, &us, NULL), 0);
        assert_int_equal(us, table[i].us);
    }
}

static void durations_that_are_none(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } table[] = {
        {"20000", "'20000' has no unit: say 20s or 20000ms"},
        {"", "is no time; write 20s, 500ms, 5m"},
        {"s", "is no time; write"},
        {"none", "is no time; write"},
        {"-1s", "is no time; write"},
        {"nans", "is no time"},
        {"infs", "is no time"},
        {"1e999s", "is no time"},
        {"5d", "the units are us, ms, s, m, h"},
        {"5 s", "the units are"},
        {"5S", "the units are"},
        {"5sec", "the units are"},
        {"99999999999h", "is no time"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        int64_t us = 42;
        struct beamtap_err err = {0};
        assert_int_equal(bt_opts_duration(table[i].text, &us, &err), -1);
        assert_err(&err, BEAMTAP_EUSAGE, table[i].part);
        assert_int_equal(us, 42);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(defaults),
        T(flags),
        T(texts),
        T(numbers),
        T(rates),
        T(sizes),
        T(words_that_repeat),
        T(help_lists_options_that_exist),
        T(options_stand_anywhere),
        T(two_dashes_end_the_options),
        T(letters_stand_together),
        T(unknown_options),
        T(values_that_are_missing_or_wrong),
        T(durations),
        T(durations_that_are_none),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
