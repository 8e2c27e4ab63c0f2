/*
 * test_elixir.c - Elixir notation: text to tree, tree to text, the same tree again; its tokens; what is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ast_gen.h"
#include "spec/check.h"
#include "spec/lexer.h"
#include "spec/parser.h"

#define N_GENERATED 6000

/* Text, and what it prints as (NULL: as itself). */
static const struct {
    const char *text, *printed;
} specs[] = {
    {"Enum", NULL},
    {"Enum -> return", NULL},
    {"MyApp.Cart", NULL},
    {"MyApp.Repo.*", NULL},
    {"MyApp.Repo._", "MyApp.Repo.*"},
    {"MyApp.Repo.*/2", NULL},
    {"MyApp.Repo.get*/2", NULL},
    {"MyApp.*.get", NULL},
    {"MyApp.*.*", NULL},
    {"Elixir.Elixir.Mir.MyA*", NULL},
    {"MyApp.Web*", NULL},
    {"MyApp.*.\"a b\"/1", NULL},
    {"Elixir.MyApp.Cart.total", "MyApp.Cart.total"},
    {"Enum.map/2", NULL},
    {"Enum.map/_", "Enum.map"},
    {"Enum.map/*", "Enum.map"},
    {"Enum.map(_, f)", NULL},
    {"MyApp.Repo.get!/2 -> return, time", NULL},
    {"MyApp.Repo.valid?(x)", NULL},
    {":queue.in(x, _)when is_list(x)->return", ":queue.in(x, _) when is_list(x) -> return"},
    {":lists", NULL},
    {":nil.f/1", NULL},
    {":\"my mod\".\"my fun\"/0", NULL},
    {"Kernel.+/2", "Kernel.\"+\"/2"},
    {"Kernel.and/2", NULL},
    {"M.f() # a comment", "M.f()"},
    {"M.f(\n  x, # one\n  y\n)", "M.f(x, y)"},
    {"M.f(x) when x > 1 when x == :a", NULL},
    /* tuples */
    {"{:queue, :in, 2}", NULL},
    {"{ Enum , :map , _ }", "{Enum, :map, :_}"},
    {"{:queue, :_, []}", "{:queue, :_, :_}"},
    {"{:queue, :in, return_trace}", "{:queue, :in, :return_trace}"},
    {"[{:queue, :in, 2}, {Enum, :map, :_}]", NULL},
    {"{:queue, :in, fn _ -> return_trace() end}", NULL},
    {"{:queue, :in, fn _ -> :return_trace end}", "{:queue, :in, fn _ -> return_trace() end}"},
    {"{:queue, :in, fn(_) -> exception_trace end}", "{:queue, :in, fn _ -> exception_trace() end}"},
    {"{:queue, :in, fn ([x, _] = args) -> message(args) end}",
        "{:queue, :in, fn [x, _] = args -> message(args) end}"},
    {"{:queue, :in, fn [x] when x > 1 -> message(x); :ok; [_, 2] -> return_trace() end}", NULL},
    {"{:queue, :in, fn [x]\n when x > 1 ->\n  message(x)\n  return_trace()\n\n [_, 2] -> :ok\nend}",
        "{:queue, :in, fn [x] when x > 1 -> message(x); return_trace(); [_, 2] -> :ok end}"},
    {"{:queue, :in, fn [x] -> message({x, [1,\n 2]});\n :ok; end}",
        "{:queue, :in, fn [x] -> message({x, [1, 2]}); :ok end}"},
    {"{:m, :f, [{[:\"$1\", :_], [{:is_list, :\"$1\"}], [{:return_trace}]}]}", NULL},
    /* terms */
    {"M.f(:a, :a?, :\"a b\", :A, :a@b, :==, nil, true, Foo, Foo.Bar, Elixir.Foo)",
        "M.f(:a, :a?, :\"a b\", :\"A\", :a@b, :\"==\", nil, true, Foo, Foo.Bar, Foo)"},
    {"M.f(1, -1, - 1, +1, 1_000, 0xFF, 0b101, 0o17, 1.5, -2.5e-3, ?a, ?\\n, ?\\s, ?é)",
        "M.f(1, -1, -1, 1, 1000, 255, 5, 15, 1.5, -0.0025, 97, 10, 32, 233)"},
    {"M.f(\"\", \"abc\", \"é\", \"a\\nb\", \"\\x00\\xFF\", \"\\u0041\\u{42}\", \"a\\#{b\")",
        "M.f(\"\", \"abc\", \"é\", <<97, 10, 98>>, <<0, 255>>, \"AB\", \"a\\#{b\")"},
    {"M.f('abc', ~c\"abc\", ~c(a\\)b), ~C(a\\n), ~s[ab], ~S\"a\\n\", '')",
        "M.f(~c\"abc\", ~c\"abc\", ~c\"a)b\", ~c\"a\\\\n\", \"ab\", \"a\\\\n\", ~c\"\")"},
    {"M.f(~w(a b), ~w[a  b]a, ~w|a\\n b|c, ~w())", "M.f([\"a\", \"b\"], [:a, :b], [~c\"a\", ~c\"b\"], [])"},
    {"M.f({}, {a}, {:ok, a: 1}, [], [a, b,], [a | t], [a: 1, \"b c\": x])",
        "M.f({}, {a}, {:ok, [{:a, 1}]}, [], [a, b], [a | t], [{:a, 1}, {:\"b c\", x}])"},
    {"M.f(x, a: 1, b: y)", "M.f(x, [{:a, 1}, {:b, y}])"},
    {"M.f(%{}, %{a: x, b: 1}, %{\"k\" => x, :a => 1, b: 2}, %Foo.Bar{a: x}, %Foo{})",
        "M.f(%{}, %{a: x, b: 1}, %{\"k\" => x, :a => 1, :b => 2}, %{__struct__: Foo.Bar, a: x}, "
        "%{__struct__: Foo})"},
    {"M.f(<<>>, <<1, 2>>, <<\"ab\", 1::16-little, 3::size(4)>>, <<\"é\"::utf8>>, <<\"a\"::binary>>)",
        "M.f(\"\", <<1, 2>>, <<97, 98, 1, 0, 3::4>>, \"é\", \"a\")"},
    {"M.f(#PID<0.1.2>, #Reference<0.1.2.3>, #Port<0.6>)", "M.f(#PID<0.1.2>, #Ref<0.1.2.3>, #Port<0.6>)"},
    {"M.f(r = {:ok, _}, a = b = 1)", NULL},
    {"M.f(~c\"ab\" ++ t, [1] ++ [2 | t])", NULL},
    /* operators */
    {"M.f(x) when 1 + 2 * 3 - 4 > 5 and not is_list(x)", NULL},
    {"M.f(x) when (a or b) and c or d", NULL},
    {"M.f(x) when a or (b or c)", NULL},
    {"M.f(x) when a or b or c", NULL},
    {"M.f(x) when x != 1 and x !== 1 and x === 2", NULL},
    {"M.f(x) when x!=1", "M.f(x) when x != 1"},
    {"M.f(x) when (x < 1) == (x > 2)", "M.f(x) when x < 1 == x > 2"},
    {"M.f(x) when div(x, 2) == rem(x, 3) * 2", NULL},
    {"M.f(x) when bor(x, 2) == bxor(x, 3) + bnot(x) + bsl(1, x)",
        "M.f(x) when (x ||| 2) == bxor(x, 3) + bnot(x) + (1 <<< x)"},
    {"M.f(x) when (x &&& 1) == 0 and (x <<< 2 ||| x >>> 1) > 0", NULL},
    {"M.f(x) when :erlang.xor(x, true)", NULL},
    {"M.f(x) when :erlang.\"=:=\"(x, 1) and :erlang.-(x) > 0", "M.f(x) when x === 1 and - x > 0"},
    {"M.f(x) when :erlang.-(1) == x", "M.f(x) when -1 == x"},
    {"M.f(x) when Kernel.is_list(x) and Bitwise.band(x, 1) == 1",
        "M.f(x) when is_list(x) and (x &&& 1) == 1"},
    /* what Elixir makes of its own guards */
    {"M.f(x) when is_nil(x)", "M.f(x) when x == nil"},
    {"M.f(x) when elem(x, 0) == 1 and elem(x, x) == 2 and :erlang.element(0, x)",
        "M.f(x) when elem(x, 0) == 1 and :erlang.element(x + 1, x) == 2 and :erlang.element(0, x)"},
    {"M.f(x) when is_map_key(x, :k) and x.k.l > 1 and :erlang.map_get(\"a\", x) == 2",
        "M.f(x) when is_map_key(x, :k) and :erlang.map_get(:l, x.k) > 1 and :erlang.map_get(\"a\", x) == 2"},
    {"M.f(x) when is_struct(x)",
        "M.f(x) when is_map(x) and is_map_key(x, :__struct__) and is_atom(x.__struct__)"},
    {"M.f(x) when is_struct(x, Foo)",
        "M.f(x) when is_map(x) and is_map_key(x, :__struct__) and x.__struct__ == Foo"},
    {"M.f(x, n) when is_struct(x, n)",
        "M.f(x, n) when is_map(x) and (is_atom(n) or :fail) and is_map_key(x, :__struct__) and "
        "x.__struct__ == n"},
    {"M.f(x) when is_exception(x)",
        "M.f(x) when is_map(x) and is_map_key(x, :__struct__) and is_atom(x.__struct__) and "
        "is_map_key(x, :__exception__) and x.__exception__ == true"},
    {"M.f(x) when x in [1, :a, \"b\"]", "M.f(x) when x === 1 or x === :a or x === \"b\""},
    {"M.f(x) when x in []", "M.f(x) when false"},
    {"M.f(x) when x in 'ab' and x not in ~w(a)a", "M.f(x) when (x === 97 or x === 98) and not (x === :a)"},
    {"M.f(x) when not x in [1]", "M.f(x) when not (x === 1)"},
    {"M.f(x) when x in 1..10", "M.f(x) when is_integer(x) and (x >= 1 and x <= 10)"},
    {"M.f(x) when x in 10..1", "M.f(x) when is_integer(x) and (x <= 10 and x >= 1)"},
    {"M.f(x) when x in (5..5)", "M.f(x) when x === 5"},
    {"M.f(x) when x in 1..10//2",
        "M.f(x) when is_integer(x) and (x >= 1 and x <= 10) and rem(x - 1, 2) === 0"},
    {"M.f(x) when x in -3..3//1", "M.f(x) when is_integer(x) and (x >= -3 and x <= 3)"},
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
            fail_msg("%s: %d: %s", specs[i].text, err.loc.col, err.msg);
        assert_int_equal(first.specs[0].syntax, BT_SYNTAX_ELIXIR);
        assert_int_equal(bt_ast_print(&out, &first, &err), 0);
        assert_string_equal(bt_buf_cstr(&out), specs[i].printed ? specs[i].printed : specs[i].text);
        if (bt_parse(bt_buf_cstr(&out), &a, &second, &err))
            fail_msg("%s: %d: %s", bt_buf_cstr(&out), err.loc.col, err.msg);
        if (!ast_text_equal(&first, &second))
            fail_msg("reads back as another tree: %s", bt_buf_cstr(&out));
        bt_buf_done(&out);
        bt_arena_done(&a);
    }
}

static void test_generated(void **state)
{
    (void)state;
    struct ast_gen g = {.seed = 20261121, .syntax = BT_SYNTAX_ELIXIR};
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

/* Which notation a text is in. */
static void test_notation(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum bt_syntax syntax;
    } texts[] = {
        {"Enum.map/2", BT_SYNTAX_ELIXIR},
        {" \n# a comment\n Enum", BT_SYNTAX_ELIXIR},
        {"Enum when true", BT_SYNTAX_ELIXIR},
        {"Enum->return", BT_SYNTAX_ELIXIR},
        {"My*.f/1", BT_SYNTAX_ELIXIR},
        {"My*", BT_SYNTAX_ERLANG},
        {"M?x", BT_SYNTAX_ERLANG},
        {":lists", BT_SYNTAX_ELIXIR},
        {":\"a b\".f", BT_SYNTAX_ELIXIR},
        {"{:queue, :in, 2}", BT_SYNTAX_ELIXIR},
        {"{ Enum , :map, 2}", BT_SYNTAX_ELIXIR},
        {"{My.App, x", BT_SYNTAX_ELIXIR},
        {"[ {:queue, :in, 2}]", BT_SYNTAX_ELIXIR},
        {"Queue:in/2", BT_SYNTAX_ERLANG},
        {"My.App:f/1", BT_SYNTAX_ERLANG},
        {"Elixir.My.*:f/1", BT_SYNTAX_ERLANG},
        {"{Elixir.My.*, f, 1}", BT_SYNTAX_ERLANG},
        {"{Mod, Fun, '_'}", BT_SYNTAX_ERLANG},
        {"{queue, in, 2}", BT_SYNTAX_ERLANG},
        {"[{queue, in, 2}]", BT_SYNTAX_ERLANG},
        {"[:queue]", BT_SYNTAX_ERLANG},
        {"queue:in(X)", BT_SYNTAX_ERLANG},
        {"'Elixir.Enum':map/2", BT_SYNTAX_ERLANG},
        {": lists", BT_SYNTAX_ERLANG},
        {"", BT_SYNTAX_ERLANG},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct bt_lexer lx;
        assert_int_equal(bt_lex_init(&lx, texts[i].text, NULL, NULL), 0);
        if (lx.syntax != texts[i].syntax)
            fail_msg("%s: is taken for the other notation", texts[i].text);
    }
}

static void test_tokens(void **state)
{
    (void)state;
    static const char text[] = "A.B.in(x: :y, %{z => ~w(a)a}) when a? not in 1..2//3 # c\n<>";
    static const char tokens[] =
        "1:1 alias A.B\n1:4 mark .\n1:5 variable in\n1:7 mark (\n1:8 key x:\n1:11 atom :y\n1:13 mark ,\n"
        "1:15 mark %\n1:16 mark {\n1:17 variable z\n1:19 mark =>\n1:22 words ~w(a)a\n1:28 mark }\n1:29 mark "
        ")\n"
        "1:31 when when\n1:36 variable a?\n1:39 operator not\n1:43 operator in\n1:46 literal 1\n1:47 mark "
        "..\n"
        "1:49 literal 2\n1:50 mark //\n1:52 literal 3\n2:1 mark <>\n";
    struct bt_buf out = BT_BUF_INIT;
    assert_int_equal(bt_tokens_dump(&out, text, NULL), 0);
    assert_string_equal(bt_buf_cstr(&out), tokens);
    bt_buf_done(&out);
}

/* Text, the place of the error, a part of its message. The whole messages are in tests/golden. */
static const struct {
    const char *text;
    int col;
    const char *part;
} bad[] = {
    {"M.f(\"a", 5, "has no closing \""},
    {"M.f('a", 5, "has no closing '"},
    {"M.f(~w(a", 5, "has no closing )"},
    {"M.f(:\"a", 6, "has no closing \""},
    {"M.f(\"\\xZ\")", 6, "no escape"},
    {"M.f(\"\\u{110000}\")", 6, "no such character"},
    {"M.f(\"\\u12\")", 6, "no escape"},
    {"M.f('\\xFF')", 5, "\\u{HH}"},
    {"M.f(:\"\\xFF\")", 6, "\\u{HH}"},
    {"M.f(\"\"\"\nabc\n\"\"\")", 5, "several lines"},
    {"M.f(?", 6, "a character behind it"},
    {"M.f(?\\x41)", 6, "0x41"},
    {"M.f(~x(a))", 5, "sigil"},
    {"M.f(~w(a)z)", 10, "a for atoms"},
    {"M.f(~", 5, "sigil"},
    {"M.f(0xG)", 7, "digit of base 16"},
    {"M.f(16#ff)", 7, "0xFF"},
    {"M.f(1e5)", 6, "1.0e5"},
    {"M.f(%)", 6, "'{' of a map"},
    {"M.f(%{a => })", 12, "a term"},
    {"M.f(%{a})", 8, "'=>'"},
    {"M.f(%{x | a: 1})", 9, "cannot be changed"},
    {"M.f(%{a: 1, 2})", 14, "'=>'"},
    {"M.f(%_{})", 6, "__struct__"},
    {"M.f(x) when x == %Foo{}", 19, "is_struct(x, Foo)"},
    {"M.f([a: 1, 2])", 12, "only more of these"},
    {"M.f([a:1])", 6, "a blank"},
    {"M.f(x,)", 7, "a term"},
    {"M.f(,)", 5, "a term"},
    {"M.f([|t])", 6, "a term"},
    {"M.f([a | b, c])", 11, "']'"},
    {"M.f({a]", 7, "'}'"},
    {"M.f(<<x::8>>)", 7, "look into a binary"},
    {"M.f(<<1::x>>)", 10, "look into a binary"},
    {"M.f(<<\"a\"::8>>)", 7, "no size"},
    {"M.f(<<256>>)", 7, "does not fit"},
    {"M.f(<<'a'>>)", 7, "\"text\""},
    {"M.f(<<1::size(4>>)", 16, "')'"},
    {"M.f(x.y)", 6, "name it there"},
    {"M.f(is_list(x))", 5, "in a pattern"},
    {"M.f(:erlang.is_list(x))", 5, "in a pattern"},
    {"M.f(x in [1])", 7, "in a pattern"},
    {"M.f(1..2)", 5, "in a pattern"},
    {"M.f(fn x -> x end)", 5, "a fun cannot stand"},
    {"M.f(:a(1))", 5, "cannot be called"},
    {"M.f(x) when x[:a]", 14, "x.key"},
    {"M.f(x) when x.a(1)", 13, "cannot be called"},
    {"M.f(x) when x. == 1", 16, "the name of a field"},
    {"M.f(x) when String.length(x)", 13, "none of module 'String'"},
    {"M.f(x) when :lists.sum(x)", 13, "none of module ':lists'"},
    {"M.f(x) when x in y", 18, "a list or a range"},
    {"M.f(x) when x in [1 | x]", 18, "tail"},
    {"M.f(x) when x in 1..2//0", 24, "cannot be 0"},
    {"M.f(x) when x in 1..:a", 21, "from integer to integer"},
    {"M.f(x) when x in 1..2..3", 18, "behind 'in' only"},
    {"M.f(x) when x == 1..2", 18, "behind 'in' only"},
    {"M.f(x) when x // 2", 15, "step of a range"},
    {"M.f(x) when 1 < x < 3", 19, "do not chain"},
    {"M.f(x) when x == 1 == true", 20, "do not chain"},
    {"M.f(x) when is_struct(x, A, B)", 13, "1 or 2 arguments, not 3"},
    {"M.f(x) when elem(x)", 13, "2 arguments, not 1"},
    {"M.f(x) when is_nil()", 13, "1 argument, not 0"},
    {"M.f(x) when x > 1, x < 3", 18, "'and'"},
    {"M.f(x) when x > 1; x < 3", 18, "'or'"},
    {"M.f(x) when", 12, "a test"},
    {"M.f(x) when -> return", 13, "a test"},
    {"M.f(x) when x ->", 15, "nothing stands behind"},
    {"M.f(x) -> retrun", 11, "did you mean 'return'"},
    {"M.f(x) y", 8, "'when' or '->'"},
    {"M.f(x) do", 8, "'when' or '->'"},
    {"M.f(x", 4, "never closed"},
    {"M.", 3, "a function"},
    {"M.f/", 5, "an arity"},
    {"M.f/256", 5, "at most 255"},
    {"M.N(x)", 1, "M.N.fun/2"},
    {"M.N/2", 1, "M.N.fun/2"},
    {"M.f:g/1", 1, "Elixir.Foo.Bar"},
    {":a :b", 1, "stands behind a dot"},
    {"{:queue}", 8, "three elements"},
    {"{:queue, :in}", 13, "three elements"},
    {"{:queue, in, 2}", 10, ":in"},
    {"{:queue, out, 2}", 10, ":out"},
    {"{:queue, :in, x}", 15, ":return_trace"},
    {"{:queue, :in, fun}", 15, "fn [x, _]"},
    {"{:queue, :in, 2", 1, "never closed"},
    {"{:queue, :in, 2} -> return", 18, "ends with its '}'"},
    {"{:queue, :in, 2}, {:queue, :out, 1}", 17, "one tuple only"},
    {"[{:queue, :in, 2}, {queue, :out, 1}]", 21, ":queue"},
    {"{:queue, :in, fn -> :ok end}", 18, "one argument"},
    {"{:queue, :in, fn a, b -> :ok end}", 19, "one argument"},
    {"{:queue, :in, fn [a] end}", 22, "'->'"},
    {"{:queue, :in, fn [a] -> end}", 25, "nothing stands behind"},
    {"{:queue, :in, fn [a] -> :ok}", 15, "no 'end'"},
    {"{:queue, :in, fn [a] -> :ok", 15, "no 'end'"},
    {"{:queue, :in, fn [a] -> :ok, :ok end}", 28, "';' or a line break"},
    {"{:queue, :in, fn [a] -> return_trcae() end}", 25, "did you mean 'return_trace'"},
    {"{:queue, :in, fn [a] -> IO.puts(a) end}", 25, "none of module"},
};

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_ast_text t;
        struct beamtap_err err = {0};
        if (!bt_parse(bad[i].text, &a, &t, &err))
            fail_msg("%s: no error", bad[i].text);
        if (err.code != BEAMTAP_ESPEC || err.loc.line != 1 || err.loc.col != bad[i].col ||
            !strstr(err.msg, bad[i].part))
            fail_msg("%s: %d:%d: %s", bad[i].text, err.loc.line, err.loc.col, err.msg);
        assert_true(err.loc.off + err.loc.len <= strlen(bad[i].text));
        bt_arena_done(&a);
    }
}

/* What bt_check says, in Elixir's words. */
static const struct {
    const char *text;
    int col;
    enum beamtap_code code;
    const char *part;
} unchecked[] = {
    {":_.f/1", 1, BEAMTAP_EWIDE, ":lists.seq/2"},
    {"{:_, :f, 1}", 2, BEAMTAP_EWIDE, "{:lists, :seq, 2}"},
    {"{:lists, :seq, :_}", 1, BEAMTAP_EWIDE, "{:lists, :seq, 2}"},
    {"M.f(x) when y", 13, BEAMTAP_ESPEC, "'y' is not bound"},
    {"M.f(item) when itme", 16, BEAMTAP_ESPEC, "did you mean 'item'"},
    {"M.f(x) when X > 1", 13, BEAMTAP_ESPEC, "did you mean the variable 'x'"},
    {"M.f/1 when x", 12, BEAMTAP_ESPEC, "write the arguments: M.f(x, _)"},
    {":m.f/1 when x", 13, BEAMTAP_ESPEC, "write the arguments: :m.f(x, _)"},
    {"M.f(x) when self == x", 13, BEAMTAP_ESPEC, "self()"},
    {"M.f(x) when x = 1", 13, BEAMTAP_ESPEC, "==="},
    {"M.f(x) when _", 13, BEAMTAP_ESPEC, "give the argument a name"},
    {"M.f(x and y)", 5, BEAMTAP_ESPEC, "'and' cannot stand in a pattern"},
    {"M.f(x <= 1)", 5, BEAMTAP_ESPEC, "when x <= ..."},
    {"M.f(x + 1)", 5, BEAMTAP_ESPEC, "when x === ..."},
    {"M.f({a} = {b})", 11, BEAMTAP_ESPEC, "r = {:ok, _}"},
    {"M.f(\"a\" ++ y)", 5, BEAMTAP_ESPEC, "~c\"abc\" ++ t"},
    {"M.f(:_)", 5, BEAMTAP_ESPEC, "when x === :_"},
    {"M.f(:\"$1\")", 5, BEAMTAP_ESPEC, "when x === :\"$1\""},
    {"M.f(%{x => 1})", 7, BEAMTAP_ESPEC, "must be a constant"},
    {"M.f(%{a: 1, a: 2})", 13, BEAMTAP_ESPEC, "stands twice"},
    {"M.f(x) when :erlang.is_record(x, :a)", 13, BEAMTAP_ESPEC, ":erlang.is_record(x, :state, 4)"},
    {"M.f(x) when return_trace()", 13, BEAMTAP_ESPEC, "behind its '->'"},
    {"M.f(x) when is_list(x, x)", 13, BEAMTAP_ESPEC, "1 argument, not 2"},
    {"{:m, :f, fn {a} -> :ok end}", 13, BEAMTAP_ESPEC, "fn [x, _] -> ... end"},
    {"{:m, :f, [{[:_], [x], []}]}", 19, BEAMTAP_ESPEC, ":\"$1\""},
    {"{:m, :f, [{[_], [], []}]}", 13, BEAMTAP_ESPEC, "written :_"},
};

static void test_check(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof unchecked / sizeof unchecked[0]; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_ast_text t;
        struct beamtap_err err = {0};
        if (bt_parse(unchecked[i].text, &a, &t, &err))
            fail_msg("%s: %d: %s", unchecked[i].text, err.loc.col, err.msg);
        if (!bt_check(&t.specs[0], &a, &err))
            fail_msg("%s: no error", unchecked[i].text);
        if (err.code != unchecked[i].code || err.loc.col != unchecked[i].col ||
            !strstr(err.msg, unchecked[i].part))
            fail_msg("%s: %d: %s", unchecked[i].text, err.loc.col, err.msg);
        bt_arena_done(&a);
    }
}

/* before, then `n` times part, then behind: is it refused, and soon? */
static void assert_refused(
    const char *before, const char *part, size_t n, const char *behind, const char *why)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_buf text = BT_BUF_INIT;
    struct bt_ast_text t;
    struct beamtap_err err = {0};
    bt_buf_puts(&text, before);
    for (size_t i = 0; i < n; i++)
        bt_buf_puts(&text, part);
    bt_buf_puts(&text, behind);
    assert_int_equal(bt_parse(bt_buf_cstr(&text), &a, &t, &err), -1);
    if (!strstr(err.msg, why))
        fail_msg("%s: %s", before, err.msg);
    bt_buf_done(&text);
    bt_arena_done(&a);
}

static void test_bounds(void **state)
{
    (void)state;
    assert_refused("M.f(", "[", 30000, "", "too deeply");
    assert_refused("M.f(x) when ", "not ", 10000, "x", "too deeply");
    assert_refused("M.f(x) when ", "(", 30000, "x", "too deeply");
    assert_refused("M.f(x) when x", ".a", 30000, "", "too deeply");
    assert_refused("M.f(x) when 1", "+1", 30000, "", "too deeply");
    assert_refused(
        "M.f(x) when is_exception(is_exception(is_exception(is_exception(is_exception(is_exception(x))))))",
        "", 0, "", "too often");
    assert_refused("M.f(x) when (x in [1, 2, 3])", " in [1, 2, 3]", 100, "", "too often");
    assert_refused("M.f(x) when [", "x in 1..x,", 6000, "x] == 1", "too often");
    assert_refused("M.f(", "x", 70000, ")", "at most 65536");
    assert_refused("A", "aaaaaaaaaa", 26, ".f", "at most 255");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_generated),
        cmocka_unit_test(test_notation),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
