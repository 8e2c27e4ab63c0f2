/*
 * test_parser.c - text to tree, tree to text, and the same tree again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ast_gen.h"
#include "spec/parser.h"

#define N_GENERATED 4000

/* Text, and what it prints as (NULL: as itself). */
static const struct {
    const char *text, *printed;
} specs[] = {
    {"queue", NULL},
    {"'link'", NULL},
    {"'send' when true -> return", NULL},
    {"'link':f", "link:f"},
    {"link", NULL},
    {"queue:in", NULL},
    {"queue:_", NULL},
    {"_:_", NULL},
    {"_", NULL},
    {"queue:in/2", NULL},
    {"queue:in/_", "queue:in"},
    {"queue:in()", NULL},
    {"queue:in(X, _)", NULL},
    {"queue:in(X,_)when is_list(X)->return", "queue:in(X, _) when is_list(X) -> return"},
    {"queue:in/2 -> return, return;return.", "queue:in/2 -> return"},
    {"queue:in(X) when X > 1, X < 3; X =:= a", NULL},
    {"{queue, in, 2}", NULL},
    {"{ queue , '_' , '_' } .", "{queue, _, '_'}"},
    {"{queue, in, _}", "{queue, in, '_'}"},
    {"{queue, in, []}", "{queue, in, '_'}"},
    {"{queue, in, return_trace}", NULL},
    {"'Elixir.Foo':'bar baz'/1", NULL},
    {"m:f(a, 'b c', 'and', \"s\", 1, -1, 1.5, 16#ff, $a)",
        "m:f(a, 'b c', 'and', \"s\", 1, -1, 1.5, 255, 97)"},
    {"m:f(- 1, + 2, - - 3)", "m:f(-1, 2, 3)"},
    {"m:f(\"a\" \"b\" \"\\x{1}\")", "m:f(\"ab\\x{1}\")"},
    {"m:f({}, {a}, [], [a, b], [a | T], #{}, #{a => 1, \"b\" := {X}})",
        "m:f({}, {a}, [], [a, b], [a | T], #{}, #{a := 1, \"b\" := {X}})"},
    {"m:f(X) when X =:= #{a := 1}", "m:f(X) when X =:= #{a => 1}"},
    {"m:f(R = {ok, _}, {ok, _} = R, A = B = c)", NULL},
    {"m:f(\"ab\" ++ T, [x] ++ \"y\" ++ T)", NULL},
    {"m:f(<<>>, <<\"abc\">>, <<1, 2>>, <<5:3>>)", "m:f(<<>>, <<\"abc\">>, <<1,2>>, <<5:3>>)"},
    {"m:f(<0.1.2>, #PID<0.1.2>, #Ref<0.1.2.3>, #Port<0.6>)",
        "m:f(<0.1.2>, <0.1.2>, #Ref<0.1.2.3>, #Port<0.6>)"},
    {"m:f(fun lists:map/2)", NULL},
    {"m:f(X) when  erlang:is_list( X )", "m:f(X) when erlang:is_list(X)"},
    {"m:f(X) when erlang:'+'(X,1) =:= erlang:'not'(X)", "m:f(X) when erlang:'+'(X, 1) =:= erlang:'not'(X)"},
    {"{m, f, fun([X]) when X =:= - -1 -> #{ a=>X }, erlang:hd(X) end}",
        "{m, f, fun([X]) when X =:= - -1 -> #{a => X}, erlang:hd(X) end}"},
    {"m:f(#r{}, #'r r'{a = X, 'b c' = #s{}, _ = _}, m#r{a = {1}}, 'M'#r{})", NULL},
    {"m:f(X) when X#r.a =:= #r.a + 1, (X)#r.b#s.c, #r{a = X}#r.a, f(X)#r.a, not X#r.a",
        "m:f(X) when X#r.a =:= #r.a + 1, X#r.b#s.c, #r{a = X}#r.a, f(X)#r.a, not X#r.a"},
    {"m:f(X) when (a)#r.a, (1)#r.a, -X#r.a, (X + 1)#r.a, X # r { a = 1 } # s . b",
        "m:f(X) when (a)#r.a, (1)#r.a, - X#r.a, (X + 1)#r.a, X#r{a = 1}#s.b"},
    {"m:f(X) when is_record(X, m#r), is_record(m#r, X), is_record(X, r)", NULL},
    {"m:f(X) when X =:= X#r{a = 1, _ = 2}#s{}", NULL},
    {"m:f(X) when 1 + 2 * 3 - 4 > 5", NULL},
    {"m:f(X) when (1 + 2) * (3 - 4) > 5", NULL},
    {"m:f(X) when 1 - (2 - 3) > 5 - 1 - 2", NULL},
    {"m:f(X) when (a or b) and c or d and e", NULL},
    {"m:f(X) when (a orelse b) andalso c orelse d", NULL},
    {"m:f(X) when a andalso (b andalso c)", "m:f(X) when a andalso b andalso c"},
    {"m:f(X) when (a andalso b) andalso c", NULL},
    {"m:f(X) when (1 < 2) == (2 < 3)", NULL},
    {"m:f(X) when not X =:= Y", "m:f(X) when not X =:= Y"},
    {"m:f(X) when not (X =:= Y)", NULL},
    {"m:f(X) when - (X + 1) * 2 > bnot - X", NULL},
    {"{m, f, fun([X]) when -+9 > + -9, - -9 > bnot 9 -> X end}",
        "{m, f, fun([X]) when - +9 > + -9, - -9 > bnot 9 -> X end}"},
    {"m:f(((X)))", "m:f(X)"},
    {"m:f(X\n  ,  % comment\n Y)", "m:f(X, Y)"},
};

static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_buf out = BT_BUF_INIT;
        struct bt_ast_text first, second;
        struct beamtap_err err = {0};
        if (bt_parse(specs[i].text, &a, &first, &err))
            fail_msg("%s: %s", specs[i].text, err.msg);
        assert_int_equal(bt_ast_print(&out, &first, &err), 0);
        assert_string_equal(bt_buf_cstr(&out), specs[i].printed ? specs[i].printed : specs[i].text);
        assert_int_equal(bt_parse(bt_buf_cstr(&out), &a, &second, &err), 0);
        assert_true(ast_text_equal(&first, &second));
        bt_buf_done(&out);
        bt_arena_done(&a);
    }
}

static void test_generated(void **state)
{
    (void)state;
    struct ast_gen g = {.seed = 20240229};
    for (int i = 0; i < N_GENERATED; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_buf out = BT_BUF_INIT;
        struct beamtap_err err = {0};
        struct bt_ast_text again;
        g.arena = &a;
        struct bt_ast_text made = ast_gen_text(&g, (unsigned)i % 6);
        assert_int_equal(bt_ast_print(&out, &made, &err), 0);
        if (bt_parse(bt_buf_cstr(&out), &a, &again, &err))
            fail_msg("%d: %s\n%d:%d: %s", i, bt_buf_cstr(&out), err.loc.line, err.loc.col, err.msg);
        if (!ast_text_equal(&made, &again))
            fail_msg("%d: reads back as another tree: %s", i, bt_buf_cstr(&out));
        bt_buf_done(&out);
        bt_arena_done(&a);
    }
}

/* Text, the place of the error, a part of its message. Longer ones are in tests/golden. */
static const struct {
    const char *text;
    int line, col;
    const char *part;
} bad[] = {
    {"", 1, 1, "the text ends"},
    {"-", 1, 1, "quote the spec"},
    {"queue:in -", 1, 10, "quote the spec"},
    {"queue:in-", 1, 9, "quote the spec"},
    {"queue:in/2 -\n", 1, 12, "quote the spec"},
    {"queue -", 1, 7, "quote the spec"},
    {"{queue,in,2} -", 1, 14, "quote the spec"},
    {"m:f(X) when X -", 1, 15, "quote the spec"},
    {"m:f(X) when -", 1, 13, "quote the spec"},
    {"queue:in ->", 1, 10, "nothing stands behind '->'"},
    {"queue:in -> 1", 1, 13, "an action"},
    {"queue:in -> return,", 1, 19, "nothing stands behind"},
    {"queue:", 1, 7, "a function"},
    {"queue:/2", 1, 7, "a function"},
    {"queue:in/", 1, 10, "an arity"},
    {"queue:in/-1", 1, 10, "an arity"},
    {"queue:in/1.5", 1, 10, "an arity"},
    {"queue:in/$a", 1, 10, "an arity"},
    {"queue:in/99999999999999999999", 1, 10, "at most 255"},
    {"queue:in(X", 1, 9, "'(' is never closed"},
    {"queue:in({X)", 1, 12, "'}'"},
    {"queue:in([X)", 1, 12, "']'"},
    {"queue:in([X|Y,Z])", 1, 14, "']'"},
    {"queue:in([|Y])", 1, 11, "a term"},
    {"queue:in(X,)", 1, 12, "a term"},
    {"queue:in(,)", 1, 10, "a term"},
    {"queue:in(#{a})", 1, 13, "':='"},
    {"queue:in(#{a := })", 1, 17, "a term"},
    {"queue:in(#{a := 1,})", 1, 19, "a key"},
    {"queue:in(#{a: 1})", 1, 13, "Elixir"},
    {"queue:in(#rec)", 1, 14, "'{' or '.' behind the name of the record"},
    {"queue:in(#rec.)", 1, 15, "the name of a field"},
    {"queue:in(#rec.X)", 1, 15, "the name of a field"},
    {"queue:in(mod#Rec{})", 1, 14, "the name of a record"},
    {"queue:in(#rec{a})", 1, 16, "'='"},
    {"queue:in(#rec{a := 1})", 1, 17, "a field of a record is written with '=': #rec{a = ...}"},
    {"queue:in(#rec{_ => 1})", 1, 17, "#rec{_ = ...}"},
    {"queue:in(#rec{a = })", 1, 19, "a term"},
    {"queue:in(#rec{a = 1,})", 1, 21, "the name of a field"},
    {"queue:in(#rec{_ = 1, _ = 2})", 1, 22, "'_' stands twice"},
    {"queue:in(#rec{A = 1})", 1, 15, "the name of a field"},
    {"queue:in(#rec{a = 1)", 1, 20, "',' or '}'"},
    {"queue:in(#rec{a = 1", 1, 14, "never closed"},
    {"queue:in(#'a\\x{0}b'{})", 1, 11, "cannot have a NUL"},
    {"queue:in('a\\x{0}b'#r{})", 1, 10, "cannot have a NUL"},
    {"queue:in(X) when X#rec", 1, 23, "'{' or '.'"},
    {"queue:in(X#{})", 1, 11, "a map cannot be changed"},
    {"queue:in(X.y)", 1, 11, "Foo.Bar"},
    {"queue:in(X(1))", 1, 10, "cannot be called"},
    {"queue:in(fun(X) -> X end)", 1, 10, "fun mod:name/1"},
    {"queue:in(fun m:f/256)", 1, 18, "an arity"},
    {"queue:in(<<\"a\"/utf8", 1, 10, "'<<' is never closed"},
    {"queue:in(<<a>>)", 1, 12, "a number or a string"},
    {"queue:in(<<1,>>)", 1, 14, "a number or a string"},
    {"queue:in(<<X:8>>)", 1, 12, "look into a binary"},
    {"queue:in(<<1:X>>)", 1, 14, "look into a binary"},
    {"queue:in(<<\"a\"/binary>>)", 1, 16, "look into a binary"},
    {"queue:in(<<1/native>>)", 1, 14, "little or big"},
    {"queue:in(<<-1:7/signed, 128:7>>)", 1, 25, "does not fit into 7 bits"},
    {"queue:in(<<-129/signed>>)", 1, 12, "does not fit"},
    {"queue:in(<<-1>>)", 1, 12, "<<-1/signed>>"},
    {"queue:in(<<1.5>>)", 1, 12, "<<1.5/float>>"},
    {"queue:in(<<1:16/float>>)", 1, 12, "64 or 32"},
    {"queue:in(<<1:8/utf8>>)", 1, 12, "no size"},
    {"queue:in(<<1114112/utf8>>)", 1, 12, "no such character"},
    {"queue:in(<<0:400000, 0:400000>>)", 1, 22, "too large"},
    {"queue:in(case)", 1, 10, "reserved word"},
    {"queue:and/2", 1, 7, "needs quotes: 'and'"},
    {"queue:in when", 1, 14, "a term"},
    {"queue:in(X) when X >", 1, 21, "a term"},
    {"queue:in(X) when lists:member(X, [])", 1, 18, "none of module 'lists'"},
    {"queue:in(X) when 1 < 2 < 3", 1, 24, "do not chain"},
    {"queue:in(X) when X) -> return", 1, 19, "is expected here"},
    {"queue:in/2 x", 1, 12, "is expected here"},
    {"my-app:f/1", 1, 1, "'my-app'"},
    {"lists.seq/2", 1, 1, "lists:seq"},
    {"m:/b", 1, 3, "'/' on both sides"},
    {"/b", 1, 1, "'/' on both sides"},
    {"m:/b\\/", 1, 3, "'/' on both sides"},
    {"m:/a\nb/", 1, 3, "on one line"},
    {"m://1", 1, 3, "an empty regular expression"},
    {"m:/b/ x", 1, 7, "is expected here"},
    {"m:f* x", 1, 6, "is expected here"},
    {"My.Repo:f", 1, 1, "Elixir"},
    {": lists", 1, 1, "a module"},
    {"lists.*", 1, 1, "lists:*"},
    {"m:f(?X)", 1, 5, "macros"},
    {"a ? b", 1, 3, "macros"},
    {"m:f when ?FOO", 1, 10, "macros"},
    {"receive(X)", 1, 8, "write receive(Node, From, Msg)"},
    {"send -> return", 1, 6, "no actions"},
    {"gc(X)", 1, 3, "takes no patterns"},
    {"exit when true", 1, 6, "needs names"},
    {"exit -> stack", 1, 6, "no actions"},
    {"\"queue:in\"", 1, 1, "double quotes"},
    {"seq(1)", 1, 1, "module is missing"},
    {"'a\\0b':f", 1, 1, "NUL"},
    {"{queue}", 1, 7, "three elements"},
    {"{queue, in}", 1, 11, "three elements"},
    {"{queue, in, 2", 1, 1, "'{' is never closed"},
    {"{queue, in, 2, 3}", 1, 14, "'}'"},
    {"{queue, in, 2}, {queue, out, 1}", 1, 15, "one tuple only"},
    {"{queue, in, x}", 1, 13, "return_trace"},
    {"{queue, in, -1}", 1, 13, "return_trace"},
    {"{queue, in, 256}", 1, 13, "at most 255"},
};

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_ast_text s;
        struct beamtap_err err = {0};
        if (!bt_parse(bad[i].text, &a, &s, &err))
            fail_msg("%s: no error", bad[i].text);
        if (err.code != BEAMTAP_ESPEC || err.loc.line != bad[i].line || err.loc.col != bad[i].col ||
            !strstr(err.msg, bad[i].part))
            fail_msg("%s: %d:%d: %s", bad[i].text, err.loc.line, err.loc.col, err.msg);
        assert_true(err.loc.off + err.loc.len <= strlen(bad[i].text));
        assert_int_equal(bt_parse(bad[i].text, &a, &s, NULL), -1); /* nobody need listen */
        bt_arena_done(&a);
    }
}

/* open x n, inner, close x n */
static int parse_nested(
    const char *open, const char *inner, const char *close, int n, struct beamtap_err *err)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf text = BT_BUF_INIT;
    struct bt_ast_text s;
    bt_err_clear(err);
    bt_buf_puts(&text, "m:f(X) when ");
    for (int i = 0; i < n; i++)
        bt_buf_puts(&text, open);
    bt_buf_puts(&text, inner);
    for (int i = 0; i < n; i++)
        bt_buf_puts(&text, close);
    int rc = bt_parse(bt_buf_cstr(&text), &a, &s, err);
    bt_buf_done(&text);
    bt_arena_done(&a);
    return rc;
}

static void test_depth(void **state)
{
    (void)state;
    static const struct {
        const char *open, *inner, *close;
    } forms[] = {{"[", "x", "]"}, {"{", "x", "}"}, {"[a|", "x", "]"}, {"#{a := ", "x", "}"},
        {"abs(", "x", ")"}, {"not ", "x", ""}, {"", "x", " + 1"}, {"1 ++ ", "x", ""}, {"a andalso ", "x", ""},
        {"(", "x", " + 1)"}};
    struct beamtap_err err;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        assert_int_equal(
            parse_nested(forms[i].open, forms[i].inner, forms[i].close, BT_SPEC_MAX_DEPTH - 1, &err), 0);
        assert_int_equal(
            parse_nested(forms[i].open, forms[i].inner, forms[i].close, BT_SPEC_MAX_DEPTH, &err), -1);
        assert_non_null(strstr(err.msg, "nested too deeply"));
        assert_int_equal(parse_nested(forms[i].open, forms[i].inner, forms[i].close, 6000, &err), -1);
        assert_non_null(strstr(err.msg, "nested too deeply"));
    }
    assert_int_equal(parse_nested("(", "x", ")", 6000, &err), -1);
}

static void test_many_arguments(void **state)
{
    (void)state;
    struct beamtap_err err = {0};
    for (int n = 255; n <= 256; n++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_buf text = BT_BUF_INIT;
        struct bt_ast_text s;
        bt_buf_puts(&text, "m:f(_");
        for (int i = 1; i < n; i++)
            bt_buf_puts(&text, ",_");
        bt_buf_puts(&text, ")");
        assert_int_equal(bt_parse(bt_buf_cstr(&text), &a, &s, &err), n == 255 ? 0 : -1);
        bt_buf_done(&text);
        bt_arena_done(&a);
    }
    assert_non_null(strstr(err.msg, "at most 255 arguments, here are 256"));
}

static void test_places(void **state)
{
    (void)state;
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_ast_text s;
    assert_int_equal(bt_parse("  mod:fu0({a, B},\n X) when X > 1.", &a, &s, NULL), 0);
    assert_int_equal(s.specs[0].loc.off, 2);
    assert_int_equal(s.specs[0].loc.len, strlen("mod:fu0({a, B},\n X) when X > 1"));
    assert_int_equal(s.specs[0].module.loc.col, 3);
    assert_int_equal(s.specs[0].function.loc.len, 3);
    assert_int_equal(s.specs[0].clauses[0].head->u.seq.items[0]->loc.len, strlen("{a, B}"));
    assert_int_equal(s.specs[0].clauses[0].head->u.seq.items[1]->loc.line, 2);
    assert_int_equal(s.specs[0].clauses[0].head->u.seq.items[1]->loc.col, 2);
    assert_int_equal(s.specs[0].clauses[0].guards[0].tests[0]->loc.len, strlen("X > 1"));
    bt_arena_done(&a);
}

static void dump_is(const char *text, const char *want)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf out = BT_BUF_INIT;
    struct bt_ast_text s;
    assert_int_equal(bt_parse(text, &a, &s, NULL), 0);
    assert_int_equal(bt_ast_dump(&out, &s, NULL), 0);
    assert_string_equal(bt_buf_cstr(&out), want);
    bt_buf_done(&out);
    bt_arena_done(&a);
}

static void test_dump(void **state)
{
    (void)state;
    dump_is("m:f([X | T], #{a := _})\n when not X; is_list(T), \"s\" -> return", "call spec @1:1+62\n"
                                                                                 "  module m @1:1+1\n"
                                                                                 "  function f @1:3+1\n"
                                                                                 "  args @1:4+20\n"
                                                                                 "    list @1:5+7\n"
                                                                                 "      var X @1:6+1\n"
                                                                                 "      tail\n"
                                                                                 "        var T @1:10+1\n"
                                                                                 "    map @1:14+9\n"
                                                                                 "      literal a @1:16+1\n"
                                                                                 "      wild _ @1:21+1\n"
                                                                                 "  when\n"
                                                                                 "    op not @2:7+5\n"
                                                                                 "      var X @2:11+1\n"
                                                                                 "  or when\n"
                                                                                 "    call is_list @2:14+10\n"
                                                                                 "      var T @2:22+1\n"
                                                                                 "    string \"s\" @2:26+3\n"
                                                                                 "  action return @2:33+6\n");
    dump_is("{m, '_', return_trace}",
        "recon tuple @1:1+22\n  module m @1:2+1\n  function _ @1:5+3\n  args return_trace @1:10+12\n");
    dump_is("m:f(s#r{a = X, _ = 1}) when X#r.b",
        "call spec @1:1+33\n  module m @1:1+1\n  function f @1:3+1\n  args @1:4+19\n"
        "    record s#r @1:5+17\n      field a @1:9+1\n        var X @1:13+1\n      other fields\n"
        "        literal 1 @1:20+1\n  when\n    record access #r @1:29+5\n      field b @1:33+1\n      of\n"
        "        var X @1:29+1\n");
    dump_is("m:f/2", "call spec @1:1+5\n  module m @1:1+1\n  function f @1:3+1\n  arity 2 @1:4+2\n");
    dump_is("m", "call spec @1:1+1\n  module m @1:1+1\n  function _\n  args any\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_generated),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_many_arguments),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_dump),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
