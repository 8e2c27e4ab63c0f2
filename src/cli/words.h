/*
 * words.h - what a trace says to the person who runs it: banner, warnings, dry run, closing line. All on
 * stderr.
 */
#ifndef BT_CLI_WORDS_H
#define BT_CLI_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/pump.h"
#include "node/session.h"
#include "out/out.h"

struct bt_words_start {
    const char *node;
    const struct bt_guard_info *info;
    const struct bt_armed *armed;
    const struct bt_plan *plan;
    int64_t count, time_us; /* BT_NO_LIMIT: none */
    bool wants_return;      /* no hint at -> return is due */
    bool lists_functions;
    const struct bt_program *prog; /* what is traced besides functions; NULL: nothing */
};

struct bt_words_end {
    const struct bt_summary *sum;
    const struct bt_plan *plan;
    int64_t time_us;
    bool reader_is_gone;
    const struct bt_pump_counts *n;
    const struct beamtap_err *err; /* what ended the trace; NULL: a normal end */
};

void bt_words_banner(const struct bt_words_start *w);
void bt_words_dry_run(const struct bt_words_start *w);
/* Functions that arm and never fire. */
void bt_words_warn(const struct bt_words_start *w);
/* How it stands now, for SIGUSR1. */
void bt_words_totals(const struct bt_summary *sum, const struct bt_pump_counts *n);
/* Calls that were made and neither shown nor filtered out, where every call counted was one to show. */
uint64_t bt_words_skipped(const struct bt_summary *sum, const struct bt_pump_counts *n);
/* Why nothing was shown, and the closing line. */
void bt_words_closing(const struct bt_words_end *w);

#endif
