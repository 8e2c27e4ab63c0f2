/*
 * pair.h - joins calls with their returns, per process and function, nested and recursive: durations, and
 * what is owed.
 */
#ifndef BT_EVENT_PAIR_H
#define BT_EVENT_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event/event.h"

#define BT_PAIRS_MAX_OPEN                                                                                    \
    ((size_t)65536) /* calls remembered; more are not paired, their returns have no duration */

struct bt_pairs;

struct bt_pairs *bt_pairs_new(void);
void bt_pairs_free(struct bt_pairs *p);

/*
 * A call that will return. is_shown: the reader saw it, so its return is owed.
 * Returns how many calls of this function are open in this process now; 0: not remembered (full, no memory).
 */
size_t bt_pairs_call(struct bt_pairs *p, const struct bt_event *call, bool is_shown);

struct bt_pair {
    int64_t call_ns; /* mono_ns of the call */
    bool is_shown;
    bool is_owed; /* its return is waited for at the end */
};

/* The call this return or exception belongs to, and forgets it. False: no such call is open. */
bool bt_pairs_return(struct bt_pairs *p, const struct bt_event *ret, struct bt_pair *out);

/* Returns of this function ({M, F, Arity}, external form) are no longer followed: none that is open is owed any more. */
void bt_pairs_forgive(struct bt_pairs *p, struct bt_slice mfa);

/* Memory ran out: some call is not remembered. */
bool bt_pairs_failed(const struct bt_pairs *p);

/* Calls that were shown, have not returned, and were not forgiven. */
size_t bt_pairs_owed(const struct bt_pairs *p);

#endif
