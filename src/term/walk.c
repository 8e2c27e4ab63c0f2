/*
 * walk.c - the walker over an external term, with a stack of its own: terms from outside must not decide how
 * deep we recurse.
 */
#include "term/walk.h"

#include <stdlib.h>
#include <string.h>

#define NEAR_LEVELS 64 /* frames kept without memory from the heap */
#define SMALL_MAP_PAIRS                                                                                      \
    32 /* OTP's MAP_SMALL_MAP_LIMIT: up to here pairs are kept, and shown, in order of keys */
#define MAX_REVERSED 16 /* large maps within each other that are shown in OTP's order */

/* One open tuple, list or map. */
struct frame {
    uint64_t left; /* members to come: for a list its tail is one, for a map keys and values count singly */
    enum bt_walk_kind kind;
    bool is_reversed, is_chosen;
};

/* An open large map: where its pairs begin, relative to `base`; they are taken from the end. */
struct reversed {
    const uint8_t *base, *after;
    uint32_t *pairs;
    uint32_t n;
};

struct walk {
    struct bt_etf *r;
    const struct bt_receiver *to;
    void *self;
    struct frame *frames;
    size_t depth, cap, levels;
    struct reversed reversed[MAX_REVERSED];
    size_t n_reversed;
    struct bt_walk_chosen *chosen; /* of the innermost map with chosen pairs */
    enum bt_walk_result result;
    struct frame near[NEAR_LEVELS];
};

static bool fail(struct walk *w, enum bt_walk_result result)
{
    w->result = result;
    return false;
}

static bool grow(struct walk *w)
{
    size_t cap = 2 * w->cap;
    struct frame *frames = realloc(w->frames == w->near ? NULL : w->frames, cap * sizeof *frames);
    if (!frames)
        return fail(w, BT_WALK_NOMEM);
    if (w->frames == w->near)
        memcpy(frames, w->near, sizeof w->near);
    w->frames = frames;
    w->cap = cap;
    return true;
}

static bool push(struct walk *w, enum bt_walk_kind kind, uint64_t left)
{
    if (w->depth == w->cap && !grow(w))
        return false;
    w->frames[w->depth++] = (struct frame){.left = left, .kind = kind};
    return true;
}

/* ---- large maps ---- */

/* Finds where the pairs of the map whose header has just been read begin, and moves to the last one. */
static bool open_reversed(struct walk *w, uint32_t n_pairs)
{
    struct reversed *v = &w->reversed[w->n_reversed];
    struct bt_etf r = *w->r;
    *v = (struct reversed){.base = r.p, .n = n_pairs - 1, .pairs = malloc(n_pairs * sizeof *v->pairs)};
    if (!v->pairs)
        return fail(w, BT_WALK_NOMEM);
    w->n_reversed++;
    for (uint32_t i = 0; i < n_pairs; i++) {
        v->pairs[i] = (uint32_t)(r.p - v->base);
        if (!bt_etf_skip(&r) || !bt_etf_skip(&r))
            return fail(w, BT_WALK_BAD);
    }
    v->after = r.p;
    w->r->p = v->base + v->pairs[v->n];
    w->frames[w->depth - 1].is_reversed = true;
    return true;
}

static void close_reversed(struct walk *w)
{
    struct reversed *v = &w->reversed[--w->n_reversed];
    w->r->p = v->after;
    free(v->pairs);
}

bool bt_walk_reverses(uint32_t n_pairs, size_t n_bytes, size_t n_reversed)
{
    return n_pairs > SMALL_MAP_PAIRS && n_reversed < MAX_REVERSED && n_bytes <= UINT32_MAX;
}

static bool may_reverse(const struct walk *w, uint32_t n_pairs)
{
    return !w->to->keeps_order && bt_walk_reverses(n_pairs, (size_t)(w->r->end - w->r->p), w->n_reversed);
}

/* ---- one term ---- */

static bool cut(struct walk *w, const uint8_t *start)
{
    w->r->p = start;
    if (!bt_etf_skip(w->r))
        return fail(w, BT_WALK_BAD);
    w->to->cut(w->self);
    return true;
}

static bool open_seq(struct walk *w, enum bt_walk_kind kind, uint64_t left, const uint8_t *start)
{
    if (w->depth == w->levels)
        return cut(w, start);
    if (!push(w, kind, left))
        return false;
    w->to->begin(w->self, kind);
    return true;
}

/* A list in its compact form that the receiver does not show as text. */
static void bytes_as_items(struct walk *w, struct bt_slice bytes)
{
    struct bt_etf_token item = {.kind = BT_ETF_INT};
    for (size_t i = 0; i < bytes.len; i++) {
        if (i)
            w->to->next(w->self);
        item.integer = bytes.p[i];
        w->to->leaf(w->self, &item);
    }
}

static bool show_list(struct walk *w, const struct bt_etf_token *tok, const uint8_t *start)
{
    const uint8_t *behind = w->r->p;
    w->r->p = start;
    if (w->to->text(w->self, w->r))
        return true;
    w->r->p = behind;
    if (tok->kind == BT_ETF_LIST)
        return open_seq(w, BT_WALK_LIST, (uint64_t)tok->arity + 1, start);
    if (w->depth == w->levels)
        return cut(w, start);
    w->to->begin(w->self, BT_WALK_LIST);
    bytes_as_items(w, tok->bytes);
    w->to->end(w->self, BT_WALK_LIST);
    return true;
}

/* Moves to the next pair that was chosen. */
static void next_chosen(struct walk *w)
{
    struct bt_walk_chosen *c = w->chosen;
    w->r->p = c->base + c->at[--c->n];
}

static void close_chosen(struct walk *w)
{
    struct bt_walk_chosen *c = w->chosen;
    w->r->p = c->after;
    w->chosen = c->outer;
    free(c);
}

static bool open_chosen(struct walk *w, struct bt_walk_chosen *c, const uint8_t *start)
{
    size_t depth = w->depth;
    c->outer = w->chosen;
    w->chosen = c; /* from here on it is freed with the walk */
    if (!open_seq(w, BT_WALK_MAP, 2 * (uint64_t)c->n, start))
        return false;
    if (w->depth == depth) { /* cut */
        w->chosen = c->outer;
        free(c);
        return true;
    }
    if (c->n) {
        w->frames[depth].is_chosen = true;
        next_chosen(w);
        return true;
    }
    w->depth--;
    close_chosen(w);
    w->to->end(w->self, BT_WALK_MAP);
    return true;
}

static bool show_map(struct walk *w, const struct bt_etf_token *tok, const uint8_t *start)
{
    size_t depth = w->depth;
    struct bt_walk_chosen *chosen = NULL;
    enum bt_walk_map how = w->to->map ? w->to->map(w->self, w->r, tok->arity, &chosen) : BT_WALK_MAP_PLAIN;
    if (how == BT_WALK_MAP_CHOSEN)
        return open_chosen(w, chosen, start);
    if (how == BT_WALK_MAP_SHOWN)
        return true;
    if (!open_seq(w, BT_WALK_MAP, 2 * (uint64_t)tok->arity, start))
        return false;
    return w->depth == depth || !may_reverse(w, tok->arity) || open_reversed(w, tok->arity);
}

/* Shows a leaf, or opens what has members. */
static bool show_term(struct walk *w)
{
    struct bt_etf_token tok;
    const uint8_t *start = w->r->p;
    for (;;) { /* once more for [|T], a list of no items: it is its tail */
        if (!bt_etf_next(w->r, &tok))
            return fail(w, BT_WALK_BAD);
        if (tok.kind != BT_ETF_LIST || tok.arity)
            break;
        start = w->r->p;
    }
    switch (tok.kind) {
    case BT_ETF_TUPLE:
        if (tok.arity && w->to->tuple)
            w->to->tuple(w->self, *w->r, tok.arity);
        if (tok.arity)
            return open_seq(w, BT_WALK_TUPLE, tok.arity, start);
        break;
    case BT_ETF_MAP:
        if (tok.arity)
            return show_map(w, &tok, start);
        break;
    case BT_ETF_STRING:
        if (tok.bytes.len)
            return show_list(w, &tok, start);
        tok.kind = BT_ETF_NIL;
        break;
    case BT_ETF_LIST: return show_list(w, &tok, start);
    default: break;
    }
    w->to->leaf(w->self, &tok);
    return true;
}

/* ---- between terms ---- */

static void close_top(struct walk *w)
{
    struct frame *f = &w->frames[--w->depth];
    if (f->is_reversed)
        close_reversed(w);
    else if (f->is_chosen)
        close_chosen(w);
    w->to->end(w->self, f->kind);
}

/*
 * All items of the list on top have been shown, its tail comes. Lists that go on in their tail are one list.
 * Returns true when a term is to be shown next; false: the list is closed, or w->result is set.
 */
static bool go_on_in_tail(struct walk *w, struct frame *f)
{
    const uint8_t *start = w->r->p;
    struct bt_etf_token tok;
    while (bt_etf_next(w->r, &tok)) {
        if (tok.kind == BT_ETF_LIST && tok.arity) {
            f->left = (uint64_t)tok.arity + 1;
            w->to->next(w->self);
            return true;
        }
        if (tok.kind == BT_ETF_LIST) {
            start = w->r->p;
            continue;
        }
        if (tok.kind == BT_ETF_STRING || tok.kind == BT_ETF_NIL) {
            if (tok.kind == BT_ETF_STRING && tok.bytes.len) {
                w->to->next(w->self);
                bytes_as_items(w, tok.bytes);
            }
            close_top(w);
            return false;
        }
        w->r->p = start;
        w->to->tail(w->self);
        return true;
    }
    return fail(w, BT_WALK_BAD);
}

static void next_pair(struct walk *w)
{
    struct reversed *v = &w->reversed[w->n_reversed - 1];
    w->r->p = v->base + v->pairs[--v->n];
}

/* A term has ended: closes what is complete. Returns true when a term is to be shown next. */
static bool go_on(struct walk *w)
{
    while (w->depth && w->result == BT_WALK_OK) {
        struct frame *f = &w->frames[w->depth - 1];
        if (--f->left == 0) {
            close_top(w);
        } else if (f->kind == BT_WALK_LIST && f->left == 1) {
            if (go_on_in_tail(w, f))
                return true;
        } else if (f->kind == BT_WALK_MAP && f->left % 2) {
            w->to->value(w->self, BT_WALK_MAP);
            return true;
        } else {
            w->to->next(w->self);
            if (f->is_reversed)
                next_pair(w);
            else if (f->is_chosen)
                next_chosen(w);
            return true;
        }
    }
    return false;
}

static void run(struct walk *w)
{
    size_t depth;
    do {
        do {
            depth = w->depth;
            if (!show_term(w))
                return;
        } while (w->depth > depth);
    } while (go_on(w));
}

static void init(struct walk *w, struct bt_etf *r, const struct bt_receiver *to, void *self, uint32_t levels)
{
    w->r = r;
    w->to = to;
    w->self = self;
    w->frames = w->near;
    w->depth = 0;
    w->cap = NEAR_LEVELS;
    w->levels = levels < BT_ETF_MAX_DEPTH ? levels : BT_ETF_MAX_DEPTH;
    w->n_reversed = 0;
    w->chosen = NULL;
    w->result = BT_WALK_OK;
}

static enum bt_walk_result done(struct walk *w)
{
    while (w->n_reversed)
        free(w->reversed[--w->n_reversed].pairs);
    while (w->chosen) {
        struct bt_walk_chosen *c = w->chosen;
        w->chosen = c->outer;
        free(c);
    }
    if (w->frames != w->near)
        free(w->frames);
    return w->result;
}

enum bt_walk_result bt_walk(struct bt_etf *r, const struct bt_receiver *to, void *self, uint32_t levels)
{
    struct walk w;
    init(&w, r, to, self, levels);
    run(&w);
    return done(&w);
}

enum bt_walk_result bt_walk_tail(struct bt_etf *r, const struct bt_receiver *to, void *self, uint32_t levels)
{
    struct walk w;
    init(&w, r, to, self, levels < UINT32_MAX ? levels + 1 : levels);
    w.frames[w.depth++] =
        (struct frame){.left = 2, .kind = BT_WALK_LIST}; /* an item that has just ended, the tail */
    if (go_on(&w))
        run(&w);
    return done(&w);
}
