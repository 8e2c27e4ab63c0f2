/*
 * etf_write.h - term trees to the external term format (OTP "External Term Format"). The one door to ei's
 * encoders.
 */
#ifndef BT_TERM_ETF_WRITE_H
#define BT_TERM_ETF_WRITE_H

#include <stdint.h>

#include "base/buf.h"
#include "term/term.h"

/* Whose pids, refs and ports a tree means by <0.44.0>: the target's name and creation. */
struct bt_etf_home {
    const char *node;
    uint32_t creation;
};

/*
 * bt_etf_write - append a term without the leading version byte (131).
 *
 * home   the node local identifiers belong to; NULL: nonode@nohost, creation 0.
 * Fails with EINTERNAL for a hole or a capture (shapes are not terms), EUSAGE for what the format cannot
 * carry (an atom above 255 characters), ENOMEM. The buffer then holds a part of the term.
 */
int bt_etf_write(
    struct bt_buf *out, const struct bt_term *t, const struct bt_etf_home *home, struct beamtap_err *err);

#endif
