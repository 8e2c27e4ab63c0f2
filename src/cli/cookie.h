/*
 * cookie.h - the cookie of the one who runs the program, where the library does not look: a descriptor, the environment.
 */
#ifndef BT_CLI_COOKIE_H
#define BT_CLI_COOKIE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define BT_CLI_COOKIE_VARIABLES "BEAMTAP_COOKIE, RELEASE_COOKIE" /* in this order */

struct bt_cli_cookie {
    bool is_there;
    char text[514]; /* NUL-terminated, longer than any cookie; the caller wipes it after use */
    char from[48];  /* where it was found, to be shown */
};

/*
 * bt_cli_cookie_take - what can be found only once: the cookie of a descriptor (0: none), which is read to its end and closed, else
 * that of the environment; this is wiped of cookies. ECOOKIE.
 */
int bt_cli_cookie_take(int64_t fd, struct bt_cli_cookie *out, struct beamtap_err *err);

/* Nobody is to inherit them, or to find them in /proc, whichever cookie was taken. */
void bt_cli_cookie_wipe_environment(void);

#endif
