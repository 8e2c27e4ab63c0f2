/*
 * outs.h - what tests of outputs share: a head made of spec texts, and events made of trace messages written as text.
 */
#ifndef BT_TESTS_OUTS_H
#define BT_TESTS_OUTS_H

#include "out/out.h"

#define BT_TEST_WALL_NS INT64_C(1700000000123456789) /* 2023-11-14 22:13:20.123456789 UTC */

/* The head of a trace of these specs, started one second before BT_TEST_WALL_NS. */
struct bt_out_head bt_test_head(struct bt_arena *a, const char *const *specs, size_t n);
/* Decodes a trace message (terms.h) at BT_TEST_WALL_NS. The event is good until the next call. */
struct bt_event *bt_test_event(struct bt_arena *a, const char *text);

/* Writes a capture of that: specs, and trace messages as for bt_test_event(). path must not be there. */
void bt_test_capture_file(
    const char *path, const char *const *specs, size_t n_specs, const char *const *events, size_t n);

#endif
