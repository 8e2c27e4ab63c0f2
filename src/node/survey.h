/*
 * survey.h - who traces what on a node, and taking it away. Loads beamtap_sweep for one call.
 */
#ifndef BT_NODE_SURVEY_H
#define BT_NODE_SURVEY_H

#include "base/buf.h"
#include "node/conn.h"
#include "term/print.h"

/* What the node's answer says. */
struct bt_survey {
    struct bt_print_opts print;
    struct bt_buf
        others;        /* a line for each thing that is no beamtap's, with a newline; the caller frees it */
    uint32_t n_others; /* what others trace: sessions, flags, patterns */
    bool has_beamtap;  /* a beamtap traces now */
};

/*
 * bt_survey_run - has the node look, and with mode "false" or "true" take away what a beamtap left, or everything; "look": nothing.
 *
 * otp   its release.
 * a     for terms on the way.
 * done  is at [{What, Count}], what was taken away; borrowed until the next use of the connection.
 * Errors: EPROTO, those of rpc.h.
 */
int bt_survey_run(struct bt_survey *s, struct bt_conn *conn, const char *mode, int otp, struct bt_arena *a,
    struct bt_etf *done, struct beamtap_err *err);

/* The code purges itself a little later; now is better, for the next one who looks to find nothing. */
void bt_survey_unload(struct bt_conn *conn, struct bt_arena *a);

#endif
