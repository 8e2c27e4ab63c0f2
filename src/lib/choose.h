/*
 * choose.h - which events a session gives: what is secret in them is masked first, then lines are chosen (grep, grep_not), and
 * calls counted where the source does not count them (with a filter, and in a replay).
 */
#ifndef BT_LIB_CHOOSE_H
#define BT_LIB_CHOOSE_H

#include "beamtap.h"
#include "event/pair.h"
#include "out/filter.h"
#include "out/mask.h"

/* What is asked for, as the options of sessions and replays have it. */
struct bt_lib_wanted {
    const char *const *grep;
    size_t n_grep;
    const char *const *grep_not;
    size_t n_grep_not;
    const char *const *redact;
    size_t n_redact;
    const struct beamtap_style *style;
    int64_t count;    /* BEAMTAP_NO_LIMIT: any */
    bool counts_here; /* count is kept here also without a filter */
    bool
        has_orphans; /* returns may come without their calls, which then count: of a capture that was filtered */
};

struct bt_lib_choice {
    bool is_on; /* lines are chosen, or calls counted */
    bool has_orphans;
    bool is_complete; /* count calls were given */
    int64_t count;
    struct bt_filter filter;
    struct bt_mask mask;
    struct beamtap_style style;
    struct bt_pairs *pairs;      /* which open calls were given */
    uint64_t examined, filtered; /* calls and what stands for itself; events */
    uint64_t given;              /* a call counts once, with whichever of its lines is given first */
};

/* Reads what is asked for; *c is zero. Expressions live in the arena. ESPEC (an expression), EUSAGE (style), ENOMEM. */
int bt_lib_choice_read(
    struct bt_lib_choice *c, const struct bt_lib_wanted *w, struct bt_arena *a, struct beamtap_err *err);

/* Before the first event; the head is borrowed. EUSAGE. */
int bt_lib_choice_begin(struct bt_lib_choice *c, const struct bt_out_head *head, struct beamtap_err *err);

/* Masks the event in place, then: is it given? Sets is_complete. */
bool bt_lib_choice_takes(struct bt_lib_choice *c, const struct bt_out_head *head, struct bt_event *ev);

void bt_lib_choice_done(struct bt_lib_choice *c);

#endif
