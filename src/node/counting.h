/*
 * counting.h - a session that has the VM count: the request, and what comes of it. A part of session.c.
 */
#ifndef BT_NODE_COUNTING_H
#define BT_NODE_COUNTING_H

#include "event/tally.h"
#include "node/session.h"

/* What was counted; after an event BT_EVENT_COUNTS it is fresh. Borrowed, valid until the next use of the session. */
const struct bt_tallies *bt_session_tallies(const struct bt_session *s);

#endif
