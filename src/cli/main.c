/*
 * main.c - the program: signals, the table of commands, --help. Nothing else exits.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/cmd.h"
#include "cli/config.h"

static volatile sig_atomic_t stops; /* how often we were asked to stop */
static volatile sig_atomic_t asks;  /* how often we were asked for totals (SIGUSR1) */

const struct bt_command bt_commands[] = {
    {"trace", "NODE SPEC...", "trace calls and returns (the word trace may be left out)", bt_cmd_trace, true},
    {"count", "NODE SPEC...", "count calls, live; no messages, safe on anything", bt_cmd_count, false},
    {"time", "NODE SPEC...", "time per function, live; --histogram: percentiles", bt_cmd_time, false},
    {"run", "SCRIPT...", "scripts: traces one after the other, also lines of recon and redbug", bt_cmd_run,
        true},
    {"replay", "FILE...", "print captures, and files of dbg:trace_port, in any format", bt_cmd_replay, true},
    {"compile", "SPEC...", "show the match specification; no node needed", bt_cmd_compile, false},
    {"check", "NODE", "can it be traced? the way to it, what it is, who traces it now", bt_cmd_check, false},
    {"clear", "NODE", "remove what a beamtap left, list all other tracing", bt_cmd_clear, false},
    {"nodes", "[HOST]", "the nodes that epmd knows there", bt_cmd_nodes, false},
    {"completion", "", NULL, bt_cmd_completion, false},
    {NULL, NULL, NULL, NULL, false},
};

static void on_signal(int sig)
{
    if (sig == SIGUSR1)
        asks = (asks + 1) % 1000;
    else if (stops < 1000)
        stops++;
}

static void set_signals(void)
{
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};
    struct sigaction sa;
    memset(&sa, 0, sizeof sa);
    sigemptyset(&sa.sa_mask);
    sa.sa_handler = on_signal; /* no SA_RESTART: waits must end */
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        sigaction(ends[i], &sa, NULL);
    sa.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &sa, NULL);
}

/*
 * A descriptor 0, 1 or 2 that is closed would be given to our socket, and what is printed would go to the node.
 * *stdout_closed tells: then there is nowhere to print to.
 */
static void open_standard_fds(bool *stdout_closed)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        *stdout_closed = *stdout_closed || fd == STDOUT_FILENO;
        if (open("/dev/null", O_RDWR) < 0)
            _exit(1);
    }
}

static void log_line(void *arg, const char *area, const char *text)
{
    const int64_t *start_us = arg;
    fprintf(stderr, "beamtap: [%s %.3fs] %s\n", area, (double)(bt_clock_mono_us() - *start_us) / 1e6, text);
}

static int help(void)
{
    struct bt_buf out = BT_BUF_INIT;
    bt_buf_puts(&out,
        "usage: beamtap [OPTION...] NODE SPEC...\n"
        "       beamtap COMMAND ...\n\n"
        "Traces function calls on a running Erlang or Elixir node, from outside, within limits.\n"
        "\nCommands\n");
    for (const struct bt_command *c = bt_commands; c->name; c++) {
        struct bt_buf left = BT_BUF_INIT;
        if (!c->help)
            continue;
        bt_buf_printf(&left, "%s %s", c->name, c->usage);
        bt_buf_printf(&out, "  %-22s %s\n", bt_buf_cstr(&left), c->help);
        bt_buf_done(&left);
    }
    bt_opts_help(&out);
    bt_buf_puts(&out,
        "\nExamples (quote the spec; the shell would take > for a redirection)\n"
        "  beamtap app@10.0.0.5 'queue:in(X, _) when is_list(X) -> return'\n"
        "  beamtap app@10.0.0.5 'payments:charge/2 -> return' -c 10 -t 1m\n"
        "  beamtap app@10.0.0.5 -p checkout 'gen_server:call(_, Request, _)'\n"
        "  beamtap app@10.0.0.5 '{queue, in, return_trace}' -o queue.log\n"
        "  beamtap compile 'lists:seq(A, B) when B > A, B - A > 1000'\n"
        "\nCalls are counted once with their return; unnamed arguments (_) never leave the traced process.\n"
        "Exit status: 0 done, 2 usage or bad spec or nothing matched, 3 node unreachable or lost, 4 safety "
        "limit,\n"
        "5 output failed, 6 refused to protect the node, 7 clean-up not confirmed, 130 interrupted before "
        "tracing.\n");
    fputs(bt_buf_cstr(&out), stdout);
    bt_buf_done(&out);
    return bt_cli_flush();
}

static int usage(const char *fmt, const char *what)
{
    fputs("beamtap: ", stderr);
    fprintf(stderr, fmt, what);
    fputs("; try beamtap --help\n", stderr);
    return beamtap_code_status(BEAMTAP_EUSAGE);
}

static int run_without_calls(const struct bt_cli *cli, const struct bt_command *c)
{
    const char *outcome = bt_opts_outcome(cli->opts);
    if (!outcome)
        return c->run(cli);
    bt_cli_say("%s chooses among the calls that trace and replay show; %s shows none", outcome, c->name);
    return beamtap_code_status(BEAMTAP_EUSAGE);
}

/* A first word with @ is a node: beamtap NODE SPEC is short for beamtap trace NODE SPEC. */
static int run(struct bt_cli *cli, const struct bt_words *w)
{
    if (w->n == 0)
        return usage("%s", "no node and no command given");
    for (const struct bt_command *c = bt_commands; c->name; c++) {
        if (strcmp(c->name, w->items[0]) == 0) {
            cli->words = w->items + 1;
            cli->n_words = w->n - 1;
            return c->shows_calls ? c->run(cli) : run_without_calls(cli, c);
        }
    }
    bool is_for_release = getenv("RELEASE_NODE") && strpbrk(w->items[0], ":.({[");
    if (!strchr(w->items[0], '@') && !is_for_release)
        return usage("'%s' is neither a command nor a node (app@host)", w->items[0]);
    cli->words = w->items;
    cli->n_words = w->n;
    return bt_cmd_trace(cli);
}

/* Options, with those of the file of defaults before them. */
static int read_opts(struct bt_cli *cli, struct bt_opts *o, struct bt_config *config, struct beamtap_err *err)
{
    if (bt_opts_parse(o, cli->argc, cli->argv, err) < 0)
        return bt_cli_fail(err);
    if (!o->no_config && !o->help && !o->version) {
        int status = bt_config_read(config, err);
        if (status != 0)
            return status;
        bt_opts_done(o);
        bt_opts_defaults(o);
        cli->config = &config->settings;
        if (bt_settings_apply(&config->settings, o, err) < 0 ||
            bt_opts_parse(o, cli->argc, cli->argv, err) < 0)
            return bt_cli_fail(err);
    }
    return bt_cli_set_log(&cli->log, &o->debug, err) < 0 ? bt_cli_fail(err) : 0;
}

int main(int argc, char **argv)
{
    struct bt_opts opts;
    struct bt_config config = {0};
    struct beamtap_err err = {0};
    struct bt_cli cli = {.opts = &opts, .stops = &stops, .asks = &asks, .argc = argc, .argv = argv};
    int64_t start_us = bt_clock_mono_us();
    cli.log.line = log_line;
    cli.log.arg = &start_us;
    open_standard_fds(&cli.stdout_closed);
    set_signals();
    bt_opts_defaults(&opts);
    int status = read_opts(&cli, &opts, &config, &err);
    if (status != 0) {
        /* it is said */
    } else if (opts.help) {
        status = help();
    } else if (opts.version) {
        printf("beamtap %s\n%s\n", beamtap_version(), beamtap_tls_version());
        status = bt_cli_flush();
    } else {
        status = run(&cli, &opts.words);
    }
    bt_opts_done(&opts);
    bt_config_done(&config);
    return status;
}
