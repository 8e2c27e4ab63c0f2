/*
 * cookie.h - finding the cookie: file, environment, the places Erlang looks.
 */
#ifndef BT_CLI_COOKIE_H
#define BT_CLI_COOKIE_H

#include "base/err.h"
#include "cli/opts.h"

#define BT_COOKIE_MAX 512

/*
 * bt_cookie_find - the cookie in out[0..BT_COOKIE_MAX), NUL-terminated; the caller wipes it after use.
 *
 * In this order: --cookie, --cookie-file, BEAMTAP_COOKIE (removed from our environment in any case),
 * ~/.erlang.cookie, $XDG_CONFIG_HOME/erlang/.erlang.cookie. ECOOKIE lists the places tried.
 */
int bt_cookie_find(const struct bt_opts *o, char *out, struct beamtap_err *err);

#endif
