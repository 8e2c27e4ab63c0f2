/*
 * names.c - what processes are.
 */
#include "node/names.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1 /* an entry that could not be added has no table */
#include <uthash.h>

#include "base/utf8.h"
#include "term/print.h"

struct entry {
    UT_hash_handle hh;
    char *text; /* NULL: not answered yet, or nothing to say */
    size_t text_len;
    bool is_asked; /* and not answered */
    size_t pid_len;
    uint8_t pid[];
};

struct bt_names {
    struct entry *entries;
    size_t n, n_asked;
    struct bt_print_opts print;
};

struct bt_names *bt_names_new(const char *home)
{
    struct bt_names *n = calloc(1, sizeof *n);
    if (n)
        n->print.home = (struct bt_slice){(const uint8_t *)home, strlen(home)};
    return n;
}

void bt_names_free(struct bt_names *n)
{
    struct entry *e, *next;
    if (!n)
        return;
    HASH_ITER(hh, n->entries, e, next)
    {
        HASH_DEL(n->entries, e);
        free(e->text);
        free(e);
    }
    free(n);
}

static struct entry *find(const struct bt_names *n, struct bt_slice pid)
{
    struct entry *e = NULL;
    if (pid.len)
        HASH_FIND(hh, n->entries, pid.p, pid.len, e);
    return e;
}

bool bt_names_want(struct bt_names *n, struct bt_slice pid)
{
    if (pid.len == 0 || n->n == BT_NAMES_MAX || n->n_asked == BT_NAMES_ASKED || find(n, pid))
        return false;
    struct entry *e = calloc(1, sizeof *e + pid.len);
    if (!e)
        return false;
    memcpy(e->pid, pid.p, pid.len);
    e->pid_len = pid.len;
    HASH_ADD_KEYPTR(hh, n->entries, e->pid, e->pid_len, e);
    if (!e->hh.tbl) {
        free(e);
        return false;
    }
    e->is_asked = true;
    n->n++;
    n->n_asked++;
    return true;
}

/* Appends the name that the answer gives. */
static void put_name(struct bt_buf *out, struct bt_etf r, const struct bt_print_opts *print)
{
    struct bt_slice m, f;
    uint32_t arity;
    if (!bt_etf_tuple_of(&r, 2))
        return;
    if (bt_etf_is_atom(&r, "name") || bt_etf_is_atom(&r, "label")) {
        bt_print_erlang(out, &r, print);
    } else if (bt_etf_is_atom(&r, "call") && bt_etf_tuple_of(&r, 3) && bt_etf_atom(&r, &m) &&
               bt_etf_atom(&r, &f) && bt_etf_uint32(&r, &arity)) {
        bt_print_atom(out, m);
        bt_buf_putc(out, ':');
        bt_print_atom(out, f);
        bt_buf_printf(out, "/%u", arity);
    }
}

void bt_names_put(struct bt_names *n, struct bt_slice pid, struct bt_etf what)
{
    struct bt_buf text = BT_BUF_INIT;
    struct entry *e = find(n, pid);
    if (!e || !e->is_asked)
        return;
    e->is_asked = false;
    n->n_asked--;
    put_name(&text, what, &n->print);
    if (text.len > BT_NAMES_MAX_TEXT)
        text.len = bt_utf8_whole(text.data, BT_NAMES_MAX_TEXT);
    e->text = text.failed ? NULL : text.data; /* taken */
    e->text_len = text.failed ? 0 : text.len;
    if (text.failed)
        bt_buf_done(&text);
}

struct bt_slice bt_names_get(const struct bt_names *n, struct bt_slice pid)
{
    const struct entry *e = find(n, pid);
    return e && e->text ? (struct bt_slice){(const uint8_t *)e->text, e->text_len}
                        : (struct bt_slice){NULL, 0};
}
