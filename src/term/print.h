/*
 * print.h - external terms as Erlang text. The walker (walk.h) knows the structure, the receiver here the
 * punctuation; nothing here does I/O.
 */
#ifndef BT_TERM_PRINT_H
#define BT_TERM_PRINT_H

#include "base/buf.h"
#include "term/etf_read.h"

struct bt_receiver;

struct bt_print_opts {
    struct bt_slice home; /* UTF-8 name of the node whose pids print as <0.N.S>; empty: none */
    uint32_t max_depth;   /* levels shown; deeper parts print as "..."; 0: all, up to BT_ETF_MAX_DEPTH */
};

/*
 * bt_print_erlang - append one term as io_lib:format("~0tp", [T]) of OTP 25 (+pc unicode) prints it, on one
 * line.
 *
 * r      read from; moves past the term, or to somewhere in it on failure.
 * opts   borrowed; NULL: all defaults.
 *
 * False: the bytes are not a whole term; what was printed of it stays in the buffer, the caller marks it.
 * (Also when there is no memory for a very deep or large term; the buffer is then marked as failed.)
 *
 * Nothing a terminal would act on comes out raw. Where this is not byte by byte what OTP 25 prints:
 * - a pid, port or reference of another node than opts->home names it: <other@host.44.0>, for OTP's
 * <9146.44.0>;
 * - in the names of `fun m:f/1` OTP leaves the byte 0x7f as it is and shows each byte of a character above
 *   ASCII as one character; here the first is \177, the second the character; the same in #Fun<..>;
 * - an integer above 32 KB is in base 16 (digits.h), and a map of more than 32 pairs inside 16 others such is
 * in the order of the external format (walk.h);
 * - more than BT_ETF_MAX_DEPTH levels are cut.
 */
bool bt_print_erlang(struct bt_buf *out, struct bt_etf *r, const struct bt_print_opts *opts);

/* An atom (UTF-8) as Erlang source has it, quoted where it must be: ok, 'Elixir.Foo', 'hello world'. */
void bt_print_atom(struct bt_buf *out, struct bt_slice name);

/* The receiver that writes Erlang text; its self is a struct bt_erlang. */
struct bt_erlang {
    struct bt_buf *out;
    struct bt_slice home;
};

extern const struct bt_receiver bt_erlang_receiver;

#endif
