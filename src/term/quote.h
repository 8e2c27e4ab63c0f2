/*
 * quote.h - Erlang's quoting as io_lib does it with +pc unicode: atoms, strings, binaries.
 *
 * Text of every kind comes out as UTF-8 in which no byte would move a terminal: control characters (also 0x7f
 * to 0x9f) and bytes that are not UTF-8 are escaped, or, in strings and binaries, make the whole print as
 * numbers.
 */
#ifndef BT_TERM_QUOTE_H
#define BT_TERM_QUOTE_H

#include "base/buf.h"
#include "term/etf_read.h"

/* An atom, in quotes where it needs them. latin1: the bytes are ISO 8859-1, else UTF-8. */
void bt_quote_atom(struct bt_buf *out, struct bt_slice name, bool latin1);

/* Of the words that begin with each letter: bit N, one goes on with the Nth letter. */
extern const uint32_t bt_quote_second[26];

/* False for nearly all names that are no words of the language; true for all that are. It begins with a small letter. */
static inline bool bt_quote_may_be_reserved(const uint8_t *name, size_t len)
{
    return len >= 2 && len <= 7 && bt_quote_second[name[0] - 'a'] >> (name[1] & 31) & 1;
}

/* Is this name, which begins with a small letter of ASCII, a word of the language, and therefore needs quotes? */
bool bt_quote_is_reserved(const uint8_t *name, size_t len);

/* The same for the names in `fun m:f/1`, where OTP has other rules: @ is quoted, reserved words are not. */
void bt_quote_fun_name(struct bt_buf *out, struct bt_slice name, bool latin1);

/* A name without quotes, as in #Fun<name.0.1>; only what a terminal would act on is escaped. */
void bt_quote_bare(struct bt_buf *out, struct bt_slice name, bool latin1);

/* A list of bytes: "abc", or [1,2,3] when a character is not printable. */
void bt_quote_bytes(struct bt_buf *out, struct bt_slice bytes);

/* A list at r (string or list token): true when all of it is printable; it is then printed and passed over.
 */
bool bt_quote_list(struct bt_buf *out, struct bt_etf *r);

/* A binary or bit string: <<"abc">>, <<"é"/utf8>>, <<1,2,3:4>>. */
void bt_quote_binary(struct bt_buf *out, struct bt_slice bytes, unsigned last_bits);

#endif
