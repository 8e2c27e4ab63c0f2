/*
 * wish.c - which calls are shown, by how they ended.
 */
#include "cli/wish.h"

#include <stdio.h>

struct bt_wish_opts bt_cli_wish(const struct bt_opts *o)
{
    return (struct bt_wish_opts){o->only_raised, o->slower, o->returns};
}

bool bt_cli_has_wish(const struct bt_opts *o)
{
    struct bt_wish_opts wish = bt_cli_wish(o);
    return bt_wish_is_given(&wish);
}

int bt_cli_fail_returns(const char *text, const struct beamtap_err *err)
{
    char where[4096];
    if (err->loc.line == 0)
        return bt_cli_fail(err);
    fprintf(stderr, "beamtap: --returns:%d:%d: %s\n", err->loc.line, err->loc.col, err->msg);
    if (beamtap_excerpt(text, &err->loc, where, sizeof where) > 0)
        fputs(where, stderr);
    return beamtap_code_status(err->code);
}
