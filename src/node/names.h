/*
 * names.h - what processes are, as far as the node has said: asked once for each process that shows up, of a process on the node
 * that waits for nobody but them. Bounded: of processes beyond BT_NAMES_MAX nothing is asked.
 */
#ifndef BT_NODE_NAMES_H
#define BT_NODE_NAMES_H

#include "base/buf.h"
#include "term/etf_read.h"

#define BT_NAMES_MAX 10000u /* processes remembered */
#define BT_NAMES_ASKED 64u /* questions under way at once; who comes meanwhile is asked when he comes again */
#define BT_NAMES_MAX_TEXT 200u /* bytes of a name */

struct bt_names;

/* home: name of the node, borrowed. NULL: no memory. */
struct bt_names *bt_names_new(const char *home);
void bt_names_free(struct bt_names *n);

/* True: this process (a pid, external form) is to be asked now, and is taken to have been. */
bool bt_names_want(struct bt_names *n, struct bt_slice pid);
/* The answer: {name, Atom}, {label, Term}, {call, {M, F, A}}, else nothing. Of a process that was not asked it is ignored. */
void bt_names_put(struct bt_names *n, struct bt_slice pid, struct bt_etf what);
/* UTF-8, may have any character in it; valid until bt_names_free(). Empty: not known. */
struct bt_slice bt_names_get(const struct bt_names *n, struct bt_slice pid);

#endif
