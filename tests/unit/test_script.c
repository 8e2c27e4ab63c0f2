/*
 * test_script.c - the text of a script to statements, with the places where they were written.
 */
#include "check.h"

#include <string.h>

#include "spec/script.h"

/* flag: alone; trace, not: a spec; anything else but x...: text. */
static int form(void *arg, const struct bt_script_line *line, const char *rest, size_t len,
    enum bt_script_form *out, struct beamtap_err *err)
{
    (void)arg;
    (void)rest;
    if (line->word[0] == 'x')
        return bt_err_set(err, BEAMTAP_EUSAGE, "no %s, with %zu bytes", line->word, len);
    *out = strcmp(line->word, "flag") == 0                                      ? BT_SCRIPT_ALONE
           : strcmp(line->word, "trace") == 0 || strcmp(line->word, "not") == 0 ? BT_SCRIPT_SPEC
                                                                                : BT_SCRIPT_TEXT;
    return 0;
}

static const char *value(void *arg, const char *name, size_t len)
{
    static const char *const values[][2] = {{"NODE", "app@host"}, {"A", "a"}, {"Pid", "<0.1.0>"}, {"E", ""}};
    (void)arg;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        if (strlen(values[i][0]) == len && memcmp(values[i][0], name, len) == 0)
            return values[i][1];
    }
    return NULL;
}

static const struct bt_script_words words = {form, value, NULL};

/* "word[value] --- call{text}" */
static void dump(struct bt_buf *out, const struct bt_script_line *l)
{
    bt_buf_puts(out, out->len ? " " : "");
    if (l->kind == BT_SCRIPT_PART)
        bt_buf_puts(out, "---");
    else if (l->kind == BT_SCRIPT_CALL)
        bt_buf_printf(out, "call{%s}", l->value.text);
    else
        bt_buf_printf(out, "%s%s[%s]", l->has_dashes ? "--" : "", l->word, l->value.text);
}

static int read_all(const char *text, struct bt_arena *a, struct bt_buf *out, struct beamtap_err *err)
{
    struct bt_script s;
    struct bt_script_line line;
    if (bt_script_init(&s, text, strlen(text), &words, a, err) < 0)
        return -1;
    for (;;) {
        if (bt_script_next(&s, &line, err) < 0)
            return -1;
        if (line.kind == BT_SCRIPT_END)
            return 0;
        dump(out, &line);
    }
}

static const struct {
    const char *text, *lines;
} good[] = {
    {"", ""},
    {"\n\n  \t\r\n", ""},
    {"#!/usr/bin/env -S beamtap run\n# a\n  # b\n%% c\n", ""},
    {"\xEF\xBB\xBF"
     "count 10",
        "count[10]"},
    {"count 10", "count[10]"},
    {"  count\t 10  \r\nflag\r\n", "count[10] flag[]"},
    {"count 10 # of them\nflag # yes\n", "count[10] flag[]"},
    {"grep a#b #c\n", "grep[a#b #c]"},
    {"grep # x", "grep[]"},
    {"grep a #", "grep[a]"},
    {"--count 10\n--count=11\n--count = 12\n--flag\n", "--count[10] --count[11] --count[12] --flag[]"},
    {"count 1\n---\ncount 2\n-----  # end\n", "count[1] --- count[2] ---"},
    /* variables */
    {"node $NODE\nnode ${NODE}", "node[app@host] node[app@host]"},
    {"file a$A-${A}b$A.log", "file[aa-aba.log]"},
    {"grep end$\ngrep a$ b\ngrep $$A\ngrep $1", "grep[end$] grep[a$ b] grep[$A] grep[$1]"},
    {"file $E.", "file[.]"},
    {"trace m:f($A, $\\n, $a)", "trace[m:f($A, $\\n, $a)]"},
    {"trace ${A}:f('$NODE', '$1', \"$A\", '${A}')", "trace[a:f('$NODE', '$1', \"$A\", 'a')]"},
    {"trace $NODE:f(${A})", "trace[app@host:f(a)]"},
    {"trace m:f(${, X)", "trace[m:f(${, X)]"},
    /* specs of several lines */
    {"trace queue:in/2\ncount 1", "trace[queue:in/2] count[1]"},
    {"trace m:f(a,\n  b)\ncount 1", "trace[m:f(a,\n  b)] count[1]"},
    {"trace m:f(X)\n  when X > 1\n  -> return\ncount 1", "trace[m:f(X)\n  when X > 1\n  -> return] count[1]"},
    {"trace m:f(X) when X > 1,\n  X < 3 ->\n return\ncount 1",
        "trace[m:f(X) when X > 1,\n  X < 3 ->\n return] count[1]"},
    {"trace {m, f, fun(X) -> case X of\n a -> b end\n end}\nflag",
        "trace[{m, f, fun(X) -> case X of\n a -> b end\n end}] flag[]"},
    {"trace m:f(#{a := 1}) # note\nflag", "trace[m:f(#{a := 1}) ] flag[]"},
    {"trace m:f(#rec{a = 1},\n #r{}) % note\nflag", "trace[m:f(#rec{a = 1},\n #r{})] flag[]"},
    {"trace m:f(a, # one\n  b)\nflag", "trace[m:f(a, \n  b)] flag[]"},
    {"trace m:f(\"# no\", '# x') # yes", "trace[m:f(\"# no\", '# x') ]"},
    {"trace App.Cart.total(%{id: id}, _)\nflag", "trace[App.Cart.total(%{id: id}, _)] flag[]"},
    {"trace App.f(%{a: 1}) # note\nflag", "trace[App.f(%{a: 1})] flag[]"},
    {"not m:g/1\ntrace /a.b#/:f", "not[m:g/1] trace[/a.b#/:f]"},
    {"trace m:f(a\n---\nflag", "trace[m:f(a] --- flag[]"},
    /* calls */
    {"recon_trace:calls({queue, in, 2}, 10).\nflag", "call{recon_trace:calls({queue, in, 2}, 10).} flag[]"},
    {"recon_trace:calls({queue, in, 2}, 10)\n\n%% next\nrecon_trace:clear().",
        "call{recon_trace:calls({queue, in, 2}, 10)} call{recon_trace:clear().}"},
    {"recon_trace:calls(\n  {a,'_',\n   fun([A]) when A > 1 ->\n return_trace()\n end},\n 1).",
        "call{recon_trace:calls(\n  {a,'_',\n   fun([A]) when A > 1 ->\n return_trace()\n end},\n 1).}"},
    {"1> recon_trace:calls({a, b, 1},\n1>   10).\n(app@h)2> redbug:stop().",
        "call{recon_trace:calls({a, b, 1},\n     10).} call{redbug:stop().}"},
    {"recon_trace:clear(). recon_trace:clear().", "call{recon_trace:clear(). recon_trace:clear().}"},
    {"recon_trace:calls({a, b, 1}, 1, [{pid, Pid}]).",
        "call{recon_trace:calls({a, b, 1}, 1, [{pid, <0.1.0>}]).}"},
    {"recon_trace:calls({a, b, fun(Pid) -> Pid end}, 1).",
        "call{recon_trace:calls({a, b, fun(Pid) -> Pid end}, 1).}"},
    {"redbug:start(\"a:b # c % d\").", "call{redbug:start(\"a:b # c % d\").}"},
    {"recon_trace:calls({a, b, 1}, [\nrecon_trace:clear().",
        "call{recon_trace:calls({a, b, 1}, [} call{recon_trace:clear().}"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_buf out = BT_BUF_INIT;
        struct beamtap_err err = {0};
        if (read_all(good[i].text, &a, &out, &err) < 0)
            fail_msg("%s: %d:%d: %s", good[i].text, err.loc.line, err.loc.col, err.msg);
        assert_string_equal(bt_buf_cstr(&out), good[i].lines);
        bt_buf_done(&out);
        bt_arena_done(&a);
    }
}

static const struct {
    const char *text;
    int line, col;
    const char *message;
} bad[] = {
    {"count 1\n  queue:in/2", 2, 3, "is this a spec? say: trace SPEC"},
    {"{queue, in, 2}", 1, 1, "is this a spec?"},
    {"Enum.map/2", 1, 1, "is this a spec?"},
    {"count=10", 1, 1, "a line is a word and its value"},
    {"= 10", 1, 1, "a line is a word and its value"},
    {"-c 10", 1, 1, "a line is a word and its value"},
    {"flag 1", 1, 6, "nothing is expected behind 'flag'"},
    {"\n xcount ab # c", 2, 2, "no xcount, with 2 bytes"},
    {"file a\nfile ä$NONE", 2, 7, "'NONE' has no value"},
    {"file ${NONE}", 1, 6, "'NONE' has no value"},
    {"trace m:f(a,\n $NONE)", 2, 2, "'NONE' has no value"},
    {"trace m:f(\"${NONE}\")", 1, 12, "'NONE' has no value"},
    {"flag\nrecon_trace:calls({a, b, 1},\n None).", 3, 2, "variable 'None' has no value"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_buf out = BT_BUF_INIT;
        struct beamtap_err err = {0};
        if (read_all(bad[i].text, &a, &out, &err) == 0)
            fail_msg("%s: read as %s", bad[i].text, bt_buf_cstr(&out));
        assert_int_equal(beamtap_code_status(err.code), 2);
        if (!strstr(err.msg, bad[i].message) || err.loc.line != bad[i].line || err.loc.col != bad[i].col)
            fail_msg("%s: %d:%d: %s", bad[i].text, err.loc.line, err.loc.col, err.msg);
        bt_buf_done(&out);
        bt_arena_done(&a);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_script s;
    struct beamtap_err err = {0};
    assert_int_equal(bt_script_init(&s, "count\0 1", 8, &words, &a, &err), -1);
    assert_int_equal(err.code, BEAMTAP_ESPEC);
    assert_int_equal(err.loc.col, 6);
    bt_err_clear(&err);
    assert_int_equal(bt_script_init(&s, "", BT_SCRIPT_MAX_BYTES + 1, &words, &a, &err), -1);
    bt_arena_done(&a);
}

/* Each byte of a value knows where it was written. */
static void test_places(void **state)
{
    static const char text[] = "count 1\ntrace m:f($NODE, a, # c\n  b${A})";
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_script s;
    struct bt_script_line line;
    struct beamtap_err err = {0};
    (void)state;
    assert_int_equal(bt_script_init(&s, text, strlen(text), &words, &a, &err), 0);
    assert_int_equal(bt_script_next(&s, &line, &err), 0);
    assert_int_equal(bt_script_next(&s, &line, &err), 0);
    assert_string_equal(line.value.text, "m:f(app@host, a, \n  ba)");
    assert_int_equal(bt_placed_from(&line.value, 0), strstr(text, "m:f") - text);
    for (size_t i = 4; i < 12; i++)
        assert_int_equal(bt_placed_from(&line.value, i), strchr(text, '$') - text);
    assert_int_equal(bt_placed_from(&line.value, 12), strstr(text, ", a") - text);
    assert_int_equal(bt_placed_from(&line.value, 20), strstr(text, "b${") - text);
    assert_int_equal(bt_placed_from(&line.value, 21), strstr(text, "${A}") - text);
    assert_int_equal(bt_placed_from(&line.value, 22), strlen(text) - 1);
    struct beamtap_loc loc = bt_script_place(text, (size_t)(strstr(text, "b${") - text), 1);
    assert_int_equal(loc.line, 3);
    assert_int_equal(loc.col, 3);
    bt_arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
