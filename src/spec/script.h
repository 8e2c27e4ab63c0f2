/*
 * script.h - the text of a script, or of the file of defaults, to its statements, one after the other. What the words mean is
 * the reader's who asks for them.
 *
 *     # a comment                        a line, or behind a blank; in calls and Erlang specs also % ...
 *     count 10                           a word and its text, to the end of the line
 *     trace queue:in(X, _)               a word and a spec: goes on while brackets or a fun are open, behind an operator, and
 *         when is_list(X) -> return      where the next line begins with `when` or `->`
 *     recon_trace:calls({queue, in, 2}, 10).    calls out of a shell, the prompt in front of them left out
 *     ---                                begins another part
 *
 * $NAME and ${NAME} stand for values; in specs outside of quotes ($NAME, two letters at least) and everywhere (${NAME}).
 */
#ifndef BT_SPEC_SCRIPT_H
#define BT_SPEC_SCRIPT_H

#include "spec/call_line.h"

#define BT_SCRIPT_MAX_BYTES ((size_t)1 << 20) /* of one script */

enum bt_script_kind {
    BT_SCRIPT_END,
    BT_SCRIPT_PART, /* --- */
    BT_SCRIPT_WORD, /* a word and what follows it */
    BT_SCRIPT_CALL, /* one or several, for bt_call_parse */
};

/* What follows a word. */
enum bt_script_form {
    BT_SCRIPT_ALONE, /* nothing */
    BT_SCRIPT_TEXT,  /* the rest of the line */
    BT_SCRIPT_SPEC,  /* a spec, which may have several lines */
};

struct bt_script_line {
    enum bt_script_kind kind;
    enum bt_script_form form;
    const char *word;       /* without its dashes */
    bool has_dashes;        /* --count: an option, whatever else is of that name */
    size_t off, len;        /* where the word stands, or the call begins */
    struct bt_placed value; /* len 0: there is none */
    size_t value_off;       /* where it begins */
};

struct bt_script_words {
    /*
     * What follows line->word. rest[0..len) is what stands behind it in its line. -1: err says why there is no such word; the
     * place is added.
     */
    int (*form)(void *arg, const struct bt_script_line *line, const char *rest, size_t len,
        enum bt_script_form *out, struct beamtap_err *err);
    bt_call_value *value; /* of $NAME, and of variables in calls; NULL: it has none */
    void *arg;
};

struct bt_script {
    const char *text; /* NUL-terminated, borrowed */
    size_t len;
    size_t off; /* of what was not read yet */
    const struct bt_script_words *words;
    struct bt_arena *arena; /* values live there */
};

/* Errors: ESPEC: a NUL, or too long. */
int bt_script_init(struct bt_script *s, const char *text, size_t len, const struct bt_script_words *words,
    struct bt_arena *a, struct beamtap_err *err);

/* Reads the next statement; behind the last one END. Errors: ESPEC or EUSAGE with the place in the script; ENOMEM. */
int bt_script_next(struct bt_script *s, struct bt_script_line *out, struct beamtap_err *err);

/* The place of text[off..off+len). */
struct beamtap_loc bt_script_place(const char *text, size_t off, size_t len);

#endif
