/*
 * merge.h - the body of a user's fun or match specification and ours, made one: whatever message(X) says comes along in
 * our own message.
 */
#ifndef BT_MATCH_MERGE_H
#define BT_MATCH_MERGE_H

#include <stdbool.h>

#include "base/arena.h"
#include "term/term.h"

/* Does a body call return_trace or exception_trace, on whatever level? */
bool bt_merge_wants_return(const struct bt_term *body);
/* Does it call message(X), X not a plain true or false? */
bool bt_merge_has_message(const struct bt_term *body);
/* Does it say message(false), no other message, and ask for no return? Then its calls are not to be seen at all. */
bool bt_merge_excludes(const struct bt_term *body);

/*
 * bt_merge_body - the user's calls, to stand behind our own message.
 *
 * message  our own, {{Id, Values...}}; each message(X) of the user's becomes one with X at place `at` of the tuple
 *          (from 0), message(true) becomes ours, and so does message(false) where the body asks for returns, since a
 *          return is told with its call.
 * return_trace becomes exception_trace, which shows what it shows and exceptions besides.
 * Returns a list; NULL: no memory.
 */
const struct bt_term *bt_merge_body(
    struct bt_arena *a, const struct bt_term *body, const struct bt_term *message, size_t at);

#endif
