/*
 * capture.h - the output that keeps everything, for `beamtap replay` (doc/beamtap-capture.5).
 */
#ifndef BT_OUT_CAPTURE_H
#define BT_OUT_CAPTURE_H

#include "out/out.h"

/* NULL: no memory. The sink is zero: the caller opens it. */
struct bt_out *bt_capture_out_new(void);

#endif
