/*
 * source.h - texts that stand in a file, a script: where each of them was written, so that what is wrong in it is shown there.
 */
#ifndef BT_CLI_SOURCE_H
#define BT_CLI_SOURCE_H

#include "base/arena.h"
#include "base/err.h"
#include "spec/placed.h"

/* A text that was handed on, known by its address. */
struct bt_source_place {
    const char *value;
    const struct bt_placed *placed; /* what it is a part of */
    size_t off;                     /* where it begins in that */
    bool is_exact;                  /* byte by byte; else only its beginning is known */
};

struct bt_source_file {
    const char *name; /* as it is shown */
    const char *text; /* NUL-terminated */
    struct bt_source_place *places;
    size_t n, cap;
};

/* -1: no memory. */
int bt_source_add(struct bt_source_file *f, struct bt_arena *a, struct bt_source_place place);

/* Turns the place in `value` to one in the file; false: it is not from there, *loc is as it was. */
bool bt_source_locate(const struct bt_source_file *f, const char *value, struct beamtap_loc *loc);

/* "beamtap: FILE:LINE:COL: " and the message, and the place in the file (err->loc) by a caret, on stderr. The exit status. */
int bt_source_fail(const struct bt_source_file *f, const struct beamtap_err *err);

#endif
