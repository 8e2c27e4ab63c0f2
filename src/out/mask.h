/*
 * mask.h - --redact: what is secret in an event is masked before any output, filter or table sees it.
 *
 * Which parts: arguments, values that a pattern captured (under a matching key of the pattern too), what message(X) hands
 * over, return values, reasons, messages, and what --names shows. Not: pids, names of functions, callers and stacks,
 * addressees of messages.
 */
#ifndef BT_OUT_MASK_H
#define BT_OUT_MASK_H

#include "out/out.h"
#include "term/redact.h"

struct bt_mask {
    struct bt_redact redact; /* keys and records: the caller's; no key: nothing is masked */
    const struct bt_out_head *head;
    struct bt_buf bytes; /* of the event that was masked last */
    struct bt_mask_part {
        struct bt_slice *at;
        size_t off, len;
    } parts[BT_EVENT_MAX_VALUES + 2]; /* those that were rewritten, until bytes has them all */
    size_t n_parts;
};

static inline bool bt_mask_is_on(const struct bt_mask *m)
{
    return m->redact.n_keys > 0;
}

/* The head is borrowed. */
void bt_mask_begin(struct bt_mask *m, const struct bt_out_head *head);
/* Masks in place: slices of the event then point into m, until the next event. Without memory whole terms are masked. */
void bt_mask_event(struct bt_mask *m, struct bt_event *ev);
void bt_mask_done(struct bt_mask *m);

#endif
