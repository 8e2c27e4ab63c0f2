/*
 * test_cookie.c - where the cookie is looked for, in which order, and what is said when there is none.
 */
#include "check.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cookie.h"
#include "lib/cookie.h"

static char home[] = "/tmp/bt_cookie_XXXXXX";
static char in_home[64], xdg[64], in_xdg[96], in_config[96], a_file[64];
static struct bt_cookie_opts opts;
static int cookie_fd;

static const char *path(char *out, size_t cap, const char *rest)
{
    snprintf(out, cap, "%s/%s", home, rest);
    return out;
}

static int group_setup(void **state)
{
    (void)state;
    char dir[96];
    if (!mkdtemp(home))
        return -1;
    path(in_home, sizeof in_home, ".erlang.cookie");
    path(xdg, sizeof xdg, "xdg");
    path(in_xdg, sizeof in_xdg, "xdg/erlang/.erlang.cookie");
    path(in_config, sizeof in_config, ".config/erlang/.erlang.cookie");
    path(a_file, sizeof a_file, "file");
    static const char *const dirs[] = {"xdg", "xdg/erlang", ".config", ".config/erlang"};
    for (size_t i = 0; i < 4; i++) {
        if (mkdir(path(dir, sizeof dir, dirs[i]), 0700) < 0)
            return -1;
    }
    return 0;
}

static int group_teardown(void **state)
{
    (void)state;
    char dir[96];
    static const char *const dirs[] = {".config/erlang", ".config", "xdg/erlang", "xdg", ""};
    for (size_t i = 0; i < 5; i++)
        rmdir(path(dir, sizeof dir, dirs[i]));
    return 0;
}

static int setup(void **state)
{
    (void)state;
    opts = (struct bt_cookie_opts){.cookie = NULL};
    cookie_fd = 0;
    setenv("HOME", home, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("BEAMTAP_COOKIE");
    unsetenv("RELEASE_COOKIE");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(in_home);
    unlink(in_xdg);
    unlink(in_config);
    unlink(a_file);
    return 0;
}

static void put(const char *file, const char *text)
{
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* As src/cli/reach.c does it: what is said comes first, then what only the program looks at, then the library's places. */
static int find(struct bt_cookie *out, struct beamtap_err *err)
{
    struct bt_cookie_opts o = opts;
    struct bt_cli_cookie taken = {.is_there = false};
    out->text[0] = '\0';
    if (o.cookie || o.cookie_file)
        bt_cli_cookie_wipe_environment();
    else if (bt_cli_cookie_take(cookie_fd, &taken, err) < 0)
        return -1;
    else
        o.from = taken.is_there ? taken.from : BT_CLI_COOKIE_VARIABLES;
    if (taken.is_there)
        o.cookie = taken.text;
    return bt_cookie_find(&o, out, err);
}

static void found(const char *cookie)
{
    struct bt_cookie out;
    struct beamtap_err err = {0};
    int rc = find(&out, &err);
    assert_string_equal(err.msg, "");
    assert_int_equal(rc, 0);
    assert_string_equal(out.text, cookie);
    assert_true(out.from[0]);
}

static void not_found(const char *part)
{
    struct bt_cookie out;
    struct beamtap_err err = {0};
    assert_int_equal(find(&out, &err), -1);
    assert_string_equal(out.text, "");
    assert_err(&err, BEAMTAP_ECOOKIE, part);
}

static void the_order_of_the_places(void **state)
{
    (void)state;
    put(in_config, "config");
    found("config");
    put(in_xdg, "xdg");
    setenv("XDG_CONFIG_HOME", xdg, 1);
    found("xdg");
    put(in_home, "home");
    found("home");
    setenv("BEAMTAP_COOKIE", "env", 1);
    found("env");
    put(a_file, "file");
    opts.cookie_file = a_file;
    setenv("BEAMTAP_COOKIE", "env", 1);
    found("file");
    opts.cookie = "option";
    found("option");
}

static void the_environment_is_not_passed_on(void **state)
{
    (void)state;
    setenv("BEAMTAP_COOKIE", "env", 1);
    found("env");
    assert_null(getenv("BEAMTAP_COOKIE"));
    opts.cookie = "option";
    setenv("BEAMTAP_COOKIE", "env", 1);
    found("option");
    assert_null(getenv("BEAMTAP_COOKIE"));
}

static void an_empty_variable_is_none(void **state)
{
    (void)state;
    setenv("BEAMTAP_COOKIE", "", 1);
    setenv("XDG_CONFIG_HOME", "", 1);
    put(in_config, "config");
    found("config");
}

static void only_the_first_line_counts(void **state)
{
    (void)state;
    opts.cookie_file = a_file;
    put(a_file, "secret\n");
    found("secret");
    put(a_file, "secret\r\n");
    found("secret");
    put(a_file, "secret\nmore\n");
    found("secret");
    put(a_file, "with space ");
    found("with space ");
}

static void empty_and_too_long(void **state)
{
    (void)state;
    char text[1000];
    opts.cookie_file = a_file;
    put(a_file, "");
    not_found("file: the cookie is empty");
    put(a_file, "\nsecret");
    not_found("the cookie is empty");
    memset(text, 'x', sizeof text);
    text[BT_COOKIE_MAX] = '\0';
    put(a_file, text);
    not_found("the cookie is too long");
    text[BT_COOKIE_MAX - 1] = '\0';
    put(a_file, text);
    found(text);
    opts.cookie = "";
    not_found("the cookie is empty");
}

static void an_empty_file_does_not_lead_to_another_place(void **state)
{
    (void)state;
    put(in_home, "");
    put(in_config, "config");
    not_found(".erlang.cookie: the cookie is empty");
}

static void files_that_cannot_be_read(void **state)
{
    (void)state;
    opts.cookie_file = a_file;
    not_found("there is no cookie file");
    opts.cookie_file = home;
    not_found("cannot read the cookie file");
    if (geteuid() == 0)
        return; /* root reads everything */
    put(a_file, "secret");
    assert_int_equal(chmod(a_file, 0), 0);
    opts.cookie_file = a_file;
    not_found("Permission denied");
}

static void the_places_that_were_tried_are_listed(void **state)
{
    (void)state;
    not_found("tried BEAMTAP_COOKIE, ");
    not_found(in_home);
    not_found(in_config);
    not_found("say --cookie-file FILE");
    setenv("XDG_CONFIG_HOME", xdg, 1);
    not_found(in_xdg);
    unsetenv("HOME");
    not_found("HOME is not set");
    unsetenv("XDG_CONFIG_HOME");
    not_found("$XDG_CONFIG_HOME/erlang/.erlang.cookie");
}

static void no_message_shows_the_cookie(void **state)
{
    (void)state;
    char text[BT_COOKIE_MAX + 1];
    struct bt_cookie out;
    struct beamtap_err err = {0};
    memset(text, 'x', sizeof text);
    text[BT_COOKIE_MAX] = '\0';
    setenv("BEAMTAP_COOKIE", text, 1);
    assert_int_equal(find(&out, &err), -1);
    assert_null(strstr(err.msg, "xx"));
    assert_err(&err, BEAMTAP_ECOOKIE, "BEAMTAP_COOKIE: the cookie is too long");
}

static void a_release_has_a_variable_of_its_own(void **state)
{
    (void)state;
    put(in_home, "home\n");
    setenv("RELEASE_COOKIE", "release", 1);
    setenv("BEAMTAP_COOKIE", "ours", 1);
    found("ours");
    assert_null(getenv("RELEASE_COOKIE")); /* not for the processes we start */
    setenv("RELEASE_COOKIE", "release", 1);
    found("release");
    assert_null(getenv("RELEASE_COOKIE"));
    found("home");
}

/* The environment is the program's that uses the library: neither read for cookies nor changed. */
static void a_library_leaves_the_environment_alone(void **state)
{
    (void)state;
    struct bt_cookie out;
    struct beamtap_err err = {0};
    setenv("BEAMTAP_COOKIE", "theirs", 1);
    assert_int_equal(bt_cookie_find(&opts, &out, &err), -1);
    assert_null(strstr(err.msg, "BEAMTAP_COOKIE"));
    assert_err(&err, BEAMTAP_ECOOKIE, "no cookie: tried /");
    assert_string_equal(getenv("BEAMTAP_COOKIE"), "theirs");
    put(in_home, "home");
    assert_int_equal(bt_cookie_find(&opts, &out, NULL), 0);
    assert_string_equal(out.text, "home");
    assert_string_equal(getenv("BEAMTAP_COOKIE"), "theirs");
}

static void a_caller_says_where_a_cookie_is_from(void **state)
{
    (void)state;
    struct bt_cookie out;
    struct beamtap_err err = {0};
    opts.from = "the vault";
    assert_int_equal(bt_cookie_find(&opts, &out, &err), -1);
    assert_err(&err, BEAMTAP_ECOOKIE, "no cookie: tried the vault, /");
    opts.cookie = "secret";
    assert_int_equal(bt_cookie_find(&opts, &out, NULL), 0);
    assert_string_equal(out.from, "the vault");
    opts.from = NULL;
    assert_int_equal(bt_cookie_find(&opts, &out, NULL), 0);
    assert_string_equal(out.from, "--cookie");
}

static void a_descriptor_is_read_and_closed(void **state)
{
    (void)state;
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(write(fds[1], "through\n", 8), 8);
    close(fds[1]);
    cookie_fd = fds[0];
    found("through");
    assert_int_equal(close(fds[0]), -1);
    not_found("--cookie-fd: descriptor");
    cookie_fd = 1;
    not_found("--cookie-fd: descriptor 1 is not open for reading");
}

static void a_file_that_others_can_read_is_told(void **state)
{
    (void)state;
    struct bt_cookie out;
    put(in_home, "home\n");
    assert_int_equal(chmod(in_home, 0644), 0);
    assert_int_equal(bt_cookie_find(&opts, &out, NULL), 0);
    assert_true(out.is_exposed);
    assert_string_equal(out.from, in_home);
    assert_int_equal(chmod(in_home, 0400), 0);
    assert_int_equal(bt_cookie_find(&opts, &out, NULL), 0);
    assert_false(out.is_exposed);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_order_of_the_places),
        T(the_environment_is_not_passed_on),
        T(an_empty_variable_is_none),
        T(only_the_first_line_counts),
        T(empty_and_too_long),
        T(an_empty_file_does_not_lead_to_another_place),
        T(files_that_cannot_be_read),
        T(the_places_that_were_tried_are_listed),
        T(no_message_shows_the_cookie),
        T(a_release_has_a_variable_of_its_own),
        T(a_library_leaves_the_environment_alone),
        T(a_caller_says_where_a_cookie_is_from),
        T(a_descriptor_is_read_and_closed),
        T(a_file_that_others_can_read_is_told),
    };
#undef T
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
