/*
 * cmd_run.c - `beamtap run SCRIPT...`: all of them are read and compiled before anything is connected; then their steps run one
 * after the other, each as the command it is.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/wipe.h"
#include "cli/cmd.h"
#include "cli/cookie.h"
#include "cli/readfile.h"
#include "cli/runlock.h"
#include "cli/steps.h"

#define POLL_MS 200 /* a signal that comes just before we wait is seen then */

struct script {
    const char *name;
    char *text;
    struct bt_steps steps;
    uint64_t key; /* which file it is */
};

struct run {
    const struct bt_cli *cli;
    struct script *scripts;
    size_t n;
    struct bt_cli_cookie cookie; /* of a descriptor or the environment: found once, used each time */
    unsigned session;            /* how many-th; of n_sessions */
    uint64_t n_sessions;
    int first_failure;
};

/* Where in a script we are. */
struct place {
    struct script *script;
    const struct bt_part *part;
    const struct bt_step *step;
};

/* ---- reading ---- */

static int identify(FILE *f, struct script *s)
{
    struct stat st;
    if (fstat(fileno(f), &st) < 0)
        return -1;
    s->key = bt_runlock_key(BT_RUNLOCK_KEY, &st.st_dev, sizeof st.st_dev);
    s->key = bt_runlock_key(s->key, &st.st_ino, sizeof st.st_ino);
    return 0;
}

static char *read_text(struct script *s, const char *word, size_t *len, struct beamtap_err *err)
{
    bool is_stdin = strcmp(word, "-") == 0;
    s->name = is_stdin ? "stdin" : word;
    FILE *f = is_stdin ? stdin : fopen(word, "re");
    if (!f) {
        bt_err_sys(err, BEAMTAP_EUSAGE, errno, "cannot read %s", word);
        return NULL;
    }
    char *text = bt_readfile(f, s->name, BT_SCRIPT_MAX_BYTES, len, err);
    if (text && (is_stdin || identify(f, s) < 0))
        s->key = bt_runlock_key(BT_RUNLOCK_KEY, text, *len);
    if (!is_stdin)
        fclose(f);
    return text;
}

static int read_script(struct run *r, struct script *s, const char *word)
{
    struct beamtap_err err = {0};
    size_t len = 0;
    s->text = read_text(s, word, &len, &err);
    if (!s->text)
        return bt_cli_fail(&err);
    if (bt_steps_read(&s->steps, s->name, s->text, len, &r->cli->opts->set, &err) < 0)
        return bt_source_fail(&s->steps.file, &err);
    return 0;
}

/* ---- a step ---- */

/* A step, ready to be run as a command. */
struct ready {
    struct bt_cli cli;
    struct bt_opts opts;
    const char *node;   /* NULL: not needed, or RELEASE_NODE */
    const char **words; /* node, specs, files */
};

static void ready_done(struct ready *y)
{
    bt_opts_done(&y->opts);
    free(y->words);
}

/* Defaults, the file of defaults, the script, the command line: the later one wins. */
static int collect_opts(const struct run *r, const struct place *at, struct ready *y, struct beamtap_err *err)
{
    bt_opts_defaults(&y->opts);
    if ((r->cli->config && bt_settings_apply(r->cli->config, &y->opts, err) < 0) ||
        bt_steps_opts(&at->script->steps, at->part, at->step, &y->opts, &y->node, err) < 0 ||
        bt_opts_parse(&y->opts, r->cli->argc, r->cli->argv, err) < 0)
        return -1;
    return 0;
}

static bool needs_node(const struct bt_step *step)
{
    return strcmp(step->command, "replay") != 0;
}

static int prepare(const struct run *r, const struct place *at, struct ready *y, struct beamtap_err *err)
{
    *y = (struct ready){.cli = *r->cli};
    if (collect_opts(r, at, y, err) < 0)
        return -1;
    if (!needs_node(at->step))
        y->node = NULL;
    y->words = calloc(at->step->n_words + 2, sizeof *y->words);
    if (!y->words)
        return bt_err_nomem(err);
    size_t n = 0;
    if (y->node)
        y->words[n++] = y->node;
    for (size_t i = 0; i < at->step->n_words; i++)
        y->words[n++] = at->step->words[i];
    y->cli.words = y->words;
    y->cli.n_words = n;
    y->cli.opts = &y->opts;
    y->cli.source = &at->script->steps.file;
    y->cli.session = r->session;
    y->cli.cookie = &r->cookie;
    return bt_cli_set_log(&y->cli.log, &y->opts.debug, err);
}

static struct beamtap_loc place_of(const struct place *at)
{
    return bt_script_place(at->script->text, at->step->off, 1);
}

static int fail_at(const struct place *at, struct beamtap_err *err)
{
    if (!err->loc.line && err->code != BEAMTAP_ENOMEM)
        err->loc = place_of(at);
    return bt_source_fail(&at->script->steps.file, err);
}

static const struct bt_command *find_command(const char *name)
{
    const struct bt_command *c = bt_commands;
    while (c->name && strcmp(c->name, name) != 0)
        c++;
    return c;
}

/* ---- checking ---- */

/* Options that choose among calls have no meaning where none is shown. */
static int check_outcome(const struct place *at, const struct ready *y)
{
    struct beamtap_err err = {0};
    const char *outcome = bt_opts_outcome(&y->opts);
    if (find_command(at->step->command)->shows_calls || !outcome)
        return 0;
    bt_err_set(&err, BEAMTAP_EUSAGE, "%s chooses among the calls that trace and replay show; %s shows none",
        outcome, at->step->command);
    return fail_at(at, &err);
}

static bool takes_specs(const struct bt_step *step)
{
    return needs_node(step) && step->n_words > 0;
}

/* With --check -v the match specifications are shown. */
static int compile(const struct ready *y, const struct bt_step *step)
{
    struct bt_cli cli = y->cli;
    struct bt_arena a = BT_ARENA_INIT;
    struct bt_cli_specs specs;
    struct beamtap_spec *spec = NULL;
    int status = beamtap_code_status(BEAMTAP_ENOMEM);
    cli.words = step->words;
    cli.n_words = step->n_words;
    if (bt_cli_specs(&cli, cli.words, cli.n_words, &a, &specs) == 0)
        status = bt_cli_spec(&cli, &specs, true, &spec);
    if (status == 0 && y->opts.check && y->opts.verbose)
        status = bt_cmd_compile(&cli);
    beamtap_spec_free(spec);
    bt_arena_done(&a);
    return status;
}

/* A file of this step that another one has made already, or that it would make again itself. */
static int check_output(struct bt_words *outputs, const struct place *at, const struct ready *y)
{
    const char *name = y->opts.output;
    struct beamtap_err err = {0};
    bool is_new = name && !y->opts.append && !y->opts.dry_run && !strstr(name, "%i") && !strstr(name, "%S");
    bool is_twice = at->part->repeat > 1;
    if (!is_new || strcmp(at->step->command, "check") == 0 || strcmp(at->step->command, "clear") == 0)
        return 0;
    for (size_t i = 0; i < outputs->n; i++)
        is_twice = is_twice || strcmp(outputs->items[i], name) == 0;
    if (is_twice) {
        bt_err_set(&err, BEAMTAP_EUSAGE,
            "output %s: a session before this one has written that file; say append, or put %%i (the "
            "session) into its name",
            name);
        return fail_at(at, &err);
    }
    const char **more = realloc(outputs->items, (outputs->n + 1) * sizeof *more);
    if (!more)
        return beamtap_code_status(BEAMTAP_ENOMEM);
    outputs->items = more;
    outputs->items[outputs->n++] = name;
    return 0;
}

static void say_remarks(const struct place *at)
{
    for (size_t i = 0; i < at->step->n_remarks; i++)
        bt_cli_say("%s:%d: note: %s", at->script->name, place_of(at).line, at->step->remarks[i]);
}

static int check_step(struct run *r, const struct place *at, struct bt_words *outputs)
{
    struct ready y;
    struct beamtap_err err = {0};
    const char *release = getenv("RELEASE_NODE");
    int status = prepare(r, at, &y, &err) < 0 ? fail_at(at, &err) : 0;
    if (status == 0 && takes_specs(at->step))
        status = compile(&y, at->step);
    if (status == 0 && needs_node(at->step) && !y.node && !(release && *release)) {
        bt_err_set(&err, BEAMTAP_EUSAGE, "no node is named; say: node app@host");
        status = fail_at(at, &err);
    }
    if (status == 0)
        status = check_outcome(at, &y);
    if (status == 0)
        status = check_output(outputs, at, &y);
    if (status == 0 && !y.opts.quiet)
        say_remarks(at);
    ready_done(&y);
    return status;
}

static int check_script(struct run *r, struct script *s, struct bt_words *outputs)
{
    for (const struct bt_part *p = s->steps.parts; p < s->steps.parts + s->steps.n; p++) {
        for (const struct bt_step *step = p->steps; step < p->steps + p->n; step++) {
            struct place at = {s, p, step};
            int status = step->command ? check_step(r, &at, outputs) : 0;
            if (status != 0)
                return status;
            r->n_sessions += step->command ? (uint64_t)p->repeat : 0;
        }
    }
    return 0;
}

static int check_all(struct run *r)
{
    struct bt_words outputs = {0};
    int status = 0;
    for (size_t i = 0; i < r->n && status == 0; i++)
        status = check_script(r, &r->scripts[i], &outputs);
    if (status == 0 && r->n_sessions == 0) {
        bt_cli_say("%s: there is nothing to run", r->scripts[0].name);
        status = beamtap_code_status(BEAMTAP_EUSAGE);
    }
    free(outputs.items);
    return status;
}

/* ---- running ---- */

static bool is_asked(const struct run *r)
{
    return *r->cli->stops > 0;
}

/* Until then, or until we are asked to stop. */
static void wait_until(const struct run *r, int64_t when_us)
{
    for (;;) {
        int left = bt_clock_left_ms(when_us, bt_clock_mono_us());
        if (left <= 0 || is_asked(r) || r->cli->opts->dry_run)
            return;
        poll(NULL, 0, left > POLL_MS ? POLL_MS : left);
    }
}

static int run_command(const struct bt_cli *cli, const char *name)
{
    const struct bt_command *c = find_command(name);
    return c->name ? c->run(cli) : beamtap_code_status(BEAMTAP_EINTERNAL);
}

/* True: go on. */
static bool take_status(struct run *r, const struct place *at, const struct ready *y, int status)
{
    bool goes_on = strcmp(y->opts.on_error, "continue") == 0;
    if (status == 0)
        return true;
    if (r->first_failure == 0)
        r->first_failure = status;
    if (!y->opts.quiet || goes_on)
        bt_cli_say("%s:%d: %s ended with exit status %d%s", at->script->name, place_of(at).line,
            at->step->command, status,
            goes_on                      ? "; going on (on-error)"
            : r->session < r->n_sessions ? "; the rest is not run"
                                         : "");
    return goes_on;
}

static bool run_step(struct run *r, const struct place *at)
{
    struct ready y;
    struct beamtap_err err = {0};
    bool goes_on = false;
    if (!at->step->command) {
        wait_until(r, bt_clock_mono_us() + at->step->pause_us);
        return !is_asked(r);
    }
    r->session++;
    if (prepare(r, at, &y, &err) < 0) {
        r->first_failure = fail_at(at, &err);
    } else {
        if (r->n_sessions > 1 && !y.opts.quiet)
            bt_cli_say("%s:%d: session %u of %llu", at->script->name, place_of(at).line, r->session,
                (unsigned long long)r->n_sessions);
        goes_on = take_status(r, at, &y, run_command(&y.cli, at->step->command));
    }
    ready_done(&y);
    return goes_on && !is_asked(r);
}

static bool run_part(struct run *r, struct script *s, const struct bt_part *p)
{
    int64_t next_us = bt_clock_mono_us();
    for (int64_t i = 0; i < p->repeat; i++) {
        wait_until(r, next_us);
        next_us = bt_clock_mono_us() + p->every_us;
        for (const struct bt_step *step = p->steps; step < p->steps + p->n; step++) {
            struct place at = {s, p, step};
            if (!run_step(r, &at))
                return false;
        }
        if (is_asked(r))
            return false;
    }
    return true;
}

static int run_all(struct run *r)
{
    bool goes_on = true;
    for (size_t i = 0; i < r->n && goes_on; i++) {
        const struct bt_steps *steps = &r->scripts[i].steps;
        for (size_t j = 0; j < steps->n && goes_on; j++)
            goes_on = run_part(r, &r->scripts[i], &steps->parts[j]);
    }
    if (r->first_failure == 0 && is_asked(r))
        return beamtap_code_status(BEAMTAP_EINTR);
    return r->first_failure;
}

/* The same scripts on the same nodes: of one script with another node as many may run as are wanted. */
static uint64_t key_of(const struct run *r)
{
    uint64_t key = BT_RUNLOCK_KEY;
    for (size_t i = 0; i < r->n; i++) {
        const struct bt_steps *s = &r->scripts[i].steps;
        key = bt_runlock_key(key, &r->scripts[i].key, sizeof r->scripts[i].key);
        for (size_t j = 0; j < s->n; j++) {
            const char *node = s->parts[j].node ? s->parts[j].node : "";
            key = bt_runlock_key(key, node, strlen(node));
        }
    }
    return key;
}

static int run_locked(struct run *r)
{
    struct bt_runlock lock;
    struct beamtap_err err = {0};
    if (bt_runlock_take(&lock, key_of(r), &err) < 0)
        return bt_cli_fail(&err);
    int status = run_all(r);
    bt_runlock_drop(&lock);
    return status;
}

/* ---- the command ---- */

static int check_words(const struct bt_cli *cli)
{
    struct beamtap_err err = {0};
    if (cli->n_words == 0) {
        bt_cli_say("run takes scripts: beamtap run FILE, or - for stdin");
        return beamtap_code_status(BEAMTAP_EUSAGE);
    }
    for (size_t i = 0; i < cli->opts->set.n; i++) {
        if (bt_steps_check_set(cli->opts->set.items[i], &err) < 0) {
            bt_err_context(&err, "%s", "--set");
            return bt_cli_fail(&err);
        }
    }
    return 0;
}

static int run(struct run *r)
{
    struct beamtap_err err = {0};
    int status = 0;
    for (size_t i = 0; i < r->cli->n_words && status == 0; i++)
        status = read_script(r, &r->scripts[r->n++], r->cli->words[i]);
    if (status == 0)
        status = check_all(r);
    if (status == 0 && r->cli->opts->check) {
        if (!r->cli->opts->quiet)
            bt_cli_say("%s: %llu session%s, nothing wrong", r->scripts[0].name,
                (unsigned long long)r->n_sessions, r->n_sessions == 1 ? "" : "s");
        return 0;
    }
    if (status == 0 && bt_cli_cookie_take(r->cli->opts->cookie_fd, &r->cookie, &err) < 0)
        status = bt_cli_fail(&err);
    return status == 0 ? run_locked(r) : status;
}

int bt_cmd_run(const struct bt_cli *cli)
{
    struct run r = {.cli = cli};
    int status = check_words(cli);
    if (status != 0)
        return status;
    r.scripts = calloc(cli->n_words, sizeof *r.scripts);
    status = r.scripts ? run(&r) : beamtap_code_status(BEAMTAP_ENOMEM);
    for (size_t i = 0; i < r.n; i++) {
        bt_steps_done(&r.scripts[i].steps);
        free(r.scripts[i].text);
    }
    free(r.scripts);
    bt_wipe(&r.cookie, sizeof r.cookie);
    return status;
}
