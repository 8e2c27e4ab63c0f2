/*
 * pump.h - a session's events into outputs: the loop of trace, of each part of a script, and of replay. One thread; what it
 * says goes to stderr. Several may run one after the other.
 */
#ifndef BT_CLI_PUMP_H
#define BT_CLI_PUMP_H

#include "cli/outputs.h"
#include "cli/profile.h"

/* All zero at first. */
struct bt_pump {
    const struct bt_cli *cli;
    struct beamtap_session *s;
    struct bt_outputs outputs;
    uint64_t printed, lost;                 /* events: all outputs had room, or one had none */
    bool has_profile;                       /* the tables at the end are wanted; set before bt_pump_run */
    struct bt_profile *functions, *callers; /* callers: with --by caller */
    void (*say_totals)(void *self);         /* SIGUSR1; NULL: nothing to say */
    void *self;
    int asked_totals; /* SIGUSR1s answered */
    bool is_asked;    /* Ctrl-C and the like were passed on */
    bool is_stopped;  /* the session was stopped for that, or because no output is left */
    bool is_overdue;  /* the end must not wait longer for a stalled output */
    bool has_failed;  /* err is filled: the session's error, or that of the only output */
    struct beamtap_err err;
};

/* bt_pump_read - look at what the options say of outputs, before anything is connected. EOUTPUT, EUSAGE. */
int bt_pump_read(struct bt_pump *p, const struct bt_cli *cli, struct beamtap_err *err);
/* bt_pump_open - make the outputs, for a session that was not started yet. EOUTPUT, EUSAGE. */
int bt_pump_open(struct bt_pump *p, struct beamtap_session *s, struct beamtap_err *err);
/* Runs to the end of the session, which was started. False: it failed (has_failed), or we were told twice to stop. */
bool bt_pump_run(struct bt_pump *p);
/* The last records, written while the reader takes his time, until we are told to stop once more. Closes the outputs. */
int bt_pump_end(struct bt_pump *p);
/* The tables, on stderr, where they say more than the closing line; and of what was shown in doubt. */
void bt_pump_say_profile(const struct bt_pump *p);
/* Closes the outputs where bt_pump_end() did not; files of a session that was not started are removed. Before the session is closed. */
void bt_pump_done(struct bt_pump *p);

#endif
