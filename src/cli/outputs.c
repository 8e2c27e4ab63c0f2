/*
 * outputs.c - what the options say about output.
 */
#include "cli/outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_KEPT 10000 /* --rotate-count */
#define POLL_MS 200    /* a signal that comes just before poll() waits no longer than this */

/* ---- words to choose from ---- */

/* The place of text among names[0..n); -1: EUSAGE names them all. */
static int choose(
    const char *option, const char *text, const char *const *names, int n, struct beamtap_err *err)
{
    struct bt_buf all = BT_BUF_INIT;
    for (int i = 0; i < n; i++) {
        if (strcmp(names[i], text) == 0)
            return i;
    }
    for (int i = 0; i < n; i++)
        bt_buf_printf(&all, "%s%s", i ? ", " : "", names[i]);
    bt_err_set(err, BEAMTAP_EUSAGE, "--%s: '%s' is none of %s", option, text, bt_buf_cstr(&all));
    bt_buf_done(&all);
    return -1;
}

static bool terminal_has_color(const struct bt_cli *cli)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return !cli->opts->output && isatty(STDOUT_FILENO) && !(no && no[0]) && term && strcmp(term, "dumb") != 0;
}

static int read_format(struct bt_outputs *o, const struct bt_opts *opts, struct beamtap_err *err)
{
    static const char *const names[] = {"text", "json", "perfetto"}; /* as enum beamtap_format has them */
    int format = choose("format", opts->json ? "json" : opts->format, names, 3, err);
    beamtap_style_init(&o->lines, sizeof o->lines);
    beamtap_style_init(&o->capture, sizeof o->capture);
    o->capture.format = BEAMTAP_FORMAT_CAPTURE;
    o->lines.format = format < 0 ? BEAMTAP_FORMAT_TEXT : (enum beamtap_format)format;
    return format < 0 ? -1 : 0;
}

static int read_style(struct bt_outputs *o, const struct bt_cli *cli, struct beamtap_err *err)
{
    static const char *const times[] = {"local", "utc", "relative", "none"}; /* enum beamtap_time */
    static const char *const colors[] = {"auto", "always", "never"};
    static const char *const syntaxes[] = {"erlang", "elixir"}; /* enum beamtap_syntax, from 1 */
    const struct bt_opts *opts = cli->opts;
    int time = choose("timestamps", opts->timestamps, times, 4, err);
    int color = time < 0 ? -1 : choose("color", opts->color, colors, 3, err);
    if (color < 0)
        return -1;
    if (opts->max_line > UINT32_MAX || opts->depth > UINT32_MAX)
        return bt_err_set(err, BEAMTAP_EUSAGE, "--max-line and --depth are %u at most", UINT32_MAX);
    o->lines.time = (enum beamtap_time)time;
    o->lines.color = color == 1 || (color == 0 && terminal_has_color(cli));
    o->lines.pretty = opts->pretty;
    o->lines.names = opts->names;
    o->lines.max_line = (uint32_t)opts->max_line;
    o->lines.depth = (uint32_t)opts->depth;
    int syntax = opts->syntax ? choose("syntax", opts->syntax, syntaxes, 2, err) : -1;
    if (opts->syntax && syntax < 0)
        return -1;
    o->lines.syntax = (enum beamtap_syntax)(syntax + 1);
    return 0;
}

/* ---- where they go ---- */

static int check_files(const struct bt_opts *opts, struct beamtap_err *err)
{
    if (opts->append && !opts->output)
        return bt_err_set(err, BEAMTAP_EUSAGE, "--append goes with --output FILE");
    if (opts->append && strcmp(opts->format, "perfetto") == 0)
        return bt_err_set(
            err, BEAMTAP_EUSAGE, "--append: a perfetto file is one JSON text; nothing can stand behind it");
    if (opts->rotate_count && !opts->rotate_size)
        return bt_err_set(err, BEAMTAP_EUSAGE, "--rotate-count goes with --rotate-size SIZE");
    if (opts->rotate_size && !opts->output && !opts->capture)
        return bt_err_set(err, BEAMTAP_EUSAGE, "--rotate-size goes with --output FILE or --capture FILE");
    if (opts->rotate_count > MAX_KEPT)
        return bt_err_set(err, BEAMTAP_EUSAGE, "--rotate-count is %d at most", MAX_KEPT);
    return 0;
}

/* An output on files of that name, or on stdout. */
static int want(struct bt_outputs *o, const struct bt_cli *cli, const struct beamtap_style *style,
    const char *path, struct beamtap_err *err)
{
    struct beamtap_output_opts *to = &o->opts[o->n_wanted++];
    beamtap_output_opts_init(to, sizeof *to);
    to->style = style;
    to->session = cli->session;
    to->path = path;
    if (path) {
        to->append = cli->opts->append && path == cli->opts->output;
        to->rotate_size = cli->opts->rotate_size;
        to->rotate_count = cli->opts->rotate_count;
    }
    if (beamtap_output_check(to, err) < 0)
        return -1;
    /* Told before anything is connected where that can be; who makes it meanwhile is told by beamtap_output_open(). */
    if (path && !to->append && !cli->opts->dry_run && !strchr(path, '%') && access(path, F_OK) == 0)
        return bt_err_set(err, BEAMTAP_EOUTPUT, "%s exists; it is not overwritten", path);
    return 0;
}

int bt_outputs_read(struct bt_outputs *o, const struct bt_cli *cli, struct beamtap_err *err)
{
    const struct bt_opts *opts = cli->opts;
    if (read_format(o, opts, err) < 0 || read_style(o, cli, err) < 0 || check_files(opts, err) < 0)
        return -1;
    bool only_captures = opts->capture && opts->quiet && !opts->output;
    if (!opts->output && !only_captures && !opts->dry_run && cli->stdout_closed)
        return bt_err_set(err, BEAMTAP_EOUTPUT, "stdout is closed; say -o FILE");
    if (!only_captures && want(o, cli, &o->lines, opts->output, err) < 0)
        return -1;
    if (opts->capture && want(o, cli, &o->capture, opts->capture, err) < 0)
        return -1;
    if (opts->dry_run)
        o->n_wanted = 0;
    return 0;
}

int bt_outputs_open(struct bt_outputs *o, struct beamtap_session *s, struct beamtap_err *err)
{
    for (; o->n < o->n_wanted; o->n++) {
        o->items[o->n] = (struct bt_one_output){.out = beamtap_output_open(s, &o->opts[o->n], err)};
        if (!o->items[o->n].out)
            return -1;
    }
    return 0;
}

/* ---- events ---- */

/* True: it has ended. */
static bool ended(struct bt_one_output *one, int rc, const struct beamtap_err *err)
{
    if (rc >= 0)
        return false;
    one->is_over = true;
    one->is_gone = err->sys == EPIPE;
    one->err = *err;
    return true;
}

size_t bt_outputs_event(struct bt_outputs *o, const struct beamtap_event *ev, bool *has_room)
{
    struct beamtap_err err;
    size_t n_ended = 0;
    *has_room = true;
    for (size_t i = 0; i < o->n; i++) {
        struct bt_one_output *one = &o->items[i];
        int rc = one->is_over ? 0 : beamtap_output_event(one->out, ev, &err);
        if (rc == 0)
            continue;
        *has_room = *has_room && rc < 0;
        n_ended += ended(one, rc, &err);
    }
    return n_ended;
}

size_t bt_outputs_push(struct bt_outputs *o)
{
    struct beamtap_err err;
    size_t n_ended = 0;
    for (size_t i = 0; i < o->n; i++) {
        struct bt_one_output *one = &o->items[i];
        if (!one->is_over)
            n_ended += ended(one, beamtap_output_flush(one->out, 0, &err), &err);
    }
    return n_ended;
}

bool bt_outputs_are_full(const struct bt_outputs *o)
{
    for (size_t i = 0; i < o->n; i++) {
        if (!o->items[i].is_over && beamtap_output_is_full(o->items[i].out))
            return true;
    }
    return false;
}

bool bt_outputs_are_over(const struct bt_outputs *o)
{
    for (size_t i = 0; i < o->n; i++) {
        if (!o->items[i].is_over)
            return false;
    }
    return o->n > 0;
}

bool bt_outputs_reader_is_gone(const struct bt_outputs *o)
{
    return bt_outputs_are_over(o) && !bt_outputs_error(o);
}

const struct beamtap_err *bt_outputs_error(const struct bt_outputs *o)
{
    for (size_t i = 0; i < o->n; i++) {
        if (o->items[i].is_over && !o->items[i].is_gone)
            return &o->items[i].err;
    }
    return NULL;
}

bool bt_outputs_poll(const struct bt_outputs *o, struct pollfd fds[BT_OUTPUTS_MAX])
{
    bool any = false;
    for (size_t i = 0; i < BT_OUTPUTS_MAX; i++) {
        bool waits = false, is_there = i < o->n && !o->items[i].is_over;
        fds[i] = (struct pollfd){.fd = is_there ? beamtap_output_fd(o->items[i].out, &waits) : -1};
        if (waits)
            fds[i].events = POLLOUT;
        any = any || waits;
    }
    return any;
}

/* ---- the end ---- */

void bt_outputs_end(struct bt_outputs *o, const volatile sig_atomic_t *stops)
{
    struct pollfd fds[BT_OUTPUTS_MAX];
    struct beamtap_err err;
    int before = *stops;
    for (size_t i = 0; i < o->n; i++) {
        if (!o->items[i].is_over)
            ended(&o->items[i], beamtap_output_end(o->items[i].out, &err), &err);
    }
    bt_outputs_push(o);
    while (*stops == before && bt_outputs_poll(o, fds)) {
        poll(fds, BT_OUTPUTS_MAX, POLL_MS);
        bt_outputs_push(o);
    }
    bool was_left = bt_outputs_poll(o, fds); /* we were told not to wait for the reader: that is no failure */
    for (size_t i = 0; i < o->n; i++) {
        struct bt_one_output *one = &o->items[i];
        int rc = beamtap_output_close(one->out, 0, &err);
        one->out = NULL;
        if (!one->is_over && !(was_left && fds[i].events))
            ended(one, rc, &err);
    }
}

void bt_outputs_close(struct bt_outputs *o)
{
    for (size_t i = 0; i < o->n; i++) {
        beamtap_output_close(o->items[i].out, 0, NULL);
        o->items[i].out = NULL;
    }
}
