/*
 * wire.c - a scripted peer without a kernel, in the place of src/node/sock.c and src/base/clock.c.
 *
 * Nothing is allocated once a script has been read, so that a test may make every allocation fail.
 */
#include "wire.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "md5.h"
#include "node/epmd.h"
#include "node/sock.h"
#include "terms.h"

#define FD 64 /* ei files what it knows of a connection under it; nobody reads from it */
#define START_US INT64_C(1000000000)
#define WALL_US INT64_C(1700000000000000)
#define MAX_ANSWERS 128
#define MAX_SCRIPTS 16
#define MAX_OPEN_QUESTIONS 64
#define MAX_WAITS 20000 /* then the node hangs up */
#define OUR_CHALLENGE 0x12345678u

struct answer {
    const char *to;
    struct bt_slice term; /* no bytes: none */
};

struct question {
    char name[80];
    bool is_call;
};

enum stage { EPMD, SHAKING, CONNECTED };

static struct {
    struct bt_wire_opts o;
    struct bt_wire_seen seen;
    int64_t now_us;
    size_t n_waits;
    enum stage stage;
    bool has_hung_up;
    struct question open[MAX_OPEN_QUESTIONS];
    size_t n_open;
    size_t at; /* in answers: the next */
    uint32_t challenge;
    uint8_t client[512]; /* pid, external form */
    size_t client_len;
    uint8_t heard[1 << 18]; /* of the client: a frame that is not whole yet */
    size_t n_heard;
    uint8_t out[1 << 18]; /* for the client */
    size_t out_len, out_pos;
} w;

/* ---- the script ---- */

/* Those that were read, so that a test may change between them. */
static struct script {
    const struct bt_peer_answer *of;
    struct answer answers[MAX_ANSWERS];
    size_t n;
} scripts[MAX_SCRIPTS], *script;

static void read_script(const struct bt_peer_answer *from)
{
    static struct bt_arena arena; /* until the end */
    script = scripts;
    while (script->of && script->of != from)
        BT_PEER_CHECK(++script < scripts + MAX_SCRIPTS);
    if (script->of == from)
        return;
    script->of = from;
    for (; from && from->to; from++) {
        BT_PEER_CHECK(script->n < MAX_ANSWERS);
        struct answer *a = &script->answers[script->n++];
        *a = (struct answer){.to = from->to};
        if (from->answer)
            a->term = bt_test_etf(&arena, from->answer);
    }
}

void bt_wire_start(const struct bt_wire_opts *opts)
{
    read_script(opts->script);
    w.o = *opts;
    w.seen = (struct bt_wire_seen){0};
    w.now_us = START_US;
    w.n_waits = w.at = 0;
    w.has_hung_up = false;
}

const struct bt_wire_seen *bt_wire_seen(void)
{
    w.seen.took_us = w.now_us - START_US;
    return &w.seen;
}

static const struct answer *find_answer(const char *to)
{
    for (size_t i = 0; i < script->n; i++) {
        size_t at = (w.at + i) % script->n;
        if (strcmp(script->answers[at].to, to) == 0) {
            w.at = at + 1;
            return &script->answers[at];
        }
    }
    return NULL;
}

/* ---- what the node says ---- */

static void put(const void *bytes, size_t n)
{
    if (n > sizeof w.out - w.out_len)
        n = sizeof w.out - w.out_len;
    if (n)
        memcpy(w.out + w.out_len, bytes, n);
    w.out_len += n;
}

/* `size` bytes, the highest first. */
static void put_int(uint64_t v, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(v >> 8 * (size - 1 - i));
    put(bytes, size);
}

static void put_frame(const void *bytes, size_t n)
{
    put_int(n, w.stage == SHAKING ? 2 : 4);
    put(bytes, n);
}

/* A frame with {2, '', Client} and the term, in {rex, _} when it is what a call gave. */
static void put_term(struct bt_slice term, bool is_call)
{
    static const char send[] = "\x70\x83\x68\3\x61\2\x77", rex[] = "\x68\2\x77\3rex";
    size_t rex_len = is_call ? sizeof rex - 1 : 0;
    put_int(sizeof send + w.client_len + 1 + rex_len + term.len, 4);
    put(send, sizeof send); /* its NUL is the length of '' */
    put(w.client, w.client_len);
    put_int(131, 1);
    put(rex, rex_len);
    put(term.p, term.len);
}

static void digest(uint32_t challenge, uint8_t out[16])
{
    char text[64];
    int n = snprintf(text, sizeof text, "%s%" PRIu32, BT_PEER_COOKIE, challenge);
    bt_test_md5(text, (size_t)n, out);
}

static void shake(const char *what)
{
    static const char named[] = "snamed:\0\20"
                                "1A2B3C@127.0.0.1\0\0\0\x63";
    static const char challenge[] = "N\0\0\0\xd\7\xdf\x7f\xbd\x12\x34\x56\x78\0\0\0\7\0\15" BT_TEST_NODE;
    uint8_t ack[17] = {'a'};
    if (*what == 's')
        put_frame(named, sizeof named - 1);
    else if (*what == 'c')
        put_frame(challenge, sizeof challenge - 1);
    else {
        digest(w.challenge, ack + 1);
        put_frame(ack, sizeof ack);
        w.stage = CONNECTED;
    }
}

/* A frame of the handshake instead of ours. */
static void shake_with(const char *what, struct bt_slice frame)
{
    static const uint8_t nothing[16];
    if (*what == 'a' && frame.len == 17 && memcmp(frame.p + 1, nothing, 16) == 0) {
        shake(what);
        return;
    }
    put_frame(frame.p, frame.len);
    if (*what == 'a')
        w.stage = CONNECTED;
}

/* ---- what it is asked ---- */

static void ask(const char *name, bool is_call)
{
    if (w.n_open == MAX_OPEN_QUESTIONS)
        return;
    struct question *q = &w.open[w.n_open++];
    snprintf(q->name, sizeof q->name, "%s", name);
    q->is_call = is_call;
}

static struct question next_question(void)
{
    struct question q = w.open[0];
    memmove(w.open, w.open + 1, --w.n_open * sizeof *w.open);
    return q;
}

/* {renew} and {ack, ...} have no answer. */
static bool wants_answer(const char *name)
{
    return strcmp(name, "renew") != 0 && strcmp(name, "ack") != 0;
}

static void hear_message(const uint8_t *frame, size_t len)
{
    struct bt_etf r, control;
    struct bt_slice c;
    char name[600];
    uint32_t op;
    bt_etf_init(&r, frame + 1, len - 1);
    BT_PEER_CHECK(frame[0] == 112 && bt_etf_version(&r) && bt_etf_slice(&r, &c) && bt_etf_version(&r));
    bt_etf_init(&control, c.p, c.len);
    if (bt_etf_tuple_of(&control, 4) && bt_etf_uint32(&control, &op) && op == 6 &&
        bt_etf_slice(&control, &c)) {
        BT_PEER_CHECK(c.len <= sizeof w.client);
        memcpy(w.client, c.p, c.len);
        w.client_len = c.len;
    }
    w.seen.n_messages++;
    BT_PEER_CHECK(bt_peer_asked(&r, name, sizeof name));
    BT_PEER_CHECK(bt_etf_skip(&r) && r.p == r.end);
    w.seen.was_dismissed = w.seen.was_dismissed || strcmp(name, "finish") == 0;
    if (wants_answer(name))
        ask(name, strchr(name, ':') != NULL);
}

static void hear_handshake(const uint8_t *frame, size_t len)
{
    if (len > 0 && frame[0] == 'N') {
        ask("status", false);
        ask("challenge", false);
        return;
    }
    BT_PEER_CHECK(len == 21 && frame[0] == 'r');
    w.challenge = (uint32_t)frame[1] << 24 | (uint32_t)frame[2] << 16 | (uint32_t)frame[3] << 8 | frame[4];
    ask("ack", false);
}

/* Takes a whole frame off what was heard. */
static bool hear_frame(void)
{
    size_t head = w.stage == SHAKING ? 2 : 4, len = 0;
    if (w.n_heard < head)
        return false;
    for (size_t i = 0; i < head; i++)
        len = len << 8 | w.heard[i];
    BT_PEER_CHECK(len <= sizeof w.heard - head);
    if (w.n_heard < head + len)
        return false;
    if (w.stage == SHAKING)
        hear_handshake(w.heard + head, len);
    else if (len > 0)
        hear_message(w.heard + head, len);
    w.n_heard -= head + len;
    memmove(w.heard, w.heard + head + len, w.n_heard);
    return true;
}

/* ---- items ---- */

static uint8_t take_byte(void)
{
    if (w.o.items_len == 0)
        return 0;
    w.o.items_len--;
    return *w.o.items++;
}

static bool has_items(void)
{
    return w.o.items_len > 0 && (w.stage == CONNECTED || w.o.shakes_hands);
}

/* False: there is no question it could be the answer to. */
static bool answer_by_script(void)
{
    if (w.n_open == 0)
        return false;
    struct question q = next_question();
    if (w.stage == SHAKING) {
        shake(q.name);
        return true;
    }
    const struct answer *a = find_answer(q.name);
    if (a && a->term.len)
        put_term(a->term, q.is_call);
    else if (!a && q.is_call)
        put_term((struct bt_slice){(const uint8_t *)"\x77\4true", 6}, true);
    return true;
}

static void answer_with(struct bt_slice bytes)
{
    struct question q = {.is_call = false};
    if (w.n_open)
        q = next_question();
    if (w.stage == SHAKING)
        shake_with(q.name, bytes);
    else
        put_term(bytes, q.is_call);
}

/* DEFAULT for a question that nobody asked is passed over. */
static void next_item(void)
{
    uint8_t kind = take_byte() % BT_WIRE_N_KINDS;
    size_t len = 0;
    if (kind == BT_WIRE_DEFAULT) {
        answer_by_script();
        return;
    }
    if (kind == BT_WIRE_HANG_UP) {
        w.has_hung_up = true;
        return;
    }
    len = (size_t)take_byte() << 8;
    len |= take_byte();
    if (kind == BT_WIRE_PASS) {
        w.now_us += (int64_t)len * 1000;
        return;
    }
    len = len < w.o.items_len ? len : w.o.items_len;
    struct bt_slice bytes = {w.o.items, len};
    w.o.items += len;
    w.o.items_len -= len;
    switch (kind) {
    case BT_WIRE_ANSWER: answer_with(bytes); break;
    case BT_WIRE_SAY: put_term(bytes, false); break;
    case BT_WIRE_FRAME: put_frame(bytes.p, bytes.len); break;
    default: put(bytes.p, bytes.len); break;
    }
}

/* Has the node say something; false: it has nothing to say. */
static bool speak(void)
{
    if (w.stage == EPMD)
        return false;
    if (has_items()) {
        next_item();
        return true;
    }
    if (answer_by_script())
        return true;
    if (w.stage != CONNECTED || w.at >= script->n || *script->answers[w.at].to)
        return false;
    put_term(script->answers[w.at++].term, false);
    return true;
}

/* ---- the clock ---- */

int64_t bt_clock_mono_us(void)
{
    return ++w.now_us;
}

int64_t bt_clock_wall_us(void)
{
    return WALL_US + w.now_us;
}

int bt_clock_left_ms(int64_t deadline_us, int64_t now_us)
{
    return deadline_us == BT_NEVER ? -1
           : deadline_us <= now_us ? 0
                                   : (int)((deadline_us - now_us + 999) / 1000);
}

/* Whoever waits like this asks again and again: the world is in a hurry. */
void bt_clock_pause_ms(int ms)
{
    w.now_us += (int64_t)ms * 100000;
}

/* ---- the socket ---- */

int bt_sock_connect(
    struct bt_sock *s, const char *host, int port, int64_t deadline_us, struct beamtap_err *err)
{
    (void)deadline_us;
    if (port == BT_EPMD_PORT && !w.o.epmd.p)
        return bt_err_set(err, BEAMTAP_ECONNECT, "cannot connect to %s port %d", host, port);
    w.stage = port == BT_EPMD_PORT ? EPMD : SHAKING;
    w.n_open = w.n_heard = w.out_len = w.out_pos = w.client_len = 0;
    w.seen.n_open++;
    s->fd = FD;
    return 0;
}

void bt_sock_close(struct bt_sock *s)
{
    w.seen.n_open -= s->fd >= 0;
    s->fd = -1;
}

bool bt_sock_explain(struct bt_sock *s, struct beamtap_err *err)
{
    (void)s, (void)err;
    return false;
}

bool bt_sock_is_cancelled(const struct bt_sock *s)
{
    return s->cancel.count && *s->cancel.count >= s->cancel.at;
}

static bool has_bytes(void)
{
    return w.out_pos < w.out_len;
}

int bt_sock_wait(struct bt_sock *s, short events, int64_t deadline_us)
{
    if (bt_sock_is_cancelled(s))
        return EINTR;
    if (events & POLLOUT)
        return 0;
    if (!has_bytes())
        w.out_pos = w.out_len = 0;
    while (!has_bytes() && !w.has_hung_up && w.now_us < deadline_us) {
        if (++w.n_waits > MAX_WAITS)
            w.has_hung_up = true;
        else if (!speak() && deadline_us < BT_NEVER)
            w.now_us = deadline_us;
        else if (!has_bytes())
            w.now_us += 100;
    }
    return has_bytes() || w.has_hung_up ? 0 : ETIMEDOUT;
}

ssize_t bt_sock_read_now(struct bt_sock *s, void *buf, size_t len)
{
    size_t n = w.out_len - w.out_pos;
    (void)s;
    if (n == 0)
        return w.has_hung_up || (w.stage == EPMD && w.n_heard) ? 0 : -EAGAIN;
    n = n < len ? n : len;
    n = w.o.chunk && w.o.chunk < n ? w.o.chunk : n;
    memcpy(buf, w.out + w.out_pos, n);
    w.out_pos += n;
    return (ssize_t)n;
}

ssize_t bt_sock_read(struct bt_sock *s, void *buf, size_t len, int64_t deadline_us)
{
    for (;;) {
        ssize_t n = bt_sock_read_now(s, buf, len);
        if (n != -EAGAIN)
            return n;
        int rc = bt_sock_wait(s, POLLIN, deadline_us);
        if (rc != 0)
            return -rc;
    }
}

int bt_sock_write(struct bt_sock *s, const void *buf, size_t len, int64_t deadline_us)
{
    (void)s, (void)deadline_us;
    if (w.has_hung_up)
        return EPIPE;
    BT_PEER_CHECK(len <= sizeof w.heard - w.n_heard);
    memcpy(w.heard + w.n_heard, buf, len);
    w.n_heard += len;
    if (w.stage == EPMD && w.n_heard == len) /* one answer */
        put(w.o.epmd.p, w.o.epmd.len);
    while (w.stage != EPMD && hear_frame())
        ;
    return 0;
}
