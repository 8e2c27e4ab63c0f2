/*
 * ex_struct.h - how inspect/2 of Elixir 1.18 shows a struct, as far as the term alone tells.
 *
 * A struct is a map with the key __struct__. Whether its module is there, which order its fields were defined in and
 * whether it has an Inspect of its own (@derive {Inspect, only: ...}, a sensitive field) is known to the node alone;
 * the structs of Elixir itself are known here, others by bt_print_opts.structs, and what is unknown shows as
 * %Module{...} with all fields in the term's order.
 */
#ifndef BT_TERM_EX_STRUCT_H
#define BT_TERM_EX_STRUCT_H

#include "base/buf.h"
#include "term/print.h"
#include "term/walk.h"

enum bt_ex_view {
    BT_EX_MAP,    /* as any map, __struct__ included */
    BT_EX_SHOWN,  /* written already: ~D[2024-01-31] */
    BT_EX_STRUCT, /* %Module{a: 1}, of the pairs chosen */
    BT_EX_CALL,   /* the values of the pairs chosen, between `words` */
    BT_EX_SET,    /* the keys of the pairs chosen, as one list between `words` */
    BT_EX_NOMEM,
};

/* The forms between words. */
enum bt_ex_words {
    BT_EX_DATE_RANGE,
    BT_EX_REGEX,
    BT_EX_STREAM,
    BT_EX_MAP_SET,
    BT_EX_N_WORDS,
};

/* Date.range(1, 2): open, sep[0] behind the first value, sep[1] behind the others, close. */
struct bt_ex_call {
    const char *open, *sep[2], *close;
};

extern const struct bt_ex_call bt_ex_calls[BT_EX_N_WORDS];

struct bt_ex_struct {
    struct bt_slice module;        /* in: value of __struct__ */
    struct bt_walk_chosen *chosen; /* out: of the heap; NULL with BT_EX_MAP, BT_EX_SHOWN and BT_EX_NOMEM */
    enum bt_ex_words words;        /* out: with BT_EX_CALL and BT_EX_SET */
};

/*
 * bt_ex_struct - what is to be shown of the struct whose pairs begin at r; all its keys are atoms.
 *
 * defs  may be NULL. Written to `out` is something only with BT_EX_SHOWN.
 */
enum bt_ex_view bt_ex_struct(struct bt_buf *out, struct bt_etf r, uint32_t n_pairs,
    const struct bt_print_defs *defs, struct bt_ex_struct *s);

#endif
