/*
 * describe.h - a session with a node, described for outputs: what its events begin with, and how it ended.
 */
#ifndef BT_LIB_DESCRIBE_H
#define BT_LIB_DESCRIBE_H

#include "node/session.h"
#include "out/out.h"

/* "alice@bastion, pid 4711": who traces, for others who want to. */
void bt_describe_who(char *out, size_t cap);

/* Fills the head but for specs, node, args, syntax and options: of a session whose trace begins now. */
void bt_describe_head(struct bt_out_head *h, const struct bt_session *s);

/* Elixir where all specs are in its notation. */
enum bt_syntax bt_describe_syntax(const struct bt_out_head *h);

/* "count", "time" ...: as struct bt_out_end has it. Static. */
const char *bt_describe_stop(enum bt_stop reason);

/* What was only counted, most calls first; *n of them. The caller frees; NULL: none, or no memory. */
struct bt_out_count *bt_describe_counts(const struct bt_plan *plan, size_t *n);

#endif
