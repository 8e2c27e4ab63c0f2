/*
 * redact_text.c - key and value pairs in text: where a value begins and ends.
 *
 * One pass over the text, from separator to separator. In doubt a value is longer rather than shorter.
 */
#include <string.h>

#include "base/utf8.h"
#include "term/redact.h"

/* A quote, and how many backslashes stand before it: one in a string inside a string, three in one inside that. */
struct quote {
    char mark; /* 0: none */
    size_t depth;
};

struct scan {
    const char *s;
    size_t len;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_space(char c)
{
    return is_blank(c) || c == '\n' || c == '\r';
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'';
}

static bool is_in(char c, const char *set)
{
    return c != '\0' && strchr(set, c);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Of a key without quotes. */
static bool is_word(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || (unsigned char)c >= 0x80 || is_in(c, "_-.");
}

/* Backslashes that end just before `at`. */
static size_t backslashes(const struct scan *t, size_t at, size_t most)
{
    size_t n = 0;
    while (n < at && n < most && t->s[at - 1 - n] == '\\')
        n++;
    return n;
}

/*
 * Does the mark at `at` end (or begin) what is quoted so? At depth d each backslash of the string itself is d + 1 of them, and a
 * quote in it has 2 * (d + 1) - 1: "a\"b", \"a\\\"b\".
 */
static bool is_same(const struct scan *t, size_t at, struct quote q)
{
    return t->s[at] == q.mark && backslashes(t, at, BT_REDACT_MAX_KEY) % (2 * (q.depth + 1)) == q.depth;
}

/* ---- the key before a separator ---- */

/* Behind the last byte of s[from..end) that is no UTF-8: what stands before it is no text. */
static size_t text_begin(const struct scan *t, size_t from, size_t end)
{
    size_t begin = from;
    for (size_t i = from, n; i < end; i += n) {
        uint32_t cp;
        n = bt_utf8_decode(t->s + i, end - i, &cp);
        if (n == 0)
            begin = i + (n = 1);
    }
    return begin;
}

/* The key that ends before `end`; *q: its quotes. False: there is none. */
static bool find_key(const struct scan *t, size_t end, struct bt_slice *key, struct quote *q)
{
    *q = (struct quote){0, 0};
    while (end > 0 && is_blank(t->s[end - 1]))
        end--;
    size_t from = end, floor = end > BT_REDACT_MAX_KEY ? end - BT_REDACT_MAX_KEY : 0;
    if (end > 0 && is_quote(t->s[end - 1])) {
        end--;
        *q = (struct quote){t->s[end], backslashes(t, end, BT_REDACT_MAX_KEY)};
        if (q->depth > end - floor)
            return false;
        end -= q->depth;
        for (from = end; from > floor && !is_same(t, from - 1, *q); from--)
            ;
        if (from == floor)
            return false;
    } else {
        end -= end > 0 && t->s[end - 1] == ']'; /* user[password]=x */
        from = end;
        while (from > floor && is_word(t->s[from - 1]))
            from--;
    }
    from = text_begin(t, from, end);
    *key = (struct bt_slice){(const uint8_t *)t->s + from, end - from};
    return end > from;
}

/* ---- the value behind it ---- */

/* Behind the quote that closes what was opened before `i`; the end of the text where none does. */
static size_t pass_quoted(const struct scan *t, size_t i, struct quote q)
{
    size_t run = 0; /* of backslashes before i */
    for (; i < t->len; i++) {
        if (t->s[i] == q.mark && run % (2 * (q.depth + 1)) == q.depth)
            return i + 1;
        run = t->s[i] == '\\' ? run + 1 : 0;
    }
    return t->len;
}

/* A quote, with its backslashes, at i: *q, and *next behind it. Else *next is where to look next. */
static bool opens(const struct scan *t, size_t i, struct quote *q, size_t *next)
{
    size_t mark = i;
    while (mark < t->len && t->s[mark] == '\\')
        mark++;
    bool is_there = mark < t->len && is_quote(t->s[mark]);
    if (is_there)
        *q = (struct quote){t->s[mark], mark - i};
    *next = is_there || mark == i ? mark + 1 : mark;
    return is_there;
}

/* Behind the bracket that closes the one at i; strings in between are passed over, and arrows end nothing. */
static size_t pass_brackets(const struct scan *t, size_t i)
{
    static const char pairs[] = "{}[]()<>";
    const char *pair = strchr(pairs, t->s[i]);
    size_t open = 0, next;
    struct quote q;
    while (i < t->len) {
        char c = t->s[i];
        bool is_arrow = c == '>' && (t->s[i - 1] == '=' || t->s[i - 1] == '-');
        i = opens(t, i, &q, &next) ? pass_quoted(t, next, q) : next;
        open += c == pair[0];
        if (c == pair[1] && !is_arrow && --open == 0)
            return i;
    }
    return t->len;
}

/* ~c"abc" and <<"abc">> begin with more than a quote. */
static bool is_sigil(const struct scan *t, size_t from, size_t i)
{
    return i == from + 2 && t->s[from] == '~' && is_letter(t->s[from + 1]);
}

/* The end of a value that begins at `from`; is_line: it has the rest of the line, unless it is quoted or in brackets. */
static size_t pass_value(const struct scan *t, size_t from, bool is_line)
{
    size_t i = from, next;
    struct quote q;
    while (i < t->len) {
        char c = t->s[i];
        bool is_first = i == from || is_sigil(t, from, i);
        if (opens(t, i, &q, &next)) {
            if (!is_first && !is_line)
                return i;
            i = pass_quoted(t, next, q);
            is_line = is_line && !is_first;
        } else if (is_in(c, "{[(<")) {
            i = pass_brackets(t, i);
            is_line = is_line && !is_first;
        } else if (c == '\n' || c == '\r' || (!is_line && (is_blank(c) || is_in(c, ",;&}])>")))) {
            return i;
        } else {
            i = next;
        }
    }
    return t->len;
}

/* ---- together ---- */

static void put_quote(struct bt_buf *out, struct quote q)
{
    for (size_t i = 0; q.mark && i < q.depth; i++)
        bt_buf_putc(out, '\\');
    if (q.mark)
        bt_buf_putc(out, q.mark);
}

/* The value in text[from..to): in its own quotes, or in those of a quoted key, so that JSON stays JSON. */
static void put_mask(struct bt_buf *out, const struct scan *t, size_t from, struct quote key)
{
    struct quote q = key;
    size_t next;
    opens(t, from, &q, &next);
    put_quote(out, q);
    bt_buf_puts(out, "***");
    put_quote(out, q);
}

/* Where the value begins that belongs to the separator at i. */
static size_t value_begin(const struct scan *t, size_t i, bool is_quoted)
{
    while (i < t->len && is_in(t->s[i], "=:"))
        i++;
    if (i < t->len && t->s[i] == '>')
        i++;
    while (i < t->len && (is_quoted ? is_space(t->s[i]) : is_blank(t->s[i])))
        i++;
    return i;
}

bool bt_redact_text(
    const struct bt_redact *r, const char *text, size_t len, struct bt_buf *out, bool *ends_open)
{
    const struct scan t = {text, len};
    size_t done = 0;
    bool is_open = false;
    for (size_t i = 0; i < len;) {
        struct bt_slice key;
        struct quote q;
        if (!is_in(text[i], "=:")) {
            i++;
            continue;
        }
        bool has_key = find_key(&t, i, &key, &q) && bt_redact_is_key(r, (const char *)key.p, key.len);
        bool is_line = text[i] == ':' && !q.mark;
        size_t from = value_begin(&t, i, q.mark != 0);
        if (!has_key) {
            while (i < from && is_in(text[i], "=:"))
                i++;
            continue;
        }
        is_open = from == len;
        size_t to = pass_value(&t, from, is_line);
        if (to > from) {
            bt_buf_put(out, text + done, from - done);
            put_mask(out, &t, from, q);
            done = to;
        }
        i = to > i ? to : i + 1;
    }
    if (ends_open)
        *ends_open = is_open;
    if (done > 0)
        bt_buf_put(out, text + done, len - done);
    return done > 0;
}
