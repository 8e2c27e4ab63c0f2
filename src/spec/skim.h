/*
 * skim.h - Erlang source (or Elixir's) to rough tokens: enough to find one's way through a file without understanding it.
 *
 * Every input is taken, also what is no Erlang: there are no errors, and no byte is looked at more than a few times.
 */
#ifndef BT_SPEC_SKIM_H
#define BT_SPEC_SKIM_H

#include <stdbool.h>
#include <stddef.h>

enum bt_skim_kind {
    BT_SKIM_END,
    BT_SKIM_WORD,   /* state, X, case, 42: letters, digits, _ and @ */
    BT_SKIM_QUOTED, /* 'an atom' */
    BT_SKIM_TEXT,   /* "abc", $a, a sigil */
    BT_SKIM_MARK,   /* << >> :: and single characters */
    BT_SKIM_DOT,    /* the dot that ends a form */
};

struct bt_skim {
    const char *text;
    size_t len, off; /* off: behind the token */
    bool is_elixir;  /* set behind bt_skim_init: comments begin with #, ?a is a character, empty? is a word */
    int line;
    /* the token */
    enum bt_skim_kind kind;
    size_t start;
    bool is_first; /* in the first column of its line */
    /* of its own */
    size_t line_start;
};

/* Before the first token of text[0..len), borrowed. */
void bt_skim_init(struct bt_skim *s, const char *text, size_t len);
/* Reads the next token; after the last one END again and again. */
void bt_skim_next(struct bt_skim *s);
/* Goes on at `off`, which stands in no token. */
void bt_skim_seek(struct bt_skim *s, size_t off);
/* What is open: brackets, and fun(...) -> ... end (fn -> end) with the blocks in them. */
struct bt_skim_nest {
    size_t brackets, blocks;
    bool is_behind_fun;
};

/* Takes the token into account. */
void bt_skim_nest(struct bt_skim_nest *n, const struct bt_skim *s);
/* Is the token this mark or word? */
bool bt_skim_is(const struct bt_skim *s, const char *text);

#endif
