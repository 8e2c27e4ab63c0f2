/*
 * name_match.c - which names of modules and functions a spec means.
 */
#include "match/name_match.h"

#include <string.h>

#include "base/utf8.h"
#include "spec/loc.h"

/* ---- globs ---- */

/* Bytes of the character at s[0..len); an invalid byte is one. */
static size_t step(const char *s, size_t len)
{
    uint32_t cp;
    size_t n = bt_utf8_decode(s, len, &cp);
    return n ? n : 1;
}

/* Where they differ, the last * takes one character more and all behind it is tried again: no more than
 * len(glob) * len(text) steps. */
static bool glob_matches(const char *glob, size_t glob_len, const char *text, size_t len)
{
    size_t g = 0, t = 0, star = SIZE_MAX, retry = 0;
    while (t < len) {
        size_t n = step(text + t, len - t);
        if (g < glob_len && glob[g] == '*') {
            star = g++;
            retry = t;
        } else if (g < glob_len && glob[g] == '?') {
            g++;
            t += n;
        } else if (g + n <= glob_len && memcmp(glob + g, text + t, n) == 0) {
            g += n;
            t += n;
        } else if (star != SIZE_MAX) {
            g = star + 1;
            t = retry += step(text + retry, len - retry);
        } else {
            return false;
        }
    }
    while (g < glob_len && glob[g] == '*')
        g++;
    return g == glob_len;
}

/* ---- regular expressions ---- */

static int compile_regex(struct bt_name_match *m, struct bt_arena *a, struct beamtap_err *err)
{
    struct beamtap_err why = {0};
    size_t at = 0;
    m->regex = bt_regex_new(a, m->text, m->len, &at, &why);
    if (m->regex)
        return 0;
    if (why.code == BEAMTAP_ENOMEM)
        return bt_err_nomem(err);
    struct beamtap_loc loc = m->loc; /* of /text/, on one line */
    loc.col += 1 + (int)bt_utf8_count(m->text, at);
    loc.off += 1 + at;
    loc.len = 1;
    return bt_loc_fail(err, BEAMTAP_ESPEC, loc, "in the regular expression: %s", why.msg);
}

/* One character of each kind a name may begin with, and one of a quoted name: they have nothing else in common. */
static bool takes_any(const struct bt_regex *re)
{
    static const char *const names[] = {"q", "Z", "x-y"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (bt_regex_match(re, names[i], strlen(names[i])) == BT_REGEX_NO)
            return false;
    }
    return true;
}

/* ---- both ---- */

int bt_name_match_init(
    struct bt_name_match *m, const struct bt_ast_name *name, struct bt_arena *a, struct beamtap_err *err)
{
    *m = (struct bt_name_match){.kind = name->kind, .text = name->text, .len = name->len, .loc = name->loc};
    return m->kind == BT_NAME_REGEX ? compile_regex(m, a, err) : 0;
}

int bt_name_match(const struct bt_name_match *m, const char *text, size_t len, struct beamtap_err *err)
{
    switch (m->kind) {
    case BT_NAME_ANY: return 1;
    case BT_NAME_GLOB: return glob_matches(m->text, m->len, text, len);
    case BT_NAME_REGEX: break;
    case BT_NAME_ATOM:
    case BT_NAME_VAR: return m->len == len && memcmp(m->text, text, len) == 0;
    }
    enum bt_regex_answer answer = bt_regex_match(m->regex, text, len);
    if (answer == BT_REGEX_GAVE_UP)
        return bt_loc_fail(err, BEAMTAP_ESPEC, m->loc,
            "this regular expression takes too many steps on the name '%.*s'; write it without nested "
            "repetition",
            (int)len, text);
    if (answer == BT_REGEX_NO_MEMORY)
        return bt_err_nomem(err);
    return answer == BT_REGEX_YES;
}

bool bt_name_match_is_wide(const struct bt_name_match *m)
{
    switch (m->kind) {
    case BT_NAME_ANY: return true;
    case BT_NAME_GLOB: return strspn(m->text, "*?") == m->len;
    case BT_NAME_REGEX: return takes_any(m->regex);
    case BT_NAME_ATOM:
    case BT_NAME_VAR: break;
    }
    return false;
}
