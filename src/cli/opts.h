/*
 * opts.h - the command line: one table of options makes the parser, --help, the keywords of scripts and completion.
 */
#ifndef BT_CLI_OPTS_H
#define BT_CLI_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define BT_OPTS_MAX 128
#define BT_CLI_NONE INT64_C(-1) /* the value `none` of -c and -t */

/* A list of words, borrowed from argv. */
struct bt_words {
    const char **items;
    size_t n;
};

/* n per interval. n < 0: no limit */
struct bt_opts_rate {
    int64_t n;
    int64_t interval_us;
};

/* What the user said, with the defaults for what he did not. Times in microseconds. */
struct bt_opts {
    /* connection */
    const char *cookie_file, *cookie;
    bool cookie_in_argv; /* others can see it */
    int64_t cookie_fd;   /* 0: none */
    const char *address, *proxy_command, *ssh, *pod, *pod_namespace;
    bool tls;
    const char *tls_ca, *tls_cert, *tls_key, *tls_server_name, *tls_optfile;
    int64_t wait;
    int64_t connect_timeout; /* 0: what suits the way */
    /* which processes, what */
    struct bt_words processes, records;
    const char *scope, *args;
    struct bt_words not_specs;
    int64_t slower; /* < 0: not asked for */
    bool only_raised;
    const char *returns;
    bool want_return, want_caller, want_stack, load, children;
    /* limits */
    int64_t count, time, grace, lease, max_functions;
    struct bt_opts_rate rate, scan_rate;
    int64_t burst; /* 0: a tenth of the rate */
    const char *on_rate;
    int64_t max_memory, max_term, max_load;
    /* output */
    const char *output, *capture, *format, *syntax, *timestamps, *color;
    bool json, append, pretty, names, quiet, verbose, dry_run, fail_empty;
    int64_t depth, max_line;           /* 0: no limit */
    int64_t rotate_size, rotate_count; /* 0: none */
    struct bt_words grep, grep_not, redact;
    struct bt_words debug;
    /* count, time */
    int64_t interval, top;
    const char *by;
    bool once, histogram;
    /* run */
    struct bt_words set;
    bool check, no_config;
    const char *on_error;
    /* compile, clear */
    bool installed, tokens, ast, all, yes;
    bool help, version;
    bool given[BT_OPTS_MAX]; /* by place in the table */
    struct bt_words words;   /* everything that is no option, the command first */
};

void bt_opts_defaults(struct bt_opts *o);
/* Was the option given? Some commands have defaults of their own. */
bool bt_opts_has(const struct bt_opts *o, const char *name);
/* The first option given that chooses calls by how they ended, "--slower"; NULL: none. */
const char *bt_opts_outcome(const struct bt_opts *o);
void bt_opts_done(struct bt_opts *o);

/* Reads argv[1..]; options may stand anywhere, `--` ends them. EUSAGE names the option and the cure. */
int bt_opts_parse(struct bt_opts *o, int argc, char *const *argv, struct beamtap_err *err);

/* A place where options are written: the command line, the file of defaults, a part of a script. What may stand several times
 * adds up in one place, and takes the place of what was said in an earlier one. */
struct bt_opts_level {
    bool seen[BT_OPTS_MAX];
};

/* As --name VALUE. value: NULL for a flag; borrowed for as long as the options. EUSAGE. */
int bt_opts_set(struct bt_opts *o, struct bt_opts_level *level, const char *name, const char *value,
    struct beamtap_err *err);

struct bt_opts_info {
    char letter; /* 0: none */
    const char *name;
    const char *value;   /* its name in --help; NULL: a flag */
    const char *choices; /* words it may be, separated by blanks; NULL: any */
    bool is_closed;      /* nothing else than one of the choices */
    bool is_list;        /* may stand several times */
    bool in_script;      /* also a keyword of scripts */
    bool is_connection;  /* says how to reach the node */
};

/* The option number i, from 0; false: there are no more. */
bool bt_opts_info(size_t i, struct bt_opts_info *out);
bool bt_opts_find(const char *name, size_t len, struct bt_opts_info *out);

/* Appends the table of options, in groups, as --help shows it. */
void bt_opts_help(struct bt_buf *out);

/* "30s", "250ms", "us ms s m h", or `none`, as microseconds; EUSAGE says what is wrong with it. */
int bt_opts_duration(const char *text, int64_t *us, struct beamtap_err *err);

#endif
