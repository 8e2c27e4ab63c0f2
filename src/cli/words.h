/*
 * words.h - what a trace says to the person who runs it: banner, warnings, dry run, closing line. All on
 * stderr.
 */
#ifndef BT_CLI_WORDS_H
#define BT_CLI_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "beamtap.h"

struct bt_words_start {
    struct beamtap_session *s;
    int64_t count, time_us; /* BEAMTAP_NO_LIMIT: none */
    bool lists_functions;
};

struct bt_words_end {
    struct beamtap_session *s;
    const struct beamtap_summary *sum;
    uint64_t lost; /* events that found no room in the outputs */
    int64_t time_us;
    bool reader_is_gone;
    const struct beamtap_err *err; /* what ended the trace; NULL: a normal end */
};

void bt_words_banner(const struct bt_words_start *w);
void bt_words_dry_run(const struct bt_words_start *w);
/* Functions that arm and never fire. */
void bt_words_warn(const struct bt_words_start *w);
/* How it stands now, for SIGUSR1. lost: as above. */
void bt_words_totals(const struct beamtap_summary *sum, uint64_t lost);
/* Why nothing was shown, and the closing line. */
void bt_words_closing(const struct bt_words_end *w);

#endif
