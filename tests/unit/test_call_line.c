/*
 * test_call_line.c - calls of recon_trace and redbug to specs and options.
 */
#include "check.h"

#include <string.h>

#include "spec/call_line.h"

/* "recon_trace SPEC | name=value (name=default) !remark @node; ..." */
static void dump(struct bt_buf *out, const struct bt_call *c)
{
    static const char *const kinds[] = {"trace", "clear", "nothing"};
    bt_buf_printf(out, "%s%s", out->len ? "; " : "", kinds[c->kind]);
    for (size_t i = 0; i < c->n_specs; i++)
        bt_buf_printf(out, " %s%s", c->specs[i].is_exact ? "" : "~", c->specs[i].text);
    bt_buf_puts(out, c->n_settings ? " |" : "");
    for (size_t i = 0; i < c->n_settings; i++) {
        const struct bt_call_setting *s = &c->settings[i];
        bt_buf_printf(out, s->is_default ? " (%s%s%s)" : " %s%s%s", s->name, s->value ? "=" : "",
            s->value ? s->value : "");
    }
    for (size_t i = 0; i < c->n_remarks; i++)
        bt_buf_printf(out, " !%.*s", (int)strcspn(c->remarks[i], ":"), c->remarks[i]);
    if (c->node)
        bt_buf_printf(out, " @%s", c->node);
}

static const struct {
    const char *text, *calls;
} good[] = {
    {"recon_trace:calls({queue, '_', '_'}, 10)", "trace {queue, '_', '_'} | (rate=none) count=10"},
    {"recon_trace:calls({lists, seq, 2}, {100, 1000}).",
        "trace {lists, seq, 2} | rate=100/1000ms on-rate=end"},
    {"recon_trace:calls([{dict,filter,2},{lists,filter,2}], 10, [{pid, new}]).",
        "trace [{dict,filter,2},{lists,filter,2}] | (rate=none) count=10 process=new"},
    {"recon_trace:calls({lists, seq, fun([_,_,2]) -> ok end}, 1).",
        "trace {lists, seq, fun([_,_,2]) -> ok end} | (rate=none) count=1"},
    {"recon_trace:calls({m, f, [{'_', [], [{return_trace}]}]}, 1, []).",
        "trace {m, f, [{'_', [], [{return_trace}]}]} | (rate=none) count=1"},
    {"recon_trace:calls({m,f,1}, 1, [{pid, [{via, gproc, name}, new, {global, {a, 1}}, <0.1.0>, \"<0.2.0>\", "
     "{0,3,0}, srv]}]).",
        "trace {m,f,1} | (rate=none) count=1 process={via,gproc,name} process=new process={global,{a,1}} "
        "process=<0.1.0> "
        "process=<0.2.0> process=<0.3.0> process=srv"},
    {"recon_trace:calls({m,f,1}, 1, [{timestamp, trace}, {args, arity}, {scope, local}, {return_to, true}]).",
        "trace {m,f,1} | (rate=none) count=1 args=arity scope=local caller"},
    {"recon_trace:calls({m,f,1}, 1, [{args, args}, {scope, global}, {formatter, fun(X) -> {X, 1} end}, "
     "{io_server, user}]).",
        "trace {m,f,1} | (rate=none) count=1 scope=global !formatter !io_server"},
    {"recon_trace:clear().", "clear"},
    {"recon_trace:calls({m,f,1}, 1).\n%% then\nrecon_trace:clear().",
        "trace {m,f,1} | (rate=none) count=1; clear"},
    {"redbug:start(\"queue:in->return\", [{msgs,5},{time,20000}]).",
        "trace queue:in->return | (time=15s) (count=10) (rate=none) count=5 time=20000ms"},
    {"redbug:start([\"a:b\", \"c:d\"]).", "trace a:b c:d | (time=15s) (count=10) (rate=none)"},
    {"redbug:start(send, #{msgs => 5, target => 'x@y', procs => [srv, {pid, 1, 0}]}).",
        "trace send | (time=15s) (count=10) (rate=none) count=5 process=srv process=<0.1.0> @x@y"},
    {"redbug:start(\"a:b(\\\"x\\\")\").", "trace ~a:b(\"x\") | (time=15s) (count=10) (rate=none)"},
    {"redbug:start(\"a:b\", [arity, {print_re, \"x\"}, {procs, running}, {print_fun, fun(_) -> ok end}]).",
        "trace a:b | (time=15s) (count=10) (rate=none) args=arity grep=x process=existing !print_fun"},
    {"redbug:stop().", "nothing"},
    {"redbug:stop(x@y)", "nothing"},
};

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_buf out = BT_BUF_INIT;
        struct bt_calls calls;
        struct beamtap_err err = {0};
        assert_true(bt_call_begins(good[i].text));
        if (bt_call_parse(good[i].text, &a, &calls, &err) < 0)
            fail_msg("%s: %d:%d: %s", good[i].text, err.loc.line, err.loc.col, err.msg);
        for (size_t j = 0; j < calls.n; j++)
            dump(&out, &calls.items[j]);
        assert_string_equal(bt_buf_cstr(&out), good[i].calls);
        bt_buf_done(&out);
        bt_arena_done(&a);
    }
}

static const struct {
    const char *text;
    int line, col;
    const char *message;
} bad[] = {
    {"recon_trace:calls({m,f,1}).", 1, 26, "',' and how many"},
    {"recon_trace:calls(m, 1).", 1, 19, "{mod, fun, args}, or a list of such tuples"},
    {"recon_trace:calls({m,f,1}, 0).", 1, 28, "how many is expected here"},
    {"recon_trace:calls({m,f,1}, {1, 2, 3}).", 1, 28, "how many is expected here"},
    {"recon_trace:calls({m,f,1}, 1, [{scope, x}]).", 1, 40, "scope: "},
    {"recon_trace:calls({m,f,1}, 1, [{pids, x}]).", 1, 33, "has no option pids"},
    {"recon_trace:calls({m,f,1}, 1, [scope]).", 1, 32, "scope needs a value"},
    {"recon_trace:calls({m,f,1}, 1, [{pid, 1.5}]).", 1, 38, "a process is expected here"},
    {"recon_trace:calls({m,f,1}, 1, [{pid, new}).", 1, 42, "',' or ']' is expected here"},
    {"recon_trace:calls({m,f,1}, 1\n", 1, 18, "never closed"},
    {"recon_trace:calls({m,f,1}, 1) recon_trace:clear()", 1, 31, "'.' and another call"},
    {"recon_trace:call({m,f,1}, 1).", 1, 1, "only recon_trace:calls"},
    {"redbug:start(a).", 1, 14, "a pattern in double quotes"},
    {"redbug:start(\"a:b\", [{msgs, x}]).", 1, 29, "msgs: a number"},
    {"redbug:start(\"a:b\", #{msgs = 5}).", 1, 28, "'=>'"},
};

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_calls calls;
        struct beamtap_err err = {0};
        if (bt_call_parse(bad[i].text, &a, &calls, &err) == 0)
            fail_msg("%s: taken", bad[i].text);
        assert_int_equal(err.code, BEAMTAP_ESPEC);
        if (!strstr(err.msg, bad[i].message) || err.loc.line != bad[i].line || err.loc.col != bad[i].col)
            fail_msg("%s: %d:%d: %s", bad[i].text, err.loc.line, err.loc.col, err.msg);
        bt_arena_done(&a);
    }
}

static void test_begins(void **state)
{
    (void)state;
    assert_true(bt_call_begins(" recon_trace : calls ( [{"));
    assert_false(bt_call_begins("recon_trace:calls(_, _)"));
    assert_false(bt_call_begins("recon_trace:calls/2"));
    assert_false(bt_call_begins("redbug:start"));
    assert_false(bt_call_begins("queue:in(a)"));
    assert_false(bt_call_begins(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
