/*
 * ex_quote.h - Elixir's quoting as inspect/2 of Elixir 1.18 does it: atoms in their three places, strings,
 * charlists, bit strings.
 *
 * As in quote.h, what comes out is UTF-8 in which no byte would move a terminal.
 */
#ifndef BT_TERM_EX_QUOTE_H
#define BT_TERM_EX_QUOTE_H

#include "base/buf.h"
#include "term/etf_read.h"

/* An atom by itself: :ok, nil, Foo.Bar, :"a b". latin1: the bytes are ISO 8859-1, else UTF-8. */
void bt_ex_quote_atom(struct bt_buf *out, struct bt_slice name, bool latin1);

/* An atom as a key, with its colon: ok:, "a b": */
void bt_ex_quote_key(struct bt_buf *out, struct bt_slice name, bool latin1);

/* An atom as a function's name behind a dot: map, +, "a b" */
void bt_ex_quote_function(struct bt_buf *out, struct bt_slice name, bool latin1);

/* Does the atom print as an alias, Foo.Bar? */
bool bt_ex_is_alias(struct bt_slice name);

/* May a list with such keys be [a: 1]? No for modules: what begins with "Elixir." */
bool bt_ex_is_key(struct bt_slice name);

/* A binary or bit string: "abc", <<1, 2, 3::size(4)>>. */
void bt_ex_quote_binary(struct bt_buf *out, struct bt_slice bytes, unsigned last_bits);

/* A list at r (string or list token): true when it is ~c"abc"; it is then printed and passed over. */
bool bt_ex_quote_list(struct bt_buf *out, struct bt_etf *r);

/* An integer of any size; one of more than BT_DIGITS_MAX_BIG bytes as 0x1F2E..., see digits.h. */
void bt_ex_quote_big(struct bt_buf *out, bool negative, struct bt_slice mag);

/* The source of a regular expression between slashes. */
void bt_ex_quote_regex(struct bt_buf *out, struct bt_slice source);

/* Is it text that prints as it is, without any escape? */
bool bt_ex_is_clean(struct bt_slice text);

#endif
