/*
 * cookie.c - finding the cookie.
 */
#include "cli/cookie.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int take(const char *text, char *out, struct beamtap_err *err)
{
    size_t n = strcspn(text, "\r\n");
    if (n == 0 || n >= BT_COOKIE_MAX)
        return bt_err_set(err, BEAMTAP_ECOOKIE, "the cookie is %s", n ? "too long" : "empty");
    memcpy(out, text, n);
    out[n] = '\0';
    return 0;
}

/* 0: read; 1: no such file; -1: an error. */
static int from_file(const char *path, char *out, struct beamtap_err *err)
{
    char text[BT_COOKIE_MAX + 2];
    FILE *f = fopen(path, "r");
    if (!f && (errno == ENOENT || errno == ENOTDIR))
        return 1;
    if (!f)
        return bt_err_sys(err, BEAMTAP_ECOOKIE, errno, "cannot read the cookie file %s", path);
    size_t n = fread(text, 1, sizeof text - 1, f);
    int sys = ferror(f) ? errno : 0; /* a directory can be opened, not read */
    fclose(f);
    if (sys != 0)
        return bt_err_sys(err, BEAMTAP_ECOOKIE, sys, "cannot read the cookie file %s", path);
    text[n] = '\0';
    int rc = take(text, out, err);
    memset(text, 0, sizeof text);
    if (rc < 0)
        bt_err_context(err, "%s", path);
    return rc;
}

/* The places Erlang itself looks, for an XDG folder or a home that may be unset. */
static int from_home(char *out, struct beamtap_err *err)
{
    const char *home = getenv("HOME"), *xdg = getenv("XDG_CONFIG_HOME");
    char paths[2][1024] = {"", ""};
    if (home)
        snprintf(paths[0], sizeof paths[0], "%s/.erlang.cookie", home);
    if (xdg && *xdg)
        snprintf(paths[1], sizeof paths[1], "%s/erlang/.erlang.cookie", xdg);
    else if (home)
        snprintf(paths[1], sizeof paths[1], "%s/.config/erlang/.erlang.cookie", home);
    for (int i = 0; i < 2; i++) {
        int rc = paths[i][0] ? from_file(paths[i], out, err) : 1;
        if (rc <= 0)
            return rc;
    }
    return bt_err_set(err, BEAMTAP_ECOOKIE,
        "no cookie: tried BEAMTAP_COOKIE, %s, %s\n"
        "  say --cookie-file FILE, with the cookie the node was started with",
        home ? paths[0] : "~/.erlang.cookie (HOME is not set)",
        paths[1][0] ? paths[1] : "$XDG_CONFIG_HOME/erlang/.erlang.cookie");
}

static int find(const struct bt_opts *o, char *out, struct beamtap_err *err)
{
    if (o->cookie)
        return take(o->cookie, out, err);
    if (o->cookie_file) {
        int rc = from_file(o->cookie_file, out, err);
        return rc > 0 ? bt_err_set(err, BEAMTAP_ECOOKIE, "there is no cookie file %s", o->cookie_file) : rc;
    }
    const char *env = getenv("BEAMTAP_COOKIE");
    if (env && *env) {
        int rc = take(env, out, err);
        if (rc < 0)
            bt_err_context(err, "BEAMTAP_COOKIE");
        return rc;
    }
    return from_home(out, err);
}

int bt_cookie_find(const struct bt_opts *o, char *out, struct beamtap_err *err)
{
    int rc = find(o, out, err);
    unsetenv("BEAMTAP_COOKIE"); /* no process we start is to inherit it, whichever cookie was taken */
    return rc;
}
