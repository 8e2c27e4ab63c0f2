/*
 * sink.c - bounded, non-blocking output.
 *
 * The descriptor may be shared with a shell, so it is not made non-blocking. poll() says that a pipe has room
 * for PIPE_BUF bytes; no more than that is written at once, so write() returns at once.
 */
#include "base/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

void bt_sink_init(struct bt_sink *s, int fd, const char *name)
{
    struct stat st;
    memset(s, 0, sizeof *s);
    s->fd = fd;
    s->name = name;
    s->is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

int bt_sink_create(struct bt_sink *s, const char *path, bool is_append, struct beamtap_err *err)
{
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (is_append ? O_APPEND : O_EXCL);
    int fd = open(path, flags, 0600);
    if (fd < 0 && errno == EEXIST)
        return bt_err_set(err, BEAMTAP_EOUTPUT, "%s exists; it is not overwritten", path);
    if (fd < 0)
        return bt_err_sys(err, BEAMTAP_EOUTPUT, errno, "cannot create %s", path);
    bt_sink_init(s, fd, path);
    s->owns_fd = true;
    s->is_new = !is_append;
    struct stat st;
    if (is_append && fstat(fd, &st) == 0 && st.st_size > 0)
        s->n_written = (uint64_t)st.st_size;
    return 0;
}

static int failed(const struct bt_sink *s, int sys, struct beamtap_err *err)
{
    return bt_err_sys(err, BEAMTAP_EOUTPUT, sys, "cannot write to %s", s->name);
}

/* 1: some was written; 0: it would block; -1 */
static int write_some(struct bt_sink *s, int wait_ms, struct beamtap_err *err)
{
    size_t n = s->buf.len - s->pos;
    if (!s->is_file) {
        struct pollfd p = {.fd = s->fd, .events = POLLOUT};
        int ready = poll(&p, 1, wait_ms);
        if (ready <= 0)
            return 0;
        if (n > PIPE_BUF)
            n = PIPE_BUF;
    }
    ssize_t done = write(s->fd, s->buf.data + s->pos, n);
    if (done < 0)
        return errno == EINTR || errno == EAGAIN ? 0 : failed(s, errno, err);
    s->pos += (size_t)done;
    s->n_written += (uint64_t)done;
    if (s->pos == s->buf.len) {
        s->pos = 0;
        bt_buf_reset(&s->buf);
    }
    return 1;
}

int bt_sink_push(struct bt_sink *s, struct beamtap_err *err)
{
    int rc = 1;
    if (s->buf.failed)
        return bt_err_nomem(err);
    while (s->buf.len && rc > 0)
        rc = write_some(s, 0, err);
    if (s->pos > s->buf.len / 2) {
        bt_buf_drop(&s->buf, s->pos);
        s->pos = 0;
    }
    return rc < 0 ? -1 : 0;
}

int bt_sink_drain(struct bt_sink *s, int64_t deadline_us, struct beamtap_err *err)
{
    if (s->buf.failed)
        return bt_err_nomem(err);
    while (s->buf.len) {
        int64_t now = bt_clock_mono_us();
        if (now >= deadline_us)
            return failed(s, ETIMEDOUT, err);
        if (write_some(s, bt_clock_left_ms(deadline_us, now), err) < 0)
            return -1;
    }
    return 0;
}

bool bt_sink_is_full(const struct bt_sink *s)
{
    return s->buf.len - s->pos >= BT_SINK_HIGH;
}

void bt_sink_discard(struct bt_sink *s)
{
    if (s->owns_fd && s->is_new)
        unlink(s->name);
    bt_sink_done(s, NULL);
}

int bt_sink_done(struct bt_sink *s, struct beamtap_err *err)
{
    int rc = 0;
    bt_buf_done(&s->buf);
    if (s->owns_fd && close(s->fd) < 0)
        rc = failed(s, errno, err);
    s->fd = -1;
    return rc;
}
