/*
 * loc.h - showing a place in the user's text, safe for a terminal.
 */
#ifndef BT_SPEC_LOC_H
#define BT_SPEC_LOC_H

#include <stdarg.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * bt_loc_excerpt - append the line of `text` in which loc stands, indented by 4, and a line with ^ under the
 * place (^~~~ for more than one character). Both end in a newline.
 *
 * A tab shows as one space, a byte a terminal would act on as its escape, wide characters count two; a long
 * line is cut around the place. Nothing is appended when loc has no line, lies outside the text or in an
 * empty line.
 */
void bt_loc_excerpt(struct bt_buf *out, const char *text, const struct beamtap_loc *loc);

/* Appends text with what a terminal would act on escaped (\e, \x01, \x{202E}) and invalid UTF-8 as \xHH. */
void bt_loc_escape(struct bt_buf *out, const char *text, size_t len);

/* Writes text in single quotes for a message: escaped, cut with ... where it does not fit out[0..cap) or is
 * longer than a name should be. */
void bt_loc_quote(char *out, size_t cap, const char *text, size_t len);

/* As bt_err_at, the message made safe for a terminal: it may hold what the user wrote. Returns -1. */
int bt_loc_fail(struct beamtap_err *err, enum beamtap_code code, struct beamtap_loc loc, const char *fmt, ...)
    BT_PRINTF(4, 5);
/* bt_loc_fail for callers with arguments of their own. */
int bt_loc_vfail(
    struct beamtap_err *err, enum beamtap_code code, struct beamtap_loc loc, const char *fmt, va_list ap);

/* From the start of one place to the end of another. */
struct beamtap_loc bt_loc_join(struct beamtap_loc from, struct beamtap_loc to);

#endif
