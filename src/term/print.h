/*
 * print.h - external terms as Erlang text. The walker (walk.h) knows the structure, the receiver here the
 * punctuation; nothing here does I/O.
 */
#ifndef BT_TERM_PRINT_H
#define BT_TERM_PRINT_H

#include "base/buf.h"
#include "term/etf_read.h"
#include "term/term.h"

struct bt_receiver;

/* The names of the fields of a record or of a struct, in the order they were defined. */
struct bt_print_def {
    const char *name; /* of the record: state; of the struct's module: Elixir.MyApp.User */
    const char *const *fields;
    size_t n_fields;
};

struct bt_print_defs {
    const struct bt_print_def *items;
    size_t n;
};

struct bt_print_opts {
    struct bt_slice home; /* UTF-8 name of the node whose pids print as <0.N.S>; empty: none */
    uint32_t max_depth;   /* levels shown; deeper parts print as "..."; 0: all, up to BT_ETF_MAX_DEPTH */
    enum bt_syntax syntax;
    const struct bt_print_defs *records; /* Erlang: tuples that are shown as #rec{field = V}; NULL: none */
    const struct bt_print_defs *structs; /* Elixir: besides Elixir's own (ex_struct.h); NULL: none */
};

/*
 * bt_print_term - append one term in the syntax of opts: bt_print_erlang() or bt_print_elixir(), and all of
 * opts holds.
 */
bool bt_print_term(struct bt_buf *out, struct bt_etf *r, const struct bt_print_opts *opts);

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

/*
 * bt_print_elixir - append one term as inspect(t, limit: :infinity, printable_limit: :infinity, width: :infinity) of
 * Elixir 1.18 prints it; else as bt_print_erlang().
 *
 * Where this is not byte by byte what Elixir prints:
 * - what is said of nodes' names, large integers, large maps and levels in bt_print_erlang();
 * - a struct whose module is not known (ex_struct.h) shows as %Module{...}, with all fields in the term's order. Elixir has
 *   the order of the definition and leaves out what @derive {Inspect, ...} says; a struct with an Inspect of its own prints in
 *   a form of its own; one whose module is not loaded, or has other fields, as %{__struct__: Module, ...}, which is what one
 *   with a module that is no alias (:user) is here;
 * - a Date and the like with values that are none, or of another calendar than Calendar.ISO, is a struct like others; so are
 *   a Stream of two or more functions, Macro.Env, HashDict, HashSet and Inspect.Error;
 * - #Function<1.2/3 in Mod> without the name of the function it was made in, which is not in the term;
 * - keyword lists, and maps of keyword keys, within so many others that to look for them would no longer be linear work are
 *   [{:a, 1}] and %{:a => 1}.
 */
bool bt_print_elixir(struct bt_buf *out, struct bt_etf *r, const struct bt_print_opts *opts);

/* The record that a tuple of these members is: the first definition that fits. NULL: none. */
const struct bt_print_def *bt_print_record(const struct bt_print_defs *defs, struct bt_slice name, size_t n_fields);

/* An atom (UTF-8) as Erlang source has it, quoted where it must be: ok, 'Elixir.Foo', 'hello world'. */
void bt_print_atom(struct bt_buf *out, struct bt_slice name);

/* The receiver that writes Erlang text; its self is a struct bt_erlang. */
struct bt_erlang {
    struct bt_buf *out;
    struct bt_slice home;
};

extern const struct bt_receiver bt_erlang_receiver;

/* What stands for the node of a pid, port or reference in <0.44.0>: 0 for e->home. */
void bt_print_node(const struct bt_erlang *e, const struct bt_etf_token *tok);

#endif
