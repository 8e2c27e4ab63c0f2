/*
 * summary.c - how a session stands, or ended.
 */
#include <string.h>

#include "lib/inside.h"

static const char *const reasons[] = {"", "count", "time", "asked", "rate", "load", "agent", "error", "end"};

const char *beamtap_reason_text(enum beamtap_reason reason)
{
    return (size_t)reason < sizeof reasons / sizeof reasons[0] ? reasons[reason] : "";
}

static enum beamtap_reason reason_of(const char *text)
{
    for (size_t i = 1; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (strcmp(reasons[i], text) == 0)
            return (enum beamtap_reason)i;
    }
    return BEAMTAP_REASON_NONE;
}

/* Calls that were made and neither given nor looked at. */
static uint64_t not_let_through(const struct beamtap_session *s, const struct bt_summary *sum)
{
    uint64_t seen = sum->has_filter      ? (uint64_t)sum->examined.calls
                    : s->choice.filtered ? s->choice.examined
                    : s->choice.is_on    ? s->choice.given
                                         : sum->shown;
    return sum->called > seen ? sum->called - seen : 0;
}

/* What was chosen here, of a node or of files. */
static void sum_choice(const struct beamtap_session *s, struct beamtap_summary *out)
{
    const struct bt_lib_choice *c = &s->choice;
    out->lines_filtered = c->filtered;
    out->lines_examined = c->examined;
    out->grep_gave_up = c->filter.n_gave_up;
    out->is_complete = c->is_complete;
    if (!c->is_on)
        return;
    out->calls = c->given;
    out->returns = s->returns;
    out->exceptions = s->exceptions;
}

static void sum_live(const struct beamtap_session *s, struct beamtap_summary *out)
{
    struct bt_summary sum;
    bt_session_summary(s->live, &sum);
    out->reason = sum.reason == BT_STOP_NONE ? BEAMTAP_REASON_NONE : reason_of(bt_describe_stop(sum.reason));
    if (s->last == BEAMTAP_NEXT_ERROR && sum.reason <= BT_STOP_ASKED)
        out->reason = BEAMTAP_REASON_ERROR;
    out->calls = sum.shown;
    out->returns = sum.returns;
    out->exceptions = sum.exceptions;
    out->received = sum.received;
    out->called = sum.called;
    if (sum.has_called && sum.is_exact)
        out->skipped = (int64_t)not_let_through(s, &sum);
    out->lost = sum.lost;
    out->open = sum.open;
    out->is_clean = sum.is_clean;
    out->examined = (uint64_t)sum.examined.calls;
    out->filtered = (uint64_t)sum.examined.filtered;
    out->unended = (uint64_t)(sum.examined.held + sum.examined.unended);
    out->has_outcome = sum.has_filter;
    out->has_events = sum.has_events;
    out->has_called = sum.has_called;
    out->n_counted = sum.n_counted;
}

static void sum_outcomes(const struct beamtap_session *s, struct beamtap_summary *out)
{
    if (!s->outcomes)
        return;
    struct bt_outcomes_sum sum = bt_outcomes_sum(s->outcomes);
    out->has_outcome = true;
    out->examined = sum.examined;
    out->filtered = sum.filtered;
    out->unended = sum.examined - sum.shown - sum.filtered;
    out->returns_gave_up = sum.n_gave_up;
}

const struct bt_out_end *bt_lib_file_end(const struct beamtap_session *s)
{
    return s->merge && bt_merge_count(s->merge) == 1 ? bt_stream_end(bt_merge_stream(s->merge, 0)) : NULL;
}

/* Of one file its own end, once it was read. */
static void sum_replay(const struct beamtap_session *s, struct beamtap_summary *out)
{
    const struct bt_out_end *end = bt_lib_file_end(s);
    out->calls = s->calls;
    out->returns = s->returns;
    out->exceptions = s->exceptions;
    out->received = s->calls;
    out->damaged = s->n_damaged;
    sum_outcomes(s, out);
    if (s->state == BT_LIB_OVER)
        out->reason = s->last == BEAMTAP_NEXT_ERROR ? BEAMTAP_REASON_ERROR
                      : s->is_stopped               ? BEAMTAP_REASON_ASKED
                      : s->choice.is_complete       ? BEAMTAP_REASON_COUNT
                                                    : BEAMTAP_REASON_END;
    if (!end)
        return;
    out->reason = reason_of(end->reason);
    out->skipped = end->skipped;
    out->lost = end->lost_on_node;
    out->open = end->open;
    out->is_clean = end->is_clean;
    out->file_reason = end->reason;
    out->file_calls = end->shown;
    out->file_lost = end->lost + end->lost_on_node;
}

int beamtap_session_summary(
    const struct beamtap_session *s, struct beamtap_summary *out, struct beamtap_err *err)
{
    struct beamtap_summary sum = {.skipped = -1};
    if (!s || !out || out->size < sizeof out->size)
        return bt_lib_misuse(err, "session or summary is NULL, or its size is not set");
    if (s->live)
        sum_live(s, &sum);
    else
        sum_replay(s, &sum);
    sum_choice(s, &sum);
    sum.size = out->size;
    if (out->size > sizeof sum)
        memset((char *)out + sizeof sum, 0, out->size - sizeof sum);
    memcpy(out, &sum, out->size < sizeof sum ? out->size : sizeof sum);
    return 0;
}
