/*
 * opts.h - the command line: one table of options makes the parser and --help.
 */
#ifndef BT_CLI_OPTS_H
#define BT_CLI_OPTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "limit/bucket.h"

#define BT_CLI_NONE INT64_C(-1) /* the value `none` of -c and -t */

/* A list of words, borrowed from argv. */
struct bt_words {
    const char **items;
    size_t n;
};

/* What the user said, with the defaults for what he did not. Times in microseconds. */
struct bt_opts {
    /* connection */
    const char *cookie_file, *cookie;
    int64_t cookie_fd; /* 0: none */
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
    struct bt_rate rate, scan_rate;
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
    /* compile, clear */
    bool installed, tokens, ast, all, yes;
    bool help, version;
    bool given[128];       /* by place in the table */
    struct bt_words words; /* everything that is no option, the command first */
};

void bt_opts_defaults(struct bt_opts *o);
/* Was the option given? Some commands have defaults of their own. */
bool bt_opts_has(const struct bt_opts *o, const char *name);
void bt_opts_done(struct bt_opts *o);

/* Reads argv[1..]; options may stand anywhere, `--` ends them. EUSAGE names the option and the cure. */
int bt_opts_parse(struct bt_opts *o, int argc, char *const *argv, struct beamtap_err *err);

/* Appends the table of options, in groups, as --help shows it. */
void bt_opts_help(struct bt_buf *out);

/* "30s", "250ms", "us ms s m h", or `none`, as microseconds; EUSAGE says what is wrong with it. */
int bt_opts_duration(const char *text, int64_t *us, struct beamtap_err *err);

#endif
