/*
 * record_fetch.h - record definitions of a module, out of its debug information on the node.
 */
#ifndef BT_NODE_RECORD_FETCH_H
#define BT_NODE_RECORD_FETCH_H

#include "node/conn.h"
#include "spec/records.h"

struct bt_record_fetched {
    struct bt_records_text text; /* for bt_records_read; lives in the arena, but for the module's name */
    bool is_other;               /* the node runs another version of the module than the file that was read */
};

/*
 * bt_record_fetch - ask the node for the definitions of a module, as Erlang text.
 *
 * Only this text comes over; the debug information stays on the node. No code of ours is loaded there, and a module name
 * that is not known there makes no atom.
 * module      UTF-8; borrowed for as long as *out is.
 * max_memory  bytes the call may take on the node: beyond that the node ends it.
 * Errors: ESPEC (no such module, no debug information, too big) with the cure; those of rpc.h; ENOMEM.
 * Blocks up to 30 s: three remote calls.
 */
int bt_record_fetch(struct bt_conn *c, const char *module, int64_t max_memory, struct bt_arena *arena,
    struct bt_record_fetched *out, struct beamtap_err *err);

#endif
