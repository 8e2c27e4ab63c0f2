/*
 * script.c - the text of a script to its statements.
 */
#include "spec/script.h"

#include <string.h>

#include "base/utf8.h"
#include "spec/ex_lexer.h"
#include "spec/loc.h"
#include "spec/skim.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t line_end(const struct bt_script *s, size_t off)
{
    const char *end = memchr(s->text + off, '\n', s->len - off);
    return end ? (size_t)(end - s->text) : s->len;
}

static size_t past_blanks(const struct bt_script *s, size_t off)
{
    while (off < s->len && is_blank(s->text[off]))
        off++;
    return off;
}

struct beamtap_loc bt_script_place(const char *text, size_t off, size_t len)
{
    struct beamtap_loc loc = {.line = 1, .col = 1, .off = off, .len = len};
    size_t start = 0;
    for (size_t i = 0; i < off; i++) {
        if (text[i] == '\n') {
            loc.line++;
            start = i + 1;
        }
    }
    while (start < off) {
        uint32_t c;
        size_t n = bt_utf8_decode(text + start, off - start, &c);
        start += n ? n : 1;
        loc.col++;
    }
    return loc;
}

static int fail(const struct bt_script *s, size_t off, size_t len, const char *what, struct beamtap_err *err)
{
    return bt_loc_fail(err, BEAMTAP_ESPEC, bt_script_place(s->text, off, len), "%s", what);
}

int bt_script_init(struct bt_script *s, const char *text, size_t len, const struct bt_script_words *words,
    struct bt_arena *a, struct beamtap_err *err)
{
    const char *nul = memchr(text, '\0', len);
    *s = (struct bt_script){.text = text, .len = len, .words = words, .arena = a};
    if (len > BT_SCRIPT_MAX_BYTES)
        return bt_err_set(err, BEAMTAP_ESPEC, "a script is %zu bytes at most", BT_SCRIPT_MAX_BYTES);
    if (nul)
        return fail(s, (size_t)(nul - text), 1, "a byte 0: this is no text", err);
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        s->off = 3;
    return 0;
}

/* ---- values ---- */

/* A value while it is made. */
struct maker {
    struct bt_script *s;
    struct bt_buf buf;
    struct bt_placed *out;
    size_t done; /* of the script's text */
};

/* Everything up to `end` as it stands. */
static int take_until(struct maker *m, size_t end, struct beamtap_err *err)
{
    struct bt_placed_piece piece = {.from = m->done};
    if (end <= m->done)
        return 0;
    if (bt_placed_add(m->out, &m->buf, m->s->arena, m->s->text + m->done, end - m->done, piece) < 0)
        return bt_err_nomem(err);
    m->done = end;
    return 0;
}

static int no_value(
    const struct bt_script *s, size_t off, size_t len, const char *name, size_t n, struct beamtap_err *err)
{
    return bt_loc_fail(err, BEAMTAP_ESPEC, bt_script_place(s->text, off, len),
        "'%.*s' has no value; say --set '%.*s=...', or export it", (int)n, name, (int)n, name);
}

/* The length of $NAME or ${NAME} at `off`; 0: there is none. */
static size_t variable(
    const struct bt_script *s, size_t off, size_t end, bool has_braces, size_t *name, size_t *n)
{
    size_t i = off + 1 + has_braces;
    *name = i;
    if (i >= end || (has_braces && s->text[off + 1] != '{') || !is_letter(s->text[i]))
        return 0;
    while (i < end && (is_letter(s->text[i]) || is_digit(s->text[i])))
        i++;
    *n = i - *name;
    if (has_braces && (i >= end || s->text[i] != '}'))
        return 0;
    return i + has_braces - off;
}

/* least: letters that a $NAME must have; SIZE_MAX: only ${NAME} is one. *len: 0 where there is none. */
static int take_variable(
    struct maker *m, size_t off, size_t end, size_t least, size_t *len, struct beamtap_err *err)
{
    const struct bt_script *s = m->s;
    size_t name, n = 0;
    *len = variable(s, off, end, true, &name, &n);
    if (*len == 0) {
        *len = variable(s, off, end, false, &name, &n);
        if (n < least)
            *len = 0;
    }
    if (*len == 0)
        return 0;
    const char *value = s->words->value(s->words->arg, s->text + name, n);
    if (!value)
        return no_value(s, off, *len, s->text + name, n, err);
    if (take_until(m, off, err) < 0)
        return -1;
    struct bt_placed_piece piece = {.from = off, .is_value = true};
    if (bt_placed_add(m->out, &m->buf, m->s->arena, value, strlen(value), piece) < 0)
        return bt_err_nomem(err);
    m->done = off + *len;
    return 0;
}

/* The values of all variables in the text from `off` to `end`. $$ is a $, where $NAME is one. */
static int take_variables(struct maker *m, size_t off, size_t end, size_t least, struct beamtap_err *err)
{
    size_t len;
    for (; off < end; off += len ? len : 1) {
        len = 0;
        if (m->s->text[off] != '$')
            continue;
        if (least == 1 && off + 1 < end && m->s->text[off + 1] == '$') {
            if (take_until(m, off + 1, err) < 0)
                return -1;
            m->done = off + 2;
            len = 2;
        } else if (take_variable(m, off, end, least, &len, err) < 0) {
            return -1;
        }
    }
    return 0;
}

static int finish(struct maker *m, int rc, struct beamtap_err *err)
{
    if (bt_placed_end(m->out, &m->buf, m->s->arena) < 0)
        return bt_err_nomem(err);
    return rc;
}

/* Does a comment begin at this #? It has blanks on both sides. */
static bool is_comment(const struct bt_script *s, size_t off, size_t start)
{
    bool is_open = off == start || is_blank(s->text[off - 1]) || s->text[off - 1] == '\n';
    char next = off + 1 < s->len ? s->text[off + 1] : '\n';
    return s->text[off] == '#' && is_open && (is_blank(next) || next == '\n');
}

/* Where the text behind a word ends: at a comment, or with the line; without blanks. */
static size_t text_end(const struct bt_script *s, size_t from)
{
    size_t end = from, stop = line_end(s, from);
    while (end < stop && !is_comment(s, end, from))
        end++;
    while (end > from && is_blank(s->text[end - 1]))
        end--;
    return end;
}

static int take_text(struct bt_script *s, size_t from, struct bt_script_line *out, struct beamtap_err *err)
{
    struct maker m = {.s = s, .out = &out->value, .done = from};
    size_t end = text_end(s, from);
    s->off = line_end(s, from);
    int rc = take_variables(&m, from, end, 1, err);
    if (rc == 0)
        rc = take_until(&m, end, err);
    return finish(&m, rc, err);
}

/* ---- specs and calls: what they take of the text ---- */

/* The prompt of a shell: "1> ", "(app@host)12> ". Its length; 0: there is none. */
static size_t prompt(const struct bt_script *s, size_t off)
{
    size_t i = off;
    if (i < s->len && s->text[i] == '(') {
        while (i < s->len && s->text[i] != ')' && s->text[i] != '\n')
            i++;
        i++;
    }
    size_t digits = i;
    while (i < s->len && is_digit(s->text[i]))
        i++;
    return i > digits && i + 1 < s->len && s->text[i] == '>' && is_blank(s->text[i + 1]) ? i + 1 - off : 0;
}

/* Does a line of three dashes stand here? */
static bool is_separator(const struct bt_script *s, size_t off)
{
    size_t i = off;
    while (i < s->len && s->text[i] == '-')
        i++;
    if (i - off < 3)
        return false;
    size_t end = past_blanks(s, i);
    return end == s->len || s->text[end] == '\n' || is_comment(s, end, i);
}

static bool begins_call(const struct bt_script *s, size_t off)
{
    static const char *const tools[] = {"recon_trace", "redbug"};
    for (size_t i = 0; i < sizeof tools / sizeof tools[0]; i++) {
        size_t n = strlen(tools[i]);
        if (s->len - off < n || memcmp(s->text + off, tools[i], n) != 0)
            continue;
        size_t colon = past_blanks(s, off + n);
        return colon < s->len && s->text[colon] == ':';
    }
    return false;
}

/* A line that is a statement of its own even where brackets are open: then one was forgotten. */
static bool begins_anew(const struct bt_script *s, size_t off)
{
    size_t start = off;
    while (start > 0 && s->text[start - 1] != '\n')
        start--;
    if (is_separator(s, start))
        return true;
    start += prompt(s, start);
    return past_blanks(s, start) >= off && begins_call(s, past_blanks(s, start));
}

/* Reads on over the lines of a spec or call. */
struct extent {
    const struct bt_script *s;
    struct bt_skim skim; /* its offsets begin at `from` */
    struct bt_skim_nest nest;
    size_t from, end;
    bool is_open; /* the last token wants another one */
};

static size_t token_at(const struct extent *e)
{
    return e->from + e->skim.start;
}

static bool goes_on(const struct extent *e)
{
    const char *next = e->s->text + token_at(e);
    return e->nest.brackets || e->nest.blocks || e->is_open || bt_skim_is(&e->skim, "when") ||
           strncmp(next, "->", 2) == 0;
}

/* The next token that belongs to it; false: there is none. */
static bool next_token(struct extent *e)
{
    size_t before = e->skim.off;
    bt_skim_next(&e->skim);
    if (e->skim.kind == BT_SKIM_END)
        return false;
    if (!memchr(e->skim.text + before, '\n', e->skim.start - before))
        return true;
    return !begins_anew(e->s, token_at(e)) && goes_on(e);
}

static void take_token(struct extent *e)
{
    static const char *const opens[] = {",", ";", "when", "andalso", "orelse", "and", "or"};
    const struct bt_skim *k = &e->skim;
    bt_skim_nest(&e->nest, k);
    e->end = e->from + k->off;
    e->is_open = bt_skim_is(k, ">") && k->start > 0 && k->text[k->start - 1] == '-';
    for (size_t i = 0; i < sizeof opens / sizeof opens[0]; i++)
        e->is_open = e->is_open || bt_skim_is(k, opens[i]);
}

static void extent_init(struct extent *e, const struct bt_script *s, size_t from)
{
    *e = (struct extent){.s = s, .from = from, .end = from};
    bt_skim_init(&e->skim, s->text + from, s->len - from);
}

/* Variables in and around a token; *is_variable: the token was one, and e is behind it. */
static int take_token_variables(struct maker *m, struct extent *e, bool *is_variable, struct beamtap_err *err)
{
    size_t at = token_at(e), end = e->from + e->skim.off, len = 0;
    bool is_quoted = e->skim.kind == BT_SKIM_QUOTED || e->skim.kind == BT_SKIM_TEXT;
    *is_variable = false;
    if (m->s->text[at] != '$')
        return is_quoted ? take_variables(m, at, end, SIZE_MAX, err) : 0;
    if (take_variable(m, at, m->s->len, 2, &len, err) < 0)
        return -1;
    if (len == 0)
        return 0;
    *is_variable = true;
    bt_skim_seek(&e->skim, at + len - e->from);
    e->end = at + len;
    e->is_open = false;
    return 0;
}

static int take_spec_tokens(struct maker *m, struct extent *e, struct beamtap_err *err)
{
    while (next_token(e)) {
        size_t at = token_at(e);
        bool is_variable;
        if (is_comment(m->s, at, e->from)) {
            if (take_until(m, at, err) < 0)
                return -1;
            m->done = line_end(m->s, at);
            bt_skim_seek(&e->skim, m->done - e->from);
            continue;
        }
        if (take_token_variables(m, e, &is_variable, err) < 0)
            return -1;
        if (!is_variable)
            take_token(e);
    }
    return take_until(m, e->end, err);
}

static int take_spec(struct bt_script *s, size_t from, struct bt_script_line *out, struct beamtap_err *err)
{
    struct maker m = {.s = s, .out = &out->value, .done = from};
    struct extent e;
    extent_init(&e, s, from);
    e.skim.is_elixir = bt_ex_begins(s->text + from);
    int rc = take_spec_tokens(&m, &e, err);
    s->off = m.done > e.end ? m.done : e.end;
    return finish(&m, rc, err);
}

/* A call's text without the prompts at its lines. */
static char *without_prompts(const struct bt_script *s, size_t from, size_t end)
{
    char *copy = bt_arena_strndup(s->arena, s->text + from, end - from);
    for (size_t line = from; copy && line < end; line = line_end(s, line) + 1) {
        size_t n = line == from ? 0 : prompt(s, line);
        if (n && line + n <= end)
            memset(copy + (line - from), ' ', n);
    }
    return copy;
}

static int take_call(struct bt_script *s, size_t from, struct bt_script_line *out, struct beamtap_err *err)
{
    struct extent e;
    struct beamtap_err why = {0};
    extent_init(&e, s, from);
    while (next_token(&e))
        take_token(&e);
    s->off = e.end;
    *out =
        (struct bt_script_line){.kind = BT_SCRIPT_CALL, .off = from, .len = e.end - from, .value_off = from};
    const char *copy = without_prompts(s, from, e.end);
    if (!copy)
        return bt_err_nomem(err);
    if (bt_call_bind(copy, e.end - from, from, s->words->value, s->words->arg, s->arena, &out->value, &why) ==
        0)
        return 0;
    if (why.loc.line)
        return bt_err_at(
            err, why.code, bt_script_place(s->text, from + why.loc.off, why.loc.len), "%s", why.msg);
    return bt_err_set(err, why.code, "%s", why.msg);
}

/* ---- statements ---- */

/* To the first character of a statement, or the end. */
static void skip_empty(struct bt_script *s)
{
    while (s->off < s->len) {
        char c = s->text[s->off];
        if (c == '#' || c == '%')
            s->off = line_end(s, s->off);
        else if (is_blank(c) || c == '\n')
            s->off++;
        else
            return;
    }
}

static size_t word_end(const struct bt_script *s, size_t off)
{
    while (off < s->len && (is_letter(s->text[off]) || is_digit(s->text[off]) || s->text[off] == '-'))
        off++;
    return off;
}

/* What stands where a word should: told apart, as people will write specs without `trace`. */
static int no_word(const struct bt_script *s, size_t off, struct beamtap_err *err)
{
    size_t end = text_end(s, off);
    char c = s->text[word_end(s, off)];
    bool is_spec = strchr(":.{['", s->text[off]) || (c && strchr(":.", c));
    return fail(s, off, end - off,
        is_spec ? "is this a spec? say: trace SPEC"
                : "a line is a word and its value, for instance: count 10",
        err);
}

static int take_value(struct bt_script *s, size_t end, struct bt_script_line *out, struct beamtap_err *err)
{
    struct beamtap_err why = {0};
    size_t from = past_blanks(s, end);
    if (out->has_dashes && from < s->len && s->text[from] == '=')
        from = past_blanks(s, from + 1);
    size_t rest = text_end(s, from);
    if (s->words->form(s->words->arg, out, s->text + from, rest - from, &out->form, &why) < 0)
        return bt_err_at(err, why.code, bt_script_place(s->text, out->off, out->len), "%s", why.msg);
    out->value_off = from;
    if (out->form == BT_SCRIPT_SPEC && rest > from)
        return take_spec(s, from, out, err);
    if (out->form == BT_SCRIPT_ALONE && rest > from)
        return bt_loc_fail(err, BEAMTAP_EUSAGE, bt_script_place(s->text, from, rest - from),
            "nothing is expected behind '%s'", out->word);
    return take_text(s, from, out, err);
}

static int take_word(struct bt_script *s, struct bt_script_line *out, struct beamtap_err *err)
{
    size_t start = s->off;
    bool has_dashes = s->len - start > 2 && memcmp(s->text + start, "--", 2) == 0;
    size_t from = start + (has_dashes ? 2 : 0), end = word_end(s, from);
    bool is_word = from < s->len && is_letter(s->text[from]);
    char c = end < s->len ? s->text[end] : '\n';
    if (!is_word || !(is_blank(c) || c == '\n' || (has_dashes && c == '=')))
        return no_word(s, start, err);
    *out = (struct bt_script_line){
        .kind = BT_SCRIPT_WORD, .has_dashes = has_dashes, .off = from, .len = end - from};
    out->word = bt_arena_strndup(s->arena, s->text + from, end - from);
    return out->word ? take_value(s, end, out, err) : bt_err_nomem(err);
}

int bt_script_next(struct bt_script *s, struct bt_script_line *out, struct beamtap_err *err)
{
    skip_empty(s);
    *out = (struct bt_script_line){.kind = BT_SCRIPT_END, .off = s->off};
    if (s->off == s->len)
        return 0;
    if (is_separator(s, s->off)) {
        out->kind = BT_SCRIPT_PART;
        s->off = line_end(s, s->off);
        return 0;
    }
    size_t n = prompt(s, s->off);
    size_t from = n ? past_blanks(s, s->off + n) : s->off;
    if (from < s->len && begins_call(s, from))
        return take_call(s, from, out, err);
    return take_word(s, out, err);
}
