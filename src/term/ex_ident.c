/*
 * ex_ident.c - names with characters above ASCII.
 */
#include "term/ex_ident.h"

enum bt_ex_ident bt_ex_ident(struct bt_slice name, bool latin1)
{
    (void)name;
    (void)latin1;
    return BT_EX_IDENT_NONE;
}
