/*
 * test_steps.c - a script to its steps, and which options each of them has.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "cli/steps.h"

static const char *const sets[] = {"NODE=app@host", "Spec={queue, in, 2}"};

static int read_steps(struct bt_steps *s, const char *text, struct beamtap_err *err)
{
    struct bt_words given = {(const char **)sets, 2};
    return bt_steps_read(s, "t.btap", text, strlen(text), &given, err);
}

/* "command[word|word]@node", a part in brackets: "(count[queue:in/2]) x3/500000" */
static void dump(struct bt_buf *out, const struct bt_steps *s)
{
    for (size_t i = 0; i < s->n; i++) {
        const struct bt_part *p = &s->parts[i];
        bt_buf_puts(out, i ? " (" : "(");
        for (size_t j = 0; j < p->n; j++) {
            const struct bt_step *step = &p->steps[j];
            bt_buf_puts(out, j ? " " : "");
            if (!step->command)
                bt_buf_printf(out, "wait %lld", (long long)step->pause_us);
            else
                bt_buf_puts(out, step->command);
            for (size_t k = 0; k < step->n_words; k++)
                bt_buf_printf(out, "%c%s", k ? '|' : ' ', step->words[k]);
        }
        bt_buf_puts(out, ")");
        if (p->repeat > 1)
            bt_buf_printf(out, " x%lld/%lld", (long long)p->repeat, (long long)p->every_us);
    }
}

static const struct {
    const char *text, *steps;
} good[] = {
    {"", "()"},
    {"count 10\n---\ntrace a:b", "() (trace a:b)"},
    {"trace a:b\ntrace c:d\ncount 5\ntrace e:f", "(trace a:b|c:d|e:f)"},
    {"trace a:b\nwait 1s\ntrace c:d", "(trace a:b wait 1000000 trace c:d)"},
    {"count a:b\ntime c:d\ntime 5s\ncount none", "(count a:b time c:d)"},
    {"check\nclear\nreplay x.btc\nreplay y z.btc", "(check clear replay x.btc|y z.btc)"},
    {"check\ncheck", "(check check)"},
    {"trace a:b\nrepeat 3 every 500ms", "(trace a:b) x3/500000"},
    {"repeat 2\ntrace a:b", "(trace a:b) x2/0"},
    {"recon_trace:calls(Spec, 5).\nrecon_trace:calls(Spec, 5). recon_trace:clear(). redbug:stop().",
        "(trace {queue, in, 2} trace {queue, in, 2} clear)"},
    {"redbug:start([\"a:b\", \"c:d\"]).\ntrace e:f", "(trace a:b|c:d trace e:f)"},
    {"set M=lists\nset M=queue\ntrace $M:in", "(trace $M:in)"}, /* one letter is a character */
    {"set MOD=lists\nset MOD=queue\ntrace $MOD:in", "(trace queue:in)"},
    {"set NODE=x\ntrace ${NODE}:in", "(trace app@host:in)"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct bt_steps s;
        struct bt_buf out = BT_BUF_INIT;
        struct beamtap_err err = {0};
        if (read_steps(&s, good[i].text, &err) < 0)
            fail_msg("%s: %d:%d: %s", good[i].text, err.loc.line, err.loc.col, err.msg);
        dump(&out, &s);
        assert_string_equal(bt_buf_cstr(&out), good[i].steps);
        bt_buf_done(&out);
        bt_steps_done(&s);
    }
}

static const struct {
    const char *text;
    int line, col;
    const char *message;
} bad[] = {
    {"cuont 1", 1, 1, "unknown word 'cuont'; did you mean 'count'?"},
    {"gibberish 1", 1, 1, "unknown word 'gibberish'; see"},
    {"compile a:b", 1, 1, "unknown word 'compile'"},
    {"no-config", 1, 1, "belongs on the command line"},
    {"cookie-fd 3", 1, 1, "belongs on the command line"},
    {"rate", 1, 1, "'rate' needs a value: rate N/TIME"},
    {"trace", 1, 1, "'trace' needs a spec"},
    {"count", 1, 1, "'count' needs a spec, or a number"},
    {"node", 1, 1, "'node' needs the name of a node"},
    {"node a@b c@d", 1, 6, "one node is expected"},
    {"count 0", 1, 7, "count: '0' is no number"},
    {"time 10", 1, 6, "time: '10' has no unit"},
    {"wait 10", 1, 6, "'10' has no unit"},
    {"--wait 10", 1, 8, "wait: '10' has no unit"},
    {"scope all", 1, 7, "scope: 'all' is none of: local global"},
    {"grep a\ngrep (b", 2, 8, "grep: "},
    {"set 1=2", 1, 5, "is not NAME=VALUE"},
    {"repeat 0\ntrace a:b", 1, 8, "repeat: say how often"},
    {"repeat 3x\ntrace a:b", 1, 8, "repeat: say how often"},
    {"repeat 3 each 5s\ntrace a:b", 1, 8, "'every TIME' is expected"},
    {"count 1\nrepeat 3\n---\ntrace a:b", 2, 1, "nothing to repeat"},
    {"trace 'queue:in/2 -> return'", 1, 7, "no quotes are needed"},
    {"clear all", 1, 7, "nothing is expected behind 'clear'"},
    {"recon_trace:calls({m,f,1}, 1, [\n  {scope, x}]).", 2, 11, "scope: "},
    {"redbug:start(\"a:b\", [{print_re, \"(\"}]).", 1, 33, "redbug: grep"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bt_steps s;
        struct beamtap_err err = {0};
        if (read_steps(&s, bad[i].text, &err) == 0)
            fail_msg("%s: taken", bad[i].text);
        assert_int_equal(beamtap_code_status(err.code), 2);
        if (!strstr(err.msg, bad[i].message) || err.loc.line != bad[i].line || err.loc.col != bad[i].col)
            fail_msg("%s: %d:%d: %s", bad[i].text, err.loc.line, err.loc.col, err.msg);
        bt_steps_done(&s);
    }
}

static void opts_of(const struct bt_steps *s, size_t part, size_t step, struct bt_opts *o, const char **node)
{
    struct beamtap_err err = {0};
    const struct bt_part *p = &s->parts[part];
    bt_opts_defaults(o);
    assert_int_equal(bt_steps_opts(s, p, &p->steps[step], o, node, &err), 0);
}

/* Parts that do nothing give defaults; a list takes the place of the one before; node and the way to it hold on. */
static void test_opts(void **state)
{
    static const char text[] =
        "count 5\nprocess a\nprocess b\n---\nnode $NODE\naddress h:1\nrate 7/s\ntrace a:b\n"
        "process c\n---\ntrace c:d\n---\nnode x@y\ncount 6\n---\n"
        "redbug:start(\"e:f\", [{time, 2000}, {target, 'r@s'}]).\ntrace g:h";
    struct bt_steps s;
    struct bt_opts o;
    struct beamtap_err err = {0};
    const char *node;
    (void)state;
    assert_int_equal(read_steps(&s, text, &err), 0);
    opts_of(&s, 1, 0, &o, &node);
    assert_int_equal(o.count, 5);
    assert_int_equal(o.rate.n, 7);
    assert_int_equal(o.processes.n, 1);
    assert_string_equal(o.processes.items[0], "c");
    assert_string_equal(node, "app@host");
    bt_opts_done(&o);
    opts_of(&s, 2, 0, &o, &node);
    assert_int_equal(o.rate.n, 100);
    assert_int_equal(o.processes.n, 2);
    assert_string_equal(node, "app@host");
    assert_string_equal(o.address, "h:1");
    bt_opts_done(&o);
    opts_of(&s, 4, 0, &o, &node);
    assert_int_equal(o.count, 6); /* redbug's own 10 holds where nobody says otherwise */
    assert_int_equal(o.time, 2000000);
    assert_int_equal(o.rate.n, -1);
    assert_string_equal(node, "r@s");
    bt_opts_done(&o);
    opts_of(&s, 4, 1, &o, &node);
    assert_int_equal(o.time, 30000000);
    assert_string_equal(node, "x@y");
    bt_opts_done(&o);
    bt_steps_done(&s);
}

/* Where the text of a spec was written. */
static void test_locate(void **state)
{
    static const char text[] = "trace a:b\nredbug:start([\"c:d(X)\", \"e:\\\"f\"]).";
    struct bt_steps s;
    struct beamtap_err err = {0};
    struct beamtap_loc loc = {.line = 1, .col = 5, .off = 4, .len = 1};
    (void)state;
    assert_int_equal(read_steps(&s, text, &err), 0);
    const struct bt_step *step = &s.parts[0].steps[1];
    assert_true(bt_source_locate(&s.file, step->words[0], &loc));
    assert_int_equal(loc.line, 2);
    assert_int_equal(loc.col, 20);
    loc = (struct beamtap_loc){.line = 1, .col = 3, .off = 2, .len = 1};
    assert_true(bt_source_locate(&s.file, step->words[1], &loc)); /* unescaped: only where it begins */
    assert_int_equal(loc.col, 26);
    assert_false(bt_source_locate(&s.file, "another", &loc));
    bt_steps_done(&s);
}

static void test_environment(void **state)
{
    struct bt_steps s;
    struct beamtap_err err = {0};
    (void)state;
    assert_int_equal(setenv("BEAMTAP_TEST_X", "queue:in/2", 1), 0);
    assert_int_equal(read_steps(&s, "trace $BEAMTAP_TEST_X", &err), 0);
    assert_string_equal(s.parts[0].steps[0].words[0], "queue:in/2");
    bt_steps_done(&s);
    unsetenv("BEAMTAP_TEST_X");
    assert_int_equal(read_steps(&s, "trace $BEAMTAP_TEST_X", &err), -1);
    bt_steps_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_opts),
        cmocka_unit_test(test_locate),
        cmocka_unit_test(test_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
