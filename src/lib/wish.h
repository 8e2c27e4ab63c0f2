/*
 * wish.h - which calls are shown, by how they ended: the caller's options, read.
 */
#ifndef BT_LIB_WISH_H
#define BT_LIB_WISH_H

#include "event/outcome.h"
#include "spec/records.h"

/* The place of an error is in the pattern of `returns`: err->text (beamtap.h). */
#define BT_TEXT_RETURNS BEAMTAP_TEXT_RETURNS

struct bt_wish_opts {
    bool exceptions;
    int64_t slower_us;   /* < 0: any */
    const char *returns; /* NULL: any */
};

/* Is something asked for? */
bool bt_wish_is_given(const struct bt_wish_opts *o);

/*
 * bt_wish_read - read the options.
 *
 * syntax   of returns.
 * records  definitions for it; NULL: none.
 * arena    its terms live there.
 *
 * Errors: EUSAGE (what goes not together), ESPEC (returns; with a place and err->text = BT_TEXT_RETURNS), ENOMEM.
 */
int bt_wish_read(const struct bt_wish_opts *o, enum bt_syntax syntax, const struct bt_records *records,
    struct bt_arena *arena, struct bt_outcome_wish *out, struct beamtap_err *err);

/* Has everything that is traced an outcome? EUSAGE. */
int bt_wish_check(const struct bt_wish_opts *o, const struct bt_program *prog, struct beamtap_err *err);

#endif
