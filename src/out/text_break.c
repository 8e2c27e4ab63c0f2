/*
 * text_break.c - a long line broken at the commas of the brackets that do not fit (--pretty). It works on the text, so it knows
 * no terms and serves every notation.
 */
#include <stdlib.h>
#include <string.h>

#include "out/text_style.h"

#define MAX_INDENT 60 /* columns; deeper parts stand no further in */
#define MAX_SEARCH 8  /* open brackets without a partner that are passed over */

struct bracket {
    size_t at, end; /* where it and its partner stand; end 0: it has none */
    size_t width;   /* columns from there to behind its partner */
    size_t parent;  /* put_broken: the one around it */
    bool is_broken;
};

/* One piece of the line: a quoted text, a sigil, an escape sequence, a bracket or a character. */
enum piece { OTHER, OPEN, CLOSE, COMMA };

struct line {
    const char *s;
    size_t len;
    struct bracket *brackets; /* in the order they open */
    size_t n, cap;
    bool failed;
};

static char partner(char open)
{
    switch (open) {
    case '(': return ')';
    case '[': return ']';
    case '{': return '}';
    default: return '>';
    }
}

/* Behind the quote that ends what begins at s[0]; len where there is none. */
static size_t quoted(const char *s, size_t len, char end)
{
    size_t i = 1;
    while (i < len && s[i] != end)
        i += s[i] == '\\' ? 2 : 1;
    return i < len ? i + 1 : len;
}

/* The bytes of the piece at s; *columns of it are seen. */
static size_t piece_at(const char *s, size_t len, enum piece *kind, size_t *columns)
{
    size_t n = 1;
    *kind = OTHER;
    if (s[0] == '"' || s[0] == '\'') {
        n = quoted(s, len, s[0]);
    } else if (s[0] == '~' && len > 2 && ((s[1] | 32) >= 'a' && (s[1] | 32) <= 'z') &&
               strchr("/|\"'", s[2])) {
        n = 2 + quoted(s + 2, len - 2, s[2]);
    } else if (s[0] == '\x1b') {
        n = 1 + strcspn(s, "m");
        *columns = 0;
        return n < len ? n : len;
    } else if (strchr("([{", s[0])) {
        *kind = OPEN;
    } else if (strchr(")]}", s[0])) {
        *kind = CLOSE;
    } else if (len > 1 && s[0] == s[1] && (s[0] == '<' || s[0] == '>')) {
        n = 2;
        *kind = s[0] == '>' ? CLOSE : len > 2 && s[2] != ' ' ? OPEN : OTHER; /* "<< " stands for a message */
    } else if (s[0] == ',') {
        *kind = COMMA;
    } else {
        while (n < len && ((unsigned char)s[n] & 0xC0) == 0x80)
            n++;
        *columns = 1;
        return n;
    }
    *columns = 0;
    for (size_t i = 0; i < n; i++)
        *columns += ((unsigned char)s[i] & 0xC0) != 0x80;
    return n;
}

static void note(struct line *l, size_t at)
{
    if (l->n == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 32;
        struct bracket *more = realloc(l->brackets, cap * sizeof *more);
        if (!more) {
            l->failed = true;
            return;
        }
        l->brackets = more;
        l->cap = cap;
    }
    l->brackets[l->n++] = (struct bracket){.at = at};
}

/* Finds the partners. open: indices of brackets that are open, with the column they stand in. */
static size_t measure(struct line *l)
{
    struct {
        size_t bracket, column;
    } open[256];
    size_t n_open = 0, column = 0, columns;
    enum piece kind;
    for (size_t i = 0, n; i < l->len && !l->failed; i += n) {
        n = piece_at(l->s + i, l->len - i, &kind, &columns);
        if (kind == OPEN) {
            note(l, i);
            if (n_open < sizeof open / sizeof open[0]) {
                open[n_open].bracket = l->n - 1;
                open[n_open++].column = column;
            }
        }
        for (size_t back = 1; kind == CLOSE && back <= n_open && back <= MAX_SEARCH; back++) {
            struct bracket *b = l->failed ? NULL : &l->brackets[open[n_open - back].bracket];
            if (!b || partner(l->s[b->at]) != l->s[i])
                continue;
            b->end = i;
            b->width = column + columns - open[n_open - back].column;
            n_open -= back;
            break;
        }
        column += columns;
    }
    return column;
}

static void new_line(struct bt_buf *out, size_t depth, size_t *column)
{
    size_t indent = 2 * depth < MAX_INDENT ? 2 * depth : MAX_INDENT;
    bt_buf_putc(out, '\n');
    for (size_t i = 0; i < indent; i++)
        bt_buf_putc(out, ' ');
    *column = indent;
}

/* The brackets around a place: only those that have a partner, which therefore nest. */
struct around {
    size_t inner; /* index; SIZE_MAX: none */
    size_t depth; /* broken ones */
    bool is_flat; /* the innermost fits, and so does all in it */
};

/* True: its parts go on lines of their own. */
static bool enter(const struct line *l, struct around *a, size_t index, size_t column, size_t width)
{
    struct bracket *b = &l->brackets[index];
    if (b->end == 0)
        return false;
    b->parent = a->inner;
    b->is_broken = !a->is_flat && column + b->width > width && b->width > 4;
    a->inner = index;
    a->is_flat = !b->is_broken;
    a->depth += b->is_broken;
    return b->is_broken;
}

/* True: it ends one that is broken. */
static bool leave(const struct line *l, struct around *a, size_t at)
{
    if (a->inner == SIZE_MAX || l->brackets[a->inner].end != at)
        return false;
    bool was_broken = l->brackets[a->inner].is_broken;
    a->inner = l->brackets[a->inner].parent;
    a->is_flat = a->inner != SIZE_MAX && !l->brackets[a->inner].is_broken;
    a->depth -= was_broken;
    return was_broken;
}

static void put_broken(struct bt_buf *out, const struct line *l, size_t width)
{
    struct around a = {.inner = SIZE_MAX};
    size_t column = 0, columns, next = 0;
    enum piece kind;
    for (size_t i = 0, n; i < l->len; i += n) {
        n = piece_at(l->s + i, l->len - i, &kind, &columns);
        if (kind == CLOSE && leave(l, &a, i))
            new_line(out, a.depth + 1, &column);
        bool is_broken = kind == OPEN && enter(l, &a, next++, column, width);
        bt_buf_put(out, l->s + i, n);
        column += columns;
        if (is_broken || (kind == COMMA && a.inner != SIZE_MAX && !a.is_flat)) {
            new_line(out, a.depth + 1, &column);
            while (i + n < l->len && l->s[i + n] == ' ')
                n++;
        }
    }
}

void bt_text_break(struct bt_buf *out, size_t from, size_t width)
{
    if (out->failed || out->len - from <= width)
        return;
    struct bt_buf copy = BT_BUF_INIT;
    bt_buf_put(&copy, out->data + from, out->len - from);
    struct line l = {.s = bt_buf_cstr(&copy), .len = copy.len};
    if (!copy.failed && measure(&l) > width && !l.failed) {
        out->len = from;
        put_broken(out, &l, width);
    }
    free(l.brackets);
    bt_buf_done(&copy);
}
