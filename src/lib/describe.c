/*
 * describe.c - a session with a node, described for outputs.
 */
#include "lib/describe.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "spec/ex_lexer.h"

void bt_describe_who(char *out, size_t cap)
{
    char host[64] = "?", text[1024];
    struct passwd entry, *pw = NULL;
    if (getpwuid_r(geteuid(), &entry, text, sizeof text, &pw) != 0)
        pw = NULL;
    if (gethostname(host, sizeof host - 1) < 0)
        strcpy(host, "?");
    snprintf(out, cap, "%s@%s, pid %ld", pw ? pw->pw_name : "?", host, (long)getpid());
}

static int32_t utc_offset(int64_t wall_us)
{
    time_t now = (time_t)(wall_us / 1000000);
    struct tm local = {0}, utc = {0};
    if (!localtime_r(&now, &local) || !gmtime_r(&now, &utc))
        return 0;
    int days = local.tm_year != utc.tm_year ? local.tm_year - utc.tm_year : local.tm_yday - utc.tm_yday;
    return ((days * 24 + local.tm_hour - utc.tm_hour) * 60 + local.tm_min - utc.tm_min) * 60;
}

void bt_describe_head(struct bt_out_head *h, const struct bt_session *s)
{
    const struct bt_armed *armed = bt_session_armed(s);
    int64_t now = bt_clock_wall_us();
    h->otp = bt_session_info(s)->otp;
    h->clauses = bt_session_clauses(s, &h->n_clauses);
    h->start_wall_ns = now * 1000;
    if (armed->time_offset_ns) /* by the node's clock, as events have it: none is before the start */
        h->start_wall_ns = armed->mono_ns + armed->time_offset_ns;
    h->utc_offset_s = utc_offset(now);
}

enum bt_syntax bt_describe_syntax(const struct bt_out_head *h)
{
    bool all = h->n_specs > h->n_not;
    for (size_t i = h->n_not; i < h->n_specs; i++)
        all = all && bt_ex_begins(h->specs[i]);
    return all ? BT_SYNTAX_ELIXIR : BT_SYNTAX_ERLANG;
}

const char *bt_describe_stop(enum bt_stop reason)
{
    static const char *const names[] = {[BT_STOP_NONE] = "end",
        [BT_STOP_COUNT] = "count",
        [BT_STOP_TIME] = "time",
        [BT_STOP_ASKED] = "asked",
        [BT_STOP_RATE] = "rate",
        [BT_STOP_LOAD] = "load",
        [BT_STOP_ENTRIES] = "load",
        [BT_STOP_AGENT] = "agent"};
    return names[reason];
}

static int by_calls(const void *x, const void *y)
{
    const struct bt_out_count *a = x, *b = y;
    if (a->calls != b->calls)
        return a->calls < b->calls ? 1 : -1;
    int order = strcmp(a->module, b->module);
    order = order ? order : strcmp(a->function, b->function);
    return order ? order : a->arity < b->arity ? -1 : a->arity > b->arity;
}

struct bt_out_count *bt_describe_counts(const struct bt_plan *plan, size_t *n)
{
    struct bt_out_count *found = calloc(plan->n_mfas + 1, sizeof *found);
    *n = 0;
    for (size_t i = 0; found && i < plan->n_mfas; i++) {
        const struct bt_mfa *m = &plan->mfas[i];
        if (m->calls >= 0)
            found[(*n)++] = (struct bt_out_count){m->module, m->function, m->arity, (uint64_t)m->calls};
    }
    if (*n > 1)
        qsort(found, *n, sizeof *found, by_calls);
    return found;
}
