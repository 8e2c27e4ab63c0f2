/*
 * settings.c - options as they stand in a file.
 */
#include "cli/settings.h"

#include <string.h>

#include "base/regex.h"

static bool is_choice(const char *choices, const char *word)
{
    size_t n = strlen(word);
    for (const char *s = choices; *s; s += strcspn(s, " "), s += *s == ' ') {
        if (strcspn(s, " ") == n && memcmp(s, word, n) == 0)
            return true;
    }
    return false;
}

static bool is_regex(const char *name)
{
    return strcmp(name, "grep") == 0 || strcmp(name, "grep-not") == 0 || strcmp(name, "redact") == 0;
}

/* What the table of options knows of values, and their readers would find out too late. */
static int check(const struct bt_setting *s, size_t *at, struct beamtap_err *err)
{
    struct bt_opts_info info;
    if (!bt_opts_find(s->name, strlen(s->name), &info))
        return bt_err_set(err, BEAMTAP_EUSAGE, "unknown option '%s'", s->name);
    if (info.choices && info.is_closed && !is_choice(info.choices, s->value))
        return bt_err_set(err, BEAMTAP_EUSAGE, "%s: '%s' is none of: %s", s->name, s->value, info.choices);
    if (!is_regex(s->name))
        return 0;
    struct bt_arena a = BT_ARENA_INIT;
    int rc = bt_regex_new(&a, s->value, strlen(s->value), at, err) ? 0 : -1;
    if (rc < 0 && err->code == BEAMTAP_ESPEC)
        bt_err_context(err, "%s", s->name);
    bt_arena_done(&a);
    return rc;
}

int bt_settings_add(
    struct bt_settings *s, struct bt_arena *a, struct bt_setting setting, size_t *at, struct beamtap_err *err)
{
    struct bt_opts scratch;
    struct bt_opts_level level = {0};
    *at = 0;
    bt_opts_defaults(&scratch);
    int rc = bt_opts_set(&scratch, &level, setting.name, setting.value, err);
    bt_opts_done(&scratch);
    if (rc < 0 || check(&setting, at, err) < 0)
        return -1;
    s->items = bt_arena_grow(a, s->items, s->n, &s->cap, sizeof *s->items);
    if (!s->items)
        return bt_err_nomem(err);
    s->items[s->n++] = setting;
    return 0;
}

static bool is_connection(const char *name)
{
    struct bt_opts_info info;
    return bt_opts_find(name, strlen(name), &info) && info.is_connection;
}

static int apply(
    const struct bt_settings *s, bool only_connection, struct bt_opts *o, struct beamtap_err *err)
{
    struct bt_opts_level level = {0};
    for (size_t i = 0; i < s->n; i++) {
        if (only_connection && !is_connection(s->items[i].name))
            continue;
        if (bt_opts_set(o, &level, s->items[i].name, s->items[i].value, err) < 0)
            return -1;
    }
    return 0;
}

int bt_settings_apply(const struct bt_settings *s, struct bt_opts *o, struct beamtap_err *err)
{
    return apply(s, false, o, err);
}

int bt_settings_apply_connection(const struct bt_settings *s, struct bt_opts *o, struct beamtap_err *err)
{
    return apply(s, true, o, err);
}
