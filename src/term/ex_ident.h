/*
 * ex_ident.h - which atoms with characters above ASCII Elixir 1.18 writes without quotes.
 */
#ifndef BT_TERM_EX_IDENT_H
#define BT_TERM_EX_IDENT_H

#include "term/etf_read.h"

enum bt_ex_ident {
    BT_EX_IDENT_NONE,     /* :"a b" */
    BT_EX_IDENT_BARE,     /* without quotes as an atom, but not as a function's name: :Été, :é@b */
    BT_EX_IDENT_CALLABLE, /* :été */
};

/* name: UTF-8, or latin-1. */
enum bt_ex_ident bt_ex_ident(struct bt_slice name, bool latin1);

#endif
