/*
 * settings.h - options as they stand in a file: read, checked where they were written, and applied.
 */
#ifndef BT_CLI_SETTINGS_H
#define BT_CLI_SETTINGS_H

#include "base/arena.h"
#include "cli/opts.h"

struct bt_setting {
    const char *name;
    const char *value; /* NULL: a flag */
};

/* Lives in an arena. */
struct bt_settings {
    struct bt_setting *items;
    size_t n, cap;
};

/*
 * bt_settings_add - takes one, when it can be applied.
 *
 * s->name and value are borrowed for as long as the settings.
 * Errors: EUSAGE, ESPEC (a regular expression) without a place, *at: the byte of the value that is wrong; ENOMEM.
 */
int bt_settings_add(struct bt_settings *s, struct bt_arena *a, struct bt_setting setting, size_t *at,
    struct beamtap_err *err);

/* Applies all of them, as one level. Those that were taken can be applied; -1: ENOMEM. */
int bt_settings_apply(const struct bt_settings *s, struct bt_opts *o, struct beamtap_err *err);
/* Only those that say how to reach the node. */
int bt_settings_apply_connection(const struct bt_settings *s, struct bt_opts *o, struct beamtap_err *err);

#endif
