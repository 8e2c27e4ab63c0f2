/*
 * regex.h - regular expressions: the only door to PCRE2.
 *
 * Expressions come from the user, texts from the node; what one match may take is bounded, so that no expression hangs
 * the program. A compiled expression lives in an arena and is never changed: threads may share it.
 */
#ifndef BT_BASE_REGEX_H
#define BT_BASE_REGEX_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct bt_regex;

/*
 * bt_regex_new - compile text[0..len), UTF-8, borrowed for the call.
 *
 * err  ESPEC with PCRE2's words and no place; *at is set to the byte of the text it complains of. Else ENOMEM.
 * `$` is the end of the text only, also where that is a newline.
 */
const struct bt_regex *bt_regex_new(
    struct bt_arena *a, const char *text, size_t len, size_t *at, struct beamtap_err *err);

enum bt_regex_answer {
    BT_REGEX_NO,
    BT_REGEX_YES,
    BT_REGEX_GAVE_UP, /* more steps or memory than one match may take */
    BT_REGEX_NO_MEMORY,
};

/* Does it match somewhere in text[0..len)? Text that is not UTF-8 is matched by none. */
enum bt_regex_answer bt_regex_match(const struct bt_regex *re, const char *text, size_t len);

#endif
