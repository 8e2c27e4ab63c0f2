/*
 * cmd.h - the commands: a file each, one entry each in main.c's table. Only here is written to stderr.
 */
#ifndef BT_CLI_CMD_H
#define BT_CLI_CMD_H

#include <signal.h>

#include "base/arena.h"
#include "base/log.h"
#include "cli/opts.h"
#include "cli/settings.h"
#include "cli/source.h"

struct bt_cli_cookie;

struct bt_cli {
    const struct bt_opts *opts;
    const char *const *words; /* behind the command's name */
    size_t n_words;
    const volatile sig_atomic_t *stops; /* how often we were asked to stop */
    const volatile sig_atomic_t *asks;  /* how often we were asked for totals */
    bool stdout_closed;                 /* when the program began */
    struct bt_log log;
    int argc; /* as the program got them: a script's options come before them */
    char *const *argv;
    const struct bt_settings *config;    /* of the file of defaults */
    const struct bt_source_file *source; /* the script the words stand in; NULL: the command line */
    unsigned session;                    /* of a script: the how many-th it is, from 1 */
    const struct bt_cli_cookie *cookie;  /* of a script: found before; NULL: to be looked for */
};

struct bt_command {
    const char *name, *usage;
    const char *help; /* NULL: not in --help */
    int (*run)(const struct bt_cli *cli);
    bool shows_calls; /* which may be chosen by how they ended */
};

/* The table of commands (main.c), which ends with a name that is NULL. */
extern const struct bt_command bt_commands[];

/* Each returns the exit status. */
int bt_cmd_trace(const struct bt_cli *cli);
int bt_cmd_count(const struct bt_cli *cli);
int bt_cmd_time(const struct bt_cli *cli);
int bt_cmd_histogram(const struct bt_cli *cli); /* time --histogram */
int bt_cmd_senders(const struct bt_cli *cli);   /* count --by from|to */
int bt_cmd_compile(const struct bt_cli *cli);
int bt_cmd_clear(const struct bt_cli *cli);
int bt_cmd_check(const struct bt_cli *cli);
int bt_cmd_nodes(const struct bt_cli *cli);
int bt_cmd_replay(const struct bt_cli *cli);
int bt_cmd_run(const struct bt_cli *cli);
int bt_cmd_completion(const struct bt_cli *cli); /* what completion/beamtap.bash holds */

/* ---- shared by commands (common.c) ---- */

/* "beamtap: " and the message on stderr; returns the exit status for it. */
int bt_cli_fail(const struct beamtap_err *err);

/* The spec texts of the command line, those of --not first. */
struct bt_cli_specs {
    const char *const *texts;
    size_t n, n_not;
    const struct bt_source_file *source; /* NULL: the command line */
    const char *returns;                 /* of --returns, behind them; NULL: not given */
};

/* Puts --not and words[0..n) together; the array lives in the arena. Returns -1 when there is no memory. */
int bt_cli_specs(const struct bt_cli *cli, const char *const *words, size_t n, struct bt_arena *a,
    struct bt_cli_specs *out);
/* As bt_cli_fail, with "spec:LINE:COL: " (or --not) and the place in text number `index` shown by a caret. */
int bt_cli_fail_spec(const struct beamtap_err *err, const struct bt_cli_specs *specs, size_t index);
/* What was printed on stdout is out: 0, or the exit status of an output that failed (now, or in a part that was written before). */
int bt_cli_flush(void);
/* A line on stderr beginning "beamtap: ". */
void bt_cli_say(const char *fmt, ...) BT_PRINTF(1, 2);

/* Appends a name as Erlang writes it, in quotes where it needs them; a function: lists:seq/2. Names are UTF-8. */
void bt_cli_put_atom(struct bt_buf *out, const char *name);
void bt_cli_put_mfa(struct bt_buf *out, const char *module, const char *function, uint32_t arity);

/* The areas of --debug. EUSAGE. */
int bt_cli_set_log(struct bt_log *log, const struct bt_words *areas, struct beamtap_err *err);

/* What the command line says about compiling; on failure the message is out and the exit status returned. */
int bt_cli_spec_opts(const struct bt_cli *cli, const struct bt_cli_specs *specs, struct beamtap_spec_opts *o);
/* Makes specs of that, likewise; the caller ends them with beamtap_spec_free(). */
int bt_cli_spec_new(
    const struct beamtap_spec_opts *o, const struct bt_cli_specs *specs, struct beamtap_spec **out);

/* Both at once. */
int bt_cli_spec(
    const struct bt_cli *cli, const struct bt_cli_specs *specs, bool to_trace, struct beamtap_spec **out);

#endif
