/*
 * regex.c - regular expressions: the only door to PCRE2.
 */
#include "base/regex.h"

#include <stdbool.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define MAX_STEPS 100000 /* of one match, some milliseconds; a name of 255 characters needs a few hundred */
#define MAX_DEPTH 1000   /* of nested backtracking */
#define MAX_HEAP_KB 1024 /* of one match */

struct bt_regex {
    pcre2_code *code;
    pcre2_match_context *limits;
};

static void *take(size_t n, void *arena)
{
    return bt_arena_alloc(arena, n);
}

/* The arena gives all back at once. */
static void leave(void *p, void *arena)
{
    (void)p;
    (void)arena;
}

static int explain(int code, struct beamtap_err *err)
{
    PCRE2_UCHAR why[160];
    if (code == PCRE2_ERROR_HEAP_FAILED || code == PCRE2_ERROR_NOMEMORY)
        return bt_err_nomem(err);
    if (pcre2_get_error_message(code, why, sizeof why) < 0)
        return bt_err_set(err, BEAMTAP_ESPEC, "the regular expression is wrong (%d)", code);
    return bt_err_set(err, BEAMTAP_ESPEC, "%s", (const char *)why);
}

const struct bt_regex *bt_regex_new(
    struct bt_arena *a, const char *text, size_t len, size_t *at, struct beamtap_err *err)
{
    pcre2_general_context *memory = pcre2_general_context_create(take, leave, a);
    pcre2_compile_context *compile = memory ? pcre2_compile_context_create(memory) : NULL;
    struct bt_regex *re = bt_arena_alloc(a, sizeof *re);
    int code = PCRE2_ERROR_NOMEMORY;
    PCRE2_SIZE off = 0;
    if (!compile || !re || !(re->limits = pcre2_match_context_create(memory))) {
        bt_err_nomem(err);
        return NULL;
    }
    re->code = pcre2_compile((PCRE2_SPTR)text, len,
        PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_NEVER_BACKSLASH_C, &code, &off, compile);
    if (!re->code) {
        *at = off < len ? off : len;
        explain(code, err);
        return NULL;
    }
    pcre2_set_match_limit(re->limits, MAX_STEPS);
    pcre2_set_depth_limit(re->limits, MAX_DEPTH);
    pcre2_set_heap_limit(re->limits, MAX_HEAP_KB);
    return re;
}

enum bt_regex_answer bt_regex_match(const struct bt_regex *re, const char *text, size_t len)
{
    /* Not from the arena: PCRE2 frees and takes again while it matches. */
    pcre2_match_data *found = pcre2_match_data_create(1, NULL);
    if (!found)
        return BT_REGEX_NO_MEMORY;
    int rc = pcre2_match(re->code, (PCRE2_SPTR)text, len, 0, 0, found, re->limits);
    pcre2_match_data_free(found);
    if (rc >= 0)
        return BT_REGEX_YES;
    if (rc == PCRE2_ERROR_NOMEMORY)
        return BT_REGEX_NO_MEMORY;
    bool is_text = rc > PCRE2_ERROR_UTF8_ERR1 || rc < PCRE2_ERROR_UTF8_ERR21;
    return rc == PCRE2_ERROR_NOMATCH || !is_text ? BT_REGEX_NO : BT_REGEX_GAVE_UP;
}
