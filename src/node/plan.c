/*
 * plan.c - which functions of the node the patterns mean: what the node says of its modules, read with care and compared
 * with the names.
 */
#include "node/plan.h"

#include <stdio.h>
#include <string.h>

#include "match/arity.h"
#include "spec/loc.h"

void bt_plan_done(struct bt_plan *p)
{
    bt_arena_done(&p->arena);
    *p = (struct bt_plan){.arena = BT_ARENA_INIT};
}

static int unreadable(struct bt_planner *p)
{
    return bt_err_set(p->err, BEAMTAP_EPROTO, "what %s says of its modules cannot be read", p->node);
}

static int fail_at(struct bt_planner *p, const struct bt_trace_pattern *t)
{
    *p->bad_spec = t->spec;
    return -1;
}

int bt_planner_init(struct bt_planner *p, const struct bt_program *prog, const char *node, size_t max,
    struct bt_plan *plan, size_t *bad_spec, struct beamtap_err *err)
{
    *p = (struct bt_planner){
        .prog = prog, .node = node, .max = max, .plan = plan, .bad_spec = bad_spec, .err = err};
    p->scores = bt_arena_array(&p->arena, prog->n_patterns, sizeof *p->scores);
    plan->n_meant = bt_arena_array(&plan->arena, prog->n_patterns, sizeof *plan->n_meant);
    if (!p->scores || !plan->n_meant)
        return bt_err_nomem(err);
    for (size_t i = 0; i < prog->n_patterns; i++)
        p->scores[i] = (struct bt_plan_score){.nearness = SIZE_MAX, .near = BT_BUF_INIT};
    return 0;
}

void bt_planner_done(struct bt_planner *p)
{
    for (size_t i = 0; p->scores && i < p->prog->n_patterns; i++)
        bt_buf_done(&p->scores[i].near);
    bt_arena_done(&p->arena);
}

static int name_matches(struct bt_planner *p, const struct bt_trace_pattern *t, const struct bt_name_match *m,
    struct bt_slice name)
{
    int answer = bt_name_match(m, (const char *)name.p, name.len, p->err);
    return answer < 0 ? fail_at(p, t) : answer;
}

/* ---- modules ---- */

/* The answer is gone with the next question: names are kept. */
static int keep_loaded(struct bt_planner *p, struct bt_etf *r)
{
    uint32_t n;
    struct bt_slice name;
    if (!bt_etf_list(r, &n))
        return unreadable(p);
    p->loaded = bt_arena_array(&p->arena, n + (size_t)1, sizeof *p->loaded);
    if (!p->loaded)
        return bt_err_nomem(p->err);
    for (p->n_loaded = 0; p->n_loaded < n; p->n_loaded++) {
        if (!bt_etf_atom(r, &name))
            return unreadable(p);
        const char *copy = bt_arena_strndup(&p->arena, (const char *)name.p, name.len);
        if (!copy)
            return bt_err_nomem(p->err);
        p->loaded[p->n_loaded] = (struct bt_slice){(const uint8_t *)copy, name.len};
    }
    return 0;
}

/* In which scopes the patterns want the module; what is not to be traced asks for nothing. */
static int choose(struct bt_planner *p, struct bt_slice module)
{
    bool wants[2] = {false, false};
    for (size_t i = 0; i < p->prog->n_patterns; i++) {
        const struct bt_trace_pattern *t = &p->prog->patterns[i];
        int answer = t->is_not ? 0 : name_matches(p, t, &t->module_match, module);
        if (answer < 0)
            return -1;
        p->scores[i].n_modules += (size_t)answer;
        wants[t->scope] = wants[t->scope] || answer;
    }
    for (size_t scope = 0; scope < 2; scope++) {
        if (wants[scope])
            p->questions[p->n_questions++] = (struct bt_plan_question){module, (enum bt_scope)scope};
    }
    return 0;
}

int bt_planner_modules(struct bt_planner *p, struct bt_etf r)
{
    if (keep_loaded(p, &r))
        return -1;
    for (size_t i = 0; i < p->prog->n_patterns; i++)
        p->scores[i].n_modules = 0;
    p->n_questions = 0;
    p->questions = bt_arena_array(&p->arena, 2 * p->n_loaded + 1, sizeof *p->questions);
    if (!p->questions)
        return bt_err_nomem(p->err);
    for (size_t i = 0; i < p->n_loaded; i++) {
        if (choose(p, p->loaded[i]))
            return -1;
    }
    return 0;
}

const struct bt_trace_pattern *bt_planner_missing(struct bt_planner *p, size_t *i)
{
    while (*i < p->prog->n_patterns) {
        size_t now = (*i)++;
        const struct bt_trace_pattern *t = &p->prog->patterns[now];
        if (!t->is_not && t->module && p->scores[now].n_modules == 0)
            return t;
    }
    return NULL;
}

/* ---- near names ---- */

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

int bt_planner_no_module(struct bt_planner *p, const struct bt_trace_pattern *t, bool is_there)
{
    struct bt_slice best = {0};
    size_t best_d = SIZE_MAX;
    fail_at(p, t);
    if (is_there)
        return bt_err_at(p->err, BEAMTAP_ENOMATCH, t->module_loc,
            "module '%s' is not loaded on %s, though its code is there; nobody has called it yet. "
            "--load loads it first",
            t->module, p->node);
    for (size_t i = 0; i < p->n_loaded; i++) {
        size_t d = nearness(t->module, p->loaded[i]);
        if (d < best_d)
            best_d = d, best = p->loaded[i];
    }
    return bt_err_at(p->err, BEAMTAP_ENOMATCH, t->module_loc, "%s has no module '%s'%s%.*s%s", p->node,
        t->module, best.len ? "; did you mean '" : "", (int)best.len, best.len ? (const char *)best.p : "",
        best.len ? "'?" : "");
}

/* ---- questions ---- */

const struct bt_term *bt_planner_ask(struct bt_planner *p, size_t most, size_t *n_now, struct bt_arena *a)
{
    size_t n = p->n_questions - p->n_answered;
    n = n < most ? n : most;
    *n_now = n;
    p->n_asked = p->n_answered + n;
    const struct bt_term **names = bt_arena_array(a, n + 1, sizeof *names);
    const struct bt_term **items = bt_arena_array(a, n + 1, sizeof *items);
    for (size_t i = 0; names && items && i < n; i++) {
        const struct bt_plan_question *q = &p->questions[p->n_answered + i];
        names[i] = bt_term_atom_n(a, (const char *)q->module.p, q->module.len);
        items[i] = bt_term_atom(a, q->scope == BT_SCOPE_LOCAL ? "functions" : "exports");
    }
    const struct bt_term *args[] = {
        bt_term_fun(a, "erlang", "get_module_info", 2),
        names ? bt_term_list(a, names, n, NULL) : NULL,
        items ? bt_term_list(a, items, n, NULL) : NULL,
    };
    return bt_term_list(a, args, 3, NULL);
}

void bt_planner_retry(struct bt_planner *p)
{
    p->n_asked = p->n_answered;
}

void bt_planner_skip(struct bt_planner *p)
{
    p->n_answered = p->n_asked;
}

/* ---- functions ---- */

/* A function of the module at hand. */
struct function {
    struct bt_slice module, name;
    uint32_t arity;
    enum bt_scope scope;
    size_t *patterns; /* that mean it */
    size_t n_patterns;
    bool is_wanted, is_excluded; /* by some pattern; by one of --not */
};

/* Does --not keep all calls of the function out? Else only those its clauses match. */
static bool excludes(const struct bt_trace_pattern *t, const struct function *f)
{
    for (size_t i = 0; t->is_not && i < t->n_clauses; i++) {
        if (bt_clause_fits(&t->clauses[i], f->arity) && bt_clause_takes_all(&t->clauses[i]))
            return true;
    }
    return false;
}

/* Every module has module_info: it is meant where it is named. */
static int means(struct bt_planner *p, const struct bt_trace_pattern *t, const struct function *f)
{
    if ((!t->is_not && t->scope != f->scope) ||
        (!t->is_not && !t->function && bt_slice_is(f->name, "module_info")))
        return 0;
    int module = name_matches(p, t, &t->module_match, f->module);
    return module == 1 ? name_matches(p, t, &t->function_match, f->name) : module;
}

/* Functions of a plainly named module whose names are near the one that was written, for an error that may follow. */
static void note_near(struct bt_plan_score *s, const struct bt_trace_pattern *t, const struct function *f)
{
    if (t->is_not || !t->module || !t->function || t->scope != f->scope || s->n_functions ||
        !bt_slice_is(f->module, t->module))
        return;
    size_t d = nearness(t->function, f->name);
    if (d < s->nearness) {
        s->nearness = d;
        bt_buf_reset(&s->near);
    }
    if (d != SIZE_MAX && d == s->nearness && s->near.len < 120)
        bt_buf_printf(&s->near, "%s%.*s/%u", s->near.len ? ", " : "", (int)f->name.len,
            (const char *)f->name.p, f->arity);
}

/* Fills in which patterns mean the function. */
static int ask_patterns(struct bt_planner *p, struct function *f)
{
    f->n_patterns = 0;
    f->is_wanted = f->is_excluded = false;
    for (size_t i = 0; i < p->prog->n_patterns; i++) {
        const struct bt_trace_pattern *t = &p->prog->patterns[i];
        int answer = means(p, t, f);
        if (answer < 0)
            return -1;
        if (answer == 0 || !bt_pattern_fits(t, f->arity)) {
            note_near(&p->scores[i], t, f);
            continue;
        }
        p->scores[i].n_functions++;
        f->patterns[f->n_patterns++] = i;
        f->is_wanted = f->is_wanted || !t->is_not;
        f->is_excluded = f->is_excluded || excludes(t, f);
    }
    return 0;
}

/* Found among all functions of the module already? Those it exports are asked behind them. */
static struct bt_mfa *find(struct bt_planner *p, const struct function *f)
{
    for (size_t i = p->module_at; i < p->plan->n_mfas; i++) {
        struct bt_mfa *m = &p->plan->mfas[i];
        if (m->arity == f->arity && bt_slice_is(f->name, m->function))
            return m;
    }
    return NULL;
}

/* Puts f's patterns among those of m, ascending, each once. */
static void merge_patterns(struct bt_mfa *m, const struct function *f)
{
    for (size_t i = 0; i < f->n_patterns; i++) {
        size_t at = 0, pattern = f->patterns[i];
        while (at < m->n_patterns && m->patterns[at] < pattern)
            at++;
        if (at < m->n_patterns && m->patterns[at] == pattern)
            continue;
        memmove(m->patterns + at + 1, m->patterns + at, (m->n_patterns - at) * sizeof *m->patterns);
        m->patterns[at] = pattern;
        m->n_patterns++;
    }
}

static int grow(struct bt_planner *p)
{
    size_t cap = p->cap ? 2 * p->cap : 16;
    struct bt_mfa *more = bt_arena_array(&p->plan->arena, cap, sizeof *more);
    if (!more)
        return bt_err_nomem(p->err);
    if (p->plan->n_mfas)
        memcpy(more, p->plan->mfas, p->plan->n_mfas * sizeof *more);
    p->plan->mfas = more;
    p->cap = cap;
    return 0;
}

static int add_mfa(struct bt_planner *p, const struct function *f)
{
    struct bt_arena *a = &p->plan->arena;
    if (p->plan->n_mfas == p->cap && grow(p))
        return -1;
    struct bt_mfa *m = &p->plan->mfas[p->plan->n_mfas];
    const struct bt_term *module = bt_term_atom_n(a, (const char *)f->module.p, f->module.len);
    const struct bt_term *name = bt_term_atom_n(a, (const char *)f->name.p, f->name.len);
    *m = (struct bt_mfa){.arity = f->arity};
    m->term = bt_term_tuple3(a, module, name, bt_term_int(a, f->arity));
    m->patterns = bt_arena_array(a, p->prog->n_patterns, sizeof *m->patterns);
    if (!m->term || !m->patterns)
        return bt_err_nomem(p->err);
    m->module = module->u.atom.name;
    m->function = name->u.atom.name;
    merge_patterns(m, f);
    p->plan->n_mfas++;
    return 0;
}

static int add_function(struct bt_planner *p, struct function *f)
{
    if (ask_patterns(p, f))
        return -1;
    for (size_t i = 0; f->is_wanted && i < f->n_patterns; i++)
        p->plan->n_meant[f->patterns[i]]++;
    if (!f->is_wanted || f->is_excluded)
        return 0;
    for (size_t i = 0; i < f->n_patterns; i++)
        p->scores[f->patterns[i]].n_kept++;
    struct bt_mfa *m = f->scope == BT_SCOPE_GLOBAL ? find(p, f) : NULL;
    if (m) {
        merge_patterns(m, f);
        return 0;
    }
    if (p->plan->n_mfas < p->max)
        return add_mfa(p, f);
    p->too_wide = &p->prog->patterns[f->patterns[f->n_patterns - 1]];
    return 0;
}

/* One answer: the list of a module. */
static int add_module(struct bt_planner *p, const struct bt_plan_question *q, struct bt_etf *r)
{
    struct function f = {.module = q->module, .scope = q->scope};
    uint32_t n;
    f.patterns = bt_arena_array(&p->arena, p->prog->n_patterns, sizeof *f.patterns);
    if (!f.patterns)
        return bt_err_nomem(p->err);
    if (!bt_etf_list(r, &n))
        return unreadable(p);
    for (uint32_t i = 0; i < n; i++) {
        if (!bt_etf_tuple_of(r, 2) || !bt_etf_atom(r, &f.name) || !bt_etf_uint32(r, &f.arity))
            return unreadable(p);
        if (add_function(p, &f))
            return -1;
    }
    return n == 0 || bt_etf_nil(r) ? 0 : unreadable(p);
}

/* The last pattern of the function that was one too many takes the blame. */
static int too_wide(struct bt_planner *p)
{
    const struct bt_trace_pattern *t = p->too_wide;
    size_t n = p->scores[t - p->prog->patterns].n_kept;
    fail_at(p, t);
    if (n <= p->max)
        return bt_err_at(p->err, BEAMTAP_EWIDE, t->loc,
            "with this there are more than the %zu functions of --max-functions; name a function, or raise "
            "the limit",
            p->max);
    return bt_err_at(p->err, BEAMTAP_EWIDE, t->loc,
        "matches %s%zu functions, more than the %zu of --max-functions; name a function, or raise the limit",
        p->n_answered < p->n_questions ? "at least " : "", n, p->max);
}

int bt_planner_add(struct bt_planner *p, struct bt_etf r)
{
    uint32_t n;
    if (!bt_etf_list(&r, &n) || n != p->n_asked - p->n_answered)
        return unreadable(p);
    for (; p->n_answered < p->n_asked; p->n_answered++) {
        const struct bt_plan_question *q = &p->questions[p->n_answered];
        if (p->n_answered == 0 || !bt_slice_equal(q->module, q[-1].module))
            p->module_at = p->plan->n_mfas;
        if (add_module(p, q, &r))
            return -1;
    }
    return p->too_wide ? too_wide(p) : 0;
}

/* ---- patterns that mean nothing ---- */

static int no_function(struct bt_planner *p, const struct bt_trace_pattern *t, struct bt_plan_score *s)
{
    const char *kind = t->scope == BT_SCOPE_GLOBAL ? "exported " : "";
    char wanted[16] = "";
    if (t->arity >= 0)
        snprintf(wanted, sizeof wanted, "/%d", t->arity);
    else if (s->near.len && s->nearness == 0) /* it is there: none of its arities is that of a clause */
        snprintf(wanted, sizeof wanted, " of that arity");
    if (!t->module && s->n_modules == 0)
        return bt_loc_fail(p->err, BEAMTAP_ENOMATCH, t->module_loc,
            "matches no function: none of the %zu modules loaded on %s has such a name", p->n_loaded,
            p->node);
    if (!t->module)
        return bt_loc_fail(p->err, BEAMTAP_ENOMATCH, t->loc,
            "matches no function: %zu module%s, none with such %s %sfunction", s->n_modules,
            s->n_modules == 1 ? " matches" : "s match", *kind ? "an" : "a", kind);
    if (t->function_match.kind == BT_NAME_ANY)
        return bt_err_at(
            p->err, BEAMTAP_ENOMATCH, t->loc, "%s has no %sfunction of that arity", t->module, kind);
    if (!t->function)
        return bt_loc_fail(p->err, BEAMTAP_ENOMATCH, t->function_loc,
            "matches no function: module %s has no such %sfunction", t->module, kind);
    const char *near = bt_buf_cstr(&s->near);
    return bt_err_at(p->err, BEAMTAP_ENOMATCH, t->function_loc, "module %s has no %sfunction %s%s%s%s%s",
        t->module, kind, t->function, wanted,
        s->near.len ? (s->nearness == 0 ? "; it has " : "; did you mean ") : "", near,
        s->near.len && s->nearness > 0 ? "?" : "");
}

int bt_planner_end(struct bt_planner *p)
{
    for (size_t i = 0; i < p->prog->n_patterns; i++) {
        const struct bt_trace_pattern *t = &p->prog->patterns[i];
        struct bt_plan_score *s = &p->scores[i];
        if (t->is_not || s->n_kept || t->event != BT_SPEC_CALL)
            continue;
        if (s->n_functions && p->plan->n_mfas) /* others are left */
            continue;
        fail_at(p, t);
        if (s->n_functions)
            return bt_err_at(p->err, BEAMTAP_ENOMATCH, t->loc,
                "nothing is left to trace: --not excludes the %zu function%s it matches", s->n_functions,
                s->n_functions == 1 ? "" : "s");
        return no_function(p, t, s);
    }
    return 0;
}
