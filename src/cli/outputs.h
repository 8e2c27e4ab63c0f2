/*
 * outputs.h - what the options say about output: how lines look, which are shown, and where they go.
 */
#ifndef BT_CLI_OUTPUTS_H
#define BT_CLI_OUTPUTS_H

#include "cli/cmd.h"
#include "out/filter.h"
#include "out/mask.h"
#include "out/tee.h"

/* All of it lives as long as the outputs. */
struct bt_outputs {
    struct bt_text_style style;
    struct bt_print_opts print;
    bool has_syntax; /* --syntax; else that of the specs */
    struct bt_filter filter;
    struct bt_mask mask; /* --redact */
    struct bt_arena arena; /* expressions */
    const char *node;      /* for %n; NULL: not known */
};

/*
 * bt_outputs_open - read the options and make the outputs, with their files, into the tee. EUSAGE, ESPEC for an expression,
 * EOUTPUT. With --dry-run only the options are looked at.
 */
int bt_outputs_open(
    struct bt_outputs *o, const struct bt_cli *cli, struct bt_tee *tee, struct beamtap_err *err);
/* The syntax of lines: what was said, else Elixir where all specs are in its notation. */
enum bt_syntax bt_outputs_syntax(const struct bt_outputs *o, const struct bt_out_head *head);
void bt_outputs_done(struct bt_outputs *o);

#endif
