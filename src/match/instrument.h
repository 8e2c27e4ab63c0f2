/*
 * instrument.h - clauses to the match specification that is really installed on the node.
 *
 * The trace control word is the gate and the count-down (doc/INTERNALS.md): it stands first among the guards,
 * so that a closed gate never pays for the user's own; each call that passes takes one from it.
 */
#ifndef BT_MATCH_INSTRUMENT_H
#define BT_MATCH_INSTRUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "match/compile.h"

/* What a call event carries besides the number of its clause. */
enum bt_args_mode {
    BT_ARGS_MODE_NAMED, /* what the pattern names; all where it names none (f, f/2) */
    BT_ARGS_MODE_ARITY, /* nothing */
    BT_ARGS_MODE_ALL,   /* all arguments, as a list */
};

struct bt_instrument_opts {
    uint32_t base;  /* the word's value when the gate is closed: 0, or what somebody else left there */
    uint32_t range; /* with base > 0: values in (base, base + range] are ours */
    enum bt_args_mode mode;
    int64_t max_message; /* bytes: a binary above that, sent or received, is not looked at; 0: any */
    bool with_caller; /* the last value of each message is the function the call will return to */
};

/*
 * bt_instrument - the list of clauses to install for one function.
 *
 * ids    one number per clause; comes back in each event as the first element of its {Id, Values...}.
 *        With all arguments it is {Id, Args}: clause.captures_all or mode ALL say so.
 * Returns NULL when there is no memory.
 */
const struct bt_term *bt_instrument(struct bt_arena *arena, const struct bt_clause *const *clauses,
    const size_t *ids, size_t n, const struct bt_instrument_opts *opts);

/* True when the clause's messages carry all arguments as one list. */
bool bt_instrument_is_whole(const struct bt_clause *clause, enum bt_args_mode mode);

#endif
