/*
 * peek.h - what src/cli sees of the inside of a session: its words and its loop know more than the library offers. Borrowed,
 * as long as the session is open; NULL where there is none.
 */
#ifndef BT_LIB_PEEK_H
#define BT_LIB_PEEK_H

#include "beamtap.h"
#include "event/event.h"

struct bt_program;
struct bt_session;

/* NULL where the node must be asked for records first. */
const struct bt_program *bt_peek_spec(const struct beamtap_spec *s);
struct bt_session *bt_peek_live(struct beamtap_session *s);
const struct bt_program *bt_peek_program(const struct beamtap_session *s);

#endif
