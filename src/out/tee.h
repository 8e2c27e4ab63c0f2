/*
 * tee.h - events to several outputs at once, each with a sink of its own: one that fails or whose reader goes away leaves the
 * others alone.
 */
#ifndef BT_OUT_TEE_H
#define BT_OUT_TEE_H

#include <poll.h>

#include "out/out.h"

#define BT_TEE_MAX 4

struct bt_tee {
    struct bt_out *outs[BT_TEE_MAX];
    size_t n;
    const struct bt_out_head *head; /* since bt_tee_begin */
};

/* Takes the output; its sink is open. At most BT_TEE_MAX. */
void bt_tee_add(struct bt_tee *t, struct bt_out *out);
void bt_tee_begin(struct bt_tee *t, const struct bt_out_head *head);
/* False: some output had no room; the event is lost to it. */
bool bt_tee_event(struct bt_tee *t, const struct bt_event *ev);
void bt_tee_end(struct bt_tee *t, const struct bt_out_end *end);
/* Writes what can be written without waiting. Returns how many outputs have ended by that. */
size_t bt_tee_push(struct bt_tee *t);
/* Some output holds as much as it may: the producer should pause. */
bool bt_tee_is_full(const struct bt_tee *t);
/* Some output has bytes to write. */
bool bt_tee_has_more(const struct bt_tee *t);
/* No output takes events any more. */
bool bt_tee_is_over(const struct bt_tee *t);
/* Readers went away, and that alone ended the outputs. */
bool bt_tee_reader_is_gone(const struct bt_tee *t);
/* The first failure, or NULL. */
const struct beamtap_err *bt_tee_error(const struct bt_tee *t);
/* Fills p[0..BT_TEE_MAX) for poll(), one for each output; then says what came of it: as bt_tee_push. */
void bt_tee_poll(const struct bt_tee *t, struct pollfd p[BT_TEE_MAX]);
size_t bt_tee_polled(struct bt_tee *t, const struct pollfd p[BT_TEE_MAX]);
/* Closes the sinks: what only that shows (a full disk) is a failure too. */
void bt_tee_close(struct bt_tee *t);
/* Nothing was traced: files that were made are removed. */
void bt_tee_discard(struct bt_tee *t);
void bt_tee_done(struct bt_tee *t);

#endif
