/*
 * handshake.h - watches the frames a node sends while ei shakes hands with it, before ei sees them.
 *
 * ei tells every failure as one error number, and trusts lengths it reads. So each frame is checked here
 * first, and what went wrong is known by its name. Pure: bytes in, verdict out. Source: OTP "Distribution
 * Protocol", Distribution Handshake (version 6, OTP 23 and later).
 */
#ifndef BT_NODE_HANDSHAKE_H
#define BT_NODE_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define BT_HANDSHAKE_MAX_FRAME                                                                               \
    1024 /* bytes; the largest honest frame is a challenge with a 255 byte name                              \
          */

enum bt_handshake_stage {
    BT_HS_STATUS,    /* 's' is due */
    BT_HS_CHALLENGE, /* 'N' is due */
    BT_HS_ACK,       /* 'a' is due; an end here means that the cookie was refused */
    BT_HS_DONE,
};

struct bt_handshake {
    enum bt_handshake_stage stage;
    const char *expected; /* the node's name as the user gave it; borrowed. "app@": whatever host it names */
    char node[256];       /* the peer's name, once the challenge is here */
    uint32_t creation;    /* the peer's, likewise */
    char our_name[256];   /* the name the node gave us, once the status is here */
};

/*
 * bt_handshake_frame - check one frame (without its length) and go on to the next stage.
 * Errors: EPEER (not the protocol, or too old), EREJECTED (not_allowed, nok), ENONODE (another node listens
 * there).
 */
int bt_handshake_frame(struct bt_handshake *h, const uint8_t *frame, size_t len, struct beamtap_err *err);

/* The peer closed the connection: fills err with what that means at this stage. Returns -1. */
int bt_handshake_eof(const struct bt_handshake *h, struct beamtap_err *err);

#endif
