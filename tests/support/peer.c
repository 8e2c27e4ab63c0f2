/*
 * peer.c - a scripted peer: a child process that plays the part of an epmd or of an Erlang node.
 * Source: OTP "Distribution Protocol".
 */
#include "peer.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/agent.h"
#include "md5.h"
#include "process.h"
#include "terms.h"

#define PLAY_SECONDS 8
#define OUR_CHALLENGE 0x12345678u
#define FLAGS UINT64_C(0x0000000d07df7fbd) /* what an OTP 25 sends */

/* ---- life ---- */

_Noreturn void bt_peer_wrong(const char *what, const char *file, int line)
{
    fprintf(stderr, "peer: %s:%d: not so: %s\n", file, line, what);
    _exit(1);
}

_Noreturn static void play_and_exit(int listen_fd, void (*play)(struct bt_link *l), const void *arg)
{
    struct bt_link l = {.listen_fd = listen_fd, .fd = -1, .arg = arg};
    signal(SIGALRM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    alarm(PLAY_SECONDS);
    play(&l);
    bt_buf_done(&l.in); /* memcheck looks for lost blocks here too */
    _exit(0);
}

void bt_peer_start(struct bt_peer *p, void (*play)(struct bt_link *l), const void *arg)
{
    int fd = bt_test_listen(8, &p->port);
    fflush(NULL);
    p->pid = fork();
    if (p->pid < 0)
        abort();
    if (p->pid == 0)
        play_and_exit(fd, play, arg);
    close(fd);
}

int bt_peer_end(struct bt_peer *p)
{
    int status = 0;
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

void bt_peer_kill(struct bt_peer *p)
{
    kill(p->pid, SIGKILL);
    bt_peer_end(p);
}

/* ---- any stream ---- */

void bt_link_accept(struct bt_link *l)
{
    bt_link_close(l);
    l->fd = accept(l->listen_fd, NULL, NULL);
    BT_PEER_CHECK(l->fd >= 0);
}

void bt_link_close(struct bt_link *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

void bt_link_send(struct bt_link *l, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t done = write(l->fd, p, n);
        BT_PEER_CHECK(done > 0);
        p += done;
        n -= (size_t)done;
    }
}

void bt_link_recv(struct bt_link *l, void *bytes, size_t n)
{
    char *p = bytes;
    while (n > 0) {
        ssize_t done = read(l->fd, p, n);
        BT_PEER_CHECK(done > 0);
        p += done;
        n -= (size_t)done;
    }
}

void bt_link_await_eof(struct bt_link *l)
{
    char bytes[256];
    while (read(l->fd, bytes, sizeof bytes) > 0)
        ;
}

void bt_link_pause_ms(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

_Noreturn void bt_link_hang(void)
{
    for (;;)
        pause();
}

static void put16(struct bt_buf *b, size_t v)
{
    bt_buf_putc(b, (char)(v >> 8));
    bt_buf_putc(b, (char)v);
}

static void put32(struct bt_buf *b, uint32_t v)
{
    put16(b, v >> 16);
    put16(b, v & 0xffff);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void send_buf(struct bt_link *l, struct bt_buf *b)
{
    BT_PEER_CHECK(!b->failed);
    bt_link_send(l, b->data, b->len);
    bt_buf_done(b);
}

/* ---- epmd ---- */

/* PORT2_RESP: 119, Result, Port(2), Type, Protocol, Highest(2), Lowest(2), Nlen(2), Name, Elen(2) */
static void epmd_port(struct bt_link *l, const struct bt_peer_epmd *names, const char *name)
{
    struct bt_buf b = BT_BUF_INIT;
    while (names->name && strcmp(names->name, name) != 0)
        names++;
    bt_buf_putc(&b, 119);
    bt_buf_putc(&b, names->name ? 0 : 1);
    if (names->name) {
        put16(&b, (size_t)names->port);
        bt_buf_put(&b, "M\0\0\6\0\6", 6);
        put16(&b, strlen(name));
        bt_buf_puts(&b, name);
        put16(&b, 0);
    }
    send_buf(l, &b);
}

static void epmd_names(struct bt_link *l, const struct bt_peer_epmd *names)
{
    struct bt_buf b = BT_BUF_INIT;
    put32(&b, 4369);
    for (; names->name; names++)
        bt_buf_printf(&b, "name %s at port %d\n", names->name, names->port);
    send_buf(l, &b);
}

void bt_play_epmd(struct bt_link *l)
{
    for (;;) {
        uint8_t len[2];
        char req[256] = "";
        bt_link_accept(l);
        bt_link_recv(l, len, 2);
        BT_PEER_CHECK(len[0] == 0 && len[1] > 0);
        bt_link_recv(l, req, len[1]);
        BT_PEER_CHECK(req[0] == 122 || (req[0] == 110 && len[1] == 1));
        if (req[0] == 122)
            epmd_port(l, l->arg, req + 1);
        else
            epmd_names(l, l->arg);
    }
}

/* ---- handshake ---- */

void bt_link_send_frame2(struct bt_link *l, const void *bytes, size_t n)
{
    struct bt_buf b = BT_BUF_INIT;
    put16(&b, n);
    bt_buf_put(&b, bytes, n);
    send_buf(l, &b);
}

static size_t recv_frame2(struct bt_link *l, uint8_t *out, size_t cap)
{
    uint8_t len[2];
    bt_link_recv(l, len, 2);
    size_t n = (size_t)len[0] << 8 | len[1];
    BT_PEER_CHECK(n > 0 && n <= cap);
    bt_link_recv(l, out, n);
    return n;
}

void bt_link_recv_name(struct bt_link *l)
{
    uint8_t frame[600];
    size_t n = recv_frame2(l, frame, sizeof frame);
    BT_PEER_CHECK(n > 15 && frame[0] == 'N');
}

void bt_link_status(struct bt_link *l, const char *text)
{
    struct bt_buf b = BT_BUF_INIT;
    put16(&b, strlen(text) + 1);
    bt_buf_printf(&b, "s%s", text);
    send_buf(l, &b);
}

void bt_link_status_named(struct bt_link *l)
{
    static const char name[] = "1A2B3C@127.0.0.1";
    struct bt_buf b = BT_BUF_INIT;
    bt_buf_puts(&b, "snamed:");
    put16(&b, sizeof name - 1);
    bt_buf_puts(&b, name);
    put32(&b, 99);
    bt_link_send_frame2(l, b.data, b.len);
    bt_buf_done(&b);
}

void bt_link_challenge(struct bt_link *l, const char *node)
{
    struct bt_buf b = BT_BUF_INIT;
    bt_buf_putc(&b, 'N');
    put32(&b, (uint32_t)(FLAGS >> 32));
    put32(&b, (uint32_t)FLAGS);
    put32(&b, OUR_CHALLENGE);
    put32(&b, BT_TEST_CREATION);
    put16(&b, strlen(node));
    bt_buf_puts(&b, node);
    bt_link_send_frame2(l, b.data, b.len);
    bt_buf_done(&b);
}

static void digest(uint32_t challenge, uint8_t out[16])
{
    char text[64];
    int n = snprintf(text, sizeof text, "%s%" PRIu32, BT_PEER_COOKIE, challenge);
    bt_test_md5(text, (size_t)n, out);
}

bool bt_link_recv_reply(struct bt_link *l)
{
    uint8_t frame[64], want[16];
    size_t n = recv_frame2(l, frame, sizeof frame);
    BT_PEER_CHECK(n == 21 && frame[0] == 'r');
    l->challenge = get32(frame + 1);
    digest(OUR_CHALLENGE, want);
    return memcmp(frame + 5, want, 16) == 0;
}

void bt_link_ack(struct bt_link *l)
{
    uint8_t frame[17] = {'a'};
    digest(l->challenge, frame + 1);
    bt_link_send_frame2(l, frame, sizeof frame);
}

void bt_link_handshake(struct bt_link *l)
{
    bt_link_accept(l);
    bt_link_recv_name(l);
    bt_link_status_named(l);
    bt_link_challenge(l, BT_TEST_NODE);
    BT_PEER_CHECK(bt_link_recv_reply(l));
    bt_link_ack(l);
}

/* ---- connected ---- */

void bt_link_tick(struct bt_link *l)
{
    bt_link_send(l, "\0\0\0\0", 4);
}

void bt_link_send_frame4(struct bt_link *l, const void *bytes, size_t n)
{
    struct bt_buf b = BT_BUF_INIT;
    put32(&b, (uint32_t)n);
    bt_buf_put(&b, bytes, n);
    send_buf(l, &b);
}

/* {6, From, '', Name} and {2, '', To}; the first tells us the client's pid. */
static void read_control(struct bt_link *l, struct bt_slice etf)
{
    struct bt_slice from;
    uint32_t op;
    bt_etf_init(&l->control, etf.p, etf.len);
    struct bt_etf r = l->control;
    if (bt_etf_tuple_of(&r, 4) && bt_etf_uint32(&r, &op) && op == 6 && bt_etf_slice(&r, &from)) {
        BT_PEER_CHECK(from.len <= sizeof l->client_bytes);
        memcpy(l->client_bytes, from.p, from.len);
        l->client = (struct bt_slice){l->client_bytes, from.len};
    }
}

void bt_link_recv_message(struct bt_link *l)
{
    uint8_t head[4] = {0};
    struct bt_slice control;
    struct bt_etf r;
    while (get32(head) == 0)
        bt_link_recv(l, head, 4);
    bt_buf_reset(&l->in);
    BT_PEER_CHECK(bt_buf_reserve(&l->in, get32(head)));
    bt_link_recv(l, l->in.data, get32(head));
    bt_etf_init(&r, l->in.data + 1, get32(head) - 1);
    BT_PEER_CHECK(l->in.data[0] == 112 && bt_etf_version(&r) && bt_etf_slice(&r, &control));
    read_control(l, control);
    BT_PEER_CHECK(bt_etf_version(&r));
    l->message = r;
}

void bt_link_put_send(struct bt_buf *out, struct bt_slice to, struct bt_slice term)
{
    put32(out, (uint32_t)(1 + 7 + to.len + 1 + term.len));
    bt_buf_put(out, "\x70\x83\x68\3\x61\2\x77\0", 8); /* pass through, 131, {2, '', */
    bt_buf_put(out, to.p, to.len);
    bt_buf_putc(out, (char)131);
    bt_buf_put(out, term.p, term.len);
}

static void say(struct bt_link *l, struct bt_slice to, struct bt_slice term)
{
    struct bt_buf b = BT_BUF_INIT;
    bt_link_put_send(&b, to, term);
    send_buf(l, &b);
}

void bt_link_say(struct bt_link *l, const char *text)
{
    struct bt_arena a = BT_ARENA_INIT;
    BT_PEER_CHECK(l->client.len > 0);
    say(l, l->client, bt_test_etf(&a, text));
    bt_arena_done(&a);
}

void bt_link_say_to(struct bt_link *l, const char *to, const char *text)
{
    struct bt_arena a = BT_ARENA_INIT;
    say(l, bt_test_etf(&a, to), bt_test_etf(&a, text));
    bt_arena_done(&a);
}

/* ---- a node that answers ---- */

/* "erlang:whereis" for {From, {call, erlang, whereis, Args, user}}, else the tag of the tuple. */
bool bt_peer_asked(const struct bt_etf *message, char *out, size_t cap)
{
    struct bt_etf r = *message;
    struct bt_slice m, f;
    uint32_t arity;
    if (bt_etf_tuple_of(&r, 2) && bt_etf_skip(&r) && bt_etf_tuple_of(&r, 5) && bt_etf_is_atom(&r, "call") &&
        bt_etf_atom(&r, &m) && bt_etf_atom(&r, &f)) {
        if (bt_slice_is(m, bt_beam_agent.module))
            m = (struct bt_slice){(const uint8_t *)"agent", 5};
        snprintf(out, cap, "%.*s:%.*s", (int)m.len, (const char *)m.p, (int)f.len, (const char *)f.p);
        return true;
    }
    r = *message;
    if (!bt_etf_tuple(&r, &arity) || !bt_etf_atom(&r, &m))
        return false;
    snprintf(out, cap, "%.*s", (int)m.len, (const char *)m.p);
    return true;
}

static void answer(struct bt_link *l, const struct bt_peer_answer *a)
{
    char text[4096];
    if (!a->answer)
        return;
    snprintf(text, sizeof text, strchr(a->to, ':') ? "{rex,%s}" : "%s", a->answer);
    bt_link_say(l, text);
}

void bt_link_converse(struct bt_link *l, const struct bt_peer_answer *answers)
{
    while (answers->to) {
        char asked[600] = "";
        if (*answers->to) {
            bt_link_recv_message(l);
            BT_PEER_CHECK(bt_peer_asked(&l->message, asked, sizeof asked));
        }
        if (strcmp(asked, "renew") == 0 || strcmp(asked, "ack") == 0)
            continue;
        if (strcmp(asked, answers->to) != 0) {
            fprintf(stderr, "peer: was asked %s instead of %s\n", asked, answers->to);
            _exit(1);
        }
        answer(l, answers++);
    }
}
