/*
 * way.h - a caller's options, as far as they are about the way to a node: for sessions, and for what is done without one.
 */
#ifndef BT_LIB_WAY_H
#define BT_LIB_WAY_H

#include "beamtap.h"

#include "base/log.h"
#include "lib/reach.h"

/* A number and what it may be. */
struct bt_lib_range {
    const char *name;
    int64_t value, least, most;
    bool may_be_none; /* BEAMTAP_NO_LIMIT */
};

/* EUSAGE. */
int bt_lib_in_range(const struct bt_lib_range *r, struct beamtap_err *err);

/* log, log_areas and arg. EUSAGE. */
int bt_lib_take_log(struct bt_log *out, const struct beamtap_session_opts *o, struct beamtap_err *err);

/* Borrows all it points to. */
struct bt_reach_opts bt_lib_reach_opts(
    const struct beamtap_session_opts *o, const struct bt_log *log, const struct bt_say *say);

/* A way without a session. It must stay where it is: parts of it point to others. */
struct bt_lib_way {
    struct beamtap_session_opts o;
    struct bt_log log;
    struct bt_say say;
    struct bt_reach reach;
};

/* Reads the caller's options, and files; connects to nothing. node NULL: that of the options. EUSAGE. */
int bt_lib_way_set(struct bt_lib_way *w, const struct beamtap_session_opts *theirs, const char *node,
    struct beamtap_err *err);
/* The same with the cookie. ECOOKIE. */
int bt_lib_way_init(struct bt_lib_way *w, const struct beamtap_session_opts *theirs, struct beamtap_err *err);
void bt_lib_way_done(struct bt_lib_way *w);

#endif
