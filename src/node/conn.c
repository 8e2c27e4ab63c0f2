/*
 * conn.c - a connection to an Erlang node as a hidden node.
 *
 * ei (erl_interface) does the handshake and encodes what we send. It runs on our own socket callbacks, so
 * that errors keep their names and one deadline holds for all. What the node sends after the handshake is
 * framed and read here: ei's receive functions trust lengths, allocate without bound and wait per read.
 * Source: OTP "Distribution Protocol", Protocol between Connected Nodes.
 */
#include "node/conn.h"

#include <ei.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "node/epmd.h"
#include "node/handshake.h"
#include "node/sock.h"

#define SEND_TIMEOUT_US ((int64_t)5000000)
#define MAX_FRAME ((size_t)512 << 20) /* a larger message is not ours: closing is safer than growing */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define READ_CHUNK                                                                                           \
    ((size_t)4096) /* less to take and give back for each input, and more of what seldom happens */
#else
#define READ_CHUNK ((size_t)256 << 10)
#endif
#define KEEP_BYTES ((size_t)1 << 20) /* a receive buffer above this is given back when empty */

enum { PASS_THROUGH = 112, OP_SEND = 2, OP_REG_SEND = 6 };

struct bt_conn {
    struct bt_sock sock;
    const struct bt_log *log;
    char *node;
    struct bt_etf_home home;
    ei_cnode ec;
    bool is_up; /* the handshake is done: bytes bypass the watcher */
    struct bt_handshake hs;
    int64_t deadline_us;    /* of the handshake or of the send that is under way */
    struct beamtap_err why; /* the first thing that went wrong below ei */
    uint8_t frame[4 + BT_HANDSHAKE_MAX_FRAME];
    size_t frame_len, frame_pos;
    struct bt_buf out; /* of cb_writev() */
    struct bt_buf in;  /* received, from in_pos on not consumed */
    size_t in_pos;
    uint64_t received;
    int64_t heard_at_us; /* when some of it came last */
};

/* ---- socket callbacks for ei ---- */

static int cb_socket(void **ctx, void *setup)
{
    *ctx = setup;
    return 0;
}

static int cb_close(void *ctx)
{
    (void)ctx; /* bt_conn_close does it; ei calls this on failure too */
    return 0;
}

static int cb_none(void *ctx, void *addr, int *len, int backlog)
{
    (void)ctx, (void)addr, (void)len, (void)backlog;
    return ENOTSUP;
}

static int cb_accept(void **ctx, void *addr, int *len, unsigned tmo)
{
    (void)ctx, (void)addr, (void)len, (void)tmo;
    return ENOTSUP;
}

static int cb_connect(void *ctx, void *addr, int len, unsigned tmo)
{
    (void)ctx, (void)addr, (void)len, (void)tmo;
    return 0; /* bt_conn_open has connected already */
}

static int cb_write(void *ctx, const char *buf, ssize_t *len, unsigned tmo)
{
    struct bt_conn *c = ctx;
    (void)tmo;
    return bt_sock_write(&c->sock, buf, (size_t)*len, c->deadline_us);
}

/* A control message and what it carries, in one piece: the node is woken once, and has a whole message then. */
static int cb_writev(void *ctx, const void *iov, int n, ssize_t *len, unsigned tmo)
{
    struct bt_conn *c = ctx;
    const struct iovec *parts = iov;
    bt_buf_reset(&c->out);
    for (int i = 0; i < n; i++)
        bt_buf_put(&c->out, parts[i].iov_base, parts[i].iov_len);
    *len = (ssize_t)c->out.len;
    return c->out.failed ? ENOMEM : cb_write(ctx, c->out.data, len, tmo);
}

/* Reads exactly n bytes of the handshake; an errno value on failure, with c->why filled. */
static int read_exact(struct bt_conn *c, uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t got = bt_sock_read(&c->sock, p, n, c->deadline_us);
        if (got <= 0 && got != -EINTR && got != -ETIMEDOUT && bt_sock_explain(&c->sock, &c->why))
            return EIO;
        if (got == 0 || got == -ECONNRESET || got == -EPIPE) {
            bt_handshake_eof(&c->hs, &c->why);
            return EIO;
        }
        if (got < 0) {
            if (got == -EINTR)
                bt_err_set(&c->why, BEAMTAP_EINTR, "interrupted");
            else if (got == -ETIMEDOUT)
                bt_err_set(&c->why, BEAMTAP_ETIMEDOUT,
                    "%s does not answer the handshake (node stopped, or no Erlang node)", c->node);
            else
                bt_err_sys(&c->why, BEAMTAP_ELOST, (int)-got, "lost the connection during the handshake");
            return EIO;
        }
        p += got;
        n -= (size_t)got;
    }
    return 0;
}

/* Bytes of the length before a handshake's frame. */
static size_t head_len(const struct bt_conn *c)
{
    return c->sock.tls ? 4 : 2;
}

/* Reads one whole handshake frame, has it checked, and keeps it for ei to read. */
static int fetch_frame(struct bt_conn *c)
{
    size_t head_bytes = head_len(c), len = 0;
    int rc = read_exact(c, c->frame, head_bytes);
    if (rc != 0)
        return rc;
    for (size_t i = 0; i < head_bytes; i++)
        len = len << 8 | c->frame[i];
    size_t shown = len > BT_HANDSHAKE_MAX_FRAME ? 0 : len;
    if (len > BT_HANDSHAKE_MAX_FRAME) { /* as a length, "HT" of an HTTP answer is 18516 */
        uint8_t head[32];
        memcpy(head, c->frame, head_bytes);
        ssize_t more = bt_sock_read(&c->sock, head + head_bytes, sizeof head - head_bytes, c->deadline_us);
        bt_handshake_frame(&c->hs, head, head_bytes + (more > 0 ? (size_t)more : 0), &c->why);
        return EIO;
    }
    rc = read_exact(c, c->frame + head_bytes, shown);
    if (rc != 0)
        return rc;
    if (bt_handshake_frame(&c->hs, c->frame + head_bytes, len, &c->why) < 0)
        return EIO;
    c->frame_len = head_bytes + len;
    c->frame_pos = 0;
    return 0;
}

static int cb_read(void *ctx, char *buf, ssize_t *len, unsigned tmo)
{
    struct bt_conn *c = ctx;
    (void)tmo;
    if (c->is_up)
        return ENOTSUP; /* receiving is ours */
    if (c->frame_pos == c->frame_len) {
        int rc = fetch_frame(c);
        if (rc != 0)
            return rc;
    }
    size_t n = c->frame_len - c->frame_pos;
    if (n > (size_t)*len)
        n = (size_t)*len;
    memcpy(buf, c->frame + c->frame_pos, n);
    c->frame_pos += n;
    *len = (ssize_t)n;
    return 0;
}

static int cb_header_size(void *ctx, int *sz)
{
    *sz = (int)head_len(ctx);
    return 0;
}

static int cb_complete(void *ctx)
{
    ((struct bt_conn *)ctx)->is_up = true;
    return 0;
}

static int cb_fd(void *ctx, int *fd)
{
    *fd = ((struct bt_conn *)ctx)->sock.fd;
    return 0;
}

static const ei_socket_callbacks callbacks = {EI_SCLBK_FLG_FULL_IMPL, cb_socket, cb_close, cb_none, cb_accept,
    cb_connect, cb_writev, cb_write, cb_read, cb_header_size, cb_complete, cb_complete, cb_fd};

/* ---- open and close ---- */

static void reach(const struct bt_conn_opts *o, enum bt_conn_step step)
{
    if (o->step)
        *o->step = step;
}

static int dial(struct bt_conn *c, const struct bt_conn_opts *o, struct beamtap_err *err)
{
    const char *at = strchr(o->node, '@');
    const char *host = o->host ? o->host : at + 1;
    int port = o->port;
    if (port == 0) {
        char name[256];
        size_t n = (size_t)(at - o->node);
        memcpy(name, o->node, n);
        name[n] = '\0';
        struct bt_epmd e = {o->route, host, o->epmd_port, c->deadline_us, o->cancel};
        reach(o, BT_STEP_EPMD);
        if (bt_epmd_port(&e, name, &port, err) < 0)
            return -1;
        bt_log(c->log, BT_LOG_CONN, "epmd on %s: %s has port %d", host, name, port);
    }
    reach(o, BT_STEP_PORT);
    if (bt_route_connect(o->route, &c->sock, host, port, c->deadline_us, err) < 0) {
        bt_err_context(err, "%s", o->node);
        return -1;
    }
    bt_log(c->log, BT_LOG_CONN, "connected to %s port %d", host, port);
    reach(o, BT_STEP_TLS);
    if (o->tls && bt_tls_start(&c->sock, o->tls, at[1] ? at + 1 : host, c->deadline_us, err) < 0) {
        bt_sock_explain(&c->sock, err);
        return -1;
    }
    reach(o, BT_STEP_HANDSHAKE);
    return 0;
}

/* The user may have left out the host, which the node itself has told now. */
static int keep_name(struct bt_conn *c)
{
    char *node = strdup(c->hs.node);
    if (!node)
        return -1;
    free(c->node);
    c->node = node;
    c->hs.expected = node;
    return 0;
}

static int shake_hands(struct bt_conn *c, const struct bt_conn_opts *o, struct beamtap_err *err)
{
    char localhost[] = "127.0.0.1"; /* ei wants an address; our connect callback does not look at it */
    unsigned creation = (unsigned)bt_clock_wall_us() ^ (unsigned)getpid() << 16;
    if (strlen(o->cookie) > EI_MAX_COOKIE_SIZE)
        return bt_err_set(
            err, BEAMTAP_ECOOKIE, "the cookie is longer than %d characters", EI_MAX_COOKIE_SIZE);
    if (ei_init() != 0 ||
        ei_connect_xinit_ussi(&c->ec, "127.0.0.1", NULL, NULL, NULL, o->cookie, creation,
            (ei_socket_callbacks *)&callbacks, (int)sizeof callbacks, c) < 0) /* ei only reads them */
        return bt_err_set(err, BEAMTAP_EINTERNAL, "erl_interface cannot be set up");
    int fd = ei_connect_host_port_tmo(&c->ec, localhost, 1, (unsigned)o->timeout_ms);
    if (fd < 0) {
        if (c->hs.stage == BT_HS_DONE) /* ei compares the digest of the ack */
            bt_err_set(&c->why, BEAMTAP_ECOOKIE, "%s does not know the cookie it accepted", o->node);
        bt_err_set(&c->why, BEAMTAP_EPEER, "the handshake with %s failed", o->node);
        if (err && err->code == BEAMTAP_OK)
            *err = c->why;
        return -1;
    }
    if (keep_name(c) < 0)
        return bt_err_nomem(err);
    c->home.node = c->node;
    c->home.creation = c->hs.creation;
    bt_log(c->log, BT_LOG_CONN, "%s named us %s", c->node, ei_self(&c->ec)->node);
    return 0;
}

static bool is_node_name(const char *node, bool has_host)
{
    const char *at = node ? strchr(node, '@') : NULL;
    return at && at > node && (at[1] || has_host) && !strchr(at + 1, '@') && strlen(node) < 256;
}

struct bt_conn *bt_conn_open(const struct bt_conn_opts *o, struct beamtap_err *err)
{
    if (!is_node_name(o->node, o->host != NULL)) {
        bt_err_set(
            err, BEAMTAP_EUSAGE, "'%s' is not a node name; it looks like app@host", o->node ? o->node : "");
        return NULL;
    }
    struct bt_conn *c = calloc(1, sizeof *c);
    if (!c || !(c->node = strdup(o->node))) {
        free(c);
        bt_err_nomem(err);
        return NULL;
    }
    c->sock = (struct bt_sock){.fd = -1, .cancel = o->cancel};
    c->log = o->log;
    c->hs.expected = c->node;
    c->in.limit = MAX_FRAME + 2 * READ_CHUNK;
    c->deadline_us = bt_clock_mono_us() + (int64_t)o->timeout_ms * 1000;
    if (dial(c, o, err) < 0 || shake_hands(c, o, err) < 0) {
        bt_conn_close(c);
        return NULL;
    }
    reach(o, BT_STEP_DONE);
    return c;
}

void bt_conn_close(struct bt_conn *c)
{
    if (!c)
        return;
    if (c->is_up)
        ei_close_connection(c->sock.fd); /* forgets the descriptor; closing is the next line's */
    bt_sock_close(&c->sock);
    memset(c->ec.ei_connect_cookie, 0, sizeof c->ec.ei_connect_cookie);
    bt_buf_done(&c->in);
    bt_buf_done(&c->out);
    free(c->node);
    free(c);
}

void bt_conn_cancel_at(struct bt_conn *c, int at)
{
    c->sock.cancel.at = at;
}

int bt_conn_fd(const struct bt_conn *c)
{
    return c->sock.fd;
}

const struct bt_log *bt_conn_log(const struct bt_conn *c)
{
    return c->log;
}

const char *bt_conn_node(const struct bt_conn *c)
{
    return c->node;
}

const struct bt_etf_home *bt_conn_home(const struct bt_conn *c)
{
    return &c->home;
}

uint64_t bt_conn_received(const struct bt_conn *c)
{
    return c->received;
}

int64_t bt_conn_heard_at_us(const struct bt_conn *c)
{
    return c->heard_at_us;
}

const struct bt_term *bt_conn_self(const struct bt_conn *c, struct bt_arena *a)
{
    const erlang_pid *self = ei_self((ei_cnode *)&c->ec);
    char etf[MAXATOMLEN_UTF8 + 32];
    int n = 0;
    if (ei_encode_pid(etf, &n, self) < 0)
        return NULL;
    return bt_term_raw(a, etf, (size_t)n);
}

/* ---- sending ---- */

static int encode(struct bt_conn *c, const struct bt_term *t, struct bt_buf *out, struct beamtap_err *err)
{
    if (!t)
        return bt_err_nomem(err);
    bt_buf_putc(out, (char)131);
    return bt_etf_write(out, t, &c->home, err);
}

static int sent(struct bt_conn *c, int rc, struct beamtap_err *err)
{
    if (rc < 0 && c->out.failed)
        return bt_err_nomem(err);
    return rc < 0 ? bt_err_set(err, BEAMTAP_ELOST, "lost the connection to %s while sending", c->node) : 0;
}

int bt_conn_send_name(struct bt_conn *c, const char *name, const struct bt_term *t, struct beamtap_err *err)
{
    struct bt_buf out = BT_BUF_INIT;
    char to[256];
    int rc = encode(c, t, &out, err);
    strncpy(to, name, sizeof to - 1);
    to[sizeof to - 1] = '\0';
    c->deadline_us = bt_clock_mono_us() + SEND_TIMEOUT_US;
    if (rc == 0)
        rc = sent(c, ei_reg_send(&c->ec, c->sock.fd, to, out.data, (int)out.len), err);
    bt_buf_done(&out);
    return rc;
}

/* A pid in external form as ei wants it, read by our own reader. */
static bool read_pid(struct bt_slice etf, erlang_pid *pid)
{
    struct bt_etf r;
    struct bt_etf_token tok;
    bt_etf_init(&r, etf.p, etf.len);
    if (!bt_etf_next(&r, &tok) || tok.kind != BT_ETF_PID || tok.node.len >= sizeof pid->node)
        return false;
    memcpy(pid->node, tok.node.p, tok.node.len);
    pid->node[tok.node.len] = '\0';
    pid->num = tok.ids[0];
    pid->serial = tok.ids[1];
    pid->creation = tok.creation;
    return true;
}

int bt_conn_send_pid(struct bt_conn *c, struct bt_slice pid, const struct bt_term *t, struct beamtap_err *err)
{
    struct bt_buf out = BT_BUF_INIT;
    erlang_pid to;
    int rc = encode(c, t, &out, err);
    if (rc == 0 && !read_pid(pid, &to))
        rc = bt_err_set(err, BEAMTAP_EPROTO, "the node gave a process identifier that cannot be read");
    c->deadline_us = bt_clock_mono_us() + SEND_TIMEOUT_US;
    if (rc == 0)
        rc = sent(c, ei_send(c->sock.fd, &to, out.data, (int)out.len), err);
    bt_buf_done(&out);
    return rc;
}

/* ---- receiving ---- */

static uint32_t get32(const char *s)
{
    const uint8_t *p = (const uint8_t *)s;
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The length of the frame at the front, or SIZE_MAX when its length is not here yet. */
static size_t front_len(const struct bt_conn *c)
{
    return c->in.len - c->in_pos < 4 ? SIZE_MAX : get32(c->in.data + c->in_pos);
}

bool bt_conn_pending(const struct bt_conn *c)
{
    size_t len = front_len(c);
    return len != SIZE_MAX && c->in.len - c->in_pos - 4 >= len;
}

/* Is this message meant for us, and not for an earlier program of the same name? */
static bool is_for_us(const struct bt_conn *c, struct bt_etf *control)
{
    const erlang_pid *self = ei_self((ei_cnode *)&c->ec);
    struct bt_etf_token to;
    uint32_t arity, op;
    if (!bt_etf_tuple(control, &arity) || arity < 3 || !bt_etf_uint32(control, &op) || op != OP_SEND)
        return false;
    return bt_etf_skip(control) && bt_etf_next(control, &to) && to.kind == BT_ETF_PID &&
           bt_slice_is(to.node, self->node) && to.ids[0] == self->num && to.ids[1] == self->serial &&
           to.creation == self->creation;
}

/* Reads one frame: 1 a message, 0 something to pass over, -1 not the protocol. */
static int read_frame(struct bt_conn *c, const char *p, size_t len, struct bt_msg *msg)
{
    struct bt_etf r;
    if (len < 1 || (unsigned char)p[0] != PASS_THROUGH)
        return -1;
    bt_etf_init(&r, p + 1, len - 1);
    if (!bt_etf_version(&r))
        return -1;
    struct bt_slice control;
    struct bt_etf control_r;
    if (!bt_etf_slice(&r, &control))
        return -1;
    bt_etf_init(&control_r, control.p, control.len);
    if (!is_for_us(c, &control_r))
        return 0;
    if (!bt_etf_version(&r))
        return -1;
    msg->term = r;
    return 1;
}

/* Forgets what was consumed. */
static void compact(struct bt_conn *c)
{
    if (c->in_pos == c->in.len) {
        c->in_pos = 0;
        bt_buf_reset(&c->in);
        if (c->in.cap > KEEP_BYTES)
            bt_buf_done(&c->in);
    } else if (c->in_pos > READ_CHUNK) {
        bt_buf_drop(&c->in, c->in_pos);
        c->in_pos = 0;
    }
}

/* Takes in what the socket has; 1 some, 0 nothing, -1 lost. */
static int fill(struct bt_conn *c, struct beamtap_err *err)
{
    compact(c);
    size_t want = front_len(c);
    if (want != SIZE_MAX && want > MAX_FRAME)
        return bt_err_set(err, BEAMTAP_EPROTO, "%s sent a message of %zu MB; the connection is given up",
            c->node, want >> 20);
    if (!bt_buf_reserve(&c->in, READ_CHUNK))
        return bt_err_nomem(err);
    ssize_t n = bt_sock_read_now(&c->sock, c->in.data + c->in.len, c->in.cap - c->in.len);
    if (n > 0) {
        c->in.len += (size_t)n;
        c->received += (uint64_t)n;
        c->heard_at_us = bt_clock_mono_us();
        return 1;
    }
    if (n == -EAGAIN)
        return 0;
    if (n == 0)
        return bt_err_set(err, BEAMTAP_ELOST, "%s closed the connection", c->node);
    return bt_err_sys(err, BEAMTAP_ELOST, (int)-n, "lost the connection to %s", c->node);
}

static int answer_tick(struct bt_conn *c, struct beamtap_err *err)
{
    static const char tick[4];
    int rc = bt_sock_write(&c->sock, tick, sizeof tick, bt_clock_mono_us() + SEND_TIMEOUT_US);
    return rc == 0 ? 0 : bt_err_sys(err, BEAMTAP_ELOST, rc, "lost the connection to %s", c->node);
}

/* Takes frames off the front until one is a message for us: 1; 0 when no whole frame is left. */
static int take(struct bt_conn *c, struct bt_msg *msg, struct beamtap_err *err)
{
    while (bt_conn_pending(c)) {
        const char *p = c->in.data + c->in_pos + 4;
        size_t len = front_len(c);
        c->in_pos += 4 + len;
        if (len == 0) {
            if (answer_tick(c, err) < 0)
                return -1;
            continue;
        }
        int rc = read_frame(c, p, len, msg);
        if (rc < 0)
            return bt_err_set(
                err, BEAMTAP_EPROTO, "%s sent something that is not the distribution protocol", c->node);
        if (rc > 0)
            return 1;
    }
    return 0;
}

int bt_conn_next(struct bt_conn *c, struct bt_msg *msg, int64_t deadline_us, struct beamtap_err *err)
{
    for (bool is_over = false;;) {
        if (bt_sock_is_cancelled(&c->sock))
            return bt_err_set(err, BEAMTAP_EINTR, "interrupted");
        int rc = take(c, msg, err);
        if (rc != 0)
            return rc;
        if (is_over)
            return 0;
        rc = fill(c, err);
        if (rc < 0)
            return -1;
        if (rc > 0) { /* frames that are not for us, however many, must not keep us past the deadline */
            is_over = bt_clock_mono_us() >= deadline_us;
            continue;
        }
        if (deadline_us == 0)
            return 0;
        rc = bt_sock_wait(&c->sock, POLLIN, deadline_us);
        if (rc == ETIMEDOUT)
            return 0;
        if (rc == EINTR)
            return bt_err_set(err, BEAMTAP_EINTR, "interrupted");
        if (rc != 0)
            return bt_err_sys(err, BEAMTAP_ELOST, rc, "lost the connection to %s", c->node);
    }
}
