/*
 * stream.c - one source of a replay.
 */
#include "replay/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay/traceport.h"

#define LOOK 64u /* bytes that tell what a file is */

struct bt_stream {
    const char *const *paths;
    size_t n, at; /* paths[at] is open */
    int fd;
    struct bt_input in;
    struct bt_stream_ops ops;
    struct bt_reader *capture; /* one of the two */
    struct bt_traceport *port;
};

static ssize_t read_fd(void *arg, void *buf, size_t n)
{
    return read(((const struct bt_stream *)arg)->fd, buf, n);
}

static int open_file(struct bt_stream *s, struct beamtap_err *err)
{
    const char *path = s->paths[s->at];
    bool is_stdin = strcmp(path, "-") == 0;
    s->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (s->fd < 0)
        return bt_err_sys(err, BEAMTAP_EUSAGE, errno, "cannot open %s", path);
    bt_input_init(&s->in, read_fd, s);
    return 0;
}

static void close_file(struct bt_stream *s)
{
    bt_input_done(&s->in);
    if (s->fd > STDIN_FILENO)
        close(s->fd);
    s->fd = -1;
}

static void on_damage(void *arg, const struct bt_replay_damage *d)
{
    const struct bt_stream *s = arg;
    if (s->ops.damage)
        s->ops.damage(s->ops.arg, s->paths[s->at], d);
}

/* What it is, by how it begins. */
static int know(struct bt_stream *s, struct beamtap_err *err)
{
    const uint8_t *p;
    struct bt_replay_ops ops = {on_damage, s};
    size_t n = bt_input_peek(&s->in, LOOK, &p);
    bool is_capture = bt_reader_knows(p, n);
    if (s->in.sys)
        bt_err_sys(err, BEAMTAP_EUSAGE, s->in.sys, "cannot read %s", s->paths[s->at]);
    else if (s->in.no_memory)
        bt_err_nomem(err);
    else if (is_capture)
        s->capture = bt_reader_open(&s->in, &ops, err);
    else if (bt_traceport_knows(p, n))
        s->port = bt_traceport_open(&s->in, &ops, err);
    else
        bt_err_set(err, BEAMTAP_EUSAGE,
            n == 0 ? "%s is empty" : "%s is neither a capture of beamtap nor a file of OTP's trace port",
            s->paths[s->at]);
    if (s->capture || s->port)
        return 0;
    if (is_capture)
        bt_err_context(err, "%s", s->paths[s->at]);
    return -1;
}

struct bt_stream *bt_stream_open(
    const char *const *paths, size_t n, const struct bt_stream_ops *ops, struct beamtap_err *err)
{
    struct bt_stream *s = calloc(1, sizeof *s);
    if (!s) {
        bt_err_nomem(err);
        return NULL;
    }
    s->paths = paths;
    s->n = n;
    s->fd = -1;
    s->ops = *ops;
    if (open_file(s, err) == 0 && know(s, err) == 0)
        return s;
    bt_stream_close(s);
    return NULL;
}

void bt_stream_close(struct bt_stream *s)
{
    if (!s)
        return;
    bt_reader_close(s->capture);
    bt_traceport_close(s->port);
    close_file(s);
    free(s);
}

/* The next file of a wrap set. 0: there is none. An empty one was just begun when the node ended. */
static int next_file(struct bt_stream *s, struct beamtap_err *err)
{
    if (s->capture || s->at + 1 >= s->n)
        return 0;
    close_file(s);
    s->at++;
    if (open_file(s, err) < 0)
        return -1;
    bt_traceport_switch(s->port, &s->in);
    return 1;
}

enum bt_next bt_stream_next(struct bt_stream *s, struct bt_event *ev, struct beamtap_err *err)
{
    for (;;) {
        enum bt_next next =
            s->capture ? bt_reader_next(s->capture, ev, err) : bt_traceport_next(s->port, ev, err);
        if (next == BT_NEXT_ERROR)
            bt_err_context(err, "%s", s->paths[s->at]);
        if (next != BT_NEXT_END)
            return next;
        int rc = next_file(s, err);
        if (rc <= 0)
            return rc < 0 ? BT_NEXT_ERROR : BT_NEXT_END;
    }
}

const struct bt_out_head *bt_stream_head(const struct bt_stream *s)
{
    return s->capture ? bt_reader_head(s->capture) : bt_traceport_head(s->port);
}

const struct bt_out_end *bt_stream_end(const struct bt_stream *s)
{
    return s->capture ? bt_reader_end(s->capture) : NULL;
}

bool bt_stream_is_capture(const struct bt_stream *s)
{
    return s->capture != NULL;
}

const char *bt_stream_path(const struct bt_stream *s)
{
    return s->paths[s->at];
}

uint64_t bt_stream_unknown(const struct bt_stream *s)
{
    return s->capture ? bt_reader_unknown(s->capture) : 0;
}
