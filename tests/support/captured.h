/*
 * captured.h - a capture in memory, for tests of its reader: an event of each type, clauses of many shapes.
 */
#ifndef BT_TESTS_CAPTURED_H
#define BT_TESTS_CAPTURED_H

#include <sys/types.h>

#include "out/out.h"

/* The head of a session with specs that capture in many ways. Lives in the arena. */
const struct bt_out_head *bt_test_captured_head(struct bt_arena *a);

/* Events for it, one or more of each type. *n of them. */
const struct bt_event *bt_test_events(struct bt_arena *a, size_t *n);

/* Appends a whole capture of these: head, events and end. */
void bt_test_capture(struct bt_arena *a, struct bt_buf *out);

/* A file in memory, for struct bt_input; `most` bytes are given at once (0: any). */
struct bt_test_file {
    const void *bytes;
    size_t len, pos, most;
};
ssize_t bt_test_read(void *file, void *buf, size_t n);

#endif
