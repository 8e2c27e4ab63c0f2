/*
 * merge.c - the events of several sources in the order of their time: a heap of sources, each with its next event.
 */
#include "replay/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "replay/wrap.h"

struct source {
    struct bt_stream *stream;
    struct bt_event next;
    int64_t at_ns; /* of next; where that has no time, of the last one that had */
    size_t first_clause;
    size_t place; /* among the sources: what is at the same time comes in this order */
};

struct bt_merge {
    struct bt_arena arena;
    struct bt_out_head head;
    struct source *sources;
    size_t n_sources;
    struct source **heap; /* those that have an event; the oldest first */
    size_t n_heap;
    bool has_nodes;  /* events say of which node they are */
    bool is_started; /* heap[0]'s event was given out */
};

/* ---- the heap ---- */

static bool is_before(const struct source *x, const struct source *y)
{
    return x->at_ns != y->at_ns ? x->at_ns < y->at_ns : x->place < y->place;
}

/* heap[i] may be younger than those below it. */
static void sink(struct bt_merge *m, size_t i)
{
    struct source *s = m->heap[i];
    for (size_t child = 2 * i + 1; child < m->n_heap; child = 2 * i + 1) {
        if (child + 1 < m->n_heap && is_before(m->heap[child + 1], m->heap[child]))
            child++;
        if (!is_before(m->heap[child], s))
            break;
        m->heap[i] = m->heap[child];
        i = child;
    }
    m->heap[i] = s;
}

/* Reads the source's next event into *ev. */
static enum bt_next advance(struct source *s, struct bt_event *ev, struct beamtap_err *err)
{
    enum bt_next next = bt_stream_next(s->stream, ev, err);
    if (next != BT_NEXT_EVENT)
        return next;
    if (ev->wall_ns != 0)
        s->at_ns = ev->wall_ns;
    ev->clause += s->first_clause;
    return next;
}

/* ---- opening ---- */

/* What a file's first event says of its set. */
static int probe(const char *path, struct bt_event *ev, struct bt_arena *a, struct bt_wrap_file *out,
    struct beamtap_err *err)
{
    static const struct bt_stream_ops nobody = {NULL, NULL};
    *out = (struct bt_wrap_file){path, NULL, 0};
    if (strcmp(path, "-") == 0)
        return 0;
    struct bt_stream *s = bt_stream_open(&path, 1, &nobody, err);
    if (!s)
        return -1;
    int rc = 0;
    if (!bt_stream_is_capture(s)) {
        bool is_event = bt_stream_next(s, ev, NULL) == BT_NEXT_EVENT;
        const char *node = bt_stream_head(s)->node;
        out->first_ns = is_event ? ev->mono_ns : 0;
        out->node = bt_arena_strndup(a, node, strlen(node));
        rc = out->node ? 0 : bt_err_nomem(err);
    }
    bt_stream_close(s);
    return rc;
}

static const struct bt_wrap_group *find_groups(
    struct bt_merge *m, const char *const *paths, size_t n, size_t *n_groups, struct beamtap_err *err)
{
    struct bt_wrap_file *files = bt_arena_array(&m->arena, n + 1, sizeof *files);
    struct bt_event *ev = bt_arena_alloc(&m->arena, sizeof *ev);
    const struct bt_wrap_group *groups = NULL;
    for (size_t i = 0; files && ev && i < n; i++) {
        if (n == 1)
            files[i] = (struct bt_wrap_file){paths[i], NULL, 0};
        else if (probe(paths[i], ev, &m->arena, &files[i], err) < 0)
            return NULL;
    }
    if (files && ev)
        groups = bt_wrap_groups(&m->arena, files, n, n_groups);
    if (!groups)
        bt_err_nomem(err);
    return groups;
}

/* The first event of each source; then the nodes of all are known. */
static int begin(struct bt_merge *m, struct beamtap_err *err)
{
    for (size_t i = 0; i < m->n_sources; i++) {
        struct source *s = &m->sources[i];
        enum bt_next next = advance(s, &s->next, err);
        if (next == BT_NEXT_ERROR)
            return -1;
        if (next == BT_NEXT_EVENT)
            m->heap[m->n_heap++] = s;
    }
    for (size_t i = m->n_heap / 2; i-- > 0;)
        sink(m, i);
    return 0;
}

/* One head for all. */
static int join_heads(struct bt_merge *m, struct beamtap_err *err)
{
    size_t n = 0;
    m->head = *bt_stream_head(m->sources[0].stream); /* with its records; others may mean others by these names */
    for (size_t i = 0; i < m->n_sources; i++)
        n += bt_stream_head(m->sources[i].stream)->n_clauses;
    const struct bt_clause **clauses = bt_arena_array(&m->arena, n + 1, sizeof *clauses);
    if (!clauses)
        return bt_err_nomem(err);
    n = 0;
    for (size_t i = 0; i < m->n_sources; i++) {
        const struct bt_out_head *head = bt_stream_head(m->sources[i].stream);
        m->sources[i].first_clause = n;
        if (head->n_clauses)
            memcpy(clauses + n, head->clauses, head->n_clauses * sizeof *clauses);
        n += head->n_clauses;
        if (head->args != m->head.args)
            m->head.args = BT_ARGS_MODE_NAMED; /* the clauses say the rest */
    }
    m->head.clauses = clauses;
    m->head.n_clauses = n;
    return 0;
}

static int open_all(struct bt_merge *m, const char *const *paths, size_t n, const struct bt_stream_ops *ops,
    struct beamtap_err *err)
{
    size_t n_groups;
    const struct bt_wrap_group *groups = find_groups(m, paths, n, &n_groups, err);
    if (!groups)
        return -1;
    m->sources = bt_arena_array(&m->arena, n_groups + 1, sizeof *m->sources);
    m->heap = bt_arena_array(&m->arena, n_groups + 1, sizeof(struct source *));
    if (!m->sources || !m->heap)
        return bt_err_nomem(err);
    for (; m->n_sources < n_groups; m->n_sources++) {
        struct source *s = &m->sources[m->n_sources];
        s->place = m->n_sources;
        if (!(s->stream = bt_stream_open(groups[m->n_sources].paths, groups[m->n_sources].n, ops, err)))
            return -1;
    }
    return join_heads(m, err) < 0 ? -1 : begin(m, err);
}

/* The first of all; that of a trace port file is known once it was begun. */
static void find_start(struct bt_merge *m)
{
    m->head.start_wall_ns = 0;
    for (size_t i = 0; i < m->n_sources; i++) {
        int64_t ns = bt_stream_head(m->sources[i].stream)->start_wall_ns;
        if (ns != 0 && (m->head.start_wall_ns == 0 || ns < m->head.start_wall_ns))
            m->head.start_wall_ns = ns;
    }
}

static bool has_several_nodes(const struct bt_merge *m)
{
    for (size_t i = 1; i < m->n_sources; i++) {
        if (strcmp(bt_stream_head(m->sources[i].stream)->node, bt_stream_head(m->sources[0].stream)->node) !=
            0)
            return true;
    }
    return false;
}

struct bt_merge *bt_merge_open(
    const char *const *paths, size_t n, const struct bt_stream_ops *ops, struct beamtap_err *err)
{
    struct bt_merge *m = calloc(1, sizeof *m);
    if (!m) {
        bt_err_nomem(err);
        return NULL;
    }
    if (open_all(m, paths, n, ops, err) == 0) {
        m->has_nodes = has_several_nodes(m);
        find_start(m);
        return m;
    }
    bt_merge_close(m);
    return NULL;
}

void bt_merge_close(struct bt_merge *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->n_sources; i++)
        bt_stream_close(m->sources[i].stream);
    bt_arena_done(&m->arena);
    free(m);
}

const struct bt_out_head *bt_merge_head(const struct bt_merge *m)
{
    return &m->head;
}

size_t bt_merge_count(const struct bt_merge *m)
{
    return m->n_sources;
}

const struct bt_stream *bt_merge_stream(const struct bt_merge *m, size_t i)
{
    return m->sources[i].stream;
}

/* ---- events ---- */

/* Copies what an event has: of the many places for values only those that are used. */
static void copy(struct bt_event *to, const struct bt_event *from)
{
    size_t before = offsetof(struct bt_event, values), behind = before + sizeof from->values;
    memcpy(to, from, before + from->n_values * sizeof from->values[0]);
    memcpy((char *)to + behind, (const char *)from + behind, sizeof *from - behind);
}

enum bt_next bt_merge_next(struct bt_merge *m, struct bt_event *ev, struct beamtap_err *err)
{
    if (m->is_started) {
        struct source *s = m->heap[0];
        enum bt_next next = advance(s, &s->next, err);
        if (next == BT_NEXT_ERROR)
            return next;
        if (next == BT_NEXT_END)
            m->heap[0] = m->heap[--m->n_heap];
        if (m->n_heap > 1)
            sink(m, 0);
    }
    m->is_started = m->n_heap > 0;
    if (m->n_heap == 0)
        return BT_NEXT_END;
    copy(ev, &m->heap[0]->next);
    if (m->has_nodes) {
        const char *node = bt_stream_head(m->heap[0]->stream)->node;
        ev->node = (struct bt_slice){(const uint8_t *)node, strlen(node)};
    }
    return BT_NEXT_EVENT;
}
