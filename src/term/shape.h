/*
 * shape.h - a pattern printed with the values it captured: f({ok, X, _}) and X = 5 give {ok,5,_}.
 *
 * A shape is a term tree in which BT_TERM_HOLE stands for what was not captured and BT_TERM_CAPTURE for the
 * n-th captured value, which is a slice of external term format.
 */
#ifndef BT_TERM_SHAPE_H
#define BT_TERM_SHAPE_H

#include "term/print.h"
#include "term/term.h"

/*
 * bt_shape_print - append a shape as Erlang text.
 *
 * values     n_values whole external terms, borrowed; one without bytes (NULL) prints as _: it was left out.
 * A map in a shape prints with := between key and value, since it shows named keys only. A list tail that is
 * captured is written in full where it is a proper list ([1,2,3], not [1|[2,3]]). Returns false when a
 * capture has no value or a value is not a whole term.
 */
bool bt_shape_print(struct bt_buf *out, const struct bt_term *shape, const struct bt_slice *values,
    size_t n_values, const struct bt_print_opts *opts);

#endif
