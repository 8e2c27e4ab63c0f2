/*
 * capture_write.h - the bytes of a capture file (doc/beamtap-capture.5): its head, and its records one by one. Pure: they
 * are appended to a buffer, which remembers a failure.
 */
#ifndef BT_OUT_CAPTURE_WRITE_H
#define BT_OUT_CAPTURE_WRITE_H

#include "base/buf.h"
#include "out/capture_format.h"
#include "out/out.h"

/* What a file begins with, everything that is needed to show the events that follow. ENOMEM, EUSAGE (a header too large). */
int bt_capture_write_head(struct bt_buf *out, const struct bt_out_head *head, struct beamtap_err *err);

/* One event, a gap, or something learnt. Allocates only where the buffer has to grow. One that is larger than records may be
 * is left out, and *out is as it was: false. */
bool bt_capture_write_event(struct bt_buf *out, const struct bt_event *ev);

/* A record of another kind; the body is one external term. */
void bt_capture_write_term(struct bt_buf *out, enum bt_capture_kind kind, const void *etf, size_t len);

/* The last record: how it ended. ENOMEM. */
int bt_capture_write_end(struct bt_buf *out, const struct bt_out_end *end, struct beamtap_err *err);

#endif
