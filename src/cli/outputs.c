/*
 * outputs.c - what the options say about output.
 */
#include "cli/outputs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/describe.h"
#include "out/capture.h"
#include "out/jsonl.h"
#include "out/perfetto.h"
#include "out/text_out.h"

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

static int read_style(struct bt_outputs *o, const struct bt_cli *cli, struct beamtap_err *err)
{
    static const char *const times[] = {"local", "utc", "relative", "none"};
    static const char *const colors[] = {"auto", "always", "never"};
    int time = choose("timestamps", cli->opts->timestamps, times, 4, err);
    int color = time < 0 ? -1 : choose("color", cli->opts->color, colors, 3, err);
    if (color < 0)
        return -1;
    if (cli->opts->max_line > UINT32_MAX || cli->opts->depth > UINT32_MAX)
        return bt_err_set(err, BEAMTAP_EUSAGE, "--max-line and --depth are %u at most", UINT32_MAX);
    o->style.time = (enum bt_text_time)time;
    o->style.has_color = color == 1 || (color == 0 && terminal_has_color(cli));
    o->style.is_pretty = cli->opts->pretty;
    o->style.has_names = cli->opts->names;
    o->style.max_line = (uint32_t)cli->opts->max_line;
    o->print.max_depth = (uint32_t)cli->opts->depth;
    return 0;
}

static int read_syntax(struct bt_outputs *o, const char *text, struct beamtap_err *err)
{
    static const char *const names[] = {"erlang", "elixir"};
    int syntax = text ? choose("syntax", text, names, 2, err) : 0;
    o->has_syntax = text != NULL;
    o->print.syntax = syntax == 1 ? BT_SYNTAX_ELIXIR : BT_SYNTAX_ERLANG;
    return syntax < 0 ? -1 : 0;
}

enum bt_syntax bt_outputs_syntax(const struct bt_outputs *o, const struct bt_out_head *head)
{
    return o->has_syntax ? o->print.syntax : bt_describe_syntax(head);
}

/* ---- which lines ---- */

static const struct bt_regex *const *read_regexes(
    struct bt_outputs *o, const struct bt_words *texts, const char *option, struct beamtap_err *err)
{
    const struct bt_regex **all = bt_arena_array(&o->arena, texts->n + 1, sizeof *all);
    size_t at = 0;
    if (!all)
        bt_err_nomem(err);
    for (size_t i = 0; all && i < texts->n; i++) {
        all[i] = bt_regex_new(&o->arena, texts->items[i], strlen(texts->items[i]), &at, err);
        if (all[i])
            continue;
        if (err->code == BEAMTAP_ESPEC) {
            struct bt_buf b = BT_BUF_INIT;
            bt_buf_printf(&b, "--%s: '%s', at character %zu", option, texts->items[i], at + 1);
            bt_err_context(err, "%s", bt_buf_cstr(&b));
            bt_buf_done(&b);
        }
        return NULL;
    }
    return all;
}

static int read_filter(struct bt_outputs *o, const struct bt_opts *opts, struct beamtap_err *err)
{
    o->filter.wanted = read_regexes(o, &opts->grep, "grep", err);
    o->filter.unwanted = o->filter.wanted ? read_regexes(o, &opts->grep_not, "grep-not", err) : NULL;
    o->filter.n_wanted = opts->grep.n;
    o->filter.n_unwanted = opts->grep_not.n;
    if (!o->filter.unwanted)
        return -1;
    o->mask.redact.keys = read_regexes(o, &opts->redact, "redact", err);
    o->mask.redact.n_keys = opts->redact.n;
    return o->mask.redact.keys ? 0 : -1;
}

/* ---- where they go ---- */

static struct bt_out *new_text(const struct bt_outputs *o)
{
    return bt_text_out_new(&o->style, &o->print);
}

static struct bt_out *new_json(const struct bt_outputs *o)
{
    return bt_jsonl_out_new(&o->print);
}

static struct bt_out *new_perfetto(const struct bt_outputs *o)
{
    return bt_perfetto_out_new(&o->print);
}

static const char *const formats[] = {"text", "json", "perfetto"};
static struct bt_out *(*const makers[])(const struct bt_outputs *o) = {new_text, new_json, new_perfetto};

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
    if (opts->rotate_count > BT_OUTFILE_MAX_KEEP)
        return bt_err_set(err, BEAMTAP_EUSAGE, "--rotate-count is %d at most", BT_OUTFILE_MAX_KEEP);
    if (opts->output && bt_outfile_check(opts->output, err) < 0)
        return -1;
    return opts->capture ? bt_outfile_check(opts->capture, err) : 0;
}

/* The output on files of that name, or on stdout. */
static int add(struct bt_outputs *o, const struct bt_cli *cli, struct bt_tee *tee, struct bt_out *out,
    const char *path, struct beamtap_err *err)
{
    if (!out)
        return bt_err_nomem(err);
    bt_tee_add(tee, out);
    if (!path) {
        bt_sink_init(&out->sink, STDOUT_FILENO, "stdout");
        return 0;
    }
    out->file = (struct bt_outfile){.pattern = path,
        .node = o->node,
        .session = cli->session,
        .max_bytes = (uint64_t)cli->opts->rotate_size,
        .keep = (size_t)cli->opts->rotate_count};
    return bt_outfile_open(&out->file, &out->sink, cli->opts->append && path == cli->opts->output, err);
}

int bt_outputs_open(
    struct bt_outputs *o, const struct bt_cli *cli, struct bt_tee *tee, struct beamtap_err *err)
{
    const struct bt_opts *opts = cli->opts;
    int format = choose("format", opts->json ? "json" : opts->format, formats, 3, err);
    if (format < 0 || read_style(o, cli, err) < 0 || read_syntax(o, opts->syntax, err) < 0 ||
        read_filter(o, opts, err) < 0 || check_files(opts, err) < 0)
        return -1;
    if (opts->dry_run)
        return 0;
    bool only_captures = opts->capture && opts->quiet && !opts->output;
    if (!opts->output && !only_captures && cli->stdout_closed)
        return bt_err_set(err, BEAMTAP_EOUTPUT, "stdout is closed; say -o FILE");
    if (!only_captures && add(o, cli, tee, makers[format](o), opts->output, err) < 0)
        return -1;
    return opts->capture ? add(o, cli, tee, bt_capture_out_new(), opts->capture, err) : 0;
}

void bt_outputs_done(struct bt_outputs *o)
{
    bt_filter_done(&o->filter);
    bt_mask_done(&o->mask);
    bt_arena_done(&o->arena);
}
