/*
 * cookie.h - finding the cookie: file, descriptor, environment, the places Erlang looks.
 */
#ifndef BT_CLI_COOKIE_H
#define BT_CLI_COOKIE_H

#include "base/err.h"
#include "cli/opts.h"

#define BT_COOKIE_MAX 512

struct bt_cookie {
    char text[BT_COOKIE_MAX]; /* NUL-terminated; the caller wipes it after use */
    char from[1088];          /* where it was found, to be shown */
    bool is_exposed;          /* others than the owner of its file may read it there */
};

/*
 * bt_cookie_find - the cookie.
 *
 * In this order: --cookie, --cookie-file, --cookie-fd (read to its end and closed), BEAMTAP_COOKIE, RELEASE_COOKIE (both
 * removed from our environment in any case), ~/.erlang.cookie, $XDG_CONFIG_HOME/erlang/.erlang.cookie. ECOOKIE lists the
 * places tried.
 */
int bt_cookie_find(const struct bt_opts *o, struct bt_cookie *out, struct beamtap_err *err);

/*
 * bt_cookie_take - what bt_cookie_find can find only once: the cookie of --cookie-fd, or of the environment, for a program that
 * connects several times. *out is all zero where there is none. ECOOKIE.
 */
int bt_cookie_take(const struct bt_opts *o, struct bt_cookie *out, struct beamtap_err *err);

#endif
