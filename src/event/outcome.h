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
    bool is_on;                    /* something is asked for */
    int64_t slower_ns;             /* it took that long at least; < 0: any */
    bool only_raised;              /* it ended in an exception */
    struct bt_value_match returns; /* it returned what matches; match_spec NULL: any. An exception never does */
};

#endif
