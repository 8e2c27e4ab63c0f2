/*
 * opts.c - the command line: one table of options makes the parser, --help, the keywords of scripts and completion.
 */
#include "cli/opts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec/suggest.h"

enum kind { FLAG, TEXT, WORDS, COUNT, NUMBER, DURATION, TIME_LIMIT, RATE, SIZE };

struct option {
    const char *group; /* starts a group in --help; NULL: the same one */
    char letter;       /* 0: none */
    const char *name;
    enum kind kind;
    size_t offset;
    const char *value; /* its name in --help */
    const char *help;
};

#define AT(field) offsetof(struct bt_opts, field)

static const struct option options[] = {
    {"Connection", 0, "cookie-file", TEXT, AT(cookie_file), "FILE",
        "read the cookie from FILE (else BEAMTAP_COOKIE, ~/.erlang.cookie)"},
    {NULL, 0, "cookie", TEXT, AT(cookie), "C", "the cookie itself; others on this host can see it in ps"},
    {NULL, 0, "cookie-fd", NUMBER, AT(cookie_fd), "N", "read the cookie from descriptor N"},
    {NULL, 0, "address", TEXT, AT(address), "HOST[:PORT]",
        "connect there; with PORT epmd is not asked (the host in the node's name)"},
    {NULL, 0, "proxy-command", TEXT, AT(proxy_command), "CMD",
        "CMD's stdin and stdout are the connection; %h host, %p port, %n node"},
    {NULL, 0, "ssh", TEXT, AT(ssh), "DEST", "through ssh -W %h:%p DEST"},
    {NULL, 0, "kubectl", TEXT, AT(pod), "POD",
        "through kubectl exec with socat, nc or bash, else kubectl port-forward"},
    {NULL, 'n', "namespace", TEXT, AT(pod_namespace), "NS", "with --kubectl: the pod's namespace"},
    {NULL, 0, "tls", FLAG, AT(tls), NULL, "the node uses TLS distribution"},
    {NULL, 0, "tls-ca", TEXT, AT(tls_ca), "FILE", "certificates trusted to sign the node's (the system's)"},
    {NULL, 0, "tls-cert", TEXT, AT(tls_cert), "FILE", "our certificate"},
    {NULL, 0, "tls-key", TEXT, AT(tls_key), "FILE", "its key (in the same file)"},
    {NULL, 0, "tls-server-name", TEXT, AT(tls_server_name), "NAME",
        "the name in the node's certificate (the host in its name)"},
    {NULL, 0, "tls-optfile", TEXT, AT(tls_optfile), "FILE",
        "take all of that from the node's own ssl_dist_optfile"},
    {NULL, 0, "wait", DURATION, AT(wait), "TIME", "while the node is not there, try again for TIME"},
    {NULL, 0, "connect-timeout", DURATION, AT(connect_timeout), "TIME",
        "give up connecting after TIME (5s; 60s through a helper)"},
    {"What to trace", 'p', "process", WORDS, AT(processes), "P",
        "all, new, existing, <0.44.0> or a registered name; repeatable (all)"},
    {NULL, 0, "children", FLAG, AT(children), NULL, "also what these processes spawn from now on"},
    {NULL, 0, "scope", TEXT, AT(scope), "SCOPE",
        "local: all calls; global: only those with a module name (local; recon tuples: global)"},
    {NULL, 0, "not", WORDS, AT(not_specs), "SPEC", "do not trace what SPEC matches; repeatable"},
    {NULL, 0, "load", FLAG, AT(load), NULL, "load a module that is named and not loaded, then trace it"},
    {NULL, 0, "records", WORDS, AT(records), "FILE|MODULE",
        "definitions of #rec{}: a .hrl or .erl here, or a module on the node; repeatable"},
    {NULL, 0, "return", FLAG, AT(want_return), NULL, "as if every spec ended in -> return"},
    {NULL, 0, "caller", FLAG, AT(want_caller), NULL, "as if every spec ended in -> caller"},
    {NULL, 0, "stack", FLAG, AT(want_stack), NULL, "as if every spec ended in -> stack"},
    {NULL, 0, "args", TEXT, AT(args), "WHICH", "named: what the pattern names; all; arity: none (named)"},
    {NULL, 0, "exceptions", FLAG, AT(only_raised), NULL, "show only calls that ended in an exception"},
    {NULL, 0, "slower", DURATION, AT(slower), "TIME", "show only calls that took TIME or longer"},
    {NULL, 0, "returns", TEXT, AT(returns), "PATTERN",
        "show only calls that returned what matches: '{error, X} when is_atom(X)'"},
    {"Limits", 'c', "count", COUNT, AT(count), "N", "stop after N calls shown, or none (100)"},
    {NULL, 't', "time", TIME_LIMIT, AT(time), "TIME", "stop after TIME, or none (30s)"},
    {NULL, 0, "rate", RATE, AT(rate), "N/TIME", "calls shown per time: 50 is 50/s, 10/100ms, none (100/s)"},
    {NULL, 0, "scan-rate", RATE, AT(scan_rate), "N/TIME",
        "with --exceptions, --slower, --returns: calls examined per time (10k/s)"},
    {NULL, 0, "burst", NUMBER, AT(burst), "N", "calls shown at once (a tenth of the rate)"},
    {NULL, 0, "on-rate", TEXT, AT(on_rate), "WHAT",
        "above the rate: skip calls and count them, stop, or end: stop with status 0 (skip)"},
    {NULL, 0, "max-memory", SIZE, AT(max_memory), "SIZE", "memory the trace may take on the node (64M)"},
    {NULL, 0, "max-term", SIZE, AT(max_term), "SIZE",
        "larger arguments and return values are no longer copied (1M)"},
    {NULL, 0, "max-load", COUNT, AT(max_load), "PERCENT",
        "end when the node's run queue or memory rises more, or none (300)"},
    {NULL, 0, "max-functions", NUMBER, AT(max_functions), "N",
        "refuse specs that match more functions (1000)"},
    {NULL, 0, "grace", DURATION, AT(grace), "TIME",
        "wait that long at the end for returns of calls shown (1s)"},
    {NULL, 0, "lease", DURATION, AT(lease), "TIME",
        "the node cleans up by itself when it hears nothing for TIME (5s)"},
    {"Output", 'o', "output", TEXT, AT(output), "FILE", "write the lines to FILE, which must not exist"},
    {NULL, 0, "append", FLAG, AT(append), NULL, "with -o: append to FILE"},
    {NULL, 'w', "capture", TEXT, AT(capture), "FILE",
        "keep everything in FILE, for beamtap replay; with -q no lines on stdout"},
    {NULL, 0, "format", TEXT, AT(format), "FORMAT", "text, json or perfetto (text)"},
    {NULL, 0, "json", FLAG, AT(json), NULL, "as --format json; check, count, time: as JSON"},
    {NULL, 'g', "grep", WORDS, AT(grep), "REGEX", "show lines that match one of these only; repeatable"},
    {NULL, 0, "grep-not", WORDS, AT(grep_not), "REGEX", "show no line that matches; repeatable"},
    {NULL, 0, "redact", WORDS, AT(redact), "REGEX",
        "mask the values of keys that match, before anything is shown or kept; repeatable"},
    {NULL, 0, "syntax", TEXT, AT(syntax), "SYNTAX", "erlang or elixir (that of the specs)"},
    {NULL, 0, "timestamps", TEXT, AT(timestamps), "WHICH",
        "local, utc, relative to the start, or none (local)"},
    {NULL, 0, "names", FLAG, AT(names), NULL, "what a process is, beside its pid: name, label or first call"},
    {NULL, 0, "depth", NUMBER, AT(depth), "N", "show N levels of a term"},
    {NULL, 0, "max-line", NUMBER, AT(max_line), "N", "cut lines after N characters"},
    {NULL, 0, "pretty", FLAG, AT(pretty), NULL, "break lines that are longer than 100 characters"},
    {NULL, 0, "color", TEXT, AT(color), "WHEN",
        "auto, always or never (auto: on a terminal, without NO_COLOR)"},
    {NULL, 0, "rotate-size", SIZE, AT(rotate_size), "SIZE", "begin a new file when one has SIZE"},
    {NULL, 0, "rotate-count", NUMBER, AT(rotate_count), "N", "keep the last N of these files"},
    {NULL, 'q', "quiet", FLAG, AT(quiet), NULL, "no banner and no closing line"},
    {NULL, 'v', "verbose", FLAG, AT(verbose), NULL, "list the functions that are traced"},
    {NULL, 0, "fail-empty", FLAG, AT(fail_empty), NULL, "exit with 1 when no call was shown"},
    {NULL, 0, "dry-run", FLAG, AT(dry_run), NULL, "connect, check, list what would be set; set nothing"},
    {NULL, 0, "debug", WORDS, AT(debug), "AREA", "conn, rpc, session, limit or all, on stderr; repeatable"},
    {"Counting and timing", 0, "interval", DURATION, AT(interval), "TIME",
        "count, time: between two readings (1s)"},
    {NULL, 0, "top", NUMBER, AT(top), "N", "count, time: show the N functions with most (20)"},
    {NULL, 0, "once", FLAG, AT(once), NULL, "count, time: one reading after --interval, then the end"},
    {NULL, 0, "by", TEXT, AT(by), "WHAT",
        "time: by function or process (function); count send, receive: from, to; trace: caller"},
    {NULL, 0, "histogram", FLAG, AT(histogram), NULL, "time: percentiles of sampled calls"},
    {"Scripts", 0, "set", WORDS, AT(set), "NAME=VALUE",
        "run: a value for $NAME, or for a variable Name; repeatable"},
    {NULL, 0, "check", FLAG, AT(check), NULL, "run: read and compile the scripts; connect to nothing"},
    {NULL, 0, "on-error", TEXT, AT(on_error), "WHAT", "run: stop when a trace fails, or continue (stop)"},
    {NULL, 0, "no-config", FLAG, AT(no_config), NULL, "do not read the file of defaults"},
    {"Other commands", 0, "installed", FLAG, AT(installed), NULL, "compile: show what is really sent"},
    {NULL, 0, "tokens", FLAG, AT(tokens), NULL, "compile: show the tokens"},
    {NULL, 0, "ast", FLAG, AT(ast), NULL, "compile: show the syntax tree as text"},
    {NULL, 0, "all", FLAG, AT(all), NULL, "clear: everybody's tracing, not only what a beamtap left"},
    {NULL, 0, "yes", FLAG, AT(yes), NULL, "clear --all: do not ask"},
    {"General", 'h', "help", FLAG, AT(help), NULL, "this help"},
    {NULL, 'V', "version", FLAG, AT(version), NULL, "version of beamtap"},
};

#define N_OPTIONS (sizeof options / sizeof options[0])
_Static_assert(N_OPTIONS <= BT_OPTS_MAX, "one place for each option");

/* Words an option may be, for completion; what it says to others is its reader's matter. */
static const struct {
    const char *name, *choices;
} choices[] = {
    {"scope", "local global"},
    {"args", "named all arity"},
    {"on-rate", "skip stop end"},
    {"format", "text json perfetto"},
    {"syntax", "erlang elixir"},
    {"timestamps", "local utc relative none"},
    {"color", "auto always never"},
    {"debug", "conn rpc session limit all"},
    {"by", "function process from to caller"},
    {"on-error", "stop continue"},
    {"process", "all new existing"},
};

/* Of the command line alone. */
static const char *const not_in_scripts[] = {
    "help", "version", "check", "no-config", "cookie-fd", "installed", "tokens", "ast"};

void bt_opts_defaults(struct bt_opts *o)
{
    memset(o, 0, sizeof *o);
    o->count = 100;
    o->time = 30000000;
    o->grace = 1000000;
    o->lease = 5000000;
    o->max_functions = 1000;
    o->rate = (struct bt_opts_rate){100, 1000000};
    o->scan_rate = (struct bt_opts_rate){10000, 1000000};
    o->slower = -1;
    o->on_rate = "skip";
    o->max_memory = INT64_C(64) << 20;
    o->max_term = INT64_C(1) << 20;
    o->max_load = 300;
    o->args = "named";
    o->interval = 1000000;
    o->top = 20;
    o->by = "function";
    o->format = "text";
    o->timestamps = "local";
    o->color = "auto";
    o->on_error = "stop";
}

void bt_opts_done(struct bt_opts *o)
{
    free(o->processes.items);
    free(o->not_specs.items);
    free(o->records.items);
    free(o->grep.items);
    free(o->grep_not.items);
    free(o->redact.items);
    free(o->debug.items);
    free(o->set.items);
    free(o->words.items);
    memset(o, 0, sizeof *o);
}

static int add_word(struct bt_words *w, const char *text, struct beamtap_err *err)
{
    const char **items = realloc(w->items, (w->n + 1) * sizeof *items);
    if (!items)
        return bt_err_nomem(err);
    items[w->n++] = text;
    w->items = items;
    return 0;
}

/* ---- values ---- */

int bt_opts_duration(const char *text, int64_t *us, struct beamtap_err *err)
{
    static const struct {
        const char *name;
        double us;
    } units[] = {{"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 6e7}, {"h", 3.6e9}};
    char *end;
    errno = 0;
    double n = strtod(text, &end);
    if (end == text || errno != 0 || !(n >= 0))
        return bt_err_set(err, BEAMTAP_EUSAGE, "'%s' is no time; write 20s, 500ms, 5m", text);
    if (*end == '\0') { /* 20000 was meant in ms, 20 in s, mostly: both are told */
        bool is_ms = n >= 1000 && n < 1e12 && (int64_t)n % 1000 == 0;
        return bt_err_set(
            err, BEAMTAP_EUSAGE, "'%s' has no unit: say %.15gs or %sms", text, is_ms ? n / 1000 : n, text);
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].name) == 0 && n * units[i].us < 1e15) {
            *us = (int64_t)(n * units[i].us);
            return 0;
        }
    }
    return bt_err_set(err, BEAMTAP_EUSAGE, "'%s' is no time; the units are us, ms, s, m, h", text);
}

static int read_number(const char *text, int64_t least, int64_t *n, struct beamtap_err *err)
{
    char *end;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (end == text || *end || errno != 0 || v < least || v > INT64_C(1) << 40)
        return bt_err_set(err, BEAMTAP_EUSAGE, "'%s' is no number from %lld up", text, (long long)least);
    *n = v;
    return 0;
}

/* A number with k, M or G behind it, powers of `unit`; *end is set behind it. */
static int read_scaled(const char *text, int64_t unit, int64_t *n, const char **end)
{
    static const char scales[] = "kMG";
    char *stop;
    errno = 0;
    long long v = strtoll(text, &stop, 10);
    if (stop == text || errno != 0 || v < 1)
        return -1;
    const char *scale = *stop ? strchr(scales, *stop == 'K' ? 'k' : *stop) : NULL;
    for (const char *p = scales; scale && p <= scale; p++) {
        if (v > (INT64_C(1) << 40) / unit)
            return -1;
        v *= unit;
    }
    *n = v;
    *end = stop + (scale != NULL);
    return v > INT64_C(1) << 40 ? -1 : 0;
}

static int read_size(const char *text, int64_t *n, struct beamtap_err *err)
{
    const char *end;
    if (read_scaled(text, 1024, n, &end) < 0 || *end)
        return bt_err_set(err, BEAMTAP_EUSAGE, "'%s' is no size; write 64K, 10M, 1G", text);
    return 0;
}

/* "50", "50/s", "10/100ms", "10k/s", none */
static int read_rate(const char *text, struct bt_opts_rate *rate, struct beamtap_err *err)
{
    const char *end;
    struct bt_opts_rate r = {-1, 1000000};
    if (strcmp(text, "none") == 0) {
        *rate = r;
        return 0;
    }
    if (read_scaled(text, 1000, &r.n, &end) < 0 || r.n > INT64_C(1000000000) || (*end && *end != '/'))
        return bt_err_set(err, BEAMTAP_EUSAGE, "'%s' is no rate; write 50, 50/s, 10/100ms or none", text);
    if (*end == '/') {
        char interval[32] = "1";
        const char *unit = end + 1;
        size_t digits = strspn(unit, "0123456789.");
        if (strlen(unit) > sizeof interval - 2)
            return bt_err_set(err, BEAMTAP_EUSAGE, "'%s' is no rate; write 50, 50/s, 10/100ms or none", text);
        strcpy(interval + (digits ? 0 : 1), unit);
        if (bt_opts_duration(interval, &r.interval_us, err) < 0)
            return -1;
        if (r.interval_us < 1000 || r.interval_us > INT64_C(3600000000))
            return bt_err_set(err, BEAMTAP_EUSAGE, "the interval of a rate is 1ms to 1h");
    }
    *rate = r;
    return 0;
}

static int read_value(const struct option *opt, const char *text, void *at, struct beamtap_err *err)
{
    bool is_none = strcmp(text, "none") == 0;
    switch (opt->kind) {
    case FLAG: *(bool *)at = true; return 0;
    case TEXT: *(const char **)at = text; return 0;
    case WORDS: return add_word(at, text, err);
    case COUNT:
        if (is_none) {
            *(int64_t *)at = BT_CLI_NONE;
            return 0;
        }
        return read_number(text, 1, at, err);
    case NUMBER: return read_number(text, 1, at, err);
    case TIME_LIMIT:
        if (is_none) {
            *(int64_t *)at = BT_CLI_NONE;
            return 0;
        }
        return bt_opts_duration(text, at, err);
    case DURATION: return bt_opts_duration(text, at, err);
    case RATE: return read_rate(text, at, err);
    case SIZE: return read_size(text, at, err);
    }
    return 0;
}

/* ---- parsing ---- */

static const struct option *find_long(const char *name, size_t len)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (strlen(options[i].name) == len && memcmp(options[i].name, name, len) == 0)
            return &options[i];
    }
    return NULL;
}

const char *bt_opts_outcome(const struct bt_opts *o)
{
    return o->only_raised ? "--exceptions" : o->slower >= 0 ? "--slower" : o->returns ? "--returns" : NULL;
}

bool bt_opts_has(const struct bt_opts *o, const char *name)
{
    const struct option *opt = find_long(name, strlen(name));
    return opt && o->given[opt - options];
}

static const struct option *find_letter(char letter)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (options[i].letter && options[i].letter == letter)
            return &options[i];
    }
    return NULL;
}

static int set(struct bt_opts *o, struct bt_opts_level *level, const struct option *opt, const char *value,
    struct beamtap_err *err)
{
    size_t i = (size_t)(opt - options);
    if (opt->kind == WORDS && !level->seen[i])
        ((struct bt_words *)(void *)((char *)o + opt->offset))->n = 0;
    level->seen[i] = o->given[i] = true;
    return read_value(opt, value ? value : "", (char *)o + opt->offset, err);
}

/* The same out of argv. */
static int set_arg(struct bt_opts *o, struct bt_opts_level *level, const struct option *opt,
    const char *value, struct beamtap_err *err)
{
    if (set(o, level, opt, value, err) == 0)
        return 0;
    bt_err_context(err, "--%s", opt->name);
    return -1;
}

static int no_value(const struct option *opt, struct beamtap_err *err)
{
    return bt_err_set(err, BEAMTAP_EUSAGE, "--%s needs a value: --%s %s", opt->name, opt->name, opt->value);
}

static int unknown(const char *text, size_t len, struct beamtap_err *err)
{
    char typed[64];
    struct bt_suggestion near = {0};
    snprintf(typed, sizeof typed, "%.*s", (int)(len < sizeof typed ? len : sizeof typed - 1), text);
    for (size_t i = 0; i < N_OPTIONS; i++)
        bt_suggest(&near, typed, options[i].name);
    if (near.word)
        return bt_err_set(err, BEAMTAP_EUSAGE, "unknown option --%s; did you mean --%s?", typed, near.word);
    return bt_err_set(err, BEAMTAP_EUSAGE, "unknown option --%s; try beamtap --help", typed);
}

/* --name, --name=value, --name value; moves *i past a value of its own. */
static int parse_long(struct bt_opts *o, struct bt_opts_level *level, int argc, char *const *argv, int *i,
    struct beamtap_err *err)
{
    const char *text = argv[*i] + 2;
    size_t len = strcspn(text, "=");
    const struct option *opt = find_long(text, len);
    const char *value = text[len] == '=' ? text + len + 1 : NULL;
    if (!opt)
        return unknown(text, len, err);
    if (opt->kind == FLAG)
        return value ? bt_err_set(err, BEAMTAP_EUSAGE, "--%s takes no value", opt->name)
                     : set_arg(o, level, opt, NULL, err);
    if (!value && *i + 1 >= argc)
        return no_value(opt, err);
    return set_arg(o, level, opt, value ? value : argv[++*i], err);
}

/* -q, -c10, -c 10, -qv; moves *i past a value of its own. */
static int parse_letters(struct bt_opts *o, struct bt_opts_level *level, int argc, char *const *argv, int *i,
    struct beamtap_err *err)
{
    for (const char *p = argv[*i] + 1; *p; p++) {
        const struct option *opt = find_letter(*p);
        if (!opt)
            return bt_err_set(err, BEAMTAP_EUSAGE, "unknown option -%c; try beamtap --help", *p);
        if (opt->kind == FLAG) {
            if (set_arg(o, level, opt, NULL, err) < 0)
                return -1;
            continue;
        }
        if (!p[1] && *i + 1 >= argc)
            return no_value(opt, err);
        return set_arg(o, level, opt, p[1] ? p + 1 : argv[++*i], err);
    }
    return 0;
}

int bt_opts_parse(struct bt_opts *o, int argc, char *const *argv, struct beamtap_err *err)
{
    struct bt_opts_level level = {0};
    bool more = true;
    for (int i = 1; i < argc; i++) {
        const char *a = argv[i];
        int rc;
        if (more && strcmp(a, "--") == 0) {
            more = false;
            continue;
        }
        if (more && a[0] == '-' && a[1] == '-')
            rc = parse_long(o, &level, argc, argv, &i, err);
        else if (more && a[0] == '-' && a[1])
            rc = parse_letters(o, &level, argc, argv, &i, err);
        else
            rc = add_word(&o->words, a, err);
        if (rc < 0)
            return -1;
    }
    const struct option *cookie = find_long("cookie", 6);
    o->cookie_in_argv = level.seen[cookie - options];
    return 0;
}

/* ---- one by one ---- */

int bt_opts_set(struct bt_opts *o, struct bt_opts_level *level, const char *name, const char *value,
    struct beamtap_err *err)
{
    const struct option *opt = find_long(name, strlen(name));
    if (!opt)
        return bt_err_set(err, BEAMTAP_EUSAGE, "unknown option '%s'", name);
    if (opt->kind == FLAG && value)
        return bt_err_set(err, BEAMTAP_EUSAGE, "'%s' takes no value", name);
    if (opt->kind != FLAG && !value)
        return bt_err_set(err, BEAMTAP_EUSAGE, "'%s' needs a value: %s %s", name, name, opt->value);
    if (set(o, level, opt, value, err) == 0)
        return 0;
    bt_err_context(err, "%s", opt->name);
    return -1;
}

bool bt_opts_info(size_t i, struct bt_opts_info *out)
{
    if (i >= N_OPTIONS)
        return false;
    const struct option *opt = &options[i];
    *out = (struct bt_opts_info){.letter = opt->letter,
        .name = opt->name,
        .value = opt->kind == FLAG ? NULL : opt->value,
        .is_list = opt->kind == WORDS,
        .in_script = true,
        .is_connection = opt->offset <= AT(connect_timeout)};
    for (size_t j = 0; j < sizeof choices / sizeof choices[0]; j++) {
        if (strcmp(choices[j].name, opt->name) != 0)
            continue;
        out->choices = choices[j].choices;
        out->is_closed = strcmp(opt->name, "process") != 0;
    }
    for (size_t j = 0; j < sizeof not_in_scripts / sizeof not_in_scripts[0]; j++) {
        if (strcmp(not_in_scripts[j], opt->name) == 0)
            out->in_script = false;
    }
    return true;
}

bool bt_opts_find(const char *name, size_t len, struct bt_opts_info *out)
{
    const struct option *opt = find_long(name, len);
    return opt && bt_opts_info((size_t)(opt - options), out);
}

/* ---- help ---- */

void bt_opts_help(struct bt_buf *out)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        const struct option *opt = &options[i];
        struct bt_buf left = BT_BUF_INIT;
        if (opt->group)
            bt_buf_printf(out, "\n%s\n", opt->group);
        if (opt->letter)
            bt_buf_printf(&left, "-%c, ", opt->letter);
        bt_buf_printf(&left, "--%s%s%s", opt->name, opt->value ? " " : "", opt->value ? opt->value : "");
        bt_buf_printf(out, "  %-22s %s\n", bt_buf_cstr(&left), opt->help);
        bt_buf_done(&left);
    }
}
