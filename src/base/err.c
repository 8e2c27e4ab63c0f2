/*
 * err.c - filling the caller's error record.
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>

#include "base/utf8.h"

static const struct {
    int status;
    const char *text;
} codes[] = {
#define BEAMTAP_X(name, status, text) {status, text},
    BEAMTAP_ERRORS(BEAMTAP_X)
#undef BEAMTAP_X
};

#define N_CODES (sizeof codes / sizeof codes[0])

const char *beamtap_code_text(enum beamtap_code code)
{
    return (size_t)code < N_CODES ? codes[code].text : "unknown error";
}

int beamtap_code_status(enum beamtap_code code)
{
    return (size_t)code < N_CODES ? codes[code].status : 1;
}

void bt_err_clear(struct beamtap_err *err)
{
    if (err)
        memset(err, 0, sizeof *err);
}

static bool is_free(const struct beamtap_err *err)
{
    return err && err->code == BEAMTAP_OK;
}

/* Messages quote names a peer or a user sent; what a terminal would act on must not come along. A byte that is no UTF-8 may be
 * one of U+0080 to U+009F where the terminal knows only 8 bits. */
static void defuse(char *msg)
{
    for (size_t left = strlen(msg); left > 0;) {
        uint32_t cp;
        size_t n = bt_utf8_decode(msg, left, &cp);
        if (n == 0 || (cp < 32 && cp != '\n') || (cp >= 127 && cp < 160)) {
            n = n ? n : 1;
            memset(msg, '?', n);
        }
        msg += n;
        left -= n;
    }
}

static void set_msg(struct beamtap_err *err, const char *fmt, va_list ap)
{
    vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    err->msg[bt_utf8_whole(err->msg, strlen(err->msg))] = '\0'; /* a cut must not split a character */
    defuse(err->msg);
}

int bt_err_set(struct beamtap_err *err, enum beamtap_code code, const char *fmt, ...)
{
    if (is_free(err)) {
        va_list ap;
        bt_err_clear(err);
        err->code = code;
        va_start(ap, fmt);
        set_msg(err, fmt, ap);
        va_end(ap);
    }
    return -1;
}

int bt_err_at(struct beamtap_err *err, enum beamtap_code code, struct beamtap_loc loc, const char *fmt, ...)
{
    if (is_free(err)) {
        va_list ap;
        bt_err_clear(err);
        err->code = code;
        err->loc = loc;
        va_start(ap, fmt);
        set_msg(err, fmt, ap);
        va_end(ap);
    }
    return -1;
}

int bt_err_sys(struct beamtap_err *err, enum beamtap_code code, int sys, const char *fmt, ...)
{
    if (is_free(err)) {
        va_list ap;
        bt_err_clear(err);
        err->code = code;
        err->sys = sys;
        va_start(ap, fmt);
        set_msg(err, fmt, ap);
        va_end(ap);
        char text[128] = "?";
        size_t n = strlen(err->msg);
        if (strerror_r(sys, text, sizeof text) != 0) /* strerror() is not for threads */
            snprintf(text, sizeof text, "error %d", sys);
        snprintf(err->msg + n, sizeof err->msg - n, ": %s", text);
    }
    return -1;
}

int bt_err_nomem(struct beamtap_err *err)
{
    return bt_err_set(err, BEAMTAP_ENOMEM, "out of memory");
}

int bt_err_only_nomem(struct beamtap_err *err)
{
    bt_err_clear(err);
    return bt_err_nomem(err);
}

void bt_err_context(struct beamtap_err *err, const char *fmt, ...)
{
    if (!err)
        return;
    char old[sizeof err->msg];
    memcpy(old, err->msg, sizeof old);
    va_list ap;
    va_start(ap, fmt);
    set_msg(err, fmt, ap);
    va_end(ap);
    size_t n = strlen(err->msg);
    snprintf(err->msg + n, sizeof err->msg - n, ": %s", old);
    err->msg[bt_utf8_whole(err->msg, strlen(err->msg))] = '\0';
}
