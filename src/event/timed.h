/*
 * timed.h - durations without values (action `time`): which calls ended when a process returned to a function.
 *
 * The return_to flag says where a process returned to, not what returned, and says it once where a tail call or an
 * exception ended several calls. Each call carries the function it will return to ({caller} in its message), so that the
 * stack of open calls of the process tells which are over.
 * Source: erlang:trace/3, flag return_to.
 */
#ifndef BT_EVENT_TIMED_H
#define BT_EVENT_TIMED_H

#include <stdbool.h>
#include <stddef.h>

#include "event/event.h"

#define BT_TIMED_MAX_OPEN ((size_t)65536) /* calls remembered; more are not timed */

struct bt_timed;

struct bt_timed *bt_timed_new(void);
void bt_timed_free(struct bt_timed *t);

/* A call: ev->caller is where it will return to. is_wanted: it was shown and its duration is wanted. */
void bt_timed_call(struct bt_timed *t, const struct bt_event *call, bool is_wanted);

/* A return_to: ev->caller is the function returned to. The calls it ended are then given by bt_timed_next. */
void bt_timed_return_to(struct bt_timed *t, const struct bt_event *ev);

/*
 * The next wanted call that has ended: *out becomes a BT_EVENT_TIMED at the time of the return. False: none.
 * Slices of *out are valid until the next use of t.
 */
bool bt_timed_next(struct bt_timed *t, struct bt_event *out);

/* Memory ran out: some call is not remembered. */
bool bt_timed_failed(const struct bt_timed *t);

/* Wanted calls that have not ended. */
size_t bt_timed_owed(const struct bt_timed *t);

#endif
