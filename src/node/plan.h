/*
 * plan.h - which functions of the node the patterns mean: asked module by module, decided here.
 *
 * The node says which modules are loaded, then, part by part, which functions the modules in question have; names are
 * compared here, so that no word of a spec becomes an atom there, and one part at a time is held. lookup.h does the asking:
 *
 *   bt_planner_init, bt_planner_modules, bt_planner_missing..., {bt_planner_ask, bt_planner_add}..., bt_planner_end
 */
#ifndef BT_NODE_PLAN_H
#define BT_NODE_PLAN_H

#include "base/buf.h"
#include "base/err.h"
#include "match/compile.h"
#include "term/etf_read.h"

/* One function the patterns mean; texts and term live in the plan's arena. */
struct bt_mfa {
    const struct bt_term *term;    /* {M, F, A} */
    const char *module, *function; /* UTF-8 */
    uint32_t arity;
    size_t *patterns; /* indexes of the patterns that mean it, ascending */
    size_t n_patterns;
    int64_t calls; /* of a function that is only counted, at the end of the trace; -1: not known */
};

struct bt_plan {
    struct bt_arena arena;
    struct bt_mfa *mfas;
    size_t n_mfas;
    size_t *n_meant; /* for each pattern: of --not, how many functions it hits that others mean */
};

void bt_plan_done(struct bt_plan *p);

/* A module whose functions are wanted: all of them (local), or those it exports (global). */
struct bt_plan_question {
    struct bt_slice module;
    enum bt_scope scope;
};

/* How a pattern fares. */
struct bt_plan_score {
    size_t n_modules, n_functions; /* that it matches */
    size_t n_kept;                 /* of these functions, those that no --not excludes */
    size_t nearness;               /* of the names in `near` */
    struct bt_buf near;            /* functions to suggest: "in/2, in_r/2" */
};

struct bt_planner {
    const struct bt_program *prog;
    const char *node;
    size_t max; /* functions */
    struct bt_plan *plan;
    size_t *bad_spec; /* set with an error that has a place */
    struct beamtap_err *err;
    struct bt_arena arena;
    struct bt_slice *loaded;
    size_t n_loaded;
    struct bt_plan_question *questions;
    size_t n_questions, n_asked, n_answered;
    struct bt_plan_score *scores;            /* of each pattern */
    size_t cap;                              /* of plan->mfas */
    size_t module_at;                        /* in plan->mfas: the first function of the module being read */
    const struct bt_trace_pattern *too_wide; /* with its last function there are more than max */
};

/* What is pointed to is borrowed; plan is empty and is ended by the caller, the planner with bt_planner_done. */
int bt_planner_init(struct bt_planner *p, const struct bt_program *prog, const char *node, size_t max,
    struct bt_plan *plan, size_t *bad_spec, struct beamtap_err *err);
void bt_planner_done(struct bt_planner *p);

/* Reads what erlang:loaded() gave and makes the questions; may be done again. Errors: EPROTO, ESPEC, ENOMEM. */
int bt_planner_modules(struct bt_planner *p, struct bt_etf r);

/* The next pattern from index *i on that names a module which is not loaded; NULL: none is left. */
const struct bt_trace_pattern *bt_planner_missing(struct bt_planner *p, size_t *i);

/* ENOMATCH for a pattern of bt_planner_missing: `is_there` says that the module's code is on the node all the same. */
int bt_planner_no_module(struct bt_planner *p, const struct bt_trace_pattern *pattern, bool is_there);

/*
 * The arguments of lists:zipwith/3 that ask the next questions, `most` at most, in *n_now; all names in them are atoms
 * the node has. *n_now 0: none is left.
 */
const struct bt_term *bt_planner_ask(struct bt_planner *p, size_t most, size_t *n_now, struct bt_arena *a);

/* The answer to the last bt_planner_ask: a list of [{Function, Arity}]. Errors: EPROTO, EWIDE (more than max), ESPEC. */
int bt_planner_add(struct bt_planner *p, struct bt_etf r);

/* The last bt_planner_ask has no answer: ask again from its first question on, or go on without it. */
void bt_planner_retry(struct bt_planner *p);
void bt_planner_skip(struct bt_planner *p);

/* ENOMATCH for the first pattern that means no function, with near names, and where --not leaves none at all. */
int bt_planner_end(struct bt_planner *p);

#endif
