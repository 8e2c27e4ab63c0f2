/*
 * plan.c - which functions of the node the patterns mean: the request to the agent, and its answer, read with
 * care.
 */
#include "node/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

void bt_plan_done(struct bt_plan *p)
{
    bt_arena_done(&p->arena);
    p->mfas = NULL;
    p->n_mfas = 0;
}

static int unreadable(struct beamtap_err *err)
{
    return bt_err_set(err, BEAMTAP_EPROTO, "the agent's plan cannot be read");
}

static const struct bt_term *name_term(struct bt_arena *a, const char *name)
{
    return name ? bt_term_charlist(a, name) : bt_term_atom(a, "_");
}

const struct bt_term *bt_plan_request(const struct bt_program *prog, size_t max, struct bt_arena *a)
{
    const struct bt_term **items = bt_arena_array(a, prog->n_patterns + 1, sizeof(const struct bt_term *));
    for (size_t i = 0; items && i < prog->n_patterns; i++) {
        const struct bt_trace_pattern *p = &prog->patterns[i];
        const struct bt_term *one[] = {
            name_term(a, p->module),
            name_term(a, p->function),
            p->arity < 0 ? bt_term_atom(a, "_") : bt_term_int(a, p->arity),
            bt_term_atom(a, p->scope == BT_SCOPE_LOCAL ? "local" : "global"),
        };
        items[i] = bt_term_tuple(a, one, 4);
    }
    return bt_term_tuple3(a, bt_term_atom(a, "plan"),
        items ? bt_term_list(a, items, prog->n_patterns, NULL) : NULL, bt_term_int(a, (int64_t)max));
}

static char *atom_text(struct bt_arena *a, struct bt_slice s)
{
    return bt_arena_strndup(a, (const char *)s.p, s.len);
}

/* Adds one {M, F, A} of pattern i; a function several patterns mean stands once. */
static int add_mfa(
    struct bt_plan *p, struct bt_slice etf, size_t pattern, size_t n_patterns, struct beamtap_err *err)
{
    struct bt_mfa *m = NULL;
    for (size_t i = 0; n_patterns > 1 && i < p->n_mfas && !m; i++) {
        const struct bt_term *t = p->mfas[i].term;
        if (t->u.raw.len == etf.len && memcmp(t->u.raw.etf, etf.p, etf.len) == 0)
            m = &p->mfas[i];
    }
    if (!m) {
        struct bt_etf r;
        struct bt_slice mod, fun;
        bt_etf_init(&r, etf.p, etf.len);
        m = &p->mfas[p->n_mfas];
        if (!bt_etf_tuple_of(&r, 3) || !bt_etf_atom(&r, &mod) || !bt_etf_atom(&r, &fun) ||
            !bt_etf_uint32(&r, &m->arity))
            return unreadable(err);
        m->term = bt_term_raw(&p->arena, etf.p, etf.len);
        m->module = atom_text(&p->arena, mod);
        m->function = atom_text(&p->arena, fun);
        m->patterns = bt_arena_array(&p->arena, n_patterns, sizeof *m->patterns);
        if (!m->term || !m->module || !m->function || !m->patterns)
            return bt_err_nomem(err);
        p->n_mfas++;
    }
    if (m->n_patterns == 0 ||
        m->patterns[m->n_patterns - 1] != pattern) /* there is room for each pattern once */
        m->patterns[m->n_patterns++] = pattern;
    return 0;
}

static int add_found(
    struct bt_plan *p, struct bt_etf *r, size_t pattern, size_t n_patterns, struct beamtap_err *err)
{
    uint32_t n;
    if (!bt_etf_list(r, &n))
        return unreadable(err);
    struct bt_mfa *more = bt_arena_array(&p->arena, p->n_mfas + n, sizeof *more);
    if (!more)
        return bt_err_nomem(err);
    if (p->n_mfas)
        memcpy(more, p->mfas, p->n_mfas * sizeof *more);
    p->mfas = more;
    for (uint32_t i = 0; i < n; i++) {
        struct bt_slice etf;
        if (!bt_etf_slice(r, &etf))
            return unreadable(err);
        if (add_mfa(p, etf, pattern, n_patterns, err) < 0)
            return -1;
    }
    return n == 0 || bt_etf_nil(r) ? 0 : unreadable(err);
}

/* How many single characters must be changed, added, removed or swapped; names above 63 bytes never come
 * near. */
static size_t distance(const char *a, size_t la, const char *b, size_t lb)
{
    size_t d[3][64];
    if (la > 63 || lb > 63)
        return SIZE_MAX;
    for (size_t j = 0; j <= lb; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *now = d[i % 3], *up = d[(i + 2) % 3], *upup = d[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t best = up[j - 1] + (a[i - 1] != b[j - 1]);
            best = up[j] + 1 < best ? up[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && upup[j - 2] + 1 < best)
                best = upup[j - 2] + 1;
            now[j] = best;
        }
    }
    return d[la % 3][lb];
}

static size_t nearness(const char *wanted, struct bt_slice name)
{
    size_t len = strlen(wanted);
    size_t d = distance(wanted, len, (const char *)name.p, name.len);
    return d <= 1 + len / 4 ? d : SIZE_MAX;
}

/* {no_module, Loaded}: the nearest name. */
static int no_module(
    const struct bt_trace_pattern *p, struct bt_etf *r, const char *node, struct beamtap_err *err)
{
    struct bt_slice best = {0}, name;
    size_t best_d = SIZE_MAX;
    uint32_t n = 0;
    if (bt_etf_list(r, &n)) {
        while (n-- > 0 && bt_etf_atom(r, &name)) {
            size_t d = nearness(p->module, name);
            if (d < best_d)
                best_d = d, best = name;
        }
    }
    return bt_err_at(err, BEAMTAP_ENOMATCH, p->module_loc, "%s has no module '%s'%s%.*s%s", node, p->module,
        best.len ? "; did you mean '" : "", (int)best.len, best.len ? (const char *)best.p : "",
        best.len ? "'?" : "");
}

/* {no_function, [{F, A}]}: other arities of the name, or the nearest names. */
static int no_function(const struct bt_trace_pattern *p, struct bt_etf *r, struct beamtap_err *err)
{
    struct bt_buf near = BT_BUF_INIT;
    size_t best_d = SIZE_MAX;
    uint32_t n = 0, arity;
    struct bt_slice name;
    const char *kind = p->scope == BT_SCOPE_GLOBAL ? "exported " : "";
    if (!p->function)
        return bt_err_at(
            err, BEAMTAP_ENOMATCH, p->loc, "%s has no %sfunction of that arity", p->module, kind);
    bool listed = bt_etf_list(r, &n);
    while (listed && n-- > 0 && bt_etf_tuple_of(r, 2) && bt_etf_atom(r, &name) && bt_etf_uint32(r, &arity)) {
        size_t d = nearness(p->function, name);
        if (d < best_d) {
            best_d = d;
            bt_buf_reset(&near);
        }
        if (d != SIZE_MAX && d == best_d && near.len < 120)
            bt_buf_printf(
                &near, "%s%.*s/%u", near.len ? ", " : "", (int)name.len, (const char *)name.p, arity);
    }
    char wanted[16] = "";
    if (p->arity >= 0)
        snprintf(wanted, sizeof wanted, "/%d", p->arity);
    bt_err_at(err, BEAMTAP_ENOMATCH, p->function_loc, "module %s has no %sfunction %s%s%s%s%s", p->module, kind,
        p->function, wanted, near.len ? (best_d == 0 ? "; it has " : "; did you mean ") : "",
        bt_buf_cstr(&near), near.len && best_d > 0 ? "?" : "");
    bt_buf_done(&near);
    return -1;
}

/* One entry of the agent's answer, for pattern i. */
static int read_found(const struct bt_program *prog, const char *node, size_t i, size_t max, struct bt_etf *r,
    struct bt_plan *out, struct beamtap_err *err)
{
    const struct bt_trace_pattern *p = &prog->patterns[i];
    struct bt_etf e = *r;
    int64_t n;
    if (!bt_etf_skip(r))
        return unreadable(err);
    if (bt_etf_is_atom(&e, "not_loaded"))
        return bt_err_at(err, BEAMTAP_ENOMATCH, p->module_loc,
            "module '%s' is not loaded on %s, though its code is there; it is not being called", p->module,
            node);
    if (!bt_etf_tuple_of(&e, 2))
        return unreadable(err);
    if (bt_etf_is_atom(&e, "ok"))
        return add_found(out, &e, i, prog->n_patterns, err);
    if (bt_etf_is_atom(&e, "no_module"))
        return no_module(p, &e, node, err);
    if (bt_etf_is_atom(&e, "no_function"))
        return no_function(p, &e, err);
    if (bt_etf_is_atom(&e, "too_many") && bt_etf_int64(&e, &n))
        return bt_err_at(err, BEAMTAP_EWIDE, p->loc,
            "matches %" PRId64
            " functions, more than the %zu of --max-functions; name a function, or raise the limit",
            n, max);
    return unreadable(err);
}

int bt_plan_read(struct bt_etf *r, const struct bt_program *prog, const char *node, size_t max,
    struct bt_plan *out, size_t *bad_spec, struct beamtap_err *err)
{
    uint32_t n = 0;
    int rc = 0;
    if (!bt_etf_list(r, &n) || n != prog->n_patterns)
        return unreadable(err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = read_found(prog, node, i, max, r, out, err);
        if (rc < 0)
            *bad_spec = prog->patterns[i].spec;
    }
    return rc;
}
