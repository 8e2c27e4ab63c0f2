/*
 * outcome.h - which calls are shown, by how they ended: --slower, --exceptions, --returns. Live the agent decides
 * (src/agent/outcome.hrl); for a capture this does, and says the same.
 */
#ifndef BT_EVENT_OUTCOME_H
#define BT_EVENT_OUTCOME_H

#include "event/event.h"
#include "match/compile.h"

/* All that is asked for must hold. */
struct bt_outcome_wish {
    bool is_on;        /* something is asked for */
    int64_t slower_ns; /* it took that long at least; < 0: any */
    bool only_raised;  /* it ended in an exception */
    struct bt_value_match
        returns; /* it returned what matches; match_spec NULL: any. An exception never does */
};

#define BT_OUTCOMES_MAX_HELD ((size_t)65536)     /* calls whose end is waited for; */
#define BT_OUTCOMES_MAX_BYTES ((size_t)64 << 20) /* and what they may take: later ones are not looked at */

struct bt_outcomes_sum {
    uint64_t examined, shown, filtered; /* calls; a return whose call is not there is none */
    uint64_t n_gave_up; /* shown although it could not be worked out whether the value matches */
};

struct bt_outcomes;

/* wish is copied, its terms are borrowed. NULL: no memory. */
struct bt_outcomes *bt_outcomes_new(const struct bt_outcome_wish *wish);
void bt_outcomes_free(struct bt_outcomes *o);

/*
 * bt_outcomes_next - the next event of a source, of calls only those that are wanted: each right before its end.
 *
 * next  what gives the events, with self: as bt_merge_next.
 * Gaps and remarks are passed on as they come; messages and what happens to processes have no outcome and are left out.
 * ev is valid until the next call. As `next`, and ENOMEM.
 */
enum bt_next bt_outcomes_next(struct bt_outcomes *o,
    enum bt_next (*next)(void *self, struct bt_event *ev, struct beamtap_err *err), void *self,
    struct bt_event *ev, struct beamtap_err *err);

struct bt_outcomes_sum bt_outcomes_sum(const struct bt_outcomes *o);

#endif
