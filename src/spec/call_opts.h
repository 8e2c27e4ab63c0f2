/*
 * call_opts.h - the parts of call_line.c: arguments and options of a pasted call. For these two files only.
 */
#ifndef BT_SPEC_CALL_OPTS_H
#define BT_SPEC_CALL_OPTS_H

#include "spec/call_line.h"
#include "spec/expr.h"

/* Goes past one argument, whatever it is: its bytes are [*from, *to) (call_line.c). */
int bt_call_skip(struct bt_parser *p, size_t *from, size_t *to);
int bt_call_add_spec(struct bt_parser *p, struct bt_call *c, struct bt_call_spec spec);

/* recon's Max or {Max, Ms}. */
int bt_call_take_max(struct bt_parser *p, struct bt_call *c);
/* [{scope, local}, return_to], #{msgs => 5}: those of c->tool. */
int bt_call_take_opts(struct bt_parser *p, struct bt_call *c);
/* What redbug does where no option says otherwise. */
int bt_call_redbug_defaults(struct bt_parser *p, struct bt_call *c);

#endif
