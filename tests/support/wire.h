/*
 * wire.h - a scripted peer without a kernel: the library's sockets and clock, replaced by an epmd and a node that live in
 * the same process. No descriptor, no second process, no real time: some 10,000 whole sessions a second, each the same
 * every time.
 *
 * wire.c compiled into a program takes the place of src/node/sock.c and src/base/clock.c: it defines all their functions, so
 * that the linker has no reason to take them out of the archive.
 *
 *   bt_wire_start(&(struct bt_wire_opts){.script = script});
 *   ... bt_session_open() ...
 *   assert_int_equal(bt_wire_seen()->n_open, 0);
 *
 * Time moves when somebody waits, and a microsecond whenever it is asked for.
 *
 * What the node says comes from the script (struct bt_peer_answer): a request is answered by the next entry of its name,
 * counted from the entry used last and round (a call without one gives true); an entry "" that is next is said when the client waits. Items come before the script:
 * what a fuzzer wants said. Each is a byte, modulo BT_WIRE_N_KINDS, and, but for DEFAULT and HANG_UP, a length of two bytes,
 * high byte first, and as many bytes (fewer at the end of the input):
 */
#ifndef BT_TESTS_WIRE_H
#define BT_TESTS_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "peer.h"

enum bt_wire_item {
    BT_WIRE_DEFAULT, /* what the script has for the oldest question that is open */
    BT_WIRE_ANSWER, /* a term instead; in the handshake a frame. An ack whose digest is 0 gets the right one */
    BT_WIRE_SAY,    /* a term to the client that answers nothing */
    BT_WIRE_FRAME,  /* a frame as it is */
    BT_WIRE_BYTES,  /* no frame at all */
    BT_WIRE_PASS,   /* the length is milliseconds that pass; nothing follows it */
    BT_WIRE_HANG_UP, /* the node closes the connection */
    BT_WIRE_N_KINDS
};

struct bt_wire_opts {
    const struct bt_peer_answer *script; /* must stay */
    const uint8_t *items;                /* likewise */
    size_t items_len;
    bool shakes_hands;    /* items begin with the answers of the handshake: status, challenge, ack */
    struct bt_slice epmd; /* what epmd, on port 4369, says to whatever is asked; no bytes: nobody listens */
    size_t chunk;         /* bytes that can be read at once; 0: all */
};

struct bt_wire_seen {
    int n_open;         /* connections that the client has not closed */
    bool was_dismissed; /* the guard was asked to finish */
    size_t n_messages;  /* of the client; one that is not the protocol ends the program */
    int64_t took_us;    /* time that passed */
};

/* A new world. The terms of a script are read the first time it is used. */
void bt_wire_start(const struct bt_wire_opts *opts);
const struct bt_wire_seen *bt_wire_seen(void);

#endif
