/*
 * replay.c - opening files of earlier traces as a session.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/inside.h"
#include "match/eval.h"
#include "spec/loc.h"

#define MAX_TOLD 10 /* damages that are told one by one */

/* Control bytes of a hostile file's name do not come along. */
static void say_damage(void *arg, const char *path, const struct bt_replay_damage *d)
{
    struct beamtap_session *s = arg;
    struct bt_buf b = BT_BUF_INIT;
    s->n_damaged += !d->is_cut;
    if (!d->is_cut && s->n_damaged > MAX_TOLD)
        return;
    bt_loc_escape(&b, path, strlen(path));
    bt_buf_printf(&b, ": %s at byte %" PRIu64, d->what, d->offset);
    if (d->is_cut)
        bt_buf_puts(&b, ": what wrote it was killed, or its disk was full; everything before is shown");
    else if (d->n_bytes)
        bt_buf_printf(&b, ": %" PRIu64 " bytes are left out", d->n_bytes);
    else
        bt_buf_puts(&b, ": nothing behind it is shown");
    bt_say(&s->say, "%s%s", bt_buf_cstr(&b),
        s->n_damaged == MAX_TOLD ? "; more of the kind is counted only" : "");
    bt_buf_done(&b);
}

static int check(const struct beamtap_replay_opts *o, struct beamtap_err *err)
{
    if (o->count < 1 && o->count != BEAMTAP_NO_LIMIT)
        return bt_err_set(
            err, BEAMTAP_EUSAGE, "count is %" PRId64 "; it can be 1 or more, or BEAMTAP_NO_LIMIT", o->count);
    for (size_t i = 0; i < o->n_records; i++) {
        if (!o->records || !o->records[i])
            return bt_err_set(err, BEAMTAP_EUSAGE, "a text of records is NULL");
    }
    if (o->n_paths == 0)
        return bt_err_set(err, BEAMTAP_EUSAGE, "no file given");
    for (size_t i = 0; i < o->n_paths; i++) {
        if (!o->paths || !o->paths[i])
            return bt_err_set(err, BEAMTAP_EUSAGE, "a path is NULL");
    }
    return 0;
}

/* What can be decided here of --exceptions, --slower and --returns: all that a file tells. */
static int set_outcomes(
    struct beamtap_session *s, const struct beamtap_replay_opts *o, struct beamtap_err *err)
{
    struct bt_lib_outcome asked = {o->exceptions, o->slower_us, o->returns, {.slower_ns = -1}};
    const char *returns = o->returns ? bt_arena_strndup(&s->arena, o->returns, strlen(o->returns)) : NULL;
    if (o->returns && !returns)
        return bt_err_nomem(err);
    asked.returns = returns;
    if (bt_lib_read_outcome(&asked, s->head.syntax, NULL, &s->arena, err) < 0)
        return -1;
    if (!asked.wish.is_on)
        return 0;
    if (asked.wish.returns.match_spec && bt_eval_check(asked.wish.returns.match_spec, err) < 0)
        return -1;
    s->outcomes = bt_outcomes_new(&asked.wish);
    return s->outcomes ? 0 : bt_err_nomem(err);
}

/* Definitions of files take the place of those of the capture; a module cannot be asked, but what it said is in the capture. */
static int set_records(
    struct beamtap_session *s, const struct beamtap_replay_opts *o, struct beamtap_err *err)
{
    struct bt_lib_names names = {o->records, o->n_records};
    struct bt_lib_records records;
    size_t bad;
    if (bt_lib_records_read(&names, NULL, 0, &s->arena, &records, &bad, err) < 0)
        return -1;
    if (records.table.n > 0 && !(s->head.records = bt_records_names(&records.table, &s->arena)))
        return bt_err_nomem(err);
    s->head.shows_records = o->n_records > 0;
    return 0;
}

static int set_choice(struct beamtap_session *s, const struct beamtap_replay_opts *o, struct beamtap_err *err)
{
    struct bt_lib_wanted w = {o->grep, o->n_grep, o->grep_not, o->n_grep_not, o->redact, o->n_redact,
        o->style, o->count, true, true};
    return bt_lib_choice_read(&s->choice, &w, &s->arena, err);
}

static void set_info(struct beamtap_session *s)
{
    s->info = (struct beamtap_info){.node = s->head.node,
        .otp = s->head.otp,
        .start_wall_ns = s->head.start_wall_ns,
        .events = "",
        .syntax = s->head.syntax == BT_SYNTAX_ELIXIR ? BEAMTAP_SYNTAX_ELIXIR : BEAMTAP_SYNTAX_ERLANG,
        .utc_offset_s = s->head.utc_offset_s,
        .traces = bt_merge_count(s->merge),
        .is_capture = bt_stream_is_capture(bt_merge_stream(s->merge, 0))};
}

static int open_files(struct beamtap_session *s, const void *opts, struct beamtap_err *err)
{
    struct beamtap_replay_opts o;
    struct bt_stream_ops ops = {say_damage, s};
    if (bt_lib_take_opts(&o, sizeof o, sizeof o, opts, "beamtap_replay_opts", err) < 0 || check(&o, err) < 0)
        return -1;
    s->say = (struct bt_say){o.say, o.arg};
    const char *const *paths = bt_lib_copy_texts(&s->arena, o.paths, o.n_paths);
    if (!paths)
        return bt_err_nomem(err);
    if (!(s->merge = bt_merge_open(paths, o.n_paths, &ops, err)))
        return -1;
    s->head = *bt_merge_head(s->merge);
    s->head.syntax = bt_describe_syntax(&s->head);
    set_info(s);
    if (set_outcomes(s, &o, err) < 0 || set_records(s, &o, err) < 0 || set_choice(s, &o, err) < 0)
        return -1;
    bt_text_opts_init(&s->opts, &s->head);
    return 0;
}

struct beamtap_session *beamtap_replay_open(const struct beamtap_replay_opts *opts, struct beamtap_err *err)
{
    return bt_lib_session_new(open_files, opts, err);
}
