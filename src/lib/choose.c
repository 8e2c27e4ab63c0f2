/*
 * choose.c - which events a session gives.
 */
#include "lib/choose.h"

#include <string.h>

#include "lib/inside.h"

/* ---- what is asked for ---- */

static const struct bt_regex *read_regex(
    const char *text, const char *option, struct bt_arena *a, struct beamtap_err *err)
{
    size_t at = 0;
    if (!text) {
        bt_err_set(err, BEAMTAP_EUSAGE, "--%s: a text is NULL", option);
        return NULL;
    }
    const struct bt_regex *re = bt_regex_new(a, text, strlen(text), &at, err);
    if (re || !err || err->code != BEAMTAP_ESPEC)
        return re;
    struct bt_buf b = BT_BUF_INIT;
    bt_buf_printf(&b, "--%s: '%s', at character %zu", option, text, at + 1);
    bt_err_context(err, "%s", bt_buf_cstr(&b));
    bt_buf_done(&b);
    return NULL;
}

/* NULL: err is filled. */
static const struct bt_regex *const *read_regexes(
    const char *const *texts, size_t n, const char *option, struct bt_arena *a, struct beamtap_err *err)
{
    const struct bt_regex **all = bt_arena_array(a, n + 1, sizeof *all);
    if (!all)
        bt_err_nomem(err);
    else if (n > 0 && !texts)
        all = read_regex(NULL, option, a, err) ? all : NULL;
    for (size_t i = 0; all && i < n; i++) {
        if (!(all[i] = read_regex(texts[i], option, a, err)))
            return NULL;
    }
    return all;
}

int bt_lib_choice_read(
    struct bt_lib_choice *c, const struct bt_lib_wanted *w, struct bt_arena *a, struct beamtap_err *err)
{
    struct bt_lib_style style;
    if (bt_lib_take_style(&style, w->style, BT_SYNTAX_ERLANG, err) < 0)
        return -1;
    c->style = style.asked;
    c->filter.wanted = read_regexes(w->grep, w->n_grep, "grep", a, err);
    c->filter.unwanted =
        c->filter.wanted ? read_regexes(w->grep_not, w->n_grep_not, "grep-not", a, err) : NULL;
    c->mask.redact.keys = c->filter.unwanted ? read_regexes(w->redact, w->n_redact, "redact", a, err) : NULL;
    if (!c->mask.redact.keys)
        return -1;
    c->filter.n_wanted = w->n_grep;
    c->filter.n_unwanted = w->n_grep_not;
    c->mask.redact.n_keys = w->n_redact;
    c->is_on = bt_filter_is_on(&c->filter) || (w->counts_here && w->count != BEAMTAP_NO_LIMIT);
    c->count = c->is_on ? w->count : BEAMTAP_NO_LIMIT;
    c->has_orphans = w->has_orphans;
    if (c->is_on && !(c->pairs = bt_pairs_new()))
        return bt_err_nomem(err);
    return 0;
}

int bt_lib_choice_begin(struct bt_lib_choice *c, const struct bt_out_head *head, struct beamtap_err *err)
{
    struct bt_lib_style style;
    struct bt_out_head of_lines = *head;
    if (bt_lib_take_style(&style, &c->style, head->syntax, err) < 0)
        return -1;
    of_lines.syntax = style.print.syntax;
    bt_mask_begin(&c->mask, head);
    bt_filter_begin(&c->filter, &of_lines, &style.text, &style.print);
    return 0;
}

void bt_lib_choice_done(struct bt_lib_choice *c)
{
    bt_filter_done(&c->filter);
    bt_mask_done(&c->mask);
    bt_pairs_free(c->pairs);
    c->pairs = NULL;
}

/* ---- an event ---- */

static bool is_enough(const struct bt_lib_choice *c)
{
    return c->count >= 0 && c->given >= (uint64_t)c->count;
}

static bool fits(struct bt_lib_choice *c, const struct bt_event *ev)
{
    return !bt_filter_is_on(&c->filter) || bt_filter_takes(&c->filter, ev);
}

/* A call, or what stands for itself, begins something that counts. */
static bool judge_first(struct bt_lib_choice *c, const struct bt_out_head *head, const struct bt_event *ev)
{
    const struct bt_clause *of =
        ev->type == BT_EVENT_CALL && ev->clause < head->n_clauses ? head->clauses[ev->clause] : NULL;
    bool is_given = !is_enough(c) && fits(c, ev);
    c->examined++;
    c->given += is_given;
    if (of && (of->wants_return || of->wants_time))
        bt_pairs_call(c->pairs, ev, is_given);
    return is_given;
}

/* What became of a call: it counts where the call's own line was not given. */
static bool judge_outcome(struct bt_lib_choice *c, const struct bt_event *ev)
{
    struct bt_pair pair = {.is_shown = !c->has_orphans}; /* of a call that is not remembered */
    bt_pairs_return(c->pairs, ev, &pair);
    if ((!pair.is_shown && is_enough(c)) || !fits(c, ev))
        return false;
    c->given += !pair.is_shown;
    return true;
}

bool bt_lib_choice_takes(struct bt_lib_choice *c, const struct bt_out_head *head, struct bt_event *ev)
{
    if (bt_mask_is_on(&c->mask))
        bt_mask_event(&c->mask, ev);
    if (!c->is_on || ev->type >= BT_EVENT_RETURN_TO)
        return true;
    bool is_outcome = ev->type > BT_EVENT_CALL && ev->type < BT_EVENT_SEND;
    bool is_given = is_outcome ? judge_outcome(c, ev) : judge_first(c, head, ev);
    c->filtered += !is_given;
    c->is_complete = c->is_complete || is_enough(c);
    return is_given;
}
