/*
 * survey.h - who traces what on a node. Loads beamtap_sweep for one call.
 */
#ifndef BT_CLI_SURVEY_H
#define BT_CLI_SURVEY_H

#include "base/buf.h"
#include "node/conn.h"
#include "term/print.h"

struct bt_survey {
    struct bt_conn *conn;
    struct bt_print_opts print;
    struct bt_buf out; /* a line for each thing that is no beamtap's; the caller frees it */
    uint32_t n_others; /* what others trace: sessions, flags, patterns */
    bool has_beamtap;  /* a beamtap traces now */
};

/*
 * bt_survey_run - has the node look, and with mode "false" or "true" take away what a beamtap left, or everything; "look": nothing.
 * *done is at [{What, Count}], what was taken away, borrowed until the next use of the connection.
 */
int bt_survey_run(struct bt_survey *c, const char *mode, int otp, struct bt_arena *a, struct bt_etf *done,
    struct beamtap_err *err);

/* The code purges itself a little later; now is better, for the next command to find nothing. */
void bt_survey_unload(struct bt_survey *c, struct bt_arena *a);

#endif
