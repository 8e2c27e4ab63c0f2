/*
 * handshake.c - watches the frames a node sends while ei shakes hands with it.
 */
#include "node/handshake.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static unsigned get16(const uint8_t *p)
{
    return (unsigned)p[0] << 8 | p[1];
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* What the peer said, safe to show: HTTP servers and SSH daemons introduce themselves. */
static int not_erlang(const uint8_t *frame, size_t len, struct beamtap_err *err)
{
    char shown[41];
    size_t n = 0;
    if (len >= 2 && frame[0] == 0x15 && frame[1] == 0x03) /* an alert of TLS */
        return bt_err_set(err, BEAMTAP_ETLS,
            "the node speaks TLS; say --tls (with --tls-ca, --tls-cert, --tls-key), or --tls-optfile");
    while (n < len && n < sizeof shown - 1 && isprint(frame[n])) {
        shown[n] = (char)frame[n];
        n++;
    }
    shown[n] = '\0';
    return bt_err_set(err, BEAMTAP_EPEER, "the peer does not speak the Erlang distribution protocol%s%s%s",
        n > 3 ? " (it says \"" : "", n > 3 ? shown : "", n > 3 ? "\")" : "");
}

/* "named:" Nlen(2) Name Creation(4): the node has made up a name for us. */
static int named(struct bt_handshake *h, const uint8_t *p, size_t len, struct beamtap_err *err)
{
    size_t n = len >= 2 ? get16(p) : 0;
    if (n == 0 || n >= sizeof h->our_name || len != 2 + n + 4)
        return not_erlang(p, 0, err);
    memcpy(h->our_name, p + 2, n);
    h->our_name[n] = '\0';
    h->stage = BT_HS_CHALLENGE;
    return 0;
}

static int status(struct bt_handshake *h, const uint8_t *frame, size_t len, struct beamtap_err *err)
{
    static const char tag[] = "named:";
    const size_t tag_len = sizeof tag - 1;
    if (len == 0 || frame[0] != 's')
        return not_erlang(frame, len, err);
    frame++, len--;
    if (len > tag_len && memcmp(frame, tag, tag_len) == 0)
        return named(h, frame + tag_len, len - tag_len, err);
    if (len == 11 && memcmp(frame, "not_allowed", 11) == 0)
        return bt_err_set(
            err, BEAMTAP_EREJECTED, "the node does not allow this connection (net_kernel:allow/1 is in use)");
    if (len == 3 && memcmp(frame, "nok", 3) == 0)
        return bt_err_set(
            err, BEAMTAP_EREJECTED, "the node refuses the connection: another one is being set up");
    if (len == 5 && memcmp(frame, "alive", 5) == 0)
        return bt_err_set(
            err, BEAMTAP_EREJECTED, "the node refuses the connection: our name is in use there");
    if (len == 2 && memcmp(frame, "ok", 2) == 0)
        return bt_err_set(err, BEAMTAP_EPEER, "the node gave us no name: OTP 22 and older are not supported");
    return not_erlang(frame, len, err);
}

/* 'N' Flags(8) Challenge(4) Creation(4) Nlen(2) Name; 'n' is the form of OTP 22 and older. */
static int challenge(struct bt_handshake *h, const uint8_t *frame, size_t len, struct beamtap_err *err)
{
    if (len > 0 && frame[0] == 'n')
        return bt_err_set(err, BEAMTAP_EPEER, "the node is OTP 22 or older, which is not supported");
    if (len < 19 || frame[0] != 'N')
        return not_erlang(frame, len, err);
    size_t n = get16(frame + 17);
    if (n == 0 || n > 255 || len < 19 + n)
        return not_erlang(frame, 0, err);
    const char *name = (const char *)frame + 19;
    size_t expected = strlen(h->expected);
    bool is_any_host = expected > 0 && h->expected[expected - 1] == '@';
    if ((is_any_host ? n <= expected : n != expected) || memcmp(h->expected, name, expected) != 0)
        return bt_err_set(
            err, BEAMTAP_ENONODE, "the node there is called %.*s, not %s", (int)n, name, h->expected);
    memcpy(h->node, name, n);
    h->node[n] = '\0';
    h->creation = get32(frame + 13);
    h->stage = BT_HS_ACK;
    return 0;
}

int bt_handshake_frame(struct bt_handshake *h, const uint8_t *frame, size_t len, struct beamtap_err *err)
{
    switch (h->stage) {
    case BT_HS_STATUS: return status(h, frame, len, err);
    case BT_HS_CHALLENGE: return challenge(h, frame, len, err);
    case BT_HS_ACK:
        if (len != 17 || frame[0] != 'a')
            return not_erlang(frame, len, err);
        h->stage = BT_HS_DONE;
        return 0;
    case BT_HS_DONE: break;
    }
    return not_erlang(frame, len, err);
}

int bt_handshake_eof(const struct bt_handshake *h, struct beamtap_err *err)
{
    if (h->stage == BT_HS_ACK)
        return bt_err_set(err, BEAMTAP_ECOOKIE, "%s refused the cookie", h->expected);
    if (h->stage == BT_HS_STATUS)
        return bt_err_set(err, BEAMTAP_EPEER,
            "the peer closed the connection at once: no Erlang node, one that wants TLS (--tls), or one "
            "older than "
            "OTP 23");
    return bt_err_set(err, BEAMTAP_EPEER, "%s closed the connection during the handshake", h->expected);
}
