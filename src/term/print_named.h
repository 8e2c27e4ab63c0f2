/*
 * print_named.h - the receiver that writes Erlang text with the names of records' fields: #user{name = bob,age = 5}, as
 * io_lib does where it is given the definitions (io_lib:format("~p") is not).
 */
#ifndef BT_TERM_PRINT_NAMED_H
#define BT_TERM_PRINT_NAMED_H

#include "term/print.h"

#define BT_NAMED_LEVELS 64 /* records in which so many others are nested; those within are shown as tuples */

struct bt_named {
    struct bt_erlang base; /* out, home */
    const struct bt_print_defs *records;
    const struct bt_print_def *coming; /* of the tuple that is about to begin; NULL: no record */
    struct bt_named_level {
        const struct bt_print_def *def; /* NULL: no record */
        size_t n;                       /* members behind the one that is being shown, from its name on */
    } levels[BT_NAMED_LEVELS];
    size_t depth;
};

void bt_named_init(struct bt_named *e, struct bt_buf *out, const struct bt_print_opts *opts);

extern const struct bt_receiver bt_named_receiver;

#endif
