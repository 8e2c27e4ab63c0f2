/*
 * outputs.h - what the options say about output: how lines look, where they go, and several outputs at once: one that fails or
 * whose reader goes away leaves the others alone.
 */
#ifndef BT_CLI_OUTPUTS_H
#define BT_CLI_OUTPUTS_H

#include <poll.h>

#include "beamtap.h"
#include "cli/cmd.h"

#define BT_OUTPUTS_MAX 2 /* lines, and a capture */

struct bt_one_output {
    struct beamtap_output *out;
    bool is_over,
        is_gone; /* is_gone: its reader went away, an order to stop and no failure; else err is filled */
    struct beamtap_err err;
};

/* All zero at first. */
struct bt_outputs {
    struct beamtap_style lines, capture;
    struct beamtap_output_opts opts[BT_OUTPUTS_MAX];
    size_t n_wanted;
    struct bt_one_output items[BT_OUTPUTS_MAX];
    size_t n; /* opened */
};

/* Reads the options; opens nothing. EUSAGE; EOUTPUT: stdout is closed. With --dry-run no output is wanted. */
int bt_outputs_read(struct bt_outputs *o, const struct bt_cli *cli, struct beamtap_err *err);
/* Opens them, with their files. EOUTPUT, EUSAGE. */
int bt_outputs_open(struct bt_outputs *o, struct beamtap_session *s, struct beamtap_err *err);

/* Each of these returns how many outputs have ended by that. */
/* The event to all of them; *has_room false: some output had no room. */
size_t bt_outputs_event(struct bt_outputs *o, const struct beamtap_event *ev, bool *has_room);
/* Writes what can be written without waiting. */
size_t bt_outputs_push(struct bt_outputs *o);

/* Some output holds as much as it may: take no events. */
bool bt_outputs_are_full(const struct bt_outputs *o);
/* None takes events any more, and some was opened. */
bool bt_outputs_are_over(const struct bt_outputs *o);
/* Readers went away, and that alone ended them. */
bool bt_outputs_reader_is_gone(const struct bt_outputs *o);
/* The first failure, or NULL. */
const struct beamtap_err *bt_outputs_error(const struct bt_outputs *o);

/* Fills fds[0..BT_OUTPUTS_MAX) for poll(). True: bytes of some output wait. */
bool bt_outputs_poll(const struct bt_outputs *o, struct pollfd fds[BT_OUTPUTS_MAX]);

/* What ends their formats, written while the reader takes his time, until *stops changes; closes them. */
void bt_outputs_end(struct bt_outputs *o, const volatile sig_atomic_t *stops);
/* Closes at once: what was gathered is written as far as nobody is waited for; files of a session that was not started are removed. */
void bt_outputs_close(struct bt_outputs *o);

#endif
