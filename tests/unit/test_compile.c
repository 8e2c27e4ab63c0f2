/*
 * test_compile.c - captures, shapes, options, and what is installed. The meaning of match specifications is tested by
 * tests/oracle, their text by tests/golden.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "match/compile.h"
#include "match/dump.h"
#include "match/instrument.h"
#include "spec/ast.h"

static struct bt_arena arena;
static struct bt_buf text;

static int setup(void **state)
{
    (void)state;
    bt_buf_reset(&text);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bt_arena_done(&arena);
    bt_buf_done(&text);
    return 0;
}

static struct bt_program compile(const char *spec)
{
    struct bt_program prog;
    struct beamtap_err err = {0};
    if (bt_compile(&spec, 1, NULL, &arena, &prog, NULL, &err))
        fail_msg("%s: %s", spec, err.msg);
    return prog;
}

/* A term as text; of a shape, _ for a hole and #N for a capture. */
static void put(const struct bt_term *t)
{
    if (t->kind == BT_TERM_HOLE) {
        bt_buf_puts(&text, "_");
    } else if (t->kind == BT_TERM_CAPTURE) {
        bt_buf_printf(&text, "#%zu", t->u.capture);
    } else if (t->kind == BT_TERM_TUPLE || t->kind == BT_TERM_LIST || t->kind == BT_TERM_MAP) {
        static const char *const open[] = {"{", "[", "#{"}, *const close[] = {"}", "]", "}"};
        size_t form = t->kind == BT_TERM_TUPLE ? 0 : t->kind == BT_TERM_LIST ? 1 : 2;
        size_t n = form == 2 ? 2 * t->u.seq.n : t->u.seq.n;
        bt_buf_puts(&text, open[form]);
        for (size_t i = 0; i < n; i++) {
            bt_buf_puts(&text, i ? "," : "");
            put(t->u.seq.items[i]);
        }
        if (t->u.seq.tail) {
            bt_buf_puts(&text, "|");
            put(t->u.seq.tail);
        }
        bt_buf_puts(&text, close[form]);
    } else {
        assert_int_equal(bt_ast_print_term(&text, t, NULL), 0);
    }
}

/* Spec, what is captured, the shapes of the arguments. */
static const struct {
    const char *spec, *captures, *shape;
} rows[] = {
    {"m:f()", "", ""},
    {"m:f(_, _)", "", "_ _ "},
    {"m:f(X, Y)", "'$1' '$2' ", "#0 #1 "},
    {"m:f({ok, X, _})", "'$1' ", "{ok,#0,_} "},
    {"m:f(X, {X, _}, [X | X])", "'$1' ", "#0 {#0,_} [#0|#0] "},
    {"m:f(1, a, <<\"b\">>, 2.5)", "", "1 a <<\"b\">> 2.5 "},
    {"m:f(\"ab\")", "", "[97,98] "},
    {"m:f(\"ab\" ++ T)", "'$1' ", "[97,98|#0] "},
    {"m:f([a, X | [b, Y]])", "'$1' '$2' ", "[a,#0,b,#1] "},
    {"m:f([_ | _])", "", "[_|_] "},
    {"m:f(#{a := X, {b} := _, \"c\" := 1})", "'$1' ", "#{a,#0,{b},_,[99],1} "},
    {"m:f(_X, Y)", "'$2' ", "_ #0 "},
    {"m:f(_X, _X)", "'$1' ", "#0 #0 "},
    {"m:f(_X) when _X > 1", "'$1' ", "#0 "},
    {"m:f(R = {ok, _})", "{hd,'$_'} ", "#0 "},
    {"m:f(_, {ok, _} = R)", "{hd,{tl,'$_'}} ", "_ #0 "},
    {"m:f(R = {ok, X})", "{hd,'$_'} ", "#0 "},
    {"m:f(R = {ok, X}, X)", "{hd,'$_'} '$1' ", "#0 #1 "},
    {"m:f(R = {ok, _}, R)", "'$1' ", "#0 #0 "},
    {"m:f(R = {ok, _}, R = {_, 1})", "{hd,'$_'} ", "#0 #0 "},
    {"m:f(_R = {ok, X})", "'$1' ", "{ok,#0} "},
    {"m:f(_R = {ok, X}) when _R =/= a", "{hd,'$_'} ", "#0 "},
    {"m:f(_ = {ok, X})", "'$1' ", "{ok,#0} "},
    {"m:f(_ = _)", "", "_ "},
    {"m:f(_A = _)", "", "_ "},
    {"m:f(A = B)", "'$1' ", "#0 "},
    {"m:f(A = B, B)", "'$1' '$2' ", "#0 #1 "},
    {"m:f({a, [_, R = {_}]})", "{hd,{tl,{element,2,{hd,'$_'}}}} ", "{a,[_,#0]} "},
    {"m:f([a | R = [_]])", "{tl,{hd,'$_'}} ", "[a|#0] "},
    {"m:f(\"ab\" ++ (R = [_]))", "{tl,{tl,{hd,'$_'}}} ", "[97,98|#0] "},
    {"m:f(#{{k} := R = {_}})", "{map_get,{const,{k}},{hd,'$_'}} ", "#{{k},#0} "},
    {"m:f(#{'$$' := R = {_}})", "{map_get,{const,'$$'},{hd,'$_'}} ", "#{'$$',#0} "},
};

static void test_captures(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bt_program prog = compile(rows[i].spec);
        const struct bt_clause *c = &prog.patterns[0].clauses[0];
        assert_false(c->captures_all);
        assert_int_equal(c->n_args, prog.patterns[0].arity);
        bt_buf_reset(&text);
        for (size_t j = 0; j < c->n_captures; j++) {
            put(c->captures[j]);
            bt_buf_puts(&text, " ");
        }
        assert_string_equal(bt_buf_cstr(&text), rows[i].captures);
        bt_buf_reset(&text);
        for (size_t j = 0; j < c->n_args; j++) {
            put(c->shape[j]);
            bt_buf_puts(&text, " ");
        }
        assert_string_equal(bt_buf_cstr(&text), rows[i].shape);
    }
}

static void test_captures_all(void **state)
{
    (void)state;
    static const char *const specs[] = {"m", "m:_", "m:f", "m:f/2", "m:_/2", "{m, f, '_'}", "{m, f, 2}",
        "{m, f, return_trace}", "m:f/2 when node() =:= a"};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        struct bt_program prog = compile(specs[i]);
        const struct bt_clause *c = &prog.patterns[0].clauses[0];
        assert_true(c->captures_all);
        assert_null(c->shape);
        assert_int_equal(c->n_args, 0);
        assert_int_equal(c->n_captures, 0);
        assert_true(bt_term_is_atom(c->head, "_"));
    }
}

static void test_names(void **state)
{
    (void)state;
    struct bt_program prog = compile("m:_/2");
    const struct bt_trace_pattern *p = &prog.patterns[0];
    assert_string_equal(p->module, "m");
    assert_null(p->function);
    assert_int_equal(p->arity, 2);
    assert_int_equal(p->scope, BT_SCOPE_LOCAL);
    assert_int_equal(p->function_loc.col, 3);
    prog = compile(" {m, '_', '_'}");
    p = &prog.patterns[0];
    assert_null(p->function);
    assert_int_equal(p->arity, -1);
    assert_int_equal(p->scope, BT_SCOPE_GLOBAL);
    assert_int_equal(p->loc.col, 2);
    assert_int_equal(p->loc.len, strlen("{m, '_', '_'}"));
    assert_int_equal(p->module_loc.col, 3);
    prog = compile("m:f(X) when is_boolean(X)");
    assert_int_equal(prog.patterns[0].min_otp, 26);
    assert_string_equal(prog.patterns[0].min_otp_for, "is_boolean");
}

static void test_clauses(void **state)
{
    (void)state;
    struct bt_program prog = compile("m:f(R = {_}, R, X) when X > 1, X < 9; X =:= a -> return");
    const struct bt_trace_pattern *p = &prog.patterns[0];
    assert_true(prog.wants_return);
    assert_int_equal(p->n_clauses, 2);
    assert_int_equal(p->match_spec->u.seq.n, 2);
    put(p->match_spec);
    assert_string_equal(bt_buf_cstr(&text),
        "[{[{'_'},'$1','$2'],[{'=:=','$1',{hd,'$_'}},{'>','$2',1},{'<','$2',9}],[{exception_trace}]},"
        "{[{'_'},'$1','$2'],[{'=:=','$1',{hd,'$_'}},{'=:=','$2',a}],[{exception_trace}]}]");
    for (size_t i = 0; i < 2; i++) {
        assert_true(p->clauses[i].wants_return);
        assert_ptr_equal(p->clauses[i].shape, p->clauses[0].shape);
    }
    assert_false(compile("m:f(X)").wants_return);
}

static void test_options(void **state)
{
    (void)state;
    struct bt_program prog;
    const char *const specs[] = {"m:f/1", "{m, f, 1}", "{m, f, return_trace}", "m:f/1 -> return"};
    const struct bt_compile_opts opts = {.has_scope = true, .scope = BT_SCOPE_GLOBAL, .add_return = true};
    assert_int_equal(bt_compile(specs, 4, &opts, &arena, &prog, NULL, NULL), 0);
    assert_int_equal(prog.n_patterns, 4);
    assert_int_equal(bt_program_dump(&text, &prog, NULL), 0);
    assert_string_equal(bt_buf_cstr(&text), "{{m,f,1},[{'_',[],[{exception_trace}]}],[global]}.\n"
                                            "{{m,f,1},[{'_',[],[{exception_trace}]}],[global]}.\n"
                                            "{{m,f,'_'},[{'_',[],[{return_trace}]}],[global]}.\n"
                                            "{{m,f,1},[{'_',[],[{exception_trace}]}],[global]}.\n");
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(prog.patterns[i].spec, i);
        assert_int_equal(prog.patterns[i].clauses[0].spec, i);
        assert_true(prog.patterns[i].clauses[0].wants_return);
    }
}

static void test_bad_text(void **state)
{
    (void)state;
    struct bt_program prog = {.n_patterns = 77};
    struct beamtap_err err = {0};
    const char *const specs[] = {"m:f/1", "m:f(X) when Y", "-"};
    size_t bad = 99;
    assert_int_equal(bt_compile(specs, 3, NULL, &arena, &prog, &bad, &err), -1);
    assert_int_equal(bad, 1);
    assert_int_equal(err.code, BEAMTAP_ESPEC);
    assert_int_equal(err.loc.col, 13);
    assert_int_equal(prog.n_patterns, 77); /* outputs are untouched on failure */
    assert_int_equal(bt_compile(specs, 3, NULL, &arena, &prog, NULL, NULL), -1);
    assert_int_equal(bt_compile(NULL, 0, NULL, &arena, &prog, NULL, NULL), 0);
    assert_int_equal(prog.n_patterns, 0);
}

/* A name for a part that takes very many steps to reach, and a pattern that grows with each alternative. */
static void test_limits(void **state)
{
    (void)state;
    struct bt_program prog;
    struct beamtap_err err = {0};
    bt_buf_puts(&text, "m:f([_");
    for (int i = 0; i < 600; i++)
        bt_buf_puts(&text, ",_");
    bt_buf_puts(&text, ",R = {_}])");
    const char *spec = bt_buf_cstr(&text);
    assert_int_equal(bt_compile(&spec, 1, NULL, &arena, &prog, NULL, &err), -1);
    assert_non_null(strstr(err.msg, "this far inside"));
    bt_buf_reset(&text);
    bt_err_clear(&err);
    bt_buf_puts(&text, "m:f(\"");
    for (int i = 0; i < 10000; i++)
        bt_buf_puts(&text, "a");
    bt_buf_puts(&text, "\") when a");
    for (int i = 0; i < 30; i++)
        bt_buf_puts(&text, ";a");
    spec = bt_buf_cstr(&text);
    assert_int_equal(bt_compile(&spec, 1, NULL, &arena, &prog, NULL, &err), -1);
    assert_non_null(strstr(err.msg, "more than 200000 terms"));
}

static void put_installed(const char *spec, const struct bt_instrument_opts *opts)
{
    struct bt_program prog = compile(spec);
    const struct bt_clause *clauses[4];
    static const size_t ids[4] = {11, 12, 13, 14};
    for (size_t i = 0; i < prog.patterns[0].n_clauses; i++)
        clauses[i] = &prog.patterns[0].clauses[i];
    const struct bt_term *t = bt_instrument(&arena, clauses, ids, prog.patterns[0].n_clauses, opts);
    assert_non_null(t);
    bt_buf_reset(&text);
    put(t);
}

#define GATE "{'>',{get_tcw},0}"
#define TAKE "{set_tcw,{'-',{get_tcw},1}}"

static void test_instrument(void **state)
{
    (void)state;
    struct bt_instrument_opts opts = {.base = 0, .range = 1000, .mode = BT_ARGS_MODE_NAMED};
    put_installed("m:f({X, _}, Y)", &opts);
    assert_string_equal(
        bt_buf_cstr(&text), "[{[{'$1','_'},'$2'],[" GATE "],[" TAKE ",{message,{{11,'$1','$2'}}}]}]");
    put_installed("m:f(X) when X > 1; X =:= a -> return", &opts);
    assert_string_equal(bt_buf_cstr(&text),
        "[{['$1'],[" GATE ",{'>','$1',1}],[" TAKE ",{message,{{11,'$1'}}},{exception_trace}]},"
        "{['$1'],[" GATE ",{'=:=','$1',a}],[" TAKE ",{message,{{12,'$1'}}},{exception_trace}]}]");
    put_installed("m:f(_)", &opts);
    assert_string_equal(bt_buf_cstr(&text), "[{['_'],[" GATE "],[" TAKE ",{message,{{11}}}]}]");
    put_installed("m:f", &opts);
    assert_string_equal(bt_buf_cstr(&text), "[{'_',[" GATE "],[" TAKE ",{message,{{11,'$_'}}}]}]");
    put_installed("{m, f, return_trace}", &opts);
    assert_string_equal(
        bt_buf_cstr(&text), "[{'_',[" GATE "],[" TAKE ",{message,{{11,'$_'}}},{exception_trace}]}]");
}

static void test_instrument_modes(void **state)
{
    (void)state;
    struct bt_instrument_opts opts = {.base = 0, .range = 1000, .mode = BT_ARGS_MODE_ALL};
    put_installed("m:f({X, _}, Y)", &opts);
    assert_string_equal(
        bt_buf_cstr(&text), "[{[{'$1','_'},'$2'],[" GATE "],[" TAKE ",{message,{{11,'$_'}}}]}]");
    opts.mode = BT_ARGS_MODE_ARITY;
    put_installed("m:f({X, _}, Y)", &opts);
    assert_string_equal(bt_buf_cstr(&text), "[{[{'$1','_'},'$2'],[" GATE "],[" TAKE ",{message,{{11}}}]}]");
    put_installed("m:f", &opts);
    assert_string_equal(bt_buf_cstr(&text), "[{'_',[" GATE "],[" TAKE ",{message,{{11}}}]}]");
}

/* '$_' behind the head [] kills the node: there it is written []. */
static void test_instrument_no_args(void **state)
{
    (void)state;
    struct bt_instrument_opts opts = {.range = 1000, .mode = BT_ARGS_MODE_ALL};
    put_installed("m:f()", &opts);
    assert_string_equal(bt_buf_cstr(&text), "[{[],[" GATE "],[" TAKE ",{message,{{11,[]}}}]}]");
    opts.mode = BT_ARGS_MODE_NAMED;
    put_installed(
        "{m, f, fun([]) when [a|object()] =:= #{a => object()} -> message({object(), '$_'}) end}", &opts);
    assert_string_equal(bt_buf_cstr(&text),
        "[{[],[" GATE ",{'=:=',[a],#{a,[]}}],[" TAKE
        ",{message,{{11,[]}}},{message,{{11,[],{{[],{const,'$_'}}}}}}]}]");
    put_installed("{m, f, fun([] = A) when hd(A) -> message(false) end}", &opts);
    assert_string_equal(bt_buf_cstr(&text), "[{[],[{hd,[]}],[{message,false}]}]");
    put_installed("{m, f, [{[], [], [{message, '$_'}]}, {'_', [], []}]}", &opts);
    assert_string_equal(bt_buf_cstr(&text),
        "[{[],[" GATE "],[" TAKE ",{message,{{11,[]}}},{message,{{11,[],[]}}}]},"
        "{'_',[" GATE "],[" TAKE ",{message,{{12,'$_'}}}]}]");
}

/* With action `time` the last value of each message is the caller. */
static void test_instrument_caller(void **state)
{
    (void)state;
    struct bt_instrument_opts opts = {.range = 1000, .mode = BT_ARGS_MODE_NAMED, .with_caller = true};
    put_installed("m:f({X, _}, Y) -> time", &opts);
    assert_string_equal(bt_buf_cstr(&text),
        "[{[{'$1','_'},'$2'],[" GATE "],[" TAKE ",{message,{{11,'$1','$2',{caller}}}}]}]");
    put_installed("m:f(_) when self() =:= b; node() =:= c -> return, time", &opts);
    assert_string_equal(bt_buf_cstr(&text),
        "[{['_'],[" GATE ",{'=:=',{self},b}],[" TAKE ",{message,{{11,{caller}}}},{exception_trace}]},"
        "{['_'],[" GATE ",{'=:=',{node},c}],[" TAKE ",{message,{{12,{caller}}}},{exception_trace}]}]");
    put_installed("m:f", &opts);
    assert_string_equal(bt_buf_cstr(&text), "[{'_',[" GATE "],[" TAKE ",{message,{{11,'$_',{caller}}}}]}]");
    opts.mode = BT_ARGS_MODE_ALL;
    put_installed("m:f(X)", &opts);
    assert_string_equal(
        bt_buf_cstr(&text), "[{['$1'],[" GATE "],[" TAKE ",{message,{{11,'$_',{caller}}}}]}]");
    opts.mode = BT_ARGS_MODE_ARITY;
    put_installed("m:f(X)", &opts);
    assert_string_equal(bt_buf_cstr(&text), "[{['$1'],[" GATE "],[" TAKE ",{message,{{11,{caller}}}}]}]");
}

/* The user's own body stands behind our two calls, each message(X) of it with our values. */
static void test_instrument_own_body(void **state)
{
    (void)state;
    static const struct {
        const char *fun, *body;
    } table[] = {
        {"ok", "[" TAKE ",{message,{{11,'$_'}}},ok]"},
        {"return_trace()", "[" TAKE ",{message,{{11,'$_'}}},{exception_trace}]"},
        {"message(X)", "[" TAKE ",{message,{{11,'$_'}}},{message,{{11,'$_','$1'}}}]"},
        {"message(true), caller()", "[" TAKE ",{message,{{11,'$_'}}},{message,{{11,'$_'}}},{caller}]"},
        {"message(false), return_trace()",
            "[" TAKE ",{message,{{11,'$_'}}},{message,{{11,'$_'}}},{exception_trace}]"},
        {"X orelse message(false)", "[" TAKE ",{message,{{11,'$_'}}},{'orelse','$1',{message,false}}]"},
        {"X andalso exception_trace()",
            "[" TAKE ",{message,{{11,'$_'}}},{'andalso','$1',{exception_trace}}]"},
        {"{message, X}, [return_trace()]",
            "[" TAKE ",{message,{{11,'$_'}}},{{message,'$1'}},[{exception_trace}]]"},
    };
    struct bt_instrument_opts opts = {.range = 1000, .mode = BT_ARGS_MODE_NAMED};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char spec[200], want[300];
        snprintf(spec, sizeof spec, "{m, f, fun([X]) -> %s end}", table[i].fun);
        snprintf(want, sizeof want, "[{['$1'],[" GATE "],%s}]", table[i].body);
        put_installed(spec, &opts);
        assert_string_equal(bt_buf_cstr(&text), want);
    }
    put_installed("{m, f, fun([X]) when X -> ok, message(false) end}", &opts);
    assert_string_equal(bt_buf_cstr(&text), "[{['$1'],['$1'],[{message,false}]}]");
    put_installed("{m, f, fun([X]) -> message(false), X andalso message(true) end}", &opts);
    assert_string_equal(bt_buf_cstr(&text),
        "[{['$1'],[" GATE "],[" TAKE
        ",{message,{{11,'$_'}}},{message,false},{'andalso','$1',{message,{{11,'$_'}}}}]}]");
    put_installed("{m, f, fun([X]) -> #{k => message(X), return_trace() => 1} end}", &opts);
    assert_string_equal(bt_buf_cstr(&text),
        "[{['$1'],[" GATE "],[" TAKE
        ",{message,{{11,'$_'}}},#{k,{message,{{11,'$_','$1'}}},{exception_trace},1}]}]");
    opts.with_caller = true;
    put_installed("{m, f, fun([X]) -> message(X) end}", &opts);
    assert_string_equal(bt_buf_cstr(&text),
        "[{['$1'],[" GATE "],[" TAKE
        ",{message,{{11,'$_',{caller}}}},{message,{{11,'$_','$1',{caller}}}}]}]");
    opts.mode = BT_ARGS_MODE_ARITY;
    put_installed("{m, f, [{['$1'], [], [{message, '$1'}]}]}", &opts);
    assert_string_equal(bt_buf_cstr(&text),
        "[{['$1'],[" GATE "],[" TAKE ",{message,{{11,{caller}}}},{message,{{11,'$1',{caller}}}}]}]");
}

static void test_instrument_is_whole(void **state)
{
    (void)state;
    struct bt_program all = compile("m:f"), named = compile("m:f(X)");
    const struct bt_clause *a = &all.patterns[0].clauses[0], *n = &named.patterns[0].clauses[0];
    assert_true(bt_instrument_is_whole(a, BT_ARGS_MODE_NAMED));
    assert_false(bt_instrument_is_whole(n, BT_ARGS_MODE_NAMED));
    assert_true(bt_instrument_is_whole(n, BT_ARGS_MODE_ALL));
    assert_false(bt_instrument_is_whole(a, BT_ARGS_MODE_ARITY));
}

/* Only durations: wants_time; where the value is wanted too it comes with its duration. */
static void test_time(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        bool wants_return, wants_time;
    } table[] = {{"m:f(X)", false, false}, {"m:f(X) -> time", false, true}, {"m:f -> time", false, true},
        {"m:f(X) -> return", true, false}, {"m:f(X) -> time, return", true, false},
        {"m:f(X) -> return, time", true, false}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct bt_program prog = compile(table[i].spec);
        const struct bt_clause *c = &prog.patterns[0].clauses[0];
        if (c->wants_return != table[i].wants_return || c->wants_time != table[i].wants_time ||
            prog.wants_return != table[i].wants_return || prog.wants_time != table[i].wants_time)
            fail_msg("%s", table[i].spec);
    }
}

static void test_instrument_base(void **state)
{
    (void)state;
    struct bt_instrument_opts opts = {.base = UINT32_MAX, .range = UINT32_MAX, .mode = BT_ARGS_MODE_NAMED};
    put_installed("m:f(_)", &opts);
    assert_string_equal(bt_buf_cstr(&text),
        "[{['_'],[{'>',{get_tcw},4294967295},{'=<',{get_tcw},8589934590}],[" TAKE ",{message,{{11}}}]}]");
    assert_int_equal(bt_instrument(&arena, NULL, NULL, 0, &opts)->u.seq.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_captures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_captures_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_clauses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_options, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_text, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_instrument, setup, teardown),
        cmocka_unit_test_setup_teardown(test_instrument_modes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_instrument_no_args, setup, teardown),
        cmocka_unit_test_setup_teardown(test_instrument_caller, setup, teardown),
        cmocka_unit_test_setup_teardown(test_instrument_own_body, setup, teardown),
        cmocka_unit_test_setup_teardown(test_instrument_is_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_instrument_base, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
