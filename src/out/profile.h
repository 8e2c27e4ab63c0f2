/*
 * profile.h - what was shown, function by function or caller by caller, as the table at the end:
 *
 *          calls   raised       min      mean       max  function
 *             90        2      12us      40us    1.20ms  queue:in/2
 *             10        0         -         -         -  queue:out/1
 */
#ifndef BT_OUT_PROFILE_H
#define BT_OUT_PROFILE_H

#include "base/buf.h"
#include "event/event.h"
#include "term/print.h"

struct bt_profile;

#define BT_PROFILE_MAX_ROWS 10000 /* functions; what else comes is counted in one row, "others" */

struct bt_profile *bt_profile_new(void);
void bt_profile_free(struct bt_profile *p);

/* Counts an event of a function; key: {M, F, Arity}, external form, or any other term for what is not known. */
void bt_profile_add(struct bt_profile *p, struct bt_slice key, const struct bt_event *ev);
size_t bt_profile_count(const struct bt_profile *p);

/* Appends the table, most calls first, `top` lines at most. what: "function", "caller". print: the syntax; NULL: Erlang's. */
void bt_profile_put(struct bt_buf *out, const struct bt_profile *p, size_t top, const char *what,
    const struct bt_print_opts *print);

#endif
