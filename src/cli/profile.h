/*
 * profile.h - what was shown, function by function or caller by caller, as the table at the end:
 *
 *          calls   raised       min      mean       max  function
 *             90        2      12us      40us    1.20ms  queue:in/2
 *             10        0         -         -         -  queue:out/1
 */
#ifndef BT_CLI_PROFILE_H
#define BT_CLI_PROFILE_H

#include "base/buf.h"
#include "beamtap.h"

struct bt_profile;

#define BT_PROFILE_MAX_ROWS 10000 /* functions; what else comes is counted in one row, "others" */

struct bt_profile *bt_profile_new(void);
void bt_profile_free(struct bt_profile *p);

/* Counts an event of a function; module NULL: of no function, which is a row too. */
void bt_profile_add(struct bt_profile *p, const char *module, const char *function, uint32_t arity,
    const struct beamtap_event *ev);
size_t bt_profile_count(const struct bt_profile *p);

/* Appends the table, most calls first, `top` lines at most. what: "function", "caller". style: the syntax. */
void bt_profile_put(struct bt_buf *out, const struct bt_profile *p, size_t top, const char *what,
    const struct beamtap_style *style);

#endif
