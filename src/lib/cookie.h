/*
 * cookie.h - finding the cookie: a text, a file, the places Erlang looks.
 */
#ifndef BT_LIB_COOKIE_H
#define BT_LIB_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define BT_COOKIE_MAX 512

struct bt_cookie_opts {
    const char *cookie, *cookie_file; /* NULL: not given */
    const char *
        from; /* where the cookie is from, NULL: --cookie; without one, where it was looked for before, NULL: nowhere */
};

struct bt_cookie {
    char text[BT_COOKIE_MAX]; /* NUL-terminated; the caller wipes it after use */
    char from[1088];          /* where it was found, to be shown */
    bool is_exposed;          /* others than the owner of its file may read it there */
};

/*
 * bt_cookie_find - the cookie.
 *
 * In this order: the one given, that of the file, ~/.erlang.cookie, $XDG_CONFIG_HOME/erlang/.erlang.cookie. ECOOKIE lists the places
 * tried. No message shows a cookie.
 */
int bt_cookie_find(const struct bt_cookie_opts *o, struct bt_cookie *out, struct beamtap_err *err);

#endif
