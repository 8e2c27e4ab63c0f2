/*
 * order.h - events in the order they happened: a buffer of about 50 ms sorts what the node delivered out of order.
 *
 * Within a process events arrive in order, across processes up to 20 ms apart (doc/SAFETY.md). What is older than the
 * newest by HOLD comes out; all of it when the input is idle, or when the buffer is full.
 */
#ifndef BT_EVENT_ORDER_H
#define BT_EVENT_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "term/etf_read.h"

#define BT_ORDER_HOLD_NS INT64_C(50000000)
#define BT_ORDER_MAX_BYTES ((size_t)5 << 19) /* so that all of beamtap keeps to 10 MB */
#define BT_ORDER_MAX_BATCH 65536u            /* events of one batch: the agent sends far fewer */

struct bt_order;

struct bt_order *bt_order_new(void);
void bt_order_free(struct bt_order *o);

/*
 * Takes a copy of the n trace messages at the cursor and moves it behind them. False, and none is taken: a stamp that cannot be
 * read, or bt_order_failed.
 */
bool bt_order_put(struct bt_order *o, struct bt_etf *events, uint32_t n);
/* From now on events come in pairs, a call and its end: both take the place of the end, one behind the other. */
void bt_order_in_pairs(struct bt_order *o);
/* The last bt_order_put found no memory. */
bool bt_order_failed(const struct bt_order *o);

/*
 * The oldest event that may come out; with `all` the oldest one. False: none.
 * *event is valid until the next use of the buffer.
 */
bool bt_order_take(struct bt_order *o, bool all, struct bt_slice *event);

bool bt_order_is_empty(const struct bt_order *o);
/* How many wait. */
size_t bt_order_count(const struct bt_order *o);

#endif
