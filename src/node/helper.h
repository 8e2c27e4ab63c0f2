/*
 * helper.h - a command whose stdin and stdout carry a connection: ssh, kubectl, docker, socat, ...
 *
 * Between us and the command stands a keeper, a process of ours that does nothing but wait: when we end, however we end, it
 * ends the command and all that the command has started and that has not left its process group. The command has a session of its own, so Ctrl-C at the terminal is
 * ours alone; it inherits no descriptor but its three, and no cookie.
 */
#ifndef BT_NODE_HELPER_H
#define BT_NODE_HELPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct bt_helper;

/*
 * bt_helper_start - run `command` by /bin/sh -c.
 *
 * Returns a helper that the caller ends with bt_helper_end(), or NULL (EINTERNAL, ENOMEM). That the command cannot be run
 * is seen as the end of the stream, and told by bt_helper_explain().
 */
struct bt_helper *bt_helper_start(const char *command, struct beamtap_err *err);

/* Our end of its stdin and stdout: non-blocking, owned by the helper. */
int bt_helper_fd(const struct bt_helper *h);

/*
 * Takes what it wrote to stderr, so that it never waits for us; only the end is kept. To be called when bt_helper_said_fd() can
 * be read, which is -1 once nothing more can come.
 */
void bt_helper_drain(struct bt_helper *h);
int bt_helper_said_fd(const struct bt_helper *h);

/* The stream has ended: waits a moment for the helper to end too, and says why it did. ECONNECT. Returns -1. */
int bt_helper_explain(struct bt_helper *h, struct beamtap_err *err);

/* Ends it and all it started, and frees. NULL is fine. Blocks for two seconds at most. */
void bt_helper_end(struct bt_helper *h);

#endif
