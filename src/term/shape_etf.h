/*
 * shape_etf.h - shapes to terms and back, so that a file can hold what the arguments of a call look like.
 *
 *   _            hole
 *   capture n    {capture, N}
 *   {..}         {tuple, [Shape]}
 *   [..|..]      {list, [Shape], [] | Shape}       the tail; [] is none
 *   #{..}        {map, [KeyShape, ValueShape, ...]}
 *   any other    {value, Term}
 */
#ifndef BT_TERM_SHAPE_ETF_H
#define BT_TERM_SHAPE_ETF_H

#include "term/etf_read.h"
#include "term/term.h"

#define BT_SHAPE_MAX_DEPTH 1000 /* of what is read; a spec's patterns are not nested that deep */

/* The term for a shape, in the arena. NULL: no memory. */
const struct bt_term *bt_shape_to_term(struct bt_arena *a, const struct bt_term *shape);

/*
 * The shape of the term at the cursor, which moves past it. NULL: no such term (the cursor is somewhere in it), or no memory
 * (a->failed). Whole values are BT_TERM_RAW, atoms and small integers excepted.
 */
const struct bt_term *bt_shape_from_term(struct bt_arena *a, struct bt_etf *r);

#endif
