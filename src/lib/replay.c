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
    bt_text_opts_init(&s->opts, &s->head);
    s->info = (struct beamtap_info){
        .node = s->head.node, .otp = s->head.otp, .start_wall_ns = s->head.start_wall_ns};
    return set_outcomes(s, &o, err);
}

struct beamtap_session *beamtap_replay_open(const struct beamtap_replay_opts *opts, struct beamtap_err *err)
{
    return bt_lib_session_new(open_files, opts, err);
}
