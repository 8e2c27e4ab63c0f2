/*
 * redact.h - terms and text with the values under certain keys masked: --redact. From external form to external form, before
 * anything is shown or kept.
 *
 * A value is masked where the text of its key (an atom, a binary, a string) matches one of the expressions. Keys are those of
 * maps, so also of Elixir's structs; the first of two in a tuple, alone or in a list; names of fields, in records of which the
 * definition is known; and in binaries and strings what stands before =, : or => (bt_redact_text).
 *
 * <<"***">> stands for a binary, "***" for a string, the atom '***' for everything else. Where a term cannot be read, or
 * there is no memory, it is masked as a whole: what is in doubt is not shown.
 */
#ifndef BT_TERM_REDACT_H
#define BT_TERM_REDACT_H

#include "base/buf.h"
#include "base/regex.h"
#include "term/etf_read.h"
#include "term/print.h"

#define BT_REDACT_MAX_DEPTH 500u /* levels that are looked at; what is nested deeper is masked */
#define BT_REDACT_MAX_KEY 1024u  /* bytes of a key that are compared */

struct bt_redact {
    const struct bt_regex *const *keys; /* none: nothing is masked */
    size_t n_keys;
    const struct bt_print_defs *records; /* NULL: none is known */
    struct bt_buf text, masked;          /* in use while a string is looked at */
};

/* What stands for a value, by its kind: valid for good. A value without bytes has none. */
struct bt_slice bt_redact_mask(struct bt_slice value);

/* Does one of the expressions match a key of this text (UTF-8)? One that takes too many steps does. */
bool bt_redact_is_key(const struct bt_redact *r, const char *text, size_t len);
/* The same of a term; false for one that is no text. */
bool bt_redact_is_key_term(const struct bt_redact *r, struct bt_slice key);
/* The field of the record `name` with n fields, from 0, in any definition of it. */
bool bt_redact_is_field(const struct bt_redact *r, struct bt_slice name, size_t n_fields, size_t field);

/*
 * bt_redact_term - append a term with what is secret in it masked.
 *
 * False: nothing is, and nothing was appended. Of funs the variables they have closed over are left out: no output shows
 * them. Keys are looked into as well, so that keys of a map may become equal to each other. Check out->failed: the mask of
 * a whole term is static (bt_redact_mask), it needs no memory.
 */
bool bt_redact_term(struct bt_redact *r, struct bt_slice term, struct bt_buf *out);
/* The same for the list of a call's arguments, which is no string whatever is in it. */
bool bt_redact_args(struct bt_redact *r, struct bt_slice list, struct bt_buf *out);

/*
 * bt_redact_text - append text[0..len), any bytes, with the values behind matching keys masked as ***.
 *
 *   password=hunter2&user=bob    the value ends at a blank, a quote, one of , ; & or a closing bracket
 *   password="hun ter"           at the quote; brackets are passed over as a whole: {...}
 *   password: hunter 2           at the end of the line
 *   "password": 123, 'password' => "x"        quoted keys: as the first two; what stands for 123 is in quotes
 *   \"password\":\"hunter\"      the same inside a string
 *
 * ends_open  set to true where the text ends behind a matching key and = or the like: the value is what comes next. May be NULL.
 * False: nothing was masked; *out is as it was.
 */
bool bt_redact_text(
    const struct bt_redact *r, const char *text, size_t len, struct bt_buf *out, bool *ends_open);

void bt_redact_done(struct bt_redact *r);

#endif
