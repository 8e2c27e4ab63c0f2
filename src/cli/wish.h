/*
 * wish.h - --exceptions, --slower and --returns: which calls are shown, by how they ended.
 */
#ifndef BT_CLI_WISH_H
#define BT_CLI_WISH_H

#include "cli/cmd.h"
#include "event/outcome.h"
#include "spec/records.h"

/* Is one of them given? */
bool bt_wish_is_given(const struct bt_opts *o);

/*
 * bt_wish_read - read the options.
 *
 * syntax   of --returns.
 * records  definitions for it; NULL: none.
 * arena    its terms live there.
 * Returns 0, or the exit status: the message is out.
 */
int bt_wish_read(const struct bt_opts *o, enum bt_syntax syntax, const struct bt_records *records,
    struct bt_arena *arena, struct bt_outcome_wish *out);

/* Has everything that is traced an outcome? EUSAGE. */
int bt_wish_check(const struct bt_opts *o, const struct bt_program *prog, struct beamtap_err *err);

#endif
