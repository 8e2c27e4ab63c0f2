/*
 * cookie.c - finding the cookie.
 */
#include "lib/cookie.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/wipe.h"

static int take(const char *text, const char *from, struct bt_cookie *out, struct beamtap_err *err)
{
    size_t n = strcspn(text, "\r\n");
    if (n == 0 || n >= BT_COOKIE_MAX) {
        bt_err_set(err, BEAMTAP_ECOOKIE, "the cookie is %s", n ? "too long" : "empty");
        bt_err_context(err, "%s", from);
        return -1;
    }
    memcpy(out->text, text, n);
    out->text[n] = '\0';
    snprintf(out->from, sizeof out->from, "%s", from);
    return 0;
}

/* Reads to the end of the file, or as much as a cookie can have. */
static int from_stream(FILE *f, const char *from, struct bt_cookie *out, struct beamtap_err *err)
{
    char text[BT_COOKIE_MAX + 2];
    setvbuf(f, NULL, _IONBF, 0); /* no buffer that would keep it */
    size_t n = fread(text, 1, sizeof text - 1, f);
    int sys = ferror(f) ? errno : 0; /* a directory can be opened, not read */
    text[n] = '\0';
    int rc = sys ? bt_err_sys(err, BEAMTAP_ECOOKIE, sys, "cannot read the cookie file %s", from)
                 : take(text, from, out, err);
    bt_wipe(text, sizeof text);
    return rc;
}

/* 0: read; 1: no such file; -1: an error. */
static int from_file(const char *path, struct bt_cookie *out, struct beamtap_err *err)
{
    struct stat st;
    FILE *f = fopen(path, "re");
    if (!f && (errno == ENOENT || errno == ENOTDIR))
        return 1;
    if (!f)
        return bt_err_sys(err, BEAMTAP_ECOOKIE, errno, "cannot read the cookie file %s", path);
    out->is_exposed = fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0;
    int rc = from_stream(f, path, out, err);
    fclose(f);
    return rc;
}

/* The places Erlang itself looks, for an XDG folder or a home that may be unset. */
static int from_home(const struct bt_cookie_opts *o, struct bt_cookie *out, struct beamtap_err *err)
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
        "no cookie: tried %s%s%s, %s\n"
        "  say --cookie-file FILE, with the cookie the node was started with",
        o->from ? o->from : "", o->from ? ", " : "", home ? paths[0] : "~/.erlang.cookie (HOME is not set)",
        paths[1][0] ? paths[1] : "$XDG_CONFIG_HOME/erlang/.erlang.cookie");
}

static int find(const struct bt_cookie_opts *o, struct bt_cookie *out, struct beamtap_err *err)
{
    if (o->cookie)
        return take(o->cookie, o->from ? o->from : "--cookie", out, err);
    if (!o->cookie_file)
        return from_home(o, out, err);
    int rc = from_file(o->cookie_file, out, err);
    return rc > 0 ? bt_err_set(err, BEAMTAP_ECOOKIE, "there is no cookie file %s", o->cookie_file) : rc;
}

int bt_cookie_find(const struct bt_cookie_opts *o, struct bt_cookie *out, struct beamtap_err *err)
{
    memset(out, 0, sizeof *out);
    return find(o, out, err);
}
