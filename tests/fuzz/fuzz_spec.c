/*
 * fuzz_spec.c - any text as a spec: compiled, printed back, instrumented, and its error shown.
 *
 * libFuzzer calls LLVMFuzzerTestOneInput (-dict=tests/fuzz/spec.dict, and a copy of tests/golden/compile as corpus).
 * As a program of its own see standalone.h.
 */
#include "safe.h"
#include "standalone.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "match/compile.h"
#include "match/dump.h"
#include "match/instrument.h"
#include "spec/ast.h"
#include "spec/lexer.h"
#include "spec/loc.h"
#include "spec/parser.h"
#include "term/etf_write.h"
#include "term/shape.h"

static void check_error(const char *text, const struct beamtap_err *err)
{
    struct bt_buf out = BT_BUF_INIT;
    assert(err->code == BEAMTAP_ESPEC || err->code == BEAMTAP_EWIDE);
    bt_fuzz_check_err(err);
    assert(err->loc.off <= strlen(text) && err->loc.len <= strlen(text) - err->loc.off);
    bt_loc_excerpt(&out, text, &err->loc);
    bt_fuzz_check_safe(out.data, out.len, true);
    assert(out.len < 2000);
    bt_buf_done(&out);
}

/* Text to tree to text to tree to text: the last two texts are the same. */
static void round_trip(const char *text, struct bt_arena *a)
{
    struct bt_ast_text first, second;
    struct beamtap_err err = {0};
    struct bt_buf once = BT_BUF_INIT, twice = BT_BUF_INIT;
    if (bt_parse(text, a, &first, &err) == 0) {
        /* A variable for a module is refused by bt_check; alone it prints as what is an Elixir module. */
        if (first.specs[0].module.kind == BT_NAME_VAR)
            return;
        assert(bt_ast_dump(&twice, &first, &err) == 0);
        bt_buf_reset(&twice);
        assert(bt_ast_print(&once, &first, &err) == 0);
        /* Printed text can be longer than what may be read: "\x{1}" for a byte. */
        if (once.len <= BT_SPEC_MAX_BYTES) {
            assert(bt_parse(bt_buf_cstr(&once), a, &second, &err) == 0);
            assert(bt_ast_print(&twice, &second, &err) == 0);
            assert(strcmp(bt_buf_cstr(&once), bt_buf_cstr(&twice)) == 0);
        }
    } else {
        check_error(text, &err);
    }
    bt_buf_done(&once);
    bt_buf_done(&twice);
}

static void check_clause(const struct bt_clause *c)
{
    static const uint8_t one[] = {97, 1};
    struct bt_buf out = BT_BUF_INIT;
    size_t n = c->n_captures;
    struct bt_slice *values = calloc(n + 1, sizeof *values);
    assert(values);
    for (size_t i = 0; i < n; i++)
        values[i] = (struct bt_slice){one, sizeof one};
    for (size_t i = 0; i < c->n_args; i++)
        assert(bt_shape_print(&out, c->shape[i], values, n, NULL));
    free(values);
    bt_buf_done(&out);
}

static void check_program(const struct bt_program *prog, struct bt_arena *a)
{
    struct beamtap_err err = {0};
    struct bt_buf out = BT_BUF_INIT, bytes = BT_BUF_INIT;
    const struct bt_trace_pattern *p = &prog->patterns[0];
    assert(prog->n_patterns >= 1 && p->n_clauses >= 1);
    assert(bt_program_dump(&out, prog, &err) == 0);
    bt_fuzz_check_safe(out.data, out.len, true);
    check_clause(&p->clauses[0]);
    for (int mode = BT_ARGS_MODE_NAMED; mode <= BT_ARGS_MODE_ALL; mode++) {
        struct bt_instrument_opts opts = {.base = (uint32_t)mode,
            .range = 10,
            .mode = (enum bt_args_mode)mode,
            .with_caller = prog->wants_time};
        const struct bt_clause *clause = &p->clauses[p->n_clauses - 1];
        size_t id = 1;
        const struct bt_term *t = bt_instrument(a, &clause, &id, 1, &opts);
        assert(t);
        assert(bt_etf_write(&bytes, t, NULL, &err) == 0);
    }
    bt_buf_done(&out);
    bt_buf_done(&bytes);
}

/* Some records to use, with defaults of every kind; read once. */
static const struct bt_records *some_records(void)
{
    static const char text[] =
        "-record(r, {a, b = 2 * 3, c = \"t\", d = {x, [1 | y]}, e = ?M}). -record(s, {}).";
    static struct bt_arena arena;
    static struct bt_records table;
    struct bt_records_text in = {text, sizeof text - 1, "r.hrl", "m", true};
    if (table.n == 0) {
        bt_records_init(&table, &arena);
        assert(bt_records_read(&table, &in, NULL, NULL) == 0);
    }
    return &table;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_compile_opts opts = {.records = some_records()};
    struct bt_program prog;
    struct bt_buf tokens = BT_BUF_INIT;
    struct beamtap_err err = {0};
    char *text = malloc(size + 1); /* exactly as long, so that a byte read too many is seen */
    assert(text);
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    const char *spec = text;
    if (bt_compile(&spec, 1, &opts, &a, &prog, NULL, &err) == 0)
        check_program(&prog, &a);
    else
        check_error(text, &err);
    round_trip(text, &a);
    bt_tokens_dump(&tokens, text, NULL);
    bt_fuzz_check_safe(tokens.data, tokens.len, true);
    bt_buf_done(&tokens);
    bt_arena_done(&a);
    free(text);
    return 0;
}

#ifdef BT_FUZZ_MAIN

/* Whole specs, and words to put into them. */
const struct bt_fuzz_seed bt_fuzz_seeds[] = {
    BT_FUZZ_SEED("queue:in(X,_) when is_list(X) -> return"),
    BT_FUZZ_SEED("'Elixir.Foo':bar/2"),
    BT_FUZZ_SEED("{queue, in, return_trace}"),
    BT_FUZZ_SEED("{lists, '_', '_'}"),
    BT_FUZZ_SEED("m:f(R = {ok, _}, [A, B | T], #{k := {x, Q = {1, _}}}) when R =:= T, hd(B) > 1; element(1, "
                 "Q) =:= {a, b}"),
    BT_FUZZ_SEED(
        "m:f(<0.1.2>, #Ref<0.1.2.3>, #Port<0.6>, fun lists:map/2, \"abc\" ++ T, -1, 16#ffffffffffffffffffff, "
        "1.5e10, $a)"),
    BT_FUZZ_SEED("my_*:/^(a|b)+[c-x]?/(X, _) when X > 1 -> return"),
    BT_FUZZ_SEED("/^x_(?:a{2,3})*$/://a?*/2"),
    BT_FUZZ_SEED("m:f(<<\"abc\">>, <<1,2:16/little>>, <<\"\xC3\xA9\"/utf8>>, <<1.5:32/float>>, <<5:4>>, "
                 "<<3:2/unit:8>>)"),
    BT_FUZZ_SEED("m:f(X) when not (X > 1 andalso X < 2 orelse X =:= 3), X + 1 * 2 - 3 == - X, X div 2 rem 3 "
                 "/= bnot X"),
    BT_FUZZ_SEED("m:f(X, _Y, X) when is_record(X, r, 2), map_get(a, #{a => {X}}) =:= [X | \"s\\x{20AC}\\n\"] "
                 "% comment\n "
                 "-> return"),
    BT_FUZZ_SEED(
        "m:f('_', '$1') when X =:= '$_'; node() =:= a@b, erlang:is_list(X), binary_part(X, 0, 1) =:= <<>>"),
    BT_FUZZ_SEED("m:f(#r{a = X, _ = Y}, m#s{}) when X#r.b > #r.c, is_record(X, m#r), Y =:= X#r{e = 1}; #r{e "
                 "= X} =:= Y"),
    BT_FUZZ_SEED("MyApp.Cart.total(%{id: id, \"k\" => [h | t]}, %Foo.Bar{a: x} = y, _) when id > 3 and not "
                 "is_nil(x) when "
                 "x in 1..9//2 -> return"),
    BT_FUZZ_SEED(
        ":queue.in(\"a\\n\\x41\\u{42}\", 'bc', ~c\"d\", ~w(a b)a, ?a, 0xFF, :\"a b\", <<1, 2::16-little, "
        "\"x\">>, a: 1)"),
    BT_FUZZ_SEED(
        "[{:queue, :in, fn [a, _] when is_list(a) -> message(a); return_trace()\n [x, x] -> :ok end}, {Enum, "
        ":map, 2}]"),
    BT_FUZZ_SEED("{:m, :f, [{[:\"$1\", :_], [{:is_list, :\"$1\"}], [{:return_trace}]}]}"),
    BT_FUZZ_SEED(
        "M.f(x, y) when is_struct(x, y) or is_exception(x) or elem(x, 0) === x.a.b and x not in [1, 'a'] and "
        "(x &&& 1) == rem(y, 2) <<< 3"),
    BT_FUZZ_SEED("M.*.f*/2"),
    BT_FUZZ_SEED(" in "),
    BT_FUZZ_SEED(".."),
    BT_FUZZ_SEED("//"),
    BT_FUZZ_SEED("M.f("),
    BT_FUZZ_SEED("%X{"),
    BT_FUZZ_SEED("a: "),
    BT_FUZZ_SEED("~w("),
    BT_FUZZ_SEED("fn "),
    BT_FUZZ_SEED(" end"),
    BT_FUZZ_SEED("is_struct("),
    BT_FUZZ_SEED("("),
    BT_FUZZ_SEED(")"),
    BT_FUZZ_SEED("{"),
    BT_FUZZ_SEED("}"),
    BT_FUZZ_SEED("["),
    BT_FUZZ_SEED("]"),
    BT_FUZZ_SEED(","),
    BT_FUZZ_SEED(";"),
    BT_FUZZ_SEED(":"),
    BT_FUZZ_SEED("|"),
    BT_FUZZ_SEED("->"),
    BT_FUZZ_SEED(":="),
    BT_FUZZ_SEED("=>"),
    BT_FUZZ_SEED("<<"),
    BT_FUZZ_SEED(">>"),
    BT_FUZZ_SEED("#"),
    BT_FUZZ_SEED("."),
    BT_FUZZ_SEED("="),
    BT_FUZZ_SEED("+"),
    BT_FUZZ_SEED("-"),
    BT_FUZZ_SEED("/"),
    BT_FUZZ_SEED("'"),
    BT_FUZZ_SEED("\""),
    BT_FUZZ_SEED("$"),
    BT_FUZZ_SEED("\\"),
    BT_FUZZ_SEED("_"),
    BT_FUZZ_SEED("X"),
    BT_FUZZ_SEED("when "),
    BT_FUZZ_SEED("andalso "),
    BT_FUZZ_SEED("not "),
    BT_FUZZ_SEED("'$1'"),
    BT_FUZZ_SEED("'_'"),
    BT_FUZZ_SEED("1.5e9"),
    BT_FUZZ_SEED("16#"),
    BT_FUZZ_SEED("<0.1.2>"),
    BT_FUZZ_SEED("\xC3\xA9"),
    BT_FUZZ_SEED("\xE6\xBC\xA2"),
    BT_FUZZ_SEED("\xE2\x80\xAE"),
    BT_FUZZ_SEED("\x1B"),
    BT_FUZZ_SEED("%"),
    BT_FUZZ_SEED("%{"),
    BT_FUZZ_SEED(" "),
    BT_FUZZ_SEED("\n"),
    BT_FUZZ_SEED("fun "),
    BT_FUZZ_SEED("R = "),
    BT_FUZZ_SEED("++"),
    BT_FUZZ_SEED("99999999999999999999999"),
    BT_FUZZ_SEED("/utf8"),
    BT_FUZZ_SEED("\"a\""),
    BT_FUZZ_SEED(" -> time"),
    BT_FUZZ_SEED(" -> return, time"),
};
const size_t bt_fuzz_n_seeds = sizeof bt_fuzz_seeds / sizeof bt_fuzz_seeds[0];

#endif
