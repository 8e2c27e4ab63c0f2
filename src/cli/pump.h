/*
 * pump.h - events from a source into outputs: the loop of trace, of each part of a script, and of replay. One thread; what it
 * says goes to stderr. Several may run one after the other.
 */
#ifndef BT_CLI_PUMP_H
#define BT_CLI_PUMP_H

#include "cli/outputs.h"
#include "event/pair.h"
#include "out/profile.h"

/* Where events come from. */
struct bt_source {
    void *self;
    /* Does not wait. The event is valid until the next call. */
    enum bt_next (*next)(void *self, struct bt_event *ev, struct beamtap_err *err);
    /* The outputs are stalled: keeps alive what must be, takes no events. NULL: nothing to do. */
    int (*tend)(void *self, struct beamtap_err *err);
    /* True when the end must not wait longer for a stalled output. NULL: never. */
    bool (*is_overdue)(void *self);
    /* When it has something to do again although nothing arrives (bt_clock_mono_us). NULL: never. */
    int64_t (*due)(void *self);
    /* Begins the orderly end; next() goes on until END. is_complete: as many were shown as were wanted. */
    void (*stop)(void *self, bool is_complete);
    /* SIGUSR1. NULL: nothing to say. */
    void (*say_totals)(void *self);
    int fd; /* to wait for; -1: next() never says NOTHING */
};

/* Events since the start; printed + filtered + lost = received. Of those that were not filtered out: calls and what became of
 * them; a call counts once, with whichever of its lines is shown first. */
struct bt_pump_counts {
    uint64_t received, printed, filtered, lost;
    uint64_t examined; /* calls, messages ... that were looked at */
    uint64_t shown, returns, exceptions;
};

struct bt_pump {
    const struct bt_cli *cli;
    struct bt_source source;
    struct bt_outputs outputs;
    struct bt_tee tee;
    struct bt_out_head head; /* a copy */
    struct bt_pump_counts n;
    bool counts_here; /* lines are chosen here, and `count` is kept: the source has no count of its own */
    bool
        has_orphans; /* returns may come without their calls, which then count: of a capture that was filtered */
    int64_t count;                          /* to show, or BT_CLI_NONE; with counts_here */
    struct bt_pairs *pairs;                 /* which open calls were shown; with counts_here */
    bool has_profile;                       /* the tables at the end are wanted; set before bt_pump_run */
    struct bt_profile *functions, *callers; /* callers: with --by caller */
    struct bt_event ev;
    int asked_totals; /* SIGUSR1s answered */
    bool is_asked;    /* Ctrl-C and the like were passed on */
    bool is_complete;
    bool has_failed; /* err is filled: the source's error, or that of the only output */
    struct beamtap_err err;
};

/*
 * bt_pump_open - make the outputs that the options ask for: before anything is connected. EOUTPUT, EUSAGE, ESPEC.
 * *p is zero but for outputs.node. Sets counts_here where lines are chosen by --grep; a source without a count of its own sets
 * it afterwards, before bt_pump_run.
 */
int bt_pump_open(struct bt_pump *p, const struct bt_cli *cli, struct beamtap_err *err);
/* Runs to the end of the source. False: it failed (has_failed), or we were told twice to stop. */
bool bt_pump_run(struct bt_pump *p, const struct bt_out_head *head);
/* The last records, written while the reader takes his time, until we are told to stop once more. Closes the outputs. */
int bt_pump_end(struct bt_pump *p, const struct bt_out_end *end);
/* The tables, on stderr, where they say more than the closing line. */
void bt_pump_say_profile(const struct bt_pump *p);
/* Nothing was traced: no file is left. */
void bt_pump_discard(struct bt_pump *p);
void bt_pump_done(struct bt_pump *p);

#endif
