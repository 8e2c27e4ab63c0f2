/*
 * test_lexer.c - tokens and their places.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "spec/lexer.h"

/* Text, and its tokens as bt_tokens_dump prints them. */
static const struct {
    const char *text, *tokens;
} good[] = {
    {"", ""},
    {"  \t\n % only a comment", ""},
    {"queue:in/2", "1:1 atom queue\n1:6 mark :\n1:7 atom in\n1:9 operator /\n1:10 literal 2\n"},
    {"x X->return", "1:1 atom x\n1:3 variable X\n1:4 mark ->\n1:6 atom return\n"},
    {"a\n  b", "1:1 atom a\n2:3 atom b\n"},
    {"a % comment\nb", "1:1 atom a\n2:1 atom b\n"},
    {"_ _X X@_1", "1:1 wildcard _\n1:3 variable _X\n1:6 variable X@_1\n"},
    {"'a b' \"c\" $d", "1:1 atom 'a b'\n1:7 string \"c\"\n1:11 literal $d\n"},
    {"é Ü größe", "1:1 atom é\n1:3 variable Ü\n1:5 atom größe\n"},
    {"\"漢字\" x", "1:1 string \"漢字\"\n1:6 atom x\n"},
    {"1 1.5 1.0e-3 16#fF 1_000 $\\n $\\x{20ac}",
        "1:1 literal 1\n1:3 literal 1.5\n1:7 literal 1.0e-3\n1:14 literal 16#fF\n1:20 literal 1_000\n"
        "1:26 literal $\\n\n1:30 literal $\\x{20ac}\n"},
    {"1..2", "1:1 literal 1\n1:2 mark .\n1:3 mark .\n1:4 literal 2\n"},
    {"<0.1.2> #PID<0.1.2> #Ref<0.1.2.3> #Port<0.6>", "1:1 literal <0.1.2>\n1:9 literal #PID<0.1.2>\n1:21 "
                                                     "literal #Ref<0.1.2.3>\n1:35 literal #Port<0.6>\n"},
    {"X<0.5", "1:1 variable X\n1:2 operator <\n1:3 literal 0.5\n"},
    {"<0.1", "1:1 operator <\n1:2 literal 0.1\n"},
    {"#{a:=1,b=>2}",
        "1:1 mark #\n1:2 mark {\n1:3 atom a\n1:4 mark :=\n1:6 literal 1\n1:7 mark ,\n1:8 atom b\n"
        "1:9 mark =>\n1:11 literal 2\n1:12 mark }\n"},
    {"B=<<\"x\">>", "1:1 variable B\n1:2 operator =\n1:3 mark <<\n1:5 string \"x\"\n1:8 mark >>\n"},
    {"=:= =/= == /= =< >= < > = ++ -- + - * /",
        "1:1 operator =:=\n1:5 operator =/=\n1:9 operator ==\n1:12 operator /=\n1:15 operator =<\n"
        "1:18 operator >=\n1:21 operator <\n1:23 operator >\n1:25 operator =\n1:27 operator ++\n"
        "1:30 operator --\n1:33 operator +\n1:35 operator -\n1:37 operator *\n1:39 operator /\n"},
    {"when fun andalso not div case andalso1",
        "1:1 when when\n1:6 fun fun\n1:10 operator andalso\n1:18 operator not\n1:22 operator div\n"
        "1:26 reserved case\n1:31 atom andalso1\n"},
    {"maybe else 'case'", "1:1 atom maybe\n1:7 atom else\n1:12 atom 'case'\n"},
};

static void test_tokens(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        struct bt_buf out = BT_BUF_INIT;
        struct beamtap_err err = {0};
        if (bt_tokens_dump(&out, good[i].text, &err))
            fail_msg("%s: %s", good[i].text, err.msg);
        assert_string_equal(bt_buf_cstr(&out), good[i].tokens);
        bt_buf_done(&out);
    }
}

/* Text, the place of the error, a part of its message. */
static const struct {
    const char *text;
    int line, col;
    const char *part;
} bad[] = {
    {"a\xFF", 1, 2, "16#FF is not UTF-8"},
    {"a \xC3", 1, 3, "not UTF-8"},
    {"\n\xED\xA0\x80", 2, 1, "not UTF-8"},
    {"'abc", 1, 1, "no closing '"},
    {"\"abc\\", 1, 5, "no escape"},
    {"\"abc\\\"", 1, 1, "no closing \""},
    {"$", 1, 1, "needs a character"},
    {"$\\", 1, 2, "no escape"},
    {"\"a\\xZZ\"", 1, 3, "no escape"},
    {"\"a\\x{}\"", 1, 3, "no escape"},
    {"\"\\x{110000}\"", 1, 2, "no such character"},
    {"\"\\x{D800}\"", 1, 2, "no such character"},
    {"\"\\x{FFFFFFFFFFFFFFFFFFFF}\"", 1, 2, "no such character"},
    {"$\\^a", 1, 2, "no escape"},
    {"37#1", 1, 1, "base is 2 to 36"},
    {"1#0", 1, 1, "base is 2 to 36"},
    {"2#2", 1, 3, "digit of base 2"},
    {"16#fg", 1, 5, "'g' cannot stand"},
    {"1.5x", 1, 4, "'x' cannot stand"},
    {"1e5", 1, 2, "1.0e5"},
    {"1__0", 1, 2, "'_' cannot stand"},
    {"1_", 1, 2, "'_' cannot stand"},
    {"0xff", 1, 2, "16#ff"},
    {"1.0e999", 1, 1, "too large for a float"},
    {"<9146.44.0>", 1, 1, "another node"},
    {"<0.4294967296.0>", 1, 1, "too large"},
    {"<0.99999999999999999999.0>", 1, 1, "too large"},
    {"#Fun<a.1.2>", 1, 1, "as it prints"},
    {"%{a: 1}", 1, 1, "Elixir"},
    {"%User{}", 1, 1, "Elixir"},
    {"ж", 1, 1, "needs quotes"},
    {"“a”", 1, 1, "typographic quote"},
    {"a → b", 1, 3, "write ->"},
    {"\xC2\xAC", 1, 1, "U+00AC cannot stand here"},
};

static void test_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct bt_buf out = BT_BUF_INIT;
        struct beamtap_err err = {0};
        if (!bt_tokens_dump(&out, bad[i].text, &err))
            fail_msg("%s: no error", bad[i].text);
        if (err.code != BEAMTAP_ESPEC || err.loc.line != bad[i].line || err.loc.col != bad[i].col ||
            !strstr(err.msg, bad[i].part))
            fail_msg("%s: %d:%d: %s", bad[i].text, err.loc.line, err.loc.col, err.msg);
        assert_true(err.loc.off + err.loc.len <= strlen(bad[i].text)); /* "\\ at the end went past it */
        bt_buf_done(&out);
    }
}

static void test_long_atoms(void **state)
{
    (void)state;
    char text[600] = "'";
    for (int i = 0; i < 255; i++)
        strcat(text, "ä");
    size_t n = strlen(text);
    struct bt_buf out = BT_BUF_INIT;
    struct beamtap_err err = {0};
    strcpy(text + n, "'");
    assert_int_equal(bt_tokens_dump(&out, text, &err), 0);
    strcpy(text + n, "b'");
    assert_int_equal(bt_tokens_dump(&out, text, &err), -1);
    assert_non_null(strstr(err.msg, "at most 255 characters, this one has 256"));
    bt_buf_done(&out);
}

static void test_size_limit(void **state)
{
    (void)state;
    char *text = malloc(BT_SPEC_MAX_BYTES + 2);
    struct bt_buf out = BT_BUF_INIT;
    struct beamtap_err err = {0};
    assert_non_null(text);
    memset(text, '(', BT_SPEC_MAX_BYTES + 1);
    text[BT_SPEC_MAX_BYTES] = '\0';
    assert_int_equal(bt_tokens_dump(&out, text, &err), 0);
    text[BT_SPEC_MAX_BYTES] = '(';
    text[BT_SPEC_MAX_BYTES + 1] = '\0';
    assert_int_equal(bt_tokens_dump(&out, text, &err), -1);
    assert_int_equal(err.code, BEAMTAP_ESPEC);
    assert_int_equal(err.loc.line, 0);
    bt_buf_done(&out);
    free(text);
}

/* Unescaped text and values, which the dump does not show. */
static void test_values(void **state)
{
    (void)state;
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_lexer lx;
    struct bt_token t;
    assert_int_equal(bt_lex_init(&lx, "'a\\'\\x{20AC}\\n' \"x\\0y\" $\\s 36#zz #Ref<0.1.2.3>", &a, NULL), 0);
    assert_int_equal(bt_lex_next(&lx, &t, NULL), 0);
    assert_string_equal(t.text, "a'€\n");
    assert_int_equal(bt_lex_next(&lx, &t, NULL), 0);
    assert_int_equal(t.len, 3);
    assert_memory_equal(t.text, "x\0y", 3);
    assert_int_equal(bt_lex_next(&lx, &t, NULL), 0);
    assert_int_equal(t.term->u.small, ' ');
    assert_true(t.is_char);
    assert_int_equal(bt_lex_next(&lx, &t, NULL), 0);
    assert_int_equal(t.term->u.small, 35 * 36 + 35);
    assert_int_equal(bt_lex_next(&lx, &t, NULL), 0);
    assert_int_equal(t.term->u.ref.n, 3);
    assert_int_equal(t.term->u.ref.words[0], 3); /* the external format has them from the last */
    assert_int_equal(t.term->u.ref.words[2], 1);
    assert_int_equal(bt_lex_next(&lx, &t, NULL), 0);
    assert_int_equal(t.kind, BT_TOK_END);
    assert_int_equal(bt_lex_next(&lx, &t, NULL), 0);
    assert_int_equal(t.kind, BT_TOK_END);
    bt_arena_done(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_long_atoms),
        cmocka_unit_test(test_size_limit),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
