/*
 * cookie.h - finding the cookie: file, descriptor, environment, the places Erlang looks.
 */
#ifndef BT_LIB_COOKIE_H
#define BT_LIB_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define BT_COOKIE_MAX 512

struct bt_cookie_opts {
    const char *cookie, *cookie_file; /* NULL: not given */
    int64_t cookie_fd;                /* 0: not given */
    bool is_program; /* it is our own program that asks: the environment is looked at, and wiped of cookies */
};

struct bt_cookie {
    char text[BT_COOKIE_MAX]; /* NUL-terminated; the caller wipes it after use */
    char from[1088];          /* where it was found, to be shown */
    bool is_exposed;          /* others than the owner of its file may read it there */
};

/*
 * bt_cookie_find - the cookie.
 *
 * In this order: --cookie, --cookie-file, --cookie-fd (read to its end and closed), with is_program BEAMTAP_COOKIE and
 * RELEASE_COOKIE (both removed from our environment in any case), ~/.erlang.cookie, $XDG_CONFIG_HOME/erlang/.erlang.cookie. ECOOKIE lists the
 * places tried.
 */
int bt_cookie_find(const struct bt_cookie_opts *o, struct bt_cookie *out, struct beamtap_err *err);

/*
 * bt_cookie_take - what bt_cookie_find can find only once: the cookie of a descriptor (0: none), else that of the environment, for a
 * program that connects several times. *out is all zero where there is none. ECOOKIE.
 */
int bt_cookie_take(int64_t fd, struct bt_cookie *out, struct beamtap_err *err);

#endif
