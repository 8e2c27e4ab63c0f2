/*
 * print_elixir.h - the receiver that writes Elixir text. What it prints is said at bt_print_elixir() in print.h.
 */
#ifndef BT_TERM_PRINT_ELIXIR_H
#define BT_TERM_PRINT_ELIXIR_H

#include "term/ex_struct.h"
#include "term/print.h"

#define BT_ELIXIR_NEAR 64

struct bt_elixir {
    struct bt_erlang base; /* out, home */
    const struct bt_print_defs *structs;
    uint8_t *levels, near[BT_ELIXIR_NEAR]; /* of each open tuple, list or map: its form */
    size_t depth, cap;
    size_t as_lists;        /* within so many MapSets, where charlists print as lists */
    size_t look_left;       /* bytes that may still be looked at before they are printed */
    uint8_t coming;         /* form of the list or map that is about to begin; 0: plain */
    struct bt_slice module; /* of a struct that is about to begin */
};

/* Makes ready to print what is not larger than `bytes`. */
void bt_elixir_init(struct bt_elixir *e, struct bt_buf *out, const struct bt_print_opts *opts, size_t bytes);
void bt_elixir_done(struct bt_elixir *e);

extern const struct bt_receiver bt_elixir_receiver;

#endif
