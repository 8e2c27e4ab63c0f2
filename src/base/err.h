/*
 * err.h - filling the caller's error record. The first error wins; outer layers may add context in front.
 */
#ifndef BT_BASE_ERR_H
#define BT_BASE_ERR_H

#include "beamtap.h"

#if defined(__GNUC__)
#define BT_PRINTF(f, a) __attribute__((format(printf, f, a)))
#else
#define BT_PRINTF(f, a)
#endif

/* Makes *err empty (BEAMTAP_OK). NULL is fine. */
void bt_err_clear(struct beamtap_err *err);

/* Sets code and message unless an error is already set. Always returns -1, so that `return bt_err_set(...)`
 * works. */
int bt_err_set(struct beamtap_err *err, enum beamtap_code code, const char *fmt, ...) BT_PRINTF(3, 4);

/* As bt_err_set, with a place in the user's text. */
int bt_err_at(struct beamtap_err *err, enum beamtap_code code, struct beamtap_loc loc, const char *fmt, ...)
    BT_PRINTF(4, 5);

/* As bt_err_set; adds ": " and the system's text for `sys` (an errno value), and keeps it in err->sys. */
int bt_err_sys(struct beamtap_err *err, enum beamtap_code code, int sys, const char *fmt, ...)
    BT_PRINTF(4, 5);

/* BEAMTAP_ENOMEM. */
int bt_err_nomem(struct beamtap_err *err);
/* The same, whatever else was said before: it was only a consequence. */
int bt_err_only_nomem(struct beamtap_err *err);

/* Puts "<text>: " in front of the message that is there. */
void bt_err_context(struct beamtap_err *err, const char *fmt, ...) BT_PRINTF(2, 3);

#endif
