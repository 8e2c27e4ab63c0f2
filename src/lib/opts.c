/*
 * opts.c - option structs of callers, of whatever version; text into their buffers; errors.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "lib/inside.h"
#include "spec/loc.h"

/* ---- structs that begin with their size ---- */

/* Puts the defaults into the first `size` bytes of the caller's struct. */
static void init(void *theirs, size_t their_size, const void *defaults, size_t size)
{
    if (!theirs || their_size < sizeof(size_t))
        return;
    memset(theirs, 0, their_size);
    memcpy(theirs, defaults, size < their_size ? size : their_size);
    memcpy(theirs, &their_size, sizeof their_size);
}

static bool is_zero(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i])
            return false;
    }
    return true;
}

int bt_lib_take_opts(
    void *mine, size_t size, size_t least, const void *theirs, const char *what, struct beamtap_err *err)
{
    size_t n;
    if (!theirs)
        return bt_err_set(err, BEAMTAP_EUSAGE, "%s is NULL", what);
    memcpy(&n, theirs, sizeof n);
    if (n < least)
        return bt_err_set(err, BEAMTAP_EUSAGE,
            "%s->size is %zu, which is less than any version of it had: call %s_init", what, n, what);
    if (n > size && !is_zero((const unsigned char *)theirs + size, n - size))
        return bt_err_set(err, BEAMTAP_EUSAGE,
            "%s has members of a later version than " BEAMTAP_VERSION ", and they are used", what);
    memcpy(mine, theirs, n < size ? n : size);
    memcpy(mine, &size, sizeof size);
    return 0;
}

void beamtap_spec_opts_init(struct beamtap_spec_opts *opts, size_t size)
{
    const struct beamtap_spec_opts defaults = {.scope = BEAMTAP_SCOPE_AUTO};
    init(opts, size, &defaults, sizeof defaults);
}

void beamtap_session_opts_init(struct beamtap_session_opts *opts, size_t size)
{
    const struct beamtap_session_opts defaults = {
        .interval_us = 1000000,
        .count = 100,
        .time_us = 30000000,
        .rate = 100,
        .rate_interval_us = 1000000,
        .max_functions = 1000,
        .max_memory = INT64_C(64) << 20,
        .max_term = INT64_C(1) << 20,
        .max_load = 300,
        .grace_us = 1000000,
        .lease_us = 5000000,
        .slower_us = BEAMTAP_NO_LIMIT,
        .scan_rate = 10000,
        .scan_interval_us = 1000000,
    };
    init(opts, size, &defaults, sizeof defaults);
}

void beamtap_replay_opts_init(struct beamtap_replay_opts *opts, size_t size)
{
    const struct beamtap_replay_opts defaults = {.slower_us = BEAMTAP_NO_LIMIT, .count = BEAMTAP_NO_LIMIT};
    init(opts, size, &defaults, sizeof defaults);
}

void beamtap_style_init(struct beamtap_style *style, size_t size)
{
    const struct beamtap_style defaults = {.format = BEAMTAP_FORMAT_TEXT};
    init(style, size, &defaults, sizeof defaults);
}

void beamtap_output_opts_init(struct beamtap_output_opts *opts, size_t size)
{
    const struct beamtap_output_opts defaults = {.fd = 1};
    init(opts, size, &defaults, sizeof defaults);
}

/* ---- text ---- */

ssize_t bt_lib_give(const struct bt_buf *b, char *buf, size_t cap, struct beamtap_err *err)
{
    if (b->failed)
        return bt_err_nomem(err);
    if (cap > 0 && buf) {
        size_t n = b->len < cap - 1 ? b->len : cap - 1;
        if (n)
            memcpy(buf, b->data, n);
        buf[n] = '\0';
    }
    return (ssize_t)b->len;
}

ssize_t beamtap_excerpt(const char *text, const struct beamtap_loc *loc, char *buf, size_t cap)
{
    struct bt_buf b = BT_BUF_INIT;
    if (!text || !loc)
        return -1;
    bt_loc_excerpt(&b, text, loc);
    ssize_t n = bt_lib_give(&b, buf, cap, NULL);
    bt_buf_done(&b);
    return n;
}

/* ---- errors ---- */

int bt_lib_fail(struct beamtap_err *to, const struct beamtap_err *from)
{
    if (to)
        *to = *from;
    return -1;
}

int bt_lib_misuse(struct beamtap_err *to, const char *what)
{
    bt_err_clear(to);
    return bt_err_set(to, BEAMTAP_EUSAGE, "%s", what);
}
