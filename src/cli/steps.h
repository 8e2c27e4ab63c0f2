/*
 * steps.h - a script, understood: its parts, what each does one after the other, and with which options. The file of defaults
 * is a script that does nothing.
 */
#ifndef BT_CLI_STEPS_H
#define BT_CLI_STEPS_H

#include "cli/settings.h"
#include "cli/source.h"
#include "spec/script.h"

struct bt_step {
    const char *command; /* "trace", "count" ...; NULL: wait */
    const char **words;  /* specs or files */
    size_t n_words, cap;
    int64_t pause_us; /* wait */
    /* of a call out of a shell */
    bool is_call;
    const char *const *remarks; /* what of it is not done */
    size_t n_remarks;
    const char *node;            /* NULL: not named */
    struct bt_settings defaults; /* of its tool: where nobody says otherwise */
    struct bt_settings settings; /* written in it */
    size_t off;                  /* where it stands in the script */
};

struct bt_part {
    const char *node; /* NULL: not named; then that of the part before */
    struct bt_settings settings;
    struct bt_step *steps;
    size_t n, cap;
    int64_t repeat;   /* times */
    int64_t every_us; /* 0: at once */
    bool does_something, has_repeat;
    size_t repeat_off;
};

struct bt_steps {
    struct bt_source_file file;
    struct bt_part *parts;
    size_t n, cap;
    struct bt_settings sets; /* of the script: set NAME=VALUE */
    struct bt_arena arena;
};

/*
 * bt_steps_read - reads a script.
 *
 * name   for messages; text[0..len) NUL-terminated; both borrowed for as long as the steps.
 * sets   NAME=VALUE of the command line, which hold before those of the script and the environment.
 * Errors: EUSAGE, ESPEC with the place in the text; ENOMEM.
 */
int bt_steps_read(struct bt_steps *s, const char *name, const char *text, size_t len,
    const struct bt_words *sets, struct beamtap_err *err);

/*
 * bt_steps_opts - the options of a step: those of the parts before that do nothing (of the others how to reach the
 * node), of its part, of the call itself. *o is
 * filled with what holds before (defaults, the file of defaults). *node: NULL where none is named. ENOMEM.
 */
int bt_steps_opts(const struct bt_steps *s, const struct bt_part *part, const struct bt_step *step,
    struct bt_opts *o, const char **node, struct beamtap_err *err);

/* Is it NAME=VALUE? EUSAGE. */
int bt_steps_check_set(const char *text, struct beamtap_err *err);

void bt_steps_done(struct bt_steps *s);

#endif
