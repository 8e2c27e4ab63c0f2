/*
 * print_direct.h - the common terms as Erlang text, in one pass and without a receiver.
 */
#ifndef BT_TERM_PRINT_DIRECT_H
#define BT_TERM_PRINT_DIRECT_H

#include "base/buf.h"
#include "term/etf_read.h"

/*
 * bt_print_direct - append a term as the walker with bt_erlang_receiver does, in a fraction of the time.
 *
 * r       moves past the term when true is returned, else it stays.
 * home    as in struct bt_print_opts.
 * levels  that may be opened.
 *
 * False: not here. The length of the buffer is as before, and the walker has to print the term: it is broken, or rare (lists
 * whose tail is a list or a string, more than 128 levels), there is no memory, or out->limit is set, which the walker meets exactly.
 */
bool bt_print_direct(struct bt_buf *out, struct bt_etf *r, struct bt_slice home, uint32_t levels);

#endif
