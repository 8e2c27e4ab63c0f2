/*
 * wish.h - --exceptions, --slower and --returns on the command line.
 */
#ifndef BT_CLI_WISH_H
#define BT_CLI_WISH_H

#include "cli/cmd.h"
#include "lib/wish.h"

struct bt_wish_opts bt_cli_wish(const struct bt_opts *o);

/* Is one of them given? */
bool bt_cli_has_wish(const struct bt_opts *o);

/* Says what is wrong with --returns. The exit status. */
int bt_cli_fail_returns(const char *text, const struct beamtap_err *err);

#endif
