/*
 * tree_read.c - a value from a capture as a tree.
 */
#include "term/tree_read.h"

struct reader {
    struct bt_etf r;
    struct bt_arena *a;
    size_t left; /* nodes that may still be made */
};

static const struct bt_term *read_term(struct reader *t, unsigned depth);

/* Latin-1 as UTF-8. */
static const struct bt_term *old_atom(struct reader *t, struct bt_slice s)
{
    char text[2 * 255];
    size_t n = 0;
    for (size_t i = 0; i < s.len && n + 2 <= sizeof text; i++) {
        if (s.p[i] >= 0x80)
            text[n++] = (char)(0xC0 | s.p[i] >> 6);
        text[n++] = (char)(s.p[i] >= 0x80 ? 0x80 | (s.p[i] & 0x3F) : s.p[i]);
    }
    return bt_term_atom_n(t->a, text, n);
}

static const struct bt_term *atom(struct reader *t, struct bt_slice s, bool is_latin1)
{
    return is_latin1 ? old_atom(t, s) : bt_term_atom_n(t->a, (const char *)s.p, s.len);
}

static const struct bt_term *string(struct reader *t, struct bt_slice s)
{
    const struct bt_term **items = bt_arena_array(t->a, s.len, sizeof *items);
    if (!items || s.len > t->left)
        return NULL;
    t->left -= s.len;
    for (size_t i = 0; i < s.len; i++)
        items[i] = bt_term_int(t->a, s.p[i]);
    return bt_term_list(t->a, items, s.len, NULL);
}

/* n members; NULL: one cannot be read. */
static const struct bt_term **members(struct reader *t, size_t n, unsigned depth)
{
    const struct bt_term **items = n > t->left ? NULL : bt_arena_array(t->a, n + 1, sizeof *items);
    for (size_t i = 0; items && i < n; i++) {
        if (!(items[i] = read_term(t, depth)))
            return NULL;
    }
    return items;
}

/* [a, b | [c]] is [a, b, c], as the VM has it too. */
static const struct bt_term *list(struct reader *t, uint32_t n, unsigned depth)
{
    const struct bt_term **items = members(t, n, depth);
    const struct bt_term *tail = items ? read_term(t, depth) : NULL;
    if (!tail || n == 0) /* a list of no items is its tail, which no OTP sends */
        return tail;
    if (tail->kind != BT_TERM_LIST)
        return bt_term_list(t->a, items, n, tail);
    size_t more = tail->u.seq.n;
    const struct bt_term **all = bt_arena_array(t->a, n + more + 1, sizeof *all);
    for (size_t i = 0; all && i < n + more; i++)
        all[i] = i < n ? items[i] : tail->u.seq.items[i - n];
    return all ? bt_term_list(t->a, all, n + more, tail->u.seq.tail) : NULL;
}

static const struct bt_term *export_fun(struct reader *t, const struct bt_etf_token *tok)
{
    struct bt_term *f = bt_term_new(t->a, BT_TERM_FUN);
    if (!f)
        return NULL;
    f->u.fun.module = atom(t, tok->module, tok->module_latin1);
    f->u.fun.function = atom(t, tok->function, tok->function_latin1);
    f->u.fun.arity = tok->arity;
    return f->u.fun.module && f->u.fun.function ? f : NULL;
}

static const struct bt_term *read_term(struct reader *t, unsigned depth)
{
    struct bt_etf_token tok;
    const uint8_t *start = t->r.p;
    const struct bt_term **items;
    if (depth == 0 || t->left == 0 || !bt_etf_next(&t->r, &tok))
        return NULL;
    t->left--;
    switch (tok.kind) {
    case BT_ETF_ATOM: return atom(t, tok.bytes, tok.latin1);
    case BT_ETF_INT: return bt_term_int(t->a, tok.integer);
    case BT_ETF_BIG: return bt_term_big(t->a, tok.negative, tok.bytes.p, tok.bytes.len);
    case BT_ETF_FLOAT: return bt_term_float(t->a, tok.real);
    case BT_ETF_BINARY: return bt_term_binary(t->a, tok.bytes.p, tok.bytes.len, tok.last_bits);
    case BT_ETF_STRING: return string(t, tok.bytes);
    case BT_ETF_NIL: return bt_term_list(t->a, NULL, 0, NULL);
    case BT_ETF_LIST: return list(t, tok.arity, depth - 1);
    case BT_ETF_TUPLE:
        items = members(t, tok.arity, depth - 1);
        return items ? bt_term_tuple(t->a, items, tok.arity) : NULL;
    case BT_ETF_MAP:
        items = members(t, 2 * (size_t)tok.arity, depth - 1);
        return items ? bt_term_map(t->a, items, tok.arity) : NULL;
    case BT_ETF_EXPORT: return export_fun(t, &tok);
    case BT_ETF_PID:
    case BT_ETF_PORT:
    case BT_ETF_REF:
    case BT_ETF_FUN: return bt_term_raw(t->a, start, (size_t)(t->r.p - start));
    }
    return NULL;
}

const struct bt_term *bt_tree_read(struct bt_slice etf, struct bt_arena *a)
{
    struct reader t = {.a = a, .left = BT_TREE_MAX_NODES};
    bt_etf_init(&t.r, etf.p, etf.len);
    return read_term(&t, BT_TREE_MAX_DEPTH);
}
