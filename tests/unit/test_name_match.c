/*
 * test_name_match.c - which names a glob, a regular expression or a name means.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "match/name_match.h"

static struct bt_arena arena;

static int teardown(void **state)
{
    (void)state;
    bt_arena_done(&arena);
    return 0;
}

static struct bt_name_match make(enum bt_name_kind kind, const char *text)
{
    struct bt_name_match m;
    struct beamtap_err err = {0};
    struct bt_ast_name name = {kind, text, strlen(text), {1, 1, 0, strlen(text)}};
    int rc = bt_name_match_init(&m, &name, &arena, &err);
    assert_string_equal(err.msg, "");
    assert_int_equal(rc, 0);
    return m;
}

static int answer(enum bt_name_kind kind, const char *pattern, const char *text)
{
    struct bt_name_match m = make(kind, pattern);
    return bt_name_match(&m, text, strlen(text), NULL);
}

static void globs(void **state)
{
    (void)state;
    static const struct {
        const char *glob, *text;
        int matches;
    } table[] = {
        {"my_*", "my_app", 1}, {"my_*", "my_", 1}, {"my_*", "my", 0}, {"my_*", "not_my_app", 0},
        {"*_server", "gen_server", 1}, {"*_server", "gen_server2", 0}, {"*_s*r", "a_s_r_ser", 1},
        {"*ab", "aab", 1}, {"*ab*ab", "abab", 1}, {"*ab*ab", "abb", 0}, {"a*b*c", "a__b__c", 1},
        {"a*b*c", "a__c__b", 0}, {"?", "x", 1}, {"?", "", 0}, {"?", "xy", 0}, {"i?", "in", 1},
        {"??", "\xC3\xBC\xC3\xBC", 1}, /* characters, not bytes */
        {"???", "\xC3\xBC\xC3\xBC", 0},
        {"gr*\xC3\x9F"
         "e",
            "gr\xC3\xB6\xC3\x9F"
            "e",
            1},
        {"*?", "\xC3\xBC", 1}, {"?*?", "\xC3\xBC", 0}, {"*", "", 1}, {"**", "abc", 1},
        {"a.c*", "abcd", 0},                   /* a dot is a dot */
        {"a.c*", "a.cd", 1}, {"?", "\xFF", 1}, /* no UTF-8: each byte counts */
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (answer(BT_NAME_GLOB, table[i].glob, table[i].text) != table[i].matches)
            fail_msg("%s on %s: want %d", table[i].glob, table[i].text, table[i].matches);
    }
}

static void a_glob_of_many_stars_is_quick(void **state)
{
    (void)state;
    char glob[401], text[256];
    for (size_t i = 0; i < 400; i += 2)
        memcpy(glob + i, "*a", 2);
    glob[400] = '\0';
    memset(text, 'a', 199); /* one less than the glob has */
    memset(text + 199, 'b', 56);
    text[255] = '\0';
    assert_int_equal(answer(BT_NAME_GLOB, glob, text), 0);
}

static void regular_expressions(void **state)
{
    (void)state;
    assert_int_equal(answer(BT_NAME_REGEX, "^my_(web|api)$", "my_web"), 1);
    assert_int_equal(answer(BT_NAME_REGEX, "^my_(web|api)$", "my_webs"), 0);
    assert_int_equal(answer(BT_NAME_REGEX, "web", "my_webs"), 1);
    assert_int_equal(answer(BT_NAME_REGEX, "a\\/b", "a/b"), 1);
    assert_int_equal(answer(BT_NAME_REGEX, "^.$", "\xC3\xBC"), 1);
    assert_int_equal(answer(BT_NAME_REGEX, "(?i)^QUEUE$", "queue"), 1);
    assert_int_equal(answer(BT_NAME_REGEX, "a$", "a\n"), 0);
    assert_int_equal(answer(BT_NAME_REGEX, ".", "\xFF"), 0); /* no UTF-8: no match, no error */
}

static void plain_names(void **state)
{
    (void)state;
    assert_int_equal(answer(BT_NAME_ATOM, "queue", "queue"), 1);
    assert_int_equal(answer(BT_NAME_ATOM, "queue", "queues"), 0);
    assert_int_equal(answer(BT_NAME_ATOM, "qu*", "queue"), 0);
    assert_int_equal(answer(BT_NAME_ANY, "_", "queue"), 1);
}

static void a_hostile_expression_gives_up(void **state)
{
    (void)state;
    static const char *const hostile[] = {
        "(.|.)*(.|.)*(.|.)*(.|.)*[xy]$", "^(a+)+$", "(a*)*b", "(?:(?:a?){50}){50}b"};
    char text[256];
    memset(text, 'a', 254);
    text[254] = 'c';
    text[255] = '\0';
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        struct beamtap_err err = {0};
        struct bt_name_match m = make(BT_NAME_REGEX, hostile[i]);
        int matches = bt_name_match(&m, text, 255, &err);
        if (matches == 0) /* PCRE2 saw that it cannot match */
            continue;
        assert_int_equal(matches, -1);
        assert_int_equal(err.loc.col, 1);
        assert_err(&err, BEAMTAP_ESPEC, "too many steps on the name 'aaa");
    }
    struct bt_name_match m = make(BT_NAME_REGEX, hostile[0]);
    assert_int_equal(bt_name_match(&m, text, 255, NULL), -1);
}

static void wrong_expressions(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int col;
        const char *part;
    } table[] = {
        {"a(b", 10 + 3 + 1, "missing closing parenthesis"},
        {"\xC3\xBC{2}[", 10 + 5 + 1, "missing terminating ]"},
        {"*a", 10 + 0 + 1, "quantifier does not follow"},
        {"a\\Cb", 10 + 3 + 1, "\\C"},
        {"(a{1,60000}){1,60000}", -1, "too large"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct bt_name_match m;
        struct beamtap_err err = {0};
        struct bt_ast_name name = {BT_NAME_REGEX, table[i].text, strlen(table[i].text), {1, 10, 9, 5}};
        assert_int_equal(bt_name_match_init(&m, &name, &arena, &err), -1);
        if (table[i].col > 0)
            assert_int_equal(err.loc.col, table[i].col);
        assert_err(&err, BEAMTAP_ESPEC, "in the regular expression: ");
        assert_int_equal(bt_name_match_init(&m, &name, &arena, &err), -1);
        assert_err(&err, BEAMTAP_ESPEC, table[i].part);
    }
}

static void what_does_not_choose_is_wide(void **state)
{
    (void)state;
    static const struct {
        enum bt_name_kind kind;
        const char *text;
        bool is_wide;
    } table[] = {
        {BT_NAME_ANY, "_", true},
        {BT_NAME_GLOB, "*", true},
        {BT_NAME_GLOB, "*?*", true},
        {BT_NAME_GLOB, "*a*", false},
        {BT_NAME_REGEX, ".", true},
        {BT_NAME_REGEX, "^", true},
        {BT_NAME_REGEX, "^.*$", true},
        {BT_NAME_REGEX, "x*", true},
        {BT_NAME_REGEX, "\\w", true},
        {BT_NAME_REGEX, "^(?!kernel)", true},
        {BT_NAME_REGEX, "^[a-z]", false}, /* not plain: --max-functions sees to it */
        {BT_NAME_REGEX, "^$", false},
        {BT_NAME_REGEX, "^my_", false},
        {BT_NAME_ATOM, "lists", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct bt_name_match m = make(table[i].kind, table[i].text);
        if (bt_name_match_is_wide(&m) != table[i].is_wide)
            fail_msg("%s", table[i].text);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        T(globs),
        T(a_glob_of_many_stars_is_quick),
        T(regular_expressions),
        T(plain_names),
        T(a_hostile_expression_gives_up),
        T(wrong_expressions),
        T(what_does_not_choose_is_wide),
    };
#undef T
    return cmocka_run_group_tests(tests, NULL, NULL);
}
