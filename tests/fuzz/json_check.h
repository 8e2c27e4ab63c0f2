/*
 * json_check.h - is it JSON? A second reader, by RFC 8259 and nothing else, for what fuzz targets write.
 */
#ifndef BT_FUZZ_JSON_CHECK_H
#define BT_FUZZ_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct bt_fuzz_json {
    const char *p, *end;
    int depth;
};

static inline bool bt_fuzz_json_value(struct bt_fuzz_json *j);

static inline bool bt_fuzz_json_take(struct bt_fuzz_json *j, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(j->end - j->p) < n || memcmp(j->p, text, n) != 0)
        return false;
    j->p += n;
    return true;
}

static inline bool bt_fuzz_json_string(struct bt_fuzz_json *j)
{
    if (!bt_fuzz_json_take(j, "\""))
        return false;
    while (j->p < j->end && *j->p != '"') {
        if ((unsigned char)*j->p < 0x20)
            return false;
        if (*j->p++ != '\\')
            continue;
        if (j->p == j->end || !strchr("\"\\/bfnrtu", *j->p))
            return false;
        if (*j->p++ != 'u')
            continue;
        for (int i = 0; i < 4; i++, j->p++) {
            if (j->p == j->end || !*j->p || !strchr("0123456789abcdefABCDEF", *j->p))
                return false;
        }
    }
    return bt_fuzz_json_take(j, "\"");
}

static inline size_t bt_fuzz_json_digits(struct bt_fuzz_json *j)
{
    const char *from = j->p;
    while (j->p < j->end && *j->p >= '0' && *j->p <= '9')
        j->p++;
    return (size_t)(j->p - from);
}

static inline bool bt_fuzz_json_number(struct bt_fuzz_json *j)
{
    bt_fuzz_json_take(j, "-");
    if (!bt_fuzz_json_take(j, "0") && bt_fuzz_json_digits(j) == 0)
        return false;
    if (bt_fuzz_json_take(j, ".") && bt_fuzz_json_digits(j) == 0)
        return false;
    if (!bt_fuzz_json_take(j, "e") && !bt_fuzz_json_take(j, "E"))
        return true;
    if (!bt_fuzz_json_take(j, "-"))
        bt_fuzz_json_take(j, "+");
    return bt_fuzz_json_digits(j) > 0;
}

/* Members up to the closing bracket. */
static inline bool bt_fuzz_json_members(struct bt_fuzz_json *j, const char *end, bool has_keys)
{
    if (bt_fuzz_json_take(j, end))
        return true;
    do {
        if (has_keys && !(bt_fuzz_json_string(j) && bt_fuzz_json_take(j, ":")))
            return false;
        if (!bt_fuzz_json_value(j))
            return false;
    } while (bt_fuzz_json_take(j, ","));
    return bt_fuzz_json_take(j, end);
}

static inline bool bt_fuzz_json_value(struct bt_fuzz_json *j)
{
    bool ok;
    if (j->p == j->end || j->depth == 1000)
        return false;
    j->depth++;
    if (*j->p == '"')
        ok = bt_fuzz_json_string(j);
    else if (bt_fuzz_json_take(j, "{"))
        ok = bt_fuzz_json_members(j, "}", true);
    else if (bt_fuzz_json_take(j, "["))
        ok = bt_fuzz_json_members(j, "]", false);
    else
        ok = bt_fuzz_json_take(j, "true") || bt_fuzz_json_take(j, "false") || bt_fuzz_json_take(j, "null") ||
             bt_fuzz_json_number(j);
    j->depth--;
    return ok;
}

/* Is text[0..len) lines of one value each? */
static inline bool bt_fuzz_json_lines(const char *text, size_t len)
{
    struct bt_fuzz_json j = {text, text + len, 0};
    while (j.p < j.end) {
        if (!bt_fuzz_json_value(&j) || !bt_fuzz_json_take(&j, "\n"))
            return false;
    }
    return true;
}

#endif
