/*
 * peer.h - a scripted peer: a child process that listens on loopback and plays the part of an epmd or of an
 * Erlang node as a function of the test tells it.
 *
 *   static void hangs_up(struct bt_link *l)          the play runs in the child
 *   {
 *       bt_link_accept(l);
 *       bt_link_recv_name(l);
 *       bt_link_status_named(l);
 *   }                                                the end of a play closes the connection
 *   ...
 *   bt_peer_start(&p, hangs_up, NULL);               p.port is open from here on
 *   ... bt_conn_open() ...
 *   assert_int_equal(bt_peer_end(&p), 0);
 *
 * What goes wrong in a play (BT_PEER_CHECK, an early end of the stream) is told on stderr, and bt_peer_end
 * gives 1. A play has 8 s.
 */
#ifndef BT_TESTS_PEER_H
#define BT_TESTS_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "term/etf_read.h"

#define BT_PEER_COOKIE "monster"

struct bt_peer {
    pid_t pid;
    int port;
};

/* The child's side. */
struct bt_link {
    int listen_fd, fd;
    const void *arg;        /* of bt_peer_start */
    uint32_t challenge;     /* the client's, once bt_link_recv_reply has it */
    struct bt_buf in;       /* the frame that was received last */
    struct bt_etf control;  /* in it: the control message */
    struct bt_etf message;  /* in it: the message, or empty */
    struct bt_slice client; /* the client's pid, external form, once a frame brought it */
    uint8_t client_bytes[512];
};

void bt_peer_start(struct bt_peer *p, void (*play)(struct bt_link *l), const void *arg);
/* Waits for the end of the play; 0: it went as written. */
int bt_peer_end(struct bt_peer *p);
/* Ends a play that has no end of its own. */
void bt_peer_kill(struct bt_peer *p);

#define BT_PEER_CHECK(is_so)                                                                                 \
    do {                                                                                                     \
        if (!(is_so))                                                                                        \
            bt_peer_wrong(#is_so, __FILE__, __LINE__);                                                       \
    } while (0)
_Noreturn void bt_peer_wrong(const char *what, const char *file, int line);

/* ---- any stream ---- */

void bt_link_accept(struct bt_link *l);
void bt_link_close(struct bt_link *l);
void bt_link_send(struct bt_link *l, const void *bytes, size_t n);
/* Exactly n bytes. */
void bt_link_recv(struct bt_link *l, void *bytes, size_t n);
/* Reads and forgets until the client closes. */
void bt_link_await_eof(struct bt_link *l);
void bt_link_pause_ms(int ms);
/* Waits to be killed. */
_Noreturn void bt_link_hang(void);

/* ---- epmd: plays of their own ---- */

struct bt_peer_epmd {
    const char *name; /* NULL ends an array of these */
    int port;
};

/* Answers PORT_PLEASE2 and NAMES out of its argument, an array of struct bt_peer_epmd, until it is killed. */
void bt_play_epmd(struct bt_link *l);

/* ---- the distribution handshake (version 6), as the node that is called ---- */

/* A frame with a length of two bytes in front. */
void bt_link_send_frame2(struct bt_link *l, const void *bytes, size_t n);
void bt_link_recv_name(struct bt_link *l);
/* "s" and text, for instance "nok". */
void bt_link_status(struct bt_link *l, const char *text);
/* snamed: with a name for the client */
void bt_link_status_named(struct bt_link *l);
/* 'N' as the node of that name. */
void bt_link_challenge(struct bt_link *l, const char *node);
/* Reads the client's answer; true when its digest shows the cookie BT_PEER_COOKIE. */
bool bt_link_recv_reply(struct bt_link *l);
void bt_link_ack(struct bt_link *l);
/* All of it, as BT_TEST_NODE. */
void bt_link_handshake(struct bt_link *l);

/* ---- connected ---- */

void bt_link_tick(struct bt_link *l);
/* A frame with a length of four bytes in front. */
void bt_link_send_frame4(struct bt_link *l, const void *bytes, size_t n);
/* Reads a frame that is no tick: fills control, message and client. */
void bt_link_recv_message(struct bt_link *l);
/* Sends a term (terms.h) to the client. */
void bt_link_say(struct bt_link *l, const char *text);
/* Sends a term to the pid that is written as `to`. */
void bt_link_say_to(struct bt_link *l, const char *to, const char *text);
/* Appends a frame with {2,'',To} and the term, to and term in external form. */
void bt_link_put_send(struct bt_buf *out, struct bt_slice to, struct bt_slice term);

/* ---- a node that answers ---- */

struct bt_peer_answer {
    const char *to; /* what is asked: "erlang:whereis", "agent:start" through rex, or the tag of a tuple sent
                           to a pid; "": nothing, the answer is sent at once; NULL: the end of an array */
    const char *answer; /* a term (terms.h); of a call, its result; NULL: none */
};

/* What a message asks, as struct bt_peer_answer names it. False: it is no request of ours. */
bool bt_peer_asked(const struct bt_etf *message, char *out, size_t cap);

/* After the handshake: takes the messages of the client one by one; each must be the next of the list, but
 * {renew} and {ack, ...}, which may come any time. */
void bt_link_converse(struct bt_link *l, const struct bt_peer_answer *answers);

#endif
