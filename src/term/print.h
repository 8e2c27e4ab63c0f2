/*
 * print.h - external terms to text: one walker, several receivers. The walker knows the structure, the
 * receiver the punctuation; nothing here does I/O.
 */
#ifndef BT_TERM_PRINT_H
#define BT_TERM_PRINT_H

#include "base/buf.h"
#include "term/etf_read.h"

struct bt_print_opts {
    struct bt_slice home; /* name of the node whose pids print as <0.N.S>; empty: none */
    uint32_t max_depth;   /* levels shown; deeper parts print as "..."; 0: all */
};

/*
 * bt_print_erlang - append one term as io_lib:format("~0tp", [T]) of OTP 25 (+pc unicode) prints it, on one
 * line.
 *
 * r      read from; moves past the term.
 * opts   borrowed; NULL: all defaults.
 *
 * Bytes a terminal would act on are escaped as Erlang escapes them. False: the bytes are not a whole term;
 * what was printed of it stays in the buffer, the caller marks it. A closure prints as
 * #Fun<module.index.uniq>.
 */
bool bt_print_erlang(struct bt_buf *out, struct bt_etf *r, const struct bt_print_opts *opts);

/* An atom (UTF-8) as Erlang source has it, quoted where it must be: ok, 'Elixir.Foo', 'hello world'. */
void bt_print_atom(struct bt_buf *out, struct bt_slice name);

#endif
