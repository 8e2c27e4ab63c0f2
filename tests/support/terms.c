/*
 * terms.c - Erlang terms for tests, written as text.
 */
#include "terms.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "term/etf_write.h"

#define MAX_ITEMS 256
#define RAW "\0raw" /* the writer refuses what is no term, so raw bytes travel in a binary that begins so */

struct text {
    struct bt_arena *a;
    const char *all, *p;
};

static const struct bt_term *term(struct text *t);

_Noreturn static void wrong(const struct text *t, const char *what)
{
    fprintf(stderr, "bt_test_term: %s at \"%s\" of \"%s\"\n", what, t->p, t->all);
    abort();
}

static bool skip(struct text *t, const char *s)
{
    if (strncmp(t->p, s, strlen(s)) != 0)
        return false;
    t->p += strlen(s);
    return true;
}

static void need(struct text *t, const char *s)
{
    if (!skip(t, s))
        wrong(t, s);
}

/* What stands until `end`; moves past it. */
static struct bt_slice until(struct text *t, char end)
{
    const char *stop = strchr(t->p, end);
    if (!stop)
        wrong(t, "no end");
    struct bt_slice s = {(const uint8_t *)t->p, (size_t)(stop - t->p)};
    t->p = stop + 1;
    return s;
}

static const struct bt_term *sequence(struct text *t, bool is_list)
{
    const struct bt_term *items[MAX_ITEMS], *tail = NULL;
    const char *end = is_list ? "]" : "}";
    size_t n = 0;
    while (!skip(t, end)) {
        if (n > 0 && is_list && skip(t, "|")) {
            tail = term(t);
            need(t, end);
            break;
        }
        if (n > 0)
            need(t, ",");
        while (skip(t, " "))
            ;
        if (n == MAX_ITEMS)
            wrong(t, "too many members");
        items[n++] = term(t);
    }
    return is_list ? bt_term_list(t->a, items, n, tail) : bt_term_tuple(t->a, items, n);
}

/* k=>v,...} */
static const struct bt_term *map(struct text *t)
{
    const struct bt_term *items[MAX_ITEMS];
    size_t n = 0;
    while (!skip(t, "}")) {
        if (n > 0)
            need(t, ",");
        if (n == MAX_ITEMS)
            wrong(t, "too many members");
        items[n++] = term(t);
        need(t, "=>");
        items[n++] = term(t);
    }
    return bt_term_map(t->a, items, n / 2);
}

static const struct bt_term *foreign_pid(struct text *t, struct bt_slice node, uint32_t id, uint32_t serial)
{
    uint8_t etf[300] = {88, 119, (uint8_t)node.len};
    uint8_t *p = etf + 3;
    memcpy(p, node.p, node.len);
    p += node.len;
    const uint32_t words[] = {id, serial, 1};
    for (size_t i = 0; i < 3; i++, p += 4)
        p[0] = (uint8_t)(words[i] >> 24), p[1] = (uint8_t)(words[i] >> 16), p[2] = (uint8_t)(words[i] >> 8),
        p[3] = (uint8_t)words[i];
    return bt_term_raw(t->a, etf, (size_t)(p - etf));
}

/* 0.44.0> or x@y.44.0> */
static const struct bt_term *pid(struct text *t)
{
    struct bt_slice s = until(t, '>');
    char text[300];
    unsigned id, serial;
    memcpy(text, s.p, s.len);
    text[s.len] = '\0';
    char *last = strrchr(text, '.');
    if (!last)
        wrong(t, "no pid");
    *last = '\0';
    char *middle = strrchr(text, '.');
    if (!middle || sscanf(middle + 1, "%u", &id) != 1 || sscanf(last + 1, "%u", &serial) != 1)
        wrong(t, "no pid");
    if (strncmp(text, "0.", 2) != 0)
        return foreign_pid(t, (struct bt_slice){s.p, (size_t)(middle - text)}, id, serial);
    struct bt_term *p = bt_term_new(t->a, BT_TERM_PID);
    if (p)
        p->u.pid.id = id, p->u.pid.serial = serial;
    return p;
}

static const struct bt_term *raw(struct text *t)
{
    uint8_t bytes[MAX_ITEMS] = RAW;
    size_t n = sizeof RAW;
    unsigned byte;
    for (; isxdigit((unsigned char)t->p[0]) && isxdigit((unsigned char)t->p[1]); t->p += 2) {
        if (n == sizeof bytes || sscanf(t->p, "%2x", &byte) != 1)
            wrong(t, "no bytes");
        bytes[n++] = (uint8_t)byte;
    }
    return bt_term_binary(t->a, bytes, n, 8);
}

/* Takes the binaries' heads off again; returns the new length. */
static size_t unpack_raw(uint8_t *p, size_t len)
{
    size_t to = 0;
    for (size_t i = 0; i < len;) {
        if (i + 5 + sizeof RAW <= len && p[i] == 109 && memcmp(p + i + 5, RAW, sizeof RAW) == 0)
            i += 5 + sizeof RAW;
        else
            p[to++] = p[i++];
    }
    return to;
}

static const struct bt_term *integer(struct text *t)
{
    char *end;
    long long v = strtoll(t->p, &end, 10);
    t->p = end;
    return bt_term_int(t->a, v);
}

static const struct bt_term *atom(struct text *t)
{
    const char *start = t->p;
    while (isalnum((unsigned char)*t->p) || *t->p == '_' || *t->p == '@')
        t->p++;
    if (t->p == start)
        wrong(t, "no term");
    return bt_term_atom_n(t->a, start, (size_t)(t->p - start));
}

static const struct bt_term *charlist(struct text *t)
{
    struct bt_slice s = until(t, '"');
    const char *copy = bt_arena_strndup(t->a, (const char *)s.p, s.len);
    return copy ? bt_term_charlist(t->a, copy) : NULL;
}

static const struct bt_term *binary(struct text *t)
{
    struct bt_slice s = until(t, '"');
    need(t, ">>");
    return bt_term_binary(t->a, s.p, s.len, 8);
}

static const struct bt_term *quoted_atom(struct text *t)
{
    struct bt_slice s = until(t, '\'');
    return bt_term_atom_n(t->a, (const char *)s.p, s.len);
}

static const struct bt_term *term(struct text *t)
{
    if (skip(t, "#{"))
        return map(t);
    if (skip(t, "{"))
        return sequence(t, false);
    if (skip(t, "["))
        return sequence(t, true);
    if (skip(t, "<<\""))
        return binary(t);
    if (skip(t, "<"))
        return pid(t);
    if (skip(t, "!"))
        return raw(t);
    if (skip(t, "\""))
        return charlist(t);
    if (skip(t, "'"))
        return quoted_atom(t);
    return isdigit((unsigned char)*t->p) || *t->p == '-' ? integer(t) : atom(t);
}

const struct bt_term *bt_test_term(struct bt_arena *a, const char *text)
{
    struct text t = {a, text, text};
    const struct bt_term *result = term(&t);
    if (*t.p || !result)
        wrong(&t, "not the end");
    return result;
}

struct bt_slice bt_test_etf(struct bt_arena *a, const char *text)
{
    static const struct bt_etf_home home = {BT_TEST_NODE, BT_TEST_CREATION};
    struct bt_buf out = BT_BUF_INIT;
    struct bt_slice s = {0};
    if (bt_etf_write(&out, bt_test_term(a, text), &home, NULL) < 0)
        abort();
    uint8_t *copy = bt_arena_alloc(a, out.len);
    if (!copy)
        abort();
    memcpy(copy, out.data, out.len);
    s = (struct bt_slice){copy, unpack_raw(copy, out.len)};
    bt_buf_done(&out);
    return s;
}

struct bt_etf bt_test_cursor(struct bt_arena *a, const char *text)
{
    struct bt_slice s = bt_test_etf(a, text);
    struct bt_etf r;
    bt_etf_init(&r, s.p, s.len);
    return r;
}
