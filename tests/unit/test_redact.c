/*
 * test_redact.c - terms and text with the values of some keys masked.
 */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "term/print.h"
#include "term/redact.h"
#include "terms.h"

static struct bt_arena arena;
static struct bt_redact redact;

static void set_keys(const char *a, const char *b)
{
    static const struct bt_regex *keys[2];
    size_t at;
    keys[0] = bt_regex_new(&arena, a, strlen(a), &at, NULL);
    keys[1] = b ? bt_regex_new(&arena, b, strlen(b), &at, NULL) : NULL;
    assert_non_null(keys[0]);
    redact.keys = keys;
    redact.n_keys = b ? 2 : 1;
    redact.records = NULL;
}

static int setup(void **state)
{
    (void)state;
    set_keys("^(password|token)$", NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bt_redact_done(&redact);
    bt_arena_done(&arena);
    return 0;
}

static void check_bytes(struct bt_slice in, const char *want)
{
    struct bt_buf out = BT_BUF_INIT, text = BT_BUF_INIT;
    struct bt_etf r;
    bool has = bt_redact_term(&redact, in, &out);
    assert_true(has == (out.len > 0));
    if (has)
        bt_etf_init(&r, out.data, out.len);
    else
        bt_etf_init(&r, in.p, in.len);
    assert_true(bt_print_erlang(&text, &r, NULL));
    assert_ptr_equal(r.p, r.end);
    assert_text(&text, want);
    bt_buf_done(&out);
    bt_buf_done(&text);
}

static void check(const char *term, const char *want)
{
    check_bytes(bt_test_etf(&arena, term), want);
}

static void unchanged(const char *term)
{
    struct bt_buf out = BT_BUF_INIT;
    assert_false(bt_redact_term(&redact, bt_test_etf(&arena, term), &out));
    assert_int_equal(out.len, 0);
    bt_buf_done(&out);
}

static void in_maps_and_pairs(void **state)
{
    (void)state;
    check("#{password=><<\"x\">>,name=>bob}", "#{password => <<\"***\">>,name => bob}");
    check("#{<<\"token\">>=>{a,b}}", "#{<<\"token\">> => '***'}");
    check("#{\"token\"=>\"abc\"}", "#{\"token\" => \"***\"}");
    check("{password,1}", "{password,'***'}");
    check("[{user,bob},{password,\"hunter2\"}]", "[{user,bob},{password,\"***\"}]");
    check("{ok,#{a=>[#{token=>5}|{token,6}]}}", "{ok,#{a => [#{token => '***'}|{token,'***'}]}}");
    check("#{{token,7}=>1}", "#{{token,'***'} => 1}");
    check("{\"password\",[]}", "{\"password\",'***'}");
    check("{badmatch,[{m,f,[#{token=>1}],[{line,5}]}]}", "{badmatch,[{m,f,[#{token => '***'}],[{line,5}]}]}");
    unchanged("{password,1,2}");
    unchanged("{mypassword,1}");
    unchanged("{1,#{[]=>password}}");
    unchanged("[password,1]");
    unchanged("{<0.44.0>,\"abc\",<<\"abc\">>,[],{}}");
}

static void several_expressions(void **state)
{
    (void)state;
    set_keys("(?i)pass", "^ssn");
    check("[{'PASSWD',1},{ssn2,2},{other,3}]", "[{'PASSWD','***'},{ssn2,'***'},{other,3}]");
    check("{!6d00000006780070617373,1}", "{<<120,0,112,97,115,115>>,'***'}"); /* a NUL does not end a key */
}

static void latin1_atoms(void **state)
{
    (void)state;
    set_keys("^cl\xc3\xa9$", NULL);
    check("{!640003636ce9,5}", "{cl\xc3\xa9,'***'}");
    check("{!7304636cc3a9,5}", "{'cl\xc3\x83\xc2\xa9',5}"); /* four characters in latin-1 */
    check("{!7704636cc3a9,5}", "{cl\xc3\xa9,'***'}");
    check("{!6b0003636ce9,5}", "{\"cl\xc3\xa9\",'***'}");
}

static void records(void **state)
{
    (void)state;
    static const char *const fields[] = {"name", "password"}, *const one[] = {"token"};
    static const struct bt_print_def items[] = {{"user", fields, 2}, {"session", one, 1}, {"user", one, 1}};
    static const struct bt_print_defs defs = {items, 3};
    redact.records = &defs;
    check("{user,bob,<<\"x\">>}", "{user,bob,<<\"***\">>}");
    check("{session,1}", "{session,'***'}");
    check("{user,1}", "{user,'***'}");
    unchanged("{user,bob,x,y}");
    unchanged("{user}");
    unchanged("{<<\"user\">>,bob,x}");
}

static void what_cannot_be_read_is_masked(void **state)
{
    (void)state;
    static const uint8_t cut[] = {104, 2, 119, 1, 'a', 109, 0, 0, 0, 9, 'x'};
    static const uint8_t packed[] = {80, 0, 0, 0, 9, 1, 2, 3};
    static const uint8_t more[] = {106, 106};
    check_bytes((struct bt_slice){cut, sizeof cut}, "'***'");
    check_bytes((struct bt_slice){packed, sizeof packed}, "'***'");
    check_bytes((struct bt_slice){more, sizeof more}, "'***'");
}

static void deep_terms(void **state)
{
    (void)state;
    struct bt_buf in = BT_BUF_INIT, out = BT_BUF_INIT;
    for (int i = 0; i < 100000; i++)
        bt_buf_put(&in, "\x68\x01", 2);
    bt_buf_put(&in, "\x68\x02\x77\x05token\x61\x05", 11);
    assert_true(bt_redact_term(&redact, (struct bt_slice){(uint8_t *)in.data, in.len}, &out));
    assert_int_equal(out.len, 2 * BT_REDACT_MAX_DEPTH + 5);
    struct bt_etf r;
    bt_etf_init(&r, out.data, out.len);
    assert_true(bt_etf_skip(&r) && r.p == r.end);
    bt_buf_done(&in);
    bt_buf_done(&out);
}

static void no_room(void **state)
{
    (void)state;
    struct bt_buf out = {.limit = 8};
    assert_true(bt_redact_term(&redact, bt_test_etf(&arena, "{token,\"abcdefghijklm\"}"), &out));
    assert_true(out.failed);
    bt_buf_done(&out);
}

/* A fun's variables are in no line, but would be in a capture. */
static void closures(void **state)
{
    (void)state;
    static const uint8_t fun[] = {112, 0, 0, 0, 0x3a, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 0, 0,
        0, 0, 0, 0, 0, 1, 119, 1, 'm', 97, 0, 97, 1, 88, 119, 3, 'a', '@', 'b', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        0, 1, 107, 0, 2, 'p', 'w'};
    struct bt_buf out = BT_BUF_INIT;
    struct bt_slice in = {fun, sizeof fun};
    assert_true(bt_redact_term(&redact, in, &out));
    assert_int_equal(out.len, sizeof fun - 5);
    assert_int_equal((uint8_t)out.data[4], out.len - 1);
    check_bytes((struct bt_slice){(uint8_t *)out.data, out.len}, "#Fun<m.0.1>");
    check_bytes(in, "#Fun<m.0.1>");
    bt_buf_done(&out);
}

static void big_terms_left_out_stay(void **state)
{
    (void)state;
    set_keys(".", NULL);
    unchanged("{'$beamtap_big',70000}");
}

static void in_strings(void **state)
{
    (void)state;
    check("<<\"a=1&token=abc&b=2\">>", "<<\"a=1&token=***&b=2\">>");
    check("{q,\"token=abc\"}", "{q,\"token=***\"}");
    check("[116,111,107,101,110,61,8364]", "\"token=***\"");
    check("[<<\"token=\">>,<<\"abc\">>,<<\"d\">>]", "[<<\"token=\">>,<<\"***\">>,<<\"d\">>]");
    check("[\"token: \"|<<\"abc\">>]", "[\"token: \"|<<\"***\">>]");
    check("<<\"\x01\xfftoken=abc\x02\">>", "<<1,255,116,111,107,101,110,61,42,42,42>>");
    unchanged("[<<\"tokens=\">>,<<\"abc\">>]");
    unchanged("token");
}

static void arguments(void **state)
{
    (void)state;
    struct bt_buf out = BT_BUF_INIT;
    assert_false(bt_redact_args(&redact, bt_test_etf(&arena, "\"token=abc\""), &out));
    assert_false(bt_redact_args(&redact, bt_test_etf(&arena, "[]"), &out));
    assert_false(bt_redact_args(&redact, bt_test_etf(&arena, "[300,400]"), &out));
    assert_true(bt_redact_args(&redact, bt_test_etf(&arena, "[a,{token,1}]"), &out));
    bt_buf_done(&out);
}

static void text_forms(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want; /* NULL: nothing is masked */
    } cases[] = {
        {"password=hunter2", "password=***"},
        {"GET /?password=a%20b&user=bob HTTP", "GET /?password=***&user=bob HTTP"},
        {"password = hunter2 user=bob", "password = *** user=bob"},
        {"password=\"hun ter\" user=bob", "password=\"***\" user=bob"},
        {"password='it\\'s' x", "password='***' x"},
        {"password=\"a\"b c", "password=\"***\" c"},
        {"token: Bearer abc def\nHost: x", "token: ***\nHost: x"},
        {"token: Digest user=\"a\", response=\"b\"\r\nHost: x", "token: ***\r\nHost: x"},
        {"token:abc def", "token:***"},
        {"{\"password\":\"hun\\\"ter\",\"user\":\"bob\"}", "{\"password\":\"***\",\"user\":\"bob\"}"},
        {"{\"password\": 123, \"user\": 1}", "{\"password\": \"***\", \"user\": 1}"},
        {"{\"password\" : null}", "{\"password\" : \"***\"}"},
        {"{\"token\":\n  {\"a\": [1, \"}\"], \"b\": 2}, \"c\": 3}", "{\"token\":\n  \"***\", \"c\": 3}"},
        {"{\"b\":\"{\\\"token\\\":\\\"a\\\\\\\"b\\\",\\\"c\\\":1}\",\"d\":2}",
            "{\"b\":\"{\\\"token\\\":\\\"***\\\",\\\"c\\\":1}\",\"d\":2}"},
        {"%{password: \"x y\", age: 5}", "%{password: \"***\", age: 5}"},
        {"%{\"password\" => \"x y\", age: 5}", "%{\"password\" => \"***\", age: 5}"},
        {"#{password => <<\"x y\">>,age => 5}", "#{password => ***,age => 5}"},
        {"password: ~c\"x y\", age: 5", "password: ***, age: 5"},
        {"%{token: %{a: 1, b: \"}\"}, c: 3}", "%{token: ***"},
        {"user[password]=x&user[name]=y", "user[password]=***&user[name]=y"},
        {"{\"url\":\"http://h?token=abc\",\"x\":1}", "{\"url\":\"http://h?token=***\",\"x\":1}"},
        {"token=\"never ends", "token=\"***\""},
        {"token={never ends", "token=***"},
        {"token=abc token=def", "token=*** token=***"},
        {"token==abc", "token==***"},
        {"token=", NULL},
        {"token= &a=b", NULL},
        {"token:\nabc", NULL},
        {"mytoken=abc", NULL},
        {"a=token", NULL},
        {"=abc", NULL},
        {":", NULL},
        {"\"=\"", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bt_buf out = BT_BUF_INIT;
        bool has = bt_redact_text(&redact, cases[i].in, strlen(cases[i].in), &out, NULL);
        if (has != (cases[i].want != NULL))
            print_error("%s\n", cases[i].in);
        assert_true(has == (cases[i].want != NULL));
        assert_text(&out, cases[i].want ? cases[i].want : "");
        bt_buf_done(&out);
    }
}

static void where_text_ends_open(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        bool is_open;
    } cases[] = {{"token=", true}, {"token: ", true}, {"a=b&token=", true}, {"token=a", false},
        {"tokens=", false}, {"\"token\" => ", true}, {"token", false}, {"", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct bt_buf out = BT_BUF_INIT;
        bool is_open = !cases[i].is_open;
        bt_redact_text(&redact, cases[i].in, strlen(cases[i].in), &out, &is_open);
        assert_true(is_open == cases[i].is_open);
        bt_buf_done(&out);
    }
}

/* Time is a matter of the text's length, whatever is in it: these would take hours. */
static void long_text(void **state)
{
    (void)state;
    static const char *const parts[] = {"\\", "\":", "token=\\", "token={", "\"token\":", "a", "token:"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct bt_buf in = BT_BUF_INIT, out = BT_BUF_INIT;
        while (in.len < 1000000)
            bt_buf_puts(&in, parts[i]);
        bt_redact_text(&redact, in.data, in.len, &out, NULL);
        assert_false(out.failed);
        bt_buf_done(&in);
        bt_buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(in_maps_and_pairs, setup, teardown),
        cmocka_unit_test_setup_teardown(several_expressions, setup, teardown),
        cmocka_unit_test_setup_teardown(latin1_atoms, setup, teardown),
        cmocka_unit_test_setup_teardown(records, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_masked, setup, teardown),
        cmocka_unit_test_setup_teardown(deep_terms, setup, teardown),
        cmocka_unit_test_setup_teardown(no_room, setup, teardown),
        cmocka_unit_test_setup_teardown(closures, setup, teardown),
        cmocka_unit_test_setup_teardown(big_terms_left_out_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(in_strings, setup, teardown),
        cmocka_unit_test_setup_teardown(arguments, setup, teardown),
        cmocka_unit_test_setup_teardown(text_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(where_text_ends_open, setup, teardown),
        cmocka_unit_test_setup_teardown(long_text, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
