/*
 * test_records.c - definitions of records out of Erlang text, also text that is none.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "spec/records.h"

/* Every record as one word: "state{n=0,q=undefined}"; a default that is not known in <>, trouble behind !. */
static void dump(struct bt_buf *out, const struct bt_records *t)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct bt_record *rec = &t->items[i];
        bt_buf_printf(out, "%s%s{", i ? " " : "", rec->name);
        for (size_t j = 0; j < rec->n_fields && !rec->trouble; j++) {
            const struct bt_record_field *f = &rec->fields[j];
            bt_buf_printf(out, "%s%s=", j ? "," : "", f->name);
            if (f->value)
                assert_int_equal(bt_ast_print_expr(out, f->value, true, NULL), 0);
            else
                bt_buf_printf(out, "<%s>", f->not_known);
        }
        bt_buf_printf(out, "}%s", rec->trouble ? "!" : "");
    }
}

static void read_all(struct bt_records *t, struct bt_arena *a, const char *text, size_t len)
{
    struct beamtap_err err = {0};
    struct bt_records_text in = {text, len, "t.hrl", "t", true};
    size_t n = 99;
    bt_records_init(t, a);
    if (bt_records_read(t, &in, &n, &err) < 0)
        fail_msg("%.100s: %s", text, err.msg);
    assert_int_equal(n, t->n);
}

static const struct {
    const char *text, *records;
} good[] = {
    {"", ""},
    {"-record(a, {}).", "a{}"},
    {"-record(a, {x}).", "a{x=undefined}"},
    {"-record(a, {x, y}).", "a{x=undefined,y=undefined}"},
    {"- record ( a , { x = 1 , y } ) .", "a{x=1,y=undefined}"},
    {"-record(a,{x=1,y=b,z=\"s\"}).", "a{x=1,y=b,z=\"s\"}"},
    {"-record('My Rec', {'x y' = 'Z', zß}).", "My Rec{x y='Z',zß=undefined}"},
    {"-record(a,\n{x :: integer(),\n y = 2 :: integer() | undefined,\n z}).",
        "a{x=undefined,y=2,z=undefined}"},
    {"-record(a, {x = [] :: [{atom(), any()}], y = {} :: {}}).", "a{x=[],y={}}"},
    {"-record(a, {x :: #{a := b, c => d}, y :: <<_:8, _:_*8>>, z}).",
        "a{x=undefined,y=undefined,z=undefined}"},
    {"-record(a, {x :: fun((a, b) -> {c, d}), y :: fun(), z}).", "a{x=undefined,y=undefined,z=undefined}"},
    {"-record(a, {x :: #b{c :: integer(), d}, y :: X :: c}).", "a{x=undefined,y=undefined}"},
    {"-record(a, {x = <<1,2>> :: binary(), y=<<\"a,b\">>, z =<<>>}).", "a{x=<<1,2>>,y=<<\"a,b\">>,z=<<>>}"},
    {"-record(a, {x = #{k => 1, l => [2]}, y = {a, {b, [c | d]}}}).",
        "a{x=#{k => 1, l => [2]},y={a, {b, [c | d]}}}"},
    {"-record(a, {x = 5 * 1000, y = -1, z = 1.5, u = $,, v = 16#ff}).",
        "a{x=5 * 1000,y=-1,z=1.5,u=44,v=255}"},
    {"-record(a, {x = $}, y = $\\}, z = $\\^], u = $', v = $\"}).", "a{x=125,y=125,z=29,u=39,v=34}"},
    {"-record(a, {x = \"}, y\", y = '}', z = \"\\\"\"}).", "a{x=\"}, y\",y='}',z=\"\\\"\"}"},
    {"-record(a, {x = self(), y = node(), z = is_list(1)}).", "a{x=self(),y=node(),z=is_list(1)}"},
    {"-record(a, {x = begin, y}).\n-record(b, {z}).", "a{}! b{z=undefined}"},
    /* defaults that are no constants */
    {"-record(a, {x = ?MAX, y = dict:new(), z = f()}).", "a{x=<?MAX>,y=<dict:new()>,z=<f()>}"},
    {"-record(a, {x = fun() -> a, b end, y = fun m:f/1, z}).",
        "a{x=<fun() -> a, b end>,y=fun m:f/1,z=undefined}"},
    {"-record(a, {x = case 1 of 1 -> {a,b}; _ -> c end :: any(), y = #b{}}).",
        "a{x=<case 1 of 1 -> {a,b}; _ -> c end>,y=<#b{}>}"},
    {"-record(a, {x = fun(_) -> fun(_) -> ok end, x end, y = A}).",
        "a{x=<fun(_) -> fun(_) -> ok end, x end>,y=<A>}"},
    {"-record(a, {x = [?A, ?B(1, 2)], y = {?A}, z = \"a\" ++ \"b\"}).",
        "a{x=<[?A, ?B(1, 2)]>,y=<{?A}>,z=<\"a\" ++ \"b\">}"},
    {"-record(a, {x = % no }, here\n 7}).", "a{x=7}"},
    {"-record(a, {x = {1 % ,\n}}).", "a{x={1}}"},
    /* what stands around */
    {"-module(m).\n-export([f/1]).\n-record(a, {x}).\nf(X) -> X#a.x - record(a, {y}).\n-record(b, {x}).",
        "a{x=undefined} b{x=undefined}"},
    {"%% -record(no, {x}).\n-record(a, {x}). % -record(no, {x}).\n", "a{x=undefined}"},
    {"f() -> \"-record(no, {x}).\n-record(no, {x}).\", '-record(no, {})'.\n-record(a, {x}).",
        "a{x=undefined}"},
    {"-define(Q, $\"). -define(R, $'). -record(a, {x}).", "a{x=undefined}"},
    {"-ifdef(X).\n-record(a, {x}).\n-else.\n-record(a, {x, y}).\n-endif.\n", "a{x=undefined}"},
    {"-doc \"\"\"\n  It's \"quoted\"\n  -record(no, {}).\n  \"\"\".\n-record(a, {x}).", "a{x=undefined}"},
    {"-doc ~S(it's \\).\n-record(a, {x}).\n-doc ~\"it's\".\n-record(b, {}).", "a{x=undefined} b{}"},
    {"f() -> \"\", \"a\" \"b\", \"\"\"\".\n-record(a, {x}).", "a{x=undefined}"},
    {"-include(\"x.hrl\").\r\n-record(a, {x\r\n, y}).\r\n", "a{x=undefined,y=undefined}"},
    {"\xEF\xBB\xBF-record(a, {x}).", ""}, /* a mark in front hides the first form, as from OTP */
    {"f() -> a.\n   -record(a, {x}).", "a{x=undefined}"},
    {"f() -> a. -record(a, {x}).", "a{x=undefined}"},
    {"f() -> a\n-record(a, {x}).", "a{x=undefined}"}, /* the dot was forgotten */
    {"-record(a, {x = 1}", "a{x=1}"},                 /* cut off */
    /* what cannot be read */
    {"-record(?A, {x}).\n-record(b, {x}).", "b{x=undefined}"},
    {"-record(A, {x}). -record(1, {x}). -record(\"a\", {x}). -record(case, {x}).", ""},
    {"-record(a, ?FIELDS). -record(b, {x}).", "a{}! b{x=undefined}"},
    {"-record(a, {x, ?FIELDS, y}). -record(b, {x}).", "a{}! b{x=undefined}"},
    {"-record(a, [x]). -record(b, {x}).", "a{}! b{x=undefined}"},
    {"-record(a, {1}). -record(b, {X}). -record(c, {x y}).", "a{}! b{}! c{}!"},
    {"-record(a, {x = ], y}). -record(b, {x})}).", "a{}! b{x=undefined}"},
    {"-record(a, {x = [\n-record(b, {x}).", "a{}! b{x=undefined}"},
    {"-record(a, {x = {\n-type t() :: a.\n-record(b, {x}).", "a{}! b{x=undefined}"},
    {"-record(a, {x = end}). -record(b, {x = }). -record(c, {x,}).", "a{}! b{}! c{x=undefined}"},
    {"-record(a). -record. -record -record( -record(b -record(c, .", "a{}!"},
    {"-record(a, {x = 'open, y}).\n-record(b, {x}).", "a{}! b{x=undefined}"},
    {"-record(a, {x = \"open, y}).\n-record(b, {x}).", "a{}!"},
};

static void texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_records t;
        struct bt_buf b = BT_BUF_INIT;
        read_all(&t, &a, good[i].text, strlen(good[i].text));
        dump(&b, &t);
        if (strcmp(bt_buf_cstr(&b), good[i].records) != 0)
            fail_msg("%s\n  gives  %s\n  not    %s", good[i].text, bt_buf_cstr(&b), good[i].records);
        bt_buf_done(&b);
        bt_arena_done(&a);
    }
}

static void finding(void **state)
{
    (void)state;
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_records t;
    static const char one[] = "-module(real).\n-record(state, {count, total}).\n";
    static const char two[] = "\n\n-record(state, {x}). -record(other, ?X).";
    struct bt_records_text in1 = {one, strlen(one), "src/one.erl", "one", true};
    struct bt_records_text in2 = {two, strlen(two), "two.hrl", "two", true};
    bt_records_init(&t, &a);
    assert_null(bt_records_find(&t, NULL, "state"));
    assert_false(bt_records_has_module(&t, "one"));
    assert_int_equal(bt_records_read(&t, &in1, NULL, NULL), 0);
    assert_int_equal(bt_records_read(&t, &in2, NULL, NULL), 0);
    assert_int_equal(t.n, 3);
    assert_ptr_equal(bt_records_find(&t, NULL, "state"), &t.items[0]);
    assert_ptr_equal(bt_records_find(&t, "one", "state"), &t.items[0]);
    assert_ptr_equal(bt_records_find(&t, "real", "state"), &t.items[0]);
    assert_ptr_equal(bt_records_find(&t, "two", "state"), &t.items[1]);
    assert_null(bt_records_find(&t, "one", "other"));
    assert_null(bt_records_find(&t, "three", "state"));
    assert_true(bt_records_has_module(&t, "one") && bt_records_has_module(&t, "real"));
    assert_false(bt_records_has_module(&t, "three"));
    assert_string_equal(t.items[0].from, "src/one.erl:2");
    assert_string_equal(t.items[1].from, "two.hrl:3");
    assert_string_equal(t.items[2].trouble, "its fields are a macro");
    assert_string_equal(bt_records_suggest(&t, NULL, "oter"), "other");
    assert_null(bt_records_suggest(&t, "one", "oter"));
    assert_int_equal(bt_record_field(&t.items[0], "total"), 1);
    assert_int_equal(bt_record_field(&t.items[0], "totals"), 2);
    assert_string_equal(bt_record_suggest(&t.items[0], "totals"), "total");
    assert_null(bt_record_suggest(&t.items[0], "elsewhere"));
    bt_arena_done(&a);
}

/* ---- hostile texts: nothing is promised but an end, soon, with what can be read ---- */

/* What stands between begin and end n times, in a buffer of exactly that size, so that a read past it is seen. */
static void repeat(const char *begin, const char *piece, size_t n, const char *end, size_t n_records)
{
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_records t;
    struct bt_buf b = BT_BUF_INIT;
    bt_buf_puts(&b, begin);
    for (size_t i = 0; i < n; i++)
        bt_buf_puts(&b, piece);
    bt_buf_puts(&b, end);
    char *exact = malloc(b.len ? b.len : 1);
    assert_non_null(exact);
    memcpy(exact, b.data, b.len);
    read_all(&t, &a, exact, b.len);
    if (t.n != n_records)
        fail_msg("%s%s...%s: %zu records", begin, piece, end, t.n);
    free(exact);
    bt_buf_done(&b);
    bt_arena_done(&a);
}

static void huge(void **state)
{
    (void)state;
    repeat("-record(a, {x = ", "[", 1000000, "}).\n-record(b, {}).", 2);
    repeat("-record(a, {x = ", "[", 1000000, "", 1);
    repeat("-record(a, {x = ", "'\\", 1000000, "\n-record(b, {}).", 2);
    repeat("", "-record(a, {x = [", 200000, "", 1);
    repeat("", "-record(a, {x = [\n", 200000, "", 1);
    repeat("", "\"", 2000001, "", 0);
    repeat("\"\"\"\n", "\"\"\n", 500000, "\"\"\". -record(a, {}).", 1);
    repeat("", "~S(", 500000, "", 0);
    repeat("-record(a, {x = ", "fun(", 300000, "}).", 1);
    repeat("-record(a, {x = ", "1 - ", 300000, "1}).", 1);
    repeat("-record(a, {x", ", x", 20000, "}).", 1);
    repeat("-record(", "a", 2000000, ", {x}).", 0);
    repeat("-record(a, {", "a", 2000000, "}).", 1);
    repeat("", "-record(a, {x}).\n", 300000, "", 1);
    repeat("", "%", 3000000, "", 0);
}

static void cut_anywhere(void **state)
{
    (void)state;
    static const char text[] =
        "-module('m'). -record(a, {x = \"s\" ++ $', y = <<1,2>> :: <<_:8>>, z = fun(A) -> A end, "
        "'q' = ~S(a), r = $\\^A, s = ?M(1), t = #b{c = 1}}).\n-doc \"\"\"\n x\n \"\"\".\n-record(b, {}).";
    for (size_t n = 0; n < sizeof text; n++) {
        char *exact = malloc(n ? n : 1);
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_records t;
        assert_non_null(exact);
        memcpy(exact, text, n);
        read_all(&t, &a, exact, n);
        assert_in_range(t.n, 0, 2);
        free(exact);
        bt_arena_done(&a);
    }
}

/* Bytes of no meaning, and Erlang's marks in no order. */
static void junk(void **state)
{
    (void)state;
    static const char marks[] = "-record(a,{x=1})..\n\n\"'$~\\%<>:#?[]{}() \0\xff\xc3"
                                "fun end case S\"\"\"";
    unsigned seed = 1;
    for (int round = 0; round < 3000; round++) {
        struct bt_arena a = BT_ARENA_INIT;
        struct bt_records t;
        size_t len = (size_t)round % 300;
        char *text = malloc(len ? len : 1);
        assert_non_null(text);
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1103515245u + 12345u;
            unsigned v = seed >> 16;
            text[i] = round % 2 ? (char)(v & 0xff) : marks[v % (sizeof marks - 1)];
        }
        if (len > 60)
            memcpy(text + len / 3, "\n-record(a,{x=", 14);
        read_all(&t, &a, text, len);
        assert_in_range(t.n, 0, len);
        free(text);
        bt_arena_done(&a);
    }
}

static void nul_bytes(void **state)
{
    (void)state;
    static const char text[] =
        "\0\n-record(a\0, {x}).\n-record(b, {x\0, y}).\n-record(c, {x = 1\0}).\n-record(d, {x}).";
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_records t;
    struct bt_buf b = BT_BUF_INIT;
    read_all(&t, &a, text, sizeof text - 1);
    dump(&b, &t);
    assert_int_equal(t.n, 4);
    assert_string_equal(t.items[0].name, "a");
    assert_string_equal(t.items[0].trouble, "its definition is not one that can be read");
    assert_non_null(t.items[1].trouble);
    assert_null(t.items[2].fields[0].value);
    assert_null(t.items[3].trouble);
    bt_buf_done(&b);
    bt_arena_done(&a);
}

static void limits(void **state)
{
    (void)state;
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_records t;
    struct bt_buf b = BT_BUF_INIT;
    struct beamtap_err err = {0};
    bt_records_init(&t, &a);
    struct bt_records_text in = {"", BT_RECORDS_MAX_BYTES + 1, "big.hrl", "big", true};
    assert_int_equal(bt_records_read(&t, &in, NULL, &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "big.hrl has more than 8 MB");
    for (int i = 0; i <= BT_RECORDS_MAX; i++)
        bt_buf_printf(&b, "-record(r%d, {}).\n", i);
    in.text = b.data;
    in.len = b.len;
    assert_int_equal(bt_records_read(&t, &in, NULL, &err), -1);
    assert_err(&err, BEAMTAP_EUSAGE, "more than 10000 definitions");
    bt_buf_done(&b);
    bt_arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(finding),
        cmocka_unit_test(huge),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(junk),
        cmocka_unit_test(nul_bytes),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
